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
	} {
		t.Run(name, func(t *testing.T) {
			small, large := allocated(t, source(80)), allocated(t, source(320))
			if ratio := large / small; ratio > 5.5 {
				t.Errorf("four times as much code takes %.1f times the memory", ratio)
			}
		})
	}
}

// allocated is how many bytes a check of a source allocates, at the second time: the first one fills tables.
func allocated(t *testing.T, source string) float64 {
	t.Helper()
	var before, after runtime.MemStats
	for range 2 {
		runtime.ReadMemStats(&before)
		p := transform.NewProject(memory{"shape.pyx": []byte(source)}, transform.Options{})
		if _, err := p.Check(context.Background(), []string{"shape.pyx"}, 1); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
	}
	return float64(after.TotalAlloc - before.TotalAlloc)
}
