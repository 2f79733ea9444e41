package rules

// PXL303: a dict or set that a function hands out to be gone over: by an iterator, a view or a generator expression.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// goneOver reports a function that returns what goes over a dict or set which others change: whoever goes over it does
// so without the lock, and gets a RuntimeError when its size changes. A list is gone over by numbers.
func goneOver(states *statesOf) {
	c, f := states.checking, states.f
	if f.Flow.Yields != (ast.Span{}) || !f.Exposed() {
		return
	}
	eachReturn(f, func(x ast.Expr) {
		a := over(x, false)
		if a == nil {
			return
		}
		fd := states.declared(a)
		if fd == nil || fd.Ctype == nil || fd.Ctype.Name != "dict" && fd.Ctype.Name != "set" {
			return
		}
		st := states.attribute(a)
		if st == nil || !c.p.Changes.Grows(st.class, fd.Name) || letsGo(c, f, st) {
			return
		}
		out := project.FindingAt(f.Unit.Source, x.Range(), finding.Container,
			fmt.Sprintf("%s returns what goes over %s itself, without the lock that others hold to change it: they get RuntimeError when its size changes", f.Name(), st.name()),
			fmt.Sprintf("hand out a copy: iter(list(%s))", syntax.Text(f.Unit.File, a.Range())))
		out.Warning = true
		out.Cause = containersOf(st.class, fd.Name)
		c.Findings = append(c.Findings, out)
	})
}

// over returns the attribute that a value goes over when somebody goes over it; itself counts where that is asked for.
func over(e ast.Expr, itself bool) *ast.Attribute {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		if itself {
			return x
		}
	case *ast.Comp:
		if x.Kind == "generator" && len(x.Clauses) > 0 {
			return over(x.Clauses[0].Iter, true)
		}
	case *ast.Call:
		switch fun := x.Fun.(type) {
		case *ast.Attribute:
			if len(x.Args) == 0 && dictViews[fun.Attr.Name] {
				return over(fun.X, true)
			}
		case *ast.Name:
			if effects.Lazy(fun.Name) {
				for _, arg := range x.Args {
					if a := over(arg.X, true); a != nil {
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
