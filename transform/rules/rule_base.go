package rules

// PXL108: a locked class whose base has methods that use the state, and no lock.

import (
	"fmt"
	"maps"
	"slices"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

func checkBases(c *checking) {
	for _, k := range c.m.Classes {
		lock := c.p.Locks.Declared(k)
		if lock == nil || lock.Decorator == nil {
			continue
		}
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
				st := f.Among(c.selfOf(f), func(e *effects.Effect) bool {
					return e.Raw && e.Kind != effects.OnPython && !effects.LeavesFor(b, f, e) // of overrides PXL106 tells
				})
				if !st.Touches || st.Mode == effects.Read && !c.writesTo(k, b) {
					continue
				}
				out := project.FindingAt(lock.Unit.Source, lock.Decorator.Range(), finding.Base, "", "")
				out.Warning = true
				out.Message = fmt.Sprintf("%s is locked, but %s of its base %s uses the same state without a lock", k.Name, name, b.Name)
				out.Help = fmt.Sprintf("put @cython.locked_class on %s: subclasses share its lock", b.Name)
				out.Related = effects.RelatedOf(effects.Chain(f, st.Why))
				c.Findings = append(c.Findings, out)
				return
			}
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

// writesTo reports whether a member of k, or of its base b, writes to an attribute
// that b declares.
func (c *checking) writesTo(k, b *project.Class) bool {
	p := c.p
	for _, d := range []*project.Class{k, b} {
		for _, fs := range p.Own(d).Plain {
			for _, f := range fs {
				if !f.Exposed() || library.Construction()[f.Def.Name.Name] {
					continue
				}
				p.Solve([]*effects.Function{f})
				for i := range f.Sum.Effects {
					e := &f.Sum.Effects[i]
					x := &f.Sum.Regions[e.Region]
					if x.Root == effects.NodeParam && x.Num == 0 && x.Parent < 0 && e.Writes() && e.Kind != effects.OnPython && (b.FieldByName[e.Field] != nil || k.Field(e.Field) == nil && len(b.Fields) > 0) {
						return true
					}
				}
			}
		}
	}
	return false
}
