package effects

// Who else can reach what a function makes: what it stores, and in which objects.

import (
	"slices"

	"pyxlock/transform/decorator"
)

// ours reports whether what is stored in a region can be reached by nobody else
// while the function runs: it is being made, or locked for writing, since it is
// written. A critical section may be suspended meanwhile.
func (s *Solver) ours(region int32) bool {
	x := &s.sum.Regions[region]
	if x.Root != NodeParam || x.Parent >= 0 {
		return false
	}
	if s.p.Constructs(s.f, int(x.Num)) {
		return true
	}
	c := s.flow.Nodes[s.flow.Params[x.Num]].Shape.Class
	if !s.p.Guards(c) || s.p.Exempt(s.f) || s.flow.Yields.End != 0 || s.f.Def.Async {
		return false
	}
	in := s.p.Locks.Of(c)
	return in == nil || in.Kind != decorator.CriticalSection
}

// escaping hands out what a callee stores of its arguments.
func (s *Solver) escaping(c *Call, g *Function) {
	for _, k := range g.Sum.escapes {
		if int(k.param) >= len(c.Args) {
			continue
		}
		var into []int32
		if k.into >= 0 {
			into = s.passedOn(c, g, k.into)
		}
		if staysNew(s, into, c.handing.pos) {
			continue // as when it is stored there by the function itself
		}
		h := c.handing
		h.stored = true
		s.handOut(s.Top(c.Args[k.param]), &h, into)
		s.handOut(s.items(c.Args[k.param]), &h, into)
	}
}

// regions returns the regions that a node stands for.
func (s *Solver) regions(n int32) []int32 {
	var out []int32
	for _, r := range s.Top(n) {
		out = append(out, r.Region)
	}
	return out
}

// staysOurs reports whether what is stored in some regions is ours for now.
func staysOurs(s *Solver, into []int32) bool {
	return len(into) > 0 && !slices.ContainsFunc(into, func(r int32) bool { return !s.ours(r) })
}

// staysNew reports whether regions are objects of the function's own making that
// nobody else knows at an offset, or parts of these.
func staysNew(s *Solver, into []int32, pos int32) bool {
	return len(into) > 0 && !slices.ContainsFunc(into, func(r int32) bool {
		x := &s.sum.Regions[r]
		at, handed := s.handed[x.Num]
		return x.Root != NodeFresh || handed && at <= pos
	})
}

// escapesTo returns the regions that callers can tell apart, -1 for anything else.
func (sum *Summary) escapesTo(into []int32) []int32 {
	var out []int32
	for _, r := range into {
		if x := &sum.Regions[r]; x.Root == NodeParam && x.depth < maxPath && sum.moved(r) == inPlace {
			out = append(out, r)
		} else if sum.moved(r) != replaced {
			out = append(out, -1)
		}
	}
	if len(out) == 0 {
		return []int32{-1}
	}
	return out
}
