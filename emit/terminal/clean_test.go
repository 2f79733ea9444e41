package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"a\tb ~", "a\tb ~"},
		{"日本 é e\u0301 ∑ 😀 \u00a0\u3000 ⚠", "日本 é e\u0301 ∑ 😀 \u00a0\u3000 ⚠"},
		{"a\x1b[1mb\x00\x07\x7f\r", "a�[1mb����"},
		{"\u0085\u009b", "��"},
		{"\u202a\u202e\u2066\u2069\u200e\u061c", "������"},
		{"\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e", "�������"},
		{"\u034f\u115f\u3164\uffa0\ufe0f\U000e0041\U000e0100", "�������"},
		{"\u2028\u2029", "��"},
		{"\xff\xc3(\xed\xa0\x80", "��(���"},
		{"\u0600 \u06dd", "\u0600 \u06dd"}, // numbers' signs, which are seen
		{"\ufdd0\uffff", "��"},
	} {
		if got := Printable([]byte(tt.text)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestHarmlessLine(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"::add-mask::x", ":�add-mask::x"},
		{" \t\u00a0\u3000::error file=x::y", " \t\u00a0\u3000:�error file=x::y"},
		{"a ::add-mask::x", "a ::add-mask::x"},
		{"::", "::"},
		{"    ::", "    ::"},
		{":::", ":::"},
		{"   12 | ::add-mask::x", "   12 | ::add-mask::x"},
		{"a ##[add-mask]x ##vso[task]", "a #�[add-mask]x #�vso[task]"},
		{"## [x] ##", "## [x] ##"},
		{"###[x]", "##�[x]"},
	} {
		if got := HarmlessLine([]byte(tt.text)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestPath(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"src/m n.pyx", "src/m n.pyx"},
		{"日本/é.pyx", "日本/é.pyx"},
		{"a\nb.pyx", `"a\nb.pyx"`},
		{"a\tb.pyx", `"a\tb.pyx"`},
		{"\x1b\xff\u202e\u034f.pyx", `"\x1b\xff\u202e\u034f.pyx"`},
		{`"a".pyx`, `./"a".pyx`},
		{"::add-mask::x.pyx", "./::add-mask::x.pyx"},
		{"##[x].pyx", "./##[x].pyx"},
		{" ::x.pyx", "./ ::x.pyx"},
	} {
		if got := Path(tt.path); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.path, got, tt.want)
		}
	}
}

func TestCleaner(t *testing.T) {
	const text = "a é\x1b[1m\n::warning::x\n日" + "\u202e" + "last"
	want := "a é�[1m\n:�warning::x\n日�last"
	for size := 1; size < len(text); size++ { // wherever a write ends
		var b bytes.Buffer
		c := NewCleaner(&b)
		for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
			if n, err := io.WriteString(c, rest[:min(size, len(rest))]); n != min(size, len(rest)) || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := c.Flush(); err != nil || b.String() != want || !c.Altered {
			t.Errorf("by %d bytes: %q, want %q (%v)", size, b.String(), want, err)
		}
	}
}

func TestCleanerCutsLongLines(t *testing.T) {
	long := strings.Repeat("é", 3000) + "\n"
	var b bytes.Buffer
	c := NewCleaner(&b)
	io.WriteString(c, long+"x\n")
	if got := b.String(); got != strings.Repeat("é", longText/2)+"… (2000 more bytes)\nx\n" {
		t.Errorf("%d bytes: …%q", len(got), got[len(got)-40:])
	}
	b.Reset()
	c = NewPatchCleaner(&b)
	io.WriteString(c, long)
	if b.String() != long || c.Altered {
		t.Error("a line of a patch was changed")
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestCleanerRemembersErrors(t *testing.T) {
	c := NewCleaner(fullDisk{})
	fmt.Fprintln(c, "x")
	if err := c.Flush(); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
