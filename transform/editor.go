package transform

// An editor gathers the edits of one file and puts them in order: whole lines
// in, lines out, indentation, replacements.

import (
	"sort"
	"strings"

	"pyxlock/parser/ast"
)

type editor struct {
	file    *ast.File
	edits   []edit
	indents map[int32]string // line start → white space to add
	deleted map[int32]bool   // line starts of deleted lines
	floats  []ast.Span
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

func newEditor(f *ast.File) *editor {
	return &editor{file: f, indents: map[int32]string{}, deleted: map[int32]bool{}}
}

// replace changes a span inside a line.
func (e *editor) replace(s ast.Span, text string) {
	e.edits = append(e.edits, edit{Edit: Edit{Off: s.Pos, End: s.End, New: text, Blame: -1}, class: editText})
}

// insert puts text inside a line.
func (e *editor) insert(off int32, text string) { e.replace(ast.Span{Pos: off, End: off}, text) }

// head puts whole lines before the line that starts at off.
func (e *editor) head(off int32, lines []string, blame int32) {
	if len(lines) > 0 {
		e.edits = append(e.edits, edit{Edit: Edit{Off: off, End: off, New: strings.Join(lines, "\n") + "\n", Blame: blame}, class: editHead})
	}
}

// tail puts whole lines before the line that starts at off, belonging to what
// is before them.
func (e *editor) tail(off int32, lines []string, blame int32, depth int) {
	if len(lines) > 0 {
		e.edits = append(e.edits, edit{Edit: Edit{Off: off, End: off, New: strings.Join(lines, "\n") + "\n", Blame: blame, Tail: true}, class: editTail, depth: depth})
	}
}

// deleteLines removes the whole lines of a span.
func (e *editor) deleteLines(s ast.Span) {
	from, to := lineStart(e.file, s.Pos), nextLine(e.file, s.End-1)
	for at := from; at < to; at = nextLine(e.file, at) {
		e.deleted[at] = true
	}
	e.edits = append(e.edits, edit{Edit: Edit{Off: from, End: to, Blame: -1}, class: editText})
}

// indent adds white space at a line's start.
func (e *editor) indent(at int32, s string) { e.indents[at] += s }

// finish returns the edits in order.
func (e *editor) finish() []Edit {
	for at, s := range e.indents {
		if !e.deleted[at] && s != "" {
			e.edits = append(e.edits, edit{Edit: Edit{Off: at, End: at, New: s, Blame: -1}, class: editIndent})
		}
	}
	src := e.file.Src
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
