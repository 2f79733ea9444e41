package transform

// Reviewing: the expansion, the findings of a check, and for each locked class
// what its lock does to each member and why, for people who judge a change.

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

// Review is what there is to say of the locks in a set of files.
type Review struct {
	Rewrites []*Rewrite // one for each input, in the order of the inputs
	// Findings are those of Check and those that stop a rewrite, ordered.
	Findings []Finding
	// Refused holds the files of the modules that a finding stops. Their
	// rewrites are without edits: there is nothing right to write.
	Refused map[string]bool
	Stops   bool         // one of the findings stops the rewrite
	Classes []ClassLocks // by path and line
	Summary Summary
}

// ClassLocks is a locked class with its members, or what a file has of
// functions outside of locked classes that use guarded state.
type ClassLocks struct {
	Name    string // "" for the functions outside of locked classes
	Path    string
	Line    int
	Lock    Kind
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
	Steps []Related
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

func (m MemberMode) String() string { return memberModeNames[m] }

// Review looks at the modules that the inputs belong to as Check and Run do,
// with at most jobs goroutines (0: one for each CPU).
func (p *Project) Review(ctx context.Context, inputs []string, jobs int) (*Review, error) {
	rep, res, mods, err := p.check(ctx, inputs, jobs)
	if err != nil {
		return nil, err
	}
	stops := briefly(p.unsuppressed(slices.Clone(res.Findings)))
	r := &Review{Rewrites: res.Rewrites, Refused: map[string]bool{}, Summary: rep.Summary}
	r.Findings = append(stops, rep.Findings...)
	SortFindings(r.Findings)
	r.Findings = dedupe(r.Findings)
	refused := map[string]bool{}
	for _, f := range stops {
		if !f.Warning {
			refused[f.Path], r.Refused[f.Path], r.Stops = true, true, true
		}
	}
	stems, _ := p.group(inputs)
	for _, stem := range stems {
		m := p.module(stem)
		if slices.ContainsFunc(m.units, func(u *unit) bool { return refused[u.path] }) {
			for _, u := range m.units {
				r.Refused[u.path] = true
			}
		}
	}
	for i, rw := range r.Rewrites {
		if r.Refused[rw.Path] {
			r.Rewrites[i] = &Rewrite{Path: rw.Path, Src: rw.Src}
		}
	}
	r.Classes = p.classLocks(mods)
	return r, nil
}

// classLocks returns what is locked in modules, by path and line.
func (p *Project) classLocks(mods []*module) []ClassLocks {
	if p.opts.Off {
		return nil
	}
	var out []ClassLocks
	for _, m := range mods {
		if p.concerned(m.stem) {
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

// place returns where a class is defined, or else declared; nil for neither.
func (c *class) place() (*unit, *ast.ClassDef) {
	if c.def != nil {
		return c.unit, c.def
	}
	return c.pxdUnit, c.pxdDef
}

// classesOf returns the locked classes of a module, and for each of its files the
// other functions that lock something or fail to.
func (p *Project) classesOf(m *module) []ClassLocks {
	members := map[*class][]*function{}
	var rest []*function
	for _, f := range m.funcs().all {
		if f.class != nil && !f.class.extern && p.locksMembers(f.class) != nil {
			members[f.class] = append(members[f.class], f)
		} else {
			rest = append(rest, f)
		}
	}
	var out []ClassLocks
	for _, c := range m.order {
		info := p.locksMembers(c)
		u, def := c.place()
		if info == nil || c.extern || def == nil {
			continue
		}
		l := ClassLocks{Name: c.name, Path: u.path, Line: at(u.source, def.Name.Span, "", "", "").Line,
			Lock: info.kind, Guard: info.guard, Raises: info.nonblocking}
		if info.owner != c {
			l.Base = info.owner.name
		}
		l.Members = p.attributesOf(c)
		props := c.propertyOf()
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
		i, ok := files[f.unit.path]
		if !ok {
			i = len(out)
			files[f.unit.path] = i
			out = append(out, ClassLocks{Path: f.unit.path})
		}
		out[i].Members = append(out[i].Members, mb)
	}
	return out
}

// attributesOf returns the public attributes of a locked class, which become
// properties that lock.
func (p *Project) attributesOf(c *class) []Member {
	if c.def == nil || c.flags["dataclass"] {
		return nil
	}
	var out []Member
	for _, f := range c.order {
		word := "public"
		switch f.vis {
		case ast.Public:
		case ast.Readonly:
			word = "readonly"
		default:
			continue
		}
		pos := at(f.unit.source, f.decl.Range(), "", "", "")
		if f.declarator != nil {
			pos = at(f.unit.source, declaredName(f.declarator).Span, "", "", "")
		}
		mb := Member{Name: f.name, Path: f.unit.path, Line: pos.Line, Why: "a " + word + " attribute, which becomes a property"}
		out = append(out, mb)
		if f.vis == ast.Public {
			mb.Name, mb.Mode = f.name+" (set)", LocksWrite
			out = append(out, mb)
		}
	}
	return out
}

// memberOf tells of a method of a locked class; prop is the property that it is a
// part of, or "".
func (p *Project) memberOf(f *function, prop string) Member {
	mb := p.newMember(f, f.shortName(prop))
	x := p.explain(f)
	var self *Reason
	for i := range x.Holds {
		if h := &x.Holds[i]; len(f.def.Params.List) > 0 && h.Object == f.def.Params.List[0].Name.Name {
			self = h
		} else {
			mb.Others = append(mb.Others, *h)
		}
	}
	decs := p.ownLocks(f).decs
	static := implicitStatic[f.def.Name.Name] || f.mod.plainDecorator(f.def, "staticmethod") || f.mod.plainDecorator(f.def, "classmethod")
	md, locks := p.modeOf(f)
	d := exemption(f)
	switch {
	case f.mod.failed[f.def]:
		mb.Mode, mb.Why = LocksRefused, "a finding stops it"
	case d != nil:
		mb.Mode, mb.Why = LocksExempt, "exempt because "+or(d.reason(f), "(no reason)")
	case trivial(f.def) && (len(decs) > 0 || f.exposed() && !static && locks):
		mb.Mode, mb.Why = LocksNothing, "does nothing that a lock could protect"
	case len(decs) > 0 && locks:
		mb.Mode, mb.Why = modeNamed(md), "decorated"
	case len(decs) > 0:
		mb.Mode, mb.Why = LocksNot, "its decorators name other objects"
	case static:
		mb.Mode, mb.Why = LocksNot, "has no object of its own"
	case f.accessor == plain && noLockMethods[f.def.Name.Name]:
		mb.Mode, mb.Why = LocksNothing, "nobody else has the object then"
	case !f.exposed():
		mb.Mode, mb.Why = LocksNothing, "a C method: its callers hold the lock"
	case !locks:
		mb.Mode, mb.Why = LocksNothing, "inferred: touches no guarded state"
	case f.def.Name.Name == "__init__" && f.accessor == plain:
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
func (p *Project) functionOf(f *function) (Member, bool) {
	mb := p.newMember(f, f.name())
	x := p.explain(f)
	decs := p.ownLocks(f).decs
	open := slices.ContainsFunc(x.Holds, func(r Reason) bool { return r.Open })
	if len(decs) == 0 && !open {
		return mb, false
	}
	mb.Others = x.Holds
	mb.Mode, mb.Why = LocksNot, "not decorated"
	for _, d := range decs {
		switch {
		case d.name == "write_lock":
			mb.Mode, mb.Why = LocksWrite, "decorated"
		case d.name == "read_lock" && mb.Mode != LocksWrite:
			mb.Mode, mb.Why = LocksRead, "decorated"
		}
	}
	if f.mod.failed[f.def] {
		mb.Mode, mb.Why = LocksRefused, "a finding stops it"
	} else if d := exemption(f); d != nil {
		mb.Mode, mb.Why = LocksExempt, "exempt because "+or(d.reason(f), "(no reason)")
	}
	return mb, true
}

func (p *Project) newMember(f *function, name string) Member {
	pos := at(f.unit.source, f.def.Name.Span, "", "", "")
	return Member{Name: name, Path: f.unit.path, Line: pos.Line}
}

func modeNamed(m mode) MemberMode {
	if m == write {
		return LocksWrite
	}
	return LocksRead
}

// propertyOf tells which property each accessor of a class is a part of.
func (c *class) propertyOf() map[*function]string {
	out := map[*function]string{}
	for _, prop := range sortedKeys(c.own.props) {
		for _, f := range c.own.props[prop] {
			out[f] = prop
		}
	}
	return out
}

// shortName is the function's name in its class; a part of the property prop says
// which.
func (f *function) shortName(prop string) string {
	name := f.def.Name.Name
	if f.accessor == plain {
		return name
	}
	name = or(prop, name)
	switch f.accessor {
	case setter:
		return name + " (set)"
	case deleter:
		return name + " (del)"
	}
	return name
}
