package transform

// PXL211: a critical section in which state is read, Python code runs, and the
// state is then written. Whatever blocks in that code suspends the critical
// section, and what was read may be different by then.

import (
	"cmp"
	"fmt"

	"pyxlock/parser/ast"
)

// look is a use of the object's own state, here or in a C function called here.
type look struct {
	mode  mode
	cause cause
	name  string // the attribute or function
	field string
	span  ast.Span
}

func checkSuspension(c *checking) {
	byHand := c.spells([]string{"critical_section"})
	if !c.p.locks.concerned(c.m.stem) && !byHand {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if byHand && f.class != nil && !c.p.exempt(f) && !construction[f.def.Name.Name] {
			if within, ok := c.section(f); ok {
				c.suspended(f, inside(c.looks(f), within, func(l look) ast.Span { return l.span }), inside(c.runsPython(f), within, func(s ast.Span) ast.Span { return s }))
				continue
			}
		}
		if !c.p.member(f) || c.p.exempt(f) || construction[f.def.Name.Name] {
			continue
		}
		if in := c.p.locks.lockOf(f.class); in == nil || in.kind != CriticalSection {
			continue
		}
		if mode, ok := c.p.modeOf(f); !ok || mode != write {
			continue
		}
		python := c.runsPython(f)
		if len(python) == 0 {
			continue
		}
		c.suspended(f, c.looks(f), python)
	}
}

// section returns the critical section on the object that a person placed in a
// method: the whole body where it is a decorator.
func (c *checking) section(f *function) (ast.Span, bool) {
	if f.flow.hand == (ast.Span{}) || len(f.def.Params.List) == 0 {
		return ast.Span{}, false
	}
	for _, d := range f.def.Decorators {
		if lastName(d.Expr) == "critical_section" {
			return f.def.Body.Span, true
		}
	}
	self := f.def.Params.List[0].Name.Name
	var found ast.Span
	own(f.def.Body, func(n ast.Node) bool {
		with, ok := n.(*ast.With)
		if !ok || found.End > 0 {
			return found.End == 0
		}
		for _, it := range with.Items {
			call, ok := unparen(it.X).(*ast.Call)
			if !ok || lastName(call.Fun) != "critical_section" {
				continue
			}
			for _, a := range call.Args {
				if isNamed(a.X, self) {
					found = with.Body.Span
				}
			}
		}
		return found.End == 0
	})
	return found, found.End > 0
}

// inside returns those of a list that stand within a span.
func inside[T any](list []T, within ast.Span, at func(T) ast.Span) []T {
	var out []T
	for _, x := range list {
		if within.Contains(at(x).Pos) {
			out = append(out, x)
		}
	}
	return out
}

// looks returns what a member does to its own object's state.
func (c *checking) looks(f *function) []look {
	s := c.p.solver()
	s.at(f)
	isSelf := func(n int32) bool {
		for _, r := range s.top(n) {
			if x := &f.sum.regions[r.region]; x.root == nodeParam && x.num == 0 && x.parent < 0 {
				return true
			}
		}
		return false
	}
	var out []look
	for i := range f.flow.effects {
		if e := &f.flow.effects[i]; e.kind != onPython && isSelf(e.node) {
			out = append(out, look{e.mode, e.cause, e.name, e.field, e.span})
		}
	}
	for i := range f.flow.calls {
		k := &f.flow.calls[i]
		for _, g := range k.callees {
			for j := range g.sum.effects {
				e := &g.sum.effects[j]
				r := &g.sum.regions[e.region]
				if e.kind == onPython || !e.sure || r.root != nodeParam || r.parent >= 0 || int(r.num) >= len(k.args) || k.args[r.num] == 0 || !isSelf(k.args[r.num]) {
					continue
				}
				out = append(out, look{e.mode, e.cause, e.field, e.field, k.span})
			}
		}
	}
	return out
}

// runsPython returns where a function may run Python code, calls of C functions
// that do so included.
func (c *checking) runsPython(f *function) []ast.Span {
	out := f.flow.python[:len(f.flow.python):len(f.flow.python)]
	for i := range f.flow.calls {
		k := &f.flow.calls[i]
		for _, g := range k.callees {
			if !g.exposed() && c.comesToPython(g, map[*function]bool{f: true}) {
				out = append(out, k.span)
				break
			}
		}
	}
	return out
}

func (c *checking) comesToPython(f *function, seen map[*function]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	if len(c.p.flowOf(f).python) > 0 {
		return true
	}
	for i := range f.flow.calls {
		for _, g := range f.flow.calls[i].callees {
			if c.comesToPython(g, seen) {
				return true
			}
		}
	}
	return false
}

// suspended reports the first write that follows on a look, with Python code
// between the two.
func (c *checking) suspended(f *function, looks []look, python []ast.Span) {
	for i := range looks {
		first := &looks[i]
		if first.mode != read {
			continue
		}
		for _, call := range python {
			if call.Pos < first.span.End {
				continue
			}
			for j := range looks {
				last := &looks[j]
				if last.mode != write || last.span.Pos < call.End || first.field != "" && last.field != "" && first.field != last.field && last.cause == writes {
					continue
				}
				was, is := cmp.Or(cmp.Or(first.field, first.name), "the state"), cmp.Or(cmp.Or(last.field, last.name), "the state")
				out := at(f.unit.source, last.span, codeSuspended, "", "")
				out.Warning = true
				if was == is {
					out.Message = fmt.Sprintf("%s writes %s, which it looked at before Python code ran that may have suspended the critical section", f.name(), is)
				} else {
					out.Message = fmt.Sprintf("%s writes %s, but looked at %s before Python code ran that may have suspended the critical section", f.name(), is, was)
				}
				out.Help = "look again after the call, call before looking, or use lock=\"rwlock\", which holds across calls"
				for _, step := range []struct {
					at  ast.Span
					say string
				}{{first.span, "looks at " + was}, {call, "runs Python code"}} {
					pos := at(f.unit.source, step.at, "", "", "")
					out.Related = append(out.Related, Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: step.say})
				}
				c.findings = append(c.findings, out)
				return
			}
		}
	}
}
