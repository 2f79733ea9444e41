package review

// What a change takes away: classes and members that were locked, and are not
// any more, or less. Nothing else would show them: where nothing is locked there
// is nothing to expand, and nothing to find.

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/transform/project"
)

// Weaker is a lock that was there, or was another one.
type Weaker struct {
	Path     string // where the class or the function is now
	Line     int
	Name     string // "class C", "C.push", "drain"
	Now, Was string // "no lock any more", "read", "mutex"
}

// String says what is weaker, and what it was.
func (w Weaker) String() string { return fmt.Sprintf("%s: %s (was %s)", w.Name, w.Now, w.Was) }

// symbol is what a class or a function is called, whichever file of its module
// says so.
type symbol struct{ stem, name string }

func symbolOf(path, name string) symbol {
	return symbol{strings.TrimSuffix(path, filepath.Ext(path)), name}
}

// present is what there is now, locked or not.
type present struct {
	declared map[symbol]Weaker // with Path and Line only
	locked   map[symbol]*ClassLocks
	modes    map[symbol]*Member
}

// find returns the symbol itself or, where its module has it no more, the only
// one of that name that was not there before: its file has another name now.
func (n *present) find(s symbol, before map[symbol]bool) (symbol, bool) {
	if _, ok := n.declared[s]; ok {
		return s, true
	}
	var found []symbol
	for d := range n.declared {
		if d.name == s.name && !before[d] {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return s, false
	}
	return found[0], true
}

// Weaker returns the locks that were and are not any more, or are weaker now in
// modules. What is gone altogether needs no lock, and is not among them.
func (p *Reviewer) Weaker(mods []*project.Module, was, classes []ClassLocks) []Weaker {
	now := &present{declared: map[symbol]Weaker{}, locked: map[symbol]*ClassLocks{}, modes: map[symbol]*Member{}}
	for _, m := range mods {
		for _, c := range m.Classes {
			if u, def := c.Place(); def != nil && !c.Extern {
				now.declared[symbolOf(u.Path, "class "+c.Name)] = Weaker{Path: u.Path, Line: project.FindingAt(u.Source, def.Name.Span, "", "", "").Line}
			}
		}
		for _, f := range p.prog.Funcs(m).All {
			mb := p.newMember(f, f.Name())
			now.declared[symbolOf(mb.Path, f.Name())] = Weaker{Path: mb.Path, Line: mb.Line}
		}
	}
	for i := range classes {
		c := &classes[i]
		if c.Name != "" {
			now.locked[symbolOf(c.Path, "class "+c.Name)] = c
		}
		for j := range c.Members {
			now.modes[symbolOf(c.Path, c.qualified(&c.Members[j]))] = &c.Members[j]
		}
	}
	before := map[symbol]bool{}
	for i := range was {
		c := &was[i]
		before[symbolOf(c.Path, "class "+c.Name)] = true
		for j := range c.Members {
			before[symbolOf(c.Path, c.qualified(&c.Members[j]))] = true
		}
	}
	var out []Weaker
	for i := range was {
		out = append(out, now.weaker(&was[i], before)...)
	}
	slices.SortStableFunc(out, func(a, b Weaker) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return out
}

// weaker compares a class, or the functions of a file, with what there is now.
func (n *present) weaker(was *ClassLocks, before map[symbol]bool) []Weaker {
	var out []Weaker
	say := func(at Weaker, name, now, before string) {
		at.Name, at.Now, at.Was = name, now, before
		out = append(out, at)
	}
	stem := "" // of the module that has the class now
	if was.Name != "" {
		s, ok := n.find(symbolOf(was.Path, "class "+was.Name), before)
		if !ok {
			return nil
		}
		c := n.locked[s]
		if c == nil {
			say(n.declared[s], s.name, "no lock any more", was.Words())
			return out
		}
		if c.Words() != was.Words() {
			say(n.declared[s], s.name, c.Words(), was.Words())
		}
		stem = s.stem
	}
	for i := range was.Members {
		m := &was.Members[i]
		if m.Mode != LocksRead && m.Mode != LocksWrite {
			continue
		}
		s := symbolOf(was.Path, was.qualified(m))
		if was.Name == "" {
			var ok bool
			if s, ok = n.find(s, before); !ok {
				continue
			}
		} else {
			s.stem = stem
		}
		x := n.modes[s]
		switch {
		case x == nil && was.Name == "":
			say(n.declared[s], s.name, LocksNot.String(), m.Mode.String())
		case x == nil, x.Mode == m.Mode, x.Mode == LocksWrite, x.Mode == LocksRefused:
		default:
			say(Weaker{Path: x.Path, Line: x.Line}, s.name, x.Mode.String(), m.Mode.String())
		}
	}
	return out
}

// qualified is a member's name with its class.
func (c *ClassLocks) qualified(m *Member) string {
	if c.Name == "" {
		return m.Name
	}
	return c.Name + "." + m.Name
}

// Words says what a class is locked with: "mutex, that of its owner".
func (c *ClassLocks) Words() string {
	s := c.Lock.String()
	if c.Guard != "" {
		s += ", that of its " + c.Guard
	}
	if c.Raises {
		s += ", raises instead of waiting"
	}
	return s
}
