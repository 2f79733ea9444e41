package preview

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pyxlock/emit/diff"
	"pyxlock/emit/report"
	"pyxlock/transform"
)

// spite is text that would be markup, script or style wherever one of them is
// not escaped.
const spite = "</script></style></title></td></pre><script>alert(1)</script><img src=x onerror=alert(2)> \"'` {{.}} --> ]]> | @everyone #1 \u202e\x00\x1b[31m javascript:alert(3) &lt; \\"

// spiteful is a change of which every text is spite.
func spiteful() *Change {
	related := []transform.Related{{Path: spite, Line: 1, Column: 1, Message: spite}, {Path: "other", Line: 1, Message: spite}}
	source := []byte("@" + spite + "\n\tdef f(" + spite + "): '''" + spite + "\n" + spite + "'''\n")
	return &Change{
		Tool:    report.Tool{Name: "pyxlock", Version: "0"},
		Of:      Project{Name: spite, Revision: spite, Edited: true},
		Since:   spite,
		Refused: true,
		Weaker:  1,
		Files: []ChangedFile{{
			Path: spite,
			Pair: diff.Pair{OldPath: spite, NewPath: spite, Old: source, New: append([]byte("# "+spite+"\n"), source...)},
			Findings: []transform.Finding{
				{Code: "PXL101", Path: spite, Line: 1, Column: 1, Message: spite, Help: spite, Related: related, Fix: &transform.Fix{Message: spite}},
				{Code: "PXL103", Path: spite, Line: 2, Column: 1, Message: spite, Warning: true},
			},
			Weaker: []transform.Weaker{{Path: spite, Line: 1, Name: spite, Now: spite, Was: spite}},
			Classes: []transform.ClassLocks{{Name: spite, Path: spite, Line: 1, Guard: spite, Base: spite, Members: []transform.Member{
				{Name: spite, Path: spite, Line: 1, Mode: transform.LocksExempt, Why: spite, Steps: related,
					Others: []transform.Reason{{Object: spite, Verdict: spite, Open: true, Steps: related}}},
			}}},
		}},
	}
}

func pageOf(t *testing.T, c *Change) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tag = regexp.MustCompile(`</?([a-zA-Z0-9!]+)([^>]*)>`)

func TestHTMLIsOurs(t *testing.T) {
	text := pageOf(t, spiteful())
	// What stands in the page as ours is the same as in a page without spite.
	ours := strings.Fields("!doctype html head meta title link style body a header h1 p main section h2 dl div dt dd table thead tr th tbody td details summary b code ul li h3 h4 span caption strong i ins del button label input kbd footer script")
	body := strings.ReplaceAll(strings.ReplaceAll(text, pageStyle, ""), pageScript, "")
	for _, m := range tag.FindAllStringSubmatch(body, -1) {
		if !slices.Contains(ours, strings.ToLower(m[1])) {
			t.Errorf("an element that is not ours: %s", m[0])
		}
		if regexp.MustCompile(`\son[a-z]+=`).MatchString(m[2]) {
			t.Errorf("a handler: %s", m[0])
		}
		if to := regexp.MustCompile(`(?:href|src)="?([^" >]*)`).FindStringSubmatch(m[2]); to != nil && !strings.HasPrefix(to[1], "#") && to[1] != "data:," {
			t.Errorf("a link to elsewhere: %s", m[0])
		}
	}
	if n := strings.Count(strings.ToLower(body), "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	for _, bad := range []string{"\u202e", "\x00", "\x1b", "alert(1)</script>", "<img"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !strings.Contains(body, "&lt;img src=x onerror=alert(2)&gt;") {
		t.Error("the page does not show what the source says")
	}
}

// Each link in a page leads somewhere in it, and no place has two names.
func TestHTMLLinksLead(t *testing.T) {
	var src bytes.Buffer
	for i := range 400 {
		fmt.Fprintf(&src, "x = %d\n", i)
	}
	f := ChangedFile{Path: "m.pyx", Pair: diff.Pair{OldPath: "m.pyx", NewPath: "m.pyx", Old: src.Bytes(), New: append([]byte("import x\n"), src.Bytes()...)}}
	for _, line := range []int{1, 100, 101, 250, 400} {
		f.Findings = append(f.Findings, transform.Finding{Code: "PXL103", Path: "m.pyx", Line: line, Message: "it", Warning: true,
			Related: []transform.Related{{Path: "m.pyx", Line: line + 7, Message: "there"}, {Path: "elsewhere.pyx", Line: 3, Message: "no link"}}})
	}
	text := pageOf(t, &Change{Files: []ChangedFile{f}})
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(`\sid="?([^" >]+)`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("two places are called %s", m[1])
		}
	}
	links := 0
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(text, -1) {
		links++
		if ids[m[1]] == 0 && m[1] != "f1-407" { // no such line
			t.Errorf("no place is called %s", m[1])
		}
	}
	if links < 11 {
		t.Errorf("%d links", links)
	}
	if rows := strings.Count(text, "<tr>") + strings.Count(text, "<tr class="); rows > 120 {
		t.Errorf("%d rows: unchanged lines are not left out", rows)
	}
	if !regexp.MustCompile(`⋯ \d\d unchanged lines`).MatchString(text) {
		t.Error("the page does not say what it leaves out")
	}
}

// Findings with one cause are one thing to do, wherever they are, and count once.
func TestFindingsOfOneCause(t *testing.T) {
	at := func(path string, line int, cause, message string) transform.Finding {
		return transform.Finding{Code: "PXL106", Path: path, Line: line, Column: 1, Message: message, Help: "do it", Warning: true, Cause: cause}
	}
	src := []byte("1\n2\n3\n4\n5\n")
	file := func(path string, list ...transform.Finding) ChangedFile {
		return ChangedFile{Path: path, Pair: diff.Pair{OldPath: path, NewPath: path, Old: src, New: src}, Findings: list}
	}
	c := &Change{Files: []ChangedFile{
		file("a.pyx", at("a.pyx", 1, "x", "it"), at("a.pyx", 2, "", "it"), at("a.pyx", 3, "x", "it"), at("a.pyx", 5, "x", "more")),
		file("b.pyx", at("b.pyx", 4, "x", "it")),
	}}
	text := pageOf(t, c)
	for want, n := range map[string]int{
		"0 errors, 2 warnings</title>":         1,
		`<li class="warning" tabindex="-1">`:   3,
		`<p>The same in 2 further places:</p>`: 1,
		`<ul class="also"><li><a href="#f1-3">line 3</a></li><li><a href="#f1-5">line 5</a>: more</li></ul>`: 1,
	} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%d times %s, not %d", got, want, n)
		}
	}
	comment := commentOf(t, c)
	if want := "line 1: it<br>also line 3<br>also line 5: more<br>help: do it\n"; !strings.Contains(comment, want) || !strings.Contains(comment, "0 errors, 2 warnings") {
		t.Errorf("no %q in\n%s", want, comment)
	}
}

// A line that many tokens share, or one token that goes over many, comes out as it is.
func TestHTMLCode(t *testing.T) {
	f := &ChangedFile{Path: "m.pyx", Pair: diff.Pair{Old: []byte("s = '''a\n# b\n'''  # c\rdef f(): return 1\r\nlast"), New: []byte("s = '''a\n# b\n'''  # c\rdef f(): return 22\r\nlast\n")}}
	d := newDiffView(f, "f1", nil)
	got := regexp.MustCompile(`</?(?:del|ins|tr|td|span)[^>]*>`).ReplaceAllString(d.write(), "|")
	for _, want := range []string{
		"|1|s = <i class=s>&#39;&#39;&#39;a</i>|", "|2|<i class=s># b</i>|", "|3|<i class=s>&#39;&#39;&#39;</i>  <i class=m># c</i>|",
		"|4|<i class=k>def</i> <i class=f>f</i>(): <i class=k>return</i> |<i class=n>1</i>|", "|<i class=n>22</i>|", "|5|last| (no newline at end of file)|",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestHTMLLongLine(t *testing.T) {
	long := "x = '" + strings.Repeat("é", 5000) + "'\n"
	text := pageOf(t, &Change{Files: []ChangedFile{{Path: "m.pyx", Pair: diff.Pair{OldPath: "m.pyx", NewPath: "m.pyx", Old: []byte(long), New: []byte("y" + long)}}}})
	if n := strings.Count(text, "é"); n < 1900 || n > 2000 || !strings.Contains(text, "more bytes)") {
		t.Errorf("%d of 10000 letters are shown", n)
	}
	if strings.ContainsRune(text, '\ufffd') {
		t.Error("a letter is cut in two")
	}
}

func BenchmarkHTML(b *testing.B) {
	for _, n := range []int{500, 5000} {
		b.Run(fmt.Sprint(n, " classes"), func(b *testing.B) {
			old, new := manyClasses(n)
			c := &Change{Files: []ChangedFile{{Path: "m.pyx", Pair: diff.Pair{OldPath: "m.pyx", NewPath: "m.pyx", Old: old, New: new}}}}
			for i := range n {
				c.Files[0].Classes = append(c.Files[0].Classes, transform.ClassLocks{Name: fmt.Sprint("C", i), Path: "m.pyx", Line: 6*i + 2,
					Members: []transform.Member{{Name: "f", Path: "m.pyx", Line: 6*i + 4, Why: "inferred"}}})
			}
			b.SetBytes(int64(len(old))) // the MB/s stay the same
			for b.Loop() {
				if err := HTML(&bytes.Buffer{}, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// manyClasses is a source of n locked classes and its expansion.
func manyClasses(n int) (old, new []byte) {
	var a, b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&a, "@cython.locked_class\ncdef class C%d:\n    cdef int n\n    def f(self):\n        self.n += 1\n\n", i)
		fmt.Fprintf(&b, "cdef class C%d:\n    cdef int n\n    cdef pyxlock.Lock lock\n    def f(self):\n        with self.lock:\n            self.n += 1\n\n", i)
	}
	return a.Bytes(), b.Bytes()
}
