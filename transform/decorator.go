package transform

// Recognising the four decorators, whatever they are called in a module.

import "pyxlock/parser/ast"

// lockNames are the decorators that pyxlock expands, and that Cython refuses.
var lockNames = map[string]bool{"locked_class": true, "read_lock": true, "write_lock": true, "no_lock": true}

// lockDec is one of our decorators as it stands on something.
type lockDec struct {
	dec  *ast.Decorator
	name string
	call *ast.Call // nil without parentheses
}

func (d lockDec) args() []ast.Arg {
	if d.call == nil {
		return nil
	}
	return d.call.Args
}

// lockDecorators returns those of decs that are ours, in order.
func lockDecorators(m *module, decs []*ast.Decorator) []lockDec {
	var out []lockDec
	for _, d := range decs {
		fun, call := d.Expr, (*ast.Call)(nil)
		if c, ok := fun.(*ast.Call); ok {
			fun, call = c.Fun, c
		}
		if name := m.scope.cythonAttr(fun, true); lockNames[name] {
			out = append(out, lockDec{d, name, call})
		}
	}
	return out
}

func lockDecorator(m *module, decs []*ast.Decorator, name string) *ast.Decorator {
	for _, d := range lockDecorators(m, decs) {
		if d.name == name {
			return d.dec
		}
	}
	return nil
}
