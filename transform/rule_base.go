package transform

// PXL108: a locked class whose base has methods that use the state, and no lock.

import "fmt"

func checkBases(c *checking) {
	for _, k := range c.m.order {
		if k.lock == nil || k.lock.dec == nil {
			continue
		}
		for _, b := range c.p.ancestry(k)[1:] {
			if c.p.lockOf(b) != nil || len(b.order) == 0 && len(b.own.methods) == 0 {
				continue
			}
			b.mod.funcs()
			for _, name := range sortedKeys(b.own.methods) {
				f := b.own.methods[name][0]
				if !f.exposed() || noLockMethods[name] || construction[name] || c.p.exempt(f) {
					continue
				}
				c.p.solve([]*function{f})
				st := c.p.stanceOn(f, 0, true)
				if !st.touches || st.mode == read && !c.p.changes(k, b) {
					continue
				}
				out := at(k.lock.unit.source, k.lock.dec.Range(), codeBase, "", "")
				out.Warning = true
				out.Message = fmt.Sprintf("%s is locked, and %s of its base %s uses the same state without a lock", k.name, name, b.name)
				out.Help = fmt.Sprintf("put @cython.locked_class on %s: subclasses share its lock", b.name)
				out.Related = relatedOf(chain(f, st.why))
				c.m.findings = append(c.m.findings, out)
				return
			}
		}
	}
}

// changes reports whether a member of k, or of its base b, writes to an attribute
// that b declares.
func (p *Project) changes(k, b *class) bool {
	for _, c := range []*class{k, b} {
		c.mod.funcs()
		for _, fs := range c.own.methods {
			for _, f := range fs {
				if !f.exposed() || construction[f.def.Name.Name] {
					continue
				}
				p.solve([]*function{f})
				for i := range f.sum.effects {
					e := &f.sum.effects[i]
					x := &f.sum.regions[e.region]
					if x.root == nodeParam && x.num == 0 && x.parent < 0 && e.mode == write && e.kind != onPython && (b.fields[e.field] != nil || p.field(k, e.field) == nil && len(b.order) > 0) {
						return true
					}
				}
			}
		}
	}
	return false
}
