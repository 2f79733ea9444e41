package rules

// PXL107: an override that does more to the object than the method it
// overrides. Callers in the base's module lock for what they see there.

import (
	"fmt"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

func checkOverrides(c *checking) {
	for _, f := range c.functions() {
		if f.Class == nil || f.Accessor != effects.Plain || c.p.Exempt(f) || f.Exposed() || !c.p.Guards(f.Class) || library.NoLockMethods()[f.Def.Name.Name] {
			continue
		}
		base := c.overridden(f)
		if base == nil || base.Mod == c.m {
			continue // within a module overrides count as what a call may reach
		}
		c.p.Solve([]*effects.Function{base})
		mine, theirs := c.p.StanceOn(f, 0, true), c.p.StanceOn(base, 0, true)
		if !mine.Touches || theirs.Touches && theirs.Mode >= mine.Mode {
			continue
		}
		c.p.Solve(c.p.Funcs(base.Mod).All)
		caller := c.tooLittle(base, mine.Mode)
		if caller == nil {
			continue
		}
		out := project.FindingAt(f.Unit.Source, f.Def.Name.Span, finding.Override, "", "")
		out.Warning = true
		does, what := "reads", mine.Why.Field
		if mine.Mode == effects.Write {
			does = "writes"
		}
		if what == "" {
			what = "guarded state"
		}
		held, help := "without its lock", fmt.Sprintf("put @cython.%s_lock on %s", mine.Mode, caller.Name())
		if !c.p.Member(caller) {
			help += ", and @cython.locked_class on " + caller.Class.Name
		} else if _, ok := c.p.ModeOf(caller); ok {
			held = "with the object locked for reading only"
		}
		out.Message = fmt.Sprintf("%s %s %s, and %s calls it (as %s) %s", f.Name(), does, what, caller.Name(), base.Name(), held)
		out.Help = help
		pos := project.FindingAt(base.Unit.Source, base.Def.Name.Span, "", "", "")
		out.Related = append(effects.RelatedOf(effects.Chain(f, mine.Why)), finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: base.Name() + " is overridden"})
		c.Findings = append(c.Findings, out)
	}
}

// tooLittle returns a function that Python code can call, that comes to the C
// method base, and that holds its object less than in a mode.
func (c *checking) tooLittle(base *effects.Function, md effects.Mode) *effects.Function {
	seen := map[*effects.Function]bool{base: true}
	for list := []*effects.Function{base}; len(list) > 0; {
		f := list[0]
		list = list[1:]
		for _, caller := range f.Callers {
			if seen[caller] || c.p.Exempt(caller) || caller.Class == nil || caller.Accessor == effects.Plain && library.Construction()[caller.Def.Name.Name] {
				continue
			}
			seen[caller] = true
			if !caller.Exposed() {
				list = append(list, caller)
				continue
			}
			if caller.Mod != base.Mod {
				continue // its own module has the say
			}
			if !c.p.Member(caller) {
				return caller
			}
			if held, ok := c.p.ModeOf(caller); !ok || held < md {
				return caller
			}
		}
	}
	return nil
}

// overridden returns the C method that f overrides, with its body.
func (c *checking) overridden(f *effects.Function) *effects.Function {
	for _, b := range f.Class.Ancestry()[1:] {
		if fs := c.p.Own(b).Plain[f.Def.Name.Name]; len(fs) > 0 {
			return fs[0]
		}
	}
	return nil
}
