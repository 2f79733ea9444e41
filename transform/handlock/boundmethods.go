package handlock

// Methods of a lock that its owner keeps in attributes of their own: self._take = self._lock.acquire.

import (
	"strings"

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
	if fd := c.Field(attr); fd == nil || fd.Class() != nil || offered(fd) {
		return "", "", false
	}
	m := h.bound.Get(attribute{c.Declarer(attr), attr})
	of := c.Field(m.of)
	return m.of, m.method, of != nil && !offered(of)
}

// offered reports whether Python code is invited to set an attribute: not by a name that begins with an underscore.
func offered(fd *project.Field) bool { return fd.Vis == ast.Public && !strings.HasPrefix(fd.Name, "_") }

// findBound looks at all that the class's module assigns to an attribute of the name.
func findBound(at attribute) bound {
	var out bound
	binding := map[ast.Stmt]string{} // that keep a method, and of what
	good := true
	for _, u := range at.class.Mod.Units {
		given := map[*ast.Attribute]bool{} // that get such a method, or None
		self := ""
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				self = ""
				if n.Params != nil && len(n.Params.List) > 0 {
					self = syntax.ParamName(n.Params.List[0])
				}
			case *ast.Assign:
				for _, t := range n.Targets {
					if a, ok := syntax.Unparen(t).(*ast.Attribute); ok && a.Attr.Name == at.name && n.Op == "=" && self != "" && ownAttribute(a, self) != "" {
						if m, ok := boundTo(n.Value, self); ok && (m.of == "" || out.of == "" || m == out) {
							given[a] = true
							if m.of != "" {
								out, binding[n] = m, self
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
// kept, of the same object: of another lock, another method would be kept. binding are the statements that keep one, with
// the name of the object; between the two nothing may raise or leave.
func keptWith(m *project.Module, name string, binding map[ast.Stmt]string) bool {
	before := map[*ast.Attribute]bool{}
	good := true
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Suite:
				for i, st := range n.Stmts {
					if at := assigned(st, name); at != nil && keptNext(n.Stmts[i+1:], at, binding) {
						before[at] = true
					}
				}
			case *ast.Attribute:
				good = good && (n.Attr.Name != name || !n.Access.Rebinds() || before[n])
			}
			return good
		})
	}
	return good
}

// assigned is the target of a plain assignment to an attribute of a name.
func assigned(st ast.Stmt, name string) *ast.Attribute {
	a, ok := st.(*ast.Assign)
	if !ok || a.Op != "=" || a.Value == nil {
		return nil
	}
	for _, t := range a.Targets {
		if at, ok := syntax.Unparen(t).(*ast.Attribute); ok && at.Attr.Name == name {
			return at
		}
	}
	return nil
}

// keptNext reports whether the statements after an assignment to an object's attribute keep a method of what it holds
// before anything else is done.
func keptNext(stmts []ast.Stmt, at *ast.Attribute, binding map[ast.Stmt]string) bool {
	for _, st := range stmts {
		if self, keeps := binding[st]; keeps && syntax.IsNamed(at.X, self) {
			return true
		}
		a, ok := st.(*ast.Assign)
		if !ok || a.Value == nil || assigned(st, at.Attr.Name) != nil {
			return false
		}
		calls := false
		ast.Walk(a.Value, func(n ast.Node) bool {
			_, call := n.(*ast.Call)
			calls = calls || call
			return !calls
		})
		if calls {
			return false
		}
	}
	return false
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
