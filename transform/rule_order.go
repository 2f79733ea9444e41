package transform

// PXL213: classes whose members lock each other's objects in no common order.

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// lockEdge is a member of one class that, holding its object, comes to lock
// another class's.
type lockEdge struct {
	from, to *class
	write    bool
	f        *function
	e        *found
}

// lockOrder finds cycles of such edges among the solved functions. It looks at
// all modules together.
func (p *checker) lockOrder(mods []*module) []Finding {
	if p.off {
		return nil
	}
	var out []Finding
	edges := map[*class][]lockEdge{}
	var classes []*class
	for _, m := range mods {
		if m.broken() {
			continue
		}
		for _, f := range p.prog.funcs(m).all {
			if !p.prog.member(f) || p.prog.exempt(f) {
				continue
			}
			md, holds := p.prog.modeOf(f)
			if !holds {
				continue
			}
			for i := range f.sum.effects {
				e := &f.sum.effects[i]
				x := &f.sum.regions[e.region]
				if e.raw || e.via == nil || e.kind == onPython || !p.prog.guards(e.class) || x.parent < 0 && x.root == nodeParam {
					continue
				}
				mine, its := p.locks.lockOf(f.class), p.locks.lockOf(e.class)
				from, to := mine.owner, its.owner
				writes := e.mode == write || md == write || mine.kind == Mutex || its.kind == Mutex
				// A critical section lets go of its object while it waits.
				if from == to || mine.kind == CriticalSection || slices.ContainsFunc(edges[from], func(o lockEdge) bool { return o.to == to && (o.write || !writes) }) {
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
	reported := map[*class]bool{}
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

func less(a, b *class) bool {
	if a.mod.stem != b.mod.stem {
		return a.mod.stem < b.mod.stem
	}
	return a.name < b.name
}

// cycle returns the edges of a shortest way from a class back to it on which
// something is locked for writing.
func cycle(edges map[*class][]lockEdge, start *class) []lockEdge {
	type way struct {
		at   *class
		path []lockEdge
	}
	seen := map[*class]bool{}
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

func (p *checker) cycleFinding(path []lockEdge) Finding {
	first := path[0]
	out := at(first.f.unit.source, first.e.span, codeOrder, "", "")
	out.Warning = true
	var does []string
	hang := false
	for _, e := range path {
		does = append(does, fmt.Sprintf("%s holds self and locks some %s", e.f.name(), e.e.class.name))
		hang = hang || p.locks.lockOf(e.f.class).kind == Mutex
		pos := at(e.f.unit.source, e.e.span, "", "", "")
		out.Related = append(out.Related, Related{Path: pos.Path, Line: pos.Line, Column: pos.Column,
			Message: fmt.Sprintf("%s holds self (%s) and locks some %s", e.f.name(), e.f.class.name, e.e.class.name)})
	}
	end := "two threads that do so at once wait for each other, and one gets RuntimeError"
	if hang {
		end = "two threads that do so at once hang"
	}
	out.Message = fmt.Sprintf("%s: %s", strings.Join(does, ", and "), end)
	out.Help = "call before taking the lock or after it"
	if at := pathOf(first.f, first.e.region); at != "" {
		out.Help += fmt.Sprintf(", or take both together: @cython.write_lock(%q, %q) on %s", rootName(first.f, first.e.region), at, first.f.name())
	}
	return out
}
