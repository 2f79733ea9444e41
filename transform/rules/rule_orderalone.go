package rules

// PXL213: what a constructor locks of its own object, which nobody else has.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// runsCode are functions that come to what a function's variables hold without naming them.
var runsCode = []string{"locals", "vars", "super", "eval", "exec", "execfile"}

// nobodyElses reports whether an effect is on the object of a __cinit__ that uses nothing but its C attributes, apart
// from where it gives the object, once, to what locks it before anything else, or calls such a method: it has handed the
// object to nobody, and no other thread holds it.
func (p *Checker) nobodyElses(f *effects.Function, e *effects.Effect) bool {
	if f.Class == nil || f.Def.Name.Name != "__cinit__" || f.Accessor != effects.Plain || !effects.OnSelf(f, e) || len(f.Def.Params.List) == 0 || !p.firstToMake(f.Class) || !p.locksFirst(f, e) {
		return false
	}
	self, alone := f.Def.Params.List[0].Name.Name, true
	fields := map[ast.Node]bool{} // names of which a C attribute is used
	var given ast.Node            // the name that the call has
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.ClassDef, *ast.Lambda:
			alone = false // may have it, and be handed out
		case *ast.For, *ast.While, *ast.Comp:
			alone = alone && !n.Range().Contains(e.Span.Pos) // the second time others may have it
		case *ast.Call:
			if n.Span == e.Span {
				for _, a := range n.Args {
					if syntax.IsNamed(a.X, self) && given == nil {
						given = syntax.Unparen(a.X)
					}
				}
				if fun, ok := syntax.Unparen(n.Fun).(*ast.Attribute); ok && syntax.IsNamed(fun.X, self) && given == nil {
					given = syntax.Unparen(fun.X) // of "self.step()"
				}
			}
		case *ast.Attribute:
			fields[n.X] = f.Class.Field(n.Attr.Name) != nil
		case *ast.Name:
			alone = alone && (n.Name != self || fields[n] || n == given) && !slices.Contains(runsCode, n.Name)
		}
		return alone
	})
	return alone && given != nil
}

// firstToMake reports whether nothing has run for an object of a class when its __cinit__ does: that of a base would
// have run before.
func (p *Checker) firstToMake(c *project.Class) bool {
	if c.BaseUnread() {
		return false
	}
	return !slices.ContainsFunc(c.Ancestry()[1:], func(b *project.Class) bool {
		return b.Def == nil || len(p.prog.Own(b).Plain["__cinit__"]) > 0
	})
}

// locksFirst reports whether a call is to something that locks what it is given before it does anything: by its
// decorator.
func (p *Checker) locksFirst(f *effects.Function, e *effects.Effect) bool {
	steps := effects.Chain(f, e)
	if len(steps) < 2 {
		return false
	}
	g, on := steps[1].Func, steps[1].Effect
	if x := &g.Sum.Regions[on.Region]; x.Root != effects.NodeParam || x.Parent >= 0 || !p.prog.Holds(g, on) {
		return false
	}
	switch {
	case g.Class == nil:
		return true
	case g.Def.Name.Name == "__cinit__":
		return p.firstToMake(g.Class)
	}
	// "next(self)": what overrides it may hand the object on before it locks it.
	return slices.Contains(f.Class.Ancestry(), g.Class) && !effects.Overridden(p.prog, f.Mod, g.Class, g.Def.Name.Name)
}
