package sourcemap

// The lines that Cython shows of a file before it says what is wrong there.

import (
	"bytes"
	"strings"
)

// An excerpt is a bar of dashes, "...", at most six lines of the file, a line with a caret
// below the last of them, a second bar, in some releases an empty line, and then the
// position. What an output says there nobody wrote: the source's lines come in its place.
const (
	bar        = "------------------------------------------------------------"
	dots       = "..."
	shownLines = 6
	mostLines  = 1 + 1 + shownLines + 1 + 1 + 1 // up to the position
)

var citeRE = lazyRE(`^(.+?):(\d+):(\d+): `)

// excerpt holds back the lines of an excerpt until the position comes.
type excerpt struct {
	held [][]byte
	shut bool // the second bar has come
}

// next takes a line, and returns what can be written now: nothing, the line, or all that was
// held back. Only a whole line can begin an excerpt or go on with it.
func (x *excerpt) next(l *Locator, line []byte) []byte {
	text := strings.TrimRight(string(line), "\r\n")
	switch n := len(x.held); {
	case n == 0:
		if text != bar {
			return l.translate(line)
		}
	case len(text) == len(line), n == 1 && text != dots, n > mostLines:
		return append(x.flush(l), l.translate(line)...)
	case x.shut && text == "":
	case x.shut:
		return append(x.shown(l, line), l.translate(line)...)
	case text == bar && strings.TrimLeft(string(bytes.TrimRight(x.held[n-1], "\r\n")), " ") == "^":
		x.shut = true
	}
	x.held = append(x.held, bytes.Clone(line))
	return nil
}

// flush returns what is held back as it is.
func (x *excerpt) flush(l *Locator) []byte {
	var out []byte
	for _, line := range x.held {
		out = append(out, l.translate(line)...)
	}
	*x = excerpt{}
	return out
}

// shown returns the excerpt of the source for the position that a line begins with, or what
// is held back where that is none in an output.
func (x *excerpt) shown(l *Locator, line []byte) []byte {
	m := citeRE().FindSubmatch(line)
	if m == nil {
		return x.flush(l)
	}
	src, ok := l.cited(string(m[1]), m[2], m[3])
	if !ok || l.line(src.Path, src.Line) == nil {
		return x.flush(l)
	}
	column := src.Column // Cython counts from 0
	if src.Generated {
		column--
	}
	end := "\n"
	if bytes.HasSuffix(x.held[0], []byte("\r\n")) {
		end = "\r\n"
	}
	lines := []string{bar, dots}
	for i := max(1, src.Line-shownLines+1); i <= src.Line; i++ {
		lines = append(lines, string(l.line(src.Path, i)))
	}
	lines = append(lines, strings.Repeat(" ", max(column, 0))+"^", bar)
	if len(bytes.TrimRight(x.held[len(x.held)-1], "\r\n")) == 0 {
		lines = append(lines, "")
	}
	*x = excerpt{}
	return []byte(strings.Join(lines, end) + end)
}
