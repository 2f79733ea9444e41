package rules

// PXL303: guarded containers that a member hands out, as they are: returned, also within another one, put into what others
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

// handsContainersOn reports containers that a member hands out otherwise than by returning them alone.
func handsContainersOn(c *checking, look func() *effects.Solver, f *effects.Function) {
	var within func(n int32, depth int) bool
	within = func(n int32, depth int) bool {
		for _, x := range f.Flow.Content(n) {
			if f.Flow.Nodes[x].Shape.Container && handsContainer(c, look(), f, x, f.Def.Name.Span, "returns %s itself within another one, so that callers use it") || depth > 0 && within(x, depth-1) {
				return true
			}
		}
		return false
	}
	for _, n := range f.Flow.Returns {
		if within(n, maxWithin) {
			return
		}
	}
	const given = "gives %s itself to what others have, who then use it"
	for _, st := range f.Flow.Stores {
		if st.Value != 0 && f.Flow.Nodes[st.Value].Shape.Container && f.Flow.Nodes[st.Into].Shape.Kind == ctype.Object && others(look(), f, st.Into, st.Value) &&
			handsContainer(c, look(), f, st.Value, st.Span, given) {
			return
		}
	}
	f.Flow.EachPut(func(in, item int32) bool {
		return f.Flow.Nodes[item].Shape.Container && others(look(), f, in, item) && handsContainer(c, look(), f, item, f.Def.Name.Span, given)
	})
}

// others reports whether others than the object that a container belongs to have what it is put into.
func others(s *effects.Solver, f *effects.Function, into, container int32) bool {
	roots := func(n int32) []int32 {
		var out []int32
		for _, r := range s.Top(n) {
			at := r.Region
			for f.Sum.Regions[at].Parent >= 0 {
				at = f.Sum.Regions[at].Parent
			}
			out = append(out, at)
		}
		return out
	}
	own := roots(container)
	return slices.ContainsFunc(roots(into), func(r int32) bool {
		return !slices.Contains(own, r) && (f.Sum.Regions[r].Root != effects.NodeFresh || s.Leaves(r))
	})
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

// handsContainer reports a container of a parameter's that is handed out; how tells how. It reports whether it did.
func handsContainer(c *checking, s *effects.Solver, f *effects.Function, n int32, at ast.Span, how string) bool {
	if origin(f, n).Kind != effects.NodeField {
		return false
	}
	for _, r := range s.Top(n) {
		rg := &f.Sum.Regions[r.Region]
		if rg.Parent < 0 || f.Sum.Regions[rg.Parent].Root != effects.NodeParam || !c.p.Guards(rg.Owner) || !c.p.Changes.Grows(rg.Owner, rg.Name) || letsGo(c, f, rg.Name) {
			continue
		}
		out := project.FindingAt(f.Unit.Source, at, finding.Container, "", "")
		out.Warning = true
		out.Message = f.Name() + " " + fmt.Sprintf(how, rg.Name) + " without the lock that others hold to change it"
		out.Help = "hand out a copy: " + copyOf(rg.Owner.Field(rg.Name), effects.PathOf(f, r.Region))
		out.Cause = containersOf(rg.Owner, rg.Name)
		c.Findings = append(c.Findings, out)
		return true
	}
	return false
}
