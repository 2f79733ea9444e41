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

// grows is the container that an attribute names, whose content others change; nil for another one.
func (v *views) grows(a *ast.Attribute) *heldState {
	if a == nil {
		return nil
	}
	fd := v.states.declared(a)
	if fd == nil || !v.c.p.Types.OfField(fd).Container {
		return nil
	}
	st := v.states.attribute(a)
	if st == nil || !v.c.p.Changes.Grows(st.class, fd.Name) {
		return nil
	}
	return st
}

// others reports whether others than the function have what an expression leads to, and it is not the function's own object: it
// begins with another parameter or with what is not the function's.
func (v *views) others(e ast.Expr) bool {
	root := syntax.Root(e)
	if root == "" || root == ownName(v.f) {
		return false
	}
	return !v.r.isLocal(root) || v.r.params[root] != nil && len(v.r.values[root]) == 0
}

// ofOthers reports whether a target is an attribute or item of what others have.
func (v *views) ofOthers(t ast.Expr) bool {
	switch t := syntax.Unparen(t).(type) {
	case *ast.Attribute:
		return v.others(t.X)
	case *ast.Subscript:
		return v.others(t.X)
	}
	return false
}

// handsOut reports a container that a function hands out; over is what goes over it, nil where it is the container itself.
func handsOut(c *checking, f *effects.Function, st *heldState, over *ast.Attribute, at ast.Span, how string) {
	out := project.FindingAt(f.Unit.Source, at, finding.Container, "", "")
	if over != nil {
		spelled := syntax.Text(f.Unit.File, over.Range())
		out.Message = fmt.Sprintf("%s %s what goes over %s itself, without the lock that others hold to change it: they get RuntimeError when its size changes", f.Name(), how, st.name())
		out.Help = fmt.Sprintf("hand out a copy: iter(list(%s))", spelled)
	} else {
		out.Message = fmt.Sprintf("%s %s %s itself, which they then use without the lock that others hold to change it", f.Name(), how, st.name())
		if how == "returns" {
			out.Message = fmt.Sprintf("%s returns %s itself, which callers then use without the lock that others hold to change it", f.Name(), st.name())
		}
		out.Help = "hand out a copy"
	}
	out.Warning = true
	out.Cause = containersOf(st.class, st.field.Name)
	c.Findings = append(c.Findings, out)
}

// goesOverOne is the attribute that an expression goes over when somebody goes over it, nil where it is none.
func goesOverOne(e ast.Expr) *ast.Attribute {
	if _, itself := e.(*ast.Attribute); itself {
		return nil
	}
	return over(e, false)
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
