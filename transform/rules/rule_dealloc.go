package rules

// PXL220: a lock that is not re-entrant and that an object takes as it dies. An object dies wherever its last
// reference goes, also in a thread that holds the lock: then the thread waits for itself.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// dying are the methods that run when the last reference goes.
var dying = map[string]bool{"__dealloc__": true, "__del__": true}

func checkDealloc(c *checking) {
	all := c.functions()
	for _, f := range all {
		if f.Class == nil && (f.PyClass == "" || f.Def.Name.Name != "__del__") || !dying[f.Def.Name.Name] {
			continue
		}
		d := dealloc{checking: c, f: f, by: f, all: all}
		if !d.byHand() && (f.Class == nil || !d.ofMembers()) {
			d.byCalls(f, map[*effects.Function]bool{f: true}, 3)
		}
	}
	for _, d := range calledBack(c, all) {
		if !d.byHand() {
			d.byCalls(d.f, map[*effects.Function]bool{d.f: true}, 3)
		}
	}
}

// dealloc looks at one such method.
type dealloc struct {
	*checking
	f   *effects.Function
	by  *effects.Function // the one that takes the lock: this one, or one that it calls
	at  ast.Span          // where it is called
	way string            // how it comes to that: calls, or by way of another
	all []*effects.Function
	// itself is true where it is a method of the dying object.
	itself bool
	// callback is true of what a weak reference calls when its object has died; within is where it stands in f.
	callback bool
	within   ast.Span
}

// in reports whether a place is in what runs, and not round it.
func (c dealloc) in(f *effects.Function, at int32) bool {
	return f != c.f || !c.callback || c.within.Contains(at)
}

// byCalls reports such a lock that is taken in what it calls.
func (c dealloc) byCalls(in *effects.Function, seen map[*effects.Function]bool, depth int) bool {
	comes := func(to []*effects.Function, at ast.Span, itself bool) bool {
		for _, g := range to {
			if seen[g] || g.Class != nil && c.p.Locks.Of(g.Class) != nil {
				continue
			}
			seen[g] = true
			d := c
			d.by, d.way, d.itself = g, "comes to ", itself && (in == c.f && !c.callback || c.itself)
			if in == c.f {
				d.at, d.way = at, "calls "
			}
			if d.byHand() || depth > 1 && d.byCalls(g, seen, depth-1) {
				return true
			}
		}
		return false
	}
	calls := c.p.FlowOf(in).Calls
	for i := range calls {
		if k := &calls[i]; c.in(in, k.Span.Pos) && comes(k.Callees, k.Span, c.calledOn(in, k.Span)) {
			return true
		}
	}
	if in.PyClass == "" {
		return false
	}
	found := false
	syntax.OwnNodes(in.Def.Body, func(n ast.Node) bool {
		if k, ok := n.(*ast.Call); ok && !found && c.in(in, k.Pos) {
			if m, ok := syntax.Bare(k.Fun).(*ast.Attribute); ok && (syntax.IsNamed(syntax.Bare(m.X), ownName(in)) || isSuper(m.X)) {
				found = comes(pythonMethods(c.checking, c.all, in.PyClass, m.Attr.Name, isSuper(m.X)), k.Span, true)
			}
		}
		return !found
	})
	return found
}

// byHand reports the first lock of a person that it takes, and that somebody holds where an object may die.
func (c dealloc) byHand() bool {
	for _, l := range c.p.FlowOf(c.by).Locks {
		if !l.Take || l.Again || l.Section || l.Shared || !c.in(c.by, l.Span.Pos) || c.attempt(l.Span) || c.own(l.Text) {
			continue
		}
		for _, g := range c.holders() {
			if g == c.f {
				continue
			}
			for i, o := range c.p.FlowOf(g).Locks {
				if !o.Take || o.Section || !sameLock(c, l.Text, o.Text) || !c.sameOwner(l.Text, g, o.Text) {
					continue
				}
				if at, what := dropsLast(c, g, c.held(g, i)); what != "" {
					c.report(l.Span, l.Text, g, at, what)
					return true
				}
			}
		}
	}
	return false
}

// sameLock reports whether two spellings name the same variable of the module, or the same attribute.
func sameLock(c dealloc, x, y string) bool {
	last := func(s string) (string, bool) {
		i := strings.LastIndexByte(s, '.')
		return strings.TrimLeft(s[i+1:], "&"), i >= 0
	}
	a, ofX := last(x)
	b, ofY := last(y)
	if a != b || ofX != ofY {
		return false
	}
	_, local := c.globals()[a]
	_, theirs := c.by.Mod.CDecls().Vars[a]
	return ofX || local || theirs && c.by.Mod != c.m
}

// holders are the functions that may hold what is taken: those of the module, and of the one that takes it.
func (c dealloc) holders() []*effects.Function {
	if c.by.Mod == c.m {
		return c.all
	}
	return slices.Concat(c.all, c.p.Funcs(c.by.Mod).All)
}

// attempt reports whether a lock is taken only if it is free: lock.acquire(False), or with a timeout.
func (c dealloc) attempt(at ast.Span) bool {
	found := false
	syntax.OwnNodes(c.by.Def.Body, func(n ast.Node) bool {
		if k, ok := n.(*ast.Call); ok && k.Range().Contains(at.Pos) {
			name := syntax.LastName(k.Fun)
			found = found || strings.Contains(name, "try") || name == "acquire" && slices.ContainsFunc(k.Args, func(a ast.Arg) bool {
				v, ok := a.X.(*ast.Const)
				return a.Name.Name == "timeout" || ok && v.Name == "False"
			}) || name == "PyThread_acquire_lock" && len(k.Args) == 2 && noWait[syntax.Text(c.by.Unit.File, k.Args[1].X.Range())]
		}
		return !found && n.Range().Contains(at.Pos)
	})
	return found
}

// noWait are the flags with which PyThread_acquire_lock does not wait.
var noWait = map[string]bool{"0": true, "NOWAIT_LOCK": true}

// own reports whether a lock is in the dying object itself, or was made for it alone: nobody who holds it can let the
// last reference go. A Python object that comes from elsewhere may be the lock of several.
func (c dealloc) own(lock string) bool {
	parts := strings.Split(strings.TrimLeft(lock, "&"), ".")
	if len(parts) != 2 || parts[0] != ownName(c.by) || c.callback {
		return false
	}
	if c.by.Class == nil {
		return true // of an object of Python's
	}
	if c.by != c.f && !c.itself && (c.f.Class == nil || !project.Related(c.by.Class, c.f.Class)) {
		return false // of another object
	}
	fd := c.by.Class.Field(parts[1])
	if fd == nil {
		return false
	}
	if k := c.p.Types.OfField(fd).Kind; k != ctype.Object && k != ctype.Pointer {
		return true
	}
	made, other := 0, 0
	for _, g := range c.all {
		syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
			st, ok := n.(*ast.Assign)
			if !ok || st.Value == nil {
				return true
			}
			for _, t := range st.Targets {
				if x, ok := syntax.Unparen(t).(*ast.Attribute); ok && x.Attr.Name == fd.Name {
					switch syntax.Bare(st.Value).(type) {
					case *ast.Call:
						made++
					case *ast.Const: // None, NULL
					default:
						other++
					}
				}
			}
			return true
		})
	}
	return made > 0 && other == 0
}

// sameOwner reports whether two locks that are attributes of the same name may be those of one class.
func (c dealloc) sameOwner(lock string, g *effects.Function, other string) bool {
	a, b := owner(c, c.by, lock), owner(c, g, other)
	name := lock[strings.LastIndexByte(lock, '.')+1:]
	return a == nil || b == nil || a.Declarer(name) == b.Declarer(name)
}

// owner is the class of the object of which a function takes an attribute, nil where it is not told.
func owner(c dealloc, f *effects.Function, lock string) *project.Class {
	parts := strings.Split(strings.TrimLeft(lock, "&"), ".")
	if len(parts) < 2 || f.Class == nil || parts[0] != ownName(f) {
		return nil
	}
	k := f.Class
	for _, name := range parts[1 : len(parts)-1] {
		fd := k.Field(name)
		if fd == nil {
			return nil
		}
		if k = c.p.Types.OfField(fd).Class; k == nil {
			return nil
		}
	}
	return k
}

// held is where a function holds the lock that it takes at its i-th use of locks: the rest of the block of a with
// statement, or up to the release.
func (c dealloc) held(g *effects.Function, i int) ast.Span {
	take := g.Flow.Locks[i]
	out := ast.Span{Pos: take.Span.End, End: g.Def.Body.End}
	for _, o := range g.Flow.Locks[i+1:] {
		if !o.Take && o.Text == take.Text {
			out.End = o.Span.Pos
			break
		}
	}
	syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
		if w, ok := n.(*ast.With); ok && w.Contains(take.Span.Pos) && w.Body.Pos >= take.Span.End {
			out = w.Body.Span
		}
		return true
	})
	return out
}

// ofMembers reports the first call of a member of another class that is locked by a mutex.
func (c dealloc) ofMembers() bool {
	for i := range c.f.Flow.Calls {
		k := &c.f.Flow.Calls[i]
		if c.calledOn(c.f, k.Span) {
			continue
		}
		for _, g := range k.Callees {
			if g.Class == nil || !g.Exposed() || c.p.Exempt(g) || !c.p.Member(g) {
				continue
			}
			if in := c.p.Locks.Of(g.Class); in == nil || in.Kind != decorator.Mutex || !takesMutex(c, g) {
				continue
			}
			for _, h := range c.p.Funcs(g.Class.Mod).All {
				if h.Class != g.Class || !h.Exposed() || c.p.Exempt(h) || !c.p.Member(h) || c.p.Constructs(h, 0) || !takesMutex(c, h) {
					continue
				}
				if at, what := dropsLast(c, h, h.Def.Body.Span); what != "" {
					c.report(k.Span, "the mutex of a "+g.Class.Name, h, at, what)
					return true
				}
			}
		}
	}
	return false
}

// calledOn reports whether a call is of a method of a function's own object: of the dying one, whose mutex nobody else can
// hold.
func (c dealloc) calledOn(f *effects.Function, at ast.Span) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if k, ok := n.(*ast.Call); ok && k.Span == at {
			m, ok := syntax.Bare(k.Fun).(*ast.Attribute)
			found = ok && syntax.IsNamed(syntax.Bare(m.X), ownName(f))
		}
		return !found && n.Range().Contains(at.Pos)
	})
	return found
}

// takesMutex reports whether a member takes the mutex of its object.
func takesMutex(c dealloc, g *effects.Function) bool {
	return len(c.p.OwnLocks(g).Decs) > 0 || c.p.StanceOn(g, 0, true).Touches
}

// dropsLast finds where a function may let the last reference to an object go, or run Python code, within a span.
func dropsLast(c dealloc, g *effects.Function, in ast.Span) (at ast.Span, what string) {
	for _, s := range c.p.FlowOf(g).Python {
		if in.Contains(s.Pos) && s.Pos < s.End {
			return s, "runs Python code"
		}
	}
	syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
		if what != "" || !in.Contains(n.Range().Pos) {
			return what == ""
		}
		switch n := n.(type) {
		case *ast.Del:
			at, what = n.Span, "lets go of what it deletes"
		case *ast.Call:
			if m, ok := n.Fun.(*ast.Attribute); ok && drops[m.Attr.Name] && !handsOn(g, n) {
				at, what = n.Span, "lets go of what "+m.Attr.Name+" removes"
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				t = syntax.Unparen(t)
				if x, ok := t.(*ast.Attribute); ok && ofObject(c, g, x) {
					at, what = t.Range(), "lets go of what "+x.Attr.Name+" was"
				}
				if x, ok := t.(*ast.Name); ok && n.Value != nil && replaces(c, g, x) {
					at, what = x.Span, "lets go of what "+x.Name+" was"
				}
				if x, ok := t.(*ast.Subscript); ok && n.Op == "=" && ofObject(c, g, syntax.Bare(x.X)) {
					at, what = x.Span, "lets go of the item that was there"
				}
			}
		}
		return what == ""
	})
	return at, what
}

// handsOn reports whether what a call removes from a container goes to the caller, or to a local variable that nothing
// else is given to: it lives longer than the lock is held.
func handsOn(g *effects.Function, call *ast.Call) bool {
	on := false
	syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			on = on || n.Keyword == "return" && len(n.Exprs) == 1 && syntax.Unparen(n.Exprs[0]) == ast.Expr(call)
		case *ast.Assign:
			if x, ok := n.Targets[0].(*ast.Name); ok && len(n.Targets) == 1 && syntax.Unparen(n.Value) == ast.Expr(call) {
				on = on || keepsOne(g, x.Name)
			}
		}
		return !on && n.Range().Contains(call.Pos)
	})
	return on
}

// keepsOne reports whether a name is a local variable that is given one value, in no loop.
func keepsOne(g *effects.Function, name string) bool {
	times, again := 0, false
	syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For, *ast.While:
			again = again || syntax.Assigns(n, name)
		case *ast.Name:
			if n.Name == name && n.Access != ast.Read && n.Access != ast.Called {
				times++
			}
		case *ast.Simple:
			again = again || slices.ContainsFunc(n.Names, func(id ast.Ident) bool { return id.Name == name }) // global
		}
		return true
	})
	return times == 1 && !again
}

// ofObject reports whether an expression is an attribute of a method's own object that holds a Python object, or
// such a variable of the module.
func ofObject(c dealloc, g *effects.Function, e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.Attribute:
		if g.Class == nil || !syntax.IsNamed(syntax.Bare(x.X), ownName(g)) {
			return false
		}
		fd := g.Class.Field(x.Attr.Name)
		return fd != nil && c.p.Types.OfField(fd).Kind == ctype.Object
	case *ast.Name:
		v := c.globals()[x.Name]
		return v != nil && (v.ctype == nil || c.p.Types.Of(c.m, v.ctype, v.d).Kind == ctype.Object)
	}
	return false
}

// replaces reports whether a function gives a variable of the module that holds a Python object another value, and
// keeps no other reference to what it was (old = x; x = None).
func replaces(c dealloc, g *effects.Function, x *ast.Name) bool {
	if !ofObject(c, g, x) {
		return false
	}
	global, kept := false, false
	syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			global = global || slices.ContainsFunc(n.Names, func(id ast.Ident) bool { return id.Name == x.Name })
		case *ast.Assign:
			kept = kept || n.Value != nil && n.Pos < x.Pos && syntax.IsNamed(n.Value, x.Name)
		}
		return true
	})
	return global && !kept
}

// drops are methods of containers that remove items.
var drops = map[string]bool{"pop": true, "popitem": true, "clear": true, "remove": true, "discard": true}

func (c dealloc) report(at ast.Span, lock string, g *effects.Function, lets ast.Span, what string) {
	takes := "takes"
	if c.by != c.f {
		at, takes = c.at, c.way+c.by.Name()+", which takes"
	}
	name := c.f.Name()
	if c.callback {
		if c.within != c.f.Def.Span {
			name = "what stands in " + name
		}
		name += " runs when an object dies, and"
	}
	out := project.FindingAt(c.f.Unit.Source, at, finding.Dying, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("%s %s %s, which its thread may already hold: %s holds it, and may drop a last reference meanwhile", name, takes, lock, g.Name())
	out.Help = "let the object die without the lock: put what has to be done on a list that others process, use a lock that its thread may take again, or drop references after the lock is released"
	p := project.FindingAt(g.Unit.Source, lets, "", "", "")
	out.Related = append(out.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: finding.Brief(g.Name() + " holds it here and " + what)})
	c.Findings = append(c.Findings, out)
}
