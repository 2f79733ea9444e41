package rules

// PXL204 and PXL213 of locks that people placed: one that its holder takes once more, and several that are
// taken in no common order.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// handOrder is an order in which a function takes two locks.
type handOrder struct {
	*effects.Taking
	f           *effects.Function
	held        effects.Placed
	first, then effects.LockKind
}

// takenByHand reports locks that are taken by who holds them, and those that threads take in a circle.
func (p *Checker) takenByHand(mods []*project.Module) []finding.Finding {
	var out []finding.Finding
	orders := map[effects.LockKind][]*handOrder{}
	signal := map[effects.LockKind]bool{}
	for _, m := range mods {
		for _, f := range p.prog.Funcs(m).All {
			for _, k := range effects.Signals(p.prog, f) {
				signal[k] = true
			}
		}
	}
	for _, m := range mods {
		for _, f := range p.prog.Funcs(m).All {
			list := effects.Takings(p.prog, f)
			if len(list) == 0 || p.prog.Exempt(f) || f.Class != nil && effects.IsLock(p.prog, f.Class) { // how a lock is made of others is its own business
				continue
			}
			told := map[string]bool{}
			for i := range list {
				t := &list[i]
				if kind, _ := t.Lock.Kind(); !t.Twice || told[t.Lock.Text()] || signal[kind] {
					continue
				}
				if w, ok := p.twice(f, t); ok {
					told[t.Lock.Text()] = true
					out = append(out, w)
				}
			}
			for i := range list {
				for _, h := range list[i].Held {
					o := &handOrder{Taking: &list[i], f: f, held: h}
					var known, also bool
					o.first, known = h.Kind()
					o.then, also = list[i].Lock.Kind()
					if !known || !also || list[i].Twice || signal[o.first] || signal[o.then] {
						continue
					}
					orders[o.first] = append(orders[o.first], o)
				}
			}
		}
	}
	return append(out, circles(orders)...)
}

// twice is the finding about a lock that its holder takes once more, if it does so for certain.
func (p *Checker) twice(f *effects.Function, t *effects.Taking) (finding.Finding, bool) {
	out := project.FindingAt(f.Unit.Source, t.Span, finding.Reentry, "", "")
	out.Warning = true
	out.Help = "the thread waits for itself: move what both do to a function that takes no lock, or use a lock that may be taken again (threading.RLock)"
	if t.Via == nil {
		out.Message = fmt.Sprintf("%s takes %s, which it holds already", f.Name(), t.Lock.Text())
		return out, true
	}
	kind, ok := t.Lock.Kind()
	if !ok {
		return out, false
	}
	in, at, ok := effects.TakenIn(t.Via, kind)
	if !ok {
		return out, false
	}
	out.Message = fmt.Sprintf("%s calls %s, which takes %s, while it holds that already", f.Name(), t.Via.Name(), t.Lock.Text())
	out.Related = []finding.Related{relatedAt(in, at, in.Name()+" takes it")}
	return out, true
}

func relatedAt(f *effects.Function, at ast.Span, message string) finding.Related {
	pos := project.FindingAt(f.Unit.Source, at, "", "", "")
	return finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: message}
}

// circles reports orders that lead back to where they began, each circle once.
func circles(orders map[effects.LockKind][]*handOrder) []finding.Finding {
	var all []*handOrder
	for _, list := range orders {
		all = append(all, list...)
	}
	place := func(o *handOrder) string { return fmt.Sprintf("%s:%08d", o.f.Unit.Path, o.Span.Pos) }
	byPlace := func(a, b *handOrder) int {
		return cmp.Or(strings.Compare(place(a), place(b)), strings.Compare(a.held.Text(), b.held.Text()), strings.Compare(a.Lock.Text(), b.Lock.Text()))
	}
	slices.SortFunc(all, byPlace)
	for _, list := range orders {
		slices.SortFunc(list, byPlace)
	}
	var out []finding.Finding
	reported := map[effects.LockKind]bool{}
	for _, o := range all {
		if reported[o.first] {
			continue
		}
		if o.first == o.then {
			if back := against(o, orders[o.first]); back != nil {
				reported[o.first] = true
				out = append(out, o.finding([]*handOrder{back}))
			}
			continue
		}
		if way := wayBack(orders, o); way != nil {
			reported[o.first] = true
			for _, b := range way {
				reported[b.first] = true
			}
			out = append(out, o.finding(way))
		}
	}
	return out
}

// against returns what takes two locks of one kind the other way round than o may: o itself, whose caller chooses
// which of two objects is which.
func against(o *handOrder, list []*handOrder) *handOrder {
	i, first := o.held.Param()
	k, then := o.Lock.Param()
	if !first || !then || i == k || !alikeParams(o.f, i, k) {
		return nil
	}
	if slices.ContainsFunc(list, func(b *handOrder) bool {
		return b.f == o.f && b.held.Text() == o.Lock.Text() && b.Lock.Text() == o.held.Text()
	}) {
		return nil // now this one first and now that one: it chooses
	}
	return o
}

// alikeParams reports whether two parameters may have each other's objects.
func alikeParams(f *effects.Function, i, k int) bool {
	x, y := f.Flow.Nodes[f.Flow.Params[i]].Shape.Class, f.Flow.Nodes[f.Flow.Params[k]].Shape.Class
	return x != nil && y != nil && project.Related(x, y)
}

// wayBack returns the shortest way from what an order takes to what it holds; nil where there is none.
func wayBack(orders map[effects.LockKind][]*handOrder, o *handOrder) []*handOrder {
	type step struct {
		at   effects.LockKind
		from *step
		by   *handOrder
	}
	seen := map[effects.LockKind]bool{o.then: true}
	for queue := []*step{{at: o.then}}; len(queue) > 0; queue = queue[1:] {
		for _, e := range orders[queue[0].at] {
			if e.then == o.first {
				way := []*handOrder{e}
				for s := queue[0]; s.by != nil; s = s.from {
					way = append(way, s.by)
				}
				slices.Reverse(way)
				return way
			}
			if !seen[e.then] {
				seen[e.then] = true
				queue = append(queue, &step{e.then, queue[0], e})
			}
		}
	}
	return nil
}

// finding is that about an order and what leads back.
func (o *handOrder) finding(back []*handOrder) finding.Finding {
	out := project.FindingAt(o.f.Unit.Source, o.Span, finding.Order, "", "")
	out.Warning = true
	out.Gist = o.f.Name() + " takes " + o.Lock.Text() + " while it holds " + o.held.Text()
	if back[0] == o {
		out.Message = fmt.Sprintf("%s takes %s while it holds %s, in the order of its arguments: two threads that have them the other way round wait for each other", o.f.Name(), o.Lock.Text(), o.held.Text())
		out.Help = "take the two in an order that does not depend on who calls: that of id()"
		return out
	}
	last := back[len(back)-1]
	out.Message = fmt.Sprintf("%s takes %s while it holds %s, and %s takes such locks the other way round: two threads may wait for each other", o.f.Name(), o.Lock.Text(), o.held.Text(), last.f.Name())
	out.Help = "take them in one order everywhere"
	for _, b := range back {
		out.Related = append(out.Related, relatedAt(b.f, b.Span, fmt.Sprintf("%s takes %s while it holds %s", b.f.Name(), b.Lock.Text(), b.held.Text())))
	}
	return out
}
