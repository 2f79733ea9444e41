package c

// Which object a pointer leads to directly, where that is known: that of a parameter, or one that the function has
// itself just made. Who writes to that object writes nothing of what it leads to, and one that nobody else has yet is
// nobody's state.
//
// It is known of C only, where a variable changes by assignment, by its address, or by a macro, and not of C++.

import (
	"slices"
	"strings"
)

// fresh is the root of memory that malloc, or a function that returns such memory, has made in a function. A
// pointer that leads to it may be one that was read from there. What is put there is kept (analysis.keep).
const fresh = uint64(1) << 62

// makers are the functions of the C library that make memory which nobody else has. They are meant where no file
// declares something else of the name.
var makers = set("malloc", "calloc", "aligned_alloc")

// aim is the objects to which a pointer leads directly.
type aim struct {
	known bool
	at    uint64 // their roots: of a parameter the object to which it points itself, and no further one; 0 of NULL
}

// or is either of two aims.
func (m aim) or(o aim) aim { return aim{known: m.known && o.known, at: m.at | o.at} }

// aims are the part of an analysis that is about them.
type aims struct{ *analysis }

// leadsTo is where a value leads directly if it is used as a pointer.
func (v value) leadsTo() aim {
	if v.place == placeMem {
		if v.near && v.t.array { // which stands there itself
			return aim{known: true, at: v.mem}
		}
		return aim{}
	}
	return v.aim
}

// assigned notes what a variable gets.
func (a aims) assigned(v *variable, from value) {
	if !v.bare && !a.d.file.cpp && !v.t.guards() && (from.bare || from.bares(v.t, a.d.file)) {
		v.bare, a.grown = true, true
	}
	m := from.leadsTo()
	if v.t.ptr == 0 || v.t.array || v.static {
		m = aim{}
	}
	if v.aimed {
		m = m.or(v.aim)
	}
	if !v.aimed || m != v.aim {
		v.aim, v.aimed = m, true
		a.grown = true
	}
}

// open notes that a variable may get anything.
func (a aims) open(v *variable) {
	if v != nil {
		a.assigned(v, value{})
	}
}

// opened is open for what a value is, or is the address of.
func (a aims) opened(v value) {
	a.open(v.of)
	if v.place == placeOwn {
		a.open(v.owner)
	}
}

// put notes that a pointer to const is stored in memory that has been made here.
func (a aims) put(to uint64, from value) {
	if to&fresh != 0 && from.t.ptr > 0 && from.guarded() {
		a.protect(from.roots)
	}
}

// protect notes that something of the function's own may lead to what roots lead to, by pointers to const.
func (a aims) protect(roots uint64) {
	if roots &^= fresh; roots&^a.protected != 0 {
		a.protected |= roots
		a.grown = true
	}
}

// stripped notes that a pointer is used of which const has been cast away: it may lead to what is protected.
func (a aims) stripped(roots uint64, at spot) {
	a.mark(roots, strips, at)
	if roots&fresh != 0 || a.anywhere {
		a.lose(a.protected, at)
	}
}

// used is stripped for a value of which more is done than that it is read.
func (a aims) used(v value, at spot) {
	if v.bare {
		at.what = "casts const away"
		a.stripped(v.roots|v.mem, at)
	}
}

// bares reports whether a value that gets a type may lose const by that, for all that is known.
func (v value) bares(to ctype, f *file) bool {
	return v.loses(to) || v.t.ptr > 0 && v.t.base == baseRecord && to.rec != v.t.rec && mentionsConst(f, v.t.rec)
}

// guards reports whether what gets the type has const at all levels again.
func (t ctype) guards() bool { return t.ptr > 0 && value{t: t}.guarded() }

// mentionsConst reports whether some member of a class is declared with const.
func mentionsConst(f *file, class string) bool {
	return slices.ContainsFunc(f.record(class), func(x *index) bool { return x.mentions("const", 0) })
}

// loses reports whether a value that gets a type loses const at some level.
func (v value) loses(to ctype) bool {
	f := v.t
	switch {
	case v.place == placeNone && v.aim.known: // memory in which nothing is yet, or NULL
		return false
	case f.scalar():
		return !f.narrow && to.ptr > 0 // an address, perhaps
	case f.ptr > 0 && to.ptr == f.ptr:
		return f.consts&^to.consts&(1<<f.ptr-1) != 0
	}
	return !to.scalar() || !to.narrow
}

// copied notes that bytes are copied, of pointers perhaps.
func (a aims) copied(args []value, stored value, how string, at spot) {
	for i, v := range args {
		if how[min(i, len(how)-1)]|0x20 != 'r' || v.t.flat() && v.piece != pieceSure || stored.t.flat() && stored.piece == pieceNone && stored.aim.known {
			continue
		}
		a.stripped(v.roots, at)
	}
}

// writeTo is write for what stands in place to.
func (a aims) writeTo(to value, at spot) {
	a.used(to, at)
	if to.near {
		a.mark(to.mem, writes, at)
	} else {
		a.write(to.mem, at)
	}
}

// writeBehind is write for the object to which a pointer leads that is passed to who writes there, and no further.
func (a aims) writeBehind(v value, at spot) {
	a.used(v, at)
	switch m := v.leadsTo(); {
	case m.known:
		a.mark(m.at, writes, at)
	case v.into() != nil && !v.into().static: // a variable of its own
	default:
		a.write(v.roots, at)
	}
}

// result notes what is returned: memory that nobody else has, or something else.
func (a aims) result(v value) {
	m := v.leadsTo()
	a.n.shared = a.n.shared || !m.known || m.at&^fresh != 0
}

// makes reports whether what a node returns is memory that it has made and that nobody else has, or NULL, for all that
// is known up to now.
func (n *node) makes() bool { return !n.shared && n.pointer() }

// pointer reports whether all declarations return a pointer, and are of C.
func (n *node) pointer() bool {
	for _, d := range n.defs {
		if d.macro != nil || d.bad || d.file.cpp || d.result.ptr == 0 || d.result.ref {
			return false
		}
	}
	return true
}

// moved is where terms lead of which one is a pointer, and the others are numbers that are added to it.
func moved(ops []operand) aim {
	var out aim
	for i, o := range ops {
		switch {
		case i > 0 && o.op != "+" && o.op != "-":
			return aim{}
		case o.v.t.scalar():
		case out.known:
			return aim{}
		default:
			if out = o.v.leadsTo(); !out.known {
				return out
			}
		}
	}
	return out
}

// plain reports whether a function of the C library writes to nothing but the bytes to which its parameters point.
func plain(name string) bool {
	return name == "free" || name == "realloc" || name == "snprintf" || name == "sprintf" || strings.HasPrefix(name, "mem") || strings.HasPrefix(name, "str")
}

// filled notes that parameter i of a call may get what the others lead to: it is a variable's address, or memory that
// has been made here.
func (a calls) filled(n *node, args []value, i int) {
	v := args[i]
	into := v.into()
	unsure := into == nil && v.place == placeOwn && !v.aim.known && v.roots&fresh == 0 // the address of a variable, perhaps
	if into == nil && v.roots&fresh == 0 && !unsure {
		return
	}
	for j, w := range args {
		if j >= len(n.facts) || j == i || n.facts[j].flags&(unknown|keeps|lent|held|copied|parts) == 0 {
			continue
		}
		konst, _ := n.constParam(j)
		if konst && !a.d.file.cpp && n.facts[j].flags&(deep|whole|copied|parts) == 0 {
			aims(a).protect(w.roots)
			if unsure && !a.anywhere {
				a.anywhere, a.grown = true, true
			}
			if into != nil {
				a.leads(into, fresh)
			}
		} else if into != nil {
			a.leads(into, w.roots)
		}
	}
}

// borrows reports whether all that a call may store argument i in is the function's own.
func (a calls) borrows(n *node, args []value, i int) bool {
	for j, v := range args {
		if j == i || j >= len(n.facts) || n.facts[j].flags&(writes|unknown) == 0 {
			continue
		}
		reference, _ := n.param(j)
		into := v.into()
		if reference || into == nil || into.static {
			return false
		}
	}
	return true
}

// lost is lose for everything: what stands there may be anything, and change any variable.
func (a aims) lost(at spot) {
	if !a.blind {
		a.blind, a.grown, a.n.shared = true, true, true
	}
	a.lose(a.all, at)
}
