package transform

// PXL211: a critical section in which state is read, Python code runs, and the
// state is then written. Whatever blocks in that code suspends the critical
// section, and what was read may be different by then.

import "fmt"

func checkSuspension(c *checking) {
	for _, f := range c.functions() {
		if !c.p.member(f) || c.p.exempt(f) || construction[f.def.Name.Name] || len(f.flow.python) == 0 {
			continue
		}
		if in := c.p.lockOf(f.class); in == nil || in.kind != CriticalSection {
			continue
		}
		if mode, ok := c.p.modeOf(f); !ok || mode != write {
			continue
		}
		s := &solver{p: c.p}
		s.at(f)
		own := func(e *effect) bool {
			if e.kind == onPython {
				return false
			}
			for _, r := range s.top(e.node) {
				if x := &f.sum.regions[r.region]; x.root == nodeParam && x.num == 0 && x.parent < 0 {
					return true
				}
			}
			return false
		}
		c.suspended(f, own)
	}
}

func (c *checking) suspended(f *function, own func(*effect) bool) {
	for i := range f.flow.effects {
		first := &f.flow.effects[i]
		if first.mode != read || !own(first) {
			continue
		}
		for _, call := range f.flow.python {
			if call.Pos < first.span.End {
				continue
			}
			for j := range f.flow.effects {
				last := &f.flow.effects[j]
				if last.mode != write || last.span.Pos < call.End || !own(last) || first.field != "" && last.field != "" && first.field != last.field && last.cause == writes {
					continue
				}
				out := at(f.unit.source, last.span, codeSuspended, "", "")
				out.Warning = true
				out.Message = fmt.Sprintf("%s writes here what it looked at before Python code ran, which may have suspended the critical section", f.name())
				out.Help = "look again after the call, call before looking, or use lock=\"rwlock\", which holds across calls"
				for _, step := range []struct {
					at  [2]int32
					say string
				}{{[2]int32{first.span.Pos, first.span.End}, "looks at " + first.name}, {[2]int32{call.Pos, call.End}, "runs Python code"}} {
					sp := first.span
					sp.Pos, sp.End = step.at[0], step.at[1]
					pos := at(f.unit.source, sp, "", "", "")
					out.Related = append(out.Related, Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: step.say})
				}
				c.m.findings = append(c.m.findings, out)
				return
			}
		}
	}
}
