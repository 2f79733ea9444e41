package preview

// The two sides of a file as a table. On a narrow screen the style puts the
// sides below each other, row by row.

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
	"strings"

	"pyxlock/emit/diff"
	"pyxlock/emit/report"
	"pyxlock/parser/highlight"
	"pyxlock/transform"
)

// longLine is how many bytes of a line are shown.
const longLine = 2000

// tokenClass names the classes of highlight in the style.
var tokenClass = [...]string{
	highlight.Keyword: "k", highlight.Type: "t", highlight.Constant: "c", highlight.String: "s",
	highlight.Number: "n", highlight.Comment: "m", highlight.Decorator: "d", highlight.Defined: "f",
}

// diffView is the table of one file being written.
type diffView struct {
	bytes.Buffer
	id       string
	old, new side2
	one      bool         // there is only one side to show
	asked    map[int]bool // lines of the old side, from 1
	findings map[int][]transform.Finding

	rows                     int // that are shown
	added, removed, indented int
}

// side2 is a text with its colours.
type side2 struct {
	src    []byte
	lines  [][]byte
	starts []int
	spans  []highlight.Span
	next   int // the first span that may matter for the next line
}

func newSide2(src []byte, pure bool) side2 {
	// A lone "\r" ends a line for Cython, and so for all line numbers.
	src = bytes.Clone(src)
	for i, c := range src {
		if c == '\r' && (i+1 == len(src) || src[i+1] != '\n') {
			src[i] = '\n'
		}
	}
	s := side2{src: src, lines: diff.Lines(src), spans: highlight.Spans(src, pure)}
	at := 0
	for _, l := range s.lines {
		s.starts = append(s.starts, at)
		at += len(l)
	}
	return s
}

func newDiffView(f *ChangedFile, id string, asked map[int]bool) *diffView {
	pure := strings.HasSuffix(f.Path, ".py")
	d := &diffView{id: id, one: !f.Changed(), asked: asked, findings: map[int][]transform.Finding{}, old: newSide2(f.Old, pure), new: newSide2(f.New, pure)}
	for _, x := range f.Findings {
		d.findings[x.Line] = append(d.findings[x.Line], x)
	}
	return d
}

// write returns the table's rows, and counts.
func (d *diffView) write() string {
	rows := diff.SideRows(d.old.lines, d.new.lines)
	asked := map[int]bool{}
	for n := range d.asked {
		asked[n-1] = true
	}
	hidden := diff.Folded(rows, asked)
	for i := 0; i < len(rows); i++ {
		r := rows[i]
		switch r.Kind {
		case diff.Indented:
			d.indented++
		case diff.Modified:
			d.added++
			d.removed++
		case diff.Added:
			d.added++
		case diff.Removed:
			d.removed++
		}
		if !hidden[i] {
			d.row(r)
			continue
		}
		n, moved := 1, 0
		for {
			if rows[i].Kind == diff.Indented {
				moved++
			}
			if i+1 == len(rows) || !hidden[i+1] {
				break
			}
			i, n = i+1, n+1
			if rows[i].Kind == diff.Indented {
				d.indented++
			}
		}
		text := plural(n, "unchanged line", "unchanged lines")
		if moved == n {
			text = plural(n, "line", "lines") + " that only move to the right"
		} else if moved > 0 {
			text = fmt.Sprintf("%d lines, unchanged but for the indentation of %d", n, moved)
		}
		fmt.Fprintf(d, "<tr class=g><td colspan=%d>⋯ %s\n", d.columns(), text)
	}
	return d.String()
}

var rowClass = [...]string{diff.Same: "", diff.Indented: " class=i", diff.Modified: " class=c", diff.Removed: " class=r", diff.Added: " class=a"}

func (d *diffView) row(r diff.Row) {
	d.rows++
	d.WriteString("<tr" + rowClass[r.Kind] + ">")
	var from, toA, toB int
	if r.Kind == diff.Modified {
		from, toA, toB = diff.ChangedPart(d.old.lines[r.A], d.new.lines[r.B])
	}
	mark := r.Kind != diff.Same && r.Kind != diff.Indented
	d.cell(&d.old, r.A, true, from, toA, mark)
	if !d.one {
		d.cell(&d.new, r.B, false, from, toB, mark)
	}
	d.WriteByte('\n')
	if r.A < 0 {
		return
	}
	for _, f := range d.findings[r.A+1] {
		fmt.Fprintf(d, "<tr class=%s><td colspan=%d><b>%s %s:</b> %s\n", report.Severity(f)[:1]+"f", d.columns(), report.Severity(f), f.Code, escaped([]byte(f.Message)))
	}
}

func (d *diffView) columns() int {
	if d.one {
		return 2
	}
	return 4
}

// cell writes a line of one side with its number. The bytes [from, to) are
// marked; ends says that what ends the line may be what changes.
func (d *diffView) cell(s *side2, i int, old bool, from, to int, ends bool) {
	if i < 0 {
		d.WriteString("<td><td>")
		return
	}
	d.WriteString("<td")
	if old && d.asked[i+1] {
		d.WriteString(" id=" + d.id + "-" + strconv.Itoa(i+1))
	}
	d.WriteString(">" + strconv.Itoa(i+1) + "<td>")
	line, ended := bytes.CutSuffix(s.lines[i], []byte{'\n'})
	line, cr := bytes.CutSuffix(line, []byte{'\r'})
	d.code(s, i, line, from, min(to, len(line)), old)
	if ends && cr {
		d.WriteString("<span class=w>␍</span>")
	}
	if ends && !ended {
		d.WriteString("<span class=w> (no newline at end of file)</span>")
	}
}

// code writes the text of a line in its colours.
func (d *diffView) code(s *side2, i int, line []byte, from, to int, old bool) {
	cut := 0
	if len(line) > longLine {
		end := longLine
		for end > 0 && line[end]&0xc0 == 0x80 {
			end--
		}
		cut = len(line) - end
		line = line[:end]
	}
	start := s.starts[i]
	tag := "ins"
	if old {
		tag = "del"
	}
	// piece writes a part of the line that has one class, or none.
	piece := func(a, b int, class string) {
		for a < b {
			end, marked := b, a >= from && a < to
			switch {
			case a < from:
				end = min(b, from)
			case a < to:
				end = min(b, to)
			}
			text := escaped(line[a:end])
			if class != "" {
				text = "<i class=" + class + ">" + text + "</i>"
			}
			if marked {
				text = "<" + tag + ">" + text + "</" + tag + ">"
			}
			d.WriteString(text)
			a = end
		}
	}
	for s.next > 0 && s.next < len(s.spans) && s.spans[s.next].Off > start {
		s.next-- // a row before this one was not written
	}
	for s.next < len(s.spans) && s.spans[s.next].End <= start {
		s.next++
	}
	at := 0
	for k := s.next; k < len(s.spans) && s.spans[k].Off < start+len(line) && at < len(line); k++ {
		sp := s.spans[k]
		a, b := max(sp.Off-start, at), min(sp.End-start, len(line))
		if a >= b {
			continue
		}
		piece(at, a, "")
		piece(a, b, tokenClass[sp.Class])
		at = b
	}
	piece(at, len(line), "")
	if cut > 0 {
		fmt.Fprintf(d, "<span class=w> (%d more bytes)</span>", cut)
	}
}

func escaped(b []byte) string { return html.EscapeString(string(b)) }
