package expand

// Objects without a name: how many a function locks is known only when it runs. They
// are gathered in two lists, of what is read and what is written, and taken together.
// Guards that are assigned at times are looked at again under the locks.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/plan"
)

// item is the variable that stands for one item.
const item = "_pyxlock_item"

// expandItems expands an rwlock plan that locks items.
func expandItems(pl *plan.Plan, s style) *expansion {
	g := s.local("guards")
	guards := s.rt("Guards")
	x := &expansion{open: "try:", rwlock: true}
	x.declare = []string{"cdef " + guards + " " + g}
	x.declareInline = []string{g + " = " + s.cython + ".declare(" + guards + ")"}
	if s.pure {
		x.declare = x.declareInline
		x.cython = true
	}
	try := ""
	if pl.Nonblocking {
		try = "try_"
	}
	release := s.give("release_objects", s.addr(g))
	lists := map[effects.Mode]*objects{effects.Read: {}, effects.Write: {}}
	var copies []string // what comes once, whatever is looked at again
	moving := false
	for i, h := range pl.Holds {
		list := lists[h.Mode]
		moves := slices.Contains(h.Moving, true)
		moving = moving || moves
		if h.Items {
			from, before := s.collection(h, i)
			copies = append(copies, before...)
			h.Path, h.Moving = []string{item}, nil
			v, _ := s.value(h, i, false, "None")
			list.items = append(list.items, items{v, from, moves})
			continue
		}
		v, before := s.value(h, i, false, "None")
		x.acquire = append(x.acquire, before...)
		list.named = append(list.named, v)
	}
	var looks []string
	if moving {
		if looks = still(x.acquire); len(looks) == 0 {
			looks = append(looks, "_pyxlock_moved = False")
		}
	}
	var args []string
	for _, md := range []effects.Mode{effects.Read, effects.Write} {
		list := lists[md]
		if len(list.items) == 0 {
			args = append(args, list.text())
			continue
		}
		// A variable keeps the objects while they are locked, whatever becomes of
		// the collections.
		name := s.local("to_" + md.String())
		gather, again := list.gather(s, name)
		x.acquire = append(x.acquire, gather...)
		looks = append(looks, again...)
		args = append(args, name)
	}
	x.acquire = append(x.acquire, s.take(try+"acquire_objects", s.addr(g)+", "+strings.Join(args, ", ")))
	x.acquire = append(copies, again(x.acquire, looks, release)...)
	x.closing = []string{release}
	x.cython = x.cython || moving
	return x
}

// objects are what a function holds in one mode.
type objects struct {
	named []string // expressions, each an object
	items []items
}

// items are those of one collection: what is locked of each, and whether it is a guard that
// may be another one by then.
type items struct {
	value, from string
	moves       bool
}

func (i *items) text() string { return fmt.Sprintf("[%s for %s in %s]", i.value, item, i.from) }

func (o *objects) text() string {
	var all []string
	if len(o.named) > 0 {
		all = append(all, "["+strings.Join(o.named, ", ")+"]")
	}
	for i := range o.items {
		all = append(all, o.items[i].text())
	}
	if len(all) == 0 {
		return "None"
	}
	return strings.Join(all, " + ")
}

// gather makes a list of the objects, and looks again for those that are others by the
// time that they are held. Each guard is read as kept does it.
func (o *objects) gather(s style, list string) (lines, looks []string) {
	if !slices.ContainsFunc(o.items, func(i items) bool { return i.moves }) {
		return []string{list + " = " + o.text()}, nil
	}
	lines = []string{list + " = [" + strings.Join(o.named, ", ") + "]"}
	looks = []string{fmt.Sprintf("_pyxlock_place = %d", len(o.named))}
	for i := range o.items {
		from := &o.items[i]
		if !from.moves {
			lines = append(lines, list+" += "+from.text())
			looks = append(looks, fmt.Sprintf("_pyxlock_place += len(%s)", from.from))
			continue
		}
		each := []string{fmt.Sprintf("for %s in %s:", item, from.from), fmt.Sprintf("\twith %s.critical_section(%s):", s.cython, item)}
		lines = append(append(lines, each...), fmt.Sprintf("\t\t%s.append(%s)", list, from.value))
		looks = append(append(looks, each...), fmt.Sprintf("\t\t_pyxlock_moved = _pyxlock_moved or (%s) is not %s[_pyxlock_place]", from.value, list), "\t_pyxlock_place += 1")
	}
	return lines, looks
}

// collection returns the expression whose items a hold locks, and statements that
// must come first: what others can change is copied, and the body uses the copy.
func (s style) collection(h plan.Hold, i int) (expr string, before []string) {
	name := h.Path[0]
	switch h.Param {
	case ast.Star:
		return name, nil
	case ast.DoubleStar:
		return name + ".values()", nil
	}
	expr = s.local("found")
	if i > 0 {
		expr = fmt.Sprintf("%s_%d", expr, i)
	}
	before = []string{fmt.Sprintf("%s = %s(%s)", expr, s.rt("items"), name)}
	if h.Copied {
		before = append(before, fmt.Sprintf("%s = %s(%s, %s)", name, s.rt("stand_in"), name, expr))
	}
	return expr, before
}
