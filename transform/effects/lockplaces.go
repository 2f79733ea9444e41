package effects

// Locks at constant places of a tuple or list that an object is made with: self.locks[0] is one lock, as if it were an
// attribute of what self.locks holds, and self.locks[1] another. Where the place is not known it is one of them.

import (
	"math/bits"
	"strconv"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/handlock"
	"pyxlock/transform/syntax"
)

// placeName is the name of a place among the attributes of what it is a place in.
func placeName(place int) string { return "[" + strconv.Itoa(place) + "]" }

// isPlaceName reports whether a name is that of a place.
func isPlaceName(name string) bool { return strings.HasPrefix(name, "[") }

// isPlace reports whether a value is the lock at a constant place.
func isPlace(x *Node) bool {
	return x.Kind == NodeField && x.owner == nil && isPlaceName(x.Name)
}

// lockAt is the lock that a subscript of a value denotes by a constant place; 0 for another one. A variable that ways give
// different values is not followed: in a loop it is not known yet what the next round gives it.
func lockAt(b *builder, in int32, e *ast.Subscript) int32 {
	if !b.handMade || in == 0 || e.Access != ast.Read && e.Access != ast.Called {
		return 0
	}
	index, ok := handlock.Index(b.f.Unit.File, e)
	if !ok {
		return 0
	}
	for range 16 {
		x := &b.flow.Nodes[in]
		switch {
		case x.Kind == NodeCast:
			in = x.Base
			continue
		case x.Kind == NodeField && x.owner != nil:
			f := x.owner.Field(x.Name)
			if f == nil || b.p.Types.OfField(f).Kind != ctype.Object {
				return 0
			}
			if place, ok := handlock.Place(b.p.HandLocks(f.Mod), x.owner, x.Name, index); ok {
				return b.node(Node{Kind: NodeField, Base: in, Name: placeName(place), Shape: ctype.Shape{Kind: ctype.Object}, history: x.history})
			}
		}
		return 0
	}
	return 0
}

// among are the locks of which the lock at a constant place is one: who holds it holds one of these, too, as a use with a
// variable for the place does.
func (s heldLocks) among(u *LockUse) lockSet {
	x := &s.flow.Nodes[u.node]
	if u.node == 0 || u.own || u.Section || !isPlace(x) {
		return 0
	}
	r := s.regionOfLock(x.Base)
	if r < 0 || s.sum.many(r) {
		return 0
	}
	l := heldLock{region: r, some: true, shared: u.Shared}
	return s.both(l, !u.Take) | s.allOf(l, u)
}

// allOf is that a use takes each lock of a container, or releases one so that not all of them are held any more.
func (s heldLocks) allOf(l heldLock, u *LockUse) lockSet {
	if !l.some || u.Take && !u.all {
		return 0
	}
	l.all = true
	return s.both(l, !u.Take)
}

// constantLocks returns the variable of a loop over all locks of an attribute that holds the same ones all the time;
// "" for another loop.
func constantLocks(b holding, st *ast.For) string {
	target, named := syntax.Unparen(st.Target).(*ast.Name)
	of, ok := syntax.Unparen(st.Iter).(*ast.Attribute)
	if !named || !ok || st.From || st.Async || st.Else != nil {
		return ""
	}
	c := b.receiver(of.X)
	if c == nil {
		return ""
	}
	if f := c.Field(of.Attr.Name); f == nil || !handlock.Constant(b.p.HandLocks(f.Mod), c, of.Attr.Name) {
		return ""
	}
	return target.Name
}

// withPlaces adds to locks that are released those at constant places of what one of them is somewhere in: it may be any.
func (s heldLocks) withPlaces(set lockSet) lockSet {
	if set == everything {
		return set
	}
	out := set
	for rest := set; rest != 0; rest &= rest - 1 {
		l := s.sum.locks[bits.TrailingZeros64(uint64(rest))]
		if !l.some || l.region < 0 {
			continue
		}
		for i, o := range s.sum.locks {
			if o.region >= 0 && s.sum.Regions[o.region].Parent == l.region && isPlaceName(s.sum.Regions[o.region].Name) {
				out |= 1 << i
			}
		}
	}
	return out
}
