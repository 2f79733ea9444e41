package effects

// Attributes that do not change once others may see their object, or do so only once.

import (
	"math/bits"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
)

// leaveUnchanged leaves out of the uses of what leads to an object the reads of attributes that nothing assigns to
// once the object is made.
func (ls *LockSets) leaveUnchanged() {
	for s, list := range ls.All {
		ls.All[s] = slices.DeleteFunc(list, func(a *Access) bool {
			return a.outer && !a.Effect.Writes() && !a.Effect.Behind && a.Effect.Field != "" && !ls.changed(a)
		})
	}
}

// changed reports whether something assigns to the attribute that an access reads.
func (ls *LockSets) changed(a *Access) bool {
	for _, c := range a.Effect.Class.Declaring(a.Effect.Field) {
		if slices.ContainsFunc(ls.All[State{c, a.Effect.Field, false}], func(o *Access) bool { return !o.init && o.Effect.Writes() }) {
			return true
		}
		if f := c.Field(a.Effect.Field); f == nil || f.Vis == ast.Public {
			return true
		}
	}
	return false
}

// ReadsApart reports whether an access reads an attribute of an object that another one leads to, and nothing that holds a
// lock writes this attribute: what the lock of the other one is held for is something else in the object.
func (ls *LockSets) ReadsApart(g *StateLocks, a *Access) bool {
	e := a.Effect
	if !a.outer || e.Writes() || e.Behind || e.Itself || e.Field == "" {
		return false
	}
	for _, w := range g.All {
		if w.Effect.Writes() && (!w.outer || w.Effect.Itself || !w.Effect.Behind && w.Effect.Field == "" || w.Effect.Field == e.Field) {
			return false
		}
	}
	for _, c := range e.Class.Declaring(e.Field) { // by another way, too
		if f := c.Field(e.Field); f == nil || f.Vis == ast.Public {
			return false // Python code may
		}
		if slices.ContainsFunc(ls.All[State{c, e.Field, false}], func(w *Access) bool { return w.Effect.Writes() && !w.init && w.Effect.locks != 0 }) {
			return false
		}
	}
	return true
}

// leaveOnce leaves out the reads of attributes that are given their value once: each assignment, construction left
// out, finds under one and the same lock that there is none yet. Who reads the attribute before finds nothing, and after
// that it stays.
func (ls *LockSets) leaveOnce(all []*Function) {
	type giving struct {
		f *Function
		e *Effect
	}
	gives := map[string][]giving{}
	for _, f := range all {
		for i := range f.Sum.Effects {
			if e := &f.Sum.Effects[i]; e.Via == nil && e.Writes() && rebinds(e) && e.Class != nil && !ls.p.Exempt(f) && !constructing(ls.p, f, e.Region) && !initializing(f, e.Region) {
				gives[e.Field] = append(gives[e.Field], giving{f, e})
			}
		}
	}
	once := func(s State) bool {
		var common map[StateLock]bool
		for _, g := range gives[s.Field] {
			if !slices.Contains(g.e.Class.Declaring(s.Field), s.Class) {
				continue
			}
			fd := g.e.Class.Field(s.Field)
			if ends(g.e) != Writes || fd == nil {
				return false
			}
			given := (&giver{f: g.f, e: g.e, object: ls.p.Types.OfField(fd).Kind == ctype.Object}).find()
			held := map[StateLock]bool{}
			if given != nil && given.locks != everything && g.e.locks != everything {
				for set := g.e.locks & given.locks; set != 0; set &= set - 1 {
					l := g.f.Sum.locks[bits.TrailingZeros64(uint64(set))]
					if l.section && given.calls {
						continue // it may be suspended after the test
					}
					if k, _, ok := relative(g.f, l, g.e.Region); ok && !l.shared && !k.some && (common == nil || common[k]) {
						held[k] = true
					}
				}
			}
			common = held
		}
		f := s.Class.Field(s.Field)
		return len(common) > 0 && f != nil && f.Vis != ast.Public
	}
	for s, list := range ls.All {
		if !s.Behind && once(s) {
			ls.All[s] = slices.DeleteFunc(list, func(a *Access) bool { return !a.Effect.Writes() })
		}
	}
}
