package effects

// Whether the method of an operator leaves it to the other operand: whether it may return NotImplemented.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// leavesToOther reports whether the method of an operator speaks of NotImplemented, and may leave it to the right operand.
func leavesToOther(b expressions, x int32, op string) bool {
	c := b.shape(x).Class
	if c == nil {
		return false
	}
	fs := b.members(c, "__"+op+"__", false)
	return len(fs) == 0 || slices.ContainsFunc(fs, func(f *Function) bool { return speaksOfLeaving(f) && mayLeaveIt(b.p, f) })
}

// speaksOfLeaving reports whether NotImplemented stands in a function.
func speaksOfLeaving(f *Function) bool {
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && x.Name == "NotImplemented"
		return !found
	})
	return found
}

// decidedByLeft reports whether the left operand's method is all that an operator of two objects calls: each in sight yields
// something else than NotImplemented, and the right operand is of no class that goes before.
func decidedByLeft(b expressions, x, y int32, op string) bool {
	c, d := b.shape(x).Class, b.shape(y).Class
	if c == nil || d == nil || project.Related(c, d) {
		return false
	}
	name := "__" + op + "__"
	fs := b.members(c, name, false)
	return len(fs) > 0 && !inPython(b.p, b.m, c, name) && !slices.ContainsFunc(fs, func(f *Function) bool { return !asWritten(f) || mayLeaveIt(b.p, f) })
}

// mayLeaveIt reports whether a function may return NotImplemented, as far as methods count that no class in sight overrides.
func mayLeaveIt(p *Program, f *Function) bool {
	return f.leaves.Get(func() bool { return leavesWithin(p, f, resultDepth) })
}

func leavesWithin(p *Program, f *Function, depth int) bool {
	if depth == 0 || f.unites != nil || f.Def.Body == nil || f.Def.Params == nil || f.Def.Async {
		return true
	}
	r := &results{p: p, f: f, depth: depth, written: true, known: map[string]*project.Class{}, assigned: map[string][]ast.Expr{}, stores: map[string]int{}}
	if r.names(); r.unknown { // it yields
		return true
	}
	leaves := false
	syntax.EachStmt(f.Def.Body.Stmts, func(st ast.Stmt) {
		if st, ok := st.(*ast.Simple); ok && st.Keyword == "return" {
			leaves = leaves || slices.ContainsFunc(st.Exprs, r.leaves)
		}
	})
	return leaves
}

// leaves reports whether what a function returns may be NotImplemented. What a variable is that is declared to be of a class is
// something else, and so is what an operator yields.
func (r *results) leaves(e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Const, *ast.Number, *ast.Str, *ast.Unary:
		return false
	case *ast.Binary:
		return (e.Op == "and" || e.Op == "or") && (r.leaves(e.X) || r.leaves(e.Y))
	case *ast.Cond:
		return r.leaves(e.Then) || r.leaves(e.Else)
	case *ast.Name:
		return r.known[e.Name] == nil
	case *ast.Call:
		path := syntax.Dotted(syntax.Unparen(e.Fun))
		if len(path) == 0 || r.stores[path[0]] > 0 && len(path) == 1 {
			return true
		}
		if r.stores[path[0]] == 0 && r.f.Mod.Lookup(path) != nil {
			return false
		}
		of, fs := r.methods(e)
		return len(fs) != 1 || !asWritten(fs[0]) || Overridden(r.p, r.f.Mod, of, fs[0].Def.Name.Name) || leavesWithin(r.p, fs[0], r.depth-1)
	}
	return true
}
