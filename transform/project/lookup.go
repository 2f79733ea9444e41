package project

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

// Names followed to what they stand for, across modules.

// cimport is what a cimport says of the module that it names.
type cimport struct {
	level int
	path  string // its parts, joined by dots
}

// at returns the module that a cimport in m names, or nil. Each name that m does not bind itself leads through
// the same few cimports.
func (m *Module) at(level int, path []string) *Module {
	return m.cimported.Get(cimport{level, strings.Join(path, ".")})
}

func findCimported(m *Module, c cimport) *Module {
	var path []string
	if c.path != "" {
		path = strings.Split(c.path, ".")
	}
	if stem := m.proj.Find(m.Stem, m.Root, c.level, path); stem != "" {
		return m.proj.Module(stem)
	}
	return nil
}

// Lookup resolves a dotted name in a module to an extension type, or nil.
func (m *Module) Lookup(path []string) *Class {
	if m == nil || len(path) != 1 {
		return m.lookup(path, 0, trail{})
	}
	// Code names the same few things again and again, most of them no class.
	return m.found.Get(path[0])
}

// maxHops is how many modules and aliases a name is followed through.
const maxHops = 16

// trail are the names that were looked for on the way to one. Packages whose modules import all of each other lead to the same
// ones again and again.
type trail map[lookedFor]bool

// lookedFor is a dotted name in a module.
type lookedFor struct {
	m    *Module
	name string
}

// again reports whether a name was looked for in a module, and notes that it is.
func (t trail) again(m *Module, path []string) bool {
	key := lookedFor{m, strings.Join(path, ".")}
	was := t[key]
	t[key] = true
	return was
}

func (m *Module) lookup(path []string, depth int, seen trail) *Class {
	if m == nil || len(path) == 0 || depth > maxHops || seen.again(m, path) {
		return nil
	}
	b, ok := m.Scope.Names[path[0]]
	if !ok {
		for _, s := range m.Scope.Stars {
			if o := m.at(s.Level, s.Path); o != nil {
				if c := o.lookup(path, depth+1, seen); c != nil {
					return c
				}
			}
		}
		return nil
	}
	switch b.Kind {
	case bindClass:
		if len(path) == 1 {
			return b.class.defined()
		}
	case BindImported:
		if o := m.at(b.Level, b.Path); o != nil {
			if c := o.lookup(append([]string{b.Attr}, path[1:]...), depth+1, seen); c != nil {
				return c
			}
		}
		if len(path) > 1 {
			full := append(append([]string{}, b.Path...), b.Attr)
			full = append(full, path[1:len(path)-1]...)
			if o := m.at(b.Level, full); o != nil {
				return o.lookup(path[len(path)-1:], depth+1, seen)
			}
		}
	case BindAlias:
		if len(path) == 1 && len(b.Path) > 0 {
			return m.lookup(b.Path, depth+1, seen)
		}
	case BindModule:
		if len(path) > 1 {
			full := append(append([]string{}, b.Path...), path[1:len(path)-1]...)
			if o := m.at(0, full); o != nil {
				return o.lookup(path[len(path)-1:], depth+1, seen)
			}
		}
	}
	return nil
}

// Imports returns the modules of the project from which a module imports, in no order.
func Imports(m *Module) []*Module {
	seen := map[*Module]bool{m: true}
	var out []*Module
	add := func(level int, path []string) {
		if o := m.at(level, path); o != nil && !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	for _, b := range m.Scope.Names {
		switch b.Kind {
		case BindImported:
			add(b.Level, b.Path)
			add(b.Level, append(slices.Clone(b.Path), b.Attr))
		case BindModule:
			add(0, b.Path)
		}
	}
	for _, b := range m.Scope.Stars {
		add(b.Level, b.Path)
	}
	return out
}

// Resolved is a name followed through cimports to the module that has it.
type Resolved struct {
	Mod  *Module
	Name string
}

// Owner follows a dotted name to the module that binds its last part; nil where
// that is not in sight.
func (m *Module) Owner(path []string) Resolved {
	if len(path) != 1 {
		return m.follow(path, 0, trail{})
	}
	return m.owners.Get(path[0])
}

func (m *Module) follow(path []string, depth int, seen trail) Resolved {
	if m == nil || len(path) == 0 || depth > maxHops || seen.again(m, path) {
		return Resolved{}
	}
	b, ok := m.Scope.Names[path[0]]
	if !ok {
		c := m.CDecls()
		if len(path) == 1 {
			if _, ok := c.Types[path[0]]; ok {
				return Resolved{m, path[0]}
			}
			if _, ok := c.Funcs[path[0]]; ok {
				return Resolved{m, path[0]}
			}
		}
		for _, s := range m.Scope.Stars {
			if o := m.at(s.Level, s.Path); o != nil {
				if r := o.follow(path, depth+1, seen); r.Mod != nil {
					return r
				}
			}
		}
		return Resolved{}
	}
	switch b.Kind {
	case BindImported, BindModule:
		return followImport(m, b, path, depth, seen)
	}
	if len(path) == 1 {
		return Resolved{m, path[0]}
	}
	return Resolved{}
}

// followImport is follow for a path that begins with what an import binds.
func followImport(m *Module, b Binding, path []string, depth int, seen trail) Resolved {
	full := slices.Clone(b.Path)
	if b.Kind == BindImported {
		if o := m.at(b.Level, b.Path); o != nil {
			if r := o.follow(append([]string{b.Attr}, path[1:]...), depth+1, seen); r.Mod != nil {
				return r
			}
		}
		full = append(full, b.Attr)
	}
	if len(path) > 1 {
		full = append(full, path[1:len(path)-1]...)
		if o := m.at(b.Level, full); o != nil {
			return o.follow(path[len(path)-1:], depth+1, seen)
		}
	}
	return Resolved{}
}

// OwnerWithin is Owner for a name in a function whose first part an import in that function binds.
func OwnerWithin(m *Module, imports ast.Stmt, path []string) Resolved {
	s := Scope{Names: map[string]Binding{}}
	s.collect([]ast.Stmt{imports}, nil)
	b, ok := s.Names[path[0]]
	if !ok || b.Kind != BindImported && b.Kind != BindModule {
		return Resolved{}
	}
	return followImport(m, b, path, 0, trail{})
}

// NameOf returns the name by which code in u can speak of c, or "".
func (m *Module) NameOf(u *Unit, c *Class) string {
	if c == nil {
		return ""
	}
	sees := m.VisibleFrom(u)
	for _, name := range slices.Sorted(maps.Keys(m.Scope.Names)) {
		if b := m.Scope.Names[name]; (b.Kind == bindClass || b.Kind == BindImported) && sees(b.Src) && m.Lookup([]string{name}) == c {
			return name
		}
	}
	return ""
}

// TypeName is what a type is called where it is declared: "vector" of std.vector, and of what is cimported
// from there under another name or has got one by ctypedef.
func TypeName(m *Module, t *ast.CType) string {
	if t == nil || len(t.Path) == 0 {
		return ""
	}
	name := t.Path[len(t.Path)-1].Name
	for range 8 {
		b, ok := m.Scope.Names[name]
		switch {
		case len(t.Path) == 1 && ok && b.Kind == BindImported && b.Attr != "":
			return b.Attr
		case len(t.Path) == 1 && ok && b.Kind == BindAlias && len(b.Path) == 1 && b.Path[0] != name:
			name = b.Path[0]
		default:
			return name
		}
	}
	return name
}
