package effects

// Python classes in sight that derive from an extension type: what "cls(x)" and "type(self).zeros(n)" may come to
// besides what the type itself does.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// pythonMembers returns the methods of a name of the Python classes that derive from c, as code of a module has to reckon
// with them.
func pythonMembers(p *Program, m *project.Module, c *project.Class, name string) []*Function {
	var out []*Function
	for _, f := range p.heirs.Get(c) {
		if f.Def.Name.Name == name && (f.Mod == c.Mod || p.Project.Lineage.InScope(m)) {
			out = append(out, f)
		}
	}
	return out
}

// Overridden reports whether a class in sight, Python's among them, overrides a method of c, as code of a module has to
// reckon with them.
func Overridden(p *Program, m *project.Module, c *project.Class, name string) bool {
	return len(pythonMembers(p, m, c, name)) > 0 || slices.ContainsFunc(p.Project.Lineage.Derived(m, c), func(s *project.Class) bool {
		return len(p.Own(s).Plain[name]) > 0
	})
}

// findHeirs returns the methods of the Python classes of the scope that derive from c.
func findHeirs(p *Program, c *project.Class) []*Function {
	mods := []*project.Module{c.Mod}
	for _, stem := range p.Project.Lineage.HeirsOf(c) {
		if m := p.Project.Module(stem); m != c.Mod && !m.Broken() {
			mods = append(mods, m)
		}
	}
	names := map[string]bool{}
	for again := true; again; {
		again = false
		for _, m := range mods {
			for name, def := range p.Funcs(m).pyDefs {
				if !names[name] && def.Bases != nil && slices.ContainsFunc(def.Bases.Args, func(a ast.Arg) bool { return derives(m, a.X, c, names) }) {
					names[name], again = true, true
				}
			}
		}
	}
	var out []*Function
	for _, m := range mods {
		for _, f := range p.Funcs(m).All {
			if f.PyClass != "" && names[f.PyClass] && f.Def.Body != nil && f.Def.Params != nil {
				out = append(out, f)
			}
		}
	}
	return out
}

// derives reports whether a base is c, an extension type that derives from it, or a Python class of one of some names.
func derives(m *project.Module, base ast.Expr, c *project.Class, names map[string]bool) bool {
	path := syntax.Dotted(base)
	if len(path) == 0 {
		return false
	}
	if k := m.Lookup(path); k != nil {
		return k == c || slices.Contains(k.Ancestry(), c)
	}
	return names[path[len(path)-1]]
}
