package effects

// One lock of two objects: an object whose class has a guard is locked by locking that other
// one. What a function calls on an iterator, a view, a node locks the object that these point
// into, which the function may hold for reading: the lock would have to become one for writing,
// and of two threads that do so one fails.

import (
	"pyxlock/transform/project"
)

// guardDepth bounds how far guards of guards are followed.
const guardDepth = 4

// ending is the history up to where control leaves the function: what objects of its own
// making are given there, they are given once.
func ending(s *Solver) int32 {
	if len(s.flow.ends) == 0 {
		return 0
	}
	return s.flow.ends[0]
}

// sharing finds who has the lock of what is locked.
type sharing struct{ *Solver }

// locksGuard notes that an object of a class is locked for writing by what e says, and with it the
// object that guards it: of an object of the function's own making the one that it has been
// given, and of any other one whatever the function may hold that could be it.
func (s sharing) locksGuard(region int32, class *project.Class, e *Effect, h held, history int32) {
	if e.Mode == Write && e.Kind != OnPython && !s.p.model.assume {
		s.guardedBy(region, class, e, h, history, guardDepth)
	}
}

func (s sharing) guardedBy(region int32, class *project.Class, e *Effect, h held, history int32, depth int) {
	in := s.p.Locks.Of(class)
	if in == nil || in.Guard == "" || depth == 0 {
		return
	}
	fd := class.Field(in.Guard)
	if fd == nil || !s.p.Guards(fd.Class()) {
		return
	}
	guard := fd.Class()
	x := s.sum.Regions[region]
	if x.Root != NodeFresh || x.Parent >= 0 {
		s.mayGuard(region, class, guard, e, h)
		return
	}
	known, unknown := false, false
	for _, v := range s.attribute(region, in.Guard, class, guard, history, history) {
		y := s.sum.Regions[v.Region]
		switch {
		case y.Parent == region: // as it was when it was made
		case y.Root == NodeParam:
			known = true
			differInEffects(s.p) // see locksGuard
			s.add(v.Region, sharedBy(e, class, guard, true), h)
			s.guardedBy(v.Region, guard, e, h, history, depth-1)
		case y.Root == NodeFresh:
			known = true
			s.guardedBy(v.Region, guard, e, h, history, depth-1)
		default:
			unknown = true
		}
	}
	// Before its constructor gives it one, a new object has no guard.
	none := s.flow.Nodes[x.Num].Kind == NodeFresh && class.Complete()
	if unknown || !known && !none {
		s.mayGuard(region, class, guard, e, h)
	}
}

// sharedBy is the effect on the guard of an object of a class.
func sharedBy(e *Effect, class, guard *project.Class, sure bool) *Effect {
	out := *e
	out.Class, out.Kind, out.Field, out.Behind = guard, OnState, "", false
	out.Raw, out.Maybe, out.Held, out.Asked, out.Sure, out.Guarded = false, false, false, true, sure, class
	return &out
}

// mayGuard notes what may be the guard of an object: what it was reached from, and the
// parameters, as far as they are of a class whose lock that may be. What a function takes with
// the rest, at its entry, does not matter: all that has one lock is locked once, the stronger way.
func (s sharing) mayGuard(region int32, class, guard *project.Class, e *Effect, h held) {
	x := s.sum.Regions[region]
	if x.Root == NodeParam && x.Parent < 0 || x.Root == NodeGlobal || s.p.Holds(s.f, &Effect{Region: region, Class: class}) {
		return
	}
	lock := lockOf(s.p, guard)
	note := func(r int32, c *project.Class) {
		if c != nil && s.p.Guards(c) && project.Related(lockOf(s.p, c), lock) {
			differInEffects(s.p)
			s.add(r, sharedBy(e, class, c, false), h)
		}
	}
	for r := x.Parent; x.Root == NodeParam && r >= 0 && s.sum.Regions[r].Parent >= 0; r = s.sum.Regions[r].Parent {
		y := &s.sum.Regions[r]
		if fd := y.Owner.Field(y.Name); y.Owner != nil && fd != nil && s.sum.moved(r) == inPlace {
			note(r, fd.Class())
		}
	}
	for num, n := range s.flow.Params {
		c := s.flow.Nodes[n].Shape.Class
		if num == 0 && c == nil {
			c = s.f.Class
		}
		if n != 0 && !s.p.Constructs(s.f, num) {
			note(s.intern(Region{Root: NodeParam, Num: int32(num), Parent: -1}), c)
		}
	}
}

// lockOf is the class of the object that locks a c: c, or the class of its guard.
func lockOf(p *Program, c *project.Class) *project.Class {
	for range guardDepth {
		in := p.Locks.Of(c)
		if in == nil || in.Guard == "" {
			break
		}
		fd := c.Field(in.Guard)
		if fd == nil || fd.Class() == nil {
			break
		}
		c = fd.Class()
	}
	return c
}
