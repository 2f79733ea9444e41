package rules

// PXL215, too: a function that holds a lock and lets C++ exceptions pass. They skip every
// finally, and the release with it.

import (
	"fmt"
	"slices"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// checkReleased reports locks that stay taken.
func checkReleased(c *checking) {
	unreleased(c)
	thrownPast(c)
}

// thrownPast reports functions with a body that are declared "except +" and hold a lock of ours. The
// declaration is for callers, who catch there; it does nothing but where something passes the body.
func thrownPast(c *checking) {
	for _, f := range c.functions() {
		if f.Def.Body == nil || !f.Def.Suffix.ExceptPlus || !takesLock(c, f) {
			continue
		}
		out := project.FindingAt(f.Unit.Source, f.Def.Suffix.Span, finding.Release, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s takes a lock and lets C++ exceptions pass: they skip its release, and the object stays locked", f.Name())
		out.Help = "declare the C++ functions that it calls except +, so that their exceptions are Python's in this body, and leave it out here"
		c.Findings = append(c.Findings, out)
	}
}

// takesLock reports whether a function takes a lock of ours, at its entry or in a block.
func takesLock(c *checking, f *effects.Function) bool {
	if len(f.Flow.Blocks) > 1 {
		return true
	}
	if c.p.Exempt(f) {
		return false
	}
	if c.p.Member(f) && c.p.Locks.Of(f.Class) != nil {
		_, does := c.p.ModeOf(f)
		return does
	}
	return slices.ContainsFunc(c.p.OwnLocks(f).Decs, func(d decorator.Lock) bool { return d.Name == "read_lock" || d.Name == "write_lock" })
}
