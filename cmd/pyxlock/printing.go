package main

// Printing: what goes to a terminal, into a log or to another program, and what of
// a hostile tree must not. All commands write through an emit.Cleaner; what other
// programs read goes round it, since its own format keeps it harmless.

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit"
	"pyxlock/transform"
)

// said is an error as it is printed. What follows a line break, as in the name of
// a file, does not look like a line of ours.
func said(err error) string {
	return "pyxlock: " + strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\n", "\n    ") + "\n"
}

// through returns the writer that text for programs goes to: formats that escape
// what acts, or code, byte for byte.
func through(w io.Writer) io.Writer {
	c, ok := w.(*emit.Cleaner)
	if !ok {
		return w
	}
	if c.Flush() != nil {
		return c // it returns the error again
	}
	return c.Unwrap()
}

// codeTo returns the writer for code: exact, but on a terminal.
func codeTo(w io.Writer) io.Writer {
	if isTerminal(w) {
		return w
	}
	return through(w)
}

// isLog reports whether what is written may end up in the log of a CI system, which
// shows escapes and takes some lines for commands. A file is none.
func isLog(w io.Writer) bool {
	if os.Getenv("CI") == "" && os.Getenv("GITHUB_ACTIONS") == "" && os.Getenv("TF_BUILD") == "" {
		return false
	}
	f, ok := behind(w).(*os.File)
	if !ok {
		return true
	}
	st, err := f.Stat()
	return err != nil || !st.Mode().IsRegular() && st.Mode()&fs.ModeDevice == 0
}

// patch writes a file's diff. In a file and in a pipe it is what git apply takes,
// byte for byte; on a terminal and in the log of a CI system nothing in it acts.
// Nothing is shown of a file that leads out of what the run is about.
func (n *diffNames) patch(w, stderr io.Writer, e expanded, color bool) error {
	if e.changed() && n.hides(stderr, e.path) {
		return nil
	}
	d := n.diff(e)
	if color {
		return emit.Unified(w, d, true)
	}
	to := through(w)
	if c, ok := w.(*emit.Cleaner); ok && (isTerminal(c) || isLog(to)) {
		clean := emit.NewPatchCleaner(to)
		if err := emit.Unified(clean, d, false); err != nil {
			return err
		}
		n.altered = n.altered || clean.Altered
		return clean.Flush()
	}
	return emit.Unified(to, d, false)
}

// hides says so where a file's text is not shown, and reports it.
func (n *diffNames) hides(stderr io.Writer, path string) bool {
	if n.in == nil || n.in.bounds.has(path) {
		return false
	}
	fmt.Fprintf(stderr, "pyxlock: %s leads outside of %s: its text is not shown\n", emit.Path(path), n.in.bounds.names())
	return true
}

// sources returns what reads the files of findings. Of files that lie beyond the
// bounds, by links or includes, nothing is quoted.
func sources(in *inputs) func(path string) []byte {
	known := map[string][]byte{}
	return func(path string) []byte {
		data, ok := known[path]
		if !ok {
			if in.bounds.has(path) {
				data, _ = in.disk.Read(path)
			}
			known[path] = data
		}
		return data
	}
}

// outside is what is said in place of words from a file beyond the bounds.
const outside = "(outside of the tree: its text is not shown)"

// beyond tells for many places whether they lie beyond the bounds.
func (in *inputs) beyond() func(path string) bool {
	known := map[string]bool{}
	return func(path string) bool {
		out, ok := known[path]
		if !ok {
			out = !in.bounds.has(path)
			known[path] = out
		}
		return out
	}
}

// unnamed tells for many places whether not even the names in them are told, which
// the steps of a reason hold. Modules that are cimported from elsewhere explain
// locks: of those that lie in a directory elsewhere names are told, also where it is a
// link to a directory in the tree that leads there. A link to the file itself is
// the tree's word, and what it leads to need not be a module.
func (in *inputs) unnamed() func(path string) bool {
	beyond := in.beyond()
	return func(path string) bool {
		if !beyond(path) {
			return false
		}
		ext := filepath.Ext(path)
		module := ext == ".pyx" || ext == ".pxd" || ext == ".py"
		return !module || in.bounds.has(filepath.Dir(path))
	}
}

// quotable returns findings without the words of files beyond the bounds: what is
// found there is named by its title, and a file that does not parse says so once.
func (in *inputs) quotable(list []transform.Finding) []transform.Finding {
	beyond, unnamed := in.beyond(), in.unnamed()
	titles := map[string]string{}
	for _, r := range transform.Rules() {
		titles[r.Code] = r.Title
	}
	var out []transform.Finding
	unparsed := map[string]bool{}
	for _, f := range list {
		if beyond(f.Path) {
			if f.Code == syntaxError {
				if unparsed[f.Path] {
					continue
				}
				unparsed[f.Path] = true
			}
			f.Message, f.Help, f.Fix = titles[f.Code]+" "+outside, "", nil
		}
		f.Related = quotableSteps(f.Related, unnamed)
		out = append(out, f)
	}
	return out
}

func quotableSteps(list []transform.Related, unnamed func(string) bool) []transform.Related {
	var out []transform.Related
	for _, r := range list {
		if unnamed(r.Path) {
			r.Message = outside
		}
		out = append(out, r)
	}
	return out
}

// quotableReport is quotable for all that a report says.
func (in *inputs) quotableReport(rep *transform.Report) *transform.Report {
	beyond := in.beyond()
	r := *rep
	r.Findings = in.quotable(rep.Findings)
	r.Suppressed = nil
	for _, s := range rep.Suppressed {
		if list := in.quotable([]transform.Finding{s.Finding}); beyond(s.Path) {
			s.Reason, s.Finding = "", list[0]
		} else {
			s.Finding = list[0]
		}
		r.Suppressed = append(r.Suppressed, s)
	}
	r.Summary.Exempt = nil
	for _, e := range rep.Summary.Exempt {
		if beyond(e.Path) {
			e.Name, e.Reason = "a function", outside
		}
		r.Summary.Exempt = append(r.Summary.Exempt, e)
	}
	if r.Summary.Exempt == nil {
		r.Summary.Exempt = []transform.Exemption{}
	}
	return &r
}

// printed returns a summary with the names of files as they are printed.
func printed(s transform.Summary) transform.Summary {
	s.Exempt, s.Claims = slices.Clone(s.Exempt), slices.Clone(s.Claims)
	for i := range s.Exempt {
		s.Exempt[i].Path = emit.Path(s.Exempt[i].Path)
	}
	for i := range s.Claims {
		s.Claims[i].Path = emit.Path(s.Claims[i].Path)
	}
	return s
}

// quotableReview is quotable for all that a review says.
func (in *inputs) quotableReview(r *transform.Review) {
	beyond, unnamed := in.beyond(), in.unnamed()
	r.Findings = in.quotable(r.Findings)
	var classes []transform.ClassLocks
	for _, c := range r.Classes {
		if beyond(c.Path) {
			continue
		}
		var members []transform.Member
		for _, m := range c.Members {
			if beyond(m.Path) {
				m.Name, m.Why, m.Steps, m.Others = "a member", outside, nil, nil
			}
			m.Steps = quotableSteps(m.Steps, unnamed)
			others := m.Others
			m.Others = nil
			for _, o := range others {
				o.Steps = quotableSteps(o.Steps, unnamed)
				m.Others = append(m.Others, o)
			}
			members = append(members, m)
		}
		c.Members = members
		classes = append(classes, c)
	}
	r.Classes = classes
}
