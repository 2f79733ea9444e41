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
		for i := range 4 {
			p := transform.NewProject(files, transform.Options{Roots: []string{"."}})
			rep, err := p.Check(context.Background(), names, 1+i*3)
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
				t.Errorf("%s: another report with %d jobs:\n%s\n----\n%s", path, 1+i*3, first, got.String())
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
`)}
	got := groups(t, files)
	want := []string{
		"PXL110 Node.one, Node.two",
		"PXL110 Other.one",
		"PXL106 Other.by_helper, Other.and_again",
		"PXL103 Keeper.first, Keeper.again",
		"PXL103 Keeper.third",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What one edit mends is one finding, wherever the others come by: where only a C function on the
// way has a name for the object, or an override.
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
		"PXL107 Buffered.read",
		"PXL107 Counted.read, Timed.read",
		"PXL106 User.one, User.other, User.itself, User.peeks",
		"PXL103 by_first, by_second",
	}
	if d := cmp.Diff(want, got); d != "" {
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
