package inputs

// What is told of files: a tree may be hostile, and of those that lie beyond the
// bounds, by its links or includes, no word is quoted.

import (
	"path/filepath"
	"slices"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/transform"
)

// Sources returns what reads the files of findings. Of files that lie beyond the
// bounds, by links or includes, nothing is quoted.
func Sources(in *Set) func(path string) []byte {
	known := map[string][]byte{}
	return func(path string) []byte {
		data, ok := known[path]
		if !ok {
			if in.Bounds.Has(path) {
				data, _ = in.Disk.Read(path)
			}
			known[path] = data
		}
		return data
	}
}

// Outside is what is said in place of words from a file beyond the bounds.
const Outside = "(outside of the tree: its text is not shown)"

// Beyond tells for many places whether they lie beyond the bounds.
func (in *Set) Beyond() func(path string) bool {
	known := map[string]bool{}
	return func(path string) bool {
		out, ok := known[path]
		if !ok {
			out = !in.Bounds.Has(path)
			known[path] = out
		}
		return out
	}
}

// Unnamed tells for many places whether not even the names in them are told, which
// the steps of a reason hold. Modules that are cimported from elsewhere explain
// locks: of those that lie in a directory elsewhere names are told, also where it is a
// link to a directory in the tree that leads there. A link to the file itself is
// the tree's word, and what it leads to need not be a module.
func (in *Set) Unnamed() func(path string) bool {
	beyond := in.Beyond()
	return func(path string) bool {
		if !beyond(path) {
			return false
		}
		ext := filepath.Ext(path)
		module := ext == ".pyx" || ext == ".pxd" || ext == ".py"
		return !module || in.Bounds.Has(filepath.Dir(path))
	}
}

// Quotable returns findings without the words of files beyond the bounds: what is
// found there is named by its title, and a file that does not parse says so once.
func (in *Set) Quotable(list []transform.Finding) []transform.Finding {
	beyond, unnamed := in.Beyond(), in.Unnamed()
	titles := map[string]string{}
	for _, r := range transform.Rules() {
		titles[r.Code] = r.Title
	}
	var out []transform.Finding
	unparsed := map[string]bool{}
	for _, f := range list {
		if beyond(f.Path) {
			if f.Code == config.SyntaxError {
				if unparsed[f.Path] {
					continue
				}
				unparsed[f.Path] = true
			}
			f.Message, f.Help, f.Fix, f.Scope, f.Gist = titles[f.Code]+" "+Outside, "", nil, "", ""
		}
		f.Related = QuotableSteps(f.Related, unnamed)
		out = append(out, f)
	}
	return out
}

// QuotableSteps is Set.Quotable for the steps of a reason.
func QuotableSteps(list []transform.Related, unnamed func(string) bool) []transform.Related {
	var out []transform.Related
	for _, r := range list {
		if unnamed(r.Path) {
			r.Message = Outside
		}
		out = append(out, r)
	}
	return out
}

// QuotableExplanations is Set.Quotable for what --explain says. Of a function in a file
// beyond the bounds only the place is told.
func (in *Set) QuotableExplanations(list []transform.Explanation) []transform.Explanation {
	beyond, unnamed := in.Beyond(), in.Unnamed()
	var out []transform.Explanation
	for _, x := range list {
		holds := x.Holds
		x.Holds = nil
		if beyond(x.Path) {
			x.Name, x.Withheld = "a function "+Outside, true
		} else {
			for _, r := range holds {
				r.Steps = QuotableSteps(r.Steps, unnamed)
				x.Holds = append(x.Holds, r)
			}
		}
		out = append(out, x)
	}
	return out
}

// QuotableReport is quotable for all that a report says.
func (in *Set) QuotableReport(rep *transform.Report) *transform.Report {
	beyond := in.Beyond()
	r := *rep
	r.Findings = in.Quotable(rep.Findings)
	r.Suppressed = nil
	for _, s := range rep.Suppressed {
		if list := in.Quotable([]transform.Finding{s.Finding}); beyond(s.Path) {
			s.Reason, s.Finding = "", list[0]
		} else {
			s.Finding = list[0]
		}
		r.Suppressed = append(r.Suppressed, s)
	}
	r.Summary.Exempt = nil
	for _, e := range rep.Summary.Exempt {
		if beyond(e.Path) {
			e.Name, e.Reason = "a function", Outside
		}
		r.Summary.Exempt = append(r.Summary.Exempt, e)
	}
	if r.Summary.Exempt == nil {
		r.Summary.Exempt = []transform.Exemption{}
	}
	r.Summary.Assumed = slices.DeleteFunc(slices.Clone(rep.Summary.Assumed), func(a transform.Assumption) bool { return beyond(a.Path) })
	return &r
}

// QuotableReview is quotable for all that a review says.
func (in *Set) QuotableReview(r *transform.Review) {
	beyond, unnamed := in.Beyond(), in.Unnamed()
	r.Findings = in.Quotable(r.Findings)
	var classes []transform.ClassLocks
	for _, c := range r.Classes {
		if beyond(c.Path) {
			continue
		}
		var members []transform.Member
		for _, m := range c.Members {
			if beyond(m.Path) {
				m.Name, m.Why, m.Steps, m.Others = "a member", Outside, nil, nil
			}
			m.Steps = QuotableSteps(m.Steps, unnamed)
			others := m.Others
			m.Others = nil
			for _, o := range others {
				o.Steps = QuotableSteps(o.Steps, unnamed)
				m.Others = append(m.Others, o)
			}
			members = append(members, m)
		}
		c.Members = members
		classes = append(classes, c)
	}
	r.Classes = classes
}
