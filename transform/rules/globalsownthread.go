package rules

// Dicts of which each thread uses an item of its own: _running[id(self), get_ident()]. Nobody else changes what a thread
// has looked at.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// itemsOfThreads reports whether all that functions do with a variable of the module is to look up, set and remove the item
// of their own thread.
func itemsOfThreads(c *bodies, v *globalVar) bool {
	if !isDict(c, v) || v.d == nil && !strings.HasPrefix(v.name, "_") || v.u.InPxd() || v.attr != "" || v.in != nil || v.of != nil || v.within != nil || usedDuringImport(c, v.name) {
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
		return len(e.Args) == 0 && tellsThreads(c, f, e.Fun)
	case *ast.Collection:
		return e.Kind == "tuple" && slices.ContainsFunc(e.Elems, func(e ast.Expr) bool {
			_, starred := e.(*ast.Starred)
			return !starred && ofThisThread(c, f, e)
		})
	case *ast.Name:
		vs := f.values[e.Name]
		if t, typed := f.types[e.Name]; typed && !holdsNumbersOfThreads(t.ctype) || changedWithin(f, e.Name) {
			return false
		}
		return f.local[e.Name] && f.params[e.Name] == nil && len(vs) > 0 && !slices.ContainsFunc(vs, func(v nameValue) bool {
			return v.value == nil || v.item || syntax.Mentions(v.value, e.Name) || !ofThisThread(c, f, v.value)
		})
	}
	return false
}

// tellsThreads reports whether a function of Python's modules of threads is called, and not another one that has its name: of
// another module, a variable, a method.
func tellsThreads(c *bodies, f *ruleFunc, fun ast.Expr) bool {
	path := syntax.Dotted(fun)
	if len(path) == 0 || f.local[path[0]] || len(c.m.Scope.Stars) > 0 {
		return false
	}
	module, in := c.m.Scope.LibraryPath(fun)
	return threadModules[module] && len(in) == 1 && library.TellsThreads()[in[0]] && onlyImportedFrom(c, path[0], threadModules)
}

// threadModules are the modules that have these functions.
var threadModules = map[string]bool{"threading": true, "_thread": true, "thread": true, "cpython.pythread": true}

// onlyImportedFrom reports whether all that a module gives a name is one of these modules, or what is imported from one.
func onlyImportedFrom(c *bodies, name string, modules map[string]bool) bool {
	only := true
	for _, u := range c.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FromImport:
				for _, x := range n.Names {
					if len(x.Path) > 0 && cmp.Or(x.As.Name, x.Path[len(x.Path)-1].Name) == name {
						only = only && n.Level == 0 && modules[strings.Join(syntax.Names(n.Module), ".")]
					}
				}
			case *ast.Import:
				for _, x := range n.Names {
					if cmp.Or(x.As.Name, x.Path[0].Name) == name {
						only = only && modules[strings.Join(syntax.Names(x.Path), ".")]
					}
				}
			case *ast.FuncDef:
				only = only && n.Name.Name != name
			case *ast.ClassDef:
				only = only && n.Name.Name != name
			case *ast.Declarator:
				only = only && syntax.DeclaredName(n).Name != name
			case *ast.Name:
				only = only && (n.Name != name || !n.Access.Rebinds())
			}
			return only
		})
	}
	return only
}

// isDict reports whether a variable of the module has a dict, which many threads may use at once.
func isDict(c *bodies, v *globalVar) bool {
	if v.d != nil && v.ctype != nil && syntax.Text(v.u.File, v.ctype.Range()) == "dict" {
		return true
	}
	return len(v.inits) > 0 && !slices.ContainsFunc(v.inits, func(e ast.Expr) bool {
		x, ok := syntax.Unparen(e).(*ast.Collection)
		return !ok || x.Kind != "dict"
	})
}

// holdsNumbersOfThreads reports whether the type of a variable has room for all that tells threads apart.
func holdsNumbersOfThreads(t *ast.CType) bool {
	return t != nil && slices.Contains([]string{"object", "tuple", "long", "unsigned long", "long long", "unsigned long long", "size_t", "Py_ssize_t"}, t.Name)
}

// changedWithin reports whether a function within another one has to do with a variable of that, and may give it something else.
func changedWithin(f *ruleFunc, name string) bool {
	return anyIn(f.def.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.ClassDef:
			return mentionedIn(n, name)
		}
		return false
	})
}
