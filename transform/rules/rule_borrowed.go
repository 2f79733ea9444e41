package rules

// PXL401: references that a container lends out, and that die with the item
// when another thread replaces it.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

func borrowed(c *checking) {
	for _, f := range c.mentioning() {
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.Call)
			if !ok || call.Fun == nil {
				return true
			}
			name := c.m.CName(call.Fun)
			l, ok := library.Lenders()[name]
			if !ok || onlyTested(f, call) {
				return true
			}
			if l.Container < 0 {
				if !f.held(call.Pos, nil) {
					f.finding(call.Span, finding.Borrowed,
						fmt.Sprintf("%s returns a borrowed reference: another thread can take the object away from %s", name, l.What),
						"use "+l.Instead)
				}
				return true
			}
			x := syntax.Arg(call, l.Container)
			if x == nil || c.reach(f, x, call.Pos) != shared || f.held(call.Pos, x) || c.sizedBefore(f, call, name) {
				return true
			}
			f.finding(call.Span, finding.Borrowed,
				fmt.Sprintf("%s returns a borrowed reference: another thread can replace the item in %s", name, f.spelled(x)),
				fmt.Sprintf("use %s, or %s, which hand out a reference of your own; or hold a lock on %s", l.Instead, plainly(f, name, call), f.spelled(x)))
			return true
		})
	}
}

// plainly returns what people write in Cython in place of a C call.
func plainly(f *ruleFunc, name string, call *ast.Call) string {
	x, key := f.spelled(syntax.Arg(call, 0)), "…"
	if k := syntax.Arg(call, 1); k != nil {
		key = syntax.Text(f.u.File, syntax.Bare(k).Range())
	}
	switch name {
	case "PyDict_SetDefault":
		return fmt.Sprintf("`%s.setdefault(%s, …)`", x, key)
	case "PyCell_GET":
		return "the closure's variable"
	case "PyList_GetItem", "PyList_GET_ITEM", "PySequence_Fast_GET_ITEM":
		return fmt.Sprintf("`%s[%s]`", x, key)
	}
	return fmt.Sprintf("`%s.get(%s)`", x, key)
}

// onlyTested reports whether the result of a call is compared with NULL and
// not used otherwise.
func onlyTested(f *ruleFunc, call *ast.Call) bool {
	var at ast.Node = call
	for _, p := range f.parents(call) {
		switch p := p.(type) {
		case *ast.Paren:
		case *ast.Cast:
			if p.Type != nil && syntax.Pointers(p.Type.Declarator) == 0 {
				return false // an object: its count goes up
			}
		case *ast.Compare, *ast.CondClause, *ast.ExprStmt:
			return tests(p)
		case *ast.Unary:
			return p.Op == "not"
		case *ast.Binary:
			if p.Op != "and" && p.Op != "or" {
				return false
			}
		case *ast.Assign:
			if n, ok := p.Targets[0].(*ast.Name); ok && len(p.Targets) == 1 && p.Value == at {
				return f.onlyCompared(n.Name)
			}
			return false
		case *ast.Declarator:
			return p.Default == at && f.onlyCompared(syntax.DeclaredName(p).Name)
		default:
			return false
		}
		at = p
	}
	return false
}

// tests reports whether a node asks no more of a pointer than whether it is NULL.
func tests(n ast.Node) bool {
	c, ok := n.(*ast.Compare)
	if !ok {
		return true
	}
	for _, x := range c.Xs {
		if k, ok := syntax.Unparen(x).(*ast.Const); ok && k.Name == "NULL" {
			return true
		}
	}
	return false
}

// onlyCompared reports whether a local pointer is only compared with NULL.
func (f *ruleFunc) onlyCompared(name string) bool {
	f.prepare()
	if !f.local[name] || syntax.Pointers(f.types[name].d) == 0 {
		return false
	}
	used := false
	ast.Walk(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			if tests(n) {
				for _, x := range n.Xs {
					if m, ok := syntax.Bare(x).(*ast.Name); ok && m.Name == name {
						return false
					}
				}
			}
		case *ast.Name:
			if n.Name == name && n.Access != ast.Write {
				used = true
			}
		}
		return !used
	})
	return !used
}
