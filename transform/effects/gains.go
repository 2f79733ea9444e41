package effects

// What containers get after they are made, here or in functions that are called with them,
// and what objects of a callee's making are to its caller.

import "slices"

// gainedBy returns what the containers gain that a node stands for.
func gainedBy(s *Solver, n int32) []Ref {
	var out []Ref
	if len(s.flow.puts)+len(s.fills) > 0 {
		for _, r := range s.refs(n) {
			out = append(out, gained(s, r.Region)...)
		}
	}
	return out
}

// gained returns what a container may get in this function, beside what it was made with.
func gained(s *Solver, region int32) []Ref {
	if len(s.flow.puts)+len(s.fills) == 0 {
		return nil
	}
	return s.rounds.resolve(question(s, query{region: region, name: anyItem}), func() []Ref {
		var out []Ref
		// What is not followed and comes into a parameter, the items of that stand for.
		param := s.sum.Regions[region].Root == NodeParam
		unknown := func(n int32) {
			if !param {
				out = append(out, Ref{s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), nil})
			}
		}
		is := func(r Ref) bool { return r.Region == region }
		for _, p := range s.flow.puts {
			switch {
			case !slices.ContainsFunc(s.refs(p.in), is):
			case p.item == unknownItem:
				unknown(p.in)
			default:
				out = append(out, s.refs(p.item)...)
			}
		}
		return append(out, filled(s, region, unknown)...)
	})
}

// filled returns what callees put into a container.
func filled(s *Solver, region int32, unknown func(n int32)) (out []Ref) {
	for _, by := range s.fills {
		c, g := by.call, by.callee
		for k := range g.Sum.assigns {
			a := &g.Sum.assigns[k]
			switch {
			case a.name != anyItem || !fillsInto(s, c, g, a.into, region):
			case a.value == noObject:
			case a.value < 0:
				unknown(-1)
			default:
				at := anchor(g, a.value)
				given := s.given(c, g, at)
				for _, b := range given {
					for _, r := range s.along(b.Region, g, a.value, c.history) {
						out = append(out, Ref{r, b.Class})
					}
				}
				if len(given) == 0 {
					unknown(-1)
				}
			}
		}
	}
	return out
}

// fillsInto reports whether a region is what one of a callee's is to its caller.
func fillsInto(s *Solver, c *Call, g *Function, into, region int32) bool {
	if anchor(g, into) == into { // mostly it is the argument itself, which is asked for often
		return slices.ContainsFunc(s.given(c, g, into), func(b Ref) bool { return b.Region == region })
	}
	return slices.Contains(s.passedOn(c, g, into), region)
}

// madeBy returns what an object is to the caller that a callee made: what it returns, or an
// item of that.
func madeBy(s *Solver, c *Call, g *Function, at int32) (out []Ref) {
	if slices.Contains(g.Sum.returns, at) {
		out = append(out, Ref{s.intern(Region{Root: NodeFresh, Num: c.node, Parent: -1}), nil})
	}
	for _, it := range g.Sum.items {
		if it.is != at {
			continue
		}
		for n := range s.flow.Nodes {
			if x := &s.flow.Nodes[n]; x.Kind == NodeItem && x.Base == c.node && (x.Num == it.place || x.Num == anyPlace || it.place == anyPlace) {
				out = append(out, Ref{s.intern(Region{Root: NodeFresh, Num: int32(n), Parent: -1}), nil})
			}
		}
	}
	return out
}
