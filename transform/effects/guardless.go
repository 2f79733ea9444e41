package effects

// Objects without a guard: a guard that is None locks nothing. What a constructor leaves in the attribute follows from
// the history of what it assigns, at each of its ends.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Guardless returns a place at which a new object of a class is left without an object in attribute name, its guard or
// what is to be that; ok is false where each one gets one, or gets it from the function that makes it. It must not be asked
// while summaries are made.
func (g *Guarding) Guardless(c *project.Class, name string) (at Place, ok bool) {
	d := c.Declarer(name)
	if d == nil || d.Mod.Broken() {
		return at, false
	}
	var all []*Function
	for _, m := range g.p.Project.Lineage.UsingBeside(d.Mod, name) {
		all = append(all, g.p.Funcs(m).All...)
	}
	g.p.Solve(all)
	s := borrow(g.p)
	defer giveBack(s)
	ancestry := c.Ancestry()
	of := func(constructor string) (Place, left) {
		at, found := Place{}, left{}
		rank := len(ancestry)
		for _, f := range all {
			if f.Class == nil || f.Accessor != Plain || f.Def.Name.Name != constructor || f.Flow == nil {
				continue
			}
			i := slices.Index(ancestry, f.Class)
			if i < 0 {
				continue
			}
			l := leaves(s, f, name)
			switch {
			case !l.touched:
			case constructor == "__cinit__": // that of each base runs
				if !found.touched || found.missing() && !l.missing() {
					at, found = Place{f, l.place(f)}, l
				}
			case i < rank:
				rank, at, found = i, Place{f, l.place(f)}, l
			}
		}
		return at, found
	}
	cinit, given := of("__cinit__")
	init, later := of("__init__")
	switch {
	case later.touched && (later.none || later.entry && (!given.touched || given.missing())):
		return init, true
	case later.touched:
		return at, false
	case given.touched && (given.entry || given.byDefault):
		return cinit, true
	case given.touched && !given.none:
		return at, false
	}
	return g.givenLater(s, all, d, name)
}

// givenLater returns where a member gives its object a guard, where no function in sight gives one to what it makes.
func (g *Guarding) givenLater(s *Solver, all []*Function, d *project.Class, name string) (at Place, ok bool) {
	for _, f := range all {
		if f.Flow == nil || !slices.ContainsFunc(f.Flow.Stores, func(st Store) bool { return st.Name == name && !st.Nothing }) {
			continue
		}
		s.At(f)
		for _, st := range f.Flow.Stores {
			if st.Name != name || st.Nothing {
				continue
			}
			for _, r := range s.Top(st.Into) {
				x := &f.Sum.Regions[r.Region]
				switch {
				case r.Class == nil || !project.Related(r.Class, d) || x.Parent >= 0:
				case x.Root == NodeFresh, x.Root == NodeParam && g.p.Constructs(f, int(x.Num)), x.Root == NodeParam && !f.Exposed() && len(f.Callers) > 0 && !f.Sum.shared[int(x.Num)]:
					return Place{}, false // who makes it gives it one
				case x.Root == NodeParam && x.Num == 0 && f.Class != nil && f.Accessor == Plain && !ok:
					at, ok = Place{f, st.Span}, true
				}
			}
		}
	}
	return at, ok
}

// left is what a constructor leaves in an attribute.
type left struct {
	touched   bool // it, or what it calls, assigns to it
	entry     bool // on some way it does not
	none      bool // on some way it is None then
	byDefault bool // which a parameter that is left out is
	pos       int32
}

func (l left) missing() bool { return l.entry || l.none || l.byDefault }

// place is where None is assigned, or the name of the constructor.
func (l left) place(f *Function) ast.Span {
	if l.pos > 0 {
		return ast.Span{Pos: l.pos, End: l.pos}
	}
	return f.Def.Name.Span
}

// leaves goes back from the ends of a constructor along its history. s must be lent.
func leaves(s *Solver, f *Function, name string) left {
	s.At(f)
	w := backward{s: s, name: name}
	seen := make([]uint64, len(f.Flow.Nodes)/64+1)
	for _, end := range f.Flow.ends {
		waysBack(f.Flow.Nodes, seen, end, w.ends)
	}
	if !w.touched {
		w.left = left{}
	}
	w.entry = w.entry && !asks(f, func(e ast.Expr) bool { a, is := e.(*ast.Attribute); return is && a.Attr.Name == name }) // it may have one by then
	w.none = w.none || w.byDefault && f.Def.Name.Name == "__init__"
	return w.left
}

// backward is one such walk.
type backward struct {
	left
	s    *Solver
	name string
}

// ends looks at a part of the history, and reports whether nothing before it matters.
func (w *backward) ends(x *Node) bool {
	switch x.Kind {
	case NodeHistory:
		w.entry = true
	case NodeAssigned:
		if x.Name == w.name && w.self(x.From[0]) {
			w.touched = true
			w.value(x.From[1], x.pos)
			return true
		}
	case NodeCalled:
		return x.Num != unseenCode && w.call(&w.s.f.Flow.Calls[x.Num])
	}
	return false
}

// self reports whether a node is the object that is made.
func (w *backward) self(n int32) bool {
	return slices.ContainsFunc(w.s.Top(n), func(r Ref) bool {
		x := &w.s.sum.Regions[r.Region]
		return x.Root == NodeParam && x.Num == 0 && x.Parent < 0
	})
}

// value looks at what is assigned: None, or a parameter that is None where it is left out and that nothing tests.
func (w *backward) value(n, pos int32) {
	f := w.s.f
	if f.Flow.Nodes[n].Kind == NodeNothing {
		w.none, w.pos = true, pos
		return
	}
	k := slices.Index(f.Flow.Params, n)
	if k < 0 || k >= len(f.Def.Params.List) {
		return
	}
	prm := f.Def.Params.List[k]
	if c, is := syntax.Unparen(prm.Default).(*ast.Const); is && c.Name == "None" && !asks(f, func(e ast.Expr) bool { return syntax.IsNamed(e, prm.Name.Name) }) {
		w.byDefault, w.pos = true, pos
	}
}

// call looks at what a callee assigns to the object, and reports whether that hides what was before.
func (w *backward) call(c *Call) bool {
	hides := len(c.Callees) > 0
	for _, g := range c.Callees {
		hidden := false
		for i, arg := range c.Args {
			if some, always := g.assignsTo(i, w.name); some && arg != 0 && w.self(arg) {
				w.touched, hidden = true, hidden || always
			}
		}
		hides = hides && hidden
	}
	return hides
}

// asks reports whether a condition of a function has an expression in it of which is is true.
func asks(f *Function, is func(ast.Expr) bool) bool {
	found := false
	ask := func(cond ast.Expr) {
		if cond != nil {
			ast.Walk(cond, func(n ast.Node) bool {
				e, expr := n.(ast.Expr)
				found = found || expr && is(e)
				return !found
			})
		}
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.If:
			for _, c := range x.Clauses {
				ask(c.Cond)
			}
		case *ast.Cond:
			ask(x.If)
		case *ast.Simple:
			if x.Keyword == "assert" {
				ask(x.Exprs[0])
			}
		case *ast.Binary:
			if x.Op == "and" || x.Op == "or" {
				ask(x)
			}
		}
		return !found
	})
	return found
}
