package rules

// PXL211: a critical section in which state is read, Python code runs, and the
// state is then written. Whatever blocks in that code suspends the critical
// section, and what was read may be different by then.

import (
	"cmp"
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// look is a use of an object's state, here or in a C function called here.
type look struct {
	mode  effects.Mode
	cause effects.Cause
	name  string // the attribute or function
	field string
	span  ast.Span
	at    int32 // when it is done
}

// written is when an assignment to a place is done: after its value has been found out; counts is true of x += v, which
// reads it before.
func written(f *effects.Function, place ast.Span) (at int32, counts bool) {
	at = place.Pos
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if !n.Range().Contains(place.Pos) {
			return false
		}
		if a, ok := n.(*ast.Assign); ok && a.Value != nil && place.Pos < a.Value.Range().Pos {
			at, counts = a.Value.Range().End, a.Op != "=" && a.Op != ""
		}
		return true
	})
	return at, counts
}

func checkSuspension(c *checking) {
	byHand := c.spelling.spells([]string{"critical_section"})
	if !c.p.Locks.Concerned(c.m.Stem) && !byHand {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if c.p.Exempt(f) || library.Construction()[f.Def.Name.Name] {
			continue
		}
		list := writingSections(c, f, byHand)
		if len(list) == 0 {
			continue
		}
		python := c.runsPython(f)
		for _, s := range list {
			at := func(at ast.Span) ast.Span { return at }
			if c.suspended(f, inside(c.looks(f, s.param), s.within, func(l look) ast.Span { return l.span }), inside(python, s.within, at)) {
				break
			}
		}
	}
}

// criticalSection is where a function holds a parameter for writing in a critical section.
type criticalSection struct {
	param  int
	within ast.Span
}

// writingSections are those of a function: what its class, a decorator or a block locks and, with byHand, what a person placed.
func writingSections(c *checking, f *effects.Function, byHand bool) []criticalSection {
	var out []criticalSection
	inSection := func(class *project.Class) bool {
		in := c.p.Locks.Of(class)
		return in != nil && in.Kind == decorator.CriticalSection
	}
	var held map[int]bool // found when somebody asks
	for i, prm := range f.Def.Params.List {
		if i >= len(f.Flow.Params) {
			break
		}
		name, own := syntax.ParamName(prm), f.Class != nil && i == 0
		if byHand && (own || f.EntryLock(i, effects.Write).Shape.Class != nil) {
			if within, ok := c.section(f, name); ok {
				out = append(out, criticalSection{i, within})
				continue
			}
		}
		if own {
			if c.p.Member(f) && inSection(f.Class) {
				if mode, does := c.p.ModeOf(f); does && mode == effects.Write {
					out = append(out, criticalSection{i, f.Def.Body.Span})
				}
			}
			continue
		}
		if l := f.EntryLock(i, effects.Write); !inSection(l.OfClass()) {
			continue
		}
		if held == nil {
			held = heldParams(c, f)
		}
		if held[i] {
			out = append(out, criticalSection{i, f.Def.Body.Span})
			continue
		}
		for k := 1; k < len(f.Flow.Blocks); k++ {
			b := &f.Flow.Blocks[k]
			for j := range b.Locks {
				if l := &b.Locks[j]; l.Mode == effects.Write && syntax.IsNamed(syntax.Bare(l.Arg.X), name) {
					out = append(out, criticalSection{i, b.With.Body.Span})
				}
			}
		}
	}
	return out
}

// section returns the critical section on a parameter that a person placed in a
// function: the whole body where it is a decorator, which is on the first one.
func (c *checking) section(f *effects.Function, name string) (ast.Span, bool) {
	if f.Flow.Hand == (ast.Span{}) {
		return ast.Span{}, false
	}
	for _, d := range f.Def.Decorators {
		if syntax.LastName(d.Expr) == "critical_section" && syntax.ParamName(f.Def.Params.List[0]) == name {
			return f.Def.Body.Span, true
		}
	}
	var found ast.Span
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		with, ok := n.(*ast.With)
		if !ok || found.End > 0 {
			return found.End == 0
		}
		for _, it := range with.Items {
			call, ok := syntax.Unparen(it.X).(*ast.Call)
			if !ok || syntax.LastName(call.Fun) != "critical_section" {
				continue
			}
			for _, a := range call.Args {
				if syntax.IsNamed(a.X, name) {
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

// looks returns what a function does to the state of a parameter.
func (c *checking) looks(f *effects.Function, param int) []look {
	s := c.p.Solver()
	s.At(f)
	isParam := func(n int32) bool {
		for _, r := range s.Top(n) {
			if x := &f.Sum.Regions[r.Region]; x.Root == effects.NodeParam && int(x.Num) == param && x.Parent < 0 {
				return true
			}
		}
		return false
	}
	var out []look
	for i := range f.Flow.Actions {
		if e := &f.Flow.Actions[i]; e.Kind != effects.OnPython && isParam(e.Node) {
			at := e.Span.Pos
			if e.Mode == effects.Write {
				var counts bool
				if at, counts = written(f, e.Span); counts {
					out = append(out, look{effects.Read, effects.Reads, e.Name, e.Field, e.Span, e.Span.Pos})
				}
			}
			out = append(out, look{e.Mode, e.Cause, e.Name, e.Field, e.Span, at})
		}
	}
	for i := range f.Flow.Calls {
		k := &f.Flow.Calls[i]
		for _, g := range k.Callees {
			for j := range g.Sum.Effects {
				e := &g.Sum.Effects[j]
				r := &g.Sum.Regions[e.Region]
				if e.Kind == effects.OnPython || !e.Sure || r.Root != effects.NodeParam || r.Parent >= 0 || int(r.Num) >= len(k.Args) || k.Args[r.Num] == 0 || !isParam(k.Args[r.Num]) {
					continue
				}
				out = append(out, look{e.Mode, e.Cause, e.Field, e.Field, k.Span, k.Span.Pos})
			}
		}
	}
	return out
}

// runsPython returns where a function may run Python code, calls of C functions
// that do so included.
func (c *checking) runsPython(f *effects.Function) []ast.Span {
	out := f.Flow.Python[:len(f.Flow.Python):len(f.Flow.Python)]
	for i := range f.Flow.Calls {
		k := &f.Flow.Calls[i]
		for _, g := range k.Callees {
			if !g.Exposed() && c.comesToPython(g, map[*effects.Function]bool{f: true}) {
				out = append(out, k.Span)
				break
			}
		}
	}
	return out
}

func (c *checking) comesToPython(f *effects.Function, seen map[*effects.Function]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	if len(c.p.FlowOf(f).Python) > 0 {
		return true
	}
	for i := range f.Flow.Calls {
		for _, g := range f.Flow.Calls[i].Callees {
			if c.comesToPython(g, seen) {
				return true
			}
		}
	}
	return false
}

// suspended reports the first write that follows on a look, with Python code
// between the two, and whether there is one.
func (c *checking) suspended(f *effects.Function, looks []look, python []ast.Span) bool {
	for i := range looks {
		first := &looks[i]
		if first.mode != effects.Read {
			continue
		}
		for _, call := range python {
			if call.Pos < first.span.End {
				continue
			}
			for j := range looks {
				last := &looks[j]
				if last.mode != effects.Write || last.at < call.End || first.field != "" && last.field != "" && first.field != last.field && last.cause == effects.Writes {
					continue
				}
				was, is := cmp.Or(cmp.Or(first.field, first.name), "the state"), cmp.Or(cmp.Or(last.field, last.name), "the state")
				out := project.FindingAt(f.Unit.Source, last.span, finding.Suspended, "", "")
				out.Warning = true
				if was == is {
					out.Message = fmt.Sprintf("%s writes %s, which it read before running Python code that may have suspended the critical section", f.Name(), is)
				} else {
					out.Message = fmt.Sprintf("%s writes %s, but read %s before running Python code that may have suspended the critical section", f.Name(), is, was)
				}
				out.Help = "read it again after the call, call before reading it, or use lock=\"rwlock\", which holds across calls"
				for _, step := range []struct {
					at  ast.Span
					say string
				}{{first.span, "reads " + was}, {call, "runs Python code"}} {
					pos := project.FindingAt(f.Unit.Source, step.at, "", "", "")
					out.Related = append(out.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: step.say})
				}
				c.Findings = append(c.Findings, out)
				return true
			}
		}
	}
	return false
}
