package effects

// What a function only tests: "if self._node.next is NULL". A test is one read of one word, and its answer may be out
// of date as soon as it is there: with the lock that guards the word it would be told the same. Not so where the
// function goes on with what it has tested.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// testedAs is how an attribute is tested.
type testedAs uint8

const (
	notTested  testedAs = iota
	byValue             // its truth, "==": one word of a number or a pointer, but code that runs for an object
	byIdentity          // "is", which looks at no object
)

// onlyTested returns the attributes whose every mention in a function is a test of that alone.
func onlyTested(f *Function) map[*ast.Attribute]testedAs {
	tests := map[*ast.Attribute]testedAs{}
	how := byValue
	var test func(e ast.Expr)
	test = func(e ast.Expr) {
		switch e := syntax.Bare(e).(type) {
		case *ast.Attribute:
			if e.Access == ast.Read && tests[e] == notTested {
				tests[e] = how
			}
		case *ast.Unary:
			if e.Op == "not" {
				test(e.X)
			}
		case *ast.Binary:
			if e.Op == "and" || e.Op == "or" {
				test(e.X)
				test(e.Y)
			}
		}
	}
	conditions := func(list []ast.CondClause) {
		for _, c := range list {
			if c.Cond != nil {
				test(c.Cond)
			}
		}
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			conditions(n.Clauses)
		case *ast.Cond:
			test(n.If)
		case *ast.Compare:
			if len(n.Ops) != 1 {
				break
			}
			switch n.Ops[0] {
			case "is", "is not", "==", "!=":
				if syntax.Root(n.Xs[0]) != syntax.Root(n.Xs[1]) { // two words of one object may not belong together
					if strings.HasPrefix(n.Ops[0], "is") {
						how = byIdentity
					}
					test(n.Xs[0])
					test(n.Xs[1])
					how = byValue
				}
			}
		}
		return true
	})
	if len(tests) == 0 {
		return nil
	}
	used := map[string]bool{}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok && tests[a] == notTested {
			used[syntax.Text(f.Unit.File, a.Range())] = true
		}
		return true
	})
	for a := range tests {
		if used[syntax.Text(f.Unit.File, a.Range())] {
			delete(tests, a)
		}
	}
	return tests
}

// attributeRead walks an attribute.
func attributeRead(b *builder, e *ast.Attribute) int32 {
	base := b.expr(e.X)
	before := len(b.flow.Actions)
	n := b.exprs.attribute(e, base)
	if how := b.tests[e]; how == byIdentity || how == byValue && oneWord(b, n) {
		for i := before; i < len(b.flow.Actions); i++ {
			b.flow.Actions[i].tested = b.flow.Actions[i].Mode == Read
		}
	}
	return n
}

// oneWord reports whether a value is a number or a pointer. A number is no value that is followed.
func oneWord(b *builder, n int32) bool {
	if n == 0 {
		return true
	}
	k := b.shape(n).Kind
	return k == ctype.Scalar || k == ctype.Pointer
}

// leaveTests leaves out what functions only test without a lock, unless they go on under the lock with what they have
// found: a file that is not closed may be so by then. What reads the attribute once more there has found nothing yet.
func (ls *LockSets) leaveTests(all []*Function) {
	type user struct {
		f *Function
		c *project.Class
	}
	goesOn := map[user]bool{}
	for s, list := range ls.All {
		for _, a := range list {
			if len(a.Locks) > 0 {
				goesOn[user{a.Func, s.Class}] = true
			}
		}
	}
	moves := ls.moving(all)
	for s, list := range ls.All {
		if s.Behind && moves[State{s.Class, s.Field, false}] {
			continue // what is tested may be gone
		}
		ls.All[s] = slices.DeleteFunc(list, func(a *Access) bool {
			if !a.Effect.tested || a.Effect.Writes() || len(a.Locks) > 0 {
				return false
			}
			return !goesOn[user{a.Func, s.Class}] || readsAgain(a.Func, lastPart(syntax.Text(a.Func.Unit.File, a.Effect.Span)), a.Effect.Span.Pos, 4, map[*Function]bool{})
		})
	}
}

// moving finds the attributes that are assigned to outside of construction.
func (ls *LockSets) moving(all []*Function) map[State]bool {
	out := map[State]bool{}
	for _, f := range all {
		if f.Flow == nil || library.NoLockMethods()[f.Def.Name.Name] || f.Def.Name.Name == "__init__" {
			continue
		}
		for i := range f.Flow.Actions {
			a := &f.Flow.Actions[i]
			c := a.class
			if c == nil {
				c = f.Flow.Nodes[a.Node].Shape.Class
			}
			if a.Mode != Write || a.behind || a.Kind != OnState || a.Field == "" || c == nil || madeHere(f.Flow, a.Node, 8) {
				continue
			}
			if num, items := paramOf(f.Flow, a.Node); num >= 0 && !items && ls.p.Constructs(f, int(num)) {
				continue
			}
			for _, d := range c.Declaring(a.Field) {
				out[State{d, a.Field, false}] = true
			}
		}
	}
	return out
}

// madeHere reports whether a value is an object that the function makes.
func madeHere(fl *Flow, n int32, depth int) bool {
	x := &fl.Nodes[n]
	switch {
	case depth == 0:
	case x.Kind == NodeFresh, x.Kind == NodeNothing:
		return true
	case x.Kind == NodeCast:
		return madeHere(fl, x.Base, depth-1)
	case x.Kind == NodeLocal && len(x.From) > 0:
		return !slices.ContainsFunc(x.From, func(f int32) bool { return !madeHere(fl, f, depth-1) })
	}
	return false
}

// lastPart is the attribute that an expression ends with.
func lastPart(text string) string { return text[lastDot(text)+1:] }

// readsAgain reports whether a function mentions an attribute at another place than one, or what it calls does.
func readsAgain(f *Function, name string, at int32, depth int, seen map[*Function]bool) bool {
	seen[f] = true
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		found = found || ok && a.Attr.Name == name && a.Pos > at
		return !found
	})
	if found || depth == 0 {
		return found
	}
	for i := range f.Flow.Calls {
		for _, g := range f.Flow.Calls[i].Callees {
			if g.Flow != nil && !seen[g] && readsAgain(g, name, -1, depth-1, seen) {
				return true
			}
		}
	}
	return false
}
