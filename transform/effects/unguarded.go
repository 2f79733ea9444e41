package effects

// The rest of a class that is locked by hand: states that no lock guards, and that something writes and something
// uses with no lock in common.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// Unshared is a state that something writes and something uses with no lock in common.
type Unshared struct {
	State
	Write, Use *Access
	rank       int
}

// unguarded returns the states of a class, and of some of its bases, that no lock guards, each with what writes it and another use, the worst
// first: an attribute that holds an object, which a thread takes while another one lets go of it; a pointer; a number;
// what a pointer leads to, and a C++ object of which a method is called that changes it. Both come about for certain
// in what others can call.
func (ls *LockSets) unguarded(c *project.Class, bases []*project.Class) []Unshared {
	var out []Unshared
	states := slices.Clone(ls.statesOf(c))
	for _, k := range bases {
		states = append(states, ls.statesOf(k)...)
	}
	for _, s := range states {
		list, fd := ls.All[s], c.Field(s.Field)
		if ls.States[s] != nil || fd == nil {
			continue
		}
		sh := ls.p.Types.OfField(fd)
		rank, known := map[ctype.Kind]int{ctype.Object: 0, ctype.Pointer: 1, ctype.Scalar: 2, ctype.Record: 3}[sh.Kind]
		switch {
		case sh.Lock || !known:
			continue
		case s.Behind && sh.Kind == ctype.Pointer:
			rank = 3
		case s.Behind: // a container locks itself, and an object is its class's concern
			continue
		}
		plain := func(a *Access) bool { return !a.init && !a.outer && a.Effect.Sure && ls.itself(a) }
		found := Unshared{State: s, rank: rank}
		for _, w := range list {
			if s.Class != c && !slices.Contains(w.Class.Ancestry(), c) {
				continue // it may be an object of another class
			}
			if !plain(w) || !(rebinds(w.Effect) || rank == 3 && w.Effect.Writes() && (done(w.Effect) || ends(w.Effect) == PassesWritable)) || found.Write != nil && !earlier(w, found.Write) {
				continue
			}
			for _, u := range list {
				if u.Effect.Writes() || !plain(u) || share(w, u) || ls.shareFrom(w, u) || found.Write == w && before(found.Use, u) {
					continue
				}
				found.Write, found.Use = w, u
			}
		}
		if found.Write != nil {
			out = append(out, found)
		}
	}
	slices.SortStableFunc(out, func(a, b Unshared) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), map[bool]int{true: -1, false: 1}[before(a.Write, b.Write)])
	})
	return out
}

// earlier reports whether an access says more than another one: what a method does to its own object does, and then what
// stands in front.
func earlier(a, b *Access) bool {
	if x, y := OnSelf(a.Func, a.Effect), OnSelf(b.Func, b.Effect); x != y {
		return x
	}
	return !before(b, a)
}

// share reports whether some lock is held at both of two accesses.
func share(a, b *Access) bool {
	for l := range a.Locks {
		if _, ok := b.Locks[l]; ok {
			return true
		}
	}
	return false
}

// shareFrom reports whether some lock of an object that leads to what is used is held at both of two accesses, which come
// to it by the same attribute.
func (ls *LockSets) shareFrom(a, b *Access) bool {
	if ls.from == nil {
		ls.from = map[*Effect][]comingFrom{}
		for s, list := range ls.All {
			for _, x := range list {
				if x.outer && len(x.Locks) > 0 {
					ls.from[x.Effect] = append(ls.from[x.Effect], comingFrom{s, x})
				}
			}
		}
	}
	for _, x := range ls.from[a.Effect] {
		for _, y := range ls.from[b.Effect] {
			if x.State == y.State && share(x.Access, y.Access) {
				return true
			}
		}
	}
	return false
}

// comingFrom is a use of an object as it is told of the one that leads to it.
type comingFrom struct {
	State
	*Access
}

// before reports whether an access stands in front of another one, or is it.
func before(a, b *Access) bool {
	return cmp.Or(strings.Compare(a.Func.Unit.Path, b.Func.Unit.Path), cmp.Compare(a.Effect.Span.Pos, b.Effect.Span.Pos)) <= 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
