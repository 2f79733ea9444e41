package effects

// Pointers that C code made, and what they are once an object keeps them: after "self.p = f" the variable f leads into
// self, as self.p does.

import (
	"slices"

	"pyxlock/transform/ctype"
)

// madeInC is what a C function returns that was given nothing to lead into; 0 where that is no pointer.
func madeInC(b calls, sh ctype.Shape) int32 {
	if sh.Kind != ctype.Pointer || sh.Lock {
		return 0
	}
	sh.Returned = true
	return b.node(Node{Kind: NodeMade, Shape: sh})
}

// betweenTargets names what "x.p = y.p = f()" assigns, which is kept in x when it comes to y.
const betweenTargets = "="

// keptAt notes that a pointer is kept at a place within an object: the variables that hold the pointer stand for that
// place, too.
func (b *variables) keptAt(value, place, at int32) {
	if value == 0 || place == 0 || b.shape(value).Kind != ctype.Pointer || b.shape(place).Kind != ctype.Pointer || b.shape(value).Axes > 0 || !ofObject(b.flow, place) {
		return
	}
	of := b.flow.source(value)
	switch x := &b.flow.Nodes[of]; x.Kind {
	case NodeMade, NodeCall, NodeParam, NodeLocal:
	case NodeFresh:
		if x.Shape.Kind != ctype.Pointer {
			return
		}
	case NodeInside:
		if !x.Shape.Returned {
			return // it leads into an object already
		}
	default:
		return
	}
	for slot := historySlot + 1; slot < len(b.env); slot++ {
		if n := b.env[slot]; n != 0 && b.flow.source(n) == of {
			b.set(int32(slot), b.asKept(n, of, place, at))
		}
	}
}

// asKept is a pointer, made by a value, that is kept at a place.
func (b *variables) asKept(n, of, place, at int32) int32 {
	sh := b.shape(n)
	sh.Returned = false
	if b.flow.Nodes[of].Kind == NodeMade {
		return b.node(Node{Kind: NodeCast, Base: place, Shape: sh, pos: at})
	}
	return b.node(Node{Kind: NodeLocal, From: []int32{n, b.node(Node{Kind: NodeKept, Base: place, Shape: sh, pos: at})}, Shape: sh})
}

// KeptSince is where a pointer was assigned to the place that it leads into since; 0 where it was read from there.
func (fl *Flow) KeptSince(n int32) int32 {
	for n := range fl.behind(n, nameDepth) {
		if x := &fl.Nodes[n]; (x.Kind == NodeCast || x.Kind == NodeKept) && x.pos != 0 {
			return x.pos
		}
	}
	return 0
}

// Leaves reports whether others come by an object of the function's own making, as far as that is known.
func (s *Solver) Leaves(region int32) bool {
	is := func(n int32) bool {
		return s.flow.Nodes[n].Shape.Kind == ctype.Object && slices.ContainsFunc(s.Top(n), func(r Ref) bool { return r.Region == region })
	}
	return slices.ContainsFunc(s.flow.handed, func(h handing) bool { return is(h.node) }) || slices.ContainsFunc(s.flow.Returns, is) ||
		slices.ContainsFunc(s.flow.items, func(it item) bool { return is(it.is) }) ||
		slices.ContainsFunc(s.flow.Calls, func(c Call) bool { return slices.ContainsFunc(c.Args, is) })
}

// GetsKnown reports whether others come to have an object of the function's own making, or a part of one, by then or later.
func GetsKnown(s *Solver, region int32) bool {
	is := func(n int32) bool {
		return s.flow.Nodes[n].Shape.Kind == ctype.Object && slices.ContainsFunc(s.Top(n), func(r Ref) bool { return r.Region == region })
	}
	knowHandOuts(s)
	_, shared := sharedFrom(s, region)
	return shared || slices.ContainsFunc(s.flow.Returns, is) || slices.ContainsFunc(s.flow.items, func(it item) bool { return is(it.is) })
}

// isMade reports whether a value is C data that C code made, which leads to nothing else.
func isMade(fl *Flow, n int32) bool { return fl.Nodes[fl.source(n)].Kind == NodeMade }

// led are the values that a variable may have, without what C code made where others lead to something.
func led(fl *Flow, from []int32) []int32 {
	leads := func(n int32) bool {
		k := fl.Nodes[fl.source(n)].Kind
		return k != NodeMade && k != NodeNothing
	}
	if !slices.ContainsFunc(from, leads) {
		return from
	}
	return slices.DeleteFunc(from, func(n int32) bool { return isMade(fl, n) })
}

// cameFrom reports whether a value is another one, or a part of it, in one of the ways in which a variable gets it: "p =
// realloc(p, n)" in a loop, where what p was before the loop is all that it leads to.
func cameFrom(fl *Flow, n, of int32, depth int) bool {
	for ; depth > 0 && n != 0; depth-- {
		if n == of {
			return true
		}
		switch x := &fl.Nodes[n]; x.Kind {
		case NodeCast, NodeInside:
			n = x.Base
		case NodeLocal:
			return slices.ContainsFunc(x.From, func(from int32) bool { return cameFrom(fl, from, of, depth/2) })
		default:
			return false
		}
	}
	return false
}

// named returns the value that a variable of one value is another name of, or the value itself; where casts is true, that
// without its casts. In a loop such a way may lead round in a circle.
func (fl *Flow) named(n int32, casts bool) int32 {
	for range maxOrigin {
		switch x := &fl.Nodes[n]; {
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		case casts && x.Kind == NodeCast:
			n = x.Base
		default:
			return n
		}
	}
	return n
}

// source is what made a pointer, as far as that is one value.
func (fl *Flow) source(n int32) int32 {
	at := n
	for at = range fl.behind(n, nameDepth) {
	}
	return at
}

// ofObject reports whether a place is within an object.
func ofObject(fl *Flow, n int32) bool {
	for range 16 {
		x := &fl.Nodes[n]
		if x.Shape.Kind == ctype.Object {
			return true
		}
		if x.Kind != NodeInside && x.Kind != NodeCast {
			return false
		}
		n = x.Base
	}
	return false
}
