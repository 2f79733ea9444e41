package handlock

// Locks that people placed by hand: `with self._lock`, critical sections,
// decorators, acquire and release. What stands under one is taken to be
// guarded by it, whatever it is: only its authors know what it guards.

import (
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Names tells by which names and types a module knows its locks.
type Names struct {
	m    *project.Module
	once sync.Once
	// vars are the variables and attributes that hold locks, with the name of
	// their type; see Typed.
	vars map[string]string
}

// New returns the names of locks in a module.
func New(m *project.Module) *Names { return &Names{m: m} }

// With reports whether e is a lock, as the item of a with statement is, and
// which objects it locks where it is a critical section.
func (h *Names) With(e ast.Expr) (objects []ast.Expr, ok bool) {
	e = syntax.Unparen(e)
	if call, isCall := e.(*ast.Call); isCall {
		if h.m.Scope.CythonAttr(call.Fun, true) == "critical_section" {
			for _, a := range call.Args {
				objects = append(objects, a.X)
			}
			return objects, true
		}
	}
	return nil, h.IsLock(e)
}

// IsLock reports whether an expression denotes a lock, by its type where the
// module shows that, else by its name.
func (h *Names) IsLock(e ast.Expr) bool {
	if decorator.NoLock(h.m, e) {
		return false
	}
	switch e := e.(type) {
	case *ast.Name:
		return Like(e.Name) || h.Typed(e.Name)
	case *ast.Attribute:
		return Like(e.Attr.Name) || h.Typed(e.Attr.Name) || h.IsLock(e.X)
	case *ast.Call:
		return h.IsLock(e.Fun)
	case *ast.Subscript:
		return h.IsLock(e.X)
	case *ast.Unary:
		return h.IsLock(e.X)
	case *ast.Paren:
		return h.IsLock(e.X)
	}
	return false
}

// lockWords are the words by which people name locks.
var lockWords = map[string]bool{
	"lock": true, "locks": true, "locked": true, "locking": true, "lk": true, "lck": true, "rlock": true,
	"rwlock": true, "mutex": true, "mtx": true, "phil": true, "semaphore": true, "synchronized": true,
}

// Like reports whether a name speaks of a lock. "block", "clock", "unlock" and
// "no_lock" do not.
func Like(name string) bool {
	words := syntax.Words(name)
	if slices.ContainsFunc(words, func(w string) bool { return w == "no" || w == "not" || w == "without" || w == "nolock" }) {
		return false
	}
	for _, w := range words {
		if lockWords[w] || strings.HasSuffix(w, "mutex") {
			return true
		}
		if strings.HasSuffix(w, "lock") && !strings.HasSuffix(w, "block") && !strings.HasSuffix(w, "clock") && w != "unlock" && w != "flock" {
			return true
		}
	}
	return false
}

// Typed reports whether a variable or attribute of this name is declared or
// created as a lock somewhere in the module.
func (h *Names) Typed(name string) bool {
	h.once.Do(func() {
		h.vars = map[string]string{}
		for _, u := range h.m.Units {
			ast.Walk(u.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CVarDecl:
					if n.Type == nil || !library.LockTypes()[syntax.LastPart(n.Type.Name)] {
						return true
					}
					for _, d := range n.Declarators {
						h.vars[syntax.DeclaredName(d).Name] = syntax.LastPart(n.Type.Name)
					}
				case *ast.Assign:
					call, ok := n.Value.(*ast.Call)
					if !ok {
						return true
					}
					p := syntax.Dotted(call.Fun)
					if len(p) == 0 || !library.LockTypes()[p[len(p)-1]] {
						return true
					}
					for _, t := range n.Targets {
						switch t := t.(type) {
						case *ast.Name:
							h.vars[t.Name] = p[len(p)-1]
						case *ast.Attribute:
							h.vars[t.Attr.Name] = p[len(p)-1]
						}
					}
				}
				return true
			})
		}
	})
	return h.vars[name] != ""
}

// Call is a call that takes or releases a lock.
type Call struct {
	Node *ast.Call
	Lock ast.Expr // the lock
	Take bool
}

// Call tells whether a call takes or releases a lock.
func (h *Names) Call(call *ast.Call) (Call, bool) {
	if call.Fun == nil {
		return Call{}, false
	}
	if take, ok := library.LockCalls()[h.m.CName(call.Fun)]; ok {
		x := syntax.Arg(call, 0)
		if x == nil {
			return Call{}, false
		}
		if u, ok := syntax.Unparen(x).(*ast.Unary); ok && u.Op == "&" {
			x = u.X
		}
		return Call{call, x, take}, true
	}
	if take, ok := ownCall(call); ok {
		return Call{call, call.Fun, take}, true
	}
	switch fun := call.Fun.(type) {
	case *ast.Attribute: // lock.acquire(), self._lock(), self.acquire_lock()
		// A bare acquire() may be of a pool's connection: what it is called on says.
		if take, ok := takes(fun.Attr.Name); ok && (len(syntax.Words(fun.Attr.Name)) > 1 || h.IsLock(fun.X)) {
			return Call{call, fun.X, take}, true
		}
	case *ast.Name: // lock_mutex(x)
		x := syntax.Arg(call, 0)
		if take, ok := takes(fun.Name); ok && x != nil && len(call.Args) == 1 && len(syntax.Words(fun.Name)) > 1 {
			if u, ok := syntax.Unparen(x).(*ast.Unary); ok && u.Op == "&" {
				x = u.X
			}
			return Call{call, x, take}, true
		}
	}
	return Call{}, false
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
	case "acquire", "acquire_lock", "lock_acquire", "take_lock", "lock_mutex", "acquire_mutex", "lock":
		return true, true
	case "release", "release_lock", "lock_release", "drop_lock", "unlock_mutex", "release_mutex", "unlock":
		return false, true
	}
	return false, false
}

// CountsTokens reports whether a lock is a semaphore, by its type or name: one
// is taken here and released elsewhere.
func (h *Names) CountsTokens(lock ast.Expr) bool {
	p := syntax.Dotted(lock)
	if len(p) == 0 {
		return false
	}
	name := p[len(p)-1]
	h.Typed(name)
	for _, w := range append(syntax.Words(name), syntax.Words(h.vars[name])...) {
		if w == "semaphore" || w == "sem" {
			return true
		}
	}
	return false
}

// Decorated reports whether a decorator that is not ours locks the function: one
// whose name speaks of a lock, as in a with statement, wherever it comes from. That it
// has the name of one of ours makes it neither ours nor none.
func Decorated(m *project.Module, def *ast.FuncDef) bool {
	for _, d := range def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		if decorator.Names[m.Scope.CythonAttr(e, true)] {
			continue
		}
		last := syntax.LastName(e)
		if last == "critical_section" || Like(last) && !decorator.NoLock(m, e) {
			return true
		}
	}
	return false
}
