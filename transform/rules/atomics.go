package rules

// Attributes that are C++ atomics: each operation on one is whole, so that no lock has to be held for it. Several
// operations are not: "n = n + 1" loses updates, and what a test found may be over when it is acted upon.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/syntax"
)

// atomic reports whether an attribute is a C++ atomic, and no function that uses it puts several operations together.
func atomic(sets *effects.LockSets, s effects.State) bool {
	fd := s.Class.Field(s.Field)
	if fd == nil || fd.Ctype == nil || fd.Declarator != nil && fd.Declarator.Pointer > 0 {
		return false
	}
	if name := typeName(fd.Mod, fd.Ctype); name != "atomic" && !strings.HasPrefix(name, "atomic_") {
		return false
	}
	for _, a := range sets.All[s] {
		steps := effects.Chain(a.Func, a.Effect)
		if f := steps[len(steps)-1].Func; !apart(f.Def, s.Field) {
			return false
		}
	}
	return true
}

// apart reports whether the operations of a function on an atomic have nothing to do with each other: where it
// changes it, it does not look at it beside that, but for a message; comparing and exchanging is neither.
func apart(def *ast.FuncDef, field string) bool {
	is := func(e ast.Node) bool {
		x, ok := e.(*ast.Attribute)
		return ok && x.Attr.Name == field
	}
	looks, changes := 0, 0
	raising, address := false, false
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		if is(n) && !raising {
			looks++
		}
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if is(syntax.Unparen(t)) {
					changes++
					looks--
				}
			}
		case *ast.Call:
			a, ok := syntax.Unparen(n.Fun).(*ast.Attribute)
			if !ok || !is(syntax.Unparen(a.X)) {
				break
			}
			switch a.Attr.Name {
			case "load":
			case "compare_exchange_weak", "compare_exchange_strong":
				looks--
			default:
				changes++
				looks--
			}
		case *ast.Unary: // what is done to it by that nothing tells
			address = address || n.Op == "&" && is(syntax.Unparen(n.X))
		case *ast.Simple:
			if n.Keyword == "raise" && !raising {
				raising = true
				for _, e := range n.Exprs {
					ast.Walk(e, visit)
				}
				raising = false
				return false
			}
		}
		return true
	}
	ast.Walk(def.Body, visit)
	return !address && (changes == 0 || looks == 0)
}
