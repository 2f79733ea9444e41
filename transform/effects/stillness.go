package effects

// What a generator does between its steps, which its caller could see: a snapshot does all
// of it at once, also where the caller stops half way.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/syntax"
)

// shows are the ways in which state changes for all to see. A pointer into it that a C
// function gets may well be a cursor.
var shows = map[Cause]bool{Writes: true, Deletes: true, StoresThrough: true, ChangesContainer: true}

// keepsStill reports whether a generator does nothing once it has yielded, or in a loop
// that yields, that its caller or what was yielded could show.
func (g *generator) keepsStill() bool {
	zones := g.zones()
	between := func(s ast.Span) bool {
		return slices.ContainsFunc(zones, func(z ast.Span) bool { return z.Contains(s.Pos) })
	}
	fl := g.f.Flow
	for i := range fl.Actions {
		if x := &fl.Actions[i]; x.Mode == Write && shows[x.Cause] && between(x.Span) && fl.foreign(x.Node) {
			return false
		}
	}
	for i := range fl.Calls {
		if c := &fl.Calls[i]; between(c.Span) && fl.changesBy(c) {
			return false
		}
	}
	ok := true
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			ok = ok && (!between(n.Span) || g.quiet(n))
		case *ast.ExprStmt:
			if c, is := syntax.Unparen(n.X).(*ast.Call); is && between(n.Span) {
				ok = ok && g.harmless(c)
			}
		}
		return ok
	})
	return ok && g.itemsStay()
}

// zones are the stretches of a body that run after a first step.
func (g *generator) zones() []ast.Span {
	body := g.f.Def.Body
	out := []ast.Span{}
	first := body.End
	syntax.OwnNodes(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Yield:
			first = min(first, n.End)
		case *ast.For:
			if syntax.Yields(n.Body) {
				out = append(out, n.Span)
			}
		case *ast.While:
			if syntax.Yields(n.Body) {
				out = append(out, n.Span)
			}
		}
		return true
	})
	return append(out, ast.Span{Pos: first, End: body.End})
}

// foreign reports whether a value may be, or lead into, what others know.
func (fl *Flow) foreign(n int32) bool {
	seen := map[int32]bool{}
	var of func(n int32) bool
	of = func(n int32) bool {
		if n == 0 || seen[n] {
			return false
		}
		seen[n] = true
		switch x := &fl.Nodes[n]; x.Kind {
		case NodeFresh, NodeNothing, NodeMade, NodeHistory, NodeClass:
			return false
		case NodeLocal:
			return slices.ContainsFunc(x.From, of)
		case NodeField, NodeInside, NodeCast, NodeStowed, NodeContained, NodeItem:
			return of(x.Base)
		}
		return true
	}
	return of(n)
}

// changesBy reports whether what a call comes to changes for all to see what is not of
// this function's own making.
func (fl *Flow) changesBy(c *Call) bool {
	return slices.ContainsFunc(c.Callees, func(f *Function) bool {
		return slices.ContainsFunc(f.Sum.Effects, func(e Effect) bool {
			if !e.Writes() || !shows[ends(&e)] {
				return false
			}
			switch x := &f.Sum.Regions[e.Region]; x.Root {
			case NodeFresh:
				return false
			case NodeParam:
				return int(x.Num) < len(c.Args) && fl.foreign(c.Args[x.Num])
			}
			return true
		})
	})
}

// quiet reports whether a call takes nothing in from what its caller holds: steps of an
// iterator, or anything that an argument without a type is asked to do.
func (g *generator) quiet(c *ast.Call) bool {
	open := func(e ast.Expr) bool {
		name, ok := syntax.Bare(e).(*ast.Name)
		if !ok {
			return false
		}
		i := g.param(name.Name)
		if i < 0 || i == 0 && g.f.Class != nil {
			return false
		}
		sh := g.f.Flow.Nodes[g.f.Flow.Params[i]].Shape
		return (sh.Kind == ctype.Object && sh.Class == nil || sh.Kind == ctype.Unknown) && !sh.Container && !g.text(g.f.Def.Params.List[i])
	}
	switch fun := syntax.Bare(c.Fun).(type) {
	case *ast.Name:
		if fun.Name == "next" || fun.Name == "input" || fun.Name == "print" || fun.Name == "open" {
			return false
		}
		return !open(fun)
	case *ast.Attribute:
		return !open(fun.X) || views[fun.Attr.Name]
	}
	return true
}

// harmless reports whether a call whose value nobody wants is C code's, or a function's that
// is in sight, or changes what is the function's own.
func (g *generator) harmless(c *ast.Call) bool {
	if len(g.callees(c)) > 0 || !slices.ContainsFunc(g.f.Flow.Python, func(s ast.Span) bool { return s.Pos == c.Pos && s.End == c.End }) {
		return true
	}
	a, ok := syntax.Bare(c.Fun).(*ast.Attribute)
	if !ok {
		return false
	}
	name, ok := syntax.Bare(a.X).(*ast.Name)
	return ok && g.param(name.Name) < 0 && g.local(name.Name)
}

// itemsStay reports whether what is yielded stays as it is: a row that is filled again and
// yielded again would be seen with its last content alone.
func (g *generator) itemsStay() bool {
	ok := true
	var walk func(stmts []ast.Stmt, loop ast.Stmt)
	walk = func(stmts []ast.Stmt, loop ast.Stmt) {
		for _, st := range stmts {
			if y := syntax.YieldOf(st); y != nil && !y.From && y.X != nil {
				ok = ok && g.stays(y.X, loop)
			}
			in := loop
			switch st.(type) {
			case *ast.For, *ast.While:
				in = st
			case *ast.FuncDef, *ast.ClassDef:
				ok = false // it may be yielded, and sees variables as they are in the end
				continue
			}
			for b := range syntax.Suites(st) {
				walk(b.Stmts, in)
			}
		}
	}
	walk(g.f.Def.Body.Stmts, nil)
	return ok
}

// stays reports whether one item, yielded in a loop or in none, stays as it is.
func (g *generator) stays(e ast.Expr, loop ast.Stmt) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Collection:
		return !slices.ContainsFunc(e.Elems, func(x ast.Expr) bool { return !g.stays(x, loop) })
	case *ast.Cond:
		return g.stays(e.Then, loop) && g.stays(e.Else, loop)
	case *ast.Lambda:
		return false
	case *ast.Comp:
		return e.Kind != "generator"
	case *ast.Attribute:
		sh := g.attribute(e)
		return loop == nil || sh.Kind == ctype.Scalar || g.scalarBase(e)
	case *ast.Name:
		if loop == nil || g.scalar(e.Name) || g.rebound(loop, e.Name) {
			return true
		}
		return !passedIn(loop, e.Name) && !g.storedInto(loop, e.Name)
	}
	return true
}

// scalar reports whether a name is declared as a C number: it is copied when it is yielded.
func (g *generator) scalar(name string) bool {
	if i := g.param(name); i >= 0 {
		return g.f.Flow.Nodes[g.f.Flow.Params[i]].Shape.Kind == ctype.Scalar
	}
	found := false
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.CVarDecl); ok {
			for _, x := range d.Declarators {
				found = found || syntax.DeclaredName(x).Name == name && g.p.Types.Of(g.f.Mod, d.Type, x).Kind == ctype.Scalar
			}
		}
		return !found
	})
	return found
}

// scalarBase reports whether an attribute is one of a C value: cursor.value.
func (g *generator) scalarBase(e *ast.Attribute) bool {
	name, ok := syntax.Bare(e.X).(*ast.Name)
	if !ok || g.param(name.Name) >= 0 {
		return false
	}
	found := false
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.CVarDecl); ok {
			for _, x := range d.Declarators {
				if syntax.DeclaredName(x).Name == name.Name {
					k := g.p.Types.Of(g.f.Mod, d.Type, x).Kind
					found = found || k == ctype.Pointer || k == ctype.Record
				}
			}
		}
		return !found
	})
	return found
}

// rebound reports whether a name gets another value in each round of a loop, or one in it.
func (g *generator) rebound(loop ast.Stmt, name string) bool {
	found := false
	ast.Walk(loop, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == name && (x.Access == ast.Write || x.Access == ast.ForTarget) {
			found = true
		}
		return !found
	})
	return found
}

// storedInto reports whether a loop assigns to an item or attribute of what a name stands
// for, or changes it by an operator.
func (g *generator) storedInto(loop ast.Stmt, name string) bool {
	found := false
	ast.Walk(loop, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == name && (x.Access == ast.StoreThrough || x.Access == ast.Aug || x.Access == ast.AddressOf) {
			found = true
		}
		return !found
	})
	return found
}
