package decorator

// Files that do not parse. One with lock decorators stops a run: what they ask for
// cannot be written. One without may be a template, or dead, or for other eyes than
// Cython's; it stops nothing, and what it may hold counts as unknown.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// Unread returns what there is to say of a module that does not parse: each error,
// or a warning for each file where no lock decorator is in the module.
func Unread(m *project.Module) []finding.Finding {
	if slices.ContainsFunc(m.Units, func(u *project.Unit) bool { return decorates(u.Src) }) {
		return m.SyntaxErrors()
	}
	var out []finding.Finding
	for _, u := range m.Units {
		if len(u.Errs) == 0 {
			continue
		}
		e := u.Errs[0]
		msg := "not checked, since it does not parse: " + e.Msg
		if n := len(u.Errs) - 1; n > 0 {
			msg += fmt.Sprintf(" (and %s)", finding.Plural(n, "more error"))
		}
		out = append(out, finding.Finding{
			Code: finding.SyntaxError, Path: u.Path, Span: ast.Span{Pos: e.Off, End: e.Off}, Line: e.Line, Column: e.Column,
			Message: msg, Help: "it has no lock decorators, and is left as it is", Warning: true,
			Cause: "not checked", // all of them may be left out, or mended
		})
	}
	return out
}
