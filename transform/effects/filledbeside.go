package effects

// What else may run while a module is imported that fills its objects meanwhile (filled.go): functions and classes of the module of
// which code that runs then does anything but to call them and to make their objects. Who has one may have another thread run it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// handsCodeOn reports whether code that runs while a module is imported hands on functions of the module, or objects that have some.
func handsCodeOn(m *project.Module, run map[*ast.FuncDef]bool) bool {
	functions, classes, derived := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				functions[n.Name.Name] = true
			case *ast.ClassDef:
				classes[n.Name.Name] = true
				derived[n.Name.Name] = !n.CClass && n.Bases != nil // what it calls of itself, another module may decide
			}
			return true
		})
	}
	found := false
	for _, u := range m.Units {
		fine := map[ast.Expr]bool{}
		for _, st := range u.File.Body { // objects that variables get are known by these
			if a, ok := st.(*ast.Assign); ok && len(a.Targets) == 1 && syntax.IsNamed(a.Targets[0], syntax.LastName(a.Targets[0])) {
				if call, ok := syntax.Unparen(a.Value).(*ast.Call); ok && !derived[syntax.LastName(call.Fun)] {
					fine[call.Fun] = true
				}
			}
		}
		whileImporting(u, run, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.Lambda:
				found = true
			case *ast.Call:
				found = found || slices.Contains([]string{"globals", "locals", "vars", "exec", "eval", "__import__"}, syntax.LastName(n.Fun))
			case *ast.Simple:
				if n.Keyword == "raise" {
					for _, e := range n.Exprs {
						if call, ok := syntax.Unparen(e).(*ast.Call); ok {
							e = call.Fun
						}
						fine[e] = true
					}
				}
			case *ast.Try:
				for _, h := range n.Handlers {
					if h.Type != nil {
						ast.Walk(h.Type, func(n ast.Node) bool {
							if x, ok := n.(*ast.Name); ok {
								fine[x] = true
							}
							return true
						})
					}
				}
			case *ast.Name:
				found = found || !fine[n] && (n.Access == ast.Read && functions[n.Name] || (n.Access == ast.Read || n.Access == ast.Called) && classes[n.Name])
			}
		})
		found = found || decorates(m, u)
	}
	return found
}

// decorates reports whether functions of a file are handed to decorators that are none of Python's or Cython's own.
func decorates(m *project.Module, u *project.Unit) bool {
	found := false
	ast.Walk(u.File, func(n ast.Node) bool {
		if def, ok := n.(*ast.FuncDef); ok {
			for _, d := range def.Decorators {
				path := syntax.Dotted(decorating(d.Expr))
				builtin := len(path) == 1 && slices.Contains([]string{"property", "staticmethod", "classmethod"}, path[0])
				accessor := len(path) == 2 && slices.Contains([]string{"setter", "getter", "deleter"}, path[1])
				found = found || !builtin && !accessor && m.Scope.CythonAttr(decorating(d.Expr), true) == "" && (len(path) == 0 || m.Scope.Names[path[0]].Kind != project.BindCython)
			}
		}
		return !found
	})
	return found
}
