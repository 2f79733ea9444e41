package transform

// What cannot be expanded soundly, and is refused with a way out.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

// checkBody reports what a plan's lock cannot stand in the function's body.
func (p *planner) checkBody(m *module, f *fn, pl *plan, out *modulePlan) bool {
	ok := true
	fail := func(span ast.Span, code, msg, help string) {
		if ok {
			out.report(f.unit, span, code, msg, help)
		}
		ok = false
	}
	name := f.def.Name.Name
	if f.def.Async {
		fail(ast.Span{Pos: f.def.Keyword, End: f.def.Name.End}, codeYield,
			"async def "+name+" cannot hold a lock: it is suspended between its steps",
			"lock in the plain methods that it calls, and mark it @cython.no_lock(\"why\")")
	}
	if at := p.flowIn(m, f).yields; at != (ast.Span{}) {
		if f.unit.src[at.Pos] == 'y' {
			fail(at, codeYield, name+" is a generator, which would hold its lock while it is suspended",
				"write an iterator class whose __next__ locks one step, or mark it @cython.no_lock(\"why\")")
		} else {
			fail(at, codeYield, name+" awaits, which would hold its lock while it is suspended",
				"lock in the plain methods that it calls, and mark it @cython.no_lock(\"why\")")
		}
	}
	if where := p.releasesIn(m, f, pl); pl.releasesGIL && pl.kind == CriticalSection {
		fail(where, codeNogil, "releasing the GIL ends the critical section of "+name+" before its body does",
			"use lock=\"rwlock\" or lock=\"mutex\", which hold across nogil, or leave the block out of this method")
	}
	if pl.nogil {
		pl.releasesGIL = true
		if pl.kind == CriticalSection {
			fail(f.def.Name.Span, codeNogil, name+" may run without the GIL, where there are no critical sections",
				"use lock=\"rwlock\" or lock=\"mutex\", or lock in its callers")
		}
		for _, h := range pl.holds {
			if !h.typed {
				fail(f.def.Name.Span, codeNeedsGIL, fmt.Sprintf("%s runs without the GIL and cannot test what %q is", name, h.path[0]),
					"give the parameter its class as type")
			}
		}
	}
	switch pl.kind {
	case CriticalSection:
		if len(pl.holds) > 2 {
			fail(f.def.Name.Span, codeThree, fmt.Sprintf("%s locks %d objects, and a critical section takes two at most", name, len(pl.holds)),
				"use lock=\"rwlock\", which takes any number in one order, or lock fewer")
		}
	case Mutex:
		p.checkMutex(m, f, pl, fail)
	}
	return ok
}

// releasesIn sets pl.releasesGIL where the body of f releases the GIL, and
// returns the first such place.
func (p *planner) releasesIn(m *module, f *fn, pl *plan) (where ast.Span) {
	if where = p.flowIn(m, f).releases; where != (ast.Span{}) {
		pl.releasesGIL = true
	}
	return where
}

// flowIn returns the flow of a function in its place.
func (p *planner) flowIn(m *module, f *fn) *flow {
	fun := p.prog.funcs(m).byDef[f.def]
	if fun == nil { // nested
		fun = &function{mod: m, unit: f.unit, def: f.def}
	}
	return p.prog.flowOf(fun)
}

// checkMutex reports operands without a mutex field and calls that would take
// the same mutex again.
func (p *planner) checkMutex(m *module, f *fn, pl *plan, fail func(ast.Span, string, string, string)) {
	for _, h := range pl.holds {
		if h.typed && (h.class == nil || p.locks.lockOf(h.class) == nil || p.locks.lockOf(h.class).kind != Mutex) {
			fail(f.def.Name.Span, codeMutexOperand, fmt.Sprintf("%q has no mutex of its own", strings.Join(h.path, ".")),
				"give the attribute a locked class with lock=\"mutex\" as its type, or use lock=\"rwlock\", which locks any object")
		}
	}
	if f.unit.file.Pure && (len(pl.holds) > 1 || !pl.holds[0].typed) {
		fail(f.def.Name.Span, codeMutexOperand, "several mutexes cannot be ordered in pure Python mode",
			"use lock=\"rwlock\", or move the class to a .pyx")
	}
	own(f.def.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		if !ok {
			return true
		}
		x := unparen(a.X)
		if c, ok := x.(*ast.Cast); ok {
			x = unparen(c.X)
		}
		id, ok := x.(*ast.Name)
		if !ok {
			return true
		}
		for _, h := range pl.holds {
			if len(h.path) != 1 || h.path[0] != id.Name || h.class == nil {
				continue
			}
			if h.class.field(a.Attr.Name) != nil {
				continue
			}
			if who := p.lockingMember(h.class, a.Attr.Name); who != "" {
				fail(a.Span, codeReentry, fmt.Sprintf("%s uses %s.%s, which takes the mutex that it already holds", f.def.Name.Name, id.Name, a.Attr.Name),
					"a mutex cannot be taken twice: call an unlocked cdef helper, or use lock=\"rwlock\", which may be re-entered")
			}
		}
		return true
	})
	if len(pl.holds) > 0 && pl.holds[0].class != nil && len(pl.holds[0].path) == 1 {
		self := pl.holds[0].path[0]
		own(f.def.Body, func(n ast.Node) bool {
			var span ast.Span
			var method string
			switch n := n.(type) {
			case *ast.Call:
				fun, isName := n.Fun.(*ast.Name)
				if isName && len(n.Args) == 1 && isNamed(n.Args[0].X, self) {
					method, span = builtinMethods[fun.Name], n.Span
				}
			case *ast.Subscript:
				if isNamed(n.X, self) {
					span = n.Span
					switch n.Access {
					case ast.Write, ast.Aug, ast.StoreThrough:
						method = "__setitem__"
					case ast.Delete:
						method = "__delitem__"
					default:
						method = "__getitem__"
					}
				}
			case *ast.For:
				if isNamed(n.Iter, self) {
					method, span = "__iter__", n.Iter.Range()
				}
			}
			if method != "" && p.lockingMember(pl.holds[0].class, method) != "" {
				fail(span, codeReentry, fmt.Sprintf("%s calls %s of %s, which takes the mutex that it already holds", f.def.Name.Name, method, self),
					"a mutex cannot be taken twice: call an unlocked cdef helper, or use lock=\"rwlock\", which may be re-entered")
			}
			return true
		})
	}
}

// lockingMember returns the class of which name is a method or property that
// takes the object's lock, or "".
func (p *planner) lockingMember(c *class, name string) string {
	for _, a := range c.ancestry() {
		info := p.locks.locksMembers(a)
		if info == nil || a.def == nil {
			continue
		}
		found := false
		eachStmt(a.def.Body.Stmts, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.FuncDef:
				found = found || st.Name.Name == name && p.memberLocks(a, st)
			case *ast.PropertyDef:
				found = found || st.Name.Name == name
			}
		})
		if found {
			return a.name
		}
	}
	return ""
}

// memberLocks reports whether a method takes the lock at its entry.
func (p *planner) memberLocks(c *class, f *ast.FuncDef) bool {
	decs := lockDecorators(c.mod, f.Decorators)
	if slices.ContainsFunc(decs, func(d lockDec) bool { return d.name == "no_lock" }) {
		return false
	}
	if len(decs) > 0 {
		return true
	}
	n := f.Name.Name
	return !isCdef(c.mod, c, f) && !noLockMethods[n] && !implicitStatic[n] &&
		!c.mod.plainDecorator(f, "staticmethod") && !c.mod.plainDecorator(f, "classmethod")
}

// checkClass reports a locked class that its lock cannot serve.
func (p *planner) checkClass(m *module, c *class) {
	out := p.of(m)
	p.checkBase(c, out)
	l := p.locks.decl(c)
	if l == nil {
		return
	}
	info := p.locks.lockOf(c)
	if l.nonblocking && info.kind != RWLock {
		out.report(l.unit, l.dec.Range(), codeNonblocking,
			fmt.Sprintf("blocking=False with lock=%q, which can only wait", info.kind), "use lock=\"rwlock\", or leave blocking out")
	}
	if l.guard != "" && c.field(l.guard) == nil {
		out.report(l.unit, l.dec.Range(), codeParameter,
			fmt.Sprintf("%s has no C attribute %q to be its guard", c.name, l.guard),
			"declare it in the class (cdef object "+l.guard+"), or name another")
	}
	if info.kind == Mutex && l.guard != "" {
		if fd := c.field(l.guard); fd != nil {
			g := fd.fieldClass()
			if g == nil || p.locks.lockOf(g) == nil || p.locks.lockOf(g).kind != Mutex {
				out.report(l.unit, l.dec.Range(), codeMutexOperand, fmt.Sprintf("the guard %q has no mutex of its own", l.guard),
					"declare it with a locked class with lock=\"mutex\" as its type, or use lock=\"rwlock\", which locks any object")
			}
		}
	}
	if info.kind != Mutex || info.owner != c || info.guard != "" {
		return
	}
	switch {
	case c.extern:
		out.report(l.unit, l.dec.Range(), codeField, fmt.Sprintf("%s is declared extern: its struct has no room for a mutex", c.name),
			"use lock=\"rwlock\" or lock=\"critical_section\", which need no field")
	case c.flags["dataclass"]:
		out.report(l.unit, l.dec.Range(), codeField, fmt.Sprintf("%s is a dataclass, whose fields must be Python objects", c.name),
			"use lock=\"rwlock\" or lock=\"critical_section\", which need no field")
	case c.autoPickles():
		out.report(l.unit, l.dec.Range(), codePickle,
			fmt.Sprintf("a mutex field would end pickling and copy.copy() of %s, which Cython provides now", c.name),
			"use lock=\"rwlock\", which adds no field, or write __reduce__, or say @cython.auto_pickle(False)")
	}
}

// checkBase reports a decorated subclass that asks for another lock than its base.
func (p *planner) checkBase(c *class, out *modulePlan) {
	l := p.locks.decl(c)
	if l == nil {
		return
	}
	b := c.base()
	if b == nil {
		return
	}
	inherited := p.locks.lockOf(b)
	if inherited == nil {
		return
	}
	if l.kindSet && l.kind != inherited.kind {
		out.report(l.unit, l.dec.Range(), codeBaseLock,
			fmt.Sprintf("%s asks for lock=%q, but its base %s is locked with %q", c.name, l.kind, b.name, inherited.kind),
			"a subclass shares its base's lock: leave lock= out here, or change it on the base")
	}
	if l.guard != "" && l.guard != inherited.guard {
		out.report(l.unit, l.dec.Range(), codeBaseLock,
			fmt.Sprintf("%s asks for guard=%q, but the state that it inherits from %s is guarded otherwise", c.name, l.guard, b.name),
			"two locks for the same fields exclude nobody: put guard= on the base, or leave it out")
	}
}
