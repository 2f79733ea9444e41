package rules

// PXL303: guarded containers that a function hands out, as they are: returned, also within another one, put into what others
// have, or given to another object.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// maxWithin bounds how deep what is returned is looked into.
const maxWithin = 3

// handsContainersOn reports containers that a function hands out otherwise than by returning them alone.
func handsContainersOn(states *statesOf) {
	f := states.f
	var within func(n int32, depth int) bool
	within = func(n int32, depth int) bool {
		for _, x := range f.Flow.Content(n) {
			if f.Flow.Nodes[x].Shape.Container && handsContainer(states, x, f.Def.Name.Span, "returns %s itself within another one, so that callers use it") || depth > 0 && within(x, depth-1) {
				return true
			}
		}
		return false
	}
	for _, n := range f.Flow.Returns {
		if f.Exposed() && within(n, maxWithin) {
			return
		}
	}
	const given = "gives %s itself to what others have, who then use it"
	var gives func(into, n int32, at ast.Span, depth int) bool
	gives = func(into, n int32, at ast.Span, depth int) bool {
		if f.Flow.Nodes[n].Shape.Container && others(states, into, n) && handsContainer(states, n, at, given) {
			return true
		}
		return depth > 0 && slices.ContainsFunc(f.Flow.Content(n), func(x int32) bool { return gives(into, x, at, depth-1) })
	}
	for _, st := range f.Flow.Stores {
		if st.Value != 0 && f.Flow.Nodes[st.Into].Shape.Kind == ctype.Object && gives(st.Into, st.Value, st.Span, maxWithin) {
			return
		}
	}
	f.Flow.EachPut(func(in, item int32) bool { return gives(in, item, f.Def.Name.Span, maxWithin) })
}

// others reports whether others than the object that a container belongs to have what it is put into.
func others(states *statesOf, into, container int32) bool {
	f, s := states.f, states.look()
	own := states.owners(s.Top(container))
	return slices.ContainsFunc(states.owners(s.Top(into)), func(r int32) bool {
		return !slices.Contains(own, r) && (f.Sum.Regions[r].Root != effects.NodeFresh || s.Leaves(r))
	})
}

// owners are the objects whose state values are: those with locks of their own on the ways to them, or where these begin.
func (s *statesOf) owners(refs []effects.Ref) []int32 {
	var out []int32
	for _, r := range refs {
		at := r.Region
		for x := &s.f.Sum.Regions[at]; x.Parent >= 0; x = &s.f.Sum.Regions[at] {
			if x.Owner != nil {
				if fd := x.Owner.Field(x.Name); fd != nil && s.p.Guards(fd.Class()) {
					break
				}
			}
			at = x.Parent
		}
		out = append(out, at)
	}
	return out
}

// copyOf spells a copy of what an attribute holds.
func copyOf(fd *project.Field, spelled string) string {
	switch {
	case fd == nil || fd.Ctype == nil || fd.Ctype.Name == "object":
		return "list(" + spelled + ")"
	case syntax.LastPart(fd.Ctype.Name) == "ndarray": // ndarray(x) is one of that shape
		return spelled + ".copy()"
	}
	return fd.Ctype.Name + "(" + spelled + ")"
}

// handsContainer reports a container of an object's that is handed out; how tells how. It reports whether it did.
func handsContainer(states *statesOf, n int32, at ast.Span, how string) bool {
	c, f := states.checking, states.f
	if !isAttribute(c, f, n, maxWithin) {
		return false
	}
	for _, r := range states.look().Top(n) {
		rg := &f.Sum.Regions[r.Region]
		if rg.Parent < 0 || rg.Owner == nil || !c.p.Guards(rg.Owner) || !c.p.Changes.Grows(rg.Owner, rg.Name) {
			continue
		}
		st := states.ofRegion(rg.Parent, rg.Owner, rg.Name)
		if st == nil {
			continue
		}
		if from := origin(f, n); st.of == "" && from.Kind == effects.NodeField {
			st.of = states.spelled(from.Base, rg.Name)
		}
		if letsGo(c, f, st) {
			continue
		}
		out := project.FindingAt(f.Unit.Source, at, finding.Container, "", "")
		out.Warning = true
		out.Message = f.Name() + " " + fmt.Sprintf(how, st.name()) + " without the lock that others hold to change it"
		out.Help = "hand out a copy"
		if path := effects.PathOf(f, r.Region); path != "" {
			out.Help += ": " + copyOf(st.field, path)
		}
		out.Cause = containersOf(rg.Owner, rg.Name)
		c.Findings = append(c.Findings, out)
		return true
	}
	return false
}

// returnsAndReplaces reports whether a function gives the attribute another value whose value it returns.
func returnsAndReplaces(c *checking, g *effects.Function, n int32) bool {
	x := origin(g, n)
	if x.Kind != effects.NodeField || g.Flow.Nodes[x.Base].Shape.Class == nil {
		return false
	}
	fd := g.Flow.Nodes[x.Base].Shape.Class.Field(x.Name)
	return fd != nil && letsGo(c, g, &heldState{field: fd})
}

// isAttribute reports whether a value is what an attribute holds, be it that a C function that is called returns it.
func isAttribute(c *checking, f *effects.Function, n int32, depth int) bool {
	switch x := origin(f, n); x.Kind {
	case effects.NodeField:
		return true
	case effects.NodeCall:
		return depth > 0 && slices.ContainsFunc(f.Flow.Calls[x.Num].Callees, func(g *effects.Function) bool {
			return g.Flow != nil && !g.Exposed() && !c.p.Exempt(g) && slices.ContainsFunc(g.Flow.Returns, func(n int32) bool {
				return isAttribute(c, g, n, depth-1) && !returnsAndReplaces(c, g, n)
			})
		})
	}
	return false
}
