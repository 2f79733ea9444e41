package effects

// Calls that may reach very many overrides. Where n functions each call the method of which there are
// n overrides, n² summaries would be put into others. Beyond manyOverrides, what one of the overrides does to
// what it is given is found once, as the summary of a function that calls any of them; that is what
// the calls are to their callers. Which override it is that does something, an effect still tells.
//
// Of very much that overrides do, it tells less than they would: beyond maxFar, the attributes that they use of
// a parameter are one region, to which no path leads, and beyond maxAlike, what differs by the field or
// subclass alone is one effect, on any field of the base.

import (
	"slices"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// manyOverrides is how many callees a call has at most whose summaries it takes one by one.
const manyOverrides = 16

// maxAlike is how many effects of a union are told apart that differ by their field or class alone.
const maxAlike = 16

// united is how far the summary of a function has come that stands for any of many overrides.
type united struct {
	// inexact is true where a lock that somebody placed plays a part: whether it is held, each call has to find out.
	inexact bool
	alike   map[foundKey]int // how many effects there are by what they have in common
	seen    []int            // how many effects of each override have been taken over
	regions [][]int32        // by override and its region: the union's region, counted from 1
}

// unionKey is what a union is found by.
type unionKey struct {
	first *Function
	n     int
	on    *project.Class
}

// calleeLists are the lists of many callees, of which calls that may reach the same ones share one.
type calleeLists struct {
	mu   sync.Mutex
	of   map[unionKey][][]*Function
	with map[methodsOf][]*Function
}

// methodsOf is a name by which a class, and those of a list that derive from it, may have methods.
type methodsOf struct {
	derived  **project.Class
	class    *project.Class
	name     string
	property bool
}

// methods returns what find has found for the first that asked.
func (l *calleeLists) methods(k methodsOf, find func() []*Function) []*Function {
	l.mu.Lock()
	fs, known := l.with[k]
	l.mu.Unlock()
	if !known {
		fs = find()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.with = with(l.with, k, fs)
	}
	return fs
}

// share has calls of many callees share their list with others.
func (l *calleeLists) share(calls []Call) []Call {
	for i := range calls {
		if c := &calls[i]; len(c.Callees) > manyOverrides {
			c.Callees = l.list(unionKey{c.Callees[0], len(c.Callees), c.On}, c.Callees)
		}
	}
	return calls
}

// list is the one list that has some callees.
func (l *calleeLists) list(k unionKey, callees []*Function) []*Function {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fs := range l.of[k] {
		if &fs[0] == &callees[0] || slices.Equal(fs, callees) {
			return fs
		}
	}
	l.of = with(l.of, k, append(l.of[k], callees))
	return callees
}

// unionOf returns the function that stands for the callees of a call, nil where they are few.
func unionOf(p *Program, c *Call) *Function {
	if len(c.Callees) <= manyOverrides || c.parallel {
		return nil
	}
	k := unionKey{c.Callees[0], len(c.Callees), c.On}
	for _, u := range p.model.unions[k] {
		if &u.unites[0] == &c.Callees[0] && len(u.unites) == len(c.Callees) { // see calleeLists
			return u
		}
	}
	first := c.Callees[0]
	u := &Function{Mod: first.Mod, Unit: first.Unit, unites: c.Callees,
		Def: &ast.FuncDef{Span: first.Def.Span, Name: first.Def.Name, Params: first.Def.Params}}
	u.locks.Get(func() *OwnLocks { return &OwnLocks{} })
	u.once.Do(func() { u.Flow = &Flow{unit: first.Unit, Nodes: make([]Node, 1), Calls: []Call{{Callees: c.Callees}}} })
	if p.model.unions == nil {
		p.model.unions = map[unionKey][]*Function{}
	}
	p.model.unions[k] = append(p.model.unions[k], u)
	for _, g := range c.Callees {
		g.unions = append(g.unions, u)
	}
	return u
}

// unite updates the summary of a union, and reports whether it grew.
func unite(s *Solver, f *Function) bool {
	s.At(f)
	if f.Sum.united == nil {
		f.Sum.united = &united{alike: map[foundKey]int{}, seen: make([]int, len(f.unites)), regions: make([][]int32, len(f.unites))}
	}
	u := f.Sum.united
	for k, g := range f.unites {
		from := u.seen[k]
		u.seen[k] = len(g.Sum.Effects)
		if s.p.Exempt(g) {
			continue
		}
		for i := from; i < len(g.Sum.Effects); i++ {
			e := &g.Sum.Effects[i]
			if g.Sum.Regions[e.Region].Root != NodeParam {
				continue
			}
			if e.locks|e.theirs|e.freed != 0 {
				grew := s.grown || !u.inexact
				u.inexact = true
				return grew
			}
			mode := takenFor(s.p, g, e)
			addToUnion(s, &Effect{Region: inUnion(s, k, g, e.Region), Class: e.Class, Field: e.Field, Behind: e.Behind, Itself: e.Itself, Kind: e.Kind, Mode: mode, Sure: e.Sure,
				Raw: e.Raw && !s.p.Holds(g, e), Maybe: e.Maybe, Asked: e.Asked || mode != e.Mode, Guarded: e.Guarded, Each: e.Each,
				Cause: ThroughCall, Name: g.Def.Name.Name, Via: g, next: int32(i), later: e.later})
		}
	}
	return s.grown
}

// inUnion is a region of override k, which is g, in the union.
func inUnion(s *Solver, k int, g *Function, region int32) int32 {
	known := s.sum.united.regions
	for len(known[k]) < len(g.Sum.Regions) {
		known[k] = append(known[k], 0)
	}
	if r := known[k][region]; r > 0 {
		return r - 1
	}
	x := g.Sum.Regions[region]
	r := int32(-1)
	switch {
	case x.Parent < 0:
		r = s.intern(Region{Root: x.Root, Num: x.Num, Parent: -1})
	case x.OfItems():
		x.Parent = inUnion(s, k, g, x.Parent)
		r = s.intern(x)
	default:
		r = s.child(inUnion(s, k, g, x.Parent), x.Name, x.Owner, x.moved)
	}
	known[k][region] = r + 1
	return r
}

// addToUnion notes what one of the overrides does, as long as there is little that is like it. After that,
// it is done to any field of the most basic class that has the same lock.
func addToUnion(s *Solver, e *Effect) {
	if s.known(e) {
		return
	}
	alike := e.key()
	alike.class, alike.field = widened(s.p, e.Class), ""
	if n := s.sum.united.alike; n[alike] < maxAlike {
		n[alike]++
	} else if e.Class, e.Field = alike.class, ""; s.known(e) {
		return
	}
	s.sum.note(e)
	s.grown = true
}

// widened is the most basic class that has the lock of a class; of one without, the most basic one.
func widened(p *Program, c *project.Class) *project.Class {
	if c == nil {
		return nil
	}
	guarded := p.Guards(c)
	for _, a := range c.Ancestry() {
		if p.Guards(a) == guarded {
			c = a
		}
	}
	return c
}
