package transform

// PXL110: a generator or coroutine that is exempt from locking, and uses guarded
// state between its steps.

import "fmt"

func checkSteps(c *checking) {
	for _, f := range c.functions() {
		if !c.p.exempt(f) || c.m.failed[f.def] {
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
		c.m.findings = append(c.m.findings, out)
	}
}

// betweenSteps returns what a function that yields or awaits does to guarded
// state that is not settled, without a lock; nil where it does nothing such.
func (p *Project) betweenSteps(f *function) *found {
	if f.flow.yields.End == 0 && !f.def.Async {
		return nil
	}
	for i := range f.sum.effects {
		e := &f.sum.effects[i]
		if e.raw && e.kind != onPython && p.guards(e.class) && !(e.mode == read && p.settled(e.class, e.field)) {
			return e
		}
	}
	return nil
}
