package transform

// Which classes are locked, and how: a class's own decorator and what it
// inherits.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
)

// lockInfo is the lock of a class as its members see it.
type lockInfo struct {
	kind         Kind
	nonblocking  bool
	guard        string
	mustDecorate bool
	owner        *class // the outermost locked base: the mutex field is there
}

// lockOf returns the lock that guards the state of c's instances, or nil.
func (p *Project) lockOf(c *class) *lockInfo {
	info, _ := p.lockChain(c)
	return info
}

// locksMembers returns the lock that c's own methods take, or nil: c is
// decorated, or derives from a locked class and has or touches guarded state.
func (p *Project) locksMembers(c *class) *lockInfo {
	info, members := p.lockChain(c)
	if !members {
		return nil
	}
	return info
}

// chainState is what lockChain found when the project was of a generation.
type chainState struct {
	generation int
	info       *lockInfo
	members    bool
}

// lockChain returns the lock of c's instances, and whether c's own methods take it.
func (p *Project) lockChain(c *class) (info *lockInfo, members bool) {
	if c == nil {
		return nil, false
	}
	if s := c.locking.Load(); s != nil && s.generation == p.model.generation {
		return s.info, s.members
	}
	info, members = p.findLock(c)
	c.locking.Store(&chainState{p.model.generation, info, members})
	return info, members
}

func (p *Project) findLock(c *class) (info *lockInfo, members bool) {
	chain := p.ancestry(c)
	for i := len(chain) - 1; i >= 0; i-- {
		a := chain[i]
		l := a.lock
		switch {
		case l != nil && info == nil:
			info = &lockInfo{kind: l.kind, nonblocking: l.nonblocking, guard: l.guard, mustDecorate: l.mustDecorate, owner: a}
			if !l.kindSet {
				info.kind = p.opts.Lock
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
			members = len(a.order) > 0 || p.touches(a, chain[i+1:])
		}
	}
	return info, members
}

// checkBase reports a decorated subclass that asks for another lock than its base.
func (p *Project) checkBase(m *module, c *class) {
	l := c.lock
	if l == nil {
		return
	}
	b := p.base(c)
	if b == nil {
		return
	}
	inherited := p.lockOf(b)
	if inherited == nil {
		return
	}
	if l.kindSet && l.kind != inherited.kind {
		m.report(l.unit, l.dec.Range(), codeBaseLock,
			fmt.Sprintf("%s asks for lock=%q, but its base %s is locked with %q", c.name, l.kind, b.name, inherited.kind),
			"a subclass shares its base's lock: leave lock= out here, or change it on the base")
	}
	if l.guard != "" && l.guard != inherited.guard {
		m.report(l.unit, l.dec.Range(), codeBaseLock,
			fmt.Sprintf("%s asks for guard=%q, but the state that it inherits from %s is guarded otherwise", c.name, l.guard, b.name),
			"two locks for the same fields exclude nobody: put guard= on the base, or leave it out")
	}
}

// touches reports whether the body of c uses a C attribute of its bases.
func (p *Project) touches(c *class, bases []*class) bool {
	if c.def == nil {
		return false
	}
	found := false
	ast.Walk(c.def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok && !found {
			for _, b := range bases {
				if b.fields[a.Attr.Name] != nil || b.hasCMethod(a.Attr.Name) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// hasCMethod reports whether the class declares name as a cdef method, which
// takes no lock of its own.
func (c *class) hasCMethod(name string) bool {
	for _, def := range []*ast.ClassDef{c.def, c.pxdDef} {
		if def == nil {
			continue
		}
		found := false
		eachStmt(def.Body.Stmts, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.FuncDef:
				if st.Name.Name == name && isCdef(c.mod, c, st) {
					found = true
				}
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					if d.Func && !st.Cpdef && d.Name.Name == name {
						found = true
					}
				}
			}
		})
		if found {
			return true
		}
	}
	return false
}

// isCdef reports whether a function of m, a method of c where that is not nil,
// can be called from C code only.
func isCdef(m *module, c *class, f *ast.FuncDef) bool {
	if d, ok := m.declarationOf(c, f); ok && !d.decl.Cpdef {
		return true
	}
	return f.Kind == ast.Cdef || f.Kind == ast.Def && m.hasDecorator(f.Decorators, "cfunc")
}

// isNogil reports whether a function may run without the GIL.
func isNogil(m *module, c *class, f *ast.FuncDef) bool {
	if d, ok := m.declarationOf(c, f); ok && d.d.Suffix.Nogil {
		return true
	}
	for _, d := range f.Decorators {
		e := d.Expr
		if call, ok := e.(*ast.Call); ok {
			if len(call.Args) == 1 {
				if v, ok := call.Args[0].X.(*ast.Const); ok && v.Name == "False" {
					continue
				}
			}
			e = call.Fun
		}
		if m.scope.cythonAttr(e, false) == "nogil" {
			return true
		}
	}
	return f.Suffix.Nogil
}

// visible is a locked class under the name that a module knows it by.
type visible struct {
	name  string
	class *class
	info  *lockInfo
}

// visibleLocked returns the locked classes that code of m can name, without
// those whose base is among them: an instance of them is one of the base.
func (p *Project) visibleLocked(m *module, u *unit) []visible {
	out, ok := m.visible[u]
	if !ok {
		out = p.findVisible(m, u)
		m.visible[u] = out
	}
	return out
}

func (p *Project) findVisible(m *module, u *unit) []visible {
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
		for _, c := range p.module(stem).order {
			if c.pxdDef != nil {
				add(prefix+c.name, c)
			}
		}
	}
	for _, name := range sortedKeys(m.scope.names) {
		b := m.scope.names[name]
		if !sees(b.src) {
			continue
		}
		switch b.kind {
		case bindImported:
			if c := p.lookup(m, []string{name}); c != nil {
				add(name, c)
			} else {
				exported(name+".", p.find(m.stem, m.root, b.level, append(slices.Clone(b.path), b.attr)))
			}
		case bindModule:
			exported(name+".", p.find(m.stem, m.root, 0, b.path))
		}
	}
	seenStar := map[string]bool{}
	var star func(from *module, depth int)
	star = func(from *module, depth int) {
		for _, s := range from.scope.stars {
			stem := p.find(from.stem, from.root, s.level, s.path)
			if stem == "" || seenStar[stem] || depth > 8 {
				continue
			}
			seenStar[stem] = true
			exported("", stem)
			star(p.module(stem), depth+1)
		}
	}
	star(m, 0)
	var out []visible
	for _, v := range all {
		derived := false
		for _, a := range p.ancestry(v.class)[1:] {
			derived = derived || seen[a] && p.lockOf(a) != nil
		}
		if !derived {
			out = append(out, v)
		}
	}
	return out
}
