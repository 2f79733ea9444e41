package effects

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
	"slices"
)

// Flows of assignments and declarations.

// bind assigns a value to a name. nothing tells that the value is known to be
// no object of interest (None, a number), where 0 may also be one that is not
// followed.
func (b *builder) bind(name string, value int32, nothing bool, span ast.Span) {
	v, ok := b.vars[name]
	if v.global {
		usesGlobal(b, name, span, true)
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
		} else if !sh.Copied {
			value = copied(b, sh, value)
		}
	}
	if value != 0 && b.p.Types.PlainArray(sh) {
		value = b.node(Node{Kind: NodeNothing, Shape: sh}) // a copy
	}
	switch {
	case sh.Kind == ctype.Scalar && b.shape(value).Kind == ctype.Scalar: // perhaps an address
	case sh.Kind == ctype.Scalar:
		b.exprs.converted(value, span)
		value = 0
	case sh.Copied:
		value = copied(b, sh, value)
	case value == 0 && nothing:
		value = b.node(Node{Kind: NodeNothing, Shape: sh})
	case value == 0 && sh.Class != nil:
		value = b.node(Node{Kind: NodeUnknown, Shape: sh})
	case convertsAnew(b, value, sh):
		value = b.node(Node{Kind: NodeFresh, Shape: sh})
	case value != 0 && sh.Kind != ctype.Unknown:
		if got := b.shape(value); sh.Class == nil && sh.Kind == ctype.Object && got.Kind == ctype.Object && !sh.Atom && (!sh.Container || got.Container || got.Class != nil) {
			break // an untyped local is what was assigned to it
		}
		sh.Returned = b.shape(value).Returned
		value = b.node(Node{Kind: NodeCast, Base: value, Shape: sh})
	}
	b.set(v.slot, value)
}

// convertsAnew reports whether what is assigned is a new object that is made of a C value: the text of a char*, the list of
// an array. The object of a memoryview has its memory.
func convertsAnew(b *builder, value int32, to ctype.Shape) bool {
	if value == 0 || to.Kind != ctype.Object {
		return false
	}
	sh := b.shape(value)
	return sh.Kind == ctype.Pointer && sh.Axes == 0 && !sh.View || sh.Kind == ctype.Unknown && to.Atom && b.inC(value)
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
			(guards{holding{b}}).guarding(&ast.Name{Span: name.Span, Name: name.Name}, d.Default)
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
			if b.shape(n).Kind == ctype.Object && b.shape(n).Class == nil {
				b.put(n, orUnknown(b.items(v))...)
				if b.shape(v).Container { // "l += [x]"
					for _, x := range b.items(v) {
						b.handOutInto(x, n, st.Pos)
					}
				}
				b.flow.changed = append(b.flow.changed, n)
			}
			if b.shape(n).Container {
				b.effect(n, nil, OnValue, Write, true, ChangesContainer, st.Op, t.Range())
			}
			b.exprs.augmented(t, n, v, st.Op)
		}
		return
	}
	if st.Annotation != nil && len(st.Targets) == 1 && project.AnnotationsAreTypes(b.m) {
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
	if len(st.Targets) == 1 && b.inOrder(st.Targets[0], st.Value) {
		return
	}
	v := b.expr(st.Value)
	pointer := len(st.Targets) > 1 && b.shape(v).Kind == ctype.Pointer
	if pointer {
		b.variable(betweenTargets, b.shape(v), v)
	}
	for _, t := range st.Targets {
		if pointer {
			v, _, _ = b.value(betweenTargets)
		}
		capsules{b}.wraps(t, st.Value)
		b.newLock = b.placed.Makes(st.Value) && b.placed.IsLock(t)
		b.target(t, v, syntax.IsNothing(st.Value))
		b.newLock = false
		(guards{holding{b}}).guarding(t, st.Value)
		(holding{b}).binds(t, st.Value)
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
		for i, e := range t.Elems {
			if b.flow.Nodes[value].Kind == NodeCall && b.shape(value).Kind == ctype.Object && b.shape(value).Class == nil && !syntax.Starred(t.Elems) {
				b.target(e, b.item(value, int32(i)), false)
				continue
			}
			b.target(e, b.element(value), false)
		}
	case *ast.Attribute:
		b.assigns(t)
		base := b.expr(t.X)
		place := b.exprs.attribute(t, base)
		if place != 0 && b.inC(base) {
			b.stowed(t.X, value)
		}
		if c := b.shape(base).Class; c != nil && value != 0 {
			if f := c.Field(t.Attr.Name); f != nil {
				switch sh := b.p.Types.OfField(f); {
				case sh.Kind == ctype.Scalar:
					b.exprs.converted(value, t.Span)
				case convertsAnew(b, value, sh):
					value = b.node(Node{Kind: NodeFresh, Shape: sh})
				}
			}
		}
		if base != 0 && b.newLock {
			return // the lock is found by the same name as before, though it is another one: PXL218
		}
		if base != 0 {
			b.flow.Stores = append(b.flow.Stores, Store{value, base, t.Attr.Name, t.Span, nothing})
		}
		if value != 0 && b.shape(value).Kind != ctype.Scalar {
			if b.flow.Nodes[base].Kind != NodeInside && !(inMemory(b, value) && ownRecord(b, t.X)) {
				b.handOutInto(value, base, t.Pos)
			}
		}
		b.exprs.assigned(base, value, nothing, t.Attr.Name, t.Pos)
		b.keptAt(value, place, t.Pos)
	case *ast.Call:
		b.storeToCall(t)
	default:
		b.assigns(t)
		b.filled = 0
		n := b.expr(t)
		item, _ := t.(*ast.Subscript)
		memo := item != nil && isMemo(b, item.X)
		if s, ok := t.(*ast.Subscript); ok && sliceOf(s.Index) {
			b.iterates(value, t.Range())
			b.put(b.filled, orUnknown(b.items(value))...)
		} else if !memo {
			b.put(b.filled, value)
		}
		if s, ok := t.(*ast.Subscript); ok && n != 0 && b.shape(n).Kind != ctype.Object {
			b.stowed(s.X, value)
			b.storedInto(n, value, t.Range())
			b.keptAt(value, n, s.Pos)
		}
		if s, ok := t.(*ast.Subscript); ok && value != 0 && b.shape(value).Kind == ctype.Object && !memo {
			if b.shape(b.filled).Container {
				b.handOutInto(value, b.filled, s.Pos)
			} else { // whatever its __setitem__ does with it
				b.handOut(value, s.Pos)
			}
		}
	}
}

// copied is the copy of a struct or C++ container that a variable or a parameter has: what its pointers lead to it shares
// with the other.
func copied(b *builder, sh ctype.Shape, value int32) int32 {
	plain := sh.Copied || b.p.Types.PlainData(sh.Struct, 0)
	switch {
	case sh.Kind != ctype.Record || sh.Lock || !plain && (sh.Struct == nil || sh.Cpp != nil):
		return value
	case value == 0 || plain && !sh.Pointers:
		return b.node(Node{Kind: NodeNothing, Shape: sh})
	}
	return b.with(b.node(Node{Kind: NodeNothing, Shape: sh}), value)
}

// assigns notes the variable that a target is a place of.
func (b *builder) assigns(t ast.Expr) {
	switch t := syntax.Unparen(t).(type) {
	case *ast.Attribute:
		if b.shallow, _ = syntax.Unparen(t.X).(*ast.Name); b.shallow == nil {
			b.shallow, _ = structOf(b, t.X)
		}
	case *ast.Subscript:
		b.shallow, _ = syntax.Unparen(t.X).(*ast.Name)
	}
}

// structOf is the variable of which an expression is a struct by value: an item of the array of structs to which it points, a
// member of such a struct, or one of that. It is nil where the way leads through a further pointer.
func structOf(b *builder, e ast.Expr) (*ast.Name, ctype.Shape) {
	var name *ast.Name
	var sh ctype.Shape
	switch e := syntax.Unparen(e).(type) {
	case *ast.Name:
		n, of, local := b.value(e.Name)
		if !local || n == 0 || of.Axes > 0 || of.Ref {
			return nil, sh
		}
		if name, sh = e, of; sh.Kind == ctype.Pointer && sh.Depth == 1 {
			sh = sh.Behind()
		}
	case *ast.Subscript:
		if x, ok := syntax.Unparen(e.X).(*ast.Name); ok {
			if _, of, _ := b.value(x.Name); of.Kind == ctype.Pointer {
				name, sh = structOf(b, x)
			}
		}
	case *ast.Attribute:
		if name, sh = structOf(b, e.X); name != nil {
			in, ok := b.p.Types.Member(sh, e.Attr.Name)
			if !ok {
				return nil, in
			}
			sh = in
		}
	}
	if name == nil || sh.Kind != ctype.Record || sh.Struct == nil || sh.Cpp != nil {
		return nil, sh
	}
	return name, sh
}

// placeOf is what a store to a member of a value is one to: the array that the variable points to, or the value.
func placeOf(b expressions, e *ast.Attribute, value int32) int32 {
	if b.shallow != nil && isStore(e.Access) && rootName(e) == b.shallow {
		value, _, _ = b.value(b.shallow.Name)
	}
	return value
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
				b.set(b.vars[x.Name].slot, b.with(n, value))
			}
		}
		return
	}
}

// ownRecord reports whether an expression is a struct of the function's own, or one in it: who gets at what is stowed there
// has been given it.
func ownRecord(b *builder, e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Name:
		v, ok := b.vars[e.Name]
		return ok && !v.global && v.shape.Kind == ctype.Record && !v.shape.Ref && b.nested == 0
	case *ast.Attribute:
		return b.shape(b.expr(e)).Kind == ctype.Record && ownRecord(b, e.X)
	}
	return false
}

// inMemory reports whether a pointer leads to memory that belongs to an object: it is none to the object itself.
func inMemory(b *builder, n int32) bool {
	if b.shape(n).Kind != ctype.Pointer {
		return false
	}
	for range carriedDepth {
		switch x := &b.flow.Nodes[n]; x.Kind {
		case NodeField, NodeInside:
			return x.Shape.Kind == ctype.Pointer && x.Name != "" // "<void *>x" has no name, and is x
		case NodeCast:
			n = x.Base
		case NodeLocal:
			if len(x.From) != 1 {
				return false
			}
			n = x.From[0]
		default:
			return false
		}
	}
	return false
}

// storedInto notes a pointer that an object gets in an array or a C++ container that it has:
// "self.rows[i] = p", "self.rows.push_back(p)".
func (b *values) storedInto(in, pointer int32, span ast.Span) {
	if b.shape(pointer).Kind == ctype.Pointer && b.flow.LeadsInto(in) != "" {
		b.flow.Stores = append(b.flow.Stores, Store{pointer, in, "", span, false})
	}
}

// with is a C value that something is stowed in.
func (b *values) with(n, value int32) int32 {
	in := b.node(Node{Kind: NodeStowed, Base: value, Shape: b.shape(value)})
	return b.node(Node{Kind: NodeLocal, From: []int32{n, in}, Shape: b.shape(n)})
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
