package expand

// Assignments to guards: whoever reads the attribute to find the lock takes a reference
// to what it holds, and must not come in between its going and its coming.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// guardStore is an assignment to a guard as a statement.
type guardStore struct {
	fun  *effects.Function
	st   *ast.Assign
	of   string // the object
	line bool   // the statement has a line of its own
}

// findGuardStores finds the module's assignments to guards that change.
func (a *Module) findGuardStores() {
	guards := map[*project.Class]string{}
	for _, c := range a.Module.Classes {
		a.changingGuard(c, guards)
	}
	for _, v := range a.Module.Units {
		for _, l := range a.p.Locks.VisibleFrom(a.Module, v) {
			a.changingGuard(l.Class, guards)
		}
	}
	if len(guards) == 0 {
		return
	}
	all := a.p.Program.Funcs(a.Module).All
	for _, f := range all { // before Solve, which runs alone
		a.p.Program.FlowOf(f)
	}
	a.p.Program.Solve(all)
	for _, f := range all {
		for c, guard := range guards {
			for _, s := range a.p.Program.Guarding.Stores(f, c, guard) {
				a.findGuardStore(f, s)
			}
		}
	}
}

// changingGuard notes the guard of a class, by the class that declares it.
func (a *Module) changingGuard(c *project.Class, guards map[*project.Class]string) {
	if in := a.p.Locks.Of(c); in != nil && in.Guard != "" && a.p.Program.Guarding.Changes(c) {
		guards[c.Declarer(in.Guard)] = in.Guard
	}
}

func (a *Module) findGuardStore(f *effects.Function, s effects.Store) {
	st, of, line, ok := effects.GuardStatement(f, s)
	if !ok {
		a.Plan.Report(f.Unit, s.Span, finding.GuardMoves, "the guard "+s.Name+" is assigned in a way that cannot be expanded",
			"write it as a statement of its own on a line of its own, of a name: x."+s.Name+" = y")
		return
	}
	a.guardStores[st] = guardStore{f, st, of, line}
}

// expandGuardStores puts each of them into a critical section of its object.
func (a *Module) expandGuardStores(planned map[*ast.FuncDef]bool) {
	for st, g := range a.guardStores {
		u := g.fun.Unit
		s := a.style(u)
		e := a.editor(u)
		text := fmt.Sprintf("with %s.critical_section(%s): ", s.cython, g.of)
		if !g.line {
			if planned[g.fun.Def] {
				a.Plan.Report(u, st.Span, finding.GuardMoves, "a guard is assigned on the line of its function's header, where it cannot be expanded", "give it a line of its own")
				continue
			}
			text = "\n" + syntax.IndentOf(u.File, g.fun.Def.Keyword) + syntax.IndentUnit(u.File) + text
			e.Replace(ast.Span{Pos: g.fun.Def.Body.Colon + 1, End: st.Pos}, text)
		} else {
			e.Insert(st.Pos, text)
		}
		a.need(u, g.fun.Def.Pos).cython = true
	}
}
