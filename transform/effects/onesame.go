package effects

// Two values that a condition tells are one object: behind "if a.doc is not doc: raise" the lock of doc is that
// of a.doc. That is known until one of the attributes is assigned to.

import (
	"math/bits"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/syntax"
)

// sameness walks conditions that tell so.
type sameness struct{ holding }

// knowsSame notes what a condition tells where it is true, or where it is false.
func (b sameness) knowsSame(cond ast.Expr, truth bool) {
	if !b.handMade {
		return
	}
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Unary:
		if e.Op == "not" {
			b.knowsSame(e.X, !truth)
		}
	case *ast.Binary:
		if e.Op == "and" && truth || e.Op == "or" && !truth {
			if changesNothing(e.Y) { // which runs later
				b.knowsSame(e.X, truth)
			}
			b.knowsSame(e.Y, truth)
		}
	case *ast.Compare:
		if len(e.Ops) != 1 || e.Ops[0] != "is" && e.Ops[0] != "is not" || (e.Ops[0] == "is") != truth {
			return
		}
		if !changesNothing(e) {
			return
		}
		if x, y := b.plainValue(e.Xs[0]), b.plainValue(e.Xs[1]); x != 0 && y != 0 && x != y {
			b.set(historySlot, b.node(Node{Kind: NodeSame, Base: b.history(), From: []int32{x, y}}))
		}
	}
}

// changesNothing reports whether what a variable or an attribute is stays the same while an expression is evaluated.
func changesNothing(e ast.Expr) bool {
	same := true
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Walrus, *ast.Yield:
			same = false
		case *ast.Unary:
			same = same && n.Op != "await"
		case *ast.Call:
			same = same && n.Fun != nil && (syntax.IsNamed(n.Fun, "isinstance") || syntax.IsNamed(n.Fun, "len"))
		}
		return same
	})
	return same
}

// plainValue is the value of a variable, or of a C attribute of one that holds an object, which has been walked; 0 for
// anything else.
func (b sameness) plainValue(e ast.Expr) int32 {
	switch e := syntax.Bare(e).(type) {
	case *ast.Name:
		if n, _, local := b.value(e.Name); local && n != 0 && b.shape(n).Kind == ctype.Object && b.flow.Nodes[n].Kind != NodeNothing {
			return n
		}
	case *ast.Attribute:
		base := b.plainValue(e.X)
		if base == 0 || b.shape(base).Class == nil {
			return 0
		}
		f := b.shape(base).Class.Field(e.Attr.Name)
		if f == nil || b.p.Types.OfField(f).Kind != ctype.Object {
			return 0
		}
		return b.node(Node{Kind: NodeField, Base: base, Name: e.Attr.Name, owner: b.shape(base).Class, Shape: b.p.Types.OfField(f), history: b.history()})
	}
	return 0
}

// oneSame finds what follows for the locks that are held.
type oneSame struct{ heldLocks }

// sameFact is that two values are one object: the node that notes it, its place in the summary's list of locks, and
// the values.
type sameFact struct {
	node  int32
	bit   lockSet
	sides [2]side
}

// side is one of the values: its region, or -1 and the way to it from a value that may be several objects.
type side struct {
	region int32
	from   int32
	path   []step
}

// findSame gives each fact a place in the summary's list.
func (s oneSame) findSame() []sameFact {
	var out []sameFact
	for n := range s.flow.Nodes {
		if s.flow.Nodes[n].Kind != NodeSame {
			continue
		}
		i, ok := s.lockOf(heldLock{region: -1, same: int32(n)})
		if !ok {
			break
		}
		f := sameFact{node: int32(n), bit: 1 << i}
		for k, v := range s.flow.Nodes[n].From {
			f.sides[k] = side{region: s.regionOfLock(v)}
			if s.sum.many(f.sides[k].region) { // one of several objects
				f.sides[k].region = -1
			}
			if f.sides[k].region < 0 {
				f.sides[k].from, f.sides[k].path = sameLocks(s).origin(v)
			}
		}
		out = append(out, f)
		s.asked |= f.bit
	}
	return out
}

// twins adds to locks those of the same objects by their other names, by the facts that known has.
func (s oneSame) twins(set lockSet, facts []sameFact, known lockSet) lockSet {
	if len(facts) == 0 || len(s.sum.locks) == 64 || set>>len(s.sum.locks) != 0 { // nothing leads there, as far as is known so far
		return set
	}
	for range 4 {
		before := set
		for _, f := range facts {
			if known&f.bit == 0 {
				continue
			}
			for l := set &^ s.asked; l != 0; l &= l - 1 {
				lock := s.sum.locks[bits.TrailingZeros64(uint64(l))]
				set |= s.twin(lock, f.sides[0], f.sides[1], f.node) | s.twin(lock, f.sides[1], f.sides[0], f.node)
			}
		}
		if set == before {
			break
		}
	}
	return set
}

// twin is a lock that is reached from one side of a fact, as it is reached from the other.
func (s oneSame) twin(l heldLock, a, b side, history int32) lockSet {
	var way []step
	switch {
	case l.asked != 0 || l.same != 0 || l.some || l.own:
		return 0
	case l.region >= 0 && a.region >= 0:
		r := l.region
		for r != a.region {
			x := &s.sum.Regions[r]
			if x.Parent < 0 {
				return 0
			}
			way, r = append(way, step{x.Name, x.Owner}), x.Parent
		}
		slices.Reverse(way)
	case l.from != 0 && l.from == a.from && a.region < 0 && len(s.sum.ways[l.way]) >= len(a.path) && slices.Equal(s.sum.ways[l.way][:len(a.path)], a.path):
		way = s.sum.ways[l.way][len(a.path):]
	default:
		return 0
	}
	if b.region < 0 {
		return sameLocks(s).ofValue(l, b.from, append(slices.Clone(b.path), way...), false)
	}
	l.from, l.way = 0, 0
	if l.region = (sameLocks(s)).following(b.region, way, history); l.region < 0 {
		return 0
	}
	i, ok := s.lockOf(l)
	if !ok {
		return 0
	}
	return 1 << i
}

// forgotten are the facts that an assignment to an attribute, or a call that makes one, puts an end to.
func (s oneSame) forgotten(x *Node, facts []sameFact) (out lockSet) {
	assigns := func(name string) bool {
		if x.Kind == NodeAssigned {
			return x.Name == name
		}
		for _, g := range s.flow.Calls[x.Num].Callees {
			if slices.ContainsFunc(g.Sum.assigns, func(a assigned) bool { return a.name == name }) {
				return true
			}
		}
		return false
	}
	for _, f := range facts {
		for _, v := range s.flow.Nodes[f.node].From {
			for s.flow.Nodes[v].Kind == NodeField {
				if assigns(s.flow.Nodes[v].Name) {
					out |= f.bit
				}
				v = s.flow.Nodes[v].Base
			}
		}
	}
	return out
}
