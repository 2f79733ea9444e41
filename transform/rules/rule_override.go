package rules

// PXL107: an override that does more to objects than those who call it lock for. They
// know the base: an object that only the override has a name for nobody else can
// lock. And where they are not part of the project, they have locked for what the base
// does.

import (
	"fmt"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

func checkOverrides(c *checking) {
	for _, f := range c.functions() {
		if f.Class == nil || f.Accessor != effects.Plain || c.p.Exempt(f) || f.Exposed() || library.NoLockMethods()[f.Def.Name.Name] {
			continue
		}
		if !c.unnamed(f) {
			c.elsewhere(f)
		}
	}
}

// unnamed reports an override that uses what a caller cannot name, once.
func (c *checking) unnamed(f *effects.Function) bool {
	for _, md := range [...]effects.Mode{effects.Write, effects.Read} {
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if e.Mode != md || md == effects.Read && c.p.Changes.Settled(e.Class, e.Field) {
				continue
			}
			u := c.p.Overrides().Unnamed(f, e)
			if u == nil {
				continue
			}
			out := project.FindingAt(f.Unit.Source, e.Span, finding.Override, "", "")
			out.Warning, out.Writes = true, md == effects.Write
			what := fmt.Sprintf("%s (%s)", effects.PathOf(f, e.Region), e.Class.Name)
			if e.Via == nil && e.Field != "" {
				what = e.Field + " of " + what
			}
			out.Message = fmt.Sprintf("%s %s %s without its lock, and %s, which knows the object as a %s, cannot take it",
				f.Name(), does(e), what, u.Caller.Name(), u.Base.Name)
			out.Help = overrideHelp(c, u)
			out.Cause = causeOf(c, e, "")
			if f.Sum.Regions[e.Region].Parent < 0 { // one lock on the base is for all its overrides
				out.Cause = fmt.Sprintf("%s in %s", u.Base.Name, u.Base.Mod.Stem)
			}
			if steps := effects.Chain(f, e); len(steps) > 1 {
				out.Related = effects.RelatedOf(steps[1:])
			}
			pos := project.FindingAt(u.Caller.Unit.Source, u.Span, "", "", "")
			out.Related = append(out.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: u.Caller.Name() + " calls it"})
			c.Findings = append(c.Findings, out)
			return true
		}
	}
	return false
}

// overrideHelp tells what an override can lock by itself.
func overrideHelp(c *checking, u *effects.Unnamed) string {
	f, path := u.Override, effects.PathOf(u.Override, u.Effect.Region)
	dec := fmt.Sprintf("@cython.%s_lock(%q) on %s", u.Effect.Mode, path, f.Name())
	if u.Override.Sum.Regions[u.Effect.Region].Parent < 0 {
		return fmt.Sprintf("put @cython.locked_class on %s, so that its users can lock it, or take the lock in the override: %s", u.Base.Name, dec)
	}
	if !c.p.Changes.Stay(f, u.Effect.Region) {
		return fmt.Sprintf("use a method of %s that locks: %s may be another object by the time it is locked", u.Effect.Class.Name, path)
	}
	return "only the override has a name for it: " + dec
}

// does says what an effect is in a word.
func does(e *effects.Effect) string {
	if e.Mode == effects.Write {
		return "writes"
	}
	return "reads"
}

// elsewhere reports an override that does more than the base, where the callers
// are in modules whose own build does not know it.
func (c *checking) elsewhere(f *effects.Function) {
	if !c.p.Guards(f.Class) {
		return
	}
	base := c.overridden(f)
	if base == nil || base.Mod == c.m || c.p.Project.Lineage.Together(c.m, base.Mod) {
		return // there it counts as what a call may reach
	}
	c.p.Solve([]*effects.Function{base})
	mine, theirs := c.p.StanceOn(f, 0, true), c.p.StanceOn(base, 0, true)
	if !mine.Touches || theirs.Touches && theirs.Mode >= mine.Mode {
		return
	}
	c.p.Solve(c.p.Funcs(base.Mod).All)
	caller := c.tooLittle(base, mine.Mode)
	if caller == nil {
		return
	}
	out := project.FindingAt(f.Unit.Source, f.Def.Name.Span, finding.Override, "", "")
	out.Warning, out.Writes = true, mine.Mode == effects.Write
	what := mine.Why.Field
	if what == "" {
		what = "guarded state"
	}
	held, help := "without its lock", fmt.Sprintf("put @cython.%s_lock on %s", mine.Mode, caller.Name())
	if !c.p.Member(caller) {
		help += ", and @cython.locked_class on " + caller.Class.Name
	} else if _, ok := c.p.ModeOf(caller); ok {
		held = "with the object locked for reading only"
	}
	out.Message = fmt.Sprintf("%s %s %s, and %s calls it (as %s) %s", f.Name(), does(mine.Why), what, caller.Name(), base.Name(), held)
	out.Help = help
	out.Cause = fmt.Sprintf("%s in %s: %s", caller.Name(), caller.Unit.Path, help)
	pos := project.FindingAt(base.Unit.Source, base.Def.Name.Span, "", "", "")
	out.Related = append(effects.RelatedOf(effects.Chain(f, mine.Why)), finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: base.Name() + " is overridden"})
	c.Findings = append(c.Findings, out)
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
