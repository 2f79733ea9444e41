package effects

// Locks that another object takes for itself. "self.pool.free(self.chunk)" runs under a lock of the pool: that lock
// guards what the pool does with the chunk. It does not make the caller's class one that is locked by hand.

import (
	"math/bits"
	"slices"
)

// takerFor returns the method of another object that takes a lock of that object for itself, where a lock is held at an
// effect only for that, and the method knows nothing of how its object and the one whose state it is belong together:
// that one is another parameter. It is nil otherwise. A lock that is itself an argument was chosen by the caller.
func takerFor(f *Function, e *Effect, l heldLock) *Function {
	lock, section := f.Sum.Regions[l.region].Name, l.section
	taker, at, held := f, e, l
	for at.Via != nil {
		g := at.Via
		next := &g.Sum.Effects[at.next]
		in, found := heldLock{}, false
		for set := next.locks; set != 0 && next.locks != everything; set &= set - 1 {
			k := g.Sum.locks[bits.TrailingZeros64(uint64(set))]
			if k.region >= 0 && k.section == section && g.Sum.Regions[k.region].Name == lock && g.Sum.Regions[k.region].Parent >= 0 {
				in, found = k, true
			}
		}
		if !found {
			break
		}
		taker, at, held = g, next, in
	}
	root := rootOf(taker, held.region)
	if x := &taker.Sum.Regions[root]; taker == f || taker.Class == nil || x.Root != NodeParam || x.Num != 0 || root == rootOf(taker, at.Region) {
		return nil
	}
	return taker
}

// rootOf is the region from which one is reached.
func rootOf(f *Function, region int32) int32 {
	for f.Sum.Regions[region].Parent >= 0 {
		region = f.Sum.Regions[region].Parent
	}
	return region
}

// LeftByTaker reports whether an access without the lock comes about in the method of another object that takes this lock
// of its own at other accesses: it knows the lock, and left it out. What it does that to has no lock that guards
// anything of it, so that its class is reported for itself.
func (ls *LockSets) LeftByTaker(g *StateLocks, a *Access) bool {
	if !a.outer || len(ls.Of(a.Effect.Class)) > 0 {
		return false
	}
	steps := Chain(a.Func, a.Effect)[1:]
	return slices.ContainsFunc(g.All, func(o *Access) bool {
		t := o.takers[g.By]
		return t != nil && slices.ContainsFunc(steps, func(st Step) bool { return st.Func == t })
	})
}
