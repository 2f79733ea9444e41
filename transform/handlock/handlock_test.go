package handlock

import (
	"slices"
	"testing"

	"pyxlock/internal/memory"
	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

func TestLike(t *testing.T) {
	for name, want := range map[string]bool{
		"lock": true, "_lock": true, "threadLock": true, "io_mutex": true, "spinlock": true,
		"no_lock": false, "nolock": false, "without_lock": false, "nodes_lock": true,
		"block": false, "clock": false, "unlock": false, "flock": false, "blocked": false, "wall_clock": false,
	} {
		if Like(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestCallsAndWith(t *testing.T) {
	p := project.New(memory.Files{"m.pyx": `
cimport cython
import threading
guard = threading.Lock()
def f(self, pool):
    with cython.critical_section(self): pass
    with guard: pass
    with pool: pass
    PyThread_acquire_lock(self.l, 1)
    self._lock.release()
    pool.acquire()
    pyxlock.read(&g, self)
`}, project.Options{})
	m := p.Module("m")
	names := New(m, nil)
	var with, calls, takes []bool
	ast.Walk(m.Units[0].File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.With:
			_, ok := names.With(n.Items[0].X)
			with = append(with, ok)
			return false
		case *ast.ExprStmt:
			if call, ok := n.X.(*ast.Call); ok {
				c, ok := names.Call(call)
				calls, takes = append(calls, ok), append(takes, c.Take)
			}
		}
		return true
	})
	if want := []bool{true, true, false}; !slices.Equal(with, want) {
		t.Errorf("with: %v", with)
	}
	if want := []bool{true, true, false, true}; !slices.Equal(calls, want) {
		t.Errorf("calls: %v", calls)
	}
	if want := []bool{true, false, false, true}; !slices.Equal(takes, want) {
		t.Errorf("takes: %v", takes)
	}
}

// A decorator is ours by where it comes from, and else a lock by its name.
func TestDecorated(t *testing.T) {
	for dec, want := range map[string]bool{
		"mylib.write_lock": true, "mylib.writelock": true, "imported_lock": true, "mylib.no_lock": false,
		"read_lock": true, "no_lock": false, "mylib.cached": false,
		"cython.write_lock": false, "cython.writelock": false, "write_lock": false, "locked": false, "again_locked": false,
		"cython.critical_section": true,
	} {
		p := project.New(memory.Files{"m.pyx": `
cimport cython
import mylib
from mylib import imported_lock, read_lock, no_lock
locked = cython.write_lock
again_locked = locked
cdef class A:
    @` + dec + `
    def f(self): pass
`}, project.Options{})
		m := p.Module("m")
		def := m.ClassByName["A"].Def.Body.Stmts[0].(*ast.FuncDef)
		if Decorated(m, def) != want {
			t.Errorf("@%s: %v", dec, !want)
		}
	}
}
