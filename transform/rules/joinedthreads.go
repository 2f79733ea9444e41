package rules

// PXL502: a function within another one that a single thread runs, for which the outer one waits before it uses what they
// share: t = Thread(target=run); t.start(); t.join().

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// joined reports whether all that a function does with one within it is to have one thread run it, at whose end it waits: while
// that runs, nobody else uses a variable that they share.
func (l leaving) joined(at, g *ruleFunc) bool {
	mentions := 0
	ast.Walk(at.def.Body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == g.name() {
			mentions++
		}
		return true
	})
	if mentions != 1 {
		return false
	}
	found := false
	at.prepare()
	eachSuite(at.def.Body, func(s *ast.Suite) {
		for i, st := range s.Stmts {
			if name := threadOf(st, g.name()); name != "" && len(at.values[name]) == 1 && at.params[name] == nil && !at.global[name] {
				found = l.waitsFor(at, g, name, s.Stmts[i+1:])
			}
		}
	})
	return found
}

// waitsFor reports whether statements start a thread and wait for its end, and use nothing in between that it shares.
func (l leaving) waitsFor(at, g *ruleFunc, thread string, stmts []ast.Stmt) bool {
	does := func(st ast.Stmt, method string) bool {
		x, ok := st.(*ast.ExprStmt)
		if !ok {
			return false
		}
		k, ok := syntax.Unparen(x.X).(*ast.Call)
		return ok && len(k.Args) == 0 && slices.Equal(syntax.Dotted(k.Fun), []string{thread, method})
	}
	start := slices.IndexFunc(stmts, func(st ast.Stmt) bool { return does(st, "start") })
	if start < 0 {
		return false
	}
	end := int32(-1)
	for _, st := range stmts[start+1:] {
		switch st := st.(type) {
		case *ast.While:
			if k, ok := syntax.Unparen(st.Cond).(*ast.Call); ok && slices.Equal(syntax.Dotted(k.Fun), []string{thread, "is_alive"}) && !leavesLoop(st.Body) {
				end = st.End
			}
		case *ast.Try:
			if st.Finally != nil && slices.ContainsFunc(st.Finally.Stmts, func(st ast.Stmt) bool { return does(st, "join") }) {
				end = st.End
			}
		default:
			if does(st, "join") {
				end = st.Range().End
			}
		}
		if end >= 0 {
			break
		}
	}
	if end < 0 {
		return false
	}
	shares, changes := map[string]bool{}, map[string]bool{}
	g.prepare()
	ast.Walk(g.def, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			shares[n.Name] = shares[n.Name] || at.local[n.Name] && !g.local[n.Name]
			changes[n.Name] = changes[n.Name] || g.global[n.Name]
		case *ast.Call:
			if m, ok := n.Fun.(*ast.Attribute); ok && changesContainer(m.Attr.Name) {
				changes[syntax.Root(m.X)] = true
			}
		}
		eachBound(n, func(t ast.Expr, _ ast.Node, _ ast.Expr, _ changeKind) {
			if _, plain := t.(*ast.Name); !plain {
				changes[syntax.Root(t)] = true
			}
		})
		return true
	})
	apart := true
	from := stmts[start].Range().End
	ast.Walk(at.def.Body, func(n ast.Node) bool {
		if n == ast.Node(g.def) {
			return false
		}
		x, ok := n.(*ast.Name)
		within := ok && l.within(at, g, x.Pos)
		apart = apart && (!ok || !shares[x.Name] || !changes[x.Name] && x.Access != ast.Write || !within && (x.Pos < from || x.Pos >= end))
		return apart
	})
	return apart
}

// within reports whether a place is in another function within a function.
func (l leaving) within(at, but *ruleFunc, pos int32) bool {
	return slices.ContainsFunc(l.inner[at], func(h *ruleFunc) bool { return h != but && h.def.Contains(pos) })
}

// threadOf is the variable in which a statement keeps a thread that it makes of a function; "" for another one.
func threadOf(st ast.Stmt, function string) string {
	a, ok := st.(*ast.Assign)
	if !ok || len(a.Targets) != 1 || a.Value == nil {
		return ""
	}
	name, ok := a.Targets[0].(*ast.Name)
	k, call := syntax.Unparen(a.Value).(*ast.Call)
	if !ok || !call || syntax.LastName(k.Fun) != "Thread" || !slices.ContainsFunc(k.Args, func(arg ast.Arg) bool { return syntax.IsNamed(arg.X, function) }) {
		return ""
	}
	return name.Name
}

// eachSuite visits the blocks of a body, without those of functions and classes in it.
func eachSuite(body *ast.Suite, visit func(s *ast.Suite)) {
	syntax.OwnNodes(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.Suite); ok {
			visit(s)
		}
		return true
	})
}

// leavesLoop reports whether a loop may be left from within.
func leavesLoop(body *ast.Suite) bool {
	return anyIn(body, func(n ast.Node) bool {
		st, ok := n.(*ast.Simple)
		return ok && (st.Keyword == "break" || st.Keyword == "return")
	})
}
