package effects

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What may be any of very many objects is not told apart, and what is done to it is known all the same: to an
// object with a lock, on one that no path leads to; to one without, on what owns it.
func TestManyObjects(t *testing.T) {
	const many = maxRefs + 50
	var src strings.Builder
	src.WriteString("cimport cython\n\n@cython.locked_class\ncdef class A:\n    cdef long x\n")
	for i := range many {
		fmt.Fprintf(&src, "    cdef A a%d\n    cdef list l%d\n", i, i)
	}
	src.WriteString("    def f(self, int k):\n        cdef A p = None\n        cdef list q = None\n")
	for i := range many {
		fmt.Fprintf(&src, "        if k == %d:\n            p = self.a%d\n            q = self.l%d\n", i, i, i)
	}
	src.WriteString("        p.x = 1\n        q.append(k)\n    def g(self, A other):\n        other.f(1)\n")
	_, fs := programOf(t, src.String())
	f := fs["A.f"]
	further, own, apart := 0, 0, 0
	for i := range f.Sum.Effects {
		switch e := &f.Sum.Effects[i]; {
		case e.Mode != Write:
		case FurtherOn(f, e.Region) && e.Class != nil && e.Class.Name == "A" && e.Raw && PathOf(f, e.Region) == "":
			further++
		case OnSelf(f, e) && e.Field == "":
			own++
		case !OnSelf(f, e):
			apart++ // those that came last
		}
	}
	if further != 1 || own != 1 || apart >= maxRefs {
		t.Errorf("%d writes to what is further on, want 1; %d to what owns the lists, want 1; %d to objects told apart", further, own, apart)
	}
	g := fs["A.g"]
	if !slices.ContainsFunc(g.Sum.Effects, func(e Effect) bool { return e.Mode == Write && FurtherOn(g, e.Region) }) {
		t.Error("a caller does not learn of the write to what is further on")
	}
}

// An object that is reached by two names, of which one may be very many, is one object still.
func TestManyObjectsAssigned(t *testing.T) {
	const many = maxRefs + 50
	var src strings.Builder
	src.WriteString("cimport cython\n\n@cython.locked_class\ncdef class A:\n    cdef long x\n    cdef A next\n")
	for i := range many {
		fmt.Fprintf(&src, "    cdef A a%d\n", i)
	}
	src.WriteString("    def f(self, A other, int k):\n        cdef A p = None\n")
	for i := range many {
		fmt.Fprintf(&src, "        if k == %d:\n            p = self.a%d\n", i, i)
	}
	src.WriteString("        p.next = other\n        self.a3.next.x = 1\n")
	_, fs := programOf(t, src.String())
	f := fs["A.f"]
	other := regionOf(t, f, "other")
	if st := f.Among(other, func(e *Effect) bool { return e.Mode == Write }); !st.Touches {
		t.Error("self.a3.next may be other, and no write of that is known")
	}
}

// A loop costs what it mentions, however many variables there are.
func TestLoopsOfManyVariables(t *testing.T) {
	nodes := func(n int) int {
		var src strings.Builder
		src.WriteString("def f(x):\n    t = x\n")
		for i := range n {
			fmt.Fprintf(&src, "    for i%d in x:\n        t = i%d\n", i, i)
		}
		_, fs := programOf(t, src.String())
		return len(fs["f"].Flow.Nodes)
	}
	if few, many := nodes(2*manyVariables), nodes(8*manyVariables); many > 6*few {
		t.Errorf("four times as many loops take %d nodes instead of %d", many, few)
	}
}

// What a round of a loop gives a variable is there at its head, whatever names the variable.
func TestLoopsMention(t *testing.T) {
	var src strings.Builder
	src.WriteString("cimport cython\n\n@cython.locked_class\ncdef class A:\n    cdef long x\n    cdef A next\n\ndef f(A a, A b, A c, A ñ, A d):\n")
	for i := range manyVariables {
		fmt.Fprintf(&src, "    v%d = a\n", i)
	}
	src.WriteString("    for i in range(3):\n        a.x = 1\n        c.x = 1\n        a = b\n        c = ñ\n        ñ = d\n")
	_, fs := programOf(t, src.String())
	f := fs["f"]
	for _, name := range []string{"a", "b", "c", "ñ", "d"} {
		if st := f.Among(regionOf(t, f, name), func(e *Effect) bool { return e.Mode == Write }); !st.Touches {
			t.Errorf("no write to %s is known", name)
		}
	}
}
