package checked

// The static class of an expression, as Cython knows it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// types tell the classes of the expressions of one file.
type types struct {
	*Checker
	m       *project.Module
	u       *project.Unit
	parents map[ast.Node]ast.Node
	vars    map[ast.Node]*variables
	busy    map[string]bool // names whose types are being looked for
}

// variables are the names of one function, with their classes: nil for what is no object of a
// class that is known.
type variables struct {
	classes map[string]*project.Class
	shapes  map[string]ctype.Shape // of those that are declared as something else
	globals map[string]bool
	// assigned holds the values of names that are not declared; nil among them is something
	// else than an assignment of its own.
	assigned map[string][]ast.Expr
}

// class returns the static class of an expression, or nil.
func (f *types) class(e ast.Expr) *project.Class {
	switch e := e.(type) {
	case *ast.Paren:
		return f.class(e.X)
	case *ast.Walrus:
		return f.class(e.Value)
	case *ast.Cast:
		return object(f.Types.OfType(f.m, e.Type, 0))
	case *ast.Name:
		return f.variable(e)
	case *ast.Attribute:
		if c := f.class(e.X); c != nil {
			if fd := c.Field(e.Attr.Name); fd != nil {
				return fd.Class()
			}
		}
	case *ast.Cond:
		if c := f.class(e.Then); c != nil && f.class(e.Else) == c {
			return c
		}
	case *ast.Call:
		return f.result(e)
	}
	return nil
}

func object(s ctype.Shape) *project.Class {
	if s.Kind != ctype.Object {
		return nil
	}
	return s.Class
}

// result returns the class of what a call returns.
func (f *types) result(e *ast.Call) *project.Class {
	if e.Fun == nil {
		return nil
	}
	if f.m.Scope.CythonAttr(e.Fun, false) == "cast" && len(e.Args) > 1 {
		return object(f.Types.OfNote(f.m, e.Args[0].X))
	}
	switch fun := syntax.Unparen(e.Fun).(type) {
	case *ast.Name:
		if f.local(fun) {
			return nil
		}
		if c := f.m.Lookup([]string{fun.Name}); c != nil {
			return c
		}
	case *ast.Attribute:
		if c := f.class(fun.X); c != nil {
			return f.method(c, fun.Attr.Name)
		}
		if path := syntax.Dotted(fun); path != nil {
			if c := f.m.Lookup(path); c != nil {
				return c
			}
		}
	}
	return f.calledFunction(e.Fun)
}

// method returns the class of what a C method returns.
func (f *types) method(c *project.Class, name string) (found *project.Class) {
	for _, a := range c.Ancestry() {
		for _, def := range []*ast.ClassDef{a.PxdDef, a.Def} {
			if def == nil || def.Body == nil {
				continue
			}
			if t, d := declared(def.Body.Stmts, name); d != nil {
				return f.returns(a.Mod, t, d)
			}
		}
	}
	return nil
}

// calledFunction returns the class of what a C function at module level returns.
func (f *types) calledFunction(fun ast.Expr) *project.Class {
	path := syntax.Dotted(fun)
	if path == nil {
		return nil
	}
	r := f.m.Owner(path)
	if r.Mod == nil {
		return nil
	}
	for _, u := range r.Mod.Units {
		if t, d := declared(u.File.Body, r.Name); d != nil {
			return f.returns(r.Mod, t, d)
		}
	}
	return nil
}

func (f *types) returns(m *project.Module, t *ast.CType, d *ast.Declarator) *project.Class {
	if d.Pointer > 0 || d.Inner != nil || t == nil {
		return nil
	}
	return object(f.Types.OfType(m, t, 0))
}

// declared finds a C function among statements: what it returns, and its declarator.
func declared(stmts []ast.Stmt, name string) (t *ast.CType, d *ast.Declarator) {
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		switch st := st.(type) {
		case *ast.FuncDef:
			if st.Name.Name == name && st.Declarator != nil && d == nil {
				t, d = st.Return, st.Declarator
			}
		case *ast.CVarDecl:
			for _, of := range st.Declarators {
				if of.Func && syntax.DeclaredName(of).Name == name && d == nil {
					t, d = st.Type, of
				}
			}
		}
	})
	return t, d
}

// local reports whether a name is a variable of a function.
func (f *types) local(n *ast.Name) bool {
	_, at := f.scope(n)
	return at != nil
}

// scope returns the variables of the function that binds a name, with that; nil for one of
// the module.
func (f *types) scope(n *ast.Name) (*variables, ast.Node) {
	for p := f.parents[ast.Node(n)]; p != nil; p = f.parents[p] {
		switch p := p.(type) {
		case *ast.Comp:
			for _, c := range p.Clauses {
				if c.Target != nil && syntax.Mentions(c.Target, n.Name) {
					return nil, p
				}
			}
		case *ast.Lambda:
			if slices.ContainsFunc(p.Params.List, func(q *ast.Param) bool { return syntax.ParamName(q) == n.Name }) {
				return nil, p
			}
		case *ast.FuncDef:
			v := f.variables(p)
			if v.globals[n.Name] {
				return nil, nil
			}
			if _, ok := v.classes[n.Name]; ok {
				return v, p
			}
			if _, ok := v.assigned[n.Name]; ok {
				return v, p
			}
		}
	}
	return nil, nil
}

// variable returns the class of a name where it stands.
func (f *types) variable(n *ast.Name) *project.Class {
	v, at := f.scope(n)
	switch {
	case v != nil:
		if c, ok := v.classes[n.Name]; ok {
			return c
		}
		return f.inferred(v, n.Name)
	case at != nil:
		return nil
	}
	r := f.m.Owner([]string{n.Name})
	m := r.Mod
	if m == nil {
		m, r.Name = f.m, n.Name
	}
	if d, ok := m.CDecls().Vars[r.Name]; ok {
		return object(f.Types.Of(m, d.Type, d.Declarator))
	}
	return nil
}

// inferred returns the class of a variable that nobody declared: that of all its values, as
// far as Cython looks.
func (f *types) inferred(v *variables, name string) *project.Class {
	if f.busy[name] {
		return nil
	}
	f.busy[name] = true
	defer delete(f.busy, name)
	var found *project.Class
	for _, x := range v.assigned[name] {
		if x == nil {
			return nil
		}
		c := f.class(x)
		if c == nil || found != nil && c != found {
			return nil
		}
		found = c
	}
	return found
}

// variables reads the declarations of a function.
func (f *types) variables(def *ast.FuncDef) *variables {
	if v := f.vars[def]; v != nil {
		return v
	}
	v := &variables{classes: map[string]*project.Class{}, shapes: map[string]ctype.Shape{}, globals: map[string]bool{}, assigned: map[string][]ast.Expr{}}
	f.vars[def] = v
	at := &surroundings{}
	f.function(at, def, true)
	f.parameters(v, def, at)
	outer := map[string]bool{}
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				s := f.Types.Of(f.m, n.Type, d)
				v.classes[syntax.DeclaredName(d).Name] = object(s)
				v.shapes[syntax.DeclaredName(d).Name] = s
			}
		case *ast.Simple:
			for _, id := range n.Names {
				if n.Keyword == "global" {
					v.globals[id.Name] = true
				}
				outer[id.Name] = outer[id.Name] || n.Keyword == "nonlocal"
			}
		case *ast.Assign:
			f.assign(v, n)
			return true
		case *ast.Walrus:
			f.value(v, n.Target, n.Value)
		case *ast.Comp:
			return true
		case *ast.Name:
			if n.Access != ast.Read && n.Access != ast.StoreThrough && n.Access != ast.Called && n.Access != ast.AddressOf {
				if !f.plainTarget(n) {
					f.value(v, n, nil)
				}
			}
		}
		return true
	})
	for _, st := range def.Body.Stmts { // functions of its own are names, too
		if in, ok := st.(*ast.FuncDef); ok {
			v.assigned[in.Name.Name] = append(v.assigned[in.Name.Name], nil)
		}
	}
	for name := range outer {
		delete(v.assigned, name)
	}
	for name := range v.assigned {
		if f.rebound(def, name) {
			v.assigned[name] = append(v.assigned[name], nil)
		}
	}
	return v
}

// parameters adds those of a function.
func (f *types) parameters(v *variables, def *ast.FuncDef, at *surroundings) {
	for i, prm := range def.Params.List {
		name := syntax.ParamName(prm)
		if name == "" {
			continue
		}
		v.classes[name] = nil
		if prm.Kind != ast.Positional {
			continue
		}
		if i == 0 && f.isSelf(def, at.class) {
			v.classes[name] = at.class
			continue
		}
		if path, pointer := f.m.ParamType(at.class, def, i, prm); path != nil && !pointer {
			v.classes[name] = f.m.Lookup(path)
		}
	}
}

// isSelf reports whether the first parameter of a method is an object of its class.
func (f *types) isSelf(def *ast.FuncDef, c *project.Class) bool {
	if c == nil {
		return false
	}
	name := def.Name.Name
	return !implicitStatic(name) && !f.m.PlainDecorator(def, "staticmethod") && !f.m.PlainDecorator(def, "classmethod") &&
		!(binop(name) && f.m.CAPIBinops(f.u, c, def))
}

// assign adds an assignment.
func (f *types) assign(v *variables, st *ast.Assign) {
	if n, ok := st.Targets[0].(*ast.Name); ok && st.Annotation != nil && len(st.Targets) == 1 {
		v.classes[n.Name] = object(f.Types.OfNote(f.m, st.Annotation))
		return
	}
	for _, t := range st.Targets {
		n, ok := syntax.Unparen(t).(*ast.Name)
		if !ok {
			continue
		}
		if call, ok := st.Value.(*ast.Call); ok && call.Fun != nil && f.m.Scope.CythonAttr(call.Fun, false) == "declare" && len(call.Args) > 0 {
			v.classes[n.Name] = object(f.Types.OfNote(f.m, call.Args[0].X))
			continue
		}
		if st.Op != "=" {
			f.value(v, n, nil)
			continue
		}
		f.value(v, n, st.Value)
	}
}

// plainTarget reports whether a name is what an assignment of one value is to.
func (f *types) plainTarget(n *ast.Name) bool {
	p := f.parents[ast.Node(n)]
	for {
		switch at := p.(type) {
		case *ast.Paren:
			p = f.parents[p]
			continue
		case *ast.Assign:
			return true
		case *ast.Walrus:
			return at.Target == ast.Expr(n)
		}
		return false
	}
}

func (f *types) value(v *variables, target, value ast.Expr) {
	if n, ok := syntax.Unparen(target).(*ast.Name); ok {
		if _, declared := v.classes[n.Name]; !declared {
			v.assigned[n.Name] = append(v.assigned[n.Name], value)
		}
	}
}

// rebound reports whether a function within this one assigns to a variable of this one.
func (f *types) rebound(def *ast.FuncDef, name string) bool {
	found := false
	ast.Walk(def.Body, func(n ast.Node) bool {
		if s, ok := n.(*ast.Simple); ok && s.Keyword == "nonlocal" {
			found = found || slices.ContainsFunc(s.Names, func(id ast.Ident) bool { return id.Name == name })
		}
		return !found
	})
	return found
}
