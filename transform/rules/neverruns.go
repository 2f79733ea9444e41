package rules

// Branches that are for who has no thread state: "d = PyThreadState_GetDict(); if d is NULL:". Who may use Python's objects
// has one.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// neverRuns reports whether a place is in such a branch.
func (f *ruleFunc) neverRuns(at int32) bool {
	f.prepare()
	found := false
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		branch, ok := n.(*ast.If)
		if !ok || !branch.Contains(at) {
			return !found
		}
		for _, c := range branch.Clauses {
			is, not := f.lacks(c.Cond)
			if found = found || is && c.Body.Contains(at); not && !c.Body.Contains(at) && at > c.Body.Range().Pos {
				found = true // in the else of "if d is not NULL:"
			}
		}
		return !found
	})
	return found
}

// lacks reports whether a condition is that something which is there is NULL, or that it is not.
func (f *ruleFunc) lacks(cond ast.Expr) (is, not bool) {
	switch c := syntax.Unparen(cond).(type) {
	case *ast.Unary:
		return c.Op == "not" && f.isThere(c.X), false
	case *ast.Compare:
		if len(c.Xs) != 2 || !f.isThere(c.Xs[0]) {
			return false, false
		}
		if k, ok := syntax.Unparen(c.Xs[1]).(*ast.Const); !ok || k.Name != "NULL" {
			return false, false
		}
		return c.Ops[0] == "is" || c.Ops[0] == "==", c.Ops[0] == "is not" || c.Ops[0] == "!="
	}
	return false, f.isThere(cond)
}

// isThere reports whether an expression is what such a function returns, or a variable that has nothing else.
func (f *ruleFunc) isThere(e ast.Expr) bool {
	made := func(e ast.Expr) bool {
		c, ok := syntax.Bare(e).(*ast.Call)
		return ok && c.Fun != nil && library.There()[f.in.m.CName(c.Fun)]
	}
	n, ok := syntax.Bare(e).(*ast.Name)
	if !ok {
		return e != nil && made(e)
	}
	values := f.values[n.Name]
	return f.local[n.Name] && f.params[n.Name] == nil && len(values) > 0 && !slices.ContainsFunc(values, func(v nameValue) bool { return v.value == nil || v.item || !made(v.value) })
}
