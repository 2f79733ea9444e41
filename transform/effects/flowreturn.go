package effects

// What functions return, and the items of that where it is a tuple or a list that is
// spelled out.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/syntax"
)

// returns notes a value that the function returns.
func (b expressions) returns(n int32, e ast.Expr) {
	if n == 0 {
		if b.calls.returnOf(b.f).Kind != ctype.Object || nobody(e) {
			return
		}
		n = b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	}
	b.flow.Returns = append(b.flow.Returns, n)
	some := func() int32 { return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}}) }
	sh := b.shape(n)
	c, _ := syntax.Unparen(e).(*ast.Collection)
	switch placed := b.spelled[n]; {
	case c != nil && len(placed) > 0 && len(placed) == len(c.Elems):
		for i, x := range placed {
			if x == 0 && !nobody(c.Elems[i]) && !b.number(c.Elems[i]) {
				x = some()
			}
			if x != 0 {
				b.flow.items = append(b.flow.items, item{int32(i), x})
			}
		}
	case sh.Kind == ctype.Object && sh.Class != nil: // what its __iter__ yields
		b.flow.items = append(b.flow.items, item{anyPlace, some()})
	case sh.Kind == ctype.Object || sh.Kind == ctype.Unknown:
		b.flow.items = append(b.flow.items, item{anyPlace, b.element(n)})
	}
}

// item is an item of what is returned: its place there, and the node or region.
type item struct{ place, is int32 }

// anyPlace is the place of an item that may be anywhere.
const anyPlace = -1

// nobody reports whether an expression is no object with a lock, as it is spelled.
func nobody(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Number, *ast.Str, *ast.Const, *ast.Compare:
		return true
	case *ast.Name:
		return x.Name == "NotImplemented"
	case *ast.Unary:
		return x.Op == "not" || nobody(x.X)
	case *ast.Binary:
		return nobody(x.X) && nobody(x.Y)
	case *ast.Cond:
		return nobody(x.Then) && nobody(x.Else)
	}
	return syntax.IsNothing(e)
}

// item is an item of what a call returns.
func (b *values) item(call, place int32) int32 {
	return b.node(Node{Kind: NodeItem, Base: call, Num: place, Shape: ctype.Shape{Kind: ctype.Object}, pos: b.flow.Nodes[call].pos})
}

// Suspends reports whether a function yields or awaits: what comes of calling it is
// no value that it returns, and it holds no lock from its entry on.
func (f *Function) Suspends() bool { return f.Def.Async || f.Flow.Yields.End != 0 }

// itemsAt returns the regions of the items that a function returns at a place.
func (f *Function) itemsAt(place int32) []int32 {
	var out []int32
	for _, it := range f.Sum.items {
		if it.place == place || it.place == anyPlace || place == anyPlace {
			out = append(out, it.is)
		}
	}
	return out
}

// returned walks a return statement: of the function, or of one inside it.
func returned(b *builder, st *ast.Simple) {
	for _, e := range st.Exprs {
		n := b.expr(e)
		if b.nested > 0 {
			b.returned = append(b.returned, n)
			continue
		}
		b.exprs.returns(n, e)
		(guards{holding{b}}).returnsGuard(e)
	}
	if b.nested == 0 {
		b.flow.ends = append(b.flow.ends, (holding{b}).ended())
	}
}
