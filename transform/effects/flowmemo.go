package effects

// The memo of copy.deepcopy, which __deepcopy__ is given: a dict that belongs to the one call that copies. What a copy
// puts there nobody finds but the copying of its own parts.

import (
	"bytes"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// isMemo reports whether an expression is the memo that a __deepcopy__ was given, and that it gives to nothing but
// what copies others. What it finds there it returns.
func isMemo(b *builder, e ast.Expr) bool {
	name, ok := syntax.Bare(e).(*ast.Name)
	f := b.f
	if !ok || f.Def.Name.Name != "__deepcopy__" || !f.IsBound() || len(f.Def.Params.List) != 2 || b.nested > 0 || showsVariables(f.Def) {
		return false
	}
	p := f.Def.Params.List[1]
	n, _, _ := b.value(name.Name)
	if syntax.ParamName(p) != name.Name || p.Kind != ast.Positional || p.Default != nil || n != b.flow.Params[1] {
		return false
	}
	uses, known := 0, 0
	counts := func(e ast.Expr) {
		if syntax.IsNamed(e, name.Name) {
			known++
		}
	}
	item := func(e ast.Expr) {
		if s, ok := syntax.Unparen(e).(*ast.Subscript); ok {
			counts(s.X)
		}
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.Comp:
			uses++ // what runs later may have it
			return false
		case *ast.Name:
			if n.Name == name.Name {
				uses++
			}
		case *ast.Assign: // "memo[id(self)] = new"
			for _, t := range n.Targets {
				item(t)
			}
		case *ast.Simple: // "return memo[id(self)]"
			if n.Keyword == "return" {
				for _, e := range n.Exprs {
					item(e)
				}
			}
		case *ast.Compare:
			if op := n.Ops[len(n.Ops)-1]; op == "in" || op == "not in" {
				counts(n.Xs[len(n.Xs)-1])
			}
		case *ast.Call:
			if copies(f.Mod, n.Fun) {
				for _, a := range n.Args {
					counts(a.X)
				}
			}
		}
		return true
	})
	return uses == known && !givesMemo(f)
}

// copies reports whether what is called is copy.deepcopy or a __deepcopy__, which keep no memo.
func copies(m *project.Module, fun ast.Expr) bool {
	path := syntax.Dotted(fun)
	if a, ok := fun.(*ast.Attribute); ok && a.Attr.Name == "__deepcopy__" {
		return true
	}
	if len(path) == 0 || len(path) > 2 || path[len(path)-1] != "deepcopy" {
		return false
	}
	bd := m.Scope.Names[path[0]]
	return (bd.Kind == project.BindModule || bd.Kind == project.BindImported) && len(bd.Path) == 1 && bd.Path[0] == "copy"
}

// givesMemo reports whether a file of the module may call __deepcopy__ itself, with what is no new dict.
func givesMemo(f *Function) bool {
	for _, u := range f.Mod.Units {
		if bytes.Contains(u.File.Src, []byte(`"__deepcopy__"`)) || bytes.Contains(u.File.Src, []byte(`'__deepcopy__'`)) {
			return true // of getattr
		}
		for _, after := range bytes.Split(u.File.Src, []byte(".__deepcopy__"))[1:] {
			if !bytes.HasPrefix(after, []byte("({})")) {
				return true
			}
		}
		given := false
		if bytes.Contains(u.File.Src, []byte("deepcopy(")) {
			syntax.Everywhere(u.File.Body, func(st ast.Stmt) {
				if def, ok := st.(*ast.FuncDef); ok && def.Body != nil && def.Name.Name != "__deepcopy__" {
					given = given || givesAsMemo(f.Mod, def.Body)
				}
			})
		}
		if given {
			return true
		}
	}
	return false
}

// givesAsMemo reports whether code gives copy.deepcopy a memo of its own.
func givesAsMemo(m *project.Module, body ast.Node) bool {
	found := false
	ast.Walk(body, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		found = found || ok && c.Fun != nil && len(c.Args) > 1 && copies(m, c.Fun)
		return !found
	})
	return found
}
