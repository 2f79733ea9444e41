package effects

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
	"slices"
	"strings"
)

// Flows of calls whose body is not in sight: C functions, library functions, and whatever Python code may do.

// externCall calls a C function of which only the prototype is in sight: what
// it takes by const pointer or by value it reads.
func (b calls) externCall(m *project.Module, f project.CFunc, name string, e *ast.Call) int32 {
	args := b.passedTo(e.Args, b.byRef(f.Declarator.Params, false))
	if how, ok := library.KnownC()[name]; ok {
		return b.knownCall(how, args, name, e.Span)
	}
	return externWith(b, m, f, name, args, e)
}

// externWith is externCall where it is known what is passed, to a function that the library's table does not have.
func externWith(b calls, m *project.Module, f project.CFunc, name string, args passed, e *ast.Call) int32 {
	defer (cLocks{holding(b)}).taken(m, f, args, e)()
	sure := m.CDecls().Aware
	var params []*ast.Param
	if f.Declarator.Params != nil {
		params = f.Declarator.Params.List
	}
	ret := returnShape(b.p, m, f.Type, f.Declarator)
	var inside []int32
	first := -1 // the parameter that the function is named after
	for i, n := range args.pos {
		if n == 0 {
			continue
		}
		sh := b.shape(n)
		if i >= len(params) || params[i].Kind == ast.Ellipsis {
			b.passTo(n, false, name, args.span[i])
			continue
		}
		ps := paramShape(b.p, m, params[i])
		called := ""
		if params[i].Type != nil {
			called = params[i].Name.Name
		}
		if o := b.outs[&e.Args[0]]; o != nil && ps.ReadOnly() {
			if o.reads == nil {
				o.reads = map[int32]bool{}
			}
			o.reads[n] = true
		}
		if first < 0 && ps.Kind == ctype.Pointer && !ps.ReadOnly() {
			first = i
		}
		switch {
		case ps.Kind == ctype.Object:
			switch {
			case sh.Kind != ctype.Object:
			case f.Extern: // it knows an object by Python's API
				b.opaque(n, name, args.span[i])
			case b.p.readsOnly(name, called):
			default: // Cython code whose body is not in sight
				b.rawObject(n, name, args.span[i])
			}
		case sh.Kind != ctype.Object && b.p.readsOnly(name, called):
			b.effect(n, nil, OnState, Read, true, PassesConst, name, args.span[i])
			inside = append(inside, n)
		case sh.Handle:
			b.effect(n, nil, OnState, Write, false, PassesHandle, name, args.span[i])
		case ps.Kind == ctype.Scalar, ps.ReadOnly() && !bodyWrites(b, f, i), ps.Kind == ctype.Record && (ps.Struct == nil || b.p.Types.PlainData(ps.Struct, 0) || ps.Struct.Extern):
			if sh.Kind != ctype.Scalar {
				b.effect(n, nil, OnState, Read, true, PassesConst, name, args.span[i])
				inside = append(inside, n)
			}
		case ps.Kind == ctype.Pointer && ps.Constant && ps.Depth == 2 && sh.Kind == ctype.Pointer && sh.Depth == 2:
			b.passPlaces(n, b.p.Headers.Func(b.m, f).Param(i), name, Reader{name, called, i == 0, i == first}, args.span[i])
			inside = append(inside, n)
		default:
			b.passAs(n, b.p.Headers.Func(b.m, f).Param(i), sure && ps.Kind == ctype.Pointer && !ps.Constant, name, Reader{name, called, i == 0, i == first}, args.span[i])
			inside = append(inside, n)
		}
	}
	if ret.Kind == ctype.Pointer || ret.Kind == ctype.Unknown || ret.Kind == ctype.Record && ret.Depth > 0 {
		var from []int32
		for _, n := range inside {
			if k := b.shape(n).Kind; (k == ctype.Pointer || k == ctype.Unknown) && !isMade(b.flow, n) {
				from = append(from, n)
			}
		}
		if len(from) > 0 {
			ret.Returned = true
			if ofItsOwn(b, m, f, e) {
				return newMemory(b, from, ret)
			}
			l := b.node(Node{Kind: NodeLocal, Shape: ret, From: from, filled: true})
			return b.node(Node{Kind: NodeInside, Base: l, Shape: ret})
		}
		return madeInC(b, ret)
	}
	if ret.Kind == ctype.Object {
		return b.node(Node{Kind: NodeUnknown, Shape: ret})
	}
	return 0
}

// paramShape is the shape of a prototype's parameter, which may have no name.
func paramShape(p *Program, m *project.Module, prm *ast.Param) ctype.Shape {
	if prm.Type == nil {
		if prm.Name.Name == "" {
			return ctype.Shape{}
		}
		// A lone identifier is a type in a prototype.
		s := p.Types.OfName(m, []string{prm.Name.Name}, prm.Name.Name, 0)
		if s.Kind == ctype.Unknown && prm.Declarator != nil && prm.Declarator.Pointer > 0 {
			return ctype.Shape{Kind: ctype.Pointer, Depth: 1}
		}
		return s
	}
	return p.Types.Of(m, prm.Type, prm.Declarator)
}

// pythonCall calls an object that is not in sight. Of C data it gets a copy: bytes of a char *,
// a dict of a struct, a list of an array. A memoryview leads to the data itself.
func pythonCall(b calls, args passed, name string, span ast.Span) int32 {
	for _, list := range [2][]int32{args.pos, args.kw} {
		for i, n := range list {
			sh := b.shape(n)
			if n == 0 || sh.View || sh.Axes > 0 || sh.Kind != ctype.Pointer && sh.Kind != ctype.Record {
				continue
			}
			b.effect(n, nil, OnState, Read, true, Reads, name, span)
			list[i] = 0
		}
	}
	return b.unknownCall(args, name, span, false)
}

// ofCython reports whether a name comes from the declarations that are Cython's own: then it is none of a file that is not read.
func ofCython(m *project.Module, name string) bool {
	d := m.Scope.Names[name]
	if d.Kind != project.BindImported && d.Kind != project.BindModule || d.Level > 0 || len(d.Path) == 0 {
		return false
	}
	return slices.Contains([]string{"cpython", "libc", "libcpp", "posix"}, d.Path[0])
}

// perhapsC gives objects to what may be a C function of a file that is not read.
func perhapsC(b calls, args passed, name string, span ast.Span) {
	if b.m.Unsure() {
		args.each(func(n int32) { b.rawObject(n, name, span) })
	}
}

// unknownCall calls something that is not in sight.
func (b calls) unknownCall(args passed, name string, span ast.Span, inC bool) int32 {
	if !inC && exceptionName(name) { // it keeps its arguments for a message
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	}
	if !inC {
		onItems(b.exprs, name, args, span)
		method := library.BuiltinMethods()[name]
		args.each(func(n int32) {
			runsOver(b.builder, n, name, span)
			switch method {
			case "", "__iter__":
			case "__lt__":
				b.exprs.comparing().compared(n, "<", span)
			default:
				b.exprs.mayCall(n, method, Plain, span)
			}
		})
	}
	b.unknownArgs(args, name, span, inC)
	if inC {
		var from []int32
		args.each(func(n int32) {
			if k := b.shape(n).Kind; (k == ctype.Pointer || k == ctype.Unknown) && !isMade(b.flow, n) {
				from = append(from, n)
			}
		})
		if len(from) == 0 {
			return 0
		}
		return b.node(Node{Kind: NodeLocal, From: from})
	}
	b.python(span)
	return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
}

func exceptionName(name string) bool {
	return strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning") ||
		name == "StopIteration" || name == "KeyboardInterrupt"
}

func (b calls) knownCall(how string, args passed, name string, span ast.Span) int32 {
	var out int32
	for i, n := range append(slices.Clone(args.pos), args.kw...) {
		if n == 0 || b.flow.Nodes[n].local {
			continue
		}
		k := how[min(i, len(how)-1)]
		sh := b.shape(n)
		switch k {
		case 'W', 'w':
			if sh.Kind == ctype.Object {
				b.effect(n, nil, OnValue, Write, true, ChangesContainer, name, span)
			} else if sh.Kind != ctype.Scalar {
				before := len(b.flow.Actions)
				b.passTo(n, true, name, span)
				for i := before; i < len(b.flow.Actions); i++ { // none of them looks at what it is given to free or to fill
					b.flow.Actions[i].shallow = true
				}
			}
		case 'R', 'r':
			if sh.Kind != ctype.Object && sh.Kind != ctype.Scalar {
				b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
			}
		}
		if k == 'W' || k == 'R' {
			out = n
		}
	}
	if out != 0 {
		return b.node(Node{Kind: NodeInside, Base: out, Shape: b.shape(out)})
	}
	if library.MakesMemory()[name] {
		return madeInC(b, ctype.Shape{Kind: ctype.Pointer, Depth: 1})
	}
	return 0
}

func (b calls) builtin(name string, e *ast.Call) (int32, bool) {
	fresh, ok := library.PureBuiltins()[name]
	if !ok {
		return 0, false
	}
	args := b.passed(e.Args)
	if name == "type" && len(args.pos) == 1 {
		return b.class(args.pos[0]), true
	}
	method := library.BuiltinMethods()[name]
	var iterator int32
	for _, n := range args.pos {
		if method != "" && b.answers(n) {
			switch method {
			case "__iter__":
				if name == "iter" {
					iterator = iteratorOf(b.builder, n, e.Span)
				} else {
					b.iterates(n, e.Span)
				}
				if b.shape(n).Class != nil {
					b.exprs.operator(n, "__len__", e.Span)
				} else { // for a hint, if there is one
					b.exprs.mayAnswer(n, "__len__", Plain, e.Span)
				}
				if name == "dict" {
					b.exprs.mayCall(n, "keys", Plain, e.Span)
				}
			default:
				b.exprs.operator(n, method, e.Span)
				likely(b.builder, n, method, passed{}, e.Span)
			}
		}
	}
	if (name == "max" || name == "min") && len(args.pos) > 1 {
		for _, n := range args.pos {
			b.exprs.comparing().compared(n, "<", e.Span)
		}
	}
	namedAttribute(b, name, args, e)
	onItems(b.exprs, name, args, e.Span)
	mapped(b, name, args, e)
	applies(b, name, e, 0, args)
	if fresh {
		n := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: library.Containers()[name]}})
		var elems []int32
		for _, a := range args.pos { // what it yields are their items, alone or in tuples
			elems = append(elems, b.items(a)...)
		}
		elems = append(elems, args.kw...) // dict(a=x)
		if name == "zip" || name == "enumerate" {
			tuple := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object}})
			b.fill(tuple, elems)
			elems = []int32{tuple}
		}
		b.fill(n, elems)
		if name == "range" {
			b.put(n, b.node(Node{Kind: NodeNothing})) // numbers
		}
		return n, true
	}
	if name == "iter" && len(args.pos) == 1 {
		if iterator != 0 {
			return iterator, true
		}
		return b.tuple(b.items(args.pos[0])), true
	}
	if name == "next" && len(args.pos) > 0 {
		if n := args.pos[0]; n != 0 && b.shape(n).Kind == ctype.Object && b.shape(n).Class == nil { // it goes on, for one thread at a time
			b.effect(n, nil, OnValue, Write, true, Moves, name, e.Span)
		}
	}
	if name == "min" || name == "max" || name == "next" {
		return b.picked(name, args), true
	}
	if library.Getters()[name] {
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}}), true
	}
	return 0, true
}

// picked is what next, min and max return: an item of the only argument, a default, or one
// of several arguments.
func (b *values) picked(name string, args passed) int32 {
	from := append(slices.Clone(args.items), args.kw...)
	given := args.pos
	if len(given) > 0 && (name == "next" || len(given)+len(args.star) == 1) {
		from = append(from, orUnknown(b.items(given[0]))...)
		given = given[1:]
	}
	var out int32
	for _, n := range append(from, given...) {
		if n == unknownItem {
			n = b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
		}
		out = b.either(out, n)
	}
	return out
}

// cythonName returns the name of a function of the cython module or of
// cython.operator, "" for others.
func (b calls) cythonName(fun ast.Expr) string {
	name := b.m.Scope.CythonAttr(fun, false)
	if name == "" {
		if n, ok := fun.(*ast.Name); ok {
			if bd := b.m.Scope.Names[n.Name]; bd.Kind == project.BindImported && len(bd.Path) == 2 && bd.Path[0] == "cython" && bd.Path[1] == "operator" {
				name = bd.Attr
			}
		}
	}
	return name
}

// cythonCall handles the cython module's own functions.
func (b calls) cythonCall(fun ast.Expr, e *ast.Call) (int32, bool) {
	name := b.cythonName(fun)
	switch name {
	case "cast":
		if len(e.Args) >= 2 {
			return b.cast(b.expr(e.Args[1].X), b.p.Types.OfNote(b.m, e.Args[0].X)), true
		}
	case "address":
		if len(e.Args) == 1 {
			return b.exprs.address(e.Args[0].X), true
		}
	case "declare":
		if len(e.Args) >= 2 && e.Args[0].Name.Name == "" {
			v := b.expr(e.Args[1].X)
			return b.cast(v, b.p.Types.OfNote(b.m, e.Args[0].X)), true
		}
		for _, a := range e.Args {
			if a.Name.Name != "" {
				b.declared(a.Name.Name, a.X)
			}
		}
		return 0, true
	case "typeof", "sizeof", "compiled", "cmod", "cdiv":
		return 0, true
	case "dereference":
		if len(e.Args) == 1 {
			return b.element(b.expr(e.Args[0].X)), true
		}
	case "preincrement", "predecrement", "postincrement", "postdecrement":
		if len(e.Args) == 1 {
			if x, ok := syntax.Unparen(e.Args[0].X).(*ast.Name); ok {
				n, sh, local := b.value(x.Name)
				if local && !sh.Ref { // an iterator or a pointer of our own
					return n, true
				}
			}
			n := b.place(e.Args[0].X)
			if sh := b.shape(n); sh.Kind == ctype.Object && sh.Class == nil {
				return 0, true
			}
			b.effect(n, nil, OnState, Write, true, StoresThrough, name, e.Span)
			return n, true
		}
	}
	return 0, false
}

// bodyWrites reports whether a header has a body that writes to a parameter, whatever const a
// .pxd puts on it: const forbids nothing of what deeper pointers lead to.
func bodyWrites(b calls, f project.CFunc, i int) bool {
	return f.Extern && b.p.Headers.Beside(b.m, f).Param(i).Does == c.Writes
}

// declaredMethod finds a C method that only a .pxd has.
func declaredMethod(c *project.Class, name string) (project.Declaration, bool) {
	for _, a := range c.Ancestry() {
		if d, ok := a.Mod.Declared[a.Name+"."+name]; ok {
			return d, true
		}
	}
	return project.Declaration{}, false
}
