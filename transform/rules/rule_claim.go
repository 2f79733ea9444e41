package rules

// PXL501: a module that says it needs no GIL while its classes change state
// that nothing locks.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
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

// unlockedClass is a class whose state changes once it is made, without a lock.
type unlockedClass struct {
	class *project.Class
	f     *effects.Function
	e     *effects.Effect
}

// unlocked returns the classes of the modules that have no lock, pyxlock's or
// one placed by hand, and whose state something is sure to write once the
// object is made. It looks at them as if each class had a lock of its own.
func (p *Checker) unlocked(mods []*project.Module) map[*project.Module][]unlockedClass {
	out := map[*project.Module][]unlockedClass{}
	p.prog.Assuming(func() {
		a := effects.Gather(p.prog, mods)
		for _, m := range mods {
			for _, c := range m.Classes {
				ev := a.Wrote[c]
				if ev == nil {
					ev = a.Inherited(c)
				}
				if ev == nil || ev.Effect == nil || !ev.Effect.Sure || c.Extern || p.locks.Of(c) != nil || a.ByHand(c) != nil {
					continue
				}
				out[m] = append(out[m], unlockedClass{c, ev.Func, ev.Effect})
			}
		}
		// Effects are told from their functions' summaries, which go away.
		for _, list := range out {
			for i := range list {
				steps := effects.Chain(list[i].f, list[i].e)
				list[i].e = steps[len(steps)-1].Effect
				list[i].f = steps[len(steps)-1].Func
			}
		}
	})
	return out
}

// claims reports the modules whose claim the findings and the classes speak
// against, and tells both sides in the summary.
func (p *Checker) claims(mods []*project.Module, rep *Report) []finding.Finding {
	var claiming []*project.Module
	for _, m := range mods {
		if _, _, ok := claimSpan(m); ok && !m.Broken() {
			claiming = append(claiming, m)
		}
	}
	if len(claiming) == 0 {
		return nil
	}
	// Only modules with a class that has state and no lock have to be looked at.
	var doubtful []*project.Module
	for _, m := range claiming {
		if slices.ContainsFunc(m.Classes, func(c *project.Class) bool { return !c.Extern && c.Def != nil && p.locks.Of(c) == nil && c.HasState() }) {
			doubtful = append(doubtful, m)
		}
	}
	open := map[*project.Module][]unlockedClass{}
	if len(doubtful) > 0 {
		open = p.unlocked(doubtful)
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
			pos := project.FindingAt(k.f.Unit.Source, k.e.Span, "", "", "")
			say := fmt.Sprintf("%s has no lock, and %s %s", k.class.Name, k.f.Name(), effects.Say(k.e))
			c.Against = append(c.Against, fmt.Sprintf("%s (%s:%d)", say, pos.Path, pos.Line))
			f.Related = append(f.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: say})
		}
		if len(c.Against) == 0 {
			c.For = append(c.For, "no finding, and no class whose methods change its state without a lock")
		}
		rep.Summary.Claims = append(rep.Summary.Claims, c)
		if n := len(f.Related); n > 0 {
			f.Message = fmt.Sprintf("the module says that it needs no GIL, and %s no lock", finding.PluralOf(n, "class that changes has", "classes that change have"))
			f.Help = "lock them: pyxlock annotate proposes how; or say that they must not be shared, and ignore this with that reason"
			out = append(out, f)
		}
	}
	return out
}
