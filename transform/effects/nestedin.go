package effects

// What is in the containers that attributes hold, and what is in that: the nodes of a list that a dict has, the rows of a
// table. A lock of its own each of them has, if any, for one step; that several steps on them fit together is up to the
// lock of the object that leads there. So changing one changes the object.

import (
	"cmp"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// insideDepth bounds how far back a value is followed to what it was got out of.
const insideDepth = 32

// gotOutOf visits what a value was got out of: the container of which it is an item, and with attributes also the object
// without a known class of which it is an attribute; and then what these were got out of.
func (fl *Flow) gotOutOf(n int32, attributes bool, visit func(of int32)) {
	list := []int32{n}
	out := map[int32]bool{}
	for i := 0; i < len(list) && i < insideDepth; i++ {
		x := &fl.Nodes[list[i]]
		add := func(of int32, inside bool) {
			if of == 0 {
				return
			}
			if inside && !out[of] && fl.Nodes[of].Shape.Class == nil {
				out[of] = true
				visit(of)
			}
			if !slices.Contains(list, of) {
				list = append(list, of)
			}
		}
		switch g, got := fl.got[list[i]]; {
		case x.Kind == NodeContained:
			add(x.Base, true)
		case x.Kind == NodeUnknown && x.Base != 0: // "d.get(k)"
			add(x.Base, true)
		case attributes && got && g.via == Within:
			add(g.node, true)
		case x.Kind == NodeCast:
			add(x.Base, false)
		case x.Kind == NodeLocal:
			for _, from := range x.From {
				add(from, false)
			}
		}
	}
}

// setsAttribute notes that an attribute of an object without a known class is assigned to, where an attribute of another object or
// a parameter may have led there.
func setsAttribute(b expressions, base int32, name string, span ast.Span) int32 {
	leads := false
	led := func(of int32) {
		switch x := &b.flow.Nodes[of]; x.Kind {
		case NodeField:
			leads = true
		case NodeParam:
			leads = leads || x.Num > 0 || b.f.PyClass == ""
		}
	}
	led(b.origin(base))
	b.flow.gotOutOf(base, true, func(of int32) { led(b.origin(of)) })
	if leads {
		b.effect(base, nil, OnValue, Write, false, SetsWithin, name, span)
	}
	return 0
}

// changesWithin visits what else is changed where a value is: the containers and objects, of an attribute or a parameter,
// that it was got out of.
func changesWithin(s *Solver, n int32, attributes bool, visit func(r Ref)) {
	var seen []int32
	s.flow.gotOutOf(n, attributes, func(of int32) {
		for _, r := range s.refs(of) {
			x := &s.sum.Regions[r.Region]
			if r.Class != nil || x.Parent < 0 && x.Root != NodeParam || x.Parent >= 0 && s.sum.moved(r.Region) == replaced || slices.Contains(seen, r.Region) {
				continue // what has been put there since is found by itself
			}
			seen = append(seen, r.Region)
			visit(r)
		}
	})
}

// setsA is how a write to an item of a class changes what has the item.
func setsA(s *Solver, c *project.Class) Cause {
	if s.p.Guards(c) {
		return SetsItem
	}
	return SetsWithin
}

// alsoWithin notes an action's effect on what leads to what it changes.
func alsoWithin(s *Solver, a *action) {
	if a.Mode != Write || a.takes {
		return
	}
	ofClass := a.Kind == OnState && a.raw && a.class != nil && s.flow.Nodes[a.Node].Shape.Class != nil
	if !ofClass && (a.Kind != OnValue || a.class != nil || a.Cause != ChangesContainer && a.Cause != SetsWithin) {
		return
	}
	changesWithin(s, a.Node, ofClass || a.Cause == SetsWithin, func(r Ref) {
		e := &Effect{Kind: OnValue, Mode: Write, Raw: a.raw, Cause: a.Cause, Name: a.Name, Behind: true, Span: a.Span, locks: (heldLocks{s}).heldAt(a.history), freed: (heldLocks{s}).freedAt(a.history)}
		if ofClass {
			e.Cause, e.Name = setsA(s, a.class), cmp.Or(a.Field, a.class.Name)
		}
		s.add(r.Region, e, held{under: a.under, node: a.Node})
	})
}

// withinGiven adds to what a callee's effect is on the containers that the argument was got out of, where the callee changes
// a container or sets attributes.
func withinGiven(s *Solver, c *Call, e *Effect, r *Region, to []meaning) []meaning {
	by := ends(e)
	if e.Kind != OnValue || e.Mode != Write || e.Class != nil || r.Parent >= 0 || int(r.Num) >= len(c.Args) || by != ChangesContainer && by != SetsWithin {
		return to
	}
	to = slices.Clone(to)
	changesWithin(s, c.Args[r.Num], by == SetsWithin, func(r Ref) { to = append(to, meaning{r, []int32{r.Region}}) })
	return to
}

// setsGiven notes that a callee writes to an object without taking its lock, on the containers that the argument was got out of.
func setsGiven(s *Solver, c *Call, g *Function, e *Effect, r *Region, holds bool) {
	if e.Kind != OnState || e.Mode != Write || !e.Raw || holds || e.Class == nil || r.Parent >= 0 || int(r.Num) >= len(c.Args) || c.Args[r.Num] == 0 || e.Asked {
		return
	}
	changesWithin(s, c.Args[r.Num], true, func(to Ref) {
		by := setsA(s, e.Class)
		if by == SetsItem && runsPython(g, e) {
			return // with the GIL, too, others came in between; under its own lock it is one step
		}
		s.add(to.Region, &Effect{Kind: OnValue, Mode: Write, Raw: true, Cause: by, Name: cmp.Or(atEnd(e).Field, e.Class.Name), Behind: true, Span: c.Span, locks: (heldLocks{s}).heldAt(c.history), freed: (heldLocks{s}).freedAt(c.history)},
			held{under: c.under, node: c.Args[r.Num]})
	})
}

// runsPython reports whether a function, or one that it calls to that end, runs Python code beside what it does.
func runsPython(f *Function, e *Effect) bool {
	for range longest {
		if f.Flow != nil && len(f.Flow.Python) > 0 {
			return true
		}
		if e.Via == nil {
			break
		}
		f, e = e.Via, &e.Via.Sum.Effects[e.next]
	}
	return false
}

// asksNoLock reports whether a write alone is no reason to lock the class, though a method of a locked one that does it
// locks for writing: what it changes is another object.
func asksNoLock(e *Effect) bool {
	by := ends(e)
	return by == Moves || by == SetsWithin || by == SetsItem
}

// SetsItems reports whether an effect is a write to an item that has a lock of its own. Under that, a read lock on what has the
// item may do, and whoever wrote the decorator may know; several steps on items that belong together need more.
func SetsItems(e *Effect) bool { return ends(e) == SetsItem }
