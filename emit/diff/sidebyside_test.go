package diff

import (
	"bytes"
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/emit/terminal"
)

func sideBySideOf(t *testing.T, d Pair, width int, color bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := SideBySide(&b, d, width, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSideBySide(t *testing.T) {
	old := "1\n2\n3\n@lock\ndef f():\n\treturn '日本語日本語'\n4\n5\n6\n7\n8\n9\n10\n11\r\nend"
	new := "1\n2\n3\ndef f():\n\twith lock:\n\t\treturn '日本語日本語'\n4\n5\n6\n7\n8\n9\n10\n11\nend\n"
	const want = `m.pyx
 1   1             │  1   1
 2   2             │  2   2
 3   3             │  3   3
 4 - @lock         │
 5   def f():      │  4   def f():
 6 -         retur │  5 +         with
   - n '日本語日本 │    + lock:
   - 語'           │
                   │  6 +
                   │    +    return '日
                   │    + 本語日本語'
 7   4             │  7   4
 8   5             │  8   5
 9   6             │  9   6
··
11   8             │ 11   8
12   9             │ 12   9
13   10            │ 13   10
14 - 11␍           │ 14 + 11
15 - end (no newli │ 15 + end
   - ne at end of  │
   - file)         │
`
	got := sideBySideOf(t, Pair{"m.pyx", "m.pyx", []byte(old), []byte(new)}, 40, false)
	// Trailing blanks are where a wrapped line ends.
	got = regexp.MustCompile(` +\n`).ReplaceAllString(got, "\n")
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" {
		t.Error(d)
	}
}

func TestSideBySideTitles(t *testing.T) {
	for want, d := range map[string]Pair{
		"":                {OldPath: "a", NewPath: "a"},
		"a (new file)\n":  {NewPath: "a"},
		"a (removed)\n":   {OldPath: "a"},
		"a → b\n":         {OldPath: "a", NewPath: "b", Old: []byte("x"), New: []byte("y")},
		"\ufffd[31m (re)": {OldPath: "\x1b[31m (re)", NewPath: "\x1b[31m (re)", Old: []byte("x"), New: []byte("y")},
	} {
		if got := sideBySideOf(t, d, 80, false); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestSideBySideFits checks that no line is too wide, and that colours change
// nothing but colours.
func TestSideBySideFits(t *testing.T) {
	rnd := rand.New(rand.NewSource(5))
	text := func() []byte {
		var b bytes.Buffer
		for range rnd.Intn(20) {
			for range rnd.Intn(60) {
				b.WriteString([]string{"a", "日", "\t", " ", "e\u0301", "\xff", "\x1b", "\r"}[rnd.Intn(8)])
			}
			b.WriteByte('\n')
		}
		return b.Bytes()
	}
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for range 500 {
		d := Pair{"m", "m", text(), text()}
		width := rnd.Intn(150)
		got := sideBySideOf(t, d, width, false)
		for _, l := range strings.Split(got, "\n") {
			if w := terminal.TextWidth(l, 0); w > max(width, 40) {
				t.Fatalf("%d cells, want %d: %q", w, width, l)
			}
		}
		if d := cmp.Diff(got, escapes.ReplaceAllString(sideBySideOf(t, d, width, true), "")); d != "" {
			t.Fatal(d)
		}
	}
}
