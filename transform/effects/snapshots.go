package effects

// Which generators may as well run to their end when they are called: those that come to
// one by themselves, and do nothing between their steps that their caller, or what is
// yielded, could show.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// NoSnapshot returns the first place where a generator does what has no meaning once its
// body has run to the end before the caller gets the first item, and says what that is.
func NoSnapshot(file *ast.File, def *ast.FuncDef) (at ast.Span, why string) {
	statements := map[*ast.Yield]bool{}
	syntax.EachStmt(def.Body.Stmts, func(st ast.Stmt) {
		if y := syntax.YieldOf(st); y != nil {
			statements[y] = true
		}
	})
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Yield:
			switch {
			case statements[n] || why != "":
			case n.From:
				at, why = n.Span, "uses what `yield from` returns, and a snapshot takes only the items"
			default:
				at, why = n.Span, "uses what its caller sends, and a snapshot is made before anybody can send"
			}
		case *ast.Simple:
			if n.Keyword == "return" && !syntax.ReturnsNothing(n) && why == "" {
				at, why = n.Span, "returns a value, and a snapshot gives back only the items"
			}
		}
		return true
	})
	if at, ok := endless(file, def.Body.Stmts); ok && why == "" {
		return at, "never ends, and a snapshot is complete only when it has"
	}
	return at, why
}

// endless returns the first loop that yields for ever: `while True` of which nothing leads
// out. What is called may raise, which is an end where something around catches it.
func endless(file *ast.File, stmts []ast.Stmt) (at ast.Span, found bool) {
	caught := map[ast.Stmt]bool{}
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		switch st := st.(type) {
		case *ast.Try:
			if len(st.Handlers) > 0 {
				syntax.EachStmt(st.Body.Stmts, func(in ast.Stmt) { caught[in] = true })
			}
		case *ast.While:
			if found || caught[st] || !always(file, st.Cond) || !syntax.Yields(st.Body) {
				return
			}
			out := false
			syntax.EachStmt(st.Body.Stmts, func(in ast.Stmt) {
				s, ok := in.(*ast.Simple)
				out = out || ok && (s.Keyword == "break" || s.Keyword == "return" || s.Keyword == "raise")
			})
			if !out {
				at, found = st.Cond.Range(), true
			}
		}
	})
	return at, found
}

// always reports whether a condition is a constant that is true.
func always(file *ast.File, e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Const:
		return e.Name == "True"
	case *ast.Number:
		return syntax.Text(file, e.Span) != "0"
	}
	return false
}

// MaySnapshot reports whether a generator that the program has solved does the same for its
// callers when it runs to its end at once. Where that is not seen it does not.
func MaySnapshot(p *Program, f *Function) bool {
	g := &generator{p: p, f: f, asked: map[*Function]bool{f: true}}
	return !f.Def.Async && g.isPlain() && g.ends() && g.keepsStill()
}

// isPlain reports whether nothing is made of the generator but what its callers see: a
// decorator such as contextmanager has a use for the steps.
func (g *generator) isPlain() bool {
	return !slices.ContainsFunc(g.f.Def.Decorators, func(d *ast.Decorator) bool {
		name, ok := d.Expr.(*ast.Name)
		return g.f.Mod.Scope.CythonAttr(callee(d.Expr), true) == "" && !(ok && (name.Name == "property" || name.Name == "staticmethod" || name.Name == "classmethod"))
	})
}

// callee is what is called, or the expression itself.
func callee(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.Call); ok {
		return c.Fun
	}
	return e
}

// generator is a question about one generator.
type generator struct {
	p     *Program
	f     *Function
	asked map[*Function]bool // generators that it goes through, itself included
}

// ends reports whether a generator comes to an end by itself, as far as its loops that
// yield say. The others end, or it would not come to its next step today.
func (g *generator) ends() bool {
	if _, why := NoSnapshot(g.f.Unit.File, g.f.Def); why != "" {
		return false
	}
	ok := true
	syntax.EachStmt(g.f.Def.Body.Stmts, func(st ast.Stmt) {
		switch st := st.(type) {
		case *ast.For:
			ok = ok && (!syntax.Yields(st.Body) || !st.Async && (st.From || g.finite(st.Iter)))
		case *ast.While:
			ok = ok && (!syntax.Yields(st.Body) || g.progresses(st))
		case *ast.Try: // what is thrown in, or the GeneratorExit of close(), may be caught
			ok = ok && (!syntax.Yields(st.Body) || len(st.Handlers) == 0)
		case *ast.With: // what the caller does at a step it does inside
			ok = ok && !syntax.Yields(st.Body)
		}
		if y := syntax.YieldOf(st); y != nil && y.From {
			ok = ok && g.finite(y.X)
		}
	})
	return ok
}

// consumes are builtins that have come to the end of their argument when they return;
// passes are those whose value ends with their arguments.
var (
	consumes = map[string]bool{"range": true, "xrange": true, "sorted": true, "list": true, "tuple": true, "set": true, "frozenset": true,
		"dict": true, "str": true, "bytes": true, "bytearray": true, "unicode": true, "reversed": true, "dir": true, "vars": true}
	passes = map[string]bool{"enumerate": true, "zip": true, "map": true, "filter": true, "iter": true}
	// views are methods whose name says that they go over what there is.
	views = map[string]bool{"items": true, "keys": true, "values": true, "iteritems": true, "iterkeys": true, "itervalues": true,
		"split": true, "rsplit": true, "splitlines": true, "copy": true, "tolist": true}
)

// finite reports whether going over what an expression stands for comes to an end.
func (g *generator) finite(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Str, *ast.Collection:
		return true
	case *ast.Subscript:
		return len(e.Index) == 1 && isSlice(e.Index[0]) // a part, or a copy of that
	case *ast.Comp:
		return e.Kind != "generator" || !slices.ContainsFunc(e.Clauses, func(c ast.CompClause) bool { return c.Target != nil && !c.From && !g.finite(c.Iter) })
	case *ast.Cond:
		return g.finite(e.Then) && g.finite(e.Else)
	case *ast.Binary: // one list after another, or one of two
		return (e.Op == "+" || e.Op == "or") && g.finite(e.X) && g.finite(e.Y)
	case *ast.Name:
		return g.finiteName(e)
	case *ast.Attribute:
		return g.finiteShape(g.attribute(e))
	case *ast.Call:
		return g.finiteCall(e)
	}
	return false
}

func isSlice(e ast.Expr) bool { _, ok := e.(*ast.Slice); return ok }

// finiteShape reports whether what has a type is a collection, by that.
func (g *generator) finiteShape(sh ctype.Shape) bool {
	switch {
	case sh.Kind == ctype.Object && sh.Class != nil:
		for _, c := range sh.Class.Ancestry() {
			if fs := g.p.Own(c).Plain["__iter__"]; len(fs) > 0 {
				return g.finiteCallees(fs)
			}
		}
		return false
	case sh.Kind == ctype.Object:
		return sh.Container
	}
	return sh.Kind == ctype.Pointer || sh.Kind == ctype.Record
}

// attribute is the type of an attribute that is reached from a parameter.
func (g *generator) attribute(e *ast.Attribute) ctype.Shape {
	var of ctype.Shape
	switch x := syntax.Bare(e.X).(type) {
	case *ast.Name:
		if i := g.param(x.Name); i >= 0 && len(g.values(x.Name)) == 0 {
			of = g.f.Flow.Nodes[g.f.Flow.Params[i]].Shape
		}
	case *ast.Attribute:
		of = g.attribute(x)
	}
	if of.Class == nil {
		return ctype.Shape{}
	}
	fd := of.Class.Field(e.Attr.Name)
	if fd == nil {
		return ctype.Shape{}
	}
	return g.p.Types.OfField(fd)
}

// param returns which parameter a name is; -1 for none.
func (g *generator) param(name string) int {
	return slices.IndexFunc(g.f.Def.Params.List, func(p *ast.Param) bool { return p.Name.Name == name })
}

// values are what the function assigns to a name; nil among them is something unknown.
func (g *generator) values(name string) []ast.Expr {
	var out []ast.Expr
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if syntax.IsNamed(t, name) && n.Op == "=" {
					out = append(out, n.Value)
				} else if binds(t, name) {
					out = append(out, nil)
				}
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				if d.Default != nil && syntax.DeclaredName(d).Name == name {
					out = append(out, d.Default)
				}
			}
		case *ast.For:
			if n.Target != nil && binds(n.Target, name) {
				out = append(out, nil)
			}
		case *ast.WithItem:
			if n.Target != nil && binds(n.Target, name) {
				out = append(out, nil)
			}
		case *ast.Walrus:
			if binds(n.Target, name) {
				out = append(out, n.Value)
			}
		}
		return true
	})
	return out
}

// binds reports whether assigning to a target gives a name a value.
func binds(target ast.Node, name string) bool {
	found := false
	ast.Walk(target, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || n.Name == name && n.Access.Rebinds()
		case *ast.Subscript, *ast.Attribute:
			return false
		}
		return !found
	})
	return found
}

func (g *generator) finiteName(e *ast.Name) bool {
	given := g.values(e.Name)
	if i := g.param(e.Name); i >= 0 {
		prm := g.f.Def.Params.List[i]
		if prm.Kind != ast.Positional { // *args, **kw
			return true
		}
		// A caller may pass anything for what has no type.
		if !g.finiteShape(g.f.Flow.Nodes[g.f.Flow.Params[i]].Shape) && !g.text(prm) {
			return false
		}
	} else if len(given) == 0 {
		return false
	}
	for _, v := range given {
		if v == nil || !syntax.IsNothing(v) && !g.finite(v) {
			return false
		}
	}
	return true
}

// text reports whether a parameter is declared as str, bytes or the like, which are no
// containers to the model: they never change.
func (g *generator) text(prm *ast.Param) bool {
	path, pointer := g.f.Mod.ParamType(g.f.Class, g.f.Def, slices.Index(g.f.Def.Params.List, prm), prm)
	return !pointer && len(path) == 1 && library.ObjectTypes()[path[0]] && path[0] != "object" && path[0] != "type"
}

func (g *generator) finiteCall(e *ast.Call) bool {
	if fs := g.callees(e); len(fs) > 0 {
		return slices.Contains(fs, g.f) && g.elsewhere(e) || g.finiteCallees(fs)
	}
	switch fun := syntax.Bare(e.Fun).(type) {
	case *ast.Name:
		switch _, own := g.f.Mod.Scope.Names[fun.Name]; {
		case own || g.param(fun.Name) >= 0 || len(g.values(fun.Name)) > 0:
			return false
		case fun.Name == "zip": // ends with the shortest
			return slices.ContainsFunc(e.Args, func(a ast.Arg) bool { return a.Star == 0 && g.finite(a.X) })
		case fun.Name == "enumerate" || fun.Name == "iter" && len(e.Args) == 1:
			return len(e.Args) > 0 && g.finite(e.Args[0].X)
		case passes[fun.Name] && fun.Name != "iter":
			return len(e.Args) > 1 && !slices.ContainsFunc(e.Args[1:], func(a ast.Arg) bool { return a.Star != 0 || !g.finite(a.X) })
		}
		return consumes[fun.Name]
	case *ast.Attribute:
		return views[fun.Attr.Name]
	}
	return false
}

// elsewhere reports whether a method is called of another object than the function's own,
// of what that refers to: down a tree, which ends.
func (g *generator) elsewhere(e *ast.Call) bool {
	fun, ok := syntax.Bare(e.Fun).(*ast.Attribute)
	if !ok {
		return false
	}
	name, ok := syntax.Bare(fun.X).(*ast.Name)
	return !ok || g.param(name.Name) < 0 && g.local(name.Name)
}

// callees are the functions of the project that a call comes to.
func (g *generator) callees(e *ast.Call) []*Function {
	for i := range g.f.Flow.Calls {
		if c := &g.f.Flow.Calls[i]; c.Span == e.Span {
			return c.Callees
		}
	}
	return nil
}

// finiteCallees reports whether what functions return, or yield, comes to an end.
func (g *generator) finiteCallees(fs []*Function) bool {
	return !slices.ContainsFunc(fs, func(f *Function) bool {
		if g.asked[f] || f.Def.Async || len(g.asked) > 12 {
			return true // a circle, or far away: nobody knows
		}
		g.asked[f] = true
		defer delete(g.asked, f)
		in := &generator{g.p, f, g.asked}
		if g.p.FlowOf(f).Yields != (ast.Span{}) {
			return !in.ends()
		}
		return !in.returnsFinite()
	})
}

// returnsFinite reports whether a plain function returns collections.
func (g *generator) returnsFinite() bool {
	if t := g.f.Def.Return; t != nil && len(t.Path) == 1 && library.ObjectTypes()[t.Path[0].Name] && t.Path[0].Name != "object" {
		return true
	}
	returns, ok := false, true
	syntax.EachStmt(g.f.Def.Body.Stmts, func(st ast.Stmt) {
		if ret, is := st.(*ast.Simple); is && ret.Keyword == "return" {
			returns = true
			ok = ok && len(ret.Exprs) == 1 && g.finite(ret.Exprs[0])
		}
	})
	return returns && ok
}

// progresses reports whether the condition of a loop, or one on which it is left, looks at
// something that the loop changes. A state that others have to change they cannot, while
// the lock is held.
func (g *generator) progresses(st *ast.While) bool {
	if c, ok := syntax.Unparen(st.Cond).(*ast.Const); ok && c.Name == "True" || syntax.IsNothing(st.Cond) {
		return g.left(st.Body.Stmts, st)
	}
	return g.changing(st.Cond, st)
}

// left reports whether one of the statements leaves a loop on such a condition.
func (g *generator) left(stmts []ast.Stmt, loop *ast.While) bool {
	return slices.ContainsFunc(stmts, func(st ast.Stmt) bool {
		x, ok := st.(*ast.If)
		if !ok {
			return false
		}
		return slices.ContainsFunc(x.Clauses, func(c ast.CondClause) bool {
			return c.Cond != nil && g.changing(c.Cond, loop) && slices.ContainsFunc(c.Body.Stmts, func(st ast.Stmt) bool {
				s, ok := st.(*ast.Simple)
				return ok && (s.Keyword == "break" || s.Keyword == "return")
			})
		})
	})
}

// changing reports whether a condition looks at a variable that a loop assigns to or,
// where that is the function's own, uses in a call.
func (g *generator) changing(cond ast.Expr, loop *ast.While) bool {
	found := false
	ast.Walk(cond, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && !found {
			found = g.assigned(loop, name.Name) || g.param(name.Name) < 0 && g.local(name.Name) && passedIn(loop, name.Name)
		}
		return !found
	})
	return found
}

// assigned reports whether a loop gives a name another value.
func (g *generator) assigned(loop ast.Node, name string) bool {
	found := false
	ast.Walk(loop, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == name {
			switch x.Access {
			case ast.Write, ast.Aug, ast.ForTarget, ast.AddressOf:
				found = true
			}
		}
		return !found
	})
	return found
}

// local reports whether a name is a variable of the function's own.
func (g *generator) local(name string) bool {
	found := len(g.values(name)) > 0
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.Declarator); ok {
			found = found || syntax.DeclaredName(d).Name == name
		}
		return !found
	})
	return found
}

// passedIn reports whether a name is an argument of a call, or its method is called.
func passedIn(in ast.Node, name string) bool {
	found := false
	names := func(e ast.Expr) {
		ast.Walk(e, func(n ast.Node) bool {
			x, ok := n.(*ast.Name)
			found = found || ok && x.Name == name
			return !found
		})
	}
	ast.Walk(in, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			if a, ok := syntax.Bare(c.Fun).(*ast.Attribute); ok {
				names(a.X)
			}
			for _, a := range c.Args {
				names(a.X)
			}
		}
		return !found
	})
	return found
}
