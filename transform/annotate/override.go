package annotate

// C methods that take a lock themselves: overrides that touch what their callers, who know
// the base alone, have no name for, and what coroutines alone call, which hold no lock.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
)

// takes is what a C method is to lock.
type takes struct {
	f     *effects.Function
	wants []want
}

// overrides has C methods lock what their callers cannot, where the path to it does
// not change any more. The model is solved again with that.
func (a *annotator) overrides(all []*effects.Function) {
	for _, f := range all {
		if f.Class == nil || f.Exposed() || len(a.p.OwnLocks(f).Decs) > 0 || f.Unit.File.Pure && a.cythonName(f.Unit, f.Def.Pos) == "" {
			continue
		}
		t := takes{f: f}
		awaiting := ofCoroutines(a, f)
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if e.Mode == effects.Read && a.p.Changes.Settled(e.Class, e.Field) || a.p.Overrides().Unnamed(f, e) == nil && !(awaiting && behindAttribute(a, f, e)) || a.p.Locks.Of(e.Class).Kind == decorator.Mutex || !a.p.Changes.Stay(f, e.Region) || !a.mayBe(f, e.Region, e.Class) {
				continue // a mutex cannot be taken twice, and some caller may hold it
			}
			// A read lock that has to become a write lock in a callee would not do.
			if st := f.Among(e.Region, func(o *effects.Effect) bool { return o.Kind != effects.OnPython }); st.Touches {
				e = st.Why
			}
			steps := effects.Chain(f, e)
			t.add(want{effects.PathOf(f, e.Region), e.Mode, false, steps[len(steps)-1].Text})
		}
		if len(t.wants) > 0 {
			a.taking = append(a.taking, t)
		}
	}
	if len(a.taking) == 0 {
		return
	}
	for _, t := range a.taking {
		for _, w := range t.wants {
			a.p.Give(t.f, w.path)
		}
	}
	a.p.Forget()
	a.p.SettleFunctions(all)
}

// ofCoroutines reports whether coroutines alone call a C method, under no block: they hold nothing that it could take
// for a second time in another mode, or in the opposite order.
func ofCoroutines(a *annotator, f *effects.Function) bool {
	if f.Def.Kind != ast.Cdef || f.Def.Suffix.Noexcept || f.Def.Suffix.Nogil || a.p.Exempt(f) || a.p.Entry(f) || f.Suspends() {
		return false
	}
	return len(f.Callers) > 0 && !slices.ContainsFunc(f.Callers, func(g *effects.Function) bool { return !g.Def.Async || effects.CallsUnderBlock(g, f) })
}

// behindAttribute reports whether a C method does something without a lock to what a path from one of its parameters
// leads to at its entry.
func behindAttribute(a *annotator, f *effects.Function, e *effects.Effect) bool {
	x := &f.Sum.Regions[e.Region]
	return e.Raw && e.Kind != effects.OnPython && a.p.Guards(e.Class) && x.Root == effects.NodeParam && x.Parent >= 0 && !x.OfItems() && f.AtEntry(e.Region) && !a.p.Holds(f, e)
}

func (t *takes) add(w want) {
	i := slices.IndexFunc(t.wants, func(o want) bool { return o.path == w.path })
	switch {
	case i < 0:
		t.wants = append(t.wants, w)
	case w.mode > t.wants[i].mode:
		t.wants[i] = w
	}
}

// decorateOverrides writes their decorators.
func (a *annotator) decorateOverrides() {
	for _, t := range a.taking {
		for _, md := range [...]effects.Mode{effects.Write, effects.Read} {
			var paths []string
			why := ""
			for _, w := range t.wants {
				if w.mode == md {
					paths = append(paths, fmt.Sprintf("%q", w.path))
					if why == "" {
						why = w.why
					}
				}
			}
			if len(paths) > 0 {
				a.decorator(t.f, md.String()+"_lock", "("+strings.Join(paths, ", ")+")", why)
			}
		}
	}
}
