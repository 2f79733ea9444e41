package c

// What the statements of a body do to the parameters. The order of statements does not
// count: a variable may lead to whatever was ever assigned to it.

import (
	"math/bits"
	"strings"
)

// variable is a local variable, or a parameter.
type variable struct {
	t      ctype
	roots  uint64 // the parameters that it may lead into
	piece  piece
	static bool // outlives the call
	aim    aim  // where it leads directly
	aimed  bool // it has been given something
	bare   bool // const may have been cast away of what it has been given
	count  bool // all that it leads to are numbers that calls returned
	// given is true of what is written in its stead: a macro's parameter is an expression, and
	// a reference is what it was made with.
	given bool
	value value
}

// scope is the names of a body, or of a macro that is used in it.
type scope struct {
	up   *scope // who uses the macro
	f    *file  // whose text the trees are of
	vars map[string]*variable
	uses map[use]*scope
	// macro is the one that is expanded; it means itself within itself.
	macro *macro
	// blocks are the names that blocks within have for themselves.
	blocks map[any]*scope
}

// analysis goes through one declaration of a node.
type analysis struct {
	s     *solver
	n     *node
	d     *def
	all   uint64
	top   *scope
	grown bool // some variable leads somewhere new
	// protected is what something of the function's own leads to by pointers to const alone.
	protected uint64
	anywhere  bool // and it is not known which
	blind     bool // something may have changed any variable
	fuel      int
	depth     int // of macros within macros
	// direct is true while a variable that outlives the call is assigned to by its own name, or what it leads to.
	direct bool
	// within is the callee that does what is noted now, nil for the function itself.
	within *node
	// making is how many objects are being made, each for the next one.
	making int
}

const (
	minFuel   = 20_000 // terms of one body, macros expanded, over all rounds; a long one has more
	maxRounds = 24
	maxMacro  = 12
)

func newAnalysis(s *solver, n *node, d *def) *analysis {
	a := &analysis{s: s, n: n, d: d, fuel: minFuel + 8*d.length()}
	a.top = &scope{f: d.file, vars: map[string]*variable{}, macro: d.macro}
	first := d.first()
	for i, name := range d.names {
		bit := uint64(1) << (i + first)
		a.all |= bit
		if name == "" {
			continue
		}
		v := &variable{roots: bit}
		if d.macro != nil {
			v.given = true
			v.value = value{roots: bit, mem: bit, place: placeMem}
		} else {
			v.t = d.params[i]
			if v.t.raw() {
				v.piece = pieceRaw
			}
			if v.t.ref {
				v.given = true
				v.value = value{roots: bit, mem: bit, place: placeMem, t: v.t.element()}
			} else if v.t.narrow && v.t.ptr == 0 { // a copy, by whose address nobody reaches the caller's
				v.roots = 0
			} else if v.t.ptr > 0 {
				v.aim, v.aimed = aim{known: true, at: bit}, true
			}
		}
		a.top.vars[name] = v
	}
	if !d.file.cpp {
		a.all |= fresh
	}
	if first > 0 {
		a.all |= 1
		this := ctype{base: baseRecord, rec: d.method, ptr: 1}
		if d.konst {
			this.consts = 1
		}
		a.top.vars["this"] = &variable{roots: 1, t: this}
	}
	return a
}

// run goes through the body until no variable leads anywhere new.
func (a *analysis) run() {
	for range maxRounds {
		a.grown = false
		lifetimes{a}.initialize(a.top)
		lifetimes{a}.passed()
		if a.d.expr != nil {
			v := a.expr(a.d.expr, a.top)
			a.ret(v)
		} else if a.d.body != nil {
			a.block(a.d.body, a.top)
		}
		if !a.grown || a.fuel <= 0 {
			break
		}
	}
	if a.grown || a.fuel <= 0 {
		a.d.broken, a.n.shared = true, true
		a.lose(a.all, spot{a.d.file, int32(a.d.at()), "is too long to follow"})
	}
}

// mark notes what is done to what some roots lead to.
func (a *analysis) mark(roots uint64, fl flags, at spot) {
	if roots&world != 0 {
		a.n.world.add(fl&(writes|returned), at)
		if fl&writes != 0 {
			leaves(a, at)
		}
		roots &^= world
	}
	if roots&fresh != 0 {
		a.n.shared = a.n.shared || fl&(unknown|keeps|lent|copied|parts|held) != 0
		roots &^= fresh
	}
	for roots != 0 {
		i := bits.TrailingZeros64(roots)
		roots &^= 1 << i
		if i < len(a.n.facts) {
			a.n.facts[i].add(fl, at)
		}
	}
}

// leaves notes where a variable that outlives the call is written to: in the innermost function that does.
func leaves(a *analysis, at spot) {
	if a.d.synchronizes() {
		return
	}
	first := func(of *spot, at spot) {
		if at.f != nil && (of.f == nil || at.before(*of)) {
			*of = at
		}
	}
	switch {
	case a.within != nil:
		first(&a.n.unlocked, a.within.unlocked)
		first(&a.n.stored, a.within.stored)
	case at.what == assigned || at.what == assignedIn && a.direct:
		first(&a.n.stored, at)
		fallthrough
	default:
		first(&a.n.unlocked, at)
	}
}

// What assignments to variables that outlive the call, and to what is in them, do.
const (
	assigned   = "writes to a variable that outlives it"
	assignedIn = "stores into it"
)

func (a *analysis) write(roots uint64, at spot) { a.mark(roots, writes|far, at) }
func (a *analysis) lose(roots uint64, at spot)  { a.mark(roots, unknown|deep, at) }

// loseIn is lose for what a value is passed with: const on it holds for who gets it.
func (a *analysis) loseIn(v value, roots uint64, at spot) {
	aims{a}.used(v, at)
	if v.guarded() {
		a.mark(roots, unknown, at)
	} else {
		a.lose(roots, at)
	}
}

// keep notes that a value is stored where it may outlive the call.
func (a *analysis) keep(v value, at spot) { aims{a}.keepAs(v, keeps, at) }

func (a aims) keepAs(v value, fl flags, at spot) {
	a.used(v, at)
	if v.t.scalar() {
		pieces(a).copies(v, at)
	} else {
		v.mem = 0
		switch {
		case !v.guarded():
			fl |= deep
		case v.t.ptr > 0 || a.d.file.cpp:
		case fl == lent: // const of a struct is none of what it leads to
			fl |= whole
		default:
			fl |= deep
		}
		a.mark(v.roots, fl, at)
	}
}

func (a *analysis) ret(v value) {
	if !a.d.result.guards() {
		aims{a}.used(v, spot{a.d.file, int32(a.d.at()), ""})
	}
	aims{a}.result(v)
	if t := a.d.result; a.d.macro == nil && t.scalar() {
		if t.narrow && v.piece != pieceNone {
			a.mark(v.roots, parts, spot{})
		} else if !t.narrow { // a pointer, perhaps
			a.mark(v.roots, returned, spot{})
		}
		return
	}
	a.mark(v.roots|v.mem, returned, spot{})
}

// leads notes that a variable may lead into more. A wide number may be a pointer in disguise.
func (a *analysis) leads(v *variable, roots uint64) {
	if v.t.narrow && v.t.ptr == 0 {
		return
	}
	if roots&^v.roots != 0 {
		v.roots |= roots
		a.grown = true
	}
}

// within is the scope of a block, the same in each round.
func (sc *scope) within(block any) *scope {
	in := sc.blocks[block]
	if in == nil {
		in = &scope{up: sc, f: sc.f, vars: map[string]*variable{}, macro: sc.macro}
		if sc.blocks == nil {
			sc.blocks = map[any]*scope{}
		}
		sc.blocks[block] = in
	}
	return in
}

func (a *analysis) block(b *gBlock, sc *scope) {
	if b == nil {
		return
	}
	sc = sc.within(b)
	for _, s := range b.Stmts {
		a.stmt(s, sc)
	}
}

func (a *analysis) stmt(s *gStmt, sc *scope) {
	switch {
	case s == nil:
	case s.Block != nil:
		a.block(s.Block, sc)
	case s.Decl != nil:
		a.declare(s.Decl, sc)
	case s.If != nil:
		a.expr(s.If.Cond, sc)
		a.stmt(s.If.Then, sc)
		a.stmt(s.If.Else, sc)
	case s.For != nil:
		sc = sc.within(s.For)
		a.declare(s.For.Decl, sc)
		operators{a}.ranges(s.For, sc)
		a.expr(s.For.Init, sc)
		a.expr(s.For.Cond, sc)
		a.expr(s.For.Step, sc)
		a.stmt(s.For.Body, sc)
	case s.Do != nil:
		a.stmt(s.Do.Body, sc)
		a.expr(s.Do.Cond, sc)
	case s.Return != nil:
		if t := s.Return.Value; t != nil {
			v := a.either(t.Expr, t.List, sc)
			lifetimes{a}.made(a.d.result, v, spot{sc.f, int32(a.d.at()), "returns what is made of it"}, sc)
			a.ret(v)
		}
	case s.Expr != nil:
		a.bare(s.Expr, sc)
		a.expr(s.Expr, sc)
	}
}

// ranges is a for over what a range has in it, which is asked for its begin and end.
func (a operators) ranges(f *gFor, sc *scope) {
	if f.Decl == nil || f.Cond != nil || f.Step != nil || len(f.Decl.Vars) != 1 || !sc.f.cpp {
		return
	}
	in := f.Decl.Vars[0].Init
	if in == nil || in.Value == nil {
		return
	}
	r := a.arg(in.Value, sc)
	if r.t.ptr != 0 || r.t.base != baseRecord {
		return
	}
	at := spot{sc.f, int32(f.Decl.Vars[0].Pos.Offset), "goes through it"}
	for _, name := range []string{"begin", "end"} {
		if n, _ := a.s.lib.method(sc.f, r.t.rec, name); n != nil {
			calls(a).applyAt(n, []value{r}, at, sc)
		}
		if n := a.s.lib.lookup(a.d.home, name); n != nil {
			calls(a).applyAt(n, []value{r}, at, sc)
		}
	}
}

// typed looks at the words of a type: a macro among them may be the head of a statement.
func (a calls) typed(words []string, sc *scope) {
	for _, w := range words {
		if !letter(w[0]) || declWords[w] {
			continue
		}
		if d := a.alias(w, sc); d != nil && (controls[d.file.str(d.macro.toks[0])] != 0 || d.file.str(d.macro.toks[0]) == "{") {
			aims(a).lost(spot{sc.f, int32(d.macro.pos), "is the head of a statement"})
		}
	}
}

// bare looks at a statement that is one name: a macro that is not in sight may do anything.
func (a *analysis) bare(e *gExpr, sc *scope) {
	if len(e.Items) != 1 || len(e.Items[0].Rest) > 0 {
		return
	}
	t := e.Items[0].First
	if t.Ident == "" || len(t.Prefix) > 0 || len(t.Post) > 0 || a.find(t.Ident, sc) != nil || a.alias(t.Ident, sc) != nil {
		return
	}
	aims{a}.lost(a.at(t, sc, "uses "+t.Ident+", which is not in sight"))
}

func (a *analysis) either(e *gExpr, l *gList, sc *scope) value {
	if e != nil {
		return a.expr(e, sc)
	}
	return a.items(l, sc)
}

// declare makes variables.
func (a *analysis) declare(d *gDecl, sc *scope) {
	if d == nil {
		return
	}
	words := strings.Fields(d.Type)
	calls{a}.typed(words, sc)
	static, auto, mine := false, false, false
	for _, w := range words {
		auto = auto || w == "auto"
		static = static || w == "static" || w == "extern" || w == "thread_local"
		mine = mine || ofThreads(sc.f, w)
	}
	for _, g := range d.Vars {
		p := append(phrase(nil), words...)
		p = append(p, g.Marks...)
		p = append(p, "_name")
		for range g.Dims {
			p = append(p, "[]")
		}
		t, _ := sc.f.of(p)
		for _, i := range g.Dims {
			a.expr(i.At, sc)
		}
		v := sc.vars[g.Name]
		if v == nil {
			v = &variable{t: t, static: static}
			if static && !mine {
				v.roots = world
			}
			sc.vars[g.Name] = v
			a.grown = true
		} else if v.t != t && !auto { // one of several of the name
			v.t = ctype{}
		}
		if !static {
			lifetimes{a}.gone(value{roots: v.roots, place: placeOwn, owner: v, t: v.t}, spot{sc.f, int32(g.Pos.Offset), "destroys " + g.Name + ", which leads to it"}, sc)
		}
		if g.Init == nil {
			continue
		}
		at := spot{sc.f, int32(g.Pos.Offset), "is stored in " + g.Name}
		var r value
		switch in := g.Init; {
		case in.Value != nil:
			r = a.arg(in.Value, sc)
			lifetimes{a}.made(t, r, at, sc)
			calls{a}.construct(in.Value.list(), t, r, at, sc)
		case in.List != nil:
			r = a.items(in.List, sc)
			calls{a}.construct(in.List, t, r, at, sc)
		case in.Args != nil: // T x(y, z)
			for _, x := range in.Args.Args {
				r = r.with(a.arg(x, sc))
			}
			if len(in.Args.Args) > 0 && t.base != baseScalar && t.ptr == 0 { // a constructor
				a.lose(r.roots|r.mem, spot{sc.f, int32(g.Pos.Offset), "is given to a constructor"})
			}
		}
		reference := t.ref
		for _, m := range g.Marks {
			reference = reference || m == "&" || m == "&&"
		}
		if reference {
			v.given = true
			into := r.roots | r.mem
			if into&^v.value.roots != 0 {
				a.grown = true
			}
			v.value.roots |= into
			v.value.mem |= r.mem
			if g.Init.List != nil || r.classy() && r.t != t.element() { // T &x{y}, or what an object turns into or has in it
				v.value.mem |= into
			}
			v.value.place = placeMem
			v.value.t = t.element()
			if auto {
				v.value.t = r.t
			}
			v.roots |= into
			continue
		}
		pieces{a}.takes(v, r)
		aims{a}.assigned(v, r)
		if auto && v.t == (ctype{}) || auto && v.t.base == baseUnknown {
			v.t = r.t
			v.t.array = false
		}
		if static {
			a.keep(r, at)
		}
	}
}

// list is the list in braces that an argument is, nil where it is none.
func (g *gArg) list() *gList {
	if g.Flat == nil {
		return g.List
	}
	if t := g.Flat.First; len(g.Flat.Rest) == 0 && len(t.Prefix) == 0 && len(t.Post) == 0 {
		return t.List
	}
	return nil
}

// items is what a list in braces has in it.
func (a *analysis) items(l *gList, sc *scope) value {
	var out value
	if l == nil {
		return out
	}
	for _, i := range l.Items {
		for _, f := range i.For {
			a.expr(f.At, sc)
		}
		out = out.with(a.arg(i.Value, sc))
	}
	out.t, out.place, out.mem = ctype{}, placeNone, 0
	return out
}

func (a *analysis) arg(g *gArg, sc *scope) value {
	if g.Flat != nil {
		return a.flat(g.Flat, sc)
	}
	return a.items(g.List, sc)
}

// find is the variable of a name.
func (a *analysis) find(name string, sc *scope) *variable {
	for ; sc != nil; sc = sc.up {
		if v := sc.vars[name]; v != nil {
			return v
		}
	}
	return nil
}

// at is where a term stands.
func (a *analysis) at(t *gTerm, sc *scope, what string) spot {
	return spot{sc.f, int32(t.Pos.Offset), what}
}
