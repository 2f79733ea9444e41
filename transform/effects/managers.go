package effects

// Context managers that the project has, as locks: what a generator with contextlib's decorator holds at
// its yield, or what __enter__ leaves taken, is held in the with statement.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// manager returns 1 + the number of the call by which a with statement's item makes a context manager of
// the project's; 0 where it does not. from is the number of the first call of the item.
func (b holding) manager(item ast.Expr, from int) int32 {
	call, ok := syntax.Unparen(item).(*ast.Call)
	if !ok {
		return 0
	}
	if c, _ := b.manages(call); c != nil {
		return 0 // the object is the lock
	}
	for i := from; i < len(b.flow.Calls); i++ {
		c := &b.flow.Calls[i]
		if c.Span == call.Span && len(c.Callees) > 0 && !slices.ContainsFunc(c.Callees, func(g *Function) bool { return !isContextManager(g) }) {
			return int32(i + 1)
		}
	}
	return 0
}

// manages returns the class of locks of which a call makes a context manager that holds one, and the method; nil where
// it does not.
func (b holding) manages(call *ast.Call) (*project.Class, string) {
	a, ok := syntax.Unparen(call.Fun).(*ast.Attribute)
	if !ok {
		return nil, ""
	}
	if c := b.receiver(a.X); c != nil && handlock.IsClass(b.placed, c) && handlock.Enters(b.placed, c, a.Attr.Name) {
		return c, a.Attr.Name
	}
	return nil, ""
}

// isContextManager reports whether a function is a generator that a decorator makes a context manager of.
func isContextManager(f *Function) bool {
	return slices.ContainsFunc(f.Def.Decorators, func(d *ast.Decorator) bool { return syntax.LastName(d.Expr) == "contextmanager" })
}

// enters has what a call of a context manager takes be held until the with statement ends.
func (b holding) enters(item ast.Expr, call int32) {
	b.withs = append(b.withs, b.takesLock(LockUse{Again: true, Span: item.Range(), Text: syntax.Text(b.f.Unit.File, item.Range()), entered: call}))
}

// enteredBy returns the locks that entering a context manager takes, and those that it releases.
func (s heldLocks) enteredBy(call int32) (takes, frees lockSet) {
	c := &s.flow.Calls[call]
	takes = everything
	for _, g := range c.Callees {
		left := g.Sum.leaves
		if isContextManager(g) {
			left = g.Sum.yields
			frees |= s.across(c, g, g.Sum.frees)
		}
		takes &= s.across(c, g, left)
	}
	if len(c.Callees) == 0 {
		takes = 0
	}
	return takes, frees
}
