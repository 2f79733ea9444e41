package main

// Shapes of code in which something leads to everything else, each doubled four times: how
// the cost of check grows with them.

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"syscall"
)

// growthTarget is the exponent of the last two doublings that a shape may have: 1 is linear.
const growthTarget = 1.2

// A shape makes a source of a size.
type shape struct {
	name string
	size int // of the smallest
	make func(w *strings.Builder, n int)
}

// each writes a text n times, with its number for {i} and the next in a ring for {next}.
func each(w *strings.Builder, n int, text string) {
	for i := range n {
		strings.NewReplacer("{i}", strconv.Itoa(i), "{next}", strconv.Itoa((i+1)%n)).WriteString(w, text)
	}
}

const lockedClass = "cimport cython\n\n@cython.locked_class\ncdef class A:\n    cdef long x\n    cdef A next\n"

var shapes = []shape{
	{"subclasses, each with a peer", 3, func(w *strings.Builder, n int) {
		w.WriteString("cdef class Node:\n    cdef int flags\n    cdef void touch(self):\n        self.flags |= 1\n    cdef void build(self):\n        pass\n")
		each(w, n, "cdef class C{i}(Node):\n    cdef Node peer{i}\n    cdef void build(self):\n        self.peer{i}.touch()\n        self.peer{i}.build()\n")
	}},
	{"loops of one method", 25, func(w *strings.Builder, n int) {
		w.WriteString(lockedClass + "    @cython.write_lock\n    def f(self, A other):\n        cdef A p = other\n        cdef long t = 0\n")
		each(w, n, "        for i{i} in range(10):\n            p = p.next\n            t += p.x\n            self.x += t\n            while t > {i}:\n                t -= other.x\n                other = p\n")
	}},
	{"locked classes in a circle", 20, func(w *strings.Builder, n int) {
		w.WriteString("cimport cython\n")
		each(w, n, "@cython.locked_class\ncdef class C{i}:\n    cdef long x\n    cdef C{next} next\n    @cython.write_lock\n    def f(self):\n        self.x += 1\n        self.next.f()\n")
	}},
	{"attributes of a lock path", 150, func(w *strings.Builder, n int) {
		path := "other" + strings.Repeat(".next", n)
		w.WriteString(lockedClass + "    @cython.write_lock(\"" + path + "\")\n    def f(self, A other):\n        " + path + ".x += 1\n")
	}},
	{"base classes", 75, func(w *strings.Builder, n int) {
		w.WriteString("cimport cython\n@cython.locked_class\ncdef class C0:\n    cdef long x0\n")
		for i := 1; i < n; i++ {
			fmt.Fprintf(w, "@cython.locked_class\ncdef class C%d(C%d):\n    cdef long x%[1]d\n    @cython.write_lock\n    cpdef f(self):\n        self.x%[1]d += 1\n", i, i-1)
		}
	}},
	{"parameters that are locked", 40, func(w *strings.Builder, n int) {
		w.WriteString(lockedClass + "    @cython.write_lock(")
		each(w, n, "\"p{i}\", ")
		w.WriteString(")\n    def f(self, ")
		each(w, n, "A p{i}, ")
		w.WriteString("):\n")
		each(w, n, "        p{i}.x += 1\n")
	}},
	{"attributes, each used", 50, func(w *strings.Builder, n int) {
		w.WriteString("cimport cython\n@cython.locked_class\ncdef class A:\n    cdef long x\n")
		each(w, n, "    cdef A a{i}\n")
		w.WriteString("    @cython.write_lock\n    def f(self):\n")
		each(w, n, "        self.a{i}.x += 1\n")
	}},
	{"attributes, each assigned to", 30, func(w *strings.Builder, n int) {
		w.WriteString("cimport cython\n@cython.locked_class\ncdef class A:\n    cdef long x\n")
		each(w, n, "    cdef A a{i}\n")
		w.WriteString("    @cython.write_lock\n    def f(self, A other):\n")
		each(w, n, "        self.a{i} = other\n        other = self.a{i}.a{next}\n")
	}},
	{"methods in a chain of calls", 100, func(w *strings.Builder, n int) {
		w.WriteString(lockedClass + "    cdef void f0(self, A other):\n        other.x += 1\n")
		for i := 1; i < n; i++ {
			fmt.Fprintf(w, "    cdef void f%d(self, A other):\n        self.f%d(other.next)\n", i, i-1)
		}
	}},
	{"blocks of one function", 50, func(w *strings.Builder, n int) {
		w.WriteString(lockedClass + "\ndef f(A a, A b):\n")
		each(w, n, "    with cython.write_lock(a, b):\n        a.x += b.x\n")
	}},
	{"classes with an attribute of one name", 50, func(w *strings.Builder, n int) {
		w.WriteString("cimport cython\n@cython.locked_class\ncdef class A:\n    cdef long x\n    def __cinit__(self):\n        self.x = 0\n    cdef void f(self):\n        self.x += 1\n")
		each(w, n, "@cython.locked_class\ncdef class C{i}:\n    cdef A a\n    def __cinit__(self):\n        self.a = A()\n    def g(self):\n        self.a.f()\n")
	}},
	{"overrides, each tested for by its class", 30, func(w *strings.Builder, n int) {
		w.WriteString("cimport cython\n@cython.locked_class\ncdef class B:\n    cdef long x\n    cdef void f(self):\n        self.x += 1\n")
		each(w, n, "@cython.locked_class\ncdef class C{i}(B):\n    cdef long y\n    cdef void f(self):\n        self.y += 1\n")
		w.WriteString("def g(B b):\n    if b is None:\n        return\n")
		each(w, n, "    elif isinstance(b, C{i}):\n        b.f()\n")
	}},
	{"memory that loops let grow", 50, func(w *strings.Builder, n int) {
		w.WriteString(lockedClass + "    cdef int *p\n    cdef void f(self):\n        cdef int *q = <int *>malloc(8)\n        cdef int *r = <int *>malloc(8)\n")
		each(w, n, "        while q[{i}]:\n            q = <int *>realloc(q, 8)\n            q, r = r, q\n")
		w.WriteString("        self.p = q\n")
	}},
	{"module variables", 100, func(w *strings.Builder, n int) {
		each(w, n, "cdef dict g{i} = {}\n")
		each(w, n, "def f{i}(k):\n    g{i}[k] = 1\n    f{next}(k)\n")
	}},
}

// growth prints for each shape the exponent with which the processor time of check grows
// over the last two of four doublings.
func growth() error {
	fmt.Println("check, shapes doubled four times: seconds of processor time, and the exponent of the last two doublings")
	for _, s := range shapes {
		var took []float64
		for n := s.size; n <= 16*s.size; n *= 2 {
			var src strings.Builder
			s.make(&src, n)
			best := math.Inf(1)
			for range 3 {
				before := processorTime()
				if err := checkAll([]file{{"shape.pyx", []byte(src.String())}}, 1); err != nil {
					return err
				}
				if best = min(best, processorTime()-before); best > 2 {
					break
				}
			}
			took = append(took, best)
		}
		exponent := math.Log2(took[4]/took[2]) / 2
		target(fmt.Sprintf("%s, %d: %.3f s", s.name, 16*s.size, took[4]), exponent, "", fmt.Sprintf("<= %v", growthTarget), exponent <= growthTarget || took[4] < 0.02)
	}
	return nil
}

// processorTime is what this process has used, in seconds.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the pointer is good
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
