package project

import (
	"context"
	"fmt"
	"testing"

	"pyxlock/internal/memory"
)

func TestLookup(t *testing.T) {
	p := New(memory.Files{
		"pkg/__init__.pxd": "",
		"pkg/base.pxd":     "cdef class Base:\n    cdef int n\n",
		"pkg/base.pyx":     "cdef class Base:\n    pass\n",
		"pkg/all.pxd":      "from pkg.base cimport *\nctypedef Base Other\n",
		"pkg/m.pyx": `cimport pkg.base
from pkg.base cimport Base as B
from . cimport all as everything
from pkg.all cimport *

cdef extern class pkg.base.Base [object B]:
    pass

cdef class Sub(B):
    cdef object o
`,
	}, Options{})
	m := p.Module("pkg/m")
	base := p.Module("pkg/base").ClassByName["Base"]
	if base == nil {
		t.Fatal("no Base")
	}
	for _, path := range [][]string{{"B"}, {"pkg", "base", "Base"}, {"everything", "Base"}, {"Other"}} {
		if c := m.Lookup(path); c != base {
			t.Errorf("%v is %v", path, c)
		}
	}
	if c := m.Lookup([]string{"Base"}); c != base {
		t.Errorf("the extern declaration is not the class that it speaks of: %v", c)
	}
	if c := m.Lookup([]string{"pkg", "base", "Missing"}); c != nil {
		t.Errorf("found %v", c)
	}
	sub := m.ClassByName["Sub"]
	if line := sub.Ancestry(); len(line) != 2 || line[1] != base {
		t.Errorf("the line of Sub is %v", line)
	}
	if f := sub.Field("n"); f == nil || sub.Declarer("n") != base {
		t.Errorf("n is %v of %v", f, sub.Declarer("n"))
	}
}

// A package whose modules import all names of each other, as the __init__ of many and their parts do: what no module has is looked
// for once in each.
func TestLookupInACircle(t *testing.T) {
	const parts = 20
	files := memory.Files{"pkg/last.pxd": "cdef class Last:\n    cdef int n\n"}
	all := ""
	for i := range parts {
		all += fmt.Sprintf("from pkg.part%d import *\n", i)
	}
	for i := range parts {
		files[fmt.Sprintf("pkg/part%d.py", i)] = "from pkg import *\nfrom pkg import common\n"
	}
	files["pkg/__init__.py"] = all + "from pkg.last import *\n"
	files["pkg/m.pyx"] = "from pkg import *\nfrom pkg import common, Last\n"
	m := New(files, Options{}).Module("pkg/m")
	for _, name := range []string{"absent", "common"} {
		if c := m.Lookup([]string{name}); c != nil {
			t.Errorf("%s is %v", name, c)
		}
		if r := m.Owner([]string{name}); r.Mod != nil {
			t.Errorf("%s is in %v", name, r.Mod.Stem)
		}
	}
	if c := m.Lookup([]string{"Last"}); c == nil {
		t.Error("what is in the last of them is not found")
	}
}

func TestInputs(t *testing.T) {
	p := New(memory.Files{
		"m.pyx":    "include \"part.pxi\"\n",
		"m.pxd":    "",
		"part.pxi": "x = 1\n",
		"lone.pxi": "y = 1\n",
		"bad.pyx":  "def f(:\n",
	}, Options{})
	in, err := p.Open(t.Context(), []string{"m.pyx", "./m.pxd", "part.pxi", "lone.pxi", "bad.pyx"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Stems) != 2 || len(in.Alone) != 2 || in.Paths[1] != "m.pxd" {
		t.Errorf("%+v", in)
	}
	var stems []string
	for _, m := range p.Standing(in) {
		stems = append(stems, m.Stem)
	}
	if len(stems) != 2 || stems[0] != "lone.pxi" || stems[1] != "m" {
		t.Errorf("standing: %v", stems)
	}
	if _, err := p.Open(t.Context(), []string{"missing.pyx"}, 1); err == nil {
		t.Error("a missing file is no error")
	}
}

func TestNeedsAndReferencesWithoutParsing(t *testing.T) {
	p := New(memory.Files{
		"m.pyx":     "from other cimport f\ninclude 'part.pxi'\ndef broken(:\n",
		"part.pxi":  "cimport third\n",
		"other.pxd": "cdef int f()\n",
		"third.pxd": "",
	}, Options{})
	refs := p.References("m")
	if len(refs.Stems) != 2 || len(refs.Includes) != 1 {
		t.Errorf("%+v", refs)
	}
	var paths []string
	for _, n := range p.Needs("m.pyx") {
		paths = append(paths, n.Path)
	}
	if len(paths) != 4 || paths[0] != "m.pyx" {
		t.Errorf("needs %v", paths)
	}
}

// Of copies of one package, what is beside one of them means that one, in whatever order they are.
func TestNearestPackage(t *testing.T) {
	files, inputs := memory.Files{}, []string{}
	for _, v := range []string{"v1", "v2", "v3"} {
		files[v+"/lib/__init__.pxd"] = ""
		files[v+"/lib/a.pxd"] = "cdef class A:\n    cdef int n\n"
		files[v+"/use/m.pyx"] = "from lib.a cimport A\n"
		inputs = append(inputs, v+"/lib/a.pxd", v+"/use/m.pyx")
	}
	p := New(files, Options{})
	if _, err := p.Open(context.Background(), inputs, 1); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"v1", "v2", "v3"} {
		if c := p.Module(v + "/use/m").Lookup([]string{"A"}); c == nil || c.Mod.Stem != v+"/lib/a" {
			t.Errorf("%s/use/m has %v", v, c)
		}
	}
}

// A package among the inputs is found in whatever directory it is: the build names that one. Files that are in no
// package are no modules for everybody.
func TestPackagesOfInputs(t *testing.T) {
	p := New(memory.Files{
		"include/lib/__init__.pxd": "",
		"include/lib/a.pxd":        "cdef class A:\n    cdef int n\n",
		"examples/alone.pxd":       "cdef class B:\n    cdef int n\n",
		"src/pkg/__init__.py":      "",
		"src/pkg/m.pyx":            "cimport lib.a\ncimport alone\n",
	}, Options{})
	if _, err := p.Open(context.Background(), []string{"include/lib/a.pxd", "examples/alone.pxd", "src/pkg/m.pyx"}, 1); err != nil {
		t.Fatal(err)
	}
	m := p.Module("src/pkg/m")
	if m.Lookup([]string{"lib", "a", "A"}) == nil {
		t.Error("no A")
	}
	if m.Lookup([]string{"alone", "B"}) != nil {
		t.Error("B is found in a directory that nobody named")
	}
}
