package rules

// PXL502: containers of a module that one function goes over while another changes them.

import (
	"fmt"
	"maps"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/syntax"
)

// wandering are the methods of a list after which what is behind an item stands elsewhere.
var wandering = map[string]bool{"pop": true, "remove": true, "insert": true, "clear": true, "sort": true, "reverse": true}

// dictViews are the methods of a dict that go over it when somebody goes over what they return. Of a variable that is declared
// as a dict, Cython has those of Python 2, too.
var dictViews = map[string]bool{"items": true, "keys": true, "values": true, "iteritems": true, "iterkeys": true, "itervalues": true,
	"viewitems": true, "viewkeys": true, "viewvalues": true}

// containerKind returns what container a variable is, by its declaration or by what the module makes it: "dict",
// "set" or "list"; "" for others.
func containerKind(v *globalVar) string {
	kinds := map[string]string{"dict": "dict", "set": "set", "list": "list", "defaultdict": "dict", "OrderedDict": "dict", "Counter": "dict", "deque": "deque",
		"WeakSet": "set", "WeakKeyDictionary": "dict", "WeakValueDictionary": "dict"}
	if v.ctype != nil && v.d != nil && v.d.Pointer == 0 && kinds[v.ctype.Name] != "" {
		return kinds[v.ctype.Name]
	}
	if v.within != nil && len(v.inits) == 0 {
		return kindByUse(v)
	}
	for _, e := range v.inits {
		switch e := syntax.Unparen(e).(type) {
		case *ast.Comp:
			if e.Kind != "generator" {
				return e.Kind
			}
		case *ast.Collection:
			if e.Kind == "dict" || e.Kind == "set" || e.Kind == "list" {
				return e.Kind
			}
		case *ast.Call:
			if k := kinds[syntax.LastName(e.Fun)]; k != "" {
				return k
			}
		}
	}
	return ""
}

// kindByUse is the container that an item is, by the methods that change it.
func kindByUse(v *globalVar) string {
	for _, ch := range v.changes {
		if call, ok := ch.node.(*ast.Call); ok && ch.kind == stores {
			switch syntax.LastName(call.Fun) {
			case "add", "discard":
				return "set"
			case "append", "insert":
				return "list"
			case "appendleft", "popleft":
				return "deque"
			}
		}
	}
	return ""
}

// shifts reports whether a change makes a container another for who goes over it.
func shifts(kind string, ch globalChange) bool {
	if ch.kind != stores {
		return ch.kind == arranges
	}
	switch n := ch.node.(type) {
	case *ast.Call:
		if at, ok := n.Fun.(*ast.Attribute); ok && kind == "list" {
			return wandering[at.Attr.Name]
		}
		return kind != "list"
	case *ast.Del:
		return true
	case *ast.Assign:
		return kind != "list" && kind != "deque" // an item of a list stays where it is
	}
	return false
}

// A stroll is a place where a function goes over a container of the module, or hands out what goes over it.
type stroll struct {
	f     *ruleFunc
	at    ast.Node
	hands bool
}

// strolls finds where functions go over containers of the module without a lock of the module, by
// their names. A copy (list(d)) is made by one operation, and is another container. The functions of another module know them by
// some names of their own, too.
func (c *bodies) strolls(vars map[string]*globalVar, known map[string]bool) map[string][]stroll {
	out := map[string][]stroll{}
	keys, spelt := map[*globalVar]string{}, map[string]bool{}
	for key, v := range vars {
		if len(v.changes) > 0 && containerKind(v) != "" {
			keys[v] = key
			for v.within != nil {
				v = v.within
			}
			spelt[syntax.LastPart(v.name)] = true
		}
	}
	if len(keys) == 0 {
		return out
	}
	maps.Copy(spelt, known)
	first := firstLetters(spelt)
	for _, f := range actors(c) {
		if !namesOne(f.u.Src[f.def.Pos:f.def.End], spelt, first) {
			continue
		}
		seen := map[int32]bool{}
		over := func(e ast.Expr, at ast.Node, hands bool) {
			n := wentOver(e)
			if n == nil || seen[n.Range().Pos] {
				return
			}
			v := variableOf(c, f, n)
			if v == nil {
				v = itemOf(c, f, n, itemsDeep)
			}
			if v == nil || keys[v] == "" || containerKind(v) == "list" && (hands || tupleOf(at)) {
				return
			}
			if seen[n.Range().Pos] = true; hands || !f.heldForAll(n.Range().Pos) {
				out[keys[v]] = append(out[keys[v]], stroll{f, at, hands})
			}
		}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call: // of a function that goes over what it is given
				if name, ok := n.Fun.(*ast.Name); ok && !f.isLocal(name.Name) {
					for i, a := range n.Args {
						if goesOver(c, name.Name, i) && a.Name.Name == "" {
							over(a.X, n, false)
						}
					}
				}
				eachAsked(c, f, n, func(e ast.Expr) { over(e, n, false) })
			case *ast.Simple:
				if n.Keyword == "return" && !syntax.Yields(f.def.Body) {
					for _, e := range n.Exprs {
						handedOn(c, f, e, func(x ast.Expr) { over(x, e, true) })
					}
				}
			case *ast.Yield:
				if n.From {
					over(n.X, n, false)
				}
			}
			eachLoop(n, func(e ast.Expr) { over(e, e, false) })
			return true
		})
	}
	return out
}

// eachAsked visits what a call of a function of Python's goes over, one item after the other. Those that copy a dict, a list or a
// set itself do that at once, and list and sorted also what a dict has of items, keys and values.
func eachAsked(c *bodies, f *ruleFunc, call *ast.Call, over func(e ast.Expr)) {
	name, path := "", syntax.Dotted(call.Fun)
	if len(path) == 0 || len(call.Args) == 0 || f.isLocal(path[0]) {
		return
	}
	if module, at := c.m.Scope.LibraryPath(call.Fun); len(at) == 1 && (module == "builtins" || module == "collections" && at[0] == "deque") {
		name = at[0]
	}
	first := call.Args[0].X
	switch name {
	case "min", "max":
		if len(call.Args) == 1 || call.Args[1].Name.Name != "" {
			over(first)
		}
	case "sum", "any", "all", "tuple", "deque":
		over(first)
	case "set", "frozenset", "dict":
		if k, ok := syntax.Bare(first).(*ast.Call); ok && len(k.Args) == 0 {
			over(first) // a view
		}
	case "map", "filter":
		for _, a := range call.Args[1:] {
			over(a.X)
		}
	case "zip":
		for _, a := range call.Args {
			over(a.X)
		}
	}
}

// tupleOf reports whether a node makes a tuple, which copies a list at once.
func tupleOf(n ast.Node) bool {
	k, ok := n.(*ast.Call)
	return ok && syntax.IsNamed(k.Fun, "tuple")
}

// handedOn visits what somebody goes over who goes over what a function returns, when the locks of the function are gone: a
// generator expression, an iterator, or a view of a dict. What a private function returns is for the module to use.
func handedOn(c *bodies, f *ruleFunc, e ast.Expr, over func(ast.Expr)) {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Comp:
		if x.Kind == "generator" {
			over(x.Clauses[0].Iter)
		}
	case *ast.Call:
		switch fun := x.Fun.(type) {
		case *ast.Attribute:
			if len(x.Args) == 0 && dictViews[fun.Attr.Name] && f.def.Kind != ast.Cdef && !effects.PrivateName(f.name()) {
				over(x)
			}
		case *ast.Name:
			if fun.Name == "iter" || fun.Name == "reversed" || fun.Name == "enumerate" {
				over(x)
			} else if lazily[fun.Name] {
				eachAsked(c, f, x, over)
			}
		}
	}
}

// goesOver reports whether a function of the module goes over its i-th argument.
func goesOver(c *bodies, name string, i int) bool {
	if c.goers == nil {
		c.goers = map[string]map[int]bool{}
		for _, g := range c.funcs() {
			if g.class != nil || g.outer != nil || g.def.Params == nil {
				continue
			}
			over := func(e ast.Expr) {
				n, ok := wentOver(e).(*ast.Name)
				if !ok {
					return
				}
				for k, p := range g.def.Params.List {
					if syntax.ParamName(p) == n.Name && p.Kind != ast.Star && p.Kind != ast.DoubleStar {
						if g.prepare(); len(g.values[n.Name]) == 0 && !g.held(n.Pos, nil) {
							if c.goers[g.name()] == nil {
								c.goers[g.name()] = map[int]bool{}
							}
							c.goers[g.name()][k] = true
						}
					}
				}
			}
			syntax.OwnNodes(g.def.Body, func(n ast.Node) bool {
				eachLoop(n, over)
				return true
			})
		}
	}
	return c.goers[name][i]
}

// eachLoop visits what a loop or a comprehension goes over.
func eachLoop(n ast.Node, over func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.For:
		if !n.From && !leavesAtOnce(n.Body) {
			over(n.Iter)
		}
	case *ast.Comp:
		for _, k := range n.Clauses {
			if k.Target != nil && !k.From {
				over(k.Iter)
			}
		}
	}
}

// leavesAtOnce reports whether a body ends with what leaves the loop, so that there is one round:
// whatever it changes, it does not go on.
func leavesAtOnce(body *ast.Suite) bool {
	last, ok := body.Stmts[len(body.Stmts)-1].(*ast.Simple)
	return ok && (last.Keyword == "break" || last.Keyword == "return" || last.Keyword == "raise")
}

// wentOver returns the variable or attribute that a loop goes over: x, x.items(), enumerate(x).
func wentOver(e ast.Expr) ast.Expr {
	switch e := syntax.Bare(e).(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
		return e
	case *ast.Call:
		if at, ok := e.Fun.(*ast.Attribute); ok && len(e.Args) > 0 && (at.Attr.Name == "get" || at.Attr.Name == "setdefault") {
			return e
		}
		if at, ok := e.Fun.(*ast.Attribute); ok && len(e.Args) == 0 && dictViews[at.Attr.Name] {
			return wentOver(at.X)
		}
		if fun, ok := e.Fun.(*ast.Name); ok && len(e.Args) > 0 && (fun.Name == "enumerate" || fun.Name == "reversed" || fun.Name == "iter") {
			return wentOver(e.Args[0].X)
		}
	}
	return nil
}

// disturbed returns the first change that disturbs who goes over a variable, and what that comes to; nil
// where there is none.
func (c *bodies) disturbed(v *globalVar, once map[*ruleFunc]string) (by *globalChange, why string) {
	kind := containerKind(v)
	for i := range v.changes {
		ch := &v.changes[i]
		if _, ok := once[ch.f]; ok || !shifts(kind, *ch) {
			continue
		}
		if kind == "list" {
			return ch, ", and misses items, or meets them twice, when others are removed meanwhile"
		}
		return ch, fmt.Sprintf(", and a %s that changes meanwhile raises RuntimeError", kind)
	}
	return nil, ""
}
