package rules

// PXL502: what is in a container that all threads share: heappush(_queues[k], x), _counts[k]["n"] += 1, and a pool that is
// looked up by its key.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// itemsDeep bounds through how many containers an item is followed.
const itemsDeep = 2

// sharedItems are the items of containers, by these and by the key, where that is a text; "" is any item.
type sharedItems map[*globalVar]map[string]*globalVar

// itemChanges notes what functions do to the items of containers that all threads share, and adds these to vars.
func itemChanges(c *bodies, vars map[string]*globalVar) {
	spelt := map[string]bool{}
	for _, v := range vars {
		if containerKind(v) != "" && !c.isCValue(v) {
			spelt[syntax.LastPart(v.name)] = true
		}
	}
	if len(spelt) == 0 {
		return
	}
	c.items = sharedItems{}
	first := firstLetters(spelt)
	for _, f := range actors(c) {
		if namesOne(f.u.Src[f.def.Pos:f.def.End], spelt, first) {
			changesItems(c, f)
		}
	}
	for _, of := range c.items {
		for _, v := range of {
			vars[fmt.Sprintf("%s.%d", v.name, v.node.Range().Pos)] = v
		}
	}
}

// changesItems notes what one function does to such items.
func changesItems(c *bodies, f *ruleFunc) {
	f.prepare()
	note := func(e ast.Expr, kind changeKind, node ast.Node, value, key ast.Expr) {
		if v := itemOf(c, f, e, itemsDeep); v != nil {
			v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value, key: key})
		}
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		eachBound(n, func(t ast.Expr, node ast.Node, value ast.Expr, kind changeKind) {
			switch t := t.(type) {
			case *ast.Subscript:
				note(t.X, stores, node, value, onlyIndex(t))
			case *ast.Attribute:
				note(t.X, storesTo, node, value, nil)
			}
		})
		call, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		if at, ok := call.Fun.(*ast.Attribute); ok && changesContainer(at.Attr.Name) {
			note(at.X, stores, call, nil, nil)
		}
		if by := alteredBy(c, f, call); by.x != nil {
			note(by.x, by.kind, call, nil, by.key())
		}
		return true
	})
}

// itemOf is the item of a container that all threads share which an expression in a function means: _queues[k],
// _queues.setdefault(k, []), or a local name for one of these, or for what a loop over the container finds. Nil where it
// is none, or a thread's own.
func itemOf(c *bodies, f *ruleFunc, e ast.Expr, depth int) *globalVar {
	if depth == 0 || c.items == nil || typedOtherwise(e) {
		return nil
	}
	switch x := syntax.Bare(e).(type) {
	case *ast.Subscript:
		if key := onlyIndex(x); key != nil {
			if _, slice := key.(*ast.Slice); !slice {
				return itemIn(c, f, x.X, key, nil, depth)
			}
		}
	case *ast.Call:
		at, ok := x.Fun.(*ast.Attribute)
		if ok && len(x.Args) > 0 && (at.Attr.Name == "get" || at.Attr.Name == "setdefault") {
			return itemIn(c, f, at.X, x.Args[0].X, syntax.Arg(x, 1), depth)
		}
	case *ast.Name:
		t, vs := f.types[x.Name], f.values[x.Name]
		if !f.local[x.Name] || f.params[x.Name] != nil || len(vs) != 1 || vs[0].value == nil || t.ctype != nil && (t.d == nil || t.d.Pointer > 0 || !library.ObjectTypes()[t.ctype.Name]) {
			return nil
		}
		if !vs[0].item {
			return itemOf(c, f, vs[0].value, depth)
		}
		over := syntax.Bare(vs[0].value)
		if k, ok := over.(*ast.Call); ok && len(k.Args) == 1 && library.Makers()[syntax.LastName(k.Fun)] {
			over = syntax.Bare(k.Args[0].X) // list(_queues.values())
		}
		k, values := over.(*ast.Call)
		if values {
			at, ok := k.Fun.(*ast.Attribute)
			if !ok || len(k.Args) > 0 || at.Attr.Name != "values" {
				return nil
			}
			over = at.X
		}
		if v := sharedContainer(c, f, over, depth); v != nil && values == (containerKind(v) == "dict") {
			return oneItem(c, v, "", nil)
		}
	}
	return nil
}

// typedOtherwise reports whether an expression is cast to what is no container of Python's.
func typedOtherwise(e ast.Expr) bool {
	k, ok := syntax.Unparen(e).(*ast.Cast)
	return ok && (k.Type == nil || !library.ObjectTypes()[k.Type.Name])
}

// sharedContainer is the container that an expression in a function means, of those that all threads share, or that are
// items of these.
func sharedContainer(c *bodies, f *ruleFunc, e ast.Expr, depth int) *globalVar {
	v := variableOf(c, f, e)
	if v == nil {
		v = aliasOf(c, f, e, maxOtherNames)
	}
	if v == nil {
		v = itemOf(c, f, e, depth-1)
	}
	if v == nil || containerKind(v) == "" || c.isCValue(v) {
		return nil
	}
	return v
}

// itemIn is the item of a container that a key finds, or that is put there if there is none.
func itemIn(c *bodies, f *ruleFunc, container, key, otherwise ast.Expr, depth int) *globalVar {
	v := sharedContainer(c, f, container, depth)
	if v == nil || ofThread(f, key) {
		return nil
	}
	name, _ := textOf(key)
	return oneItem(c, v, name, otherwise)
}

// oneItem is the item of a container with a key, or any.
func oneItem(c *bodies, v *globalVar, key string, otherwise ast.Expr) *globalVar {
	if c.items[v] == nil {
		c.items[v] = map[string]*globalVar{}
	}
	it := c.items[v][key]
	if it == nil {
		what := v.words
		if what == "" {
			what = "the module's variable " + v.name
		}
		it = &globalVar{name: v.name + "[…]", u: v.u, node: v.node, in: v.in, within: v, inits: itemValues(v, key), words: "an item of " + what}
		if key != "" {
			it.name = fmt.Sprintf("%s[%q]", v.name, key)
		}
		c.items[v][key] = it
	}
	if mutable(otherwise) && !slices.Contains(it.inits, otherwise) {
		it.inits = append(it.inits, otherwise)
	}
	return it
}

// itemValues are the values that an item of a container is known to get.
func itemValues(v *globalVar, key string) (out []ast.Expr) {
	add := func(e ast.Expr) {
		if mutable(e) {
			out = append(out, e)
		}
	}
	for _, e := range v.inits {
		switch e := syntax.Unparen(e).(type) {
		case *ast.Collection:
			for i, el := range e.Elems {
				if name := ""; e.Kind == "dict" {
					if i%2 == 0 {
						continue
					} else if name, _ = textOf(e.Elems[i-1]); key != "" && name != key {
						continue
					}
				}
				add(el)
			}
		case *ast.Comp:
			add(e.Elem)
			add(e.Value)
		case *ast.Call:
			if made := syntax.Arg(e, 0); made != nil && syntax.LastName(e.Fun) == "defaultdict" {
				if l, ok := syntax.Unparen(made).(*ast.Lambda); ok {
					add(l.Body)
				} else {
					add(&ast.Call{Span: made.Range(), Fun: made})
				}
			}
		}
	}
	for _, ch := range v.changes {
		if name, _ := textOf(ch.key); ch.kind == stores && ch.key != nil && ch.value != nil && (key == "" || name == "" || name == key) {
			add(ch.value)
		}
	}
	return out
}

// ofThread reports whether a key is another one in each thread.
func ofThread(f *ruleFunc, key ast.Expr) bool {
	own := func(n ast.Node) bool {
		k, ok := n.(*ast.Call)
		if !ok || k.Fun == nil {
			return false
		}
		switch syntax.LastName(k.Fun) {
		case "get_ident", "get_native_id", "current_thread", "currentThread", "getcurrent", "current_task", "get_running_loop", "get_event_loop", "PyThread_get_thread_ident":
			return true
		}
		return false
	}
	return anyIn(key, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		if !ok {
			return own(n)
		}
		vs := f.values[x.Name]
		return f.local[x.Name] && len(vs) > 0 && !slices.ContainsFunc(vs, func(v nameValue) bool { return v.value == nil || !anyIn(v.value, own) })
	})
}

// looksAtItem recognises where a function looks at what is in an item. Whether there is one tells nothing of that.
func looksAtItem(c *bodies, v *globalVar, f *ruleFunc) func(ast.Node) bool {
	var there []ast.Expr
	return func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			if len(n.Ops) == 1 && strings.HasPrefix(n.Ops[0], "is") && syntax.IsNothing(n.Xs[1]) {
				there = append(there, n.Xs[0])
			}
			return false
		case *ast.Subscript:
			return n.Access != ast.Write && itemOf(c, f, n, itemsDeep) == v && !slices.Contains(there, ast.Expr(n))
		case *ast.Call:
			return itemOf(c, f, n, itemsDeep) == v && !slices.Contains(there, ast.Expr(n))
		case *ast.Name:
			return (n.Access == ast.Read || n.Access == ast.Called) && f.isLocal(n.Name) && itemOf(c, f, n, itemsDeep) == v && !slices.Contains(there, ast.Expr(n))
		}
		return false
	}
}

// changesContainer reports whether a method changes a container of Python's.
func changesContainer(method string) bool {
	return library.Mutators()[method] || library.CountsIn()[method]
}

// takenOutBy is the function that takes an item out of its container and uses what is in it, where a change only adds to that: what
// is added after it was taken out gets lost. "" where there is none.
func takenOutBy(v *globalVar, ch globalChange) string {
	call, ok := ch.node.(*ast.Call)
	if v.within == nil || !ok {
		return ""
	}
	at, ok := call.Fun.(*ast.Attribute)
	if !ok || !effects.KeepsItem(at.Attr.Name) && at.Attr.Name != "extend" && at.Attr.Name != "update" {
		return ""
	}
	for _, took := range v.within.changes {
		k, ok := took.node.(*ast.Call)
		if !ok || took.kind != stores {
			continue
		}
		if at, ok := k.Fun.(*ast.Attribute); !ok || at.Attr.Name != "pop" && at.Attr.Name != "popitem" || containerKind(v.within) != "dict" {
			continue
		}
		if parents := took.f.parents(k); len(parents) > 0 {
			if _, alone := parents[0].(*ast.ExprStmt); !alone {
				return took.f.name()
			}
		}
	}
	return ""
}
