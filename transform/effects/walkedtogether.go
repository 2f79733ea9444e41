package effects

// Ways that one function goes to their ends, all of them: it calls itself on what each of them leads to, as over a tree, and
// nothing but that there is no more stops it. It would never end if one led back to where another came from.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Together are pairs of attributes that one function walks so.
type Together map[[2]attribute]bool

// Lead reports whether two ways are walked together, one from objects of a class, the other from those of another.
func (t Together) Lead(c *project.Class, a Way, d *project.Class, b Way) bool {
	if a.Items || b.Items || a.Via != Directly || b.Via != Directly || c == nil || d == nil {
		return false
	}
	x, y := attribute{c.Declarer(a.Name), a.Name}, attribute{d.Declarer(b.Name), b.Name}
	return t[[2]attribute{x, y}] || t[[2]attribute{y, x}]
}

// WalkedTogether finds them.
func WalkedTogether(p *Program, all []*Function) Together {
	out := Together{}
	for _, f := range all {
		names := walkedBy(p, f)
		for i, a := range names {
			for _, b := range names[i+1:] {
				out[[2]attribute{a, b}] = true
			}
		}
	}
	return out
}

// walkedBy are the attributes of its first parameter that a function calls itself on each time, until there is none. One that
// changes them, or has something else called there for some classes, may cut what leads back.
func walkedBy(p *Program, f *Function) []attribute {
	if f.Def.Params == nil || len(f.Def.Params.List) == 0 || f.Def.Body == nil || f.Suspends() || len(p.FlowOf(f).Params) == 0 {
		return nil
	}
	w := walker{p, f, f.Def.Params.List[0].Name.Name}
	class := f.Flow.Nodes[f.Flow.Params[0]].Shape.Class
	if class == nil || syntax.Assigns(f.Def.Body, w.self) {
		return nil
	}
	var out []string
	add := func(st ast.Stmt, tested string) {
		if name := w.step(st); name != "" && (tested == "" || tested == name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, st := range f.Def.Body.Stmts {
		branch, ok := st.(*ast.If)
		switch {
		case !ok:
			add(st, "")
		case len(branch.Clauses) != 1:
		case w.ends(branch):
			continue
		default:
			if name := w.there(branch.Clauses[0].Cond); name != "" {
				for _, in := range branch.Clauses[0].Body.Stmts {
					if mayLeave(in) {
						break
					}
					add(in, name)
				}
			}
		}
		if mayLeave(st) {
			break // whatever decides that
		}
	}
	var ways []attribute
	for _, name := range out {
		if c := class.Declarer(name); c != nil && !slices.ContainsFunc(f.Sum.Effects, func(e Effect) bool { return e.Mode == Write && !e.Asked && e.Field == name && !e.Behind }) {
			ways = append(ways, attribute{c, name})
		}
	}
	return ways
}

// walker knows the function, and what its first parameter is called.
type walker struct {
	p    *Program
	f    *Function
	self string
}

// step is the attribute that a statement calls the function itself on, whatever happens; "" where it does not.
func (w walker) step(st ast.Stmt) string {
	var e ast.Expr
	switch st := st.(type) {
	case *ast.ExprStmt:
		e = st.X
	case *ast.Assign:
		e = st.Value
	}
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || !slices.Equal(calleesAt(w.p, w.f, call), []*Function{w.f}) {
		return ""
	}
	switch fun := syntax.Unparen(call.Fun).(type) {
	case *ast.Attribute:
		if w.f.Class != nil {
			return w.attribute(fun.X)
		}
	case *ast.Name:
		if w.f.Class == nil && len(call.Args) > 0 && call.Args[0].Star == 0 && call.Args[0].Name.Name == "" {
			return w.attribute(call.Args[0].X)
		}
	}
	return ""
}

// attribute is the attribute of the parameter that an expression is.
func (w walker) attribute(e ast.Expr) string {
	if x, ok := syntax.Bare(e).(*ast.Attribute); ok && syntax.IsNamed(x.X, w.self) {
		return x.Attr.Name
	}
	return ""
}

// there is the attribute of which a condition says that it leads on: "self.left is not None", "self.left".
func (w walker) there(cond ast.Expr) string {
	if x := w.comparedWithNone(cond, "is not"); x != nil {
		cond = x
	}
	return w.attribute(cond)
}

// ends reports whether a branch returns where the parameter is None.
func (w walker) ends(branch *ast.If) bool {
	x := w.comparedWithNone(branch.Clauses[0].Cond, "is")
	body := branch.Clauses[0].Body.Stmts
	if x == nil || !syntax.IsNamed(x, w.self) || len(body) != 1 {
		return false
	}
	st, ok := body[0].(*ast.Simple)
	return ok && st.Keyword == "return"
}

// comparedWithNone is what a condition compares with None, or with a variable of the module that stands for it; nil where it
// does not. Where a variable of the function stops it, somebody goes round a ring.
func (w walker) comparedWithNone(cond ast.Expr, op string) ast.Expr {
	c, ok := syntax.Unparen(cond).(*ast.Compare)
	if !ok || len(c.Xs) != 2 || c.Ops[0] != op {
		return nil
	}
	if x, ok := syntax.Unparen(c.Xs[1]).(*ast.Name); ok && !w.local(x.Name) || syntax.IsNothing(c.Xs[1]) {
		return c.Xs[0]
	}
	return nil
}

// local reports whether a name is one of the function's own.
func (w walker) local(name string) bool {
	found := slices.ContainsFunc(w.f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name }) || syntax.Assigns(w.f.Def.Body, name)
	ast.Walk(w.f.Def.Body, func(n ast.Node) bool {
		d, ok := n.(*ast.Declarator)
		found = found || ok && syntax.DeclaredName(d).Name == name
		return !found
	})
	return found
}

// mayLeave reports whether a statement may leave the function.
func mayLeave(st ast.Stmt) bool {
	found := false
	syntax.OwnNodes(st, func(n ast.Node) bool {
		s, ok := n.(*ast.Simple)
		found = found || ok && (s.Keyword == "return" || s.Keyword == "raise")
		return !found
	})
	return found
}
