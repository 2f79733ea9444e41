package effects

// The model in which every class with state has a lock, beside the one of the locks that there are. Most
// functions do the same in both, so that only the others are solved again.

import (
	"slices"

	"pyxlock/transform/project"
)

// Assuming is Assume for modules that have been solved. What is not the same there is solved anew for do, and
// afterwards is what it was.
func (p *Program) Assuming(mods []*project.Module, do func()) {
	changes, now := p.Changes, p.model.now
	kept := unaffected(p, mods)
	solved := p.model.other()
	type was struct {
		sum     *Summary // nil where it is kept
		callers []*Function
	}
	before := make([]was, len(solved))
	p.Changes = nil
	for i, f := range solved {
		before[i].callers = f.Callers
		if kept[f] {
			p.model.solving(f)
			if slices.ContainsFunc(f.Callers, func(c *Function) bool { return !kept[c] }) {
				f.Callers = slices.DeleteFunc(slices.Clone(f.Callers), func(c *Function) bool { return !kept[c] })
			}
			continue
		}
		sum := f.Sum
		before[i].sum, f.Sum, f.Callers = &sum, Summary{}, nil
	}
	p.Assume(do)
	for _, f := range p.model.solved { // more than were solved before, too
		if f.solved = 0; !kept[f] {
			f.Sum, f.Callers = Summary{}, nil
		}
	}
	for i, f := range solved {
		if f.Callers, f.solved = before[i].callers, now; before[i].sum != nil {
			f.Sum = *before[i].sum
		}
	}
	p.model.solved, p.model.now, p.Changes = solved, now, changes
}

// Assume calls do with a model that takes every class with state for locked. What
// is solved stays.
func (p *Program) Assume(do func()) {
	was := p.model.assume
	p.model.assume = true
	do()
	p.model.assume = was
}

// unaffected returns the solved functions, among those of the modules and what they call, whose summaries are the
// same where every class with state is taken for locked: neither they nor what they call asked for anything that
// is different then, and nobody of whom that is not so tells a private function what it is called with.
func unaffected(p *Program, mods []*project.Module) map[*Function]bool {
	reached, different := map[*Function]bool{}, map[*Function]difference{}
	var list []*Function
	mark := func(f *Function, d difference) {
		if different[f] < d {
			different[f] = d
			list = append(list, f)
		}
	}
	var visit func(f *Function)
	visit = func(f *Function) {
		if reached[f] {
			return
		}
		reached[f] = true
		eachCallee(p, f, visit)
		if !p.model.isSolved(f) {
			usesThrough(p, f)
			eachCallee(p, f, visit)
			mark(f, inAll)
		} else {
			mark(f, f.Sum.differs)
		}
		for _, u := range f.unions {
			reached[u] = true
			mark(u, u.Sum.differs)
		}
	}
	for _, m := range mods {
		for _, f := range p.Funcs(m).All {
			visit(f)
		}
	}
	for len(list) > 0 {
		f := list[len(list)-1]
		list = list[:len(list)-1]
		d := different[f]
		for _, others := range [][]*Function{f.Callers, f.unions} {
			for _, g := range others {
				mark(g, d)
			}
		}
		if d == inEffects {
			continue // it calls others with the same as before
		}
		eachCallee(p, f, func(g *Function) {
			if PrivateName(g.Def.Name.Name) {
				mark(g, inAll) // see Constructs
			}
		})
	}
	for f := range reached {
		if different[f] != inNothing || !p.model.isSolved(f) {
			delete(reached, f)
		}
	}
	return reached
}

// eachCallee calls do with each function that a function calls, or may call.
func eachCallee(p *Program, f *Function, do func(*Function)) {
	for i := range p.FlowOf(f).Calls {
		for _, g := range f.Flow.Calls[i].Callees {
			do(g)
		}
	}
	for _, list := range f.mays() {
		for i := range list {
			for _, g := range list[i].callees {
				do(g)
			}
		}
	}
}

// differing is what would be different under Assume.
type differing struct {
	in difference
	// adding is true while what is asked decides on effects alone.
	adding bool
}

// difference is what of a summary is different.
type difference uint8

const (
	inNothing difference = iota
	inEffects            // which callers get, too, and nobody else asks for
	inAll
)

// recording returns a solver whose program notes what is another answer under Assume.
func recording(p *Program) *Solver {
	q := *p
	q.differs = &differing{}
	s := q.Solver()
	s.rounds.differs = q.differs
	return s
}

// assumed is whether a class is locked, or is taken for it.
func assumed(p *Program, c *project.Class, locked bool) bool {
	if !p.model.assume && (p.differs == nil || p.differs.in == inAll) {
		return locked
	}
	taken := c.Def != nil && c.HasState()
	if p.model.assume {
		return taken
	}
	if taken != locked {
		differ(p)
	}
	return locked
}

// differ notes that an answer is another one under Assume.
func differ(p *Program) {
	if d := p.differs; d != nil && d.adding {
		d.in = max(d.in, inEffects)
	} else if d != nil {
		d.in = inAll
	}
}

// differInEffects notes that an effect is there, or is what it is, in one of the two models alone.
func differInEffects(p *Program) {
	if d := p.differs; d != nil {
		d.in = max(d.in, inEffects)
	}
}
