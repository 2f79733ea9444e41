package handlock

// What is a lock: by its type, by its value, and at last by its name.

import (
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/decorator"
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
	// ofClass are the attributes of single classes, as "Class.attribute".
	ofClass map[string]string
	// others are those that hold something else, as far as is known.
	others map[string]bool
	// locals are the variables and attributes of which each thread has its own.
	locals map[string]bool
	// same are the module's variables that are given another variable's value.
	same map[string]string
	over map[string]string // the attribute with the lock that a condition is over, by its own
	any  cache.Value[bool] // see Any
	// changes are the attributes that are assigned to elsewhere than in constructors, or by anybody.
	changes  cache.Value[map[string]bool]
	displays cache.Value[*displays]                      // see Place
	globals  cache.Value[map[string]bool]                // see global
	there    *cache.Cache[attribute, *cache.Value[bool]] // see Always
	// times is how often something is assigned to an attribute of a name.
	times cache.Value[map[string]int]
	// pairs are the functions that the settings say take and release locks.
	pairs []Pair
	// takers are the methods by which objects of a class are taken as locks, ofPython those of the module's Python
	// classes.
	takers   *cache.Cache[*project.Class, takers]
	ofPython *cache.Cache[string, takers]
	bound    *cache.Cache[attribute, bound] // see Bound
	// elsewhere are the names of locks in modules that this one imports from.
	elsewhere *cache.Cache[*project.Module, *Names]
}

// New returns the names of locks in a module. pairs are those of the settings.
func New(m *project.Module, pairs []Pair) *Names {
	return &Names{m: m, pairs: pairs, takers: cache.New(takersOf), bound: cache.New(findBound), ofPython: cache.New(func(name string) takers { return takersOfPython(m, name) }),
		elsewhere: cache.New(func(o *project.Module) *Names { return New(o, nil) }),
		there:     cache.New(func(attribute) *cache.Value[bool] { return &cache.Value[bool]{} })}
}

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

// IsLock reports whether an expression denotes a lock, by its type or value where the
// module shows that, else by its name.
func (h *Names) IsLock(e ast.Expr) bool {
	if decorator.NoLock(h.m, e) {
		return false
	}
	switch e := e.(type) {
	case *ast.Name:
		return h.named(e.Name) || h.imported([]string{e.Name})
	case *ast.Attribute:
		return h.named(e.Attr.Name) || h.imported(syntax.Dotted(e)) || !h.others[e.Attr.Name] && h.IsLock(e.X)
	case *ast.Call:
		return h.IsLock(e.Fun)
	case *ast.Subscript:
		return h.IsLock(e.X)
	case *ast.Unary:
		return h.IsLock(e.X)
	case *ast.Paren:
		return h.IsLock(e.X)
	case *ast.Cast:
		return h.IsLock(e.X)
	case *ast.Cond: // self.lock if self.shared else nullcontext()
		return h.IsLock(e.Then) || h.IsLock(e.Else)
	}
	return false
}

// named reports whether a variable or attribute of this name is a lock.
func (h *Names) named(name string) bool {
	return h.Typed(name) || !h.others[name] && Like(name)
}

// lockWords are the words by which people name locks.
var lockWords = map[string]bool{
	"lock": true, "locks": true, "locked": true, "locking": true, "lk": true, "lck": true, "rlock": true,
	"rwlock": true, "wlock": true, "mutex": true, "mtx": true, "phil": true, "semaphore": true, "synchronized": true,
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
