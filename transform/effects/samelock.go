package effects

// Locks of a value that may be one of several objects: doc = pick(x).doc; doc.lock(). Which object that is nothing
// tells, but it is the same one as long as the value is: what is done to the value is done under the lock of the
// object that it is then.

import (
	"math/bits"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// sameLocks finds them.
type sameLocks struct{ heldLocks }

// step is an attribute on the way from a value to something that it leads to.
type step struct {
	name  string
	owner *project.Class
}

// origin is a value that may be several objects, and the way from there; 0 for another value.
func (s sameLocks) origin(n int32) (int32, []step) {
	var path []step
	for range 32 {
		x := &s.flow.Nodes[n]
		switch {
		case x.Kind == NodeField:
			path = append(path, step{x.Name, x.owner})
			n = x.Base
		case x.Kind == NodeCast, x.Kind == NodeInside:
			n = x.Base
		case x.Kind == NodeLocal && !x.captured:
			from := slices.DeleteFunc(slices.Clone(x.From), func(f int32) bool { return f == n })
			if len(from) != 1 {
				slices.Reverse(path)
				return n, path
			}
			n = from[0]
		case x.Kind == NodeContained:
			slices.Reverse(path)
			if same, ok := s.flow.sameItems[n]; ok {
				n = same
			}
			return n, path
		case x.Kind == NodeCall:
			slices.Reverse(path)
			return n, path
		default:
			return 0, nil
		}
	}
	return 0, nil
}

// ofValue is the lock that a way leads to from a value, as a set: 0 for a value that is one object.
func (s sameLocks) ofValue(l heldLock, from int32, path []step, all bool) lockSet {
	if from == 0 {
		return 0
	}
	at := slices.IndexFunc(s.sum.ways, func(w []step) bool { return slices.Equal(w, path) })
	if at < 0 {
		at = len(s.sum.ways)
		s.sum.ways = append(s.sum.ways, path)
	}
	l.region, l.from, l.way = -1, from, int32(at)
	return s.both(l, all)
}

// usingValue returns the locks that a use takes or releases of a value that may be several objects.
func (s sameLocks) usingValue(u *LockUse) lockSet {
	if u.node == 0 || u.Some || u.own {
		return 0
	}
	from, path := s.origin(u.node)
	return s.ofValue(heldLock{section: u.Section, shared: u.Shared}, from, path, !u.Take)
}

// acrossValue translates locks of a callee that are told from a parameter, where what is given for that may be
// several objects.
func (s sameLocks) acrossValue(c *Call, g *Function, set lockSet) lockSet {
	if set == everything {
		return 0
	}
	var out lockSet
	for ; set != 0; set &= set - 1 {
		l := g.Sum.locks[bits.TrailingZeros64(uint64(set))]
		if l.region < 0 || l.some || l.own || g.Sum.moved(l.region) != inPlace || s.regionAcross(c, g, l.region) >= 0 {
			continue
		}
		path, root := wayTo(&g.Sum, l.region)
		x := &g.Sum.Regions[root]
		if x.Root != NodeParam || int(x.Num) >= len(c.Args) || c.Args[x.Num] == 0 {
			continue
		}
		from, way := s.origin(c.Args[x.Num])
		out |= s.ofValue(l, from, append(slices.Clone(way), path...), false)
	}
	return out
}

// wayTo is the way to a region from its root.
func wayTo(sum *Summary, region int32) ([]step, int32) {
	var path []step
	for sum.Regions[region].Parent >= 0 {
		x := &sum.Regions[region]
		path = append(path, step{x.Name, x.Owner})
		region = x.Parent
	}
	slices.Reverse(path)
	return path, region
}

// ofSame returns the locks that are held where a history ends, of what a value is, if it is a region then.
func (s sameLocks) ofSame(history, n, region int32) lockSet {
	if s.held == nil || history <= 0 || int(history) >= len(s.held) || n == 0 {
		return 0
	}
	held := s.held[history]
	if held>>len(s.sum.locks) != 0 && len(s.sum.locks) < 64 {
		return 0
	}
	held &= s.valued()
	if held == 0 {
		return 0
	}
	from, path := s.origin(n)
	if from == 0 {
		return 0
	}
	base := region
	for _, st := range slices.Backward(path) {
		x := &s.sum.Regions[base]
		if x.Parent < 0 || x.Name != st.name {
			return 0 // what has been assigned to an attribute
		}
		base = x.Parent
	}
	var out lockSet
	for ; held != 0; held &= held - 1 {
		l := s.sum.locks[bits.TrailingZeros64(uint64(held))]
		r := int32(-1)
		switch {
		case l.from == from:
			r = s.following(base, s.sum.ways[l.way], history)
		case s.askedAlike(l.from, from):
			r = s.amongOthers(l, base, from, history)
		}
		if r >= 0 {
			l.region, l.from, l.way = r, 0, 0
			if i, ok := s.lockOf(l); ok {
				out |= 1 << i
			}
		}
	}
	return out
}

// askedAlike reports whether two values are what functions return that were given the same: which object the one is
// tells which the other is.
func (s sameLocks) askedAlike(a, b int32) bool {
	x, y := &s.flow.Nodes[a], &s.flow.Nodes[b]
	if x.Kind != NodeCall || y.Kind != NodeCall {
		return false
	}
	given, other := s.flow.Calls[x.Num].Args, s.flow.Calls[y.Num].Args
	told := func(c *Call) bool {
		return len(c.Callees) > 0 && !slices.ContainsFunc(c.Callees, func(f *Function) bool { return !toldByClass(f) })
	}
	return len(given) == 1 && told(&s.flow.Calls[x.Num]) && told(&s.flow.Calls[y.Num]) && slices.EqualFunc(given, other, func(m, n int32) bool { return m != 0 && s.bare(m) == s.bare(n) })
}

// toldByClass reports whether what a function returns follows from the class of what it is given, and not from what
// changes between two calls.
func toldByClass(f *Function) bool {
	plain := true
	var class func(e ast.Expr) bool
	class = func(e ast.Expr) bool {
		switch e := syntax.Unparen(e).(type) {
		case *ast.Call:
			return syntax.IsNamed(e.Fun, "isinstance")
		case *ast.Unary:
			return e.Op == "not" && class(e.X)
		case *ast.Binary:
			return (e.Op == "and" || e.Op == "or") && class(e.X) && class(e.Y)
		case *ast.Compare:
			return len(e.Ops) == 1 && (e.Ops[0] == "is" || e.Ops[0] == "is not") && syntax.IsNothing(e.Xs[1])
		}
		return false
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CondClause:
			plain = plain && (n.Cond == nil || class(n.Cond))
		case *ast.Binary:
			plain = plain && n.Op != "or" && n.Op != "and" || class(n)
		case *ast.Cond, *ast.For, *ast.While, *ast.Subscript:
			plain = false
		}
		return plain
	})
	return plain
}

// bare is a value without the casts round it.
func (s sameLocks) bare(n int32) int32 {
	for s.flow.Nodes[n].Kind == NodeCast {
		n = s.flow.Nodes[n].Base
	}
	return n
}

// amongOthers is the region of a lock that belongs to what another value is where from is base: what leads on from
// there, as that is used; -1 where that is not one.
func (s sameLocks) amongOthers(l heldLock, base, from, history int32) int32 {
	var classes []*project.Class
	for _, r := range s.Top(from) {
		if r.Region == base && r.Class != nil {
			classes = append(classes, r.Class)
		}
	}
	found := int32(-1)
	for _, o := range s.Top(l.from) {
		r := s.following(o.Region, s.sum.ways[l.way], history)
		if r < 0 {
			continue
		}
		way, root := []step(nil), r
		for root != base && s.sum.Regions[root].Parent >= 0 {
			x := &s.sum.Regions[root]
			way = append(way, step{x.Name, x.Owner})
			root = x.Parent
		}
		if root != base || len(way) == 0 {
			continue
		}
		first := way[len(way)-1].owner
		if first != nil && len(classes) > 0 && !slices.ContainsFunc(classes, func(c *project.Class) bool { return project.Related(c, first) }) {
			continue
		}
		if found >= 0 && found != r {
			return -1
		}
		found = r
	}
	return found
}

// following is the region that a way leads to from another; -1 where that is not certain.
func (s sameLocks) following(base int32, path []step, history int32) int32 {
	at := []int32{base}
	for _, st := range path {
		var next []int32
		for _, r := range at {
			for _, v := range s.attribute(r, st.name, st.owner, nil, history, history) {
				if !slices.Contains(next, v.Region) {
					next = append(next, v.Region)
				}
			}
		}
		at = next
	}
	return s.only(at)
}

// ofGiven translates the locks of an effect of a callee for one of the objects that the call may give it: base
// stands for the parameter that the effect is reached from, to for what the effect is on.
func (s sameLocks) ofGiven(c *Call, g *Function, e *Effect, base, to int32) lockSet {
	if e.locks == everything {
		return 0
	}
	root := anchor(g, e.Region)
	var out lockSet
	for set := e.locks; set != 0; set &= set - 1 {
		l := g.Sum.locks[bits.TrailingZeros64(uint64(set))]
		if l.region < 0 || l.some || g.Sum.moved(l.region) != inPlace || anchor(g, l.region) != root {
			continue
		}
		if l.region = s.besides(c, g, e.Region, l.region, base, to); l.region < 0 {
			continue
		}
		if i, ok := s.lockOf(l); ok {
			out |= 1 << i
		}
	}
	return out
}

// besides is what a region of a callee is where another one, of the same parameter, is to; -1 where that is not certain.
func (s sameLocks) besides(c *Call, g *Function, other, region, base, to int32) int32 {
	if r := s.only(s.along(base, g, region, c.history)); r >= 0 {
		return r
	}
	way, _ := wayTo(&g.Sum, region)
	wayOther, _ := wayTo(&g.Sum, other)
	same := 0
	for same < len(way) && same < len(wayOther) && way[same].name == wayOther[same].name {
		same++
	}
	for i := len(wayOther); i > same; i-- {
		x := &s.sum.Regions[to]
		if x.Parent < 0 || x.Name != wayOther[i-1].name {
			return -1
		}
		to = x.Parent
	}
	return s.following(to, way[same:], c.history)
}

// valued are the locks of values that may be several objects.
func (s sameLocks) valued() lockSet {
	var out lockSet
	for i, l := range s.sum.locks {
		if l.from != 0 {
			out |= 1 << i
		}
	}
	return out
}
