package expand

// Objects without a name: how many a function locks is known only when it runs. They
// are gathered in two lists, of what is read and what is written, and taken together.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/plan"
)

// item is the variable that stands for one item.
const item = "_pyxlock_item"

// expandItems expands an rwlock plan that locks items.
func expandItems(pl *plan.Plan, s style) *expansion {
	const g = "_pyxlock_guards"
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
	lists := map[effects.Mode]*objects{effects.Read: {}, effects.Write: {}}
	for i, h := range pl.Holds {
		list := lists[h.Mode]
		if h.Items {
			from, before := s.collection(h, i)
			x.acquire = append(x.acquire, before...)
			h.Path = []string{item}
			v, _ := s.value(h, i, false, "None")
			list.items = append(list.items, fmt.Sprintf("[%s for %s in %s]", v, item, from))
			continue
		}
		v, before := s.value(h, i, false, "None")
		x.acquire = append(x.acquire, before...)
		list.named = append(list.named, v)
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
		name := "_pyxlock_to_" + md.String()
		x.acquire = append(x.acquire, name+" = "+list.text())
		args = append(args, name)
	}
	x.acquire = append(x.acquire, fmt.Sprintf("%s(%s, %s)", s.rt(try+"acquire_objects"), s.addr(g), strings.Join(args, ", ")))
	x.closing = []string{fmt.Sprintf("%s(%s)", s.rt("release_objects"), s.addr(g))}
	return x
}

// objects are what a function holds in one mode.
type objects struct {
	named []string // expressions, each an object
	items []string // expressions, each a list
}

func (o *objects) text() string {
	all := o.items
	if len(o.named) > 0 {
		all = append([]string{"[" + strings.Join(o.named, ", ") + "]"}, all...)
	}
	if len(all) == 0 {
		return "None"
	}
	return strings.Join(all, " + ")
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
	expr = "_pyxlock_found"
	if i > 0 {
		expr = fmt.Sprintf("%s_%d", expr, i)
	}
	before = []string{fmt.Sprintf("%s = %s(%s)", expr, s.rt("items"), name)}
	if h.Copied {
		before = append(before, fmt.Sprintf("%s = %s(%s, %s)", name, s.rt("stand_in"), name, expr))
	}
	return expr, before
}
