package project

// What the header of a function says of it, with its decorators and its
// declaration in the .pxd.

import (
	"bytes"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// ParamType returns what declaredType does of parameter i of a function, a method
// of c where that is not nil, or of its
// declaration in the .pxd where the function's own line has no type.
func (m *Module) ParamType(c *Class, def *ast.FuncDef, i int, prm *ast.Param) (path []string, pointer bool) {
	path, pointer = m.declaredType(def, prm)
	if path == nil && !pointer {
		if d, ok := m.DeclarationOf(c, def); ok && d.Declarator.Params != nil && i < len(d.Declarator.Params.List) {
			return m.declaredType(def, d.Declarator.Params.List[i])
		}
	}
	return path, pointer
}

// AnnotationsAreTypes reports whether Cython takes the annotations of functions for types: a module that speaks of the
// directive may have turned that off, and any object comes in then.
func AnnotationsAreTypes(m *Module) bool {
	return m.annotated.Get(func() bool {
		return !slices.ContainsFunc(m.Units, func(u *Unit) bool { return u.Spells("annotation_typing") })
	})
}

// declaredType returns the dotted name of a parameter's type, nil where it has
// none, and whether it is a C pointer or array.
func (m *Module) declaredType(def *ast.FuncDef, prm *ast.Param) (path []string, pointer bool) {
	if prm.Type != nil {
		if prm.Type.Memoryview || prm.Type.Tuple != nil {
			return nil, true
		}
		if d := prm.Declarator; d != nil && (d.Pointer > 0 || d.Func || len(d.Arrays) > 0 || d.Inner != nil || d.Ref) {
			return nil, true
		}
		if prm.Type.Basic && len(prm.Type.Args) > 0 { // long[4] a
			return nil, true
		}
		if len(prm.Type.Path) > 0 {
			path = syntax.Names(prm.Type.Path)
		} else if prm.Type.Name != "" {
			path = strings.Split(prm.Type.Name, ".")
		}
		if prm.Type.Basic {
			path = []string{prm.Type.Name}
		}
		return path, false
	}
	if prm.Annotation != nil {
		if path = syntax.Dotted(prm.Annotation); !AnnotationsAreTypes(m) && m.Lookup(path) == nil {
			path = nil
		}
	}
	// @cython.locals(x=T)
	for _, d := range def.Decorators {
		call, ok := d.Expr.(*ast.Call)
		if !ok || m.Scope.CythonAttr(call.Fun, false) != "locals" {
			continue
		}
		for _, a := range call.Args {
			if a.Name.Name == prm.Name.Name {
				path = syntax.Dotted(a.X)
			}
		}
	}
	if len(path) == 2 && m.Scope.Names[path[0]].Kind == BindCython {
		path = path[1:]
	}
	return path, false
}

// CAPIBinops reports whether an arithmetic method of c may get self on the right.
func (m *Module) CAPIBinops(u *Unit, c *Class, f *ast.FuncDef) bool {
	for _, d := range f.Decorators {
		if k, ok := d.Expr.(*ast.Call); ok && m.Scope.CythonAttr(k.Fun, false) == "c_api_binop_methods" {
			return len(k.Args) == 1 && syntax.Text(u.File, k.Args[0].X.Range()) != "False"
		}
	}
	if def := c.Def; def != nil {
		for _, d := range def.Decorators {
			if k, ok := d.Expr.(*ast.Call); ok && m.Scope.CythonAttr(k.Fun, false) == "c_api_binop_methods" {
				return len(k.Args) == 1 && syntax.Text(u.File, k.Args[0].X.Range()) != "False"
			}
		}
	}
	head := u.Src
	if len(u.File.Body) > 0 {
		head = head[:u.File.Body[0].Range().Pos]
	}
	i := bytes.Index(head, []byte("c_api_binop_methods"))
	if i < 0 {
		return false
	}
	rest := head[i:]
	if j := bytes.IndexAny(rest, ",\n\r"); j >= 0 {
		rest = rest[:j]
	}
	return bytes.Contains(rest, []byte("True"))
}

// Releases reports whether e is nogil, or a call with a true nogil argument.
func (m *Module) Releases(e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Name:
		return e.Name == "nogil"
	case *ast.Attribute:
		return m.Scope.CythonAttr(e, false) == "nogil"
	case *ast.Call:
		if e.Fun == nil {
			return false
		}
		if m.Releases(e.Fun) {
			return true
		}
		for _, a := range e.Args {
			if a.Name.Name == "nogil" {
				if c, ok := a.X.(*ast.Const); ok && c.Name == "False" {
					return false
				}
				return true
			}
		}
	}
	return false
}

// Parallel reports whether an expression stands for the threads of prange or parallel, in a loop over
// it or a with statement.
func Parallel(m *Module, e ast.Expr) bool {
	if e == nil {
		return false
	}
	fun := syntax.Unparen(e)
	if c, ok := fun.(*ast.Call); ok && c.Fun != nil {
		fun = c.Fun
	}
	name := syntax.LastName(fun)
	if bound, ok := m.Scope.Names[name]; ok && bound.Attr != "" {
		name = bound.Attr
	}
	return name == "prange" || name == "parallel"
}

// PlainDecorator reports whether a function is decorated with a builtin name.
func (m *Module) PlainDecorator(f *ast.FuncDef, name string) bool {
	for _, d := range f.Decorators {
		if n, ok := d.Expr.(*ast.Name); ok && n.Name == name {
			return true
		}
		if m.Scope.CythonAttr(d.Expr, false) == name {
			return true
		}
	}
	return false
}

// IsCdef reports whether a function of m, a method of c where that is not nil,
// can be called from C code only.
func IsCdef(m *Module, c *Class, f *ast.FuncDef) bool {
	if d, ok := m.DeclarationOf(c, f); ok && !d.Decl.Cpdef {
		return true
	}
	return f.Kind == ast.Cdef || f.Kind == ast.Def && m.hasDecorator(f.Decorators, "cfunc")
}

// OfferedToC reports whether C code that is not Cython's may call a function of m, by the
// header that Cython writes: where its definition or its .pxd has public or api. Methods, of c, cannot.
func OfferedToC(m *Module, c *Class, f *ast.FuncDef) bool {
	if c != nil {
		return false
	}
	if f.Visibility == ast.Public || f.API {
		return true
	}
	d, ok := m.Declared[f.Name.Name]
	return ok && (d.Decl.Visibility == ast.Public || d.Decl.API)
}

// IsNogil reports whether a function may run without the GIL.
func IsNogil(m *Module, c *Class, f *ast.FuncDef) bool {
	if d, ok := m.DeclarationOf(c, f); ok && d.Declarator.Suffix.Nogil {
		return true
	}
	for _, d := range f.Decorators {
		e := d.Expr
		if call, ok := e.(*ast.Call); ok {
			if len(call.Args) == 1 {
				if v, ok := call.Args[0].X.(*ast.Const); ok && v.Name == "False" {
					continue
				}
			}
			e = call.Fun
		}
		if m.Scope.CythonAttr(e, false) == "nogil" {
			return true
		}
	}
	return f.Suffix.Nogil
}
