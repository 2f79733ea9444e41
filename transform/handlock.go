package transform

// Locks that people placed by hand: `with self._lock`, critical sections,
// decorators, acquire and release. What stands under one is taken to be
// guarded by it, whatever it is: only its authors know what it guards.

import (
	"strings"
	"sync"

	"pyxlock/parser/ast"
)

// handNames tells by which names and types a module knows its locks.
type handNames struct {
	m    *module
	once sync.Once
	// vars are the variables and attributes that hold locks, with the name of
	// their type; see typedLock.
	vars map[string]string
}

func newHandNames(m *module) *handNames { return &handNames{m: m} }

// handLock reports whether e is a lock, as the item of a with statement is, and
// which objects it locks where it is a critical section.
func (h *handNames) handLock(e ast.Expr) (objects []ast.Expr, ok bool) {
	e = unparen(e)
	if call, isCall := e.(*ast.Call); isCall {
		if h.m.scope.cythonAttr(call.Fun, true) == "critical_section" {
			for _, a := range call.Args {
				objects = append(objects, a.X)
			}
			return objects, true
		}
	}
	return nil, h.isLock(e)
}

// isLock reports whether an expression denotes a lock, by its type where the
// module shows that, else by its name.
func (h *handNames) isLock(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Name:
		return lockLike(e.Name) || h.typedLock(e.Name)
	case *ast.Attribute:
		return lockLike(e.Attr.Name) || h.typedLock(e.Attr.Name) || h.isLock(e.X)
	case *ast.Call:
		return h.isLock(e.Fun)
	case *ast.Subscript:
		return h.isLock(e.X)
	case *ast.Unary:
		return h.isLock(e.X)
	case *ast.Paren:
		return h.isLock(e.X)
	}
	return false
}

// lockLike reports whether a name speaks of a lock. "block", "clock" and
// "unlock" do not.
func lockLike(name string) bool {
	for _, w := range words(name) {
		if lockWords[w] || strings.HasSuffix(w, "mutex") {
			return true
		}
		if strings.HasSuffix(w, "lock") && !strings.HasSuffix(w, "block") && !strings.HasSuffix(w, "clock") && w != "unlock" && w != "flock" {
			return true
		}
	}
	return false
}

// typedLock reports whether a variable or attribute of this name is declared or
// created as a lock somewhere in the module.
func (h *handNames) typedLock(name string) bool {
	h.once.Do(func() {
		h.vars = map[string]string{}
		for _, u := range h.m.units {
			ast.Walk(u.file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CVarDecl:
					if n.Type == nil || !lockTypes[lastPart(n.Type.Name)] {
						return true
					}
					for _, d := range n.Declarators {
						h.vars[declaredName(d).Name] = lastPart(n.Type.Name)
					}
				case *ast.Assign:
					call, ok := n.Value.(*ast.Call)
					if !ok {
						return true
					}
					p := dotted(call.Fun)
					if len(p) == 0 || !lockTypes[p[len(p)-1]] {
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

// A lockCall is a call that takes or releases a lock.
type lockCall struct {
	call *ast.Call
	lock ast.Expr // the lock
	take bool
}

// lockCall tells whether a call takes or releases a lock.
func (h *handNames) lockCall(call *ast.Call) (lockCall, bool) {
	if call.Fun == nil {
		return lockCall{}, false
	}
	if take, ok := lockCalls[h.m.cName(call.Fun)]; ok {
		x := arg(call, 0)
		if x == nil {
			return lockCall{}, false
		}
		if u, ok := unparen(x).(*ast.Unary); ok && u.Op == "&" {
			x = u.X
		}
		return lockCall{call, x, take}, true
	}
	if take, ok := ownCall(call); ok {
		return lockCall{call, call.Fun, take}, true
	}
	switch fun := call.Fun.(type) {
	case *ast.Attribute: // lock.acquire(), self._lock(), self.acquire_lock()
		// A bare acquire() may be of a pool's connection: what it is called on says.
		if take, ok := takes(fun.Attr.Name); ok && (len(words(fun.Attr.Name)) > 1 || h.isLock(fun.X)) {
			return lockCall{call, fun.X, take}, true
		}
	case *ast.Name: // lock_mutex(x)
		x := arg(call, 0)
		if take, ok := takes(fun.Name); ok && x != nil && len(call.Args) == 1 && len(words(fun.Name)) > 1 {
			if u, ok := unparen(x).(*ast.Unary); ok && u.Op == "&" {
				x = u.X
			}
			return lockCall{call, x, take}, true
		}
	}
	return lockCall{}, false
}

// ownCall tells whether a call is one of those that a rewrite puts round a body:
// a file may have been rewritten in place.
func ownCall(call *ast.Call) (take, ok bool) {
	name := lastName(call.Fun)
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

// countsTokens reports whether a lock is a semaphore, by its type or name: one
// is taken here and released elsewhere.
func (h *handNames) countsTokens(lock ast.Expr) bool {
	p := dotted(lock)
	if len(p) == 0 {
		return false
	}
	name := p[len(p)-1]
	h.typedLock(name)
	for _, w := range append(words(name), words(h.vars[name])...) {
		if w == "semaphore" || w == "sem" {
			return true
		}
	}
	return false
}

// handDecorated reports whether a decorator that is not ours locks the function.
func handDecorated(def *ast.FuncDef) bool {
	for _, d := range def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		last := lastName(e)
		if lockNames[last] {
			continue
		}
		if last == "critical_section" || lockLike(last) {
			return true
		}
	}
	return false
}
