package effects

// What contextlib calls an ExitStack: it keeps the locks that a function enters with it, and those of which it is given
// the release, until the with statement with it is over, or until it is closed.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/handlock"
	"pyxlock/transform/syntax"
)

// stacks follows them.
type stacks struct{ holding }

// call follows a call of a method of an ExitStack, and reports whether nothing else is to be said of it.
func (b stacks) call(a *ast.Attribute, e *ast.Call) bool {
	stack, ok := syntax.Unparen(a.X).(*ast.Name)
	if !ok || !stackMethods[a.Attr.Name] || !b.isStack(stack.Name) {
		return false
	}
	switch x := syntax.Arg(e, 0); a.Attr.Name {
	case "enter_context":
		return x != nil && b.entersContext(stack.Name, x, e)
	case "callback", "push":
		return x != nil && b.keepsRelease(stack.Name, x, a.Attr.Name == "push")
	case "close", "aclose", "pop_all":
		// What another stack has got meanwhile is released whenever that is closed: nobody relies on it.
		for _, l := range b.kept[stack.Name] {
			b.leavesLock(l)
		}
	}
	return false
}

// stackMethods are the methods of which it is known here what they do to what a stack keeps.
var stackMethods = map[string]bool{
	"enter_context": true, "callback": true, "push": true, "close": true, "aclose": true, "pop_all": true,
	"enter_async_context": true, "push_async_exit": true, "push_async_callback": true,
}

// entersContext follows stack.enter_context(lock).
func (b stacks) entersContext(stack string, x ast.Expr, e *ast.Call) bool {
	locks, ok := b.lockItem(x)
	if !ok {
		return false
	}
	b.byHand(e.Span)
	for _, l := range locks {
		b.kept = with(b.kept, stack, append(b.kept[stack], b.takesLock(l)))
	}
	return true
}

// keepsRelease follows stack.callback(lock.release) and stack.push(lock), which take nothing.
func (b stacks) keepsRelease(stack string, x ast.Expr, lock bool) bool {
	if !lock {
		a, ok := syntax.Unparen(x).(*ast.Attribute)
		if !ok {
			return false
		}
		c, ok := handlock.CallOf(b.placed, &ast.Call{Span: a.Span, Fun: a}, knownLocks(b.holding))
		if !ok || c.Take || c.Lock == nil {
			return false
		}
		x = c.Lock
	} else if !knownLocks(b.holding)(x) {
		return false
	}
	b.flow.Locks = append(b.flow.Locks, b.lockUse(x))
	b.kept = with(b.kept, stack, append(b.kept[stack], int32(len(b.flow.Locks)-1)))
	return true
}

// keepsToo has a stack that keeps a lock keep what is taken once more in its place.
func (b stacks) keepsToo(lock, again int32) {
	for name, locks := range b.kept {
		if slices.Contains(locks, lock) {
			b.kept[name] = append(locks, again)
		}
	}
}

// closesStack follows the end of a with statement with a stack. What was held before it is held still, apart from what
// the stack was told to release and, if the stack was there before, from what that had kept by then.
func (b stacks) closesStack(name string, made bool, before int32) {
	for _, l := range b.kept[name] {
		if made && b.flow.Locks[l].Take {
			b.leavesLock(l, before)
		}
	}
	for _, l := range b.kept[name] {
		if !made || !b.flow.Locks[l].Take {
			b.leavesLock(l)
		}
	}
	delete(b.kept, name)
}

// eachKept passes on the locks that stacks keep.
func (b stacks) eachKept(do func(lock int32)) {
	for _, name := range slices.Sorted(maps.Keys(b.kept)) {
		for _, l := range b.kept[name] {
			do(l)
		}
	}
}

// isStack reports whether a variable holds nothing but ExitStacks, and the function does nothing to these but to call
// their methods: one that has another name, is handed on, or is seen by a function inside may be closed at any time.
func (b stacks) isStack(name string) bool {
	known, ok := b.isStacks[name]
	if !ok {
		known = onlyStacks(b.f.Def, name)
		b.isStacks = with(b.isStacks, name, known)
	}
	return known
}

func onlyStacks(def *ast.FuncDef, name string) bool {
	given := slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name })
	names, fit := 0, 0
	ast.Walk(def.Body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == name {
			names++
		}
		return true
	})
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Lambda:
			return false
		case *ast.Call:
			if a, ok := syntax.Unparen(n.Fun).(*ast.Attribute); ok && syntax.IsNamed(a.X, name) && stackMethods[a.Attr.Name] {
				fit++
			}
		case *ast.WithItem:
			if n.Target == nil && syntax.IsNamed(n.X, name) {
				fit++
			}
			if syntax.IsNamed(n.Target, name) && makesStack(n.X) {
				fit, given = fit+1, true
			}
		case *ast.Assign:
			if len(n.Targets) == 1 && syntax.IsNamed(n.Targets[0], name) && n.Op == "=" && makesStack(n.Value) {
				fit, given = fit+1, true
			}
		}
		return true
	})
	return given && names == fit
}

// makesStack reports whether an expression makes an ExitStack.
func makesStack(e ast.Expr) bool {
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok {
		return false
	}
	name := syntax.LastName(call.Fun)
	return name == "ExitStack" || name == "AsyncExitStack"
}
