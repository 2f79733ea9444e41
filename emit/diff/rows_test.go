package diff

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawn writes rows as "kind old|new".
func drawn(a, b [][]byte) []string {
	at := func(lines [][]byte, i int) string {
		if i < 0 {
			return ""
		}
		return strings.TrimSuffix(string(lines[i]), "\n")
	}
	var out []string
	for _, r := range SideRows(a, b) {
		out = append(out, fmt.Sprintf("%c %s|%s", "=>~-+"[r.Kind], at(a, r.A), at(b, r.B)))
	}
	return out
}

func TestSideRows(t *testing.T) {
	old := "cimport cython\n@cython.locked_class\ncdef class C:\n    cdef readonly int n\n    @cython.read_lock\n    def get(self):\n        return self.n\n"
	new := "cimport cython\ncimport pyxlock\ncdef class C:\n    cdef int n\n    def get(self):\n        try:\n            return self.n\n        finally:\n            pass\n"
	want := []string{
		"= cimport cython|cimport cython",
		"- @cython.locked_class|",
		"+ |cimport pyxlock",
		"= cdef class C:|cdef class C:",
		"~     cdef readonly int n|    cdef int n",
		"-     @cython.read_lock|",
		"=     def get(self):|    def get(self):",
		"+ |        try:",
		">         return self.n|            return self.n",
		"+ |        finally:",
		"+ |            pass",
	}
	if d := cmp.Diff(want, drawn(Lines([]byte(old)), Lines([]byte(new)))); d != "" {
		t.Error(d)
	}
}

// Every line of either side is in one row, in order, and what is said of a row is so.
func TestSideRowsAreTheTexts(t *testing.T) {
	rnd := rand.New(rand.NewSource(7))
	text := func() []byte {
		var b bytes.Buffer
		for range rnd.Intn(25) {
			b.WriteString(strings.Repeat(" ", rnd.Intn(3)) + []string{"a", "b", "return x", "return y", "é", "ê", "", "\xff"}[rnd.Intn(8)] + []string{"\n", "\n", "\n", "\r\n"}[rnd.Intn(4)])
		}
		return b.Bytes()
	}
	for range 2000 {
		a, b := Lines(text()), Lines(text())
		i, j := 0, 0
		for _, r := range SideRows(a, b) {
			if r.A >= 0 {
				if r.A != i {
					t.Fatalf("line %d of the old side is not where it belongs", i)
				}
				i++
			}
			if r.B >= 0 {
				if r.B != j {
					t.Fatalf("line %d of the new side is not where it belongs", j)
				}
				j++
			}
			equal := r.A >= 0 && r.B >= 0 && bytes.Equal(a[r.A], b[r.B])
			if (r.Kind == Same) != equal || (r.Kind == Removed) != (r.B < 0) || (r.Kind == Added) != (r.A < 0) {
				t.Fatalf("%+v of %q and %q", r, a, b)
			}
			if r.Kind == Modified {
				from, toA, toB := ChangedPart(a[r.A], b[r.B])
				if string(a[r.A][:from])+string(b[r.B][from:toB])+string(a[r.A][toA:]) != string(b[r.B]) {
					t.Fatalf("%q and %q differ otherwise than from %d to %d and %d", a[r.A], b[r.B], from, toA, toB)
				}
			}
		}
		if i != len(a) || j != len(b) {
			t.Fatalf("%d of %d and %d of %d lines", i, len(a), j, len(b))
		}
	}
}

func TestFolded(t *testing.T) {
	rows := func(kinds string) []Row {
		var out []Row
		for i, k := range kinds {
			out = append(out, Row{i, i, RowKind(strings.IndexRune("=>~-+", k))})
		}
		return out
	}
	for _, c := range []struct {
		rows, want string // "." is left out
		asked      map[int]bool
	}{
		{"==========", "..........", nil},
		{"=====~=====", "=====~=====", nil}, // two lines are not left out
		{"======~======", "...===~===...", nil},
		{"======~======", "...===~===...", map[int]bool{6: true}},
		{"============", "....===.....", map[int]bool{5: true}},
		{"=>>>>>>>>>==", "=>>>>>>>>>==", nil},
		{"+>>>>>>>>>>>>>>+", "+>>>........>>>+", nil},
	} {
		got := ""
		list := rows(c.rows)
		for i, hidden := range Folded(list, c.asked) {
			if hidden {
				got += "."
			} else {
				got += string("=>~-+"[list[i].Kind])
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.rows, got, c.want)
		}
	}
}
