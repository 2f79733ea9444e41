package handlock

// Methods of a lock that its owner keeps in attributes of their own: self._take = self._lock.acquire.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// attribute is an attribute by the class that declares it.
type attribute struct {
	class *project.Class
	name  string
}

// bound is a method of what an attribute of an object holds.
type bound struct{ of, method string }

// Bound returns the attribute that holds a lock, and the method of it by which that is taken or released, where another
// attribute of the same object holds nothing but this method.
func Bound(h *Names, c *project.Class, attr string) (lock, method string, ok bool) {
	if fd := c.Field(attr); fd == nil || fd.Class() != nil {
		return "", "", false
	}
	m := h.bound.Get(attribute{c.Declarer(attr), attr})
	return m.of, m.method, m.of != ""
}

// findBound looks at all that the class's module assigns to an attribute of the name.
func findBound(at attribute) bound {
	var out bound
	var binding []ast.Span // from where a method is kept to the end of the function
	good := true
	for _, u := range at.class.Mod.Units {
		given := map[*ast.Attribute]bool{} // that get such a method, or None
		self, end := "", int32(0)
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				self, end = "", n.End
				if n.Params != nil && len(n.Params.List) > 0 {
					self = syntax.ParamName(n.Params.List[0])
				}
			case *ast.Assign:
				for _, t := range n.Targets {
					if a, ok := syntax.Unparen(t).(*ast.Attribute); ok && a.Attr.Name == at.name && n.Op == "=" && self != "" && ownAttribute(a, self) != "" {
						if m, ok := boundTo(n.Value, self); ok && (m.of == "" || out.of == "" || m == out) {
							given[a] = true
							if m.of != "" {
								out, binding = m, append(binding, ast.Span{Pos: n.Pos, End: end})
							}
						}
					}
				}
			case *ast.Attribute:
				if n.Attr.Name == at.name && n.Access.Rebinds() && !given[n] {
					good = false
				}
			}
			return good
		})
	}
	if !good || out.of == "" || !keptWith(at.class.Mod, out.of, binding) {
		return bound{}
	}
	return out
}

// keptWith reports whether all that a module assigns to an attribute of a name is assigned right before its method is
// kept, in the same function: of another lock, another method would be kept.
func keptWith(m *project.Module, name string, binding []ast.Span) bool {
	good := true
	for _, u := range m.Units {
		var def *ast.FuncDef
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				def = n
			case *ast.Attribute:
				if n.Attr.Name == name && n.Access.Rebinds() {
					good = good && def != nil && slices.ContainsFunc(binding, func(s ast.Span) bool { return n.Pos < s.Pos && def.Pos < n.Pos && def.End == s.End })
				}
			}
			return good
		})
	}
	return good
}

// Rebinds reports whether a module assigns to an attribute of a name.
func Rebinds(m *project.Module, name string) bool { return !keptWith(m, name, nil) }

// boundTo tells which method of an attribute's lock a value is; none where it is None.
func boundTo(e ast.Expr, self string) (bound, bool) {
	if syntax.IsNothing(e) {
		return bound{}, true
	}
	a, ok := syntax.Unparen(e).(*ast.Attribute)
	if !ok {
		return bound{}, false
	}
	of := ownAttribute(a.X, self)
	_, does := takes(a.Attr.Name)
	return bound{of, a.Attr.Name}, of != "" && does
}
