package effects

// The fixed point: summaries from flows, callees first, and again where a
// callee's summary has grown. Summaries only grow and are bounded by the
// objects and paths that a function names, so this ends; in practice a function
// is looked at once, or twice where calls go round in circles.

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// maxPath bounds how far from a parameter an object is told apart.
const maxPath = 3

// Ref is a region and the class as which it is used.
type Ref struct {
	Region int32
	Class  *project.Class
}

// Solve makes the summaries of the functions and of all that they call.
func (p *Program) Solve(roots []*Function) {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	first := len(p.model.solved) == 0
	if p.model.solved == nil {
		p.model.solved = map[*Function]bool{}
	}
	var order []*Function
	var visit func(f *Function)
	visit = func(f *Function) {
		if p.model.solved[f] {
			return
		}
		p.model.solved[f] = true
		for i := range p.FlowOf(f).Calls {
			for _, g := range f.Flow.Calls[i].Callees {
				visit(g)
				g.Callers = append(g.Callers, f)
			}
		}
		order = append(order, f)
	}
	for _, f := range roots {
		visit(f)
	}
	for _, f := range order {
		f.queued = true
	}
	if !first || len(order) < manyFunctions {
		p.Solver().settle(order)
		return
	}
	// Functions that no chain of calls connects have nothing to say to each other.
	var wg sync.WaitGroup
	parts := connected(order)
	next := make(chan []*Function, len(parts))
	for _, part := range parts {
		next <- part
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			s := p.Solver()
			for part := range next {
				s.settle(part)
			}
		})
	}
	wg.Wait()
}

// manyFunctions is from how many on functions are solved side by side.
const manyFunctions = 256

// settle updates functions until nothing grows any more.
func (s *Solver) settle(order []*Function) {
	for len(order) > 0 {
		var next []*Function
		s.again = nil
		for _, f := range order {
			if !f.queued {
				continue
			}
			f.queued = false
			if !s.update(f) {
				continue
			}
			for _, c := range f.Callers {
				if !c.queued {
					c.queued = true
					next = append(next, c)
				}
			}
		}
		order = append(next, s.again...)
	}
}

// connected divides functions by their calls, the largest part first; each part
// keeps their order.
func connected(order []*Function) [][]*Function {
	leader := make(map[*Function]*Function, len(order))
	find := func(f *Function) *Function {
		for leader[f] != nil && leader[f] != f {
			if up := leader[leader[f]]; up != nil {
				leader[f] = up
			}
			f = leader[f]
		}
		return f
	}
	for _, f := range order {
		for i := range f.Flow.Calls {
			for _, g := range f.Flow.Calls[i].Callees {
				if a, b := find(f), find(g); a != b {
					leader[a] = b
				}
			}
		}
	}
	parts := map[*Function][]*Function{}
	var heads []*Function
	for _, f := range order {
		h := find(f)
		if len(parts[h]) == 0 {
			heads = append(heads, h)
		}
		parts[h] = append(parts[h], f)
	}
	slices.SortStableFunc(heads, func(a, b *Function) int { return len(parts[b]) - len(parts[a]) })
	out := make([][]*Function, len(heads))
	for i, h := range heads {
		out[i] = parts[h]
	}
	return out
}

// Solver holds what one update needs.
type Solver struct {
	p      *Program
	f      *Function
	flow   *Flow
	sum    *Summary
	grown  bool
	handed map[int32]int32 // fresh node → offset from which on it is shared
	// state and memo hold, by node, what refs has found.
	state  []uint8
	memo   [][]Ref
	looped bool
	again  []*Function // to be updated once more, though none of their callees grew
}

// At makes the solver ready to say what nodes of a function stand for.
func (s *Solver) At(f *Function) {
	s.f, s.flow, s.sum, s.grown = f, f.Flow, &f.Sum, false
	s.handed = nil
	if n := len(s.flow.Nodes); cap(s.state) < n {
		s.state, s.memo = make([]uint8, n, 2*n), make([][]Ref, n, 2*n)
	} else {
		s.state, s.memo = s.state[:n], s.memo[:n]
		clear(s.state)
		clear(s.memo)
	}
}

// update recomputes a function's summary and reports whether it grew.
func (s *Solver) update(f *Function) bool {
	s.At(f)
	for i := range s.flow.handed {
		s.handOut(s.flow.handed[i].node, &s.flow.handed[i])
	}
	for i := range s.flow.Calls {
		c := &s.flow.Calls[i]
		for _, g := range c.Callees {
			for k := range g.Sum.escapes {
				if int(k) < len(c.Args) {
					s.handOut(c.Args[k], &c.handing)
				}
			}
		}
	}
	for i := range s.flow.Actions {
		e := &s.flow.Actions[i]
		refs := s.Top(e.Node)
		if e.shallow {
			refs = s.own(e.Node, map[int32]bool{}, nil)
		}
		for _, r := range refs {
			class := e.class
			if class == nil {
				class = r.Class
			}
			s.add(r.Region, &Effect{Class: class, Kind: e.Kind, Mode: e.Mode, Sure: e.sure, Raw: e.raw, Cause: e.Cause, Name: e.Name, Field: e.Field, Span: e.Span})
		}
	}
	for i := range s.flow.Calls {
		s.call(&s.flow.Calls[i])
	}
	for _, n := range s.flow.Returns {
		for _, r := range s.Top(n) {
			s.addReturn(r)
		}
	}
	return s.grown
}

func (s *Solver) handOut(n int32, h *handing) {
	for _, r := range s.Top(n) {
		switch x := &s.sum.Regions[r.Region]; {
		case x.Root == NodeFresh && x.Parent < 0:
			if s.handed == nil {
				s.handed = map[int32]int32{}
			}
			pos := h.from(s.flow.Nodes[x.Num].pos)
			if old, ok := s.handed[x.Num]; !ok || pos < old {
				s.handed[x.Num] = pos
			}
		case x.Root == NodeParam && x.Parent < 0 && h.stored && !s.sum.escapes[x.Num]:
			if s.sum.escapes == nil {
				s.sum.escapes = map[int32]bool{}
			}
			s.sum.escapes[x.Num] = true
			s.grown = true
		}
	}
}

func (s *Solver) call(c *Call) {
	for _, g := range c.Callees {
		s.passed(c, g)
		if s.p.Exempt(g) {
			continue
		}
		for i := range g.Sum.Effects {
			e := &g.Sum.Effects[i]
			r := &g.Sum.Regions[e.Region]
			if r.Root != NodeParam || int(r.Num) >= len(c.Args) || c.Args[r.Num] == 0 {
				continue
			}
			raw := e.Raw && !c.hand && !s.p.Holds(g, e)
			for _, a := range s.Top(c.Args[r.Num]) {
				if !project.Related(a.Class, first(g, e.Region, e.Class)) {
					continue // another subclass's method: this object is none of it
				}
				class := e.Class
				if class == nil && r.Parent < 0 {
					class = a.Class
				}
				field := e.Field
				if r.Parent < 0 && e.Class == nil {
					field = s.flow.leadsInto(c.Args[r.Num]) // what a pointer or container argument leads into
				}
				s.add(s.along(a.Region, g, e.Region), &Effect{Class: class, Field: field, Kind: e.Kind, Mode: e.Mode, Sure: e.Sure, Raw: raw,
					Cause: ThroughCall, Name: g.Def.Name.Name, Span: c.Span, Via: g, next: int32(i)})
			}
		}
	}
}

// first returns the class as which the parameter itself is used that a region of
// g is reached from; nil where that is not known.
func first(g *Function, r int32, class *project.Class) *project.Class {
	for x := &g.Sum.Regions[r]; x.Parent >= 0; x = &g.Sum.Regions[x.Parent] {
		class = x.Owner
	}
	return class
}

// passed notes what kinds of objects a function is called with: those of the
// caller's own making, which nobody else knows yet, or any.
func (s *Solver) passed(c *Call, g *Function) {
	if !PrivateName(g.Def.Name.Name) {
		return
	}
	for k, n := range c.Args {
		for _, a := range s.Top(n) {
			x := &s.sum.Regions[a.Region]
			pos, handed := s.handed[x.Num]
			switch {
			case g.Sum.shared[k] || x.Root == NodeFresh && x.Parent < 0 && (!handed || c.Span.Pos <= pos):
				continue
			case x.Root == NodeParam && x.Parent < 0 && s.p.Constructs(s.f, int(x.Num)):
				continue // as new as it is there
			}
			if g.Sum.shared == nil {
				g.Sum.shared = map[int]bool{}
			}
			g.Sum.shared[k] = true
			if !g.queued { // what it passes on is shared, too
				g.queued = true
				s.again = append(s.again, g)
			}
		}
	}
}

// PrivateName reports whether a name asks not to be used from outside.
func PrivateName(name string) bool {
	return strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "__")
}

// along is the region that is to base what region r of g is to its parameter.
func (s *Solver) along(base int32, g *Function, r int32) int32 {
	x := &g.Sum.Regions[r]
	if x.Parent < 0 {
		return base
	}
	return s.child(s.along(base, g, x.Parent), x.Name, x.Owner)
}

func (s *Solver) intern(r Region) int32 {
	for i := range s.sum.Regions {
		o := &s.sum.Regions[i]
		if o.Root == r.Root && o.Num == r.Num && o.Parent == r.Parent && o.Name == r.Name {
			return int32(i)
		}
	}
	s.sum.Regions = append(s.sum.Regions, r)
	return int32(len(s.sum.Regions) - 1)
}

func (s *Solver) child(parent int32, name string, owner *project.Class) int32 {
	x := s.sum.Regions[parent]
	if x.depth >= maxPath {
		return parent
	}
	return s.intern(Region{Root: x.Root, Num: x.Num, Parent: parent, Name: name, Owner: owner, depth: x.depth + 1})
}

// refs returns what a node stands for.
func (s *Solver) refs(n int32) []Ref {
	if n == 0 {
		return nil
	}
	switch s.state[n] {
	case resolvedNode:
		return s.memo[n]
	case openNode: // a loop: what else there is, the one who opened it collects
		s.looped = true
		return nil
	}
	s.state[n] = openNode
	outer := s.looped
	s.looped = false
	out := s.collect(n)
	if s.looped {
		s.state[n] = newNode // incomplete, unless asked for by itself
	} else {
		s.state[n] = resolvedNode
		s.memo[n] = out
	}
	s.looped = s.looped || outer
	return out
}

// Top is refs for a node that is asked for by itself: whatever loops led back
// to it are then complete.
func (s *Solver) Top(n int32) []Ref {
	s.looped = false
	return s.refs(n)
}

const (
	newNode uint8 = iota
	openNode
	resolvedNode
)

func (s *Solver) collect(n int32) []Ref {
	var out []Ref
	x := &s.flow.Nodes[n]
	with := func(r int32, c *project.Class) {
		if c == nil && x.Shape.Kind == ctype.Object {
			c = x.Shape.Class
		}
		for _, o := range out {
			if o.Region == r && o.Class == c {
				return
			}
		}
		out = append(out, Ref{r, c})
	}
	root := func() { with(s.intern(Region{Root: x.Kind, Num: x.Num, Parent: -1, Name: x.Name}), nil) }
	switch x.Kind {
	case NodeParam, NodeGlobal:
		root()
	case NodeFresh, NodeUnknown:
		with(s.intern(Region{Root: x.Kind, Num: n, Parent: -1}), nil)
	case NodeLocal:
		for _, from := range x.From {
			for _, r := range s.refs(from) {
				with(r.Region, r.Class)
			}
		}
	case NodeStowed:
		out = append(out, s.refs(x.Base)...)
	case NodeCast:
		for _, r := range s.refs(x.Base) {
			if x.Shape.Kind == ctype.Object && x.Shape.Class != nil {
				r.Class = x.Shape.Class
			}
			out = append(out, r)
		}
	case NodeInside:
		base := s.flow.Nodes[x.Base].Shape
		for _, r := range s.refs(x.Base) {
			if base.Kind == ctype.Object && base.Class != nil {
				r.Class = base.Class
			}
			out = append(out, r)
		}
	case NodeField:
		base := s.refs(x.Base)
		for _, r := range base {
			with(s.child(r.Region, x.Name, x.owner), nil)
		}
		if len(base) == 0 { // "node = node.next": some object further on
			with(s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), nil)
		}
	case NodeCall:
		out = s.returned(n, x)
	}
	return out
}

// own is what a C value's own place belongs to, without what was stowed in it.
func (s *Solver) own(n int32, seen map[int32]bool, out []Ref) []Ref {
	if n == 0 || seen[n] {
		return out
	}
	seen[n] = true
	switch x := &s.flow.Nodes[n]; x.Kind {
	case NodeStowed:
		return out
	case NodeLocal:
		for _, from := range x.From {
			out = s.own(from, seen, out)
		}
		return out
	case NodeCast:
		return s.own(x.Base, seen, out)
	}
	return append(out, s.Top(n)...)
}

// returned is what a call's value may be.
func (s *Solver) returned(n int32, x *Node) []Ref {
	var out []Ref
	c := &s.flow.Calls[x.Num]
	for _, g := range c.Callees {
		for _, gr := range g.Sum.returns {
			r := g.Sum.Regions[gr]
			class := x.Shape.Class
			switch r.Root {
			case NodeParam:
				if int(r.Num) >= len(c.Args) || c.Args[r.Num] == 0 {
					continue
				}
				for _, a := range s.refs(c.Args[r.Num]) {
					cl := class
					if cl == nil && r.Parent < 0 {
						cl = a.Class
					}
					out = append(out, Ref{s.along(a.Region, g, gr), cl})
				}
			case NodeFresh:
				out = append(out, Ref{s.intern(Region{Root: NodeFresh, Num: n, Parent: -1}), class})
			default:
				if x.Shape.Kind == ctype.Object {
					out = append(out, Ref{s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), class})
				}
			}
		}
	}
	return out
}

func (s *Solver) addReturn(r Ref) {
	x := s.sum.Regions[r.Region]
	at := r.Region
	if x.Root == NodeFresh && s.handed != nil {
		if _, ok := s.handed[x.Num]; ok {
			at = s.intern(Region{Root: NodeUnknown, Num: -1, Parent: -1})
		}
	}
	for _, o := range s.sum.returns {
		if o == at {
			return
		}
	}
	s.sum.returns = append(s.sum.returns, at)
	s.grown = true
}

// add notes an effect on a region, or on what owns it: state without a lock of
// its own belongs to the object through which it was reached.
func (s *Solver) add(r int32, e *Effect) {
	x := &s.sum.Regions[r]
	for x.Parent >= 0 {
		guarded := s.p.Guards(e.Class)
		if guarded && !s.p.sharesLock(x.Owner, x.Name) {
			break
		}
		if e.Kind == OnPython {
			if guarded {
				break
			}
			return
		}
		e.Kind = OnState
		e.Field = x.Name
		e.Class = x.Owner
		r = x.Parent
		x = &s.sum.Regions[r]
	}
	switch x.Root {
	case NodeFresh:
		pos, shared := int32(0), false
		if s.handed != nil {
			pos, shared = s.handed[x.Num]
		}
		if !shared || e.Span.Pos <= pos || !s.p.Guards(e.Class) {
			return
		}
	case NodeUnknown, NodeGlobal:
		if !s.p.Guards(e.Class) {
			return
		}
	case NodeParam:
		if e.Class == nil && x.Parent < 0 && x.Num == 0 && s.f.Class != nil && e.Kind != OnValue {
			e.Class = s.f.Class
		}
	}
	e.Region = r
	if s.known(e) {
		return
	}
	s.sum.Effects = append(s.sum.Effects, *e)
	s.grown = true
}

// manyEffects is from how many on a summary's effects are looked up by key.
const manyEffects = 24

// known reports whether the summary has an effect already.
func (s *Solver) known(e *Effect) bool {
	if len(s.sum.Effects) < manyEffects {
		for i := range s.sum.Effects {
			o := &s.sum.Effects[i]
			if o.Region == e.Region && o.Class == e.Class && o.Kind == e.Kind && o.Mode == e.Mode && o.Sure == e.Sure && o.Raw == e.Raw && o.Field == e.Field {
				return true
			}
		}
		return false
	}
	if s.sum.index == nil {
		s.sum.index = make(map[foundKey]struct{}, 2*manyEffects)
		for i := range s.sum.Effects {
			s.sum.index[s.sum.Effects[i].key()] = struct{}{}
		}
	}
	k := e.key()
	_, ok := s.sum.index[k]
	if !ok {
		s.sum.index[k] = struct{}{}
	}
	return ok
}

// sharesLock reports whether attribute name of c is the guard of c's state: one
// lock covers both.
func (p *Program) sharesLock(c *project.Class, name string) bool {
	if c == nil {
		return false
	}
	in := p.Locks.Of(c)
	return in != nil && in.Guard == name
}

// OwnLocks are the lock decorators of a function, wherever they stand.
type OwnLocks struct {
	Decs   []decorator.Lock
	exempt bool // no_lock
}

func (p *Program) OwnLocks(f *Function) *OwnLocks {
	f.locksOnce.Do(func() {
		if len(f.Def.Decorators) > 0 {
			f.locks.Decs = decorator.On(f.Mod, f.Def.Decorators)
		}
		for _, d := range f.locks.Decs {
			f.locks.exempt = f.locks.exempt || d.Name == "no_lock"
		}
		f.locks.Decs = append(f.locks.Decs, pxdLocks(f)...)
	})
	return &f.locks
}

// Exempt reports whether a person answers for what a function does.
func (p *Program) Exempt(f *Function) bool { return p.OwnLocks(f).exempt }

// Holds reports whether a function itself locks what one of its effects is on.
func (p *Program) Holds(f *Function, e *Effect) bool {
	r := &f.Sum.Regions[e.Region]
	if r.Root != NodeParam || !p.Guards(e.Class) {
		return false
	}
	decs := p.OwnLocks(f).Decs
	if len(decs) == 0 {
		return r.Parent < 0 && p.Member(f)
	}
	for _, d := range decs {
		if d.Name == "locked_class" {
			continue
		}
		if len(d.Args()) == 0 {
			if r.Parent < 0 && (r.Num == 0 || p.Member(f)) {
				return true
			}
			continue
		}
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok && norm.NFKC.String(s.Value) == PathOf(f, e.Region) {
				return true
			}
		}
	}
	return false
}

// pxdLocks returns the lock decorators on a function's declaration in its .pxd.
func pxdLocks(f *Function) []decorator.Lock {
	m := f.Mod
	if f.Unit.InPxd() || len(m.Declared) == 0 {
		return nil
	}
	name := f.Def.Name.Name
	if f.Class != nil {
		name = f.Class.Name + "." + name
	}
	d, ok := m.Declared[name]
	if !ok || len(d.Decl.Decorators) == 0 {
		return nil
	}
	return decorator.On(m, d.Decl.Decorators)
}

// Member reports whether a function is one of those that a locked class locks
// at their entry, if they need it.
func (p *Program) Member(f *Function) bool {
	if f.Class == nil || !p.Locked(f.Class) {
		return false
	}
	f.entryOnce.Do(func() {
		name := f.Def.Name.Name
		f.entry = f.Exposed() && (f.Accessor != Plain || !library.NoLockMethods[name]) && !library.ImplicitStatic[name] &&
			!f.Mod.PlainDecorator(f.Def, "staticmethod") && !f.Mod.PlainDecorator(f.Def, "classmethod")
	})
	return f.entry
}

// Locked reports whether c's own methods take locks.
func (p *Program) Locked(c *project.Class) bool {
	if p.model.assume {
		return p.Guards(c)
	}
	return p.Locks.OfMembers(c) != nil
}

// PathOf spells a region of f as a decorator would: "self._doc".
func PathOf(f *Function, r int32) string {
	x := f.Sum.Regions[r]
	if x.Parent >= 0 {
		return PathOf(f, x.Parent) + "." + x.Name
	}
	switch x.Root {
	case NodeParam:
		if int(x.Num) < len(f.Def.Params.List) {
			return f.Def.Params.List[x.Num].Name.Name
		}
	case NodeGlobal:
		return x.Name
	}
	return ""
}

// Solved yields the functions that have summaries, while nothing is solved.
func (p *Program) Solved(yield func(*Function) bool) {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	for f := range p.model.solved {
		if !yield(f) {
			return
		}
	}
}

// Flows reads the functions of all modules that locks concern, side by side, and
// solves them together. One module's are solved when they are asked for.
func (p *Program) Flows(ctx context.Context, stems []string, jobs int) error {
	if len(stems) < 2 {
		return nil
	}
	var mu sync.Mutex
	var all []*Function
	err := project.Each(ctx, stems, jobs, func(stem string) error {
		if !p.Locks.Concerned(stem) {
			return nil
		}
		m := p.Project.Module(stem)
		if m.Broken() {
			return nil
		}
		fs := p.Funcs(m).All
		for _, f := range fs {
			p.FlowOf(f)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, fs...)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *Function) int {
		return cmp.Or(strings.Compare(a.Unit.Path, b.Unit.Path), cmp.Compare(a.Def.Pos, b.Def.Pos))
	})
	p.Solve(all)
	return nil
}

// Solver returns a solver, which is made ready for a function by at.
func (p *Program) Solver() *Solver { return &Solver{p: p} }
