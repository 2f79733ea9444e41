package rules

// PXL502: what a function saw of a variable of the module before it changes it: by its name, by another name for it,
// or by a function that tells.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// looksAt recognises where a function looks at a variable.
func looksAt(c *bodies, v *globalVar, f *ruleFunc) func(ast.Node) bool {
	f.prepare()
	if v.within != nil {
		return looksAtItem(c, v, f)
	}
	return func(k ast.Node) bool {
		if x, ok := k.(*ast.Attribute); ok {
			return v.attr == x.Attr.Name && x.Access != ast.Write && sharedAttribute(c, f, x, false) == v || x.Access != ast.Write && aliasOf(c, f, x, maxOtherNames) == v
		}
		if call, ok := k.(*ast.Call); ok {
			of, _ := boundTo(c, f, call.Fun) // _get(k) after _get = _table.get
			return of == v || aliasOf(c, f, call, maxOtherNames) == v || asksFor(c, v, f, call)
		}
		if x := namedInDict(k); x != nil {
			return v.attr == x.Attr.Name && k.(*ast.Subscript).Access != ast.Write && sharedAttribute(c, f, x, false) == v
		}
		if in, ok := k.(*ast.Compare); ok && len(in.Ops) == 1 && (in.Ops[0] == "in" || in.Ops[0] == "not in") {
			x := inDict(in.Xs[1], in.Xs[0])
			return x != nil && v.attr == x.Attr.Name && sharedAttribute(c, f, x, false) == v
		}
		if s, ok := k.(*ast.Subscript); ok && v.of != nil {
			key := ""
			if len(s.Index) == 1 {
				key, _ = textOf(s.Index[0])
			}
			return key == v.key && s.Access == ast.Read && variableOf(c, f, s.X) == v.of
		}
		if s, ok := k.(*ast.Subscript); ok {
			return s.Access == ast.Read && aliasOf(c, f, s, maxOtherNames) == v
		}
		n, ok := k.(*ast.Name)
		if !ok || n.Access != ast.Read && n.Access != ast.Called {
			return false
		}
		if v.in != nil {
			return n.Name == v.name && closedVar(c, f, n.Name, false) == v
		}
		if f.isLocal(n.Name) { // x after x = _instance
			return variableOf(c, f, n) == v || aliasOf(c, f, n, maxOtherNames) == v || v.attr != "" && attributeKnownAs(c, f, n) == v || slices.ContainsFunc(f.values[n.Name], func(was nameValue) bool {
				return !was.item && was.pos < n.Pos && isVariable(c, v, f, was.value)
			})
		}
		return n.Name == v.name && c.of == nil || aliasOf(c, f, n, maxOtherNames) == v || n.Access == ast.Called && tellsOf(c, n.Name, v)
	}
}

// asksFor reports whether a call asks whether an object has an attribute, or for it: hasattr(cls, "made").
func asksFor(c *bodies, v *globalVar, f *ruleFunc, call *ast.Call) bool {
	if v.attr == "" || len(call.Args) < 2 || !syntax.IsNamed(call.Fun, "hasattr") && !syntax.IsNamed(call.Fun, "getattr") {
		return false
	}
	x := attributeOf(f, call)
	return x.Attr.Name == v.attr && sharedAttribute(c, f, x, false) == v
}

// isVariable reports whether an expression is a variable itself.
func isVariable(c *bodies, v *globalVar, f *ruleFunc, e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		if c.of != nil {
			return imported(c, f, x) == v
		}
		return x.Name == v.name && (!f.isLocal(x.Name) || v.in != nil && closedVar(c, f, x.Name, false) == v)
	case *ast.Attribute:
		return v.attr == x.Attr.Name && sharedAttribute(c, f, x, false) == v || imported(c, f, x) == v
	case *ast.Call:
		return asksFor(c, v, f, x)
	case *ast.Subscript:
		of := namedInDict(x)
		return of != nil && v.attr == of.Attr.Name && sharedAttribute(c, f, of, false) == v
	}
	return false
}

// tellsOf reports whether a function of the module returns something that is made of a variable.
func tellsOf(c *bodies, name string, v *globalVar) bool {
	if v.words != "" {
		return false
	}
	if v.tellers == nil {
		v.tellers = map[string]bool{}
		names := map[string]bool{v.name: true}
		first := firstLetters(names)
		for _, g := range c.funcs() {
			if g.class != nil || g.outer != nil || !namesOne(g.u.Src[g.def.Pos:g.def.End], names, first) {
				continue
			}
			g.prepare()
			syntax.OwnNodes(g.def.Body, func(n ast.Node) bool {
				if r, ok := n.(*ast.Simple); ok && r.Keyword == "return" && anyIn(r, func(k ast.Node) bool {
					x, ok := k.(*ast.Name)
					return ok && x.Name == v.name && !g.isLocal(x.Name)
				}) {
					v.tellers[g.name()] = true
				}
				return true
			})
		}
	}
	return v.tellers[name]
}

// anyIn reports whether something is within a node.
func anyIn(n ast.Node, it func(ast.Node) bool) bool {
	found := false
	if n != nil {
		ast.Walk(n, func(k ast.Node) bool {
			found = found || it(k)
			return !found
		})
	}
	return found
}

// comesFrom reports whether what a variable is set to is made of what it was: it is used in the value, or in what was
// given to a local name that is.
func comesFrom(c *bodies, v *globalVar, ch globalChange) bool {
	f, at := ch.f, ch.node.Range().Pos
	looks := looksAt(c, v, f)
	seen := map[string]bool{}
	var from func(e ast.Expr) bool
	from = func(e ast.Expr) bool {
		found := false
		syntax.OwnNodes(e, func(n ast.Node) bool {
			if found = found || looks(n); found {
				return false
			}
			nm, ok := n.(*ast.Name)
			if !ok || nm.Access != ast.Read && nm.Access != ast.Called || seen[nm.Name] || !f.isLocal(nm.Name) {
				return true
			}
			seen[nm.Name] = true
			syntax.Given(f.def.Body, func(to string, v ast.Expr) {
				found = found || to == nm.Name && v.Range().Pos < at && from(v)
			})
			return !found
		})
		return found
	}
	return ch.value != nil && from(ch.value)
}

// takesFirst reports whether a variable is emptied after what was in it was given to a local name, in one
// statement (x, _pending = _pending, []) or before: who comes in between gets the same.
func takesFirst(c *bodies, v *globalVar, ch globalChange) bool {
	a, ok := ch.node.(*ast.Assign)
	if !ok || ch.value == nil {
		return false
	}
	looks := looksAt(c, v, ch.f)
	if a.Value != ch.value && anyIn(a.Value, looks) {
		return true
	}
	if !empty(ch.value) {
		return false
	}
	for _, values := range ch.f.values {
		for _, was := range values {
			if !was.item && was.pos < a.Pos && isVariable(c, v, ch.f, was.value) {
				return true
			}
		}
	}
	return false
}

// empty reports whether a value is None, or a new container with nothing in it.
func empty(e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Const:
		return e.Name == "None"
	case *ast.Collection:
		return len(e.Elems) == 0
	case *ast.Call:
		return e.Fun != nil && len(e.Args) == 0 && library.Makers()[syntax.LastName(e.Fun)]
	}
	return false
}

// checkedBy returns the function that looks at a variable and then, without a lock of the module, calls the one that
// sets it; "" for none.
func checkedBy(c *bodies, v *globalVar, ch globalChange) string {
	if ch.f.class != nil || ch.f.outer != nil {
		return ""
	}
	for _, k := range c.callsOf(ch.f.name()) {
		if k.f != nil && k.call != nil && k.f != ch.f && !k.f.isLocal(ch.f.name()) && !k.f.heldForAll(k.call.Pos) && k.f.looksFirst(k.call, looksAt(c, v, k.f)) {
			return k.f.name()
		}
	}
	return ""
}

// onlyImports reports whether a variable is set to a module, or a name of one, that the function imports, and is all
// that the function changes: whoever sets it sets it to the same.
func onlyImports(c *bodies, v *globalVar, ch globalChange) bool {
	n, ok := syntax.Bare(ch.value).(*ast.Name)
	if !ok || v.d != nil || ch.f.imports[n.Name] == nil || len(ch.f.values[n.Name]) > 0 {
		return false
	}
	for _, other := range c.globals() {
		if other != v && slices.ContainsFunc(other.changes, func(o globalChange) bool { return o.f == ch.f }) {
			return false // who finds this one set relies on that one
		}
	}
	return true
}

// placeFrom reports whether the place in a list that a function changes was found in the list before: i = xs.index(x);
// del xs[i].
func placeFrom(c *bodies, v *globalVar, ch globalChange) bool {
	at := ch.key
	if call, ok := ch.node.(*ast.Call); ok && len(call.Args) > 0 {
		if m, ok := call.Fun.(*ast.Attribute); ok && (m.Attr.Name == "insert" || m.Attr.Name == "pop") {
			at = call.Args[0].X
		}
	}
	if at == nil || containerKind(v) != "list" {
		return false
	}
	looks := looksAt(c, v, ch.f)
	finds := func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || call.Fun == nil {
			return false
		}
		if m, ok := call.Fun.(*ast.Attribute); ok && m.Attr.Name == "index" {
			return anyIn(m.X, looks)
		}
		_, path := c.m.Scope.LibraryPath(call.Fun)
		return len(path) == 1 && (path[0] == "len" || strings.HasPrefix(path[0], "bisect")) && len(call.Args) > 0 && anyIn(call.Args[0].X, looks)
	}
	return anyIn(at, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		if !ok {
			return finds(n)
		}
		return ch.f.isLocal(x.Name) && slices.ContainsFunc(ch.f.values[x.Name], func(was nameValue) bool {
			return was.pos < ch.node.Range().Pos && was.value != nil && anyIn(was.value, finds)
		})
	})
}
