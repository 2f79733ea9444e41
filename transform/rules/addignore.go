package rules

// Comments that suppress what is found, for old code: "# pyxlock: ignore[PXL103] why" on
// the line that each finding is on, or above it where no comment can stand there.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"pyxlock/parser/ast"
	"pyxlock/transform/edit"
	"pyxlock/transform/finding"
	"pyxlock/transform/syntax"
)

// longLine is how many characters a line may have with its comment before that is put
// above it.
const longLine = 99

// Ignore returns the edits, by file, that suppress findings with a reason, and how many
// they are. What cannot be suppressed has none.
func (p *Checker) Ignore(list []finding.Finding, reason string) (edits map[string][]edit.Edit, n int) {
	v := p.newSieve()
	edits = map[string][]edit.Edit{}
	byFile := map[string][]finding.Finding{}
	for _, f := range list {
		if MayIgnore(f) && f.Line > 0 {
			byFile[f.Path] = append(byFile[f.Path], f)
		}
	}
	for path, fs := range byFile {
		s := p.proj.Source(path)
		if s.Err != nil {
			continue
		}
		w := ignoring{file: s.Parse(), comments: v.commentsOf(path), codes: map[int32][]string{}, eol: "\n"}
		if len(s.Errs) > 0 {
			continue
		}
		if bytes.Contains(s.Src, []byte("\r\n")) {
			w.eol = "\r\n"
		}
		for _, f := range fs {
			if w.add(f) {
				n++
			}
		}
		edits[path] = w.edits(reason)
	}
	return edits, n
}

// ignoring is one file that gets comments.
type ignoring struct {
	file     *ast.File
	comments []*suppression
	eol      string
	codes    map[int32][]string // by the offset of the comment: the end of a line, or ^ the start of one
	lists    []*suppression     // of these the lists get codes
	more     map[*suppression][]string
}

// add finds the place for the comment of a finding, and reports whether there is one.
func (w *ignoring) add(f finding.Finding) bool {
	first := syntax.Line(w.file, f.Span.Pos)
	last := first
	for last+1 < len(w.file.Lines) && syntax.Continued(w.file, w.file.Lines[last+1]) {
		last++
	}
	if w.more == nil {
		w.more = map[*suppression][]string{}
	}
	for _, s := range w.comments { // one that is there gets the code
		if (s.line == first || s.line == last) && len(s.faults) == 0 {
			if !slices.Contains(w.more[s], f.Code) {
				w.more[s] = append(w.more[s], f.Code)
			}
			if !slices.Contains(w.lists, s) {
				w.lists = append(w.lists, s)
			}
			return true
		}
	}
	place, ok := w.place(f, first, last)
	if ok && !slices.Contains(w.codes[place], f.Code) {
		w.codes[place] = append(w.codes[place], f.Code)
	}
	return ok
}

// place returns the offset at which the comment is to stand: of the end of a line, or ^
// that of the start of one, for a line of its own.
func (w *ignoring) place(f finding.Finding, first, last int) (int32, bool) {
	start := w.file.Lines[first]
	above := !syntax.InsideToken(w.file, start) && !w.afterBackslash(first)
	if f.Code == finding.Claim { // a directive that Cython reads to the end of its line
		return ^syntax.NextLine(w.file, start), int(syntax.NextLine(w.file, start)) < len(w.file.Src)
	}
	for _, line := range []int{first, last} {
		end := w.endOf(line)
		next := syntax.NextLine(w.file, w.file.Lines[line])
		if syntax.InsideToken(w.file, next) || w.file.Src[end-1] == '\\' || bytes.IndexByte(w.file.Src[w.file.Lines[line]:end], '\f') >= 0 {
			continue
		}
		fits := utf8.RuneCount(w.file.Src[w.file.Lines[line]:end])+len("  # pyxlock: ignore[PXL000] ")+len(f.Code) <= longLine
		if fits || !above {
			return end, true
		}
	}
	return ^start, above
}

// endOf is where a line ends, without white space.
func (w *ignoring) endOf(line int) int32 {
	from := w.file.Lines[line]
	text := bytes.TrimRight(w.file.Src[from:syntax.NextLine(w.file, from)], " \t\r\n")
	return from + int32(max(len(text), 1))
}

// afterBackslash reports whether the line before ends with a backslash.
func (w *ignoring) afterBackslash(line int) bool {
	return line > 0 && w.file.Src[w.endOf(line-1)-1] == '\\'
}

func (w *ignoring) edits(reason string) []edit.Edit {
	var out []edit.Edit
	for at, codes := range w.codes {
		slices.Sort(codes)
		comment := fmt.Sprintf("# pyxlock: ignore[%s] %s", strings.Join(codes, ", "), reason)
		if at >= 0 {
			out = append(out, edit.Edit{Off: at, End: at, New: "  " + comment, Blame: -1})
			continue
		}
		at = ^at
		indent := ""
		if int(at) < len(w.file.Src) {
			indent = syntax.IndentOf(w.file, at)
		}
		if at == 0 {
			at = syntax.LineStart(w.file, 0) // behind a byte-order mark
		}
		out = append(out, edit.Edit{Off: at, End: at, New: indent + comment + w.eol, Blame: -1})
	}
	for _, s := range w.lists {
		out = append(out, edit.Edit{Off: s.list.End, End: s.list.End, New: ", " + strings.Join(w.more[s], ", "), Blame: -1})
	}
	slices.SortFunc(out, func(a, b edit.Edit) int { return int(a.Off) - int(b.Off) })
	return out
}
