package effects

// New objects, as far as the spelling tells: what a class is called for, what C functions make that do no more
// than that with it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// newness looks at what an attribute that is to own its objects gets.
type newness struct {
	*owning
	kind *project.Class
}

// made reports whether a value is a new object that nothing else has, or none; store is where it goes.
func (k *newness) made(way spot, e ast.Expr, store ast.Stmt) bool {
	f := way.f
	switch x := syntax.Bare(e).(type) {
	case *ast.Const:
		return syntax.IsNothing(x)
	case *ast.Cond:
		return k.made(way, x.Then, store) && k.made(way, x.Else, store)
	case *ast.Name:
		if syntax.IsNothing(x) {
			return true
		}
		return k.local(f, x.Name, store)
	case *ast.Call:
		if on := syntax.Dotted(x.Fun); len(on) > 0 && !localName(f.Def, on[0]) {
			if on[len(on)-1] == "__new__" {
				on = on[:len(on)-1]
			}
			if c := f.Mod.Lookup(on); c != nil {
				return project.Related(c, k.kind) && !k.p.leaks.Get(c)
			}
		}
		callees := calleesAt(k.p, f, x)
		return len(callees) > 0 && !slices.ContainsFunc(callees, func(g *Function) bool { return !k.returnsNew(g) })
	}
	return false
}

// localName reports whether a function has a parameter or assigns to a variable of a name.
func localName(def *ast.FuncDef, name string) bool {
	return syntax.Assigns(def.Body, name) || slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name })
}

// returnsNew reports whether a C function, which Python code cannot override, returns nothing but new objects.
func (k *newness) returnsNew(g *Function) bool {
	if g.Exposed() || g.Def.Kind == ast.Cpdef {
		return false
	}
	if k.depth++; k.depth > maxOwning {
		return false
	}
	defer func() { k.depth-- }()
	k.p.FlowOf(g)
	return g.Flow.Yields == (ast.Span{}) && below(k.p, g.Mod, g.Def, func(way spot) bool {
		r, ok := way.last().(*ast.Simple)
		if !ok || r.Keyword != "return" || len(r.Exprs) == 0 {
			return true
		}
		return !way.nested && len(r.Exprs) == 1 && k.made(way, r.Exprs[0], r)
	})
}

// local reports whether a variable has nothing but new objects of the function's, each of which goes to one place.
func (k *newness) local(f *Function, name string, store ast.Stmt) bool {
	if slices.ContainsFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name }) || !localOf(f.Def, name) || showsVariables(f.Def) {
		return false
	}
	if k.depth++; k.depth > maxOwning {
		return false
	}
	defer func() { k.depth-- }()
	_, returned := store.(*ast.Simple)
	var made, stored []ast.Node // the suites
	looped := false
	good := below(k.p, f.Mod, f.Def, func(way spot) bool {
		if d, ok := way.last().(*ast.Declarator); ok && d.Name.Name == name {
			if d.Default == nil {
				return true
			}
			made = append(made, way.suite())
			return !way.nested && k.made(way, d.Default, nil)
		}
		x, ok := way.last().(*ast.Name)
		if !ok || x.Name != name {
			return true
		}
		if way.nested {
			return false
		}
		switch outer := way.statement().(type) {
		case *ast.Assign:
			if outer == store {
				stored, looped = append(stored, way.suite()), looped || way.loops()
				return syntax.Bare(outer.Value) == ast.Expr(x)
			}
			if len(outer.Targets) == 1 && outer.Targets[0] == ast.Expr(x) {
				made = append(made, way.suite())
				return outer.Op == "=" && outer.Value != nil && k.made(way, outer.Value, nil)
			}
		case *ast.Simple:
			if returned && outer.Keyword == "return" && len(outer.Exprs) == 1 && syntax.Bare(outer.Exprs[0]) == ast.Expr(x) {
				return true
			}
		}
		return x.Access != ast.Write && x.Access != ast.Delete && k.use(way)
	})
	if !good || len(made) == 0 || len(stored) > 1 {
		return false
	}
	return !looped || !slices.ContainsFunc(made, func(n ast.Node) bool { return n != stored[0] })
}

// statement is the statement that a node stands in.
func (w spot) statement() ast.Stmt {
	for i := len(w.nodes) - 1; i >= 0; i-- {
		if st, ok := w.nodes[i].(ast.Stmt); ok {
			return st
		}
	}
	return nil
}

// suite is the block of statements that a node stands in.
func (w spot) suite() ast.Node {
	for i := len(w.nodes) - 1; i >= 0; i-- {
		if s, ok := w.nodes[i].(*ast.Suite); ok {
			return s
		}
	}
	return nil
}

// loops reports whether a node stands in a loop of its function.
func (w spot) loops() bool {
	for _, n := range w.nodes {
		switch n.(type) {
		case *ast.For, *ast.While:
			return true
		}
	}
	return false
}
