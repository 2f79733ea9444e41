package rules

// Operands whose lock is held, as package effects knows it: members take that of other objects with their own, and who
// calls a C function holds what it uses of its parameters.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// unguarded reports whether others can get at an object that a function evaluates at an offset, without a lock that is
// held there.
func unguarded(c *checking, f *ruleFunc, x ast.Expr, at int32) bool {
	return c.reach(f, x, at) == shared && !f.held(at, x) && !operandHeld(c, f, x) && !itemHeld(c, f, x, at)
}

// itemHeld reports whether an expression is a variable that holds an item of what is held, "groups = self._groups[name]":
// what is in a container, and nowhere else, is the state of whoever has that.
func itemHeld(c *checking, f *ruleFunc, x ast.Expr, at int32) bool {
	n, ok := syntax.Bare(x).(*ast.Name)
	if f.prepare(); !ok || !f.local[n.Name] {
		return false
	}
	values, param := f.reaching(n.Name, at)
	return !param && len(values) > 0 && !slices.ContainsFunc(values, func(v nameValue) bool {
		of, ok := containerAsked(c, v).(*ast.Attribute)
		return !ok || !f.held(at, of) && !operandHeld(c, f, of) || !itemsStay(&c.bodies, of.Attr.Name) || namedBeside(c, of.Attr.Name)
	})
}

// namedBeside reports whether other modules, which know the class that has an attribute by its .pxd, may name that.
func namedBeside(c *checking, attr string) bool {
	owner := c.soleOwner(attr)
	return owner != nil && owner.PxdDef != nil && slices.ContainsFunc(c.p.Project.Lineage.UsingBeside(c.m, attr), func(m *project.Module) bool { return m != c.m })
}

// containerAsked is what a variable has an item of; nil where that is not known.
func containerAsked(c *checking, v nameValue) ast.Expr {
	if v.value == nil || v.item {
		return nil
	}
	switch x := syntax.Bare(v.value).(type) {
	case *ast.Subscript:
		return syntax.Bare(x.X)
	case *ast.Call:
		if l, ok := library.Lenders()[c.m.CName(x.Fun)]; ok && l.Container >= 0 {
			return syntax.Bare(syntax.Arg(x, l.Container))
		}
		if fun, ok := syntax.Unparen(x.Fun).(*ast.Attribute); ok && (fun.Attr.Name == "get" || fun.Attr.Name == "setdefault") {
			return syntax.Bare(fun.X)
		}
	}
	return nil
}

// fromC reports whether an expression is reached from an object that C code passes on to a function that it calls, perhaps for
// somebody who holds its lock.
func fromC(c *checking, f *ruleFunc, x ast.Expr) bool {
	root := syntax.Bare(x)
	for depth := 0; ; depth++ {
		at, ok := root.(*ast.Attribute)
		if !ok {
			if depth == 0 {
				return false
			}
			break
		}
		root = syntax.Bare(at.X)
	}
	n, ok := root.(*ast.Name)
	if f.prepare(); !ok || f.class != nil || f.outer != nil || f.def.Kind != ast.Cdef || !usedAsValue(c, f.def.Name.Name) || f.params[n.Name] != nil || len(f.values[n.Name]) == 0 {
		return false
	}
	t := f.types[n.Name]
	if t.ctype == nil || !c.p.Guards(c.p.Types.Of(c.m, t.ctype, t.d).Class) {
		return false
	}
	return !slices.ContainsFunc(f.values[n.Name], func(v nameValue) bool {
		cast, ok := v.value.(*ast.Cast)
		return !ok || v.item || !inC(f, cast.X)
	})
}

// inC reports whether an expression is a pointer that C code gave a function: one of its parameters, or what a struct
// that one leads to has.
func inC(f *ruleFunc, e ast.Expr) bool {
	for {
		switch x := syntax.Bare(e).(type) {
		case *ast.Attribute:
			e = x.X
			continue
		case *ast.Name:
			p := f.params[x.Name]
			return p != nil && p.Type != nil && syntax.Pointers(p.Declarator) > 0 && len(f.values[x.Name]) == 0
		}
		return false
	}
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
