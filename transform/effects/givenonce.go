package effects

// Assignments that give an attribute its value where a test has found that it has none.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// giver looks at one assignment of a function.
type giver struct {
	f *Function
	e *Effect
	// object is true of a Python object: "not" asks that for its truth.
	object bool
	text   string // the attribute as it is assigned to
}

// given is what is known of a test before an assignment.
type given struct {
	locks lockSet // those under which the attribute is asked for
	calls bool    // whether other code may run between that and the assignment
}

// find returns the test under which the attribute is assigned to, once, by the same expression; nil where there is
// none.
func (g *giver) find() *given {
	g.text = syntax.Text(g.f.Unit.File, g.e.Span)
	at := g.e.Span.Pos
	var out *given
	ast.Walk(g.f.Def.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.If)
		if !ok || !st.Range().Contains(at) {
			return true
		}
		for i, c := range st.Clauses {
			if c.Body == nil || !c.Body.Range().Contains(at) {
				continue
			}
			cond := c.Cond
			found := cond != nil && g.asksNone(cond, true)
			for _, before := range st.Clauses[:i] {
				if !found && g.asksNone(before.Cond, false) {
					found, cond = true, before.Cond
				}
			}
			if locks, ok := g.askedUnder(cond); found && ok && g.alone(c.Body) {
				out = &given{locks, callsBefore(c.Body, at)}
			}
		}
		return true
	})
	return out
}

// askedUnder returns the locks that are held wherever a condition reads the attribute.
func (g *giver) askedUnder(cond ast.Expr) (lockSet, bool) {
	locks, found := everything, false
	for i := range g.f.Sum.Effects {
		e := &g.f.Sum.Effects[i]
		if cond != nil && e.Via == nil && e.Field == g.e.Field && e.Region == g.e.Region && cond.Range().Contains(e.Span.Pos) {
			locks, found = locks&e.locks, true
		}
	}
	return locks, found
}

// alone reports whether a block assigns to the attribute at one place, which runs once.
func (g *giver) alone(body *ast.Suite) bool {
	places, again := 0, false
	ast.Walk(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			if n.Access == ast.Write && n.Attr.Name == g.e.Field {
				places++
			}
		case *ast.For, *ast.While:
			again = again || n.Range().Contains(g.e.Span.Pos)
		}
		return true
	})
	return places == 1 && !again
}

// callsBefore reports whether other code may run in a block before a statement at an offset has ended.
func callsBefore(body *ast.Suite, at int32) bool {
	found := false
	ast.Walk(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Range().Contains(at) {
				found = found || !runsNothing(n.Value)
			}
		case *ast.Call, *ast.With, *ast.For:
			found = found || n.Range().Pos < at
		}
		return !found
	})
	return found
}

// runsNothing reports whether nobody's code runs where a value is made.
func runsNothing(e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Name, *ast.Const, *ast.Number, *ast.Str:
		return true
	case *ast.Collection:
		return !slices.ContainsFunc(x.Elems, func(e ast.Expr) bool { return !runsNothing(e) })
	case *ast.Call: // of one of Python's own types, with nothing
		return len(x.Args) == 0 && slices.ContainsFunc([]string{"object", "list", "dict", "bytearray"}, func(name string) bool { return syntax.IsNamed(x.Fun, name) })
	}
	return false
}

// asksNone reports whether a condition tells that the attribute has no value: where it holds, or where it does not.
func (g *giver) asksNone(cond ast.Expr, holds bool) bool {
	named := func(e ast.Expr) bool {
		a, ok := syntax.Bare(e).(*ast.Attribute)
		return ok && syntax.Text(g.f.Unit.File, a.Range()) == g.text
	}
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Unary:
		return holds && e.Op == "not" && !g.object && named(e.X)
	case *ast.Attribute:
		return !holds && !g.object && named(e)
	case *ast.Compare:
		if len(e.Ops) != 1 || !named(e.Xs[0]) || !syntax.IsNothing(e.Xs[1]) {
			return false
		}
		return slices.Contains([]string{"is", "is not"}, e.Ops[0]) && holds == (e.Ops[0] == "is") ||
			!g.object && slices.Contains([]string{"==", "!="}, e.Ops[0]) && holds == (e.Ops[0] == "==")
	}
	return false
}
