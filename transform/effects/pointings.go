package effects

// What was found of owners: which pointers lead into the state of the object beside
// them, which into another's, and which objects have none beside them.

import (
	"slices"

	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// Pointing says how the objects of a class come to point into other objects' state.
type Pointing struct {
	Class   *project.Class // that declares the pointer and the attribute beside it, the more derived one
	Pointer string
	Owner   string
	From    *project.Class // whose state it leads into; nil where that is not known
	// Same is true where the pointer leads into the state of the object beside it, or
	// of one that shares that one's lock; Other where it leads into another's.
	Same, Other bool
	// Returned is true where a C function made the pointer of the owner's state.
	Returned bool
	// Lent is true where it came out of a capsule.
	Lent bool
	// Seen is true where the place knows whose state it is.
	Seen  bool
	Place Place
	In    *Function // where both are known
}

// Owners are the pointings of a project.
type Owners struct {
	All []Pointing
	// Moves are the assignments to guards that others may rely on meanwhile.
	Moves []Move
	// alone has the places at which an object gets a pointer that belongs to noRegion
	// known, by the class that declares the attribute; bare those where it gets none of
	// the other objects beside it, either.
	alone map[*project.Class]map[string][]lone
	// same has, by their classes, where in All those are that lead into the object beside them.
	same map[*project.Class][]int
}

// Into returns what is known of the pointers that objects of a class have into the state of the
// object beside them, in the order of All.
func (o *Owners) Into(c *project.Class) []Pointing {
	var at []int
	for _, a := range c.Ancestry() {
		at = append(at, o.same[a]...)
	}
	slices.Sort(at)
	out := make([]Pointing, len(at))
	for i, k := range at {
		out[i] = o.All[k]
	}
	return out
}

type lone struct {
	owners map[string]bool // the attributes that get an object there
	place  Place
}

// Alone returns a place at which a new object gets a pointer of its own, noRegion
// else's; without is true where none of it may be beside attribute owner.
func (o *Owners) Alone(c *project.Class, pointer, owner string, without bool) (Place, bool) {
	for _, l := range o.alone[c.Declarer(pointer)][pointer] {
		if !without || !l.owners[owner] {
			return l.place, true
		}
	}
	return Place{}, false
}

// Find finds who points into whose state in modules that are solved, where any
// of them may have a lock.
func (g *Guarding) Find(mods []*project.Module) {
	var all []*Function
	for _, m := range mods {
		if !m.Broken() {
			all = append(all, g.p.Funcs(m).All...)
		}
	}
	g.Owners = OwnersOf(g.p, all, g.Of)
}

// OwnersOf finds them. shared tells by which attribute a class shares another
// object's lock, "" where it does not; it is asked for what was found before, too, until
// nothing new follows.
func OwnersOf(p *Program, all []*Function, shared func(c *project.Class) string) *Owners {
	p.Solve(all)
	l := &linking{p: p, s: p.Solver(), of: map[*Function]*holdings{}}
	l.settle(all)
	return l.resolve(all, shared)
}

// resolve says of what was found how it is.
func (l *linking) resolve(all []*Function, shared func(c *project.Class) string) *Owners {
	out := &Owners{alone: map[*project.Class]map[string][]lone{}, same: map[*project.Class][]int{}}
	found := map[*project.Class]string{} // attributes beside which a pointer was found to lead into their object
	guard := func(c *project.Class) string {
		if c == nil {
			return ""
		}
		for _, b := range c.Ancestry() {
			if s := shared(b); s != "" {
				return s
			}
			if s := found[b]; s != "" {
				return s
			}
		}
		return ""
	}
	funcs := make([]*Function, 0, len(l.of))
	seen := map[*Function]bool{}
	for _, f := range all {
		if !seen[f] && l.of[f] != nil {
			seen[f] = true
			funcs = append(funcs, f)
		}
	}
	for _, f := range funcs {
		for _, b := range l.of[f].beside {
			// A sibling's pointer with the sibling's owner says as much.
			x := &f.Sum.Regions[b.holder.region]
			sibling := !b.from.returned && x.Parent == b.from.region && x.Name == b.owner && b.from.class != nil && project.Related(b.from.class, b.class)
			if b.from.region == b.holder.region || sibling {
				if c := b.declares(); c != nil && found[c] == "" {
					found[c] = b.owner
				}
			}
		}
	}
	for _, f := range funcs {
		h := l.of[f]
		if len(h.kept)+len(h.beside) == 0 {
			continue
		}
		l.s.At(f)
		knowHandOuts(l.s)
		for _, b := range h.beside {
			c := b.declares()
			if c == nil {
				continue
			}
			pt := Pointing{Class: c, Pointer: b.pointer, Owner: b.owner, From: b.from.class, Returned: b.from.returned, Lent: b.from.lent, Seen: b.from.seen, Place: b.place, In: f}
			switch {
			case b.from.region == b.holder.region:
				pt.Same = true
			case l.standsFor(f, h, b.from, guard) == l.standsFor(f, h, b.holder, guard):
				pt.Same = true
			case l.open(f, b):
				continue // its callers know
			default:
				pt.Other = !b.from.number && l.object(f, b.from.region) && l.apart(f, b.from.region, b.holder.region)
			}
			if pt.Same {
				out.same[c] = append(out.same[c], len(out.All))
			}
			out.All = append(out.All, pt)
		}
		l.lonely(f, h, out)
		l.moves(f, h, out)
	}
	return out
}

// apart reports whether two regions are reached from different parameters: what is
// reached from one may be the same by what the program knows of it.
func (l *linking) apart(f *Function, r, o int32) bool {
	x, y := &f.Sum.Regions[r], &f.Sum.Regions[o]
	return x.Root == NodeParam && y.Root == NodeParam && x.Num != y.Num
}

// object reports whether a region is an object, and no pointer that came as one.
func (l *linking) object(f *Function, r int32) bool {
	x := &f.Sum.Regions[r]
	if x.Root != NodeParam || x.Parent >= 0 {
		return true
	}
	return f.Flow.Nodes[f.Flow.Params[x.Num]].Shape.Kind == ctype.Object
}

// declares returns the class that has both the pointer and the object beside it: the
// more derived one of those that declare them.
func (b *beside) declares() *project.Class {
	p, o := b.class.Declarer(b.pointer), b.class.Declarer(b.owner)
	if p == nil || o == nil {
		return nil
	}
	if len(o.Ancestry()) > len(p.Ancestry()) {
		return o
	}
	return p
}

// standsFor returns the region of the object whose lock guards a region's state.
func (l *linking) standsFor(f *Function, h *holdings, v keptValue, guard func(*project.Class) string) int32 {
	r, class := v.region, v.class
	for range 4 {
		attr := guard(class)
		if attr == "" {
			return r
		}
		fd := class.Field(attr)
		if fd == nil {
			return r
		}
		next := noRegion
		for _, k := range h.kept { // it was given its guard here
			if k.child == r && k.attr == attr && !k.pointer && k.value.region != noRegion {
				next = k.value.region
			}
		}
		if next == noRegion {
			next = l.s.child(r, attr, class.Declarer(attr), inPlace)
		}
		if next == r {
			return r
		}
		r, class = next, fd.Class()
	}
	return r
}

// lonely notes where new objects get pointers that belong to nobody known.
func (l *linking) lonely(f *Function, h *holdings, out *Owners) {
	for _, k := range h.kept {
		if !k.pointer || k.value.region != noRegion {
			continue
		}
		x := &f.Sum.Regions[k.child]
		made := x.Root == NodeFresh && x.Parent < 0
		if x.Root == NodeParam && x.Parent < 0 && x.Num == 0 && f.Class != nil && f.Accessor == Plain && library.Construction()[f.Def.Name.Name] && len(f.Callers) == 0 {
			made = true
		}
		if !made {
			continue
		}
		at := lone{owners: map[string]bool{}, place: k.place}
		for _, o := range h.kept {
			if !o.pointer && o.child == k.child {
				at.owners[o.attr] = true
			}
		}
		if x.Root == NodeParam { // what the class's other constructors put there
			for name := range library.Construction() {
				for _, b := range f.Class.Ancestry() {
					for _, g := range l.p.Own(b).Plain[name] {
						if gh := l.of[g]; gh != nil {
							for _, o := range gh.kept {
								if y := &g.Sum.Regions[o.child]; !o.pointer && y.Root == NodeParam && y.Num == 0 && y.Parent < 0 {
									at.owners[o.attr] = true
								}
							}
						}
					}
				}
			}
		}
		c := k.class.Declarer(k.attr)
		if out.alone[c] == nil {
			out.alone[c] = map[string][]lone{}
		}
		out.alone[c][k.attr] = append(out.alone[c][k.attr], at)
	}
}
