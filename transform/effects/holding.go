package effects

// Locks that people placed, as a flow has them: where one is taken and released. They are
// noted in the history of the function (heap.go), between its assignments and calls:
// which of them are held at a point, the solver finds by going along it (heldlocks.go).

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// LockUse is one lock that a function takes or releases.
type LockUse struct {
	// Section is true of a critical section: the object is the lock.
	Section bool
	Shared  bool // others may hold it in the same way
	Some    bool // one of several in a container
	Native  bool // the thread waits for it attached
	Again   bool // its holder may take it once more
	Take    bool
	every   bool // of each item of a parameter
	all     bool // each one of several in a container, of which there is always the same number
	Span    ast.Span
	// Text is how the source spells it.
	Text string
	// since is the history before several that are taken at once; 0 where it is taken by itself.
	since int32
	own   bool  // pyxlock's, in a file that was rewritten
	node  int32 // the lock, or the object of a critical section; 0 where that is not followed
	// entered is 1 + the number of a call, where the locks are those that entering a context manager takes.
	entered int32
}

// holding walks what takes and releases locks.
type holding struct{ *builder }

// takesLock notes that a lock is taken, and returns its number.
func (b holding) takesLock(u LockUse) int32 {
	u.Take = true
	if u.since == 0 {
		u.since = b.together
	}
	b.flow.Locks = append(b.flow.Locks, u)
	n := int32(len(b.flow.Locks) - 1)
	b.set(historySlot, b.node(Node{Kind: NodeHolds, Base: b.history(), Num: n}))
	return n
}

// releasesLock notes that a lock is released.
func (b holding) releasesLock(u LockUse) {
	b.flow.Locks = append(b.flow.Locks, u)
	b.set(historySlot, b.node(Node{Kind: NodeLetsGo, Base: b.history(), Num: int32(len(b.flow.Locks) - 1)}))
}

// leavesLock notes that what was taken with a lock is over: what was held before is held still.
func (b holding) leavesLock(lock int32, before ...int32) {
	b.set(historySlot, b.node(Node{Kind: NodeLetsGo, Base: b.history(), Num: lock, From: before}))
}

// attached reports whether the thread is attached to the interpreter, for all that is known.
func (b holding) attached() bool {
	return b.nogil == 0 && !project.IsNogil(b.m, b.f.Class, b.f.Def)
}

// ended is the history at an end of the function, where what is held for a while only is released.
func (b holding) ended() int32 {
	h := b.history()
	let := func(lock int32) {
		h = b.node(Node{Kind: NodeLetsGo, Base: h, Num: lock})
	}
	for _, w := range slices.Backward(b.withs) {
		let(w)
	}
	stacks{b}.eachKept(let)
	for name, locks := range b.guards {
		if !slices.Contains(b.heapGuards, name) {
			for _, l := range locks {
				let(l)
			}
		}
	}
	return h
}

// afterFinally has what a finally clause takes and releases follow on the ends of the function that its try
// statement leads to.
func (b holding) afterFinally(ends, nodes int) {
	last := len(b.flow.Nodes)
	for i := ends; i < len(b.flow.ends); i++ {
		for k := nodes; k < last; k++ {
			x := b.flow.Nodes[k]
			switch x.Kind {
			case NodeHolds, NodeLetsGo:
				x.From = nil
			case NodeCalled:
				if x.Num == unseenCode {
					continue
				}
			default:
				continue
			}
			x.Base = b.flow.ends[i]
			b.flow.ends[i] = b.node(x)
		}
	}
}

// onlyLocks reports whether all that a block does is to take or release locks, also with the GIL released, and to raise
// where one was not taken.
func (b holding) onlyLocks(s *ast.Suite) bool {
	if s == nil || len(s.Stmts) == 0 {
		return false
	}
	for i, st := range s.Stmts {
		var call *ast.Call
		switch st := st.(type) {
		case *ast.ExprStmt:
			call, _ = syntax.Unparen(st.X).(*ast.Call)
		case *ast.Assign: // got = lock.acquire()
			if _, name := syntax.Unparen(st.Targets[0]).(*ast.Name); name && len(st.Targets) == 1 && st.Value != nil {
				call, _ = syntax.Unparen(st.Value).(*ast.Call)
			}
		case *ast.With: // with nogil
			if slices.ContainsFunc(st.Items, func(it ast.WithItem) bool { return !b.m.Releases(it.X) }) || !b.onlyLocks(st.Body) {
				return false
			}
			continue
		case *ast.If: // if not got: raise
			if i == 0 || !raises(st) {
				return false
			}
			continue
		}
		if call == nil || call.Fun == nil {
			return false
		}
		if _, ok := handlock.CallOf(b.placed, call, knownLocks(b)); !ok && syntax.LastName(call.Fun) != "enter_context" {
			return false
		}
	}
	return true
}

// raises reports whether an if statement does nothing but raise.
func raises(st *ast.If) bool {
	if len(st.Clauses) != 1 || st.Clauses[0].Cond == nil || len(st.Clauses[0].Body.Stmts) != 1 {
		return false
	}
	x, ok := st.Clauses[0].Body.Stmts[0].(*ast.Simple)
	return ok && x.Keyword == "raise"
}

// displayed are the objects that a loop runs over where they are written out: (a, b), sorted([a, b], key=id).
func displayed(e ast.Expr) []ast.Expr {
	if call, ok := syntax.Unparen(e).(*ast.Call); ok && syntax.IsNamed(call.Fun, "sorted") && len(call.Args) > 0 {
		e = call.Args[0].X
	}
	c, ok := syntax.Unparen(e).(*ast.Collection)
	if !ok || c.Kind == "dict" || syntax.Starred(c.Elems) {
		return nil
	}
	return c.Elems
}

// attaches follows an item of a with statement, or what a loop runs over, that releases the GIL or takes it.
func (b holding) attaches(e ast.Expr) {
	switch {
	case e == nil:
	case b.m.Releases(e):
		b.nogil++
	case syntax.IsNamed(e, "gil") || b.m.Scope.CythonAttr(e, false) == "gil":
		b.nogil = 0
	}
}

// awaits walks what is awaited: what a task waits for by that keeps no thread away.
func (b holding) awaits(e ast.Expr) {
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || call.Fun == nil {
		b.expr(e)
		return
	}
	if _, lock := handlock.CallOf(b.placed, call, knownLocks(b)); lock {
		b.calls.passed(call.Args)
		return
	}
	b.expr(e)
}

// takesAgain has the locks from one on that have been taken be held where ways have met. each is the variable of a loop
// that comes to all locks of a container which has the same ones all the time, "" elsewhere. had are the attempts that are
// known to have had their locks.
func (b holding) takesAgain(from int, each string, had []int32) {
	for i, u := range slices.Clone(b.flow.Locks[from:]) {
		if !slices.Contains(had, int32(from+i)) && slices.ContainsFunc(b.flow.Nodes, func(x Node) bool { return x.Kind == NodeAsks && int(x.Num) == from+i }) {
			continue // it may not have been taken
		}
		stacks{b}.keepsToo(int32(from+i), int32(len(b.flow.Locks)))
		kind := NodeLetsGo
		if u.Take {
			kind = NodeHolds
		}
		u.every, u.all = true, u.Some && each != "" && u.Text == each
		b.flow.Locks = append(b.flow.Locks, u)
		b.set(historySlot, b.node(Node{Kind: kind, Base: b.history(), Num: int32(len(b.flow.Locks) - 1)}))
	}
}

// receiver is the class of what a method is called on, as far as it is known before it is walked.
func (b holding) receiver(e ast.Expr) *project.Class {
	if n, ok := syntax.Unparen(e).(*ast.Name); ok {
		if v, _, local := b.value(n.Name); local && v != 0 && b.shape(v).Class != nil {
			return b.shape(v).Class
		}
	}
	if a, ok := syntax.Unparen(e).(*ast.Attribute); ok {
		if c := b.receiver(a.X); c != nil {
			if f := c.Field(a.Attr.Name); f != nil {
				return b.p.Types.OfField(f).Class
			}
			return nil
		}
	}
	return blocks(b).static(e)
}

// handLockCall follows the taking and releasing of a lock placed by hand. A method that passes on to
// a lock that its object has is followed as any other. answer is what an attempt returns, 0 for another call.
func (b holding) handLockCall(e *ast.Call) (answer int32, done bool) {
	if !b.handMade {
		return 0, false
	}
	if answer, ok := (guards{b}).guardCall(e); ok {
		if _, guard := b.placed.Guard(firstArg(e)); !guard {
			b.calls.passed(e.Args)
		}
		return b.noteAnswer(e, answer), true
	}
	if n, ok := e.Fun.(*ast.Name); ok && b.boundLocks[n.Name] != nil { // acquire = self._lock.acquire
		of := *e
		of.Fun = b.boundLocks[n.Name]
		answer, done := b.handLockCall(&of)
		return b.noteAnswer(e, answer), done
	}
	a, isMethod := syntax.Unparen(e.Fun).(*ast.Attribute)
	if isMethod && (stacks{b}).call(a, e) {
		return 0, true
	}
	if kept := b.keptMethod(a); isMethod && kept != nil { // self._take(), where that is self._lock.acquire
		of := *e
		of.Fun = kept
		answer, done := b.handLockCall(&of)
		return b.noteAnswer(e, answer), done
	}
	known := knownLocks(b)
	lc, ok := handlock.CallOf(b.placed, e, known)
	if isMethod && (ok || b.placed.Speaks(a.Attr.Name) || known(a.X)) {
		if c := b.receiver(a.X); c != nil && !lc.Set {
			if take, release := handlock.Role(b.placed, c, a.Attr.Name); (take || release) && handlock.IsClass(b.placed, c) {
				lc, ok = handlock.Call{Node: e, Lock: a.X, Take: take, Shared: handlock.Shares(b.placed, c, a.Attr.Name), More: lc.More}, true
				for _, x := range e.Args { // lock_with(other)
					if b.receiver(x.X) == c {
						lc.More = append(lc.More, x.X)
					}
				}
				if p, set := b.placed.Pair(c, a.Attr.Name); set {
					lc.Shared = p.Shared
				}
			} else if p, set := b.placed.Pair(c, a.Attr.Name); set {
				lc, ok = handlock.Call{Node: e, Lock: a.X, Take: p.Takes(a.Attr.Name), Shared: p.Shared}, true
			} else if len(b.members(c, a.Attr.Name, false)) > 0 {
				return 0, false
			}
		}
	} else if n, isName := syntax.Unparen(e.Fun).(*ast.Name); ok && isName && !lc.Set && !lc.Known && b.inSight(n.Name) {
		return 0, false // what it takes is seen in its body
	}
	if !ok {
		return 0, false
	}
	if lc.Take {
		b.byHand(e.Span)
	}
	if lc.Own {
		b.ownLock(lc, b.calls.passed(e.Args))
		return 0, true
	}
	var tries []LockUse
	since := (guards{b}).since(1 + len(lc.More))
	for _, x := range b.withSame(append([]ast.Expr{lc.Lock}, lc.More...)) {
		u := b.lockUse(x)
		u.since = since
		u.Shared, u.Native, u.Span = lc.Shared, lc.Native && b.attached(), e.Span
		switch {
		case !lc.Take:
			b.releasesLock(u)
		case lc.Tries(b.f.Unit.File):
			u.Native = false
			tries = append(tries, u)
		default:
			b.takesLock(u)
		}
	}
	for _, arg := range e.Args {
		if x := syntax.Unparen(arg.X); x != lc.Lock && !isAddressOf(x, lc.Lock) {
			b.expr(arg.X)
		}
	}
	if len(tries) > 0 {
		answer = b.noteAnswer(e, attempts(b).asks(tries, lc.Zero))
	}
	return answer, true
}

// keptMethod is the method of a lock that an attribute holds, spelled by way of the lock; nil for another attribute.
func (b holding) keptMethod(a *ast.Attribute) ast.Expr {
	if a == nil || !b.placed.Speaks(a.Attr.Name) {
		return nil
	}
	c := b.receiver(a.X)
	if c == nil {
		return nil
	}
	lock, method, ok := handlock.Bound(b.placed, c, a.Attr.Name)
	if !ok {
		return nil
	}
	if d := c.Declarer(a.Attr.Name); d.PxdDef != nil {
		for _, name := range []string{a.Attr.Name, lock} {
			if slices.ContainsFunc(b.p.Project.Lineage.Using(name), func(m *project.Module) bool { return m != d.Mod && handlock.Rebinds(m, name) }) {
				return nil
			}
		}
	}
	named := func(x ast.Expr, name string, access ast.Access) *ast.Attribute {
		return &ast.Attribute{Span: a.Span, X: x, Attr: ast.Ident{Span: a.Attr.Span, Name: name}, Access: access}
	}
	return named(named(a.X, lock, ast.Read), method, ast.Called)
}

// answers notes what a call answers that may have taken a lock.
func (b holding) noteAnswer(e *ast.Call, answer int32) int32 {
	if answer != 0 {
		if b.answered == nil {
			b.answered = map[*ast.Call]int32{}
		}
		b.answered[e] = answer
	}
	return answer
}

func firstArg(e *ast.Call) ast.Expr {
	if len(e.Args) == 0 {
		return nil
	}
	return e.Args[0].X
}

// binds notes a variable that is given a method by which a lock is taken or released, or something else.
func (b holding) binds(t, value ast.Expr) {
	n, ok := syntax.Unparen(t).(*ast.Name)
	if !ok {
		return
	}
	delete(b.boundLocks, n.Name)
	if a, ok := syntax.Unparen(value).(*ast.Attribute); ok && knownLocks(b)(a.X) {
		if _, ok := handlock.CallOf(b.placed, &ast.Call{Span: a.Span, Fun: a}, knownLocks(b)); ok {
			b.boundLocks = with(b.boundLocks, n.Name, a)
		}
	}
}

// isAddressOf reports whether an expression is the address of another.
func isAddressOf(x, of ast.Expr) bool {
	u, ok := x.(*ast.Unary)
	return ok && u.X == of
}

// inSight reports whether a name is a function that the project has.
func (b holding) inSight(name string) bool {
	r := b.m.Owner([]string{name})
	return r.Mod != nil && len(b.p.Funcs(r.Mod).byName[r.Name]) > 0
}

// same returns the pairs of expressions that are one object where a condition holds: "a is b", or one of them
// is None.
func same(cond ast.Expr) [][2]ast.Expr {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Binary:
		if e.Op == "or" {
			x, y := same(e.X), same(e.Y)
			if len(x) > 0 && len(y) > 0 {
				return append(x, y...)
			}
		}
	case *ast.Compare:
		if len(e.Ops) == 1 && e.Ops[0] == "is" {
			return [][2]ast.Expr{{e.Xs[0], e.Xs[1]}}
		}
	}
	return nil
}

// withSame adds to locks what is the same object here, by a condition round it: whoever holds one holds the other.
func (b holding) withSame(locks []ast.Expr) []ast.Expr {
	for _, p := range b.sameHere {
		for i, x := range p {
			other := p[1-i]
			if _, none := syntax.Unparen(other).(*ast.Const); none {
				continue
			}
			for _, l := range locks {
				if syntax.Text(b.f.Unit.File, l.Range()) == syntax.Text(b.f.Unit.File, x.Range()) {
					locks = append(locks, other)
					break
				}
			}
		}
	}
	return locks
}

// ownLock follows a call that a rewrite put there: the guard comes first, then what it locks.
func (b holding) ownLock(lc handlock.Call, args passed) {
	if len(lc.Node.Args) == 0 {
		return
	}
	u := LockUse{own: true, Again: true, Span: lc.Node.Span, Shared: strings.Contains(syntax.LastName(lc.Node.Fun), "read"), Text: syntax.Text(b.f.Unit.File, lc.Node.Args[0].X.Range())}
	if !lc.Take {
		b.releasesLock(u)
		return
	}
	if strings.HasSuffix(syntax.LastName(lc.Node.Fun), "acquire") || len(args.pos) < 2 {
		b.takesLock(u)
		return
	}
	u.node = args.pos[1]
	b.takesLock(u)
}
