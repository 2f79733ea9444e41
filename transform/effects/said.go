package effects

// What headers and settings say of C, for who asks without the model.

import (
	"fmt"

	"pyxlock/parser/c"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// PassedToC tells what headers and settings say that a C function does to its i-th parameter.
func PassedToC(p *Program, m *project.Module, f project.CFunc, i int) (reads, writes bool) {
	if f.Declarator.Params != nil && i < len(f.Declarator.Params.List) {
		called := ""
		if prm := f.Declarator.Params.List[i]; prm.Type != nil {
			called = prm.Name.Name
		}
		if p.readsOnly(syntax.DeclaredName(f.Declarator).Name, called) {
			return true, false
		}
	}
	return said(p.Headers.Beside(m, f).Param(i))
}

// MethodOfC tells what headers say that a method of a C++ class does to its object.
func MethodOfC(p *Program, m *project.Module, t *project.CppType, name string, args int) (reads, writes bool) {
	return said(p.Headers.Method(m, t, name, args).This())
}

// WrittenTo returns where a body in sight writes to the i-th parameter of a C function, "" where none does.
func WrittenTo(p *Program, m *project.Module, f project.CFunc, i int) string {
	return writesAt(p.Headers.Func(m, f).Param(i))
}

// SaidToRead reports whether a function's body shows that it only reads what it is given for a parameter.
func SaidToRead(p *Program, m *project.Module, f project.CFunc, i int) bool {
	return p.Headers.Func(m, f).Param(i).Does == c.Reads
}

// WritesObject returns where the body of a method of a C++ class writes to its object, "" where it does not.
func WritesObject(p *Program, m *project.Module, t *project.CppType, name string, args int) string {
	return writesAt(p.Headers.Method(m, t, name, args).This())
}

func writesAt(a c.Answer) string {
	if a.Does != c.Writes {
		return ""
	}
	return fmt.Sprintf("%s:%d", a.Place.Path, a.Place.Line)
}

func said(a c.Answer) (reads, writes bool) { return a.Does == c.Reads, a.Does == c.Writes }
