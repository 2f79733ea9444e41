package report

// Positions of findings in the formats that other programs read: lines and
// columns from 1, columns in characters (Unicode code points), ends exclusive.

import (
	"unicode/utf8"

	"pyxlock/emit/linebreak"
	"pyxlock/parser/ast"
	"pyxlock/transform"
)

// area is a stretch of a file. A finding about a whole file has the empty one
// at its start.
type area struct {
	Line      int `json:"line"`
	Column    int `json:"column"`
	EndLine   int `json:"end_line"`
	EndColumn int `json:"end_column"`
}

// positions finds areas. It remembers the lines of the file last asked for.
type positions struct {
	source func(path string) []byte
	path   string
	src    []byte
	starts []int
	// The position last found: the next one is mostly on the same line.
	off, line, column int
}

func (p *positions) open(path string) {
	if p.source == nil || p.path == path && p.starts != nil {
		return
	}
	p.path, p.src = path, p.source(path)
	p.starts = linebreak.Starts(p.src)
	p.off, p.line, p.column = 0, 0, 0
}

// of returns the area of a finding. Where the source is not known it is empty.
func (p *positions) of(f transform.Finding) area {
	line, column := max(f.Line, 1), max(f.Column, 1)
	a := area{line, column, line, column}
	p.open(f.Path)
	if f.Line < 1 || f.Span.End <= f.Span.Pos || int(f.Span.End) > len(p.src) {
		return a
	}
	// A span that ends with a line break ends where its last line does.
	end := linebreak.Trim(p.src, int(f.Span.Pos), int(f.Span.End))
	if l, c := p.position(end); l > line || l == line && c >= column {
		a.EndLine, a.EndColumn = l, c
	}
	return a
}

// span returns the area of a span in a file.
func (p *positions) span(path string, s ast.Span) area {
	p.open(path)
	var a area
	a.Line, a.Column = p.position(int(s.Pos))
	a.EndLine, a.EndColumn = p.position(int(s.End))
	return a
}

// position counts as parser.Position does: a byte that is no UTF-8 is a
// character, a byte order mark is none. The end of a file whose last line is
// ended lies at the start of a further line.
func (p *positions) position(off int) (line, column int) {
	off = min(off, len(p.src))
	if off == 0 || len(p.starts) == 0 {
		return 1, 1
	}
	line = linebreak.LineAt(p.starts, off)
	start := p.starts[line-1]
	if off == len(p.src) && linebreak.Trim(p.src, start, off) < off {
		return line + 1, 1
	}
	if line == 1 && off >= 3 && string(p.src[:3]) == "\ufeff" {
		start = 3
	}
	from, count := start, 1
	if p.line == line && p.off <= off && p.off >= start {
		from, count = p.off, p.column
	}
	column = count + utf8.RuneCount(p.src[from:off])
	if off == len(p.src) || utf8.RuneStart(p.src[off]) { // what is counted from here on starts with a character
		p.off, p.line, p.column = off, line, column
	}
	return line, column
}
