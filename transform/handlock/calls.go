package handlock

// Which calls take locks and release them, and which make guards.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// Call is a call that takes or releases a lock.
type Call struct {
	Node *ast.Call
	Lock ast.Expr // the lock
	Take bool
	// More are the other locks that it takes or releases.
	More []ast.Expr
	// Shared is true where others may hold it in the same way.
	Shared bool
	// Native is true where the thread stays attached while it waits.
	Native bool
	// Set is true where the settings say so, Known where a function of C's is that does it, Own
	// where it is one of those that a rewrite puts there.
	Set, Known, Own bool
	// Zero is true where an attempt answers zero if it has the lock.
	Zero  bool
	tries bool
	how   []ast.Arg // whether it waits, and how long
}

// Tries reports whether the call may come back without the lock. file is where it stands.
func (c *Call) Tries(file *ast.File) bool { return c.Take && (c.tries || !waits(file, c.how)) }

// Call tells whether a call takes or releases a lock.
func (h *Names) Call(call *ast.Call) (Call, bool) { return CallOf(h, call, h.IsLock) }

// CallOf is Call where the caller knows more of what is a lock.
func CallOf(h *Names, call *ast.Call, isLock func(ast.Expr) bool) (Call, bool) {
	if call.Fun == nil {
		return Call{}, false
	}
	if c, ok := h.set(call); ok {
		return c, true
	}
	name := h.m.CName(call.Fun)
	if take, ok := library.LockCalls()[name]; ok && h.isFunction(call.Fun) {
		x := syntax.Arg(call, 0)
		if x == nil {
			return Call{}, false
		}
		c := Call{Known: true, Node: call, Lock: lockAt(x), Take: take, Shared: library.LockShared()[name], Native: library.LockNative()[name]}
		if answer, tries := library.LockTries()[name]; tries {
			c.tries, c.Zero = true, answer == "zero"
		}
		switch {
		case c.tries:
		case library.LockEvery()[name]:
			c.More = others(call)
		case library.LockIdent()[name] && len(call.Args) > 2:
			c.how = call.Args[2:]
		case len(call.Args) > 1 && !library.LockIdent()[name]:
			c.how = call.Args[1:]
		}
		return c, true
	}
	if take, ok := ownCall(call); ok {
		return Call{Own: true, Node: call, Lock: call.Fun, Take: take}, true
	}
	switch fun := call.Fun.(type) {
	case *ast.Attribute: // lock.acquire(), self._lock(), self.acquire_lock()
		if c, ok := ofOwn(h, fun, call); ok {
			return c, true
		}
		// A bare acquire() may be of a pool's connection: what it is called on says.
		if take, ok := takes(fun.Attr.Name); ok && (len(syntax.Words(fun.Attr.Name)) > 1 || isLock(fun.X)) {
			typ := h.Type(syntax.LastName(fun.X))
			return Call{Node: call, Lock: fun.X, Take: take, Shared: takesToRead(fun.Attr.Name), Native: library.NativeLocks()[typ], how: call.Args}, true
		}
		if name := fun.Attr.Name; (name == "__enter__" || name == "__exit__") && isLock(fun.X) {
			return Call{Node: call, Lock: fun.X, Take: name == "__enter__"}, true
		}
		if _, ok := triesTo(fun.Attr.Name); ok && isLock(fun.X) {
			return Call{Node: call, Lock: fun.X, Take: true, Shared: strings.Contains(fun.Attr.Name, "_shared"), tries: true}, true
		}
	case *ast.Name: // lock_mutex(x)
		x := syntax.Arg(call, 0)
		if take, ok := takes(fun.Name); ok && x != nil && len(call.Args) == 1 && len(syntax.Words(fun.Name)) > 1 {
			return Call{Node: call, Lock: lockAt(x), Take: take}, true
		}
		if b := h.m.Scope.Names[fun.Name]; x != nil && name == "lock" && len(b.Path) > 0 && b.Path[0] == "libcpp" { // std::lock(a, b)
			return Call{Known: true, Node: call, Lock: lockAt(x), Take: true, More: others(call), Native: true}, true
		}
	}
	return Call{}, false
}

// isFunction reports whether what is called is a function of C's, and no method of an object.
func (h *Names) isFunction(fun ast.Expr) bool {
	a, ok := syntax.Unparen(fun).(*ast.Attribute)
	if !ok {
		return true
	}
	n, ok := a.X.(*ast.Name)
	if !ok {
		return false
	}
	_, bound := h.m.Scope.Names[n.Name]
	return bound
}

// lockAt is the lock that an argument is, or that it is the address of.
func lockAt(x ast.Expr) ast.Expr {
	if u, ok := syntax.Unparen(x).(*ast.Unary); ok && u.Op == "&" {
		return u.X
	}
	return x
}

// others are the arguments of a call but for the first.
func others(call *ast.Call) []ast.Expr {
	var out []ast.Expr
	for i := 1; i < len(call.Args); i++ {
		if x := syntax.Arg(call, i); x != nil {
			out = append(out, lockAt(x))
		}
	}
	return out
}

// waits reports whether a call with these arguments waits until it has the lock.
func waits(file *ast.File, args []ast.Arg) bool {
	for _, a := range args {
		switch x := syntax.Unparen(a.X).(type) {
		case *ast.Const:
			if x.Name == "True" || x.Name == "None" {
				continue
			}
			return false
		case *ast.Number:
			if a.Name.Name == "timeout" || syntax.Text(file, x.Span) == "0" {
				return false
			}
		case *ast.Unary: // timeout=-1
			if _, number := x.X.(*ast.Number); x.Op != "-" || !number {
				return false
			}
		case *ast.Name, *ast.Attribute:
			if last := syntax.LastName(x); a.Name.Name == "" && !strings.HasPrefix(last, "NOWAIT") && last != "timeout" && strings.Contains(last, "WAIT") {
				continue
			}
			return false
		default:
			return false
		}
	}
	return true
}

// takesToRead reports whether the method of a lock that is not in sight takes it for reading.
func takesToRead(name string) bool {
	return strings.HasSuffix(name, "_shared") || strings.HasSuffix(name, "_read")
}

// triesTo tells whether a method of this name tries to take a lock.
func triesTo(name string) (string, bool) {
	switch name {
	case "try_lock", "try_acquire", "try_lock_for", "try_lock_until", "try_lock_shared", "try_lock_shared_for", "try_lock_shared_until":
		return name, true
	}
	return "", false
}

// ownCall tells whether a call is one of those that a rewrite puts round a body:
// a file may have been rewritten in place.
func ownCall(call *ast.Call) (take, ok bool) {
	name := syntax.LastName(call.Fun)
	switch fun := call.Fun.(type) {
	case *ast.Attribute:
		if x, isName := fun.X.(*ast.Name); !isName || x.Name != "pyxlock" {
			return false, false
		}
	case *ast.Name:
		var own bool
		if name, own = strings.CutPrefix(name, "_pyxlock_"); !own {
			return false, false
		}
	default:
		return false, false
	}
	switch name {
	case "read", "write", "try_read", "try_write", "acquire", "try_acquire":
		return true, true
	case "release", "release_all":
		return false, true
	}
	return false, false
}

// takes tells whether a function of this name takes a lock or releases it, by
// what people call such functions.
func takes(name string) (take, ok bool) {
	switch strings.TrimLeft(name, "_") {
	case "acquire", "acquire_lock", "lock_acquire", "take_lock", "lock_mutex", "acquire_mutex", "lock",
		"lock_shared", "lock_read", "lock_write", "acquire_read", "acquire_write":
		return true, true
	case "release", "release_lock", "lock_release", "drop_lock", "unlock_mutex", "release_mutex", "unlock",
		"unlock_shared", "unlock_read", "unlock_write", "release_read", "release_write":
		return false, true
	}
	return false, false
}

// Guard is a C++ object that holds locks while it lives.
type Guard struct {
	Locks []ast.Expr
	// Later is true where it takes them when it is told to.
	Later bool
	// Tries is true where it may be made without having them.
	Tries bool
	// Taken is true where whoever makes it has them already.
	Taken bool
	// Native is true where the thread stays attached while it waits.
	Native bool
	Shared bool
	// Heap is true where it lives until it is deleted.
	Heap bool
}

// Guard tells whether an expression makes a guard: unique_lock[mutex](m), new
// lock_guard[mutex](m), py_safe_construct_unique_lock(m), make_unique[lock_guard[mutex]](m).
func (h *Names) Guard(e ast.Expr) (Guard, bool) {
	var g Guard
	switch n := syntax.Unparen(e).(type) {
	case *ast.New:
		if n.Call == nil || n.Type == nil && !library.GuardTypes()[syntax.LastName(n.Call.Fun)] || n.Type != nil && !library.GuardTypes()[syntax.LastPart(n.Type.Name)] {
			return g, false
		}
		typ := syntax.LastName(n.Call.Fun)
		if n.Type != nil {
			typ = syntax.LastPart(n.Type.Name)
		}
		g = guardOf(typ, n.Call)
		g.Heap = true
	case *ast.Call:
		if n.Fun == nil {
			return g, false
		}
		fun := syntax.Unparen(n.Fun)
		of := "" // what a template is of
		if s, ok := fun.(*ast.Subscript); ok {
			if len(s.Index) == 1 {
				of = h.m.CName(syntax.Bare(innermost(s.Index[0])))
			}
			fun = s.X
		}
		name := h.m.CName(fun)
		switch {
		case library.GuardMakers()[name]:
			g = guardOf(name, n)
			g.Native, g.Shared = false, library.LockShared()[name]
		case library.GuardTypes()[name]:
			g = guardOf(name, n)
		case (name == "make_unique" || name == "make_shared") && library.GuardTypes()[of]:
			g = guardOf(of, n)
		case (name == "unique_ptr" || name == "shared_ptr" || name == "move") && len(n.Args) == 1:
			g, _ = h.Guard(n.Args[0].X)
			g.Heap = false // it deletes what it has
		default:
			return g, false
		}
	default:
		return g, false
	}
	return g, len(g.Locks) > 0
}

// innermost is the template that a spelled type is an instance of.
func innermost(e ast.Expr) ast.Expr {
	if s, ok := syntax.Unparen(e).(*ast.Subscript); ok {
		return s.X
	}
	return e
}

// guardOf is the guard that a call with these arguments makes.
func guardOf(typ string, call *ast.Call) Guard {
	g := Guard{Native: true, Shared: typ == "shared_lock"}
	for i := range call.Args {
		x := syntax.Arg(call, i)
		if x == nil {
			continue
		}
		switch syntax.LastName(x) {
		case "defer_lock":
			g.Later, g.Native = true, false
		case "try_to_lock":
			g.Tries, g.Native = true, false
		case "adopt_lock":
			g.Taken, g.Native = true, false
		default:
			g.Locks = append(g.Locks, lockAt(x))
		}
	}
	return g
}
