package rules

// PXL306: the methods that move or free what an attribute leads to.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// moves tells whether a method of a C++ container makes iterators into it lead nowhere: those that let
// items go do with all, those that add some with the ones that keep their items in one piece.
func moves(container, method string) bool {
	switch method {
	case "erase", "clear", "assign", "pop_back", "pop_front", "remove", "remove_if", "swap", "shrink_to_fit", "resize":
		return true
	}
	return grows[method] && !nodes[container]
}

// grows are methods of C++ containers that add items, or make room for them.
var grows = map[string]bool{"push_back": true, "emplace_back": true, "push_front": true, "emplace_front": true, "insert": true,
	"emplace": true, "reserve": true, "append": true, "rehash": true}

// nodes are the containers whose items stay where they are while others come.
var nodes = map[string]bool{"map": true, "multimap": true, "set": true, "multiset": true, "list": true, "forward_list": true}

// moved returns a method that Python code can call and that moves what an attribute leads to.
func (a *across) moved(fd *project.Field) *moving {
	if m, ok := a.movers[fd]; ok {
		return m
	}
	m := moverOf(a, fd, func(*effects.Function, effects.Step) bool { return true })
	a.movers[fd] = m
	return m
}

// moverOf returns a method that Python code can call and that moves what an attribute leads to, of those that are asked for.
func moverOf(a *across, fd *project.Field, wanted func(g *effects.Function, last effects.Step) bool) *moving {
	m := &moving{}
	pointer := a.p.Types.OfField(fd).Kind == ctype.Pointer
	for _, g := range changers(a, fd) {
		if g.Flow == nil || g.Class == nil || !g.Exposed() || a.p.Constructs(g, 0) || g.Class.Field(fd.Name) != fd {
			continue
		}
		st := g.Among(0, func(e *effects.Effect) bool {
			return effects.OnSelf(g, e) && movesBy(a, fd, g, e, wanted)
		})
		if st.Touches {
			m.by, m.how = g, st.Why
			break
		}
		if how := a.movesToo(g, fd, wanted); how != nil && !pointer {
			m.by, m.how = g, how
			break
		}
	}
	if m.by == nil {
		m.by, m.how = movedElsewhere(a, fd, wanted)
	}
	return m
}

// movesBy reports whether an effect of a function moves what an attribute leads to, in a way that is asked for.
func movesBy(a *across, fd *project.Field, g *effects.Function, e *effects.Effect, wanted func(g *effects.Function, last effects.Step) bool) bool {
	if e.Field != fd.Name || !e.Writes() || !e.Sure {
		return false
	}
	chain := effects.Chain(g, e)
	last := chain[len(chain)-1]
	if !wanted(g, last) {
		return false
	}
	whole := last.Effect.Cause == effects.Writes && !last.Effect.Behind
	if fd.Ctype != nil && fd.Ctype.Name == "bytearray" {
		return whole || last.Effect.Cause == effects.ChangesContainer && resizing[last.Effect.Name]
	}
	if a.p.Types.OfField(fd).Kind != ctype.Pointer {
		name := project.TypeName(fd.Mod, fd.Ctype)
		return whole || moves(name, last.Effect.Name) || a.p.Types.OfField(fd).Inserts && !nodes[name] && last.Effect.Cause != effects.PassesWritable
	}
	return whole && frees(last.Func)
}

// movedElsewhere finds what moves it of the functions that are no methods of the class: those that are given the object, or come by
// it in whatever way, in whatever module.
func movedElsewhere(a *across, fd *project.Field, wanted func(g *effects.Function, last effects.Step) bool) (by *effects.Function, how *effects.Effect) {
	for g := range a.p.Solved {
		if g.Flow == nil || !g.Exposed() || len(g.Def.Params.List) == 0 {
			continue
		}
		for i := range g.Sum.Effects {
			e := &g.Sum.Effects[i]
			if e.Field != fd.Name || e.Class == nil || e.Class.Field(fd.Name) != fd || e.Kind == effects.OnPython {
				continue
			}
			switch at := &g.Sum.Regions[e.Region]; {
			case at.Root == effects.NodeFresh, at.Root == effects.NodeParam && at.Parent < 0 && a.p.Constructs(g, int(at.Num)):
				continue // nobody else has it
			}
			if (by == nil || standsBefore(g, by)) && movesBy(a, fd, g, e, wanted) {
				by, how = g, e
			}
		}
	}
	return by, how
}

// standsBefore reports whether a function comes before another one, by the names of files and the places in them.
func standsBefore(f, g *effects.Function) bool {
	return cmp.Or(strings.Compare(f.Unit.Path, g.Unit.Path), cmp.Compare(f.Def.Pos, g.Def.Pos)) < 0
}

// changers are the functions that are looked at for what moves what an attribute leads to: those of the module that declares it,
// of the one that is checked, and of the class as which the object is known.
func changers(a *across, fd *project.Field) []*effects.Function {
	mods := []*project.Module{fd.Mod, a.m}
	if a.class != nil {
		mods = append(mods, a.class.Mod)
	}
	var out []*effects.Function
	for i, m := range mods {
		if !slices.Contains(mods[:i], m) {
			out = append(out, a.p.Funcs(m).All...)
		}
	}
	return out
}

// movesToo finds what a method does to a C++ container beside something else that it does to it, of which its summary
// keeps one: m.insert(x) and m.erase(y).
func (a *across) movesToo(g *effects.Function, fd *project.Field, wanted func(g *effects.Function, last effects.Step) bool) *effects.Effect {
	for i := range g.Flow.Actions {
		x := &g.Flow.Actions[i]
		if x.Field != fd.Name || x.Mode != effects.Write || !ofSelf(g, x.Node) || !moves(project.TypeName(fd.Mod, fd.Ctype), x.Name) {
			continue
		}
		how := &effects.Effect{Kind: x.Kind, Mode: x.Mode, Sure: true, Cause: x.Cause, Name: x.Name, Field: x.Field, Span: x.Span}
		if wanted(g, effects.Step{Func: g, Effect: how}) {
			return how
		}
	}
	return nil
}

// ofSelf reports whether a value is a part of a method's own object.
func ofSelf(g *effects.Function, n int32) bool {
	for range 16 {
		switch x := &g.Flow.Nodes[n]; {
		case x.Kind == effects.NodeParam:
			return x.Num == 0
		case x.Kind == effects.NodeInside || x.Kind == effects.NodeCast:
			n = x.Base
		case x.Kind == effects.NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return false
		}
	}
	return false
}

// frees reports whether a function gives memory back, by the names of what it calls, or a C function that it calls does.
func frees(f *effects.Function) bool {
	return freesItself(f) || slices.ContainsFunc(f.Flow.Calls, func(k effects.Call) bool {
		return slices.ContainsFunc(k.Callees, func(g *effects.Function) bool {
			return g.Def.Kind == ast.Cdef && g.Def.Body != nil && freesItself(g) && slices.ContainsFunc(k.Args, func(n int32) bool {
				return n != 0 && f.Flow.Nodes[n].Shape.Kind == ctype.Pointer
			})
		})
	})
}

func freesItself(f *effects.Function) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			name := strings.ToLower(syntax.LastName(n.Fun))
			found = found || strings.Contains(name, "free") || strings.Contains(name, "realloc")
		case *ast.Del:
			found = true
		}
		return !found
	})
	return found
}
