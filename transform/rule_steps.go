package transform

// PXL110: a generator or coroutine that is exempt from locking, and uses guarded
// state between its steps.

import "fmt"

func checkSteps(c *checking) {
	for _, f := range c.functions() {
		if !c.p.exempt(f) || c.plan.failed[f.def] {
			continue
		}
		e := c.p.betweenSteps(f)
		if e == nil {
			continue
		}
		kind := "generator"
		if f.def.Async {
			kind = "coroutine"
		}
		out := at(f.unit.source, f.def.Name.Span, codeSteps, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s is a %s without a lock, and %s, which other threads may change between its steps", f.name(), kind, say(e))
		out.Help = "write an iterator class whose __next__ locks one step, or yield from a copy that a locked method makes"
		if f.def.Async {
			out.Help = "do what touches the state in plain methods, which lock, and await between their calls"
		}
		out.Related = relatedOf(chain(f, e))
		c.findings = append(c.findings, out)
	}
}
