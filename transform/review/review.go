package review

// Reviewing: the expansion, the findings of a check, and for each locked class
// what its lock does to each member and why, for people who judge a change.

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/rules"
	"pyxlock/transform/syntax"
)

// Review is what there is to say of the locks in a set of files.
type Review struct {
	Rewrites []*edit.Rewrite // one for each input, in the order of the inputs
	// Findings are those of Check and those that stop a rewrite, ordered.
	Findings []finding.Finding
	// Refused holds the files of the modules that a finding stops. Their
	// rewrites are without edits: there is nothing right to write.
	Refused map[string]bool
	Stops   bool         // one of the findings stops the rewrite
	Classes []ClassLocks // by path and line
	Summary rules.Summary
}

// ClassLocks is a locked class with its members, or what a file has of
// functions outside of locked classes that use guarded state.
type ClassLocks struct {
	Name    string // "" for the functions outside of locked classes
	Path    string
	Line    int
	Lock    decorator.Kind
	Guard   string // the attribute whose object's lock it is; "" for its own
	Base    string // the locked class that it has the lock from; "" for itself
	Raises  bool   // blocking=False
	Members []Member
}

// order is the class's line; what is in no class comes last.
func (c *ClassLocks) order() int {
	if c.Name == "" {
		return math.MaxInt
	}
	return c.Line
}

// Member is a method, a property or a public attribute of a locked class.
type Member struct {
	Name string // "push", "size (set)"; "Class.push" or "drain" outside of locked classes
	Path string
	Line int
	Mode MemberMode
	// Why says by whose word, or for what reason.
	Why string
	// Steps lead to the line that the mode follows from, the member's own first;
	// for a decorated member to what it does.
	Steps []finding.Related
	// Others are the further objects that it uses.
	Others []Reason
}

// MemberMode is what a member does at its entry about its object's lock.
type MemberMode uint8

// The modes of a member.
const (
	LocksRead MemberMode = iota
	LocksWrite
	LocksNothing // needs no lock
	LocksExempt  // no_lock
	LocksNot     // it has no object of its own, or no lock is taken on it
	LocksRefused // a finding stops it
)

var memberModeNames = [...]string{"read", "write", "none", "exempt", "not locked", "refused"}

// String returns the mode in a word or two.
func (m MemberMode) String() string { return memberModeNames[m] }

// Review puts together what a check found in files and what a rewrite makes of
// them. stops are the findings of the rewrite that are to be reported.
func (p *Reviewer) Review(in project.Inputs, mods []*project.Module, rep *rules.Report, rewrites []*edit.Rewrite, stops []finding.Finding, off bool) *Review {
	r := &Review{Rewrites: rewrites, Refused: map[string]bool{}, Summary: rep.Summary}
	r.Findings = append(stops, rep.Findings...)
	finding.Sort(r.Findings)
	r.Findings = finding.Dedupe(r.Findings)
	refused := map[string]bool{}
	for _, f := range stops {
		if !f.Warning {
			refused[f.Path], r.Refused[f.Path], r.Stops = true, true, true
		}
	}
	for _, stem := range in.Stems {
		m := p.proj.Module(stem)
		if slices.ContainsFunc(m.Units, func(u *project.Unit) bool { return refused[u.Path] }) {
			for _, u := range m.Units {
				r.Refused[u.Path] = true
			}
		}
	}
	for i, rw := range r.Rewrites {
		if r.Refused[rw.Path] {
			r.Rewrites[i] = &edit.Rewrite{Path: rw.Path, Src: rw.Src}
		}
	}
	if !off {
		r.Classes = p.Classes(mods)
	}
	return r
}

// Classes returns what is locked in modules, by path and line.
func (p *Reviewer) Classes(mods []*project.Module) []ClassLocks {
	var out []ClassLocks
	for _, m := range mods {
		if p.locks.Concerned(m.Stem) {
			out = append(out, p.classesOf(m)...)
		}
	}
	slices.SortStableFunc(out, func(a, b ClassLocks) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.order(), b.order()), strings.Compare(a.Name, b.Name))
	})
	// A file that several modules include says the same in each.
	return slices.CompactFunc(out, func(a, b ClassLocks) bool {
		return a.Path == b.Path && a.Line == b.Line && a.Name == b.Name
	})
}

// classesOf returns the locked classes of a module, and for each of its files the
// other functions that lock something or fail to.
func (p *Reviewer) classesOf(m *project.Module) []ClassLocks {
	members := map[*project.Class][]*effects.Function{}
	var rest []*effects.Function
	for _, f := range p.prog.Funcs(m).All {
		if f.Class != nil && !f.Class.Extern && p.locks.OfMembers(f.Class) != nil {
			members[f.Class] = append(members[f.Class], f)
		} else {
			rest = append(rest, f)
		}
	}
	var out []ClassLocks
	for _, c := range m.Classes {
		info := p.locks.OfMembers(c)
		u, def := c.Place()
		if info == nil || c.Extern || def == nil {
			continue
		}
		l := ClassLocks{Name: c.Name, Path: u.Path, Line: project.FindingAt(u.Source, def.Name.Span, "", "", "").Line,
			Lock: info.Kind, Guard: info.Guard, Raises: info.Nonblocking}
		if info.Owner != c {
			l.Base = info.Owner.Name
		}
		l.Members = attributesOf(c)
		props := p.propertyOf(c)
		for _, f := range members[c] {
			l.Members = append(l.Members, p.memberOf(f, props[f]))
		}
		out = append(out, l)
	}
	files := map[string]int{}
	for _, f := range rest {
		mb, says := p.functionOf(f)
		if !says {
			continue
		}
		i, ok := files[f.Unit.Path]
		if !ok {
			i = len(out)
			files[f.Unit.Path] = i
			out = append(out, ClassLocks{Path: f.Unit.Path})
		}
		out[i].Members = append(out[i].Members, mb)
	}
	return out
}

// attributesOf returns the public attributes of a locked class, which become
// properties that lock.
func attributesOf(c *project.Class) []Member {
	if c.Def == nil || c.Flags["dataclass"] {
		return nil
	}
	var out []Member
	for _, f := range c.Fields {
		word := "public"
		switch f.Vis {
		case ast.Public:
		case ast.Readonly:
			word = "readonly"
		default:
			continue
		}
		pos := project.FindingAt(f.Unit.Source, f.Decl.Range(), "", "", "")
		if f.Declarator != nil {
			pos = project.FindingAt(f.Unit.Source, syntax.DeclaredName(f.Declarator).Span, "", "", "")
		}
		mb := Member{Name: f.Name, Path: f.Unit.Path, Line: pos.Line, Why: "a " + word + " attribute, which becomes a property"}
		out = append(out, mb)
		if f.Vis == ast.Public {
			mb.Name, mb.Mode = f.Name+" (set)", LocksWrite
			out = append(out, mb)
		}
	}
	return out
}

// memberOf tells of a method of a locked class; prop is the property that it is a
// part of, or "".
func (p *Reviewer) memberOf(f *effects.Function, prop string) Member {
	mb := p.newMember(f, shortName(f, prop))
	x := p.explain(f)
	var self *Reason
	for i := range x.Holds {
		if h := &x.Holds[i]; len(f.Def.Params.List) > 0 && h.Object == f.Def.Params.List[0].Name.Name {
			self = h
		} else {
			mb.Others = append(mb.Others, *h)
		}
	}
	decs := p.prog.OwnLocks(f).Decs
	static := library.ImplicitStatic()[f.Def.Name.Name] || f.Mod.PlainDecorator(f.Def, "staticmethod") || f.Mod.PlainDecorator(f.Def, "classmethod")
	md, locks := p.prog.ModeOf(f)
	d := decorator.Exemption(f.Mod, f.Def)
	switch {
	case p.plan.Of(f.Mod).Failed[f.Def]:
		mb.Mode, mb.Why = LocksRefused, "a finding stops it"
	case d != nil:
		mb.Mode, mb.Why = LocksExempt, "exempt because "+cmp.Or(d.Reason(f.Unit.File), "(no reason)")
	case syntax.Trivial(f.Def) && (len(decs) > 0 || f.Exposed() && !static && locks):
		mb.Mode, mb.Why = LocksNothing, "does nothing that a lock could protect"
	case len(decs) > 0 && locks:
		mb.Mode, mb.Why = modeNamed(md), "decorated"
	case len(decs) > 0:
		mb.Mode, mb.Why = LocksNot, "its decorators name other objects"
	case static:
		mb.Mode, mb.Why = LocksNot, "has no object of its own"
	case f.Accessor == effects.Plain && library.NoLockMethods()[f.Def.Name.Name]:
		mb.Mode, mb.Why = LocksNothing, "nobody else has the object then"
	case !f.Exposed():
		mb.Mode, mb.Why = LocksNothing, "a C method: its callers hold the lock"
	case !locks:
		mb.Mode, mb.Why = LocksNothing, "inferred: touches no guarded state"
	case f.Def.Name.Name == "__init__" && f.Accessor == effects.Plain:
		mb.Mode, mb.Why = LocksWrite, "it can be called again"
	default:
		mb.Mode, mb.Why = modeNamed(md), "inferred"
	}
	if self != nil && (mb.Mode == LocksRead || mb.Mode == LocksWrite) {
		mb.Steps = self.Steps
	}
	return mb
}

// functionOf tells of a function outside of locked classes, false where nothing
// is to be said of it.
func (p *Reviewer) functionOf(f *effects.Function) (Member, bool) {
	mb := p.newMember(f, f.Name())
	x := p.explain(f)
	decs := p.prog.OwnLocks(f).Decs
	open := slices.ContainsFunc(x.Holds, func(r Reason) bool { return r.Open })
	if len(decs) == 0 && !open {
		return mb, false
	}
	mb.Others = x.Holds
	mb.Mode, mb.Why = LocksNot, "not decorated"
	for _, d := range decs {
		switch {
		case d.Name == "write_lock":
			mb.Mode, mb.Why = LocksWrite, "decorated"
		case d.Name == "read_lock" && mb.Mode != LocksWrite:
			mb.Mode, mb.Why = LocksRead, "decorated"
		}
	}
	if p.plan.Of(f.Mod).Failed[f.Def] {
		mb.Mode, mb.Why = LocksRefused, "a finding stops it"
	} else if d := decorator.Exemption(f.Mod, f.Def); d != nil {
		mb.Mode, mb.Why = LocksExempt, "exempt because "+cmp.Or(d.Reason(f.Unit.File), "(no reason)")
	}
	return mb, true
}

func (p *Reviewer) newMember(f *effects.Function, name string) Member {
	pos := project.FindingAt(f.Unit.Source, f.Def.Name.Span, "", "", "")
	return Member{Name: name, Path: f.Unit.Path, Line: pos.Line}
}

func modeNamed(m effects.Mode) MemberMode {
	if m == effects.Write {
		return LocksWrite
	}
	return LocksRead
}

// propertyOf tells which property each accessor of a class is a part of.
func (p *Reviewer) propertyOf(c *project.Class) map[*effects.Function]string {
	out := map[*effects.Function]string{}
	own := p.prog.Own(c)
	for _, prop := range slices.Sorted(maps.Keys(own.Props)) {
		for _, f := range own.Props[prop] {
			out[f] = prop
		}
	}
	return out
}

// shortName is the function's name in its class; a part of the property prop says
// which.
func shortName(f *effects.Function, prop string) string {
	name := f.Def.Name.Name
	if f.Accessor == effects.Plain {
		return name
	}
	name = cmp.Or(prop, name)
	switch f.Accessor {
	case effects.Setter:
		return name + " (set)"
	case effects.Deleter:
		return name + " (del)"
	}
	return name
}
