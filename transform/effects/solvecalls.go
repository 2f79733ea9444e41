package effects

// What calls do: the summaries of callees, with what the callees are given for their parameters.

import (
	"slices"
	"strings"

	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// calling notes what a call does.
func calling(s *Solver, c *Call) {
	union := c.union
	if union != nil && (union.Sum.united == nil || union.Sum.united.inexact) {
		union = nil
	}
	for _, g := range c.Callees {
		s.passed(c, g)
		if union == nil && !s.p.Exempt(g) {
			does(s, c, g)
		}
	}
	if union != nil {
		does(s, c, union)
	}
}

// does notes what a callee, or the union of all, does in a call.
func does(s *Solver, c *Call, g *Function) {
	s.meant = slices.Grow(s.meant[:0], len(g.Sum.Regions))[:len(g.Sum.Regions)]
	clear(s.meant)
	for i := range g.Sum.Effects {
		e := &g.Sum.Effects[i]
		r := &g.Sum.Regions[e.Region]
		if r.Root != NodeParam {
			continue
		}
		to := means(s, c, g, e.Region)
		to = withinGiven(s, c, e, r, to)
		if len(to) == 0 {
			continue
		}
		if e.Mode == Write && r.Parent < 0 && readsText(s.flow, c, g, r.Num) && !onCharacters(g, e) && !s.p.writable.Get(givenTo{g, r.Num}) {
			continue
		}
		at := anchor(g, e.Region)
		holds := g.unites == nil && s.p.Holds(g, e)
		setsGiven(s, c, g, e, r, holds)
		mode := takenFor(s.p, g, e)
		locks, freed := (heldLocks{s}).heldAt(c.history), (heldLocks{s}).freedAt(c.history)
		if e.freed != 0 && locks != everything {
			lets := (heldLocks{s}).anyWay((heldLocks{s}).across(c, g, e.freed))
			locks, freed = locks&^lets, freed|lets&^locks
		}
		var theirs lockSet
		if e.locks != 0 {
			taken := (heldLocks{s}).across(c, g, e.locks)
			locks, theirs = locks|taken, taken&^locks
		}
		each := e.Each || c.parallel && (e.Held || e.Cause == Takes || holds || !e.Raw && e.Via != nil)
		for _, a := range to {
			if !project.Related(a.Class, first(g, e.Region, e.Class)) {
				continue // another subclass's method: this object is none of it
			}
			class := e.Class
			if class == nil && at == e.Region {
				class = a.Class
			}
			if address := e.Class == nil && e.Kind == OnState; r.Parent < 0 && s.p.Guards(class) && ofBuiltin(s.flow, c, r.Num) && !address {
				continue // no instance of the class
			}
			fields := [...]string{e.Field}
			into := fields[:]
			if r.Parent < 0 && e.Class == nil {
				into = leadsAlongIn(s, c.Args[r.Num], a.Region) // what a pointer or container argument leads into
			}
			itself := e.Itself || into[0] == "" && r.Parent < 0 && e.Class == nil && s.flow.addresses(c.Args[r.Num])
			for _, to := range a.regions {
				if e.Maybe && !operand(s, to) {
					continue
				}
				locks := locks | (sameLocks{heldLocks{s}}).ofGiven(c, g, e, a.Region, to)
				if !g.Sum.Regions[at].OfItems() {
					locks |= (sameLocks{heldLocks{s}}).ofSame(c.history, c.Args[g.Sum.Regions[at].Num], a.Region)
				}
				for _, field := range into {
					up := &Effect{Class: class, Field: field, Behind: e.Behind, Itself: itself, Kind: e.Kind, Mode: mode, Sure: e.Sure, Raw: e.Raw && !holds, Maybe: e.Maybe, Asked: e.Asked || mode != e.Mode, Guarded: e.Guarded, Each: each,
						Cause: ThroughCall, Name: g.Def.Name.Name, Span: c.Span, Via: g, next: int32(i), later: e.later || c.later, locks: locks, theirs: theirs, freed: freed}
					if g.unites != nil { // the override does it
						up.Name, up.Via, up.next = e.Name, e.Via, e.next
					}
					if !e.Raw || holds {
						(sharing{s}).locksGuard(to, class, up, held{under: c.under}, c.history)
					}
					s.add(to, up, inCall(c, g, e.Region))
				}
			}
		}
	}
}

// ofBuiltin reports whether what a call passes is of a type of Python's own: a text, a list, a C number, which becomes one
// of Python's.
func ofBuiltin(f *Flow, c *Call, num int32) bool {
	if int(num) >= len(c.Args) {
		return false
	}
	t := f.Nodes[c.Args[num]].Shape
	return t.Kind == ctype.Scalar || t.Exact
}

// readsText reports whether a call passes a text of Python's, which does not change, as a pointer through which it cannot be
// written: const char *. What a C function makes of it there, and then is written to, is not the text.
func readsText(f *Flow, c *Call, g *Function, num int32) bool {
	if int(num) >= len(c.Args) || int(num) >= len(g.Flow.Params) {
		return false
	}
	is, as := f.Nodes[c.Args[num]].Shape, g.Flow.Nodes[g.Flow.Params[num]].Shape
	return is.Kind == ctype.Object && is.Atom && is.Exact && as.Kind == ctype.Pointer && as.Elem == ctype.Scalar && as.ReadOnly()
}

// givenTo is a parameter of a function.
type givenTo struct {
	f   *Function
	num int32
}

// findWritable reports whether a function, or one that it calls, makes a pointer through which can be written of one that it is
// given to read, or puts it into a union, where it may have any type.
func findWritable(p *Program, at givenTo, seen map[givenTo]bool) bool {
	if seen[at] {
		return false
	}
	seen[at] = true
	fl := p.FlowOf(at.f)
	given := func(n int32) bool {
		is := false
		whole := n == 0 || fl.eachSource(n, maxCopied, func(x *Node) bool {
			is = is || x.Kind == NodeParam && x.Num == at.num
			return is || x.Shape.Returned || x.filled // what C code has made of it
		})
		return is || !whole
	}
	for i := range fl.Nodes {
		x := &fl.Nodes[i]
		if (x.Kind == NodeCast || x.Kind == NodeInside) && x.Shape.Kind == ctype.Pointer && !x.Shape.ReadOnly() && !x.Shape.Returned && given(x.Base) {
			return true
		}
	}
	for i := range fl.Stores {
		if t := fl.Nodes[fl.Stores[i].Into].Shape.Struct; t != nil && t.Def.Kind == "union" && given(fl.Stores[i].Value) {
			return true
		}
	}
	for i := range fl.Calls {
		c := &fl.Calls[i]
		for num, n := range c.Args {
			if n != 0 && given(n) && slices.ContainsFunc(c.Callees, func(g *Function) bool { return findWritable(p, givenTo{g, int32(num)}, seen) }) {
				return true
			}
		}
	}
	return false
}

// onCharacters reports whether an effect of a function is, in the end, on what a pointer to characters leads to that it is given,
// whatever cast has made it one that can be written through; or whether nothing tells what it is on.
func onCharacters(g *Function, e *Effect) bool {
	for n := 0; n < longest; n++ {
		at := actedOn(g, e)
		if at == 0 {
			return true
		}
		if madeByC(g, at, nameDepth, nil) {
			return false
		}
		if sh := g.Flow.Nodes[at].Shape; e.Via == nil || sh.Kind != ctype.Pointer || sh.Elem != ctype.Scalar {
			return true
		}
		g, e = e.Via, &e.Via.Sum.Effects[e.next]
	}
	return true
}

// actedOn is the value that a function does something to, or passes to one that does; 0 where nothing tells.
func actedOn(g *Function, e *Effect) int32 {
	if e.Via == nil {
		if i := slices.IndexFunc(g.Flow.Actions, func(a action) bool { return a.Span == e.Span && a.Mode == e.Mode && a.Cause == e.Cause }); i >= 0 {
			return g.Flow.Actions[i].Node
		}
		return 0
	}
	x := &e.Via.Sum.Regions[anchor(e.Via, e.Via.Sum.Effects[e.next].Region)]
	for i := range g.Flow.Calls {
		if c := &g.Flow.Calls[i]; c.Span == e.Span && slices.Contains(c.Callees, e.Via) && x.Root == NodeParam && int(x.Num) < len(c.Args) {
			return c.Args[x.Num]
		}
	}
	return 0
}

// madeByC reports whether a pointer is what C functions returned, and no parameter of the function itself under another type. given
// tells the same of its parameters; it is nil where these are no such pointers.
func madeByC(f *Function, n int32, depth int, given func(param int32) bool) bool {
	made, only := false, true
	whole := f.Flow.eachSource(n, maxCopied, func(x *Node) bool {
		switch {
		case x.Kind == NodeLocal && x.filled:
			made = true
			return true
		case x.Kind == NodeNothing || x.Kind == NodeMade:
			made = true
		case x.Kind == NodeCall:
			c := &f.Flow.Calls[x.Num]
			made = true
			passed := func(param int32) bool {
				return int(param) < len(c.Args) && c.Args[param] != 0 && madeByC(f, c.Args[param], depth-1, given)
			}
			for _, g := range c.Callees {
				only = only && depth > 0 && !slices.ContainsFunc(g.Flow.Returns, func(r int32) bool { return !madeByC(g, r, depth-1, passed) })
			}
			return true
		case x.Kind == NodeParam:
			made, only = true, only && given != nil && given(x.Num)
		}
		return false
	})
	return whole && only && made
}

// meaning is one of the objects that a callee is given, and the regions that one of the
// callee's is then.
type meaning struct {
	Ref
	regions []int32
}

// means returns what a region of a callee is in a call. Many effects are on one region, so it
// is found once for a call and a callee.
func means(s *Solver, c *Call, g *Function, region int32) []meaning {
	if s.meant[region] == nil {
		to := s.given(c, g, anchor(g, region))
		s.meant[region] = make([]meaning, len(to))
		for i, a := range to {
			s.meant[region][i] = meaning{a, s.along(a.Region, g, region, c.history)}
		}
	}
	return s.meant[region]
}

// first returns the class as which the parameter itself is used that a region of
// g is reached from; nil where that is not known.
func first(g *Function, r int32, class *project.Class) *project.Class {
	for x := &g.Sum.Regions[r]; x.Parent >= 0 && !x.OfItems(); x = &g.Sum.Regions[x.Parent] {
		class = x.Owner
	}
	return class
}

// passed notes what kinds of objects a function is called with: those of the
// caller's own making, which nobody else knows yet, or any.
func (s *Solver) passed(c *Call, g *Function) {
	if !PrivateName(g.Def.Name.Name) {
		return
	}
	for k, n := range c.Args {
		for _, a := range s.Top(n) {
			x := &s.sum.Regions[a.Region]
			pos, handed := s.handed[x.Num]
			switch {
			case g.Sum.shared[k] || x.Root == NodeFresh && x.Parent < 0 && (!handed || c.Span.Pos <= pos || c.Span.Pos == s.flow.Nodes[x.Num].pos):
				continue
			case x.Root == NodeParam && x.Parent < 0 && s.p.Constructs(s.f, int(x.Num)):
				continue // as new as it is there
			}
			if g.Sum.shared == nil {
				g.Sum.shared = map[int]bool{}
			}
			g.Sum.shared[k] = true
			if !g.queued { // what it passes on is shared, too
				g.queued = true
				s.again = append(s.again, g)
			}
		}
	}
}

// PrivateName reports whether a name asks not to be used from outside.
func PrivateName(name string) bool {
	return strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "__")
}
