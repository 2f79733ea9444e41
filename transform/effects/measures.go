package effects

// Measures: a Python object that a generator keeps from one step to the next may be a number
// of the state, or hold some: what is done with it tells.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// measures reports whether a variable is compared by size, or counts into C data: an int of
// Python's may be a length as well.
func (g *crossing) measures(name string) bool {
	return measuring{g, true, map[string]bool{}}.of(name)
}

// indexes reports whether a variable, or what is in it, counts into C data.
func (g *crossing) indexes(name string) bool {
	return measuring{g, false, map[string]bool{}}.of(name)
}

// measuring follows variables to where they count.
type measuring struct {
	*crossing
	compared bool // comparisons tell, too
	seen     map[string]bool
}

func (g measuring) of(name string) bool {
	if g.seen[name] {
		return false
	}
	g.seen[name] = true
	found := false
	in := func(list ...ast.Expr) {
		for _, e := range list {
			found = found || syntax.Mentions(e, name)
		}
	}
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			if g.compared && slices.ContainsFunc(n.Ops, func(op string) bool { return op[0] == '<' || op[0] == '>' }) {
				in(n.Xs...)
			}
		case *ast.Subscript:
			if !g.object(n.X) {
				in(n.Index...)
			}
		case *ast.Call:
			if syntax.IsNamed(n.Fun, "range") || syntax.IsNamed(n.Fun, "xrange") {
				for _, a := range n.Args {
					in(a.X)
				}
			}
		case *ast.Assign: // by another name
			if n.Value != nil && counted(n.Value, name) {
				for _, t := range n.Targets {
					x, ok := syntax.Unparen(t).(*ast.Name)
					found = found || ok && (g.isC(g.declared(x.Name)) || g.of(x.Name))
				}
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				to := syntax.DeclaredName(d).Name
				if d.Default != nil && counted(d.Default, name) {
					found = found || g.isC(g.declared(to)) || g.of(to)
				}
			}
		case *ast.For: // an item of it
			if n.Target != nil && !n.From && syntax.IsNamed(n.Iter, name) {
				x, ok := syntax.Unparen(n.Target).(*ast.Name)
				found = found || ok && measuring{g.crossing, false, g.seen}.of(x.Name)
			}
		}
		return !found
	})
	return found
}

// counted reports whether an expression is a variable or reckoned of it.
func counted(e ast.Expr, name string) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Name:
		return e.Name == name
	case *ast.Unary:
		return counted(e.X, name)
	case *ast.Binary:
		return counted(e.X, name) || counted(e.Y, name)
	}
	return false
}
