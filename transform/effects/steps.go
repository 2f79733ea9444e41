package effects

// A lock for each step of a generator: it may be given back at a yield and taken again
// after it where nothing that was read from guarded state, other than Python objects, is
// used on the other side: no pointer, no length, no cursor.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// YieldAt returns the yield that a statement waits at: "yield x", "x = yield y".
func YieldAt(st ast.Stmt) *ast.Yield {
	if y := syntax.YieldOf(st); y != nil {
		return y
	}
	as, ok := st.(*ast.Assign)
	if !ok || as.Op != "=" || as.Annotation != nil || len(as.Targets) != 1 || as.Value == nil {
		return nil
	}
	if _, name := as.Targets[0].(*ast.Name); !name {
		return nil
	}
	y, _ := syntax.Unparen(as.Value).(*ast.Yield)
	return y
}

// Steps reports whether a generator may give its lock back at each yield. Where it may
// not, why says what is in the way. held tells which parameters its locks are found by.
func (f *Function) Steps(p *Program, held func(name string) bool) (at ast.Span, why string) {
	g := &crossing{generator: generator{p: p, f: f, asked: map[*Function]bool{}}, carried: map[string]bool{}}
	if at, why := g.form(); why != "" {
		return at, why
	}
	if at, why := handsAway(f, held); why != "" {
		return at, why
	}
	for n := -1; n != len(g.carried); {
		n = len(g.carried)
		g.gather()
	}
	g.walk(f.Def.Body.Stmts, nil, ways{})
	g.relies()
	return g.at, g.why
}

// crossing looks for what a generator carries across its yields.
type crossing struct {
	generator
	carried map[string]bool // variables that hold, or lead to, C data read from state
	at      ast.Span
	why     string
}

func (g *crossing) fail(at ast.Span, why string) {
	if g.why == "" {
		g.at, g.why = at, why
	}
}

// form refuses yields that are no statements, and functions whose variables others see.
func (g *crossing) form() (at ast.Span, why string) {
	steps := map[*ast.Yield]bool{}
	syntax.EachStmt(g.f.Def.Body.Stmts, func(st ast.Stmt) {
		if y := YieldAt(st); y != nil {
			steps[y] = true
		}
	})
	first := ast.Span{}
	nests := false
	ast.Walk(g.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.ClassDef, *ast.Lambda:
			nests = true
			return false
		case *ast.Comp:
			nests = nests || n.Kind == "generator"
		case *ast.Yield:
			if first == (ast.Span{}) {
				first = n.Span
			}
			if !steps[n] {
				at, why = n.Span, "yields in the middle of an expression"
			}
		}
		return true
	})
	if nests && why == "" {
		return first, "has a function or generator inside, which sees its variables at any time"
	}
	return at, why
}

// handsAway looks for what keeps a lock from being taken again, or from being given back
// where a yield stands.
func handsAway(f *Function, held func(name string) bool) (at ast.Span, why string) {
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && name.Access != ast.Read && binds(name, name.Name) && held(name.Name) {
			at, why = name.Span, "assigns to "+name.Name+", which it would lock again after a yield"
		}
		return true
	})
	for _, st := range syntax.Guarded(f.Def.Body.Stmts) {
		if YieldAt(st) != nil && !syntax.AloneOnLine(f.Unit.File, st.Range()) {
			at, why = st.Range(), "yields in a try or with statement, with something else on the line"
		}
	}
	return at, why
}

// gather finds what variables hold C data that was read from state.
func (g *crossing) gather() {
	give := func(target ast.Expr, value ast.Expr) {
		if _, sent := syntax.Unparen(value).(*ast.Yield); sent || !g.fromState(value) {
			return
		}
		object := g.object(value)
		ast.Walk(target, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok && (g.param(x.Name) >= 0 || g.local(x.Name)) {
				if x.Access != ast.Read && (!object || g.isC(g.declared(x.Name)) || g.measures(x.Name)) {
					g.carried[x.Name] = true
				}
			}
			return true
		})
	}
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if n.Value != nil {
					give(t, n.Value)
				}
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				if d.Default != nil && g.fromState(d.Default) && (!g.object(d.Default) || g.isC(g.p.Types.Of(g.f.Mod, n.Type, d).Kind) || g.measures(syntax.DeclaredName(d).Name)) {
					g.carried[syntax.DeclaredName(d).Name] = true
				}
			}
		case *ast.For:
			if n.Target != nil && !n.From {
				give(n.Target, n.Iter)
			}
		case *ast.Walrus:
			give(n.Target, n.Value)
		case *ast.Call: // may fill, or put into, what it is given
			if !g.fromState(n) {
				break
			}
			for _, a := range n.Args {
				g.filled(a.X)
			}
			if a, ok := syntax.Bare(n.Fun).(*ast.Attribute); ok {
				g.filled(a.X)
				if x, ok := syntax.Bare(a.X).(*ast.Name); ok && g.local(x.Name) && g.indexes(x.Name) && slices.ContainsFunc(n.Args, func(a ast.Arg) bool { return g.fromState(a.X) && !g.object(a.X) }) {
					g.carried[x.Name] = true // a container that keeps it
				}
			}
		}
		return true
	})
}

func (g *crossing) isC(k ctype.Kind) bool { return k != ctype.Object && k != ctype.Unknown }

// filled notes the C variables in an argument of a call that has state in its hands.
func (g *crossing) filled(e ast.Expr) {
	ast.Walk(e, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && g.local(x.Name) {
			if k := g.declared(x.Name); k == ctype.Pointer || k == ctype.Record || x.Access == ast.AddressOf {
				g.carried[x.Name] = true
			}
		}
		return true
	})
}

// declared is what a variable is declared as.
func (g *crossing) declared(name string) ctype.Kind {
	if i := g.param(name); i >= 0 {
		return g.f.Flow.Nodes[g.f.Flow.Params[i]].Shape.Kind
	}
	return g.variable(name).Kind
}

// variable is the type that a local variable is declared with.
func (g *crossing) variable(name string) (sh ctype.Shape) {
	syntax.OwnNodes(g.f.Def.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.CVarDecl); ok {
			for _, x := range d.Declarators {
				if syntax.DeclaredName(x).Name == name {
					sh = g.p.Types.Of(g.f.Mod, d.Type, x)
				}
			}
		}
		return true
	})
	return sh
}

// fromState reports whether the value of an expression may have been read from state: of a
// parameter, of an object, or of what such a variable leads to.
func (g *crossing) fromState(e ast.Expr) bool {
	if e == nil {
		return false
	}
	found := false
	stateful := func(e ast.Expr) bool {
		hit := false
		ast.Walk(e, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok {
				k := g.declared(x.Name)
				hit = hit || g.carried[x.Name] || (g.param(x.Name) >= 0 || g.local(x.Name)) && (k == ctype.Object || k == ctype.Unknown && (g.param(x.Name) >= 0 || !g.plain(x.Name)))
			}
			return !hit
		})
		return hit
	}
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || g.carried[n.Name]
		case *ast.Attribute:
			found = found || stateful(n.X)
		case *ast.Subscript:
			found = found || stateful(n.X)
		case *ast.Call:
			found = found || slices.ContainsFunc(n.Args, func(a ast.Arg) bool { return stateful(a.X) })
		}
		return !found
	})
	return found
}

// plain reports whether a variable without a type gets numbers alone that no state is in.
func (g *crossing) plain(name string) bool {
	given := g.values(name)
	return len(given) > 0 && !slices.ContainsFunc(given, func(e ast.Expr) bool { return e == nil || !numeric(e) })
}

// numeric reports whether an expression is made of numbers and names alone.
func numeric(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Number, *ast.Const:
		return true
	case *ast.Unary:
		return numeric(e.X)
	case *ast.Binary:
		return numeric(e.X) && numeric(e.Y)
	}
	return false
}

// object reports whether the value of an expression is a Python object that was one in the
// state, or is a new one with nothing of the state in it.
func (g *crossing) object(e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Str:
		return true
	case *ast.Collection:
		return !slices.ContainsFunc(e.Elems, func(x ast.Expr) bool { return g.fromState(x) && !g.object(x) })
	case *ast.Comp:
		return e.Kind != "generator"
	case *ast.Cond:
		return g.object(e.Then) && g.object(e.Else)
	case *ast.Name:
		return !g.carried[e.Name] && !g.isC(g.declared(e.Name))
	case *ast.Attribute:
		return g.reached(e).Kind == ctype.Object
	case *ast.Subscript:
		return g.object(e.X)
	case *ast.Call:
		return g.returnsObject(e)
	}
	return false
}

// reached is the type of an attribute, the zero shape where that is not known.
func (g *crossing) reached(e *ast.Attribute) ctype.Shape {
	if x, ok := syntax.Bare(e.X).(*ast.Name); ok && g.param(x.Name) < 0 {
		if c := g.variable(x.Name).Class; c != nil && c.Field(e.Attr.Name) != nil {
			return g.p.Types.OfField(c.Field(e.Attr.Name))
		}
		return ctype.Shape{}
	}
	return g.attribute(e)
}

// returnsObject reports whether a call returns a Python object that no C number of the
// state went into: what a method of a container or a function of Python's own returns.
func (g *crossing) returnsObject(e *ast.Call) bool {
	if fs := g.callees(e); len(fs) > 0 {
		return !slices.ContainsFunc(fs, func(f *Function) bool {
			return project.IsCdef(f.Mod, f.Class, f.Def) && g.isC(g.p.Types.Of(f.Mod, f.Def.Return, f.Def.Declarator).Kind)
		})
	}
	switch fun := syntax.Bare(e.Fun).(type) {
	case *ast.Attribute:
		return g.object(fun.X)
	case *ast.Name:
		switch fun.Name {
		case "iter", "enumerate", "zip", "reversed", "list", "tuple", "dict", "set", "sorted", "map", "filter", "next", "str", "bytes", "repr", "getattr":
			return !slices.ContainsFunc(e.Args, func(a ast.Arg) bool { return g.fromState(a.X) && !g.object(a.X) })
		}
	}
	return false
}

// ways are the variables that are used later, on the ways out of a block.
type ways struct {
	broken, continued, raised map[string]bool
}

// walk goes backwards through statements: given the variables that are used after them it
// returns those that are used from their beginning on.
func (g *crossing) walk(stmts []ast.Stmt, after map[string]bool, out ways) map[string]bool {
	live := maps.Clone(after)
	if live == nil {
		live = map[string]bool{}
	}
	for _, st := range slices.Backward(stmts) {
		live = g.before(st, live, out)
	}
	return live
}

func union(sets ...map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, s := range sets {
		maps.Copy(out, s)
	}
	return out
}

// before is walk for one statement.
func (g *crossing) before(st ast.Stmt, after map[string]bool, out ways) map[string]bool {
	if y := YieldAt(st); y != nil {
		for _, name := range slices.Sorted(maps.Keys(union(after, out.raised))) {
			if as, ok := st.(*ast.Assign); !ok || !syntax.IsNamed(as.Targets[0], name) {
				g.fail(y.Span, "uses "+name+" after it, which was read from the state before it")
			}
		}
		return g.used(y.X)
	}
	switch st := st.(type) {
	case *ast.Simple:
		switch st.Keyword {
		case "break":
			return out.broken
		case "continue":
			return out.continued
		case "return", "raise":
			after = out.raised
		}
		return union(after, g.used(exprs(st.Exprs)...))
	case *ast.If:
		live := union()
		always := false
		for _, c := range st.Clauses {
			live = union(live, g.walk(c.Body.Stmts, after, out), g.used(c.Cond))
			always = always || c.Cond == nil
		}
		if !always {
			live = union(live, after)
		}
		return live
	case *ast.While:
		end := after
		if st.Else != nil {
			end = g.walk(st.Else.Stmts, after, out)
		}
		return g.loop(func(head map[string]bool) map[string]bool {
			return union(g.used(st.Cond), end, g.walk(st.Body.Stmts, head, ways{after, head, out.raised}))
		})
	case *ast.For:
		end := after
		if st.Else != nil {
			end = g.walk(st.Else.Stmts, after, out)
		}
		if syntax.Yields(st.Body) && g.overState(st) {
			g.fail(st.Iter.Range(), "iterates over C data of the state, whose address and length it keeps")
		}
		live := g.loop(func(head map[string]bool) map[string]bool {
			in := g.walk(st.Body.Stmts, head, ways{after, head, out.raised})
			return union(end, without(in, st.Target))
		})
		return union(live, g.used(st.Iter, st.Step))
	case *ast.With:
		// What it enters may end an exception.
		live := g.walk(st.Body.Stmts, after, ways{out.broken, out.continued, union(out.raised, after)})
		for _, it := range st.Items {
			live = union(without(live, it.Target), g.used(it.X))
		}
		return live
	case *ast.Try:
		return g.try(st, after, out)
	case *ast.Assign:
		uses := []ast.Node{st.Value}
		live := after
		for _, t := range st.Targets {
			if _, name := syntax.Unparen(t).(*ast.Name); name && st.Op == "=" && st.Value != nil {
				live = without(live, t)
			} else {
				uses = append(uses, t)
			}
		}
		return union(live, g.used(uses...))
	case *ast.CVarDecl:
		live := union(after)
		for _, d := range st.Declarators {
			delete(live, syntax.DeclaredName(d).Name)
			live = union(live, g.used(d.Default))
		}
		return live
	case *ast.FuncDef, *ast.ClassDef:
		return after
	}
	live := union(after, g.used(st))
	for b := range syntax.Suites(st) {
		live = union(live, g.walk(b.Stmts, after, out))
	}
	return live
}

// loop repeats until nothing is new at the head of a loop.
func (g *crossing) loop(round func(head map[string]bool) map[string]bool) map[string]bool {
	head := map[string]bool{}
	for {
		next := round(head)
		if maps.Equal(head, next) {
			return head
		}
		head = next
	}
}

func (g *crossing) try(st *ast.Try, after map[string]bool, out ways) map[string]bool {
	raised := out.raised
	if st.Finally != nil {
		// It comes on every way out.
		all := union(after, out.broken, out.continued, out.raised)
		in := g.walk(st.Finally.Stmts, all, out)
		after, raised = in, in
		out = ways{in, in, in}
	}
	for _, h := range st.Handlers {
		raised = union(raised, g.walk(h.Body.Stmts, after, out), g.used(h.Type))
	}
	end := after
	if st.Else != nil {
		end = g.walk(st.Else.Stmts, after, out)
	}
	// An exception may come anywhere in the body.
	return union(g.walk(st.Body.Stmts, end, ways{out.broken, out.continued, raised}), raised)
}

// overState reports whether a loop goes over C data, or to a bound that was read once.
func (g *crossing) overState(st *ast.For) bool {
	if st.From {
		return g.fromState(st.Iter) || st.Step != nil && g.fromState(st.Step)
	}
	if call, ok := syntax.Unparen(st.Iter).(*ast.Call); ok {
		if name, ok := syntax.Bare(call.Fun).(*ast.Name); ok && (name.Name == "range" || name.Name == "xrange") {
			return slices.ContainsFunc(call.Args, func(a ast.Arg) bool { return g.fromState(a.X) })
		}
	}
	return g.fromState(st.Iter) && !g.object(st.Iter)
}

// used are the carried variables that nodes mention.
func (g *crossing) used(nodes ...ast.Node) map[string]bool {
	out := map[string]bool{}
	for _, n := range nodes {
		if n == nil {
			continue
		}
		ast.Walk(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Suite:
				return false
			case *ast.Name:
				if g.carried[n.Name] {
					out[n.Name] = true
				}
			}
			return true
		})
	}
	return out
}

func exprs(list []ast.Expr) []ast.Node {
	out := make([]ast.Node, len(list))
	for i, e := range list {
		out[i] = e
	}
	return out
}

// without is a set without the names that a target gives new values.
func without(live map[string]bool, target ast.Expr) map[string]bool {
	out := union(live)
	if target != nil {
		for name := range live {
			if binds(target, name) {
				delete(out, name)
			}
		}
	}
	return out
}

// LetsGo reports whether a function holds nothing at one of its places: a generator that locks its steps, where
// it goes over another iterator by "yield from".
func LetsGo(p *Program, f *Function, at ast.Span) bool {
	if !f.Suspends() || slices.ContainsFunc(p.OwnLocks(f).Decs, decorator.Lock.Snapshot) {
		return false
	}
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		y, ok := n.(*ast.Yield)
		found = found || ok && y.From && y.Span == at
		return !found
	})
	return found
}
