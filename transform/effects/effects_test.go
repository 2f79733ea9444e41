package effects

import (
	"fmt"
	"slices"
	"testing"

	"pyxlock/internal/memory"
	"pyxlock/transform/decorator"
	"pyxlock/transform/project"
)

// programOf returns the program of one module, with its functions by name.
func programOf(t *testing.T, src string) (*Program, map[string]*Function) {
	t.Helper()
	p := project.New(memory.Files{"m.pyx": src}, project.Options{})
	prog := New(p, decorator.New(p, decorator.RWLock), func(name, param string) bool { return name == "c_looks" })
	m := p.Module("m")
	if m.Broken() {
		t.Fatal(m.SyntaxErrors())
	}
	byName := map[string]*Function{}
	for _, f := range prog.Funcs(m).All {
		byName[f.Name()] = f
	}
	prog.Solve(prog.Funcs(m).All)
	return prog, byName
}

const counter = `
cimport cython
cdef extern from "h.h":
    void c_looks(double *p)
    void c_knows(double *p)

@cython.locked_class
cdef class Counter:
    cdef long n
    cdef double *data
    cdef list items
    cdef Counter other

    cdef long total(self):
        return self.n
    cdef void bump(self):
        self.n += 1
    def get(self):
        return self.total()
    def add(self):
        self.bump()
    def store(self):
        cdef double *p = self.data
        p[0] = 1
    def looks(self):
        c_looks(self.data)
    def knows(self):
        c_knows(self.data)
    def append(self, x):
        self.items.append(x)
    def index(self, x):
        return self.items.index(x)
    def far(self):
        self.other.bump()
    def none(self):
        return 1
    @cython.no_lock("why")
    def exempt(self):
        self.n = 2

def make():
    cdef Counter c = Counter()
    c.bump()
    return c
`

func TestStances(t *testing.T) {
	prog, f := programOf(t, counter)
	for name, want := range map[string]string{
		"total": "read", "bump": "write", "get": "read", "add": "write", "store": "write", "looks": "read", "knows": "write",
		"append": "write", "index": "read", "far": "read", "none": "",
	} {
		st := prog.StanceOn(f["Counter."+name], 0, false)
		got := ""
		if st.Touches {
			got = st.Mode.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if st := prog.StanceOn(f["Counter.knows"], 0, false); st.Sure {
		t.Error("what a C function does with a pointer is not known")
	}
	if steps := Chain(f["Counter.get"], prog.StanceOn(f["Counter.get"], 0, false).Why); len(steps) != 2 || steps[1].Text != "reads n" {
		t.Errorf("%+v", steps)
	}
}

func TestFreshObjectsAreNobodyElses(t *testing.T) {
	_, f := programOf(t, counter)
	if e := f["make"].Sum.Effects; len(e) > 0 {
		t.Errorf("%+v", e)
	}
}

func TestWhoLocksAtEntry(t *testing.T) {
	prog, f := programOf(t, counter)
	if !prog.Member(f["Counter.get"]) || prog.Member(f["Counter.total"]) || prog.Member(f["make"]) {
		t.Error("members are what Python code can call of a locked class")
	}
	if !prog.Exempt(f["Counter.exempt"]) || prog.Exempt(f["Counter.get"]) {
		t.Error("no_lock exempts")
	}
}

// What is asked as if every class were locked leaves no trace.
func TestAssumingPutsBack(t *testing.T) {
	prog, f := programOf(t, "cdef class Free:\n    cdef long n\n    def set(self):\n        self.n = 1\n")
	set := f["Free.set"]
	before := fmt.Sprint(set.Sum.Effects)
	prog.SettleFunctions([]*Function{set})
	changes := prog.Changes
	prog.Assuming([]*project.Module{set.Mod}, func() {
		if !prog.Guards(set.Class) {
			t.Error("not assumed")
		}
		if w := Gather(prog, []*project.Module{set.Mod}); w.Wrote[set.Class] == nil {
			t.Error("the write was not found")
		}
	})
	if prog.Guards(set.Class) || prog.Changes != changes || fmt.Sprint(set.Sum.Effects) != before {
		t.Errorf("%v, was %v", set.Sum.Effects, before)
	}
}

func TestSettledAttributes(t *testing.T) {
	prog, f := programOf(t, `
cimport cython
@cython.locked_class
cdef class C:
    cdef long made, moved
    def __cinit__(self):
        self.made = 1
        self.moved = 1
    def move(self):
        self.moved = 2
`)
	c := f["C.move"].Class
	if prog.Changes.Settled(c, "made") {
		t.Error("settled before anybody looked")
	}
	prog.SettleFunctions([]*Function{f["C.__cinit__"], f["C.move"]})
	if !prog.Changes.Settled(c, "made") || prog.Changes.Settled(c, "moved") || !prog.Changes.Moves(c, "moved") {
		t.Error("only what something writes to once the object is made changes")
	}
}

// What is done to one of several attributes is done to none that it cannot be done to: C code has no address of a Python
// object's place, texts do not change, and what is in an object with a lock is that object's.
func TestSettledWhereTheAttributeIsNotKnown(t *testing.T) {
	prog, f := programOf(t, `
cimport cython
cdef extern from "pick.h":
    char *pick(char *a, char *b, char *c, char *d, char *e)
@cython.locked_class
cdef class Node:
    cdef long n
    def set(self):
        self.n = 1
cdef class Plain:
    cdef long n
@cython.locked_class
cdef class C:
    cdef char *p
    cdef char *q
    cdef char *s
    cdef char *t
    cdef char *u
    cdef char[4] r
    cdef long n
    cdef bytes text
    cdef bytearray buffer
    cdef list items
    cdef object any
    cdef Node node
    cdef Plain plain
    def through(self):
        pick(self.p, self.q, self.s, self.t, self.u)[0] = 1
`)
	c := f["C.through"].Class
	var all []*Function
	for _, x := range f {
		all = append(all, x)
	}
	prog.SettleFunctions(all)
	for name, want := range map[string]bool{"p": false, "q": false, "r": false, "n": false, "buffer": false, "items": false, "any": false, "plain": false,
		"text": true, "node": true} {
		if prog.Changes.Settled(c, name) != want {
			t.Errorf("%s: settled %v", name, !want)
		}
	}
}

// What C code makes of few pointers leads into what these lead to.
func TestSettledWhereTwoAttributesMayBeMeant(t *testing.T) {
	prog, f := programOf(t, `
cimport cython
cdef extern from "pick.h":
    char *pick(char *a, char *b)
    void fill(char *a)
@cython.locked_class
cdef class C:
    cdef char *p
    cdef char *q
    cdef char *r
    cdef char *s
    cdef char *t
    cdef object any
    def through(self):
        pick(self.p, self.q)[0] = 1
    def given(self):
        self._fill(pick(self.r, self.s))
    cdef _fill(self, char *at):
        fill(at)
`)
	c := f["C.through"].Class
	var all []*Function
	for _, x := range f {
		all = append(all, x)
	}
	prog.SettleFunctions(all)
	for name, want := range map[string]bool{"p": false, "q": false, "r": false, "s": false, "t": true, "any": true} {
		if prog.Changes.Settled(c, name) != want {
			t.Errorf("%s: settled %v", name, !want)
		}
	}
}

// C code that has the address of the object itself has those of all its attributes.
func TestSettledWhereCCodeHasTheObject(t *testing.T) {
	const class = `
cimport cython
from cpython.object cimport PyObject
cdef extern from "fill.h":
    void fill(void *p)
    void fill_object(object o)
cdef struct Layout:
    long first
    PyObject *text
@cython.locked_class
cdef class Node:
    cdef long n
@cython.locked_class
cdef class C:
    cdef long n
    cdef str text
    cdef Node node
`
	for name, how := range map[string]string{
		"its address is passed": "    def f(self):\n        fill(<void *>self)\n",
		"by a variable":         "    def f(self):\n        cdef void *p = <void *>self\n        fill(p)\n",
		"it is stored through":  "    def f(self, s):\n        cdef Layout *o = <Layout *><void *>self\n        o.text = <PyObject *>s\n",
		"in a function":         "    def f(self):\n        g(self)\n\ncdef void g(o):\n    fill(<void *>o)\n",
		"by a function's":       "    def f(self):\n        g(<void *>self)\n\ncdef void g(void *p):\n    fill(p)\n",
	} {
		prog, f := programOf(t, class+how)
		c := f["C.f"].Class
		var all []*Function
		for _, x := range f {
			all = append(all, x)
		}
		prog.SettleFunctions(all)
		if prog.Changes.Settled(c, "text") || prog.Changes.Settled(c, "node") || prog.Changes.Settled(c, "n") {
			t.Errorf("%s: text %v, node %v, n %v are settled", name, prog.Changes.Settled(c, "text"), prog.Changes.Settled(c, "node"), prog.Changes.Settled(c, "n"))
		}
	}
}

// Branches meet, and a name stands for either value then.
func TestVariablesMeet(t *testing.T) {
	v := &variables{vars: map[string]variable{}}
	v.flow = &Flow{Nodes: []Node{{}}}
	a, b := v.node(Node{Kind: NodeParam}), v.node(Node{Kind: NodeFresh})
	v.variable("x", Node{}.Shape, a)
	before := slices.Clone(v.env)
	ways := v.branch(before, nil, func() bool { v.set(v.vars["x"].slot, b); return true })
	ways = v.branch(before, ways, func() bool { return true })
	ways = v.branch(before, ways, func() bool { v.set(v.vars["x"].slot, 0); return false }) // never comes to its end
	if !v.meet(ways) {
		t.Fatal("no way leads on")
	}
	n, _, local := v.value("x")
	if from := v.flow.Nodes[n].From; !local || !slices.Equal(from, []int32{b, a}) {
		t.Errorf("x is %+v", v.flow.Nodes[n])
	}
}
