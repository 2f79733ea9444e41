package rules

// PXL303: a dict or set that a member hands out to be gone over: by an iterator, a view or a generator expression.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// goneOver reports a member that returns what goes over a dict or set which others change: whoever goes over it does
// so without the lock, and gets a RuntimeError when its size changes. A list is gone over by numbers.
func goneOver(c *checking, f *effects.Function) {
	self := ownName(f)
	if self == "" || f.Flow.Yields != (ast.Span{}) {
		return
	}
	eachReturn(f, func(x ast.Expr) {
		a := over(x, self, false)
		if a == nil {
			return
		}
		fd := f.Class.Field(a.Attr.Name)
		if fd == nil || fd.Ctype == nil || fd.Ctype.Name != "dict" && fd.Ctype.Name != "set" || !c.p.Changes.Grows(f.Class, fd.Name) || letsGo(c, f, fd.Name) {
			return
		}
		out := project.FindingAt(f.Unit.Source, x.Range(), finding.Container,
			fmt.Sprintf("%s returns what goes over %s itself, without the lock that others hold to change it: they get RuntimeError when its size changes", f.Name(), fd.Name),
			fmt.Sprintf("hand out a copy: iter(list(%s.%s))", self, fd.Name))
		out.Warning = true
		out.Cause = containersOf(f.Class, fd.Name)
		c.Findings = append(c.Findings, out)
	})
}

// over returns the attribute of the object itself that a value goes over when somebody goes over it; itself counts
// where that is asked for.
func over(e ast.Expr, self string, itself bool) *ast.Attribute {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		if itself && syntax.IsNamed(x.X, self) {
			return x
		}
	case *ast.Comp:
		if x.Kind == "generator" && len(x.Clauses) > 0 {
			return over(x.Clauses[0].Iter, self, true)
		}
	case *ast.Call:
		switch fun := x.Fun.(type) {
		case *ast.Attribute:
			if len(x.Args) == 0 && dictViews[fun.Attr.Name] {
				return over(fun.X, self, true)
			}
		case *ast.Name:
			if effects.Lazy(fun.Name) {
				for _, arg := range x.Args {
					if a := over(arg.X, self, true); a != nil {
						return a
					}
				}
			}
		}
	}
	return nil
}

func eachReturn(f *effects.Function, visit func(x ast.Expr)) {
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.Simple); ok && r.Keyword == "return" {
			for _, x := range r.Exprs {
				visit(x)
			}
		}
		return true
	})
}
