package rules

// PXL117: a guard that an object may be without. None locks nothing, so that its members run at the same time.

import (
	"fmt"

	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

func checkGuardless(c *checking) {
	for _, k := range c.m.Classes {
		l := c.p.Locks.Declared(k)
		if l == nil || l.Guard == "" || k.Field(l.Guard) == nil {
			continue
		}
		at, none := c.p.Guarding.Guardless(k, l.Guard)
		if !none {
			continue
		}
		out := project.FindingAt(l.Unit.Source, l.Decorator.Range(), finding.Guardless,
			fmt.Sprintf("%s has the lock of its %s, and %s may leave that None: nothing is locked then", k.Name, l.Guard, at.Func.Name()),
			fmt.Sprintf("give each %s an object there as it is made (Owner owner not None), or leave out guard=, so that it has a lock of its own", k.Name))
		out.Warning = true
		out.Related = []finding.Related{relatedAt(at.Func, at.Span, at.Func.Name()+" makes one without")}
		c.Findings = append(c.Findings, out)
	}
}
