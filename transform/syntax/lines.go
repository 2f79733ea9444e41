package syntax

import (
	"cmp"
	"sort"
	"strings"

	"pyxlock/parser/ast"
)

// Lines of a file, and the white space at their start.

// Line returns the 0-based line that holds off.
func Line(f *ast.File, off int32) int {
	return sort.Search(len(f.Lines), func(i int) bool { return f.Lines[i] > off }) - 1
}

// LineStart returns the offset at which the line of off starts.
// A byte-order mark is no part of its line.
func LineStart(f *ast.File, off int32) int32 {
	i := Line(f, off)
	if i == 0 && len(f.Src) >= 3 && string(f.Src[:3]) == "\ufeff" {
		return 3
	}
	return f.Lines[i]
}

// NextLine returns the offset of the line after off's, or the end of the file.
func NextLine(f *ast.File, off int32) int32 {
	i := Line(f, off) + 1
	if i < len(f.Lines) {
		return f.Lines[i]
	}
	return int32(len(f.Src))
}

// After returns the offset of the line after the statement that ends at end: a backslash joins further lines to it,
// be there nothing on them.
func After(f *ast.File, end int32) int32 {
	next := NextLine(f, end-1)
	for from := end; from < next && strings.TrimSpace(Text(f, ast.Span{Pos: from, End: next})) == "\\"; {
		from, next = next, NextLine(f, next)
	}
	return next
}

// IndentOf returns the white space at the start of off's line.
func IndentOf(f *ast.File, off int32) string {
	start := LineStart(f, off)
	end := start
	for int(end) < len(f.Src) && (f.Src[end] == ' ' || f.Src[end] == '\t' || f.Src[end] == '\f') {
		end++
	}
	return string(f.Src[start:end])
}

// Text returns the source of a span.
func Text(f *ast.File, s ast.Span) string { return string(f.Src[s.Pos:s.End]) }

// InsideToken reports whether the line that starts at off starts inside a token.
func InsideToken(f *ast.File, off int32) bool {
	i := sort.Search(len(f.Multiline), func(i int) bool { return f.Multiline[i].End > off })
	return i < len(f.Multiline) && f.Multiline[i].Pos < off
}

// Continued reports whether the line that starts at off continues a logical line.
func Continued(f *ast.File, off int32) bool {
	i := sort.Search(len(f.Joins), func(i int) bool { return f.Joins[i] >= off })
	return i < len(f.Joins) && f.Joins[i] == off
}

// Solid returns the spans in which no blank line may come or go.
func Solid(f *ast.File) []ast.Span {
	var out []ast.Span
	add := func(s ast.Span) {
		if n := len(out); n > 0 && s.Pos <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			return
		}
		out = append(out, s)
	}
	for _, j := range f.Joins {
		i := Line(f, j)
		if i == 0 {
			continue
		}
		add(ast.Span{Pos: f.Lines[i-1], End: max(NextLine(f, j)-1, j)})
	}
	return out
}

// IndentUnit returns what one level of a file is indented by.
func IndentUnit(file *ast.File) string {
	unit := ""
	var look func(stmts []ast.Stmt)
	look = func(stmts []ast.Stmt) {
		for _, st := range stmts {
			for b := range Suites(st) {
				if unit != "" {
					return
				}
				if !b.Inline && len(b.Stmts) > 0 {
					in := IndentOf(file, b.Stmts[0].Range().Pos)
					if rest := strings.TrimPrefix(in, IndentOf(file, st.Range().Pos)); rest != "" && rest != in || IndentOf(file, st.Range().Pos) == "" && in != "" {
						unit = rest
						return
					}
				}
				look(b.Stmts)
			}
		}
	}
	look(file.Body)
	return cmp.Or(unit, "    ")
}

// Blank reports whether nothing but white space stands from an offset to its line's end.
func Blank(file *ast.File, at int32) bool {
	for int(at) < len(file.Src) {
		switch file.Src[at] {
		case ' ', '\t', '\f':
			at++
		case '\n', '\r':
			return true
		default:
			return false
		}
	}
	return true
}

// AloneOnLine reports whether nothing but a comment stands beside a stretch on its lines.
func AloneOnLine(file *ast.File, s ast.Span) bool {
	before := Text(file, ast.Span{Pos: LineStart(file, s.Pos), End: s.Pos})
	after := strings.TrimSpace(Text(file, ast.Span{Pos: s.End, End: NextLine(file, s.End-1)}))
	return strings.TrimSpace(before) == "" && (after == "" || after[0] == '#')
}
