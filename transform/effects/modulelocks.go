package effects

// Functions of a module that return a lock of that module: "with the_lock():" takes the lock that the variable holds, as
// "with _lock:" does.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// moduleLock is the variable with the lock that each of some functions returns, which are called by a name of the module
// or of another one; 0 for other functions.
//
// That the call is a use of the variable itself rests on three things. The functions do nothing but return it, so that
// none makes a lock, chooses between two or waits at a yield; no decorator puts something else in their place; and
// nothing else is bound to their names, where they are defined and where they are called.
func moduleLock(b calls, path []string, fs []*Function) int32 {
	var of *project.Module
	var name string
	for i, g := range fs {
		m, n := returnedVariable(b.p, g, fs)
		if m == nil || i > 0 && (m != of || n != name) {
			return 0
		}
		of, name = m, n
	}
	if fs[0].Mod != b.m {
		for _, name := range slices.Compact([]string{path[0], path[len(path)-1]}) {
			if bindsAnew(b.p, b.m, name, nil, true) {
				return 0
			}
		}
	}
	return variableLock(b.builder, of, name)
}

// returnedVariable is the variable with a lock that is all that a function returns; nil for another function. fs are those
// that have its name.
func returnedVariable(p *Program, g *Function, fs []*Function) (*project.Module, string) {
	if g.Class != nil || g.PyClass != "" || g.Def.Body == nil || g.Def.Async || g.Def.Params == nil {
		return nil, ""
	}
	for _, d := range g.Def.Decorators {
		if g.Mod.Scope.CythonAttr(decoratorName(d.Expr), true) == "" {
			return nil, ""
		}
	}
	stmts := g.Def.Body.Stmts
	if syntax.Docstring(stmts) != nil {
		stmts = stmts[1:]
	}
	if len(stmts) != 1 {
		return nil, ""
	}
	st, ok := stmts[0].(*ast.Simple)
	if !ok || st.Keyword != "return" || len(st.Exprs) != 1 {
		return nil, ""
	}
	n, ok := syntax.Unparen(st.Exprs[0]).(*ast.Name)
	if !ok || !p.HandLocks(g.Mod).IsLock(n) || slices.ContainsFunc(g.Def.Params.List, func(prm *ast.Param) bool { return prm.Name.Name == n.Name }) {
		return nil, ""
	}
	if bindsAnew(p, g.Mod, g.Def.Name.Name, fs, false) {
		return nil, ""
	}
	return p.HandLocks(g.Mod).Global([]string{n.Name})
}

// bindsAnew reports whether a module binds a name to something else than some functions of it, or may: wherever that is,
// since a function may say that the name is global. imports tells that an import is what binds it.
func bindsAnew(p *Program, m *project.Module, name string, fs []*Function, imports bool) bool {
	t, found := p.Funcs(m), false
	imported := 0
	binds := func(id ast.Ident) bool { return id.Name == name }
	for _, u := range m.Units {
		text := func(e ast.Expr) bool {
			s, ok := syntax.Unparen(e).(*ast.Str)
			return ok && slices.Contains([]string{`"` + name + `"`, `'` + name + `'`}, syntax.Text(u.File, s.Range()))
		}
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || n.Name == name && n.Access != ast.Read && n.Access != ast.Called
			case *ast.Attribute: // of the module, as others and it itself know that
				found = found || n.Attr.Name == name && n.Access != ast.Read && n.Access != ast.Called
			case *ast.Subscript: // globals()["name"]
				found = found || n.Access != ast.Read && slices.ContainsFunc(n.Index, text)
			case *ast.Call: // setattr(module, "name", …)
				found = found || slices.ContainsFunc(n.Args, func(a ast.Arg) bool { return text(a.X) })
			case *ast.FuncDef:
				f := t.ByDef[n]
				found = found || binds(n.Name) && !slices.Contains(fs, f) && (f == nil || f.Class == nil && f.PyClass == "")
			case *ast.ClassDef:
				found = found || binds(n.Name)
			case *ast.CVarDecl:
				found = found || slices.ContainsFunc(n.Declarators, func(d *ast.Declarator) bool { return syntax.DeclaredName(d).Name == name && !d.Func })
			case *ast.Import:
				for _, x := range n.Names {
					if binds(x.As) || x.As.Name == "" && binds(x.Path[0]) {
						imported++
					}
				}
			case *ast.FromImport:
				if n.Star && !n.Cimport {
					imported++
				}
				for _, x := range n.Names {
					if binds(x.As) || x.As.Name == "" && binds(x.Path[0]) {
						imported++
					}
				}
			}
			return !found
		})
	}
	return found || imported > 1 || imported > 0 && !imports
}
