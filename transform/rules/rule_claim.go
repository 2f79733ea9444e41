package rules

// PXL501: a module that says it needs no GIL while its classes change state
// that nothing locks.

import (
	"fmt"
	"regexp"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// directiveLine is a comment in which Cython looks for directives.
var directiveLine = regexp.MustCompile(`(?m)^#[ \t]*cython[ \t]*:([^\r\n]*)`)

// claimSpan returns where a module's main file sets freethreading_compatible to
// true, in a comment at its top.
func claimSpan(m *project.Module) (*project.Unit, ast.Span, bool) {
	const word = "freethreading_compatible"
	for _, u := range m.Units {
		if u.Role != project.RoleMain {
			continue
		}
		head := u.Src
		if len(u.File.Body) > 0 {
			head = head[:u.File.Body[0].Range().Pos]
		}
		claim, span := false, ast.Span{} // a later line replaces an earlier one
		for _, l := range directiveLine.FindAllSubmatchIndex(head, -1) {
			off := l[2]
			for _, item := range strings.Split(string(head[l[2]:l[3]]), ",") {
				name, value, _ := strings.Cut(item, "=")
				if strings.TrimSpace(name) == word {
					value = strings.ToLower(strings.TrimSpace(value))
					claim = value == "true" || value == "yes"
					i := off + strings.Index(item, word)
					span = ast.Span{Pos: int32(i), End: int32(i + len(word))}
				}
				off += len(item) + 1
			}
		}
		if claim {
			return u, span, true
		}
	}
	return nil, ast.Span{}, false
}

// claimants returns the modules that say that they need no GIL.
func claimants(mods []*project.Module) []*project.Module {
	var out []*project.Module
	for _, m := range mods {
		if _, _, ok := claimSpan(m); ok && !m.Broken() {
			out = append(out, m)
		}
	}
	return out
}

// claims reports the modules whose claim the findings and the classes speak
// against, and tells both sides in the summary.
func (p *Checker) claims(mods []*project.Module, open map[*project.Module][]unlockedClass, rep *Report) []finding.Finding {
	claiming := claimants(mods)
	if len(claiming) == 0 {
		return nil
	}
	byPath := map[string]int{}
	for _, f := range rep.Findings {
		byPath[f.Path]++
	}
	var out []finding.Finding
	for _, m := range claiming {
		u, span, _ := claimSpan(m)
		f := project.FindingAt(u.Source, span, finding.Claim, "", "")
		c := Claim{Path: u.Path, Line: f.Line, For: []string{}, Against: []string{}}
		locked := 0
		for _, k := range m.Classes {
			if !k.Extern && p.locks.Of(k) != nil {
				locked++
			}
		}
		if locked > 0 {
			c.For = append(c.For, fmt.Sprintf("%s locked", finding.PluralOf(locked, "class is", "classes are")))
		}
		others := 0
		for _, o := range m.Units {
			others += byPath[o.Path]
		}
		if others > 0 {
			c.Against = append(c.Against, fmt.Sprintf("%s in the module", finding.Plural(others, "finding")))
		}
		for _, k := range open[m] {
			if !k.sure {
				continue
			}
			pos := k.steps[len(k.steps)-1]
			say := fmt.Sprintf("%s has no lock, and %s", k.class.Name, pos.Message)
			c.Against = append(c.Against, fmt.Sprintf("%s (%s:%d)", say, pos.Path, pos.Line))
			pos.Message = say
			f.Related = append(f.Related, pos)
		}
		if len(c.Against) == 0 {
			c.For = append(c.For, "no finding, and no class whose methods change its state without a lock")
		}
		rep.Summary.Claims = append(rep.Summary.Claims, c)
		if n := len(f.Related); n > 0 {
			f.Message = fmt.Sprintf("the module says that it needs no GIL, and %s no lock", finding.PluralOf(n, "class that changes has", "classes that change have"))
			f.Help = "lock them: pyxlock annotate proposes how; or say why one needs no lock: @cython.no_lock(\"why\") on the class"
			out = append(out, f)
		}
	}
	return out
}
