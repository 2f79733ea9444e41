package rules

// PXL105: functions that a module gives to C code as pointers, which calls them back when no lock is held: the object comes
// as a void *, as what C calls the user's data.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/syntax"
)

// calledFromC reports whether C code calls a function by a pointer, and gives it an object as a void *: the module uses its
// name as a value.
func calledFromC(c *checking, f *effects.Function, x *effects.Region) bool {
	if f.Class != nil || f.Def.Kind != ast.Cdef || x.Parent >= 0 || int(x.Num) >= len(f.Def.Params.List) {
		return false
	}
	p := f.Def.Params.List[x.Num]
	if p.Type == nil || p.Type.Name != "void" || syntax.Pointers(p.Declarator) != 1 {
		return false
	}
	return usedAsValue(c, f.Def.Name.Name)
}

// usedAsValue reports whether the module uses the name of a function, or whatever has it, other than to call it.
func usedAsValue(c *checking, name string) bool {
	if c.pointers == nil {
		c.pointers = map[string]bool{}
		for _, u := range c.m.Units {
			for _, st := range u.File.Body {
				ast.Walk(st, func(n ast.Node) bool {
					if x, ok := n.(*ast.Name); ok && x.Access != ast.Called && x.Access != ast.Write {
						c.pointers[x.Name] = true
					}
					return true
				})
			}
		}
	}
	return c.pointers[name]
}
