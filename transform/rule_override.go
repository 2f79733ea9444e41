package transform

// PXL107: an override that does more to the object than the method it
// overrides. Callers in the base's module lock for what they see there.

import "fmt"

func checkOverrides(c *checking) {
	for _, f := range c.functions() {
		if f.class == nil || f.accessor != plain || c.p.exempt(f) || f.exposed() || !c.p.guards(f.class) || noLockMethods[f.def.Name.Name] {
			continue
		}
		base := c.overridden(f)
		if base == nil || base.mod == c.m {
			continue // within a module overrides count as what a call may reach
		}
		c.p.solve([]*function{base})
		mine, theirs := c.p.stanceOn(f, 0, true), c.p.stanceOn(base, 0, true)
		if !mine.touches || theirs.touches && theirs.mode >= mine.mode {
			continue
		}
		c.p.solve(c.p.funcs(base.mod).all)
		caller := c.tooLittle(base, mine.mode)
		if caller == nil {
			continue
		}
		out := at(f.unit.source, f.def.Name.Span, codeOverride, "", "")
		out.Warning = true
		does, what := "reads", mine.why.field
		if mine.mode == write {
			does = "writes"
		}
		if what == "" {
			what = "guarded state"
		}
		held, help := "without its lock", fmt.Sprintf("put @cython.%s_lock on %s", mine.mode, caller.name())
		if !c.p.member(caller) {
			help += ", and @cython.locked_class on " + caller.class.name
		} else if _, ok := c.p.modeOf(caller); ok {
			held = "with the object locked for reading only"
		}
		out.Message = fmt.Sprintf("%s %s %s, and %s calls it (as %s) %s", f.name(), does, what, caller.name(), base.name(), held)
		out.Help = help
		pos := at(base.unit.source, base.def.Name.Span, "", "", "")
		out.Related = append(relatedOf(chain(f, mine.why)), Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: base.name() + " is overridden"})
		c.findings = append(c.findings, out)
	}
}

// tooLittle returns a function that Python code can call, that comes to the C
// method base, and that holds its object less than in a mode.
func (c *checking) tooLittle(base *function, md mode) *function {
	seen := map[*function]bool{base: true}
	for list := []*function{base}; len(list) > 0; {
		f := list[0]
		list = list[1:]
		for _, caller := range f.callers {
			if seen[caller] || c.p.exempt(caller) || caller.class == nil || caller.accessor == plain && construction[caller.def.Name.Name] {
				continue
			}
			seen[caller] = true
			if !caller.exposed() {
				list = append(list, caller)
				continue
			}
			if caller.mod != base.mod {
				continue // its own module has the say
			}
			if !c.p.member(caller) {
				return caller
			}
			if held, ok := c.p.modeOf(caller); !ok || held < md {
				return caller
			}
		}
	}
	return nil
}

// overridden returns the C method that f overrides, with its body.
func (c *checking) overridden(f *function) *function {
	for _, b := range f.class.ancestry()[1:] {
		if fs := c.p.own(b).methods[f.def.Name.Name]; len(fs) > 0 {
			return fs[0]
		}
	}
	return nil
}
