package preview

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"pyxlock/emit/diff"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

func commentOf(t *testing.T, c *Change) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rendered is a comment as GitHub's Markdown makes HTML of it.
func rendered(t *testing.T, comment string) string {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := md.Convert([]byte(comment), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdownIsOurs(t *testing.T) {
	c := spiteful()
	c.Files[0].New = append(c.Files[0].New, "\n````` ` ```\n~~~\n</details>\n"...)
	page := rendered(t, commentOf(t, c))
	ours := strings.Fields("!-- h3 h4 p strong code ul li br details summary table thead tbody tr th td pre em blockquote")
	for _, m := range regexp.MustCompile(`</?([a-zA-Z0-9!-]+)`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(ours, m[1]) {
			t.Errorf("an element that is not ours: %s", m[0])
		}
	}
	if rows, cells := strings.Count(page, "<tr>"), strings.Count(page, "<td>")+strings.Count(page, "<th>"); rows != 2 || cells != 3*rows {
		t.Errorf("%d rows with %d cells\n%s", rows, cells, page)
	}
	if open, closed := strings.Count(page, "<details"), strings.Count(page, "</details>"); open != 2 || closed != 2 {
		t.Errorf("%d details, %d ends of them", open, closed)
	}
	// GitHub mentions people and issues outside of code.
	prose := regexp.MustCompile(`(?s)<code.*?</code>|<pre.*?</pre>|<[^>]*>|&#[0-9]+;`).ReplaceAllString(page, "")
	if m := regexp.MustCompile(`[@#]\w.*`).FindString(prose); m != "" {
		t.Errorf("somebody is mentioned: %s", m)
	}
	for _, bad := range []string{"\u202e", "\x00", "\x1b"} {
		if strings.Contains(page, bad) {
			t.Errorf("the comment has %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;img src=x onerror=alert(2)&gt;") {
		t.Error("the comment does not show what the source says")
	}
}

func TestMarkdownWords(t *testing.T) {
	for in, want := range map[string]string{
		`lock it: @cython.write_lock("ring") on drain`: `lock it: <code>@cython.write\_lock(&#34;ring&#34;)</code> on drain`,
		"see #12, GH-7 and 0123abc.":                   `see <code>\#12</code>, <code>GH-7</code> and <code>0123abc</code>.`,
		"a_b *c* | d\n\n# e":                           `a\_b \*c\* \| d <code>\#</code> e`,
		"at http://x.y/z, :boom: x[0]":                 `at <code>http\://x\.y/z</code>, <code>:boom</code>: x\[0\]`,
		"plain: words, ends.":                          "plain: words, ends.",
	} {
		if got := mdText(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestMarkdownFits(t *testing.T) {
	c := &Change{}
	for i := range 40 {
		f := ChangedFile{Path: fmt.Sprintf("pkg/m%02d.pyx", i)}
		f.OldPath, f.NewPath = f.Path, f.Path
		f.Old = []byte("x\n")
		f.New = bytes.Repeat([]byte("a line of what the build will compile\n"), 10*(i+1))
		f.Classes = []transform.ClassLocks{{Name: "C", Path: f.Path, Line: 1}}
		for j := range 5 {
			f.Classes[0].Members = append(f.Classes[0].Members, transform.Member{Name: fmt.Sprintf("m%d", j), Path: f.Path, Line: j + 1, Why: "decorated"})
		}
		f.Findings = []transform.Finding{{Code: "PXL103", Path: f.Path, Line: 1, Message: "it is not locked", Warning: true}}
		c.Files = append(c.Files, f)
	}
	text := commentOf(t, c)
	if len(text) >= commentLimit || len(text) < commentLimit*3/4 {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"0 errors, 40 warnings.", "40 locked classes with members: 200 read", "> Left out, since a comment holds no more: 26 diffs (7", "_The diff of 405 lines is left out._", "<details><summary>diff: 15 lines</summary>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the comment does not say %q", want)
		}
	}
	if n := strings.Count(text, "**warning PXL103** line 1: it is not locked"); n != 40 {
		t.Errorf("%d of 40 findings", n)
	}
	if text != commentOf(t, c) {
		t.Error("another comment of the same change")
	}
	// Whatever there is, it fits.
	for i := range c.Files {
		for range 400 {
			c.Files[i].Findings = append(c.Files[i].Findings, c.Files[i].Findings[0])
			c.Files[i].Classes[0].Members = append(c.Files[i].Classes[0].Members, c.Files[i].Classes[0].Members[0])
		}
	}
	text = commentOf(t, c)
	if len(text) >= commentLimit || !strings.Contains(text, "lists of findings (") || !strings.Contains(text, "16040 warnings") {
		t.Errorf("%d bytes: %s", len(text), text[:600])
	}
	for i := range c.Files {
		for range 400 {
			c.Files[i].Weaker = append(c.Files[i].Weaker, transform.Weaker{Path: c.Files[i].Path, Line: 1, Name: "C.put", Now: "read", Was: "write"})
			c.Weaker++
		}
	}
	text = commentOf(t, c)
	if len(text) >= commentLimit || !strings.Contains(text, "and **16000 locks are weaker than at") || !regexp.MustCompile(`\n- _and 15\d\d\d more_\n`).MatchString(text) {
		t.Errorf("%d bytes: %s", len(text), text[:600])
	}
	c.Files = nil
	for i := range 3000 {
		path := fmt.Sprintf("pkg/m%04d.pyx", i)
		c.Files = append(c.Files, ChangedFile{Path: path, Pair: diff.Pair{OldPath: path, NewPath: path, Old: []byte("x\n"), New: []byte("y\n")}})
	}
	text = commentOf(t, c)
	if len(text) >= commentLimit || !regexp.MustCompile(`Left out.* \d+ files`).MatchString(text) {
		t.Errorf("%d bytes: %s", len(text), text[:600])
	}
}

// However hostile the text, a comment keeps its limit, and its fences.
func TestMarkdownOfHostileText(t *testing.T) {
	for _, line := range []string{strings.Repeat("`", 1000), strings.Repeat("`", 70000), "\r```\r</details>", "~~~\n```\n" + strings.Repeat("x", 64000), strings.Repeat("<&\"'", 9000), strings.Repeat("\x1b", 20000), strings.Repeat("::add-mask::x\n", 3000)} {
		f := ChangedFile{Path: "m.pyx", Pair: diff.Pair{OldPath: "m.pyx", NewPath: "m.pyx", Old: []byte("a\n" + line + "\n"), New: []byte("b\n" + line + "\n")}}
		for range 20 {
			f.Findings = append(f.Findings, transform.Finding{Code: "PXL101", Path: "m.pyx", Line: 1, Message: line, Help: line})
		}
		f.Classes = []transform.ClassLocks{{Name: line, Path: "m.pyx", Line: 1, Members: []transform.Member{{Name: line, Path: "m.pyx", Line: 1, Why: line}}}}
		for _, c := range []*Change{{Files: []ChangedFile{f}}, {Files: []ChangedFile{{Path: f.Path, Pair: f.Pair}}}} {
			text := commentOf(t, c)
			if len(text) >= commentLimit {
				t.Errorf("%.20q: %d bytes", line, len(text))
			}
			if text != terminal.Harmless([]byte(text)) {
				t.Errorf("%.20q: something in it acts", line)
			}
			page := rendered(t, text)
			if open, closed := strings.Count(page, "<details"), strings.Count(page, "</details>"); open != closed || open > 2 || strings.Count(page, "<pre>") != strings.Count(page, "</pre>") || strings.Count(page, "<pre>") > 1 {
				t.Errorf("%.20q: %d details, %d ends of them", line, open, closed)
			}
		}
	}
}
