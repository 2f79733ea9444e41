package effects

// Attributes that nothing changes once their object is made but C functions of which no header says what they do: if
// these only read, no lock is needed.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// Perhaps returns the C functions that an attribute of a class is given to once its object is made, where no header says
// what these do and nothing else changes it. It returns none where something does.
func Perhaps(p *Program, c *project.Class, name string) []Reader {
	f := c.Field(name)
	if f == nil || f.Vis == ast.Public || p.Changes == nil {
		return nil
	}
	at := attribute{c.Declarer(name), name}
	if p.Changes.lent[at] {
		return nil
	}
	var out []Reader
	s := p.Solver()
	for _, f := range p.Changes.direct[at] {
		s.At(f)
		// A summary has one effect of several alike.
		for i := range f.Flow.Actions {
			x := &f.Flow.Actions[i]
			if x.Mode != Write || x.Kind == OnPython || x.takes || !mayBeIn(p, x, c, name) || !mayBeOf(s, x.Node, c) {
				continue
			}
			if !mayOnlyRead(x) {
				return nil
			}
			if !slices.Contains(out, x.Reader) {
				out = append(out, x.Reader)
			}
		}
	}
	slices.SortFunc(out, func(a, b Reader) int { // the functions came in no order
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Param, b.Param))
	})
	return out
}

// mayBeIn reports whether what an action is done to may be what an attribute of a class has.
func mayBeIn(p *Program, x *action, c *project.Class, name string) bool {
	if x.Field != "" && c.Field(x.Field) != nil {
		return x.Field == name
	}
	return mayReach(p, x.Cause, c.Declarer(name), name)
}

// mayOnlyRead reports whether an action is that a C function is given something which it may only read. One that is named
// after what it does to that, list_append(list), does not.
func mayOnlyRead(x *action) bool {
	return (x.Cause == PassesWritable || x.Cause == PassesUnknown) && x.Says == "" && x.Reader.Name != "" && !(x.Reader.First && library.SoundsLikeWriting(x.Reader.Name))
}

// mayBeOf reports whether a value is an object of a class that is not being made, or in its state.
func mayBeOf(s *Solver, n int32, c *project.Class) bool {
	made := func(region int32) bool {
		x := &s.sum.Regions[region]
		return x.Root == NodeParam && x.Parent < 0 && s.p.Constructs(s.f, int(x.Num))
	}
	for _, r := range s.Top(n) {
		x := &s.sum.Regions[r.Region]
		if x.Root == NodeFresh {
			continue
		}
		if project.Related(r.Class, c) && !made(r.Region) {
			return true
		}
		for ; x.Parent >= 0; x = &s.sum.Regions[x.Parent] {
			if project.Related(x.Owner, c) && !made(x.Parent) {
				return true
			}
		}
	}
	return false
}
