package rules

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
)

// files is a Loader over a map.
type files map[string]string

func (f files) Read(path string) ([]byte, error) {
	if src, ok := f[path]; ok {
		return []byte(src), nil
	}
	return nil, fs.ErrNotExist
}

func (f files) List(string) (names, _ []string) {
	for path := range f {
		names = append(names, path)
	}
	return names, nil
}

// checkerOf returns a checker of files.
func checkerOf(load project.Loader, opts Options) *Checker {
	p := project.New(load, project.Options{})
	never := func(string, string) bool { return false }
	return New(plan.New(effects.New(p, decorator.New(p, decorator.RWLock), never)), opts)
}

// find makes a finding of each place in src that spells what.
func find(p *Checker, path, code, what string) []finding.Finding {
	s := p.proj.Source(path)
	var out []finding.Finding
	for off := 0; ; off++ {
		n := bytes.Index(s.Src[off:], []byte(what))
		if n < 0 {
			return out
		}
		off += n
		out = append(out, project.FindingAt(s, ast.Span{Pos: int32(off), End: int32(off + len(what))}, code, "found "+what, ""))
	}
}

func TestSuppression(t *testing.T) {
	tests := []struct {
		name, src string
		reasons   string // of what is suppressed, each followed by "|"
		left      string // codes and lines that are reported
		fixed     string // the source after the fixes, where it differs
	}{
		{"on its line", "bad()  # pyxlock: ignore[PXL101] because\nbad()\n", "because|", "PXL101:2", ""},
		{"on the next line of code", "# pyxlock: ignore[PXL101] because\n\n# more\nbad()\nbad()\n", "because|", "PXL101:5", ""},
		{"comments add up", "# pyxlock: ignore[PXL101] one\n# pyxlock: ignore[PXL101] two\nbad()\n", "two|", "", ""},
		{"before a block", "# pyxlock: ignore[PXL101] because\nif bad():\n    bad()\n", "because|", "PXL101:3", ""},
		{"in a block", "if x:\n    # pyxlock: ignore[PXL101] because\n    bad()\n", "because|", "", ""},
		{"first line of the statement", "bad(1,  # pyxlock: ignore[PXL101] because\n  2)\n", "because|", "", ""},
		{"last line of the statement", "bad(1,\n  2)  # pyxlock: ignore[PXL101] because\n", "because|", "", ""},
		{"last line, after a backslash", "x = bad() \\\n  + 1  # pyxlock: ignore[PXL101] because\n", "because|", "", ""},
		{"last line, a string's", "x = bad, '''\n'''  # pyxlock: ignore[PXL101] because\n", "because|", "", ""},
		{"a line between", "bad(1,\n  2,  # pyxlock: ignore[PXL101] because\n  3)\n", "", "PXL101:1 PXL014:2", "bad(1,\n  2,\n  3)\n"},
		{"in a string", "bad('# pyxlock: ignore[PXL101] because')\n", "", "PXL101:1", ""},
		{"in a long string", "bad('''\n# pyxlock: ignore[PXL101] because''')\n", "", "PXL101:1", ""},
		{"in an f-string", "bad(f'{x}# pyxlock: ignore[PXL101] because')\n", "", "PXL101:1", ""},
		{"behind a string", "bad('#')  # pyxlock: ignore[PXL101] because\n", "because|", "", ""},
		{"behind another comment", "bad()  # noqa # pyxlock: ignore[PXL101] because\n", "because|", "", ""},
		{"before another comment", "bad()  # pyxlock: ignore[PXL101] see #12  # noqa: E501\n", "see #12|", "", ""},
		{"several codes", "bad(worse)  # pyxlock: ignore[PXL101, PXL401] because\n", "because|because|", "", ""},
		{"one of several", "bad()  # pyxlock: ignore[PXL101,PXL207] because\n", "because|", "PXL014:1", "bad()  # pyxlock: ignore[PXL101] because\n"},
		{"without a reason", "bad()  # pyxlock: ignore[PXL101]\n", "|", "PXL013:1", ""},
		{"a reason behind a colon", "bad()  # pyxlock: ignore[PXL101]: because\n", "because|", "", ""},
		{"without codes", "bad()  # pyxlock: ignore because\n", "", "PXL101:1 PXL013:1", ""},
		{"no code left", "bad()  # pyxlock: ignore[,] because\n", "", "PXL101:1 PXL013:1", ""},
		{"unknown and known", "bad()  # pyxlock: ignore[PXL999, PXL101] because\n", "because|", "PXL013:1", ""},
		{"windows lines", "bad()  # pyxlock: ignore[PXL101] because\r\nx  # pyxlock: ignore[PXL101] because\r\n", "because|", "PXL014:2", "bad()  # pyxlock: ignore[PXL101] because\r\nx\r\n"},
		{"mac lines", "bad()  # pyxlock: ignore[PXL101] because\rbad()\r", "because|", "PXL101:2", ""},
		{"a byte order mark", "\ufeff# pyxlock: ignore[PXL207] because\nx\n", "", "PXL014:1", "\ufeffx\n"},
		{"at the end of the file", "x\n# pyxlock: ignore[PXL207] because", "", "PXL014:2", "x\n"},
		{"alone in a block", "if x:\n    y\n    # pyxlock: ignore[PXL207] because\n    z\n", "", "PXL014:3", "if x:\n    y\n    z\n"},
		{"alone with another comment", "# pyxlock: ignore[PXL207] because  # noqa\nx\n", "", "PXL014:1", "# noqa\nx\n"},
		{"between comments", "x # a # pyxlock: ignore[PXL207] because # b\n", "", "PXL014:1", "x # a # b\n"},
		{"no comment", "bad()\n", "", "PXL101:1", ""},
		{"does not parse", "bad(  # pyxlock: ignore[PXL101] because\n", "", "PXL101:1", ""},
		{"empty", "# pyxlock: ignore[PXL101] because", "", "PXL014:1", ""},
	}
	// Codes that no rule has yet stand for real ones.
	known := map[string]string{"PXL101": finding.Nogil, "PXL401": finding.Yield}
	code := func(s string) string {
		for from, to := range known {
			s = strings.ReplaceAll(s, from, to)
		}
		return s
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := checkerOf(files{"m.pyx": code(tt.src)}, Options{})
			found := append(find(p, "m.pyx", known["PXL101"], "bad"), find(p, "m.pyx", known["PXL401"], "worse")...)
			var rep Report
			whole := []string{"m.pyx"}
			p.settle(&rep, nil, found, whole, whole)
			reasons := ""
			for _, s := range rep.Suppressed {
				reasons += s.Reason + "|"
			}
			if reasons != tt.reasons {
				t.Errorf("suppressed for %q, want %q", reasons, tt.reasons)
			}
			var left []string
			src := code(tt.src)
			for _, f := range rep.Findings {
				left = append(left, f.Code+":"+string(rune('0'+f.Line)))
				if f.Fix != nil {
					e := f.Fix.Edits[0]
					src = src[:e.Off] + e.New + src[e.End:]
				}
			}
			if got := strings.Join(left, " "); got != code(tt.left) {
				t.Errorf("left: %q, want %q", got, code(tt.left))
			}
			if tt.fixed != "" && src != code(tt.fixed) {
				t.Errorf("fixed: %q, want %q", src, code(tt.fixed))
			}
			for _, f := range p.Unsuppressed(slices.Clone(found)) {
				if !refuses(f.Code) {
					t.Errorf("%s is no refusal", f.Code)
				}
			}
			warnings := slices.Clone(found)
			for i := range warnings {
				warnings[i].Warning = true
			}
			if n := len(found) - len(p.Unsuppressed(warnings)); n != len(rep.Suppressed) {
				t.Errorf("a rewrite suppresses %d warnings, a check %d", n, len(rep.Suppressed))
			}
		})
	}
}

// Errors of the expansion stay, and are said to.
func TestRefusalsAreNotSuppressed(t *testing.T) {
	p := checkerOf(files{"m.pyx": "bad()  # pyxlock: ignore[PXL201] we know\n"}, Options{})
	found := find(p, "m.pyx", finding.Yield, "bad")
	var rep Report
	p.settle(&rep, found, nil, []string{"m.pyx"}, []string{"m.pyx"})
	if len(rep.Findings) != 2 || rep.Findings[0].Code != finding.Yield || !strings.Contains(rep.Findings[1].Message, "cannot be suppressed") {
		t.Errorf("%+v", rep.Findings)
	}
	if len(p.Unsuppressed(found)) != 1 {
		t.Error("a rewrite goes on")
	}
}

// Of an included file only its modules can tell what is of use.
func TestUnusedOnlyWhereAllLooked(t *testing.T) {
	p := checkerOf(files{"m.pxi": "x  # pyxlock: ignore[PXL201] we know\ny  # pyxlock: ignore\n"}, Options{})
	var rep Report
	p.settle(&rep, nil, nil, []string{"m.pxi"}, nil)
	if len(rep.Findings) != 1 || rep.Findings[0].Code != finding.Vague {
		t.Errorf("%+v", rep.Findings)
	}
}

func TestSelected(t *testing.T) {
	opts := Options{Selected: func(_, code string) bool { return code != finding.Yield && code != finding.Vague }}
	p := checkerOf(files{"m.pyx": "bad()  # pyxlock: ignore[PXL201, PXL202] we know\nworse() # pyxlock: ignore\n"}, opts)
	found := append(find(p, "m.pyx", finding.Yield, "bad"), find(p, "m.pyx", finding.SyntaxError, "worse")...)
	var rep Report
	p.settle(&rep, nil, found, []string{"m.pyx"}, []string{"m.pyx"})
	if len(rep.Findings) != 2 || rep.Findings[1].Code != finding.SyntaxError ||
		rep.Findings[0].Code != finding.Unused || rep.Findings[0].Fix.Edits[0].New != "PXL201" {
		t.Errorf("%+v", rep.Findings)
	}
}
