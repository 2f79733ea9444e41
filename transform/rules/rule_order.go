package rules

// PXL213: classes whose members lock each other's objects in no common order.

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// lockEdge is a member of one class that, holding its object, comes to lock
// another class's.
type lockEdge struct {
	from, to *project.Class
	write    bool
	f        *effects.Function
	e        *effects.Effect
}

// Order finds cycles of such edges among the solved functions. It looks at
// all modules together.
func (p *Checker) Order(mods []*project.Module) []finding.Finding {
	var out []finding.Finding
	edges := map[*project.Class][]lockEdge{}
	var classes []*project.Class
	for _, m := range mods {
		if m.Broken() {
			continue
		}
		for _, f := range p.prog.Funcs(m).All {
			if !p.prog.Member(f) || p.prog.Exempt(f) {
				continue
			}
			md, holds := p.prog.ModeOf(f)
			if !holds {
				continue
			}
			for i := range f.Sum.Effects {
				e := &f.Sum.Effects[i]
				x := &f.Sum.Regions[e.Region]
				if e.Raw || e.Via == nil || e.Kind == effects.OnPython || !p.prog.Guards(e.Class) || x.Parent < 0 && x.Root == effects.NodeParam || x.OfItems() && p.prog.Holds(f, e) {
					continue
				}
				mine, its := p.locks.Of(f.Class), p.locks.Of(e.Class)
				from, to := mine.Owner, its.Owner
				writes := e.Mode == effects.Write || md == effects.Write || mine.Kind == decorator.Mutex || its.Kind == decorator.Mutex
				// A critical section lets go of its object while it waits.
				if from == to || mine.Kind == decorator.CriticalSection || slices.ContainsFunc(edges[from], func(o lockEdge) bool { return o.to == to && (o.write || !writes) }) {
					continue
				}
				if len(edges[from]) == 0 {
					classes = append(classes, from)
				}
				edges[from] = append(edges[from], lockEdge{from, to, writes, f, e})
			}
		}
	}
	sort.Slice(classes, func(i, j int) bool { return less(classes[i], classes[j]) })
	reported := map[*project.Class]bool{}
	for _, start := range classes {
		if path := cycle(edges, start); path != nil && !reported[start] {
			for _, e := range path {
				reported[e.from] = true
			}
			out = append(out, p.cycleFinding(path))
		}
	}
	return out
}

func less(a, b *project.Class) bool {
	if a.Mod.Stem != b.Mod.Stem {
		return a.Mod.Stem < b.Mod.Stem
	}
	return a.Name < b.Name
}

// cycle returns the edges of a shortest way from a class back to it on which
// something is locked for writing.
func cycle(edges map[*project.Class][]lockEdge, start *project.Class) []lockEdge {
	type way struct {
		at   *project.Class
		path []lockEdge
	}
	seen := map[*project.Class]bool{}
	for list := []way{{start, nil}}; len(list) > 0; {
		w := list[0]
		list = list[1:]
		for _, e := range edges[w.at] {
			path := append(slices.Clone(w.path), e)
			if e.to == start {
				if slices.ContainsFunc(path, func(e lockEdge) bool { return e.write }) {
					return path
				}
				continue
			}
			if !seen[e.to] {
				seen[e.to] = true
				list = append(list, way{e.to, path})
			}
		}
	}
	return nil
}

func (p *Checker) cycleFinding(path []lockEdge) finding.Finding {
	first := path[0]
	out := project.FindingAt(first.f.Unit.Source, first.e.Span, finding.Order, "", "")
	out.Warning = true
	var does []string
	hang := false
	for _, e := range path {
		does = append(does, fmt.Sprintf("%s holds self and locks some %s", e.f.Name(), e.e.Class.Name))
		hang = hang || p.locks.Of(e.f.Class).Kind == decorator.Mutex
		pos := project.FindingAt(e.f.Unit.Source, e.e.Span, "", "", "")
		out.Related = append(out.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column,
			Message: fmt.Sprintf("%s holds self (%s) and locks some %s", e.f.Name(), e.f.Class.Name, e.e.Class.Name)})
	}
	end := "two threads that do so at once wait for each other, and one gets RuntimeError"
	if hang {
		end = "two threads that do so at once hang"
	}
	out.Message = fmt.Sprintf("%s: %s", strings.Join(does, ", and "), end)
	out.Help = "call before taking the lock or after it"
	if at := effects.PathOf(first.f, first.e.Region); at != "" {
		out.Help += fmt.Sprintf(", or take both together: @cython.write_lock(%q, %q) on %s", rootName(first.f, first.e.Region), at, first.f.Name())
	}
	return out
}
