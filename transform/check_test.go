package transform_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/emit/report"
	"pyxlock/transform"
)

// A check says the same whatever the order and the number of goroutines.
func TestOneReportWhateverTheJobs(t *testing.T) {
	for path, files := range goldens(t) {
		var names []string
		for n := range files {
			if ext := filepath.Ext(n); ext == ".pyx" || ext == ".pxd" || ext == ".pxi" || ext == ".py" {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		source := func(path string) []byte { return files[path] }
		var first string
		for i, jobs := range manyJobs() {
			p := transform.NewProject(files, transform.Options{Roots: []string{"."}})
			rep, err := p.Check(context.Background(), names, jobs)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := report.JSON(&got, rep, source, report.Tool{}); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = got.String()
			} else if got.String() != first {
				t.Errorf("%s: another report with %d jobs:\n%s\n----\n%s", path, jobs, first, got.String())
			}
			slices.Reverse(names)
		}
	}
}

// groups checks m.pyx, and returns for each cause its code and the functions that have it.
func groups(t *testing.T, files memory) []string {
	t.Helper()
	rep, err := transform.NewProject(files, transform.Options{}).Check(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, g := range transform.Groups(rep.Findings) {
		line := g.Code + " " + g.Scope
		for _, f := range g.Also {
			line += ", " + f.Scope
		}
		all = append(all, line)
	}
	return all
}

// What has one cause is one thing to do; each place is a finding all the same.
func TestOneCause(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cimport cython

@cython.locked_class
cdef class Node:
    cdef public object item
    cdef long n

    cdef void bump(self):
        self.n += 1

    @cython.no_lock("UNSAFE: see PXL110")
    def one(self):
        yield self.n

    @cython.no_lock("UNSAFE: see PXL110")
    def two(self):
        yield self.n
        yield self.n

@cython.locked_class
cdef class Other:
    cdef long n
    cdef list nodes

    @cython.no_lock("UNSAFE: see PXL110")
    def one(self):
        yield self.n

    def set(self):
        self.n = 1

    def by_helper(self):
        (<Node>self.nodes[0]).bump()

    def and_again(self):
        (<Node>self.nodes[1]).bump()

cdef class Keeper:
    cdef Node node
    cdef Node second

    def __init__(self, node):
        self.node = node
        self.second = node

    def first(self):
        return self.node.n

    def again(self):
        return self.node.n + 1

    def third(self):
        return self.second.n

def reads(Node node):
    return node.n

def writes(Other other):
    other.n = 1
`)}
	got := groups(t, files)
	want := []string{
		"PXL110 Node.one, Node.two",
		"PXL110 Other.one",
		"PXL103 Keeper.first, Other.by_helper, Other.and_again, Keeper.again, Keeper.third, reads",
		"PXL105 writes",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Circles that lead through one place are one thing to decide there, and circles of other places another one.
func TestOneCauseOfCircles(t *testing.T) {
	class := func(name, length string) string {
		return `
@cython.locked_class
cdef class ` + name + `:
    cdef long n
    def get(self):
        return self.n
    @cython.write_lock
    def extend(self, others):
        for x in others:
            self.n += ` + length + "\n"
	}
	files := memory{"m.pyx": []byte("cimport cython\n" + class("Node", "lengthOf(x)") + class("Leaf", "lengthOf(x)") + class("Other", "(<Other>x).get()") + `
cdef long lengthOf(x) except -1:
    if isinstance(x, Node):
        return (<Node>x).get()
    return (<Leaf>x).get()
`)}
	got := groups(t, files)
	want := []string{
		"PXL213 Node.extend, Leaf.extend, Leaf.extend",
		"PXL213 Other.extend",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What one decision mends is one finding, wherever the others come by: also where only a C function on the way has a
// name for the object, or an override, and of overrides that do more than their base.
func TestOneCauseOnTheWay(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cimport cython

@cython.locked_class
cdef class Store:
    cdef long n

    cdef void bump(self):
        self.n += 1

    cdef long peek(self):
        return self.n

    def get(self):
        return self.n

cdef class Base:
    cdef long read(self):
        return 0

cdef class Buffered(Base):
    cdef Store store

    def __cinit__(self):
        self.store = Store()

    def renew(self):
        self.store = Store()

    cdef long read(self):
        self.store.n += 1
        return self.store.n

@cython.locked_class
cdef class Counted(Base):
    cdef long n

    cdef long read(self):
        self.n += 1
        return self.n

@cython.locked_class
cdef class Timed(Base):
    cdef long at

    cdef long read(self):
        self.at += 1
        return self.at

cdef long first(Base b):
    return b.read()

cdef long second(Base b):
    return b.read()

cdef class User:
    cdef list stores

    cdef void one(self, int i):
        (<Store>self.stores[i]).bump()

    cdef void other(self, int i):
        (<Store>self.stores[-i]).bump()

    def by_one(self):
        self.one(1)

    def by_other(self):
        self.other(1)

    def itself(self):
        (<Store>self.stores[0]).bump()

    def peeks(self):
        return (<Store>self.stores[0]).peek()

def by_first(Base b):
    return first(b)

def by_second(Base b):
    return second(b)
`)}
	got := groups(t, files)
	want := []string{
		"PXL504 Buffered",
		"PXL107 Buffered.read, User.one, User.other, User.itself, User.peeks, by_first, by_second",
		"PXL107 Counted.read, Timed.read",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// In one order, locks of the same classes make no circle. What is called under a lock that may be anything is another
// matter, and so are the locks of other classes.
func TestOneOrder(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cimport cython

@cython.locked_class
cdef class Node:
    cdef dict d
    cdef Node left
    cdef object callback

    def __init__(self, Node left, callback):
        self.left = left
        self.callback = callback

    def count(self):
        self.d["n"] += 1
        return dict(self.d)

    @cython.write_lock("self")
    def add(self, Node other not None):
        self.d.update(other.count())

    def add_all(self, others):
        for o in others:
            self.add(<Node?>o)

    def set_left(self, Node left):
        self.left = left

    @cython.write_lock("self")
    def follow(self):
        self.d.update(self.left.count())

    @cython.write_lock("self")
    def tell(self):
        self.callback()
        self.d["n"] += 1

@cython.locked_class
cdef class Other:
    cdef dict d

    def count(self):
        self.d["n"] += 1
        return dict(self.d)

    @cython.write_lock("self")
    def add(self, Other other not None):
        self.d.update(other.count())
`)}
	got := groups(t, files)
	want := []string{
		"PXL213 Node.add, Node.add_all, Node.follow",
		"PXL213 Other.add",
		"PXL213 Node.tell", // a note
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Whether a lock guards an attribute is decided once for all its uses without the lock, and for what Python code may do
// to it. Files that nobody asked to lock and that do not parse are left out or mended.
func TestOneAttribute(t *testing.T) {
	files := memory{"m.pyx": []byte(`
import threading

cdef class Pool:
    cdef object lock
    cdef public long free
    cdef long used

    def __init__(self):
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            self.free -= 1
            self.used += 1

    def give(self):
        with self.lock:
            self.free += 1
            self.used -= 1

    def reset(self):
        self.free = 0

    def full(self):
        return self.used > 10
`)}
	got := groups(t, files)
	want := []string{
		"PXL109 Pool, Pool.reset",
		"PXL109 Pool.full",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// What goes on under the lock only by way of a method that takes it leaves out nothing.
	files = memory{"m.pyx": []byte(`
import threading

cdef class Clock:
    cdef object lock
    cdef public Event first
    cdef public Event last
    cdef public object ended

    def __init__(self):
        self.lock = threading.Lock()

    def add(self, Event x):
        with self.lock:
            self.first = x
            self.last = x

    def end(self):
        with self.lock:
            self.ended = True

    cpdef cancel_all(self):
        cdef Event e
        with self.lock:
            e = self.first
        while e is not None:
            e.cancel()
            e = e.next

cdef class Event:
    cdef Event next
    cdef Clock clock

    def __init__(self, Clock clock):
        self.clock = clock

    cpdef cancel(self):
        with self.clock.lock:
            self.clock.first = None
            self.clock.last = None

def read(Clock clock):
    return clock.ended
`)}
	got = groups(t, files)
	want = []string{
		"PXL109 Clock, Clock",
		"PXL109 Clock, read",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// That another object's lock guards the attributes is decided once.
	files = memory{"m.pyx": []byte(`
import threading

cdef class Connection:
    cdef object lock
    def __init__(self):
        self.lock = threading.Lock()

cdef class Cursor:
    cdef Connection connection
    cdef long rows
    cdef bytes text

    def __init__(self, Connection connection):
        self.connection = connection

    def execute(self, text):
        with self.connection.lock:
            self.rows += 1
            self.text = text

    def count(self):
        return self.rows

    def last(self):
        return self.text
`)}
	if d := cmp.Diff([]string{"PXL109 Cursor.count, Cursor.last"}, groups(t, files)); d != "" {
		t.Error(d)
	}
	files = memory{"m.pyx": []byte("x = 1\n"), "a.pxd": []byte("cdef int f(int lambda)\n"), "b.pxd": []byte("cdef int f(int lambda)\n")}
	rep, err := transform.NewProject(files, transform.Options{}).Check(context.Background(), []string{"m.pyx", "a.pxd", "b.pxd"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if list := transform.Groups(rep.Findings); len(list) != 1 || len(list[0].Also) != 1 {
		t.Errorf("%d findings: %v", len(list), list)
	}
}

// One lock is for all that is done with one container: an attribute of one class, a variable of the module.
func TestOneContainer(t *testing.T) {
	files := memory{"m.pyx": []byte(`
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.dict cimport PyDict_GetItem

cdef dict table = {}

cdef class Reader:
    cdef bytearray buffer
    cdef bytearray other

    def first(self):
        return PyByteArray_AS_STRING(self.buffer)[0]

    def second(self):
        return PyByteArray_AS_STRING(self.buffer)[1]

    def of_other(self):
        return PyByteArray_AS_STRING(self.other)[1]

    def renew(self):
        self.buffer = bytearray(8)
        self.other = bytearray(8)

cdef class Writer:
    cdef bytearray buffer

    def first(self):
        return PyByteArray_AS_STRING(self.buffer)[0]

    def renew(self):
        self.buffer = bytearray(8)

def put(k, v):
    table[k] = v

def look(k):
    return <object>PyDict_GetItem(table, k)

def look_again(k):
    return <object>PyDict_GetItem(table, k)

def given(dict table, k):
    return <object>PyDict_GetItem(table, k)
`)}
	want := []string{
		"PXL504 Reader",
		"PXL402 Reader.first, Reader.second",
		"PXL402 Reader.of_other",
		"PXL504 Writer",
		"PXL402 Writer.first",
		"PXL401 look, look_again",
		"PXL401 given",
	}
	if d := cmp.Diff(want, groups(t, files)); d != "" {
		t.Error(d)
	}
}

// Whether a class hands out copies of its containers is one decision, in its subclasses, too; those of another class
// are another.
func TestHandedOut(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cimport cython

@cython.locked_class
cdef class State:
    cdef list pushed
    cdef dict changed

    def push(self, x):
        self.pushed.append(x)
        self.changed[x] = 1

    def names(self):
        return self.changed.keys()

cdef class Push(State):
    def states(self):
        return self.pushed

cdef class Change(State):
    cdef list own

    def own_push(self, x):
        self.own.append(x)

    def changes(self):
        return self.changed

    def owned(self):
        return self.own

@cython.locked_class
cdef class Other:
    cdef list pushed

    def push(self, x):
        self.pushed.append(x)

    def states(self):
        return self.pushed
`)}
	want := []string{
		"PXL303 State.names, Push.states, Change.changes",
		"PXL303 Change.owned",
		"PXL303 Other.states",
	}
	if d := cmp.Diff(want, groups(t, files)); d != "" {
		t.Error(d)
	}
}

// Variables that a function works with together want one lock, and so do those that are linked by others. One that
// stands alone, or has but a name in common with one of them, is another thing.
func TestOneLockForVariables(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cdef long first = 0
cdef long second = 0
cdef long third = 0
cdef long alone = 0
cdef long local = 0

def set_first(long x):
    global first
    first = x

def set_second(long x):
    global second, third
    second = x
    third = x

def both():
    return first + third

def set_alone(long x):
    global alone
    alone = x

def set_local(long x):
    global local
    local = x

def hides():
    cdef long local = alone
    return local
`)}
	rep, err := transform.NewProject(files, transform.Options{}).Check(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, g := range transform.Groups(rep.Findings) {
		got = append(got, 1+len(g.Also))
	}
	if d := cmp.Diff([]int{3, 1, 1}, got); d != "" {
		t.Error(d)
	}
}

// What one decision mends is one finding: how views keep what they look into, that close() refuses while
// iterators go on, that a class has methods which lock, what a C function does, that a file is missing.
func TestOneDecision(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cimport cython
include "config.pxi"
include "../config.pxi"
include "other/config.pxi"

cdef extern from "lib.h":
    ctypedef struct file
    ctypedef struct cursor
    cursor *cursor_new(const file *)
    bint cursor_next(cursor *)
    void file_close(file *)
    long unclear(const file *, file *)
    long unknown(const file *, file *)

@cython.locked_class
cdef class Vector:
    cdef double *data
    cdef object owner

    @cython.write_lock
    def scale(self):
        self.data[0] *= 2

@cython.locked_class
cdef class VectorD(Vector):
    cdef long unused

    @cython.read_lock
    def tail(self):
        cdef VectorD v = VectorD()
        v.data = self.data + 1
        v.owner = self
        return v

@cython.locked_class
cdef class Matrix:
    cdef double *data

    @cython.write_lock
    def scale(self):
        self.data[0] *= 2

    @cython.read_lock
    def row(self):
        cdef VectorD v = VectorD()
        v.data = self.data + 1
        v.owner = self
        return v

    @cython.read_lock
    def same(self):
        cdef Matrix m = Matrix()
        m.data = self.data
        return m

@cython.locked_class
cdef class Archive:
    cdef file *f

    @cython.write_lock
    def close(self):
        file_close(self.f)
        self.f = NULL

    @cython.read_lock
    def guess(self):
        return unclear(NULL, self.f)

    @cython.read_lock
    def guess_again(self):
        return unclear(NULL, self.f)

    @cython.read_lock
    def another(self):
        return unknown(NULL, self.f)

    cdef void quick(self) noexcept:
        self.f = NULL

    cpdef void quicker(self) noexcept:
        self.f = NULL

    cpdef long slower(self) noexcept:
        self.f = NULL
        return 0

@cython.locked_class(guard="archive")
cdef class Entries:
    cdef Archive archive
    cdef cursor *at

    @cython.read_lock("archive")
    def __cinit__(self, Archive archive):
        self.archive = archive
        self.at = cursor_new(archive.f)

    @cython.write_lock
    def __next__(self):
        return cursor_next(self.at)

@cython.locked_class(guard="archive")
cdef class Names:
    cdef Archive archive
    cdef cursor *at

    @cython.read_lock("archive")
    def __cinit__(self, Archive archive):
        self.archive = archive
        self.at = cursor_new(archive.f)

    @cython.write_lock
    def __next__(self):
        return cursor_next(self.at)

def objects(list archives, list vectors):
    (<Archive>archives[0].first).f = NULL
    (<Archive>archives[1].first).f = NULL
    (<VectorD>vectors[0].first).data[0] = 1
`)}
	got := groups(t, files)
	want := []string{
		"PXL016 , ",
		"PXL016 ",
		"PXL301 VectorD.tail, Matrix.row",
		"PXL301 Matrix.same",
		"PXL101 Archive.guess, Archive.guess_again",
		"PXL101 Archive.another",
		"PXL217 Archive.quicker, Archive.slower",
		"PXL113 Entries.__next__, Names.__next__",
		"PXL103 objects, objects",
		"PXL103 objects",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What C functions do of which nothing is known is to be said once, for all classes of a module: these are one finding.
// What is known of a class stays one by itself, and so does what goes to Python code.
func TestLeftToC(t *testing.T) {
	files := memory{"m.pyx": []byte(`
from libc.string cimport memset
cdef extern from "t.h":
    ctypedef struct table
    void one(table* t)
    void other(table* t)
    int size(const table* t)

cdef class A:
    cdef table* t
    def f(self): one(self.t)

cdef class B:
    cdef table* t
    def f(self): other(self.t)

cdef class C:
    cdef A a
    cdef table* t
    def f(self): self._f()
    cdef _f(self): other(self.t)

cdef class Reads:
    cdef table* t
    def f(self): return size(self.t)

cdef class Both:
    cdef table* t
    cdef long n
    def f(self):
        one(self.t)
        self.n += 1

cdef class Base:
    cdef table* t
    def f(self): one(self.t)

cdef class Inherits(Base):
    cdef long m
    def g(self): self.m += 1

cdef class Known:
    cdef char* t
    def f(self): memset(self.t, 0, 8)

cdef class Stores:
    cdef long* t
    def f(self): self.t[0] = 1

cdef class Contains:
    cdef list items
    def f(self): self.items.append(1)

cdef class Given:
    cdef public object x
`)}
	want := []string{
		"PXL504 A, B, C",
		"PXL504 Both",
		"PXL504 Base",
		"PXL504 Known",
		"PXL504 Stores",
		"PXL504 Contains",
		"PXL504 Given",
	}
	if d := cmp.Diff(want, groups(t, files)); d != "" {
		t.Error(d)
	}
}

// Overrides that one call reaches are one finding: it is the same objects that others may have or not.
func TestReachedByOneCall(t *testing.T) {
	files := memory{"m.pyx": []byte(`
cdef class Step:
    cdef long go(self): return 0
    cdef long stop(self): return 0

cdef class A(Step):
    cdef long n
    cdef long go(self):
        self.n += 1
        return self.n

cdef class B(Step):
    cdef long n
    cdef long go(self):
        self.n += 2
        return self.n

cdef class C(Step):
    cdef long n
    cdef long stop(self):
        self.n += 3
        return self.n

cdef class D(Step):
    cdef long n
    cdef long go(self):
        self.n += 1
        return self.n
    def more(self): self.n += 1

cdef class E:
    cdef long n
    cdef long go(self):
        self.n += 1
        return self.n

cdef class F:
    cdef long n
    cdef long go(self):
        self.n += 1
        return self.n

def run(list steps):
    cdef Step s
    for s in steps: s.go()

def stop(Step s): s.stop()

def both(E e, F f): return e.go() + f.go()
`)}
	want := []string{
		"PXL504 A, B",
		"PXL504 C",
		"PXL504 D",
		"PXL504 E",
		"PXL504 F",
	}
	if d := cmp.Diff(want, groups(t, files)); d != "" {
		t.Error(d)
	}
}
