package report

// Findings as text for people, each with an excerpt of its source.

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"pyxlock/emit/linebreak"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// Text writes findings for people, in the order given, with a blank line between them:
//
//	file:line:col: PXL201 headline
//	    the rest of a long message
//	   12 | source line
//	      | ^~~~
//	  file:line:col: related place
//	  help: what to do
//	  fix: what check --fix would do
//	  also file:line:col: message
//
// A headline has less than headlineColumns columns, unless its place leaves it none. Of
// many related places the first ones are shown, see Places.
//
// Findings that have one cause stand together, where the first of them is: its other
// places follow as lines that begin with "also", with the help where that is another
// than at the place before, and with their fixes.
//
// A warning says "warning: " before its message, a note "note: ". source returns the bytes of a
// file by the path that a finding names, or nil where they are not known; then
// the source line is left out. Tabs are kept, so that the mark lines up at any
// tab width. No line starts with text of the input: a log may take that for a
// command. Of long lines what is round the mark is shown.
func Text(w io.Writer, list []transform.Finding, source func(path string) []byte, color bool) error {
	r := &report{source: source, color: color}
	for i, g := range transform.Groups(list) {
		if i > 0 {
			r.WriteByte('\n')
		}
		r.finding(g.Finding)
		help := g.Help
		for _, f := range g.Also {
			r.WriteString("  " + terminal.Paint(r.color, terminal.Cyan, "also") + " " + terminal.Paint(r.color, terminal.Bold, terminal.Place(f.Path, f.Line, f.Column)+":") + " ")
			r.text(g.Said(f), "      ")
			if f.Help != help {
				help = f.Help
				r.advice("    ", "help:", help)
			}
			r.advice("    ", "fix:", fixed(f))
		}
	}
	return terminal.WriteStyled(w, r.Bytes())
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
	r.WriteString(terminal.Paint(r.color, terminal.Bold, terminal.Place(f.Path, f.Line, f.Column)+":"))
	r.WriteByte(' ')
	switch {
	case f.Note:
		r.WriteString(terminal.Paint(r.color, terminal.Cyan, f.Code+" note:"))
	case f.Warning:
		r.WriteString(terminal.Paint(r.color, terminal.Yellow, f.Code+" warning:"))
	default:
		r.WriteString(terminal.Paint(r.color, terminal.BoldRed, f.Code))
	}
	r.WriteByte(' ')
	taken := terminal.TextWidth(terminal.Place(f.Path, f.Line, f.Column), 0) + len(": ") + len(f.Code) + len(" ")
	if f.Warning {
		taken += len(Severity(f)) + len(": ")
	}
	r.text(headlined(f.Message, headlineColumns-1-taken), "    ")
	r.excerpt(f)
	places, more := Places(f.Related)
	for _, rel := range places {
		r.WriteString("  " + terminal.Paint(r.color, terminal.Bold, terminal.Place(rel.Path, rel.Line, rel.Column)+":") + " ")
		r.text(rel.Message, "      ")
	}
	if more > 0 {
		fmt.Fprintf(r, "  and %d more: --format=json has all\n", more)
	}
	r.advice("  ", "help:", f.Help)
	r.advice("  ", "fix:", fixed(f))
}

// advice writes what to do, if there is something to say.
func (r *report) advice(indent, what, says string) {
	if says == "" {
		return
	}
	r.WriteString(indent + terminal.Paint(r.color, terminal.Cyan, what) + " ")
	r.text(says, indent+strings.Repeat(" ", len(what)+1))
}

// fixed says what check --fix would do about a finding; "" where it does nothing.
func fixed(f transform.Finding) string {
	if f.Fix == nil {
		return ""
	}
	return f.Fix.Message
}

// headlineColumns is how wide a terminal may be taken to be.
const headlineColumns = 100

// headlined puts what has no room in the first line of a message below it. It breaks
// where a thought ends, if that leaves a headline that says something, or else between
// words, so that no word stands alone below.
func headlined(s string, room int) string {
	const (
		least = 40 // columns are left for a headline, however long the place is
		begun = 20 // columns say something
	)
	room = max(room, least)
	first, rest, more := strings.Cut(s, "\n")
	whole := terminal.TextWidth(first, 0)
	if whole <= room {
		return s
	}
	best, rank := -1, 0
	for i, width := 0, 0; i < len(first); {
		c, n := terminal.Decode([]byte(first[i:]))
		if c == ' ' && width >= begun {
			now := 0
			switch {
			case first[i-1] == ':' || first[i-1] == ';':
				now = 3
			case first[i-1] == ',':
				now = 2
			case best < 0 || whole-width > begun:
				now = 1
			}
			if now > 0 && now >= rank {
				best, rank = i, now
			}
		}
		if width += terminal.RuneWidth(c); width > room {
			break
		}
		i += n
	}
	if best < 0 {
		return s // one long word
	}
	below := first[best+1:]
	if more {
		below += "\n" + rest
	}
	return first[:best] + "\n" + below
}

// shownPlaces is how many related places of a finding are shown to people.
const shownPlaces = 6

// Places returns the related places that people are shown, each once, and how many more
// there are.
func Places(list []transform.Related) (shown []transform.Related, more int) {
	known := map[transform.Related]bool{}
	for _, r := range list {
		if !known[r] {
			known[r] = true
			shown = append(shown, r)
		}
	}
	if len(shown) <= shownPlaces+1 { // to say that there is one more takes as much room
		return shown, 0
	}
	return shown[:shownPlaces], len(shown) - shownPlaces
}

// text writes a message. Its further lines are indented.
func (r *report) text(s, indent string) {
	for i, line := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		if i > 0 {
			line = indent + line
		}
		r.WriteString(terminal.HarmlessLine([]byte(line)))
		r.WriteByte('\n')
	}
}

// excerpt writes the source line of a finding and marks its span.
func (r *report) excerpt(f transform.Finding) {
	if r.source == nil || f.Line < 1 {
		return
	}
	if r.path != f.Path || r.starts == nil {
		r.path, r.src = f.Path, r.source(f.Path)
		r.starts = linebreak.Starts(r.src)
	}
	if f.Line > len(r.starts) {
		return
	}
	start, end := r.starts[f.Line-1], len(r.src)
	if f.Line < len(r.starts) {
		end = r.starts[f.Line]
	}
	line := r.src[start:linebreak.Trim(r.src, start, end)]
	from, to := int(f.Span.Pos)-start, int(f.Span.End)-start
	if from < 0 || from > len(line) {
		from = columnOffset(line, f.Column)
		to = from
	}
	to = min(max(to, from), len(line))
	head, marked, rest := around(line, from, to)
	if f.Line == 1 {
		head = strings.TrimPrefix(head, linebreak.ByteOrderMark)
	}
	if strings.TrimSpace(head+marked+rest) == "" {
		return
	}
	head, marked = terminal.Printable([]byte(head)), terminal.Printable([]byte(marked))
	r.WriteString(terminal.HarmlessLine([]byte(fmt.Sprintf("%*d | %s", gutter-3, f.Line, head+marked+rest))))
	r.WriteString(fmt.Sprintf("\n%*s | ", gutter-3, "") + terminal.BlankOf(head))
	width := max(1, terminal.TextWidth(strings.TrimRight(marked, " \t"), gutter+terminal.TextWidth(head, gutter)))
	r.WriteString(terminal.Paint(r.color, terminal.Green, "^"+strings.Repeat("~", width-1)))
	r.WriteByte('\n')
}

const (
	// gutter is how many columns stand before an excerpt: as many as a tab takes,
	// so that tabs in it are as wide as in an editor.
	gutter = terminal.TabWidth
	// excerptColumns is about how many columns of a line are shown, and
	// excerptBefore how many of these before the mark where there are more.
	excerptColumns = 160
	excerptBefore  = 60
)

// around cuts a line to what is round its bytes [from, to), with a mark where
// something is left out. However long the line is, it looks at no more of it.
func around(line []byte, from, to int) (head, marked, rest string) {
	// A character counts one column at least, lest a thousand accents count none.
	cost := func(r rune) int {
		if r == '\t' {
			return terminal.TabWidth
		}
		return max(1, terminal.RuneWidth(r))
	}
	before := func(room int) (at, used int) {
		for at = from; at > 0; {
			r, n := utf8.DecodeLastRune(line[:at])
			if used+cost(r) > room {
				break
			}
			at, used = at-n, used+cost(r)
		}
		return at, used
	}
	behind := func(room int) (at, used int) {
		for at = from; at < len(line); {
			r, n := terminal.Decode(line[at:])
			if used+cost(r) > room {
				break
			}
			at, used = at+n, used+cost(r)
		}
		return at, used
	}
	start, left := before(excerptColumns)
	end, right := behind(excerptColumns - min(left, excerptBefore))
	if left+right > excerptColumns {
		start, _ = before(excerptColumns - right)
	}
	to = min(to, end)
	head, marked, rest = string(line[start:from]), string(line[from:to]), string(line[to:end])
	if start > 0 {
		head = "…" + head
	}
	if end < len(line) {
		rest += "…"
	}
	return head, marked, rest
}

// columnOffset returns the byte offset of the 1-based column, in characters.
func columnOffset(line []byte, column int) int {
	off := 0
	for ; column > 1 && off < len(line); column-- {
		_, n := terminal.Decode(line[off:])
		off += n
	}
	return off
}
