package edit

import (
	"pyxlock/parser/ast"
)

// Edit replaces the bytes [Off, End) of a source by New. Edits of one file are
// sorted by Off and do not overlap; two insertions at one offset keep their order.
type Edit struct {
	Off, End int32
	New      string
	// Blame is the source offset that a line made wholly of New stands for in a
	// source map; -1 means Off.
	Blame int32
	// Tail is for the aligned layout: whole lines in New stay with the line
	// before them (a closing "finally"), where others stay with the line after.
	Tail bool
}

// Rewrite is what becomes of one source file. It is pure data: package emit
// turns it into bytes.
type Rewrite struct {
	Path  string // as the file was named to the project
	Src   []byte
	Edits []Edit
	// Floats holds spans of source whose lines may leave their line number in
	// the aligned layout: headers of expanded functions, docstrings and leading
	// declarations. All other lines of source are anchored.
	Floats []ast.Span
	// Solid holds spans in which no blank line may be added or dropped:
	// tokens over several lines, bracketed and backslash-continued lines.
	Solid []ast.Span
}

// Changed reports whether the file has anything to rewrite.
func (r *Rewrite) Changed() bool { return len(r.Edits) > 0 }
