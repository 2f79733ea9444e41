package effects

// Two locks that are taken in an order of their own: "first" and "second" are two objects, the one way or the
// other, as their addresses are. Which of the two a name stands for is not known, and where both have been
// taken it makes no difference.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// twoWays is a lock that is one of two: path leads to it from the objects that a value is, as two ways met.
type twoWays struct {
	met, local int32
	path       []int32 // the fields on the way, from the lock on
}

// twoWays returns from which of two objects a lock's value is reached, if it is one of two.
func (s heldLocks) twoWays(n int32) (out twoWays, ok bool) {
	for range maxPath + 8 {
		x := &s.flow.Nodes[n]
		switch {
		case x.Kind == NodeField:
			out.path = append(out.path, n)
			n = x.Base
		case x.Kind == NodeCast:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		case x.Kind == NodeLocal && x.met != 0 && len(x.From) == 2:
			out.met, out.local = x.met, n
			return out, true
		default:
			return out, false
		}
	}
	return out, false
}

// ends are the locks that a lock of two ways is on each of them; -1 where that is not certain.
func (s heldLocks) ends(w twoWays) (out [2]int32) {
	for i, n := range s.flow.Nodes[w.local].From {
		out[i] = -1
		at := s.Top(n)
		for _, f := range slices.Backward(w.path) {
			if len(at) != 1 {
				break
			}
			x := &s.flow.Nodes[f]
			at = s.attribute(at[0].Region, x.Name, x.owner, x.Shape.Class, x.history, f)
		}
		if len(at) == 1 {
			out[i] = s.placed(at[0].Region)
		}
	}
	return out
}

// oneOrOther finds the uses that take one of two locks, and those that take the other one then.
func (s heldLocks) oneOrOther(uses []usedLocks) {
	var found []int32
	var ways []twoWays
	for i := range s.flow.Locks {
		if u := &s.flow.Locks[i]; u.Take && u.node != 0 && uses[i].locks == 0 && uses[i].asked == 0 {
			if w, ok := s.twoWays(u.node); ok {
				found, ways = append(found, int32(i)), append(ways, w)
			}
		}
	}
	for i, at := range found {
		for k, o := range found {
			x, y := s.ends(ways[i]), s.ends(ways[k])
			u, v := &s.flow.Locks[at], &s.flow.Locks[o]
			if ways[i].met != ways[k].met || x[0] < 0 || x[1] < 0 || x[0] == x[1] || x[0] != y[1] || x[1] != y[0] || u.Section != v.Section || u.Some || v.Some {
				continue
			}
			for _, r := range x {
				uses[at].both |= s.both(heldLock{region: r, section: u.Section, shared: u.Shared || v.Shared}, false)
			}
			uses[at].others = append(uses[at].others, o)
			if uses[at].asked == 0 {
				s.asks(at, uses)
			}
		}
	}
}

// inOrder walks "a, b = (x, y) if c else (y, x)" and "a, b = sorted((x, y), key=f)": two values in the one order
// or the other. It reports whether the assignment is one of these.
func (b *builder) inOrder(target, value ast.Expr) bool {
	t, ok := syntax.Unparen(target).(*ast.Collection)
	if !ok || len(t.Elems) != 2 || syntax.Starred(t.Elems) {
		return false
	}
	two := func(e ast.Expr) []ast.Expr {
		c, ok := syntax.Unparen(e).(*ast.Collection)
		if !ok || c.Kind != "tuple" && c.Kind != "list" || len(c.Elems) != 2 || syntax.Starred(c.Elems) {
			return nil
		}
		return c.Elems
	}
	var orders [2][]ast.Expr
	switch v := syntax.Unparen(value).(type) {
	case *ast.Cond:
		orders = [2][]ast.Expr{two(v.Then), two(v.Else)}
		if orders[0] == nil || orders[1] == nil {
			return false
		}
		b.exprs.tested(v.If)
	case *ast.Call:
		if _, bound := b.m.Scope.Names["sorted"]; bound || v.Fun == nil || !syntax.IsNamed(v.Fun, "sorted") || len(v.Args) == 0 {
			return false
		}
		x := two(v.Args[0].X)
		if x == nil || slices.ContainsFunc(x, func(e ast.Expr) bool { _, name := syntax.Unparen(e).(*ast.Name); return !name }) {
			return false
		}
		b.expr(value)
		orders = [2][]ast.Expr{x, {x[1], x[0]}}
	default:
		return false
	}
	before := b.env
	var ways [][]int32
	for _, order := range orders {
		ways = b.branch(before, ways, func() bool {
			got := []int32{b.expr(order[0]), b.expr(order[1])}
			for i, e := range t.Elems {
				b.target(e, got[i], syntax.IsNothing(order[i]))
			}
			return true
		})
	}
	return b.meet(ways)
}
