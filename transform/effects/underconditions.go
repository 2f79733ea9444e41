package effects

// Locks that are taken or released under a condition: "if THREADS and self.lock is not NULL: acquire(self.lock)". Such a
// lock is held behind it where the condition is the same whenever it is asked for, so that who takes the lock where it
// holds takes it wherever one is needed.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/handlock"
	"pyxlock/transform/syntax"
)

// underCondition walks what takes locks under a condition.
type underCondition struct{ holding }

// takes has the locks from one on be held, or released, behind an if statement with one clause that does nothing else.
// ways are where its ways end, first that of the clause.
func (b underCondition) takes(clause ast.CondClause, locks int, ways [][]int32) {
	if len(ways) != 2 || len(b.flow.Locks) == locks || !b.onlyLocks(clause.Body) || !b.settled(clause.Cond, b.flow.Locks[locks:]) {
		return
	}
	b.takesAgain(locks, "", b.had(ways[0][historySlot]))
}

// had are the attempts that are known to have had their locks at the end of a history, as far as that goes straight back.
func (b underCondition) had(history int32) []int32 {
	var out []int32
	for n := history; n != 0; n = b.flow.Nodes[n].Base {
		switch x := &b.flow.Nodes[n]; x.Kind {
		case NodeAnswered:
			out = append(out, x.Num)
		case NodeHistory, NodeLocal:
			return out
		}
	}
	return out
}

// settled reports whether a condition is the same whenever it is asked for: an attribute that the constructor alone
// assigns to, what a module or the compiler defines, or whether one of locks is there at all, which are taken where the
// condition holds. What a caller says anew each time is not.
func (b underCondition) settled(cond ast.Expr, locks []LockUse) bool {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Const, *ast.Number, *ast.Str:
		return true
	case *ast.Name:
		if b.isLocal(e.Name) {
			return b.isLock(e) && isOneOf(b, e, locks)
		}
		return handlock.Fixed(b.placed, e, b.p.Project.Lineage.Using) && (!b.placed.Typed(e.Name) || isOneOf(b, e, locks))
	case *ast.Attribute:
		if n, ok := syntax.Unparen(e.X).(*ast.Name); ok && !b.isLocal(n.Name) {
			return handlock.Fixed(b.placed, e, b.p.Project.Lineage.Using) && (!b.placed.Typed(e.Attr.Name) || isOneOf(b, e, locks))
		} else if b.placed.IsLock(e) && !b.isFlag(e) {
			return isOneOf(b, e, locks) && b.isThere(e)
		} else {
			return ok && b.placed.Settled(e.Attr.Name)
		}
	case *ast.Unary:
		return b.settled(e.X, locks)
	case *ast.Binary:
		return b.settled(e.X, locks) && b.settled(e.Y, locks)
	case *ast.Compare:
		for _, x := range e.Xs {
			if n, ok := syntax.Unparen(x).(*ast.Name); ok && comparesWithNull(e) && b.isLocal(n.Name) {
				return false // which lock that is, and whether each object has it
			}
			if !b.settled(x, locks) {
				return false
			}
		}
		return true
	}
	return false
}

// comparesWithNull reports whether a comparison asks whether there is a C lock.
func comparesWithNull(e *ast.Compare) bool {
	return slices.ContainsFunc(e.Xs, func(x ast.Expr) bool {
		c, ok := syntax.Bare(x).(*ast.Const)
		return ok && c.Name == "NULL"
	})
}

// isOneOf reports whether an expression is what one of locks is spelled as.
func isOneOf(b underCondition, e ast.Expr, locks []LockUse) bool {
	text := syntax.Text(b.f.Unit.File, e.Range())
	return slices.ContainsFunc(locks, func(u LockUse) bool { return u.Text == text })
}

// isThere reports whether an attribute holds the same lock all the time. A C lock has to be there for each object; where
// a Python object's constructor makes none, that was its choice.
func (b underCondition) isThere(e *ast.Attribute) bool {
	c := b.receiver(e.X)
	if c == nil || c.Field(e.Attr.Name) == nil {
		return b.placed.Settled(e.Attr.Name)
	}
	d := c.Declarer(e.Attr.Name)
	if b.p.Types.OfField(c.Field(e.Attr.Name)).Kind == ctype.Object {
		return b.p.HandLocks(d.Mod).Settled(e.Attr.Name)
	}
	return handlock.Always(b.p.HandLocks(d.Mod), c, e.Attr.Name, b.p.Project.Lineage.Using)
}

// isFlag reports whether an attribute that is called like a lock is a number.
func (b underCondition) isFlag(e *ast.Attribute) bool {
	c := b.receiver(e.X)
	if c == nil {
		return false
	}
	f := c.Field(e.Attr.Name)
	return f != nil && b.p.Types.OfField(f).Kind == ctype.Scalar
}

// isLock reports whether a variable has a lock.
func (b underCondition) isLock(e *ast.Name) bool {
	v, sh, local := b.value(e.Name)
	if local && (sh.Kind == ctype.Scalar || b.shape(v).Kind == ctype.Scalar) {
		return false // "bint locking"
	}
	return b.placed.IsLock(e) || local && v != 0 && b.isLockValue(v, 8)
}
