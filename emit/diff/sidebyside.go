package diff

// Two texts side by side, for terminals.

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"pyxlock/emit/terminal"
)

// SideBySide writes the difference for people: old text on the left, new text
// on the right, each with line numbers, in width terminal cells (at least 40).
// Long lines are wrapped. Tabs are expanded, control characters are shown as
// U+FFFD. Nothing is written where there is no difference.
func SideBySide(w io.Writer, d Pair, width int, color bool) error {
	if !d.Changed() {
		return nil
	}
	a, b, changes := diffLines(WithoutMark(d.Old), WithoutMark(d.New))
	s := &sideBySide{color: color, digits: len(fmt.Sprint(max(len(a), len(b), 1)))}
	// Each side: number, space, sign, space, text; " │ " between them.
	s.cells = max((max(width, 40)-3)/2-s.digits-3, 4)
	s.title(d)
	for i, h := range hunks(changes, len(a), contextLines) {
		if i > 0 {
			s.WriteString(terminal.Paint(color, terminal.Cyan, strings.Repeat("·", s.digits)))
			s.WriteByte('\n')
		}
		x, y := h.a0, h.b0
		for _, c := range h.changes {
			for ; x < c.a0; x, y = x+1, y+1 {
				s.row(side{x + 1, ' ', a[x], ""}, side{y + 1, ' ', b[y], ""})
			}
			for x < c.a1 || y < c.b1 {
				var l, r side
				if x < c.a1 {
					l = side{x + 1, '-', a[x], terminal.Red}
					x++
				}
				if y < c.b1 {
					r = side{y + 1, '+', b[y], terminal.Green}
					y++
				}
				s.row(l, r)
			}
		}
		for ; x < h.a1; x, y = x+1, y+1 {
			s.row(side{x + 1, ' ', a[x], ""}, side{y + 1, ' ', b[y], ""})
		}
	}
	return terminal.WriteStyled(w, s.Bytes())
}

// sideBySide is a view being written.
type sideBySide struct {
	bytes.Buffer
	color  bool
	digits int // of the line numbers
	cells  int // for the text of one side
}

// side is one half of a row; the zero side is empty.
type side struct {
	number int
	sign   byte
	text   []byte
	color  string
}

func (s *sideBySide) title(d Pair) {
	t := d.NewPath
	switch {
	case d.OldPath == "":
		t += " (new file)"
	case d.NewPath == "":
		t = d.OldPath + " (removed)"
	case d.OldPath != d.NewPath:
		t = d.OldPath + " → " + d.NewPath
	}
	s.WriteString(terminal.Paint(s.color, terminal.Bold, terminal.Printable([]byte(t))))
	s.WriteByte('\n')
}

// row writes two sides, in as many lines of the terminal as the longer takes.
func (s *sideBySide) row(l, r side) {
	left, right := s.wrap(l), s.wrap(r)
	for i := range max(len(left), len(right)) {
		s.half(l, left, i, true)
		s.WriteString(" │")
		if i < len(right) {
			s.WriteByte(' ')
			s.half(r, right, i, false)
		}
		s.WriteByte('\n')
	}
}

// half writes the i-th line of one side.
func (s *sideBySide) half(d side, lines []string, i int, fill bool) {
	number, sign, text := "", " ", ""
	if i < len(lines) {
		text = lines[i]
		sign = string(d.sign)
		if i == 0 {
			number = fmt.Sprint(d.number)
		}
	}
	body := strings.TrimRight(sign+" "+text, " ")
	s.WriteString(terminal.Paint(s.color, terminal.Cyan, fmt.Sprintf("%*s", s.digits, number)))
	if body != "" || fill {
		s.WriteByte(' ')
	}
	s.WriteString(terminal.Paint(s.color && d.color != "", d.color, body))
	if fill {
		s.WriteString(strings.Repeat(" ", s.cells+2-terminal.TextWidth(body, 0)))
	}
}

// wrap returns the text of a side cut to the width of its column, at least one
// line of it where the side is not empty.
func (s *sideBySide) wrap(d side) []string {
	if d.number == 0 {
		return nil
	}
	text, ended := bytes.CutSuffix(d.text, []byte{'\n'})
	var mark string
	if d.color != "" { // a change may be in what ends the line
		var cr bool
		if text, cr = bytes.CutSuffix(text, []byte{'\r'}); cr {
			mark = "␍"
		}
		if !ended {
			mark += " (no newline at end of file)"
		}
	} else {
		text = bytes.TrimSuffix(text, []byte{'\r'})
	}
	var lines []string
	var b strings.Builder
	at, col := 0, 0 // cells of b, and of the whole text
	for _, r := range terminal.Printable(text) + mark {
		out, n := string(r), terminal.RuneWidth(r)
		if r == '\t' {
			n = terminal.TabWidth - col%terminal.TabWidth
			out = strings.Repeat(" ", n)
		}
		col += n
		for at+n > s.cells {
			if r == '\t' { // what is left of it goes to the next line
				k := s.cells - at
				b.WriteString(out[:k])
				out, n = out[k:], n-k
			}
			lines = append(lines, b.String())
			b.Reset()
			at = 0
		}
		b.WriteString(out)
		at += n
	}
	return append(lines, b.String())
}
