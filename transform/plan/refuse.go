package plan

// What cannot be expanded soundly, and is refused with a way out.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checkBody reports what a plan's lock cannot stand in the function's body.
func (p *Planner) checkBody(m *project.Module, f *Func, pl *Plan, out *Module) bool {
	ok := true
	fail := func(span ast.Span, code, msg, help string) {
		if ok {
			out.Report(f.Unit, span, code, msg, help)
		}
		ok = false
	}
	name := f.Def.Name.Name
	if f.Def.Async {
		fail(ast.Span{Pos: f.Def.Keyword, End: f.Def.Name.End}, finding.Yield,
			"async def "+name+" cannot hold a lock: it is suspended between its steps",
			"lock in the plain methods that it calls, and mark it @cython.no_lock(\"why\")")
	}
	if at := p.flowIn(m, f).Yields; pl.Snapshot && !f.Def.Async {
		checkSnapshot(f, at != (ast.Span{}), fail)
	} else if at != (ast.Span{}) {
		if f.Unit.Src[at.Pos] == 'y' {
			p.stepwise(m, f, pl, at, fail)
		} else {
			fail(at, finding.Yield, name+" awaits, and would hold its lock while it is suspended",
				"lock in the plain methods that it calls, and mark it @cython.no_lock(\"why\")")
		}
	}
	if where := p.ReleasesIn(m, f, pl); pl.ReleasesGIL && pl.Kind == decorator.CriticalSection {
		fail(where, finding.Nogil, "releasing the GIL ends the critical section of "+name+" before its body does",
			"use lock=\"rwlock\" or lock=\"mutex\", which hold across nogil, or leave the block out of this method")
	}
	if pl.Nogil {
		pl.ReleasesGIL = true
		if pl.Kind == decorator.CriticalSection {
			fail(f.Def.Name.Span, finding.Nogil, name+" may run without the GIL, where there are no critical sections",
				"use lock=\"rwlock\" or lock=\"mutex\", or lock in its callers")
		}
		for _, h := range pl.Holds {
			if h.Items {
				fail(f.Def.Name.Span, finding.NeedsGIL, fmt.Sprintf("%s runs without the GIL and cannot look at the items of %q", name, h.Path[0]),
					"lock them in a caller that has the GIL")
			}
			if !h.Typed {
				fail(f.Def.Name.Span, finding.NeedsGIL, fmt.Sprintf("%s runs without the GIL and cannot test what %q is", name, h.Path[0]),
					"give the parameter its class as type")
			}
		}
	}
	switch pl.Kind {
	case decorator.CriticalSection:
		if h := pl.locksItems(); h != nil {
			fail(f.Def.Name.Span, finding.Three, fmt.Sprintf("%s locks the items of %q, any number of them, and a critical section takes two objects at most", name, h.Path[0]),
				"use lock=\"rwlock\", which takes any number in one order")
		}
		if len(pl.Holds) > 2 {
			fail(f.Def.Name.Span, finding.Three, fmt.Sprintf("%s locks %d objects, and a critical section takes two at most", name, len(pl.Holds)),
				"use lock=\"rwlock\", which takes any number in one order, or lock fewer")
		}
	case decorator.Mutex:
		p.checkMutex(m, f, pl, f.Def.Body, f.Def.Name.Span, fail)
	}
	return ok
}

// cannotRaise warns of an rwlock in a function that has no way to say that it did not
// get it: a noexcept one, or one that is declared "except +" and returns C data, whose callers look for
// C++ exceptions alone.
func (p *Planner) cannotRaise(m *project.Module, f *Func, kind decorator.Kind, at ast.Span, out *Module) {
	suffix, ret, declarator := f.Def.Suffix, f.Def.Return, f.Def.Declarator
	if d, ok := m.DeclarationOf(f.Class, f.Def); ok {
		suffix, ret, declarator = d.Declarator.Suffix, d.Decl.Type, d.Declarator
		suffix.Noexcept = suffix.Noexcept || f.Def.Suffix.Noexcept
	}
	if kind != decorator.RWLock {
		return
	}
	name := f.Def.Name.Name
	var message, help string
	switch {
	case suffix.Noexcept:
		message = fmt.Sprintf("%s is noexcept: where its lock would deadlock, the RuntimeError is printed and lost, and it returns without having done anything", name)
		help = "let it raise (leave out noexcept, or say except *), or take the lock in its callers"
	case suffix.ExceptPlus && p.returnsC(m, ret, declarator):
		message = fmt.Sprintf("%s is declared except + and returns no object: where its lock would deadlock, its callers do not notice the RuntimeError, and go on", name)
		help = "say except * or except? VALUE in place of except +, or take the lock in its callers"
	default:
		return
	}
	w := out.Report(f.Unit, at, finding.CannotRaise, message, help)
	w.Warning = true
	if f.Class != nil { // its callers take the lock of one for all of its methods
		w.Cause = fmt.Sprintf("the methods of %s in %s", f.Class.Name, f.Unit.Path)
	}
}

// returnsC reports whether a function certainly returns no Python object.
func (p *Planner) returnsC(m *project.Module, ret *ast.CType, d *ast.Declarator) bool {
	for ; d != nil; d = d.Inner {
		if d.Pointer > 0 {
			return true
		}
	}
	kind := p.Program.Types.OfType(m, ret, 0).Kind
	return kind == ctype.Scalar || kind == ctype.Record
}

// thrownPast warns of a lock that stays taken in a function with a body that is declared "except +". The
// declaration is for callers, who catch there; it does nothing but where a C++ exception passes the body, and
// skips every finally in it. An rwlock is released all the same: its guard has a destructor.
func (p *Planner) thrownPast(m *project.Module, f *Func, kind decorator.Kind, out *Module) {
	at, thrown := f.Def.Suffix.Span, f.Def.Suffix.ExceptPlus
	if d, ok := m.DeclarationOf(f.Class, f.Def); ok && !thrown {
		at, thrown = f.Def.Name.Span, d.Declarator.Suffix.ExceptPlus
	}
	if !thrown || kind == decorator.RWLock || slices.ContainsFunc(out.thrown, func(s ast.Span) bool { return s == at }) {
		return
	}
	out.thrown = append(out.thrown, at)
	name := f.Def.Name.Name
	if f.Class != nil {
		name = f.Class.Name + "." + name
	}
	what := "the mutex stays locked"
	if kind == decorator.CriticalSection {
		what = "the critical section never ends"
	}
	out.Report(f.Unit, at, finding.Release,
		fmt.Sprintf("%s takes a lock and lets C++ exceptions pass: they skip its release, and %s", name, what),
		"declare the C++ functions that it calls except +, so that their exceptions are Python's in this body, and leave it out here; or use the rwlock").Warning = true
}

// ReleasesIn sets pl.ReleasesGIL where the body of f releases the GIL, and
// returns the first such place.
func (p *Planner) ReleasesIn(m *project.Module, f *Func, pl *Plan) (where ast.Span) {
	if where = p.flowIn(m, f).Releases; where != (ast.Span{}) {
		pl.ReleasesGIL = true
	}
	return where
}

// flowIn returns the flow of a function in its place.
func (p *Planner) flowIn(m *project.Module, f *Func) *effects.Flow {
	fun := p.Program.Funcs(m).ByDef[f.Def]
	if fun == nil { // nested
		fun = &effects.Function{Mod: m, Unit: f.Unit, Def: f.Def}
	}
	return p.Program.FlowOf(fun)
}

// checkMutex reports operands without a mutex field and calls that would take
// the same mutex again.
func (p *Planner) checkMutex(m *project.Module, f *Func, pl *Plan, body *ast.Suite, at ast.Span, fail func(ast.Span, string, string, string)) {
	if h := pl.locksItems(); h != nil {
		fail(at, finding.MutexOperand, fmt.Sprintf("%s locks the items of %q, and there is no variable for the mutex of each", f.Def.Name.Name, h.Path[0]),
			"use lock=\"rwlock\", which takes any number of objects")
	}
	for _, h := range pl.Holds {
		if h.Typed && (h.Class == nil || p.Locks.Of(h.Class) == nil || p.Locks.Of(h.Class).Kind != decorator.Mutex) {
			fail(at, finding.MutexOperand, fmt.Sprintf("%q has no mutex of its own", strings.Join(h.Path, ".")),
				"give the attribute a locked class with lock=\"mutex\" as its type, or use lock=\"rwlock\", which locks any object")
		}
	}
	if f.Unit.File.Pure && (len(pl.Holds) > 1 || !pl.Holds[0].Typed) {
		fail(at, finding.MutexOperand, "several mutexes cannot be ordered in pure Python mode",
			"use lock=\"rwlock\", or move the class to a .pyx")
	}
	syntax.OwnNodes(body, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		if !ok {
			return true
		}
		x := syntax.Unparen(a.X)
		if c, ok := x.(*ast.Cast); ok {
			x = syntax.Unparen(c.X)
		}
		id, ok := x.(*ast.Name)
		if !ok {
			return true
		}
		for _, h := range pl.Holds {
			if len(h.Path) != 1 || h.Path[0] != id.Name || h.Class == nil {
				continue
			}
			if h.Class.Field(a.Attr.Name) != nil {
				continue
			}
			if who := p.lockingMember(h.Class, a.Attr.Name); who != "" {
				fail(a.Span, finding.Reentry, fmt.Sprintf("%s uses %s.%s, which takes the mutex that it already holds", f.Def.Name.Name, id.Name, a.Attr.Name),
					"a mutex cannot be taken twice: call an unlocked cdef helper, or use lock=\"rwlock\", which may be re-entered")
			}
		}
		return true
	})
	if len(pl.Holds) > 0 && pl.Holds[0].Class != nil && len(pl.Holds[0].Path) == 1 {
		self := pl.Holds[0].Path[0]
		syntax.OwnNodes(body, func(n ast.Node) bool {
			var span ast.Span
			var method string
			switch n := n.(type) {
			case *ast.Call:
				fun, isName := n.Fun.(*ast.Name)
				if isName && len(n.Args) == 1 && syntax.IsNamed(n.Args[0].X, self) {
					method, span = library.BuiltinMethods()[fun.Name], n.Span
				}
			case *ast.Subscript:
				if syntax.IsNamed(n.X, self) {
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
				if syntax.IsNamed(n.Iter, self) {
					method, span = "__iter__", n.Iter.Range()
				}
			}
			if method != "" && p.lockingMember(pl.Holds[0].Class, method) != "" {
				fail(span, finding.Reentry, fmt.Sprintf("%s calls %s of %s, which takes the mutex that it already holds", f.Def.Name.Name, method, self),
					"a mutex cannot be taken twice: call an unlocked cdef helper, or use lock=\"rwlock\", which may be re-entered")
			}
			return true
		})
	}
}

// lockingMember returns the class of which name is a method or property that
// takes the object's lock, or "".
func (p *Planner) lockingMember(c *project.Class, name string) string {
	for _, a := range c.Ancestry() {
		info := p.Locks.OfMembers(a)
		if info == nil || a.Def == nil {
			continue
		}
		found := false
		syntax.EachStmt(a.Def.Body.Stmts, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.FuncDef:
				found = found || st.Name.Name == name && p.memberLocks(a, st)
			case *ast.PropertyDef:
				found = found || st.Name.Name == name
			}
		})
		if found {
			return a.Name
		}
	}
	return ""
}

// memberLocks reports whether a method takes the lock at its entry.
func (p *Planner) memberLocks(c *project.Class, f *ast.FuncDef) bool {
	decs := decorator.On(c.Mod, f.Decorators)
	if slices.ContainsFunc(decs, func(d decorator.Lock) bool { return d.Name == "no_lock" }) {
		return false
	}
	if len(decs) > 0 {
		return true
	}
	n := f.Name.Name
	return !project.IsCdef(c.Mod, c, f) && !library.NoLockMethods()[n] && !library.ImplicitStatic()[n] &&
		!c.Mod.PlainDecorator(f, "staticmethod") && !c.Mod.PlainDecorator(f, "classmethod")
}

// CheckClass reports a locked class that its lock cannot serve.
func (p *Planner) CheckClass(m *project.Module, c *project.Class) {
	out := p.Of(m)
	p.checkBase(c, out)
	l := p.Locks.Declared(c)
	if l == nil {
		return
	}
	info := p.Locks.Of(c)
	if l.Nonblocking && info.Kind != decorator.RWLock {
		out.Report(l.Unit, l.Decorator.Range(), finding.Nonblocking,
			fmt.Sprintf("blocking=False with lock=%q, which can only wait", info.Kind), "use lock=\"rwlock\", or leave blocking out")
	}
	if l.Guard != "" && c.Field(l.Guard) == nil {
		out.Report(l.Unit, l.Decorator.Range(), finding.Parameter,
			fmt.Sprintf("%s has no C attribute %q to be its guard", c.Name, l.Guard),
			"declare it in the class (cdef object "+l.Guard+"), or name another")
	}
	if l.Guard != "" && info.Kind != decorator.RWLock && p.Program.Guarding.Changes(c) {
		out.Report(l.Unit, l.Decorator.Range(), finding.GuardMoves,
			fmt.Sprintf("the guard %q is assigned once the object may be shared, and a %s cannot check it again", l.Guard, info.Kind),
			"use lock=\"rwlock\", or do not assign to it")
	}
	if fd := c.Field(l.Guard); l.Guard != "" && fd != nil {
		if g := p.Locks.Of(fd.Class()); g != nil && g.Kind != info.Kind && info.Kind != decorator.Mutex {
			out.Report(l.Unit, l.Decorator.Range(), finding.Mixed,
				fmt.Sprintf("%s locks its guard %q by lock=%q, but the guard's class %s has lock=%q: the two do not exclude each other", c.Name, l.Guard, info.Kind, fd.Class().Name, g.Kind),
				fmt.Sprintf("use the same kind for both: lock=%q on %s", g.Kind, c.Name))
		}
	}
	if info.Kind == decorator.Mutex && l.Guard != "" {
		if fd := c.Field(l.Guard); fd != nil {
			g := fd.Class()
			if g == nil || p.Locks.Of(g) == nil || p.Locks.Of(g).Kind != decorator.Mutex {
				out.Report(l.Unit, l.Decorator.Range(), finding.MutexOperand, fmt.Sprintf("the guard %q has no mutex of its own", l.Guard),
					"declare it with a locked class with lock=\"mutex\" as its type, or use lock=\"rwlock\", which locks any object")
			}
		}
	}
	if info.Kind != decorator.Mutex || info.Owner != c || info.Guard != "" {
		return
	}
	switch {
	case c.Extern:
		out.Report(l.Unit, l.Decorator.Range(), finding.Field, fmt.Sprintf("%s is declared extern: its struct has no room for a mutex", c.Name),
			"use lock=\"rwlock\" or lock=\"critical_section\", which need no field")
	case c.Flags["dataclass"]:
		out.Report(l.Unit, l.Decorator.Range(), finding.Field, fmt.Sprintf("%s is a dataclass, whose fields must be Python objects", c.Name),
			"use lock=\"rwlock\" or lock=\"critical_section\", which need no field")
	case c.AutoPickles():
		out.Report(l.Unit, l.Decorator.Range(), finding.Pickle,
			fmt.Sprintf("a mutex field would break pickling and copy.copy() of %s, which Cython provides now", c.Name),
			"use lock=\"rwlock\", which adds no field, or write __reduce__, or say @cython.auto_pickle(False)")
	}
}

// checkBase reports a decorated subclass that asks for another lock than its base.
func (p *Planner) checkBase(c *project.Class, out *Module) {
	if x := p.Locks.Exempted(c); x != nil && p.Locks.Declared(c) == nil {
		if b := c.Base(); b != nil && p.Locks.Of(b) != nil {
			out.Report(x.Unit, x.Lock.Node.Range(), finding.Contradict, fmt.Sprintf("no_lock on %s, which shares the lock of its base %s", c.Name, b.Name),
				"say it on each method that needs no lock")
		}
	}
	l := p.Locks.Declared(c)
	if l == nil {
		return
	}
	b := c.Base()
	if b == nil {
		return
	}
	inherited := p.Locks.Of(b)
	if inherited == nil {
		return
	}
	if l.KindSet && l.Kind != inherited.Kind {
		out.Report(l.Unit, l.Decorator.Range(), finding.BaseLock,
			fmt.Sprintf("%s asks for lock=%q, but its base %s is locked with %q", c.Name, l.Kind, b.Name, inherited.Kind),
			"a subclass shares its base's lock: leave lock= out here, or change it on the base")
	}
	if l.Guard != "" && l.Guard != inherited.Guard {
		out.Report(l.Unit, l.Decorator.Range(), finding.BaseLock,
			fmt.Sprintf("%s asks for guard=%q, but the state that it inherits from %s is guarded differently", c.Name, l.Guard, b.Name),
			"two locks for the same fields do not exclude each other: put guard= on the base, or leave it out")
	}
}
