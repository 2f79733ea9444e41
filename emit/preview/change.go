package preview

// What reviewers are shown of a change: the files in which something happens,
// each with its two sides, its classes and its findings. html.go and markdown.go
// write it.

import (
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit/diff"
	"pyxlock/emit/report"
	"pyxlock/transform"
)

// Change is what there is to review in a set of files.
type Change struct {
	Files   []ChangedFile // by path; those of which there is something to say
	Weaker  int           // how many locks are weaker than at Since, or gone
	Silent  int           // how many further files are compiled as they are
	Refused bool          // an error stops the rewrite
	Of      Project
	Since   string // the revision since which files have changed; "" shows all
	Tool    report.Tool
}

// Project says what a page is about.
type Project struct {
	Name     string // "" where nobody says it
	Revision string // what is checked out, or "" outside of a repository
	Edited   bool   // files of the project are not as that revision has them
}

// ChangedFile is one file of a change.
type ChangedFile struct {
	diff.Pair
	Path     string // as findings name it, with forward slashes
	Refused  bool   // errors stop its module: there is no new side
	Findings []transform.Finding
	Weaker   []transform.Weaker // what the change takes away
	Classes  []transform.ClassLocks
}

// NewChange sorts a review by files. sides are the inputs with their expansions,
// in the order of r.Rewrites; source is as for Findings; shown tells which files
// are of interest. weaker is what a change has taken away.
func NewChange(r *transform.Review, weaker []transform.Weaker, sides []diff.Pair, source func(path string) []byte, shown func(path string) bool) *Change {
	c := &Change{Refused: r.Stops, Weaker: len(weaker)}
	files := map[string]*ChangedFile{}
	file := func(path string) *ChangedFile {
		f := files[path]
		if f == nil {
			f = &ChangedFile{Path: filepath.ToSlash(path), Refused: r.Refused[path]}
			files[path] = f
		}
		return f
	}
	for _, f := range r.Findings {
		// What stops the build stops it wherever it is.
		if shown(f.Path) || r.Refused[f.Path] && !f.Warning {
			file(f.Path).Findings = append(file(f.Path).Findings, f)
		}
	}
	for _, w := range weaker {
		file(w.Path).Weaker = append(file(w.Path).Weaker, w)
	}
	for _, l := range r.Classes {
		if shown(l.Path) {
			file(l.Path).Classes = append(file(l.Path).Classes, l)
		}
	}
	for i, rw := range r.Rewrites {
		switch {
		case files[rw.Path] != nil || shown(rw.Path) && sides[i].Changed():
			file(rw.Path).Pair = sides[i]
		case shown(rw.Path):
			c.Silent++
		}
	}
	for path, f := range files {
		if f.OldPath == "" { // included by an input, and none itself
			f.Pair = diff.Pair{OldPath: f.Path, NewPath: f.Path, Old: source(path), New: source(path)}
		}
		c.Files = append(c.Files, *f)
	}
	slices.SortFunc(c.Files, func(a, b ChangedFile) int { return strings.Compare(a.Path, b.Path) })
	return c
}

// count returns the number of things to do, errors and warnings (and notes), and in how many
// places they are. What has its cause in several files is one thing to do.
func (c *Change) count() (errors, warnings, places int) {
	var all []transform.Finding
	for i := range c.Files {
		all = append(all, c.Files[i].Findings...)
	}
	errors, warnings = countOf(all)
	return errors, warnings, len(all)
}

// count returns the number of things to do in a file.
func (f *ChangedFile) count() (errors, warnings int) { return countOf(f.Findings) }

func countOf(list []transform.Finding) (errors, warnings int) {
	for _, x := range transform.Groups(list) {
		if x.Warning {
			warnings++
		} else {
			errors++
		}
	}
	return errors, warnings
}

// tally counts the members of a file's classes by mode.
func (f *ChangedFile) tally() (n [transform.LocksRefused + 1]int) {
	for _, c := range f.Classes {
		if c.Name == "" {
			continue
		}
		for _, m := range c.Members {
			n[m.Mode]++
		}
	}
	return n
}

// describe says in words what a class is locked with.
func describe(c *transform.ClassLocks) string {
	s := "lock: " + c.Words()
	if c.Base != "" {
		s += ", shared with its base " + c.Base
	}
	return transform.Brief(s)
}

// because returns a step's own words, without the function's name where that is
// the member itself.
func because(steps []transform.Related) string {
	if len(steps) == 0 {
		return ""
	}
	last := steps[len(steps)-1].Message
	if len(steps) > 1 {
		return last
	}
	_, rest, ok := strings.Cut(last, " ")
	if !ok {
		return last
	}
	return rest
}

// reasonOf says why a member has its mode, without the places.
func reasonOf(m *transform.Member) string {
	if s := because(m.Steps); s != "" {
		return m.Why + ": " + s
	}
	return m.Why
}
