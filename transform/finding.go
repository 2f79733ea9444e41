package transform

import "pyxlock/parser/ast"

// Finding is one message about one place. Findings of a run are ordered by
// file, offset and code.
type Finding struct {
	Code    string // "PXL201"
	Path    string
	Span    ast.Span
	Line    int    // 1-based
	Column  int    // 1-based, in characters
	Message string // what is wrong
	Help    string // what to do; "" where the message says it
	Related []Related
	Warning bool // does not stop a rewrite
}

// Related is a further place that a finding speaks of.
type Related struct {
	Path         string
	Line, Column int
	Message      string
}
