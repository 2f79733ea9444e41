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
	Fix     *Fix // the one safe answer; nil where there is none
}

// Fix is an answer to a finding that needs no thought: applying it changes
// nothing but what the finding is about.
type Fix struct {
	Message string // what it does, as a command: "lock for writing"
	// Edits change the finding's own file. They are ordered and do not overlap,
	// and leave a file that parses. A fix whose edits meet another's is applied
	// in a later round.
	Edits []Edit
}

// Related is a further place that a finding speaks of.
type Related struct {
	Path         string
	Line, Column int
	Message      string
}
