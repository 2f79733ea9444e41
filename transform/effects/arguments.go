package effects

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
	"slices"
)

// The arguments of a call, lined up with the parameters of what is called.

// passed are a call's arguments as nodes.
type passed struct {
	pos  []int32
	kw   []int32
	name []string // of kw
	star []int32  // *x and **x
	// items are what *x stands for, and values what **x does.
	items, values []int32
	b             *builder
	span          []ast.Span
}

func (p *passed) each(f func(n int32)) {
	for _, list := range [3][]int32{p.pos, p.kw, p.star} {
		for _, n := range list {
			if n != 0 {
				f(n)
			}
		}
	}
}

// to lines arguments up with a function's parameters. What lands in *args or **kw is in a
// container there. Those for which there is no parameter are given to rest.
func (p *passed) to(def *ast.FuncDef, receiver int32, bound bool, rest func(n int32)) []int32 {
	params := def.Params.List
	out := make([]int32, len(params))
	at := 0
	next := func() int {
		for at < len(params) && (params[at].Kind == ast.Slash) {
			at++
		}
		if at < len(params) && params[at].Kind == ast.Positional && !params[at].KeywordOnly {
			at++
			return at - 1
		}
		return -1
	}
	var inStar, inKw []int32
	if bound {
		if i := next(); i >= 0 {
			out[i] = receiver
		} else { // def union(*bitmaps)
			inStar = append(inStar, receiver)
		}
	}
	star, kw := -1, -1
	for i, prm := range params {
		switch {
		case prm.Kind == ast.Star && prm.Name.Name != "":
			star = i
		case prm.Kind == ast.DoubleStar:
			kw = i
		}
	}
	given := make([]bool, len(params))
	left := func(in int, n int32) bool { return in < 0 && n != 0 }
	for _, n := range p.pos {
		if i := next(); i >= 0 {
			out[i], given[i] = n, true
		} else if inStar = append(inStar, n); left(star, n) {
			rest(n)
		}
	}
	spread := at
	for k, n := range p.kw {
		found := false
		for i, prm := range params {
			if prm.Name.Name == p.name[k] && prm.Kind == ast.Positional {
				out[i], given[i], found = n, true, true
			}
		}
		if found {
			continue
		}
		if inKw = append(inKw, n); left(kw, n) {
			rest(n)
		}
	}
	// *x and **x may be any of the parameters that are left.
	for i, prm := range params {
		if prm.Kind != ast.Positional || out[i] != 0 || bound && i == 0 {
			continue
		}
		if i >= spread && !prm.KeywordOnly {
			for _, n := range p.items {
				out[i] = p.b.either(out[i], n)
			}
		}
		for _, n := range p.values {
			out[i] = p.b.either(out[i], n)
		}
		if given[i] || len(p.star) > 0 || prm.Default == nil {
			continue
		}
		switch x := syntax.Unparen(prm.Default).(type) {
		case *ast.Name, *ast.Attribute, *ast.Call: // one object for all calls
			if out[i] == 0 && prm.Type == nil && !syntax.IsNothing(x) {
				out[i] = p.b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
			}
		}
		if syntax.IsNothing(prm.Default) {
			out[i] = p.b.node(Node{Kind: NodeNothing, Shape: ctype.Shape{Kind: ctype.Object}})
		}
	}
	for _, n := range p.star {
		if n != 0 && p.b.shape(n).Class != nil { // it makes the items, whatever they are
			rest(n)
		}
	}
	if star >= 0 {
		out[star] = p.b.tuple(append(inStar, p.items...))
	}
	if kw >= 0 {
		out[kw] = p.b.tuple(append(inKw, p.values...))
	}
	return out
}

// outCall is a call that is given the address of pointers, of local ones and of ones
// that objects have: it may make them lead into whatever else it is given.
type outCall struct {
	names []*ast.Name
	args  passed
	on    int32 // the object or value that a method is called on
	known bool  // it is a library function, which puts no pointer into a struct
	// reads tells which arguments the function does not write to.
	reads map[int32]bool
}

func (b calls) passed(args []ast.Arg) passed { return b.passedTo(args, nil) }

// place is an expression as what a C++ reference to it leads to.
func (b calls) place(e ast.Expr) int32 {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Attribute, *ast.Subscript:
		return b.exprs.address(x)
	}
	return b.expr(e)
}

// byRef tells which parameters of a function are C++ references.
func (b calls) byRef(list *ast.Params, bound bool) func(i int, name string) bool {
	if list == nil {
		return nil
	}
	any := false
	for _, prm := range list.List {
		any = any || prm.Declarator != nil && prm.Declarator.Ref
	}
	if !any {
		return nil
	}
	return func(i int, name string) bool {
		if bound {
			i++
		}
		for k, prm := range list.List {
			if name == "" && k == i || name != "" && name == prm.Name.Name {
				return prm.Declarator != nil && prm.Declarator.Ref
			}
		}
		return false
	}
}

// outCall returns an outCall for a call that has such arguments, or nil.
func (b calls) outCall(e *ast.Call) *outCall {
	var out *outCall
	for i := range e.Args {
		var x ast.Expr
		switch a := syntax.Unparen(e.Args[i].X).(type) {
		case *ast.Unary:
			if a.Op == "&" {
				x = syntax.Unparen(a.X)
			}
		case *ast.Call:
			if len(a.Args) == 1 && b.cythonName(syntax.Unparen(a.Fun)) == "address" {
				x = syntax.Unparen(a.Args[0].X)
			}
		}
		if item, ok := x.(*ast.Subscript); ok { // of an array that an object has
			x = syntax.Unparen(item.X)
			if _, attr := x.(*ast.Attribute); !attr {
				continue
			}
		}
		n, name := x.(*ast.Name)
		if name {
			_, sh, local := b.value(n.Name)
			name = local && sh.Kind == ctype.Pointer
		}
		if _, attr := x.(*ast.Attribute); !name && !attr {
			continue
		}
		if out == nil {
			out = &outCall{known: library.KnownC()[syntax.LastName(e.Fun)] != ""}
			if b.outs == nil {
				b.outs = map[*ast.Arg]*outCall{}
			}
			b.outs[&e.Args[0]] = out
		}
		if name {
			out.names = append(out.names, n)
		}
	}
	return out
}

// filled gives the pointers of a call what it may have made of them.
func (b calls) filled(o *outCall, span ast.Span) {
	var from []int32
	if b.shape(o.on).Kind != ctype.Scalar && o.on != 0 {
		from = append(from, o.on)
	}
	o.args.each(func(n int32) {
		sh := b.shape(n)
		if sh.Kind == ctype.Object && sh.Class == nil && b.flow.Nodes[n].Kind != NodeField {
			return // slices, strings, …
		}
		if sh.Kind != ctype.Scalar && !slices.Contains(from, n) && !isMade(b.flow, n) {
			from = append(from, n)
		}
	})
	if len(from) == 0 {
		return
	}
	filledIn(b, o, from, span)
	for _, name := range o.names {
		_, sh, _ := b.value(name.Name)
		sh.Returned = true
		l := b.node(Node{Kind: NodeLocal, From: from, filled: true})
		b.set(b.vars[name.Name].slot, b.node(Node{Kind: NodeInside, Base: l, Shape: sh}))
	}
}

// filledIn notes that the attributes among what is passed whose addresses these are ("&self.p")
// get a pointer into whatever else is. A struct that an object has ("&self.cursor") may get one
// into what is of another type: of its own type it is a copy.
func filledIn(b calls, o *outCall, given []int32, span ast.Span) {
	for i, n := range given {
		x := b.flow.Nodes[n]
		item := x.Kind == NodeInside && x.Name == ""
		for x.Kind == NodeInside && x.Name == "" { // "&self.cursors[0]"
			x = b.flow.Nodes[x.Base]
		}
		if len(given) == 1 || x.Kind != NodeInside || x.Name == "" || x.owner == nil || x.owner.Field(x.Name) == nil {
			continue
		}
		sh := b.p.Types.OfField(x.owner.Field(x.Name))
		others := slices.Delete(slices.Clone(given), i, i+1)
		switch {
		case sh.Kind == ctype.Pointer && sh.Depth < x.Shape.Depth && !item:
		case sh.Kind == ctype.Record && x.Shape.Kind == ctype.Pointer || sh.Array() && sh.Elem == ctype.Record && sh.Depth == 1 && item:
			if sh.Copied || sh.Lock || o.known || o.reads[n] {
				continue
			}
			others = slices.DeleteFunc(others, func(n int32) bool {
				of := b.flow.Nodes[n]
				return of.Shape.Kind == ctype.Object || of.Shape.Struct == sh.Struct && sh.Struct != nil && !(of.Name == x.Name && of.owner == x.owner)
			})
			if sh = (ctype.Shape{Kind: ctype.Pointer, Depth: 1, Elem: ctype.Record, Struct: sh.Struct}); len(others) == 0 {
				continue
			}
		default:
			continue
		}
		sh.Returned = true
		l := b.node(Node{Kind: NodeLocal, From: others})
		b.flow.Stores = append(b.flow.Stores, Store{b.node(Node{Kind: NodeInside, Base: l, Shape: sh}), x.Base, x.Name, span, false})
	}
}

// passedTo is passed for a function of which byRef tells the parameters that
// are C++ references.
func (b calls) passedTo(args []ast.Arg, byRef func(i int, name string) bool) passed {
	p := passed{b: b.builder}
	for i := range args {
		a := &args[i]
		var n int32
		if a.Star == 0 && byRef != nil && byRef(i, a.Name.Name) {
			n = b.place(a.X)
		} else {
			n = b.expr(a.X)
		}
		switch {
		case a.Star > 0:
			p.star = append(append(p.star, n), b.elements(n)...)
			if a.Star == 1 {
				b.iterates(n, a.Span)
				p.items = append(p.items, b.items(n)...)
			} else {
				p.values = append(p.values, b.items(n)...)
			}
		case a.Name.Name != "":
			p.kw = append(p.kw, n)
			p.name = append(p.name, a.Name.Name)
		default:
			p.pos = append(p.pos, n)
			p.span = append(p.span, a.Span)
		}
	}
	if len(args) > 0 {
		if o := b.outs[&args[0]]; o != nil {
			o.args = p
		}
	}
	return p
}

// passIn passes a C value to a method of a C++ object, which an expression names. The containers of the library copy what
// they are given: what the pointers of a struct, or of a C++ object, lead to, they share with it afterwards.
func (b calls) passIn(in ast.Expr, container ctype.Shape, n int32, name string, span ast.Span) {
	if !container.Library || !library.CppCopies()[name] || b.shape(n).Kind != ctype.Record {
		b.passTo(n, false, name, span)
		return
	}
	b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
	if sh := b.shape(n); library.CppWriters()[name] && (!sh.Copied || sh.Pointers) {
		b.stowed(in, n)
	}
}
