package project

// The C declarations of a module, and names followed to the module that has them.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// Resolved is a name followed through cimports to the module that has it.
type Resolved struct {
	Mod  *Module
	Name string
}

// CNames are the C declarations at a module's top level.
type CNames struct {
	Types map[string]CType
	Funcs map[string]CFunc
	Vars  map[string]CVar
	// Aware is true where a C prototype says const somewhere: then the lack of it
	// says something too.
	Aware bool
}

// CType is the declaration of a C type.
type CType struct {
	Extern  bool
	Typedef *ast.CTypedef
	Kind    string // "struct", "union", "enum", "fused", "cppclass"
	Members []*ast.CType
	Of      *StructType // of a struct or union
}

// StructType is a struct or union with its members in sight.
type StructType struct {
	Def    *ast.StructDef
	Mod    *Module
	Extern bool // it may have more members
}

// CFunc is the declaration of a C function.
type CFunc struct {
	Type       *ast.CType
	Declarator *ast.Declarator
	Extern     bool
}

// CVar is the declaration of a C variable.
type CVar struct {
	Type       *ast.CType
	Declarator *ast.Declarator
}

// CDecls returns the module's own C declarations.
func (m *Module) CDecls() *CNames {
	m.cOnce.Do(func() {
		m.c = CNames{Types: map[string]CType{}, Funcs: map[string]CFunc{}, Vars: map[string]CVar{}}
		for _, u := range m.Units {
			m.c.collect(m, u.File.Body, false)
		}
	})
	return &m.c
}

func (c *CNames) collect(m *Module, stmts []ast.Stmt, extern bool) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.CTypedef:
			if name := syntax.DeclaredName(st.Declarator); name.Name != "" {
				c.Types[name.Name] = CType{Typedef: st, Extern: extern || st.Visibility == ast.Extern}
			}
		case *ast.StructDef:
			d := CType{Kind: st.Kind}
			if st.Kind == "fused" && st.Body != nil {
				for _, it := range st.Body.Stmts {
					if t, ok := it.(*ast.TypeItem); ok {
						d.Members = append(d.Members, t.Type)
					}
				}
			}
			if (st.Kind == "struct" || st.Kind == "union") && st.Body != nil {
				d.Of = &StructType{Def: st, Mod: m, Extern: extern || st.Visibility == ast.Extern}
			} else if old := c.Types[st.Name.Name]; old.Of != nil {
				break // a forward declaration
			}
			c.Types[st.Name.Name] = d
		case *ast.CppClass:
			c.Types[st.Name.Name] = CType{Kind: "cppclass"}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if name := syntax.DeclaredName(d); name.Name != "" {
					if d.Func {
						c.Funcs[name.Name] = CFunc{st.Type, d, extern || st.Visibility == ast.Extern}
						if !c.Aware && d.Params != nil {
							for _, p := range d.Params.List {
								c.Aware = c.Aware || p.Type != nil && p.Type.Const
							}
						}
					} else {
						c.Vars[name.Name] = CVar{st.Type, d}
					}
				}
			}
		case *ast.ExternBlock:
			if st.Body != nil {
				c.collect(m, st.Body.Stmts, true)
			}
		default:
			if !syntax.OpensScope(st) {
				for _, b := range syntax.Suites(st) {
					c.collect(m, b.Stmts, extern)
				}
			}
		}
	}
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
