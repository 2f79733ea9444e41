package emit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"pyxlock/parser/ast"
	"pyxlock/transform"
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
		if got := printable([]byte(tt.text)); got != tt.want {
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
		if got := harmlessLine([]byte(tt.text)); got != tt.want {
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

// Colours come through where this package put them, and from nowhere else.
func TestCleanerKnowsItsColors(t *testing.T) {
	f := transform.Finding{Code: "PXL301", Path: "m\x1b[1m", Line: 1, Column: 1, Span: ast.Span{End: 6}, Message: "a\x1b[31mb", Help: "c\x1b[md"}
	var b bytes.Buffer
	c := NewCleaner(&b)
	if err := Findings(c, []transform.Finding{f}, func(string) []byte { return []byte("x\x1b[1my ##[z]\n") }, true); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "\x1b[1mmine\n")
	want := "\x1b[1m\"m\\x1b[1m\":1:1:\x1b[m \x1b[1;31mPXL301\x1b[m a�[31mb\n    1 | x�[1my #�[z]\n      | \x1b[32m^~~~~~\x1b[m\n  \x1b[36mhelp:\x1b[m c�[md\n�[1mmine\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
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

func TestJSONIsExactAndHarmless(t *testing.T) {
	text := "a\x1b\u0085\u202e\u200b\u2028\x7f\U000e0041\ufeff é😀 ##[x] ##vso[y] \n\t\"\\"
	var b bytes.Buffer
	if err := writeJSON(&b, text); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got != text {
		t.Errorf("%q, %v\n%s", got, err, b.String())
	}
	if s := strings.TrimSuffix(b.String(), "\n"); harmless([]byte(s)) != s || !strings.Contains(s, "é😀") {
		t.Errorf("%s", s)
	}
	b.Reset()
	if err := writeJSON(&b, "\xff"); err != nil || !utf8.Valid(b.Bytes()) {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestGitHubCannotBeBrokenOut(t *testing.T) {
	f := transform.Finding{Code: "PXL001", Path: "a::b,c\n\r%0A\x1b.pyx", Line: 1, Message: "x::y%0A\r\n::add-mask::z\x1b[1m%"}
	var b bytes.Buffer
	if err := GitHub(&b, []transform.Finding{f}, nil); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%3A%3Ab%2Cc%0A%0D%250A�.pyx,line=1,col=1,endLine=1,endColumn=1,title=PXL001::x::y%250A�%0A:�add-mask::z�[1m%25\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}

func TestExcerptsAreCut(t *testing.T) {
	excerpt := func(line string, pos, end int) []string {
		var b bytes.Buffer
		f := transform.Finding{Code: "C", Path: "m", Line: 1, Column: 1, Span: ast.Span{Pos: int32(pos), End: int32(end)}, Message: "x"}
		if err := Findings(&b, []transform.Finding{f}, func(string) []byte { return []byte(line) }, false); err != nil {
			t.Fatal(err)
		}
		return strings.Split(b.String(), "\n")
	}
	for _, unit := range []string{"x", "日", "\t", "e\u0301\u0301", "\x1b", "\xff", "\u200b", "aé \t"} {
		line := strings.Repeat(unit, 40000)
		for _, at := range []int{0, 1, 10, 20000, 39990, 40000} {
			for _, length := range []int{0, 1, 100, 40000} {
				pos := at * len(unit)
				lines := excerpt(line, pos, min(pos+length*len(unit), len(line)))
				if len(lines) < 3 { // nothing to be seen there
					if strings.TrimSpace(unit) != "" {
						t.Errorf("%q at %d: no excerpt", unit, at)
					}
					continue
				}
				text, mark := lines[1], lines[2]
				if w := textWidth(text, 0); w > gutter+excerptColumns+2 || len(text) > 4*(excerptColumns+gutter) || len(mark) > 4*(excerptColumns+gutter) {
					t.Errorf("%q at %d: %d columns, %d bytes", unit, at, w, len(text))
				}
				if cutLeft, cutRight := strings.Contains(text, "| …"), strings.HasSuffix(text, "…"); at == 20000 && !(cutLeft && cutRight) || at == 0 && (cutLeft || !cutRight) {
					t.Errorf("%q at %d: %s", unit, at, text)
				}
			}
		}
	}
	// The mark stands below what it is about.
	line := strings.Repeat("日\t", 500) + "HERE" + strings.Repeat(" x", 500)
	lines := excerpt(line, strings.Index(line, "HERE"), strings.Index(line, "HERE")+4)
	if at, mark := strings.Index(lines[1], "HERE"), strings.Index(lines[2], "^~~~"); textWidth(lines[1][:at], 0) != textWidth(lines[2][:mark], 0) {
		t.Errorf("%s\n%s", lines[1], lines[2])
	}
	whole := strings.Repeat("x", excerptColumns)
	if lines := excerpt(whole, 80, 81); lines[1] != "    1 | "+whole {
		t.Errorf("a line that fits is cut: %s", lines[1])
	}
}
