package rules

// PXL305: a generator expression, a lambda or a function inside a function that is handed out,
// and uses guarded state when the lock is gone.

import (
	"fmt"

	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// checkLater looks for what functions that lock hand out.
func checkLater(c *checking) {
	for _, f := range c.functions() {
		if c.p.Exempt(f) || c.plan.Failed[f.Def] {
			continue
		}
		list := effects.HandedOut(f)
		if len(list) == 0 {
			continue
		}
		values := append(effects.Values(c.p, f), effects.HeldValues(c.p, f)...)
		for _, l := range list {
			laters{c}.later(f, l, values)
		}
	}
}

// laters says what is used later.
type laters struct{ *checking }

// later reports what is handed out, at the first use of state that its function alone has locked.
func (c laters) later(f *effects.Function, l effects.Deferred, values []effects.Value) {
	for _, v := range values {
		for _, use := range v.Uses {
			if !l.Body.Contains(use.Span.Pos) || l.First != nil && l.First.Range().Contains(use.Span.Pos) && c.takesObject(v, use) {
				continue
			}
			e := lockedAtEntry(c.checking, f, v)
			if v.Held {
				if l.Body.Contains(use.Block.Pos) {
					continue // it takes the lock itself
				}
				e = heldBy(v)
			}
			if e == nil {
				continue // told as missing
			}
			does := "reads"
			if use.Mode == effects.Write {
				does = "writes"
			}
			obj := called(f, e.Region)
			switch {
			case obj == "":
				obj = "some " + e.Class.Name
			case use.Field != "":
				obj = use.Field + " of " + obj
			}
			out := project.FindingAt(f.Unit.Source, use.Span, finding.Later, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s hands out a %s that %s %s when the lock is no longer held", f.Name(), l.Kind, does, obj)
			out.Help = fmt.Sprintf("let it call a method of %s, which locks, or give it what it needs while the lock is held", e.Class.Name)
			if l.First != nil {
				out.Help = fmt.Sprintf("make a list under the lock, and hand out that: iter([...]); or let it call a method of %s, which locks", e.Class.Name)
			}
			at := project.FindingAt(f.Unit.Source, l.Out, "", "", "")
			out.Related = append(out.Related, finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: f.Name() + " hands it out"})
			c.Findings = append(c.Findings, out)
			return
		}
	}
}

// lockedAtEntry is what a function does to a value that it, or its callers, hold from its entry on;
// nil where they do not.
func lockedAtEntry(c *checking, f *effects.Function, v effects.Value) *effects.Effect {
	for _, e := range v.Effects {
		if e.Kind != effects.OnPython && (c.p.Holds(f, e) || f.Class != nil && !f.Exposed() && c.p.Locked(f.Class) && effects.OnSelf(f, e)) {
			return e
		}
	}
	return nil
}

// heldBy is what a function does to a value under a block that holds it; nil where none does.
func heldBy(v effects.Value) *effects.Effect {
	for _, e := range v.Effects {
		if e.Kind != effects.OnPython && e.Held {
			return e
		}
	}
	return nil
}

// takesObject reports whether a use gets a number or a Python object out of an attribute: what a
// generator expression goes over is looked up when it is made.
func (c laters) takesObject(v effects.Value, use effects.Use) bool {
	for _, e := range v.Effects {
		if fd := e.Class.Field(use.Field); fd != nil {
			kind := c.p.Types.OfField(fd).Kind
			return !use.Call && (kind == ctype.Object || kind == ctype.Scalar)
		}
	}
	return false
}
