package transform

// An include that is not read: the file is not there, or is none of the project's.
// What it defines is not known then, and nobody may take the module for safe.

import (
	"errors"
	"fmt"

	"pyxlock/parser/ast"
)

// included returns what an include pastes, or nil, and says why.
func (p *Project) included(m *module, u *unit, name *ast.Str) *source {
	path := p.placeOfInclude(m.root, u.path, name.Value)
	switch {
	case path == "":
		m.warn(u, name.Span, codeUnread, fmt.Sprintf("%q is not there: what it defines is not known, and is not looked at", name.Value),
			"render it first if it has a template, or say where it is with -I")
		return nil
	case !p.mayInclude(path):
		m.warn(u, name.Span, codeUnread, fmt.Sprintf("%q is outside of what pyxlock was given, and is not read", name.Value),
			"give pyxlock a directory that has both files, or that of the included one with -I")
		return nil
	}
	t := p.source(path)
	if t.err == nil {
		return t
	}
	why := t.err
	if cause := errors.Unwrap(why); cause != nil { // without the path
		why = cause
	}
	m.warn(u, name.Span, codeUnread, fmt.Sprintf("%q cannot be read (%v): what it defines is not known, and is not looked at", name.Value, why),
		"make it readable")
	return nil
}

// warn is report for what does not stop a rewrite.
func (m *module) warn(u *unit, span ast.Span, code, msg, help string) {
	f := at(u.source, span, code, msg, help)
	f.Warning = true
	m.findings = append(m.findings, f)
}
