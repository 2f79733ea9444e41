package effects

// Flows of the variables of modules: the module's own, and those of the .pxd files that it cimports.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// cVariable is the value of a C variable, which may be one of another module's .pxd.
func (b expressions) cVariable(path ...string) (n int32, ok bool) {
	c, m, ok := project.Variable(b.m, path...)
	if !ok {
		return 0, false
	}
	sh := b.p.Types.Of(m, c.Type, c.Declarator)
	if sh.Kind == ctype.Scalar {
		return 0, true
	}
	return b.node(Node{Kind: NodeGlobal, Name: strings.Join(path, "."), Shape: sh}), true
}

// global is the value of a name of the module.
func (b expressions) global(e *ast.Name) int32 {
	usesGlobal(b.builder, e.Name, e.Span, e.Access == ast.Aug)
	if n, ok := b.cVariable(e.Name); ok {
		return n
	}
	if n := classNamed(b, e); n != 0 {
		return n
	}
	return variableNamed(b, e)
}

// variableIn reports whether a dotted name begins with that of a C variable.
func variableIn(b calls, path []string) bool {
	for i := range path {
		if _, _, ok := project.Variable(b.m, path[:i+1]...); ok {
			return true
		}
	}
	return false
}
