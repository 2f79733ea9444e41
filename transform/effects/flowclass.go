package effects

// Flows of calls of classes, and of their methods by the class's name.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// superCall handles super().name(…).
func (b calls) superCall(name string, e *ast.Call) int32 {
	if name == "__new__" {
		b.unknownArgs(b.passed(e.Args), name, e.Span, false)
		return b.made(e.Span)
	}
	b.mayBeUnread(b.self, b.f.Class, name, true, e.Span)
	for _, a := range b.f.Class.Ancestry()[1:] {
		if fs := b.p.Own(a).Plain[name]; len(fs) > 0 {
			return b.callFunctions(fs, b.self, true, e)
		}
	}
	args := b.passed(e.Args)
	if b.f.Class.Complete() || library.InheritedFromObject()[name] || name == "__init__" && b.f.Class.Base() == nil && !hasBases(b.f.Class) {
		b.unknownArgs(args, name, e.Span, false)
		return 0
	}
	b.effect(b.self, b.f.Class, OnPython, Write, false, CallsUnknown, "super()."+name, e.Span)
	perhapsC(b, args, name, e.Span)
	return b.unknownCall(args, name, e.Span, false)
}

// hasBases reports whether a class names bases, known or not.
func hasBases(c *project.Class) bool {
	for _, d := range c.Defs {
		if d.Bases != nil && len(d.Bases.Args) > 0 {
			return true
		}
	}
	return false
}

// classCall handles C.name(…).
func (b calls) classCall(c *project.Class, name string, e *ast.Call) int32 {
	if name == "__new__" {
		args := b.passed(e.Args)
		if len(args.pos) > 0 {
			args.pos = args.pos[1:]
		}
		return b.construct(c, args, e.Span, false)
	}
	if fs := b.members(c, name, false); len(fs) > 0 {
		if b.m.PlainDecorator(fs[0].Def, "classmethod") {
			return b.callFunctions(fs, 0, true, e)
		}
		return b.callFunctions(fs[:1], 0, false, e)
	}
	args := b.passed(e.Args)
	perhapsC(b, args, name, e.Span)
	return b.unknownCall(args, c.Name+"."+name, e.Span, false)
}

// construct makes an instance.
func (b calls) construct(c *project.Class, args passed, span ast.Span, init bool) int32 {
	n := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Class: c}, pos: span.Pos})
	seen := false
	for _, name := range []string{"__cinit__", "__init__"} {
		if name == "__init__" && !init {
			continue
		}
		for _, a := range c.Ancestry() {
			fs := b.p.Own(a).Plain[name]
			if len(fs) == 0 {
				continue
			}
			seen = true
			b.callOf(fs[:1], args.to(fs[0].Def, n, true, func(x int32) { b.opaque(x, c.Name, span) }), span)
			if name == "__init__" {
				break
			}
		}
	}
	if !seen && init && !c.Complete() {
		b.unknownArgs(args, c.Name, span, false)
	}
	return n
}

// constructAny makes an instance of a class that is c or a subclass of it.
func (b calls) constructAny(c *project.Class, args passed, span ast.Span) int32 {
	n := b.construct(c, args, span, true)
	for _, name := range []string{"__cinit__", "__init__"} {
		for _, f := range b.members(c, name, false) {
			if f.Class != c && !slices.Contains(c.Ancestry(), f.Class) {
				b.callOf([]*Function{f}, args.to(f.Def, n, true, func(x int32) { b.opaque(x, c.Name, span) }), span)
			}
		}
	}
	inits, _ := pythonMembers(b.p, b.m, c, "__init__")
	for _, f := range inits {
		b.callOf([]*Function{f}, args.to(f.Def, n, true, func(x int32) { b.opaque(x, c.Name, span) }), span)
	}
	news, anything := pythonMembers(b.p, b.m, c, "__new__") // which may return one that is there already
	for _, f := range news {
		n = b.either(n, b.callOf([]*Function{f}, args.to(f.Def, 0, true, func(x int32) { b.opaque(x, c.Name, span) }), span))
		anything = anything || !asWritten(f)
	}
	if anything {
		n = b.either(n, b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object, Class: c}}))
	}
	return n
}

// callWithHeirs calls methods of a class by that, or what Python classes that derive from it put in their place.
func callWithHeirs(b calls, c *project.Class, fs []*Function, receiver int32, bound bool, e *ast.Call) int32 {
	var more []*Function
	anything := false
	if fs[0].Exposed() { // a C method they cannot override, and nobody has to look for them
		more, anything = pythonMembers(b.p, b.m, c, fs[0].Def.Name.Name)
	}
	sh := b.returnOf(fs[0])
	if len(more) > 0 {
		fs = slices.Concat(fs, more)
	}
	n := b.callFunctions(fs, receiver, bound, e)
	if n != 0 && (anything || slices.ContainsFunc(fs, func(f *Function) bool { return !asWritten(f) })) {
		n = b.either(n, b.node(Node{Kind: NodeUnknown, Shape: b.shape(n)}))
	}
	if sh.Class != nil && n != 0 && b.shape(n).Class == nil {
		n = b.node(Node{Kind: NodeCast, Base: n, Shape: sh})
	}
	return n
}
