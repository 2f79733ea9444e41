package rules

// PXL109 and PXL214: locks that people placed by hand. A class that has one is
// not given another; what its own lock leaves out is told, and so are two locks
// that stand for the same state.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checkHandLocks looks at classes whose methods hold a lock placed by hand on
// what they write, for methods that use the same attributes without it.
func checkHandLocks(c *checking) {
	type use struct {
		f *effects.Function
		e *effects.Effect
	}
	// An attribute is one thing, and the object that it holds another.
	type state struct {
		field  string
		behind bool
	}
	of := func(k *project.Class, e *effects.Effect) state {
		fd := k.Field(e.Field)
		return state{e.Field, e.Behind && fd != nil && c.p.Types.OfField(fd).Kind == ctype.Object}
	}
	if !slices.ContainsFunc(c.p.Funcs(c.m).All, func(f *effects.Function) bool { return f.Class != nil && c.p.FlowOf(f).Hand != (ast.Span{}) }) {
		return
	}
	all := c.functions()
	byClass := map[*project.Class][]*effects.Function{}
	for _, f := range all {
		if f.Class != nil && c.p.Locks.Of(f.Class) == nil {
			byClass[f.Class] = append(byClass[f.Class], f)
		}
	}
	for _, k := range c.m.Classes {
		if !slices.ContainsFunc(byClass[k], func(f *effects.Function) bool { return f.Flow.Hand != (ast.Span{}) }) {
			continue
		}
		locked := map[state]use{} // attributes that are written under the lock
		for _, f := range byClass[k] {
			for i := range f.Sum.Effects {
				e := &f.Sum.Effects[i]
				if effects.OnSelf(f, e) && e.Writes() && e.Sure && !e.Raw && e.Field != "" && f.Flow.Hand != (ast.Span{}) && f.Exposed() && !library.Construction()[f.Def.Name.Name] {
					if _, ok := locked[of(k, e)]; !ok {
						locked[of(k, e)] = use{f, e}
					}
				}
			}
		}
		for _, f := range byClass[k] {
			name := f.Def.Name.Name
			if !f.Exposed() || f.Accessor == effects.Plain && (library.Construction()[name] || library.NoLockMethods()[name] || library.ImplicitStatic()[name]) || c.p.Exempt(f) || f.Flow.Hand != (ast.Span{}) || lockedByCallers(f) {
				continue
			}
			var worst *effects.Effect // what it writes says more than what it reads
			var whose use
			for i := range f.Sum.Effects {
				e := &f.Sum.Effects[i]
				with, ok := locked[state{e.Field, false}]
				if !ok {
					with, ok = locked[of(k, e)]
				}
				if ok && effects.OnSelf(f, e) && e.Raw && e.Sure && (e.Via == nil || !e.Via.Exposed() || lockedByCallers(e.Via)) && (worst == nil || e.Mode > worst.Mode) {
					worst, whose = e, with
				}
			}
			if worst == nil {
				continue
			}
			does := "reads"
			if worst.Mode == effects.Write {
				does = "writes"
			}
			if worst.Via != nil {
				does = fmt.Sprintf("calls %s, which %s", worst.Via.Name(), does)
			}
			out := project.FindingAt(f.Unit.Source, worst.Span, finding.LeftOut, "", "")
			out.Message = fmt.Sprintf("%s %s %s without the lock that %s holds to write it", f.Name(), does, worst.Field, whose.f.Name())
			out.Help = "hold the same lock here"
			out.Warning = true
			// What calls the method that leaves it out says the same again.
			steps := effects.Chain(f, worst)
			last := steps[len(steps)-1]
			out.Cause = fmt.Sprintf("%s in %s, %d", last.Func.Name(), last.Func.Unit.Path, last.Effect.Span.Pos)
			pos := project.FindingAt(whose.f.Unit.Source, whose.f.Flow.Hand, "", "", "")
			out.Related = []finding.Related{{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: whose.f.Name() + " holds the lock"}}
			if len(steps) > 1 {
				out.Related = append(effects.RelatedOf(steps[1:]), out.Related...)
			}
			c.Findings = append(c.Findings, out)
		}
	}
}

// lockedByCallers reports whether a method leaves the lock to its callers, who
// are looked at in its place: its name says so, or it is private and called here.
func lockedByCallers(f *effects.Function) bool {
	for _, w := range syntax.Words(f.Def.Name.Name) {
		if w == "locked" || w == "unlocked" || w == "nolock" {
			return true
		}
	}
	return effects.PrivateName(f.Def.Name.Name) && len(f.Callers) > 0
}

// checkTwoLocks looks at members of locked classes that also lock the object, or
// a lock of its own, by hand.
func checkTwoLocks(c *checking) {
	if !c.p.Locks.Concerned(c.m.Stem) {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if !c.p.Member(f) || c.p.Exempt(f) || f.Flow.Hand == (ast.Span{}) || len(f.Def.Params.List) == 0 {
			continue
		}
		self := f.Def.Params.List[0].Name.Name
		spelled := syntax.Text(f.Unit.File, f.Flow.Hand)
		decorated := f.Flow.Hand == f.Def.Name.Span
		if !decorated && !strings.Contains(spelled, self+".") && !strings.Contains(spelled, "("+self+")") && !strings.Contains(spelled, "("+self+",") {
			continue // it guards something else
		}
		info := c.p.Locks.Of(f.Class)
		if info.Kind == decorator.CriticalSection && (strings.Contains(spelled, "critical_section") || decorated && c.byCriticalSection(f)) {
			continue // the same lock once more
		}
		what := "a decorator"
		if !decorated {
			what = spelled
		}
		out := project.FindingAt(f.Unit.Source, f.Flow.Hand, finding.TwoLocks, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s locks its object by hand (%s) beside the %s of %s", f.Name(), what, info.Kind, f.Class.Name)
		out.Help = "two locks for the same state exclude nobody: keep one of them, or say @cython.no_lock(\"why\") where the one by hand is enough"
		c.Findings = append(c.Findings, out)
	}
}

// byCriticalSection reports whether a function carries @cython.critical_section.
func (c *checking) byCriticalSection(f *effects.Function) bool {
	return slices.ContainsFunc(f.Def.Decorators, func(d *ast.Decorator) bool {
		e := d.Expr
		if call, ok := e.(*ast.Call); ok {
			e = call.Fun
		}
		return f.Mod.Scope.CythonAttr(e, true) == "critical_section"
	})
}
