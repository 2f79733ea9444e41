package effects

// What a function writes to the C variables of its module, by whatever way: through a pointer, or
// by what it calls. Summaries have nothing of it, since no object's lock is for them.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
)

// GlobalWrite is a place at which a function writes to a C variable of the module, or to what that
// leads to.
type GlobalWrite struct {
	Name string
	Span ast.Span
	Via  string // the function that does it, where it is called here
}

// GlobalWrites returns where a function is known to write to C variables that are no numbers and
// no objects; where it only may, it is not told.
func GlobalWrites(p *Program, f *Function) []GlobalWrite {
	p.Solve([]*Function{f})
	s := borrow(p)
	defer giveBack(s)
	s.At(f)
	var out []GlobalWrite
	add := func(n int32, shallow bool, span ast.Span, via string) {
		for _, name := range globalsBehind(s, n, shallow, map[int32]bool{}, nil) {
			if w := (GlobalWrite{name, span, via}); !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	for i := range f.Flow.Actions {
		a := &f.Flow.Actions[i]
		if a.Kind != OnState || a.Mode != Write || !a.sure || a.class != nil {
			continue
		}
		via := ""
		if a.Cause == PassesWritable {
			via = a.Name
		}
		add(a.Node, a.shallow, a.Span, via)
	}
	for i := range f.Flow.Calls {
		c := &f.Flow.Calls[i]
		for _, g := range c.Callees {
			for j := range g.Sum.Effects {
				e := &g.Sum.Effects[j]
				if r := &g.Sum.Regions[e.Region]; e.Kind == OnState && e.Mode == Write && e.Sure && e.Class == nil && r.Root == NodeParam && r.Parent < 0 && int(r.Num) < len(c.Args) {
					add(c.Args[r.Num], false, c.Span, g.Name())
				}
			}
		}
	}
	return out
}

// globalsBehind returns the C variables of the module that a pointer leads into. What a C function
// made of one of several that it was given is none of them for all that is known.
func globalsBehind(s *Solver, n int32, shallow bool, seen map[int32]bool, out []string) []string {
	if n == 0 || seen[n] || s.flow.Nodes[n].Shape.Returned {
		return out
	}
	seen[n] = true
	switch x := &s.flow.Nodes[n]; x.Kind {
	case NodeGlobal:
		if x.Shape.Kind != ctype.Object && !x.Shape.ReadOnly() {
			out = append(out, x.Name)
		}
	case NodeLocal:
		for _, from := range x.From {
			out = globalsBehind(s, from, shallow, seen, out)
		}
	case NodeStowed:
		if !shallow {
			out = globalsBehind(s, x.Base, shallow, seen, out)
		}
	case NodeCast, NodeInside:
		out = globalsBehind(s, x.Base, shallow, seen, out)
	case NodeCall:
		for _, r := range s.Top(n) {
			if x := &s.sum.Regions[r.Region]; x.Root == NodeGlobal && x.Parent < 0 && r.Class == nil {
				out = append(out, x.Name)
			}
		}
	}
	return out
}
