package transform

// PXL109 and PXL214: locks that people placed by hand. A class that has one is
// not given another; what its own lock leaves out is told, and so are two locks
// that stand for the same state.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

// checkHandLocks looks at classes whose methods hold a lock placed by hand on
// what they write, for methods that use the same attributes without it.
func checkHandLocks(c *checking) {
	type use struct {
		f *function
		e *found
	}
	if !slices.ContainsFunc(c.p.funcs(c.m).all, func(f *function) bool { return f.class != nil && c.p.flowOf(f).hand != (ast.Span{}) }) {
		return
	}
	all := c.functions()
	byClass := map[*class][]*function{}
	for _, f := range all {
		if f.class != nil && c.p.locks.lockOf(f.class) == nil {
			byClass[f.class] = append(byClass[f.class], f)
		}
	}
	for _, k := range c.m.order {
		if !slices.ContainsFunc(byClass[k], func(f *function) bool { return f.flow.hand != (ast.Span{}) }) {
			continue
		}
		locked := map[string]use{} // attributes that are written under the lock
		for _, f := range byClass[k] {
			for i := range f.sum.effects {
				e := &f.sum.effects[i]
				if onSelf(f, e) && e.mode == write && e.sure && !e.raw && e.field != "" && f.flow.hand != (ast.Span{}) && f.exposed() && !construction[f.def.Name.Name] {
					if _, ok := locked[e.field]; !ok {
						locked[e.field] = use{f, e}
					}
				}
			}
		}
		for _, f := range byClass[k] {
			name := f.def.Name.Name
			if !f.exposed() || f.accessor == plain && (construction[name] || noLockMethods[name] || implicitStatic[name]) || c.p.exempt(f) || f.flow.hand != (ast.Span{}) || lockedByCallers(f) {
				continue
			}
			var worst *found // what it writes says more than what it reads
			for i := range f.sum.effects {
				e := &f.sum.effects[i]
				if _, ok := locked[e.field]; ok && onSelf(f, e) && e.raw && e.sure && (e.via == nil || !e.via.exposed() || lockedByCallers(e.via)) && (worst == nil || e.mode > worst.mode) {
					worst = e
				}
			}
			if worst == nil {
				continue
			}
			with := locked[worst.field]
			does := "reads"
			if worst.mode == write {
				does = "writes"
			}
			if worst.via != nil {
				does = fmt.Sprintf("calls %s, which %s", worst.via.name(), does)
			}
			out := at(f.unit.source, worst.span, codeLeftOut, "", "")
			out.Message = fmt.Sprintf("%s %s %s without the lock that %s holds to write it", f.name(), does, worst.field, with.f.name())
			out.Help = "hold the same lock here"
			out.Warning = true
			pos := at(with.f.unit.source, with.f.flow.hand, "", "", "")
			out.Related = []Related{{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: with.f.name() + " holds the lock"}}
			if steps := chain(f, worst); len(steps) > 1 {
				out.Related = append(relatedOf(steps[1:]), out.Related...)
			}
			c.findings = append(c.findings, out)
		}
	}
}

// lockedByCallers reports whether a method leaves the lock to its callers, who
// are looked at in its place: its name says so, or it is private and called here.
func lockedByCallers(f *function) bool {
	for _, w := range words(f.def.Name.Name) {
		if w == "locked" || w == "unlocked" || w == "nolock" {
			return true
		}
	}
	return privateName(f.def.Name.Name) && len(f.callers) > 0
}

// checkTwoLocks looks at members of locked classes that also lock the object, or
// a lock of its own, by hand.
func checkTwoLocks(c *checking) {
	if !c.p.locks.concerned(c.m.stem) {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if !c.p.member(f) || c.p.exempt(f) || f.flow.hand == (ast.Span{}) || len(f.def.Params.List) == 0 {
			continue
		}
		self := f.def.Params.List[0].Name.Name
		spelled := text(f.unit.file, f.flow.hand)
		decorated := f.flow.hand == f.def.Name.Span
		if !decorated && !strings.Contains(spelled, self+".") && !strings.Contains(spelled, "("+self+")") && !strings.Contains(spelled, "("+self+",") {
			continue // it guards something else
		}
		info := c.p.locks.lockOf(f.class)
		if info.kind == CriticalSection && (strings.Contains(spelled, "critical_section") || decorated && c.byCriticalSection(f)) {
			continue // the same lock once more
		}
		what := "a decorator"
		if !decorated {
			what = spelled
		}
		out := at(f.unit.source, f.flow.hand, codeTwoLocks, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s locks its object by hand (%s) beside the %s of %s", f.name(), what, info.kind, f.class.name)
		out.Help = "two locks for the same state exclude nobody: keep one of them, or say @cython.no_lock(\"why\") where the one by hand is enough"
		c.findings = append(c.findings, out)
	}
}

// byCriticalSection reports whether a function carries @cython.critical_section.
func (c *checking) byCriticalSection(f *function) bool {
	return slices.ContainsFunc(f.def.Decorators, func(d *ast.Decorator) bool {
		e := d.Expr
		if call, ok := e.(*ast.Call); ok {
			e = call.Fun
		}
		return f.mod.scope.cythonAttr(e, true) == "critical_section"
	})
}
