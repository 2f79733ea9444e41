package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/emit/linebreak"
	"pyxlock/emit/terminal"
	"pyxlock/parser/ast"
	"pyxlock/transform"
)

func findings(t *testing.T, list []transform.Finding, src map[string]string, color bool) string {
	t.Helper()
	var b bytes.Buffer
	err := Text(&b, list, func(path string) []byte { return []byte(src[path]) }, color)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFindings(t *testing.T) {
	find := func(src, what string, column int) transform.Finding {
		f := transform.Finding{Code: "PXL201", Path: "m.pyx", Message: "message", Column: column}
		f.Span = ast.Span{Pos: at(src, what), End: at(src, what) + int32(len(what))}
		f.Line = linebreak.LineAt(linebreak.Starts([]byte(src)), int(f.Span.Pos))
		return f
	}
	tests := []struct {
		name, src string
		f         func(src string) transform.Finding
		want      string
	}{
		{"a name", "def f():\n    yield x\n", func(src string) transform.Finding { return find(src, "yield", 5) },
			"m.pyx:2:5: PXL201 message\n    2 |     yield x\n      |     ^~~~~\n"},
		{"tabs", "def f():\n\tif x:\n\t \tyield\tx\n", func(src string) transform.Finding { return find(src, "yield", 4) },
			"m.pyx:3:4: PXL201 message\n    3 | \t \tyield\tx\n      | \t \t^~~~~\n"},
		{"wide characters", "日本 = é + 'e\u0301'; 大 = 1\n", func(src string) transform.Finding { return find(src, "大", 17) },
			"m.pyx:1:17: PXL201 message\n    1 | 日本 = é + 'e\u0301'; 大 = 1\n      |                 ^~\n"},
		{"several lines", "x = f(\n  1)\r\n", func(src string) transform.Finding { return find(src, "f(\n  1)", 5) },
			"m.pyx:1:5: PXL201 message\n    1 | x = f(\n      |     ^~\n"},
		{"an empty span at the end", "ab\n", func(src string) transform.Finding {
			return transform.Finding{Code: "PXL201", Path: "m.pyx", Line: 1, Column: 3, Span: ast.Span{Pos: 2, End: 2}, Message: "message"}
		}, "m.pyx:1:3: PXL201 message\n    1 | ab\n      |   ^\n"},
		{"only a column", "äbc\n\n", func(src string) transform.Finding {
			return transform.Finding{Code: "PXL201", Path: "m.pyx", Line: 1, Column: 3, Span: ast.Span{Pos: 900, End: 901}, Message: "message"}
		}, "m.pyx:1:3: PXL201 message\n    1 | äbc\n      |   ^\n"},
		{"no source", "", func(string) transform.Finding {
			return transform.Finding{Code: "PXL001", Path: "n.pyx", Line: 7, Column: 2, Message: "message"}
		}, "n.pyx:7:2: PXL001 message\n"},
		{"a whole file", "x\n", func(string) transform.Finding {
			return transform.Finding{Code: "PXL001", Path: "m.pyx", Message: "message"}
		}, "m.pyx: PXL001 message\n"},
		{"a line behind the end", "x\n", func(string) transform.Finding {
			return transform.Finding{Code: "PXL001", Path: "m.pyx", Line: 2, Column: 1, Message: "message"}
		}, "m.pyx:2:1: PXL001 message\n"},
		{"bytes that a terminal obeys", "\ufeffa\x1b[31m\xff\u202e = y\n", func(src string) transform.Finding { return find(src, "y", 10) },
			"m.pyx:1:10: PXL201 message\n    1 | a\ufffd[31m\ufffd\ufffd = y\n      |            ^\n"},
		{"everything", "x\n", func(string) transform.Finding {
			return transform.Finding{Code: "PXL301", Path: "m.pyx", Line: 1, Column: 1, Span: ast.Span{End: 1},
				Message: "message\nsecond line", Help: "do this\nor that", Warning: true, Related: []transform.Related{
					{Path: "n.pxd", Line: 3, Column: 9, Message: "declared here"}, {Path: "o.pyx", Message: "and\nhere"}},
				Fix: &transform.Fix{Message: "do it"}}
		}, "m.pyx:1:1: PXL301 warning: message\n    second line\n    1 | x\n      | ^\n  n.pxd:3:9: declared here\n  o.pyx: and\n      here\n  help: do this\n        or that\n  fix: do it\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := findings(t, []transform.Finding{tt.f(tt.src)}, map[string]string{"m.pyx": tt.src}, false)
			if d := cmp.Diff(strings.Split(tt.want, "\n"), strings.Split(got, "\n")); d != "" {
				t.Error(d)
			}
		})
	}
}

// Findings with one cause stand together, in full the first that names its object, or else is outside of constructors. One lock may be missed in several ways, which have codes
// of their own.
func TestFindingsOfOneCause(t *testing.T) {
	at := func(line int, code, cause, message string) transform.Finding {
		return transform.Finding{Code: code, Path: "m.pyx", Line: line, Column: 1, Message: message, Cause: cause, Help: "do this", Warning: true}
	}
	other := at(8, "PXL106", "helper", "g calls h")
	other.Help, other.Fix = "do that", &transform.Fix{Message: "a block"}
	vague := at(1, "PXL106", "unnamed", "a calls i")
	vague.Vague = true
	making, later := vague, vague
	making.Cause, making.Scope, making.Line = "made", "C.__init__", 10
	later.Cause, later.Scope, later.Line = "made", "C.step", 11
	got := findings(t, []transform.Finding{
		vague, at(1, "PXL106", "helper", "a calls h"), at(2, "PXL106", "other", "b calls i"), at(3, "PXL106", "helper", "c calls h"),
		at(4, "PXL103", "helper", "d"), at(4, "PXL301", "helper", "p"), at(5, "PXL106", "", "e"), at(6, "PXL106", "", "e"), at(7, "PXL106", "helper", "f calls h\nso"), other,
		at(9, "PXL106", "unnamed", "a calls j, of x"), at(9, "PXL106", "unnamed", "a calls k, of y"),
		making, later,
	}, nil, false)
	want := `m.pyx:2:1: PXL106 warning: b calls i
  help: do this

m.pyx:4:1: PXL103 warning: d
  help: do this
  also m.pyx:1:1: PXL106 a calls h
  also m.pyx:3:1: PXL106 c calls h
  also m.pyx:7:1: PXL106 f calls h
      so
  also m.pyx:8:1: PXL106 g calls h
    help: do that
    fix: a block

m.pyx:4:1: PXL301 warning: p
  help: do this

m.pyx:5:1: PXL106 warning: e
  help: do this

m.pyx:6:1: PXL106 warning: e
  help: do this

m.pyx:9:1: PXL106 warning: a calls j, of x
  help: do this
  also m.pyx:1:1: a calls i
  also m.pyx:9:1: a calls k, of y

m.pyx:11:1: PXL106 warning: a calls i
  help: do this
  also m.pyx:10:1: a calls i
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What rests on something out of sight comes last, unless something with the same cause does not: that is told then. No
// format calls it a warning.
func TestNotes(t *testing.T) {
	at := func(line int, cause string, note bool) transform.Finding {
		return transform.Finding{Code: "PXL103", Path: "m.pyx", Line: line, Column: 1, Message: "it", Cause: cause, Warning: true, Note: note}
	}
	list := []transform.Finding{at(1, "perhaps", true), at(2, "lock", true), at(3, "seen", false), at(4, "lock", false), at(5, "perhaps", true)}
	got := findings(t, list, nil, false)
	want := `m.pyx:3:1: PXL103 warning: it

m.pyx:4:1: PXL103 warning: it
  also m.pyx:2:1: it

m.pyx:1:1: PXL103 note: it
  also m.pyx:5:1: it
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	none := func(string) []byte { return nil }
	rep := &transform.Report{Findings: list[:1]}
	for format, write := range map[string]func(w *bytes.Buffer) error{
		`"severity": "note"`: func(w *bytes.Buffer) error { return JSON(w, rep, none, Tool{}) },
		`"level": "note"`:    func(w *bytes.Buffer) error { return SARIF(w, rep, none, func(string) string { return "" }, Tool{}) },
		"::notice file":      func(w *bytes.Buffer) error { return GitHub(w, rep.Findings, none) },
		`"severity": "info"`: func(w *bytes.Buffer) error { return GitLab(w, rep.Findings, none) },
		`type="note"`:        func(w *bytes.Buffer) error { return JUnit(w, nil, rep.Findings, none, Tool{}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil || !strings.Contains(b.String(), format) {
			t.Errorf("%v: no %s in %s", err, format, b.String())
		}
	}
}

// A headline fits a terminal; what does not is below it, cut where a thought ends.
func TestHeadlines(t *testing.T) {
	long := "each is a generator, which would hold its lock while it is suspended: it iterates over C data of the state, whose address and length it keeps"
	for message, want := range map[string]string{
		"short": "m.pyx:3:1: PXL201 short\n",
		long:    "m.pyx:3:1: PXL201 each is a generator, which would hold its lock while it is suspended:\n    it iterates over C data of the state, whose address and length it keeps\n",
		"no thought ends anywhere in these words that go on and on without so much as a comma to rest at for a while":        "m.pyx:3:1: PXL201 no thought ends anywhere in these words that go on and on without so much as a\n    comma to rest at for a while\n",
		"what ends early: is no headline, for it leaves out what the reader has to know in order to act, so it is cut later": "m.pyx:3:1: PXL201 what ends early: is no headline,\n    for it leaves out what the reader has to know in order to act, so it is cut later\n",
		"Cursor.stale reads the version of self._document_of_the_cursor (Document) without its lock":                         "m.pyx:3:1: PXL201 Cursor.stale reads the version of self._document_of_the_cursor\n    (Document) without its lock\n",
		strings.Repeat("x", 200): "m.pyx:3:1: PXL201 " + strings.Repeat("x", 200) + "\n",
		"日本" + strings.Repeat("語", 20) + ", " + strings.Repeat("語", 30): "m.pyx:3:1: PXL201 日本" + strings.Repeat("語", 20) + ",\n    " + strings.Repeat("語", 30) + "\n",
		long + "\nsecond line": "m.pyx:3:1: PXL201 each is a generator, which would hold its lock while it is suspended:\n    it iterates over C data of the state, whose address and length it keeps\n    second line\n",
	} {
		got := findings(t, []transform.Finding{{Code: "PXL201", Path: "m.pyx", Line: 3, Column: 1, Message: message}}, nil, false)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if first, _, _ := strings.Cut(got, "\n"); len([]rune(first)) >= 100 && !strings.Contains(first, "xxx") {
			t.Errorf("%d columns: %s", len([]rune(first)), first)
		}
	}
	deep := strings.Repeat("deep/", 30) + "m.pyx"
	got := findings(t, []transform.Finding{{Code: "PXL201", Path: deep, Line: 3, Column: 1, Message: long}}, nil, false)
	if want := deep + ":3:1: PXL201 each is a generator,\n"; !strings.HasPrefix(got, want) {
		t.Errorf("below a long path the headline is\n%s", got)
	}
}

// Of many places the first are shown, each once.
func TestManyPlaces(t *testing.T) {
	f := transform.Finding{Code: "PXL106", Path: "m.pyx", Line: 1, Column: 1, Message: "it"}
	for i := range 40 {
		f.Related = append(f.Related, transform.Related{Path: "m.pyx", Line: 10 + i/4, Column: 1, Message: "there"})
	}
	got := findings(t, []transform.Finding{f}, nil, false)
	if !strings.HasSuffix(got, "  m.pyx:15:1: there\n  and 4 more: --format=json has all\n") || strings.Count(got, "there") != 6 {
		t.Error(got)
	}
	f.Related = f.Related[:28]
	if got := findings(t, []transform.Finding{f}, nil, false); !strings.HasSuffix(got, "  m.pyx:16:1: there\n") || strings.Count(got, "there") != 7 {
		t.Error(got)
	}
}

func TestFindingsInColor(t *testing.T) {
	f := transform.Finding{Code: "PXL301", Path: "m", Line: 1, Column: 1, Span: ast.Span{End: 2}, Message: "a", Help: "b"}
	w := f
	w.Warning = true
	got := findings(t, []transform.Finding{f, w}, map[string]string{"m": "xy\n"}, true)
	tail := "\x1b[m a\n    1 | xy\n      | \x1b[32m^~\x1b[m\n  \x1b[36mhelp:\x1b[m b\n"
	want := "\x1b[1mm:1:1:\x1b[m \x1b[1;31mPXL301" + tail + "\n\x1b[1mm:1:1:\x1b[m \x1b[33mPXL301 warning:" + tail
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFindingsWithoutSources(t *testing.T) {
	var b bytes.Buffer
	err := Text(&b, []transform.Finding{{Code: "C", Path: "m", Line: 1, Message: "x"}}, nil, false)
	if err != nil || b.String() != "m:1: C x\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestExcerptsAreCut(t *testing.T) {
	excerpt := func(line string, pos, end int) []string {
		var b bytes.Buffer
		f := transform.Finding{Code: "C", Path: "m", Line: 1, Column: 1, Span: ast.Span{Pos: int32(pos), End: int32(end)}, Message: "x"}
		if err := Text(&b, []transform.Finding{f}, func(string) []byte { return []byte(line) }, false); err != nil {
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
				if w := terminal.TextWidth(text, 0); w > gutter+excerptColumns+2 || len(text) > 4*(excerptColumns+gutter) || len(mark) > 4*(excerptColumns+gutter) {
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
	if at, mark := strings.Index(lines[1], "HERE"), strings.Index(lines[2], "^~~~"); terminal.TextWidth(lines[1][:at], 0) != terminal.TextWidth(lines[2][:mark], 0) {
		t.Errorf("%s\n%s", lines[1], lines[2])
	}
	whole := strings.Repeat("x", excerptColumns)
	if lines := excerpt(whole, 80, 81); lines[1] != "    1 | "+whole {
		t.Errorf("a line that fits is cut: %s", lines[1])
	}
}

// Colours come through where this package put them, and from nowhere else.
func TestCleanerKnowsItsColors(t *testing.T) {
	f := transform.Finding{Code: "PXL301", Path: "m\x1b[1m", Line: 1, Column: 1, Span: ast.Span{End: 6}, Message: "a\x1b[31mb", Help: "c\x1b[md"}
	var b bytes.Buffer
	c := terminal.NewCleaner(&b)
	if err := Text(c, []transform.Finding{f}, func(string) []byte { return []byte("x\x1b[1my ##[z]\n") }, true); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "\x1b[1mmine\n")
	want := "\x1b[1m\"m\\x1b[1m\":1:1:\x1b[m \x1b[1;31mPXL301\x1b[m a�[31mb\n    1 | x�[1my #�[z]\n      | \x1b[32m^~~~~~\x1b[m\n  \x1b[36mhelp:\x1b[m c�[md\n�[1mmine\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}

// at returns the offset of the first occurrence of what in src.
func at(src, what string) int32 {
	i := strings.Index(src, what)
	if i < 0 {
		panic("no " + what)
	}
	return int32(i)
}
