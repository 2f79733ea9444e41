package effects

import (
	"cmp"

	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"slices"
)

// What the nodes of a flow stand for: regions, as the summaries of callees are known so far.

// Ref is a region and the class as which it is used.
type Ref struct {
	Region int32
	Class  *project.Class
}

// refs returns what a node stands for, as far as that is known: in a loop, what other nodes
// need of it. Top has all of it.
func (s *Solver) refs(n int32) []Ref {
	if n == 0 {
		return nil
	}
	a := &s.nodes[n]
	if a.state == answered {
		return a.refs
	}
	return s.rounds.resolve(a, func() []Ref { return merging{s}.few(s.collect(n)) })
}

// Top is refs for a node that is asked for by itself.
func (s *Solver) Top(n int32) []Ref { return s.refs(n) }

func (s *Solver) collect(n int32) []Ref {
	var out []Ref
	var set refSet
	x := &s.flow.Nodes[n]
	with := func(r int32, c *project.Class) {
		if c == nil && x.Shape.Kind == ctype.Object {
			c = x.Shape.Class
		}
		set.add(Ref{r, c})
	}
	root := func() { with(s.intern(Region{Root: x.Kind, Num: x.Num, Parent: -1, Name: x.Name}), nil) }
	switch x.Kind {
	case NodeParam, NodeGlobal:
		root()
	case NodeFresh:
		with(s.intern(Region{Root: x.Kind, Num: n, Parent: -1}), nil)
	case NodeUnknown:
		r := Region{Root: x.Kind, Num: n, Parent: -1}
		if fun := s.flow.makes[n]; fun != 0 && paramBehind(s.flow, fun) >= 0 {
			r.Name = madeHow
		}
		with(s.intern(r), nil)
	case NodeLocal:
		if len(x.From) == 1 && (x.Shape.Kind != ctype.Object || x.Shape.Class == nil) {
			return slices.Clip(s.refs(x.From[0])) // the same
		}
		for _, from := range x.From {
			for _, r := range s.refs(from) {
				with(r.Region, r.Class)
			}
		}
	case NodeStowed:
		out = append(out, s.refs(x.Base)...)
	case NodeCast:
		base := s.refs(x.Base)
		made := x.likely && slices.ContainsFunc(base, func(r Ref) bool { return s.sum.Regions[r.Region].Root == NodeFresh })
		for _, r := range base {
			if made && s.sum.Regions[r.Region].Root == NodeUnknown {
				continue // what else it may be, nothing tells
			}
			if x.Shape.Kind == ctype.Object && x.Shape.Class != nil {
				r.Class = x.Shape.Class
			}
			out = append(out, r)
		}
	case NodeInside:
		base := s.flow.Nodes[x.Base].Shape
		for _, r := range s.refs(x.Base) {
			if base.Kind == ctype.Object && base.Class != nil {
				r.Class = base.Class
			}
			out = append(out, r)
		}
	case NodeField:
		var base []Ref
		looped := s.rounds.looped(func() { base = s.refs(x.Base) })
		for _, r := range base {
			for _, v := range s.attribute(r.Region, x.Name, x.owner, x.Shape.Class, x.history, n) {
				if !looped || !s.sum.winds(v.Region) {
					with(v.Region, v.Class)
				}
			}
		}
		if len(base) == 0 || looped { // "node = node.next": some object further on
			with(s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), nil)
		}
	case NodeContained:
		for _, r := range s.items(x.Base) {
			with(r.Region, r.Class)
		}
	case NodeCall:
		out = s.returned(n, &s.flow.Calls[x.Num], x.Shape, func(g *Function) []int32 { return g.Sum.returns })
	case NodeItem:
		out = append(s.itemsOf(n, &s.flow.Calls[s.flow.Nodes[x.Base].Num], x.Num), gainedBy(s, x.Base)...)
	}
	if out == nil {
		return set.list
	}
	return out
}

// own is what a C value's own place belongs to, without what was stowed in it.
func (s *Solver) own(n int32) []Ref {
	if n == 0 {
		return nil
	}
	x := &s.flow.Nodes[n]
	switch x.Kind {
	case NodeStowed:
		return nil
	case NodeLocal, NodeCast:
	default:
		return s.Top(n)
	}
	a := s.places[n]
	if a == nil {
		a = s.answers.next()
		s.places = with(s.places, n, a)
	}
	return s.rounds.resolve(a, func() []Ref {
		if x.Kind == NodeCast {
			return slices.Clip(s.own(x.Base))
		}
		var set refSet
		for _, from := range x.From {
			for _, r := range s.own(from) {
				set.add(r)
			}
		}
		return set.list
	})
}

// returned is what a call's value may be, or the items of that: what the callees
// return is told by of.
func (s *Solver) returned(n int32, c *Call, shape ctype.Shape, of func(g *Function) []int32) []Ref {
	var out []Ref
	for _, g := range c.Callees {
		for _, gr := range of(g) {
			switch g.Sum.Regions[gr].Root {
			case NodeParam:
				at := anchor(g, gr)
				if g.Sum.Regions[gr].Parent < 0 && s.p.Guards(shape.Class) && ofBuiltin(s.flow, c, g.Sum.Regions[gr].Num) {
					continue // "return obj if isinstance(obj, Source) else Source(obj)", of a text
				}
				if shape.Kind == ctype.Pointer && shape.Elem == ctype.Record && g.Sum.Regions[gr].Parent < 0 && readsText(s.flow, c, g, g.Sum.Regions[gr].Num) &&
					!slices.ContainsFunc(g.Flow.Returns, func(r int32) bool { return !madeByC(g, r, nameDepth, nil) }) && !s.p.writable.Get(givenTo{g, g.Sum.Regions[gr].Num}) {
					continue
				}
				var given []Ref
				looped := s.rounds.looped(func() { given = s.given(c, g, at) }) && at != gr
				for _, a := range given {
					cl := shape.Class
					switch {
					case cl != nil:
					case at == gr:
						cl = a.Class
					default:
						cl = heldBy(s, n, shape, &g.Sum.Regions[gr])
					}
					for _, to := range s.along(a.Region, g, gr, c.history) {
						if !looped || !s.sum.winds(to) {
							out = append(out, Ref{to, cl})
						}
					}
				}
				if looped { // "node = following(node)"
					out = append(out, Ref{s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), shape.Class})
				}
			case NodeFresh:
				out = append(out, Ref{s.intern(Region{Root: NodeFresh, Num: n, Parent: -1}), shape.Class})
			default:
				if m := c.madeOfClass(s.flow, g, gr); m != 0 {
					for _, r := range s.refs(m) {
						out = append(out, Ref{r.Region, cmp.Or(shape.Class, r.Class)})
					}
					continue
				}
				if c.keepsNothing(g, gr) {
					out = append(out, Ref{s.intern(Region{Root: NodeFresh, Num: n, Parent: -1}), shape.Class})
					continue
				}
				if shape.Kind == ctype.Object {
					out = append(out, Ref{s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), shape.Class})
				}
			}
		}
	}
	return out
}

// itemsOf is what the items of what a call returns may be that are at a place.
func (s *Solver) itemsOf(n int32, c *Call, place int32) []Ref {
	out := s.returned(n, c, ctype.Shape{Kind: ctype.Object}, func(g *Function) []int32 { return g.itemsAt(place) })
	if slices.ContainsFunc(c.Callees, (*Function).Suspends) {
		out = append(out, Ref{s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), nil})
	}
	return out
}

// along returns the regions that are to base what region r of g is to its parameter, or
// to an item of it, for a call that a history ends at.
func (s *Solver) along(base int32, g *Function, r, history int32) []int32 {
	x := &g.Sum.Regions[r]
	if x.Parent < 0 || x.OfItems() {
		return single(s, base)
	}
	var out []int32
	for _, p := range s.along(base, g, x.Parent, history) {
		if x.moved == replaced { // nothing that is there when g is called
			out = append(out, s.child(p, x.Name, x.Owner, replaced))
			continue
		}
		for _, v := range s.attribute(p, x.Name, x.Owner, nil, history, history) {
			if x.moved == perhaps && v.Region == s.child(p, x.Name, x.Owner, inPlace) {
				v.Region = s.child(p, x.Name, x.Owner, perhaps)
			}
			if !slices.Contains(out, v.Region) {
				out = append(out, v.Region)
			}
		}
	}
	return out
}

// single is a list of one region: there are more of these than of anything else.
func single(s *Solver, region int32) []int32 {
	if len(s.singles) == cap(s.singles) {
		s.singles = make([]int32, 0, 1024)
	}
	s.singles = append(s.singles, region)
	n := len(s.singles)
	return s.singles[n-1 : n : n]
}

// manyRegions is from how many on a summary's regions are looked up by a hash.
const manyRegions = 16

// regionKey is what makes two regions one. It has no gaps, so that it is hashed in one go.
type regionKey struct {
	declarer    *project.Class
	num, parent int32
	is          uint64 // the root, whether it was moved, and whether it has an owner
	name        string
}

// key returns what a region is told from others by: an attribute is told by the class that
// declares it, since subclasses may each have their own of one name.
func (r *Region) key() regionKey {
	k := regionKey{num: r.Num, parent: r.Parent, is: uint64(r.Root) | uint64(r.moved)<<8, name: r.Name}
	if r.Owner != nil {
		k.declarer, k.is = r.Owner.Declarer(r.Name), k.is|1<<16
	}
	return k
}

// region returns the number of a region that the summary has already, or -1.
func (sum *Summary) region(r *Region) int32 {
	if len(sum.Regions) < manyRegions {
		for i := range sum.Regions {
			if sum.Regions[i].is(r) {
				return int32(i)
			}
		}
		return -1
	}
	return sum.places.find(r.hash(), func(i int32) bool { return sum.Regions[i].is(r) })
}

// is reports whether two regions are the same object.
func (r *Region) is(o *Region) bool {
	return r.Num == o.Num && r.Parent == o.Parent && r.Name == o.Name && r.key() == o.key()
}

func (s *Solver) intern(r Region) int32 {
	i := s.sum.region(&r)
	if i < 0 {
		i = int32(len(s.sum.Regions))
		r.locked, r.ways = lockedAs(s.p, s.f, &r), r.moved
		if r.Parent >= 0 {
			r.ways = max(r.moved, s.sum.Regions[r.Parent].ways)
		}
		if i == 0 {
			s.sum.Regions = make([]Region, 0, 4)
		}
		s.sum.Regions = append(s.sum.Regions, r)
		if n := len(s.sum.Regions); n >= manyRegions {
			s.sum.places = s.sum.places.grown(n, func(i int32) uint32 { return s.sum.Regions[i].hash() })
		}
	}
	return i
}

// winds reports whether a region is what a loop makes of others by going on along the same
// attribute: there are as many of these as there are rounds, and no path leads to all.
func (sum *Summary) winds(region int32) bool {
	x := &sum.Regions[region]
	if x.Root == NodeUnknown && x.Parent >= 0 {
		return true
	}
	for r := x.Parent; r >= 0 && x.Name != ""; r = sum.Regions[r].Parent {
		if sum.Regions[r].Name == x.Name && sum.Regions[r].Parent >= 0 {
			return true
		}
	}
	return false
}

// maxFar is how many attributes of attributes a function's summary tells apart. Beyond that
// many, all that is reached from an attribute is one region: where each of n classes leads to
// each other there are n paths of length one, and n³ of length three.
const maxFar = 16

// child returns the region that is an attribute of another: as far as paths are told apart,
// and no path that is new once there are maxFar, but for those that are locked by their names.
func (s *Solver) child(parent int32, name string, owner *project.Class, moved uint8) int32 {
	x := s.sum.Regions[parent]
	if x.Name == furtherOn && x.depth > 1 {
		return parent
	}
	r := Region{Root: x.Root, Num: x.Num, Parent: parent, Name: name, Owner: owner, depth: x.depth + 1, moved: moved}
	if r.depth <= maxPath || lockedBy(s.f, parent, name) {
		if i := s.sum.region(&r); i >= 0 {
			return i
		}
		if x.depth == 0 && s.f.unites == nil {
			return s.intern(r)
		}
		if s.sum.far < maxFar || lockedBy(s.f, parent, name) {
			s.sum.far++
			return s.intern(r)
		}
	}
	r.Name, r.moved, r.depth = furtherOn, inPlace, maxPath+1
	return s.intern(r)
}
