package effects

// What functions lock of what they are given, for those who ask in which order locks are
// taken: also in what no_lock exempts.

import "slices"

// Answers are what members lock of their objects, as effects of an operation on something that
// may be one.
func Answers(p *Program, members []*Function) []*Effect {
	k := &locking{p: p, known: map[*Function][]Effect{}}
	var out []*Effect
	for _, g := range members {
		var most *Effect
		for _, e := range k.of(g) {
			if x := &g.Sum.Regions[e.Region]; x.Root == NodeParam && x.Num == 0 && x.Parent < 0 && (most == nil || most.Mode < e.Mode) {
				most = &Effect{Region: -1, Class: g.Class, Mode: max(e.Mode, takenFor(p, g, &e)), Cause: MayCall, Via: e.Via, next: e.next}
			}
		}
		if most != nil {
			out = append(out, most)
		}
	}
	return out
}

// By is an answer to one operation.
func (e *Effect) By(op *Effect) *Effect {
	out := *e
	out.Region, out.Name, out.Span = op.Region, op.Name, op.Span
	return &out
}

// locking finds what functions lock of what they are given, also those that no_lock exempts:
// that one answers for what they do says nothing of the order of their locks.
type locking struct {
	p     *Program
	known map[*Function][]Effect
}

// of returns the takings of a function; each has the function that does it, and its effect.
func (k *locking) of(g *Function) []Effect {
	if out, ok := k.known[g]; ok {
		return out
	}
	k.known[g] = nil // calls in a circle
	var out []Effect
	for i := range g.Sum.Effects {
		e := g.Sum.Effects[i]
		if e.Kind == OnPython || !k.p.Guards(e.Class) || e.Maybe || e.Raw && !k.p.Holds(g, &e) || !e.Raw && e.Cause != Takes && e.Via == nil {
			continue
		}
		e.Via, e.next = g, int32(i)
		out = append(out, e)
	}
	out = append(out, k.exempted(g)...)
	k.known[g] = out
	return out
}

// exempted returns what a function locks in what it calls that no_lock exempts, as far as that has a place
// in the function itself.
func (k *locking) exempted(g *Function) []Effect {
	var out []Effect
	var s *Solver
	for i := range g.Flow.Calls {
		c := &g.Flow.Calls[i]
		for _, h := range c.Callees {
			if !k.p.Exempt(h) {
				continue // its takings are among the effects of g
			}
			for _, e := range k.of(h) {
				if h.Sum.Regions[e.Region].Root != NodeParam {
					continue
				}
				if s == nil {
					s = k.p.Solver()
					s.At(g)
				}
				for _, a := range s.given(c, h, anchor(h, e.Region)) {
					for _, to := range s.along(a.Region, h, e.Region, c.history) {
						up := e
						up.Region, up.Each, up.Raw = to, e.Each || c.parallel, false
						up.Cause, up.Name, up.Span = ThroughCall, h.Def.Name.Name, c.Span
						out = append(out, up)
					}
				}
			}
		}
	}
	return out
}

// Exempted returns what a function, which is solved, locks in what it calls that no_lock exempts, of
// objects that others may have. It is none of its effects, for which nobody answers then.
func Exempted(p *Program, f *Function) []Effect {
	return slices.DeleteFunc((&locking{p: p, known: map[*Function][]Effect{}}).exempted(f), func(e Effect) bool {
		return f.Sum.Regions[e.Region].Root == NodeFresh
	})
}
