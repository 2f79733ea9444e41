package handlock

// Context managers of Python classes that take a lock which they are given.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// Manager returns the lock that is taken by a with statement over what a call makes: an object of a class of the
// module whose __enter__ takes what its __init__ was given.
func (h *Names) Manager(e ast.Expr) (ast.Expr, bool) {
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || call.Fun == nil {
		return nil, false
	}
	name, ok := syntax.Unparen(call.Fun).(*ast.Name)
	if !ok {
		return nil, false
	}
	for _, u := range h.m.Units {
		for _, st := range u.File.Body {
			c, ok := st.(*ast.ClassDef)
			if !ok || c.Name.Name != name.Name || c.Body == nil {
				continue
			}
			methods := map[string]*ast.FuncDef{}
			methodsOf(c.Body.Stmts, methods)
			init, enter := methods["__init__"], methods["__enter__"]
			if init == nil || enter == nil {
				return nil, false
			}
			attr, rest := entersBy(enter)
			for i, p := range init.Params.List {
				if i > 0 && attr != "" && gives(init, attr, syntax.ParamName(p)) {
					if x := syntax.Arg(call, i-1); x != nil {
						for _, a := range rest {
							x = &ast.Attribute{Span: x.Range(), X: x, Attr: ast.Ident{Name: a}}
						}
						return x, true
					}
				}
			}
		}
	}
	return nil, false
}

// entersBy returns the attribute by which a method takes a lock and leaves it taken, and what leads on from there.
func entersBy(enter *ast.FuncDef) (attr string, rest []string) {
	syntax.OwnNodes(enter.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		a, ok := call.Fun.(*ast.Attribute)
		if !ok {
			return true
		}
		path := syntax.Dotted(a.X)
		if take, known := takes(a.Attr.Name); known && len(path) > 1 && len(enter.Params.List) > 0 && path[0] == syntax.ParamName(enter.Params.List[0]) {
			attr, rest = "", nil
			if take {
				attr, rest = path[1], path[2:]
			}
		}
		return true
	})
	return attr, rest
}

// gives reports whether a constructor gives an attribute one of its parameters.
func gives(init *ast.FuncDef, attr, param string) bool {
	found := false
	syntax.OwnNodes(init.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if ok && len(a.Targets) == 1 && syntax.IsNamed(a.Value, param) {
			t, isAttr := a.Targets[0].(*ast.Attribute)
			found = found || isAttr && t.Attr.Name == attr
		}
		return true
	})
	return found
}
