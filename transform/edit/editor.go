package edit

// An editor gathers the edits of one file and puts them in order: whole lines
// in, lines out, indentation, replacements.

import (
	"sort"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// Editor gathers the edits of one file.
type Editor struct {
	File    *ast.File
	edits   []edit
	indents map[int32]string // line start → white space to add
	Deleted map[int32]bool   // line starts of deleted lines
	Floats  []ast.Span
}

// edit is an Edit with its rank among edits at one offset.
type edit struct {
	Edit
	class int // editTail, editHead, editIndent, editText
	depth int // tails: deeper first
}

const (
	editTail = iota
	editHead
	editIndent
	editText
	editLast // whole lines after a last line that has no line break
)

// NewEditor returns an editor of a file.
func NewEditor(f *ast.File) *Editor {
	return &Editor{File: f, indents: map[int32]string{}, Deleted: map[int32]bool{}}
}

// Replace changes a span inside a line.
func (e *Editor) Replace(s ast.Span, text string) {
	e.edits = append(e.edits, edit{Edit: Edit{Off: s.Pos, End: s.End, New: text, Blame: -1}, class: editText})
}

// Insert puts text inside a line.
func (e *Editor) Insert(off int32, text string) { e.Replace(ast.Span{Pos: off, End: off}, text) }

// Head puts whole lines before the line that starts at off.
func (e *Editor) Head(off int32, lines []string, blame int32) {
	if len(lines) > 0 {
		e.edits = append(e.edits, edit{Edit: Edit{Off: off, End: off, New: strings.Join(lines, "\n") + "\n", Blame: blame}, class: editHead})
	}
}

// Tail puts whole lines before the line that starts at off, belonging to what
// is before them.
func (e *Editor) Tail(off int32, lines []string, blame int32, depth int) {
	if len(lines) > 0 {
		e.edits = append(e.edits, edit{Edit: Edit{Off: off, End: off, New: strings.Join(lines, "\n") + "\n", Blame: blame, Tail: true}, class: editTail, depth: depth})
	}
}

// DeleteLines removes the whole lines of a span.
func (e *Editor) DeleteLines(s ast.Span) {
	from, to := syntax.LineStart(e.File, s.Pos), syntax.NextLine(e.File, s.End-1)
	for at := from; at < to; at = syntax.NextLine(e.File, at) {
		e.Deleted[at] = true
	}
	e.edits = append(e.edits, edit{Edit: Edit{Off: from, End: to, Blame: -1}, class: editText})
}

// Indent adds white space at a line's start.
func (e *Editor) Indent(at int32, s string) { e.indents[at] += s }

// Replaced reports whether text of a span, or right before an empty one, has been replaced:
// what is inserted there would be lost or stand in other text.
func (e *Editor) Replaced(s ast.Span) bool {
	for _, x := range e.edits {
		if x.Off < x.End && x.Off < max(s.End, s.Pos+1) && s.Pos < x.End {
			return true
		}
	}
	return false
}

// Indentation returns the white space that a line starts with, with what is added to it.
func (e *Editor) Indentation(at int32) string {
	return e.indents[at] + syntax.IndentOf(e.File, at)
}

// Finish returns the edits in order.
func (e *Editor) Finish() []Edit {
	for at, s := range e.indents {
		if !e.Deleted[at] && s != "" {
			e.edits = append(e.edits, edit{Edit: Edit{Off: at, End: at, New: s, Blame: -1}, class: editIndent})
		}
	}
	src := e.File.Src
	unterminated := len(src) > 0 && src[len(src)-1] != '\n' && src[len(src)-1] != '\r'
	for i := range e.edits {
		if x := &e.edits[i]; unterminated && int(x.Off) == len(src) && (x.class == editTail || x.class == editHead) {
			x.class = editLast
			x.New = "\n" + strings.TrimSuffix(x.New, "\n")
		}
	}
	sort.SliceStable(e.edits, func(i, j int) bool {
		a, b := e.edits[i], e.edits[j]
		switch {
		case a.Off != b.Off:
			return a.Off < b.Off
		case a.class != b.class:
			return a.class < b.class
		case a.class == editTail || a.class == editLast:
			return a.depth > b.depth
		}
		return a.End == a.Off && b.End > b.Off // insertions before replacements
	})
	out := make([]Edit, 0, len(e.edits))
	end := int32(0)
	for _, x := range e.edits {
		ed := x.Edit
		if x.class == editIndent && ed.Off < end {
			continue // its line start has gone
		}
		end = max(end, ed.End)
		out = append(out, ed)
	}
	return out
}
