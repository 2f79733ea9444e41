package c

// Calls: of functions, macros, methods.

import (
	"slices"
	"strings"
	"unicode"
)

// harmless are names that are often not in sight and keep nothing. What is true of them here
// returns its arguments.
var harmless = map[string]bool{
	"assert": false, "static_assert": false, "__builtin_expect": true, "likely": true, "unlikely": true, "__builtin_constant_p": false,
	"std::move": true, "std::forward": true, "std::min": true, "std::max": true, "__builtin_unreachable": false, "__builtin_clz": false,
	"__builtin_ctz": false, "__builtin_clzl": false, "__builtin_ctzl": false, "__builtin_clzll": false, "__builtin_ctzll": false,
	"__builtin_popcount": false, "__builtin_popcountl": false, "__builtin_popcountll": false, "__builtin_prefetch": false, "__builtin_bswap32": false, "__builtin_bswap64": false,
}

// calls are the part of an analysis that is about them.
type calls struct{ *analysis }

// usage is a call that is being looked at: its arguments are evaluated once, whatever its name
// may stand for.
type usage struct {
	call *gCall // nil of a name that is a macro without parameters
	term *gTerm
	args []value
	lits bool // all arguments are numbers or strings
}

// call is one of a name.
func (a calls) call(name string, t *gTerm, c *gCall, sc *scope) value {
	u := usage{call: c, term: t, lits: len(c.Args) > 0}
	for _, g := range c.Args {
		u.args = append(u.args, a.arg(g, sc))
		u.lits = u.lits && literal(g)
	}
	return a.callOf(name, u, sc)
}

func (a calls) callOf(name string, u usage, sc *scope) value {
	if v := a.find(name, sc); v != nil { // a pointer to a function, a macro's parameter, or an object
		object := value{roots: v.roots, place: placeOwn, owner: v, t: v.t}
		if v.given {
			object = v.value
		}
		if sc.f.cpp && object.classy() && object.t.base == baseUnknown { // an object that may have anything in it
			a.lose(object.roots|object.mem, a.at(u.term, sc, "calls it"))
		}
		if !object.t.pointer() {
			operators(a).overloaded("()", append([]value{object}, u.args...), a.at(u.term, sc, "calls it"), sc)
		}
		return a.stranger(name, u, sc)
	}
	if returns, ok := harmless[name]; ok {
		var out value
		for _, v := range u.args {
			if returns {
				out = out.with(v)
			}
			if name == "std::move" && !v.t.scalar() && !v.t.pointer() { // from where it is
				a.write(v.mem, a.at(u.term, sc, "moves from it"))
			}
		}
		return out
	}
	if a.d.method != "" && !strings.Contains(name, "::") {
		if n, sure := a.s.lib.method(a.d.home, a.d.method, name); n != nil || !sure && a.s.lib.lookup(a.d.home, name) == nil {
			if n == nil {
				a.lose(1, a.at(u.term, sc, "calls "+name+", which a base may have"))
				return a.stranger(name, u, sc)
			}
			this := value{roots: lifetimes(a).this(), mem: 1, place: placeMem}
			if name == a.d.method { // another object, which may keep what it is made of
				a.apply(n, append([]value{{place: placeMem}}, u.args...), u.term, sc)
				return a.stranger(name, u, sc)
			}
			return a.apply(n, append([]value{this}, u.args...), u.term, sc)
		}
	}
	if at := strings.LastIndex(name, "::"); at >= 0 {
		if m, _ := a.s.lib.method(a.d.home, lastOf(name[:at]), name[at+2:]); m != nil { // static, or of a base
			this := value{place: placeMem}
			if a.d.method != "" {
				this.roots, this.mem = lifetimes(a).this(), 1
			}
			return a.apply(m, append([]value{this}, u.args...), u.term, sc)
		}
	}
	n := a.s.lib.lookup(a.d.home, name)
	if n == nil && sc.f != a.d.home {
		n = a.s.lib.lookup(sc.f, name)
	}
	if at := strings.LastIndex(name, "::"); n == nil && at >= 0 {
		n = a.s.lib.lookup(a.d.home, name[at+2:])
	}
	if (n == nil || !n.hasBody()) && a.s.lib.locks(name) { // a lock is nothing of what it guards
		return value{place: placeMem}
	}
	// What the headers of the system declare without a body is known better.
	if n == nil || !sc.f.cpp && (makers[name] || plain(name)) && !n.hasBody() {
		if a.s.lib.opts.Known != nil {
			if how := a.s.lib.opts.Known(strings.TrimPrefix(name, "std::")); how != "" {
				return a.knownCall(name, how, u, sc)
			}
		}
	}
	if n == nil {
		if ct := a.d.home.named(lastOf(name), 0); ct.scalar() { // int(x)
			var out value
			for _, v := range u.args {
				out.roots |= v.roots
			}
			return value{roots: out.roots, t: ct}
		}
		return a.stranger(name, u, sc)
	}
	if n.many {
		return a.stranger(name, u, sc)
	}
	// A macro hides the function of its name; of several each may be the one.
	var out value
	some, functions := false, false
	add := func(v value) {
		if some {
			v = out.with(v)
		}
		out, some = v, true
	}
	macros := 0
	for _, d := range n.defs {
		switch {
		case d.macro == nil:
			continue
		case d.macro == sc.macro: // it means itself within itself
			functions = true
		case !d.macro.takes:
			add(a.throughAlias(d, name, u, sc))
		default:
			add(a.expand(d, u, sc))
		}
		macros++
	}
	if macros == 0 {
		return a.apply(n, u.args, u.term, sc)
	}
	if functions || macros < len(n.defs) {
		only := slices.DeleteFunc(slices.Clone(n.defs), func(d *def) bool { return d.macro != nil })
		if m := a.s.lib.nodeOf(n.name, only, a.d.home, false); m != nil {
			add(a.apply(m, u.args, u.term, sc))
		}
	}
	if !some {
		return a.stranger(name, u, sc)
	}
	return out
}

// throughAlias is a call of f where f is a macro that is another name.
func (a calls) throughAlias(d *def, name string, u usage, sc *scope) value {
	toks := d.macro.toks
	if len(toks) == 3 && d.file.str(toks[0]) == "(" && d.file.str(toks[2]) == ")" {
		toks = toks[1:2]
	}
	if len(toks) != 1 || toks[0].kind != kIdent || a.depth > maxMacro || d.file.str(toks[0]) == name {
		return a.stranger(name, u, sc)
	}
	a.depth++
	defer func() { a.depth-- }()
	return a.callOf(d.file.str(toks[0]), u, sc)
}

// args are the values of arguments.
func (a calls) args(c *gCall, sc *scope) []value {
	var out []value
	for _, g := range c.Args {
		out = append(out, a.arg(g, sc))
	}
	return out
}

// stranger is a call of what is not known. In what could be a macro an argument could be
// assigned to.
func (a calls) stranger(name string, u usage, sc *scope) value {
	var out value
	given := uint64(0) // what an argument may be assigned
	at := a.at(u.term, sc, "passes it to "+name+", which is not in sight")
	a.n.shared = true // a macro, perhaps, that returns
	for _, v := range u.args {
		aims(a).opened(v)
		for _, w := range u.args {
			aims(a).put(v.roots, w)
		}
		lost := v.mem
		if !v.t.scalar() {
			lost |= v.roots
		}
		a.loseIn(v, lost, at)
		out.roots |= v.roots
		if shouts(name) || !v.byValue() {
			given |= v.roots
		}
	}
	for _, v := range u.args {
		if v.place == placeOwn && v.owner != nil {
			a.leads(v.owner, given|v.roots)
		}
	}
	out.place, out.mem = placeMem, out.roots
	return out
}

// shouts reports whether a name is one as macros have.
func shouts(name string) bool { return strings.ToUpper(name) == name }

// byValue reports whether a value is a number that is no part of a pointer, as far as the function knows. Something that
// is spelled like a function makes no pointer of one to assign it to another argument.
func (v value) byValue() bool { return v.t.scalar() && v.piece == pieceNone && v.place == placeOwn }

// knownCall is a call of a function of which it is known what it does.
func (a calls) knownCall(name, how string, u usage, sc *scope) value {
	var out, stored value
	does := func(i int) rune { return rune(how[min(i, len(how)-1)]) }
	for i, v := range u.args {
		if unicode.ToLower(does(i)) == 'w' {
			if at := a.at(u.term, sc, "passes it to "+name); v.t.ptr <= 1 && plain(name) {
				aims(a).writeBehind(v, at)
			} else {
				a.write(v.roots, at)
			}
			stored = v
			if v.place == placeOwn && v.t.array && v.owner != nil { // memcpy(array, from)
				for _, w := range u.args {
					if w.t.ptr > 1 {
						a.leads(v.owner, w.roots)
					}
				}
			}
			if v.of != nil { // strtol(p, &end)
				for _, w := range u.args {
					a.leads(v.of, w.roots)
				}
			}
			if into := v.into(); into != nil && strings.HasPrefix(name, "mem") { // memcpy(&number, &pointer, 8)
				for j, w := range u.args {
					if unicode.ToLower(does(j)) == 'r' {
						pieces(a).filled(into, w)
					}
				}
			}
		}
		if unicode.IsUpper(does(i)) {
			out = out.with(value{roots: v.roots, t: v.t})
		}
	}
	if !sc.f.cpp && makers[name] {
		return value{roots: fresh, aim: aim{known: true, at: fresh}}
	}
	if name == "realloc" && len(u.args) > 0 && !sc.f.cpp { // of what was made here, or of nothing
		if m := u.args[0].leadsTo(); m.known && m.at&^fresh == 0 {
			return value{roots: u.args[0].roots | fresh, aim: aim{known: true, at: fresh}}
		}
	}
	if strings.HasPrefix(name, "mem") { // a copy of pointers
		aims(a).copied(u.args, stored, how, a.at(u.term, sc, "copies what it leads to by "+name))
		for i, v := range u.args {
			if unicode.ToLower(does(i)) == 'r' && v.piece == pieceRaw { // of whatever the caller passes
				a.mark(v.roots, copied, a.at(u.term, sc, "copies what it leads to by "+name))
			}
			if unicode.ToLower(does(i)) == 'r' && v.roots&^stored.roots != 0 && (!v.t.flat() && !stored.t.flat() || v.piece == pieceSure) {
				if !sc.f.cpp && !v.t.flat() { // what it leads to
					v = value{roots: v.roots, t: v.t.element(), bare: v.bare}
				}
				a.keep(v, a.at(u.term, sc, "copies what it leads to by "+name))
			}
		}
	}
	return out
}

// construct is a constructor that gets what a list in braces has.
func (a calls) construct(l *gList, t ctype, r value, at spot, sc *scope) {
	if l == nil || !sc.f.cpp || t.ptr > 0 || t.base == baseScalar || len(l.Items) == 0 {
		return
	}
	at.what = "is given to a constructor"
	for _, i := range l.Items {
		r.mem |= a.arg(i.Value, sc).mem
	}
	a.lose(r.roots|r.mem, at)
}

// apply is a call of a node.
func (a calls) apply(n *node, args []value, t *gTerm, sc *scope) value {
	return a.applyAt(n, args, a.at(t, sc, ""), sc)
}

// applyAt is apply at a place.
func (a calls) applyAt(n *node, args []value, here spot, sc *scope) value {
	in := func(what string) spot { return spot{here.f, here.pos, what} }
	a.s.push(n)
	n.callers[a.n] = true
	made := func(i int, v value) {
		at := in("makes what " + n.name + " is given of it")
		var types []ctype // overloads mostly take one and the same
		for _, d := range n.defs {
			if t := d.paramAt(i); !slices.Contains(types, t) {
				types = append(types, t)
				lifetimes(a).made(t, v, at, sc)
			}
		}
	}
	var out value
	if n.world.flags&writes != 0 {
		a.within = n
		a.write(world, in("calls "+n.name+", which writes to a variable that outlives it"))
		a.within = nil
	}
	if n.world.flags&returned != 0 {
		out.roots |= world
	}
	for i, v := range args {
		if i >= len(n.facts) {
			if !v.t.scalar() {
				a.loseIn(v, v.roots|v.mem, in("passes it to "+n.name+" among more arguments"))
			}
			continue
		}
		fl := n.facts[i].flags
		reference, numeric := n.param(i)
		roots := v.roots
		if reference {
			roots |= v.mem
			made(i, v)
		} else if (numeric || v.t.scalar()) && fl&writes == 0 {
			if fl&unknown == 0 && fl&returned != 0 { // a number that is a pointer, perhaps
				out.roots |= roots
			}
			a.mark(roots&fresh, fl, in("")) // the same
			continue
		} else if !numeric {
			made(i, v)
		}
		konst, _ := n.constParam(i)
		at := in("passes it to " + n.name)
		if fl&writes != 0 {
			if fl&far == 0 && !reference {
				aims(a).writeBehind(v, at)
			} else {
				a.write(roots, at)
			}
		}
		if fl&strips != 0 {
			aims(a).stripped(roots, at)
		}
		if fl&(writes|unknown|keeps|lent|held|copied) != 0 || fl&returned != 0 && !n.defs[0].result.guards() {
			aims(a).used(v, at)
		}
		if fl&(writes|unknown) != 0 && !reference {
			a.filled(n, args, i)
		}
		a.mark(roots&fresh, fl&unknown, at)
		if fl&unknown != 0 && (!konst || fl&deep != 0) {
			a.lose(roots, at)
		}
		if (fl&keeps != 0 || fl&lent != 0 && !a.borrows(n, args, i) || fl&held != 0 && a.making == 0) && !v.t.scalar() {
			how := keeps | fl&deep
			if fl&whole != 0 {
				how |= deep
			}
			a.mark(roots, how, at)
		}
		if fl&(keeps|lent|held) != 0 && konst && fl&(deep|whole) == 0 {
			aims(a).protect(roots)
		}
		if fl&copied != 0 && v.roots != 0 {
			if v.piece == pieceNone && !v.t.flat() {
				v.piece = pieceSure
			}
			pieces(a).copies(value{roots: roots, piece: v.piece}, at)
		}
		if fl&(writes|unknown) != 0 && !konst && reference && v.owner != nil { // it may get what the others lead to
			for _, w := range args {
				if !w.count {
					a.leads(v.owner, w.roots)
				}
			}
		}
		if fl&returned != 0 {
			out.roots |= roots
			out.piece = max(out.piece, v.piece)
		}
		if fl&parts != 0 {
			out.roots |= roots
			if v.piece == pieceNone && !v.t.flat() {
				v.piece = pieceSure
			}
			out.piece = max(out.piece, v.piece)
		}
	}
	if n.plainResult() {
		return value{roots: out.roots, piece: out.piece, count: true, t: ctype{base: baseScalar, narrow: n.defs[0].result.narrow}}
	}
	if n.makes() && !sc.f.cpp {
		out.roots |= fresh
		out.aim = aim{known: true, at: fresh}
	}
	out.t = n.defs[0].result
	for _, d := range n.defs {
		if d.result != out.t {
			out.t = ctype{}
		}
	}
	if !out.t.raw() {
		out.piece = pieceNone
	}
	lifetimes(a).gone(out, in("destroys what "+n.name+" returns, which leads to it"), sc)
	if out.t.ref {
		out = a.deref(out, sc)
	} else if out.t == (ctype{}) && sc.f.cpp {
		out.place, out.mem = placeMem, out.roots
	}
	return out
}

// param tells of a parameter of a node whether it is a reference, and a number.
func (n *node) param(i int) (reference, numeric bool) {
	numeric = true
	for _, d := range n.defs {
		j := i - d.first()
		switch {
		case d.macro != nil:
			reference, numeric = true, false
		case j < 0:
			reference, numeric = true, false
		case j < len(d.params):
			reference = reference || d.params[j].ref
			numeric = numeric && d.params[j].scalar()
		}
	}
	return reference, numeric
}

// methodCall is x.f(…) or x->f(…), with x already looked through.
func (a calls) methodCall(v value, name string, t *gTerm, c *gCall, sc *scope) value {
	args := a.args(c, sc)
	if v.t.base == baseRecord && v.t.ptr == 0 {
		if n, _ := a.s.lib.method(sc.f, v.t.rec, name); n != nil {
			v.roots |= v.mem
			return a.apply(n, append([]value{v}, args...), t, sc)
		}
	}
	at := a.at(t, sc, "calls "+name+" of it, which is not in sight")
	reader := a.s.lib.opts.Reader != nil && a.s.lib.opts.Reader(name) && sc.f.cpp
	for _, w := range args {
		if !w.t.scalar() && !reader {
			a.loseIn(w, w.roots|w.mem, at)
		}
		if v.owner != nil {
			if !w.count {
				a.leads(v.owner, w.roots)
			}
		}
	}
	if !reader {
		a.loseIn(v, v.mem, at)
	}
	return value{roots: v.roots | v.mem, mem: v.roots | v.mem, place: placeMem}
}

// use is one use of a macro.
type use struct {
	call  *gCall
	term  *gTerm
	macro *macro
}

// expand is a macro, with what is written in place of its parameters.
func (a calls) expand(d *def, u usage, sc *scope) value {
	d.tree()
	if d.broken && u.lits { // UWORD(1), by ##
		return value{t: ctype{base: baseScalar}}
	}
	if d.broken || a.depth > maxMacro {
		at := a.at(u.term, sc, "uses the macro "+d.macro.name+", which is not understood")
		aims(a).lost(at)
		return value{place: placeMem, roots: a.all, mem: a.all}
	}
	for s := sc; s != nil; s = s.up {
		if s.macro == d.macro {
			return a.stranger(d.macro.name, u, sc)
		}
	}
	key := use{u.call, nil, d.macro}
	if u.call == nil {
		key.term = u.term
	}
	in := sc.uses[key]
	if in == nil {
		in = &scope{up: sc, f: d.file, vars: map[string]*variable{}, macro: d.macro}
		if sc.uses == nil {
			sc.uses = map[use]*scope{}
		}
		sc.uses[key] = in
	}
	for i, p := range d.macro.params {
		var v value
		if d.macro.dots && i == len(d.macro.params)-1 {
			for _, w := range u.args[min(i, len(u.args)):] {
				v = v.with(w)
			}
		} else if i < len(u.args) {
			v = u.args[i]
		}
		if was := in.vars[p]; was != nil {
			was.value, was.roots = v, v.roots
		} else {
			in.vars[p] = &variable{given: true, value: v, roots: v.roots}
		}
	}
	a.depth++
	defer func() { a.depth-- }()
	if d.expr != nil {
		return a.expr(d.expr, in)
	}
	a.block(d.body, in)
	return value{stmt: true}
}

// literal reports whether an argument is a number or a string.
func literal(g *gArg) bool {
	if g.Flat == nil || len(g.Flat.Rest) > 0 {
		return false
	}
	t := g.Flat.First
	return t.Lit != "" && len(t.Post) == 0 && !slices.ContainsFunc(t.Prefix, func(p string) bool { return p != "-" && p != "+" && p != "~" })
}
