package effects

// Flows of capsules: by these an object hands out a pointer into its state to whoever
// asks, without a type.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/syntax"
)

// unwrapped is the pointer that a capsule holds. Whose state that leads into is known
// as far as the object is that gave the capsule: "bit.capsule", "bit.get_capsule()".
func (b capsules) unwrapped(name string, e *ast.Call) int32 {
	b.calls.unknownArgs(b.calls.passed(e.Args), name, e.Span, false)
	if len(e.Args) == 0 {
		return 0
	}
	return b.node(Node{Kind: NodeLent, Base: b.giver(e.Args[0].X), Shape: ctype.Shape{Kind: ctype.Pointer, Depth: 1}})
}

// giver is the object of which a capsule is an attribute, or what a method of it
// returns; 0 where that is not known.
func (b capsules) giver(e ast.Expr) int32 {
	got := false
	for range 8 {
		switch x := syntax.Unparen(e).(type) {
		case *ast.Call:
			if _, ok := syntax.Unparen(x.Fun).(*ast.Attribute); !ok {
				return 0
			}
			e = x.Fun
		case *ast.Cast:
			e = x.X
		case *ast.Attribute:
			if got { // "self._bit.capsule": the object that an attribute of C's holds
				if n := b.held(x); n != 0 {
					return n
				}
			}
			got = true
			e = x.X
		case *ast.Name:
			if n := b.wrapped[x.Name]; n != 0 && !got {
				return n
			}
			n, _, _ := b.value(x.Name)
			return n
		default:
			return 0
		}
	}
	return 0
}

// held is the object that attribute a holds, where that is one of C's; nothing is noted.
func (b capsules) held(a *ast.Attribute) int32 {
	x, ok := syntax.Unparen(a.X).(*ast.Name)
	if !ok {
		return 0
	}
	n, _, _ := b.value(x.Name)
	sh := b.shape(n)
	if n == 0 || sh.Kind != ctype.Object || sh.Class == nil {
		return 0
	}
	fd := sh.Class.Field(a.Attr.Name)
	if fd == nil || b.p.Types.OfField(fd).Kind != ctype.Object {
		return 0
	}
	return b.node(Node{Kind: NodeField, Base: n, Name: a.Attr.Name, owner: sh.Class, Shape: b.p.Types.OfField(fd)})
}

// wraps notes the object that an untyped local was got from: "capsule = bit.capsule".
func (b capsules) wraps(target, value ast.Expr) {
	name, ok := target.(*ast.Name)
	if !ok {
		return
	}
	delete(b.wrapped, name.Name)
	switch x := syntax.Unparen(value).(type) {
	case *ast.Attribute:
	case *ast.Call:
		if _, ok := syntax.Unparen(x.Fun).(*ast.Attribute); !ok {
			return
		}
	default:
		return
	}
	if n := b.giver(value); n != 0 {
		if b.wrapped == nil {
			b.wrapped = map[string]int32{}
		}
		b.wrapped[name.Name] = n
	}
}

// capsules walk what is got out of other objects without a type.
type capsules struct{ *builder }
