package transform

import (
	"cmp"
	"pyxlock/parser/ast"
	"sort"
	"strings"
)

// Lines of a file, and the white space at their start.

// line returns the 0-based line that holds off.
func line(f *ast.File, off int32) int {
	return sort.Search(len(f.Lines), func(i int) bool { return f.Lines[i] > off }) - 1
}

// lineStart returns the offset at which the line of off starts.
// A byte-order mark is no part of its line.
func lineStart(f *ast.File, off int32) int32 {
	i := line(f, off)
	if i == 0 && len(f.Src) >= 3 && string(f.Src[:3]) == "\ufeff" {
		return 3
	}
	return f.Lines[i]
}

// nextLine returns the offset of the line after off's, or the end of the file.
func nextLine(f *ast.File, off int32) int32 {
	i := line(f, off) + 1
	if i < len(f.Lines) {
		return f.Lines[i]
	}
	return int32(len(f.Src))
}

// indentOf returns the white space at the start of off's line.
func indentOf(f *ast.File, off int32) string {
	start := lineStart(f, off)
	end := start
	for int(end) < len(f.Src) && (f.Src[end] == ' ' || f.Src[end] == '\t' || f.Src[end] == '\f') {
		end++
	}
	return string(f.Src[start:end])
}

// text returns the source of a span.
func text(f *ast.File, s ast.Span) string { return string(f.Src[s.Pos:s.End]) }

// data reports whether the line that starts at off starts inside a token.
func data(f *ast.File, off int32) bool {
	i := sort.Search(len(f.Multiline), func(i int) bool { return f.Multiline[i].End > off })
	return i < len(f.Multiline) && f.Multiline[i].Pos < off
}

// continued reports whether the line that starts at off continues a logical line.
func continued(f *ast.File, off int32) bool {
	i := sort.Search(len(f.Joins), func(i int) bool { return f.Joins[i] >= off })
	return i < len(f.Joins) && f.Joins[i] == off
}

// solid returns the spans in which no blank line may come or go.
func solid(f *ast.File) []ast.Span {
	var out []ast.Span
	add := func(s ast.Span) {
		if n := len(out); n > 0 && s.Pos <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			return
		}
		out = append(out, s)
	}
	for _, j := range f.Joins {
		i := line(f, j)
		if i == 0 {
			continue
		}
		add(ast.Span{Pos: f.Lines[i-1], End: max(nextLine(f, j)-1, j)})
	}
	return out
}

// indentUnit returns what one level of a file is indented by.
func indentUnit(file *ast.File) string {
	unit := ""
	var look func(stmts []ast.Stmt)
	look = func(stmts []ast.Stmt) {
		for _, st := range stmts {
			for _, b := range suites(st) {
				if unit != "" {
					return
				}
				if !b.Inline && len(b.Stmts) > 0 {
					in := indentOf(file, b.Stmts[0].Range().Pos)
					if rest := strings.TrimPrefix(in, indentOf(file, st.Range().Pos)); rest != "" && rest != in || indentOf(file, st.Range().Pos) == "" && in != "" {
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

func blank(file *ast.File, at int32) bool {
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
