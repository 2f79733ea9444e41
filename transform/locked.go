package transform

// Which classes are locked, and how: a class's own decorator and what it
// inherits.

import (
	"maps"
	"slices"
	"sync"
)

// lockInfo is the lock of a class as its members see it.
type lockInfo struct {
	kind         Kind
	nonblocking  bool
	guard        string
	mustDecorate bool
	owner        *class // the outermost locked base: the mutex field is there
}

// lockFacts tell which classes are locked, and which modules locks concern.
type lockFacts struct {
	proj *proj
	kind Kind // for classes that name none

	tables  *cache[*module, *lockTable]
	chains  *cache[*class, lockChain]
	visible *cache[viewpoint, []visible]
	spelled *cache[*source, bool] // see spells

	mu       sync.Mutex
	verdicts map[string]bool // see concerned
}

// lockChain is the lock of a class's instances, and whether its own methods take it.
type lockChain struct {
	info    *lockInfo
	members bool
}

// viewpoint is a file in its module.
type viewpoint struct {
	m *module
	u *unit
}

// newLockFacts returns the locks of a project. kind is for classes that name none.
func newLockFacts(p *proj, kind Kind) *lockFacts {
	l := &lockFacts{proj: p, kind: kind, verdicts: map[string]bool{}}
	l.tables = newCache(readLocks)
	l.chains = newCache(l.findLock)
	l.visible = newCache(func(v viewpoint) []visible { return l.findVisible(v.m, v.u) })
	l.spelled = newCache(func(s *source) bool { return mentions(s.src) })
	return l
}

// decl returns the lock that c itself is decorated with, or nil.
func (p *lockFacts) decl(c *class) *lockDecl { return p.tables.get(c.mod).decls[c] }

// give gives a class a lock that its source does not have.
func (p *lockFacts) give(c *class, l *lockDecl) {
	p.tables.get(c.mod).decls[c] = l
	p.chains.clear()
	p.visible.clear()
}

// spells reports whether a file names a lock decorator somewhere.
func (p *lockFacts) spells(s *source) bool { return p.spelled.get(s) }

// lockOf returns the lock that guards the state of c's instances, or nil.
func (p *lockFacts) lockOf(c *class) *lockInfo {
	info, _ := p.lockChain(c)
	return info
}

// locksMembers returns the lock that c's own methods take, or nil: c is
// decorated, or derives from a locked class and has or touches guarded state.
func (p *lockFacts) locksMembers(c *class) *lockInfo {
	info, members := p.lockChain(c)
	if !members {
		return nil
	}
	return info
}

// lockChain returns the lock of c's instances, and whether c's own methods take it.
func (p *lockFacts) lockChain(c *class) (info *lockInfo, members bool) {
	if c == nil {
		return nil, false
	}
	l := p.chains.get(c)
	return l.info, l.members
}

func (p *lockFacts) findLock(c *class) lockChain {
	var info *lockInfo
	members := false
	chain := c.ancestry()
	for i := len(chain) - 1; i >= 0; i-- {
		a := chain[i]
		l := p.decl(a)
		switch {
		case l != nil && info == nil:
			info = &lockInfo{kind: l.kind, nonblocking: l.nonblocking, guard: l.guard, mustDecorate: l.mustDecorate, owner: a}
			if !l.kindSet {
				info.kind = p.kind
			}
			members = true
		case l != nil:
			next := *info
			next.nonblocking = next.nonblocking || l.nonblocking
			next.mustDecorate = l.mustDecorate
			if l.guard != "" {
				next.guard = l.guard
			}
			info = &next
			members = true
		case info != nil:
			members = len(a.order) > 0 || a.touches(chain[i+1:])
		}
	}
	return lockChain{info, members}
}

// visible is a locked class under the name that a module knows it by.
type visible struct {
	name  string
	class *class
	info  *lockInfo
}

// visibleLocked returns the locked classes that code of m can name, without
// those whose base is among them: an instance of them is one of the base.
func (p *lockFacts) visibleLocked(m *module, u *unit) []visible {
	return p.visible.get(viewpoint{m, u})
}

func (p *lockFacts) findVisible(m *module, u *unit) []visible {
	var all []visible
	seen := map[*class]bool{}
	add := func(name string, c *class) {
		if c == nil || seen[c] {
			return
		}
		seen[c] = true
		if info := p.lockOf(c); info != nil {
			all = append(all, visible{name, c, info})
		}
	}
	sees := m.visibleFrom(u)
	for _, c := range m.order {
		if b, ok := m.scope.names[c.name]; ok && sees(b.src) {
			add(c.name, c)
		}
	}
	// Other modules' classes can be named where a .pxd declares them.
	exported := func(prefix, stem string) {
		if stem == "" {
			return
		}
		for _, c := range p.proj.module(stem).order {
			if c.pxdDef != nil {
				add(prefix+c.name, c)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.scope.names)) {
		b := m.scope.names[name]
		if !sees(b.src) {
			continue
		}
		switch b.kind {
		case bindImported:
			if c := m.lookup([]string{name}); c != nil {
				add(name, c)
			} else {
				exported(name+".", p.proj.find(m.stem, m.root, b.level, append(slices.Clone(b.path), b.attr)))
			}
		case bindModule:
			exported(name+".", p.proj.find(m.stem, m.root, 0, b.path))
		}
	}
	seenStar := map[string]bool{}
	var star func(from *module, depth int)
	star = func(from *module, depth int) {
		for _, s := range from.scope.stars {
			stem := p.proj.find(from.stem, from.root, s.level, s.path)
			if stem == "" || seenStar[stem] || depth > 8 {
				continue
			}
			seenStar[stem] = true
			exported("", stem)
			star(p.proj.module(stem), depth+1)
		}
	}
	star(m, 0)
	var out []visible
	for _, v := range all {
		derived := false
		for _, a := range v.class.ancestry()[1:] {
			derived = derived || seen[a] && p.lockOf(a) != nil
		}
		if !derived {
			out = append(out, v)
		}
	}
	return out
}
