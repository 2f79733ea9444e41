package annotate

// Guards: classes whose objects point into another object's state and keep that
// object, as a row keeps its matrix. They share the other's lock.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// sharing is a class that points into the state of the object that it keeps.
type sharing struct {
	owner string // the attribute that keeps it
	// direct is true where the pointer itself leads there; otherwise a C function
	// made it, which may as well have made something new.
	direct bool
	lent   bool // it came out of a capsule
}

// guardsOf finds, for each class that keeps pointers into another's state, the
// attribute that holds the other object. Where there are two, a person has to choose.
func (a *annotator) guardsOf(all []*effects.Function) map[*project.Class]sharing {
	owners := effects.OwnersOf(a.p, all, func(c *project.Class) string {
		if l := a.p.Locks.Declared(c); l != nil {
			return l.Guard
		}
		return ""
	})
	found := map[*project.Class]map[string]sharing{}
	for _, pt := range owners.All {
		if !pt.Same {
			continue
		}
		if _, none := owners.Alone(pt.Class, pt.Pointer, pt.Owner, !pt.Returned); none {
			continue // there are objects without an owner, or whose pointer is all their own
		}
		if found[pt.Class] == nil {
			found[pt.Class] = map[string]sharing{}
		}
		s := found[pt.Class][pt.Owner]
		found[pt.Class][pt.Owner] = sharing{pt.Owner, s.direct || !pt.Returned, s.lent || pt.Lent}
	}
	out := map[*project.Class]sharing{}
	for c, by := range found {
		if s, ok := only(by); ok {
			out[c] = s
		}
	}
	return out
}

// only returns the one candidate there is, or the one to which a pointer leads that no
// C function made.
func only(by map[string]sharing) (sharing, bool) {
	list := slices.Collect(maps.Values(by))
	if len(list) > 1 {
		list = slices.DeleteFunc(list, func(s sharing) bool { return !s.direct })
	}
	if len(list) != 1 {
		return sharing{}, false
	}
	return list[0], true
}

// share gives classes the lock of the object that they keep.
func (a *annotator) share(guards map[*project.Class]sharing) {
	for again := true; again; { // an owner may get its lock on the way
		again = false
		for _, m := range a.mods {
			for _, c := range m.Classes {
				again = a.shareOne(c, guards) || again
			}
		}
	}
}

// shareOne gives one class its owner's lock, and reports whether it did.
func (a *annotator) shareOne(c *project.Class, guards map[*project.Class]sharing) bool {
	s, ok := guards[c]
	lock, declared := a.declared(c)
	l := a.p.Locks.Declared(c)
	if !ok || c.Def == nil || c.Extern || declared || !lock && a.p.Locks.Of(c) != nil || l != nil && l.Guard != "" ||
		a.writes.ByHand(c) != nil || a.writes.ByHandBelow(c) != nil || a.unreliable(c, s.owner) != "" || a.cannot(c) {
		return false
	}
	parent := c.Field(s.owner).Class()
	if parent == nil {
		if !s.lent || !lock || a.p.Locks.Of(c).Kind == decorator.Mutex || !a.untyped(c, s.owner) {
			return false
		}
		a.lock(c, s.owner)
		a.note(c, Locked, "it points into the state of its "+s.owner+", which handed that out in a capsule, and shares that object's lock", nil)
		return true
	}
	if a.circular(c, parent, guards) {
		return false
	}
	if a.p.Locks.Of(parent) == nil {
		// Nothing writes to it but through the pointers that others have.
		if !s.direct || a.writes.Wrote[c] == nil || parent.Def == nil || parent.Extern || !slices.Contains(a.mods, parent.Mod) || a.writes.ByHand(parent) != nil || a.writes.ByHandBelow(parent) != nil || a.cannot(parent) {
			return false
		}
		var related []finding.Related
		if ev := a.writes.Wrote[c]; ev.Func != nil {
			related = effects.RelatedOf(effects.Chain(ev.Func, ev.Effect))
		}
		a.lock(parent, "")
		a.note(parent, Locked, c.Name+", which points into its state, writes there", related)
	}
	a.lock(c, s.owner)
	if kind := a.p.Locks.Of(parent).Kind; kind != a.p.Locks.Of(c).Kind {
		l := a.p.Locks.Declared(c)
		l.Kind, l.KindSet = kind, true
		a.p.Locks.Give(c, l)
	}
	a.note(c, Locked, "it points into the state of its "+s.owner+", a "+parent.Name+", and shares that lock", nil)
	return true
}

// unreliable says why the object that an attribute holds cannot be the guard: there may be none, which
// locks nothing, or it may be another one later, and who looks for it could not look again. "" where it can be.
func (a *annotator) unreliable(c *project.Class, name string) string {
	if why := moves(a, c, name); why != "" {
		return why
	}
	if at, none := a.p.Guarding.Guardless(c, name); none {
		return fmt.Sprintf("%s (%s:%d) may leave %s without an object, and without one nothing would be locked",
			at.Func.Name(), at.Func.Unit.Path, syntax.Line(at.Func.Unit.File, at.Span.Pos)+1, name)
	}
	return ""
}

// moves says why an attribute that is assigned once its object is shared cannot be the guard.
func moves(a *annotator, c *project.Class, name string) string {
	if a.writes.Settles(c, name) {
		return ""
	}
	if fd := c.Field(name); fd != nil && fd.Vis != ast.Public && fd.Class() == nil {
		return name + " is assigned later, and its type is not a class"
	}
	if in := a.p.Locks.Of(c); in != nil && in.Kind != decorator.RWLock || in == nil && a.p.Locks.Kind != decorator.RWLock {
		return name + " is assigned later, and only the rwlock can check it again"
	}
	why, _ := a.p.Guarding.Unfit(a.all(), c, name)
	return why
}

// alone notes of classes that get a lock of their own why they do not share that of the object
// into whose state they point.
func alone(a *annotator, guards map[*project.Class]sharing) {
	for i := range a.out.Classes {
		n := &a.out.Classes[i]
		for c, s := range guards {
			l := a.p.Locks.Declared(c)
			if n.Verdict != Locked || l == nil || l.Guard != "" || n.Name != c.Name || n.Path != c.Unit.Path {
				continue
			}
			why := a.unreliable(c, s.owner)
			if why != "" {
				n.Why += fmt.Sprintf("; it points into the state of its %s, and does not share that lock: %s", s.owner, why)
			}
		}
	}
}

// cannot reports whether a class was found to have no use for a lock of ours, or could not have it.
func (a *annotator) cannot(c *project.Class) bool {
	return plan.ObstacleTo(a.p.Project, c) != nil || slices.ContainsFunc(a.out.Classes, func(n ClassNote) bool {
		return n.Name == c.Name && n.Path == c.Unit.Path && (n.Verdict == Unlockable || n.Verdict == Opaque || n.Verdict == HandLocked || n.Verdict == Exempt)
	})
}

// untyped reports whether an attribute holds an object of any class.
func (a *annotator) untyped(c *project.Class, name string) bool {
	f := c.Field(name)
	if f.Ctype == nil {
		return f.Annotation == nil
	}
	t := strings.TrimSpace(f.Ctype.Name)
	return t == "" || t == "object"
}

// circular reports whether the guards from parent on lead back to c, or to an object
// like it: then it is not known how far they have to be followed.
func (a *annotator) circular(c, parent *project.Class, guards map[*project.Class]sharing) bool {
	for range 4 {
		if project.Related(c, parent) {
			return true
		}
		next := ""
		for _, b := range parent.Ancestry() {
			if l := a.p.Locks.Declared(b); l != nil && l.Guard != "" {
				next = l.Guard
			} else if s, ok := guards[b]; ok && next == "" {
				next = s.owner
			}
		}
		fd := parent.Field(next)
		if next == "" || fd == nil || fd.Class() == nil {
			return false
		}
		parent = fd.Class()
	}
	return true
}
