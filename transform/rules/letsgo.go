package rules

// What an object lets go: a function that takes what an attribute holds, and gives the attribute another value then, hands
// over what it took.

import (
	"math"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// handling is a place at which a function takes an attribute of an object, or gives it another value.
type handling struct {
	of   string // the object, as it is spelled
	span ast.Span
}

// letsGo reports whether a function gives an attribute another value each time after it took what that held for somebody.
func letsGo(c *checking, f *effects.Function, st *heldState) bool {
	name := st.field.Name
	r := c.ruleFuncOf(f)
	if r == nil {
		return false
	}
	given := replacing(r, f, name)
	if len(given) == 0 {
		return false
	}
	r.prepare()
	all := taking(r, f, name)
	if slices.ContainsFunc(all, func(t handling) bool { return t.of == st.of }) { // else it has another name where it is taken
		all = slices.DeleteFunc(all, func(t handling) bool { return t.of != st.of })
	}
	return len(all) > 0 && !slices.ContainsFunc(all, func(t handling) bool {
		return !slices.ContainsFunc(given, func(st handling) bool {
			return st.of == t.of && st.span.End >= t.span.End && r.block(st.span.Pos).Contains(t.span.Pos) && !returnsSomething(f, t.span.Pos, st.span.Pos) &&
				!renamed(r, f, t.of, t.span, st.span)
		})
	})
}

// replacing returns the statements and calls of a function that give an attribute another value, whatever they find.
func replacing(r *ruleFunc, f *effects.Function, name string) []handling {
	var out []handling
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Op == "=" && a.Value != nil {
			for _, t := range a.Targets {
				eachAttributeIn(t, func(t *ast.Attribute) {
					if t.Attr.Name == name {
						out = append(out, handling{r.spelled(t.X), a.Span})
					}
				})
			}
		}
		return true
	})
	for i := range f.Flow.Calls {
		call := &f.Flow.Calls[i]
		for arg, n := range call.Args {
			param := slices.Index(f.Flow.Params, n)
			if n != 0 && param >= 0 && len(call.Callees) > 0 && !slices.ContainsFunc(call.Callees, func(g *effects.Function) bool { return !g.AssignsAlways(arg, name) }) {
				out = append(out, handling{syntax.ParamName(f.Def.Params.List[param]), call.Span})
			}
		}
	}
	return out
}

// renamed reports whether what an object is spelled as may be another one at a place than at an earlier one.
func renamed(r *ruleFunc, f *effects.Function, of string, from, to ast.Span) bool {
	root, rest, path := strings.Cut(of, ".")
	if slices.ContainsFunc(r.values[root], func(v nameValue) bool { return v.pos > from.Pos && v.pos < to.End }) {
		return true
	}
	if !path || rest == "" {
		return false
	}
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call: // of whatever may assign to what leads there
			found = found || n.Pos >= from.End && n.End <= to.Pos
		case *ast.Attribute:
			found = found || n.Access == ast.Write && n.Pos > from.Pos && n.Pos < to.End && strings.HasPrefix(of+".", r.spelled(n)+".")
		}
		return !found
	})
	return found
}

// eachAttributeIn visits the attributes among the targets of an assignment.
func eachAttributeIn(t ast.Expr, visit func(t *ast.Attribute)) {
	switch t := syntax.Unparen(t).(type) {
	case *ast.Attribute:
		visit(t)
	case *ast.Collection:
		for _, e := range t.Elems {
			eachAttributeIn(e, visit)
		}
	}
}

// taking returns where a function takes what an attribute holds: into a variable, a container or a call, or for its
// caller. What is only looked at is not taken.
func taking(r *ruleFunc, f *effects.Function, name string) []handling {
	var out []handling
	var from func(e ast.Expr, at int32)
	from = func(e ast.Expr, at int32) {
		switch e := syntax.Bare(e).(type) {
		case *ast.Attribute:
			if e.Attr.Name == name {
				out = append(out, handling{r.spelled(e.X), ast.Span{Pos: e.Pos, End: max(e.End, at)}})
			}
		case *ast.Subscript:
			if syntax.HasSlice(e.Index) {
				from(e.X, at)
			}
		case *ast.Collection:
			for _, x := range e.Elems {
				from(x, at)
			}
		case *ast.Cond:
			from(e.Then, at)
			from(e.Else, at)
		case *ast.Comp:
			if e.Kind == "generator" && len(e.Clauses) > 0 {
				from(e.Clauses[0].Iter, at)
			}
		case *ast.Call:
			switch fun := syntax.Bare(e.Fun).(type) {
			case *ast.Name:
				if _, pure := library.PureBuiltins()[fun.Name]; pure && !effects.Lazy(fun.Name) {
					return
				}
			case *ast.Attribute:
				if len(e.Args) == 0 {
					from(fun.X, at) // a view of it, or what goes over it
				}
			}
			for _, a := range e.Args {
				from(a.X, at)
			}
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Value != nil {
				from(n.Value, 0)
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				from(d.Default, 0)
			}
		case *ast.Walrus:
			from(n.Value, 0)
		case *ast.ExprStmt:
			from(n.X, 0)
		case *ast.Simple:
			for _, x := range n.Exprs {
				if n.Keyword == "return" {
					from(x, math.MaxInt32) // nothing comes behind it
				} else {
					from(x, 0)
				}
			}
		}
		return true
	})
	return out
}

// returnsSomething reports whether a function returns, between two places, what is no constant.
func returnsSomething(f *effects.Function, from, to int32) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.Simple); ok && r.Keyword == "return" && from < r.Pos && r.Pos < to {
			for _, x := range r.Exprs {
				_, constant := syntax.Unparen(x).(*ast.Const)
				found = found || !constant
			}
		}
		return !found
	})
	return found
}
