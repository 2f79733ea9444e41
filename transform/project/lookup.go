package project

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
)

// Names followed to what they stand for, across modules.

// find returns the stem of the module that a cimport in m names, or "".
func (m *Module) find(level int, path []string) string {
	return m.proj.Find(m.Stem, m.Root, level, path)
}

// Lookup resolves a dotted name in a module to an extension type, or nil.
func (m *Module) Lookup(path []string) *Class {
	if m == nil || len(path) != 1 {
		return m.lookupDepth(path, 0)
	}
	// Code names the same few things again and again, most of them no class.
	return m.found.Get(path[0])
}

func (m *Module) lookupDepth(path []string, depth int) *Class {
	if m == nil || len(path) == 0 || depth > 16 {
		return nil
	}
	b, ok := m.Scope.Names[path[0]]
	if !ok {
		for _, s := range m.Scope.Stars {
			if stem := m.find(s.Level, s.Path); stem != "" {
				if c := m.proj.Module(stem).lookupDepth(path, depth+1); c != nil {
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
		if stem := m.find(b.Level, b.Path); stem != "" {
			if c := m.proj.Module(stem).lookupDepth(append([]string{b.Attr}, path[1:]...), depth+1); c != nil {
				return c
			}
		}
		if len(path) > 1 {
			full := append(append([]string{}, b.Path...), b.Attr)
			full = append(full, path[1:len(path)-1]...)
			if stem := m.find(b.Level, full); stem != "" {
				return m.proj.Module(stem).lookupDepth(path[len(path)-1:], depth+1)
			}
		}
	case BindAlias:
		if len(path) == 1 && len(b.Path) > 0 {
			return m.lookupDepth(b.Path, depth+1)
		}
	case BindModule:
		if len(path) > 1 {
			full := append(append([]string{}, b.Path...), path[1:len(path)-1]...)
			if stem := m.find(0, full); stem != "" {
				return m.proj.Module(stem).lookupDepth(path[len(path)-1:], depth+1)
			}
		}
	}
	return nil
}

// Imports returns the modules of the project from which a module imports, in no order.
func Imports(m *Module) []*Module {
	seen := map[string]bool{m.Stem: true}
	var out []*Module
	add := func(level int, path []string) {
		if stem := m.find(level, path); stem != "" && !seen[stem] {
			seen[stem] = true
			out = append(out, m.proj.Module(stem))
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
		return m.follow(path, 0)
	}
	return m.owners.Get(path[0])
}

func (m *Module) follow(path []string, depth int) Resolved {
	if m == nil || len(path) == 0 || depth > 16 {
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
			if stem := m.find(s.Level, s.Path); stem != "" {
				if r := m.proj.Module(stem).follow(path, depth+1); r.Mod != nil {
					return r
				}
			}
		}
		return Resolved{}
	}
	switch b.Kind {
	case BindImported:
		if stem := m.find(b.Level, b.Path); stem != "" {
			if r := m.proj.Module(stem).follow(append([]string{b.Attr}, path[1:]...), depth+1); r.Mod != nil {
				return r
			}
		}
		if len(path) > 1 {
			full := append(append([]string{}, b.Path...), b.Attr)
			full = append(full, path[1:len(path)-1]...)
			if stem := m.find(b.Level, full); stem != "" {
				return m.proj.Module(stem).follow(path[len(path)-1:], depth+1)
			}
		}
		return Resolved{}
	case BindModule:
		if len(path) > 1 {
			full := append(append([]string{}, b.Path...), path[1:len(path)-1]...)
			if stem := m.find(0, full); stem != "" {
				return m.proj.Module(stem).follow(path[len(path)-1:], depth+1)
			}
		}
		return Resolved{}
	}
	if len(path) == 1 {
		return Resolved{m, path[0]}
	}
	return Resolved{}
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
