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
