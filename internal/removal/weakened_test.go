package removal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const locked = `cimport cython

@cython.locked_class(guard="doc")
cdef class Node:
    cdef Doc doc

    @cython.write_lock("self", "other.doc")
    @cython.read_lock(
        "third")
    def swap(self, other, third):
        with cython.write_lock(a, b), cython.read_lock(c):
            pass
        with cython.read_lock(self):
            pass

    def size(self):
        return 1

    def __dealloc__(self):
        pass

    @cython.no_lock("one thread")
    def alone(self):
        pass

@cython.write_lock
cdef int bump(Node node) except -1:
    return 0
`

// TestFind weakens each lock of a text, and looks at the lines that change.
func TestFind(t *testing.T) {
	var got []string
	for _, w := range Find("m.pyx", []byte(locked)) {
		after := string(w.Apply([]byte(locked)))
		was, is := strings.Split(locked, "\n"), strings.Split(after, "\n")
		if len(was) != len(is) {
			t.Fatalf("%s: %d lines instead of %d:\n%s", &w, len(is), len(was), after)
		}
		line := fmt.Sprintf("%d %s %s %v:", w.Line, w.Scope, w.Kind, w.Objects)
		for i := range was {
			if was[i] != is[i] {
				line += " " + fmt.Sprintf("%q", strings.TrimSpace(is[i]))
			}
		}
		got = append(got, line)
	}
	want := []string{
		`3 Node lock of a class left out []: ""`,
		`3 Node guard of a class left out []: "@cython.locked_class()"`,
		`7 Node.swap write lock made a read lock [self other.doc]: "@cython.read_lock(\"self\", \"other.doc\")"`,
		`7 Node.swap decorator left out [self other.doc]: ""`,
		`7 Node.swap object left out of a decorator [self]: "@cython.write_lock(\"other.doc\")"`,
		`7 Node.swap object left out of a decorator [other.doc]: "@cython.write_lock(\"self\")"`,
		`8 Node.swap decorator left out [third]: "" ""`,
		`11 Node.swap write lock made a read lock [a b]: "with cython.read_lock(a, b), cython.read_lock(c):"`,
		`11 Node.swap block left out [a]: "with cython.write_lock(b), cython.read_lock(c):"`,
		`11 Node.swap block left out [b]: "with cython.write_lock(a), cython.read_lock(c):"`,
		`11 Node.swap block left out [c]: "with cython.write_lock(a, b):"`,
		`13 Node.swap block left out [self]: "if True:"`,
		`16 Node.size inferred lock made a read lock [self]: "@cython.read_lock"`,
		`26 bump write lock made a read lock [node]: "@cython.read_lock"`,
		`26 bump decorator left out [node]: ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
