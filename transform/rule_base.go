package transform

// PXL108: a locked class whose base has methods that use the state, and no lock.

import (
	"fmt"
	"maps"
	"slices"
)

func checkBases(c *checking) {
	for _, k := range c.m.order {
		lock := c.p.locks.decl(k)
		if lock == nil || lock.dec == nil {
			continue
		}
		for _, b := range k.ancestry()[1:] {
			if c.p.locks.lockOf(b) != nil || len(b.order) == 0 && len(c.p.own(b).methods) == 0 {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(c.p.own(b).methods)) {
				f := c.p.own(b).methods[name][0]
				if !f.exposed() || noLockMethods[name] || construction[name] || c.p.exempt(f) {
					continue
				}
				c.p.solve([]*function{f})
				st := c.p.stanceOn(f, 0, true)
				if !st.touches || st.mode == read && !c.writesTo(k, b) {
					continue
				}
				out := at(lock.unit.source, lock.dec.Range(), codeBase, "", "")
				out.Warning = true
				out.Message = fmt.Sprintf("%s is locked, and %s of its base %s uses the same state without a lock", k.name, name, b.name)
				out.Help = fmt.Sprintf("put @cython.locked_class on %s: subclasses share its lock", b.name)
				out.Related = relatedOf(chain(f, st.why))
				c.findings = append(c.findings, out)
				return
			}
		}
	}
}

// writesTo reports whether a member of k, or of its base b, writes to an attribute
// that b declares.
func (c *checking) writesTo(k, b *class) bool {
	p := c.p
	for _, d := range []*class{k, b} {
		for _, fs := range p.own(d).methods {
			for _, f := range fs {
				if !f.exposed() || construction[f.def.Name.Name] {
					continue
				}
				p.solve([]*function{f})
				for i := range f.sum.effects {
					e := &f.sum.effects[i]
					x := &f.sum.regions[e.region]
					if x.root == nodeParam && x.num == 0 && x.parent < 0 && e.mode == write && e.kind != onPython && (b.fields[e.field] != nil || k.field(e.field) == nil && len(b.order) > 0) {
						return true
					}
				}
			}
		}
	}
	return false
}
