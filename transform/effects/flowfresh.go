package effects

// Memory that a C function makes and only one variable leads to: "s = trie_root(t)". Who changes that memory itself
// changes nothing of the objects that it leads to, and of nobody's state.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// ofItsOwn reports whether a call returns new memory, to which nothing ever leads but a C variable of the function.
func ofItsOwn(b calls, m *project.Module, f project.CFunc, e *ast.Call) bool {
	if !b.p.Headers.Beside(m, f).Fresh() {
		return false
	}
	if b.only == nil {
		b.only = onlyLed(b)
	}
	return b.only[e]
}

// newMemory is a value of new memory in which are pointers to others.
func newMemory(b calls, from []int32, sh ctype.Shape) int32 {
	in := make([]int32, len(from))
	for i, n := range from {
		in[i] = b.node(Node{Kind: NodeStowed, Base: b.node(Node{Kind: NodeInside, Base: n, Shape: sh}), Shape: sh})
	}
	return b.node(Node{Kind: NodeLocal, Shape: sh, From: in})
}

// onlyLed returns the calls whose values go to C variables of the function that are nothing but compared and passed to
// C functions which leave no pointer to what they are given behind.
func onlyLed(b calls) map[*ast.Call]bool {
	out := map[*ast.Call]bool{}
	given := map[string][]*ast.Call{} // what each variable gets
	fine := map[*ast.Name]bool{}
	uses := map[string][]*ast.Name{}
	declared, spoiled := map[string]bool{}, map[string]bool{}
	gets := func(name string, v ast.Expr) {
		switch v := syntax.Bare(v).(type) {
		case *ast.Call:
			given[name] = append(given[name], v)
		case *ast.Const:
		case *ast.Name:
			spoiled[name] = spoiled[name] || v.Name != "NULL"
		default:
			spoiled[name] = true
		}
	}
	nested := false
	ast.Walk(b.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.Comp, *ast.ClassDef:
			nested = true
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				if name := d.Name.Name; d.Pointer == 1 && !d.Func && d.Inner == nil && len(d.Arrays) == 0 && name != "" {
					spoiled[name] = spoiled[name] || declared[name]
					declared[name] = true
					if d.Default != nil {
						gets(name, d.Default)
					}
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if x, ok := t.(*ast.Name); ok && n.Op == "=" && len(n.Targets) == 1 {
					fine[x] = true
					gets(x.Name, n.Value)
				}
			}
		case *ast.Compare:
			for _, x := range n.Xs {
				if x, ok := syntax.Unparen(x).(*ast.Name); ok {
					fine[x] = true
				}
			}
		case *ast.Unary:
			if x, ok := syntax.Unparen(n.X).(*ast.Name); ok && n.Op == "not" {
				fine[x] = true
			}
		case *ast.Call:
			for i := range n.Args {
				if x, ok := syntax.Unparen(n.Args[i].X).(*ast.Name); ok && n.Args[i].Star == 0 && n.Args[i].Name.Name == "" && leavesNone(b, n, i) {
					fine[x] = true
				}
			}
		case *ast.Name:
			uses[n.Name] = append(uses[n.Name], n)
		}
		return !nested
	})
	if nested {
		return out
	}
	for name, list := range given {
		good := declared[name] && !spoiled[name] && b.isLocal(name)
		for _, x := range uses[name] {
			good = good && fine[x]
		}
		for _, e := range list {
			out[e] = good
		}
	}
	return out
}

// leavesNone reports whether a call is one of a C function that leaves no pointer to what argument i leads to behind, and
// returns none.
func leavesNone(b calls, e *ast.Call, i int) bool {
	path := syntax.Dotted(e.Fun)
	if len(path) == 0 || b.isLocal(path[0]) {
		return false
	}
	r := b.m.Owner(path)
	if r.Mod == nil || len(b.p.Funcs(r.Mod).byName[r.Name]) > 0 {
		return false
	}
	f, ok := r.Mod.CDecls().Funcs[r.Name]
	if !ok || !f.Extern {
		return false
	}
	if r.Name == "free" && b.p.Headers.Beside(b.m, f).Param(i).Does == c.Unknown {
		return true
	}
	a := b.p.Headers.Beside(b.m, f).Param(i)
	return a.Does != c.Unknown && !a.Lends
}
