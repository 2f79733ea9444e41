package effects

// Blocks: what `with cython.read_lock(node):` holds while its body runs.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Block is a with statement that takes locks.
type Block struct {
	With  *ast.With
	Locks []BlockLock
	// Parallel tells that each thread of a parallel loop takes them.
	Parallel bool
	outer    int32 // the block that it stands in; 0 for none
}

// BlockLock is one object that a block locks.
type BlockLock struct {
	Arg  ast.Arg
	Mode Mode
	// Class is what Cython takes the expression for; nil where that is any object.
	Class *project.Class
	// Shape is what is known of the value.
	Shape ctype.Shape
	// Param is the number of the parameter that a function holds from its entry on.
	Param int
	node  int32
	used  *project.Class // as which the block uses it, where Cython takes it for any object
}

// blocks walk the with statements of a function that take locks.
type blocks struct{ *builder }

// block walks a with statement that takes locks, and reports whether control goes on
// behind it.
func (b blocks) block(st *ast.With) bool {
	k := Block{With: st, Parallel: b.parallel, outer: b.under}
	swallowing := false
	for _, it := range st.Items {
		t, ok := decorator.Takes(b.m, it.X)
		if !ok { // refused: a block has nothing but locks
			b.releases(it.X)
			swallowing = true
			n := b.expr(it.X)
			if it.Target != nil {
				b.target(it.Target, b.either(n, b.node(Node{Kind: NodeUnknown})), false)
			}
			continue
		}
		md := Read
		if t.Name == "write_lock" {
			md = Write
		}
		for _, a := range t.Args() {
			n := b.expr(a.X)
			k.Locks = append(k.Locks, BlockLock{Arg: a, Mode: md, Class: b.static(a.X), used: b.castTo(st.Body, a.X), Shape: b.shapeOf(a.X, n), node: n})
		}
		if it.Target != nil {
			b.target(it.Target, 0, false)
		}
	}
	was := b.under
	b.enter(k)
	fell := false
	if swallowing {
		var interrupted []int32
		fell, interrupted, _ = b.attempt(func() bool { return b.suite(st.Body) })
		ways := [][]int32{interrupted}
		if fell {
			ways = append(ways, b.env)
		}
		fell = b.meet(ways)
	} else {
		fell = b.suite(st.Body)
	}
	b.under = was
	return fell
}

// enter has what is walked from here on stand in a block.
func (b blocks) enter(k Block) {
	for _, l := range k.Locks {
		if l.node != 0 && l.Arg.Star == 0 && b.shape(l.node).Kind == ctype.Object {
			b.flow.Actions = append(b.flow.Actions, action{Node: l.node, class: b.shape(l.node).Class, Kind: OnState, Mode: l.Mode,
				sure: true, takes: true, each: b.parallel, under: b.under, Cause: Takes, Span: l.Arg.X.Range()})
		}
	}
	if len(b.flow.Blocks) == 0 {
		b.flow.Blocks = append(b.flow.Blocks, Block{})
	}
	b.flow.Blocks = append(b.flow.Blocks, k)
	b.under = int32(len(b.flow.Blocks) - 1)
}

// lockedUnused notes what the decorators of the function lock of its parameters, where the body does not say
// so by using them: callers wait for these, too.
func (b blocks) lockedUnused() {
	var used map[string]bool
	for _, d := range b.p.OwnLocks(b.f).Decs {
		if d.Name != "read_lock" && d.Name != "write_lock" {
			continue
		}
		spoken := d.Spoken()
		if used == nil {
			used = namesIn(b.f.Def.Body)
		}
		for i, n := range b.flow.Params {
			prm := b.f.Def.Params.List[i]
			named := spoken[prm.Name.Name] || i == 0 && len(d.Args()) == 0
			if c := b.shape(n).Class; named && n != 0 && c != nil && prm.Kind == ast.Positional && !used[prm.Name.Name] {
				b.flow.Actions = append(b.flow.Actions, action{Node: n, class: c, Kind: OnState, Mode: Read, sure: true, raw: true, Cause: Takes, Span: d.Node.Range()})
			}
		}
	}
}

// namesIn are the names that are used in a body.
func namesIn(body ast.Node) map[string]bool {
	out := map[string]bool{}
	ast.Walk(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok {
			out[id.Name] = true
		}
		return true
	})
	return out
}

// Around yields the locks of a block and of those round it.
func (fl *Flow) Around(block int32) func(yield func(BlockLock) bool) {
	return func(yield func(BlockLock) bool) {
		for ; block != 0; block = fl.Blocks[block].outer {
			for _, l := range fl.Blocks[block].Locks {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// shapeOf is the shape of an expression with a value: what its variable is declared as
// tells more than a number.
func (b blocks) shapeOf(e ast.Expr, n int32) ctype.Shape {
	if id, ok := syntax.Unparen(e).(*ast.Name); ok {
		if v, ok := b.vars[id.Name]; ok && !v.global && v.shape.Kind != ctype.Unknown {
			return v.shape
		}
	}
	return b.shape(n)
}

// castTo is the class as which the first statement of a block uses a variable that it locks, without asking whether it is
// one: "(<Node>x).next = NULL".
func (b blocks) castTo(body *ast.Suite, e ast.Expr) (c *project.Class) {
	name, ok := syntax.Unparen(e).(*ast.Name)
	if !ok || len(body.Stmts) == 0 {
		return nil
	}
	switch body.Stmts[0].(type) {
	case *ast.Assign, *ast.ExprStmt, *ast.Simple, *ast.CVarDecl:
	default:
		return nil
	}
	ast.Walk(body.Stmts[0], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Cast:
			if x, ok := syntax.Unparen(n.X).(*ast.Name); ok && x.Name == name.Name && !n.Checked && syntax.Pointers(n.Type.Declarator) == 0 {
				c = classOfObject(b.p.Types.Of(b.m, n.Type, n.Type.Declarator))
			}
		case *ast.Cond, *ast.Lambda, *ast.Comp:
			return false
		case *ast.Binary:
			return n.Op != "and" && n.Op != "or"
		}
		return c == nil
	})
	return c
}

// static is the class that Cython takes an expression for, nil for any object.
func (b blocks) static(e ast.Expr) *project.Class {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Name:
		if v, ok := b.vars[e.Name]; ok && !v.global {
			return classOfObject(v.shape)
		}
		if c, m, ok := project.Variable(b.m, e.Name); ok {
			return classOfObject(b.p.Types.Of(m, c.Type, c.Declarator))
		}
	case *ast.Attribute:
		if c := b.static(e.X); c != nil {
			if f := c.Field(e.Attr.Name); f != nil {
				return f.Class()
			}
		}
	case *ast.Cast:
		return classOfObject(b.p.Types.Of(b.m, e.Type, nil))
	case *ast.Call:
		if e.Fun == nil {
			return nil
		}
		if b.m.Scope.CythonAttr(e.Fun, false) == "cast" && len(e.Args) > 0 {
			return classOfObject(b.p.Types.OfNote(b.m, e.Args[0].X))
		}
		if path := syntax.Dotted(e.Fun); path != nil && !b.isLocal(path[0]) {
			return b.m.Lookup(path)
		}
	}
	return nil
}

// classOfObject is the class of a shape that is an object's.
func classOfObject(sh ctype.Shape) *project.Class {
	if sh.Kind != ctype.Object {
		return nil
	}
	return sh.Class
}

// Never reports whether an expression cannot be None where its class is known: the
// object that a method is called on, and what is declared so.
func (f *Function) Never(e ast.Expr) bool {
	n, ok := syntax.Unparen(e).(*ast.Name)
	if !ok || f.Def.Params == nil {
		return false
	}
	for i, p := range f.Def.Params.List {
		if p.Name.Name != n.Name || p.Kind != ast.Positional {
			continue
		}
		return p.Not || i == 0 && f.Class != nil && !library.ImplicitStatic()[f.Def.Name.Name] && !f.Mod.PlainDecorator(f.Def, "staticmethod")
	}
	return false
}

// held is where something is done: in which block, to which value, and how many
// attributes below what that value stands for.
type held struct {
	under int32
	node  int32
	below int
}

// inCall is what a call does to a region of its callee g.
func inCall(c *Call, g *Function, r int32) held {
	h := held{under: c.under}
	x := &g.Sum.Regions[r]
	for ; x.Parent >= 0; h.below++ {
		if x.OfItems() {
			return h // of no value that has a name
		}
		x = &g.Sum.Regions[x.Parent]
	}
	h.node = c.Args[x.Num]
	return h
}

// cover says what blocks hold.
type cover struct{ *Solver }

// covers reports whether the blocks round an action hold, in the mode that it needs,
// the object with the region that it is on. up says through how many attributes without a lock of
// their own that was reached.
func (s cover) covers(h held, region int32, up int, md Mode) bool {
	for k := h.under; k != 0; k = s.flow.Blocks[k].outer {
		for _, l := range s.flow.Blocks[k].Locks {
			if l.Mode < md || l.node == 0 {
				continue
			}
			if l.Arg.Star != 0 {
				if s.locksItems(l.node, region) {
					return true
				}
				continue
			}
			if own, ok := s.owning(h, region, up); ok && (own == s.guardedBy(l.node) || s.sum.Regions[region].Name == furtherOn && s.onePath(own, s.guardedBy(l.node)) || up == h.below && s.onBothWays(own, region, s.guardedBy(l.node), maxPath)) {
				return true
			}
			if !s.single(region) {
				continue
			}
			if to := s.Top(l.node); len(to) == 1 && s.guarded(to[0].Region) == region {
				return true
			}
		}
	}
	return false
}

// locksItems reports whether "*args" of a block is all that a region may be: the items
// of a tuple that nobody can change.
func (s cover) locksItems(n, region int32) bool {
	x := &s.sum.Regions[region]
	if !x.OfItems() {
		return false
	}
	num, ok := Items(s.f, region)
	of := s.items(n)
	return ok && s.f.Def.Params.List[num].Kind == ast.Star && len(of) == 1 && of[0].Region == region
}

// guarded is the region whose state the lock of another guards: where that is an
// object's guard, the object.
func (s cover) guarded(r int32) int32 {
	for x := &s.sum.Regions[r]; x.Parent >= 0 && s.p.sharesLock(x.Owner, x.Name); x = &s.sum.Regions[r] {
		r = x.Parent
	}
	return r
}

// guardedBy is guarded for values.
func (s cover) guardedBy(n int32) int32 {
	n = s.plain(n)
	for s.flow.Nodes[n].Kind == NodeField && s.p.sharesLock(s.flow.Nodes[n].owner, s.flow.Nodes[n].Name) {
		n = s.plain(s.flow.Nodes[n].Base)
	}
	return n
}

// onePath reports whether two values are one object: one value, or what the same attributes lead to from
// one value where no attribute that holds an object is assigned to. It tells apart what regions do not, further on.
func (s cover) onePath(a, b int32) bool {
	if a, b = s.plain(a), s.plain(b); a == b || s.assigns {
		return a == b
	}
	x, y := &s.flow.Nodes[a], &s.flow.Nodes[b]
	return x.Kind == NodeField && y.Kind == NodeField && x.Name == y.Name && x.owner == y.owner && x.owner != nil && s.onePath(x.Base, y.Base)
}

// single reports whether a region is one object at a time: what a parameter is, or an
// attribute leads to from there. What stands for all that is further on is many.
func (s cover) single(r int32) bool {
	x := &s.sum.Regions[r]
	for x.Parent >= 0 {
		if x.OfItems() || x.Name == furtherOn {
			return false
		}
		x = &s.sum.Regions[x.Parent]
	}
	return x.Root == NodeParam && !x.OfItems() || x.Root == NodeGlobal
}

// owning is the value of which an action's is a part, where that is done to a region.
func (s cover) owning(h held, region int32, up int) (int32, bool) {
	if up < h.below {
		return 0, false
	}
	if up > h.below {
		region = noRegion
	}
	n := s.plainOf(h.node, region)
	for i := h.below; i < up; i++ {
		if s.flow.Nodes[n].Kind != NodeField {
			return 0, false
		}
		n = s.plain(s.flow.Nodes[n].Base)
	}
	return n, n != 0
}

// onBothWays reports whether a value of which two ways meet is a part of another one wherever it leads to a region. What
// earlier rounds of a loop have given it is no part of that.
func (s cover) onBothWays(n, region, of int32, depth int) bool {
	x := &s.flow.Nodes[n]
	if x.Kind != NodeLocal || x.met == 0 || depth == 0 {
		return false
	}
	found := false
	for _, from := range x.From {
		if !slices.ContainsFunc(s.Top(from), func(r Ref) bool { return r.Region == region }) {
			continue
		}
		if own := s.plainOf(from, region); own != of && !s.onBothWays(own, region, of, depth-1) {
			return false
		}
		found = true
	}
	return found
}

// plain is a value without what is a part of it, and without the names that it was
// given on the way.
func (s cover) plain(n int32) int32 { return s.plainOf(n, noRegion) }

// nodeSet is a set of nodes, few as a rule.
type nodeSet struct {
	list []int32
	in   map[int32]bool // from manyRefs on
}

// add reports whether a node was not in the set, and puts it there.
func (s *nodeSet) add(n int32) bool {
	if s.in[n] || s.in == nil && slices.Contains(s.list, n) {
		return false
	}
	if s.in == nil {
		if s.list = append(s.list, n); len(s.list) == manyRefs {
			s.in = make(map[int32]bool, 2*manyRefs)
			for _, n := range s.list {
				s.in[n] = true
			}
		}
		return true
	}
	s.in[n] = true
	return true
}

// plainOf is plain for a value that leads to a region. What C code made of several values is a part of those that do,
// too.
func (s cover) plainOf(n, region int32) int32 {
	var seen nodeSet
	for seen.add(n) {
		x := &s.flow.Nodes[n]
		switch {
		case x.Kind == NodeCast || x.Kind == NodeInside:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		case x.filled:
			if of := s.filledOf(x, region); of != 0 {
				n = of
			}
		}
	}
	return n
}

// filledOf is the one value whose parts C code was given that made a pointer of them, and that leads to a region; 0 where
// there are several.
func (s cover) filledOf(x *Node, region int32) int32 {
	of := int32(0)
	for _, from := range x.From {
		to := s.Top(from)
		if len(to) == 0 || region != noRegion && !slices.ContainsFunc(to, func(r Ref) bool { return r.Region == region }) {
			continue // what it was before leads nowhere
		}
		n := s.plain(from)
		if of != 0 && of != n {
			return 0
		}
		of = n
	}
	return of
}

// Upgrade is a call under a block that locks for writing what the block holds for reading.
type Upgrade struct {
	Held   BlockLock
	Effect *Effect
}

// UpgradesIn finds those in a block of a function, which is solved.
func UpgradesIn(p *Program, f *Function, with *ast.With) []Upgrade {
	k := slices.IndexFunc(f.Flow.Blocks, func(b Block) bool { return b.With == with })
	if k <= 0 {
		return nil
	}
	p.model.mu.Lock() // regions may be made on the way
	defer p.model.mu.Unlock()
	s := borrow(p)
	defer giveBack(s)
	s.At(f)
	one := func(l *BlockLock, region int32) bool {
		of := s.regions(l.node)
		return !l.star() && len(of) == 1 && of[0] == region && !s.sum.many(region)
	}
	var out []Upgrade
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if e.Mode != Write || e.Raw || e.Via == nil || e.Under == 0 || e.Kind == OnPython {
			continue
		}
		var read *BlockLock
		written := false
		for at := e.Under; at != 0; at = f.Flow.Blocks[at].outer {
			for j := range f.Flow.Blocks[at].Locks {
				l := &f.Flow.Blocks[at].Locks[j]
				switch {
				case !one(l, e.Region):
				case l.Mode == Write:
					written = true
				case at == int32(k):
					read = l
				}
			}
		}
		if read != nil && !written && !slices.ContainsFunc(out, func(u Upgrade) bool { return u.Effect.Span == e.Span }) {
			out = append(out, Upgrade{*read, e})
		}
	}
	return out
}

// CallsUnderBlock reports whether a function calls another one under a block of its own, which holds something then.
func CallsUnderBlock(f, callee *Function) bool {
	return slices.ContainsFunc(f.Flow.Calls, func(c Call) bool { return c.under != 0 && slices.Contains(c.Callees, callee) })
}
