package plan

// Generators: those that run to their end under their lock when they are called, those that
// give it back at each yield, and those that can do neither.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// withoutSnapshot says what can be done about a generator of which there is no snapshot.
const withoutSnapshot = "write an iterator class whose __next__ locks one step, or mark it @cython.no_lock(\"why\")"

// howToYield says what can be done about a generator under a lock.
func howToYield(f *Func) string {
	if _, why := effects.NoSnapshot(f.Unit.File, f.Def); why != "" {
		return withoutSnapshot
	}
	return "say snapshot=True if it may run to its end when it is called, " + withoutSnapshot
}

// askSnapshot tells whether the decorators of a function ask for a snapshot, and reports
// those that do not agree about it.
func askSnapshot(out *Module, name string, locks []Placed) (snapshot, agree bool) {
	for i, d := range locks {
		if i > 0 && d.Snapshot() != snapshot {
			out.Report(d.Unit, d.Node.Range(), finding.Contradict, fmt.Sprintf("of the locks of %s, some say snapshot=True and some do not", name),
				"say it on each: all of them are held while the body runs")
			return false, false
		}
		snapshot = d.Snapshot()
	}
	return snapshot, true
}

// checkSnapshot reports what a generator does that has no meaning in a snapshot, and
// functions that are no generators.
func checkSnapshot(f *Func, yields bool, fail func(ast.Span, string, string, string)) {
	name := f.Def.Name.Name
	if at, why := effects.NoSnapshot(f.Unit.File, f.Def); !yields {
		fail(f.Def.Name.Span, finding.Argument, "snapshot=True on "+name+", which yields nothing", "it goes on a generator: leave it out")
	} else if why != "" {
		fail(at, finding.Yield, name+" "+why, "leave snapshot out and "+withoutSnapshot)
	}
}

// stepwise has a generator give its lock back at each yield, where the model proves that it
// may, and reports it otherwise.
func (p *Planner) stepwise(m *project.Module, f *Func, pl *Plan, at ast.Span, fail func(ast.Span, string, string, string)) {
	why := ""
	fun := p.Program.Funcs(m).ByDef[f.Def]
	switch {
	case fun == nil:
		why = ", and is inside another function"
	case pl.locksItems() != nil || slices.ContainsFunc(pl.Holds, func(h Hold) bool { return slices.Contains(h.Moving, true) }):
		why = ", and the items or the reassigned guard that it locks may be other objects by the next step"
	case slices.ContainsFunc(pl.Holds, func(h Hold) bool { return !p.staysAt(f, h) }):
		why = ", and an attribute that it locks may be another object by the next step"
	case pl.Kind != decorator.RWLock:
		why = fmt.Sprintf(", and a %s cannot be released in between", pl.Kind)
	default:
		p.Program.Solve([]*effects.Function{fun})
		var place ast.Span
		place, why = fun.Steps(p.Program, func(name string) bool {
			return slices.ContainsFunc(pl.Holds, func(h Hold) bool { return h.Path[0] == name })
		})
		if pl.Steps = why == ""; pl.Steps {
			return
		}
		if place.Pos > 0 {
			at = place
		}
		why = ": it " + why
	}
	fail(at, finding.Yield, f.Def.Name.Name+" is a generator, which would hold its lock while it is suspended"+why, howToYield(f))
}

// staysAt reports whether a path leads to the same object at each step: to a parameter, or
// to the guard of the first one that is not assigned once the object may be shared.
func (p *Planner) staysAt(f *Func, h Hold) bool {
	if len(h.Path) == 1 {
		return true
	}
	if f.Class == nil || f.Def.Params.List[0].Name.Name != h.Path[0] {
		return false
	}
	c := f.Class
	for _, attr := range h.Path[1:] {
		if c == nil || p.Program.Guarding.Of(c) != attr || p.Program.Guarding.Changes(c) {
			return false
		}
		c = c.Field(attr).Class()
	}
	return true
}
