package effects

import (
	"fmt"
	"strings"
	"testing"
)

// itemsSource has a class and functions; the comment on a function's line says what it does
// to whom: the members by what they lock, the others by their effects.
const itemsSource = `
cimport cython
from libc.string cimport memcpy

@cython.locked_class
cdef class M:
    cdef long *p
    cdef long n
    cdef M next
    cdef list kids

    def __init__(self, *args):  # self=write *args=read
        if len(args) == 1 and isinstance(args[0], M):
            memcpy(self.p, (<M>args[0]).p, 800)

    # One of them, by whatever way.
    def index(self, *args):  # *args=write
        (<M>args[0]).n = 1
    def loop(self, *args):  # *args=read
        cdef M o
        for o in args:
            o.n
    def unpack(self, *args):  # *args=write
        a, b = args
        (<M>b).n = 1
    def rest(self, *args):  # *args=write
        a, *b = args
        (<M>b[0]).n = 1
    def part(self, *args):  # *args=write
        for o in args[1:]:
            (<M>o).n = 1
    def enumerated(self, *args):  # *args=write
        for i, o in enumerate(args):
            (<M>o).n = i
    def zipped(self, *args):  # *args=write
        for i, o in zip(range(3), reversed(args)):
            (<M>o).n = i
    def copied(self, *args):  # *args=write
        for o in sorted(list(args)):
            (<M>o).n = 1
    def comprehended(self, *args):  # *args=read
        return [(<M>o).n for o in args]
    def filtered(self, *args):  # *args=write
        for o in [x for x in args if x is not None]:
            (<M>o).n = 1
    def stepped(self, *args):  # *args=write
        (<M>next(iter(args))).n = 1
    def collected(self, *args):  # *args=write
        l = []
        for o in args:
            l.append(o)
        for o in l:
            (<M>o).n = 1
    def stored(self, *args):  # *args=write
        l = [None]
        l[0] = args[0]
        (<M>l[0]).n = 1
    def values(self, **kw):  # **kw=write
        for o in kw.values():
            (<M>o).n = 1
    def pairs(self, **kw):  # **kw=write
        for k, o in kw.items():
            (<M>o).n = 1
    def got(self, **kw):  # **kw=write
        (<M>kw.get("o")).n = 1
    def key(self, **kw):  # **kw=write
        (<M>kw["o"]).n = 1
    def of_list(self, list others):  # *others=read
        for o in others:
            (<M>o).n
    def of_tuple(self, others: tuple):  # *others=read
        (<M>others[0]).n
    def generic(self, others: list[M]):  # *others=read
        (<M>others[0]).n

    # A list that has to be the caller's own is not copied, and its items not locked.
    def changes(self, list others):  #
        (<M>others[0]).n = 1
        others.append(None)
    def sets(self, list others):  #
        (<M>others[0]).n = 1
        others[0] = None
    def gives_back(self, list others):  #
        (<M>others[0]).n = 1
        return others
    def hands_on(self, list others):  #
        (<M>others[0]).n = 1
        shuffle(others)
    def by_helper(self, list others):  #
        (<M>others[0]).n = 1
        grow(others)
    def keeps(self, list others):  # self=write
        (<M>others[0]).n = 1
        self.kids = others
    def untyped(self, others):  #
        (<M>others[0]).n = 1

    # Others than items of parameters.
    def own(self, *args):  #
        for o in [M(), M()]:
            (<M>o).n = 1
    def both(self, M other):  # self=write other=write
        for o in [self, other]:
            (<M>o).n = 1
    def reached(self, *args):  # *args=read
        (<M>args[0]).next.n

    # Through calls.
    def merge(self, M other):  # self=write other=read
        self.n = other.n
    def update(self, *others):  # self=write *others=read
        for o in others:
            self.merge(o)
    def by_name(self, M a, M b):  # self=write a=read b=read
        self.update(a, b)
    def passes_on(self, *xs):  # self=write *xs=read
        self.update(*xs)
    def some_more(self, M a, *xs):  # self=write a=read *xs=read
        self.update(a, *xs)
    def spread(self, *xs):  # self=write *xs=read
        self.merge(*xs)
    def spread_list(self, M a):  # self=write a=read
        self.update(*[a])
    def built(self, M a):  # self=write a=read
        l = []
        l.append(a)
        self.update(*l)
    def kw_in(self, M a):  # a=write
        self.key(o=a)
    def kw_on(self, **kw):  # **kw=write
        self.key(**kw)
    def to_helper(self, *args):  # *args=write
        touch_all(args)
    def to_helper_spelled(self, M a):  # a=write
        touch_all((a, None))
    def to_helper_untyped(self, others):  #
        touch_all(others)

    # Constructors and factories.
    def neg(self):  # self=read
        return M(self)
    def copies(self, *args):  # *args=read
        return M(*args)
    def of_type(self):  # self=read
        return type(self)(self)
    def of_type_later(self, M other):  # other=read
        cls = type(self)
        return cls(other)
    def of_class(self):  # self=read
        return self.__class__(self)
    def made(self):  # self=read
        return make(self)
    @classmethod
    def made_of(cls, M x):  # x=read
        return cls(x)

    # What comes back in a tuple.
    def __add__(s, t):  # s=read t=read
        u, v = coerce(s, t)
        return (<M>u).n + (<M>v).n

    # The object is one of the items.
    def union(*all):  # *all=read
        return [(<M>o).n for o in all]
    def either(self, M other):  # self=read other=read
        return self.union(other)

cdef class Sub(M):
    def __init__(self, *args, **kw):  # self=write *args=read
        super().__init__(*args)

cdef touch_all(objects):  # *objects=write
    for o in objects:
        (<M>o).n = 1

cdef grow(objects):  #
    objects.append(1)

cdef coerce(x, y):  # y=read
    if isinstance(y, M):
        return x, M(y)
    return NotImplemented, NotImplemented

def make(x):  # x=read
    return M(x)

def first(*args):  #
    return args[0]

def through_first(M a):  # a=write
    (<M>first(a, 1)).n = 1
`

func TestItems(t *testing.T) {
	prog, f := programOf(t, itemsSource)
	checked := 0
	for _, fun := range f {
		line := itemsSource[fun.Def.Name.Pos:]
		line, _, _ = strings.Cut(line, "\n")
		_, want, ok := strings.Cut(line, "  #")
		if !ok {
			t.Errorf("%s: nothing says what it does", fun.Name())
			continue
		}
		checked++
		var got []string
		for i, prm := range fun.Def.Params.List {
			if prm.Kind != 0 {
				continue
			}
			if st := prog.StanceOn(fun, i, false); st.Touches && prog.Guards(st.Why.Class) {
				got = append(got, fmt.Sprintf("%s=%s", prm.Name.Name, st.Mode))
			}
		}
		if prog.Member(fun) {
			for _, st := range prog.InferItems(fun) {
				got = append(got, fmt.Sprintf("%s=%s", st.Path, st.Mode))
			}
		} else {
			for r := range fun.Sum.Regions {
				st := fun.Among(int32(r), func(e *Effect) bool { return e.Kind != OnPython })
				if _, ok := Items(fun, int32(r)); ok && st.Touches {
					got = append(got, fmt.Sprintf("%s=%s", PathOf(fun, int32(r)), st.Mode))
				}
			}
		}
		if s := strings.Join(got, " "); s != strings.TrimSpace(want) {
			t.Errorf("%s: got %q, want %q", fun.Name(), s, strings.TrimSpace(want))
		}
		// What is an item of a parameter, or the function's own, is not "some" object.
		for i := range fun.Sum.Effects {
			e := &fun.Sum.Effects[i]
			if fun.Sum.Regions[e.Region].Root == NodeUnknown && prog.Guards(e.Class) {
				t.Errorf("%s does something to an object from somewhere: %s", fun.Name(), Say(e))
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d functions", checked)
	}
}
