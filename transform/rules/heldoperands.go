package rules

// Operands whose lock is held, as package effects knows it: members take that of other objects with their own, and who
// calls a C function holds what it uses of its parameters.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// unguarded reports whether others can get at an object that a function evaluates at an offset, without a lock that is
// held there.
func unguarded(c *checking, f *ruleFunc, x ast.Expr, at int32) bool {
	return c.reach(f, x, at) == shared && !f.held(at, x) && !operandHeld(c, f, x)
}

// operandHeld reports whether an expression is reached through an attribute of a parameter, which the function holds
// from its entry on, or its callers do: "other.terms". What another object has, "other.leaf.terms", that lock guards where
// nothing else leads to it.
func operandHeld(c *checking, f *ruleFunc, x ast.Expr) bool {
	root := ""
	var path []string // the attributes, the last one first
	for e := syntax.Bare(x); root == ""; {
		switch at := e.(type) {
		case *ast.Attribute:
			e, path = syntax.Bare(at.X), append(path, at.Attr.Name)
		case *ast.Name:
			root = at.Name
		default:
			return false
		}
	}
	if f.prepare(); len(path) == 0 || f.params[root] == nil || len(f.values[root]) > 0 {
		return false
	}
	slices.Reverse(path)
	num := int32(slices.IndexFunc(f.def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == root }))
	c.functions() // solves them
	g := c.p.Funcs(c.m).ByDef[f.def]
	if g == nil || c.p.Exempt(g) {
		return false
	}
	return slices.ContainsFunc(g.Sum.Effects, func(e effects.Effect) bool {
		r := &g.Sum.Regions[e.Region]
		return r.Root == effects.NodeParam && r.Num == num && r.Parent < 0 && c.p.Guards(e.Class) && leadsWithin(c, e.Class, path) &&
			(c.p.Holds(g, &e) || len(g.Callers) > 0 && !c.p.Entry(g))
	})
}

// leadsWithin reports whether a path of attributes stays within an object of a class, and what only that object leads to.
func leadsWithin(c *checking, k *project.Class, path []string) bool {
	for i, name := range path {
		fd := k.Field(name)
		if fd == nil {
			return false
		}
		switch last, sh := i == len(path)-1, c.p.Types.OfField(fd); {
		case last || sh.Kind != ctype.Object && sh.Kind != ctype.Unknown:
			return true
		case sh.Class == nil || !effects.Owns(c.p, k, name):
			return false
		default:
			k = sh.Class
		}
	}
	return false
}
