package transform

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
)

// maxPath bounds how far from a parameter an object is told apart.
const maxPath = 3

// ref is a region and the class as which it is used.
type ref struct {
	region int32
	class  *class
}

// solve makes the summaries of the functions and of all that they call.
func (p *program) solve(roots []*function) {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	first := len(p.model.solved) == 0
	if p.model.solved == nil {
		p.model.solved = map[*function]bool{}
	}
	var order []*function
	var visit func(f *function)
	visit = func(f *function) {
		if p.model.solved[f] {
			return
		}
		p.model.solved[f] = true
		for i := range p.flowOf(f).calls {
			for _, g := range f.flow.calls[i].callees {
				visit(g)
				g.callers = append(g.callers, f)
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
		p.solver().settle(order)
		return
	}
	// Functions that no chain of calls connects have nothing to say to each other.
	var wg sync.WaitGroup
	parts := connected(order)
	next := make(chan []*function, len(parts))
	for _, part := range parts {
		next <- part
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			s := p.solver()
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
func (s *solver) settle(order []*function) {
	for len(order) > 0 {
		var next []*function
		s.again = nil
		for _, f := range order {
			if !f.queued {
				continue
			}
			f.queued = false
			if !s.update(f) {
				continue
			}
			for _, c := range f.callers {
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
func connected(order []*function) [][]*function {
	leader := make(map[*function]*function, len(order))
	find := func(f *function) *function {
		for leader[f] != nil && leader[f] != f {
			if up := leader[leader[f]]; up != nil {
				leader[f] = up
			}
			f = leader[f]
		}
		return f
	}
	for _, f := range order {
		for i := range f.flow.calls {
			for _, g := range f.flow.calls[i].callees {
				if a, b := find(f), find(g); a != b {
					leader[a] = b
				}
			}
		}
	}
	parts := map[*function][]*function{}
	var heads []*function
	for _, f := range order {
		h := find(f)
		if len(parts[h]) == 0 {
			heads = append(heads, h)
		}
		parts[h] = append(parts[h], f)
	}
	slices.SortStableFunc(heads, func(a, b *function) int { return len(parts[b]) - len(parts[a]) })
	out := make([][]*function, len(heads))
	for i, h := range heads {
		out[i] = parts[h]
	}
	return out
}

// solver holds what one update needs.
type solver struct {
	p      *program
	f      *function
	flow   *flow
	sum    *summary
	grown  bool
	handed map[int32]int32 // fresh node → offset from which on it is shared
	// state and memo hold, by node, what refs has found.
	state  []uint8
	memo   [][]ref
	looped bool
	again  []*function // to be updated once more, though none of their callees grew
}

// at makes the solver ready to say what nodes of a function stand for.
func (s *solver) at(f *function) {
	s.f, s.flow, s.sum, s.grown = f, f.flow, &f.sum, false
	s.handed = nil
	if n := len(s.flow.nodes); cap(s.state) < n {
		s.state, s.memo = make([]uint8, n, 2*n), make([][]ref, n, 2*n)
	} else {
		s.state, s.memo = s.state[:n], s.memo[:n]
		clear(s.state)
		clear(s.memo)
	}
}

// update recomputes a function's summary and reports whether it grew.
func (s *solver) update(f *function) bool {
	s.at(f)
	for i := range s.flow.handed {
		s.handOut(s.flow.handed[i].node, &s.flow.handed[i])
	}
	for i := range s.flow.calls {
		c := &s.flow.calls[i]
		for _, g := range c.callees {
			for k := range g.sum.escapes {
				if int(k) < len(c.args) {
					s.handOut(c.args[k], &c.handing)
				}
			}
		}
	}
	for i := range s.flow.effects {
		e := &s.flow.effects[i]
		refs := s.top(e.node)
		if e.shallow {
			refs = s.own(e.node, map[int32]bool{}, nil)
		}
		for _, r := range refs {
			class := e.class
			if class == nil {
				class = r.class
			}
			s.add(r.region, &found{class: class, kind: e.kind, mode: e.mode, sure: e.sure, raw: e.raw, cause: e.cause, name: e.name, field: e.field, span: e.span})
		}
	}
	for i := range s.flow.calls {
		s.call(&s.flow.calls[i])
	}
	for _, n := range s.flow.returns {
		for _, r := range s.top(n) {
			s.addReturn(r)
		}
	}
	return s.grown
}

func (s *solver) handOut(n int32, h *handing) {
	for _, r := range s.top(n) {
		switch x := &s.sum.regions[r.region]; {
		case x.root == nodeFresh && x.parent < 0:
			if s.handed == nil {
				s.handed = map[int32]int32{}
			}
			pos := h.from(s.flow.nodes[x.num].pos)
			if old, ok := s.handed[x.num]; !ok || pos < old {
				s.handed[x.num] = pos
			}
		case x.root == nodeParam && x.parent < 0 && h.stored && !s.sum.escapes[x.num]:
			if s.sum.escapes == nil {
				s.sum.escapes = map[int32]bool{}
			}
			s.sum.escapes[x.num] = true
			s.grown = true
		}
	}
}

func (s *solver) call(c *call) {
	for _, g := range c.callees {
		s.passed(c, g)
		if s.p.exempt(g) {
			continue
		}
		for i := range g.sum.effects {
			e := &g.sum.effects[i]
			r := &g.sum.regions[e.region]
			if r.root != nodeParam || int(r.num) >= len(c.args) || c.args[r.num] == 0 {
				continue
			}
			raw := e.raw && !c.hand && !s.p.holds(g, e)
			for _, a := range s.top(c.args[r.num]) {
				if !related(a.class, first(g, e.region, e.class)) {
					continue // another subclass's method: this object is none of it
				}
				class := e.class
				if class == nil && r.parent < 0 {
					class = a.class
				}
				field := e.field
				if r.parent < 0 && e.class == nil {
					field = s.flow.leadsInto(c.args[r.num]) // what a pointer or container argument leads into
				}
				s.add(s.along(a.region, g, e.region), &found{class: class, field: field, kind: e.kind, mode: e.mode, sure: e.sure, raw: raw,
					cause: throughCall, name: g.def.Name.Name, span: c.span, via: g, next: int32(i)})
			}
		}
	}
}

// first returns the class as which the parameter itself is used that a region of
// g is reached from; nil where that is not known.
func first(g *function, r int32, class *class) *class {
	for x := &g.sum.regions[r]; x.parent >= 0; x = &g.sum.regions[x.parent] {
		class = x.owner
	}
	return class
}

// passed notes what kinds of objects a function is called with: those of the
// caller's own making, which nobody else knows yet, or any.
func (s *solver) passed(c *call, g *function) {
	if !privateName(g.def.Name.Name) {
		return
	}
	for k, n := range c.args {
		for _, a := range s.top(n) {
			x := &s.sum.regions[a.region]
			pos, handed := s.handed[x.num]
			switch {
			case g.sum.shared[k] || x.root == nodeFresh && x.parent < 0 && (!handed || c.span.Pos <= pos):
				continue
			case x.root == nodeParam && x.parent < 0 && s.p.constructs(s.f, int(x.num)):
				continue // as new as it is there
			}
			if g.sum.shared == nil {
				g.sum.shared = map[int]bool{}
			}
			g.sum.shared[k] = true
			if !g.queued { // what it passes on is shared, too
				g.queued = true
				s.again = append(s.again, g)
			}
		}
	}
}

// privateName reports whether a name asks not to be used from outside.
func privateName(name string) bool {
	return strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "__")
}

// along is the region that is to base what region r of g is to its parameter.
func (s *solver) along(base int32, g *function, r int32) int32 {
	x := &g.sum.regions[r]
	if x.parent < 0 {
		return base
	}
	return s.child(s.along(base, g, x.parent), x.name, x.owner)
}

func (s *solver) intern(r region) int32 {
	for i := range s.sum.regions {
		o := &s.sum.regions[i]
		if o.root == r.root && o.num == r.num && o.parent == r.parent && o.name == r.name {
			return int32(i)
		}
	}
	s.sum.regions = append(s.sum.regions, r)
	return int32(len(s.sum.regions) - 1)
}

func (s *solver) child(parent int32, name string, owner *class) int32 {
	x := s.sum.regions[parent]
	if x.depth >= maxPath {
		return parent
	}
	return s.intern(region{root: x.root, num: x.num, parent: parent, name: name, owner: owner, depth: x.depth + 1})
}

// refs returns what a node stands for.
func (s *solver) refs(n int32) []ref {
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

// top is refs for a node that is asked for by itself: whatever loops led back
// to it are then complete.
func (s *solver) top(n int32) []ref {
	s.looped = false
	return s.refs(n)
}

const (
	newNode uint8 = iota
	openNode
	resolvedNode
)

func (s *solver) collect(n int32) []ref {
	var out []ref
	x := &s.flow.nodes[n]
	with := func(r int32, c *class) {
		if c == nil && x.shape.kind == shapeObject {
			c = x.shape.class
		}
		for _, o := range out {
			if o.region == r && o.class == c {
				return
			}
		}
		out = append(out, ref{r, c})
	}
	root := func() { with(s.intern(region{root: x.kind, num: x.num, parent: -1, name: x.name}), nil) }
	switch x.kind {
	case nodeParam, nodeGlobal:
		root()
	case nodeFresh, nodeUnknown:
		with(s.intern(region{root: x.kind, num: n, parent: -1}), nil)
	case nodeLocal:
		for _, from := range x.from {
			for _, r := range s.refs(from) {
				with(r.region, r.class)
			}
		}
	case nodeStowed:
		out = append(out, s.refs(x.base)...)
	case nodeCast:
		for _, r := range s.refs(x.base) {
			if x.shape.kind == shapeObject && x.shape.class != nil {
				r.class = x.shape.class
			}
			out = append(out, r)
		}
	case nodeInside:
		base := s.flow.nodes[x.base].shape
		for _, r := range s.refs(x.base) {
			if base.kind == shapeObject && base.class != nil {
				r.class = base.class
			}
			out = append(out, r)
		}
	case nodeField:
		base := s.refs(x.base)
		for _, r := range base {
			with(s.child(r.region, x.name, x.owner), nil)
		}
		if len(base) == 0 { // "node = node.next": some object further on
			with(s.intern(region{root: nodeUnknown, num: n, parent: -1}), nil)
		}
	case nodeCall:
		out = s.returned(n, x)
	}
	return out
}

// own is what a C value's own place belongs to, without what was stowed in it.
func (s *solver) own(n int32, seen map[int32]bool, out []ref) []ref {
	if n == 0 || seen[n] {
		return out
	}
	seen[n] = true
	switch x := &s.flow.nodes[n]; x.kind {
	case nodeStowed:
		return out
	case nodeLocal:
		for _, from := range x.from {
			out = s.own(from, seen, out)
		}
		return out
	case nodeCast:
		return s.own(x.base, seen, out)
	}
	return append(out, s.top(n)...)
}

// returned is what a call's value may be.
func (s *solver) returned(n int32, x *node) []ref {
	var out []ref
	c := &s.flow.calls[x.num]
	for _, g := range c.callees {
		for _, gr := range g.sum.returns {
			r := g.sum.regions[gr]
			class := x.shape.class
			switch r.root {
			case nodeParam:
				if int(r.num) >= len(c.args) || c.args[r.num] == 0 {
					continue
				}
				for _, a := range s.refs(c.args[r.num]) {
					cl := class
					if cl == nil && r.parent < 0 {
						cl = a.class
					}
					out = append(out, ref{s.along(a.region, g, gr), cl})
				}
			case nodeFresh:
				out = append(out, ref{s.intern(region{root: nodeFresh, num: n, parent: -1}), class})
			default:
				if x.shape.kind == shapeObject {
					out = append(out, ref{s.intern(region{root: nodeUnknown, num: n, parent: -1}), class})
				}
			}
		}
	}
	return out
}

func (s *solver) addReturn(r ref) {
	x := s.sum.regions[r.region]
	at := r.region
	if x.root == nodeFresh && s.handed != nil {
		if _, ok := s.handed[x.num]; ok {
			at = s.intern(region{root: nodeUnknown, num: -1, parent: -1})
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
func (s *solver) add(r int32, e *found) {
	x := &s.sum.regions[r]
	for x.parent >= 0 {
		guarded := s.p.guards(e.class)
		if guarded && !s.p.sharesLock(x.owner, x.name) {
			break
		}
		if e.kind == onPython {
			if guarded {
				break
			}
			return
		}
		e.kind = onState
		e.field = x.name
		e.class = x.owner
		r = x.parent
		x = &s.sum.regions[r]
	}
	switch x.root {
	case nodeFresh:
		pos, shared := int32(0), false
		if s.handed != nil {
			pos, shared = s.handed[x.num]
		}
		if !shared || e.span.Pos <= pos || !s.p.guards(e.class) {
			return
		}
	case nodeUnknown, nodeGlobal:
		if !s.p.guards(e.class) {
			return
		}
	case nodeParam:
		if e.class == nil && x.parent < 0 && x.num == 0 && s.f.class != nil && e.kind != onValue {
			e.class = s.f.class
		}
	}
	e.region = r
	if s.known(e) {
		return
	}
	s.sum.effects = append(s.sum.effects, *e)
	s.grown = true
}

// manyEffects is from how many on a summary's effects are looked up by key.
const manyEffects = 24

// known reports whether the summary has an effect already.
func (s *solver) known(e *found) bool {
	if len(s.sum.effects) < manyEffects {
		for i := range s.sum.effects {
			o := &s.sum.effects[i]
			if o.region == e.region && o.class == e.class && o.kind == e.kind && o.mode == e.mode && o.sure == e.sure && o.raw == e.raw && o.field == e.field {
				return true
			}
		}
		return false
	}
	if s.sum.index == nil {
		s.sum.index = make(map[foundKey]struct{}, 2*manyEffects)
		for i := range s.sum.effects {
			s.sum.index[s.sum.effects[i].key()] = struct{}{}
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
func (p *program) sharesLock(c *class, name string) bool {
	if c == nil {
		return false
	}
	in := p.locks.lockOf(c)
	return in != nil && in.guard == name
}

// ownLocks are the lock decorators of a function, wherever they stand.
type ownLocks struct {
	decs   []lockDec
	exempt bool // no_lock
}

func (p *program) ownLocks(f *function) *ownLocks {
	f.locksOnce.Do(func() {
		if len(f.def.Decorators) > 0 {
			f.locks.decs = lockDecorators(f.mod, f.def.Decorators)
		}
		for _, d := range f.locks.decs {
			f.locks.exempt = f.locks.exempt || d.name == "no_lock"
		}
		f.locks.decs = append(f.locks.decs, pxdLocks(f)...)
	})
	return &f.locks
}

// exempt reports whether a person answers for what a function does.
func (p *program) exempt(f *function) bool { return p.ownLocks(f).exempt }

// holds reports whether a function itself locks what one of its effects is on.
func (p *program) holds(f *function, e *found) bool {
	r := &f.sum.regions[e.region]
	if r.root != nodeParam || !p.guards(e.class) {
		return false
	}
	decs := p.ownLocks(f).decs
	if len(decs) == 0 {
		return r.parent < 0 && p.member(f)
	}
	for _, d := range decs {
		if d.name == "locked_class" {
			continue
		}
		if len(d.args()) == 0 {
			if r.parent < 0 && (r.num == 0 || p.member(f)) {
				return true
			}
			continue
		}
		for _, a := range d.args() {
			if s, ok := a.X.(*ast.Str); ok && norm.NFKC.String(s.Value) == pathOf(f, e.region) {
				return true
			}
		}
	}
	return false
}

// pxdLocks returns the lock decorators on a function's declaration in its .pxd.
func pxdLocks(f *function) []lockDec {
	m := f.mod
	if f.unit.inPxd() || len(m.declared) == 0 {
		return nil
	}
	name := f.def.Name.Name
	if f.class != nil {
		name = f.class.name + "." + name
	}
	d, ok := m.declared[name]
	if !ok || len(d.decl.Decorators) == 0 {
		return nil
	}
	return lockDecorators(m, d.decl.Decorators)
}

// member reports whether a function is one of those that a locked class locks
// at their entry, if they need it.
func (p *program) member(f *function) bool {
	if f.class == nil || !p.locked(f.class) {
		return false
	}
	f.entryOnce.Do(func() {
		name := f.def.Name.Name
		f.entry = f.exposed() && (f.accessor != plain || !noLockMethods[name]) && !implicitStatic[name] &&
			!f.mod.plainDecorator(f.def, "staticmethod") && !f.mod.plainDecorator(f.def, "classmethod")
	})
	return f.entry
}

// locked reports whether c's own methods take locks.
func (p *program) locked(c *class) bool {
	if p.model.assume {
		return p.guards(c)
	}
	return p.locks.locksMembers(c) != nil
}

// pathOf spells a region of f as a decorator would: "self._doc".
func pathOf(f *function, r int32) string {
	x := f.sum.regions[r]
	if x.parent >= 0 {
		return pathOf(f, x.parent) + "." + x.name
	}
	switch x.root {
	case nodeParam:
		if int(x.num) < len(f.def.Params.List) {
			return f.def.Params.List[x.num].Name.Name
		}
	case nodeGlobal:
		return x.name
	}
	return ""
}

// eachSolved yields the functions that have summaries, while nothing is solved.
func (p *program) eachSolved(yield func(*function) bool) {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	for f := range p.model.solved {
		if !yield(f) {
			return
		}
	}
}

// flows reads the functions of all modules that locks concern, side by side, and
// solves them together. One module's are solved when they are asked for.
func (p *program) flows(ctx context.Context, stems []string, jobs int) error {
	if len(stems) < 2 {
		return nil
	}
	var mu sync.Mutex
	var all []*function
	err := each(ctx, stems, jobs, func(stem string) error {
		if !p.locks.concerned(stem) {
			return nil
		}
		m := p.proj.module(stem)
		if m.broken() {
			return nil
		}
		fs := p.funcs(m).all
		for _, f := range fs {
			p.flowOf(f)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, fs...)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *function) int {
		return cmp.Or(strings.Compare(a.unit.path, b.unit.path), cmp.Compare(a.def.Pos, b.def.Pos))
	})
	p.solve(all)
	return nil
}

// solver returns a solver, which is made ready for a function by at.
func (p *program) solver() *solver { return &solver{p: p} }
