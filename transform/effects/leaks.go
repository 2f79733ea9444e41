package effects

// Methods that let a reference to their own object out: nobody owns what has one.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// findLeaks reports whether a method of a class may let a reference to its own object out.
func findLeaks(p *Program, k *project.Class) bool {
	if !k.Complete() || k.Extern {
		return true
	}
	for _, c := range k.Ancestry() {
		if c.Mod.Broken() {
			return true
		}
		for _, f := range p.Funcs(c.Mod).All {
			if f.Class != c {
				continue
			}
			if !asWritten(f) {
				return true
			}
			if !f.IsBound() || len(f.Def.Params.List) == 0 {
				continue
			}
			self := syntax.ParamName(f.Def.Params.List[0])
			p.FlowOf(f)
			o := &owning{p: p, class: c, seen: map[variableOf]bool{{f, self}: true}}
			if f.Suspends() || showsVariables(f.Def) || !below(p, f.Mod, f.Def, func(way spot) bool {
				x, ok := way.last().(*ast.Name)
				if ok && x.Name == "super" {
					return o.inherited(way)
				}
				return !ok || x.Name != self || x.Access == ast.Write || o.ofItself(way) || o.use(way)
			}) {
				return true
			}
		}
	}
	return false
}

// ofItself reports whether a method does with its object what protocols want of it, or what tells its class alone.
func (o *owning) ofItself(way spot) bool {
	switch outer := way.up().last().(type) {
	case *ast.Simple:
		return outer.Keyword == "return" && !way.nested && returnsItself[way.f.Def.Name.Name]
	case *ast.Attribute:
		return outer.Attr.Name == "__class__" && !way.nested
	case *ast.Arg:
		call, ok := way.up().up().last().(*ast.Call)
		return ok && syntax.IsNamed(call.Fun, "super") && !way.nested // inherited looks at that
	}
	return false
}

// inherited reports whether "super" stands in the call of a method that a base class is known to have: what has
// its method in hand has the object.
func (o *owning) inherited(way spot) bool {
	call, ok := way.up().last().(*ast.Call)
	if !ok || call.Fun != way.last() || way.nested {
		return false
	}
	x, ok := way.up().up().last().(*ast.Attribute)
	if !ok || x.Access != ast.Called || returnsItself[x.Attr.Name] {
		return false
	}
	return library.NoLockMethods()[x.Attr.Name] || x.Attr.Name == "__init__" ||
		slices.ContainsFunc(o.class.Ancestry(), func(c *project.Class) bool { return len(o.p.Own(c).Plain[x.Attr.Name]) > 0 })
}

// showsVariables reports whether a function mentions what gives away all of its variables.
func showsVariables(def *ast.FuncDef) bool {
	found := false
	ast.Walk(def, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && (x.Name == "locals" || x.Name == "vars" || x.Name == "eval" || x.Name == "exec")
		return !found
	})
	return found
}

// asWritten reports whether no decorator gives a function to Python code, which may keep what it is called with.
func asWritten(f *Function) bool {
	return !slices.ContainsFunc(f.Def.Decorators, func(d *ast.Decorator) bool {
		switch x := d.Expr.(type) {
		case *ast.Name:
			if x.Name == "property" || x.Name == "staticmethod" || x.Name == "classmethod" {
				return false
			}
		case *ast.Attribute:
			if f.Accessor != Plain && (x.Attr.Name == "setter" || x.Attr.Name == "deleter" || x.Attr.Name == "getter") {
				return false
			}
		}
		return f.Mod.Scope.CythonAttr(callee(d.Expr), true) == ""
	})
}
