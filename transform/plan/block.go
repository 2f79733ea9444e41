package plan

// Blocks: what `with cython.read_lock(node):` locks, or why it cannot.

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

// Block is a with statement that takes locks, in its place.
type Block struct {
	With *ast.With
	// Outer is the block of the same function that it stands in; nil where there is none.
	Outer *Block
	// Nogil tells that the statement runs without the GIL, Parallel that several threads
	// of a loop may be in it, each of which has to have its own variable.
	Nogil, Parallel bool
	// Final tells that it stands in a finally clause, which Cython compiles more than once.
	Final bool
	// Name is the variable that stands for what it holds.
	Name string
	Plan *Plan // nil where it is refused
	// Kept are the expressions that are evaluated before anything is locked, each with the
	// variable that has its value.
	Kept []Kept
}

// Kept is the value of an expression, which is evaluated once.
type Kept struct {
	Name string
	X    ast.Expr
	List bool // of "*x": a list of its items
}

// Blocks returns the blocks of a function itself, outer ones before those in them, each
// planned or reported.
func (p *Planner) Blocks(m *project.Module, f *Func) []*Block {
	if !p.Locks.Spells(f.Unit.Source) {
		return nil
	}
	var out []*Block
	var bound *bindings
	var walk func(stmts []ast.Stmt, in Block)
	walk = func(stmts []ast.Stmt, in Block) {
		for _, st := range stmts {
			inside := in
			switch st := st.(type) {
			case *ast.FuncDef, *ast.ClassDef:
				continue
			case *ast.With:
				if decorator.Block(m, st) {
					b := in
					b.With, b.Name = st, "_pyxlock_block"
					if len(out) > 0 {
						b.Name = fmt.Sprintf("%s_%d", b.Name, len(out)+1)
					}
					if out = append(out, &b); bound == nil {
						bound = bindingsOf(f.Def)
					}
					p.block(m, f, &b, bound)
					inside.Outer = &b
					break
				}
				for _, it := range st.Items {
					inside.enter(m, it.X)
				}
			case *ast.For:
				inside.enter(m, st.Iter)
			}
			try, _ := st.(*ast.Try)
			for s := range syntax.Suites(st) {
				in := inside
				in.Final = in.Final || try != nil && s == try.Finally
				walk(s.Stmts, in)
			}
		}
	}
	walk(f.Def.Body.Stmts, Block{Nogil: project.IsNogil(m, f.Class, f.Def)})
	return out
}

// enter notes what is so within a with statement with this item, or a loop over it.
func (b *Block) enter(m *project.Module, e ast.Expr) {
	if e == nil {
		return
	}
	fun := syntax.Unparen(e)
	if c, ok := fun.(*ast.Call); ok {
		fun = c.Fun
	}
	name := syntax.LastName(fun)
	if bound, ok := m.Scope.Names[name]; ok && bound.Attr != "" {
		name = bound.Attr
	}
	switch {
	case project.Parallel(m, e):
		b.Parallel = true
		b.Nogil = b.Nogil || m.Releases(e)
	case name == "gil":
		b.Nogil = false
	case m.Releases(e):
		b.Nogil = true
	}
}

// block plans one block.
func (p *Planner) block(m *project.Module, f *Func, b *Block, bound *bindings) {
	out := p.Of(m)
	at := ast.Span{Pos: b.With.Pos, End: b.With.Body.Colon}
	r := &blockResolver{b: b, bound: bound, resolver: resolver{p: p, m: m, f: f, out: out, at: at, who: "a block of " + f.Def.Name.Name}}
	r.items()
	if r.failed || len(r.holds) == 0 {
		return
	}
	pl := &Plan{Holds: r.holds, Nogil: b.Nogil}
	if !r.settle(pl) || !r.standing(pl) {
		return
	}
	p.cannotRaise(m, f, pl.Kind, at, out)
	p.thrownPast(m, f, pl.Kind, out)
	b.Plan = pl
	r.spell()
}

// blockResolver finds what one block locks.
type blockResolver struct {
	resolver
	b     *Block
	bound *bindings
}

// items reads the items of the with statement.
func (r *blockResolver) items() {
	st, u := r.b.With, r.f.Unit
	if st.Async {
		r.fail(u, ast.Span{Pos: st.Pos, End: st.Items[0].Pos}, finding.Yield, "async with on a lock, which the event loop cannot wait for", "write a plain with statement")
		return
	}
	known := r.known()
	n := 0
	for _, it := range st.Items {
		t, ok := decorator.Takes(r.m, it.X)
		switch {
		case !ok:
			r.fail(u, it.Span, finding.Misplaced, "a lock and something else in one with statement",
				"give the locks a statement of their own: those of one statement are taken together")
			return
		case it.Target != nil:
			r.fail(u, it.Target.Range(), finding.Argument, t.Name+" yields nothing that could be named", "leave out the \"as\"")
			return
		case len(t.Args()) == 0:
			r.fail(u, t.Span, finding.Argument, t.Name+" of a block does not say what it locks",
				fmt.Sprintf("name the objects: with cython.%s(a, b):", t.Name))
			return
		}
		md := effects.Read
		if t.Name == "write_lock" {
			md = effects.Write
		}
		for _, a := range t.Args() {
			l := effects.BlockLock{Arg: a, Mode: md}
			if n < len(known) {
				l = known[n]
			}
			n++
			r.item(t.Name, l)
		}
	}
}

// known is what the model knows of the objects, in order; nothing of code that is not
// reached.
func (r *blockResolver) known() []effects.BlockLock {
	top := r.f
	for top.Outer != nil {
		top = top.Outer
	}
	for _, k := range r.p.flowIn(r.m, top).Blocks {
		if k.With == r.b.With {
			return k.Locks
		}
	}
	return nil
}

// item holds one object.
func (r *blockResolver) item(name string, l effects.BlockLock) {
	u, a := r.f.Unit, l.Arg
	text := syntax.Text(u.File, a.X.Range())
	_, quoted := a.X.(*ast.Str)
	switch {
	case a.Name.Name != "" || a.Star > 1:
		r.fail(u, a.Span, finding.Argument, name+" takes objects, without names", fmt.Sprintf("write with cython.%s(a, b):", name))
		return
	case quoted:
		r.fail(u, a.Span, finding.Argument, fmt.Sprintf("%s of a block takes objects, not their names", name),
			fmt.Sprintf("leave the quotes out: with cython.%s(%s):", name, strings.Trim(text, "\"'")))
		return
	case a.Star == 0 && l.Class == nil && l.Shape.Kind != ctype.Unknown && l.Shape.Kind != ctype.Object:
		r.fail(u, a.Span, finding.Parameter, fmt.Sprintf("%s is not an object", text), "only Python objects have locks: lock the object that owns it")
		return
	case a.Star == 0 && l.Class == nil && l.Shape.Container:
		r.fail(u, a.Span, finding.Nothing, fmt.Sprintf("%s is a container, which is not an instance of a locked class", text), "lock the object that it belongs to; *"+text+" locks its items")
		return
	case a.Star == 0 && l.Class != nil && r.p.Locks.Of(l.Class) == nil:
		r.fail(u, a.Span, finding.Nothing, fmt.Sprintf("%s is a %s, which is not a locked class", text, l.Class.Name), "add @cython.locked_class to it, or do not lock it here")
		return
	}
	h := Hold{Mode: l.Mode, Class: l.Class, Typed: l.Class != nil, Items: a.Star == 1, Param: ast.Positional, expr: a.X, static: l.Class}
	if h.Items {
		h.Param = ast.Star // a list of the block's own
		h.Typed, h.Class = false, nil
	}
	id, isName := syntax.Unparen(a.X).(*ast.Name)
	if isName && !h.Items && r.bound.stays(id.Name, r.b.With.Span) {
		h.Path = []string{id.Name}
		h.Never = h.Typed && r.never(a.X)
	} else {
		name := r.b.Name + "_of"
		if n := len(r.b.Kept); n > 0 {
			name = fmt.Sprintf("%s_%d", name, n+1)
		}
		r.b.Kept = append(r.b.Kept, Kept{name, a.X, h.Items})
		h.Path = []string{name}
	}
	h.MaybeNone = h.Typed && !h.Never
	if isName && id.Name == r.firstOfClassMethod() {
		h.Typed, h.Never = true, true // a type object: locked as it is
	}
	r.holds = append(r.holds, h)
}

func (r *blockResolver) never(e ast.Expr) bool {
	fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]
	return fun != nil && fun.Never(e)
}

// firstOfClassMethod is the name of the class that a class method is called on.
func (r *blockResolver) firstOfClassMethod() string {
	params := r.f.Def.Params
	if r.f.Class == nil && !r.f.PyClass || r.f.Outer != nil || params == nil || len(params.List) == 0 || !r.m.PlainDecorator(r.f.Def, "classmethod") {
		return ""
	}
	return params.List[0].Name.Name
}

// standing reports what the block's lock cannot stand where it is.
func (r *blockResolver) standing(pl *Plan) bool {
	f, b, u := r.f, r.b, r.f.Unit
	fail := func(span ast.Span, code, msg, help string) {
		if !r.failed {
			r.fail(u, span, code, msg, help)
		}
	}
	body := b.With.Body
	snapshot := f.Plan != nil && f.Plan.Snapshot // whose yields suspend nothing
	if at := suspension(body); at != (ast.Span{}) && !snapshot {
		fail(at, finding.Yield, f.Def.Name.Name+" is suspended here, and would hold the block's lock meanwhile", "move the yield or await out of the block")
	}
	releases := releasesIn(r.m, body)
	pl.ReleasesGIL = b.Nogil || releases != ast.Span{}
	if pl.Kind == decorator.CriticalSection {
		if b.Nogil {
			fail(r.at, finding.Nogil, r.who+" runs without the GIL, where there are no critical sections",
				"use lock=\"rwlock\" or lock=\"mutex\", or take the lock before the GIL is released")
		} else if releases != (ast.Span{}) {
			fail(releases, finding.Nogil, "releasing the GIL ends the critical section of the block before its body does",
				"use lock=\"rwlock\" or lock=\"mutex\", which hold across nogil, or leave this out of the block")
		}
		if pl.locksItems() != nil || len(pl.Holds) > 2 {
			fail(r.at, finding.Three, r.who+" locks more than two objects, and a critical section takes two at most",
				"use lock=\"rwlock\", which takes any number in one order, or lock fewer")
		}
	}
	for _, h := range pl.Holds {
		text := syntax.Text(u.File, h.expr.Range())
		_, isName := syntax.Unparen(h.expr).(*ast.Name)
		switch {
		case !b.Nogil:
		case h.Items || !h.Typed && isName:
			fail(h.expr.Range(), finding.NeedsGIL, fmt.Sprintf("%s runs without the GIL and cannot find out what %s is", r.who, text),
				"give the variable its class as type, or take the lock before the GIL is released")
		case slices.ContainsFunc(b.Kept, func(k Kept) bool { return k.Name == h.Path[0] }):
			fail(h.expr.Range(), finding.NeedsGIL, fmt.Sprintf("%s runs without the GIL and cannot keep a reference to %s", r.who, text),
				"give it a name before the GIL is released, and do not assign to that in the block")
		}
	}
	if b.Parallel && (len(pl.Holds) > 1 || pl.Kind == decorator.Mutex && !pl.Holds[0].Never) {
		fail(r.at, finding.Parallel, r.who+" takes several locks in a parallel loop, and records them in a variable that the loop's threads would share",
			"do the work in a function without the loop, which takes the locks")
	}
	r.inner(pl, fail)
	r.upgraded(pl)
	if pl.Kind == decorator.Mutex {
		r.p.checkMutex(r.m, f, pl, body, r.at, fail)
	}
	return !r.failed
}

// inner reports what cannot be taken under the locks that the function holds already.
func (r *blockResolver) inner(pl *Plan, fail func(ast.Span, string, string, string)) {
	type outer struct {
		*Plan
		where    string
		parallel bool // taken by each thread of the loop
	}
	var all []outer
	for o := r.b.Outer; o != nil; o = o.Outer {
		if o.Plan != nil {
			all = append(all, outer{o.Plan, "a block around it", o.Parallel})
		}
	}
	if r.f.Plan != nil {
		all = append(all, outer{r.f.Plan, r.f.Def.Name.Name, false})
	}
	for _, o := range all {
		for _, h := range pl.Holds {
			for _, held := range o.Holds {
				same := slices.Equal(h.Path, held.Path) && h.Items == held.Items
				name := strings.Join(h.Path, ".")
				switch {
				case r.b.Parallel && !o.parallel && (same || related(&h, &held)):
					fail(r.at, finding.Parallel, fmt.Sprintf("the threads of the loop wait for %s, while %s holds it and waits for them", name, o.where),
						"take the lock once, around the loop, or each time, inside it")
				case same && pl.Kind == decorator.Mutex:
					fail(r.at, finding.Reentry, fmt.Sprintf("%s takes the mutex of %s, which %s holds already", r.who, name, o.where),
						"a mutex cannot be taken twice: leave the block out, or use lock=\"rwlock\", which may be re-entered")
				case same && pl.Kind == decorator.RWLock && h.Mode == effects.Write && held.Mode == effects.Read && o.where != r.f.Def.Name.Name:
					r.out.Report(r.f.Unit, r.at, finding.Upgrade, fmt.Sprintf("%s holds %s for reading, and then this one locks it for writing", o.where, name),
						"lock it for writing there: two threads that upgrade at once cannot both go on, and one raises RuntimeError").Warning = true
				}
			}
		}
	}
}

// upgraded reports calls in the block that lock for writing what it holds for reading.
func (r *blockResolver) upgraded(pl *Plan) {
	fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]
	if fun == nil || pl.Kind != decorator.RWLock {
		return
	}
	r.p.Program.Solve([]*effects.Function{fun})
	for _, u := range effects.UpgradesIn(r.p.Program, fun, r.b.With) {
		name := syntax.Text(r.f.Unit.File, u.Held.Arg.X.Range())
		if r.f.Plan != nil && slices.ContainsFunc(r.f.Plan.Holds, func(h Hold) bool { return h.Mode == effects.Write && strings.Join(h.Path, ".") == name }) {
			continue // it is held for writing anyway
		}
		f := r.out.Report(r.f.Unit, r.at, finding.Upgrade, fmt.Sprintf("%s holds %s for reading, and then %s, which %s", r.who, name, effects.Say(u.Effect), r.locksIt(u.Effect)),
			"lock it for writing here: two threads that upgrade at once cannot both go on, and one raises RuntimeError")
		f.Warning, f.Related = true, effects.RelatedOf(effects.Chain(fun, u.Effect))
	}
}

// related reports whether two holds may be of one object, as their types tell.
func related(a, b *Hold) bool {
	if a.Class == nil || b.Class == nil {
		return true
	}
	return slices.Contains(a.Class.Ancestry(), b.Class) || slices.Contains(b.Class.Ancestry(), a.Class)
}

// spell has a critical section evaluate by itself what it needs but once.
func (r *blockResolver) spell() {
	pl := r.b.Plan
	for i := range pl.Holds {
		h := &pl.Holds[i]
		k := slices.IndexFunc(r.b.Kept, func(k Kept) bool { return k.Name == h.Path[0] })
		if k < 0 {
			continue
		}
		switch {
		case pl.Kind == decorator.CriticalSection && h.Typed && len(h.Path) == 1 && len(pl.Holds) == 1:
			h.Path[0] = syntax.Text(r.f.Unit.File, h.expr.Range())
			r.b.Kept = slices.Delete(r.b.Kept, k, k+1)
		case h.Typed && (len(h.Path) > 1 || pl.Kind == decorator.Mutex):
			h.Cast = r.m.NameOf(r.f.Unit, h.static)
		}
	}
}

// suspension is the first place where a body is suspended.
func suspension(body *ast.Suite) (at ast.Span) {
	syntax.OwnNodes(body, func(n ast.Node) bool {
		found := false
		switch n := n.(type) {
		case *ast.Yield:
			found = true
		case *ast.Unary:
			found = n.Op == "await"
		case *ast.For:
			found = n.Async
		case *ast.With:
			found = n.Async
		case *ast.Comp:
			found = slices.ContainsFunc(n.Clauses, func(c ast.CompClause) bool { return c.Async })
		}
		if s := n.Range(); found && (at == ast.Span{} || s.Pos < at.Pos) {
			at = s
		}
		return true
	})
	return at
}

// releasesIn is the first place where a body releases the GIL.
func releasesIn(m *project.Module, body *ast.Suite) (at ast.Span) {
	syntax.OwnNodes(body, func(n ast.Node) bool {
		var e ast.Expr
		switch n := n.(type) {
		case *ast.With:
			for _, it := range n.Items {
				if m.Releases(it.X) {
					e = it.X
				}
			}
		case *ast.For:
			if n.Iter != nil && m.Releases(n.Iter) {
				e = n.Iter
			}
		}
		if e != nil && at == (ast.Span{}) {
			at = e.Range()
		}
		return true
	})
	return at
}
