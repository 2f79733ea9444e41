package emit

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"pyxlock/transform"
)

// Findings writes findings for people, in the order given:
//
//	file:line:col: PXL201 message
//	    source line
//	    ^~~~
//	  file:line:col: related place
//	  help: what to do
//	  fix: what check --fix would do
//
// A warning says "warning: " before its message. source returns the bytes of a
// file by the path that a finding names, or nil where they are not known; then
// the source line is left out. Tabs are kept, so that the mark lines up at any
// tab width, and control characters are shown as U+FFFD.
func Findings(w io.Writer, list []transform.Finding, source func(path string) []byte, color bool) error {
	r := &report{source: source, color: color}
	for _, f := range list {
		r.finding(f)
	}
	_, err := w.Write(r.Bytes())
	return err
}

// report is a report being written.
type report struct {
	bytes.Buffer
	source func(path string) []byte
	color  bool
	// The file last asked for, and its lines.
	path   string
	src    []byte
	starts []int
}

func (r *report) finding(f transform.Finding) {
	r.WriteString(paint(r.color, bold, place(f.Path, f.Line, f.Column)+":"))
	r.WriteByte(' ')
	if f.Warning {
		r.WriteString(paint(r.color, yellow, f.Code+" warning:"))
	} else {
		r.WriteString(paint(r.color, boldRed, f.Code))
	}
	r.WriteByte(' ')
	r.text(f.Message, "    ")
	r.excerpt(f)
	for _, rel := range f.Related {
		r.WriteString("  " + paint(r.color, bold, place(rel.Path, rel.Line, rel.Column)+":") + " ")
		r.text(rel.Message, "      ")
	}
	if f.Help != "" {
		r.WriteString("  " + paint(r.color, cyan, "help:") + " ")
		r.text(f.Help, "        ")
	}
	if f.Fix != nil {
		r.WriteString("  " + paint(r.color, cyan, "fix:") + " ")
		r.text(f.Fix.Message, "       ")
	}
}

// text writes a message. Its further lines are indented.
func (r *report) text(s, indent string) {
	r.WriteString(strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n"+indent))
	r.WriteByte('\n')
}

// place writes a position. Lines and columns below 1 are not known.
func place(path string, line, column int) string {
	if line < 1 {
		return path
	}
	path += ":" + strconv.Itoa(line)
	if column < 1 {
		return path
	}
	return path + ":" + strconv.Itoa(column)
}

// excerpt writes the source line of a finding and marks its span.
func (r *report) excerpt(f transform.Finding) {
	if r.source == nil || f.Line < 1 {
		return
	}
	if r.path != f.Path || r.starts == nil {
		r.path, r.src = f.Path, r.source(f.Path)
		r.starts = lineStarts(r.src)
	}
	if f.Line > len(r.starts) {
		return
	}
	start := r.starts[f.Line-1]
	line := r.src[start:trimBreak(r.src, start, lineEnd(r.src, start))]
	from, to := int(f.Span.Pos)-start, int(f.Span.End)-start
	if from < 0 || from > len(line) {
		from = columnOffset(line, f.Column)
		to = from
	}
	to = min(max(to, from), len(line))
	head, marked, rest := printable(line[:from]), printable(line[from:to]), printable(line[to:])
	if strings.TrimSpace(head+marked+rest) == "" {
		return
	}
	r.WriteString("    " + head + marked + rest + "\n")
	r.WriteString("    " + blankOf(head))
	width := max(1, textWidth(strings.TrimRight(marked, " \t"), 4+textWidth(head, 4)))
	r.WriteString(paint(r.color, green, "^"+strings.Repeat("~", width-1)))
	r.WriteByte('\n')
}

// columnOffset returns the byte offset of the 1-based column, in characters.
func columnOffset(line []byte, column int) int {
	off := 0
	for ; column > 1 && off < len(line); column-- {
		_, n := decode(line[off:])
		off += n
	}
	return off
}
