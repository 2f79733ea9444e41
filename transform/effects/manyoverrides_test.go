package effects

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// overridden is a source with n overrides of Node.build and functions that call it.
func overridden(n int) string {
	var src strings.Builder
	src.WriteString(`
cimport cython

@cython.locked_class
cdef class Node:
    cdef int flags
    cdef Node peer
    cdef void touch(self):
        self.flags |= 1
    cdef void build(self, Node other):
        pass

def one(Node a, Node b):
    a.build(b)

def two(Node a, Node b):
    a.peer.build(b.peer)

def threads(Node a, Node b):
    cdef int i
    for i in cython.parallel.prange(3):
        a.build(b)
`)
	for i := range n {
		fmt.Fprintf(&src, "cdef class C%d(Node):\n    cdef Node peer%[1]d\n    cdef int n%[1]d\n    cdef void build(self, Node other):\n", i)
		switch i {
		case n - 1:
			src.WriteString("        other.flags = 1\n")
		case n - 2:
			src.WriteString("        with cython.write_lock(other):\n            other.flags = 1\n")
		default:
			fmt.Fprintf(&src, "        self.peer%d.touch()\n        self.peer%[1]d.build(self)\n        self.n%[1]d += 1\n", i)
		}
	}
	return src.String()
}

// What any of very many overrides does is known, in whichever of them it is, and which of them does it. Where no path
// leads to the object that is known, too.
func TestManyOverrides(t *testing.T) {
	for _, n := range []int{manyOverrides / 2, 3 * manyOverrides} {
		_, fs := programOf(t, overridden(n))
		for _, f := range []*Function{fs["one"], fs["two"], fs["threads"]} {
			c := &f.Flow.Calls[0]
			if united := c.union != nil; united != (n > manyOverrides && f != fs["threads"]) {
				t.Fatalf("%d overrides, %s: taken together: %v", n, f.Name(), united)
			}
			paths := []string{"a", "b"}
			if f == fs["two"] {
				paths = []string{"a.peer", "b.peer"}
			}
			self := f.Among(regionOf(t, f, paths[0]), func(e *Effect) bool { return e.Raw && e.Mode == Write })
			if !self.Touches || self.Why.Via == nil || self.Why.Via.Class == nil || !strings.HasPrefix(self.Why.Field, "n") {
				t.Errorf("%d overrides, %s: an override writes to the object that has it: %+v", n, f.Name(), self)
			}
			raw := f.Among(regionOf(t, f, paths[1]), func(e *Effect) bool { return e.Raw && e.Mode == Write })
			if last := fs[fmt.Sprintf("C%d.build", n-1)]; !raw.Touches || raw.Why.Via != last || len(Chain(f, raw.Why)) != 2 {
				t.Errorf("%d overrides, %s: the last writes to its argument: %+v", n, f.Name(), raw)
			}
			held := f.Among(regionOf(t, f, paths[1]), func(e *Effect) bool { return !e.Raw && e.Mode == Write })
			if last := fs[fmt.Sprintf("C%d.build", n-2)]; !held.Touches || held.Why.Via != last {
				t.Errorf("%d overrides, %s: the last but one locks its argument: %+v", n, f.Name(), held)
			}
			if !slices.ContainsFunc(f.Sum.Effects, func(e Effect) bool {
				return e.Raw && e.Mode == Write && e.Class != nil && e.Class.Name == "Node" && FurtherOn(f, e.Region)
			}) && n > manyOverrides {
				t.Errorf("%s: what the overrides write to beyond those that are told apart is not known", f.Name())
			}
		}
	}
}

// What one function does that calls very many overrides does not grow with their number.
func TestManyOverridesAreFew(t *testing.T) {
	most := func(n int) (effects int) {
		_, fs := programOf(t, overridden(n))
		for _, f := range fs {
			if f.Def.Name.Name != "threads" {
				effects = max(effects, len(f.Sum.Effects))
			}
		}
		return effects
	}
	n := 3 * manyOverrides
	if testing.Short() {
		n = 3 * manyOverrides / 2
	}
	if few, many := most(n), most(4*n); many > few {
		t.Errorf("a function does %d things where there are four times as many overrides, and %d otherwise", many, few)
	}
}

// A lock that somebody placed counts by the call: whether it is held there, each has to tell.
func TestManyOverridesWithLocks(t *testing.T) {
	var src strings.Builder
	src.WriteString(`
import threading
cimport cython

@cython.locked_class
cdef class Node:
    cdef int flags
    cdef object lock
    cdef void build(self):
        pass

def one(Node a):
    a.build()
`)
	for i := range 2 * manyOverrides {
		fmt.Fprintf(&src, "cdef class C%d(Node):\n    cdef void build(self):\n        with self.lock:\n            self.flags = %[1]d\n", i)
	}
	_, fs := programOf(t, src.String())
	f := fs["one"]
	st := f.Among(regionOf(t, f, "a"), func(e *Effect) bool { return e.Mode == Write })
	if !st.Touches || st.Why.locks == 0 || !f.Flow.Calls[0].union.Sum.united.inexact {
		t.Errorf("the overrides hold a lock: %+v", st)
	}
}
