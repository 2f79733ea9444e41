package transform_test

// What check's help says, where that follows from more than the place of the finding.

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pyxlock/transform"
)

// helpsOf checks a file, and returns the helps of the findings of PXL103 and PXL106.
func helpsOf(t *testing.T, src string, reads ...string) []string {
	t.Helper()
	p := transform.NewProject(memory{"m.pyx": []byte(src)}, transform.Options{Reads: reads})
	rep, err := p.Check(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range rep.Findings {
		if f.Code == "PXL103" || f.Code == "PXL106" {
			out = append(out, f.Help)
		}
	}
	return out
}

const perhapsRead = `
cimport cython
cdef extern from "x.h":
    ctypedef struct num:
        int n
    int num_sum(const num *to, num *x)
    int num_look2(const num *to, num *x)
    int num_look3(const num *to, num *x)
    int num_look4(const num *to, num *x)
    int num_look5(const num *to, num *x)
    int num_get(const num *x)
    int num_read(int from_, num *x)
    void num_set(num *x, int n)
    int *num_entry(num *x, int i)

@cython.locked_class
cdef class Num:
    cdef num *val
    cdef num one
    cdef long n

    def __cinit__(self):
        num_set(self.val, 1)
        self._init()

    cdef void _init(self):
        num_set(self.val, 2)

    cdef int get(self):
        return num_get(self.val)

    def sum(self, list l):
        return num_sum(NULL, self.val)

    def step(self):
        self.n += 1
`

const numUsers = `
def use(list l):
    a = <Num?>l[0]
    b = <Num?>l[1]
    return num_get(a.val) + num_get(b.val)
`

// Where one C function of which nothing is known is all that may change an attribute, the help says so, and what it proposes
// works.
func TestOneFunctionMayBeAllThatChanges(t *testing.T) {
	helps := helpsOf(t, perhapsRead+numUsers)
	const want = `if num_sum only reads it, val of Num needs no lock, since nothing else changes it: declare the parameter const, or set reads = ["num_sum(x)"]; else `
	if len(helps) == 0 || !strings.HasPrefix(helps[0], want) {
		t.Fatalf("got %q", helps)
	}
	for _, h := range helps[1:] {
		if strings.Contains(h, "only reads it") {
			t.Error("it is said twice")
		}
	}
	if left := helpsOf(t, perhapsRead+numUsers, "num_sum(x)"); len(left) > 0 {
		t.Errorf("with it there is left: %q", left)
	}
	if left := helpsOf(t, strings.Replace(perhapsRead, "num_sum(const num *to, num *x)", "num_sum(const num *to, const num *x)", 1)+numUsers); len(left) > 0 {
		t.Errorf("with const there is left: %q", left)
	}
}

// It is not said where anything else may change it.
func TestSomethingElseChanges(t *testing.T) {
	for name, more := range map[string]string{
		"another method": `
    def clear(self):
        self.val = NULL
`,
		"the same method, after it": `
    def both(self):
        num_sum(NULL, self.val)
        num_set(self.val, 3)
`,
		"through what a function returns": `
    def entry(self, i):
        num_entry(self.val, i)[0] = 3
`,
		"what a function returns, by another": `
    def entry(self, i):
        num_set(<num *>num_entry(self.val, i), 3)
`,
		"a helper": `
    def by_helper(self):
        num_sum(NULL, self.val)
        self._set()

    cdef void _set(self):
        num_set(self.val, 3)
`,
		"by another name": `
    def aside(self):
        num_sum(NULL, self.val)
        cdef num *p = self.val
        p.n = 3
`,
		"a subclass": `
@cython.locked_class
cdef class Sub(Num):
    def set(self):
        num_set(self.val, 3)
`,
		"a function": `
@cython.write_lock("x")
def set(Num x):
    num_set(x.val, 3)
`,
		"more functions than can be looked up": `
    def more(self):
        return num_look2(NULL, self.val) + num_look3(NULL, self.val) + num_look4(NULL, self.val) + num_look5(NULL, self.val)
`,
	} {
		helps := helpsOf(t, perhapsRead+more+numUsers)
		if len(helps) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
		for _, h := range helps {
			if strings.Contains(h, "read it") || strings.Contains(h, "reads it") {
				t.Errorf("%s: %s", name, h)
			}
		}
	}
}

// What rests on nothing but what C functions do that nobody knows is a note. Where something in sight bears out what is told of
// an object, that is told.
func TestNotesRestOnWhatIsNotInSight(t *testing.T) {
	for name, c := range map[string]struct {
		more, users string
		note        bool
	}{
		"a C function":        {"", numUsers, true},
		"many":                {"\n    def more(self):\n        return num_look2(NULL, self.val) + num_look3(NULL, self.val) + num_look4(NULL, self.val) + num_look5(NULL, self.val)\n", numUsers, true},
		"an assignment":       {"\n    def clear(self):\n        self.val = NULL\n", numUsers, false},
		"kept elsewhere":      {"\n\n@cython.locked_class(guard=\"num\")\ncdef class Step:\n    cdef Num num\n    cdef num *at\n    def __init__(self, Num num):\n        self.num = num\n        self.at = num.val\n    def __next__(self):\n        self.at.n += 1\n", numUsers, false},
		"kept beside":         {"\n    cdef num *tail\n    cdef void link(self):\n        self.tail = self.val\n    def last(self):\n        self.tail.n = 3\n", numUsers, false},
		"as a number":         {"\n    def address(self):\n        return <size_t>self.val\n", numUsers, false},
		"returned":            {"\n    cdef num *get_val(self):\n        return self.val\n", numUsers, false},
		"a name that says so": {"\n    def load(self):\n        num_read(self.n, self.val)\n", numUsers, false},
		"by a function":       {"\n    def clear(self):\n        setting(self.val)\n\ncdef void setting(num *x):\n    x.n = 3\n", numUsers, false},
		"by its name":         {"\n    def clear(self):\n        num_set(self.val, 0)\n", numUsers, false},
		"what is used":        {"", "\ndef use(list l):\n    return num_get((<Num?>l[0]).val) + (<Num?>l[0]).n\n", false},
		"of two together":     {"", "\ndef use(list l):\n    a = <Num?>l[0]\n    return num_get(a.val) + a.n\n", false},
	} {
		p := transform.NewProject(memory{"m.pyx": []byte(perhapsRead + c.more + c.users)}, transform.Options{})
		rep, err := p.Check(context.Background(), []string{"m.pyx"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(rep.Findings) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
		for _, f := range rep.Findings {
			if f.Note != c.note {
				t.Errorf("%s: note %v: %s", name, f.Note, f.Message)
			}
		}
	}
}

// What is done about nodes that lead to each other is more than to lock two of them: where one's lock is enough, the class says so,
// and that is silent.
func TestHelpAboutNodes(t *testing.T) {
	const nodes = `
cimport cython
@cython.locked_class
cdef class Node:
    cdef Node left
    cdef readonly long n
    cdef void add(self):
        self.n += 1
    cpdef Node insert(self, long n):
        if self.left is not None:
            self.left = self.left.insert(n)
            self.left.add()
        return self

@cython.locked_class
cdef class Tree:
    cdef Node root
    def insert(self, long n):
        self.root = self.root.insert(n)
`
	helps := helpsOf(t, nodes)
	if len(helps) == 0 || !strings.HasSuffix(helps[0], `that is enough: @cython.no_lock("why") on the class Node`) {
		t.Errorf("got %q", helps)
	}
	if left := helpsOf(t, strings.Replace(nodes, "@cython.locked_class\ncdef class Node", "@cython.no_lock(\"the tree's lock is held\")\ncdef class Node", 1)); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A generator holds no lock on what its attributes lead to while it waits: the decorator that the help would name is refused (PXL201).
func TestHelpInGenerators(t *testing.T) {
	const steps = `
cimport cython
@cython.locked_class
cdef class Table:
    cdef long n
    cdef long value(self, long i):
        return self.n + i
    @cython.write_lock
    def put(self, n):
        self.n = n

cdef class Matcher:
    cdef Table table
    def __cinit__(self, Table t):
        self.table = t
    cdef long fetch(self, long i):
        return self.table.value(i)
    def match(self, text):
        for c in text:
            x = self.fetch(c)
            if (yield x):
                return
`
	helps := helpsOf(t, steps)
	if len(helps) != 1 || !strings.HasSuffix(helps[0], "or hold it for this step: with cython.read_lock(self.table)") {
		t.Errorf("got %q", helps)
	}
	held := strings.Replace(steps, "            x = self.fetch(c)", "            with cython.read_lock(self.table):\n                x = self.fetch(c)", 1)
	if left := helpsOf(t, held); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

const calledBack = `
cimport cython
cdef extern from "lib.h":
    ctypedef int (*each_t)(void *user, int code) except -1
    int lib_each(void *h, each_t cb, void *user) except -1

@cython.locked_class
cdef class Walker:
    cdef void *h
    cdef int n
    def count(self):
        lib_each(self.h, on_each, <void *>self)
        return self.n

cdef int on_each(void *user, int code) except -1:
    cdef Walker w = <Walker>user
    w.n += 1
    return 0
`

// C code may call back in the thread that holds the lock. A lock that is not re-entrant would wait there for ever: no fix takes it.
// No decorator can name a pointer.
func TestFixesOfWhatCCodeCallsBack(t *testing.T) {
	for src, fixed := range map[string]bool{
		calledBack: true,
		strings.Replace(calledBack, "locked_class", `locked_class(lock="mutex")`, 1): false,
	} {
		rep, err := transform.NewProject(memory{"m.pyx": []byte(src)}, transform.Options{}).Check(context.Background(), []string{"m.pyx"}, 1)
		if err != nil || len(rep.Findings) != 1 || rep.Findings[0].Code != "PXL105" || !rep.Findings[0].Note {
			t.Fatalf("got %v, %v", rep, err)
		}
		f := rep.Findings[0]
		if (f.Fix != nil) != fixed || strings.Contains(f.Help, "waits for ever") == fixed {
			t.Errorf("fix %v, help %q", f.Fix, f.Help)
		}
		if strings.Contains(f.Help, "@cython") || !strings.Contains(f.Help, "a block: with cython.write_lock") {
			t.Errorf("help %q", f.Help)
		}
	}
}

// The copy that is proposed is one: np.ndarray(x) is an array that has x as its shape.
func TestCopiesOfWhatIsHandedOut(t *testing.T) {
	const src = `
cimport cython
cimport numpy as np

@cython.locked_class
cdef class Edges:
    cdef np.ndarray edges
    cdef list names

    def add(self, x):
        self.edges *= x
        self.names.append(x)

    def all(self):
        return self.edges

    def all_names(self):
        return self.names
`
	rep, err := transform.NewProject(memory{"m.pyx": []byte(src)}, transform.Options{}).Check(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var helps []string
	for _, f := range rep.Findings {
		if f.Code == "PXL303" {
			helps = append(helps, f.Help)
		}
	}
	if want := []string{"hand out a copy: self.edges.copy()", "hand out a copy: list(self.names)"}; !slices.Equal(helps, want) {
		t.Errorf("got %q", helps)
	}
}

const callsBack = `
cimport cython
@cython.locked_class
cdef class Bag:
    cdef long n
    cdef list items
    cdef object on_change
    def __init__(self, on_change=None):
        self.on_change = on_change
        self.items = []
    def put(self, x):
        self.items.append(x)
        self.n += 1
    def count_of(self):
        return self.n
    def each(self, visit):
        for x in self.items:
            visit(x)
    def change(self):
        self.n += 1
        self.on_change()
    def watch(self, on_change):
        self.on_change = on_change
`

// What is called under a lock may be anything. That it locks another such object is a note where nothing in sight hands over what
// does.
func TestNotesOnWhatIsCalled(t *testing.T) {
	for more, note := range map[string]bool{
		"":                                      true,
		"def show(Bag a):\n    a.each(print)\n": true,
		"def show(Bag a, list l):\n    a.each(l.append)\n":                                            true,
		"def show(Bag a):\n    a.each(lambda x: print(x))\n":                                          true,
		"def show(Bag a, seen):\n    a.each(seen)\n":                                                  true,
		"def join(Bag a, Bag b):\n    a.each(b.put)\n":                                                false,
		"def join(Bag a, Bag b):\n    a.each(visit=b.put)\n":                                          false,
		"def join(Bag a, Bag b):\n    a.each(lambda x: b.put(x))\n":                                   false,
		"def join(Bag a, Bag b):\n    put = b.put\n    a.each(put)\n":                                 false,
		"def join(Bag a, Bag b):\n    def put(x):\n        b.put(x)\n    a.each(put)\n":               false,
		"def join(Bag a, Bag b):\n    over(a, b.put)\n\ndef over(Bag a, f):\n    a.each(f)\n":         false,
		"from functools import partial\ndef join(Bag a, Bag b):\n    a.each(partial(b.put))\n":        false,
		"from operator import methodcaller\ndef join(Bag a):\n    a.each(methodcaller('count_of'))\n": false,
		"def join(Bag a, Bag b):\n    a.each(getattr(b, 'put'))\n":                                    false,
		"class Window:\n    def __init__(self, bag):\n        self.bag = bag\n    def redraw(self, x):\n        self.bag.put(x)\n    def go(self, Bag a):\n        a.each(self.redraw)\n": false,
		"def touch(x):\n    x.put(1)\n\ndef join(Bag a):\n    a.each(touch)\n":                                                                                                       false,
		"class Window:\n    def __init__(self, bag):\n        self.bag = bag\n    def __call__(self, x):\n        self.bag.put(x)\n    def go(self, Bag a):\n        a.each(self)\n": false,
		"class Window:\n    def __init__(self, bag):\n        self.bag = bag\n    def __call__(self, x):\n        self.bag.put(x)\n\ndef go(Bag a, bag):\n    a.each(Window(bag))\n": false,
		"def join(Bag a, Bag b):\n    for put in [b.put]:\n        a.each(put)\n":                                                                                                    false,
		"def join(Bag a, list l):\n    for x in l:\n        a.each(x)\n":                                                                                                             true,
		"def put_of(Bag b):\n    return b.put\n\ndef join(Bag a, b):\n    a.each(put_of(b))\n":                                                                                       false,
		"cdef add(Bag b, x):\n    b.n += 1\n\ndef join(Bag a, b):\n    a.each(lambda x: add(b, x))\n":                                                                                false,
		"def join(Bag a, Bag b):\n    def put(x):\n        b.n += x\n    a.each(put)\n":                                                                                              false,
		"def join(Bag a, Bag b):\n    a.each(lambda x: len(b))\n":                                                                                                                    false,
		"class Model:\n    pass\n\ndef join(Bag a, Bag b):\n    m = Model()\n    m.changed = b.put\n    a.each(m.changed)\n":                                                         false,
		"def join(Bag a, dict d):\n    a.each(d['k'])\n":                                                                                                                             true,
		"def join(Bag a, dict d, Bag b):\n    d['k'] = b.put\n    a.each(d['k'])\n":                                                                                                  false,
	} {
		checkNotes(t, callsBack+"\n"+more, "each holds", note)
	}
	for more, note := range map[string]bool{
		"": true,
		"def make(f):\n    return Bag(f), Bag(print)\n":                                     true,
		"def link(Bag a, Bag b):\n    a.watch(b.change)\n":                                  false,
		"def link(Bag b):\n    return Bag(b.change)\n":                                      false,
		"def link(Bag b):\n    return Bag(on_change=b.change)\n":                            false,
		"cdef class Sub(Bag):\n    pass\n\ndef link(Bag b):\n    return Sub(b.change)\n":    false,
		"def link(Bag b):\n    a = Bag()\n    a.__init__(b.change)\n    return a\n":         false,
		"class Sub(Bag):\n    def __init__(self, b):\n        super().__init__(b.change)\n": false,
		"cdef link(Bag a, Bag b):\n    a.on_change = b.change\n":                            false,
	} {
		checkNotes(t, callsBack+"\n"+more, "change holds", note)
	}
}

// checkNotes asks whether the findings whose message says something are notes.
func checkNotes(t *testing.T, src, says string, note bool) {
	t.Helper()
	rep, err := transform.NewProject(memory{"m.pyx": []byte(src)}, transform.Options{}).Check(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range rep.Findings {
		if strings.Contains(f.Message, says) {
			found = true
			if f.Note != note {
				t.Errorf("note %v: %s\n%s", f.Note, f.Message, src)
			}
		}
	}
	if !found {
		t.Errorf("nothing says %q: %v\n%s", says, rep.Findings, src)
	}
}

const lentToC = `
cimport cython
from cpython.dict cimport PyDict_GetItem
cdef extern from "lib.h":
    ctypedef struct visit_t:
        void *user
    ctypedef int (*each_t)(visit_t *v, int code) except -1
    int lib_each(void *h, each_t cb, void *user) except -1

@cython.locked_class
cdef class Walker:
    cdef void *h
    cdef dict names
    def __init__(self):
        self.names = {}
    def rename(self, code, name):
        self.names[code] = name
    def count(self):
        lib_each(self.h, on_each, <void *>self)

cdef object all_names = {}

def rename_all(code, name):
    all_names[code] = name
`

// C code that calls a function does so perhaps for somebody who holds the lock of the object that it passes on: no source in sight
// tells.
func TestNotesOnItemsThatCCodeComesTo(t *testing.T) {
	for more, note := range map[string]bool{
		"cdef int on_each(visit_t *v, int code) except -1:\n    cdef Walker w = <Walker>v.user\n    print(<object>PyDict_GetItem(w.names, code))\n":                                                   true,
		"cdef int on_each(visit_t *v, int code) except -1:\n    cdef Walker w\n    w = <Walker>v.user\n    print(<object>PyDict_GetItem(w.names, code))\n":                                            true,
		"cdef int on_each(visit_t *v, int code) except -1:\n    print(<object>PyDict_GetItem(all_names, code))\n":                                                                                     false,
		"cdef int on_each(list ws, int code) except -1:\n    cdef Walker w = <Walker?>ws[code]\n    print(<object>PyDict_GetItem(w.names, code))\n":                                                   false,
		"cdef int on_each(visit_t *v, list ws) except -1:\n    cdef Walker w = <Walker>v.user\n    if ws:\n        w = <Walker?>ws[0]\n    print(<object>PyDict_GetItem(w.names, 1))\n":               false,
		"cdef int on_each(visit_t *v, int code) except -1:\n    return 0\n\ndef look(list ws, code):\n    cdef Walker other = <Walker?>ws[0]\n    return <object>PyDict_GetItem(other.names, code)\n": false,
		"cdef int on_each(visit_t *v, int code) except -1:\n    return 0\n\ncdef look(visit_t *v, int code):\n    cdef Walker w = <Walker>v.user\n    return <object>PyDict_GetItem(w.names, code)\n": false,
	} {
		checkNotes(t, lentToC+"\n"+more, "borrowed reference", note)
	}
}

const givesAway = `
cimport cython
cdef class Maker:
    cdef dict names
    cdef object make
    def __init__(self, make, names):
        self.make = make
        self.names = dict(names)
    def __call__(self, tag):
        return self.make(tag, self.names)
`

// That Python code which is not in sight changes what it is given, of a class without a lock that nothing in sight changes, is a note.
func TestNotesOnWhatIsGivenAway(t *testing.T) {
	for more, note := range map[string]bool{
		"": true,
		"    def name(self, key):\n        return self.names[key]\n":                                                       true,
		"    def add(self, key):\n        self.names[key] = 1\n":                                                           false,
		"    def reset(self):\n        self.names = {}\n":                                                                  false,
		"    cdef public int n\n":                                                                                          false,
		"    cdef int n\n    def count(self):\n        self.n += 1\n":                                                      false,
		"\ndef add(Maker m not None, key):\n    m.names[key] = 1\n":                                                        false,
		"\ncdef add(dict names, key):\n    names[key] = 1\n\ndef adding(Maker m not None):\n    add(m.names, 1)\n":         false,
		"    cdef int *p\n    def fill(self):\n        fill(self.p)\n\ncdef extern from 'lib.h':\n    void fill(int *p)\n": false,
		"    def pop(self):\n        return self.names.popitem()\n":                                                        false,
		"    def read(self):\n        return self.make.readinto(self.names)\n":                                             false,
		"    def fill(self):\n        return self.make.fill_names(self.names)\n":                                           false,
		"\ndef put(tag, names):\n    names[tag] = 1\n\ndef makes():\n    return Maker(put, {})\n":                          false,
		"\ndef put(tag, names):\n    names[tag] = 1\n\ndef hand(f):\n    return Maker(f, {})\n\nhand(put)\n":               false,
		"\ndef put(tag, names):\n    names[tag] = 1\n\nmap(put, 'a', {})\n":                                                true,
		"\ndef put(tag, names):\n    names[tag] = 1\n\nput('a', {})\n":                                                     true,
		"\ndef put(tag, names):\n    return len(names)\n\ndef makes():\n    return Maker(put, {})\n":                       true,
		"\ndef makes():\n    return Maker(lambda tag, names: names.update(tag), {})\n":                                     false,
		"\nclass Element:\n    def __init__(self, tag, names):\n        self.names = names\n    def name(self, key):\n        self.names[key] = 1\n\ndef makes():\n    return Maker(Element, {})\n": false,
	} {
		checkNotes(t, givesAway+more, "Maker has no lock", note)
	}
}

const byPointer = `
cimport cython
ctypedef int (*step_t)(Machine, int) except -1

@cython.locked_class
cdef class Machine:
    cdef step_t step
    cdef int size
    cdef Machine inner
    def __init__(self, int size):
        self.size = size
        self.step = quiet
    cdef void choose(self, step_t step):
        self.step = step
    def run(self, int n):
        return self.step(self, n)

cdef int quiet(Machine m, int n) except -1:
    return m.size

def look(list l):
    return (<Machine?>l[0]).size
`

// A C function that an attribute points to may do anything to the objects that it is given. Where no function in sight does, that
// it changes an attribute is a note.
func TestNotesOnFunctionPointers(t *testing.T) {
	const elsewhere = "\ncdef extern from 'lib.h':\n    step_t lib_step() noexcept\n"
	for more, note := range map[string]bool{
		elsewhere: true,
		elsewhere + "\ndef look_again(Machine m not None):\n    return m.size\n":                                                                           true,
		"\ncdef int loud(Machine m, int n) except -1:\n    m.size = n\n    return 0\n\ndef make():\n    m = Machine(1)\n    m.step = loud\n    return m\n": false,
		"\ndef set_size(Machine m not None, int n):\n    m.size = n\n":                                                                                     false,
		"\ncdef class Sub(Machine):\n    def grow(self):\n        self.size += 1\n":                                                                        false,
		"\ncdef extern from 'lib.h':\n    void lib_set(int *p)\n\ndef reset(Machine m not None):\n    lib_set(&m.size)\n":                                  false,
	} {
		checkNotes(t, byPointer+more, "look reads size", note)
	}
}

const lockedByCallees = `
cimport cython

@cython.locked_class
cdef class Log:
    cdef int first

    @cython.write_lock
    def clear(self):
        self.first = 0

    @cython.read_lock
    def look(self):
        return self.first

    cdef int entry(self):
        return self.first

cdef class Validator:
    cdef Log log

    def __cinit__(self):
        self.log = Log()

    def run(self, tree):
        self.log.clear()
        return tree

    def check(self, tree):
        self.log.look()
        return tree

    def written(self, tree):
        if not self.run(tree):
            return self.log.entry()

    def looked_at(self, tree):
        if not self.check(tree):
            return self.log.entry()

    def another(self, Validator other, tree):
        if not other.run(tree):
            return self.log.entry()
`

// No decorator is named that would hold for reading what a callee locks for writing: that could not be had then.
func TestHelpNamesNoLockThatCalleesTakeForWriting(t *testing.T) {
	helps := helpsOf(t, lockedByCallees)
	if len(helps) != 3 {
		t.Fatalf("%d findings: %q", len(helps), helps)
	}
	for i, want := range []string{
		"Validator.run comes to lock self.log for writing, and could not while a decorator held it for reading: ",
		`or lock it: @cython.read_lock("self.log") on looked_at`,
		`or lock it: @cython.read_lock("self.log") on another`,
	} {
		if !strings.Contains(helps[i], want) {
			t.Errorf("help %d is %q, and has no %q", i, helps[i], want)
		}
	}
}
