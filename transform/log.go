package transform

import (
	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// Findings as they are reported.

// at fills in a finding's position.
func at(s *source, span ast.Span, code, msg, help string) Finding {
	l, c := parser.Position(s.parse(), span.Pos)
	return Finding{Code: code, Path: s.path, Span: span, Line: l, Column: c, Message: msg, Help: help}
}

// log gathers the findings of one goroutine.
type log struct{ findings []Finding }

// report adds a finding and returns it, to be filled in.
func (l *log) report(u *unit, span ast.Span, code, msg, help string) *Finding {
	l.findings = append(l.findings, at(u.source, span, code, msg, help))
	return &l.findings[len(l.findings)-1]
}
