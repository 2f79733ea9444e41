package project

import (
	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
)

// Findings as they are reported.

// FindingAt fills in a finding's position.
func FindingAt(s *Source, span ast.Span, code, msg, help string) finding.Finding {
	l, c := parser.Position(s.Parse(), span.Pos)
	return finding.Finding{Code: code, Path: s.Path, Span: span, Line: l, Column: c, Message: msg, Help: help}
}

// Log gathers the findings of one goroutine.
type Log struct{ Findings []finding.Finding }

// Report adds a finding and returns it, to be filled in.
func (l *Log) Report(u *Unit, span ast.Span, code, msg, help string) *finding.Finding {
	l.Findings = append(l.Findings, FindingAt(u.Source, span, code, msg, help))
	return &l.Findings[len(l.Findings)-1]
}
