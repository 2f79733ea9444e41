package rules

// Operands whose lock is held, as package effects knows it: members take that of other objects with their own, and who
// calls a C function holds what it uses of its parameters.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/syntax"
)

// unguarded reports whether others can get at an object that a function evaluates at an offset, without a lock that is
// held there.
func unguarded(c *checking, f *ruleFunc, x ast.Expr, at int32) bool {
	return c.reach(f, x, at) == shared && !f.held(at, x) && !operandHeld(c, f, x)
}

// operandHeld reports whether an expression is reached through an attribute of a parameter, which the function holds
// from its entry on, or its callers do: "other.terms".
func operandHeld(c *checking, f *ruleFunc, x ast.Expr) bool {
	root, attr := "", ""
	for e := syntax.Bare(x); root == ""; {
		switch at := e.(type) {
		case *ast.Attribute:
			e, attr = syntax.Bare(at.X), at.Attr.Name
		case *ast.Name:
			root = at.Name
		default:
			return false
		}
	}
	if f.prepare(); attr == "" || f.params[root] == nil || len(f.values[root]) > 0 {
		return false
	}
	num := int32(slices.IndexFunc(f.def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == root }))
	all := c.functions()
	i := slices.IndexFunc(all, func(g *effects.Function) bool { return g.Def == f.def })
	if i < 0 || c.p.Exempt(all[i]) {
		return false
	}
	g := all[i]
	return slices.ContainsFunc(g.Sum.Effects, func(e effects.Effect) bool {
		r := &g.Sum.Regions[e.Region]
		return r.Root == effects.NodeParam && r.Num == num && r.Parent < 0 && c.p.Guards(e.Class) && e.Class.Field(attr) != nil &&
			(c.p.Holds(g, &e) || len(g.Callers) > 0 && !c.p.Entry(g))
	})
}
