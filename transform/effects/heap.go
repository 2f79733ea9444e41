package effects

// What attributes have been assigned to within a function: the object behind
// self.opts is another one after "self.opts = o", and a lock that is taken at entry
// is not on it.
//
// The flow keeps a history, a chain of nodes in a variable of its own: assignments
// and calls, joined where branches meet and closed where a loop goes round. An
// attribute that is read keeps the end of the chain at that point. The solver goes
// back along it, once it knows what callees assign, and finds the objects that were
// assigned since entry, or that the attribute still holds what it held then.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// historySlot is the variable that holds the end of the history.
const historySlot = 0

// Kinds of starting points of a history, as numbers of a NodeHistory.
const (
	atEntry int32 = iota
	anyTime       // within a nested function, which may run whenever it likes
)

// history returns the end of the history here.
func (b *variables) history() int32 { return b.env[historySlot] }

// beginHistory makes the first variable of a function.
func (b *variables) beginHistory() {
	b.slots = historySlot + 1
	b.env = append(b.env[:0], b.node(Node{Kind: NodeHistory, Num: atEntry}))
}

// detached walks a nested function, which may run at any time from here on: it sees
// whatever is assigned anywhere, and what it assigns may have been assigned or not.
// Where it is known when it runs, places are the histories up to there.
func (b *variables) detached(walk func(), places ...int32) (start, after int32) {
	before := b.history()
	b.set(historySlot, b.node(Node{Kind: NodeHistory, Num: anyTime, From: places}))
	start = b.history()
	walk()
	if b.history() == start {
		return start, before
	}
	return start, b.node(Node{Kind: NodeLocal, Num: detachedWay, From: []int32{before, b.history()}})
}

// detachedWay is the number of a node where the way of a nested function meets that of its outer
// one, which holds what it held.
const detachedWay int32 = 1

// assigned notes that an attribute gets a value.
func (b expressions) assigned(base, value int32, nothing bool, name string, at int32) {
	sh := b.shape(base)
	if base == 0 || sh.Kind != ctype.Object || sh.Class == nil {
		if sh.Kind == ctype.Object || sh.Kind == ctype.Unknown { // whatever that is
			b.python(ast.Span{Pos: at, End: at})
		}
		return
	}
	f := sh.Class.Field(name)
	if f == nil {
		return
	}
	fs := b.p.Types.OfField(f)
	if fs.Kind != ctype.Object || fs.Lock {
		return
	}
	switch {
	case value != 0 && b.shape(value).Kind == ctype.Object:
	case nothing, value != 0 && b.shape(value).Kind == ctype.Scalar:
		value = b.node(Node{Kind: NodeNothing, Shape: fs})
	default:
		value = b.node(Node{Kind: NodeUnknown, Shape: fs})
	}
	b.flow.assigns = true
	b.set(historySlot, b.node(Node{Kind: NodeAssigned, Base: b.history(), Name: name, owner: sh.Class, From: []int32{base, value}, local: len(b.loops) > 0, pos: at}))
}

// called notes that a call is made: the callee may assign to attributes.
func (b calls) called(call int32) {
	b.set(historySlot, b.node(Node{Kind: NodeCalled, Base: b.history(), Num: call}))
}

// unseenCode is the number of a call of code that is not in sight, or that is not
// followed: a function inside of this one, Python's.
const unseenCode int32 = -1

// How an attribute's object at entry relates to what it is at some point.
const (
	inPlace  uint8 = iota // no assignment is known
	perhaps               // assigned on some ways
	replaced              // assigned on every way
)

// assigning reports whether anything that a function does can assign to an
// attribute that holds an object.
func assigning(fl *Flow) bool {
	if fl.assigns {
		return true
	}
	for i := range fl.Calls {
		for _, g := range fl.Calls[i].Callees {
			if slices.ContainsFunc(g.Sum.assigns, func(a assigned) bool { return a.name != anyItem }) {
				return true
			}
		}
	}
	return false
}

// filling returns the calls that may put items into containers. It uses the memory of out.
func filling(f *Function, out []filler) []filler {
	out = out[:0]
	fills := false
	for i := range f.Flow.Calls {
		c := &f.Flow.Calls[i]
		for _, g := range c.Callees {
			puts := slices.ContainsFunc(g.Sum.assigns, func(a assigned) bool { return a.name == anyItem })
			if fills = fills || puts; puts || g == f { // which may turn out to
				out = append(out, filler{c, g})
			}
		}
	}
	if !fills {
		return out[:0]
	}
	return out
}

// filler is a call, and the callee that may put items into containers.
type filler struct {
	call   *Call
	callee *Function
}

// attribute returns what attribute name of a region holds where a history ends, in
// a node that is there if it has to be some object.
func (s *Solver) attribute(region int32, name string, owner, class *project.Class, history, n int32) []Ref {
	// At the longest path a region stands for many objects.
	// Whichever object an attribute that owns it has, what is done to that is done to the owner.
	if history == 0 || !s.assigns || s.sum.Regions[region].depth >= maxPath || ownsFor(s, owner, name) {
		return []Ref{{s.child(region, name, owner, inPlace), class}}
	}
	q := query{region, history, n, name, class}
	return s.rounds.resolve(question(s, q), func() []Ref { return merging{s}.few(s.lookBack(q, owner)) })
}

// question returns the answer to a question, as far as there is one.
func question(s *Solver, q query) *answer {
	a := s.attributes[q]
	if a == nil {
		if s.attributes == nil {
			s.attributes = map[query]*answer{}
		}
		a = s.answers.next()
		s.attributes[q] = a
	}
	return a
}

// manyQuestions is from how many on the memory for questions is not kept for the next function.
const manyQuestions = 256

// query is a question of what an attribute holds.
type query struct {
	region, history, node int32
	name                  string
	class                 *project.Class
}

func (s *Solver) lookBack(q query, owner *project.Class) []Ref {
	region, name, class := q.region, q.name, q.class
	h := lookback{s: s, region: region, name: name, class: class, node: q.node}
	h.from(q.history)
	if !h.hit {
		return []Ref{{s.child(region, name, owner, inPlace), class}}
	}
	if h.unseen {
		h.all() // a function inside of this one may have run
		if owner != nil && owner.Field(name) != nil && owner.Field(name).Vis == ast.Public {
			h.some() // or somebody who may assign to it
		}
	}
	m := replaced
	if h.entry {
		m = perhaps
	}
	// What has no lock of its own belongs to the object that has the attribute,
	// whichever it is.
	child := s.child(region, name, owner, m)
	switch x := &s.sum.Regions[child]; {
	case x.Root != NodeFresh:
	case len(h.values.list) > 0 && !h.own && holdsLocked(s.p, owner, name):
		x.named = true
	default:
		x.nameless = true
	}
	return append(h.values.list, Ref{child, class})
}

// holdsLocked reports whether what an attribute holds has a lock of its own, by the attribute's type.
func holdsLocked(p *Program, owner *project.Class, name string) bool {
	if owner == nil {
		return false
	}
	f := owner.Field(name)
	return f != nil && p.Guards(p.Types.OfField(f).Class)
}

// lookback goes back along a history for what an attribute holds.
type lookback struct {
	s      *Solver
	region int32
	name   string
	class  *project.Class // of the attribute
	node   int32          // 0 where nobody asks for the values
	seen   []uint64       // by node, a bit for each
	values refSet
	hit    bool // something is assigned
	entry  bool // there is a way on which nothing is
	unseen bool // other code ran after that
	own    bool // something is assigned of which only the object that has the attribute is known
}

func (h *lookback) from(n int32) {
	if h.seen == nil {
		h.seen = make([]uint64, len(h.s.flow.Nodes)/64+1)
	}
	waysBack(h.s.flow.Nodes, h.seen, n, h.ends)
}

// ends reports whether nothing before this part of the history matters.
func (h *lookback) ends(x *Node) bool {
	switch x.Kind {
	case NodeHistory:
		h.entry = true
		if x.Num == anyTime {
			h.all()
		}
	case NodeAssigned:
		return h.assignment(x)
	case NodeCalled:
		if x.Num != unseenCode {
			return h.call(&h.s.flow.Calls[x.Num])
		}
		h.unseen = true
	}
	return false
}

// waysBack goes back along a history, on each way until it has begun or stops, and to each node once: seen has a bit for
// each.
func waysBack(nodes []Node, seen []uint64, n int32, stops func(x *Node) bool) {
	for n != 0 && seen[n/64]&(1<<(n%64)) == 0 {
		seen[n/64] |= 1 << (n % 64)
		x := &nodes[n]
		if x.Kind == NodeLocal {
			for _, from := range x.From {
				waysBack(nodes, seen, from, stops)
			}
			return
		}
		if stops(x) || x.Kind == NodeHistory {
			return
		}
		n = x.Base
	}
}

// all takes every assignment of the function into account.
func (h *lookback) all() {
	for i := range h.s.flow.Nodes {
		switch x := &h.s.flow.Nodes[i]; x.Kind {
		case NodeAssigned:
			h.assignment(x)
		case NodeCalled:
			if x.Num != unseenCode {
				h.call(&h.s.flow.Calls[x.Num])
			}
		}
	}
}

func (h *lookback) add(r Ref) {
	if h.class != nil && r.Class != nil && !project.Related(r.Class, h.class) {
		return // what cannot be there
	}
	if h.class != nil && (r.Class == nil || !slices.Contains(r.Class.Ancestry(), h.class)) {
		r.Class = h.class
	}
	h.values.add(r)
}

func (h *lookback) some() {
	if h.node == 0 {
		return
	}
	h.add(Ref{h.s.intern(Region{Root: NodeUnknown, Num: h.node, Parent: -1}), h.class})
}

// assignment looks at one assignment, and reports whether it hides what was before.
func (h *lookback) assignment(x *Node) bool {
	if x.Name != h.name {
		return false
	}
	s := h.s
	bases, whole := s.within(func() []Ref { return s.refs(x.From[0]) })
	this, other := false, false
	for _, r := range bases {
		switch {
		case r.Region == h.region:
			this = true
		case mayBeOne(s, r, h.region):
			other = true
		}
	}
	if !this && !other && whole {
		return false
	}
	h.hit = true
	for _, v := range s.refs(x.From[1]) {
		h.add(v)
	}
	root := s.sum.Regions[h.region].Root
	return this && len(bases) == 1 && whole && !s.sum.many(h.region) && !(x.local && root != NodeParam) // in a loop there are many of what is made or found
}

// within is what find finds, and whether that is all that there is.
func (s *Solver) within(find func() []Ref) ([]Ref, bool) {
	var out []Ref
	looped := s.rounds.looped(func() { out = find() })
	return out, !looped
}

// mayBeOne reports whether an object may be the one that a region stands for,
// though they have two names: two operands of one class.
func mayBeOne(s *Solver, r Ref, region int32) bool {
	x, y := &s.sum.Regions[r.Region], &s.sum.Regions[region]
	if s.merged && x.Root == y.Root && (x.Num == y.Num || x.Root == NodeUnknown) && ((merging{s}).indistinct(r.Region) || (merging{s}).indistinct(region)) {
		return true
	}
	if x.Root != NodeParam || y.Root != NodeParam || x.Parent >= 0 && !x.OfItems() || y.Parent >= 0 || r.Class == nil {
		return false
	}
	c := s.flow.Nodes[s.flow.Params[y.Num]].Shape.Class
	return c != nil && project.Related(r.Class, c)
}

// call looks at what callees assign, and reports whether that hides what was before.
func (h *lookback) call(c *Call) bool {
	s := h.s
	hides := len(c.Callees) > 0
	for _, g := range c.Callees {
		hid := false
		for i := range g.Sum.assigns {
			a := &g.Sum.assigns[i]
			if a.name != h.name {
				continue
			}
			bases, whole := s.within(func() []Ref { return s.given(c, g, anchor(g, a.into)) })
			for _, b := range bases {
				into := s.along(b.Region, g, a.into, c.history)
				if slices.Contains(into, h.region) && h.assignedBy(c, g, a) {
					hid = hid || len(bases) == 1 && len(into) == 1 && whole && g.Sum.always[place{a.into, a.name}]
				}
			}
		}
		hides = hides && hid
	}
	return hides && s.sum.Regions[h.region].Root == NodeParam && !s.sum.many(h.region)
}

// assignedBy takes into account that a callee assigns to the attribute, and reports
// whether that matters.
func (h *lookback) assignedBy(c *Call, g *Function, a *assigned) bool {
	s := h.s
	switch {
	case a.value >= 0:
		num := g.Sum.Regions[a.value].Num
		if int(num) >= len(c.Args) || c.Args[num] == 0 {
			h.some()
			break
		}
		at := anchor(g, a.value)
		given, whole := s.within(func() []Ref { return s.given(c, g, at) })
		for _, b := range given {
			if s.sum.Regions[h.region].Root == NodeFresh && s.sum.Regions[b.Region].Root == NodeUnknown && b.Class == nil && g.Flow.Nodes[g.Flow.Params[num]].Shape.Class == nil {
				h.own = true
				continue // whatever it is, it becomes a part of what nobody else has
			}
			for _, r := range s.along(b.Region, g, a.value, c.history) {
				if !whole && at != a.value && s.sum.winds(r) {
					h.some()
					continue
				}
				cl := h.class
				if r == b.Region && cl == nil {
					cl = b.Class
				}
				h.add(Ref{r, cl})
			}
		}
	case s.sum.Regions[h.region].Root == NodeFresh && a.value != someObject: // a part of what nobody else has
		h.own = true
		return false
	case a.value == noObject, a.value == newObject && s.ours(h.region):
	default:
		h.some()
	}
	h.hit = true
	return true
}

// moved tells whether the attributes that lead to a region are assigned to before
// it is used there.
func (sum *Summary) moved(region int32) uint8 { return sum.Regions[region].ways }
