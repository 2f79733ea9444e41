package effects

// Locks that another object takes for itself. "self.pool.free(self.chunk)" runs under a lock of the pool: that lock
// guards what the pool does with the chunk. It does not make the caller's class one that is locked by hand.

import (
	"math/bits"
	"slices"
)

// takerFor returns the method of another object that takes a lock of that object for itself, where a lock is held at an
// effect only for that, and the method knows nothing of how its object and the one whose state it is belong together:
// that one is another parameter. It is nil otherwise, and where the function holds the lock as well, or which lock of
// the callee it is cannot be told by its name. A lock that is itself an argument was chosen by the caller.
func takerFor(f *Function, e *Effect, lock int) *Function {
	taker, at, held := f, e, lock
	for at.theirs&(1<<held) != 0 {
		g := at.Via
		next := &g.Sum.Effects[at.next]
		in := lockNamed(g, next.locks, taker.Sum.locks[held], taker.Sum.Regions[taker.Sum.locks[held].region].Name)
		if in < 0 {
			return nil
		}
		taker, at, held = g, next, in
	}
	root := rootOf(taker, taker.Sum.locks[held].region)
	if x := &taker.Sum.Regions[root]; taker == f || taker.Class == nil || x.Root != NodeParam || x.Num != 0 || root == rootOf(taker, at.Region) {
		return nil
	}
	return taker
}

// lockNamed returns the lock of a set that is reached by a name, and is held as another one is; -1 where there is none, or
// more than one.
func lockNamed(g *Function, set lockSet, like heldLock, name string) int {
	out := -1
	for ; set != 0 && set != everything; set &= set - 1 {
		i := bits.TrailingZeros64(uint64(set))
		k := g.Sum.locks[i]
		if k.region < 0 || g.Sum.Regions[k.region].Name != name || g.Sum.Regions[k.region].Parent < 0 {
			continue
		}
		if k.region = like.region; k != like {
			continue
		}
		if out >= 0 {
			return -1
		}
		out = i
	}
	return out
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
