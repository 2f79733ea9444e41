package decorator

// Where markers stand, and what they say.

import (
	"testing"

	"pyxlock/internal/memory"
	"pyxlock/transform/project"
)

func TestMarker(t *testing.T) {
	for _, in := range []Info{
		{Kind: RWLock},
		{Kind: Mutex},
		{Kind: CriticalSection, Guard: "_doc"},
		{Kind: RWLock, Nonblocking: true, Guard: "owner", MustDecorate: true},
	} {
		for _, line := range []string{
			"cdef class C: pass  " + in.Marker(),
			"cdef class C:  " + in.Marker() + "\r\n    cdef int n",
			"cdef class C:  # a comment  " + in.Marker() + "  # and one more\n    cdef int n",
			"cdef class C(\n    object,\n):\t" + in.Marker() + "\n    \"\"\"" + `# pyxlock: locked_class(lock="mutex")` + "\"\"\"\n    cdef int n",
		} {
			l, c := marking(line)
			got := l.Of(c)
			if got == nil {
				t.Errorf("%q: not locked", line)
				continue
			}
			if got.Kind != in.Kind || got.Nonblocking != in.Nonblocking || got.Guard != in.Guard || got.MustDecorate != in.MustDecorate {
				t.Errorf("%q: %+v", line, got)
			}
			if l.OfMembers(c) != nil || !l.Marked(c) || l.Declared(c) != nil {
				t.Errorf("%q: its own methods have to be left alone", line)
			}
			if !l.Concerned("m") || !Marks([]byte(line)) {
				t.Errorf("%q: not seen without parsing", line)
			}
		}
	}
}

// A comment elsewhere is no marker, and a decorator has the last word.
func TestNoMarker(t *testing.T) {
	m := (&Info{}).Marker()
	for _, line := range []string{
		"cdef class C:\n    cdef int n  " + m,
		"cdef class C:\n    " + m + "\n    cdef int n",
		m + "\ncdef class C:\n    cdef int n",
		"cdef class C:\n    '" + m + "'\n    cdef int n",
		"cdef class C: '" + m + "'",
		"cdef class C:  # pyxlock: locked_class\n    cdef int n",
	} {
		if l, c := marking(line); l.Of(c) != nil || l.Marked(c) {
			t.Errorf("%q: locked", line)
		}
	}
	l, c := marking("cimport cython\n@cython.locked_class(lock=\"mutex\")\ncdef class C:  " + m + "\n    cdef int n")
	if in := l.OfMembers(c); in == nil || in.Kind != Mutex || l.Marked(c) {
		t.Errorf("a decorator beside a marker: %+v", in)
	}
}

// A marker is put behind all that is on the line, and found there again.
func TestMarkerOf(t *testing.T) {
	for src, want := range map[string]string{
		"cdef class C: pass":                           "cdef class C: pass|",
		"cdef class C:   # why\n    pass\n":            "cdef class C:   # why|\n    pass\n",
		"cdef class C:  \r\n    pass\r\n":              "cdef class C:|  \r\n    pass\r\n",
		"cdef class C: \"\"\"a\n# b\"\"\"  # c\n":      "cdef class C: \"\"\"a\n# b\"\"\"  # c|\n",
		"cdef class C(A,  # one\n  B):  # two\n  pass": "cdef class C(A,  # one\n  B):  # two|\n  pass",
	} {
		_, c := marking(src)
		at, ok := MarkerOf(c.PxdUnit.File, c.PxdDef)
		if got := src[:at.Pos] + "|" + src[at.End:]; !ok || got != want {
			t.Errorf("%q: %q", src, got)
		}
	}
}

func marking(pxd string) (*Locks, *project.Class) {
	p := project.New(memory.Files{"m.pxd": pxd}, project.Options{})
	return New(p, RWLock), p.Module("m").ClassByName["C"]
}
