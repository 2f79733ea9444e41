package transform_test

// What a check costs grows with the code, and no faster. What it allocates stands for that here: it is
// the same each time. bench/shapes.go measures the time of these shapes and of more.

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pyxlock/transform"
)

func TestCheckGrowsNoFasterThanTheCode(t *testing.T) {
	const head = "cimport cython\n\n@cython.locked_class\ncdef class A:\n    cdef long x\n    cdef A next\n"
	for name, source := range map[string]func(n int) string{
		"a lock path": func(n int) string {
			path := "other" + strings.Repeat(".next", n)
			return head + "    @cython.write_lock(\"" + path + "\")\n    def f(self, A other):\n        " + path + ".x += 1\n"
		},
		"locked classes in a circle": func(n int) string {
			w := "cimport cython\n"
			for i := range n {
				w += fmt.Sprintf("@cython.locked_class\ncdef class C%d:\n    cdef long x\n    cdef C%d next\n    @cython.write_lock\n    def f(self):\n        self.x += 1\n        self.next.f()\n", i, (i+1)%n)
			}
			return w
		},
		"classes with an attribute of one name": func(n int) string {
			w := strings.Replace(head, "    cdef A next\n", "    def __cinit__(self):\n        self.x = 0\n    cdef void f(self):\n        self.x += 1\n", 1)
			for i := range n {
				w += fmt.Sprintf("@cython.locked_class\ncdef class C%d:\n    cdef A a\n    def __cinit__(self):\n        self.a = A()\n    def g(self):\n        self.a.f()\n", i)
			}
			return w
		},
		"overrides, each tested for by its class": func(n int) string {
			w := head + "    cdef void f(self):\n        self.x += 1\n"
			for i := range n {
				w += fmt.Sprintf("@cython.locked_class\ncdef class C%d(A):\n    cdef long y\n    cdef void f(self):\n        self.y += 1\n", i)
			}
			w += "def g(A a):\n    if a is None:\n        return\n"
			for i := range n {
				w += fmt.Sprintf("    elif isinstance(a, C%d):\n        a.f()\n", i)
			}
			return w
		},
		"memory that loops let grow": func(n int) string {
			w := head + "    cdef int *p\n    cdef void f(self):\n        cdef int *q = <int *>malloc(8)\n        cdef int *r = <int *>malloc(8)\n"
			for i := range n {
				w += fmt.Sprintf("        while q[%d]:\n            q = <int *>realloc(q, 8)\n            q, r = r, q\n", i)
			}
			return w + "        self.p = q\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			few, fewer := taken(t, source(80))
			many, more := taken(t, source(320))
			if ratio := many / few; ratio > 6 { // lists that double their room are in it
				t.Errorf("four times as much code takes %.1f times the memory", ratio)
			}
			if ratio := float64(more) / float64(fewer); ratio > 5 {
				t.Errorf("four times as much code takes %.1f times the steps", ratio)
			}
		})
	}
}

// taken is how many bytes a check of a source allocates, at the second time: the first one fills tables; and how many steps
// the model takes. Memory that other checks were done with goes first (a sync.Pool is empty after the second collection):
// it spares the smaller source more of its own than the larger one.
func taken(t *testing.T, source string) (bytes float64, steps int64) {
	t.Helper()
	var before, after runtime.MemStats
	for range 2 {
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&before)
		p := transform.NewProject(memory{"shape.pyx": []byte(source)}, transform.Options{})
		if _, err := p.Check(context.Background(), []string{"shape.pyx"}, 1); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		steps = p.Steps()
	}
	return float64(after.TotalAlloc - before.TotalAlloc), steps
}
