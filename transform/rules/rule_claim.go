package rules

// PXL501: a module that says it needs no GIL, or of which the build says so, while its
// classes change state that nothing locks.

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// directiveLine is a comment in which Cython looks for directives.
var directiveLine = regexp.MustCompile(`(?m)^#[ \t]*cython[ \t]*:([^\r\n]*)`)

// claimant is a module that says that it needs no GIL.
type claimant struct {
	*project.Module
	u    *project.Unit
	span ast.Span // of the directive; none where the build says it
	by   string   // who says it for the build, "" for the module itself
}

// claimIn returns where a module's main file sets freethreading_compatible, in a
// comment at its top, and to what. There is none where the span is empty.
func claimIn(u *project.Unit) (span ast.Span, claims bool) {
	const word = "freethreading_compatible"
	head := u.Src
	if len(u.File.Body) > 0 {
		head = head[:u.File.Body[0].Range().Pos]
	}
	for _, l := range directiveLine.FindAllSubmatchIndex(head, -1) { // a later line replaces an earlier one
		off := l[2]
		for _, item := range strings.Split(string(head[l[2]:l[3]]), ",") {
			name, value, _ := strings.Cut(item, "=")
			if strings.TrimSpace(name) == word {
				value = strings.ToLower(strings.TrimSpace(value))
				claims = value == "true" || value == "yes"
				i := off + strings.Index(item, word)
				span = ast.Span{Pos: int32(i), End: int32(i + len(word))}
			}
			off += len(item) + 1
		}
	}
	return span, claims
}

// compiledUnit returns the main file of a module that Cython makes an extension module
// of; nil for what other modules include, for Python that nothing says Cython compiles,
// and for a .pxd alone.
func compiledUnit(m *project.Module, included map[string]bool) *project.Unit {
	if m.Broken() {
		return nil
	}
	i := slices.IndexFunc(m.Units, func(u *project.Unit) bool { return u.Role == project.RoleMain })
	if i < 0 {
		return nil
	}
	u := m.Units[i]
	pxd := slices.ContainsFunc(m.Units, func(u *project.Unit) bool { return u.InPxd() })
	if included[u.Path] || filepath.Ext(u.Path) == ".pxi" || u.File.Pure && !pxd && len(m.Scope.Cython) == 0 {
		return nil
	}
	return u
}

// claimants returns the modules that say that they need no GIL, and how many do not say
// so. What the build says counts for those that say nothing themselves: Cython prefers
// the comment.
func (p *Checker) claimants(mods []*project.Module) (claiming []claimant, silent int) {
	included := includes(mods)
	for _, m := range mods {
		u := compiledUnit(m, included)
		if u == nil {
			continue
		}
		switch span, claims := claimIn(u); {
		case claims:
			claiming = append(claiming, claimant{m, u, span, ""})
		case span == ast.Span{} && p.opts.Declared != "":
			claiming = append(claiming, claimant{m, u, span, p.opts.Declared})
		default:
			silent++
		}
	}
	return claiming, silent
}

// Declared reports the modules of a build that declares freethreading_compatible for
// them, where their classes speak against it. It is a warning: what is compiled is what
// the sources say.
func (p *Checker) Declared(in project.Inputs) []finding.Finding {
	if p.opts.Declared == "" {
		return nil
	}
	var mods []*project.Module
	for _, stem := range in.Stems {
		if slices.Contains(in.Paths, stem+".pyx") || slices.Contains(in.Paths, stem+".py") {
			if m := p.proj.Module(stem); !m.Broken() {
				mods = append(mods, m)
			}
		}
	}
	open := p.unlocked(mods)
	var out []finding.Finding
	claiming, _ := p.claimants(mods)
	for _, c := range claiming {
		if f, ok := c.unkept(open[c.Module]); ok && c.by != "" {
			f.Warning = true
			out = append(out, f)
		}
	}
	return out
}

// unkept is the finding that says that a claim is not kept; open are the classes of the
// module without a lock.
func (c *claimant) unkept(open []unlockedClass) (finding.Finding, bool) {
	f := project.FindingAt(c.u.Source, c.span, finding.Claim, "", "")
	proposed := false
	for _, k := range open {
		if k.sure {
			f.Related = append(f.Related, k.against())
			proposed = proposed || k.obstacle == nil
		}
	}
	n := len(f.Related)
	if n == 0 {
		return f, false
	}
	who := "the module says that it"
	if c.by != "" {
		who = "the build (" + c.by + ") says that the module"
		f.Line, f.Column = 0, 0       // of the whole file
		f.Cause = "the build says so" // for all modules
	}
	f.Message = fmt.Sprintf("%s needs no GIL, but %s no lock", who, finding.PluralOf(n, "mutable class has", "mutable classes have"))
	f.Help = "lock them: pyxlock annotate proposes how; or say why one needs no lock: @cython.no_lock(\"why\") on the class"
	if !proposed {
		f.Help = "annotate cannot lock them as they are: PXL504 says what to do about each; or say why one needs no lock: @cython.no_lock(\"why\") on the class"
	}
	return f, true
}

// against tells that a class speaks against a claim, and where.
func (k *unlockedClass) against() finding.Related {
	pos := k.steps[len(k.steps)-1]
	pos.Message = fmt.Sprintf("%s has no lock, and %s", k.class.Name, k.text)
	return pos
}

// claims reports the modules whose claim the findings and the classes speak
// against, and tells both sides in the summary.
func (p *Checker) claims(mods []*project.Module, open map[*project.Module][]unlockedClass, rep *Report) []finding.Finding {
	claiming, silent := p.claimants(mods)
	rep.Summary.Undeclared = silent
	if len(claiming) == 0 {
		return nil
	}
	byPath := map[string]int{}
	told := slices.Clone(rep.Findings)
	finding.Sort(told)
	for _, g := range finding.Groups(finding.Dedupe(told)) { // a file that is included may be an input of its own, too
		byPath[g.Path]++
	}
	var out []finding.Finding
	for _, m := range claiming {
		c := Claim{Path: m.u.Path, Line: project.FindingAt(m.u.Source, m.span, "", "", "").Line, By: m.by, For: []string{}, Against: []string{}}
		own, shared := haveLocks(p.locks, m.Module)
		if own > 0 {
			c.For = append(c.For, fmt.Sprintf("%s locked", finding.PluralOf(own, "class is", "classes are")))
		}
		if shared > 0 {
			c.For = append(c.For, fmt.Sprintf("%s their base's lock", finding.PluralOf(shared, "class shares", "classes share")))
		}
		others := 0
		for _, o := range m.Units {
			others += byPath[o.Path]
		}
		if others > 0 {
			c.Against = append(c.Against, fmt.Sprintf("%s in the module", finding.Plural(others, "finding")))
		}
		for _, k := range open[m.Module] { // also those that are warnings: they are to be answered, too
			r := k.against()
			c.Against = append(c.Against, fmt.Sprintf("%s (%s:%d)", r.Message, r.Path, r.Line))
		}
		if len(c.Against) == 0 {
			c.For = append(c.For, "no finding, and no class whose methods change its state without a lock")
		}
		rep.Summary.Claims = append(rep.Summary.Claims, c)
		if f, ok := m.unkept(open[m.Module]); ok {
			out = append(out, f)
		}
	}
	return out
}
