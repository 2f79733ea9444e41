package effects

// Which of the locks that people placed are held at a point of a function, for certain: on every way
// that leads there. What a callee leaves taken or releases counts as done by the call.
//
// A lock is known by the object that it belongs to, as the function knows that: a parameter, or what is
// reached from one through attributes; or by the variable of a module. One of which that cannot be said
// (it may be one of two, or the function made it) guards nothing.

import (
	"math/bits"
	"slices"

	"pyxlock/transform/decorator"
)

// heldLock is a lock as a function knows it.
type heldLock struct {
	region  int32 // the lock, or the object of a critical section
	section bool
	some    bool // one of several in a container
	all     bool // and each other one, too
	shared  bool // held so that others may hold it, too
	own     bool // the lock that pyxlock gave the object, in a file that was rewritten
	// asked is 1 + the number of a use where it is not known yet whether that took its lock: an attempt, or
	// one of two locks that are both taken, in whichever order. There is no region then.
	asked int32
	// from is a value that may be several objects, and way the number of the way from it to the lock (samelock.go).
	// There is no region then.
	from, way int32
	// same is the node of a fact that two values are one object (onesame.go). There is no region then.
	same int32
}

// lockSet is a set of the locks of one summary. There are few of them: what there is no place for
// counts as not held.
type lockSet uint64

// heldLocks finds them.
type heldLocks struct{ *Solver }

// lockOf returns the place of a lock in the summary's list, false where there is none left.
func (s heldLocks) lockOf(l heldLock) (int32, bool) {
	for i, o := range s.sum.locks {
		if o == l {
			return int32(i), true
		}
	}
	if len(s.sum.locks) == 64 {
		return 0, false
	}
	s.sum.locks = append(s.sum.locks, l)
	return int32(len(s.sum.locks) - 1), true
}

// regionOfLock is what a lock's value stands for; -1 where that is not certain.
func (s heldLocks) regionOfLock(n int32) int32 {
	var all []int32
	for _, r := range s.Top(n) {
		all = append(all, r.Region)
	}
	return s.only(all)
}

// only is the one lock that regions stand for; -1 where there are several. What was assigned to an attribute is
// among them beside the attribute, which is no longer what it was; that of an object that is made here was nothing.
func (s heldLocks) only(regions []int32) int32 {
	found := int32(-1)
	for _, r := range regions {
		if x := &s.sum.Regions[r]; s.sum.moved(r) == replaced || x.Root == NodeFresh && x.Parent >= 0 && len(regions) > 1 {
			continue
		}
		if found >= 0 && r != found {
			return -1
		}
		found = r
	}
	return s.placed(found)
}

// placed returns a region where it is certain which object that is: one that a parameter, or a variable
// of the module, leads to all the time. Otherwise, and for -1, it is -1.
func (s heldLocks) placed(region int32) int32 {
	if region < 0 || s.sum.moved(region) != inPlace {
		return -1
	}
	if x := &s.sum.Regions[region]; x.Root != NodeParam && x.Root != NodeGlobal || x.Name == furtherOn {
		return -1
	}
	return region
}

// using returns the locks that a use takes or releases, as a set: who holds a lock alone holds it as
// others may, too.
func (s heldLocks) using(u *LockUse) lockSet {
	if u.own && u.Take && u.node == 0 {
		return everything // several objects, in an array
	}
	r := int32(-1)
	if u.node != 0 {
		r = s.regionOfLock(u.node)
	}
	if r < 0 || !u.every && s.sum.many(r) { // of one of several objects: samelock.go tells of which
		return 0
	}
	l := heldLock{region: r, section: u.Section, some: u.Some, shared: u.Shared, own: u.own}
	return s.among(u) | s.both(l, !u.Take) | s.allOf(l, u)
}

// both is a lock as it is held by one alone and as others may hold it, too: who holds it shared does not hold
// it alone, unless all that it may be is asked for.
func (s heldLocks) both(l heldLock, all bool) lockSet {
	var out lockSet
	for _, shared := range []bool{false, true} {
		if !shared && l.shared && !all {
			continue
		}
		l.shared = shared
		if i, ok := s.lockOf(l); ok {
			out |= 1 << i
		}
	}
	return out
}

// across translates locks of a callee.
func (s heldLocks) across(c *Call, g *Function, set lockSet) lockSet {
	if set == everything {
		return set
	}
	var out lockSet
	for ; set != 0; set &= set - 1 {
		l := g.Sum.locks[bits.TrailingZeros64(uint64(set))]
		if l.region < 0 {
			continue
		}
		r := s.regionAcross(c, g, l.region)
		if r < 0 {
			continue
		}
		l.region = r
		if i, ok := s.lockOf(l); ok {
			out |= 1 << i
		}
	}
	return out
}

// regionAcross is what a region of a callee is to its caller; -1 where that is not certain.
func (s heldLocks) regionAcross(c *Call, g *Function, region int32) int32 {
	x := &g.Sum.Regions[region]
	if x.Root == NodeGlobal {
		r := int32(-1)
		var path []int32
		for at := region; at >= 0; at = g.Sum.Regions[at].Parent {
			path = append(path, at)
		}
		for i := len(path) - 1; i >= 0; i-- {
			o := g.Sum.Regions[path[i]]
			if o.Parent >= 0 {
				r = s.child(r, o.Name, o.Owner, o.moved)
				continue
			}
			r = s.intern(o)
		}
		return r
	}
	if x.Root != NodeParam || g.Sum.moved(region) != inPlace {
		return -1
	}
	var all []int32
	for _, b := range s.given(c, g, anchor(g, region)) {
		all = append(all, s.along(b.Region, g, region, c.history)...)
	}
	if r := s.only(all); r < 0 || !s.sum.many(r) {
		return r
	}
	return -1
}

// locking reports whether anything that a function does takes or releases a lock.
func (s heldLocks) locking() bool {
	if len(s.flow.Locks) > 0 {
		return true
	}
	for i := range s.flow.Calls {
		for _, g := range s.flow.Calls[i].Callees {
			if g.Sum.leaves|g.Sum.frees|g.Sum.yields|g.Sum.takes != 0 || len(g.Sum.under) > 0 {
				return true
			}
		}
	}
	return false
}

// everything is held where nothing leads to, as far as is known so far; and where nobody could tell what is.
const everything = ^lockSet(0)

// findHeld finds what is held after each node of the history.
func (s heldLocks) findHeld() {
	s.held, s.freed = nil, nil
	if !s.locking() {
		return
	}
	var order []int32
	seen := make([]bool, len(s.flow.Nodes))
	var visit func(n int32)
	visit = func(n int32) {
		for n != 0 && !seen[n] {
			seen[n] = true
			x := &s.flow.Nodes[n]
			if x.Kind == NodeLocal || x.Kind == NodeHistory {
				for _, f := range x.From {
					visit(f)
				}
			}
			order = append(order, n)
			for _, f := range x.From {
				if x.Kind == NodeLetsGo {
					visit(f)
				}
			}
			if x.Kind == NodeLocal {
				return
			}
			n = x.Base
		}
	}
	for i := range s.flow.Actions {
		if h := s.flow.Actions[i].history; h != noUse {
			visit(h)
		}
	}
	for i := range s.flow.Calls {
		visit(s.flow.Calls[i].history)
	}
	for _, n := range s.flow.ends {
		visit(n)
	}
	for i := range s.flow.runs {
		visit(s.flow.runs[i].history)
	}
	for i := range s.flow.Nodes { // where locks are taken
		if s.flow.Nodes[i].Kind == NodeHolds {
			visit(int32(i))
		}
	}
	s.held = make([]lockSet, len(s.flow.Nodes))
	uses := s.usedLocks()
	facts := oneSame{s}.findSame()
	var allFacts lockSet
	for _, f := range facts {
		allFacts |= f.bit
	}
	type change struct{ leaves, frees lockSet }
	calls := map[int32]change{}
	for _, n := range order {
		s.held[n] = everything
		if x := &s.flow.Nodes[n]; x.Kind == NodeCalled && x.Num != unseenCode {
			if _, known := calls[x.Num]; !known {
				calls[x.Num] = func() change {
					c := &s.flow.Calls[x.Num]
					out := change{leaves: everything}
					for _, g := range c.Callees {
						if g.Suspends() { // nothing of it has run
							out.leaves = 0
							continue
						}
						out.frees |= oneSame{s}.twins(s.across(c, g, g.Sum.frees)|sameLocks{s}.acrossValue(c, g, g.Sum.frees), facts, allFacts)
						out.leaves &= s.across(c, g, g.Sum.leaves) | sameLocks{s}.acrossValue(c, g, g.Sum.leaves)
					}
					if len(c.Callees) == 0 {
						out.leaves = 0
					}
					return out
				}()
			}
		}
	}
	after := func(n int32) lockSet {
		x := &s.flow.Nodes[n]
		switch x.Kind {
		case NodeHistory, NodeLocal:
			if x.Num == detachedWay && x.Kind == NodeLocal {
				return s.held[x.From[0]]
			}
			if x.Kind == NodeHistory && len(x.From) == 0 {
				return 0
			}
			out := everything
			for _, f := range x.From {
				out &= s.held[f]
			}
			return out
		case NodeHolds:
			out := uses[x.Num].taken(s.held[x.Base])
			for _, o := range uses[x.Num].others {
				if s.held[x.Base]&uses[o].asked != 0 {
					out |= uses[o].both
				}
			}
			return out
		case NodeInCall:
			return handedLocks{s}.inCall(&s.flow.runs[x.Num], s.held[x.Base])
		case NodeAsks:
			return s.held[x.Base] | uses[x.Num].asked
		case NodeAnswered:
			if u := uses[x.Num]; s.held[x.Base]&u.asked != 0 {
				return s.held[x.Base] | u.locks
			}
			return s.held[x.Base]
		case NodeLetsGo:
			out := s.held[x.Base] &^ s.lets(x.Num, uses)
			for _, f := range x.From {
				out |= s.held[f] & (uses[x.Num].locks | uses[x.Num].frees | uses[x.Num].value)
			}
			return out
		case NodeCalled:
			if x.Num == unseenCode {
				return s.held[x.Base]
			}
			out := s.held[x.Base] | calls[x.Num].leaves
			if frees := calls[x.Num].frees; frees != 0 {
				out = s.held[x.Base]&^(s.anyWay(s.withPlaces(frees))|s.asked) | calls[x.Num].leaves
			}
			return out
		}
		return s.held[x.Base]
	}
	known := func(n int32) lockSet {
		out := after(n)
		if len(facts) == 0 {
			return out
		}
		switch x := &s.flow.Nodes[n]; x.Kind {
		case NodeSame:
			for _, f := range facts {
				if f.node == n {
					out |= f.bit
				}
			}
		case NodeAssigned:
			return out &^ oneSame{s}.forgotten(x, facts)
		case NodeCalled:
			if x.Num == unseenCode {
				break
			}
			out &^= oneSame{s}.forgotten(x, facts)
		case NodeHolds, NodeAnswered:
		case NodeLetsGo:
			return out &^ (oneSame{s}.twins(s.lets(x.Num, uses), facts, allFacts) &^ s.asked)
		default:
			return out
		}
		return oneSame{s}.twins(out, facts, out)
	}
	for changed := true; changed; {
		changed = false
		for i := len(order) - 1; i >= 0; i-- {
			n := order[i]
			if now := known(n); now != s.held[n] {
				s.held[n], changed = now, true
			}
		}
	}
	s.findFreed(order, uses)
}

// findFreed finds what may have been released for the caller after each node of the history, and not taken since.
func (s heldLocks) findFreed(order []int32, uses []usedLocks) {
	lets := func(n int32) lockSet {
		x := &s.flow.Nodes[n]
		var out lockSet
		switch {
		case x.Kind == NodeLetsGo && !s.flow.Locks[x.Num].Take:
			out = uses[x.Num].locks
		case x.Kind == NodeCalled && x.Num != unseenCode:
			c := &s.flow.Calls[x.Num]
			for _, g := range c.Callees {
				if !g.Suspends() {
					out |= s.across(c, g, g.Sum.frees)
				}
			}
		}
		if out == 0 || s.held[x.Base] == everything {
			return 0
		}
		return s.anyWay(out) &^ s.anyWay(s.held[x.Base])
	}
	if !slices.ContainsFunc(order, func(n int32) bool { return lets(n) != 0 }) {
		return
	}
	s.freed = make([]lockSet, len(s.flow.Nodes))
	for changed := true; changed; {
		changed = false
		for i := len(order) - 1; i >= 0; i-- {
			n := order[i]
			x := &s.flow.Nodes[n]
			out := lets(n)
			switch {
			case x.Kind == NodeHistory:
			case x.Kind == NodeLocal && x.Num == detachedWay:
				out = s.freed[x.From[0]]
			case x.Kind == NodeLocal:
				for _, f := range x.From {
					out |= s.freed[f]
				}
			default:
				out |= s.freed[x.Base]
			}
			if s.held[n] != everything {
				out &^= s.anyWay(s.held[n])
			}
			if out != s.freed[n] {
				s.freed[n], changed = out, true
			}
		}
	}
}

// freedAt is what may have been released for the caller where a history ends.
func (s heldLocks) freedAt(history int32) lockSet {
	if s.freed == nil || history <= 0 || int(history) >= len(s.freed) {
		return 0
	}
	return s.freed[history]
}

// usedLocks are the locks of one LockUse.
type usedLocks struct {
	locks lockSet // what it takes or releases for certain
	frees lockSet // what entering a context manager releases
	asked lockSet // that it may have taken its lock
	value lockSet // what it takes or releases of a value that may be several objects
	// both are the locks of two objects, one of which it takes, and others the uses that may take the other.
	both   lockSet
	others []int32
}

// taken is what is held where a use has taken its locks.
func (u *usedLocks) taken(held lockSet) lockSet { return held&^u.frees | u.locks | u.asked | u.value }

// usedLocks finds the locks of each use.
func (s heldLocks) usedLocks() []usedLocks {
	s.asked = 0
	uses := make([]usedLocks, len(s.flow.Locks))
	for i := range uses {
		u := &s.flow.Locks[i]
		if u.entered != 0 {
			uses[i].locks, uses[i].frees = s.enteredBy(u.entered - 1)
			continue
		}
		if uses[i].locks = s.using(u); uses[i].locks == 0 {
			uses[i].value = sameLocks{s}.usingValue(u)
		}
	}
	for i := range s.flow.Nodes {
		if x := &s.flow.Nodes[i]; x.Kind == NodeAsks {
			s.asks(x.Num, uses)
		}
	}
	s.oneOrOther(uses)
	return uses
}

// asks gives a use a place in the summary's list for that it may have taken its lock.
func (s heldLocks) asks(use int32, uses []usedLocks) {
	if i, ok := s.lockOf(heldLock{region: -1, asked: use + 1}); ok {
		uses[use].asked = 1 << i
		s.asked |= 1 << i
	}
}

// anyWay adds to locks the ways in which others may hold them, too.
func (s heldLocks) anyWay(set lockSet) lockSet {
	if set == everything {
		return set
	}
	out := set
	for ; set != 0; set &= set - 1 {
		out |= s.both(s.sum.locks[bits.TrailingZeros64(uint64(set))], true)
	}
	return out
}

// lets is what a release lets go: both ways of holding the lock, and where it is not known which lock
// that is, all that are spelled like it. What was asked for is not known to be there any more.
func (s heldLocks) lets(use int32, uses []usedLocks) lockSet {
	u := &s.flow.Locks[use]
	if u.Take { // at the end of a with statement
		return s.anyWay(uses[use].locks|uses[use].value) | uses[use].both | uses[use].asked
	}
	known := uses[use].locks
	out := s.anyWay(s.withPlaces(known)) | uses[use].value
	for i := range s.flow.Locks {
		o := &s.flow.Locks[i]
		if !o.Take {
			continue
		}
		if known == 0 && o.Text == u.Text {
			out |= uses[i].locks | uses[i].both | s.anyWay(uses[i].value)
		}
		if known == 0 || uses[i].locks == 0 || uses[i].locks&known != 0 {
			out |= uses[i].asked
		}
	}
	if out&^s.asked == 0 && u.node == 0 && slices.ContainsFunc(s.flow.Locks, func(o LockUse) bool { return o.Take }) {
		return everything
	}
	return out
}

// noUse is the history of what needs no lock that people placed: to take the address of what an object has in it.
const noUse int32 = -1

// heldAt is what is held where a history ends.
func (s heldLocks) heldAt(history int32) lockSet {
	if history == noUse {
		return everything
	}
	if s.held == nil || history == 0 || int(history) >= len(s.held) {
		return 0
	}
	if held := s.held[history]; len(s.sum.locks) == 64 || held>>len(s.sum.locks) == 0 {
		return held &^ s.asked &^ sameLocks{s}.valued()
	}
	return everything
}

// inSection reports whether an effect on a region is in a critical section that is the lock of its class, too.
func (s heldLocks) inSection(e *Effect, region int32) bool {
	in := s.p.Locks.Of(e.Class)
	if in == nil || in.Kind != decorator.CriticalSection || in.Guard != "" {
		return false
	}
	for set := e.locks; set != 0 && set != everything; set &= set - 1 {
		if l := s.sum.locks[bits.TrailingZeros64(uint64(set))]; l.section && l.region == region {
			return true
		}
	}
	return false
}

// maxChanges bounds how often what a function leaves taken may change: it need not only grow.
const maxChanges = 8

// leave notes what a function leaves taken, and what it takes where.
func (s heldLocks) leave() {
	handedLocks{s}.note()
	if s.held == nil {
		return
	}
	if takes, once := s.taking(s.usedLocks()); takes&^s.sum.takes|once&^s.sum.once != 0 {
		s.sum.takes |= takes
		s.sum.once |= once
		s.grown = true
	}
	leaves := everything
	for _, end := range s.flow.ends {
		leaves &= s.heldAt(end)
	}
	if len(s.flow.ends) == 0 {
		leaves = 0
	}
	var frees lockSet
	for n := range s.held {
		x := &s.flow.Nodes[n]
		switch x.Kind {
		case NodeLetsGo:
			if u := &s.flow.Locks[x.Num]; !u.Take {
				frees |= s.using(u) &^ s.heldAt(x.Base)
			}
		case NodeCalled:
			if x.Num != unseenCode {
				c := &s.flow.Calls[x.Num]
				for _, g := range c.Callees {
					if !g.Suspends() {
						frees |= s.across(c, g, g.Sum.frees) &^ s.heldAt(x.Base)
					}
				}
			}
		}
	}
	var yields lockSet
	if isContextManager(s.f) && len(s.flow.yields) > 0 {
		yields = everything
		for _, at := range s.flow.yields {
			yields &= s.heldAt(at)
		}
	}
	if leaves == s.sum.leaves && frees == s.sum.frees && yields == s.sum.yields || s.sum.lockChanges == maxChanges {
		return
	}
	s.sum.lockChanges++
	s.sum.leaves, s.sum.frees, s.sum.yields, s.grown = leaves, frees, yields, true
}
