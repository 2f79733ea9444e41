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
	if !s.p.Guards(c) || s.p.Exempt(s.f) || s.f.Suspends() {
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
		handsMade(s, s.Top(c.Args[k.param]))
		handsMade(s, s.items(c.Args[k.param]))
		h := c.handing
		h.stored, h.under = true, c.under
		if staysNew(s, into, c.handing.pos) { // as when it is stored there by the function itself
			s.stored = append(s.stored, storedInOurs{&h, into, append(slices.Clone(s.Top(c.Args[k.param])), s.items(c.Args[k.param])...)})
			continue
		}
		s.handOut(s.Top(c.Args[k.param]), &h, into)
		s.handOut(s.items(c.Args[k.param]), &h, into)
	}
}

// allNew reports whether regions are objects of the function's own making, apart from what was there before something
// else was assigned.
func allNew(s *Solver, regions []int32) bool {
	found := false
	return !slices.ContainsFunc(regions, func(r int32) bool {
		x := &s.sum.Regions[r]
		is := x.Root == NodeFresh && x.Parent < 0
		found = found || is
		return !is && s.sum.moved(r) != replaced
	}) && found
}

// storedInOurs is what is stored in objects of the function's own making.
type storedInOurs struct {
	h    *handing
	into []int32
	refs []Ref
}

// handOnOurs hands out what is stored in objects of the function's own making that are handed out, be it before or
// after that.
func handOnOurs(s *Solver) {
	for again := len(s.stored) > 0; again; {
		again = false
		for _, st := range s.stored {
			for _, to := range st.into {
				u := &s.sum.Regions[to]
				from, handed := s.handed[u.Num]
				if u.Root != NodeFresh || u.Parent >= 0 || !handed {
					continue
				}
				for _, r := range st.refs {
					x := &s.sum.Regions[r.Region]
					if x.Root == NodeParam && st.h.ours { // callers have to know
						s.handOut([]Ref{r}, st.h, nil)
					}
					if x.Root != NodeFresh {
						continue
					}
					pos := max(from, st.h.from(s.flow.Nodes[x.Num].pos))
					if x.Parent >= 0 {
						handPart(s, r.Region, pos)
						continue
					}
					more := keepsAs(s, x.Num, u.Num)
					if old, ok := s.handed[x.Num]; !ok || pos < old {
						s.handed[x.Num] = pos
						more = true
					}
					again = again || more
				}
			}
		}
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

// handPart notes that others have what an attribute of an object of the function's own making leads to. They do not
// have that object by it.
func handPart(s *Solver, region, pos int32) {
	if s.parts == nil {
		s.parts = map[int32]int32{}
	}
	if old, ok := s.parts[region]; !ok || pos < old {
		s.parts[region] = pos
	}
}

// sharedFrom returns the offset from which on others have what a region of an object of the function's own making is:
// the object, or a part that leads there. A part that has other names is asked for by these: nobody else
// makes the attribute lead elsewhere before the object itself is known.
func sharedFrom(s *Solver, region int32) (pos int32, shared bool) {
	whole, known := s.handed[s.sum.Regions[region].Num]
	pos, shared = whole, known
	for r := region; s.sum.Regions[r].Parent >= 0; r = s.sum.Regions[r].Parent {
		if x := &s.sum.Regions[r]; x.named && !x.nameless {
			pos, shared = whole, known
		} else if at, ok := s.parts[r]; ok && (!shared || at < pos) {
			pos, shared = at, true
		}
	}
	return pos, shared
}

// releasedAt is where the block ends by which a function holds what something is stored in, as long as nothing says that
// it holds that from its entry on, as a member does its own object for the most part; 0 where no block does.
func releasedAt(s *Solver, h *handing, into []int32) int32 {
	own := s.p.Member(s.f) && !slices.ContainsFunc(into, func(r int32) bool { return s.sum.Regions[r].Num != 0 })
	if own || h.under == 0 || len(s.p.OwnLocks(s.f).Decs) > 0 || s.flow.Blocks[h.under].With == nil {
		return 0
	}
	return s.flow.Blocks[h.under].With.End
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
