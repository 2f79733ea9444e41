package effects

// The memo of copy.deepcopy, which __deepcopy__ is given: a dict that belongs to the one call that copies. What a copy
// puts there nobody finds but the copying of its own parts.

import (
	"bytes"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// isMemo reports whether an expression is the memo that a __deepcopy__ was given, and that it gives to nothing but
// what copies others. What it finds there it returns.
func isMemo(b *builder, e ast.Expr) bool {
	name, ok := syntax.Bare(e).(*ast.Name)
	f := b.f
	if !ok || f.Def.Name.Name != "__deepcopy__" || !f.isBound() || len(f.Def.Params.List) != 2 || b.nested > 0 || showsVariables(f.Def) {
		return false
	}
	p := f.Def.Params.List[1]
	n, _, _ := b.value(name.Name)
	if syntax.ParamName(p) != name.Name || p.Kind != ast.Positional || p.Default != nil || n != b.flow.Params[1] {
		return false
	}
	uses, known := 0, 0
	counts := func(e ast.Expr) {
		if syntax.IsNamed(e, name.Name) {
			known++
		}
	}
	item := func(e ast.Expr) {
		if s, ok := syntax.Unparen(e).(*ast.Subscript); ok {
			counts(s.X)
		}
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.Comp:
			uses++ // what runs later may have it
			return false
		case *ast.Name:
			if n.Name == name.Name {
				uses++
			}
		case *ast.Assign: // "memo[id(self)] = new"
			for _, t := range n.Targets {
				item(t)
			}
		case *ast.Simple: // "return memo[id(self)]"
			if n.Keyword == "return" {
				for _, e := range n.Exprs {
					item(e)
				}
			}
		case *ast.Compare:
			counts(n.Xs[len(n.Xs)-1])
		case *ast.Call:
			if name := syntax.LastName(n.Fun); name == "deepcopy" || name == "__deepcopy__" {
				for _, a := range n.Args {
					counts(a.X)
				}
			}
		}
		return true
	})
	return uses == known && !givesMemo(f)
}

// givesMemo reports whether a file of the module may call __deepcopy__ itself, with what is no new dict.
func givesMemo(f *Function) bool {
	for _, u := range f.Mod.Units {
		for _, after := range bytes.Split(u.File.Src, []byte(".__deepcopy__"))[1:] {
			if !bytes.HasPrefix(after, []byte("({})")) {
				return true
			}
		}
	}
	return false
}
