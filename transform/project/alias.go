package project

// Variables that stand for something of the cython module: "wl = cython.write_lock".

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// maxAliases bounds how many variables are followed from one to the next.
const maxAliases = 16

// CythonAlias returns the attribute of the cython module that a variable is assigned
// somewhere in the module, or "".
func (m *Module) CythonAlias(name string) string {
	return m.aliases.Get(func() map[string]string { return findAliases(m) })[name]
}

func findAliases(m *Module) map[string]string {
	attrs, copies := map[string]string{}, map[string]string{}
	for _, u := range m.Units {
		syntax.Everywhere(u.File.Body, func(st ast.Stmt) {
			a, ok := st.(*ast.Assign)
			if !ok {
				return
			}
			value := syntax.Unparen(a.Value)
			attr := m.Scope.CythonAttr(value, false)
			of, isName := value.(*ast.Name)
			for _, t := range a.Targets {
				switch t, ok := syntax.Unparen(t).(*ast.Name); {
				case !ok:
				case attr != "":
					attrs[t.Name] = attr
				case isName:
					copies[t.Name] = of.Name
				}
			}
		})
	}
	for name, of := range copies {
		for range maxAliases {
			if attrs[of] != "" {
				attrs[name] = attrs[of]
				break
			}
			of = copies[of]
		}
	}
	return attrs
}
