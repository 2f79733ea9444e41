package effects

// Values that lead to an object without being it: a bound method or a partial calls one, a weak reference
// yields one when it is called, an attribute of an untyped object is one of its own.

import (
	"slices"
	"unicode"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Via says how an object is come to from what a way leads to.
type Via uint8

const (
	Directly  Via = iota
	ByCalling     // a method of it is called when the value is
	Weakly        // the value is a weak reference to it
	Within        // an attribute of the value leads on to it
)

// carried is an object that a value leads to.
type carried struct {
	node int32
	via  Via
	// items is true where it is what is in that node.
	items bool
}

// carry notes that a value leads to an object.
func (b *values) carry(n, to int32, via Via) {
	if n == 0 || to == 0 || b.shape(to).Kind != ctype.Object && b.shape(to).Kind != ctype.Unknown {
		return
	}
	if b.flow.carries == nil {
		b.flow.carries = map[int32][]carried{}
	}
	if c := (carried{node: to, via: via}); !slices.Contains(b.flow.carries[n], c) {
		b.flow.carries[n] = append(b.flow.carries[n], c)
	}
}

// gotFrom notes that a value that is got out of another one, by a call or by an attribute.
func (b *values) gotFrom(n, of int32, via Via) {
	if n == 0 || of == 0 {
		return
	}
	if b.flow.got == nil {
		b.flow.got = map[int32]carried{}
	}
	b.flow.got[n] = carried{node: of, via: via}
}

// referredTo is what a call of a value without a static type returned: where that is a weak reference, the
// object.
func referredTo(b calls, result, of int32, args passed) int32 {
	if len(args.pos)+len(args.kw)+len(args.star) == 0 {
		b.gotFrom(result, of, Weakly)
	}
	return result
}

// boundMethod is a method that is looked up and not called.
func boundMethod(b expressions, e *ast.Attribute, base int32, c *project.Class) int32 {
	if e.Access != ast.Read || !slices.ContainsFunc(b.members(c, e.Attr.Name, false), (*Function).Exposed) {
		return 0
	}
	n := b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	b.carry(n, base, ByCalling)
	return n
}

// closing is a function inside the function, or a lambda, as a value: it calls methods of what it finds in
// the function's variables. 0 where it uses none.
func closing(b *builder, body ast.Node, own map[string]bool) int32 {
	var n int32
	ast.Walk(body, func(x ast.Node) bool {
		name, ok := x.(*ast.Name)
		if !ok || own[name.Name] {
			return true
		}
		v, _, local := b.value(name.Name)
		if !local || v == 0 || b.shape(v).Kind != ctype.Object || b.shape(v).Atom {
			return true
		}
		if n == 0 {
			n = b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
		}
		b.carry(n, v, ByCalling)
		return true
	})
	return n
}

// closingLambda is closing for a lambda.
func closingLambda(b *builder, e *ast.Lambda) int32 {
	own := map[string]bool{}
	if e.Params != nil {
		for _, p := range e.Params.List {
			own[p.Name.Name] = true
		}
	}
	return closing(b, e.Body, own)
}

// closingDef is closing for a function inside the function, as its name stands for it.
func closingDef(b *builder, def *ast.FuncDef) int32 {
	own := ownNames(def.Body)
	for _, p := range def.Params.List {
		own[p.Name.Name] = true
	}
	return closing(b, def.Body, own)
}

// madeOf notes what the result of a call that is not in sight leads to, of what it was given.
func madeOf(b calls, n int32, name string, args passed) {
	via := Within
	if first := []rune(name); len(first) == 0 || !unicode.IsUpper(first[0]) && library.CarriedBy()[name] == "" && !b.p.Funcs(b.m).pySet[name] {
		return // whatever it makes of that
	}
	switch library.CarriedBy()[name] {
	case "calls":
		via = ByCalling
	case "weakly":
		via = Weakly
	case "itself":
		via = Directly
	case "items":
		for _, a := range args.pos {
			if a != 0 {
				b.carry(n, a, Directly)
				if c := b.flow.carries[n]; len(c) > 0 && c[len(c)-1].node == a {
					c[len(c)-1].items = true
				}
			}
		}
		return
	}
	args.each(func(a int32) { b.carry(n, a, via) })
}

// carriedBy are the objects that a value leads to, with those that these lead to.
func (fl *Flow) carriedBy(n int32, depth int) []carried {
	var out []carried
	if depth == 0 {
		return nil
	}
	for n := range fl.behind(n, nameDepth) {
		for _, c := range fl.carries[n] {
			out = append(out, c)
			for _, d := range fl.carriedBy(c.node, depth-1) {
				if d.via == ByCalling || d.via == Directly { // partial(o.step), [o.step]
					d.via = max(d.via, c.via)
					out = append(out, d)
				}
			}
		}
		if x := &fl.Nodes[n]; x.Kind == NodeLocal && len(x.From) > 1 {
			for _, y := range x.From {
				out = append(out, fl.carriedBy(y, depth-1)...)
			}
		}
	}
	return out
}

// carriedIn are the objects themselves that are carried, of a container what it was made with.
func (fl *Flow) carriedIn(c carried) []int32 {
	if !c.items {
		return []int32{c.node}
	}
	var out []int32
	for n := range fl.behind(c.node, nameDepth) {
		for _, x := range fl.content[n] {
			if x != unknownItem {
				out = append(out, x)
			}
		}
	}
	return out
}

// carriedDepth bounds through how many values an object is looked for.
const carriedDepth = 4

// applied notes that Python's code calls a function with each of some values: map(f, items),
// sorted(items, key=f).
func applied(b calls, fun ast.Expr, given []int32, span ast.Span) {
	given = slices.DeleteFunc(slices.Clone(given), func(n int32) bool { return n == 0 || n == unknownItem })
	if len(given) == 0 {
		return
	}
	switch fun := syntax.Unparen(fun).(type) {
	case *ast.Lambda:
		mayGet(b.builder, b.lambdas[fun], given)
	case *ast.Name:
		if v, local := b.vars[fun.Name]; local {
			if v.nested != nil {
				mayGet(b.builder, b.given[v.nested], given)
			}
			return
		}
		if r := b.m.Owner([]string{fun.Name}); r.Mod != nil {
			for _, f := range b.p.Funcs(r.Mod).byName[r.Name] {
				p := passed{pos: given[:min(len(given), 1)], b: b.builder}
				b.callOf([]*Function{f}, p.to(f.Def, 0, false, func(int32) {}), span)
			}
		}
	case *ast.Attribute:
		path := syntax.Dotted(fun)
		if path == nil || b.isLocal(path[0]) {
			return
		}
		if bd := b.m.Scope.Names[path[0]]; len(bd.Path) > 0 && bd.Path[0] == "operator" {
			operatorCall(b.exprs, fun.Attr.Name, passed{pos: []int32{given[0], given[0]}}, span)
			return
		}
		c := b.m.Lookup(path[:len(path)-1])
		if c == nil {
			return
		}
		for _, n := range given {
			as := b.node(Node{Kind: NodeCast, Base: n, Shape: ctype.Shape{Kind: ctype.Object, Class: c}})
			usesMember(b, as, fun.Attr.Name, Plain, span)
		}
	case *ast.Call:
		caller(b, fun, given, span)
	}
}

// caller notes what a function that is made by the module operator does: methodcaller("step")(o).
func caller(b calls, fun *ast.Call, given []int32, span ast.Span) {
	name := syntax.LastName(fun.Fun)
	switch name {
	case "methodcaller", "attrgetter", "itemgetter":
	case "partial":
		if len(fun.Args) > 0 && fun.Args[0].Star == 0 {
			var first []int32
			if len(fun.Args) > 1 && fun.Args[1].Star == 0 && fun.Args[1].Name.Name == "" {
				first = []int32{b.expr(fun.Args[1].X)}
			} else {
				first = given
			}
			applied(b, fun.Args[0].X, first, span)
		}
		return
	default:
		return
	}
	for _, n := range given {
		for _, a := range fun.Args {
			s, text := syntax.Unparen(a.X).(*ast.Str)
			switch {
			case name == "itemgetter":
				b.exprs.operator(n, "__getitem__", span)
			case !text || len(s.Fields) > 0:
				b.exprs.mayCall(n, AnyMember, Plain, span)
			case name == "methodcaller":
				usesMember(b, n, s.Value, Plain, span)
				bindsChanger(b, n, s.Value, span)
			default:
				bindsChanger(b, n, s.Value, span)
				usesMember(b, n, s.Value, Getter, span)
				usesMember(b, n, s.Value, Plain, span)
			}
			if name == "methodcaller" {
				break // the rest are its arguments
			}
		}
	}
}

// AnyMember stands for a member that is looked up by a name which is not known.
const AnyMember = "*"

// usesMember notes that a member of a value is called, or read.
func usesMember(b calls, n int32, name string, part Accessor, span ast.Span) {
	c := b.shape(n).Class
	if c == nil {
		b.exprs.mayCall(n, name, part, span)
		return
	}
	fs := slices.DeleteFunc(slices.Clone(b.members(c, name, part != Plain)), func(f *Function) bool { return !f.Exposed() || f.Accessor != part })
	if len(fs) > 0 {
		p := passed{pos: []int32{n}, b: b.builder}
		b.callOf(fs, p.to(fs[0].Def, 0, false, func(int32) {}), span)
	}
}

// mayGet gives each parameter of a function that others call all that they may call it with.
func mayGet(b *builder, params, values []int32) {
	for _, p := range params {
		if p == 0 {
			continue
		}
		x := &b.flow.Nodes[p]
		for _, n := range values {
			if n != p && !slices.Contains(x.From, n) {
				x.From = append(x.From, n)
			}
		}
	}
}

// appliers are functions of Python that call a function which they are given, with the place of that, and
// from which place on they are given what is in what they call it with; -1 of one given as key=.
var appliers = map[string]struct{ fun, items int }{
	"map": {0, 1}, "filter": {0, 1}, "reduce": {0, 1}, "starmap": {0, 1}, "filterfalse": {0, 1}, "takewhile": {0, 1}, "dropwhile": {0, 1},
	"sorted": {-1, 0}, "max": {-1, 0}, "min": {-1, 0}, "nlargest": {-1, 1}, "nsmallest": {-1, 1}, "groupby": {-1, 0}, "sort": {-1, 0}, "accumulate": {1, 0},
}

// applies notes what a function of Python calls with what is in its arguments. on is the list whose
// method sort is.
func applies(b calls, name string, e *ast.Call, on int32, args passed) {
	a, ok := appliers[name]
	if !ok {
		return
	}
	fun := appliedBy(name, e)
	if fun == nil {
		return
	}
	var items []int32
	if name == "sort" {
		items = b.items(on)
	} else {
		for i, n := range args.pos {
			if i < a.items || i == a.fun {
				continue
			}
			for _, x := range b.items(n) {
				if name == "starmap" { // what is in them
					items = append(items, b.items(x)...)
				} else {
					items = append(items, x)
				}
			}
		}
	}
	applied(b, fun, items, e.Span)
}

// lambdaCalled is the lambda that a call calls, or that it is given to call with what is in its arguments.
func lambdaCalled(e *ast.Call) (*ast.Lambda, bool) {
	if fun, ok := syntax.Unparen(e.Fun).(*ast.Lambda); ok {
		return fun, true
	}
	fun, ok := appliedBy(syntax.LastName(e.Fun), e).(*ast.Lambda)
	return fun, ok
}

// appliedBy is the function that a call of one of the appliers is given; nil where it is given none.
func appliedBy(name string, e *ast.Call) ast.Expr {
	a, ok := appliers[name]
	if !ok {
		return nil
	}
	for i := range e.Args {
		switch x := &e.Args[i]; {
		case x.Star > 0:
			return nil
		case x.Name.Name == "key" && a.fun < 0, x.Name.Name == "" && i == a.fun:
			return x.X
		}
	}
	return nil
}
