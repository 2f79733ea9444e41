package effects

// Flows of calls of methods of C++ classes that the project declares: what their headers say
// of them, or the setting reads.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/ctype"
)

// cpp is the part of calls that is about C++ objects.
type cpp struct{ calls }

// call calls a method of a C++ object of which something is known; ok is false where
// nothing is.
func (b cpp) call(base int32, sh ctype.Shape, name string, args passed, e *ast.Call) (value int32, ok bool) {
	full := sh.Cpp.Def.Name.Name + "." + name
	if b.p.readsOnly(full, "") {
		b.effect(base, nil, OnState, Read, true, PassesConst, name, e.Span)
		args.each(func(n int32) {
			if k := b.shape(n).Kind; k == ctype.Object {
				b.opaque(n, name, e.Span)
			} else if k != ctype.Scalar {
				b.effect(n, nil, OnState, Read, true, PassesConst, name, e.Span)
			}
		})
		return b.within(base, args, sh), true
	}
	f := b.p.Headers.Method(b.m, sh.Cpp, name, len(args.pos))
	if !f.Found() || len(args.kw)+len(args.star) > 0 || f.This().Does == c.Unknown {
		return 0, false
	}
	before := len(b.flow.Actions)
	md, cause := Read, PassesConst
	if f.This().Does == c.Writes {
		md, cause = Write, PassesWritable
	}
	b.effect(base, nil, OnState, md, md == Read, cause, name, e.Span)
	b.told(before, f.This(), Reader{full, "", true, true})
	for i, n := range args.pos {
		if n != 0 {
			b.passAs(n, f.Param(i), false, name, Reader{full, "", true, true}, args.span[i])
		}
	}
	return b.within(base, args, sh), true
}

// within is what a method returns: something in the object or in what it was given.
func (b cpp) within(base int32, args passed, sh ctype.Shape) int32 {
	from := []int32{base}
	args.each(func(n int32) {
		if k := b.shape(n).Kind; k == ctype.Pointer || k == ctype.Unknown {
			from = append(from, n)
		}
	})
	if len(from) > 1 {
		base = b.node(Node{Kind: NodeLocal, From: from, Shape: sh})
	}
	return b.node(Node{Kind: NodeInside, Base: base, Shape: sh.Item()})
}
