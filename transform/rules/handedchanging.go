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
					if changesContent(n.Body, func(string) bool { return true }) {
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
	return changesContent(def.Body, func(name string) bool {
		return slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name })
	})
}

// changesOwn reports whether the methods of a class change the content of an attribute.
func changesOwn(body *ast.Suite) bool { return changesContent(body, nil) }

// changesContent reports whether the content of a variable changes somewhere of which is says so; of an attribute, where is
// is nil.
func changesContent(in ast.Node, is func(name string) bool) bool {
	one := func(e ast.Expr) bool {
		switch x := syntax.Bare(e).(type) {
		case *ast.Name:
			return is != nil && is(x.Name)
		case *ast.Attribute:
			return is == nil
		}
		return false
	}
	found := false
	ast.Walk(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			at, ok := n.Fun.(*ast.Attribute)
			found = found || ok && changesContainer(at.Attr.Name) && one(at.X)
		case *ast.Subscript:
			found = found || (n.Access == ast.Write || n.Access == ast.Delete) && one(n.X)
		case *ast.Assign: // "rows += [x]"
			found = found || n.Op != "=" && len(n.Targets) == 1 && is != nil && one(n.Targets[0])
		}
		return !found
	})
	return found
}
