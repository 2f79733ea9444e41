package project

import (
	"slices"
	"testing"

	"pyxlock/internal/memory"
)

func TestModulesThatKnowEachOther(t *testing.T) {
	for name, c := range map[string]struct {
		files memory.Files
		know  bool
	}{
		"one cimports the other":     {memory.Files{"a.pyx": "from b cimport x\n", "b.pyx": "", "b.pxd": "cdef int x\n"}, true},
		"from a package":             {memory.Files{"a.pyx": "from .b cimport x\n", "b.pyx": "", "b.pxd": "cdef int x\n"}, true},
		"both cimport a third one":   {memory.Files{"a.pyx": "cimport c\n", "b.pyx": "from c cimport x\n", "c.pxd": "cdef int x\n"}, true},
		"what a .pxd cimports":       {memory.Files{"a.pxd": "cimport c\n", "a.pyx": "", "b.pyx": "cimport c\n", "c.pxd": "cdef int x\n"}, true},
		"pure Python mode":           {memory.Files{"a.py": "from cython.cimports.b import x\n", "b.pyx": "", "b.pxd": "cdef int x\n"}, true},
		"both include a file":        {memory.Files{"a.pyx": "include 'c.pxi'\n", "b.pyx": "include 'c.pxi'\n", "c.pxi": ""}, true},
		"structs of C with pointers": {memory.Files{"a.pyx": "cdef extern from 'h.h':\n    struct S:\n        int (*f)(int)\n", "b.pyx": "cdef extern from 'h.h':\n    struct S:\n        int ( * f ) (int)\n"}, true},
		"structs of C without":       {memory.Files{"a.pyx": "cdef extern from 'h.h':\n    struct S:\n        int f\n", "b.pyx": "cdef extern from 'h.h':\n    struct S:\n        int *f\ng(*args)\n"}, false},
		"structs of their own":       {memory.Files{"a.pyx": "cdef struct S:\n    int (*f)(int)\n", "b.pyx": "cdef struct S:\n    int (*f)(int)\n"}, false},
		"Python imports":             {memory.Files{"a.pyx": "import b\n", "b.pyx": "x = 1\n"}, false},
		"of two packages":            {memory.Files{"p/__init__.py": "", "q/__init__.py": "", "p/a.pyx": "cdef extern from 'h.h':\n    struct S:\n        int (*f)(int)\n", "q/b.pyx": "cdef extern from 'h.h':\n    struct S:\n        int (*f)(int)\n"}, true},
	} {
		all := func() ([]string, error) {
			var out []string
			for path := range c.files {
				out = append(out, path)
			}
			slices.Sort(out)
			return out, nil
		}
		p := New(c.files, Options{Scope: all})
		at := func(a, b string) string {
			if _, ok := c.files[a+".pyx"]; ok || c.files[a+".py"] != "" {
				return a
			}
			return b
		}
		a, b := p.Module(at("a", "p/a")), p.Module(at("b", "q/b"))
		known := p.Lineage.Acquainted()
		if got := known.Group(a) == known.Group(b); got != c.know {
			t.Errorf("%s: %v", name, got)
		}
		if !slices.Contains(known.Modules(known.Group(a)), a) {
			t.Errorf("%s: a module is not in its own group", name)
		}
	}
}
