package effects

// What nodes and attributes stand for where the questions lead back to themselves: a
// variable in a loop is what it was, or what a round made of it.
//
// A question whose answer needs the one that is being looked for gets what has been found
// so far. The first of those that depend on each other asks again until none of them finds
// more (Tarjan's components, each taken to its least fixed point). Answers only grow, and
// there are finitely many objects, so that this ends. It takes time by the size of the
// component and the number of objects in it, never by the number of ways through it.

import (
	"math"
	"math/bits"
	"slices"
)

// answer is what has been found for one question.
type answer struct {
	refs  []Ref
	index int32 // place on the stack
	low   int32 // of a part of a component: the lowest place that it depends on
	met   int32 // the same, without questions of items
	items bool  // what the items of a container are
	state uint8
}

// answers makes answers in chunks. All are done with when another function is looked at.
type answers struct {
	chunks [][]answer
	used   int
}

const answersInChunk = 64

func (a *answers) reset() { a.used = 0 }

func (a *answers) next() *answer {
	at := a.used / answersInChunk
	if at == len(a.chunks) {
		a.chunks = append(a.chunks, make([]answer, answersInChunk))
	}
	out := &a.chunks[at][a.used%answersInChunk]
	*out = answer{}
	a.used++
	return out
}

const (
	unasked  uint8 = iota // or to be asked again
	asking                // being looked for
	inside                // depends on one that is being looked for
	answered              // all there is
)

// nowhere is the low place of what depends on nothing that is being looked for.
const nowhere int32 = math.MaxInt32

// rounds takes components of answers to their fixed points.
type rounds struct {
	stack []*answer
	// low is the lowest place on the stack that was met since it was last cleared.
	low int32
	// met is low without what was asked of items: they are nobody's content by being asked for.
	met     int32
	found   int        // counts what was found
	steps   int64      // counts what was looked for
	differs *differing // nil where nobody wants to know
}

// reset makes ready for other questions, and reports nothing to be looked for.
func (r *rounds) reset() { r.stack, r.low, r.met = r.stack[:0], nowhere, nowhere }

// resolve returns what is known of an answer once look has been asked, which returns what
// it finds by the answers that there are.
func (r *rounds) resolve(a *answer, look func() []Ref) []Ref {
	switch a.state {
	case answered:
		return a.refs
	case asking:
		r.low = min(r.low, a.index)
		if !a.items {
			r.met = min(r.met, a.index)
		}
		return a.refs
	case inside:
		r.low, r.met = min(r.low, a.low), min(r.met, a.met)
		return a.refs
	}
	if d := r.differs; d != nil && d.adding { // others than effects come from it, too
		d.adding = false
		defer func() { d.adding = true }()
	}
	outer, outerMet := r.low, r.met
	a.state, a.index = asking, int32(len(r.stack))
	r.stack = append(r.stack, a)
	for {
		before := r.found
		r.steps++
		r.low, r.met = nowhere, nowhere
		r.add(a, look())
		if r.low < a.index { // what depends on one that asked earlier, that one completes
			a.state, a.low, a.met = inside, r.low, r.met
			break
		}
		again := r.low == a.index && r.found > before
		for _, o := range r.stack[a.index+1:] {
			if again {
				o.state = unasked
			} else {
				o.state = answered
			}
		}
		r.stack = r.stack[:a.index+1]
		if !again {
			r.stack = r.stack[:a.index]
			a.state, r.low, r.met = answered, nowhere, nowhere
			break
		}
	}
	r.low, r.met = min(outer, r.low), min(outerMet, r.met)
	return a.refs
}

func (r *rounds) add(a *answer, refs []Ref) {
	if len(a.refs) == 0 {
		a.refs = refs
		r.found += len(refs)
		return
	}
	set := refSet{list: a.refs}
	for _, x := range refs {
		if set.add(x) {
			r.found++
		}
	}
	a.refs = set.list
}

// manyRefs is from how many on objects are looked up by a hash of their regions.
const manyRefs = 12

// refSet is a list of objects, each of which is in it once.
type refSet struct {
	list []Ref
	// at has, at the hash of an object or after it, where in the list it stands, counted from 1. It is
	// as long as a power of two, and at most half full.
	at []int32
}

// add reports whether an object was not in the list, and puts it there.
func (s *refSet) add(x Ref) bool {
	if len(s.list) < manyRefs {
		if slices.Contains(s.list, x) {
			return false
		}
		s.list = append(s.list, x)
		return true
	}
	if 2*len(s.list) >= len(s.at) {
		s.at = make([]int32, 1<<bits.Len(uint(4*len(s.list))))
		for i, o := range s.list {
			s.at[s.place(o)] = int32(i) + 1
		}
	}
	i := s.place(x)
	if s.at[i] > 0 {
		return false
	}
	s.list = append(s.list, x)
	s.at[i] = int32(len(s.list))
	return true
}

// place returns where in at an object is, or belongs.
func (s *refSet) place(x Ref) int {
	mask := len(s.at) - 1
	for i := int(uint32(x.Region)*0x9E3779B1>>7) & mask; ; i = (i + 1) & mask {
		if s.at[i] == 0 || s.list[s.at[i]-1] == x {
			return i
		}
	}
}

// looped does find, and reports whether what it finds depends on what is being looked for.
func (r *rounds) looped(find func()) bool {
	return loops(&r.low, find)
}

// loopedInside is looped without what is asked of items.
func (r *rounds) loopedInside(find func()) bool {
	return loops(&r.met, find)
}

// loops does find, and reports whether it came upon what is being looked for, by the lowest place that
// was met.
func loops(lowest *int32, find func()) bool {
	outer := *lowest
	*lowest = nowhere
	find()
	out := *lowest != nowhere
	*lowest = min(outer, *lowest)
	return out
}
