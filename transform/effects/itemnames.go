package effects

// Which items a decorator can name: "*others" goes where that is a collection whose items are
// the objects, and where the function takes any number of locks.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// ItemsNameable reports whether a person may have a function lock the items of a parameter
// that are of class c, by name: "*others".
func ItemsNameable(p *Program, f *Function, num int, c *project.Class) bool {
	if f.Flow.Yields != (ast.Span{}) && !asksSnapshot(p, f) || f.Def.Async {
		return false // they may be others by the next step
	}
	if f.Class != nil {
		if in := p.Locks.Of(f.Class); in != nil && in.Kind != decorator.RWLock {
			return false
		}
	}
	visible := p.Locks.FindVisible(f.Mod, f.Unit)
	if !CanTell(visible, c) || slices.ContainsFunc(visible, func(v decorator.Visible) bool { return p.Guarding.MovesFurtherOn(v.Class) }) {
		return false
	}
	prm := f.Def.Params.List[num]
	if prm.Kind != ast.Positional {
		return prm.Name.Name != ""
	}
	path, pointer := f.Mod.ParamType(f.Class, f.Def, num, prm)
	if pointer || num == 0 && f.Class != nil && !f.Mod.PlainDecorator(f.Def, "staticmethod") {
		return false
	}
	switch containerType(f, num, prm) {
	case "list", "tuple", "set", "frozenset":
		return true
	case "", "object":
		return (path == nil || len(path) == 1 && path[0] == "object" || prm.Annotation != nil) && !mapping(f.Def, prm.Name.Name)
	}
	return false
}

// asksSnapshot reports whether the decorators of a generator ask for a snapshot.
func asksSnapshot(p *Program, f *Function) bool {
	decs := p.OwnLocks(f).Decs
	return len(decs) > 0 && decs[0].Snapshot()
}

// mappings are methods of dicts that lists, tuples and sets have not.
var mappings = []string{"get", "items", "keys", "values", "setdefault", "popitem"}

// mapping reports whether a parameter may be a dict, as it is used: its items are names then.
func mapping(def *ast.FuncDef, name string) bool {
	found := false
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subscript:
			found = found || syntax.IsNamed(n.X, name) && len(n.Index) == 1 && !position(def, n.Index[0])
		case *ast.Attribute:
			found = found || syntax.IsNamed(n.X, name) && slices.Contains(mappings, n.Attr.Name)
		}
		return !found
	})
	return found
}

// position reports whether an index is a number, or a stretch.
func position(def *ast.FuncDef, e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Number, *ast.Slice:
		return true
	case *ast.Unary:
		return position(def, e.X)
	case *ast.Binary:
		return position(def, e.X) && position(def, e.Y)
	case *ast.Name:
		return countsUp(def, e.Name)
	}
	return false
}

// countsUp reports whether a variable is declared as a C number, or counts in a loop.
func countsUp(def *ast.FuncDef, name string) bool {
	found := false
	for _, prm := range def.Params.List {
		found = found || prm.Name.Name == name && prm.Type != nil && len(prm.Type.Path) == 1 && library.CTypes()[prm.Type.Name]
	}
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CVarDecl:
			found = found || n.Type != nil && library.CTypes()[n.Type.Name] && slices.ContainsFunc(n.Declarators, func(d *ast.Declarator) bool { return syntax.DeclaredName(d).Name == name })
		case *ast.For:
			if c, ok := syntax.Unparen(n.Iter).(*ast.Call); ok && n.Target != nil {
				found = found || syntax.IsNamed(n.Target, name) && (syntax.IsNamed(c.Fun, "range") || syntax.IsNamed(c.Fun, "xrange"))
			}
		}
		return !found
	})
	return found
}
