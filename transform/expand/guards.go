package expand

// Assignments to guards: whoever reads the attribute to find the lock takes a reference
// to what it holds, and must not come in between its going and its coming.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// guardStore is an assignment to a guard, with the function that it is in.
type guardStore struct {
	effects.GuardStatement
	fun *effects.Function
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
	st, ok := f.GuardStatement(s)
	if !ok {
		a.Plan.Report(f.Unit, s.Span, finding.GuardMoves, "the guard "+s.Name+" is assigned in a way that cannot be expanded",
			"write it as a statement of its own, on a plain name: x."+s.Name+" = y")
		return
	}
	a.guardStores[st.Assign] = guardStore{st, f}
}

// expandGuardStores puts each of them into a critical section of its object, on a line of
// its own.
func (a *Module) expandGuardStores(planned map[*ast.FuncDef]bool) {
	opened := map[*ast.Suite]bool{} // from the header's line
	for st, g := range a.guardStores {
		u := g.fun.Unit
		s := a.style(u)
		e := a.editor(u)
		text := fmt.Sprintf("with %s.critical_section(%s): ", s.cython, g.Of)
		def, isDef := g.Header.(*ast.FuncDef)
		if isDef && g.Suite.Inline && planned[def] {
			a.Plan.Report(u, st.Range(), finding.GuardMoves, "a guard is assigned on the line of its function's header, where it cannot be expanded", "give it a line of its own")
			continue
		}
		first := g.Index // of its line
		for first > 0 && together(u.File, g.Suite.Stmts[first-1], g.Suite.Stmts[first]) {
			first--
		}
		var indent string
		switch inline := g.Suite.Inline; {
		case !inline:
			indent = e.Indentation(syntax.LineStart(u.File, g.Suite.Stmts[first].Range().Pos))
		case isDef:
			indent = e.Indentation(syntax.LineStart(u.File, def.Keyword)) + syntax.IndentUnit(u.File)
		default:
			indent = e.Indentation(syntax.LineStart(u.File, g.Header.Range().Pos)) + syntax.IndentUnit(u.File)
		}
		pos := st.Range().Pos
		switch {
		case g.Suite.Inline && g.Index == 0:
			e.Replace(ast.Span{Pos: g.Suite.Colon + 1, End: pos}, "\n"+indent+text)
		case g.Index > first:
			e.Replace(ast.Span{Pos: g.Suite.Stmts[g.Index-1].Range().End, End: pos}, "\n"+indent+text)
		default:
			e.Insert(pos, text)
		}
		if _, too := a.guardStores[g.Suite.Stmts[0]]; g.Suite.Inline && !too && !opened[g.Suite] {
			opened[g.Suite] = true
			e.Replace(ast.Span{Pos: g.Suite.Colon + 1, End: g.Suite.Stmts[0].Range().Pos}, "\n"+indent)
		}
		if next := g.Index + 1; next < len(g.Suite.Stmts) && together(u.File, st, g.Suite.Stmts[next]) {
			if _, too := a.guardStores[g.Suite.Stmts[next]]; !too {
				e.Replace(ast.Span{Pos: st.Range().End, End: g.Suite.Stmts[next].Range().Pos}, "\n"+indent)
			}
		}
		a.need(u, g.fun.Def.Pos).cython = true
	}
}

// together reports whether two statements, one after the other, stand on one line.
func together(file *ast.File, st, next ast.Stmt) bool {
	between := strings.TrimLeft(syntax.Text(file, ast.Span{Pos: st.Range().End, End: next.Range().Pos}), " \t\f")
	between = strings.NewReplacer("\\\r\n", "", "\\\n", "", "\\\r", "").Replace(between)
	return strings.HasPrefix(between, ";") && !strings.ContainsAny(between, "\r\n#")
}
