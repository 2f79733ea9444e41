package rules

// Python functions and classes in sight that are handed over, and change what they are given or may keep: whatever calls
// something that it got, and gives it a container, may call one of these.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// handsOverChanging reports whether modules use one as a value.
func handsOverChanging(mods []*project.Module) bool {
	values, changing := map[string]bool{}, map[string]bool{}
	for _, m := range mods {
		for _, u := range m.Units {
			ast.Walk(u.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Name:
					if n.Access == ast.Read {
						values[n.Name] = true
					}
				case *ast.Attribute:
					if n.Access == ast.Read {
						values[n.Attr.Name] = true
					}
				case *ast.FuncDef:
					if n.Kind == ast.Def && n.Body != nil && changesGiven(n) {
						changing[n.Name.Name] = true
					}
				case *ast.Lambda:
					if changesContent(n.Body, func(ast.Expr) bool { return true }) {
						values["lambda"], changing["lambda"] = true, true
					}
				case *ast.ClassDef:
					if !n.CClass && n.Body != nil && changesOwn(n.Body) {
						changing[n.Name.Name] = true
					}
				}
				return true
			})
		}
	}
	for name := range changing {
		if values[name] {
			return true
		}
	}
	return false
}

// changesGiven reports whether a function changes the content of a parameter.
func changesGiven(def *ast.FuncDef) bool {
	return changesContent(def.Body, func(e ast.Expr) bool {
		x, ok := e.(*ast.Name)
		return ok && slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return p.Kind == ast.Positional && syntax.ParamName(p) == x.Name })
	})
}

// changesOwn reports whether the methods of a class change the content of what they were given, and keep in an attribute.
func changesOwn(body *ast.Suite) bool {
	kept := map[string]bool{}
	ast.Walk(body, func(n ast.Node) bool {
		def, ok := n.(*ast.FuncDef)
		if !ok || def.Body == nil {
			return true
		}
		syntax.OwnNodes(def.Body, func(n ast.Node) bool {
			if st, ok := n.(*ast.Assign); ok && st.Value != nil {
				for _, t := range st.Targets {
					x, to := t.(*ast.Attribute)
					v, from := syntax.Bare(st.Value).(*ast.Name)
					if to && from && slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == v.Name }) {
						kept[x.Attr.Name] = true
					}
				}
			}
			return true
		})
		return true
	})
	return len(kept) > 0 && changesContent(body, func(e ast.Expr) bool {
		x, ok := e.(*ast.Attribute)
		return ok && kept[x.Attr.Name]
	})
}

// changesContent reports whether the content of something changes somewhere of which is says so.
func changesContent(in ast.Node, is func(e ast.Expr) bool) bool {
	found := false
	ast.Walk(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			at, ok := n.Fun.(*ast.Attribute)
			found = found || ok && changesContainer(at.Attr.Name) && is(syntax.Bare(at.X))
		case *ast.Subscript:
			found = found || (n.Access == ast.Write || n.Access == ast.Delete) && is(syntax.Bare(n.X))
		case *ast.Assign: // "rows += [x]"
			found = found || n.Op != "=" && len(n.Targets) == 1 && is(syntax.Bare(n.Targets[0]))
		}
		return !found
	})
	return found
}
