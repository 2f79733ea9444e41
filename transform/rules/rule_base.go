package rules

// PXL108: a locked class whose base has methods that use the state, and no lock.

import (
	"fmt"
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
)

func checkBases(c *checking) {
	for _, k := range c.m.Classes {
		if lock := c.p.Locks.Declared(k); lock != nil && lock.Decorator != nil {
			unlockedBase(c, k, lock)
		}
	}
}

// unlockedBase reports the first method of a base of k that uses the state that k's lock guards.
func unlockedBase(c *checking, k *project.Class, lock *decorator.ClassLock) {
	for _, b := range k.Ancestry()[1:] {
		if c.p.Locks.Of(b) != nil || len(b.Fields) == 0 && len(c.p.Own(b).Plain) == 0 {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(c.p.Own(b).Plain)) {
			f := c.p.Own(b).Plain[name][0]
			if !f.Exposed() || library.NoLockMethods()[name] || library.Construction()[name] || c.p.Exempt(f) {
				continue
			}
			c.p.Solve([]*effects.Function{f})
			used := map[string]bool{} // "" among them where it is not known which
			st := f.Among(c.selfOf(f), func(e *effects.Effect) bool {
				counts := e.Raw && e.Kind != effects.OnPython && !effects.LeavesFor(b, f, e) // of overrides PXL106 tells
				used[e.Field] = used[e.Field] || counts
				return counts
			})
			if !st.Touches || st.Mode == effects.Read && !c.writesTo(k, b, used) {
				continue
			}
			out := project.FindingAt(lock.Unit.Source, lock.Decorator.Range(), finding.Base, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s is locked, but %s of its base %s uses the same state without a lock", k.Name, name, b.Name)
			out.Help = fmt.Sprintf("put @cython.locked_class on %s: subclasses share its lock", b.Name)
			out.Cause = fmt.Sprintf("%s in %s has no lock", b.Name, b.Mod.Stem)
			if o := plan.ObstacleTo(c.p.Project, b); o != nil {
				out.Help = fmt.Sprintf("%s cannot have the lock as it is, since %s: %s", b.Name, o.Why, o.Do)
				out.Cause = noLockSince(o)
			}
			out.Related = effects.RelatedOf(effects.Chain(f, st.Why))
			c.Findings = append(c.Findings, out)
			return
		}
	}
}

// selfOf returns the region of a method's own object, -1 where it does nothing to that.
func (c *checking) selfOf(f *effects.Function) int32 {
	for i, x := range f.Sum.Regions {
		if x.Root == effects.NodeParam && x.Num == 0 && x.Parent < 0 {
			return int32(i)
		}
	}
	return -1
}

// writesTo reports whether something writes to one of the attributes, where the object may be one of k: what another heir
// of b does to its objects does nothing to these. It may be any function of the modules of the two that is given one.
func (c *checking) writesTo(k, b *project.Class, fields map[string]bool) bool {
	leads := false // whether what is read may be memory, or an object, that another attribute of b leads to as well
	for name, is := range fields {
		fd := b.Field(name)
		if is && fd != nil && fd.Vis == ast.Public {
			return true
		}
		if is && fd != nil {
			sh := c.p.Types.OfField(fd)
			leads = leads || sh.Kind != ctype.Scalar && !sh.Atom
		}
	}
	mods := []*project.Module{k.Mod}
	if b.Mod != k.Mod {
		mods = append(mods, b.Mod)
	}
	for _, m := range mods {
		list := c.p.Funcs(m).All
		c.p.Solve(list)
		for _, f := range list {
			if !f.Exposed() || f.Accessor == effects.Plain && library.Construction()[f.Def.Name.Name] || f.Class != nil && !project.Related(f.Class, k) {
				continue
			}
			for i := range f.Sum.Effects {
				e := &f.Sum.Effects[i]
				x := &f.Sum.Regions[e.Region]
				if x.Root == effects.NodeParam && x.Parent < 0 && e.Writes() && e.Kind != effects.OnPython && e.Class != nil && project.Related(e.Class, k) &&
					(fields[e.Field] || fields[""] || k.Field(e.Field) == nil || leads && b.Field(e.Field) != nil && (e.Behind || e.Cause == effects.ChangesContainer)) {
					return true
				}
			}
		}
	}
	return false
}
