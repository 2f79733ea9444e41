package c

// What happens to objects of C++ without being written where it happens: constructors and their lists
// of initializers, and destructors of variables, of what is passed by value, and of what calls return.

import "slices"

// maxMade is how deep objects are made to make others of: C++ itself does so once where nobody says so, and
// what a constructor takes is made, too.
const maxMade = 2

// lifetimes are the part of an analysis that is about them.
type lifetimes struct{ *analysis }

// destructorsOf are the classes whose destructors run when an object of a class goes: its own, those
// of what it has in it, and of what it inherits.
func (f *file) destructorsOf(class string) []string {
	if out, ok := f.destructors[class]; ok {
		return out
	}
	var out []string
	list := []string{class}
	for i := 0; i < len(list); i++ {
		if len(list) > maxClasses {
			out = append(out, tooMany)
			break
		}
		own, more := f.destroys(list[i])
		if own {
			out = append(out, list[i])
		}
		for _, name := range more {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	slices.Sort(out)
	if f.destructors == nil {
		f.destructors = map[string][]string{}
	}
	f.destructors[class] = out
	return out
}

// tooMany is the destructor of nobody knows whom.
const tooMany = "more classes than are looked at"

// destroys reports whether a class has a destructor, and which classes it inherits or has objects of.
func (f *file) destroys(class string) (own bool, more []string) {
	record := f.record(class)
	for _, x := range record {
		own = own || len(x.funcs["~"+class]) > 0
		if x.holds == nil {
			x.holds = []string{}
			for _, isl := range x.fields {
				x.holds = append(x.holds, x.file.held(isl)...)
			}
			slices.Sort(x.holds)
			x.holds = slices.Compact(x.holds)
		}
		more = append(more, x.holds[:min(len(x.holds), maxClasses+1)]...)
	}
	for _, g := range f.all() {
		list := g.classes[class]
		for i := range list {
			more = append(more, g.bases(&list[i])...)
		}
		if len(record) == 0 && g.inner()["~"+class] { // one within another, or within a function
			own = true
		}
	}
	return own, more
}

// inner are the names of all classes with bodies in the file, and behind ~ of those with destructors, wherever
// they stand: of one within another, or within a function, no more is known.
func (g *file) inner() map[string]bool {
	if g.inClasses == nil {
		g.inClasses = map[string]bool{}
		for i := 0; i+2 < len(g.toks); i++ {
			if g.toks[i+1].kind != kIdent {
				continue
			}
			name := g.str(g.toks[i+1])
			switch {
			case g.is(i, "~") && g.is(i+2, "("):
				g.inClasses["~"+name] = true
			case (g.is(i, "struct") || g.is(i, "class")) && (g.is(i+2, "{") || g.is(i+2, ":") || g.is(i+2, "final")):
				g.inClasses[name] = true
			}
		}
	}
	return g.inClasses
}

// held are the names in the declaration of a member that may be classes of which it has an object, as
// an argument of a template as well.
func (g *file) held(isl island) []string {
	var out []string
	for i := isl.start; i < isl.end && isl.body < 0; i++ {
		if g.is(i, "static") {
			return nil
		}
		if g.toks[i].kind != kIdent || g.is(i+1, "*") || g.is(i+1, "&") {
			continue
		}
		if t := g.named(g.str(g.toks[i]), 0); t.ptr == 0 && t.rec != "" {
			out = append(out, t.rec)
		}
	}
	return out
}

// gone is an object that is destroyed: what it leads to, its destructors may write.
func (a lifetimes) gone(v value, at spot, sc *scope) {
	if !sc.f.cpp || v.t.rec == "" || v.t.ref || v.t.ptr > 0 && !v.t.array || v.roots|v.mem == 0 {
		return
	}
	for v.t.ptr > 0 { // an array of them
		if !v.t.array {
			return
		}
		v.t = v.t.element()
	}
	for _, class := range sc.f.destructorsOf(v.t.rec) {
		if n, _ := a.s.lib.method(sc.f, class, "~"+class); n != nil {
			v.t = ctype{base: baseRecord, rec: class}
			calls(a).applyAt(n, []value{v}, at, sc)
		} else {
			at.what = "is lost to the destructor of " + class + ", which is not understood"
			a.lose(v.roots|v.mem, at)
		}
	}
}

// passed are the parameters that are objects, which go when the call ends.
func (a lifetimes) passed() {
	if a.d.macro != nil {
		return
	}
	for i, t := range a.d.params {
		bit := uint64(1) << (i + a.d.first())
		a.gone(value{roots: bit, place: placeOwn, t: t}, spot{a.d.file, int32(a.d.at()), "destroys it"}, a.top)
	}
}

// made is an object of a class, made of one value: by a constructor, if there is one in sight that
// takes it. A copy is made by those that take an object of the class.
func (a lifetimes) made(t ctype, v value, at spot, sc *scope) {
	if !sc.f.cpp || t.rec == "" {
		return
	}
	same := v.t.ptr == 0 && sc.f.inherits(v.t.rec, t.rec)
	if t.ref && t.ptr == 1 && !same && v.t != (ctype{}) { // an object that goes, to which it refers
		t = t.element()
	}
	if t.ptr != 0 || v.roots|v.mem == 0 || a.making >= maxMade {
		return
	}
	a.making++
	defer func() { a.making-- }()
	n, _ := a.s.lib.method(sc.f, t.rec, t.rec)
	if n == nil {
		if t.base == baseUnknown && !same && !v.t.scalar() && slices.ContainsFunc(sc.f.all(), func(g *file) bool { return g.inner()[t.rec] }) {
			a.loseIn(v, v.roots|v.mem, at)
		}
		return
	}
	if n.many {
		a.loseIn(v, v.roots|v.mem, at)
		return
	}
	var defs []*def
	for _, d := range n.defs {
		d.prepare()
		if !d.bad && (len(d.params) == 0 || d.least > 1) || d.bad && same {
			continue
		}
		if !same && !d.bad && !takes(d.params[0], v.t) {
			continue
		}
		if same && (!d.params[0].ref || d.params[0].rec != t.rec || d.file.is(d.isl.params+3, "&&")) {
			continue
		}
		defs = append(defs, d)
	}
	if c := a.s.lib.nodeOf(n.name, defs, sc.f, false); c != nil {
		calls(a).applyAt(c, []value{{place: placeMem}, v}, at, sc)
	}
}

// takes reports whether a parameter may be given a value of a type, for all that is known of both.
func takes(p, t ctype) bool {
	if p.ref {
		p = p.element()
	}
	if p.base == baseUnknown || t.base == baseUnknown {
		return true
	}
	return (p.ptr > 0) == (t.ptr > 0) && (p.ptr > 0 || (p.base == baseRecord) == (t.base == baseRecord))
}

// initializer is one of a constructor's list.
type initializer struct {
	name string // of a member or a class
	at   int    // the token
	expr *gExpr // nil of none
}

// initializers parses the list that stands before the body of a constructor; false where it is not
// understood.
func (d *def) initializers() (out []initializer, ok bool) {
	g := d.file
	i := g.matchTo(d.isl.params, d.isl.end)
	for i < d.isl.body && !g.is(i, ":") {
		if g.is(i, "(") || g.is(i, "[") {
			i = g.matchTo(i, d.isl.body)
		} else {
			i++
		}
	}
	for i++; i < d.isl.body; i++ {
		in := initializer{at: i}
		for i < d.isl.body && !g.is(i, "(") && !g.is(i, "{") {
			if end, angles := g.anglesTo(i, d.isl.body); angles {
				i = end
				continue
			}
			if g.toks[i].kind == kIdent {
				in.name, in.at = g.str(g.toks[i]), i
			} else if g.toks[i].kind < kIf && !g.is(i, "::") {
				return nil, false
			}
			i++
		}
		if i >= d.isl.body {
			return nil, false
		}
		end := g.matchTo(i, d.isl.body)
		if in.expr, ok = g.expressionOf(i+1, end-1); !ok {
			return nil, false
		}
		out = append(out, in)
		for i = end; i < d.isl.body && !g.is(i, ","); i++ {
			if g.toks[i].kind < kIf && !g.is(i, "...") {
				return nil, false
			}
		}
	}
	return out, true
}

// defaults are what the members of a constructor's class are where no list says otherwise; false where
// one is not understood.
func (d *def) defaults() (out []initializer, ok bool) {
	for _, x := range d.file.record(d.method) {
		g := x.file
		if g != d.file { // whose names are others
			continue
		}
		for _, isl := range x.fields {
			if isl.body >= 0 || g.has(island{start: isl.start, name: isl.end}, "static") {
				continue
			}
			tagged := false
			for i := isl.start; i < isl.end; i++ {
				from, to := i+1, isl.end
				tagged = tagged || g.is(i, "struct") || g.is(i, "union") || g.is(i, "class") || g.is(i, "enum")
				if tagged && g.is(i, "{") {
					i, tagged = g.matchTo(i, isl.end)-1, false
					continue
				}
				if i == isl.start {
					continue
				}
				if g.is(i, "{") {
					to = g.matchTo(i, isl.end)
				} else if !g.is(i, "=") {
					continue
				}
				in := initializer{name: g.str(g.toks[i-1]), at: i - 1}
				if in.expr, ok = g.expressionOf(from, to-1); !ok {
					return nil, false
				}
				out = append(out, in)
				break
			}
		}
	}
	return out, true
}

// expressionOf parses what stands between two tokens, nil where nothing does.
func (g *file) expressionOf(from, to int) (*gExpr, bool) {
	if to <= from {
		return nil, true
	}
	fed, err := expression(g, g.toks[from:to])
	if err != nil {
		return nil, false
	}
	u, err := parse(fed)
	if err != nil {
		return nil, false
	}
	return u.Expr, true
}

// this is what the object of a method leads to: with a constructor's list also what that puts in it.
func (a lifetimes) this() uint64 {
	if v := a.top.vars["this"]; v != nil {
		return v.roots
	}
	return 1
}

// copies reports whether a member is that of another object: x(o.x).
func (in initializer) copies() bool {
	if len(in.expr.Items) != 1 || len(in.expr.Items[0].Rest) > 0 {
		return false
	}
	t := in.expr.Items[0].First
	if len(t.Prefix) > 0 || len(t.Post) != 1 {
		return false
	}
	return t.Post[0].Dot+t.Post[0].Arrow == in.name
}

// initialize is what a constructor does before its body: the object keeps what its members become.
func (a lifetimes) initialize(sc *scope) {
	for _, in := range a.d.inits {
		if in.expr == nil {
			continue
		}
		at := spot{a.d.file, a.d.file.toks[in.at].pos, "is stored in " + in.name}
		var args []value
		for _, e := range in.expr.Items {
			args = append(args, a.flat(e, sc))
		}
		t := a.d.file.field(a.d.method, in.name)
		if t == (ctype{}) {
			t = a.d.file.named(in.name, 0)
		}
		var n *node
		if t.ptr == 0 && t.base == baseRecord {
			n, _ = a.s.lib.method(a.d.file, t.rec, t.rec)
		}
		if n != nil {
			a.making++
			calls(a).applyAt(n, append([]value{{place: placeMem}}, args...), at, sc)
			a.making--
		}
		for _, v := range args {
			switch {
			case v.t.scalar():
				a.keep(v, at)
			case n == nil && t.ptr == 0 && t.base == baseUnknown && !in.copies(): // of a class that is not in sight
				a.loseIn(v, v.roots|v.mem, at)
			default:
				fl := held
				if !v.guarded() {
					fl |= deep
				}
				if t.ref || t.ptr == 0 {
					v.roots |= v.mem
				}
				a.mark(v.roots, fl, at)
				a.leads(a.top.vars["this"], v.roots)
			}
		}
	}
}
