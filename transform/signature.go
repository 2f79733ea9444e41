package transform

// What the header of a function says of it, with its decorators and its
// declaration in the .pxd.

import (
	"bytes"
	"strings"

	"pyxlock/parser/ast"
)

// paramType returns what declaredType does of parameter i of a function, a method
// of c where that is not nil, or of its
// declaration in the .pxd where the function's own line has no type.
func (m *module) paramType(c *class, def *ast.FuncDef, i int, prm *ast.Param) (path []string, pointer bool) {
	path, pointer = m.declaredType(def, prm)
	if path == nil && !pointer {
		if d, ok := m.declarationOf(c, def); ok && d.d.Params != nil && i < len(d.d.Params.List) {
			return m.declaredType(def, d.d.Params.List[i])
		}
	}
	return path, pointer
}

// declaredType returns the dotted name of a parameter's type, nil where it has
// none, and whether it is a C pointer or array.
func (m *module) declaredType(def *ast.FuncDef, prm *ast.Param) (path []string, pointer bool) {
	if prm.Type != nil {
		if prm.Type.Memoryview || prm.Type.Tuple != nil {
			return nil, true
		}
		if d := prm.Declarator; d != nil && (d.Pointer > 0 || d.Func || len(d.Arrays) > 0 || d.Inner != nil || d.Ref) {
			return nil, true
		}
		if len(prm.Type.Path) > 0 {
			path = names(prm.Type.Path)
		} else if prm.Type.Name != "" {
			path = strings.Split(prm.Type.Name, ".")
		}
		if prm.Type.Basic {
			path = []string{prm.Type.Name}
		}
		return path, false
	}
	if prm.Annotation != nil {
		path = dotted(prm.Annotation)
	}
	// @cython.locals(x=T)
	for _, d := range def.Decorators {
		call, ok := d.Expr.(*ast.Call)
		if !ok || m.scope.cythonAttr(call.Fun, false) != "locals" {
			continue
		}
		for _, a := range call.Args {
			if a.Name.Name == prm.Name.Name {
				path = dotted(a.X)
			}
		}
	}
	if len(path) == 2 && m.scope.names[path[0]].kind == bindCython {
		path = path[1:]
	}
	return path, false
}

// cAPIBinops reports whether an arithmetic method of c may get self on the right.
func (m *module) cAPIBinops(u *unit, c *class, f *ast.FuncDef) bool {
	for _, d := range f.Decorators {
		if k, ok := d.Expr.(*ast.Call); ok && m.scope.cythonAttr(k.Fun, false) == "c_api_binop_methods" {
			return len(k.Args) == 1 && text(u.file, k.Args[0].X.Range()) != "False"
		}
	}
	if def := c.def; def != nil {
		for _, d := range def.Decorators {
			if k, ok := d.Expr.(*ast.Call); ok && m.scope.cythonAttr(k.Fun, false) == "c_api_binop_methods" {
				return len(k.Args) == 1 && text(u.file, k.Args[0].X.Range()) != "False"
			}
		}
	}
	head := u.src
	if len(u.file.Body) > 0 {
		head = head[:u.file.Body[0].Range().Pos]
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

// releases reports whether e is nogil, or a call with a true nogil argument.
func (m *module) releases(e ast.Expr) bool {
	switch e := unparen(e).(type) {
	case *ast.Name:
		return e.Name == "nogil"
	case *ast.Attribute:
		return m.scope.cythonAttr(e, false) == "nogil"
	case *ast.Call:
		if e.Fun == nil {
			return false
		}
		if m.releases(e.Fun) {
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

// plainDecorator reports whether a function is decorated with a builtin name.
func (m *module) plainDecorator(f *ast.FuncDef, name string) bool {
	for _, d := range f.Decorators {
		if n, ok := d.Expr.(*ast.Name); ok && n.Name == name {
			return true
		}
		if m.scope.cythonAttr(d.Expr, false) == name {
			return true
		}
	}
	return false
}

// isCdef reports whether a function of m, a method of c where that is not nil,
// can be called from C code only.
func isCdef(m *module, c *class, f *ast.FuncDef) bool {
	if d, ok := m.declarationOf(c, f); ok && !d.decl.Cpdef {
		return true
	}
	return f.Kind == ast.Cdef || f.Kind == ast.Def && m.hasDecorator(f.Decorators, "cfunc")
}

// isNogil reports whether a function may run without the GIL.
func isNogil(m *module, c *class, f *ast.FuncDef) bool {
	if d, ok := m.declarationOf(c, f); ok && d.d.Suffix.Nogil {
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
		if m.scope.cythonAttr(e, false) == "nogil" {
			return true
		}
	}
	return f.Suffix.Nogil
}
