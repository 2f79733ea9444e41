package effects

// Which attributes lead back where others lead to: a node's next and its previous one, a
// child in a list and its parent. Locks that are taken along both can be taken in both
// orders by two threads; along one of them alone, from parent to child, they cannot.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// Way is how an object is come to from another: by an attribute that holds it, or by one
// that holds a container of it.
type Way struct {
	Name  string
	Items bool
	Via   Via
}

// Opposites are pairs of ways, one of which leads back where the other leads to.
type Opposites map[[2]Way]bool

// Lead reports whether one way may lead back where the other came from.
func (o Opposites) Lead(a, b Way) bool { return o[[2]Way{a, b}] || o[[2]Way{b, a}] }

// Links are what functions store of objects that they know in attributes of others.
type Links []functionLinks

type functionLinks struct {
	f     *Function
	links []link
}

// LinksOf finds them; the functions are solved.
func LinksOf(p *Program, all []*Function) Links {
	out := Links{}
	s := p.Solver()
	for _, f := range all {
		if links := linksOf(s, f); len(links) > 0 {
			out = append(out, functionLinks{f, links})
		}
	}
	return out
}

// OppositesOf finds them by what functions, which are solved, store in two objects at
// once: x.next = y with y.prev = x.
func OppositesOf(all Links) Opposites {
	out := Opposites{}
	for _, of := range all {
		for i, a := range of.links {
			for _, b := range of.links[i:] {
				if a.from == b.to && a.to == b.from && a.from != a.to {
					out[[2]Way{a.by, b.by}] = true
				}
			}
		}
	}
	return out
}

// link is an object that another one is given, both as regions.
type link struct {
	from, to int32
	by       Way
	class    *project.Class // of the one that is given it, as far as known
	at       ast.Span       // where; zero where that is not known
}

// linksOf returns what a function, and what it calls, stores of objects that it knows in
// attributes of others.
func linksOf(s *Solver, f *Function) []link {
	if !storing(f) {
		return nil
	}
	s.At(f)
	var out []link
	add := func(from, to []int32, by Way, c *project.Class, at ast.Span) {
		for _, x := range from {
			for _, y := range to {
				if l := (link{x, y, by, c, at}); !slices.ContainsFunc(out, func(o link) bool { return o.from == x && o.to == y && o.by == by && o.class == c }) {
					out = append(out, l)
				}
			}
		}
	}
	// What an item leads to, and what is in it: pairs, bound methods.
	itemsOf := func(item int32, into []int32, name string, class *project.Class, at ast.Span) {
		for _, c := range f.Flow.carriedBy(item, carriedDepth) {
			add(into, s.regions(c.node), Way{Name: name, Items: true, Via: c.via}, class, at)
		}
		for n := range f.Flow.behind(item, nameDepth) {
			for _, x := range f.Flow.content[n] {
				if x != unknownItem {
					add(into, s.regions(x), Way{Name: name, Items: true}, class, at)
				}
			}
		}
	}
	for _, st := range f.Flow.Stores {
		into, class := s.regions(st.Into), f.Flow.Nodes[st.Into].Shape.Class
		add(into, s.regions(st.Value), Way{Name: st.Name}, class, st.Span)
		for _, c := range f.Flow.carriedBy(st.Value, carriedDepth) {
			for _, to := range f.Flow.carriedIn(c) {
				add(into, s.regions(to), Way{Name: st.Name, Items: c.items, Via: c.via}, class, st.Span)
			}
		}
		for n := range f.Flow.behind(st.Value, nameDepth) { // a list that is made of it
			for _, item := range f.Flow.content[n] {
				if item != unknownItem {
					add(into, s.regions(item), Way{Name: st.Name, Items: true}, class, st.Span)
					itemsOf(item, into, st.Name, class, st.Span)
				}
			}
		}
	}
	for _, x := range f.Flow.puts {
		if n, name := holder(f.Flow, x.in); n != 0 && x.item != unknownItem {
			add(s.regions(n), s.regions(x.item), Way{Name: name, Items: true}, f.Flow.Nodes[n].Shape.Class, ast.Span{})
			itemsOf(x.item, s.regions(n), name, f.Flow.Nodes[n].Shape.Class, ast.Span{})
		}
	}
	for i := range f.Flow.Calls {
		c := &f.Flow.Calls[i]
		for _, g := range c.Callees {
			for k := range g.Sum.assigns {
				a := &g.Sum.assigns[k]
				if a.value < 0 {
					continue
				}
				values := s.passedOn(c, g, a.value)
				for _, r := range s.passedOn(c, g, a.into) {
					by, of := Way{Name: a.name}, a.owner
					if a.name == anyItem { // what has the container is meant
						if f.Sum.Regions[r].Parent < 0 {
							continue
						}
						by, of = Way{Name: f.Sum.Regions[r].Name, Items: true}, f.Sum.Regions[r].Owner
						r = f.Sum.Regions[r].Parent
					}
					add([]int32{r}, values, by, of, c.Span)
				}
			}
		}
	}
	return out
}

// storing reports whether a function, or what it calls, stores anything.
func storing(f *Function) bool {
	return len(f.Flow.Stores)+len(f.Flow.puts) > 0 || slices.ContainsFunc(f.Flow.Calls, func(c Call) bool {
		return slices.ContainsFunc(c.Callees, func(g *Function) bool { return len(g.Sum.assigns) > 0 })
	})
}

// holder returns the object whose attribute holds a container, and the attribute's name.
func holder(fl *Flow, n int32) (of int32, name string) {
	for range 8 {
		x := &fl.Nodes[n]
		switch {
		case x.Kind == NodeField:
			return x.Base, x.Name
		case x.Kind == NodeCast || x.Kind == NodeContained || x.Kind == NodeUnknown && x.Base != 0:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return 0, ""
		}
	}
	return 0, ""
}

// WayTo returns by which way a region is come to from the object of the function: by one of
// its attributes, or out of a container that one holds.
func (f *Function) WayTo(region int32) (Way, bool) {
	x := &f.Sum.Regions[region]
	switch {
	case x.Root == NodeParam && x.Parent >= 0 && !x.OfItems() && x.Num == 0 && f.Sum.Regions[x.Parent].Parent < 0:
		return Way{Name: x.Name}, true
	case x.Root == NodeUnknown && x.Parent < 0 && x.Num > 0 && len(f.Flow.Params) > 0:
		// What is in a container is known by that.
		if n, name := holder(f.Flow, x.Num); n != 0 && leadsTo(f.Flow, n, f.Flow.Params[0]) {
			return Way{Name: name, Items: true}, true
		}
		return wayOf(f.Flow, x.Num, f.Flow.Params[0])
	}
	return Way{}, false
}

// WayOf is a way from objects of a class.
type WayOf struct {
	Way Way
	Of  *project.Class
}

// StepsTo returns the ways, one after the other, by which a region is come to from the object of the function;
// nil where it is something else, and where it is one way.
func (f *Function) StepsTo(region int32) []WayOf {
	var out []WayOf
	for r := region; ; {
		x := &f.Sum.Regions[r]
		if x.Root != NodeParam || x.Num != 0 {
			return nil
		}
		if x.Parent < 0 {
			break
		}
		st := WayOf{Way: Way{Name: x.Name}, Of: x.Owner}
		if x.OfItems() {
			if x = &f.Sum.Regions[x.Parent]; x.Parent < 0 {
				return nil
			}
			st = WayOf{Way: Way{Name: x.Name, Items: true}, Of: x.Owner}
		}
		if st.Of == nil {
			return nil
		}
		out, r = append(out, st), x.Parent
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// wayOf returns by which way a value is come to from an object: what is nothing else but an attribute
// of it, an item of a container that one holds, or what one of its C methods returns of these.
func wayOf(fl *Flow, n, from int32) (Way, bool) {
	return stepsTo(fl, n, from, 8)
}

func stepsTo(fl *Flow, n, from int32, depth int) (way Way, ok bool) {
	if n == 0 || depth == 0 {
		return Way{}, false
	}
	x := &fl.Nodes[n]
	switch x.Kind {
	case NodeField:
		return Way{Name: x.Name}, x.owner != nil && leadsTo(fl, x.Base, from)
	case NodeCast:
		return stepsTo(fl, x.Base, from, depth-1)
	case NodeContained:
		if of, name := holder(fl, n); of != 0 && leadsTo(fl, of, from) {
			return Way{Name: name, Items: true}, true
		}
		return itemWay(fl, x.Base, from, depth-1)
	case NodeUnknown:
		if of, name := holder(fl, x.Base); x.Base != 0 && of != 0 && leadsTo(fl, of, from) {
			return Way{Name: name, Items: true}, true // self.items.get(key)
		}
		if g, known := fl.got[n]; known {
			if way, ok = stepsTo(fl, g.node, from, depth-1); way.Via != Directly || g.via == Within {
				way = Way{Name: way.Name, Via: Within}
			} else {
				way.Via = g.via
			}
			return way, ok
		}
	case NodeLocal:
		for _, f := range x.From {
			if f == 0 || fl.Nodes[f].Kind == NodeNothing || ofNumbers(fl, f) {
				continue
			}
			w, leads := stepsTo(fl, f, from, depth-1)
			if !leads {
				return Way{}, false
			}
			if !ok {
				way, ok = w, true // one of them
			}
		}
		return way, ok
	case NodeCall:
		c := &fl.Calls[x.Num]
		if len(c.Args) == 0 || !leadsTo(fl, c.Args[0], from) {
			return Way{}, false
		}
		for _, g := range c.Callees {
			if g.Class == nil || len(g.Flow.Params) == 0 || len(g.Flow.Returns) == 0 {
				return Way{}, false
			}
			for _, r := range g.Flow.Returns {
				if r == 0 || g.Flow.Nodes[r].Kind == NodeNothing {
					continue
				}
				w, leads := stepsTo(g.Flow, r, g.Flow.Params[0], depth-1)
				if !leads || ok && w != way {
					return Way{}, false
				}
				way, ok = w, true
			}
		}
		return way, ok
	}
	return Way{}, false
}

// ofNumbers reports whether a value is an item of a container that the function made with numbers, texts and
// None alone.
func ofNumbers(fl *Flow, n int32) bool {
	if fl.Nodes[n].Kind != NodeContained {
		return false
	}
	for n := range fl.behind(fl.Nodes[n].Base, nameDepth) {
		if fl.Nodes[n].Kind == NodeFresh {
			return len(fl.content[n]) > 0 && !slices.ContainsFunc(fl.content[n], func(x int32) bool { return x == unknownItem || fl.Nodes[x].Kind != NodeNothing })
		}
	}
	return false
}

// itemWay is stepsTo for what is in a container: in one that the function made, what that was made with.
func itemWay(fl *Flow, container, from int32, depth int) (way Way, ok bool) {
	for n := range fl.behind(container, nameDepth) {
		if fl.Nodes[n].Kind != NodeFresh {
			continue
		}
		for _, x := range fl.content[n] {
			if x == unknownItem || fl.Nodes[x].Kind == NodeNothing {
				continue
			}
			w, leads := stepsTo(fl, x, from, depth)
			if !leads {
				return Way{}, false
			}
			way, ok = w, true
		}
		return way, ok
	}
	way, ok = stepsTo(fl, container, from, depth)
	if ok && way.Via != Within {
		way.Items = true
	}
	return way, ok && (way.Via == Within || way.Items)
}

// Passed reports whether callers of a function choose the object that a region is: a
// parameter beside its own object, or what is somewhere in a container that is one.
func (f *Function) Passed(region int32) bool {
	x := &f.Sum.Regions[region]
	if x.Root == NodeParam {
		return x.Parent < 0 || x.OfItems()
	}
	if x.Root != NodeUnknown || x.Parent >= 0 || x.Num <= 0 {
		return false
	}
	n := x.Num
	for range 8 {
		x := &f.Flow.Nodes[n]
		switch {
		case x.Kind == NodeParam:
			return f.Class == nil || x.Num > 0
		case x.Kind == NodeCast || x.Kind == NodeContained:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return false
		}
	}
	return false
}

// HelpersOf returns the C methods that a function calls on its own object, the functions of a module that
// it passes this to as their first argument, and what these call so: they run under its lock.
func HelpersOf(p *Program, f *Function) []*Function {
	out := []*Function{f}
	for i := 0; i < len(out); i++ {
		g := out[i]
		if len(g.Flow.Params) == 0 {
			continue
		}
		for k := range g.Flow.Calls {
			c := &g.Flow.Calls[k]
			if len(c.Args) == 0 || !leadsTo(g.Flow, c.Args[0], g.Flow.Params[0]) {
				continue
			}
			for _, h := range c.Callees {
				if (h.Class == nil || !h.Exposed()) && !p.Exempt(h) && !slices.Contains(out, h) {
					out = append(out, h)
				}
			}
		}
	}
	return out[1:]
}

// leadsTo reports whether a value is another by a further name.
func leadsTo(fl *Flow, n, to int32) bool {
	for n := range fl.behind(n, nameDepth) {
		if n == to {
			return true
		}
	}
	return false
}
