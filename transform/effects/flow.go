package effects

// Flows: one walk over a function's body that notes what is done to which
// values. Expressions are in flowexpr.go, calls in flowcall.go.

import (
	"maps"
	"slices"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// builder makes one flow: it walks statements, expressions and calls.
type builder struct {
	notes
	p *Program
	f *Function
	// placed tells which names of the module are locks.
	placed *handlock.Names
	self   int32 // node of the first parameter of a method
	// outs holds the calls that are given the address of a local pointer.
	outs   map[*ast.Arg]*outCall
	filled int32 // the container that the last subscript was a place to store to of

	// only holds the calls of C functions whose values are memory that nothing else leads to (onlyLed); nil until
	// somebody asks.
	only map[*ast.Call]bool

	tests      map[*ast.Attribute]testedAs // what the function only tests
	onlyCalled map[string]bool             // of parameters, see handingOn.param

	// localPath is the last dotted path that was found to start at a local variable.
	localPath *ast.Attribute

	// wrapped holds the objects from which untyped locals were got: see wraps.
	wrapped map[string]int32

	// What FlowOf keeps from one function to the next.
	keep  Flow
	exprs expressions
	calls calls
}

// FlowOf returns a function's flow.
func (p *Program) FlowOf(f *Function) *Flow {
	f.once.Do(func() {
		b := builders.Get().(*builder)
		b.p, b.m, b.f, b.placed = p, f.Mod, f, p.HandLocks(f.Mod)
		if b.handMade, b.tests = b.placed.Any(), nil; b.handMade {
			b.tests = onlyTested(f)
		}
		b.flow = &Flow{unit: f.Unit, Nodes: append(b.keep.Nodes[:0], Node{}), Actions: b.keep.Actions[:0], Calls: b.keep.Calls[:0]}
		b.function()
		f.Flow = b.flow
		// The lists grew in the builder's own memory; the flow gets copies that fit.
		b.keep = Flow{Nodes: f.Flow.Nodes, Actions: f.Flow.Actions, Calls: f.Flow.Calls}
		f.Flow.Nodes, f.Flow.Actions, f.Flow.Calls = slices.Clone(b.keep.Nodes), slices.Clone(b.keep.Actions), p.model.many.share(slices.Clone(b.keep.Calls))
		clear(b.vars)
		b.reset(b.vars, b.env[:0], b.keep)
		builders.Put(b)
	})
	return f.Flow
}

// reset makes a builder that has nothing but memory.
func (b *builder) reset(vars map[string]variable, env []int32, keep Flow) {
	*b = builder{notes: notes{variables: variables{vars: vars, env: env}}, keep: keep}
	b.exprs, b.calls = expressions{b}, calls{b}
}

// builders keeps the memory of builders from one function to the next.
var builders = sync.Pool{New: func() any {
	b := &builder{}
	b.reset(map[string]variable{}, nil, Flow{})
	return b
}}

func (b *builder) function() {
	b.beginHistory()
	def := b.f.Def
	if def.Params != nil {
		for i, prm := range def.Params.List {
			n := int32(0)
			if prm.Name.Name != "" && prm.Kind != ast.BareStar && prm.Kind != ast.Slash {
				sh := b.paramShape(i, prm)
				n = b.node(Node{Kind: NodeParam, Num: int32(i), Shape: sh})
				b.variable(prm.Name.Name, sh, copied(b, sh, n))
				if i == 0 && b.f.Class != nil {
					b.self = n
				}
			}
			b.flow.Params = append(b.flow.Params, n)
		}
		for _, prm := range def.Params.List {
			b.expr(prm.Default)
		}
		b.declaredLocals()
	}
	(holding{b}).decoratedLock()
	(blocks{b}).lockedUnused()
	if b.stmts(def.Body.Stmts) {
		b.flow.ends = append(b.flow.ends, (holding{b}).ended())
	}
}

// paramShape is the shape of parameter i.
func (b *builder) paramShape(i int, prm *ast.Param) ctype.Shape {
	switch {
	case prm.Kind == ast.Star || prm.Kind == ast.DoubleStar:
		return ctype.Shape{Kind: ctype.Object}
	case i == 0 && b.f.Class != nil:
		if b.m.PlainDecorator(b.f.Def, "staticmethod") || b.m.PlainDecorator(b.f.Def, "classmethod") || library.ImplicitStatic()[b.f.Def.Name.Name] {
			break
		}
		if library.Binops()[b.f.Def.Name.Name] && b.m.CAPIBinops(b.f.Unit, b.f.Class, b.f.Def) {
			return ctype.Shape{Kind: ctype.Object}
		}
		return ctype.Shape{Kind: ctype.Object, Class: b.f.Class}
	}
	if prm.Type != nil {
		return b.p.Types.Of(b.m, prm.Type, prm.Declarator)
	}
	path, pointer := b.m.ParamType(b.f.Class, b.f.Def, i, prm)
	switch {
	case pointer:
		return ctype.Shape{Kind: ctype.Pointer, Depth: 1}
	case path != nil:
		sh := b.p.Types.OfName(b.m, path, "", 0)
		if prm.Annotation != nil && sh.Kind == ctype.Scalar && len(path) == 1 {
			return ctype.Shape{Kind: ctype.Object} // Python's int, not C's
		}
		return sh
	case prm.Annotation != nil && project.AnnotationsAreTypes(b.m):
		if sh := b.p.Types.OfNote(b.m, prm.Annotation); sh.Kind != ctype.Unknown {
			return sh
		}
	}
	return ctype.Shape{Kind: ctype.Object}
}

// outOf leaves a loop, by its else clause or by a break, and reports whether
// control goes on behind it. fell tells that its body can come to its end, done is the history where
// its condition was false: 0 where it has none, never where that does not come about.
func (b *builder) outOf(l *loop, fell bool, or *ast.Suite, done int32) bool {
	ways := [][]int32{l.first}
	if fell {
		b.again(l)
		ways = append(ways, b.env)
	}
	b.loops = b.loops[:len(b.loops)-1]
	b.env = slices.Clone(b.join(ways))
	switch {
	case done == never && len(l.leaves) > 0:
		b.env[historySlot] = l.leaves[0][historySlot]
	case done > 0:
		b.set(historySlot, done)
	}
	ways = l.leaves
	if b.suite(or) {
		ways = append(ways, b.env)
	}
	return b.meet(ways)
}

// never is the history of what does not come about.
const never int32 = -1

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

// stmt walks a statement and reports whether control goes on behind it.
func (b *builder) stmt(st ast.Stmt) bool {
	switch st := st.(type) {
	case *ast.ExprStmt:
		alone(b, st.X)
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
		was := b.parallel
		b.parallel = was || project.Parallel(b.m, st.Iter)
		defer func() { b.parallel = was }()
		l, locks := b.into(st.Span), len(b.flow.Locks)
		if !st.From && st.Target != nil {
			b.target(st.Target, b.element(n), false)
		}
		(holding{b}).attaches(st.Iter)
		defer func(was int) { b.nogil = was }(b.nogil)
		on := b.outOf(l, b.suite(st.Body), st.Else, 0)
		if (holding{b}).onlyLocks(st.Body) { // all of a list of locks
			if each := displayed(st.Iter); len(each) > 0 && st.Target != nil {
				if _, sorted := syntax.Unparen(st.Iter).(*ast.Call); sorted {
					b.together = b.history()
				}
				for _, x := range each {
					b.target(st.Target, b.expr(x), false)
					b.suite(st.Body)
				}
				b.together = 0
			} else {
				(holding{b}).takesAgain(locks, constantLocks(holding{b}, st), nil)
			}
		}
		return on
	case *ast.While:
		l := b.into(st.Span)
		body, out := b.tested(st.Cond)
		b.env = body
		done := out[historySlot]
		if c, ok := syntax.Unparen(st.Cond).(*ast.Const); ok && c.Name == "True" {
			done = never
		}
		return b.outOf(l, b.suite(st.Body), st.Else, done)
	case *ast.With:
		if decorator.Block(b.m, st) {
			return blocks{b}.block(st)
		}
		was, nogil, before, withs := b.parallel, b.nogil, b.history(), len(b.withs)
		defer func() { b.parallel = was }()
		managers := map[string]bool{} // those that are variables, with whether they are made here
		outer := map[string][]int32{}
		for _, it := range st.Items {
			b.releases(it.X)
			b.parallel = b.parallel || project.Parallel(b.m, it.X)
			(holding{b}).attaches(it.X)
			calls := len(b.flow.Calls)
			n := b.expr(it.X)
			as := n
			if name, ok := it.Target.(*ast.Name); ok {
				managers[name.Name], outer[name.Name] = true, b.kept[name.Name]
				delete(b.kept, name.Name)
			} else if name, ok := it.X.(*ast.Name); ok {
				managers[name.Name] = false
			}
			manager := (holding{b}).manager(it.X, calls)
			if manager != 0 {
				(holding{b}).enters(it.X, manager)
			} else if locks, ok := (holding{b}).lockItem(it.X); ok && !st.Async {
				b.byHand(it.X.Range())
				for _, l := range locks {
					b.withs = append(b.withs, (holding{b}).takesLock(l))
				}
			} else if b.answers(n) {
				calls := len(b.flow.Calls)
				if entered := b.exprs.operator(n, "__enter__", it.X.Range()); entered != 0 {
					as = entered
				}
				enter := int32(len(b.flow.Calls))
				b.exprs.operator(n, "__exit__", it.X.Range())
				if int(enter) > calls {
					(holding{b}).enters(it.X, enter)
				}
			}
			if it.Target != nil {
				if _, name := it.Target.(*ast.Name); as == n && n != 0 && !name { // whatever its __enter__ returns
					as = b.either(n, b.node(Node{Kind: NodeUnknown, Shape: b.shape(n)}))
				}
				entersAs(b, it.Target, as)
			}
		}
		leave := func() {
			for _, l := range b.withs[withs:] {
				(holding{b}).leavesLock(l, before)
			}
			for _, name := range slices.Sorted(maps.Keys(managers)) {
				stacks{holding{b}}.closesStack(name, managers[name], before)
				if kept := outer[name]; len(kept) > 0 {
					b.kept = with(b.kept, name, kept)
				}
			}
			b.withs, b.nogil = b.withs[:withs], nogil
		}
		if !swallows(st) {
			fell := b.suite(st.Body)
			leave()
			return fell
		}
		fell, interrupted, _ := b.attempt(func() bool { return b.suite(st.Body) })
		ways := [][]int32{interrupted} // an __exit__ may swallow what was raised
		if fell {
			ways = append(ways, b.env)
		}
		met := b.meet(ways)
		leave()
		return met
	case *ast.Try:
		return b.try(st)
	case *ast.Match:
		subject := b.expr(st.Subject)
		if matchesValues(st) {
			b.exprs.comparing().compared(subject, "==", st.Subject.Range())
		}
		before := b.env
		ways := [][]int32{before}
		for _, c := range st.Cases {
			ways = b.branch(before, ways, func() bool {
				b.expr(c.Pattern)
				capture(b, c.Pattern, subject)
				b.expr(c.Guard)
				return b.suite(c.Body)
			})
		}
		return b.meet(ways)
	case *ast.Del:
		for _, t := range st.Targets {
			b.exprs.deleted(t, b.expr(t))
			(guards{holding{b}}).deletesGuard(t)
		}
	case *ast.FuncDef:
		insides{b}.walk(st)
	case *ast.ClassDef:
		if st.Body != nil {
			b.nested++
			b.suite(st.Body)
			b.nested--
		}
		standsForAny(b, st.Name)
	case *ast.Import:
		importsOver(b, st.Names)
	case *ast.FromImport:
		importsOver(b, st.Names)
	}
	return true
}

// alone walks an expression whose value nobody uses: "x and f()" calls f as an if statement would.
func alone(b *builder, e ast.Expr) {
	var cond, then, otherwise ast.Expr
	switch e := syntax.Unparen(e).(type) {
	case *ast.Cond:
		cond, then, otherwise = e.If, e.Then, e.Else
	case *ast.Binary:
		switch e.Op {
		case "and":
			cond, then = e.X, e.Y
		case "or":
			cond, otherwise = e.X, e.Y
		}
	}
	if cond == nil {
		b.expr(e)
		return
	}
	yes, no := b.tested(cond)
	b.env = yes
	if then != nil {
		alone(b, then)
	}
	yes, b.env = b.env, no
	if otherwise != nil {
		alone(b, otherwise)
	}
	b.meet([][]int32{yes, b.env})
}

// capture gives the names in a pattern what is matched, or is in that.
func capture(b *builder, pattern ast.Expr, subject int32) {
	var names []*ast.Name
	if pattern != nil {
		ast.Walk(pattern, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok && x.Access == ast.Write {
				names = append(names, x)
			}
			return true
		})
	}
	for _, x := range names {
		value := b.element(subject)
		if x == pattern {
			value = subject
		}
		b.target(x, value, false)
	}
}

// matchesValues reports whether the patterns of a match statement compare its subject with something that is
// no text.
func matchesValues(st *ast.Match) bool {
	found := false
	for _, c := range st.Cases {
		if c.Pattern == nil {
			continue
		}
		ast.Walk(c.Pattern, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.Number, *ast.Attribute:
				found = true
			}
			return !found
		})
	}
	return found
}

// releases notes where the GIL is released.
func (b *builder) releases(e ast.Expr) {
	if b.nested == 0 && b.flow.Releases == (ast.Span{}) && e != nil && b.m.Releases(e) {
		b.flow.Releases = e.Range()
	}
}

// tested walks a condition. What it tells of attempts to take locks is known on the ways on from it.
func (b *builder) tested(cond ast.Expr) (yes, no []int32) {
	b.exprs.tested(cond)
	tells := (attempts{b}).tells(cond)
	value, none := testedForNone(b, cond)
	before := slices.Clone(b.env) // with what is assigned in the condition
	knowsNone(b, b.env, value, none)
	knowsKind(b, cond, true)
	(attempts{b}).knowing(tells.yes)
	(sameness{holding{b}}).knowsSame(cond, true)
	yes = b.env
	b.env = before
	knowsNone(b, b.env, value, !none)
	knowsKind(b, cond, false)
	(attempts{b}).knowing(tells.no)
	(sameness{holding{b}}).knowsSame(cond, false)
	return yes, slices.Clone(b.env)
}

func (b *builder) clauses(list []ast.CondClause) bool {
	var ways [][]int32
	last := false
	before := b.env
	locks := len(b.flow.Locks)
	var parts parting
	for i, c := range list {
		b.env = slices.Clone(before)
		last = c.Cond == nil
		parts.asks(b, i, c.Cond)
		var body []int32
		body, before = b.tested(c.Cond)
		was := b.sameHere
		if c.Cond != nil {
			b.sameHere = append(was[:len(was):len(was)], same(c.Cond)...)
		}
		ways = b.branch(body, ways, func() bool { return b.suite(c.Body) })
		b.sameHere = was
		parts.goes(i, ways)
	}
	if !last {
		ways = append(ways, before)
	}
	met := b.meet(ways)
	parts.meet(b, list, ways)
	if len(list) == 1 && !last {
		(underCondition{holding{b}}).takes(list[0], locks, ways)
	}
	return met
}

// try walks a try statement. A handler starts with what was there before the
// body or at any point in it, and a finally clause may follow on any point at all.
func (b *builder) try(st *ast.Try) bool {
	if st.Finally == nil {
		return b.handled(st)
	}
	ends := len(b.flow.ends)
	goes, interrupted, _ := b.attempt(func() bool { return b.handled(st) })
	after := b.env
	b.env = interrupted
	nodes := len(b.flow.Nodes)
	fell, _, assigned := b.attempt(func() bool { return b.suite(st.Finally) })
	(holding{b}).afterFinally(ends, nodes)
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
		switch n := syntax.Unparen(it.X).(type) {
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

func (b *builder) simple(st *ast.Simple) bool {
	switch st.Keyword {
	case "global":
		for _, n := range st.Names {
			b.vars[n.Name] = variable{global: true}
		}
		return true
	case "return":
		returned(b, st)
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
	b.raising = st.Keyword == "raise"
	defer func() { b.raising = false }()
	for i, e := range st.Exprs {
		if st.Keyword == "assert" && i == 0 {
			b.env, _ = b.tested(e)
		} else {
			b.expr(e)
		}
	}
	return st.Keyword != "raise"
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
