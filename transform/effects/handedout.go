package effects

// What a function hands out that runs later: a generator expression when somebody goes over it, a lambda or a
// function inside the function when somebody calls it. The function's locks are gone by then.

import (
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// Deferred is something that runs later.
type Deferred struct {
	Kind  string
	Body  ast.Span
	First ast.Expr // what a generator expression goes over; nil of functions
	Out   ast.Span // where it is handed out
	// Now is true where the function itself may call it, too.
	Now bool
}

// HandedOut finds what a function returns, stores in attributes or in what others have, or gives to what calls it
// later, or in another thread.
func HandedOut(f *Function) []Deferred {
	var out []Deferred
	l := &later{f: f, body: f.Def.Body}
	yields := sync.OnceValue(func() bool { return syntax.Yields(f.Def.Body) })
	add := func(e ast.Expr, functions, now bool) {
		if e == nil {
			return
		}
		for _, d := range l.of(e, 0) {
			d.Now = d.Now || now
			if d.Out = e.Range(); !functions || d.First == nil {
				out = append(out, d)
			}
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && len(n.Exprs) > 0 && !yields() {
				for _, e := range n.Exprs {
					add(e, false, false)
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				switch t := syntax.Unparen(t).(type) {
				case *ast.Name:
					if l.ofModule(t.Name) {
						add(n.Value, false, true)
					}
				case *ast.Attribute:
					add(n.Value, false, false)
				case *ast.Subscript:
					if l.others(t.X) {
						add(n.Value, false, true)
					}
				}
			}
		case *ast.Call:
			if n.Fun == nil {
				break
			}
			name := syntax.LastName(n.Fun)
			fun, isMethod := n.Fun.(*ast.Attribute)
			switch {
			case library.CallsLater()[name]:
				for _, a := range n.Args {
					add(a.X, true, false)
				}
			case library.CallsApart()[name]:
				for _, a := range n.Args {
					add(a.X, true, true)
				}
			case isMethod && (name == "map" || name == "starmap") && l.pool(fun.X):
				for _, a := range n.Args {
					add(a.X, true, true)
				}
			case name == "setattr" && !isMethod && len(n.Args) == 3:
				add(n.Args[2].X, false, true)
			case isMethod && (name == "update" || name == "extend") && l.others(fun.X):
				for _, a := range n.Args {
					if _, spelled := syntax.Unparen(a.X).(*ast.Collection); spelled {
						add(a.X, false, true)
					}
				}
			case isMethod && keepsItem[name] && l.others(fun.X):
				for _, a := range n.Args {
					add(a.X, false, true)
				}
			}
		}
		return true
	})
	syntax.EachStmt(f.Def.Body.Stmts, func(st ast.Stmt) {
		if def, ok := st.(*ast.FuncDef); ok {
			out = append(out, registered(def)...)
		}
	})
	return out
}

// registered is a function inside a function that its decorator keeps, to call it: @atexit.register.
func registered(def *ast.FuncDef) []Deferred {
	for _, d := range def.Decorators {
		by := syntax.Unparen(d.Expr)
		if k, ok := by.(*ast.Call); ok {
			by = k.Fun
		}
		if library.CallsLater()[syntax.LastName(by)] {
			return []Deferred{{Kind: "function", Body: def.Body.Span, Out: d.Expr.Range(), Now: true}}
		}
	}
	return nil
}

// Lazy reports whether a function of Python's goes over what it is given when somebody goes over what it returns.
func Lazy(name string) bool {
	return library.GoesOverLater()[name] == "builtins" || name == "reversed"
}

// KeepsItem reports whether a container gets an item by a method, as it is.
func KeepsItem(method string) bool { return keepsItem[method] }

// keepsItem are the methods by which a container gets an item that it is given, as it is.
var keepsItem = map[string]bool{"add": true, "append": true, "appendleft": true, "insert": true, "setdefault": true}

// later finds what runs later in one function.
type later struct {
	f       *Function
	body    *ast.Suite
	named   map[string][]ast.Stmt // see findNamed; nil before somebody asked
	local   map[string]bool       // see others; nil before somebody asked
	globals map[string]bool       // see ofModule; nil before somebody asked
	outer   *later                // of a function within a function: what that finds
}

// lazily reports whether a function of Python's goes over what it is given, or calls it, when somebody goes over what
// it returns, or calls that.
func (l *later) lazily(fun ast.Expr) bool {
	module, path := l.f.Mod.Scope.LibraryPath(fun)
	if len(path) == 0 {
		return false
	}
	in, ok := library.GoesOverLater()[path[0]]
	return ok && in == module && (len(path) == 1 || path[1] == "from_iterable")
}

// PoolNamed reports whether an expression is a pool of threads, by its name, or by that of what makes it.
func PoolNamed(e ast.Expr) bool {
	if k, ok := syntax.Unparen(e).(*ast.Call); ok {
		e = k.Fun
	}
	name := strings.ToLower(syntax.LastName(e))
	return strings.Contains(name, "pool") || strings.Contains(name, "executor")
}

// pool reports whether an expression is a pool of threads, by its name or by what it is made of.
func (l *later) pool(e ast.Expr) bool {
	if PoolNamed(e) {
		return true
	}
	made := func(e ast.Expr) bool {
		k, ok := syntax.Unparen(e).(*ast.Call)
		return ok && PoolNamed(k)
	}
	n, ok := syntax.Bare(e).(*ast.Name)
	found := false
	if ok {
		syntax.OwnNodes(l.body, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.WithItem:
				found = found || x.Target != nil && syntax.IsNamed(x.Target, n.Name) && made(x.X)
			case *ast.Assign:
				found = found || slices.ContainsFunc(x.Targets, func(t ast.Expr) bool { return syntax.IsNamed(t, n.Name) }) && x.Value != nil && made(x.Value)
			}
			return !found
		})
	}
	return found
}

// others reports whether somebody else may have a container: it is no local variable, or one that gets what an
// attribute or another variable has, or an item.
func (l *later) others(e ast.Expr) bool {
	if w, ok := syntax.Bare(e).(*ast.Walrus); ok {
		e = w.Target
	}
	name, ok := syntax.Bare(e).(*ast.Name)
	if !ok {
		return true
	}
	if l.local == nil {
		l.findLocal()
	}
	return !l.local[name.Name]
}

// findLocal finds the variables that hold what nobody else has, as far as what they are given tells.
func (l *later) findLocal() {
	l.local = map[string]bool{}
	syntax.OwnNodes(l.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Access == ast.Write {
				l.local[n.Name] = true
			}
		case *ast.Declarator:
			l.local[syntax.DeclaredName(n).Name] = true
		}
		return true
	})
	syntax.OwnNodes(l.f.Def.Body, func(n ast.Node) bool {
		if n, ok := n.(*ast.For); ok {
			ast.Walk(n.Target, func(n ast.Node) bool {
				if n, ok := n.(*ast.Name); ok {
					l.local[n.Name] = false
				}
				return true
			})
		}
		return true
	})
	for again := true; again; {
		again = false
		syntax.Given(l.f.Def.Body, func(name string, value ast.Expr) {
			alias := false
			switch v := syntax.Bare(value).(type) {
			case *ast.Attribute, *ast.Subscript:
				alias = true
			case *ast.Name:
				alias = !l.local[v.Name]
			}
			again = again || alias && l.local[name]
			l.local[name] = l.local[name] && !alias
		})
	}
}

// of finds what runs later of a value: itself, in a tuple, in what goes over it lazily, or by the
// name that has it.
func (l *later) of(e ast.Expr, depth int) []Deferred {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Lambda:
		return []Deferred{{Kind: "lambda", Body: x.Span}}
	case *ast.Comp:
		if x.Kind != "generator" {
			return append(l.of(x.Elem, depth), l.of(x.Value, depth)...)
		}
		d := Deferred{Kind: "generator expression", Body: x.Span}
		if len(x.Clauses) > 0 {
			d.First = x.Clauses[0].Iter
		}
		return []Deferred{d}
	case *ast.Collection:
		var out []Deferred
		for _, el := range x.Elems {
			out = append(out, l.of(el, depth)...)
		}
		return out
	case *ast.Call:
		if name, ok := syntax.Unparen(x.Fun).(*ast.Name); ok && depth < nameDepth {
			if out := l.returned(name.Name, depth); out != nil {
				return out
			}
		}
		var out []Deferred
		by, _ := syntax.Unparen(x.Fun).(*ast.Call)
		if l.lazily(x.Fun) || by != nil && by.Fun != nil && syntax.LastName(by.Fun) == "wraps" { // wraps(f)(g) is g
			for _, a := range x.Args {
				out = append(out, l.of(a.X, depth)...)
			}
		}
		return out
	case *ast.Cond:
		return append(l.of(x.Then, depth), l.of(x.Else, depth)...)
	case *ast.Binary:
		if x.Op == "and" || x.Op == "or" {
			return append(l.of(x.X, depth), l.of(x.Y, depth)...)
		}
	case *ast.Name:
		if depth > nameDepth {
			return nil
		}
		return l.by(x.Name, depth)
	}
	return nil
}

// by finds what runs later of the values that the function gives to a name.
func (l *later) by(name string, depth int) []Deferred {
	if l.named == nil {
		l.findNamed()
	}
	var out []Deferred
	for _, st := range l.named[name] {
		switch n := st.(type) {
		case *ast.FuncDef:
			out = append(out, Deferred{Kind: "function", Body: n.Body.Span, Now: len(n.Decorators) > 0 || callsByName(l.f, name)})
		case *ast.ClassDef:
			out = append(out, Deferred{Kind: "class", Body: n.Span, Now: true})
		case *ast.Assign:
			out = append(out, l.of(n.Value, depth+1)...)
		}
	}
	if len(l.named[name]) == 0 && l.outer != nil {
		return l.outer.by(name, depth)
	}
	return out
}

// returned finds what runs later of what a call of a function inside the function returns: a generator or coroutine, an
// object of a class, or what that function hands out itself.
func (l *later) returned(name string, depth int) []Deferred {
	if l.named == nil {
		l.findNamed()
	}
	var out []Deferred
	now := depth > 0 || callsOf(l.f, name) > 1 // the call alone starts nothing
	for _, st := range l.named[name] {
		switch n := st.(type) {
		case *ast.ClassDef:
			out = append(out, Deferred{Kind: "class", Body: n.Span, Now: true})
		case *ast.FuncDef:
			switch {
			case n.Async:
				out = append(out, Deferred{Kind: "coroutine", Body: n.Body.Span, Now: now})
				continue
			case syntax.Yields(n.Body):
				out = append(out, Deferred{Kind: "generator", Body: n.Body.Span, Now: now})
				continue
			}
			in := &later{f: l.f, body: n.Body, outer: l}
			syntax.OwnNodes(n.Body, func(n ast.Node) bool {
				if ret, ok := n.(*ast.Simple); ok && ret.Keyword == "return" {
					for _, e := range ret.Exprs {
						for _, d := range in.of(e, depth+1) {
							d.Now = true
							out = append(out, d)
						}
					}
				}
				return true
			})
		}
	}
	return out
}

// ofModule reports whether a function declares a name to be one of the module's.
func (l *later) ofModule(name string) bool {
	if l.globals == nil {
		l.globals = map[string]bool{}
		syntax.OwnNodes(l.body, func(n ast.Node) bool {
			if st, ok := n.(*ast.Simple); ok && st.Keyword == "global" {
				for _, id := range st.Names {
					l.globals[id.Name] = true
				}
			}
			return true
		})
	}
	return l.globals[name]
}

// findNamed finds the statements that give names something that may run later, in their order.
func (l *later) findNamed() {
	l.named = map[string][]ast.Stmt{}
	syntax.EachStmt(l.body.Stmts, func(st ast.Stmt) {
		switch n := st.(type) {
		case *ast.FuncDef:
			l.named[n.Name.Name] = append(l.named[n.Name.Name], st)
		case *ast.ClassDef:
			l.named[n.Name.Name] = append(l.named[n.Name.Name], st)
		case *ast.Assign:
			for _, t := range n.Targets {
				if name, ok := syntax.Unparen(t).(*ast.Name); ok && n.Value != nil {
					l.named[name.Name] = append(l.named[name.Name], st)
				}
			}
		}
	})
}

// callsByName reports whether a function calls something by its name.
func callsByName(f *Function, name string) bool { return callsOf(f, name) > 0 }

// callsOf tells how often.
func callsOf(f *Function, name string) int {
	n := 0
	ast.Walk(f.Def.Body, func(x ast.Node) bool {
		if c, ok := x.(*ast.Call); ok && c.Fun != nil && syntax.IsNamed(c.Fun, name) {
			n++
		}
		return true
	})
	return n
}
