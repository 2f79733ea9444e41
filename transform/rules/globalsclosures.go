package rules

// PXL502: variables of a function that functions within it change, which it hands out: all who have one of these share
// them. Cython keeps them in fields of an object that has no lock.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// closedOver returns such variables by the function and their names.
func closedOver(c *checking) map[*ruleFunc]map[string]*globalVar {
	c.closed = map[*ruleFunc]map[string]*globalVar{}
	var handed map[*ast.FuncDef]*effects.Function
	out := map[*ruleFunc][]effects.Deferred{}
	for _, f := range c.funcs() {
		if f.outer == nil {
			continue
		}
		if handed == nil {
			handed = map[*ast.FuncDef]*effects.Function{}
			for _, g := range c.p.Funcs(c.m).All {
				handed[g.Def] = g
			}
		}
		list, known := out[f.outer]
		if !known {
			if g := handed[f.outer.def]; g != nil {
				list = effects.HandedOut(g)
			}
			out[f.outer] = list
		}
		for _, d := range list {
			if d.Body.Contains(f.def.Body.Pos) {
				closedChanges(c, f)
				break
			}
		}
	}
	return c.closed
}

// closedVar is the variable of a function round it that a name in a function means, nil for its own and the module's. It is
// made where make says so.
func closedVar(c *bodies, f *ruleFunc, name string, make bool) *globalVar {
	if f.prepare(); f.local[name] {
		return nil
	}
	for at := f.outer; at != nil; at = at.outer {
		if at.prepare(); !at.local[name] {
			continue
		}
		v := c.closed[at][name]
		if t := at.types[name]; v == nil && make && (t.ctype == nil || library.ObjectGlobals()[t.ctype.Name]) {
			v = &globalVar{name: name, u: at.u, node: at.def.Name, in: at, words: fmt.Sprintf("the variable %s of %s, which all share who have %s,", name, at.name(), f.name())}
			for _, given := range at.values[name] {
				if given.value != nil && !given.item {
					v.inits = append(v.inits, given.value)
				}
			}
			if c.closed[at] == nil {
				c.closed[at] = map[string]*globalVar{}
			}
			c.closed[at][name] = v
		}
		return v
	}
	return nil
}

// closedChanges notes what a function does to variables of those round it.
func closedChanges(c *checking, f *ruleFunc) {
	note := func(e ast.Expr, kind changeKind, node ast.Node, value, key ast.Expr) {
		n, ok := syntax.Bare(e).(*ast.Name)
		if !ok || kind <= counts && !f.global[n.Name] {
			return
		}
		v := closedVar(&c.bodies, f, n.Name, true)
		if v != nil && (kind <= counts || containerKind(v) != "") {
			v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value, key: key})
		}
	}
	f.prepare()
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		eachBound(n, func(t ast.Expr, node ast.Node, value ast.Expr, kind changeKind) {
			switch t := t.(type) {
			case *ast.Name:
				note(t, kind, node, value, nil)
			case *ast.Subscript:
				note(t.X, stores, node, value, onlyIndex(t))
			}
		})
		if call, ok := n.(*ast.Call); ok {
			if at, ok := call.Fun.(*ast.Attribute); ok && library.Mutators()[at.Attr.Name] {
				note(at.X, stores, call, nil, nil)
			}
			if by := alteredBy(&c.bodies, f, call); by.x != nil {
				note(by.x, by.kind, call, nil, by.key())
			}
		}
		return true
	})
}
