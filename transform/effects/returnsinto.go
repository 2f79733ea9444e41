package effects

// Pointers that functions return into the state of what an attribute holds: "return self._doc.c_doc.dtd". What is
// written there is the state of the document, and of its attribute c_doc, and not that of whoever has the document.

import (
	"slices"

	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// maxReturns bounds through how many functions a returned pointer is followed.
const maxReturns = 4

// maxSources bounds how many values a pointer is followed to that it may have been.
const maxSources = 64

// leadsAlong is leadsInto, also of a variable that may have one of several pointers, and for what functions return that are
// called: the one attribute that each of these leads into, "" where they are several or one is not known.
func leadsAlong(p *Program, fl *Flow, n int32, depth int) string {
	a := along{p: p}
	if !a.follow(fl, n, depth) || len(a.into) != 1 {
		return ""
	}
	return a.into[0]
}

// leadsAlongIn is leadsAlong for those that lead into one object, of those that a value may lead into: the attributes of that,
// "" where it may be any.
func leadsAlongIn(s *Solver, n int32, region int32) []string {
	if in := leadsAlong(s.p, s.flow, n, maxReturns); in != "" {
		return []string{in}
	}
	a := along{p: s.p, s: s, region: region}
	if s.merged || !a.follow(s.flow, n, maxReturns) || len(a.into) == 0 || len(a.into) > maxInto { // some stand for others
		return anyAttribute
	}
	return a.into
}

var anyAttribute = []string{""}

// maxInto bounds of how many attributes of an object it is told apart which a pointer leads into.
const maxInto = 4

// along is a search for what a pointer leads into.
type along struct {
	p    *Program
	into []string // the attributes that those which have been seen lead into
	seen []placeIn
	// region is the object that is asked about, by s; s is nil where any is.
	s      *Solver
	region int32
}

// placeIn is a value of a function.
type placeIn struct {
	fl *Flow
	n  int32
}

// elsewhere reports whether a value is, or is in, nothing of the object that is asked about.
func (a *along) elsewhere(fl *Flow, n int32) bool {
	return a.s != nil && fl == a.s.flow && !slices.ContainsFunc(a.s.Top(n), func(r Ref) bool { return r.Region == a.region })
}

// follow reports whether all that a value may be leads into attributes, or to no state at all.
func (a *along) follow(fl *Flow, n int32, depth int) bool {
	if a.elsewhere(fl, n) {
		return true
	}
	for {
		x := &fl.Nodes[n]
		if x.Kind == NodeLocal || x.Kind == NodeCall || x.Base >= n { // others lead on to earlier ones
			if at := (placeIn{fl, n}); slices.Contains(a.seen, at) {
				return true // "p = p.next"
			} else if a.seen = append(a.seen, at); len(a.seen) > maxSources {
				return false
			}
		}
		switch x.Kind {
		case NodeInside, NodeCast, NodeStowed:
			if x.Kind == NodeInside && x.Name != "" {
				if !slices.Contains(a.into, x.Name) {
					a.into = append(a.into, x.Name)
				}
				return true
			}
			n = x.Base
		case NodeLocal:
			return !slices.ContainsFunc(x.From, func(from int32) bool { return !leadsNowhere(fl, from) && !a.follow(fl, from, depth) })
		case NodeCall:
			if depth == 0 {
				return false
			}
			for _, g := range fl.Calls[x.Num].Callees {
				a.p.FlowOf(g)
				if slices.ContainsFunc(g.Flow.Returns, func(r int32) bool { return !leadsNowhere(g.Flow, r) && !a.follow(g.Flow, r, depth-1) }) {
					return false
				}
			}
			return len(fl.Calls[x.Num].Callees) > 0
		default:
			return false
		}
	}
}

// leadsNowhere reports whether a value leads to nobody's state.
func leadsNowhere(fl *Flow, n int32) bool {
	switch fl.Nodes[n].Kind {
	case NodeNothing, NodeKept, NodeMade:
		return true
	}
	return n == 0
}

// heldBy is the class of the object that a region's attribute holds, for a pointer into that object's state, or a struct
// that has such pointers; nil where it is not declared, or into which of the object's attributes the pointer leads is not
// known. Of a class of C's,
// of one that is not in sight and of one for which somebody answers nothing would be told: what is written there stays
// that of whoever has the object.
func heldBy(s *Solver, call int32, shape ctype.Shape, x *Region) *project.Class {
	if shape.Kind == ctype.Object || x.Owner == nil || shape.Kind != ctype.Record && leadsAlong(s.p, s.flow, call, maxReturns) == "" {
		return nil
	}
	f := x.Owner.Field(x.Name)
	if f == nil {
		return nil
	}
	c := s.p.Types.OfField(f).Class
	if c == nil || c.Extern || c.Def == nil || s.p.Locks.Exempted(c) != nil {
		return nil
	}
	return c
}
