package effects

// What a function hands out that runs later: a generator expression when somebody goes over it, a lambda or a
// function inside the function when somebody calls it. The function's locks are gone by then.

import (
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

// HandedOut finds what a function returns, stores in attributes, or gives to what calls it later.
func HandedOut(f *Function) []Deferred {
	var out []Deferred
	l := later{f: f}
	add := func(e ast.Expr, functions bool) {
		if e == nil {
			return
		}
		for _, d := range l.of(e, 0) {
			if d.Out = e.Range(); !functions || d.First == nil {
				out = append(out, d)
			}
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && f.Flow.Yields == (ast.Span{}) {
				for _, e := range n.Exprs {
					add(e, false)
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if _, attribute := syntax.Unparen(t).(*ast.Attribute); attribute {
					add(n.Value, false)
				}
			}
		case *ast.Call:
			if n.Fun != nil && library.CallsLater()[syntax.LastName(n.Fun)] {
				for _, a := range n.Args {
					add(a.X, true)
				}
			}
		}
		return true
	})
	return out
}

// lazy are the functions that go over what they are given when somebody goes over what they return.
var lazy = map[string]bool{"map": true, "filter": true, "zip": true, "enumerate": true, "iter": true}

// Lazy reports whether a function of Python's goes over what it is given when somebody goes over what it returns.
func Lazy(name string) bool { return lazy[name] || name == "reversed" }

// later finds what runs later in one function.
type later struct {
	f     *Function
	named map[string][]ast.Stmt // see findNamed; nil before somebody asked
}

// of finds what runs later of a value: itself, in a tuple, in what goes over it lazily, or by the
// name that has it.
func (l *later) of(e ast.Expr, depth int) []Deferred {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Lambda:
		return []Deferred{{Kind: "lambda", Body: x.Span}}
	case *ast.Comp:
		if x.Kind != "generator" {
			return nil
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
		var out []Deferred
		if name, ok := x.Fun.(*ast.Name); ok && lazy[name.Name] {
			for _, a := range x.Args {
				out = append(out, l.of(a.X, depth)...)
			}
		}
		return out
	case *ast.Name:
		if depth > 0 {
			return nil
		}
		return l.by(x.Name)
	}
	return nil
}

// by finds what runs later of the values that the function gives to a name.
func (l *later) by(name string) []Deferred {
	if l.named == nil {
		l.findNamed()
	}
	var out []Deferred
	for _, st := range l.named[name] {
		switch n := st.(type) {
		case *ast.FuncDef:
			out = append(out, Deferred{Kind: "function", Body: n.Body.Span, Now: callsByName(l.f, name)})
		case *ast.Assign:
			out = append(out, l.of(n.Value, 1)...)
		}
	}
	return out
}

// findNamed finds the statements that give names something that may run later, in their order.
func (l *later) findNamed() {
	l.named = map[string][]ast.Stmt{}
	syntax.EachStmt(l.f.Def.Body.Stmts, func(st ast.Stmt) {
		switch n := st.(type) {
		case *ast.FuncDef:
			if len(n.Decorators) == 0 {
				l.named[n.Name.Name] = append(l.named[n.Name.Name], st)
			}
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
func callsByName(f *Function, name string) bool {
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		found = found || ok && c.Fun != nil && syntax.IsNamed(c.Fun, name)
		return !found
	})
	return found
}
