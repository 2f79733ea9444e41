package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/transform"
)

// said writes a review's classes: one line a member.
func said(r *transform.Review) []string {
	var out []string
	for _, c := range r.Classes {
		name := c.Name
		if name == "" {
			name = "functions"
		}
		out = append(out, fmt.Sprintf("%s:%d %s", c.Path, c.Line, name))
		for _, m := range c.Members {
			line := fmt.Sprintf("  %d %s: %s, %s", m.Line, m.Name, m.Mode, m.Why)
			for _, s := range m.Steps {
				line += fmt.Sprintf(" [%d %s]", s.Line, s.Message)
			}
			for _, o := range m.Others {
				line += fmt.Sprintf("; %s: %s %v", o.Object, o.Verdict, o.Open)
			}
			out = append(out, line)
		}
	}
	return out
}

func TestReviewSaysWhy(t *testing.T) {
	files := memory{"m.pyx": []byte(`cimport cython

@cython.locked_class(blocking=False)
cdef class Box:
    cdef double *data
    cdef readonly long n
    cdef public object name

    def __cinit__(self):
        self.n = 0
    def __init__(self):
        self.n = 1
    cdef long at(self):
        return self.n
    def get(self):
        return self.at()
    @cython.write_lock
    def set(self, v):
        self.data[0] = v
    @cython.write_lock("other")
    def give(self, Box other not None):
        other.n = 1
    @cython.no_lock('''it "waits"''')
    def wait(self):
        return self.n
    @staticmethod
    def make():
        return Box()
    @property
    def size(self):
        return self.n
    @size.setter
    def size(self, v):
        self.n = v
    def free(self):
        pass

cdef class Sub(Box):
    cdef long m
    def up(self):
        self.m += 1

def drain(Box box not None):
    box.n = 0

@cython.read_lock("box")
def show(Box box not None):
    return box.n

def plain(x):
    return x
`)}
	p := transform.NewProject(files, transform.Options{})
	r, err := p.Review(context.Background(), []string{"m.pyx"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(`m.pyx:4 Box
  6 n: read, a readonly attribute, which becomes a property
  7 name: read, a public attribute, which becomes a property
  7 name (set): write, a public attribute, which becomes a property
  9 __cinit__: none, nobody else has the object then
  11 __init__: write, it can be called again [12 Box.__init__ writes n]
  13 at: none, a C method: its callers hold the lock
  15 get: read, inferred [16 Box.get calls at] [14 Box.at reads n]
  18 set: write, decorated [19 Box.set stores through data]
  21 give: not locked, its decorators name other objects; other: writes to it: locked for writing, as decorated false
  24 wait: exempt, exempt because it "waits"
  27 make: not locked, has no object of its own
  30 size: read, inferred [31 Box.size reads n]
  33 size (set): write, inferred [34 Box.size writes n]
  35 free: none, inferred: touches no guarded state
m.pyx:38 Sub
  40 up: write, inferred [41 Sub.up writes m]
m.pyx:0 functions
  43 drain: not locked, not decorated; box: writes to it: NOT LOCKED true
  47 show: read, decorated; box: reads it: locked for reading, as decorated false
`, "\n"), "\n")
	if d := cmp.Diff(want, said(r)); d != "" {
		t.Error(d)
	}
	box := r.Classes[0]
	if box.Lock != transform.RWLock || !box.Raises || box.Base != "" || r.Classes[1].Base != "Box" {
		t.Errorf("%+v", r.Classes)
	}
	if r.Stops || len(r.Refused) > 0 {
		t.Errorf("refused: %v", r.Findings)
	}
}

// The tables say what the rewrite does.
func TestReviewAgreesWithTheRewrite(t *testing.T) {
	members := 0
	for archive, files := range goldens(t) {
		var names []string
		for n := range files {
			if ext := filepath.Ext(n); ext == ".pyx" || ext == ".pxd" || ext == ".pxi" || ext == ".py" {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		opts := transform.Options{Roots: []string{"."}}
		r, err := transform.NewProject(files, opts).Review(context.Background(), names, 1)
		if err != nil {
			t.Fatal(err)
		}
		if r.Stops {
			continue
		}
		opts.Scope = func() ([]string, error) { return names, nil }
		p := transform.NewProject(files, opts)
		locks := map[string]transform.LockedFunc{}
		for _, n := range names {
			for _, l := range transform.LocksOf(p, n) {
				locks[fmt.Sprintf("%s:%d", l.Path, 1+bytes.Count(files[l.Path][:l.Pos], []byte("\n")))] = l
			}
		}
		for _, c := range r.Classes {
			for _, m := range c.Members {
				l, ok := locks[fmt.Sprintf("%s:%d", m.Path, m.Line)]
				if !ok || c.Name == "" {
					continue
				}
				members++
				got := m.Mode
				want := transform.LocksNothing
				rest := string(files[l.Path][l.Pos:])
				for _, h := range l.Holds {
					open := strings.IndexByte(rest, '(') + 1
					first := strings.Fields(rest[open : open+strings.IndexAny(rest[open:], ",:=)")])
					first = slices.DeleteFunc(first, func(w string) bool { return w == "not" || w == "None" })
					if !strings.HasPrefix(h.Path[0], "*") && (len(h.Path) == 1 || h.Path[1] == c.Guard) && len(first) > 0 && h.Path[0] == first[len(first)-1] {
						want = transform.LocksRead
						if h.Write {
							want = transform.LocksWrite
						}
					}
				}
				if got == transform.LocksExempt || got == transform.LocksNot {
					got = transform.LocksNothing
				}
				if got != want {
					t.Errorf("%s: %s:%d: %s.%s: the table says %s, the rewrite locks %v", archive, m.Path, m.Line, c.Name, m.Name, m.Mode, l.Holds)
				}
			}
		}
	}
	if members < 500 {
		t.Errorf("only %d members", members)
	}
}

// The MB/s are the same for many members.
func BenchmarkReview(b *testing.B) {
	kinds := map[string]string{
		"attributes": "    cdef public int a%d\n",
		"properties": "    @property\n    def a%[1]d(self):\n        return self.n\n    @a%[1]d.setter\n    def a%[1]d(self, v):\n        self.n = v\n",
		"methods":    "    def a%d(self):\n        self.n += 1\n",
	}
	for kind, member := range kinds {
		for _, n := range []int{250, 2500} {
			src := "cimport cython\n@cython.locked_class\ncdef class C:\n    cdef int n\n"
			for i := range n {
				src += fmt.Sprintf(member, i)
			}
			b.Run(fmt.Sprint(n, " ", kind), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					r, err := transform.NewProject(memory{"m.pyx": []byte(src)}, transform.Options{}).Review(context.Background(), []string{"m.pyx"}, 1)
					if err != nil || len(r.Classes) != 1 || len(r.Classes[0].Members) < n {
						b.Fatal(err, len(r.Classes))
					}
				}
			})
		}
	}
}
