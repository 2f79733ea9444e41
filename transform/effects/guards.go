package effects

// C++ objects that hold locks while they live, by the variables that have them: what such a guard takes is held until
// it is told to let go, its pointer is reset, it is deleted, or the function ends.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// guards walks what makes them and what they are told.
type guards struct{ holding }

// guarding follows a variable that is given a guard.
func (b guards) guarding(t ast.Expr, value ast.Expr) {
	n, ok := syntax.Unparen(t).(*ast.Name)
	if !ok || value == nil {
		return
	}
	g, ok := b.placed.Guard(value)
	if !ok {
		b.guardedBy(n.Name, value)
		return
	}
	var taken []int32
	var tries []LockUse
	since := b.since(len(g.Locks))
	for _, l := range g.Locks {
		u := b.lockUse(l)
		u.Native, u.Shared, u.Span = g.Native && b.attached(), g.Shared, value.Range()
		b.byHand(value.Range())
		if g.Tries {
			tries = append(tries, u)
			continue
		}
		if g.Later || g.Taken { // whoever made it has the lock already, or takes it when it says so
			u.Take = true
			b.flow.Locks = append(b.flow.Locks, u)
			taken = append(taken, int32(len(b.flow.Locks)-1))
			continue
		}
		u.since = since
		taken = append(taken, b.takesLock(u))
	}
	if len(tries) > 0 {
		first := int32(len(b.flow.Locks))
		b.guardAnswers = with(b.guardAnswers, n.Name, attempts{b.builder}.asks(tries, false))
		for i := range tries {
			taken = append(taken, first+int32(i))
		}
	}
	b.guards = with(b.guards, n.Name, taken)
	if g.Heap {
		b.heapGuards = append(b.heapGuards, n.Name)
	}
}

// since is the history up to here where several locks are taken at once, which std::lock does in no fixed order.
func (b guards) since(locks int) int32 {
	if locks < 2 {
		return 0
	}
	return b.history()
}

// with is a map with one more entry.
func with[K comparable, V any](m map[K]V, name K, v V) map[K]V {
	if m == nil {
		m = map[K]V{}
	}
	m[name] = v
	return m
}

// guardedBy follows a variable that is given the guard that a function of the project returns: what that leaves
// taken the variable holds.
func (b guards) guardedBy(name string, value ast.Expr) {
	call, ok := syntax.Unparen(value).(*ast.Call)
	if !ok {
		return
	}
	for i := len(b.flow.Calls) - 1; i >= 0; i-- {
		c := &b.flow.Calls[i]
		if c.Span != call.Span {
			continue
		}
		for _, g := range c.Callees {
			if g.Def.Return == nil || !library.GuardTypes()[syntax.LastPart(g.Def.Return.Name)] {
				return
			}
		}
		u := LockUse{Again: true, Span: value.Range(), Text: syntax.Text(b.f.Unit.File, value.Range()), entered: int32(i + 1)}
		b.guards = with(b.guards, name, []int32{b.takesLock(u)})
		return
	}
}

// returnsGuard has what a guard that is returned takes be held at the end of the function.
func (b guards) returnsGuard(value ast.Expr) {
	if g, ok := b.placed.Guard(value); ok && !g.Later && !g.Tries {
		for _, l := range g.Locks {
			u := b.lockUse(l)
			u.Native, u.Shared, u.Span = g.Native && b.attached(), g.Shared, value.Range()
			b.byHand(value.Range())
			b.takesLock(u)
		}
		return
	}
	if call, ok := syntax.Unparen(value).(*ast.Call); ok && syntax.LastName(call.Fun) == "move" && len(call.Args) == 1 {
		value = call.Args[0].X
	}
	if n, ok := syntax.Unparen(value).(*ast.Name); ok {
		delete(b.guards, n.Name)
	}
}

// guardCall follows a call that a guard, or what points to one, is told something by. answer is what it returns where
// that tells of an attempt.
func (b guards) guardCall(e *ast.Call) (answer int32, done bool) {
	a, ok := syntax.Unparen(e.Fun).(*ast.Attribute)
	if !ok {
		return 0, false
	}
	n, ok := a.X.(*ast.Name)
	if !ok {
		return 0, false
	}
	if a.Attr.Name == "reset" && len(e.Args) > 0 { // of a unique_ptr
		if _, ok := b.placed.Guard(e.Args[0].X); ok {
			b.letsGuard(n.Name, e.Span)
			b.guarding(n, e.Args[0].X)
			b.heapGuards = slices.DeleteFunc(b.heapGuards, func(s string) bool { return s == n.Name })
			return 0, true
		}
	}
	if b.guards[n.Name] == nil {
		return 0, false
	}
	switch a.Attr.Name {
	case "lock":
		for _, at := range b.guards[n.Name] {
			u := b.flow.Locks[at]
			u.Span, u.Native = e.Span, b.attached()
			b.takesLock(u)
		}
	case "unlock", "reset":
		b.letsGuard(n.Name, e.Span)
	case "release": // whoever has the mutex now lets it go
		delete(b.guards, n.Name)
	case "owns_lock":
		return b.guardAnswers[n.Name], true
	case "try_lock", "try_lock_for", "try_lock_until":
		var tries []LockUse
		for _, at := range b.guards[n.Name] {
			u := b.flow.Locks[at]
			u.Span, u.Native = e.Span, false
			tries = append(tries, u)
		}
		return attempts{b.builder}.asks(tries, false), true
	}
	return 0, true
}

// letsGuard has the guard that a variable has let go.
func (b guards) letsGuard(name string, at ast.Span) {
	for _, l := range b.guards[name] {
		u := b.flow.Locks[l]
		u.Take, u.Span = false, at
		b.releasesLock(u)
	}
}

// deletesGuard follows "del guard".
func (b guards) deletesGuard(t ast.Expr) {
	if n, ok := syntax.Unparen(t).(*ast.Name); ok {
		b.letsGuard(n.Name, n.Span)
	}
}
