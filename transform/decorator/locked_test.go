package decorator

import (
	"strings"
	"testing"

	"pyxlock/internal/memory"
	"pyxlock/transform/project"
)

func TestLocksAndWhatIsInherited(t *testing.T) {
	p := project.New(memory.Files{"m.pyx": `
cimport cython as cy
from cython cimport locked_class as locked, read_lock

@locked(lock="mutex", blocking=True)
cdef class Base:
    cdef int n

cdef class Empty(Base):
    pass

cdef class Stateful(Base):
    cdef int m

@cy.locked_class(guard="owner")
cdef class Guarded(Base):
    cdef Base owner

@locked
class Python:
    pass

cdef class Free:
    cdef int k
`}, project.Options{})
	l := New(p, RWLock)
	m := p.Module("m")
	class := func(name string) *project.Class { return m.ClassByName[name] }
	if in := l.OfMembers(class("Base")); in == nil || in.Kind != Mutex || in.Owner != class("Base") {
		t.Errorf("Base: %+v", in)
	}
	if l.Of(class("Empty")) == nil || l.OfMembers(class("Empty")) != nil {
		t.Error("a subclass without state shares the lock, and its own methods take none")
	}
	if in := l.OfMembers(class("Stateful")); in == nil || in.Owner != class("Base") {
		t.Errorf("Stateful: %+v", in)
	}
	if in := l.Of(class("Guarded")); in == nil || in.Guard != "owner" {
		t.Errorf("Guarded: %+v", in)
	}
	found := l.Findings(m)
	if len(found) != 1 || !strings.Contains(found[0].Message, "Python class") {
		t.Errorf("%+v", found)
	}
	free := class("Free")
	if l.Of(free) != nil {
		t.Error("Free is locked")
	}
	l.Give(free, &ClassLock{Class: free})
	if in := l.Of(free); in == nil || in.Kind != RWLock {
		t.Errorf("after it was given a lock: %+v", in)
	}
}

func TestConcernedThroughCimports(t *testing.T) {
	p := project.New(memory.Files{
		"locked.pxd":   "cimport cython\n@cython.locked_class\ncdef class C:\n    pass\n",
		"middle.pxd":   "from locked cimport C\n",
		"user.pyx":     "cimport middle\n",
		"includes.pyx": "include 'part.pxi'\n",
		"part.pxi":     "from cython cimport read_lock\n",
		"other.pyx":    "lock = 'none of ours'\n",
	}, project.Options{})
	l := New(p, RWLock)
	for stem, want := range map[string]bool{"user": true, "middle": true, "includes": true, "other": false} {
		if l.Concerned(stem) != want {
			t.Errorf("%s: %v", stem, !want)
		}
	}
}
