package effects

// Classes whose attributes others come to than code that names them: C code, pickling, a dataclass's methods.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// mayShow reports whether more than code that names them leads to the attributes of a class.
func mayShow(p *Program, c *project.Class) bool {
	if c.Flags["dataclass"] || slices.ContainsFunc(c.Defs, func(d project.Definition) bool { return d.API || d.Visibility == ast.Public }) {
		return true
	}
	pickles := c.AutoPickles()
	if pickles && !neverMade(p, c) {
		return true
	}
	return slices.ContainsFunc(p.Project.Lineage.Derived(c.Mod, c), func(k *project.Class) bool {
		return (k.AutoPickles() || pickles && k.Flags["auto_pickle=False"]) && !neverMade(p, k) // by the methods that it inherits
	})
}

// neverMade reports whether there are no objects of a class but those of its subclasses: Python code does not find it in
// its module, no other module can name it, and its own calls it nowhere.
func neverMade(p *Program, c *project.Class) bool {
	return c.Flags["internal"] && c.PxdDef == nil && !c.Mod.Broken() && !p.mentions.Get(c.Mod)[c.Name]
}

// findMentions returns the names that stand in a module for more than a base, the class that isinstance tells, or whose
// plain method is called.
func findMentions(p *Program, m *project.Module) map[string]bool {
	out := map[string]bool{}
	for _, u := range m.Units {
		known := map[ast.Expr]bool{}
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ClassDef:
				if n.Bases != nil {
					for _, a := range n.Bases.Args {
						known[a.X] = true
					}
				}
			case *ast.Call:
				switch fun := n.Fun.(type) {
				case *ast.Name:
					if fun.Name == "isinstance" && len(n.Args) == 2 {
						known[n.Args[1].X] = true
					}
				case *ast.Attribute:
					if x, ok := fun.X.(*ast.Name); ok && callsPlain(p, m, x.Name, fun.Attr.Name) {
						known[x] = true
					}
				}
			case *ast.Name:
				if !known[n] {
					out[n.Name] = true
				}
			}
			return true
		})
	}
	return out
}

// callsPlain reports whether a name in a module is a class that has a method of another name which is called with an
// object: it makes none.
func callsPlain(p *Program, m *project.Module, class, method string) bool {
	c := m.Lookup([]string{class})
	if c == nil || library.ImplicitStatic()[method] {
		return false
	}
	return slices.ContainsFunc(c.Ancestry(), func(a *project.Class) bool {
		fs := p.Own(a).Plain[method]
		return len(fs) > 0 && !slices.ContainsFunc(fs, func(f *Function) bool {
			return !f.IsBound() || f.Mod.PlainDecorator(f.Def, "classmethod") || !asWritten(f)
		})
	})
}
