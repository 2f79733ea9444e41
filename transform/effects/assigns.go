package effects

// What functions assign to attributes of what their parameters reach, for callers and
// for those who name paths.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// assigned is what a function assigns to an attribute of what its parameters reach.
type assigned struct {
	into  int32 // a region
	name  string
	owner *project.Class
	value int32 // a region that is reached from a parameter, or one of those below
}

// place is an attribute of an object.
type place struct {
	region int32
	name   string
}

const (
	someObject int32 = -1 - iota
	newObject        // made by the function itself
	noObject
)

// assign notes what a function assigns, for its callers.
func (s *Solver) assign() {
	made := returnsMade(s)
	var parts []assigned // of other objects that are made here
	holders := map[int32][]assigned{}
	known := make(map[assigned]bool, len(s.sum.assigns))
	for _, a := range s.sum.assigns {
		known[a] = true
	}
	note := func(a assigned) {
		x := &s.sum.Regions[a.into]
		if x.Root == NodeFresh && x.Parent < 0 && !made[x.Num] {
			parts = append(parts, a)
			return
		}
		if x.Root != NodeParam && !(x.Root == NodeFresh && made[x.Num]) || x.depth > 1 || s.sum.moved(a.into) != inPlace {
			return
		}
		if a.value >= 0 {
			switch v := &s.sum.Regions[a.value]; {
			case v.Root == NodeFresh && v.Parent < 0:
				if a.name != anyItem {
					holders[v.Num] = append(holders[v.Num], a)
				}
				a.value = newObject
			case v.Root != NodeParam || v.depth > 1 || s.sum.moved(a.value) == perhaps:
				a.value = someObject
			case s.sum.moved(a.value) == replaced:
				return // the values are noted, too
			}
		}
		if !known[a] {
			known[a] = true
			s.sum.assigns = append(s.sum.assigns, a)
			s.grown = true
		}
	}
	if s.flow.assigns {
		for i := range s.flow.Nodes {
			x := &s.flow.Nodes[i]
			if x.Kind != NodeAssigned {
				continue
			}
			values := s.Top(x.From[1])
			for _, b := range s.Top(x.From[0]) {
				if len(values) == 0 {
					note(assigned{b.Region, x.Name, x.owner, noObject})
				}
				for _, v := range values {
					note(assigned{b.Region, x.Name, x.owner, v.Region})
				}
			}
		}
	}
	for _, p := range s.flow.puts {
		values := []Ref{{someObject, nil}}
		if p.item != unknownItem {
			values = s.Top(p.item)
		}
		for _, in := range s.Top(p.in) {
			for _, v := range values {
				note(assigned{in.Region, anyItem, nil, v.Region})
			}
		}
	}
	for i := range s.flow.Calls {
		c := &s.flow.Calls[i]
		for _, g := range c.Callees {
			for k := range g.Sum.assigns {
				a := &g.Sum.assigns[k]
				into := s.passedOn(c, g, a.into)
				values := []int32{a.value}
				if a.value >= 0 {
					num := g.Sum.Regions[a.value].Num
					switch values = s.passedOn(c, g, a.value); {
					case len(values) > 0:
					case int(num) < len(c.Args) && c.Args[num] != 0:
						values = append(values, noObject) // None is passed
					default:
						values = append(values, someObject)
					}
				}
				for _, r := range into {
					for _, v := range values {
						note(assigned{r, a.name, a.owner, v})
					}
				}
			}
		}
	}
	// What a new object gets, the one gets through it that it is put into.
	for _, a := range parts {
		for _, in := range holders[s.sum.Regions[a.into].Num] {
			a.into = s.child(in.into, in.name, in.owner, inPlace)
			note(a)
		}
	}
	s.certainly()
}

// returnsMade returns the objects of a function's own making that it returns, or that are
// in what it returns.
func returnsMade(s *Solver) map[int32]bool {
	var out map[int32]bool
	of := func(n int32) {
		for _, r := range s.Top(n) {
			if x := &s.sum.Regions[r.Region]; x.Root == NodeFresh && x.Parent < 0 {
				if out == nil {
					out = map[int32]bool{}
				}
				out[x.Num] = true
			}
		}
	}
	for _, n := range s.flow.Returns {
		of(n)
	}
	for _, it := range s.flow.items {
		of(it.is)
	}
	return out
}

// passedOn returns what a region of a callee is to its caller.
func (s *Solver) passedOn(c *Call, g *Function, region int32) []int32 {
	var out []int32
	for _, b := range s.given(c, g, anchor(g, region)) {
		out = append(out, s.along(b.Region, g, region, c.history)...)
	}
	return out
}

// certainly notes which of the attributes that a function assigns to are assigned on
// every way through it. What was not found to be so once stays so.
func (s *Solver) certainly() {
	for i := range s.sum.assigns {
		at := place{s.sum.assigns[i].into, s.sum.assigns[i].name}
		was, known := s.sum.always[at]
		if known && !was {
			continue
		}
		h := lookback{s: s, region: at.region, name: at.name}
		for _, end := range s.flow.ends {
			h.from(end)
		}
		if s.sum.always == nil {
			s.sum.always = map[place]bool{}
		}
		if now := !h.entry; !known || now != was {
			s.sum.always[at] = now
			s.grown = true
		}
	}
}

// AssignsAlways reports whether a function assigns to an attribute of a parameter on every way through it.
func (f *Function) AssignsAlways(param int, name string) bool {
	_, always := f.assignsTo(param, name)
	return always
}

// assignsTo reports whether a function, or what it calls, assigns to an attribute of a parameter, and whether it does on
// every way through it.
func (f *Function) assignsTo(param int, name string) (some, always bool) {
	for i := range f.Sum.assigns {
		a := &f.Sum.assigns[i]
		if x := &f.Sum.Regions[a.into]; a.name == name && x.Parent < 0 && x.Root == NodeParam && int(x.Num) == param {
			some, always = true, always || f.Sum.always[place{a.into, name}]
		}
	}
	return some, always
}

// AtEntry reports whether a region is what its path leads to when f is entered, as
// far as f itself assigns to attributes: a lock on the path is a lock on the object.
func (f *Function) AtEntry(region int32) bool { return f.Sum.moved(region) == inPlace }

// Replaced reports whether a region is what an attribute led to before f assigned something else to it.
func (f *Function) Replaced(region int32) bool { return f.Sum.moved(region) == replaced }

// AssignedFirst returns the part of a path that a function assigns to where it uses
// what the path leads to only after that; "" where it does not.
func (f *Function) AssignedFirst(path string) string {
	used := map[int32]bool{} // what something is done to, and what leads there
	for i := range f.Sum.Effects {
		for r := f.Sum.Effects[i].Region; r >= 0 && !used[r]; r = f.Sum.Regions[r].Parent {
			used[r] = true
		}
	}
	out := ""
	length := strings.Count(path, ".")
	for i := range f.Sum.Regions {
		r := int32(i)
		if !used[r] && f.Sum.moved(r) == inPlace {
			continue
		}
		if x := &f.Sum.Regions[r]; x.Root != NodeParam || x.Parent < 0 || int(x.depth) != length && !x.OfItems() || PathOf(f, r) != path {
			continue
		}
		if f.Sum.moved(r) != replaced {
			return ""
		}
		for r >= 0 && f.Sum.moved(r) == replaced {
			if f.Sum.Regions[r].moved == replaced {
				out = PathOf(f, r)
			}
			r = f.Sum.Regions[r].Parent
		}
	}
	return out
}

// Assignment returns the place where a function itself first assigns the last
// attribute of a path; nothing where only its callees do.
func (f *Function) Assignment(path string) ast.Span {
	name := path[strings.LastIndexByte(path, '.')+1:]
	for i := range f.Flow.Nodes {
		if x := &f.Flow.Nodes[i]; x.Kind == NodeAssigned && x.Name == name {
			return ast.Span{Pos: x.pos, End: x.pos}
		}
	}
	return ast.Span{}
}
