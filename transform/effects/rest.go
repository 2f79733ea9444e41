package effects

// The rest of a class that is locked by hand: what has to hold the lock that its class has, and does not.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/transform/project"
)

// Lacking is a function that uses state of a class without the lock that the class has for it.
type Lacking struct {
	Func *Function
	By   StateLock
	Use  *Access
}

// Lacks returns the members of a class that is locked by hand, and the functions of the project, that use state of it
// without the lock that guards it; what no lock guards, and something writes, takes the lock that guards most.
func (w *Written) Lacks(c *project.Class) []Lacking {
	ls := w.Sets
	var out []Lacking
	locks := ls.Of(c)
	if len(locks) == 0 {
		return nil
	}
	add := func(by StateLock, a *Access) {
		if a.init || a.outer || !a.Effect.Sure || a.Holds(by) || !ls.itself(a) || !ls.has(c, by) {
			return
		}
		i := slices.IndexFunc(out, func(l Lacking) bool { return l.Func == a.Func && l.By == by })
		switch {
		case i < 0:
			out = append(out, Lacking{a.Func, by, a})
		case a.Effect.Mode > out[i].Use.Effect.Mode:
			out[i].Use = a
		}
	}
	for _, s := range ls.statesOf(c) {
		g := ls.States[s]
		if g == nil || g.Writes == nil {
			continue
		}
		for _, a := range g.All {
			add(g.By, a)
		}
	}
	for _, u := range w.Unguarded(c) {
		for _, a := range ls.All[u.State] {
			if u.Class == c || slices.Contains(a.Class.Ancestry(), c) {
				add(locks[0], a)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Lacking) int {
		return cmp.Or(strings.Compare(a.Func.Unit.Path, b.Func.Unit.Path), cmp.Compare(a.Func.Def.Pos, b.Func.Def.Pos), strings.Compare(a.By.Text("self"), b.By.Text("self")))
	})
	return out
}

// Open returns what is written of a class, or of its bases, for certain and without the locks that guard something of it.
func (ls *LockSets) Open(c *project.Class) []*Access {
	var out []*Access
	var states []State
	for _, k := range c.Ancestry() {
		states = append(states, ls.statesOf(k)...)
	}
	for _, s := range states {
		g := ls.States[s]
		for _, a := range ls.All[s] {
			if a.Func.Class != c || a.init || !OnSelf(a.Func, a.Effect) || a.outer || !a.Effect.Writes() || !a.Effect.Sure || g != nil && a.Holds(g.By) || g == nil && ls.holdsAny(c, a) || !ls.itself(a) {
				continue
			}
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *Access) int {
		return cmp.Or(cmp.Compare(a.Func.Def.Pos, b.Func.Def.Pos), cmp.Compare(a.Effect.Span.Pos, b.Effect.Span.Pos), strings.Compare(a.Effect.Field, b.Effect.Field))
	})
	return slices.CompactFunc(out, func(a, b *Access) bool { return a.Func == b.Func })
}

// holdsAny reports whether an access holds one of the locks that guard something of a class.
func (ls *LockSets) holdsAny(c *project.Class, a *Access) bool {
	for l := range a.Locks {
		if ls.guards(c, l) && a.Holds(l) {
			return true
		}
	}
	return false
}
