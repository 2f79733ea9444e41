package plan

// Which names are variables of a function alone, and where it gives them another value.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// bindings are the variables of one function.
type bindings struct {
	own    map[string]bool
	others map[string]bool // that something else can change, too
	set    map[string][]int32
}

// bindingsOf looks for the variables of a function.
func bindingsOf(def *ast.FuncDef) *bindings {
	b := &bindings{map[string]bool{}, map[string]bool{}, map[string][]int32{}}
	for _, p := range def.Params.List {
		b.own[syntax.ParamName(p)] = true
	}
	taken := func(names []ast.Ident) {
		for _, i := range names {
			b.others[i.Name] = true
		}
	}
	ast.Walk(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.ClassDef, *ast.Lambda:
			ast.Walk(n, func(x ast.Node) bool {
				if s, ok := x.(*ast.Simple); ok && s.Keyword == "nonlocal" {
					taken(s.Names)
				}
				return true
			})
			return false
		case *ast.Simple:
			if n.Keyword == "global" || n.Keyword == "nonlocal" {
				taken(n.Names)
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				b.own[syntax.DeclaredName(d).Name] = true
			}
		case *ast.Name:
			if n.Access != ast.Read && n.Access != ast.StoreThrough {
				b.own[n.Name] = true
				b.set[n.Name] = append(b.set[n.Name], n.Pos)
			}
		case *ast.Unary:
			if name, ok := syntax.Unparen(n.X).(*ast.Name); ok && n.Op == "&" {
				b.others[name.Name] = true
			}
		}
		return true
	})
	return b
}

// stays reports whether a name is a variable of the function alone, and keeps its value
// within a statement.
func (b *bindings) stays(name string, within ast.Span) bool {
	return b.own[name] && !b.others[name] && !slices.ContainsFunc(b.set[name], within.Contains)
}

// Local reports whether a name is a variable of the function alone.
func Local(def *ast.FuncDef, name string) bool {
	return bindingsOf(def).stays(name, ast.Span{})
}
