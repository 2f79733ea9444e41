package effects

import (
	"fmt"
	"strings"
	"testing"
)

// A value that goes round in loops in loops is each object that it can be, and no other;
// there are more ways through them than anybody could follow.
func TestLoopsInLoops(t *testing.T) {
	const depth = 12
	var src strings.Builder
	src.WriteString("cimport cython\n\n@cython.locked_class\ncdef class N:\n    cdef N next\n    cdef long n\n\n")
	var params, names []string
	for i := range depth {
		params = append(params, fmt.Sprintf("N p%d", i))
		names = append(names, fmt.Sprintf("x%d", i))
	}
	fmt.Fprintf(&src, "def f(%s, N other):\n    cdef N %s, y\n", strings.Join(params, ", "), strings.Join(names, ", "))
	for i := range depth {
		fmt.Fprintf(&src, "    x%d = p%d\n", i, i)
	}
	fmt.Fprintf(&src, "    y = x%d\n", depth-1)
	indent := "    "
	for i := range depth {
		fmt.Fprintf(&src, "%swhile y.n:\n", indent)
		indent += "    "
		fmt.Fprintf(&src, "%sif y.n:\n%s    x%d = x%d\n%selse:\n%s    y = x%d\n", indent, indent, i, (i+1)%depth, indent, indent, i)
	}
	src.WriteString("    y.n = 1\n")
	_, fs := programOf(t, src.String())
	f := fs["f"]
	for i := range depth {
		if st := f.Among(regionOf(t, f, fmt.Sprintf("p%d", i)), func(e *Effect) bool { return e.Mode == Write }); !st.Touches {
			t.Errorf("y may be p%d, and no write of that is known", i)
		}
	}
	for i := range f.Sum.Effects {
		if e := &f.Sum.Effects[i]; f.Sum.Regions[e.Region].Root != NodeParam || f.Sum.Regions[e.Region].Num == depth {
			t.Errorf("an effect on what y is not: %q", PathOf(f, e.Region))
		}
	}
}

// Who goes along a list comes to nodes that no path leads to.
func TestObjectsFurtherOn(t *testing.T) {
	_, fs := programOf(t, `
cimport cython

@cython.locked_class
cdef class N:
    cdef N next
    cdef long n

cdef N following(N x):
    return x.next

def by_attribute(N head):
    while head.n:
        head = head.next
    head.n = 1

def by_call(N head):
    while head.n:
        head = following(head)
    head.n = 1

def by_assignment(N owner):
    while owner.n:
        owner.next = owner.next.next
    owner.next.n = 1
`)
	for _, name := range []string{"by_attribute", "by_call", "by_assignment"} {
		f := fs[name]
		some := false
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if e.Mode != Write {
				continue
			}
			some = some || f.Sum.Regions[e.Region].Root == NodeUnknown
			if path := PathOf(f, e.Region); strings.Count(path, ".next") > 1 {
				t.Errorf("%s: %s stands for one object of many", name, path)
			}
		}
		if !some {
			t.Errorf("%s: writes some object, which is not told", name)
		}
	}
}

// A lock on the end of the longest path is no lock on what is further away.
func TestLongPaths(t *testing.T) {
	_, fs := programOf(t, `
cimport cython

@cython.locked_class
cdef class N:
    cdef N next
    cdef long n

cdef class Plain:
    cdef Plain next
    cdef long n

def locked(N a):
    a.next.next.next.next.next.n = 1

def plain(Plain a):
    a.next.next.next.next.next.n = 1

@cython.locked_class
cdef class Owner:
    cdef Plain first

    def member(self):
        self.first.next.next.next.next.n = 1
`)
	writes := func(name string) (out []string) {
		for i := range fs[name].Sum.Effects {
			if e := &fs[name].Sum.Effects[i]; e.Mode == Write {
				out = append(out, PathOf(fs[name], e.Region)+"|"+e.Class.Name+"|"+e.Field)
			}
		}
		return out
	}
	for name, want := range map[string]string{"locked": "[|N|n]", "plain": "[a|Plain|next]", "Owner.member": "[self|Owner|first]"} {
		if got := fmt.Sprint(writes(name)); got != want {
			t.Errorf("%s writes %s, want %s", name, got, want)
		}
	}
}

func regionOf(t *testing.T, f *Function, path string) int32 {
	t.Helper()
	for i := range f.Sum.Regions {
		if PathOf(f, int32(i)) == path {
			return int32(i)
		}
	}
	t.Fatalf("%s has no %s", f.Name(), path)
	return -1
}
