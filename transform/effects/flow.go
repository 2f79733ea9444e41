package effects

// Flows: one walk over a function's body that notes what is done to which
// values. Expressions are in flowexpr.go, calls in flowcall.go.

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// builder makes one flow: it walks statements, expressions and calls.
type builder struct {
	notes
	p *Program
	m *project.Module
	f *Function
	// placed tells which names of the module are locks.
	placed *handlock.Names
	self   int32 // node of the first parameter of a method
	// outs holds the calls that are given the address of a local pointer.
	outs map[*ast.Arg]*outCall

	// What FlowOf keeps from one function to the next.
	keep  Flow
	exprs expressions
	calls calls
}

// FlowOf returns a function's flow.
func (p *Program) FlowOf(f *Function) *Flow {
	f.once.Do(func() {
		b := builders.Get().(*builder)
		b.p, b.m, b.f, b.placed = p, f.Mod, f, p.Hands.Get(f.Mod)
		b.flow = &Flow{unit: f.Unit, Nodes: append(b.keep.Nodes[:0], Node{}), Actions: b.keep.Actions[:0], Calls: b.keep.Calls[:0]}
		b.function()
		f.Flow = b.flow
		// The lists grew in the builder's own memory; the flow gets copies that fit.
		b.keep = Flow{Nodes: f.Flow.Nodes, Actions: f.Flow.Actions, Calls: f.Flow.Calls}
		f.Flow.Nodes, f.Flow.Actions, f.Flow.Calls = slices.Clone(b.keep.Nodes), slices.Clone(b.keep.Actions), slices.Clone(b.keep.Calls)
		clear(b.vars)
		b.reset(b.vars, b.env[:0], b.keep)
		builders.Put(b)
	})
	return f.Flow
}

// reset makes a builder that has nothing but memory.
func (b *builder) reset(vars map[string]variable, env []int32, keep Flow) {
	*b = builder{notes: notes{variables: variables{vars: vars, env: env}}, keep: keep}
	b.exprs, b.calls = expressions{b}, calls{b}
}

// builders keeps the memory of builders from one function to the next.
var builders = sync.Pool{New: func() any {
	b := &builder{}
	b.reset(map[string]variable{}, nil, Flow{})
	return b
}}

func (b *builder) function() {
	def := b.f.Def
	if handlock.Decorated(def) {
		b.hand++
		b.byHand(def.Name.Span)
	}
	if def.Params != nil {
		for i, prm := range def.Params.List {
			n := int32(0)
			if prm.Name.Name != "" && prm.Kind != ast.BareStar && prm.Kind != ast.Slash {
				sh := b.paramShape(i, prm)
				n = b.node(Node{Kind: NodeParam, Num: int32(i), Shape: sh})
				b.variable(prm.Name.Name, sh, n)
				if i == 0 && b.f.Class != nil {
					b.self = n
				}
			}
			b.flow.Params = append(b.flow.Params, n)
		}
		for _, prm := range def.Params.List {
			b.expr(prm.Default)
		}
		b.declaredLocals()
	}
	b.stmts(def.Body.Stmts)
}

// paramShape is the shape of parameter i.
func (b *builder) paramShape(i int, prm *ast.Param) ctype.Shape {
	switch {
	case prm.Kind == ast.Star || prm.Kind == ast.DoubleStar:
		return ctype.Shape{Kind: ctype.Object}
	case i == 0 && b.f.Class != nil:
		if b.m.PlainDecorator(b.f.Def, "staticmethod") || b.m.PlainDecorator(b.f.Def, "classmethod") || library.ImplicitStatic[b.f.Def.Name.Name] {
			break
		}
		if library.Binops[b.f.Def.Name.Name] && b.m.CAPIBinops(b.f.Unit, b.f.Class, b.f.Def) {
			return ctype.Shape{Kind: ctype.Object}
		}
		return ctype.Shape{Kind: ctype.Object, Class: b.f.Class}
	}
	if prm.Type != nil {
		return b.p.Types.Of(b.m, prm.Type, prm.Declarator)
	}
	path, pointer := b.m.ParamType(b.f.Class, b.f.Def, i, prm)
	switch {
	case pointer:
		return ctype.Shape{Kind: ctype.Pointer, Depth: 1}
	case path != nil:
		sh := b.p.Types.OfName(b.m, path, "", 0)
		if prm.Annotation != nil && sh.Kind == ctype.Scalar && len(path) == 1 {
			return ctype.Shape{Kind: ctype.Object} // Python's int, not C's
		}
		return sh
	case prm.Annotation != nil:
		if sh := b.p.Types.OfNote(b.m, prm.Annotation); sh.Kind != ctype.Unknown {
			return sh
		}
	}
	return ctype.Shape{Kind: ctype.Object}
}

// bind assigns a value to a name. nothing tells that the value is known to be
// no object of interest (None, a number), where 0 may also be one that is not
// followed.
func (b *builder) bind(name string, value int32, nothing bool, span ast.Span) {
	v, ok := b.vars[name]
	if v.global {
		b.handOut(value, span.Pos)
		if c, isC := b.m.CDecls().Vars[name]; isC && value != 0 {
			// From here on it also stands for what was assigned.
			sh := b.p.Types.Of(b.m, c.Type, c.Declarator)
			if sh.Kind == ctype.Pointer || sh.Kind == ctype.Record || sh.Class != nil {
				g := b.node(Node{Kind: NodeGlobal, Name: name, Shape: sh})
				b.variable(name, sh, b.node(Node{Kind: NodeLocal, From: []int32{g, value}, Shape: sh}))
			}
		}
		return
	}
	if !ok {
		b.variable(name, ctype.Shape{}, 0)
		v = b.vars[name]
	}
	sh := v.shape
	if sh.Ref {
		n, _, _ := b.value(name)
		b.effect(n, nil, OnState, Write, true, StoresThrough, name, span)
		return
	}
	if sh.Kind == ctype.Record && value != 0 {
		if of := b.elements(value); len(of) > 0 { // a struct spelled out
			value = b.node(Node{Kind: NodeLocal, From: of, Shape: sh})
		} else if b.p.Types.PlainData(sh.Struct, 0) {
			value = b.node(Node{Kind: NodeNothing, Shape: sh}) // a copy
		}
	}
	switch {
	case sh.Kind == ctype.Scalar && b.shape(value).Kind == ctype.Scalar: // perhaps an address
	case sh.Kind == ctype.Scalar:
		value = 0
	case sh.Copied:
		value = b.node(Node{Kind: NodeNothing, Shape: sh})
	case value == 0 && nothing:
		value = b.node(Node{Kind: NodeNothing, Shape: sh})
	case value == 0 && sh.Class != nil:
		value = b.node(Node{Kind: NodeUnknown, Shape: sh})
	case value != 0 && sh.Kind != ctype.Unknown:
		if got := b.shape(value); sh.Class == nil && sh.Kind == ctype.Object && got.Kind == ctype.Object {
			break // an untyped local is what was assigned to it
		}
		sh.Returned = b.shape(value).Returned
		value = b.node(Node{Kind: NodeCast, Base: value, Shape: sh})
	}
	b.set(v.slot, value)
}

// outOf leaves a loop, by its else clause or by a break, and reports whether
// control goes on behind it. fell tells that its body can come to its end.
func (b *builder) outOf(l *loop, fell bool, or *ast.Suite) bool {
	ways := [][]int32{l.first}
	if fell {
		b.again(l)
		ways = append(ways, b.env)
	}
	b.loops = b.loops[:len(b.loops)-1]
	b.env = slices.Clone(b.join(ways))
	ways = l.leaves
	if b.suite(or) {
		ways = append(ways, b.env)
	}
	return b.meet(ways)
}

// stmts walks statements and reports whether control comes to their end.
func (b *builder) stmts(list []ast.Stmt) bool {
	for _, st := range list {
		if !b.stmt(st) {
			return false // what follows is not reached
		}
	}
	return true
}

func (b *builder) suite(s *ast.Suite) bool {
	if s == nil {
		return true
	}
	return b.stmts(s.Stmts)
}

// stmt walks a statement and reports whether control goes on behind it.
func (b *builder) stmt(st ast.Stmt) bool {
	switch st := st.(type) {
	case *ast.ExprStmt:
		b.expr(st.X)
	case *ast.Assign:
		b.assign(st)
	case *ast.CVarDecl:
		b.declare(st)
	case *ast.CdefBlock:
		return b.suite(st.Body)
	case *ast.Simple:
		return b.simple(st)
	case *ast.If:
		return b.clauses(st.Clauses)
	case *ast.CondStmt:
		return b.clauses(st.Clauses)
	case *ast.For:
		b.releases(st.Iter)
		if st.Async {
			b.suspends(st.Span)
		}
		n := b.iterated(st.From, st.Iter, st.Step)
		l := b.into(st.Pos)
		if !st.From && st.Target != nil {
			b.target(st.Target, b.element(n), false)
		}
		return b.outOf(l, b.suite(st.Body), st.Else)
	case *ast.While:
		l := b.into(st.Pos)
		b.expr(st.Cond)
		return b.outOf(l, b.suite(st.Body), st.Else)
	case *ast.With:
		hand := b.hand
		for _, it := range st.Items {
			b.releases(it.X)
			n := b.expr(it.X)
			if it.Target != nil {
				b.target(it.Target, n, false)
			}
			if b.isHandLock(it.X) {
				b.hand++
				b.byHand(it.X.Range())
			} else if sh := b.shape(n); sh.Kind == ctype.Object && sh.Class != nil {
				b.exprs.operator(n, "__enter__", it.X.Range())
				b.exprs.operator(n, "__exit__", it.X.Range())
			}
		}
		if !swallows(st) {
			fell := b.suite(st.Body)
			b.hand = hand
			return fell
		}
		fell, interrupted, _ := b.attempt(func() bool { return b.suite(st.Body) })
		b.hand = hand
		ways := [][]int32{interrupted} // an __exit__ may swallow what was raised
		if fell {
			ways = append(ways, b.env)
		}
		return b.meet(ways)
	case *ast.Try:
		return b.try(st)
	case *ast.Match:
		b.expr(st.Subject)
		before := b.env
		ways := [][]int32{before}
		for _, c := range st.Cases {
			ways = b.branch(before, ways, func() bool {
				b.expr(c.Pattern)
				b.expr(c.Guard)
				return b.suite(c.Body)
			})
		}
		return b.meet(ways)
	case *ast.Del:
		for _, t := range st.Targets {
			b.expr(t)
		}
	case *ast.FuncDef:
		b.nestedFunc(st)
	case *ast.ClassDef:
		if st.Body != nil {
			b.nested++
			b.suite(st.Body)
			b.nested--
		}
	}
	return true
}

// releases notes where the GIL is released.
func (b *builder) releases(e ast.Expr) {
	if b.nested == 0 && b.flow.Releases == (ast.Span{}) && e != nil && b.m.Releases(e) {
		b.flow.Releases = e.Range()
	}
}

func (b *builder) clauses(list []ast.CondClause) bool {
	var ways [][]int32
	last := false
	before := b.env
	for _, c := range list {
		b.env = slices.Clone(before)
		b.expr(c.Cond)
		before = slices.Clone(b.env) // a walrus in the condition
		last = c.Cond == nil
		ways = b.branch(before, ways, func() bool { return b.suite(c.Body) })
	}
	if !last {
		ways = append(ways, before)
	}
	return b.meet(ways)
}

// try walks a try statement. A handler starts with what was there before the
// body or at any point in it, and a finally clause may follow on any point at all.
func (b *builder) try(st *ast.Try) bool {
	if st.Finally == nil {
		return b.handled(st)
	}
	goes, interrupted, _ := b.attempt(func() bool { return b.handled(st) })
	after := b.env
	b.env = interrupted
	fell, _, assigned := b.attempt(func() bool { return b.suite(st.Finally) })
	if !fell || !goes {
		return false
	}
	for slot := range b.env { // where nothing was raised, what the clause leaves alone is as it was
		if _, ok := assigned[int32(slot)]; !ok && slot < len(after) {
			b.env[slot] = after[slot]
		}
	}
	return true
}

// handled walks a try statement without its finally clause.
func (b *builder) handled(st *ast.Try) bool {
	fell, start, _ := b.attempt(func() bool { return b.suite(st.Body) })
	var ways [][]int32
	if fell {
		ways = b.branch(b.env, ways, func() bool { return b.suite(st.Else) })
	}
	for i := range st.Handlers {
		h := &st.Handlers[i]
		ways = b.branch(start, ways, func() bool {
			b.expr(h.Type)
			if h.As != nil {
				b.target(h.As, 0, false)
			}
			return b.suite(h.Body)
		})
	}
	return b.meet(ways)
}

// swallows reports whether a with statement may go on after an exception.
func swallows(st *ast.With) bool {
	for _, it := range st.Items {
		switch n := syntax.Unparen(it.X).(type) {
		case *ast.Name:
			if n.Name == "nogil" || n.Name == "gil" {
				continue
			}
		case *ast.Call:
			if f, ok := n.Fun.(*ast.Name); ok && (f.Name == "nogil" || f.Name == "gil") {
				continue
			}
		}
		return true
	}
	return false
}

// nestedFunc walks a function inside the function. It may run while the outer
// one does, and counts as done by it; its names shadow.
func (b *builder) nestedFunc(def *ast.FuncDef) {
	if def.Params == nil {
		return
	}
	if _, known := b.vars[def.Name.Name]; !known {
		b.variable(def.Name.Name, ctype.Shape{}, 0)
		v := b.vars[def.Name.Name]
		v.nested = true
		b.vars[def.Name.Name] = v
	}
	for _, d := range def.Decorators {
		b.expr(d.Expr)
	}
	var defaults []int32
	for _, prm := range def.Params.List {
		defaults = append(defaults, b.expr(prm.Default))
	}
	vars, env, loops, tries := b.vars, slices.Clone(b.env), b.loops, b.tries
	b.capture(def.Body)
	b.vars, b.tries = maps.Clone(vars), nil
	for name := range ownNames(def.Body) {
		delete(b.vars, name)
	}
	for i, prm := range def.Params.List {
		if prm.Name.Name != "" {
			sh := b.p.Types.Of(b.m, prm.Type, prm.Declarator)
			n := b.node(Node{Kind: NodeUnknown, Shape: sh})
			if d := defaults[i]; d != 0 {
				if sh.Kind == ctype.Unknown {
					sh = b.shape(d)
				}
				n = b.node(Node{Kind: NodeLocal, From: []int32{n, d}, Shape: sh})
			}
			b.variable(prm.Name.Name, sh, n)
		}
	}
	b.nested++
	b.suite(def.Body)
	b.nested--
	b.vars, b.env, b.loops, b.tries = vars, env, loops, tries
	for slot, s := range b.shared {
		if int(slot) < len(b.env) {
			b.env[slot] = s
		}
	}
}

func (b *builder) simple(st *ast.Simple) bool {
	switch st.Keyword {
	case "global":
		for _, n := range st.Names {
			b.vars[n.Name] = variable{global: true}
		}
		return true
	case "return":
		for _, e := range st.Exprs {
			if n := b.expr(e); n != 0 && b.nested == 0 {
				b.flow.Returns = append(b.flow.Returns, n)
			}
		}
		return false
	case "break":
		if len(b.loops) > 0 {
			l := b.loops[len(b.loops)-1]
			l.leaves = append(l.leaves, b.env)
		}
		return false
	case "continue":
		if len(b.loops) > 0 {
			b.again(b.loops[len(b.loops)-1])
		}
		return false
	}
	for _, e := range st.Exprs {
		b.expr(e)
	}
	return st.Keyword != "raise"
}

// declare walks "cdef T x = v, *y".
func (b *builder) declare(st *ast.CVarDecl) {
	for _, d := range st.Declarators {
		if d.Func {
			continue
		}
		name := syntax.DeclaredName(d)
		if name.Name == "" {
			continue
		}
		sh := b.p.Types.Of(b.m, st.Type, d)
		if v, known := b.vars[name.Name]; !known || v.global {
			b.variable(name.Name, sh, b.node(Node{Kind: NodeNothing, Shape: sh}))
		}
		if d.Default != nil {
			b.bind(name.Name, b.expr(d.Default), syntax.IsNothing(d.Default), name.Span)
		}
	}
}

// declared makes a variable of a type that is spelled as an expression.
func (b *builder) declared(name string, typ ast.Expr) {
	if v, known := b.vars[name]; known && (v.global || v.shape.Kind != ctype.Unknown) {
		return
	}
	sh := b.p.Types.OfNote(b.m, typ)
	b.variable(name, sh, b.node(Node{Kind: NodeNothing, Shape: sh}))
}

// declaredLocals makes the variables that @cython.locals declares, on the function
// or on its declaration in the .pxd.
func (b *builder) declaredLocals() {
	decs := b.f.Def.Decorators
	if d, ok := b.m.DeclarationOf(b.f.Class, b.f.Def); ok {
		decs = slices.Concat(decs, d.Decl.Decorators)
	}
	for _, d := range decs {
		c, ok := d.Expr.(*ast.Call)
		if !ok || b.m.Scope.CythonAttr(c.Fun, false) != "locals" {
			continue
		}
		for _, a := range c.Args {
			v, known := b.vars[a.Name.Name]
			switch {
			case a.Name.Name == "":
			case !known:
				b.declared(a.Name.Name, a.X)
			case v.shape == (ctype.Shape{Kind: ctype.Object}): // a parameter
				if sh := b.p.Types.OfNote(b.m, a.X); sh.Kind != ctype.Unknown {
					n, _, _ := b.value(a.Name.Name)
					b.flow.Nodes[n].Shape = sh
					v.shape = sh
					b.vars[a.Name.Name] = v
				}
			}
		}
	}
}

func (b *builder) assign(st *ast.Assign) {
	b.end = st.End
	defer func() { b.end = 0 }()
	if st.Op != "=" { // a op= v
		v := b.expr(st.Value)
		for _, t := range st.Targets {
			b.assigns(t)
			if c, ok := syntax.Unparen(t).(*ast.Call); ok {
				b.storeToCall(c)
				continue
			}
			n := b.expr(t)
			if b.shape(n).Container {
				b.effect(n, nil, OnValue, Write, true, ChangesContainer, st.Op, t.Range())
			}
			if op := library.BinaryMethods[strings.TrimSuffix(st.Op, "=")]; op != "" && b.shape(n).Class != nil {
				for _, name := range [...]string{"__i" + op + "__", "__" + op + "__"} {
					b.exprs.operator2(n, v, name, t.Range())
				}
			}
		}
		return
	}
	if st.Annotation != nil && len(st.Targets) == 1 {
		if n, ok := syntax.Unparen(st.Targets[0]).(*ast.Name); ok {
			sh := b.p.Types.OfNote(b.m, st.Annotation)
			if _, known := b.vars[n.Name]; !known {
				b.variable(n.Name, sh, b.node(Node{Kind: NodeNothing, Shape: sh}))
			}
		}
	}
	if st.Value == nil {
		return
	}
	// "x = cython.declare(T, …)"
	if c, ok := syntax.Unparen(st.Value).(*ast.Call); ok && len(st.Targets) == 1 && len(c.Args) > 0 && b.m.Scope.CythonAttr(c.Fun, false) == "declare" {
		if n, ok := st.Targets[0].(*ast.Name); ok {
			b.declared(n.Name, c.Args[0].X)
			if len(c.Args) > 1 {
				b.bind(n.Name, b.expr(c.Args[1].X), syntax.IsNothing(c.Args[1].X), n.Span)
			}
			return
		}
	}
	// "a, b = x, y" in pairs
	if values, ok := syntax.Unparen(st.Value).(*ast.Collection); ok && len(st.Targets) == 1 && (values.Kind == "tuple" || values.Kind == "list") {
		if targets, ok := syntax.Unparen(st.Targets[0]).(*ast.Collection); ok && len(targets.Elems) == len(values.Elems) && !syntax.Starred(targets.Elems) && !syntax.Starred(values.Elems) {
			var got []int32
			for _, e := range values.Elems {
				got = append(got, b.expr(e))
			}
			for i, t := range targets.Elems {
				b.target(t, got[i], syntax.IsNothing(values.Elems[i]))
			}
			return
		}
	}
	v := b.expr(st.Value)
	for _, t := range st.Targets {
		b.target(t, v, syntax.IsNothing(st.Value))
	}
}

// target assigns a value to a target.
func (b *builder) target(t ast.Expr, value int32, nothing bool) {
	switch t := t.(type) {
	case *ast.Name:
		b.bind(t.Name, value, nothing, t.Span)
	case *ast.Paren:
		b.target(t.X, value, nothing)
	case *ast.Starred: // a new list of what is left
		rest := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: true}})
		b.fill(rest, []int32{value})
		b.target(t.X, rest, false)
	case *ast.Collection:
		b.iterates(value, t.Span)
		for _, e := range t.Elems {
			b.target(e, b.element(value), false)
		}
	case *ast.Attribute:
		b.assigns(t)
		base := b.expr(t.X)
		if b.exprs.attribute(t, base) != 0 && b.inC(base) {
			b.stowed(t.X, value)
		}
		if value != 0 && b.shape(value).Kind != ctype.Scalar {
			b.flow.Stores = append(b.flow.Stores, Store{value, base, t.Attr.Name, t.Span})
			if b.flow.Nodes[base].Kind != NodeInside {
				b.handOutInto(value, base, t.Pos)
			}
		}
	case *ast.Call:
		b.storeToCall(t)
	default:
		b.assigns(t)
		n := b.expr(t)
		if s, ok := t.(*ast.Subscript); ok && n != 0 && b.shape(n).Kind != ctype.Object {
			b.stowed(s.X, value)
		}
		if s, ok := t.(*ast.Subscript); ok && value != 0 && b.shape(value).Kind == ctype.Object {
			b.handOut(value, s.Pos)
		}
	}
}

// assigns notes the variable that a target is a place of.
func (b *builder) assigns(t ast.Expr) {
	switch t := syntax.Unparen(t).(type) {
	case *ast.Attribute:
		b.shallow, _ = syntax.Unparen(t.X).(*ast.Name)
	case *ast.Subscript:
		b.shallow, _ = syntax.Unparen(t.X).(*ast.Name)
	}
}

// stowed puts a pointer or an object into a C value that a local variable is or
// points to: whoever is given that has it, too.
func (b *builder) stowed(in ast.Expr, value int32) {
	sh := b.shape(value)
	if value == 0 || sh.Kind == ctype.Scalar || sh.Kind == ctype.Object && sh.Class == nil || sh.Kind == ctype.Record && b.p.Types.PlainData(sh.Struct, 0) {
		return
	}
	for {
		switch x := in.(type) {
		case *ast.Attribute:
			in = x.X
			continue
		case *ast.Subscript:
			in = x.X
			continue
		case *ast.Paren:
			in = x.X
			continue
		case *ast.Cast:
			in = x.X
			continue
		case *ast.Name:
			n, _, local := b.value(x.Name)
			if sh := b.shape(n); local && n != 0 && (sh.Kind == ctype.Record || sh.Kind == ctype.Pointer) && !b.vars[x.Name].shape.Ref {
				in := b.node(Node{Kind: NodeStowed, Base: value, Shape: b.shape(value)})
				b.set(b.vars[x.Name].slot, b.node(Node{Kind: NodeLocal, From: []int32{n, in}, Shape: sh}))
			}
		}
		return
	}
}

// storeToCall stores to what a call returns a C++ reference to.
func (b *builder) storeToCall(t *ast.Call) {
	name := b.calls.cythonName(syntax.Unparen(t.Fun))
	if name == "dereference" && len(t.Args) == 1 {
		if n := b.expr(t.Args[0].X); n != 0 && b.shape(n).Kind != ctype.Object {
			b.effect(n, nil, OnState, Write, true, StoresThrough, name, t.Span)
		}
		return
	}
	if n := b.expr(t); b.inC(n) {
		b.effect(n, nil, OnState, Write, true, StoresThrough, syntax.LastName(t.Fun), t.Span)
	}
}

// iterated walks what a for loop or a comprehension's clause runs over.
func (b *builder) iterated(from bool, iter, step ast.Expr) int32 {
	n := b.expr(iter)
	b.expr(step)
	if from {
		return 0
	}
	b.iterates(n, iter.Range())
	return n
}

// iterates notes that something runs over an object.
func (b *builder) iterates(n int32, span ast.Span) {
	if sh := b.shape(n); sh.Kind == ctype.Object && sh.Class != nil {
		b.exprs.operator(n, "__iter__", span)
		b.exprs.operator(n, "__next__", span)
	}
}

// isHandLock reports whether an item of a with statement is a lock.
func (b *builder) isHandLock(e ast.Expr) bool {
	if n, ok := syntax.Unparen(e).(*ast.Name); ok && (n.Name == "nogil" || n.Name == "gil") {
		return false
	}
	_, ok := b.placed.With(e)
	return ok
}
