package transform

// Flows: one walk over a function's body that notes what is done to which
// values. Expressions are in flowexpr.go, calls in flowcall.go.

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
)

// variable is a name in a function. What it stands for changes from statement
// to statement: builder.env has that.
type variable struct {
	slot   int32
	shape  shape // as declared
	global bool  // declared global
	nested bool  // a function defined in this one
}

// builder makes one flow. It follows control flow: after an assignment a name
// stands for the new value alone, and where branches meet for either.
type builder struct {
	p    *Project
	m    *module
	f    *function
	flow *flow
	vars map[string]variable
	env  []int32 // by slot: the node that a variable stands for now
	// slots counts the variables of all scopes.
	slots int32
	// loops are the loops that the walk is in, outermost first.
	loops []*loop
	// tries are the blocks that the walk is in and that an exception may leave
	// anywhere: what they have assigned so far, by slot.
	tries []map[int32][]int32
	// seen holds, by slot, what nested functions see of a variable: all that it
	// is ever given. shared are those of the variables that they assign to.
	seen   map[int32][]int32
	shared map[int32]int32
	// elems holds the elements of the tuples and lists that are spelled out.
	elems map[int32][]int32
	// outs holds the calls that are given the address of a local pointer.
	outs map[*ast.Arg]*outCall
	// hand counts the locks placed by hand that the walk is under.
	hand int
	// nested counts the functions and lambdas that the walk is in, below f.
	nested int
	self   int32 // node of the first parameter of a method
	// shallow is the variable whose own place is assigned to: p in "p[i] = v".
	shallow *ast.Name
	end     int32 // of the assignment that is being walked: what it hands out it has made before

	// What flowOf keeps from one function to the next.
	nodes   []node
	effects []effect
	calls   []call
}

// loop is a loop being walked.
type loop struct {
	pos    int32
	first  []int32   // the values at its head, which join those of each round
	leaves [][]int32 // the values at each break
}

// flowOf returns a function's flow.
func (p *Project) flowOf(f *function) *flow {
	f.once.Do(func() {
		b := builders.Get().(*builder)
		b.p, b.m, b.f = p, f.mod, f
		b.flow = &flow{unit: f.unit, nodes: append(b.nodes[:0], node{}), effects: b.effects[:0], calls: b.calls[:0]}
		b.function()
		f.flow = b.flow
		// The lists grew in the builder's own memory; the flow gets copies that fit.
		b.nodes, b.effects, b.calls = b.flow.nodes, b.flow.effects, b.flow.calls
		f.flow.nodes, f.flow.effects, f.flow.calls = slices.Clone(b.nodes), slices.Clone(b.effects), slices.Clone(b.calls)
		clear(b.vars)
		*b = builder{vars: b.vars, env: b.env[:0], nodes: b.nodes, effects: b.effects, calls: b.calls}
		builders.Put(b)
	})
	return f.flow
}

// builders keeps the memory of builders from one function to the next.
var builders = sync.Pool{New: func() any { return &builder{vars: map[string]variable{}} }}

func (b *builder) node(n node) int32 {
	b.flow.nodes = append(b.flow.nodes, n)
	return int32(len(b.flow.nodes) - 1)
}

func (b *builder) shape(n int32) shape { return b.flow.nodes[n].shape }

func (b *builder) function() {
	def := b.f.def
	if b.m.handDecorated(def) {
		b.hand++
		b.byHand(def.Name.Span)
	}
	if def.Params != nil {
		r := &resolver{p: b.p, m: b.m, f: &fn{unit: b.f.unit, def: def, class: b.f.class}}
		for i, prm := range def.Params.List {
			n := int32(0)
			if prm.Name.Name != "" && prm.Kind != ast.BareStar && prm.Kind != ast.Slash {
				sh := b.paramShape(r, i, prm)
				n = b.node(node{kind: nodeParam, num: int32(i), shape: sh})
				b.variable(prm.Name.Name, sh, n)
				if i == 0 && b.f.class != nil {
					b.self = n
				}
			}
			b.flow.params = append(b.flow.params, n)
		}
		for _, prm := range def.Params.List {
			b.expr(prm.Default)
		}
		b.declaredLocals()
	}
	b.stmts(def.Body.Stmts)
}

// paramShape is the shape of parameter i.
func (b *builder) paramShape(r *resolver, i int, prm *ast.Param) shape {
	switch {
	case prm.Kind == ast.Star || prm.Kind == ast.DoubleStar:
		return shape{kind: shapeObject}
	case i == 0 && b.f.class != nil:
		if b.m.plainDecorator(b.f.def, "staticmethod") || b.m.plainDecorator(b.f.def, "classmethod") || implicitStatic[b.f.def.Name.Name] {
			break
		}
		if binops[b.f.def.Name.Name] && b.m.cAPIBinops(r.f) {
			return shape{kind: shapeObject}
		}
		return shape{kind: shapeObject, class: b.f.class}
	}
	if prm.Type != nil {
		return b.p.shapeOf(b.m, prm.Type, prm.Declarator)
	}
	path, pointer := r.paramType(i, prm)
	switch {
	case pointer:
		return shape{kind: shapePointer, depth: 1}
	case path != nil:
		sh := b.p.shapeOfName(b.m, path, "", 0)
		if prm.Annotation != nil && sh.kind == shapeScalar && len(path) == 1 {
			return shape{kind: shapeObject} // Python's int, not C's
		}
		return sh
	case prm.Annotation != nil:
		if sh := b.p.shapeOfNote(b.m, prm.Annotation); sh.kind != shapeUnknown {
			return sh
		}
	}
	return shape{kind: shapeObject}
}

func (b *builder) effect(n int32, class *class, kind effectKind, md mode, sure bool, c cause, name string, span ast.Span) {
	if n == 0 {
		return
	}
	b.flow.effects = append(b.flow.effects, effect{node: n, class: class, kind: kind, mode: md, sure: sure,
		raw: kind != onPython && b.hand == 0, cause: c, name: name, field: b.fieldOf(n, kind, name), span: span})
}

// fieldOf returns the attribute that an effect reaches, "" where it may be any.
func (b *builder) fieldOf(n int32, kind effectKind, name string) string {
	if in := b.flow.leadsInto(n); in != "" {
		return in
	}
	if kind == onState && b.shape(n).class != nil {
		return name
	}
	return ""
}

// handOut notes that the objects of a node may be seen by others from here on:
// they are stored somewhere.
func (b *builder) handOut(n int32, at int32) { b.hands(n, at, true) }

// hands is handOut for objects that may or may not be stored.
func (b *builder) hands(n int32, at int32, stored bool) {
	if n == 0 || b.shape(n).kind == shapeScalar {
		return
	}
	b.flow.handed = append(b.flow.handed, handing{n, max(at, b.end), b.loopStarts(), stored})
	for _, x := range b.elements(n) {
		b.flow.handed = append(b.flow.handed, handing{x, max(at, b.end), b.loopStarts(), stored})
	}
}

func (b *builder) loopStarts() []int32 {
	if len(b.loops) == 0 {
		return nil
	}
	out := make([]int32, len(b.loops))
	for i, l := range b.loops {
		out[i] = l.pos
	}
	return out
}

// variable makes a name known and gives it a value.
func (b *builder) variable(name string, sh shape, n int32) {
	b.slots++
	v := variable{slot: b.slots - 1, shape: sh}
	b.vars[name] = v
	b.set(v.slot, n)
}

// set gives a slot a value. What was bound on another way has no slot here yet.
func (b *builder) set(slot, n int32) {
	for int(slot) >= len(b.env) {
		b.env = append(b.env, 0)
	}
	for _, s := range b.seen[slot] {
		if x := &b.flow.nodes[s]; n != 0 && n != s && !slices.Contains(x.from, n) {
			x.from = append(x.from, n)
		}
	}
	if s, ok := b.shared[slot]; ok {
		n = s
	}
	b.env[slot] = n
	for _, t := range b.tries {
		t[slot] = append(t[slot], n)
	}
}

// attempt walks a block that an exception may leave anywhere. interrupted is
// what its variables may be then.
func (b *builder) attempt(walk func() bool) (fell bool, interrupted []int32, assigned map[int32][]int32) {
	before := slices.Clone(b.env)
	assigned = map[int32][]int32{}
	b.tries = append(b.tries, assigned)
	fell = walk()
	b.tries = b.tries[:len(b.tries)-1]
	for _, slot := range slices.Sorted(maps.Keys(assigned)) {
		values := assigned[slot]
		for int(slot) >= len(before) {
			before = append(before, 0)
		}
		from := make([]int32, 0, len(values)+1)
		for _, n := range append([]int32{before[slot]}, values...) {
			if n != 0 && !slices.Contains(from, n) {
				from = append(from, n)
			}
		}
		switch len(from) {
		case 0:
		case 1:
			before[slot] = from[0]
		default:
			before[slot] = b.node(node{kind: nodeLocal, from: from, shape: b.common(from)})
		}
	}
	return fell, before, assigned
}

// value returns what a local stands for here.
func (b *builder) value(name string) (int32, shape, bool) {
	v, ok := b.vars[name]
	if !ok || v.global {
		return 0, shape{}, false
	}
	if int(v.slot) >= len(b.env) {
		return 0, v.shape, true
	}
	return b.env[v.slot], v.shape, true
}

// bind assigns a value to a name. nothing tells that the value is known to be
// no object of interest (None, a number), where 0 may also be one that is not
// followed.
func (b *builder) bind(name string, value int32, nothing bool, span ast.Span) {
	v, ok := b.vars[name]
	if v.global {
		b.handOut(value, span.Pos)
		if c, isC := b.m.cdecls().vars[name]; isC && value != 0 {
			// From here on it also stands for what was assigned.
			sh := b.p.shapeOf(b.m, c.typ, c.d)
			if sh.kind == shapePointer || sh.kind == shapeRecord || sh.class != nil {
				g := b.node(node{kind: nodeGlobal, name: name, shape: sh})
				b.variable(name, sh, b.node(node{kind: nodeLocal, from: []int32{g, value}, shape: sh}))
			}
		}
		return
	}
	if !ok {
		b.variable(name, shape{}, 0)
		v = b.vars[name]
	}
	sh := v.shape
	if sh.ref {
		n, _, _ := b.value(name)
		b.effect(n, nil, onState, write, true, storesThrough, name, span)
		return
	}
	if sh.kind == shapeRecord && value != 0 {
		if of := b.elements(value); len(of) > 0 { // a struct spelled out
			value = b.node(node{kind: nodeLocal, from: of, shape: sh})
		} else if b.p.plainData(sh.of, 0) {
			value = b.node(node{kind: nodeNothing, shape: sh}) // a copy
		}
	}
	switch {
	case sh.kind == shapeScalar && b.shape(value).kind == shapeScalar: // perhaps an address
	case sh.kind == shapeScalar:
		value = 0
	case sh.copied:
		value = b.node(node{kind: nodeNothing, shape: sh})
	case value == 0 && nothing:
		value = b.node(node{kind: nodeNothing, shape: sh})
	case value == 0 && sh.class != nil:
		value = b.node(node{kind: nodeUnknown, shape: sh})
	case value != 0 && sh.kind != shapeUnknown:
		if got := b.shape(value); sh.class == nil && sh.kind == shapeObject && got.kind == shapeObject {
			break // an untyped local is what was assigned to it
		}
		sh.returned = b.shape(value).returned
		value = b.node(node{kind: nodeCast, base: value, shape: sh})
	}
	b.set(v.slot, value)
}

// join makes env what either of several ways leads to. Ways may have fewer
// slots: what they do not have was not bound on them.
func (b *builder) join(ways [][]int32) []int32 {
	if len(ways) == 0 {
		return nil
	}
	longest := ways[0]
	for _, w := range ways[1:] {
		if len(w) > len(longest) {
			longest = w
		}
	}
	if len(ways) == 1 {
		return longest
	}
	out := slices.Clone(longest)
	for slot := range out {
		var from []int32
		for _, w := range ways {
			if slot < len(w) && w[slot] != 0 && !slices.Contains(from, w[slot]) {
				from = append(from, w[slot])
			}
		}
		switch len(from) {
		case 0:
		case 1:
			out[slot] = from[0]
		default:
			out[slot] = b.node(node{kind: nodeLocal, from: from, shape: b.common(from)})
		}
	}
	return out
}

// common is the shape that several values share.
func (b *builder) common(from []int32) shape {
	sh := b.shape(from[0])
	for _, n := range from[1:] {
		o := b.shape(n)
		if o == sh || b.flow.nodes[n].kind == nodeNothing && o.kind == shapeUnknown {
			continue
		}
		if sh.kind == shapeUnknown && b.flow.nodes[from[0]].kind == nodeNothing {
			sh = o
			continue
		}
		if sh.kind != o.kind {
			return shape{}
		}
		sh.class = b.p.commonClass(sh.class, o.class)
		sh.container = sh.container && o.container
	}
	return sh
}

// into enters a loop: from its head on each variable is what it was or what a
// round made of it.
func (b *builder) into(pos int32) *loop {
	l := &loop{pos: pos, first: make([]int32, len(b.env))}
	for slot, n := range b.env {
		if n != 0 {
			n = b.node(node{kind: nodeLocal, from: []int32{n}, shape: b.shape(n)})
		}
		l.first[slot] = n
		b.env[slot] = n
	}
	b.loops = append(b.loops, l)
	return l
}

// again closes a round of a loop.
func (b *builder) again(l *loop) {
	for slot, n := range l.first {
		if n == 0 || slot >= len(b.env) {
			continue
		}
		if now := b.env[slot]; now != 0 && now != n {
			x := &b.flow.nodes[n]
			if !slices.Contains(x.from, now) {
				x.from = append(x.from, now)
			}
		}
	}
}

// outOf leaves a loop, by its else clause or by a break, and reports whether
// control goes on behind it. fell tells that its body can come to its end.
func (b *builder) outOf(l *loop, fell bool, or *ast.Suite) bool {
	ways := [][]int32{l.first}
	if fell {
		b.again(l)
		ways = append(ways, b.env)
	}
	b.loops = b.loops[:len(b.loops)-1]
	b.env = slices.Clone(b.join(ways))
	ways = l.leaves
	if b.suite(or) {
		ways = append(ways, b.env)
	}
	return b.meet(ways)
}

// stmts walks statements and reports whether control comes to their end.
func (b *builder) stmts(list []ast.Stmt) bool {
	for _, st := range list {
		if !b.stmt(st) {
			return false // what follows is not reached
		}
	}
	return true
}

func (b *builder) suite(s *ast.Suite) bool {
	if s == nil {
		return true
	}
	return b.stmts(s.Stmts)
}

// branch walks one of several ways on from before, and adds where it leads to.
func (b *builder) branch(before []int32, ways [][]int32, walk func() bool) [][]int32 {
	b.env = slices.Clone(before)
	if walk() {
		ways = append(ways, b.env)
	}
	return ways
}

// meet goes on where ways meet, and reports whether there is any.
func (b *builder) meet(ways [][]int32) bool {
	if len(ways) == 0 {
		return false
	}
	b.env = slices.Clone(b.join(ways))
	return true
}

// stmt walks a statement and reports whether control goes on behind it.
func (b *builder) stmt(st ast.Stmt) bool {
	switch st := st.(type) {
	case *ast.ExprStmt:
		b.expr(st.X)
	case *ast.Assign:
		b.assign(st)
	case *ast.CVarDecl:
		b.declare(st)
	case *ast.CdefBlock:
		return b.suite(st.Body)
	case *ast.Simple:
		return b.simple(st)
	case *ast.If:
		return b.clauses(st.Clauses)
	case *ast.CondStmt:
		return b.clauses(st.Clauses)
	case *ast.For:
		b.releases(st.Iter)
		if st.Async {
			b.suspends(st.Span)
		}
		n := b.iterated(st.From, st.Iter, st.Step)
		l := b.into(st.Pos)
		if !st.From && st.Target != nil {
			b.target(st.Target, b.element(n), false)
		}
		return b.outOf(l, b.suite(st.Body), st.Else)
	case *ast.While:
		l := b.into(st.Pos)
		b.expr(st.Cond)
		return b.outOf(l, b.suite(st.Body), st.Else)
	case *ast.With:
		hand := b.hand
		for _, it := range st.Items {
			b.releases(it.X)
			n := b.expr(it.X)
			if it.Target != nil {
				b.target(it.Target, n, false)
			}
			if b.isHandLock(it.X) {
				b.hand++
				b.byHand(it.X.Range())
			} else if sh := b.shape(n); sh.kind == shapeObject && sh.class != nil {
				b.operator(n, "__enter__", it.X.Range())
				b.operator(n, "__exit__", it.X.Range())
			}
		}
		if !swallows(st) {
			fell := b.suite(st.Body)
			b.hand = hand
			return fell
		}
		fell, interrupted, _ := b.attempt(func() bool { return b.suite(st.Body) })
		b.hand = hand
		ways := [][]int32{interrupted} // an __exit__ may swallow what was raised
		if fell {
			ways = append(ways, b.env)
		}
		return b.meet(ways)
	case *ast.Try:
		return b.try(st)
	case *ast.Match:
		b.expr(st.Subject)
		before := b.env
		ways := [][]int32{before}
		for _, c := range st.Cases {
			ways = b.branch(before, ways, func() bool {
				b.expr(c.Pattern)
				b.expr(c.Guard)
				return b.suite(c.Body)
			})
		}
		return b.meet(ways)
	case *ast.Del:
		for _, t := range st.Targets {
			b.expr(t)
		}
	case *ast.FuncDef:
		b.nestedFunc(st)
	case *ast.ClassDef:
		if st.Body != nil {
			b.nested++
			b.suite(st.Body)
			b.nested--
		}
	}
	return true
}

// releases notes where the GIL is released.
func (b *builder) releases(e ast.Expr) {
	if b.nested == 0 && b.flow.releases == (ast.Span{}) && e != nil && b.p.releases(b.m, e) {
		b.flow.releases = e.Range()
	}
}

func (b *builder) clauses(list []ast.CondClause) bool {
	var ways [][]int32
	last := false
	before := b.env
	for _, c := range list {
		b.env = slices.Clone(before)
		b.expr(c.Cond)
		before = slices.Clone(b.env) // a walrus in the condition
		last = c.Cond == nil
		ways = b.branch(before, ways, func() bool { return b.suite(c.Body) })
	}
	if !last {
		ways = append(ways, before)
	}
	return b.meet(ways)
}

// try walks a try statement. A handler starts with what was there before the
// body or at any point in it, and a finally clause may follow on any point at all.
func (b *builder) try(st *ast.Try) bool {
	if st.Finally == nil {
		return b.handled(st)
	}
	goes, interrupted, _ := b.attempt(func() bool { return b.handled(st) })
	after := b.env
	b.env = interrupted
	fell, _, assigned := b.attempt(func() bool { return b.suite(st.Finally) })
	if !fell || !goes {
		return false
	}
	for slot := range b.env { // where nothing was raised, what the clause leaves alone is as it was
		if _, ok := assigned[int32(slot)]; !ok && slot < len(after) {
			b.env[slot] = after[slot]
		}
	}
	return true
}

// handled walks a try statement without its finally clause.
func (b *builder) handled(st *ast.Try) bool {
	fell, start, _ := b.attempt(func() bool { return b.suite(st.Body) })
	var ways [][]int32
	if fell {
		ways = b.branch(b.env, ways, func() bool { return b.suite(st.Else) })
	}
	for i := range st.Handlers {
		h := &st.Handlers[i]
		ways = b.branch(start, ways, func() bool {
			b.expr(h.Type)
			if h.As != nil {
				b.target(h.As, 0, false)
			}
			return b.suite(h.Body)
		})
	}
	return b.meet(ways)
}

// swallows reports whether a with statement may go on after an exception.
func swallows(st *ast.With) bool {
	for _, it := range st.Items {
		switch n := unparen(it.X).(type) {
		case *ast.Name:
			if n.Name == "nogil" || n.Name == "gil" {
				continue
			}
		case *ast.Call:
			if f, ok := n.Fun.(*ast.Name); ok && (f.Name == "nogil" || f.Name == "gil") {
				continue
			}
		}
		return true
	}
	return false
}

// nestedFunc walks a function inside the function. It may run while the outer
// one does, and counts as done by it; its names shadow.
func (b *builder) nestedFunc(def *ast.FuncDef) {
	if def.Params == nil {
		return
	}
	if _, known := b.vars[def.Name.Name]; !known {
		b.variable(def.Name.Name, shape{}, 0)
		v := b.vars[def.Name.Name]
		v.nested = true
		b.vars[def.Name.Name] = v
	}
	for _, d := range def.Decorators {
		b.expr(d.Expr)
	}
	var defaults []int32
	for _, prm := range def.Params.List {
		defaults = append(defaults, b.expr(prm.Default))
	}
	vars, env, loops, tries := b.vars, slices.Clone(b.env), b.loops, b.tries
	b.capture(def.Body)
	b.vars, b.tries = maps.Clone(vars), nil
	for name := range ownNames(def.Body) {
		delete(b.vars, name)
	}
	for i, prm := range def.Params.List {
		if prm.Name.Name != "" {
			sh := b.p.shapeOf(b.m, prm.Type, prm.Declarator)
			n := b.node(node{kind: nodeUnknown, shape: sh})
			if d := defaults[i]; d != 0 {
				if sh.kind == shapeUnknown {
					sh = b.shape(d)
				}
				n = b.node(node{kind: nodeLocal, from: []int32{n, d}, shape: sh})
			}
			b.variable(prm.Name.Name, sh, n)
		}
	}
	b.nested++
	b.suite(def.Body)
	b.nested--
	b.vars, b.env, b.loops, b.tries = vars, env, loops, tries
	for slot, s := range b.shared {
		if int(slot) < len(b.env) {
			b.env[slot] = s
		}
	}
}

// capture makes the variables that a nested function mentions stand for all that
// they have been and will be given: it may run at any time.
func (b *builder) capture(body ast.Node) {
	if b.seen == nil {
		b.seen, b.shared = map[int32][]int32{}, map[int32]int32{}
	}
	assigned := map[string]bool{}
	done := map[int32]bool{}
	ast.Walk(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.Simple:
			if x.Keyword == "nonlocal" {
				for _, n := range x.Names {
					assigned[n.Name] = true
				}
			}
		case *ast.Name:
			v, ok := b.vars[x.Name]
			if _, shared := b.shared[v.slot]; !ok || v.global || shared || done[v.slot] || int(v.slot) >= len(b.env) {
				break
			}
			done[v.slot] = true
			n, sh := b.env[v.slot], v.shape
			if sh.kind == shapeUnknown || sh.kind == shapeObject && sh.class == nil {
				sh = b.shape(n)
			}
			seen := b.node(node{kind: nodeLocal, shape: sh})
			if n != 0 {
				b.flow.nodes[seen].from = []int32{n}
			}
			b.seen[v.slot] = append(b.seen[v.slot], seen)
			b.env[v.slot] = seen
			if assigned[x.Name] {
				b.shared[v.slot] = seen
			}
		}
		return true
	})
}

// ownNames returns the names that a function's body assigns to, its own locals.
func ownNames(body *ast.Suite) map[string]bool {
	out := map[string]bool{}
	outer := map[string]bool{}
	ast.Walk(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.ClassDef:
			return false
		case *ast.Simple:
			if x.Keyword == "nonlocal" {
				for _, n := range x.Names {
					outer[n.Name] = true
				}
			}
		case *ast.Name:
			if x.Access == ast.Write || x.Access == ast.ForTarget || x.Access == ast.Aug {
				out[x.Name] = true
			}
		}
		return true
	})
	for name := range outer {
		delete(out, name)
	}
	return out
}

func (b *builder) simple(st *ast.Simple) bool {
	switch st.Keyword {
	case "global":
		for _, n := range st.Names {
			b.vars[n.Name] = variable{global: true}
		}
		return true
	case "return":
		for _, e := range st.Exprs {
			if n := b.expr(e); n != 0 && b.nested == 0 {
				b.flow.returns = append(b.flow.returns, n)
			}
		}
		return false
	case "break":
		if len(b.loops) > 0 {
			l := b.loops[len(b.loops)-1]
			l.leaves = append(l.leaves, b.env)
		}
		return false
	case "continue":
		if len(b.loops) > 0 {
			b.again(b.loops[len(b.loops)-1])
		}
		return false
	}
	for _, e := range st.Exprs {
		b.expr(e)
	}
	return st.Keyword != "raise"
}

// declare walks "cdef T x = v, *y".
func (b *builder) declare(st *ast.CVarDecl) {
	for _, d := range st.Declarators {
		if d.Func {
			continue
		}
		name := declaredName(d)
		if name.Name == "" {
			continue
		}
		sh := b.p.shapeOf(b.m, st.Type, d)
		if v, known := b.vars[name.Name]; !known || v.global {
			b.variable(name.Name, sh, b.node(node{kind: nodeNothing, shape: sh}))
		}
		if d.Default != nil {
			b.bind(name.Name, b.expr(d.Default), isNothing(d.Default), name.Span)
		}
	}
}

// declared makes a variable of a type that is spelled as an expression.
func (b *builder) declared(name string, typ ast.Expr) {
	if v, known := b.vars[name]; known && (v.global || v.shape.kind != shapeUnknown) {
		return
	}
	sh := b.p.shapeOfNote(b.m, typ)
	b.variable(name, sh, b.node(node{kind: nodeNothing, shape: sh}))
}

// declaredLocals makes the variables that @cython.locals declares, on the function
// or on its declaration in the .pxd.
func (b *builder) declaredLocals() {
	decs := b.f.def.Decorators
	if d, ok := b.m.declarationOf(b.f.class, b.f.def); ok {
		decs = slices.Concat(decs, d.decl.Decorators)
	}
	for _, d := range decs {
		c, ok := d.Expr.(*ast.Call)
		if !ok || b.m.scope.cythonAttr(c.Fun, false) != "locals" {
			continue
		}
		for _, a := range c.Args {
			v, known := b.vars[a.Name.Name]
			switch {
			case a.Name.Name == "":
			case !known:
				b.declared(a.Name.Name, a.X)
			case v.shape == (shape{kind: shapeObject}): // a parameter
				if sh := b.p.shapeOfNote(b.m, a.X); sh.kind != shapeUnknown {
					n, _, _ := b.value(a.Name.Name)
					b.flow.nodes[n].shape = sh
					v.shape = sh
					b.vars[a.Name.Name] = v
				}
			}
		}
	}
}

func (b *builder) assign(st *ast.Assign) {
	b.end = st.End
	defer func() { b.end = 0 }()
	if st.Op != "=" { // a op= v
		v := b.expr(st.Value)
		for _, t := range st.Targets {
			b.assigns(t)
			if c, ok := unparen(t).(*ast.Call); ok {
				b.storeToCall(c)
				continue
			}
			n := b.expr(t)
			if b.shape(n).container {
				b.effect(n, nil, onValue, write, true, changesContainer, st.Op, t.Range())
			}
			if op := binaryMethods[strings.TrimSuffix(st.Op, "=")]; op != "" && b.shape(n).class != nil {
				for _, name := range [...]string{"__i" + op + "__", "__" + op + "__"} {
					b.operator2(n, v, name, t.Range())
				}
			}
		}
		return
	}
	if st.Annotation != nil && len(st.Targets) == 1 {
		if n, ok := unparen(st.Targets[0]).(*ast.Name); ok {
			sh := b.p.shapeOfNote(b.m, st.Annotation)
			if _, known := b.vars[n.Name]; !known {
				b.variable(n.Name, sh, b.node(node{kind: nodeNothing, shape: sh}))
			}
		}
	}
	if st.Value == nil {
		return
	}
	// "x = cython.declare(T, …)"
	if c, ok := unparen(st.Value).(*ast.Call); ok && len(st.Targets) == 1 && len(c.Args) > 0 && b.m.scope.cythonAttr(c.Fun, false) == "declare" {
		if n, ok := st.Targets[0].(*ast.Name); ok {
			b.declared(n.Name, c.Args[0].X)
			if len(c.Args) > 1 {
				b.bind(n.Name, b.expr(c.Args[1].X), isNothing(c.Args[1].X), n.Span)
			}
			return
		}
	}
	// "a, b = x, y" in pairs
	if values, ok := unparen(st.Value).(*ast.Collection); ok && len(st.Targets) == 1 && (values.Kind == "tuple" || values.Kind == "list") {
		if targets, ok := unparen(st.Targets[0]).(*ast.Collection); ok && len(targets.Elems) == len(values.Elems) && !starred(targets.Elems) && !starred(values.Elems) {
			var got []int32
			for _, e := range values.Elems {
				got = append(got, b.expr(e))
			}
			for i, t := range targets.Elems {
				b.target(t, got[i], isNothing(values.Elems[i]))
			}
			return
		}
	}
	v := b.expr(st.Value)
	for _, t := range st.Targets {
		b.target(t, v, isNothing(st.Value))
	}
}

// isNothing reports whether an expression is a constant.
func isNothing(e ast.Expr) bool {
	switch e := unparen(e).(type) {
	case *ast.Const, *ast.Number, *ast.Str:
		return true
	case *ast.Unary:
		return isNothing(e.X)
	}
	return false
}

func starred(list []ast.Expr) bool {
	for _, e := range list {
		if _, ok := e.(*ast.Starred); ok {
			return true
		}
	}
	return false
}

// target assigns a value to a target.
func (b *builder) target(t ast.Expr, value int32, nothing bool) {
	switch t := t.(type) {
	case *ast.Name:
		b.bind(t.Name, value, nothing, t.Span)
	case *ast.Paren:
		b.target(t.X, value, nothing)
	case *ast.Starred: // a new list of what is left
		rest := b.node(node{kind: nodeFresh, shape: shape{kind: shapeObject, container: true}})
		b.fill(rest, []int32{value})
		b.target(t.X, rest, false)
	case *ast.Collection:
		b.iterates(value, t.Span)
		for _, e := range t.Elems {
			b.target(e, b.element(value), false)
		}
	case *ast.Attribute:
		b.assigns(t)
		base := b.expr(t.X)
		if b.attribute(t, base) != 0 && b.inC(base) {
			b.stowed(t.X, value)
		}
		if value != 0 && b.shape(value).kind != shapeScalar {
			b.flow.stores = append(b.flow.stores, store{value, base, t.Attr.Name, t.Span})
			if b.flow.nodes[base].kind != nodeInside {
				b.handOutInto(value, base, t.Pos)
			}
		}
	case *ast.Call:
		b.storeToCall(t)
	default:
		b.assigns(t)
		n := b.expr(t)
		if s, ok := t.(*ast.Subscript); ok && n != 0 && b.shape(n).kind != shapeObject {
			b.stowed(s.X, value)
		}
		if s, ok := t.(*ast.Subscript); ok && value != 0 && b.shape(value).kind == shapeObject {
			b.handOut(value, s.Pos)
		}
	}
}

// assigns notes the variable that a target is a place of.
func (b *builder) assigns(t ast.Expr) {
	switch t := unparen(t).(type) {
	case *ast.Attribute:
		b.shallow, _ = unparen(t.X).(*ast.Name)
	case *ast.Subscript:
		b.shallow, _ = unparen(t.X).(*ast.Name)
	}
}

// stowed puts a pointer or an object into a C value that a local variable is or
// points to: whoever is given that has it, too.
func (b *builder) stowed(in ast.Expr, value int32) {
	sh := b.shape(value)
	if value == 0 || sh.kind == shapeScalar || sh.kind == shapeObject && sh.class == nil || sh.kind == shapeRecord && b.p.plainData(sh.of, 0) {
		return
	}
	for {
		switch x := in.(type) {
		case *ast.Attribute:
			in = x.X
			continue
		case *ast.Subscript:
			in = x.X
			continue
		case *ast.Paren:
			in = x.X
			continue
		case *ast.Cast:
			in = x.X
			continue
		case *ast.Name:
			n, _, local := b.value(x.Name)
			if sh := b.shape(n); local && n != 0 && (sh.kind == shapeRecord || sh.kind == shapePointer) && !b.vars[x.Name].shape.ref {
				in := b.node(node{kind: nodeStowed, base: value, shape: b.shape(value)})
				b.set(b.vars[x.Name].slot, b.node(node{kind: nodeLocal, from: []int32{n, in}, shape: sh}))
			}
		}
		return
	}
}

// storeToCall stores to what a call returns a C++ reference to.
func (b *builder) storeToCall(t *ast.Call) {
	name := b.cythonName(unparen(t.Fun))
	if name == "dereference" && len(t.Args) == 1 {
		if n := b.expr(t.Args[0].X); n != 0 && b.shape(n).kind != shapeObject {
			b.effect(n, nil, onState, write, true, storesThrough, name, t.Span)
		}
		return
	}
	if n := b.expr(t); b.inC(n) {
		b.effect(n, nil, onState, write, true, storesThrough, lastName(t.Fun), t.Span)
	}
}

// handOutInto hands a value out by storing it in an object, unless that is an
// object of our own making, or the one that the value is a part of already.
func (b *builder) handOutInto(value, into, at int32) {
	if own := b.origin(value); own == b.origin(into) && b.flow.nodes[own].kind == nodeParam {
		return
	}
	for n := into; ; {
		x := b.flow.nodes[n]
		switch x.kind {
		case nodeFresh:
			return
		case nodeLocal:
			if len(x.from) == 1 {
				n = x.from[0]
				continue
			}
		case nodeCast:
			n = x.base
			continue
		}
		break
	}
	b.handOut(value, at)
}

// origin returns the object that a C value is a part of, or the value itself.
func (b *builder) origin(n int32) int32 {
	for {
		x := b.flow.nodes[n]
		switch {
		case x.kind == nodeLocal && len(x.from) == 1:
			n = x.from[0]
		case x.kind == nodeCast || x.kind == nodeInside:
			n = x.base
		default:
			return n
		}
	}
}

// iterated walks what a for loop or a comprehension's clause runs over.
func (b *builder) iterated(from bool, iter, step ast.Expr) int32 {
	n := b.expr(iter)
	b.expr(step)
	if from {
		return 0
	}
	b.iterates(n, iter.Range())
	return n
}

// iterates notes that something runs over an object.
func (b *builder) iterates(n int32, span ast.Span) {
	if sh := b.shape(n); sh.kind == shapeObject && sh.class != nil {
		b.operator(n, "__iter__", span)
		b.operator(n, "__next__", span)
	}
}

// element is what a container, pointer or view yields.
func (b *builder) element(n int32) int32 {
	if n == 0 {
		return 0
	}
	switch sh := b.shape(n); sh.kind {
	case shapePointer:
		return b.deref(n)
	case shapeScalar:
		return 0
	case shapeRecord, shapeUnknown:
		return b.node(node{kind: nodeInside, base: n, shape: shape{inserts: sh.holds, holds: sh.holds}})
	default:
		if of := b.elements(n); len(of) > 0 {
			return b.node(node{kind: nodeLocal, from: of, shape: b.common(of)})
		}
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	}
}

// deref is what a pointer points to.
func (b *builder) deref(n int32) int32 {
	sh := b.shape(n)
	if sh.axes > 1 { // a view on one row
		sh.axes--
		return b.node(node{kind: nodeInside, base: n, shape: sh})
	}
	if sh.depth > 1 {
		sh.depth--
		return b.node(node{kind: nodeInside, base: n, shape: sh})
	}
	switch sh.elem {
	case shapeScalar:
		return 0
	case shapeObject:
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	}
	return b.node(node{kind: nodeInside, base: n, shape: shape{kind: sh.elem, constant: sh.constant, inserts: sh.inserts, holds: sh.holds, of: sh.of, known: sh.known}})
}

// elements returns what a tuple or list that is spelled out here has in it.
func (b *builder) elements(n int32) []int32 {
	for range 8 {
		x := &b.flow.nodes[n]
		switch {
		case x.kind == nodeFresh:
			return b.elems[n]
		case x.kind == nodeCast:
			n = x.base
		case x.kind == nodeLocal && len(x.from) == 1:
			n = x.from[0]
		default:
			return nil
		}
	}
	return nil
}

// fill notes what a container that was made here holds.
func (b *builder) fill(n int32, elems []int32) {
	elems = slices.DeleteFunc(elems, func(x int32) bool { return x == 0 || b.shape(x).kind == shapeScalar })
	if len(elems) == 0 {
		return
	}
	if b.elems == nil {
		b.elems = map[int32][]int32{}
	}
	b.elems[n] = elems
}

// refill notes that a container which was made here gets other elements.
func (b *builder) refill(n int32) {
	for range 8 {
		x := &b.flow.nodes[n]
		switch {
		case x.kind == nodeFresh:
			delete(b.elems, n)
			return
		case x.kind == nodeCast:
			n = x.base
		case x.kind == nodeLocal && len(x.from) == 1:
			n = x.from[0]
		default:
			return
		}
	}
}

// byHand notes a lock that a person placed.
func (b *builder) byHand(s ast.Span) {
	if b.flow.hand == (ast.Span{}) {
		b.flow.hand = s
	}
}

// isHandLock reports whether an item of a with statement is a lock.
func (b *builder) isHandLock(e ast.Expr) bool {
	if n, ok := unparen(e).(*ast.Name); ok && (n.Name == "nogil" || n.Name == "gil") {
		return false
	}
	_, ok := b.m.handLock(e)
	return ok
}

// handDecorated reports whether a decorator that is not ours locks the function.
func (m *module) handDecorated(def *ast.FuncDef) bool {
	for _, d := range def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		last := lastName(e)
		if lockNames[last] {
			continue
		}
		if last == "critical_section" || lockLike(last) && !m.noLock(e) {
			return true
		}
	}
	return false
}

func lastName(e ast.Expr) string {
	switch e := unparen(e).(type) {
	case *ast.Name:
		return e.Name
	case *ast.Attribute:
		return e.Attr.Name
	case *ast.Subscript:
		return lastName(e.X)
	}
	return ""
}
