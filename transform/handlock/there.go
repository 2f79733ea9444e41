package handlock

// Locks that may not be there: who takes one where there is one has it taken for every object only if each object is
// given one when it is made. And conditions that are the same for a whole run, as that the module is built for threads.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Using finds the modules that have ".name" somewhere.
type Using func(name string) []*project.Module

// Fixed reports whether a condition of names that modules define is the same whenever it is asked for: no function assigns
// to any of them, and no module to such an attribute. What an object has is not fixed, but where a module is imported, what
// looks like one may be it.
func Fixed(h *Names, cond ast.Expr, using Using) bool {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Const, *ast.Number, *ast.Str:
		return true
	case *ast.Name, *ast.Attribute:
		path := syntax.Dotted(e)
		if len(path) == 0 || global(h)[path[0]] {
			return false
		}
		if len(path) > 1 && len(h.m.Scope.Names[path[0]].Path) == 0 {
			return false
		}
		r := h.m.Owner(path)
		if r.Mod != nil && r.Mod != h.m && global(h.elsewhere.Get(r.Mod))[r.Name] {
			return false
		}
		for _, name := range []string{path[len(path)-1], r.Name} {
			if name != "" && slices.ContainsFunc(using(name), func(m *project.Module) bool { return Rebinds(m, name) }) {
				return false
			}
		}
		return true
	case *ast.Unary:
		return Fixed(h, e.X, using)
	case *ast.Binary:
		return Fixed(h, e.X, using) && Fixed(h, e.Y, using)
	case *ast.Compare:
		return !slices.ContainsFunc(e.Xs, func(x ast.Expr) bool { return !Fixed(h, x, using) })
	}
	return false
}

// global are the variables of the module that functions declare to be such, which they have no need to but to assign.
func global(h *Names) map[string]bool {
	return h.globals.Get(func() map[string]bool {
		out := map[string]bool{}
		for _, u := range h.m.Units {
			syntax.Everywhere(u.File.Body, func(st ast.Stmt) {
				if st, ok := st.(*ast.Simple); ok && st.Keyword == "global" {
					for _, n := range st.Names {
						out[n.Name] = true
					}
				}
			})
		}
		return out
	})
}

// Always reports whether each object of a class has the same C lock in an attribute from its __cinit__ on, or none of any
// class that is built like this has. That is the only method that is sure to run, and it has to come to where the lock is
// made, unless by a condition that is fixed; nothing else assigns to an attribute of this name, but for NULL before that
// and in the end. using are the modules that have the name.
func Always(h *Names, c *project.Class, attr string, using Using) bool {
	d, f := c.Declarer(attr), c.Field(attr)
	if d == nil || d.Mod != h.m || d.Def == nil || f == nil || f.Vis == ast.Public {
		return false
	}
	at := attribute{d, attr}
	if !h.there.Get(at).Get(func() bool { return makesFor(h, at, using) }) {
		return false
	}
	return d.PxdDef == nil || !slices.ContainsFunc(using(attr), func(m *project.Module) bool { return m != d.Mod && Rebinds(m, attr) })
}

// makesFor reports whether a class is one of those that Always speaks of, in its own module.
func makesFor(h *Names, at attribute, using Using) bool {
	if at.class.Def.Body == nil {
		return false
	}
	var cinit *ast.FuncDef
	for _, st := range at.class.Def.Body.Stmts {
		if def, ok := st.(*ast.FuncDef); ok && def.Name.Name == "__cinit__" {
			if cinit != nil {
				return false
			}
			cinit = def
		}
	}
	self := selfOf(cinit)
	if self == "" || cinit.Body == nil {
		return false
	}
	m := &making{h: h, using: using, self: self, attr: at.name, by: map[*ast.Attribute]bool{}}
	if !m.walk(cinit.Body.Stmts) || !m.made {
		return false
	}
	for _, u := range h.m.Units {
		if !m.alone(u.File, at.class, nil, nil) {
			return false
		}
	}
	return true
}

// making goes along a __cinit__.
type making struct {
	h          *Names
	using      Using
	self, attr string
	made       bool
	by         map[*ast.Attribute]bool // what is assigned to on the way
}

// walk goes on to where the lock is made; false where it may end before.
func (m *making) walk(stmts []ast.Stmt) bool {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.Assign:
			a := assigned(st, m.attr)
			if a == nil || len(st.Targets) != 1 || !syntax.IsNamed(a.X, m.self) {
				break
			}
			if null, ok := syntax.Bare(st.Value).(*ast.Const); ok && null.Name == "NULL" && !m.made {
				m.by[a] = true
			} else if call, ok := syntax.Bare(st.Value).(*ast.Call); ok && !m.made && (m.h.Makes(call) || library.MakesMemory()[m.h.m.CName(call.Fun)]) {
				m.by[a], m.made = true, true
			}
		case *ast.If:
			if len(st.Clauses) == 1 && Fixed(m.h, st.Clauses[0].Cond, m.using) {
				if !m.walk(st.Clauses[0].Body.Stmts) {
					return false
				}
				continue
			}
		}
		if !m.made && leaves(st) {
			return false
		}
	}
	return true
}

// leaves reports whether a statement may return.
func leaves(st ast.Stmt) bool {
	found := false
	syntax.OwnNodes(st, func(n ast.Node) bool {
		x, ok := n.(*ast.Simple)
		found = found || ok && x.Keyword == "return"
		return !found
	})
	return found
}

// alone reports whether nothing else in a file assigns to an attribute of the name, or takes its address.
func (m *making) alone(in ast.Node, of, class *project.Class, def *ast.FuncDef) bool {
	good := true
	ast.Walk(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ClassDef:
			if n != in {
				good = good && m.alone(n, of, m.h.m.Lookup([]string{n.Name.Name}), nil)
				return false
			}
		case *ast.FuncDef:
			if n != in {
				if def != nil {
					class = nil // in a method, it has no object
				}
				good = good && m.alone(n, of, class, n)
				return false
			}
		case *ast.Name:
			if n.Name == m.self && def != nil && def.Name.Name == "__cinit__" && class == of {
				good = good && !n.Access.Rebinds() // it is another object then
			}
		case *ast.Attribute:
			if n.Attr.Name != m.attr || !n.Access.Rebinds() || m.by[n] {
				break
			}
			own := class != nil && syntax.IsNamed(n.X, selfOf(def))
			good = good && own && (def.Name.Name == "__dealloc__" || !project.Related(class, of))
		}
		return good
	})
	return good
}

// selfOf is the name of a method's object, "" where it has none, as a static method, whose first parameter may have a type.
func selfOf(def *ast.FuncDef) string {
	if def == nil || def.Params == nil || len(def.Params.List) == 0 {
		return ""
	}
	if p := def.Params.List[0]; p.Type == nil && p.Annotation == nil {
		return syntax.ParamName(p)
	}
	return ""
}
