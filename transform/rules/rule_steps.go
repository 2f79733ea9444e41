package rules

// PXL110: a generator or coroutine that is exempt from locking, and uses guarded
// state between its steps.

import (
	"fmt"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

func checkSteps(c *checking) {
	for _, f := range c.functions() {
		if !c.p.Exempt(f) || c.plan.Failed[f.Def] {
			continue
		}
		e := c.p.BetweenSteps(f)
		if e == nil {
			continue
		}
		kind := "generator"
		if f.Def.Async {
			kind = "coroutine"
		}
		out := project.FindingAt(f.Unit.Source, f.Def.Name.Span, finding.Steps, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s is a %s without a lock, and %s, which other threads may change between its steps", f.Name(), kind, effects.Say(e))
		out.Help = "let it run to its end under the lock, @cython.read_lock(snapshot=True), or write an iterator class whose __next__ locks one step"
		if f.Def.Async {
			out.Help = "do what touches the state in plain methods, which lock, and await between their calls"
		}
		if f.Class != nil {
			out.Cause = fmt.Sprintf("the %ss of %s in %s", kind, f.Class.Name, f.Unit.Path)
		}
		out.Related = effects.RelatedOf(effects.Chain(f, e))
		c.Findings = append(c.Findings, out)
	}
}
