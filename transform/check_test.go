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
	rep, err := transform.NewProject(files, transform.Options{}).Check(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range transform.Groups(rep.Findings) {
		line := g.Code + " " + g.Scope
		for _, f := range g.Also {
			line += ", " + f.Scope
		}
		got = append(got, line)
	}
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
