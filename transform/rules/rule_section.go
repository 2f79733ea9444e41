package rules

// PXL202, of critical sections that people placed: the GIL is released in them. Those of pyxlock's
// own classes are refused when they are planned.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/syntax"
)

// checkSections looks for what releases the GIL in a critical section that a person placed.
func checkSections(c *checking) {
	for _, f := range c.mentioning() {
		within := false
		for _, d := range f.def.Decorators {
			e := d.Expr
			if call, ok := e.(*ast.Call); ok {
				e = call.Fun
			}
			within = within || c.m.Scope.CythonAttr(e, true) == "critical_section"
		}
		sections{c}.walk(f, f.def.Body.Stmts, within)
	}
}

// sections walk functions for critical sections.
type sections struct{ *checking }

// walk walks statements that stand in a critical section, or not.
func (c sections) walk(f *ruleFunc, stmts []ast.Stmt, within bool) {
	for _, st := range stmts {
		in := within
		switch st := st.(type) {
		case *ast.FuncDef, *ast.ClassDef:
			continue // at another time
		case *ast.With:
			for _, it := range st.Items {
				if call, ok := syntax.Unparen(it.X).(*ast.Call); ok && call.Fun != nil && c.m.Scope.CythonAttr(call.Fun, true) == "critical_section" {
					in = true
				} else if in && c.m.Releases(it.X) {
					c.suspends(f, it.X.Range())
				}
			}
		case *ast.For:
			if in && st.Iter != nil && c.m.Releases(st.Iter) {
				c.suspends(f, st.Iter.Range())
			}
		}
		for b := range syntax.Suites(st) {
			c.walk(f, b.Stmts, in)
		}
	}
}

func (c sections) suspends(f *ruleFunc, at ast.Span) {
	f.finding(at, finding.Nogil, f.name()+" releases the GIL in a critical section, which is suspended from here on",
		"use a mutex (`cdef cython.pymutex`, `with self.mutex:`), which holds across nogil; or leave the critical section first").Warning = true
}
