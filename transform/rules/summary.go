package rules

// The summary of a check: how much it looked at, what is locked and how, who is
// exempt and why, and what speaks for and against a module's claim to need no GIL.

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// Summary says what a check looked at. Its JSON form is part of the output of
// `pyxlock check --format=json`.
type Summary struct {
	Files   int `json:"files"`   // that were given as inputs
	Lines   int `json:"lines"`   // in these files
	Classes int `json:"classes"` // extension types in their modules
	Locked  int `json:"locked"`  // of these, the ones with a lock
	Shared  int `json:"shared"`  // of these, the ones whose lock is that of their base
	Fields  int `json:"fields"`  // C attributes that the locks guard
	Methods struct {
		Read  int `json:"read"`  // members of locked classes that lock for reading
		Write int `json:"write"` // for writing
		None  int `json:"none"`  // that need no lock
	} `json:"methods"`
	Exempt []Exemption `json:"exempt"` // in the order of files and lines
	Claims []Claim     `json:"claims"` // likewise
	// Undeclared counts the modules that do not say that they need no GIL.
	Undeclared int `json:"undeclared"`
	// Assumed are C methods that are called, that other packages may override, and of
	// which no override is known. Likewise.
	Assumed []Assumption `json:"assumed"`
}

// Assumption is a C method whose overrides are taken to do no more than it does.
type Assumption struct {
	Name string `json:"name"` // "Class.method"
	Path string `json:"path"`
	Line int    `json:"line"`
}

// Exemption is a function or a class that carries no_lock.
type Exemption struct {
	Name   string `json:"name"` // "Class.method", "Class"
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Claim is a module that sets freethreading_compatible, or for which the build does.
type Claim struct {
	Path    string   `json:"path"`
	Line    int      `json:"line"`
	By      string   `json:"by"`      // who says so for the build; "" for the module itself
	For     []string `json:"for"`     // what speaks for it
	Against []string `json:"against"` // what speaks against it
}

// String returns the summary as lines for people, without a line break at its end.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "checked %s, %s, %s", finding.Plural(s.Files, "file"), finding.Plural(s.Lines, "line"), finding.Plural(s.Classes, "extension type"))
	if s.Locked > 0 {
		shared := ""
		if s.Shared > 0 {
			shared = fmt.Sprintf(", %s their base's lock,", finding.PluralOf(s.Shared, "shares", "share"))
		}
		fmt.Fprintf(&b, "\nlocked: %s%s with %s; members: %d read, %d write, %s",
			finding.PluralOf(s.Locked-s.Shared, "class", "classes"), shared, finding.Plural(s.Fields, "guarded attribute"), s.Methods.Read, s.Methods.Write, finding.PluralOf(s.Methods.None, "needs no lock", "need no lock"))
	}
	if n := len(s.Assumed); n > 0 {
		const few = 3
		fmt.Fprintf(&b, "\nassumed: overrides of %s in other packages do no more than these:", finding.Plural(n, "C method"))
		for i, a := range s.Assumed[:min(n, few)] {
			sep := ", "
			if i == 0 {
				sep = " "
			}
			b.WriteString(sep + a.Name)
		}
		if n > few {
			fmt.Fprintf(&b, " and %d more", n-few)
		}
	}
	for _, e := range s.Exempt {
		fmt.Fprintf(&b, "\nexempt: %s (%s:%d): %s", e.Name, e.Path, e.Line, e.Reason)
	}
	declared, kept, by := 0, 0, ""
	for _, c := range s.Claims {
		if c.By != "" {
			declared, by = declared+1, c.By
			if len(c.Against) == 0 {
				kept++ // the build speaks for all: only what speaks against it is of interest
				continue
			}
			fmt.Fprintf(&b, "\n%s: is declared to need no GIL", c.Path)
		} else {
			fmt.Fprintf(&b, "\n%s:%d: claims to need no GIL", c.Path, c.Line)
		}
		for _, t := range c.For {
			fmt.Fprintf(&b, "\n  for: %s", t)
		}
		for i, t := range c.Against {
			if i == maxRelated && i+1 < len(c.Against) {
				fmt.Fprintf(&b, "\n  against: %d more", len(c.Against)-i)
				break
			}
			fmt.Fprintf(&b, "\n  against: %s", t)
		}
	}
	if declared > 0 {
		fmt.Fprintf(&b, "\n%s: declares that %s no GIL; nothing contradicts it in %d", by, finding.PluralOf(declared, "module needs", "modules need"), kept)
	}
	return b.String()
}

// count adds the inputs.
func (s *Summary) count(p *project.Project, inputs []string) {
	for _, in := range inputs {
		src := p.Source(in).Src
		s.Files++
		s.Lines += bytes.Count(src, []byte{'\n'})
		if len(src) > 0 && src[len(src)-1] != '\n' {
			s.Lines++
		}
	}
}

// haveLocks counts the classes of a module that have a lock: those that are decorated, and those
// that have it from a base, as annotate counts them.
func haveLocks(locks *decorator.Locks, m *project.Module) (own, shared int) {
	for _, c := range m.Classes {
		switch {
		case c.Extern || locks.Of(c) == nil:
		case locks.Declared(c) != nil:
			own++
		default:
			shared++
		}
	}
	return own, shared
}

// tell adds what is locked in a module.
func (s *Summary) tell(p *effects.Program, m *project.Module) {
	own, shared := haveLocks(p.Locks, m)
	s.Locked += own + shared
	s.Shared += shared
	for _, c := range m.Classes {
		if !c.Extern && p.Locks.Of(c) != nil {
			s.Fields += len(c.Fields)
		}
	}
	for _, c := range m.Classes {
		if x := p.Locks.Exempted(c); x != nil {
			pos := project.FindingAt(x.Unit.Source, x.Def.Name.Span, "", "", "")
			s.Exempt = append(s.Exempt, Exemption{Name: c.Name, Path: x.Unit.Path, Line: pos.Line, Reason: x.Reason})
		}
	}
	for _, f := range p.Funcs(m).All {
		if d := decorator.Exemption(f.Mod, f.Def); d != nil {
			pos := project.FindingAt(f.Unit.Source, f.Def.Name.Span, "", "", "")
			s.Exempt = append(s.Exempt, Exemption{Name: f.Name(), Path: f.Unit.Path, Line: pos.Line, Reason: d.Reason(f.Unit.File)})
			continue
		}
		if !p.Member(f) {
			continue
		}
		switch mode, ok := p.ModeOf(f); {
		case !ok:
			s.Methods.None++
		case mode == effects.Write:
			s.Methods.Write++
		default:
			s.Methods.Read++
		}
	}
}

// assume adds the C methods that a module calls and whose overrides elsewhere
// nobody knows.
func (s *Summary) assume(p *effects.Program, m *project.Module, seen map[*effects.Function]bool) {
	for _, f := range p.Funcs(m).All {
		if p.Exempt(f) {
			continue
		}
		flow := p.FlowOf(f)
		for i := range flow.Calls {
			c := &flow.Calls[i]
			g := c.Callees[0]
			if c.On == nil || g.Class == nil || seen[g] || !p.Overrides().Overridable(c.On, g) {
				continue
			}
			seen[g] = true
			pos := project.FindingAt(g.Unit.Source, g.Def.Name.Span, "", "", "")
			s.Assumed = append(s.Assumed, Assumption{Name: g.Name(), Path: g.Unit.Path, Line: pos.Line})
		}
	}
}

func (s *Summary) sort() {
	sort.SliceStable(s.Assumed, func(i, j int) bool {
		return finding.Less(s.Assumed[i].Path, s.Assumed[i].Line, s.Assumed[j].Path, s.Assumed[j].Line)
	})
	sort.SliceStable(s.Exempt, func(i, j int) bool {
		return finding.Less(s.Exempt[i].Path, s.Exempt[i].Line, s.Exempt[j].Path, s.Exempt[j].Line)
	})
	sort.SliceStable(s.Claims, func(i, j int) bool {
		return finding.Less(s.Claims[i].Path, s.Claims[i].Line, s.Claims[j].Path, s.Claims[j].Line)
	})
}
