package transform

// The C declarations of a module, and names followed to the module that has them.

import "pyxlock/parser/ast"

// resolved is a name followed through cimports to the module that has it.
type resolved struct {
	mod  *module
	name string
}

// cnames are the C declarations at a module's top level.
type cnames struct {
	types map[string]ctypeDecl
	funcs map[string]cfunc
	vars  map[string]cvar
	// aware is true where a C prototype says const somewhere: then the lack of it
	// says something too.
	aware bool
}

type ctypeDecl struct {
	extern  bool
	typedef *ast.CTypedef
	kind    string // "struct", "union", "enum", "fused", "cppclass"
	members []*ast.CType
	of      *structType // of a struct or union
}

// structType is a struct or union with its members in sight.
type structType struct {
	def    *ast.StructDef
	mod    *module
	extern bool // it may have more members
}

type cfunc struct {
	typ    *ast.CType
	d      *ast.Declarator
	extern bool
}

type cvar struct {
	typ *ast.CType
	d   *ast.Declarator
}

func (m *module) cdecls() *cnames {
	m.cOnce.Do(func() {
		m.c = cnames{types: map[string]ctypeDecl{}, funcs: map[string]cfunc{}, vars: map[string]cvar{}}
		for _, u := range m.units {
			m.c.collect(m, u.file.Body, false)
		}
	})
	return &m.c
}

func (c *cnames) collect(m *module, stmts []ast.Stmt, extern bool) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.CTypedef:
			if name := declaredName(st.Declarator); name.Name != "" {
				c.types[name.Name] = ctypeDecl{typedef: st, extern: extern || st.Visibility == ast.Extern}
			}
		case *ast.StructDef:
			d := ctypeDecl{kind: st.Kind}
			if st.Kind == "fused" && st.Body != nil {
				for _, it := range st.Body.Stmts {
					if t, ok := it.(*ast.TypeItem); ok {
						d.members = append(d.members, t.Type)
					}
				}
			}
			if (st.Kind == "struct" || st.Kind == "union") && st.Body != nil {
				d.of = &structType{def: st, mod: m, extern: extern || st.Visibility == ast.Extern}
			} else if old := c.types[st.Name.Name]; old.of != nil {
				break // a forward declaration
			}
			c.types[st.Name.Name] = d
		case *ast.CppClass:
			c.types[st.Name.Name] = ctypeDecl{kind: "cppclass"}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if name := declaredName(d); name.Name != "" {
					if d.Func {
						c.funcs[name.Name] = cfunc{st.Type, d, extern || st.Visibility == ast.Extern}
						if !c.aware && d.Params != nil {
							for _, p := range d.Params.List {
								c.aware = c.aware || p.Type != nil && p.Type.Const
							}
						}
					} else {
						c.vars[name.Name] = cvar{st.Type, d}
					}
				}
			}
		case *ast.ExternBlock:
			if st.Body != nil {
				c.collect(m, st.Body.Stmts, true)
			}
		default:
			if !opensScope(st) {
				for _, b := range suites(st) {
					c.collect(m, b.Stmts, extern)
				}
			}
		}
	}
}

// owner follows a dotted name to the module that binds its last part; nil where
// that is not in sight.
func (m *module) owner(path []string) resolved {
	if len(path) != 1 {
		return m.follow(path, 0)
	}
	return m.owners.get(path[0])
}

func (m *module) follow(path []string, depth int) resolved {
	if m == nil || len(path) == 0 || depth > 16 {
		return resolved{}
	}
	b, ok := m.scope.names[path[0]]
	if !ok {
		c := m.cdecls()
		if len(path) == 1 {
			if _, ok := c.types[path[0]]; ok {
				return resolved{m, path[0]}
			}
			if _, ok := c.funcs[path[0]]; ok {
				return resolved{m, path[0]}
			}
		}
		for _, s := range m.scope.stars {
			if stem := m.find(s.level, s.path); stem != "" {
				if r := m.proj.module(stem).follow(path, depth+1); r.mod != nil {
					return r
				}
			}
		}
		return resolved{}
	}
	switch b.kind {
	case bindImported:
		if stem := m.find(b.level, b.path); stem != "" {
			if r := m.proj.module(stem).follow(append([]string{b.attr}, path[1:]...), depth+1); r.mod != nil {
				return r
			}
		}
		if len(path) > 1 {
			full := append(append([]string{}, b.path...), b.attr)
			full = append(full, path[1:len(path)-1]...)
			if stem := m.find(b.level, full); stem != "" {
				return m.proj.module(stem).follow(path[len(path)-1:], depth+1)
			}
		}
		return resolved{}
	case bindModule:
		if len(path) > 1 {
			full := append(append([]string{}, b.path...), path[1:len(path)-1]...)
			if stem := m.find(0, full); stem != "" {
				return m.proj.module(stem).follow(path[len(path)-1:], depth+1)
			}
		}
		return resolved{}
	}
	if len(path) == 1 {
		return resolved{m, path[0]}
	}
	return resolved{}
}
