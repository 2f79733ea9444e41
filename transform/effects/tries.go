package effects

// Attempts to take a lock: calls that may come back without it. What was asked for counts as held
// where a condition tells that the call had it, and nothing has released it since.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/syntax"
)

// attempts walks what may take a lock.
type attempts struct{ *builder }

// asks notes that locks may have been taken, and returns what the call answers. fails is true
// where the answer is zero if they have been.
func (b attempts) asks(locks []LockUse, fails bool) int32 {
	first := int32(len(b.flow.Locks))
	for _, u := range locks {
		u.Take = true
		b.flow.Locks = append(b.flow.Locks, u)
		b.set(historySlot, b.node(Node{Kind: NodeAsks, Base: b.history(), Num: int32(len(b.flow.Locks) - 1)}))
	}
	return b.node(Node{Kind: NodeAnswer, Num: first, pos: int32(len(b.flow.Locks)), local: fails, Shape: ctype.Shape{Kind: ctype.Scalar}})
}

// told are the attempts of which a condition tells that they had their locks: where it is true,
// and where it is false.
type told struct{ yes, no []int32 }

// tells returns what a condition tells of attempts that stand in it, or whose answer a variable has.
func (b attempts) tells(cond ast.Expr) told {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Unary:
		if e.Op == "not" {
			t := b.tells(e.X)
			return told{t.no, t.yes}
		}
	case *ast.Binary:
		x, y := told{}, told{}
		if e.Op == "and" || e.Op == "or" {
			x, y = b.tells(e.X), b.tells(e.Y)
		}
		switch e.Op {
		case "and":
			return told{yes: slices.Concat(x.yes, y.yes)}
		case "or":
			return told{no: slices.Concat(x.no, y.no)}
		}
	case *ast.Compare:
		if len(e.Ops) == 1 {
			return b.compared(e.Xs[0], e.Ops[0], e.Xs[1])
		}
	case *ast.Name, *ast.Walrus, *ast.Call:
		return b.answer(e)
	}
	return told{}
}

// compared is what a comparison tells: of an answer with True, False, a number, or a word of PyThread's.
func (b attempts) compared(x ast.Expr, op string, with ast.Expr) told {
	t := b.tells(x)
	truth := false
	switch v := syntax.Unparen(with).(type) {
	case *ast.Const:
		truth = v.Name == "True"
		if v.Name == "None" {
			return told{}
		}
	case *ast.Number:
		switch syntax.Text(b.f.Unit.File, v.Span) {
		case "0":
		case "1":
			truth = true
			t.no = nil // another number may be true as well
		default:
			return told{}
		}
	case *ast.Name, *ast.Attribute:
		switch syntax.LastName(v) {
		case "PY_LOCK_ACQUIRED":
			truth = true
			t.no = nil
		case "PY_LOCK_FAILURE":
			t.yes = nil // it may have been interrupted
		default:
			return told{}
		}
	default:
		return told{}
	}
	switch op {
	case "==", "is":
	case "!=", "is not", "<>":
		truth = !truth
	default:
		return told{}
	}
	if truth {
		return t
	}
	return told{t.no, t.yes}
}

// answer is what the truth of an expression tells, the value of which is what attempts answer.
func (b attempts) answer(e ast.Expr) told {
	if w, ok := e.(*ast.Walrus); ok {
		return b.tells(w.Value)
	}
	n := int32(0)
	switch e := e.(type) {
	case *ast.Call:
		n = b.answered[e]
	case *ast.Name:
		n, _, _ = b.value(e.Name)
	}
	for b.flow.Nodes[n].Kind == NodeCast {
		n = b.flow.Nodes[n].Base
	}
	x := &b.flow.Nodes[n]
	if x.Kind != NodeAnswer {
		return told{}
	}
	var all []int32
	for l := x.Num; l < x.pos; l++ {
		all = append(all, l)
	}
	if x.local {
		return told{no: all}
	}
	return told{yes: all}
}

// knowing has it be known from here on that attempts had their locks.
func (b attempts) knowing(locks []int32) {
	for _, l := range locks {
		b.set(historySlot, b.node(Node{Kind: NodeAnswered, Base: b.history(), Num: l}))
	}
}
