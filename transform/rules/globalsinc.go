package rules

// Variables of verbatim C that outlive a call, static in a function or in the file: state of the module like
// its own variables, behind the functions that write to them.

import (
	"fmt"
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// variablesInC reports functions of verbatim C that write to such variables and are called without a lock.
func variablesInC(c *checking) {
	type keeper struct {
		project.CFunc
		writes finding.Related
	}
	keepers := map[string]keeper{}
	for name, f := range c.m.CDecls().Funcs {
		if f.Block != nil && f.Block.Verbatim != (ast.Span{}) {
			if at, ok := c.p.Headers.Func(c.m, f).Keeps(); ok && at.Path == f.Unit.Path {
				keepers[name] = keeper{f, finding.Related{Path: at.Path, Line: at.Line, Column: 1, Message: finding.Brief(name + " " + at.What)}}
			}
		}
	}
	if len(keepers) == 0 {
		return
	}
	type call struct {
		in   *ruleFunc
		span ast.Span
	}
	calls := map[string][]call{}
	once := c.onlyOnce()
	for _, f := range c.funcs() {
		if _, ok := once[f]; ok {
			continue
		}
		ast.Walk(f.def.Body, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncDef, *ast.ClassDef: // functions of their own; a lambda is none
				return false
			}
			k, ok := n.(*ast.Call)
			if !ok {
				return true
			}
			fun := k.Fun
			if s, ok := fun.(*ast.Subscript); ok { // f[T](x) of a template
				fun = s.X
			}
			name, ok := fun.(*ast.Name)
			if !ok {
				return true
			}
			if _, keeps := keepers[name.Name]; keeps && !f.isLocal(name.Name) && !f.heldForAll(k.Pos) {
				calls[name.Name] = append(calls[name.Name], call{f, k.Span})
			}
			return true
		})
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		list, f := calls[name], keepers[name]
		out := project.FindingAt(f.Unit.Source, syntax.DeclaredName(f.Declarator).Span, finding.Global,
			fmt.Sprintf("functions call %s without a lock, which writes to a C variable that all calls share", name),
			"guard each call with one lock (`cdef cython.pymutex lock`, `with lock:`), make the variable _Thread_local, or let the caller pass the memory")
		out.Related = append(out.Related, f.writes)
		for i, k := range list {
			if i == maxRelated {
				break
			}
			p := project.FindingAt(k.in.u.Source, k.span, "", "", "")
			out.Related = append(out.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: "in " + k.in.name()})
		}
		c.Findings = append(c.Findings, out)
	}
}
