package decorator

// Blocks: "with cython.read_lock(node):" holds a lock round some statements.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Taken is an item of a with statement that takes locks.
type Taken struct {
	Name string // read_lock or write_lock
	Span ast.Span
	call *ast.Call // nil without parentheses
}

// Args returns what is locked, as the call has it.
func (t Taken) Args() []ast.Arg {
	if t.call == nil {
		return nil
	}
	return t.call.Args
}

// Takes tells whether an item of a with statement takes our locks, and which.
func Takes(m *project.Module, item ast.Expr) (Taken, bool) {
	e := syntax.Unparen(item)
	call, _ := e.(*ast.Call)
	if call != nil {
		e = call.Fun
	}
	if e == nil {
		return Taken{}, false
	}
	name := m.Scope.CythonAttr(e, false)
	if id, ok := syntax.Unparen(e).(*ast.Name); ok && name == "" && call != nil && takers[id.Name] && !binds(m, id.Name) {
		name = id.Name
	}
	if !takers[name] {
		return Taken{}, false
	}
	return Taken{name, item.Range(), call}, true
}

var takers = map[string]bool{"read_lock": true, "write_lock": true}

// Block reports whether a with statement takes our locks.
func Block(m *project.Module, st *ast.With) bool {
	for i := range st.Items {
		if _, ok := Takes(m, st.Items[i].X); ok {
			return true
		}
	}
	return false
}

// binds reports whether anything in a module gives a name a meaning, in whatever
// scope: then it need not be the decorator's.
func binds(m *project.Module, name string) bool {
	if _, bound := m.Scope.Names[name]; bound {
		return true
	}
	found := false
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || n.Name == name && n.Access != ast.Read && n.Access != ast.StoreThrough
			case *ast.FuncDef:
				found = found || n.Name.Name == name
				if n.Params != nil {
					for _, p := range n.Params.List {
						found = found || syntax.ParamName(p) == name
					}
				}
			case *ast.CVarDecl:
				for _, d := range n.Declarators {
					found = found || syntax.DeclaredName(d).Name == name
				}
			}
			return !found
		})
	}
	return found
}
