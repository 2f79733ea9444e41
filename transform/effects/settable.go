package effects

// Attributes that lead wherever callers say: two objects of one class can be stored in each
// other then, and who goes along such an attribute goes from the first to the second in one
// thread and from the second to the first in another. From a parent to what was made for it, or
// to what it was given when it was made, nobody comes the other way round.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Setting is a function by which callers have a way lead from one object to another, of which
// both were there before.
type Setting struct {
	By    *Function
	At    ast.Span
	way   Way
	class *project.Class // whose attribute it is; nil where that is not known
	// untyped is true where what is given is of no class, so that it may be a container.
	untyped bool
	// made is true where callers give it when the object is made.
	made bool
}

// Settings are those of a project, by the names of the attributes.
type Settings map[string][]Setting

// SettingsOf finds them among functions, which are solved.
func SettingsOf(p *Program, all []*Function, by Links) Settings {
	out := Settings{}
	for _, of := range by {
		f := of.f
		if !p.Entry(f) {
			continue // its stores are its callers'
		}
		python := f.Class == nil && f.PyClass != "" // which has attributes of its own
		for _, l := range of.links {
			if x := &f.Sum.Regions[l.from]; python && x.Root == NodeParam && x.Num == 0 {
				continue
			}
			made := !there(p, f, l.from) && !restores(f, l, all)
			if l.from == l.to || !there(p, f, l.to) || made && (!making(p, f, l.from) || MakesObjects(f, f.Sum.Regions[l.to].Num)) {
				continue
			}
			st := Setting{made: made, By: f, At: l.at, way: l.by, class: l.class, untyped: classOf(f, l.to) == nil}
			if st.class == nil {
				st.class = classOf(f, l.from)
			}
			if st.At == (ast.Span{}) {
				st.At = f.Def.Name.Span
			}
			out[st.way.Name] = append(out[st.way.Name], st)
		}
	}
	return out
}

// restores reports whether a __setstate__ gives its object what no constructor gives it: the object was there before, and
// others may lead to it.
func restores(f *Function, l link, all []*Function) bool {
	x := &f.Sum.Regions[l.from]
	return f.Class != nil && f.Def.Name.Name == "__setstate__" && x.Root == NodeParam && x.Num == 0 && x.Parent < 0 && !slices.ContainsFunc(all, func(g *Function) bool {
		return g != f && g.Class != nil && project.Related(g.Class, f.Class) && constructors[g.Def.Name.Name] &&
			slices.ContainsFunc(g.Flow.Stores, func(st Store) bool { return st.Name == l.by.Name && !st.Nothing })
	})
}

// Walks are ways that somebody goes to their end: by a loop until there is None, or by a function
// that calls itself on what the way leads to. It would never end if one led back, so
// none does.
func Walks(all []*Function) map[Way]bool {
	out := map[Way]bool{}
	for _, f := range all {
		if len(f.Flow.Params) == 0 {
			continue
		}
		for i := range f.Flow.Calls {
			c := &f.Flow.Calls[i]
			if len(c.Args) == 0 || !slices.ContainsFunc(c.Callees, func(g *Function) bool {
				return g == f || g.Class != nil && g.Accessor == f.Accessor && g.Def.Name.Name == f.Def.Name.Name
			}) {
				continue
			}
			if way, ok := wayOf(f.Flow, c.Args[0], f.Flow.Params[0]); ok {
				out[way] = true
			}
		}
		for _, u := range f.Flow.loose {
			if u.part == f.Accessor && u.name == f.Def.Name.Name {
				if way, ok := wayOf(f.Flow, u.node, f.Flow.Params[0]); ok {
					out[way] = true
				}
			}
		}
		if !untilNone(f) {
			continue
		}
		for i := range f.Flow.Nodes {
			if x := &f.Flow.Nodes[i]; x.Kind == NodeField && x.owner != nil && f.Flow.Nodes[x.Base].Kind == NodeLocal && feeds(f.Flow, int32(i), x.Base, 8) {
				out[Way{Name: x.Name}] = true
			}
		}
	}
	return out
}

// untilNone reports whether a function has a loop that ends where a variable is None.
func untilNone(f *Function) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if w, ok := n.(*ast.While); ok {
			ast.Walk(w.Cond, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Name:
					found = true // "while node:"
				case *ast.Compare:
					if len(n.Xs) == 2 && n.Ops[0] == "is not" && syntax.IsNothing(n.Xs[1]) {
						found = true
					}
					return false
				case *ast.Call, *ast.Attribute, *ast.Subscript:
					return false
				}
				return !found
			})
		}
		return !found
	})
	return found
}

// feeds reports whether a variable gets a value, in a further round of a loop.
func feeds(fl *Flow, value, to int32, depth int) bool {
	if to == 0 || depth == 0 {
		return false
	}
	switch x := &fl.Nodes[to]; x.Kind {
	case NodeLocal:
		return slices.ContainsFunc(x.From, func(n int32) bool { return n == value || feeds(fl, value, n, depth-1) })
	case NodeCast:
		return x.Base == value || feeds(fl, value, x.Base, depth-1)
	}
	return false
}

// there reports whether a region is an object that callers choose, and that they had before: not
// one that is being made.
func there(p *Program, f *Function, region int32) bool {
	x := &f.Sum.Regions[region]
	return x.Root == NodeParam && (x.OfItems() || x.Parent < 0 && !p.Constructs(f, int(x.Num)))
}

// Refers reports whether an attribute of a class holds a weak reference, as far as what is assigned to it tells.
func Refers(all []*Function, c *project.Class, name string) bool {
	return slices.ContainsFunc(all, func(f *Function) bool {
		return f.Class != nil && project.Related(f.Class, c) && slices.ContainsFunc(f.Flow.Stores, func(st Store) bool {
			return st.Name == name && slices.ContainsFunc(f.Flow.carriedBy(st.Value, carriedDepth), func(c carried) bool { return c.via == Weakly })
		})
	})
}

// making reports whether a region is an object that a function makes.
func making(p *Program, f *Function, region int32) bool {
	x := &f.Sum.Regions[region]
	return x.Root == NodeParam && x.Parent < 0 && p.Constructs(f, int(x.Num))
}

// classOf is the class of a parameter, as far as it is known.
func classOf(f *Function, region int32) *project.Class {
	x := &f.Sum.Regions[region]
	if x.Parent >= 0 {
		return nil
	}
	if c := f.Flow.Nodes[f.Flow.Params[x.Num]].Shape.Class; c != nil || x.Num > 0 {
		return c
	}
	return f.Class
}

// Of returns how callers have a way lead from objects of a class to others; ok is false where they
// cannot. Of an attribute that Python code assigns to, nothing but that is known.
func (s Settings) Of(c *project.Class, way Way) (by Setting, ok bool) {
	for _, st := range s[way.Name] {
		if st.leads(way) && (st.class == nil || project.Related(st.class, c)) {
			return st, true
		}
	}
	fd := c.Field(way.Name)
	return Setting{}, fd != nil && fd.Vis == ast.Public && way.Via != Weakly
}

// leads reports whether it has a way lead to what callers choose.
func (st *Setting) leads(way Way) bool {
	if st.made && (way.Via != ByCalling || !st.untyped) {
		return false // what was there before leads nowhere but to what was there before; a function, anywhere
	}
	if st.way == way {
		return true
	}
	plain := Way{Name: way.Name, Items: way.Items}
	switch way.Via {
	case Weakly: // what else is called makes a new object
		return false
	case Within: // who gives an object chooses what its attributes are
		return st.way.Name == way.Name && (st.way.Via == Within || st.way.Via == Directly && st.untyped)
	case ByCalling:
		if st.way == plain {
			return true
		}
	}
	// Who gives a container chooses what is in it.
	return way.Items && st.way == Way{Name: way.Name} && st.untyped
}
