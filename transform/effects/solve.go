package effects

// The fixed point: summaries from flows, callees first, and again where a
// callee's summary has grown. Summaries only grow and are bounded by the
// objects and paths that a function names, so this ends; in practice a function
// is looked at once, or twice where calls go round in circles.

import (
	"runtime"
	"slices"
	"sync"
)

// maxPath bounds how far from a parameter an object is told apart.
const maxPath = 3

// maxBeyond is how many effects that come about in callees are told apart on what is further on.
// Each of these is an effect on something nearer in the function that the call comes to in
// the end, and no path leads to it in this one.
const maxBeyond = 64

// furtherOn is the name of the region that stands for all that is reached from its parent,
// which is that far away. No path leads there.
const furtherOn = "..."

// Solve makes the summaries of the functions and of all that they call.
func (p *Program) Solve(roots []*Function) {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	first := len(p.model.solved) == 0
	var order []*Function
	var visit func(f *Function)
	visit = func(f *Function) {
		if p.model.isSolved(f) {
			return
		}
		p.model.solving(f)
		for i := range p.FlowOf(f).Calls {
			c := &f.Flow.Calls[i]
			for _, g := range c.Callees {
				visit(g)
				calledBy(g, f)
			}
			if c.union == nil {
				c.union = unionOf(p, c)
			}
			if u := c.union; u != nil {
				if !p.model.isSolved(u) {
					p.model.solving(u)
					order = append(order, u)
				}
				calledBy(u, f)
			}
		}
		usesThrough(p, f)
		for _, list := range f.mays() {
			for i := range list {
				for _, g := range list[i].callees {
					visit(g)
					calledBy(g, f)
				}
			}
		}
		order = append(order, f)
	}
	for _, f := range roots {
		visit(f)
	}
	if len(order) == 0 {
		return
	}
	for _, f := range order {
		f.queued = true
	}
	if !first || len(order) < manyFunctions {
		recording(p).settle(order)
		return
	}
	// Functions that no chain of calls connects have nothing to say to each other.
	var wg sync.WaitGroup
	parts := connected(order)
	next := make(chan []*Function, len(parts))
	for _, part := range parts {
		next <- part
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			s := recording(p)
			for part := range next {
				s.settle(part)
			}
		})
	}
	wg.Wait()
}

// calledBy notes that a function calls another. What it calls often stands there once, but for circles.
func calledBy(g, f *Function) {
	if n := len(g.Callers); n == 0 || g.Callers[n-1] != f {
		g.Callers = append(g.Callers, f)
	}
}

// manyFunctions is from how many on functions are solved side by side.
const manyFunctions = 256

// settle updates functions until nothing grows any more.
func (s *Solver) settle(order []*Function) {
	for len(order) > 0 {
		var next []*Function
		s.again = nil
		for _, f := range order {
			if !f.queued {
				continue
			}
			f.queued = false
			if !s.update(f) {
				continue
			}
			for _, list := range [][]*Function{f.unions, f.Callers} {
				for _, c := range list {
					if !c.queued {
						c.queued = true
						next = append(next, c)
					}
				}
			}
		}
		order = append(next, s.again...)
	}
}

// connected divides functions by their calls, the largest part first; each part
// keeps their order.
func connected(order []*Function) [][]*Function {
	leader := make(map[*Function]*Function, len(order))
	find := func(f *Function) *Function {
		for leader[f] != nil && leader[f] != f {
			if up := leader[leader[f]]; up != nil {
				leader[f] = up
			}
			f = leader[f]
		}
		return f
	}
	joined := map[**Function]bool{} // lists of many; see calleeLists
	join := func(f *Function, callees []*Function) {
		if len(callees) > manyOverrides {
			if list := &callees[0]; joined[list] {
				callees = callees[:1]
			} else {
				joined[list] = true
			}
		}
		for _, g := range callees {
			if a, b := find(f), find(g); a != b {
				leader[a] = b
			}
		}
	}
	for _, f := range order {
		for i := range f.Flow.Calls {
			join(f, f.Flow.Calls[i].Callees)
		}
		for _, list := range f.mays() {
			for i := range list {
				join(f, list[i].callees)
			}
		}
	}
	parts := map[*Function][]*Function{}
	var heads []*Function
	for _, f := range order {
		h := find(f)
		if len(parts[h]) == 0 {
			heads = append(heads, h)
		}
		parts[h] = append(parts[h], f)
	}
	slices.SortStableFunc(heads, func(a, b *Function) int { return len(parts[b]) - len(parts[a]) })
	out := make([][]*Function, len(heads))
	for i, h := range heads {
		out[i] = parts[h]
	}
	return out
}

// Solver holds what one update needs.
type Solver struct {
	p      *Program
	f      *Function
	flow   *Flow
	sum    *Summary
	grown  bool
	handed map[int32]int32 // fresh node → offset from which on it is shared
	parts  map[int32]int32 // the same of what an attribute of one leads to, by its region
	stored []storedInOurs  // what is stored in fresh objects
	kept   map[int32]bool  // fresh nodes that are shared when the function has ended
	inArgs map[int32]inArguments
	// nodes holds what has been found by node, inside of the items of what is there, attributes by question.
	nodes      []answer
	inside     []*answer
	attributes map[query]*answer
	answers    answers
	places     map[int32]*answer // see own
	singles    []int32           // see single
	effects    []Effect          // where those of a function grow
	rounds     rounds
	owning     map[attribute]ownedFor // see ownsFor
	// assigns is false where no attribute that holds an object is assigned to.
	assigns bool
	merged  bool        // whether a node stood for so many objects that they are told apart no more; see few
	fills   []filler    // see filling
	meant   [][]meaning // what the regions of a callee are in the call that is looked at
	held    []lockSet   // by node of the history: the locks that people placed; nil for none at all
	freed   []lockSet   // likewise: those that may have been released for the caller; nil for none at all
	asked   lockSet     // those that may have been taken
	again   []*Function // to be updated once more, though none of their callees grew
}

// At makes the solver ready to say what nodes of a function stand for.
func (s *Solver) At(f *Function) {
	s.f, s.flow, s.sum, s.grown = f, f.Flow, &f.Sum, false
	s.merged = false
	s.handed, s.parts, s.kept, s.inArgs, s.assigns, s.fills = nil, nil, nil, nil, assigning(f.Flow), filling(f, s.fills)
	if s.places, s.held, s.freed = nil, nil, nil; len(s.attributes) > manyQuestions {
		s.attributes = nil
	}
	clear(s.attributes)
	s.p.model.steps.Add(int64(len(f.Flow.Nodes)) + s.rounds.steps)
	s.rounds.steps = 0
	s.rounds.reset()
	s.answers.reset()
	if n := len(s.flow.Nodes); cap(s.nodes) < n {
		s.nodes, s.inside = make([]answer, n, 2*n), make([]*answer, n, 2*n)
	} else {
		s.nodes, s.inside = s.nodes[:n], s.inside[:n]
		clear(s.nodes)
		clear(s.inside)
	}
}

// update recomputes a function's summary and reports whether it grew. Its effects grow in the solver's
// own memory; the summary gets a copy that fits.
func (s *Solver) update(f *Function) bool {
	was := f.Sum.Effects
	f.Sum.Effects = append(s.effects[:0], was...)
	derived := derive
	if f.unites != nil {
		derived = unite
	}
	s.p.differs.in = f.Sum.differs
	grew := derived(s, f)
	f.Sum.differs = s.p.differs.in
	if s.effects = f.Sum.Effects; len(s.effects) == len(was) {
		f.Sum.Effects = was
	} else if len(s.effects) <= cap(was) {
		f.Sum.Effects = append(was[:0], s.effects...)
	} else {
		f.Sum.Effects = make([]Effect, len(s.effects), len(s.effects)+len(was)/4) // what grew once may grow again
		copy(f.Sum.Effects, s.effects)
	}
	return grew
}

func derive(s *Solver, f *Function) bool {
	s.At(f)
	s.handOuts()
	s.sum.out = handedOut{s.handed, s.parts, s.kept, true}
	heldLocks{s}.findHeld()
	for i := range s.flow.Actions {
		e := &s.flow.Actions[i]
		refs := s.Top(e.Node)
		if e.shallow {
			refs = s.own(e.Node)
		}
		for _, r := range refs {
			class := e.class
			if class == nil {
				class = r.Class
			}
			if e.takes && !s.p.Guards(class) {
				continue // it locks nothing
			}
			fields := [...]string{e.Field}
			into := fields[:]
			if e.Field == "" && e.Kind == OnState && class != nil {
				into = leadsAlongIn(s, e.Node, r.Region)
			}
			for _, field := range into {
				does := &Effect{Class: class, Kind: e.Kind, Mode: e.Mode, Sure: e.sure, Raw: e.raw, Held: e.takes, Each: e.each, Cause: e.Cause, Name: e.Name, outOfSight: e.outOfSight, Field: field, Behind: e.behind, Itself: e.itself, Span: e.Span, tested: e.tested, locks: (heldLocks{s}).heldAt(e.history) | (sameLocks{heldLocks{s}}).ofSame(e.history, e.Node, r.Region), freed: (heldLocks{s}).freedAt(e.history)}
				if e.takes {
					(sharing{s}).locksGuard(r.Region, class, does, held{under: e.under}, ending(s))
				}
				s.add(r.Region, does, held{under: e.under, node: e.Node})
			}
		}
		alsoWithin(s, e)
	}
	for i := range s.flow.Calls {
		calling(s, &s.flow.Calls[i])
	}
	for _, list := range s.f.mays() {
		for i := range list {
			mayLock(s, &list[i])
		}
	}
	if !s.sum.waits && waiting(s.flow) {
		s.sum.waits, s.grown = true, true
	}
	if s.assigns || len(s.fills)+len(s.flow.puts) > 0 {
		s.assign()
	}
	keep(s)
	heldLocks{s}.leave()
	for _, n := range s.flow.Returns {
		for _, r := range s.Top(n) {
			if at := s.handedTo(r); !slices.Contains(s.sum.returns, at) {
				s.sum.returns = append(s.sum.returns, at)
				s.grown = true
			}
		}
	}
	for _, it := range s.flow.items {
		for _, r := range s.Top(it.is) {
			if at := (item{it.place, s.handedTo(r)}); !slices.Contains(s.sum.items, at) {
				s.sum.items = append(s.sum.items, at)
				s.grown = true
			}
		}
	}
	return s.grown
}

// handOuts finds where the objects of a function's own making become known to others.
func (s *Solver) handOuts() {
	s.stored = s.stored[:0]
	for i := range s.flow.handed {
		h := &s.flow.handed[i]
		into := s.regions(h.into)
		refs := s.Top(h.node)
		if items := s.items(h.node); len(items) > 0 {
			refs = slices.Concat(refs, items)
		}
		handsMade(s, refs)
		if h.ours || allNew(s, into) {
			s.stored = append(s.stored, storedInOurs{h, into, refs})
			refs = slices.DeleteFunc(slices.Clone(refs), func(r Ref) bool { return h.ours || s.sum.Regions[r.Region].Root == NodeFresh })
		}
		s.handOut(refs, h, into)
	}
	for i := range s.flow.Calls {
		c := &s.flow.Calls[i]
		for _, g := range c.Callees {
			s.escaping(c, g)
		}
	}
	handOnOurs(s)
}

// handedOut is what becomes known to others of the objects that a function makes, as the last update found it: see Solver.
type handedOut struct {
	handed, parts map[int32]int32
	kept          map[int32]bool
	known         bool
}

// knowHandOuts is handOuts for a function that is solved.
func knowHandOuts(s *Solver) {
	if out := &s.sum.out; out.known {
		s.handed, s.parts, s.kept = out.handed, out.parts, out.kept
	} else {
		s.handOuts()
	}
}

// handOut notes that objects are stored in regions, anywhere if there are none.
func (s *Solver) handOut(refs []Ref, h *handing, into []int32) {
	for _, r := range refs {
		switch x := &s.sum.Regions[r.Region]; {
		case x.Root == NodeFresh && x.Parent < 0:
			keepsIn(s, x.Num, into)
			released := releasedAt(s, h, into)
			if staysOurs(s, into) && released == 0 {
				if s.kept == nil {
					s.kept = map[int32]bool{}
				}
				s.kept[x.Num] = true
				break
			}
			if s.handed == nil {
				s.handed = map[int32]int32{}
			}
			pos := max(h.from(s.flow.Nodes[x.Num].pos), released)
			if old, ok := s.handed[x.Num]; !ok || pos < old {
				s.handed[x.Num] = pos
			}
		case x.Root == NodeFresh:
			if released := releasedAt(s, h, into); !staysOurs(s, into) || released != 0 {
				handPart(s, r.Region, max(h.from(s.flow.Nodes[x.Num].pos), released))
			}
		case x.Root == NodeParam && (x.Parent < 0 || x.OfItems()) && h.stored:
			for _, to := range s.sum.escapesTo(into) {
				k := escape{x.Num, to}
				if !slices.Contains(s.sum.escapes, k) {
					s.sum.escapes = append(s.sum.escapes, k)
					s.grown = true
				}
			}
		}
	}
}

// handedTo is the region that something returned is to callers: an object of the
// function's own making that others have, too, is some object.
func (s *Solver) handedTo(r Ref) int32 {
	x := s.sum.Regions[r.Region]
	if x.Root == NodeFresh {
		if _, ok := s.handed[x.Num]; ok || s.kept[x.Num] {
			return s.intern(Region{Root: NodeUnknown, Num: -1, Parent: -1, Name: s.inArgs[x.Num].name()})
		}
	}
	if x.Root == NodeUnknown && x.Parent < 0 && x.Name == madeHow && s.kept[x.Num] {
		return s.intern(Region{Root: NodeUnknown, Num: -1, Parent: -1})
	}
	return r.Region
}

// add notes an effect on a region, or on what owns it: state without a lock of
// its own belongs to the object through which it was reached.
func (s *Solver) add(r int32, e *Effect, h held) {
	d := s.p.differs
	if d == nil {
		addTo(s, r, e, h)
		return
	}
	was := d.adding
	d.adding = true
	addTo(s, r, e, h)
	d.adding = was
}

func addTo(s *Solver, r int32, e *Effect, h held) {
	x := &s.sum.Regions[r]
	up := 0
	for ; x.Parent >= 0; up++ {
		guarded := s.p.Guards(e.Class)
		if guarded && !s.p.sharesLock(x.Owner, x.Name) {
			if e.Cause == Takes || e.Kind == OnPython || x.OfItems() || !ownsFor(s, x.Owner, x.Name) {
				break
			}
			e.Raw, e.Held, e.Owned = true, false, true // whatever lock of its own a method takes
		}
		if e.Kind == OnPython {
			if guarded {
				break
			}
			return
		}
		if x.OfItems() {
			return // an object without a lock: its container is not its owner
		}
		e.Behind = e.Behind || e.Kind == OnState && e.Class != nil
		e.Kind = OnState
		e.Itself = false
		if e.Field = x.Name; e.Field == furtherOn {
			e.Field = ""
		}
		e.Class = x.Owner
		r = x.Parent
		x = &s.sum.Regions[r]
	}
	if x.Parent >= 0 && s.sum.moved(r) == replaced {
		return // the objects that were assigned have the effect
	}
	switch x.Root {
	case NodeFresh:
		pos, shared := sharedFrom(s, r)
		if !shared || e.Span.Pos <= pos || e.Span.Pos == s.flow.Nodes[x.Num].pos || !s.p.Guards(e.Class) {
			return // nobody else has it yet, whatever became of the one of the round before
		}
	case NodeUnknown, NodeGlobal:
		if !s.p.Guards(e.Class) {
			return
		}
	case NodeParam:
		if e.Class == nil && x.Parent < 0 && x.Num == 0 && s.f.IsBound() && e.Kind != OnValue {
			e.Class = s.f.Class
		}
	}
	e.Region = r
	if h.under != 0 && e.Raw && (cover{s}).covers(h, r, up, e.Mode) {
		e.Raw, e.Held = false, true
		e.Each = e.Each || s.flow.Blocks[h.under].Parallel
	}
	if e.Raw && e.locks != 0 && (heldLocks{s}).inSection(e, r) {
		e.Raw, e.Held = false, true
	}
	e.Shared = h.under != 0 && e.Raw && e.Mode == Write && (cover{s}).covers(h, r, up, Read)
	if !e.Raw && (e.Cause == Takes || e.Via != nil && !e.Held) {
		e.Under = h.under
	}
	if s.known(e) {
		return
	}
	if e.Via != nil && x.Name == furtherOn {
		if s.sum.beyond == maxBeyond {
			return
		}
		s.sum.beyond++
	}
	s.sum.note(e)
	s.grown = true
}

// manyEffects is from how many on a summary's effects are looked up by a hash.
const manyEffects = 24

// known reports whether the summary has an effect already.
func (s *Solver) known(e *Effect) bool {
	sum := s.sum
	if len(sum.Effects) < manyEffects {
		for i := range sum.Effects {
			if sum.Effects[i].alike(e) {
				return true
			}
		}
		return false
	}
	return sum.index.find(e.hash(), func(i int32) bool { return sum.Effects[i].alike(e) }) >= 0
}

// note adds an effect that is not known.
func (sum *Summary) note(e *Effect) {
	sum.Effects = append(sum.Effects, *e)
	if n := len(sum.Effects); n >= manyEffects {
		sum.index = sum.index.grown(n, func(i int32) uint32 { return sum.Effects[i].hash() })
	}
}

// solvers are those that are done with, for their memory.
var solvers sync.Pool

// borrow returns a solver that giveBack takes when nothing is asked of it any more.
func borrow(p *Program) *Solver {
	s, ok := solvers.Get().(*Solver)
	if !ok {
		return p.Solver()
	}
	s.p = p
	return s
}

func giveBack(s *Solver) {
	*s = Solver{nodes: s.nodes, inside: s.inside, answers: s.answers, attributes: s.attributes, rounds: rounds{stack: s.rounds.stack[:0]}, meant: s.meant}
	solvers.Put(s)
}

// Solver returns a solver, which is made ready for a function by at.
func (p *Program) Solver() *Solver { return &Solver{p: p} }
