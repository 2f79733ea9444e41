package decorator

// Recognising the four decorators, whatever they are called in a module.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"

	"golang.org/x/text/unicode/norm"
)

// Names are the decorators that pyxlock expands, and that Cython refuses.
var Names = map[string]bool{"locked_class": true, "read_lock": true, "write_lock": true, "no_lock": true}

// Lock is one of our decorators as it stands on something.
type Lock struct {
	Node *ast.Decorator
	Name string
	call *ast.Call // nil without parentheses
	args []ast.Arg // see Args
}

// Args returns the decorator's arguments; of a lock on a function, those that say what
// it locks, and what it does not understand.
func (d Lock) Args() []ast.Arg { return d.args }

func (d Lock) findArgs() []ast.Arg {
	if d.call == nil {
		return nil
	}
	if _, said := d.snapshot(); said {
		return slices.DeleteFunc(slices.Clone(d.call.Args), isSnapshot)
	}
	return d.call.Args
}

// Spoken are the arguments of a lock that are names, paths or "*name".
func (d Lock) Spoken() map[string]bool {
	out := map[string]bool{}
	for _, a := range d.Args() {
		if s, ok := a.X.(*ast.Str); ok {
			out[norm.NFKC.String(s.Value)] = true
		}
	}
	return out
}

// Snapshot reports whether a lock says snapshot=True: the generator that it is on runs to
// its end under the lock when it is called.
func (d Lock) Snapshot() bool {
	asked, _ := d.snapshot()
	return asked
}

func (d Lock) snapshot() (asked, said bool) {
	if d.call == nil || d.Name != "read_lock" && d.Name != "write_lock" {
		return false, false
	}
	i := slices.IndexFunc(d.call.Args, isSnapshot)
	return i >= 0 && d.call.Args[i].X.(*ast.Const).Name == "True", i >= 0
}

func isSnapshot(a ast.Arg) bool {
	c, ok := a.X.(*ast.Const)
	return ok && a.Name.Name == "snapshot" && (c.Name == "True" || c.Name == "False")
}

// On returns those of decs that are ours, in order.
func On(m *project.Module, decs []*ast.Decorator) []Lock {
	var out []Lock
	for _, d := range decs {
		fun, call := d.Expr, (*ast.Call)(nil)
		if c, ok := fun.(*ast.Call); ok {
			fun, call = c.Fun, c
		}
		if name := m.Scope.CythonAttr(fun, true); Names[name] {
			l := Lock{Node: d, Name: name, call: call}
			l.args = l.findArgs()
			out = append(out, l)
		}
	}
	return out
}

// Find returns the first of decs that is ours and has a name, or nil.
func Find(m *project.Module, decs []*ast.Decorator, name string) *ast.Decorator {
	for _, d := range On(m, decs) {
		if d.Name == name {
			return d.Node
		}
	}
	return nil
}

// Exemption returns the no_lock on a function, or nil.
func Exemption(m *project.Module, def *ast.FuncDef) *Lock {
	if len(def.Decorators) == 0 {
		return nil
	}
	for _, d := range On(m, def.Decorators) {
		if d.Name == "no_lock" {
			return &d
		}
	}
	return nil
}

// Reason returns what a no_lock on a function gives as its reason.
func (d Lock) Reason(file *ast.File) string {
	if len(d.Args()) != 1 {
		return ""
	}
	s, ok := d.Args()[0].X.(*ast.Str)
	if ok && s.Value != "" {
		return s.Value
	}
	raw := syntax.Text(file, d.Args()[0].X.Range())
	raw = raw[max(0, strings.IndexAny(raw, "\"'")):] // without a prefix
	quote := raw[:1]
	if strings.HasPrefix(raw, quote+quote+quote) {
		quote = raw[:3]
	}
	return strings.TrimSuffix(strings.TrimPrefix(raw, quote), quote)
}

// HasReason reports whether a no_lock has one non-empty string.
func HasReason(d Lock) bool {
	if len(d.Args()) != 1 {
		return false
	}
	s, ok := d.Args()[0].X.(*ast.Str)
	return ok && d.Args()[0].Name.Name == "" && s.End-s.Pos > 2 && strings.TrimSpace(cmp.Or(s.Value, "x")) != ""
}
