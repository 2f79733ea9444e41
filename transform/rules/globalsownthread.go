package rules

// Dicts of which each thread uses an item of its own: _running[id(self), get_ident()]. Nobody else changes what a thread
// has looked at.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// itemsOfThreads reports whether all that functions do with a variable of the module is to look up, set and remove the item
// of their own thread.
func itemsOfThreads(c *bodies, v *globalVar) bool {
	if v.d == nil && !strings.HasPrefix(v.name, "_") || v.u.InPxd() || v.attr != "" || v.in != nil || v.of != nil || v.within != nil || usedDuringImport(c, v.name) {
		return false
	}
	if slices.ContainsFunc(v.changes, func(ch globalChange) bool { return !mentionedIn(ch.node, v.name) }) {
		return false // it has other names
	}
	for _, f := range c.funcs() {
		if f.isLocal(v.name) || !mentionedIn(f.def.Body, v.name) {
			continue
		}
		if f.outer != nil || f.def.Async || syntax.Yields(f.def.Body) || !onlyOwnItem(c, f, v.name) {
			return false
		}
	}
	return true
}

// setsAgain reports whether a change reads an item and writes it back: d[k] += 1.
func setsAgain(ch globalChange) bool {
	a, ok := ch.node.(*ast.Assign)
	return ok && a.Op != "=" && a.Op != "" && len(a.Targets) == 1
}

func mentionedIn(n ast.Node, name string) bool {
	return anyIn(n, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		return ok && x.Name == name
	})
}

// onlyOwnItem reports whether a function uses a name for nothing but the item of its own thread.
func onlyOwnItem(c *bodies, f *ruleFunc, name string) bool {
	known := map[*ast.Name]bool{}
	note := func(container, key ast.Expr) {
		if x, ok := syntax.Unparen(container).(*ast.Name); ok && x.Name == name && ofThisThread(c, f, key) {
			known[x] = true
		}
	}
	only := true
	ast.Walk(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.Lambda: // which another thread may call
			only = only && !mentionedIn(n, name)
			return false
		case *ast.Subscript:
			if len(n.Index) == 1 {
				note(n.X, n.Index[0])
			}
		case *ast.Compare:
			if len(n.Xs) == 2 && (n.Ops[0] == "in" || n.Ops[0] == "not in") {
				note(n.Xs[1], n.Xs[0])
			}
		case *ast.Call:
			if a, ok := n.Fun.(*ast.Attribute); ok && len(n.Args) > 0 && n.Args[0].Star == 0 && slices.Contains([]string{"get", "pop", "setdefault"}, a.Attr.Name) {
				note(a.X, n.Args[0].X)
			}
		case *ast.Name:
			only = only && (n.Name != name || known[n])
		}
		return only
	})
	return only
}

// ofThisThread reports whether a key is one that no other thread has: what tells threads apart, by itself or in a tuple.
func ofThisThread(c *bodies, f *ruleFunc, key ast.Expr) bool {
	f.prepare()
	switch e := syntax.Unparen(key).(type) {
	case *ast.Call:
		name := syntax.LastName(e.Fun)
		return len(e.Args) == 0 && library.TellsThreads()[strings.TrimLeft(name, "_")] && !slices.ContainsFunc(c.funcs(), func(g *ruleFunc) bool { return g.name() == name })
	case *ast.Collection:
		return e.Kind == "tuple" && slices.ContainsFunc(e.Elems, func(e ast.Expr) bool {
			_, starred := e.(*ast.Starred)
			return !starred && ofThisThread(c, f, e)
		})
	case *ast.Name:
		vs := f.values[e.Name]
		return f.local[e.Name] && f.params[e.Name] == nil && len(vs) > 0 && !slices.ContainsFunc(vs, func(v nameValue) bool {
			return v.value == nil || v.item || syntax.Mentions(v.value, e.Name) || !ofThisThread(c, f, v.value)
		})
	}
	return false
}
