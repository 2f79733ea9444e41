package effects

// What a variable is not, where a test has found that: below "if isinstance(x, C): continue", and in the else of one, x is
// no C, and what C or its subclasses put in the place of a method is not what a call of that does.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// knowsKind leaves in the environment that a condition holds, or does not.
func knowsKind(b *builder, cond ast.Expr, holds bool) { knowsKindIn(b, cond, cond, holds) }

// knowsKindIn is knowsKind for a part of a condition. What the condition assigns had another value when it was tested.
func knowsKindIn(b *builder, whole, cond ast.Expr, holds bool) {
	switch c := syntax.Unparen(cond).(type) {
	case *ast.Unary:
		if c.Op == "not" {
			knowsKindIn(b, whole, c.X, !holds)
		}
	case *ast.Binary:
		if c.Op == "and" && holds || c.Op == "or" && !holds { // both sides
			knowsKindIn(b, whole, c.X, holds)
			knowsKindIn(b, whole, c.Y, holds)
		}
	case *ast.Call:
		if x, classes := testsKind(b, c); x != nil && !holds && !syntax.Assigns(whole, x.Name) {
			isNone(b, x, classes)
		}
	}
}

// testsKind returns the variable and the classes of a call of isinstance; nil where it is something else.
func testsKind(b *builder, c *ast.Call) (*ast.Name, []*project.Class) {
	on := syntax.Dotted(c.Fun)
	if len(on) != 1 || on[0] != "isinstance" || b.isLocal(on[0]) || len(c.Args) != 2 || c.Args[0].Star+c.Args[1].Star > 0 {
		return nil, nil
	}
	x, ok := syntax.Unparen(c.Args[0].X).(*ast.Name)
	if _, bound := b.m.Scope.Names["isinstance"]; !ok || bound {
		return nil, nil
	}
	of := []ast.Expr{c.Args[1].X}
	if t, ok := syntax.Unparen(c.Args[1].X).(*ast.Collection); ok {
		of = t.Elems
	}
	var classes []*project.Class
	for _, e := range of {
		if path := syntax.Dotted(e); len(path) > 0 && !b.isLocal(path[0]) {
			if k := b.m.Lookup(path); k != nil {
				classes = append(classes, k)
			}
		}
	}
	return x, classes
}

// maxTests is how many classes a variable may be told not to be of: each leaves another set of methods that a call may reach.
const maxTests = 32

// isNone notes that a variable is of none of some classes, as far as these are subclasses of what it is declared as. In a
// loop that assigns it, it stands for another value.
func isNone(b *builder, x *ast.Name, classes []*project.Class) {
	v, known := b.vars[x.Name]
	n, sh, local := b.value(x.Name)
	if !known || !local || n == 0 || sh.Kind != ctype.Object || sh.Class == nil {
		return
	}
	if _, shared := b.shared[v.slot]; shared {
		return // a function inside assigns to it at any time
	}
	not := slices.DeleteFunc(slices.Clone(classes), func(k *project.Class) bool { return k == sh.Class || !slices.Contains(k.Ancestry(), sh.Class) })
	if len(not) == 0 {
		return
	}
	of, before := n, b.nones.not[n]
	if len(before) >= maxTests {
		return
	}
	if len(before) > 0 {
		of = b.flow.Nodes[n].Base // in a chain of tests each is about the same value
	}
	is := b.node(Node{Kind: NodeCast, Base: of, Shape: b.shape(n)})
	b.nones.not = with(b.nones.not, is, append(not, before...))
	b.env[v.slot] = is
}

// whereNot leaves out the methods of those classes.
func whereNot(b *builder, n int32, fs []*Function) []*Function {
	not := b.nones.not[n]
	if len(not) == 0 {
		return fs
	}
	if len(fs) <= manyOverrides {
		return ofNone(fs, not)
	}
	k := calledOn{n, &fs[0], len(fs)}
	left, known := b.nones.left[k]
	if !known {
		left = ofNone(fs, not)
		b.nones.left = with(b.nones.left, k, left)
	}
	return left
}

// calledOn is a value of which one of some functions is called.
type calledOn struct {
	value int32
	first **Function
	n     int
}

// ofNone returns those methods that are of no class of a list, or of one that derives from it.
func ofNone(fs []*Function, not []*project.Class) []*Function {
	return slices.DeleteFunc(slices.Clone(fs), func(f *Function) bool {
		return f.Class != nil && slices.ContainsFunc(f.Class.Ancestry(), func(a *project.Class) bool { return slices.Contains(not, a) })
	})
}
