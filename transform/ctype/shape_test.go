package ctype

import (
	"testing"

	"pyxlock/internal/memory"
	"pyxlock/transform/project"
)

func TestShapes(t *testing.T) {
	p := project.New(memory.Files{"m.pyx": `
cdef extern from "h.h":
    ctypedef int hid_t
    ctypedef int word_t
    struct Opaque:
        int n
cdef struct Plain:
    int a
    double b[3]
cdef struct Leads:
    int *p
cdef fused Either:
    A
    B
cdef class A:
    pass
cdef class B:
    pass
cdef class C:
    cdef int scalar
    cdef const double *data
    cdef double[:, ::1] view
    cdef list items
    cdef A child
    cdef hid_t handle
    cdef word_t word
    cdef Plain plain
    cdef Leads leads
`}, project.Options{})
	m := p.Module("m")
	guarded := m.ClassByName["B"]
	types := New(func(c *project.Class) bool { return c == guarded })
	of := func(name string) Shape { return types.OfField(m.ClassByName["C"].Field(name)) }
	if s := of("scalar"); s.Kind != Scalar || s.Handle {
		t.Errorf("scalar: %+v", s)
	}
	if s := of("data"); s.Kind != Pointer || s.Depth != 1 || !s.ReadOnly() {
		t.Errorf("data: %+v", s)
	}
	if s := of("view"); s.Kind != Pointer || s.Axes != 2 {
		t.Errorf("view: %+v", s)
	}
	if s := of("items"); s.Kind != Object || !s.Container || s.Class != nil {
		t.Errorf("items: %+v", s)
	}
	if s := of("child"); s.Kind != Object || s.Class != m.ClassByName["A"] {
		t.Errorf("child: %+v", s)
	}
	if of("word").Handle || !of("handle").Handle {
		t.Error("what a header calls by another name than a number's is a handle")
	}
	if !types.PlainData(of("plain").Struct, 0) || types.PlainData(of("leads").Struct, 0) {
		t.Error("a struct is plain data where it leads nowhere")
	}
	if s := types.OfName(m, []string{"Either"}, "", 0); s.Class != guarded {
		t.Errorf("of a fused type, the class that has a lock stands for all: %+v", s)
	}
}
