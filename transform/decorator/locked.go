package decorator

// Which classes are locked, and how: a class's own decorator and what it
// inherits.

import (
	"maps"
	"slices"
	"sync"

	"pyxlock/transform/cache"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// Info is the lock of a class as its members see it.
type Info struct {
	Kind         Kind
	Nonblocking  bool
	Guard        string
	MustDecorate bool
	Owner        *project.Class // the outermost locked base: the mutex field is there
}

// Locks tell which classes are locked, and which modules locks concern.
type Locks struct {
	proj *project.Project
	Kind Kind // for classes that name none

	tables  *cache.Numbered[*project.Module, *Table]
	chains  *cache.Numbered[*project.Class, lockChain]
	visible *cache.Cache[viewpoint, []Visible]
	spelled *cache.Cache[*project.Source, bool] // see spells

	mu       sync.Mutex
	verdicts map[string]bool // see concerned
}

// lockChain is the lock of a class's instances, and whether its own methods take it.
type lockChain struct {
	info    *Info
	members bool
}

// viewpoint is a file in its module.
type viewpoint struct {
	m *project.Module
	u *project.Unit
}

// New returns the locks of a project. kind is for classes that name none.
func New(p *project.Project, kind Kind) *Locks {
	l := &Locks{proj: p, Kind: kind, verdicts: map[string]bool{}}
	l.tables = cache.NewNumbered(readLocks)
	l.chains = cache.NewNumbered(l.findLock)
	l.visible = cache.New(func(v viewpoint) []Visible { return l.FindVisible(v.m, v.u) })
	l.spelled = cache.New(func(s *project.Source) bool { return mentions(s.Src) })
	return l
}

// Findings returns what is wrong with the lock decorators on a module's classes.
func (p *Locks) Findings(m *project.Module) []finding.Finding { return p.tables.Get(m).Findings }

// Declared returns the lock that c itself is decorated with, or nil.
func (p *Locks) Declared(c *project.Class) *ClassLock { return p.tables.Get(c.Mod).decls[c] }

// Marked reports whether a class is one of an output: its members have their locks.
func (p *Locks) Marked(c *project.Class) bool { return p.tables.Get(c.Mod).marked[c] != nil }

// Exempted returns the no_lock that c itself is decorated with, or nil. It says that
// a person answers for the class's state, and not that its base needs no lock.
func (p *Locks) Exempted(c *project.Class) *ClassExemption { return p.tables.Get(c.Mod).exempt[c] }

// Give gives a class a lock that its source does not have.
func (p *Locks) Give(c *project.Class, l *ClassLock) {
	p.tables.Get(c.Mod).decls[c] = l
	p.chains.Clear()
	p.visible.Clear()
}

// Spells reports whether a file names a lock decorator somewhere.
func (p *Locks) Spells(s *project.Source) bool { return p.spelled.Get(s) }

// Of returns the lock that guards the state of c's instances, or nil.
func (p *Locks) Of(c *project.Class) *Info {
	info, _ := p.lockChain(c)
	return info
}

// Shared returns the class whose lock guards the objects of a class, which has one: the
// outermost base that has it, of the object that its guard leads to.
func (p *Locks) Shared(c *project.Class) *project.Class {
	in := p.Of(c)
	for range 4 {
		fd := c.Field(in.Guard)
		if fd == nil || p.Of(fd.Class()) == nil {
			break
		}
		c = fd.Class()
		in = p.Of(c)
	}
	return in.Owner
}

// OfMembers returns the lock that c's own methods are to take, or nil: c is
// decorated, or derives from a locked class and has or touches guarded state. Those of a
// marked class take it already.
func (p *Locks) OfMembers(c *project.Class) *Info {
	info, members := p.lockChain(c)
	if !members {
		return nil
	}
	return info
}

// lockChain returns the lock of c's instances, and whether c's own methods take it.
func (p *Locks) lockChain(c *project.Class) (info *Info, members bool) {
	if c == nil {
		return nil, false
	}
	l := p.chains.Get(c)
	return l.info, l.members
}

func (p *Locks) findLock(c *project.Class) lockChain {
	var info *Info
	members := false
	chain := c.Ancestry()
	for i := len(chain) - 1; i >= 0; i-- {
		a := chain[i]
		l := p.Declared(a)
		if l == nil {
			l = p.tables.Get(a.Mod).marked[a]
		}
		switch {
		case l != nil && info == nil:
			info = &Info{Kind: l.Kind, Nonblocking: l.Nonblocking, Guard: l.Guard, MustDecorate: l.mustDecorate, Owner: a}
			if !l.KindSet {
				info.Kind = p.Kind
			}
			members = true
		case l != nil:
			next := *info
			next.Nonblocking = next.Nonblocking || l.Nonblocking
			next.MustDecorate = l.mustDecorate
			if l.Guard != "" {
				next.Guard = l.Guard
			}
			info = &next
			members = true
		case info != nil:
			members = len(a.Fields) > 0 || a.Touches(chain[i+1:])
		}
	}
	return lockChain{info, members && !p.Marked(c)}
}

// Visible is a locked class under the name that a module knows it by.
type Visible struct {
	Name  string
	Class *project.Class
	Info  *Info
}

// VisibleFrom returns the locked classes that code of m can name, without
// those whose base is among them: an instance of them is one of the base.
func (p *Locks) VisibleFrom(m *project.Module, u *project.Unit) []Visible {
	return p.visible.Get(viewpoint{m, u})
}

// FindVisible is VisibleFrom by the locks that there are now.
func (p *Locks) FindVisible(m *project.Module, u *project.Unit) []Visible {
	var all []Visible
	seen := map[*project.Class]bool{}
	add := func(name string, c *project.Class) {
		if c == nil || seen[c] {
			return
		}
		seen[c] = true
		if info := p.Of(c); info != nil {
			all = append(all, Visible{name, c, info})
		}
	}
	sees := m.VisibleFrom(u)
	for _, c := range m.Classes {
		if b, ok := m.Scope.Names[c.Name]; ok && sees(b.Src) {
			add(c.Name, c)
		}
	}
	// Other modules' classes can be named where a .pxd declares them.
	exported := func(prefix, stem string) {
		if stem == "" {
			return
		}
		for _, c := range p.proj.Module(stem).Classes {
			if c.PxdDef != nil {
				add(prefix+c.Name, c)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Scope.Names)) {
		b := m.Scope.Names[name]
		if !sees(b.Src) {
			continue
		}
		switch b.Kind {
		case project.BindImported:
			if c := m.Lookup([]string{name}); c != nil {
				add(name, c)
			} else {
				exported(name+".", p.proj.Find(m.Stem, m.Root, b.Level, append(slices.Clone(b.Path), b.Attr)))
			}
		case project.BindModule:
			exported(name+".", p.proj.Find(m.Stem, m.Root, 0, b.Path))
		}
	}
	seenStar := map[string]bool{}
	var star func(from *project.Module, depth int)
	star = func(from *project.Module, depth int) {
		for _, s := range from.Scope.Stars {
			stem := p.proj.Find(from.Stem, from.Root, s.Level, s.Path)
			if stem == "" || seenStar[stem] || depth > 8 {
				continue
			}
			seenStar[stem] = true
			exported("", stem)
			star(p.proj.Module(stem), depth+1)
		}
	}
	star(m, 0)
	var out []Visible
	for _, v := range all {
		derived := false
		for _, a := range v.Class.Ancestry()[1:] {
			derived = derived || seen[a] && p.Of(a) != nil
		}
		if !derived {
			out = append(out, v)
		}
	}
	return out
}
