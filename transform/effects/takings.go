package effects

// Locks that people placed and that a function takes while it holds others, itself or by what it calls: whether
// the same once more, and in which order.

import (
	"math/bits"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Placed is a lock that a person placed, as a function knows it.
type Placed struct {
	f *Function
	heldLock
}

// Taking is a lock that is taken where others are held.
type Taking struct {
	Lock Placed
	Held []Placed
	// Twice is true where the lock is among them, and its holder cannot take it again.
	Twice bool
	Span  ast.Span
	// Via is the function that is called and takes it, In where it does, At the place; nil where the function
	// itself does.
	Via, In *Function
	At      ast.Span
}

// Text spells the lock.
func (l Placed) Text() string {
	x := &l.f.Sum.Regions[l.region]
	if x.Root == NodeGlobal && x.Parent < 0 {
		return x.Name[lastDot(x.Name)+1:]
	}
	return PathOf(l.f, l.region)
}

// LockKind is what locks of several objects have in common: the attribute that has them, or the variable.
type LockKind struct {
	Owner *project.Class // nil of a variable
	Name  string
}

// Kind tells which locks are of one kind with this one; false where nothing tells.
func (l Placed) Kind() (LockKind, bool) {
	x := &l.f.Sum.Regions[l.region]
	if x.Root == NodeGlobal && x.Parent < 0 {
		return LockKind{nil, x.Name}, !strings.HasPrefix(x.Name, "@") // a decorator that is not in sight
	}
	place := ""
	if x.Parent >= 0 && isPlaceName(x.Name) {
		place, x = x.Name, &l.f.Sum.Regions[x.Parent]
	}
	if x.Parent < 0 || x.Owner == nil {
		return LockKind{}, false
	}
	owner := x.Owner
	if d := owner.Declaring(x.Name); len(d) > 0 {
		owner = d[0]
	}
	return LockKind{owner, x.Name + place}, true
}

// Param returns the parameter by which the lock is found; false for another one's.
func (l Placed) Param() (int, bool) {
	r := l.region
	for l.f.Sum.Regions[r].Parent >= 0 {
		r = l.f.Sum.Regions[r].Parent
	}
	x := &l.f.Sum.Regions[r]
	return int(x.Num), x.Root == NodeParam
}

// Signals returns the locks that a function gives back for a thread that took them: what waits for one of these
// waits for a signal.
func Signals(p *Program, f *Function) []LockKind {
	if !Entered(p, f) {
		return nil
	}
	return slices.Collect(kinds(f, f.Sum.frees))
}

// taking returns what a function takes, itself or by what it calls: once are the locks that their holder cannot
// take again.
func (s heldLocks) taking(uses []usedLocks) (takes, once lockSet) {
	for i := range s.flow.Nodes {
		x := &s.flow.Nodes[i]
		if x.Kind != NodeHolds || s.flow.Locks[x.Num].entered != 0 {
			continue
		}
		takes |= uses[x.Num].locks
		if !s.flow.Locks[x.Num].Again {
			once |= uses[x.Num].locks
		}
	}
	for i := range s.flow.Calls {
		c := &s.flow.Calls[i]
		for _, g := range c.Callees {
			if !g.Suspends() || isContextManager(g) {
				takes |= s.across(c, g, g.Sum.takes)
				once |= s.across(c, g, g.Sum.once)
			}
		}
	}
	return takes, once
}

// Takings returns the locks that a solved function takes while it holds others.
func Takings(p *Program, f *Function) []Taking {
	if f.Sum.takes == 0 {
		return nil
	}
	p.model.mu.Lock() // regions may be made on the way
	defer p.model.mu.Unlock()
	s := heldLocks{borrow(p)}
	defer giveBack(s.Solver)
	s.At(f)
	s.findHeld()
	if s.held == nil {
		return nil
	}
	var out []Taking
	note := func(taken, once, held lockSet, t Taking) {
		if held == everything {
			return
		}
		t.Held = s.exclusive(held)
		for _, l := range s.exclusive(taken) {
			t.Lock = l
			same := s.anyWay(1<<s.place(l.heldLock)) & held
			t.Twice = same&once != 0 && (!l.shared || slices.ContainsFunc(t.Held, func(h Placed) bool { return h.region == l.region && !h.shared }))
			out = append(out, t)
		}
	}
	uses := s.usedLocks()
	for i := range s.flow.Nodes {
		x := &s.flow.Nodes[i]
		if x.Kind != NodeHolds || s.flow.Locks[x.Num].entered != 0 || s.flow.Locks[x.Num].own {
			continue
		}
		u, once := &s.flow.Locks[x.Num], lockSet(0)
		if !u.Again {
			once = uses[x.Num].locks
		}
		before := x.Base
		if u.since != 0 {
			before = u.since
		}
		note(uses[x.Num].locks, once, s.heldAt(before), Taking{Span: u.Span})
	}
	for i := range s.flow.Calls {
		c := &s.flow.Calls[i]
		held := s.heldAt(c.history)
		if held == 0 {
			continue
		}
		for _, g := range c.Callees {
			if g.Suspends() && !isContextManager(g) {
				continue
			}
			held &^= s.anyWay(s.across(c, g, g.Sum.frees)) // what it gives back first it may well take again
			note(s.across(c, g, g.Sum.takes), s.across(c, g, g.Sum.once), held, Taking{Span: c.Span, Via: g})
		}
	}
	return out
}

// place is that of a lock in the summary's list.
func (s heldLocks) place(l heldLock) int32 {
	i, _ := s.lockOf(l)
	return i
}

// exclusive are the locks of a set, each once: held alone, where it is. Critical sections make nobody wait for ever.
func (s heldLocks) exclusive(set lockSet) []Placed {
	var out []Placed
	for ; set != 0; set &= set - 1 {
		l := s.sum.locks[bits.TrailingZeros64(uint64(set))]
		if l.section || l.own || l.some || l.region < 0 {
			continue
		}
		at := slices.IndexFunc(out, func(o Placed) bool { return o.region == l.region })
		switch {
		case at < 0:
			out = append(out, Placed{s.f, l})
		case !l.shared:
			out[at].heldLock = l
		}
	}
	return out
}

// TakenIn finds where a function that is called takes a lock, by the kind of lock; nothing where it does so only
// under a condition, of which callers may know more.
func TakenIn(g *Function, kind LockKind) (in *Function, at ast.Span, ok bool) {
	return takenIn(g, kind, map[*Function]bool{})
}

func takenIn(g *Function, kind LockKind, seen map[*Function]bool) (in *Function, at ast.Span, ok bool) {
	if seen[g] || g.Flow == nil {
		return nil, at, false
	}
	seen[g] = true
	for i := range g.Flow.Locks {
		u := &g.Flow.Locks[i]
		if !u.Take || u.entered != 0 || u.node == 0 || u.Section || conditional(g, u.Span) {
			continue
		}
		x := &g.Flow.Nodes[g.Flow.named(u.node, true)]
		name := x.Name
		if isPlace(x) {
			name = g.Flow.Nodes[x.Base].Name + name
		}
		if name == kind.Name && (kind.Owner == nil) == (x.Kind == NodeGlobal) {
			return g, u.Span, true
		}
	}
	for i := range g.Flow.Calls {
		c := &g.Flow.Calls[i]
		if conditional(g, c.Span) {
			continue
		}
		for _, h := range c.Callees {
			if h.Sum.takes != 0 {
				if in, at, ok := takenIn(h, kind, seen); ok {
					return in, at, true
				}
			}
		}
	}
	return nil, at, false
}

// conditional reports whether a place of a function stands under a condition.
func conditional(f *Function, at ast.Span) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			for _, c := range n.Clauses {
				found = found || c.Body.Span.Contains(at.Pos)
			}
		case *ast.Cond:
			found = found || n.Span.Contains(at.Pos) && !n.If.Range().Contains(at.Pos)
		}
		return !found
	})
	return found
}
