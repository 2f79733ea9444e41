package handlock

// Decorators that lock: by what the function inside them does where it is in sight, and else by their names.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Decorated reports whether a decorator that is not ours locks the function: one that calls it under a lock, or
// one whose name speaks of a lock, as in a with statement, wherever it comes from. That it
// has the name of one of ours makes it neither ours nor none.
func Decorated(m *project.Module, def *ast.FuncDef) bool { return Decorator(m, def) != nil }

// Decorator returns the decorator that locks a function, as Decorated has it, or nil.
func Decorator(m *project.Module, def *ast.FuncDef) ast.Expr {
	for _, d := range def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		if decorator.Names[m.Scope.CythonAttr(e, true)] {
			continue
		}
		last := syntax.LastName(e)
		if last == "critical_section" || Like(last) && !decorator.NoLock(m, e) {
			return d.Expr
		}
		if _, ok := Inside(m, d.Expr); ok {
			return d.Expr
		}
	}
	return nil
}

// Inner is the lock that a decorator takes round the function.
type Inner struct {
	Mod  *project.Module
	Lock ast.Expr // of the module
	Attr string   // an attribute of the first argument, "" for none
}

// Inside returns the lock that the function inside a decorator takes round a call of the one that is decorated:
// the module's, an attribute of the first argument, or what the decorator is given.
func Inside(m *project.Module, d ast.Expr) (Inner, bool) {
	call, _ := d.(*ast.Call)
	name := d
	if call != nil {
		name = call.Fun
	}
	r := m.Owner(syntax.Dotted(name))
	if r.Mod == nil {
		return Inner{}, false
	}
	for _, u := range r.Mod.Units {
		var out Inner
		found := false
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			if def, ok := st.(*ast.FuncDef); ok && def.Name.Name == r.Name && def.Body != nil && def.Params != nil && !found {
				out, found = inner{New(r.Mod, nil), m, def, call}.of(def, nil)
			}
		})
		if found {
			return out, true
		}
	}
	return Inner{}, false
}

// inner looks at the function of a decorator, which is used in a module, and called if it is a factory.
type inner struct {
	names *Names
	in    *project.Module
	def   *ast.FuncDef
	call  *ast.Call
}

// of looks at the functions inside one; around are the parameters of those round it.
func (x inner) of(def *ast.FuncDef, around []string) (out Inner, found bool) {
	outer := slices.Clone(around)
	for _, p := range def.Params.List {
		outer = append(outer, syntax.ParamName(p))
	}
	syntax.EachStmt(def.Body.Stmts, func(st ast.Stmt) {
		f, ok := st.(*ast.FuncDef)
		if !ok || f.Body == nil || f.Params == nil || found {
			return
		}
		first := ""
		if len(f.Params.List) > 0 {
			first = syntax.ParamName(f.Params.List[0])
		}
		if lock := x.round(f, outer); lock != nil {
			out, found = x.resolve(lock, first)
			return
		}
		out, found = x.of(f, outer)
	})
	return out, found
}

// round returns the lock that a function takes before it calls one of the functions that those round it are given.
func (x inner) round(f *ast.FuncDef, given []string) ast.Expr {
	var lock ast.Expr
	calls := func(n ast.Node) bool {
		found := false
		ast.Walk(n, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			found = found || ok && slices.Contains(given, syntax.LastName(c.Fun))
			return !found
		})
		return found
	}
	syntax.OwnNodes(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.With:
			for _, it := range n.Items {
				_, known := x.names.With(it.X)
				if lock == nil && (known || slices.Contains(given, syntax.LastName(it.X)) || x.named(it.X) != nil) && calls(n.Body) {
					lock = it.X
				}
			}
		case *ast.ExprStmt:
			if c, ok := n.X.(*ast.Call); ok && lock == nil {
				if lc, ok := x.names.Call(c); ok && lc.Take && calls(f.Body) {
					lock = lc.Lock
				}
			}
		}
		return true
	})
	return lock
}

// named returns the argument that says which attribute is meant: getattr(self, name).
func (x inner) named(e ast.Expr) *ast.Name {
	c, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || !syntax.IsNamed(c.Fun, "getattr") || len(c.Args) < 2 {
		return nil
	}
	n, _ := c.Args[1].X.(*ast.Name)
	return n
}

// argument returns what a factory is given for one of its parameters, nil where that is not in sight.
func (x inner) argument(name string) ast.Expr {
	if x.call == nil {
		return nil
	}
	for i, p := range x.def.Params.List {
		if syntax.ParamName(p) != name {
			continue
		}
		for _, a := range x.call.Args {
			if a.Name.Name == name {
				return a.X
			}
		}
		if a := syntax.Arg(x.call, i); a != nil {
			return a
		}
		return p.Default
	}
	return nil
}

// resolve tells which lock an expression in the inner function is; first is its first parameter.
func (x inner) resolve(lock ast.Expr, first string) (Inner, bool) {
	if n := x.named(lock); n != nil {
		if s, ok := syntax.Unparen(x.argument(n.Name)).(*ast.Str); ok {
			return Inner{Attr: s.Value}, true
		}
		return Inner{}, false
	}
	switch e := syntax.Unparen(lock).(type) {
	case *ast.Name:
		if a := x.argument(e.Name); a != nil {
			if _, ok := x.names.With(a); !ok {
				return Inner{}, false
			}
			return Inner{Mod: x.in, Lock: a}, true
		}
		return Inner{Mod: x.names.m, Lock: e}, x.names.IsLock(e)
	case *ast.Attribute:
		of := e.X
		if s, ok := syntax.Unparen(of).(*ast.Subscript); ok { // args[0]._lock
			of = s.X
		}
		if syntax.IsNamed(of, first) || syntax.IsNamed(of, "args") {
			return Inner{Attr: e.Attr.Name}, true
		}
		return Inner{Mod: x.names.m, Lock: e}, x.names.IsLock(e)
	}
	return Inner{}, false
}
