package effects

// What speaks for locking classes: which are written once their objects are
// made, and which are guarded by locks that people placed.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Evidence is what speaks for locking a class.
type Evidence struct {
	Func   *Function
	Effect *Effect
	Field  *project.Field // a public attribute, where that is all
	// Unseen is true where nothing speaks for it but that Python code which is not in sight is given what it may change.
	Unseen bool
}

// unseen reports whether nothing but that code which is not in sight is given something speaks for an effect. A name that
// tells of it speaks, too: readinto(buffer), fill_rows(list).
func unseen(e *Effect) bool {
	name := syntax.LastPart(e.Name)
	return e.Cause == CallsUnknown && !library.Fillers()[name] && !library.SoundsLikeFilling(name) && !library.SoundsLikeWriting(name)
}

// Written tells which classes something writes to once their objects are made.
type Written struct {
	p     *Program
	mods  []*project.Module
	Wrote map[*project.Class]*Evidence // by the class that declares what is written
	// atomics are attributes each operation on which is whole, and that no function puts together with another one.
	atomics map[attribute]bool
	// Sets tell what the locks guard that people placed.
	Sets *LockSets
	// rebound holds the attributes that are assigned to by a class's users.
	rebound map[*project.Class]map[string]bool
}

// Gather finds what is written once its object is made, and which classes hold
// locks that people placed.
func Gather(p *Program, mods []*project.Module) *Written {
	a := &Written{p: p, mods: mods, Wrote: map[*project.Class]*Evidence{}, rebound: map[*project.Class]map[string]bool{}}
	var all []*Function
	for _, m := range mods {
		all = append(all, p.Funcs(m).All...)
	}
	p.Solve(all)
	seen := map[*project.Class]bool{}
	a.Sets = FindLockSets(p, all)
	a.atomics = a.Sets.atomics(mods)
	for _, f := range all {
		if p.Exempt(f) {
			continue
		}
		p.EachWrite(f, func(e *Effect) {
			if ofHolder(p, f, e) || asksNoLock(e) {
				return // a file's position alone asks for no lock: the GIL did not guard it either
			}
			if c := e.Class; ends(e) == Writes || e.Field == "" {
				if a.rebound[c] == nil {
					a.rebound[c] = map[string]bool{}
				}
				a.rebound[c][e.Field] = true
			}
			for _, c := range e.Class.Declaring(e.Field) {
				if typedAttr(p, c, e.Field) || a.atomics[attribute{c, e.Field}] {
					continue // a lock that is made: PXL218 has those that are made too late
				}
				ev := &Evidence{Func: f, Effect: e}
				seen[c] = seen[c] || !unseen(atEnd(e))
				if old := a.Wrote[c]; old == nil || ev.weight(c) > old.weight(c) {
					a.Wrote[c] = ev
				}
			}
		})
	}
	for _, m := range mods {
		for _, c := range m.Classes {
			for _, fd := range c.Fields {
				seen[c] = seen[c] || fd.Vis == ast.Public
				if fd.Vis == ast.Public && a.Wrote[c] == nil && !c.Extern {
					a.Wrote[c] = &Evidence{Field: fd}
				}
			}
			if ev := a.Wrote[c]; ev != nil {
				ev.Unseen = !seen[c]
			}
		}
	}
	return a
}

// ofHolder reports whether an effect is on what tells a lock's methods whether the thread has it (handlock/reentrant.go),
// and comes about in one of them.
func ofHolder(p *Program, f *Function, e *Effect) bool {
	for n := 0; e.Via != nil && n < longest; n++ {
		f, e = e.Via, &e.Via.Sum.Effects[e.next]
	}
	return f.Class != nil && OnSelf(f, e) && handlock.OfHolder(p.HandLocks(f.Mod), f.Class, f.Def.Name.Name, e.Field)
}

// weight tells which evidence says most about a class: what is sure, then what its own
// methods do, then what needs no other function to be seen, what is done rather than
// left to C, and what needs few calls.
func (ev *Evidence) weight(c *project.Class) int {
	n := 0
	if ev.Effect.Sure {
		n += 8
	}
	if ev.Func.Class == c {
		n += 4
	}
	if ev.Effect.Via == nil {
		n += 2
	}
	if ev.Done() {
		n++
	}
	return n*longest - min(depth(ev.Effect), longest)
}

// longest is the number of calls from which on it makes no difference how many there are.
const longest = 32

// depth counts the calls on the way to where an effect comes about.
func depth(e *Effect) int {
	n := 0
	for ; e.Via != nil && n < longest; n++ {
		e = &e.Via.Sum.Effects[e.next]
	}
	return n
}

// Done reports whether the code itself writes, and does not only hand the state to C that
// may do so.
func (ev *Evidence) Done() bool { return done(ev.Effect) }

func done(e *Effect) bool {
	cause := ends(e)
	return cause == Writes || cause == Deletes || cause == StoresThrough || cause == ChangesContainer
}

// LeftToC reports whether all that is known is that the state goes to a C function of which nothing is known.
func (ev *Evidence) LeftToC() bool {
	switch e := atEnd(ev.Effect); e.Cause {
	case PassesWritable, PassesHandle, PassesUnknown:
		_, known := library.KnownC()[e.Name]
		return !known && e.Says() == ""
	}
	return false
}

// ByHand returns the locks that people placed and that guard something of a class, or of a class in its line.
func (a *Written) ByHand(c *project.Class) []StateLock { return a.Sets.Of(c) }

// Unlocked returns what is written of a class that is not locked by hand and has no lock at all; nil where nothing is. If
// a class derived from it is locked by hand, that counts only where its own methods do it, or another function without
// any lock to what may be an object of every class: what is done to objects of the derived class is told of that
// (see Unguarded).
func (a *Written) Unlocked(c *project.Class) *Evidence {
	ev := a.Wrote[c]
	if ev == nil {
		ev = a.Inherited(c)
	}
	if ev == nil || a.ByHandBelow(c) == nil || ev.Func != nil && ev.Func.Class == c {
		return ev
	}
	for _, s := range a.Sets.statesOf(c) {
		for _, x := range a.Sets.All[s] {
			if x.Class == c && len(x.Locks) == 0 && x.Effect.Writes() && x.Effect.Sure && !x.init && !x.outer && a.Sets.itself(x) {
				return &Evidence{Func: x.Func, Effect: x.Effect}
			}
		}
	}
	return nil
}

// Unguarded returns the states of a class that is locked by hand which no lock guards, see LockSets.unguarded: those
// that it has from a class which is not reported itself, too.
func (a *Written) Unguarded(c *project.Class) []Unshared {
	var bases []*project.Class
	for _, k := range c.Ancestry()[1:] {
		if len(a.ByHand(k)) > 0 {
			break // it is told of that one
		}
		if k.Def != nil && !k.Extern && k.HasState() && a.p.Locks.Of(k) == nil && a.p.Locks.Exempted(k) == nil && a.Unlocked(k) == nil {
			bases = append(bases, k)
		}
	}
	return a.Sets.unguarded(c, bases)
}

// ByHandBelow returns a class derived from one in the modules that is locked by hand, where the class itself is not.
func (a *Written) ByHandBelow(c *project.Class) *project.Class {
	if len(a.ByHand(c)) > 0 {
		return nil
	}
	for _, m := range a.mods {
		for _, k := range m.Classes {
			if k != c && slices.Contains(k.Ancestry(), c) && len(a.ByHand(k)) > 0 {
				return k
			}
		}
	}
	return nil
}

// Settles reports whether an attribute is never assigned to once its object is
// made, as far as was found.
func (a *Written) Settles(c *project.Class, name string) bool {
	f := c.Field(name)
	if f == nil || f.Vis == ast.Public {
		return false
	}
	for k, names := range a.rebound { // it may be used as a base or as a subclass
		if names[name] && project.Related(k, c) {
			return false
		}
	}
	return true
}

// Inherited returns a write of a class's own methods to what it inherits,
// nil where there is none.
func (a *Written) Inherited(c *project.Class) *Evidence {
	p := a.p
	for _, set := range []map[string][]*Function{p.Own(c).Plain, p.Own(c).Props} {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			for _, f := range set[name] {
				var ev *Evidence
				p.EachWrite(f, func(e *Effect) {
					if ev == nil && e.Sure && OnSelf(f, e) && !ofHolder(p, f, e) && !asksNoLock(e) && !slices.ContainsFunc(e.Class.Declaring(e.Field), func(c *project.Class) bool { return a.atomics[attribute{c, e.Field}] }) {
						ev = &Evidence{Func: f, Effect: e}
					}
				})
				if ev != nil && !p.Exempt(f) {
					return ev
				}
			}
		}
	}
	return nil
}
