package project

// The C declarations of a module.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// CNames are the C declarations at a module's top level.
type CNames struct {
	Types map[string]CType
	Funcs map[string]CFunc
	Vars  map[string]CVar
	Notes map[string]ast.Expr // types of variables of the module by "x = cython.declare(T, …)"
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
	Cpp     *CppType    // of a C++ class
}

// CppType is the declaration of a C++ class.
type CppType struct {
	Def *ast.CppClass
	Mod *Module
	From
}

// From is where a declaration of C stands: a block that names the header, nil where there is
// none, and the file.
type From struct {
	Block *ast.ExternBlock
	Unit  *Unit
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
	From
}

// CVar is the declaration of a C variable.
type CVar struct {
	Type       *ast.CType
	Declarator *ast.Declarator
	Extern     bool // C code's
}

// Variable follows a dotted name to the C variable that it stands for, of m or of a module
// whose .pxd declares it, and to the module that has it.
func Variable(m *Module, path ...string) (CVar, *Module, bool) {
	if len(path) == 1 {
		if v, ok := m.CDecls().Vars[path[0]]; ok {
			return v, m, true
		}
	}
	if b, ok := m.Scope.Names[path[0]]; ok && b.Kind != BindImported && b.Kind != BindModule {
		return CVar{}, nil, false
	}
	r := m.Owner(path)
	if r.Mod == nil || r.Mod == m {
		return CVar{}, nil, false
	}
	v, ok := r.Mod.CDecls().Vars[r.Name]
	return v, r.Mod, ok
}

// CDecls returns the module's own C declarations.
func (m *Module) CDecls() *CNames {
	return m.c.Get(m.findCDecls)
}

func (m *Module) findCDecls() *CNames {
	c := &CNames{Types: map[string]CType{}, Funcs: map[string]CFunc{}, Vars: map[string]CVar{}, Notes: map[string]ast.Expr{}}
	for _, u := range m.Units {
		c.collect(m, u.File.Body, From{Unit: u})
	}
	return c
}

func (c *CNames) collect(m *Module, stmts []ast.Stmt, from From) {
	extern := from.Block != nil
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
			c.Types[st.Name.Name] = CType{Kind: "cppclass", Cpp: &CppType{st, m, from}}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if name := syntax.DeclaredName(d); name.Name != "" {
					if d.Func {
						c.Funcs[name.Name] = CFunc{st.Type, d, extern || st.Visibility == ast.Extern, from}
						if !c.Aware && d.Params != nil {
							for _, p := range d.Params.List {
								c.Aware = c.Aware || p.Type != nil && p.Type.Const
							}
						}
					} else {
						c.Vars[name.Name] = CVar{st.Type, d, extern || st.Visibility == ast.Extern}
					}
				}
			}
		case *ast.Assign:
			call, ok := syntax.Unparen(st.Value).(*ast.Call)
			if !ok || len(call.Args) == 0 || m.Scope.CythonAttr(call.Fun, false) != "declare" {
				break
			}
			for _, t := range st.Targets {
				if n, ok := t.(*ast.Name); ok {
					c.Notes[n.Name] = call.Args[0].X
				}
			}
		case *ast.ExternBlock:
			if st.Body != nil {
				c.collect(m, st.Body.Stmts, From{st, from.Unit})
			}
		default:
			if !syntax.OpensScope(st) {
				for b := range syntax.Suites(st) {
					c.collect(m, b.Stmts, from)
				}
			}
		}
	}
}
