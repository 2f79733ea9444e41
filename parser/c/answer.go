package c

// What a library says of a name.

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Does is what a function does to what a parameter leads to.
type Does uint8

// The answers.
const (
	Unknown Does = iota // nobody can say, which has to count as a write
	Reads
	Writes
)

// Place is where an answer stands.
type Place struct {
	Path string
	Line int
	// What is there, in words that follow the name of the function: "takes it as const".
	What string
}

// Answer is what is known of one parameter.
type Answer struct {
	Does  Does
	Place Place
	// Const is true where a prototype says so, and not a body.
	Const bool
	// Shallow is true of a write to nothing but the very object to which a pointer leads: to nothing that this
	// leads to, to no variable that outlives the call, and no pointer to it stays behind or is returned.
	Shallow bool
	// Lends is true where a pointer to what a parameter leads to may stay behind, or be returned.
	Lends bool
}

// Function is what is known of the functions that a name may stand for.
type Function struct {
	Params []Answer
	// Rest is true where it takes more arguments, of which nothing is known.
	Rest bool
	// Place is where the first is declared.
	Place Place
	// Body is true where it is known what the function does, beside what its prototype says.
	Body bool
	// Keeps is where it writes to a variable that outlives the call, static or global, itself or
	// in what it calls; the zero Place where it is not known to, or where one of these takes a lock.
	Keeps Place
	// KeepsIn is where an assignment does that, in a function that Keeps leads to or in another one; the zero Place
	// where none does.
	KeepsIn Place
	// Fresh is true where it returns memory that it has made, to which nobody else has a pointer, or NULL. That
	// may lead to what it is given.
	Fresh bool
}

// Method is what is known of the methods that a name may stand for.
type Method struct {
	Function
	// This is what is done to the object.
	This Answer
}

// Function returns what the function or macro called name does, by what its header says;
// false where that has none of the name.
func (h Header) Function(name string) (Function, bool) {
	l := h.lib
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.lookup(h.f, name)
	if n == nil {
		return Function{}, false
	}
	n = l.behind(h.f, n, 0)
	l.solver.solve(n)
	l.misses(n)
	return n.function(0), true
}

// misses remembers the declarations behind an answer that are not understood.
func (l *Library) misses(n *node) {
	for _, d := range n.defs {
		what := ""
		switch {
		case d.bad:
			what = "its parameters"
		case d.broken:
			what = "its body"
		default:
			continue
		}
		if l.lost == nil {
			l.lost = map[Place]bool{}
		}
		p := d.place()
		p.What = n.name + ": " + what
		l.lost[p] = true
	}
}

// NotUnderstood returns what was asked for and is unknown since its declaration or its body is not
// understood, ordered by place. What of each place says which of the two.
func (l *Library) NotUnderstood() []Place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.lost), func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.What, b.What))
	})
}

// behind follows a macro that is another name for a function.
func (l *Library) behind(f *file, n *node, depth int) *node {
	if depth > 16 || len(n.defs) != 1 || n.defs[0].macro == nil || n.defs[0].macro.takes {
		return n
	}
	d := n.defs[0]
	toks := d.macro.toks
	if len(toks) == 3 && d.file.str(toks[0]) == "(" {
		toks = toks[1:2]
	}
	if len(toks) == 1 && toks[0].kind == kIdent {
		if m := l.lookup(f, d.file.str(toks[0])); m != nil && m != n {
			return l.behind(f, m, depth+1)
		}
	}
	return n
}

// function makes an answer of facts; first is the number of the first parameter.
func (n *node) function(first int) Function {
	out := Function{Place: n.defs[0].place(), Body: n.hasBody(), Fresh: n.makes()}
	for i := first; i < len(n.facts); i++ {
		out.Params = append(out.Params, n.answer(i))
	}
	for _, d := range n.defs {
		out.Rest = out.Rest || d.dots || d.bad || d.macro != nil && !d.macro.takes
	}
	if n.unlocked.f != nil {
		out.Keeps, out.KeepsIn = n.world.wrote.place(), n.stored.place()
	}
	return out
}

// synchronizes reports whether a body speaks of locks, atomics or what is done once.
func (d *def) synchronizes() bool {
	toks := d.file.toks[d.isl.start:d.isl.end]
	if d.macro != nil {
		toks = d.macro.toks
	}
	return slices.ContainsFunc(toks, func(k token) bool {
		if k.kind != kIdent {
			return false
		}
		name := strings.ToLower(d.file.str(k))
		return strings.Contains(name, "lock") || strings.Contains(name, "mutex") || strings.Contains(name, "atomic") || strings.Contains(name, "once") || strings.Contains(name, "_begin_critical_section")
	})
}

func (n *node) answer(i int) Answer {
	out := n.does(i)
	out.Lends = n.facts[i].flags&(unknown|keeps|lent|returned|copied|parts|held) != 0
	out.Shallow = out.Does == Writes && !out.Lends && n.facts[i].flags&far == 0 && n.world.flags == 0
	return out
}

func (n *node) does(i int) Answer {
	f := n.facts[i]
	konst, at := n.constParam(i)
	switch {
	case f.flags&writes != 0:
		return Answer{Does: Writes, Place: f.wrote.place()}
	case konst && f.flags&deep != 0 || !konst && f.flags&(unknown|keeps|lent|held) != 0:
		return Answer{Place: f.lost.place()}
	case n.world.flags&writes != 0 && !n.numeric(i): // a cache, perhaps, for which nobody else holds a lock
		return Answer{Place: n.world.wrote.place()}
	case konst:
		return Answer{Does: Reads, Place: at.place(), Const: true}
	}
	for _, d := range n.defs {
		if d.macro != nil || d.isl.body >= 0 {
			p := d.place()
			p.What = "only reads it"
			return Answer{Does: Reads, Place: p}
		}
	}
	return Answer{Place: n.defs[0].place()}
}

// numeric reports whether a parameter is a number wherever it is declared.
func (n *node) numeric(i int) bool {
	_, numeric := n.param(i)
	return numeric
}

func (d *def) place() Place { return spot{d.file, int32(d.at()), ""}.place() }

func (s spot) place() Place {
	if s.f == nil {
		return Place{}
	}
	return Place{s.f.shown, s.f.line(s.pos) + s.f.first, s.what}
}

// Method returns what a method of a class does that is called with some number of arguments;
// false where the class has none of the name, or is not in sight.
func (h Header) Method(class, name string, args int) (Method, bool) {
	l := h.lib
	l.mu.Lock()
	defer l.mu.Unlock()
	n, _ := l.method(h.f, class, name)
	if n == nil {
		return Method{}, false
	}
	for _, d := range n.defs {
		d.prepare()
	}
	fits := slices.DeleteFunc(slices.Clone(n.defs), func(d *def) bool {
		return !d.bad && !d.dots && (args > len(d.params) || args < d.least)
	})
	if len(fits) == 0 || n.many {
		fits = n.defs
	}
	if len(fits) < len(n.defs) {
		n = l.nodeOf(n.name, fits, h.f, false)
	}
	l.solver.solve(n)
	l.misses(n)
	out := Method{Function: n.function(1), This: n.answer(0)}
	if out.This.Does == Reads && out.This.Const {
		if at, ok := l.mutable(h.f, n.defs[0].method); ok {
			out.This = Answer{Place: at.place()}
		}
	}
	return out, true
}

// locks are types of members that threads may share.
var locks = set("mutex", "shared_mutex", "recursive_mutex", "timed_mutex", "shared_timed_mutex", "recursive_timed_mutex", "once_flag", "atomic",
	"atomic_int", "atomic_bool", "atomic_flag", "pthread_mutex_t", "pthread_rwlock_t", "pthread_spinlock_t", "condition_variable", "condition_variable_any", "Mutex", "SpinLock", "spinlock")

// mutable finds a member that const methods may write to, in a class and its bases.
func (l *Library) mutable(f *file, class string) (at spot, found bool) {
	f.lineage(class, func(g *file, c *island) bool {
		for _, isl := range g.membersOf(c).fields {
			if isl.body >= 0 || !g.has(island{start: isl.start, name: isl.end}, "mutable") {
				continue
			}
			if !slices.ContainsFunc(g.toks[isl.start:isl.end], func(k token) bool { return k.kind == kIdent && locks[g.str(k)] }) {
				at, found = spot{g, g.toks[isl.start].pos, "has a mutable member"}, true
				break
			}
		}
		return found
	})
	return at, found
}

// Names returns the functions and macros that the header itself declares, not those of what it
// includes, in the order of their names.
func (h Header) Names() []string {
	h.lib.mu.Lock()
	defer h.lib.mu.Unlock()
	var out []string
	for n := range h.f.funcs {
		out = append(out, n)
	}
	for n, list := range h.f.index.macros {
		if h.f.text.macros[list[0]].takes {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return slices.Compact(out)
}
