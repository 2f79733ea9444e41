package rules

// Python functions and classes in sight that are handed over, and change what they are given or may keep: whatever calls
// something that it got, and gives it a container, may call one of these.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// passing are what calls are given, by the names of what is called, and the names of functions and classes that change what
// they are given or keep.
type passing struct {
	calls    map[string][]passed
	changing map[string]bool
}

// passed is something that a call, or an attribute, is given in a function; in is nil where that is none.
type passed struct {
	x  ast.Expr
	in *ast.FuncDef
}

// passingIn looks at modules.
func passingIn(mods []*project.Module) *passing {
	out := &passing{map[string][]passed{}, map[string]bool{}}
	for _, m := range mods {
		for _, u := range m.Units {
			out.walk(u.File, nil)
		}
	}
	return out
}

func (p *passing) walk(node ast.Node, in *ast.FuncDef) {
	ast.Walk(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if name := lastName(n.Fun); name != "" {
				for _, a := range n.Args {
					p.calls[name] = append(p.calls[name], passed{a.X, in})
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if x, ok := t.(*ast.Attribute); ok && n.Value != nil {
					p.calls[x.Attr.Name] = append(p.calls[x.Attr.Name], passed{n.Value, in})
				}
			}
		case *ast.FuncDef:
			if n == node {
				return true
			}
			if n.Kind == ast.Def && n.Body != nil && !ofProperty(n) && changesGiven(n) {
				p.changing[n.Name.Name] = true
			}
			p.walk(n, n)
			return false
		case *ast.ClassDef:
			if !n.CClass && n.Body != nil && changesOwn(n.Body) {
				p.changing[n.Name.Name] = true
			}
		}
		return true
	})
}

// toClass reports whether the objects of a class are given one that changes what it gets: by a constructor or another method of
// the class or a subclass, one of its attributes, or a function that hands it on.
func (p *passing) toClass(c *project.Class, mods []*project.Module) bool {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, m := range mods {
		for _, k := range m.Classes {
			if slices.Contains(k.Ancestry(), c) {
				add(k.Name)
			}
		}
	}
	for _, k := range c.Ancestry() {
		for name := range k.FieldByName {
			add(name)
		}
		if k.Def != nil && k.Def.Body != nil {
			ast.Walk(k.Def.Body, func(n ast.Node) bool {
				def, ok := n.(*ast.FuncDef)
				if ok {
					add(def.Name.Name)
				}
				return !ok
			})
		}
	}
	found := false
	for i := 0; i < len(names) && !found; i++ {
		for _, x := range p.calls[names[i]] {
			ast.Walk(x.x, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Name:
					found = found || p.changing[n.Name]
					if x.in != nil && slices.ContainsFunc(x.in.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == n.Name }) {
						add(x.in.Name.Name)
					}
				case *ast.Attribute:
					found = found || p.changing[n.Attr.Name]
				case *ast.Lambda:
					found = found || changesContent(n.Body, func(ast.Expr) bool { return true })
				}
				return !found
			})
		}
	}
	return found
}

// ofProperty reports whether a function gets or sets a property: who names that calls it.
func ofProperty(def *ast.FuncDef) bool {
	return slices.ContainsFunc(def.Decorators, func(d *ast.Decorator) bool {
		switch syntax.LastName(d.Expr) {
		case "property", "setter", "getter", "deleter":
			return true
		}
		return false
	})
}

// changesGiven reports whether a function changes the content of a parameter.
func changesGiven(def *ast.FuncDef) bool {
	return changesContent(def.Body, func(e ast.Expr) bool {
		x, ok := e.(*ast.Name)
		return ok && slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return p.Kind == ast.Positional && syntax.ParamName(p) == x.Name }) &&
			!syntax.Assigns(def.Body, x.Name) // most often a copy
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
