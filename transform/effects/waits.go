package effects

// Who waits for the threads of a parallel loop while it holds what these take.

import "slices"

// Wait is a call of a function that holds an object which each thread of a parallel loop takes.
type Wait struct {
	Effect   *Effect // of the function
	Parallel bool    // the loop is one of the function's own
	Block    *BlockLock
}

// Waits finds them in a function, which is solved; holds tells what it holds from its entry on.
func Waits(p *Program, f *Function, holds func(e *Effect) bool) []Wait {
	var out []Wait
	k := &locking{p: p, known: map[*Function][]Effect{}}
	var w *nesting
	for i := range f.Flow.Calls {
		c := &f.Flow.Calls[i]
		for _, g := range c.Callees {
			if !c.parallel && !g.Sum.waits {
				continue
			}
			for _, e := range k.of(g) {
				r := &g.Sum.Regions[e.Region]
				if r.Root != NodeParam || !e.Each && !c.parallel {
					continue
				}
				if w == nil {
					w = &nesting{cover: cover{p.Solver()}, locking: k}
					w.At(f)
					knowHandOuts(w.Solver)
				}
				out = w.waits(c, g, &e, holds, out)
			}
		}
	}
	return out
}

// waits appends what one effect of a callee waits for.
func (w *nesting) waits(c *Call, g *Function, e *Effect, holds func(e *Effect) bool, out []Wait) []Wait {
	at := anchor(g, e.Region)
	for _, a := range w.given(c, g, at) {
		for _, to := range w.along(a.Region, g, e.Region, c.history) {
			if w.sum.Regions[to].Root == NodeFresh {
				continue
			}
			up := &Effect{Region: to, Class: e.Class, Mode: e.Mode, Cause: ThroughCall, Name: g.Def.Name.Name, Span: c.Span, Via: e.Via, next: e.next}
			t := taking{region: to, node: 0, effect: up}
			if at == e.Region && w.sum.Regions[to].Parent < 0 {
				t.node, t.region = c.Args[g.Sum.Regions[e.Region].Num], -1
			}
			found := Wait{Effect: up, Parallel: c.parallel && !e.Each}
			if found.Block = w.outside(c, &t); found.Block == nil && !holds(up) {
				continue
			}
			if !slices.ContainsFunc(out, func(o Wait) bool { return o.Effect.Span == up.Span && o.Effect.Region == to }) {
				out = append(out, found)
			}
		}
	}
	return out
}

// outside is the lock of a block outside of the parallel loop that holds what is taken; nil where
// there is none.
func (w *nesting) outside(c *Call, t *taking) *BlockLock {
	for k := c.under; k != 0; k = w.flow.Blocks[k].outer {
		if w.flow.Blocks[k].Parallel && c.parallel {
			continue
		}
		for i := range w.flow.Blocks[k].Locks {
			l := &w.flow.Blocks[k].Locks[i]
			if steps, _, ok := w.leads(l.node, t); ok && steps == 0 && !l.star() {
				return l
			}
		}
	}
	return nil
}

// waiting reports whether a function, or what it calls, may wait for threads of a parallel loop that take locks.
func waiting(fl *Flow) bool {
	return slices.ContainsFunc(fl.Blocks, func(b Block) bool { return b.Parallel }) ||
		slices.ContainsFunc(fl.Actions, func(a action) bool { return a.each }) ||
		slices.ContainsFunc(fl.Calls, func(c Call) bool {
			return c.parallel || slices.ContainsFunc(c.Callees, func(g *Function) bool { return g.Sum.waits })
		})
}
