package handlock

// Methods that take their object's lock in one branch of an if statement, and count once more in the other one. They are
// looked at as if whoever is the owner returned early: "if own: X else: Y" before Z does what "if own: X, Z, return" before
// Y and Z does.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// returningEarly returns a method written like that; the method itself where it has no such statement.
func returningEarly(f *ast.FuncDef, self string) *ast.FuncDef {
	if f.Body == nil {
		return f
	}
	for i, st := range f.Body.Stmts {
		n, ok := st.(*ast.If)
		if !ok {
			continue
		}
		cond, own, others := branches(n, f, self)
		if cond == nil {
			continue
		}
		rest := f.Body.Stmts[i+1:]
		early := slices.Concat(own, rest)
		if !only(others, self, true) || !only(early, self, false) {
			continue
		}
		if n := len(early); n > 0 {
			if last, ok := early[n-1].(*ast.Simple); ok && last.Keyword == "return" {
				early = early[:n-1]
			}
		}
		early = append(early, &ast.Simple{Keyword: "return"})
		first := &ast.If{Span: n.Span, Clauses: []ast.CondClause{{Span: n.Clauses[0].Span, Cond: cond, Body: &ast.Suite{Stmts: early}}}}
		body := *f.Body
		body.Stmts = slices.Concat(f.Body.Stmts[:i], []ast.Stmt{first}, others, rest)
		out := *f
		out.Body = &body
		return &out
	}
	return f
}

// only reports whether statements take a lock of the object and release none, or else do neither.
func only(stmts []ast.Stmt, self string, takes bool) bool {
	took, let := false, false
	takesIn(&ast.Suite{Stmts: stmts}, self, func(_ string, take bool) { took, let = took || take, let || !take })
	return took == takes && !let
}

// branches returns what an if statement does where an attribute of the object is the current thread, with a condition
// that finds that, and what it does otherwise, which is where it is not for certain; nil for another statement.
func branches(n *ast.If, f *ast.FuncDef, self string) (cond ast.Expr, own, others []ast.Stmt) {
	if len(n.Clauses) == 0 || len(n.Clauses) > 2 || n.Clauses[0].Body == nil {
		return nil, nil, nil
	}
	first := n.Clauses[0]
	var second []ast.Stmt
	if len(n.Clauses) == 2 {
		if n.Clauses[1].Cond != nil || n.Clauses[1].Body == nil {
			return nil, nil, nil
		}
		second = n.Clauses[1].Body.Stmts
	}
	if ownerIn(first.Cond, f, self) != "" && second != nil {
		return first.Cond, first.Body.Stmts, second
	}
	if cond := otherIn(first.Cond, f, self); cond != nil {
		return cond, second, first.Body.Stmts
	}
	return nil, nil, nil
}

// otherIn returns the condition that finds an attribute of the object to be the current thread, where another one holds
// whenever that one does not: "owner != me", also with "or" and something else.
func otherIn(cond ast.Expr, f *ast.FuncDef, self string) ast.Expr {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Binary:
		if e.Op == "or" {
			if c := otherIn(e.X, f, self); c != nil {
				return c
			}
			return otherIn(e.Y, f, self)
		}
	case *ast.Unary:
		if e.Op == "not" && ownerIn(e.X, f, self) != "" {
			return e.X
		}
	case *ast.Compare:
		if len(e.Ops) != 1 || e.Ops[0] != "!=" && e.Ops[0] != "is not" {
			return nil
		}
		same := *e
		same.Ops = []string{"=="}
		if ownerIn(&same, f, self) != "" {
			return &same
		}
	}
	return nil
}
