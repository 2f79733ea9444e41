package splice

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/emit/linebreak"
	"pyxlock/emit/sourcemap"
	"pyxlock/parser/ast"
	"pyxlock/transform"
)

// rewrite reads a source with marks at the start of its lines:
//
//   - the line is removed
//   - the line is inserted          t  the same, as a Tail
//     ~  the line floats               |  the line is joined to the next one
//
// Other lines begin with a space. A "·" is a blank.
func rewrite(t *testing.T, nl string, marked string) *transform.Rewrite {
	t.Helper()
	rw := &transform.Rewrite{Path: "m.pyx"}
	for _, l := range strings.SplitAfter(marked, "\n") {
		if l == "" {
			continue
		}
		text := strings.ReplaceAll(l[1:], "·", " ")
		text = strings.ReplaceAll(text, "\n", nl)
		from := int32(len(rw.Src))
		span := ast.Span{Pos: from, End: from + int32(len(text))}
		switch l[0] {
		case '+', 't':
			rw.Edits = append(rw.Edits, transform.Edit{Off: from, End: from,
				New: strings.ReplaceAll(text, nl, "\n"), Blame: -1, Tail: l[0] == 't'})
			continue
		case '-':
			rw.Edits = append(rw.Edits, transform.Edit{Off: from, End: span.End, Blame: -1})
		case '~':
			rw.Floats = append(rw.Floats, span)
		case '|':
			rw.Solid = append(rw.Solid, span)
		case ' ':
		default:
			t.Fatalf("unknown mark: %q", l)
		}
		rw.Src = append(rw.Src, text...)
	}
	return rw
}

func TestAligned(t *testing.T) {
	tests := []struct{ name, marked, want, origins string }{
		{"a removed line leaves a blank one",
			"-import lock\n x = 1\n",
			"\nx = 1\n", "1g 2"},
		{"the decorator's line makes room",
			" a\n-@lock\n~def f():\n+  try:\n   body\n",
			"a\ndef f():\n  try:\n  body\n", "1 3 4g 4"},
		{"blank lines in front make room",
			" a\n \n \n-@lock\n~def f():\n+  guard\n+  try:\n   body\n b\n",
			"a\n\ndef f():\n  guard\n  try:\n  body\nb\n", "1 2 5 6g 6g 6 7"},
		{"room to spare stands before the header",
			" a\n \n \n-@lock\n~def f():\n   body\n",
			"a\n\n\n\ndef f():\n  body\n", "1 2 3 4g 5 6"},
		{"tails stay with the line before",
			" a\n \n \nt  finally:\nt    release\n b\n",
			"a\n  finally:\n    release\nb\n", "1 4g 4g 4"},
		{"room between tails and heads",
			" a\n \n \n \n \n \nt  finally:\n+def g():\n b\n",
			"a\n  finally:\n\n\n\ndef g():\nb\n", "1 7g 3 4 5 7g 7"},
		{"drift is made up at the next blank line",
			" a\n+x\n+y\n b\n c\n \n d\n \n \n e\n",
			"a\nx\ny\nb\nc\nd\n\ne\n", "1 2g 2g 2 3 5 7 8"},
		{"blank lines keep their white space",
			" a\n ··\n b\n \f\n c\n+x\n d\n",
			"a\n  \nb\n\f\nc\nx\nd\n", "1 2 3 4 5 6g 6"},
		{"blank lines at the end stay where there is room",
			" a\n \n+x\n b\n \n \n",
			"a\nx\nb\n\n\n", "1 3g 3 4 5"},
		{"and go where there is none",
			" a\n+x\n+y\n b\n \n \n",
			"a\nx\ny\nb\n", "1 2g 2g 2"},
		{"joined lines stay together",
			" a\n+x\n|'''\n|\n|\n '''\n \n b\n",
			"a\nx\n'''\n\n\n'''\nb\n", "1 2g 2 3 4 5 7"},
		{"a blank line joined to the next is no padding",
			" a\n+x\n b\\\n|\n c\n \n d\n",
			"a\nx\nb\\\n\nc\nd\n", "1 2g 2 3 4 6"},
		{"a function without a body of its own",
			" a\n \n \n~def f():\n+  guard\n~  '''doc'''\nt  finally:\n \n~def g():\n   b\n",
			"a\n\ndef f():\n  guard\n  '''doc'''\n  finally:\ndef g():\n  b\n", "1 2 4 5g 5 6g 7 8"},
		{"no newline at the end", " a\n+x\n \n b", "a\nx\nb", "1 2g 3"},
		{"no newline at the end, tail", " a\n b\nt finally:", "a\nb\n finally:", "1 2 2g"},
	}
	for _, tt := range tests {
		for _, nl := range []string{"\n", "\r\n", "\r"} {
			t.Run(fmt.Sprintf("%s/%q", tt.name, nl), func(t *testing.T) {
				out, m, err := Aligned(rewrite(t, nl, tt.marked))
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(strings.ReplaceAll(tt.want, "\n", nl), string(out)); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
				if got := origins(m, len(linebreak.Starts(out))); got != tt.origins {
					t.Errorf("origins: %s, want %s", got, tt.origins)
				}
			})
		}
	}
}

// TestAlignedHolds makes random edits and checks what Aligned promises.
func TestAlignedHolds(t *testing.T) {
	rnd := rand.New(rand.NewSource(2))
	for range 20000 {
		rw := randomRewrite(rnd)
		out, m, err := Aligned(rw)
		if err != nil {
			t.Fatal(err)
		}
		if msg := alignedFault(rw, out, m); msg != "" {
			t.Fatalf("%s\nsource:\n%s\nedits: %+v\nfloats: %v\nsolid: %v\noutput:\n%s",
				msg, numbered(rw.Src), rw.Edits, rw.Floats, rw.Solid, numbered(out))
		}
	}
}

// randomRewrite makes a source of distinct lines, edits of whole lines and of
// parts of them, and spans of whole lines. No edit removes a line of a solid
// span.
func randomRewrite(rnd *rand.Rand) *transform.Rewrite {
	rw := &transform.Rewrite{}
	nl := []string{"\n", "\r\n", "\r"}[rnd.Intn(3)]
	blanks, edits := 1+rnd.Intn(5), 1+rnd.Intn(5)
	n := 1 + rnd.Intn(30)
	solidEnd, word := 0, 0
	gen := func() string { word++; return fmt.Sprintf("gen%d", word) }
	for i := range n {
		from := int32(len(rw.Src))
		first := i >= solidEnd // of its unit
		if first && rnd.Intn(6) == 0 {
			solidEnd = i + 2 + rnd.Intn(4)
		}
		indent := strings.Repeat(" ", rnd.Intn(4))
		text := indent
		if rnd.Intn(8) >= blanks || i+1 == solidEnd || first && i < solidEnd {
			text += fmt.Sprintf("src%d;", i+1)
		}
		isBlank := text == indent
		if i+1 < n || rnd.Intn(3) > 0 {
			text += nl
		}
		end := from + int32(len(text))
		if i+1 < solidEnd {
			rw.Solid = append(rw.Solid, ast.Span{Pos: from + int32(len(indent)), End: end + 1})
		}
		if rnd.Intn(10) < edits {
			e := transform.Edit{Off: from, End: from, Blame: int32(rnd.Intn(int(from)+1)) - 1, Tail: rnd.Intn(2) == 0}
			switch k := rnd.Intn(5); {
			case k == 0 && first && i >= solidEnd:
				e.End = end
			case k == 1 && !isBlank: // re-indent
				e.New = "  "
			case k == 2 && !isBlank && first:
				e.Off += int32(len(indent))
				e.End = e.Off
				e.New = gen() + "\n" + indent
			case first:
				for range 1 + rnd.Intn(3) {
					e.New += gen() + "\n"
				}
			}
			rw.Edits = append(rw.Edits, e)
		}
		if rnd.Intn(6) == 0 {
			rw.Floats = append(rw.Floats, ast.Span{Pos: from, End: end})
		}
		rw.Src = append(rw.Src, text...)
	}
	for i := range rw.Solid { // the last may lack the line that it is joined to
		rw.Solid[i].End = min(rw.Solid[i].End, int32(len(rw.Src)))
	}
	return rw
}

// alignedFault checks one result against rules worked out another way.
func alignedFault(rw *transform.Rewrite, out []byte, m sourcemap.LineMap) string {
	if len(rw.Edits) == 0 {
		if string(out) != string(rw.Src) || !m.Identity() {
			return "changed without an edit"
		}
		return ""
	}
	spliced, err := splice(rw.Src, rw.Edits)
	if err != nil {
		return err.Error()
	}
	inside := func(spans []ast.Span, off int) bool {
		for _, sp := range spans {
			if sp.Contains(int32(off)) {
				return true
			}
		}
		return false
	}
	var lines []string // of out, without line breaks
	for _, start := range linebreak.Starts(out) {
		lines = append(lines, string(out[start:linebreak.Trim(out, start, linebreak.End(out, start))]))
	}
	if m.Len() != len(lines) {
		return fmt.Sprintf("%d lines, %d mapped", len(lines), m.Len())
	}

	// Put the lines of Apply one by one on the lowest numbers they may have.
	plain := spliced.lines()
	last, i := 0, 0 // number of the last line placed, lines of out seen
	for k := 0; k < len(plain); {
		first, want := k, 0 // a unit: one line, or some that are joined
		for more := true; more; k++ {
			l := plain[k]
			if want == 0 && l.off >= 0 && !inside(rw.Floats, l.off) {
				want = l.src - (k - first)
			}
			more = l.breakOff >= 0 && inside(rw.Solid, l.breakOff) && k+1 < len(plain)
		}
		if plain[first].blank {
			continue
		}
		for i < len(lines) && blank([]byte(lines[i])) {
			i++
		}
		last = max(last+1, want)
		if want > 0 && i+1 != last {
			return fmt.Sprintf("line %d of the source is line %d, want %d", plain[first].src, i+1, last)
		}
		for _, l := range plain[first:k] {
			if i == len(lines) {
				return "text is lost at the end"
			}
			if want := string(spliced.out[l.start:l.brk]); lines[i] != want {
				return fmt.Sprintf("line %d is %q, want %q", i+1, lines[i], want)
			}
			if src, gen := m.ToSource(i + 1); src != l.src || gen != l.generated {
				return fmt.Sprintf("line %d is mapped to %d, want %d", i+1, src, l.src)
			}
			i++
		}
		last += k - first - 1
	}
	if !blank([]byte(strings.Join(lines[i:], ""))) {
		return fmt.Sprintf("text behind line %d comes from nowhere", i)
	}
	if n := len(linebreak.Starts(rw.Src)); i < len(lines) && len(lines) > n {
		return fmt.Sprintf("blank lines at the end, beyond line %d", n)
	}

	tail := map[string]bool{}
	for _, e := range rw.Edits {
		for _, l := range strings.Fields(e.New) {
			tail[l] = e.Tail
		}
	}
	for i, l := range lines {
		isTail, gen := tail[strings.TrimSpace(l)]
		switch {
		case !gen:
		case isTail && !blank([]byte(strings.Join(lines[:i], ""))) && blank([]byte(lines[i-1])):
			return fmt.Sprintf("the tail on line %d is not directly behind what it belongs to", i+1)
		case !isTail && !blank([]byte(strings.Join(lines[i+1:], ""))) && blank([]byte(lines[i+1])):
			return fmt.Sprintf("the head on line %d is not directly before what it belongs to", i+1)
		}
	}
	return ""
}

// numbered writes text with line numbers.
func numbered(text []byte) string {
	var b strings.Builder
	for i, start := range linebreak.Starts(text) {
		fmt.Fprintf(&b, "%3d %q\n", i+1, text[start:linebreak.End(text, start)])
	}
	return b.String()
}

// isBlank reports whether c is white space or part of a line break.
func isBlank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

// blank reports whether b holds nothing but white space.
func blank(b []byte) bool {
	for _, c := range b {
		if !isBlank(c) {
			return false
		}
	}
	return true
}
