package rules

// PXL216: a function that holds what each thread of a parallel loop in what it calls takes.

import (
	"fmt"
	"slices"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// checkParallel reports calls that wait for threads which wait for the caller.
func checkParallel(c *checking) {
	for _, f := range c.functions() {
		for _, w := range effects.Waits(c.p, f, func(e *effects.Effect) bool { return holdsAtEntry(c.p, f, e) }) {
			hangs(c, f, w)
		}
	}
}

// holdsAtEntry reports whether a function holds from its entry on what an effect is on.
func holdsAtEntry(p *effects.Program, f *effects.Function, e *effects.Effect) bool {
	if p.Exempt(f) || !p.Holds(f, e) {
		return false
	}
	x := &f.Sum.Regions[e.Region]
	if len(p.OwnLocks(f).Decs) > 0 || x.Parent >= 0 {
		return true
	}
	if in := p.Locks.Of(f.Class); in == nil || in.Kind == decorator.CriticalSection {
		return false
	}
	return p.StanceOn(f, int(x.Num), p.Locks.Of(f.Class).Kind == decorator.Mutex).Touches
}

// hangs reports a call that hangs.
func hangs(c *checking, f *effects.Function, w effects.Wait) {
	e := w.Effect
	what := "some " + e.Class.Name
	if name := called(f, e.Region); name != "" {
		what = fmt.Sprintf("%s (%s)", name, e.Class.Name)
	}
	out := project.FindingAt(f.Unit.Source, e.Span, finding.Parallel, "", "")
	out.Warning = true
	where := "a parallel loop in " + e.Name
	if w.Parallel {
		where = "this parallel loop"
	}
	out.Message = fmt.Sprintf("%s holds %s, and each thread of %s waits for it: both hang", f.Name(), what, where)
	out.Help = "do not hold it around the loop: @cython.no_lock on " + f.Name() + ", or call it before the lock is taken; or leave out the lock inside the loop"
	if w.Block != nil {
		at := project.FindingAt(f.Unit.Source, w.Block.Arg.X.Range(), "", "", "")
		out.Related = append(out.Related, finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: finding.Brief(f.Name() + " locks it in a block")})
		out.Help = "call it before the block or after it, or leave out the lock inside the loop"
	}
	out.Related = append(out.Related, effects.RelatedOf(effects.Chain(f, e)[1:])...)
	if !slices.ContainsFunc(c.Findings, func(o finding.Finding) bool {
		return o.Code == out.Code && o.Line == out.Line && o.Column == out.Column && o.Path == out.Path
	}) {
		c.Findings = append(c.Findings, out)
	}
}
