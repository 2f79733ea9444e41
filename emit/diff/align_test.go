package diff

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

// turned applies changes.
func turned(a, b [][]byte, changes []change) []byte {
	var out bytes.Buffer
	at := 0
	for _, c := range changes {
		out.Write(bytes.Join(a[at:c.a0], nil))
		out.Write(bytes.Join(b[c.b0:c.b1], nil))
		at = c.a1
	}
	out.Write(bytes.Join(a[at:], nil))
	return out.Bytes()
}

func TestDiffOfLargeTexts(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, kinds := range []int{1, 3, 100, 100000} {
		var old, new strings.Builder
		for range 6000 {
			line := fmt.Sprintln("line", r.Intn(kinds))
			switch r.Intn(10) {
			case 0:
				old.WriteString(line)
			case 1:
				new.WriteString(line)
			case 2:
				new.WriteString("new " + line)
				fallthrough
			default:
				old.WriteString(line)
				new.WriteString(line)
			}
		}
		a, b, changes := diffLines([]byte(old.String()), []byte(new.String()))
		if string(turned(a, b, changes)) != new.String() {
			t.Errorf("%d kinds of lines: the changes do not lead to the new text", kinds)
		}
		for i, c := range changes[1:] {
			if before := changes[i]; before.a1 >= c.a0 || before.b1 >= c.b0 || c.a0-before.a1 != c.b0-before.b1 {
				t.Errorf("%d kinds of lines: no unchanged line between %v and %v", kinds, before, c)
			}
		}
	}
}

// manyClasses is a source of n locked classes and its expansion.
func manyClasses(n int) (old, new []byte) {
	var a, b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&a, "@cython.locked_class\ncdef class C%d:\n    cdef int n\n    def f(self):\n        self.n += 1\n\n", i)
		fmt.Fprintf(&b, "cdef class C%d:\n    cdef int n\n    cdef pyxlock.Lock lock\n    def f(self):\n        with self.lock:\n            self.n += 1\n\n", i)
	}
	return a.Bytes(), b.Bytes()
}

func TestDiffWorkIsLinear(t *testing.T) {
	texts := map[string]func(n int) (old, new []byte){
		"classes": manyClasses,
		"the same line": func(n int) ([]byte, []byte) {
			return bytes.Repeat([]byte("x\ny\n"), n), bytes.Repeat([]byte("y\nz\n"), n)
		},
		"two of each": func(n int) ([]byte, []byte) {
			var a bytes.Buffer
			for i := range n {
				fmt.Fprintf(&a, "%d\n", i%(n/2))
			}
			return a.Bytes(), append([]byte("x\n"), bytes.ReplaceAll(a.Bytes(), []byte("1\n"), []byte("1\ny\n"))...)
		},
		"nothing in common": func(n int) ([]byte, []byte) {
			var a, b bytes.Buffer
			for i := range n {
				fmt.Fprintf(&a, "a%d\n", i)
				fmt.Fprintf(&b, "b%d\n", i)
			}
			return a.Bytes(), b.Bytes()
		},
	}
	for name, text := range texts {
		work := func(n int) float64 {
			old, new := text(n)
			a, b := Lines(old), Lines(new)
			d := newLineDiff(a, b)
			d.between(0, len(a), 0, len(b), 0)
			if d.largest > smallDiff {
				t.Errorf("%s: %d lines were compared to the end", name, d.largest)
			}
			return float64(d.work) / float64(len(a)+len(b))
		}
		if few, many := work(2000), work(16000); many > 2*few+1 || many > anchorDepth+1 {
			t.Errorf("%s: each line is looked at %.1f times, and %.1f times where there are more", name, few, many)
		}
	}
}
