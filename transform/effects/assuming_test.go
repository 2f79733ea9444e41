package effects

import (
	"fmt"
	"maps"
	"pyxlock/transform/project"
	"slices"
	"testing"
)

// What is kept of the model of the locks that there are is what a model with all of them finds anew.
func TestAssumingSolvesOnlyWhatDiffers(t *testing.T) {
	const src = `
cimport cython

cdef class Free:
    cdef public long n
    cdef list items
    def set(self, other):
        self.n = other.n
        return other + 1
    def _reset(self):
        self.n = 0
    def __eq__(self, other):
        return self.n == other.n

cdef class Empty:
    def nothing(self):
        return 1

@cython.locked_class
cdef class Locked:
    cdef long n
    cdef Free free
    def __cinit__(self):
        self._fill(1)
    def _fill(self, n):
        self.n = n
    def get(self):
        return self.n
    def add(self):
        self.n += self.get()
    def __eq__(self, other):
        return _same(self, 1) and other == 1
    def clear(self):
        self.free.set(self)
        self.free._reset()

cdef class Heir(Locked):
    def get(self):
        return 2

def _shared(Locked x):
    x.n = 1

def _same(Locked x, long n):
    return x.n == n

def passes(Locked x):
    _shared(x)

def makes():
    x = Locked()
    _shared(x)
    return x

def even(Free f, n):
    return n == 0 or odd(f, n - 1)

def odd(Free f, n):
    f.n = n
    return n != 0 and even(f, n - 1)

def caller(Free f):
    even(f, 3)

def plain(n):
    return n + 1

def twice(n):
    return plain(plain(n))

def reads(Locked x):
    return twice(x.get())
`
	said := func(f *Function) (out []string) {
		for _, e := range f.Sum.Effects {
			class := ""
			if e.Class != nil {
				class = e.Class.Name
			}
			out = append(out, fmt.Sprint(f.Sum.Regions[e.Region].Root, f.Sum.Regions[e.Region].Num, class, e.Field, e.Mode, e.Raw, e.Maybe, e.Held, Say(&e)))
		}
		return append(out, fmt.Sprint(f.Sum.returns, len(f.Callers), f.Sum.shared))
	}
	prog, f := programOf(t, src)
	var all []*Function
	for _, name := range slices.Sorted(maps.Keys(f)) {
		all = append(all, f[name])
	}
	mods := []*project.Module{all[0].Mod}
	before := map[string][]string{}
	for name := range f {
		before[name] = said(f[name])
	}
	kept := unaffected(prog, mods)
	for name, want := range map[string]bool{"plain": true, "twice": true, "reads": true, "Locked.get": true, "Locked.add": true, "Locked._fill": true,
		"passes": true, "Locked.__eq__": false, "_same": true, "Free.set": true, "caller": false, "even": false, "Locked.clear": false} {
		if kept[f[name]] != want {
			t.Errorf("%s is kept: %v", name, kept[f[name]])
		}
	}
	fresh, g := programOf(t, src)
	fresh.Forget()
	fresh.model.assume = true
	fresh.Solve(fresh.Funcs(g["plain"].Mod).All)
	prog.Assuming(mods, func() {
		prog.Solve(prog.Funcs(mods[0]).All)
		for name := range f {
			if have, want := said(f[name]), said(g[name]); !slices.Equal(have, want) {
				t.Errorf("%s:\n%q\nanew:\n%q", name, have, want)
			}
		}
	})
	for name := range f {
		if have := said(f[name]); !slices.Equal(have, before[name]) {
			t.Errorf("%s:\n%q\nbefore:\n%q", name, have, before[name])
		}
	}
}
