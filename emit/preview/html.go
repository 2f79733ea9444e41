package preview

// A change as one page for reviewers, which needs nothing from elsewhere. The
// page is in page/preview.html with its style and script; htmldiff.go writes the
// two sides.

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"

	"pyxlock/emit/report"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

var (
	//go:embed page/preview.html
	pageText string
	//go:embed page/preview.css
	pageStyle string
	//go:embed page/preview.js
	pageScript string
)

// pageTemplate is parsed where a page is made, and not at each start of the program.
func pageTemplate() *template.Template {
	return template.Must(template.New("preview").Funcs(template.FuncMap{"plural": plural, "parts": nameParts}).Parse(pageText))
}

// openFiles is how many files a page shows unfolded; openRows how many rows of
// diff a file may have for that, unless it is the only one.
const (
	openFiles = 12
	openRows  = 600
)

// HTML writes a change as one self-contained page. The same change gives the
// same bytes.
func HTML(w io.Writer, c *Change) error {
	p := &page{Change: c, CSS: template.CSS(pageStyle), JS: template.JS(pageScript), ids: map[string]int{}, shown: map[string]map[int]bool{}}
	p.Errors, p.Warnings, p.Places = c.count()
	p.CSP = "default-src 'none'; img-src data:; style-src " + hashSource(pageStyle) + "; script-src " + hashSource(pageScript) +
		"; base-uri 'none'; form-action 'none'"
	for i := range c.Files {
		p.ids[c.Files[i].Path] = i + 1
	}
	for i := range c.Files {
		p.ask(&c.Files[i])
	}
	for i := range c.Files {
		p.file(&c.Files[i])
	}
	var b bytes.Buffer
	if err := pageTemplate().Execute(&b, p); err != nil {
		return err
	}
	_, err := io.WriteString(w, terminal.Harmless(b.Bytes()))
	return err
}

// hashSource names an inline text in a content security policy.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page is what the template sees.
type page struct {
	*Change
	CSS template.CSS
	JS  template.JS
	CSP string

	Views            []fileView
	Errors, Warnings int // things to do
	Places           int // how many places these have
	Changed          int // files that change
	Classes          int
	Tally            []tally // members by mode

	ids map[string]int
	// shown are the lines that must be there, since something points at them: by
	// path, from 1.
	shown map[string]map[int]bool
}

type tally struct {
	Mode string
	N    int
}

type fileView struct {
	*ChangedFile
	ID                       string
	Name                     string
	Open                     bool
	Errors, Warnings         int
	Added, Removed, Indented int
	Tally                    []tally
	Notes                    []findingView
	Less                     []placeView // what is weaker, or gone
	Tables                   []classView
	Diff                     template.HTML
}

// findingView is one thing to do in a file.
type findingView struct {
	Code, Title, Severity string
	Place                 placeView
	Message, Help, Fix    string
	Related               []placeView
	More                  int         // related places that are not shown
	Also                  []placeView // what has the same cause
}

// placeView is a place, with a link where the page shows it.
type placeView struct {
	Text, Href, Message string
	InFile              bool // Text is a line of the file that speaks of it
}

type classView struct {
	Title, About string
	Functions    bool
	Place        placeView
	Members      []memberView
}

type memberView struct {
	Name   string
	Place  placeView
	Mode   string
	Class  string // of the mode, for the style
	Why    string
	Steps  []placeView
	Others []otherView
}

type otherView struct {
	Object, Verdict string
	Open            bool
	Steps           []placeView
}

// ask notes the lines that a file's tables and findings point at.
func (p *page) ask(f *ChangedFile) {
	need := func(path string, line int) {
		path = slashed(path)
		if _, ok := p.ids[path]; !ok || line < 1 {
			return
		}
		if p.shown[path] == nil {
			p.shown[path] = map[int]bool{}
		}
		p.shown[path][line] = true
	}
	related := func(list []transform.Related) {
		for _, r := range list {
			need(r.Path, r.Line)
		}
	}
	for _, x := range f.Findings {
		need(x.Path, x.Line)
		related(x.Related)
	}
	for _, w := range f.Weaker {
		need(w.Path, w.Line)
	}
	for _, c := range f.Classes {
		need(c.Path, c.Line)
		for _, m := range c.Members {
			need(m.Path, m.Line)
			related(m.Steps)
			for _, o := range m.Others {
				related(o.Steps)
			}
		}
	}
}

// place returns a position, named from a file.
func (p *page) place(from, path string, line, column int) placeView {
	path = slashed(path)
	v := placeView{Text: terminal.Place(path, line, column)}
	if path == from && line > 0 {
		v.Text, v.InFile = fmt.Sprintf("line %d", line), true
	}
	if p.shown[path][line] {
		v.Href = fmt.Sprintf("#f%d-%d", p.ids[path], line)
	}
	return v
}

func (p *page) steps(from string, list []transform.Related) []placeView {
	var out []placeView
	for _, r := range list {
		v := p.place(from, r.Path, r.Line, 0)
		v.Message = r.Message
		out = append(out, v)
	}
	return out
}

func (p *page) file(f *ChangedFile) {
	v := fileView{ChangedFile: f, ID: fmt.Sprintf("f%d", p.ids[f.Path]), Name: terminal.Path(f.Path)}
	v.Errors, v.Warnings = f.count()
	titles := report.Titles()
	for _, x := range transform.Groups(f.Findings) {
		n := findingView{Code: x.Code, Title: titles[x.Code], Severity: report.Severity(x.Finding), Message: x.Message, Help: x.Help,
			Place: p.place(f.Path, x.Path, x.Line, x.Column)}
		places, more := report.Places(x.Related)
		n.More = more
		for _, r := range places {
			pl := p.place(f.Path, r.Path, r.Line, r.Column)
			pl.Message = r.Message
			n.Related = append(n.Related, pl)
		}
		for _, a := range x.Also {
			pl := p.place(f.Path, a.Path, a.Line, a.Column)
			if a.Message != x.Message {
				pl.Message = x.Said(a)
			}
			n.Also = append(n.Also, pl)
		}
		if x.Fix != nil {
			n.Fix = x.Fix.Message
		}
		v.Notes = append(v.Notes, n)
	}
	for _, w := range f.Weaker {
		pl := p.place(f.Path, w.Path, w.Line, 0)
		pl.Message = w.String()
		v.Less = append(v.Less, pl)
	}
	for i := range f.Classes {
		c := &f.Classes[i]
		t := classView{Title: c.Name, Functions: c.Name == "", Place: p.place(f.Path, c.Path, c.Line, 0)}
		if !t.Functions {
			t.About = describe(c)
			p.Classes++
		}
		for j := range c.Members {
			t.Members = append(t.Members, p.member(f, &c.Members[j]))
		}
		v.Tables = append(v.Tables, t)
	}
	v.Tally = p.add(f.tally())
	d := newDiffView(f, v.ID, p.shown[f.Path])
	v.Diff = template.HTML(d.write())
	v.Added, v.Removed, v.Indented = d.added, d.removed, d.indented
	if f.Changed() {
		p.Changed++
	}
	v.Open = v.Errors > 0 || len(v.Less) > 0 || len(p.Files) == 1 || len(p.Files) <= openFiles && d.rows <= openRows
	p.Views = append(p.Views, v)
}

func (p *page) member(f *ChangedFile, m *transform.Member) memberView {
	v := memberView{Name: m.Name, Place: p.place(f.Path, m.Path, m.Line, 0), Mode: m.Mode.String(),
		Class: strings.ReplaceAll(m.Mode.String(), " ", "-"), Why: reasonOf(m), Steps: p.steps(f.Path, m.Steps)}
	for _, o := range m.Others {
		v.Others = append(v.Others, otherView{o.Object, o.Verdict, o.Open, p.steps(f.Path, o.Steps)})
	}
	return v
}

// add adds a file's members to the page's, and returns those that there are.
func (p *page) add(n [transform.LocksRefused + 1]int) []tally {
	if p.Tally == nil {
		p.Tally = make([]tally, len(n))
	}
	var out []tally
	for i, k := range n {
		mode := transform.MemberMode(i).String()
		p.Tally[i].Mode = mode
		p.Tally[i].N += k
		if k > 0 {
			out = append(out, tally{mode, k})
		}
	}
	return out
}

// plural counts things: "1 error", "2 errors".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// nameParts cuts a file's name behind its slashes: lines break there, and within a
// name only where that is wider than the page.
func nameParts(name string) []string { return strings.SplitAfter(name, "/") }

func slashed(path string) string { return filepath.ToSlash(path) }
