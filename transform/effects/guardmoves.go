package effects

// Guards that change: assignments to the attribute whose object's lock guards an
// object, once others may know that object.

import (
	"strconv"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Move is an assignment to the guard of an object that others may know, where the
// locks of both guards, the old and the new one, are not held for writing.
type Move struct {
	Class *project.Class // as which the object is known
	Guard string
	Place Place
	In    *Function // that would have to hold them
	// Foreign is true in another module than the one that declares the attribute: the
	// functions that read it do not expect that, whatever is held.
	Foreign bool
}

// Guarding answers questions about guards: the objects whose locks guard others.
type Guarding struct {
	p        *Program
	changing *cache.Cache[guardKey, bool] // see Changes
	// Owners are nil before Find.
	Owners *Owners
}

func newGuarding(p *Program) *Guarding {
	g := &Guarding{p: p}
	g.changing = cache.New(g.findChange)
	return g
}

// Of returns the attribute whose object's lock guards the state of a class, "" for its
// own.
func (g *Guarding) Of(c *project.Class) string {
	if in := g.p.Locks.Of(c); in != nil {
		return in.Guard
	}
	return ""
}

// Changes reports whether the guard of a class's objects is assigned once others
// may know them, in the module that declares it.
func (g *Guarding) Changes(c *project.Class) bool {
	guard := g.Of(c)
	if guard == "" || c.Field(guard) == nil {
		return false
	}
	d := c.Declarer(guard)
	if d.Mod.Broken() {
		return false
	}
	return g.changing.Get(guardKey{d, guard})
}

// MovesFurtherOn reports whether a guard of the guard of a class may be assigned once its
// object is shared: that is looked at again only where a path leads there, one attribute
// at a time. It must not be asked while summaries are made.
func (g *Guarding) MovesFurtherOn(c *project.Class) bool {
	for range 8 {
		if c = g.next(c); c == nil {
			return false
		}
		if g.Changes(c) {
			return true
		}
	}
	return true
}

// Chained reports whether a guard of a class has a guard.
func (g *Guarding) Chained(c *project.Class) bool {
	c = g.next(c)
	return c != nil && g.Of(c) != ""
}

// next returns the class of the guard of a class, as far as it has one that is known.
func (g *Guarding) next(c *project.Class) *project.Class {
	if fd := c.Field(g.Of(c)); fd != nil {
		return fd.Class()
	}
	return nil
}

// guardKey is an attribute of the class that declares it.
type guardKey struct {
	class *project.Class
	guard string
}

func (g *Guarding) findChange(k guardKey) bool {
	p := g.p
	all := p.Funcs(k.class.Mod).All
	for _, f := range all {
		p.FlowOf(f)
	}
	p.Solve(all)
	for _, f := range all {
		if len(g.Stores(f, k.class, k.guard)) > 0 {
			return true
		}
	}
	return false
}

// Stores returns the assignments of a function, by itself, to an attribute that
// is a guard, of objects that others may know.
func (g *Guarding) Stores(f *Function, c *project.Class, guard string) []Store {
	p := g.p
	var out []Store
	var s *Solver
	for _, st := range f.Flow.Stores {
		if as := f.Flow.Nodes[st.Into].Shape.Class; st.Name != guard || as != nil && !project.Related(as, c) {
			continue
		}
		if s == nil {
			s = borrow(p)
			defer giveBack(s)
			s.At(f)
			knowHandOuts(s)
		}
		if refs := s.Top(st.Into); len(refs) == 0 && f.Flow.Nodes[st.Into].Shape.Class == nil {
			continue // some Python attribute
		}
		for _, r := range s.Top(st.Into) {
			if r.Class == nil || r.Class.Declarer(guard) != c {
				continue
			}
			x := &f.Sum.Regions[r.Region]
			pos, handed := s.handed[x.Num]
			if x.Parent < 0 && (x.Root == NodeFresh && !(handed && st.Span.Pos > pos) || x.Root == NodeParam && p.Constructs(f, int(x.Num))) {
				continue
			}
			out = append(out, st)
			break
		}
	}
	return out
}

// GuardStatement is an assignment to a guard as a statement, which is put into a critical
// section.
type GuardStatement struct {
	*ast.Assign
	Of string // the object as it is spelled
	// Header is the statement whose block it is in, and Suite that block; it is the
	// block's statement number Index.
	Header ast.Stmt
	Suite  *ast.Suite
	Index  int
}

// GuardStatement returns the statement that an assignment to a guard is; ok is false where it
// cannot be put into a critical section: it does more than this, or its object is found by
// what may find another one when it is asked again.
func (f *Function) GuardStatement(s Store) (g GuardStatement, ok bool) {
	var find func(header ast.Stmt)
	find = func(header ast.Stmt) {
		for suite := range syntax.Suites(header) {
			for i, st := range suite.Stmts {
				if r := st.Range(); r.Pos > s.Span.Pos || r.End < s.Span.End {
					continue
				}
				if a, is := st.(*ast.Assign); is {
					g = GuardStatement{Assign: a, Header: header, Suite: suite, Index: i}
				}
				find(st)
			}
		}
	}
	find(f.Def)
	if g.Assign == nil || g.Op != "=" || len(g.Targets) != 1 || g.Annotation != nil {
		return g, false
	}
	t, is := g.Targets[0].(*ast.Attribute)
	if !is || t.Span != s.Span {
		return g, false
	}
	_, is = syntax.Bare(t.X).(*ast.Name)
	g.Of = syntax.Text(f.Unit.File, syntax.Unparen(t.X).Range())
	return g, is
}

// Unfit says why an attribute that is assigned once its object is shared cannot be the guard
// of a class, and where; "" where it can. Every function of all is looked at.
func (g *Guarding) Unfit(all []*Function, c *project.Class, name string) (why string, at Place) {
	fd := c.Field(name)
	switch {
	case fd == nil:
		return "it is not a C attribute", at
	case fd.Vis == ast.Public:
		return name + " is public, and Python code may assign it: make it readonly", at
	}
	d := c.Declarer(name)
	for _, f := range all {
		for _, s := range g.Stores(f, d, name) {
			at = Place{f, s.Span}
			line := f.Unit.Path + ":" + strconv.Itoa(int(syntax.Line(f.Unit.File, s.Span.Pos))+1)
			_, alone := f.GuardStatement(s)
			switch {
			case fd.Class() == nil:
				return f.Name() + " (" + line + ") assigns " + name + ", whose type is not a class", at
			case s.Nothing:
				return f.Name() + " (" + line + ") assigns None to " + name + ", which has no lock", at
			case f.Mod != d.Mod:
				return f.Name() + " (" + line + ") assigns " + name + " in another module, whose assignments its functions do not expect", at
			case !alone:
				return f.Name() + " (" + line + ") assigns " + name + " together with something else, which cannot be expanded: write it as a statement of its own, on a plain name: x." + name + " = y", at
			}
		}
	}
	return "", Place{}
}

// held reports whether a function that assigns to a guard says by its decorators that
// it has both locks for writing.
func (l *linking) held(f *Function, k *kept) bool {
	if k.pointer || l.p.Guarding.Of(k.class) != k.attr {
		return false
	}
	if !l.writes(f, k.child, k.class) {
		return false
	}
	if k.value.region == noRegion {
		return false
	}
	if x := &f.Sum.Regions[k.value.region]; x.Root == NodeFresh && x.Parent < 0 {
		return !l.shared(k.value.region, k.at) // noRegion waits for that one
	}
	return l.writes(f, k.value.region, k.value.class)
}

// writes reports whether the decorators of f lock the object of a region for writing:
// by name, or as the guard of one that they name.
func (l *linking) writes(f *Function, r int32, class *project.Class) bool {
	x := &f.Sum.Regions[r]
	if l.named(f, r) {
		return true
	}
	return x.Parent >= 0 && l.p.Guarding.Of(x.Owner) == x.Name && l.writes(f, x.Parent, x.Owner)
}

// named reports whether a region is a parameter, or a path from one, that f locks for
// writing: a write_lock names it, or f is a member that writes to a parameter, which it
// locks with the object itself.
func (l *linking) named(f *Function, r int32) bool {
	x := &f.Sum.Regions[r]
	if x.Root != NodeParam {
		return false
	}
	decs := l.p.OwnLocks(f).Decs
	bare := true
	for _, d := range decs {
		bare = bare && len(d.Args()) == 0
		if d.Name != "write_lock" {
			continue
		}
		if len(d.Args()) == 0 && x.Num == 0 && x.Parent < 0 || x.locked.names(d.Node) {
			return true
		}
	}
	if !bare || x.Parent >= 0 || x.Num == 0 && len(decs) > 0 || !l.p.Member(f) || f.Def.Params.List[x.Num].Kind != ast.Positional {
		return false
	}
	st := l.p.StanceOn(f, int(x.Num), false)
	return st.Touches && st.Mode == Write
}

// shared reports whether a new object may be known to others at an offset.
func (l *linking) shared(r, at int32) bool {
	pos, handed := l.s.handed[l.s.sum.Regions[r].Num]
	return handed && at > pos
}

// moves notes the assignments to guards for which a function has to hold locks that it
// does not.
func (l *linking) moves(f *Function, h *holdings, out *Owners) {
	for i := range h.kept {
		k := &h.kept[i]
		foreign := k.place.Func.Mod != k.class.Declarer(k.attr).Mod
		if k.pointer || k.held && !foreign || l.p.Guarding.Of(k.class) != k.attr || l.p.Exempt(f) {
			continue
		}
		switch x := &f.Sum.Regions[k.child]; {
		case x.Root == NodeFresh && x.Parent < 0 && !l.shared(k.child, k.at):
			continue
		case x.Root == NodeParam && (len(f.Callers) > 0 && !l.p.Entry(f) || x.Parent < 0 && l.p.Constructs(f, int(x.Num))):
			continue // its callers have the say, or noRegion else has it
		}
		out.Moves = append(out.Moves, Move{Class: k.class, Guard: k.attr, Place: k.place, In: f, Foreign: foreign})
	}
}
