package transform

// Recognising the four decorators, whatever they are called in a module.

import (
	"cmp"
	"pyxlock/parser/ast"
	"strings"
)

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

func exemption(m *module, def *ast.FuncDef) *lockDec {
	if len(def.Decorators) == 0 {
		return nil
	}
	for _, d := range lockDecorators(m, def.Decorators) {
		if d.name == "no_lock" {
			return &d
		}
	}
	return nil
}

// reason returns what a no_lock on a function gives as its reason.
func (d lockDec) reason(file *ast.File) string {
	if len(d.args()) != 1 {
		return ""
	}
	s, ok := d.args()[0].X.(*ast.Str)
	if ok && s.Value != "" {
		return s.Value
	}
	raw := text(file, d.args()[0].X.Range())
	raw = raw[max(0, strings.IndexAny(raw, "\"'")):] // without a prefix
	quote := raw[:1]
	if strings.HasPrefix(raw, quote+quote+quote) {
		quote = raw[:3]
	}
	return strings.TrimSuffix(strings.TrimPrefix(raw, quote), quote)
}

// hasReason reports whether a no_lock has one non-empty string.
func hasReason(d lockDec) bool {
	if len(d.args()) != 1 {
		return false
	}
	s, ok := d.args()[0].X.(*ast.Str)
	return ok && d.args()[0].Name.Name == "" && s.End-s.Pos > 2 && strings.TrimSpace(cmp.Or(s.Value, "x")) != ""
}
