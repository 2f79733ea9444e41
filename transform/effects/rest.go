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
func (ls *LockSets) Lacks(c *project.Class) []Lacking {
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
	for _, u := range ls.Unguarded(c) {
		for _, a := range ls.All[u.State] {
			add(locks[0], a)
		}
	}
	slices.SortStableFunc(out, func(a, b Lacking) int {
		return cmp.Or(strings.Compare(a.Func.Unit.Path, b.Func.Unit.Path), cmp.Compare(a.Func.Def.Pos, b.Func.Def.Pos), strings.Compare(a.By.Text("self"), b.By.Text("self")))
	})
	return out
}
