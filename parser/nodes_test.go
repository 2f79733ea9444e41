package parser_test

import (
	"testing"

	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// TestListedBody compares what is visited of a function's body, the nodes of which are kept, with what is visited of a
// copy, which is walked anew.
func TestListedBody(t *testing.T) {
	src := "def f(a):\n    for x in a:\n        def g(y):\n            return y + [z for z in a if z]\n    with a as b: b(lambda: x, *a)\n    return g\n"
	file, errs := parser.Parse([]byte(src), parser.Options{Name: "f.pyx"})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	body := file.Body[0].(*ast.FuncDef).Body
	other := *body
	for name, walk := range map[string]func(ast.Node, func(ast.Node) bool){"Walk": ast.Walk, "WalkOwn": ast.WalkOwn} {
		for _, skip := range []bool{false, true} { // what is under loops
			visited := func(root ast.Node) (out []ast.Node) {
				walk(root, func(n ast.Node) bool {
					if n == root {
						return true
					}
					out = append(out, n)
					_, loop := n.(*ast.For)
					return !(skip && loop)
				})
				return out
			}
			kept, anew := visited(body), visited(&other)
			if len(kept) < 5 || len(kept) != len(anew) {
				t.Fatalf("%s: %d nodes are kept, %d are there", name, len(kept), len(anew))
			}
			for i := range kept {
				if kept[i] != anew[i] {
					t.Errorf("%s: node %d is %T, and %T where the body is walked anew", name, i, kept[i], anew[i])
				}
			}
		}
	}
}
