package transform

// Locks that people placed by hand: `with self._lock`, critical sections,
// decorators, acquire and release. What stands under one is taken to be
// guarded by it, whatever it is: only its authors know what it guards.

import (
	"strings"
	"unicode"

	"pyxlock/parser/ast"
)

// handHold is a stretch of a function in which such a lock is held.
type handHold struct {
	ast.Span
	// objects are what a critical section or one of our decorators locks, as
	// spelled; none for a lock that guards whatever its users agreed on.
	objects []string
}

// handLock reports whether e is a lock, as the item of a with statement is, and
// which objects it locks where it is a critical section.
func (m *module) handLock(e ast.Expr) (objects []ast.Expr, ok bool) {
	e = unparen(e)
	if call, isCall := e.(*ast.Call); isCall {
		if m.scope.cythonAttr(call.Fun, true) == "critical_section" {
			for _, a := range call.Args {
				objects = append(objects, a.X)
			}
			return objects, true
		}
	}
	return nil, m.isLock(e)
}

// isLock reports whether an expression denotes a lock, by its type where the
// module shows that, else by its name.
func (m *module) isLock(e ast.Expr) bool {
	if m.noLock(e) {
		return false
	}
	switch e := e.(type) {
	case *ast.Name:
		return lockLike(e.Name) || m.typedLock(e.Name)
	case *ast.Attribute:
		return lockLike(e.Attr.Name) || m.typedLock(e.Attr.Name) || m.isLock(e.X)
	case *ast.Call:
		return m.isLock(e.Fun)
	case *ast.Subscript:
		return m.isLock(e.X)
	case *ast.Unary:
		return m.isLock(e.X)
	case *ast.Paren:
		return m.isLock(e.X)
	}
	return false
}

// lockWords are the words by which people name locks.
var lockWords = map[string]bool{
	"lock": true, "locks": true, "locked": true, "locking": true, "lk": true, "lck": true, "rlock": true,
	"rwlock": true, "mutex": true, "mtx": true, "phil": true, "semaphore": true, "synchronized": true,
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

// words splits a name at underscores and where a capital follows a small letter.
func words(name string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, strings.ToLower(name[start:end]))
		}
	}
	var last rune
	for i, r := range name {
		switch {
		case r == '_':
			cut(i)
			start = i + 1
		case unicode.IsUpper(r) && unicode.IsLower(last):
			cut(i)
			start = i
		}
		last = r
	}
	cut(len(name))
	return out
}

// lockTypes are C types and constructors of locks.
var lockTypes = map[string]bool{
	"pymutex": true, "pythread_type_lock": true, "PyMutex": true, "PyThread_type_lock": true,
	"Lock": true, "RLock": true, "FastRLock": true, "allocate_lock": true, "Condition": true, "Semaphore": true, "BoundedSemaphore": true,
	"PyThread_allocate_lock": true, "mutex": true, "recursive_mutex": true, "shared_mutex": true,
	"pthread_mutex_t": true, "omp_lock_t": true, "CRITICAL_SECTION": true, "lock_guard": true,
	"unique_lock": true, "scoped_lock": true, "py_safe_lock_guard": true,
}

// typedLock reports whether a variable or attribute of this name is declared or
// created as a lock somewhere in the module.
func (m *module) typedLock(name string) bool {
	m.lockVarsOnce.Do(func() {
		m.lockVars = map[string]string{}
		for _, u := range m.units {
			ast.Walk(u.file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CVarDecl:
					if n.Type == nil || !lockTypes[lastPart(n.Type.Name)] {
						return true
					}
					for _, d := range n.Declarators {
						m.lockVars[declaredName(d).Name] = lastPart(n.Type.Name)
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
							m.lockVars[t.Name] = p[len(p)-1]
						case *ast.Attribute:
							m.lockVars[t.Attr.Name] = p[len(p)-1]
						}
					}
				}
				return true
			})
		}
	})
	return m.lockVars[name] != ""
}

func lastPart(dotted string) string {
	return dotted[strings.LastIndexByte(dotted, '.')+1:]
}

// A lockCall is a call that takes or releases a lock.
type lockCall struct {
	call *ast.Call
	lock ast.Expr // the lock
	take bool
}

// lockCalls are C functions that take a lock as their first argument.
var lockCalls = map[string]bool{
	"PyThread_acquire_lock": true, "PyThread_acquire_lock_timed": true, "PyMutex_Lock": true,
	"pthread_mutex_lock": true, "omp_set_lock": true, "EnterCriticalSection": true,
	"PyThread_release_lock": false, "PyMutex_Unlock": false,
	"pthread_mutex_unlock": false, "omp_unset_lock": false, "LeaveCriticalSection": false,
}

// lockCall tells whether a call takes or releases a lock.
func (m *module) lockCall(call *ast.Call) (lockCall, bool) {
	if call.Fun == nil {
		return lockCall{}, false
	}
	if take, ok := lockCalls[m.cName(call.Fun)]; ok {
		x := arg(call, 0)
		if x == nil {
			return lockCall{}, false
		}
		if u, ok := unparen(x).(*ast.Unary); ok && u.Op == "&" {
			x = u.X
		}
		return lockCall{call, x, take}, true
	}
	if take, ok := m.ownCall(call); ok {
		return lockCall{call, call.Fun, take}, true
	}
	switch fun := call.Fun.(type) {
	case *ast.Attribute: // lock.acquire(), self._lock(), self.acquire_lock()
		// A bare acquire() may be of a pool's connection: what it is called on says.
		if take, ok := takes(fun.Attr.Name); ok && (len(words(fun.Attr.Name)) > 1 || m.isLock(fun.X)) {
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
func (m *module) ownCall(call *ast.Call) (take, ok bool) {
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

// guardTypes are C++ classes whose objects hold a lock while they live.
var guardTypes = map[string]bool{
	"lock_guard": true, "unique_lock": true, "shared_lock": true, "scoped_lock": true, "py_safe_lock_guard": true,
}

// handHolds finds the locks of a function.
func (f *ruleFunc) handHolds() []handHold {
	var out []handHold
	whole := f.def.Span
	add := func(s ast.Span, objects []ast.Expr) {
		h := handHold{Span: s}
		for _, o := range objects {
			if u, ok := unparen(o).(*ast.Unary); ok && u.Op == "&" || f.m.isLock(o) {
				h.objects = nil // a mutex: it guards what its users agreed on
				break
			}
			h.objects = append(h.objects, f.spelled(o))
		}
		out = append(out, h)
	}
	firstParam := ""
	if f.def.Params != nil && len(f.def.Params.List) > 0 {
		firstParam = paramName(f.def.Params.List[0])
	}
	for _, d := range f.def.Decorators {
		e, args := d.Expr, []ast.Arg(nil)
		if call, ok := e.(*ast.Call); ok {
			e, args = call.Fun, call.Args
		}
		switch name := f.m.scope.cythonAttr(e, true); name {
		case "critical_section", "read_lock", "write_lock":
			h := handHold{Span: whole}
			for _, a := range args {
				if s, ok := a.X.(*ast.Str); ok {
					h.objects = append(h.objects, s.Value)
				}
			}
			if len(h.objects) == 0 {
				h.objects = []string{firstParam}
			}
			out = append(out, h)
		case "no_lock":
		default:
			if f.m.isLock(e) {
				add(whole, nil)
			}
		}
	}
	if f.class != nil {
		if c := f.m.classes[f.class.Name.Name]; c != nil && c.lock != nil && firstParam != "" && f.m.lockDecorator(f.def.Decorators, "no_lock") == nil {
			out = append(out, handHold{whole, []string{firstParam}})
		}
	}
	taken := map[string]int32{}
	last := map[string]int32{}
	own(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.With:
			for _, it := range n.Items {
				if objects, ok := f.m.handLock(it.X); ok {
					add(n.Body.Span, objects)
				}
			}
		case *ast.CVarDecl: // a C++ guard holds until it goes out of scope
			if n.Type != nil && guardTypes[lastPart(n.Type.Name)] {
				add(ast.Span{Pos: n.Pos, End: whole.End}, nil)
			}
		case *ast.Assign:
			if call, ok := n.Value.(*ast.Call); ok {
				fun := call.Fun
				if s, ok := fun.(*ast.Subscript); ok {
					fun = s.X
				}
				if name, ok := fun.(*ast.Name); ok && guardTypes[name.Name] {
					add(ast.Span{Pos: n.Pos, End: whole.End}, nil)
				}
			}
		case *ast.Call:
			if lc, ok := f.m.lockCall(n); ok {
				s := f.spelled(lc.lock)
				if _, was := taken[s]; lc.take && !was {
					taken[s] = n.Pos
				} else if !lc.take {
					last[s] = n.End
				}
			}
		}
		return true
	})
	for s, pos := range taken {
		end, ok := last[s]
		if !ok || end < pos {
			end = whole.End
		}
		out = append(out, handHold{Span: ast.Span{Pos: pos, End: end}})
	}
	return out
}

// held reports whether a lock is held at an offset that guards an object. A
// critical section on "self" guards what is reached through self, too: that is
// what its author means by it. Without an object any lock will do.
func (f *ruleFunc) held(at int32, object ast.Expr) bool {
	f.prepare()
	s := f.spelled(object)
	for _, h := range f.holds {
		if !h.Contains(at) {
			continue
		}
		if len(h.objects) == 0 || object == nil {
			return true
		}
		for _, o := range h.objects {
			if s == o || strings.HasPrefix(s, o+".") || strings.HasPrefix(s, o+"[") {
				return true
			}
		}
	}
	return false
}
