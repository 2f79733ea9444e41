package effects

// Functions that a flag has be run once: py_safe_call_object_once(self.flag, self._fill). Whoever comes here waits until it
// is over, so that it runs as under a lock; and nobody does what it does any more when the call is over, so that the
// caller has what it made as those have it who take a lock for reading.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// runsOnce follows a call of that kind, and reports whether it is one.
func runsOnce(b holding, e *ast.Call) bool {
	if !isOnce(b.m, e) {
		return false
	}
	flag, fun := syntax.Arg(e, 0), syntax.Arg(e, 1)
	if u, ok := syntax.Unparen(flag).(*ast.Unary); ok && u.Op == "&" {
		flag = u.X
	}
	if u, ok := syntax.Unparen(fun).(*ast.Unary); ok && u.Op == "&" {
		fun = u.X
	}
	u := b.lockUse(flag)
	u.Span, u.Again = e.Span, true
	b.byHand(e.Span)
	b.takesLock(u)
	if start := startOf(b, fun); start != 0 { // a function inside this one
		x := b.flow.Nodes[start]
		x.From = append(slices.Clone(x.From), b.history())
		b.flow.Nodes[start] = x
	} else {
		b.calls.call(&ast.Call{Span: e.Span, Fun: fun, Args: e.Args[2:]})
	}
	b.releasesLock(u)
	u.Shared = true
	b.takesLock(u)
	return true
}

// isOnce reports whether a call has a flag run a function once.
func isOnce(m *project.Module, e *ast.Call) bool {
	return e.Fun != nil && syntax.Arg(e, 0) != nil && syntax.Arg(e, 1) != nil && library.Once()[m.CName(e.Fun)]
}

// startOf is the history in which a function that stands inside the function begins; 0 for another expression.
func startOf(b holding, fun ast.Expr) int32 {
	switch x := syntax.Unparen(fun).(type) {
	case *ast.Name:
		if def := b.vars[x.Name].nested; def != nil {
			return b.starts[def]
		}
	case *ast.Lambda:
		b.expr(x)
		return b.lambdaStarts[x]
	}
	return 0
}
