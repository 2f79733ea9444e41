package effects

// Guards that change: assignments to the attribute whose object's lock guards an
// object, once others may know that object.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"

	"golang.org/x/text/unicode/norm"
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

// Moves reports whether the guard of a class, or a guard of that, may be assigned once its
// object is shared. Such a guard is looked at again once it is held, one object at a time.
// It must not be asked while summaries are made.
func (g *Guarding) Moves(c *project.Class) bool {
	for range 8 {
		if c == nil {
			return false
		}
		if g.Changes(c) {
			return true
		}
		fd := c.Field(g.Of(c))
		if fd == nil {
			return false
		}
		c = fd.Class()
	}
	return true
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
		if st.Name != guard {
			continue
		}
		if s == nil {
			s = p.Solver()
			s.At(f)
			s.handOuts()
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

// GuardStatement returns the statement that an assignment to a guard is, and the name of
// the object; line tells whether it has a line of its own, or is all of a function that
// has but one line. Others cannot be put into a critical section.
func GuardStatement(f *Function, s Store) (st *ast.Assign, of string, line, ok bool) {
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		if a, is := n.(*ast.Assign); is && a.Pos <= s.Span.Pos && s.Span.End <= a.End {
			st = a
		}
		return true
	})
	if st == nil || st.Op != "=" || len(st.Targets) != 1 || st.Annotation != nil {
		return nil, "", false, false
	}
	t, is := st.Targets[0].(*ast.Attribute)
	if !is || t.Span != s.Span {
		return nil, "", false, false
	}
	name, is := t.X.(*ast.Name)
	if !is {
		return nil, "", false, false
	}
	file := f.Unit.File
	rest := strings.TrimSpace(syntax.Text(file, ast.Span{Pos: st.End, End: syntax.NextLine(file, st.End-1)}))
	line = syntax.IndentOf(file, st.Pos) == syntax.Text(file, ast.Span{Pos: syntax.LineStart(file, st.Pos), End: st.Pos}) && (rest == "" || rest[0] == '#')
	body := f.Def.Body
	return st, name.Name, line, line || body.Inline && len(body.Stmts) == 1 && body.Stmts[0] == ast.Stmt(st)
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

// named reports whether a write_lock of f names a region.
func (l *linking) named(f *Function, r int32) bool {
	x := &f.Sum.Regions[r]
	if x.Root != NodeParam {
		return false
	}
	path := PathOf(f, r)
	for _, d := range l.p.OwnLocks(f).Decs {
		if d.Name != "write_lock" {
			continue
		}
		if len(d.Args()) == 0 && x.Num == 0 && x.Parent < 0 {
			return true
		}
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok && norm.NFKC.String(s.Value) == path {
				return true
			}
		}
	}
	return false
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
