package effects

// Python classes in sight that derive from an extension type: what "cls(x)" and "type(self).zeros(n)" may come to
// besides what the type itself does.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// heirs are what the Python classes of the scope that derive from an extension type define, with the Python classes that
// these derive from, too.
type heirs struct {
	methods []*Function
	others  []memberOf // what they give names otherwise: "zeros = lookup", "class Sub(Base, metaclass=Meta)"
}

// memberOf is a name that a class gives a value, which may be anything.
type memberOf struct {
	mod  *project.Module
	name string
}

// pythonMembers returns the methods of a name of the Python classes that derive from c, as code of a module has to reckon
// with them; anything tells that one of them may do anything under that name.
func pythonMembers(p *Program, from *project.Module, c *project.Class, name string) (out []*Function, anything bool) {
	counts := func(m *project.Module) bool { return m == c.Mod || p.Project.Lineage.InScope(from) }
	h := p.heirs.Get(c)
	for _, f := range h.methods {
		if f.Def.Name.Name == name && counts(f.Mod) {
			out = append(out, f)
		}
	}
	return out, slices.ContainsFunc(h.others, func(o memberOf) bool { return o.name == name && counts(o.mod) })
}

// inPython reports whether a Python class in sight has something else under the name of a method.
func inPython(p *Program, m *project.Module, c *project.Class, name string) bool {
	fs, anything := pythonMembers(p, m, c, name)
	return len(fs) > 0 || anything
}

// Overridden reports whether a class in sight, Python's among them, overrides a method of c, as code of a module has to
// reckon with them.
func Overridden(p *Program, m *project.Module, c *project.Class, name string) bool {
	return inPython(p, m, c, name) || slices.ContainsFunc(p.Project.Lineage.Derived(m, c), func(s *project.Class) bool {
		return len(p.Own(s).Plain[name]) > 0
	})
}

// findHeirs finds them for a class.
func findHeirs(p *Program, c *project.Class) *heirs {
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
	out := &heirs{}
	if len(names) == 0 {
		return out
	}
	seen := map[*ast.ClassDef]bool{}
	for _, m := range mods {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			out.define(p, m, name, seen)
		}
		for _, u := range m.Units {
			out.assigned(m, u.File.Body, names)
		}
	}
	return out
}

// define adds what a Python class of a module defines, and those that it derives from.
func (h *heirs) define(p *Program, m *project.Module, name string, seen map[*ast.ClassDef]bool) {
	t := p.Funcs(m)
	def := t.pyDefs[name]
	if def == nil || seen[def] {
		return
	}
	seen[def] = true
	for _, f := range t.All {
		if f.PyClass == name && f.Def.Body != nil && f.Def.Params != nil {
			h.methods = append(h.methods, f)
		}
	}
	for v := range t.pyVars[name] {
		h.others = append(h.others, memberOf{m, v})
	}
	if def.Bases == nil {
		return
	}
	for _, a := range def.Bases.Args {
		if a.Name.Name == "metaclass" { // it may make the objects
			h.others = append(h.others, memberOf{m, "__new__"})
		} else if r := m.Owner(syntax.Dotted(a.X)); r.Mod != nil {
			h.define(p, r.Mod, r.Name, seen)
		}
	}
}

// assigned adds what a module's statements assign to attributes of classes of some names: "Sub.zeros = lookup".
func (h *heirs) assigned(m *project.Module, stmts []ast.Stmt, names map[string]bool) {
	for _, st := range stmts {
		a, ok := st.(*ast.Assign)
		if !ok {
			continue
		}
		for _, t := range a.Targets {
			if path := syntax.Dotted(syntax.Unparen(t)); len(path) > 1 && names[path[len(path)-2]] {
				h.others = append(h.others, memberOf{m, path[len(path)-1]})
			}
		}
	}
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
