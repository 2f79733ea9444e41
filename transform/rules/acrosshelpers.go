package rules

// PXL306: what functions of the project do for a method that keeps a pointer: run code of the user on the way, or find
// the place that the pointer leads to.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// helper is what is known of a function that such a method calls.
type helper struct {
	// own is the code of the user that the function runs which its object holds, "" for none, and params that which
	// it is given, by the parameters.
	own    string
	params map[int]string
	// field is the attribute of its object that the pointer which it returns leads into, nil for none.
	field *project.Field
}

// helpers are those of a module, found on demand.
type helpers map[*effects.Function]*helper

// on returns the look at another function and its own object, nil where it has no body of this module's.
func (a *across) on(g *effects.Function) *across {
	if g.Class == nil {
		return lookAt(a, g, object{})
	}
	return lookAt(a, g, object{ownName(g), g.Class})
}

// lookAt returns the look at what a function does with an object, nil where it has no body of this module's.
func lookAt(a *across, g *effects.Function, o object) *across {
	r := a.ruleFunc(g.Def)
	if r == nil {
		return nil
	}
	r.prepare()
	b := &across{checking: a.checking, f: g, r: r, object: o, movers: a.movers, shrinkers: a.shrinkers, helpers: a.helpers}
	b.findSteps()
	return b
}

// findSteps finds where pointers go on, and what loops go over.
func (a *across) findSteps() {
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		switch st := n.(type) {
		case *ast.Assign:
			if st.Op != "=" && st.Op != "" && len(st.Targets) == 1 {
				put(&a.steps, st.Targets[0].Range().Pos, true)
			}
		case *ast.For:
			put(&a.once, st.Span, st.Iter.Range())
		}
		return true
	})
}

// points reports whether the method has a pointer into memory of the object, or a loop over it.
func (a *across) points() bool {
	over := false
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		if comp, ok := n.(*ast.Comp); ok {
			over = over || slices.ContainsFunc(comp.Clauses, func(cl ast.CompClause) bool { return cl.Target != nil && a.container(cl.Iter) != nil })
		}
		return !over
	})
	if over {
		return true
	}
	for name, values := range a.r.values {
		for _, v := range values {
			if v.value != nil && (v.item || a.attribute(v.value) != nil || a.bytes(name, v.value) != nil) {
				return true
			}
		}
	}
	return false
}

// helps finds out what a function does, also by way of others.
func (a *across) helps(g *effects.Function) *helper {
	if h, ok := a.helpers[g]; ok {
		return h // of a function that comes back to itself what is known so far
	}
	h := &helper{params: map[int]string{}}
	a.helpers[g] = h
	b := a.on(g)
	if b == nil {
		return h
	}
	for _, k := range b.callbacks() {
		if k.of == nil {
			continue
		}
		root := b.whose(k.of, 0)
		if root == "" {
			continue
		}
		if root == b.name {
			h.own = k.text
			continue
		}
		for i, prm := range g.Def.Params.List {
			if syntax.ParamName(prm) == root {
				h.params[i] = k.text
			}
		}
	}
	if b.name != "" {
		syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
			if ret, ok := n.(*ast.Simple); ok && ret.Keyword == "return" && len(ret.Exprs) == 1 && h.field == nil {
				h.field = b.leads(ret.Exprs[0], ret.Pos)
			}
			return true
		})
	}
	return h
}

// whose is the parameter, the object itself among them, that an expression begins with, also by local names.
func (a *across) whose(e ast.Expr, depth int) string {
	name := syntax.Root(e)
	if a.r.params[name] != nil || depth > 3 {
		return name
	}
	values, _ := a.r.reaching(name, e.Range().Pos)
	for _, v := range values {
		if v.value != nil {
			if of := a.whose(v.value, depth+1); a.r.params[of] != nil {
				return of
			}
		}
	}
	return ""
}

// leads is the attribute whose memory an expression points into, also by a local name.
func (a *across) leads(e ast.Expr, at int32) *project.Field {
	if fd := a.attribute(e); fd != nil {
		return fd
	}
	x, ok := syntax.Bare(e).(*ast.Name)
	if u, address := syntax.Bare(e).(*ast.Unary); address && u.Op == "&" { // &p[i]
		if s, is := syntax.Bare(u.X).(*ast.Subscript); is {
			x, ok = syntax.Bare(s.X).(*ast.Name)
		}
	}
	if !ok || !a.r.local[x.Name] {
		return nil
	}
	for _, v := range a.origins(x.Name, at) {
		if v.value != nil && !v.item {
			if fd := a.attribute(v.value); fd != nil {
				return fd
			}
		}
	}
	return nil
}

// callees are the functions of the module that a call may reach.
func (a *across) callees(n *ast.Call) []*effects.Function {
	if a.calls == nil {
		a.calls = map[ast.Span][]*effects.Function{}
		for _, k := range a.f.Flow.Calls {
			a.calls[k.Span] = append(a.calls[k.Span], k.Callees...)
		}
	}
	return a.calls[n.Span]
}

// receives reports whether a call is one of a method of the object itself.
func (a *across) receives(n *ast.Call) bool {
	m, ok := syntax.Bare(n.Fun).(*ast.Attribute)
	return ok && a.is(m.X)
}

// byHelper is the code of the user that a call of a function of the module runs, and whose it is.
func (a *across) byHelper(n *ast.Call) (string, ast.Expr) {
	own := a.receives(n)
	for _, g := range a.callees(n) {
		if g == a.f || g.Def.Body == nil {
			continue
		}
		h := a.helps(g)
		if own && h.own != "" {
			return h.own + " (in " + g.Name() + ")", n.Fun
		}
		for i, what := range h.params {
			if arg := givenTo(n, g, i, own); arg != nil && (a.users(arg, true, 0) || a.item(arg, 0)) {
				return what + " (in " + g.Name() + ")", arg
			}
		}
	}
	return "", nil
}

// givenTo is what a call gives to a parameter, nil where that is not spelled out.
func givenTo(n *ast.Call, g *effects.Function, param int, method bool) ast.Expr {
	name := syntax.ParamName(g.Def.Params.List[param])
	if i := slices.IndexFunc(n.Args, func(arg ast.Arg) bool { return arg.Name.Name == name }); i >= 0 {
		return n.Args[i].X
	}
	if method {
		param--
	}
	if param < 0 || param >= len(n.Args) || slices.ContainsFunc(n.Args[:param+1], func(arg ast.Arg) bool { return arg.Star != 0 || arg.Name.Name != "" }) {
		return nil
	}
	return n.Args[param].X
}
