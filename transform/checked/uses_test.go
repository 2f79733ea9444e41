package checked

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
)

const source = `
cimport cython
from libcpp.vector cimport vector
from libcpp.map cimport map as cmap
from libcpp.memory cimport unique_ptr
from libc.string cimport memcpy
cdef extern from "lib.h":
    ctypedef struct thing:
        int a
        int *p
    int look(const thing *t)
    int use(thing *t)
    int takes(int n)
    cdef cppclass Tree:
        int height() const
        void grow()

cdef void mine(const int *p): pass

cdef class C:
    cdef int n
    cdef int *p
    cdef const int *fixed
    cdef double[:] view
    cdef thing t
    cdef thing *tp
    cdef int arr[4]
    cdef C other
    cdef list items
    cdef vector[int] vec
    cdef cmap[int, int] table
    cdef Tree tree
    cdef C twin(self): return self
    cdef unique_ptr[thing] owned
    def f(self, C c, d, int i):
        cdef int *q
        cdef double[:] v
        %s

cdef void fills(int *p, int n):
    cdef int *end = p + n
    while p < end:
        p[0] = 1
        p += 1

cdef int looks(int *p):
    return p[0] + again(p)

cdef int again(int *p):
    return 0 if p[1] else looks(p)
`

// TestDoes: what is done to an attribute, by the statement that it is in.
func TestDoes(t *testing.T) {
	for line, want := range map[string]string{
		"x = self.n":                       "r n",
		"self.n = 1":                       "w n",
		"self.n += 1":                      "w n",
		"del self.items":                   "w items",
		"self.items[0] = 1":                "r items",
		"for self.n in range(3): pass":     "w n",
		"x = self.p[i]":                    "R p",
		"self.p[i] = 1":                    "W p",
		"x = self.p is NULL":               "r p",
		"x = 1 if self.p else 2":           "r p",
		"if self.p and i: pass":            "r p",
		"cdef int *r = self.p":             "r p",
		"q = self.p; x = q[i]":             "R p",
		"q = self.p; q[i] = 1":             "W p",
		"q = self.p; use(q)":               "C p",
		"q = self.p + i; memcpy(q, q, 1)":  "W p",
		"q = &self.n; q[0] = 1":            "W n",
		"q = self.p; self.other.p = q":     "M p, r other, w p",
		"q = self.p; q = q + 1; x = q[0]":  "R p",
		"v = self.view; v[i] = 1":          "W view",
		"v = self.view; x = v[i]":          "R view",
		"fills(self.p, 3)":                 "W p",
		"x = looks(self.p)":                "R p",
		"global g; g = self.p":             "M p",
		"cdef const int *q = self.fixed":   "r fixed",
		"use(&self.t)":                     "C t",
		"look(&self.t)":                    "R t",
		"look(self.tp)":                    "R tp",
		"use(self.tp)":                     "C tp",
		"mine(self.p + 2)":                 "R p",
		"takes(self.tp.a)":                 "R tp",
		"while self.tp.p: pass":            "R tp",
		"while self.tree.height(): pass":   "R tree",
		"x = self.tree.height() > 2":       "R tree",
		"x = self.tp.p is NULL":            "R tp",
		"self.tp.a = 1":                    "W tp",
		"self.t.a = 1":                     "W t",
		"x = self.view[i]":                 "R view",
		"self.view[i] = 1":                 "W view",
		"x = self.view.shape[0]":           "r view",
		"x = self.arr[2]":                  "R arr",
		"self.vec.push_back(1)":            "W vec",
		"x = self.vec.size()":              "R vec",
		"x = self.tree.height()":           "R tree",
		"self.tree.grow()":                 "C tree",
		"x = self.other.n":                 "r other, r n",
		"self.other.n = 2":                 "r other, w n",
		"x = self.other.other.n":           "r other, r other, r n",
		"x = self.twin().n":                "r n",
		"x = (<C>d).n":                     "r n",
		"x = d.n":                          "",
		"x = sizeof(self.t)":               "",
		"x = cython.typeof(self.n)":        "",
		"y = C(); y.n = 1":                 "w n",
		"y = d; y.n = 1":                   "",
		"y = C(); y = d; y.n = 1":          "",
		"x = [c.n for c in d]":             "",
		"x = [c.n for _ in d]":             "r n",
		"g = lambda c: c.n":                "",
		"x = C.__new__(C).n":               "", // an object, to Cython
		"from libc.string cimport memcpy":  "",
		"x = &c.n":                         "r n",
		"x = &c.n; use(<thing *>x)":        "C n",
		"use(self.owned.get())":            "C owned",
		"look(self.owned.get())":           "R owned",
		"self.owned.get().a = 1":           "W owned",
		"x = self.owned.get().a":           "R owned",
		"self.vec.at(i) = 1":               "W vec",
		"x = self.vec.at(i)":               "R vec",
		"q = self.vec.data(); q[0] = i":    "W vec",
		"with c.n as y: pass":              "r n",
		"self.n, c.n = c.n, self.n":        "w n, w n, r n, r n",
		"x = str(self.tp.a) + str(self.p)": "R tp, R p",
	} {
		if got := strings.Join(found(t, line), ", "); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// found returns what happens to which attributes in a statement.
func found(t *testing.T, line string) []string {
	t.Helper()
	src := fmt.Sprintf(source, line)
	p := project.New(one(src), project.Options{})
	m := p.Module("m")
	if m.Broken() {
		t.Fatal(line, errors.New("does not parse"), m.SyntaxErrors())
	}
	locks := decorator.New(p, decorator.RWLock)
	c := &Checker{Types: ctype.New(func(*project.Class) bool { return true }), Locks: locks, Called: func(path string) string { return path }, Hands: func(m *project.Module) *handlock.Names { return handlock.New(m, nil) }}
	var out []string
	uses := c.Find(m)
	slices.SortStableFunc(uses, func(a, b Use) int { return int(a.X.Range().End - b.X.Range().End) })
	for _, u := range uses {
		out = append(out, u.Place[:1]+" "+u.Field.Name)
	}
	return out
}

// one is a project of one file.
type one string

func (src one) Read(path string) ([]byte, error) {
	if path == "m.pyx" {
		return []byte(src), nil
	}
	return nil, fs.ErrNotExist
}

func (one) List(string) (files, dirs []string) { return []string{"m.pyx"}, nil }
