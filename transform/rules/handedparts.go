package rules

// PXL302, PXL303: what an expression that is handed out may be, or has in it: the branches of "a or b" and "a if c else b", what is
// in a tuple, the values of a variable, what functions return that are given it, and what functions inside the function keep of it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// parts looks at what is handed out of one function, at each expression once.
type parts struct {
	*views
	seen map[ast.Expr]bool
	// is tells whether an expression is what is looked for; nil where it is not.
	is func(v *views, x ast.Expr) *heldState
}

// partsOf returns the look at what a function hands out.
func partsOf(v *views, is func(v *views, x ast.Expr) *heldState) *parts {
	return &parts{v, nil, is}
}

// of returns the first of what an expression may be or has in it that is looked for.
func (p *parts) of(x ast.Expr) *heldState {
	x = syntax.Unparen(x)
	switch x.(type) {
	case nil:
		return nil
	case *ast.Name, *ast.Call, *ast.Lambda: // others lead to what stands in them alone
		if p.seen[x] {
			return nil
		}
		if p.seen == nil {
			p.seen = map[ast.Expr]bool{}
		}
		p.seen[x] = true
	}
	if st := p.is(p.views, x); st != nil {
		return st
	}
	switch x := x.(type) {
	case *ast.Cast:
		return p.of(x.X)
	case *ast.Cond:
		return p.any(x.Then, x.Else)
	case *ast.Binary:
		switch x.Op {
		case "or":
			return p.any(x.X, x.Y)
		case "and": // an X that comes of it is empty
			return p.of(x.Y)
		case "+", "*", "|": // of displays, whose items the result has
			for _, e := range []ast.Expr{x.X, x.Y} {
				if in, ok := syntax.Bare(e).(*ast.Collection); ok {
					if st := p.of(in); st != nil {
						return st
					}
				}
			}
		}
	case *ast.Walrus:
		return p.of(x.Value)
	case *ast.Collection:
		for i, e := range x.Elems {
			if x.Kind == "dict" && i%2 == 0 && !syntax.Starred(x.Elems) {
				continue // what can be a key is no container
			}
			if st := p.of(e); st != nil {
				return st
			}
		}
	case *ast.Comp:
		return p.any(x.Elem, x.Value)
	case *ast.Subscript:
		return p.inDisplay(x.X)
	case *ast.Lambda:
		return p.kept(x.Body, x.Params)
	case *ast.Call:
		return p.called(x)
	case *ast.Name:
		return p.named(x)
	}
	return nil
}

func (p *parts) any(list ...ast.Expr) *heldState {
	for _, x := range list {
		if x == nil {
			continue
		}
		if st := p.of(x); st != nil {
			return st
		}
	}
	return nil
}

// inDisplay is of for the items of what is spelled out: (self.rows, self.names)[i].
func (p *parts) inDisplay(x ast.Expr) *heldState {
	if in, ok := syntax.Bare(x).(*ast.Collection); ok {
		return p.of(in)
	}
	return nil
}

// named is of for the values that a variable may have where it is used; a name of a function inside the function has what that
// keeps.
func (p *parts) named(x *ast.Name) *heldState {
	if !p.r.local[x.Name] {
		if p.outer != nil { // of the function round this one, whenever that gives it a value
			for _, given := range p.outer.r.values[x.Name] {
				if st := p.in(p.outer).value(given); st != nil {
					return st
				}
			}
		}
		if def := p.inside(x.Name); def != nil {
			return p.kept(def.Body, def.Params)
		}
		return nil
	}
	if t := p.r.types[x.Name]; t.ctype != nil && t.ctype.Const {
		return nil
	}
	values, _ := p.r.reaching(x.Name, x.Pos)
	for _, given := range values {
		if st := p.value(given); st != nil {
			return st
		}
	}
	if p.r.params[x.Name] == nil {
		if def := p.inside(x.Name); def != nil {
			return p.kept(def.Body, def.Params)
		}
	}
	return nil
}

func (p *parts) value(given nameValue) *heldState {
	switch {
	case given.value == nil:
		return nil
	case given.item:
		return p.inDisplay(given.value)
	}
	return p.of(given.value)
}

// in is the look at another function, of which the same is looked for.
func (p *parts) in(v *views) *parts { return &parts{v, p.seen, p.is} }

// inside is the function inside the function that a name stands for, nil for none.
func (p *parts) inside(name string) *ast.FuncDef {
	var found *ast.FuncDef
	syntax.EachStmt(p.r.def.Body.Stmts, func(st ast.Stmt) {
		if def, ok := st.(*ast.FuncDef); ok && def.Name.Name == name && def.Body != nil {
			found = def
		}
	})
	return found
}

// kept is what a lambda or a function inside the function keeps when it is handed out: what the variables have that it uses, and
// its defaults.
func (p *parts) kept(body ast.Node, params *ast.Params) *heldState {
	var out *heldState
	own := map[string]bool{}
	if params != nil {
		for _, prm := range params.List {
			own[syntax.ParamName(prm)] = true
			if prm.Default != nil && out == nil {
				out = p.of(prm.Default)
			}
		}
	}
	ast.Walk(body, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		if ok && out == nil && x.Access == ast.Read && !own[x.Name] && p.r.local[x.Name] && p.r.params[x.Name] == nil && !syntax.Assigns(body, x.Name) && p.inside(x.Name) == nil {
			for _, given := range p.r.values[x.Name] {
				if out = p.value(given); out != nil {
					break
				}
			}
		}
		return out == nil
	})
	return out
}

// called is of for what a call returns.
func (p *parts) called(call *ast.Call) *heldState {
	switch fun := syntax.Bare(call.Fun).(type) {
	case nil:
		return nil
	case *ast.Lambda:
		return p.of(fun.Body)
	case *ast.Name:
		if def := p.inside(fun.Name); def != nil && (p.r.local[fun.Name] || p.r.values[fun.Name] == nil) {
			return p.returnedInside(def)
		}
		for _, given := range p.r.values[fun.Name] {
			if l, ok := syntax.Bare(given.value).(*ast.Lambda); ok && given.value != nil {
				if st := p.of(l.Body); st != nil {
					return st
				}
			}
		}
	case *ast.Attribute:
		if (fun.Attr.Name == "get" || fun.Attr.Name == "pop" || fun.Attr.Name == "setdefault") && len(call.Args) == 2 { // the default
			if st := p.of(call.Args[1].X); st != nil {
				return st
			}
			return p.inDisplay(fun.X)
		}
	}
	module, path := p.f.Mod.Scope.LibraryPath(call.Fun)
	switch name := syntax.LastName(call.Fun); {
	case len(call.Args) == 2 && (name == "cast" && (module == "typing" || p.f.Mod.Scope.CythonAttr(call.Fun, false) != "")):
		return p.of(call.Args[1].X)
	case module == "builtins" && len(path) == 1 && !p.r.isLocal(name):
		switch {
		case name == "next" && len(call.Args) == 2, name == "getattr" && len(call.Args) == 3:
			return p.of(call.Args[len(call.Args)-1].X)
		case (name == "max" || name == "min") && len(call.Args) > 1 && call.Args[1].Name.Name == "":
			for _, a := range call.Args {
				if a.Name.Name == "" && a.Star == 0 {
					if st := p.of(a.X); st != nil {
						return st
					}
				}
			}
			return nil
		case library.Makers()[name]: // what is in it
			for _, a := range call.Args {
				if a.Name.Name != "" {
					if st := p.of(a.X); st != nil {
						return st
					}
				} else if st := p.inDisplay(a.X); st != nil {
					return st
				}
			}
			return nil
		}
	}
	if st := p.passedThrough(call); st != nil {
		return st
	}
	return p.returned(call, func(v *views, x ast.Expr) *heldState { return p.in(v).of(x) })
}

// returnedInside is what a function inside the function returns, which is called; a generator keeps what it uses.
func (p *parts) returnedInside(def *ast.FuncDef) *heldState {
	r := p.c.ruleFunc(def)
	if r == nil {
		return nil
	}
	if syntax.Yields(def.Body) || def.Async {
		return p.kept(def.Body, def.Params)
	}
	r.prepare()
	in := p.in(&views{p.c, p.f, r, p.states, p.views})
	var out *heldState
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		if ret, ok := n.(*ast.Simple); ok && ret.Keyword == "return" && out == nil {
			out = in.any(ret.Exprs...)
		}
		return true
	})
	return out
}

// passedThrough is what a call of functions in sight gives them that they return, also within something else.
func (p *parts) passedThrough(call *ast.Call) *heldState {
	for i := range p.f.Flow.Calls {
		k := &p.f.Flow.Calls[i]
		if k.Span != call.Span {
			continue
		}
		_, method := syntax.Bare(call.Fun).(*ast.Attribute)
		for _, g := range k.Callees {
			if g.Def.Body == nil || g.Def.Params == nil || g.Suspends() {
				continue
			}
			for _, i := range passes(p.c, g) {
				if arg := givenTo(call, g, i, method && g.Class != nil); arg != nil {
					if st := p.of(arg); st != nil {
						return st
					}
				}
			}
		}
	}
	return nil
}

// passes are the parameters that a function returns, themselves or within a tuple or the like.
func passes(c *checking, g *effects.Function) []int {
	if out, known := c.passing[g]; known {
		return out // of one that calls itself, what is known so far
	}
	if c.passing == nil {
		c.passing = map[*effects.Function][]int{}
	}
	c.passing[g] = nil
	r := c.ruleFuncOf(g)
	if r == nil || r.def.Kind == ast.Cdef && g.Flow == nil {
		return nil
	}
	r.prepare()
	var out []int
	for i, prm := range g.Def.Params.List {
		name := syntax.ParamName(prm)
		if prm.Kind != ast.Positional || len(r.values[name]) > 0 {
			continue
		}
		p := partsOf(&views{c, g, r, &statesOf{checking: c, f: g, called: true}, nil}, func(v *views, x ast.Expr) *heldState {
			if n, ok := x.(*ast.Name); ok && n.Name == name && v.r == r {
				return &heldState{param: i}
			}
			return nil
		})
		found := false
		eachReturn(g, func(x ast.Expr) { found = found || p.of(x) != nil })
		if found {
			out = append(out, i)
		}
	}
	c.passing[g] = out
	return out
}

// handsOutParts reports a container, or what goes over a dict or set, that a function hands out by a way that its flow does not
// tell. Whoever goes over a dict or a set does so without the lock, and gets a RuntimeError when its size changes; a list is
// gone over by numbers.
func handsOutParts(states *statesOf) {
	c, f := states.checking, states.f
	if f.Flow.Yields != (ast.Span{}) || !slices.ContainsFunc(f.Flow.Nodes, func(x effects.Node) bool { return x.Kind == effects.NodeField && x.Shape.Container }) {
		return
	}
	r := c.ruleFunc(f.Def)
	if r == nil {
		return
	}
	r.prepare()
	v := &views{c, f, r, states, nil}
	told := false
	look := func(x ast.Expr, how string) {
		if told || x == nil {
			return
		}
		var over *ast.Attribute
		st := partsOf(v, func(v *views, x ast.Expr) *heldState {
			a, ok := x.(*ast.Attribute)
			if !ok {
				a = goesOverOne(x)
			}
			st := v.grows(a)
			if st == nil || letsGo(c, v.f, st) {
				return nil
			}
			if over = nil; !ok {
				if t := st.field.Ctype; t == nil || t.Name != "dict" && t.Name != "set" {
					return nil
				}
				over = a
			}
			return st
		}).of(x)
		if st == nil || letsGo(c, f, st) {
			return
		}
		told = true
		handsOut(c, f, st, over, x.Range(), how)
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && f.Exposed() {
				for _, x := range n.Exprs {
					look(x, "returns")
				}
			}
		case *ast.Assign:
			if n.Value != nil && n.Op == "=" && slices.ContainsFunc(n.Targets, v.ofOthers) {
				look(n.Value, "gives others")
			}
		case *ast.Call:
			if m, ok := syntax.Bare(n.Fun).(*ast.Attribute); ok && effects.KeepsItem(m.Attr.Name) && len(n.Args) > 0 && v.others(m.X) {
				look(n.Args[len(n.Args)-1].X, "gives others")
			}
		}
		return true
	})
}
