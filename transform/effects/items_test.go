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

    # What a container gains later on.
    def plus_args(self, *args):  # *args=write
        l = []
        l += args
        (<M>l[0]).n = 1
    def plus_list(self, M a):  # a=write
        l = []
        l += [a]
        (<M>l[0]).n = 1
    def union_set(self, M a):  # a=write
        s = set()
        s |= {a}
        for o in s:
            (<M>o).n = 1
    def updated_set(self, M a):  # a=write
        s = set()
        s.update([a])
        for o in s:
            (<M>o).n = 1
    def updated_dict(self, M a, M b):  # a=write b=write
        d = {}
        d.update({"a": a}, b=b)
        for o in d.values():
            (<M>o).n = 1
    def inserted(self, M a):  # a=write
        l = []
        l.insert(0, a)
        (<M>l[0]).n = 1
    def added(self, M a):  # a=write
        s = set()
        s.add(a)
        (<M>s.pop()).n = 1
    def sum_of_lists(self, M a, M b):  # a=write b=write
        for o in [a] + [b]:
            (<M>o).n = 1
    def times(self, M a):  # a=write
        for o in [a] * 3:
            (<M>o).n = 1
    def ored(self, M a, M b):  # a=write b=write
        for o in {a} | {b}:
            (<M>o).n = 1
    def sliced(self, M a):  # a=write
        l = [None]
        l[0:] = [a]
        (<M>l[0]).n = 1
    def starred(self, M a, *args):  # a=write *args=write
        for o in [*args, a]:
            (<M>o).n = 1
    def double_starred(self, **kw):  # **kw=write
        d = {**kw}
        (<M>d["a"]).n = 1
    def dict_of(self, M a):  # a=write
        d = dict(a=a)
        (<M>d["a"]).n = 1
    def dict_comp(self, *args):  # *args=write
        d = {i: o for i, o in enumerate(args)}
        (<M>d[0]).n = 1
    def generator(self, *args):  # *args=write
        for o in tuple(o for o in args):
            (<M>o).n = 1
    def nested_comp(self, M a, M b):  # a=write b=write
        for o in [o for l in [[a], [b]] for o in l]:
            (<M>o).n = 1
    def by_callee(self, M a):  # a=write
        l = []
        fill(l, a)
        (<M>l[0]).n = 1
    def by_callee_deep(self, M a):  # a=write
        l = []
        fill_by(l, a)
        (<M>l[0]).n = 1
    def by_callee_plus(self, M a):  # a=write
        l = []
        fill_plus(l, a)
        (<M>l[0]).n = 1
    def by_callee_item(self, M a):  # a=write
        l = [None]
        fill_item(l, a)
        (<M>l[0]).n = 1
    def by_callee_all(self, *args):  # *args=write
        l = []
        fill_all(l, args)
        (<M>l[0]).n = 1
    def later(self, M a):  # a=write
        l = [M()]
        for i in range(3):
            (<M>l[0]).n = i
            l.insert(0, a)
    def other_later(self, M a):  # a=write
        l = [M()]
        for i in range(3):
            l.append(a)
            (<M>l[0]).n = i
            l = [None]
    def into_param(self, list others, M a):  # a=write
        others.append(a)
        (<M>others[0]).n = 1
    def into_kid(self, M a):  # a=write
        l = [[None]]
        l[0].append(a)
        (<M>l[0][0]).n = 1
    def from_factory(self, M a):  # a=write
        l = listed(a)
        (<M>l[0]).n = 1
    def after_factory(self, M a, M b):  # a=write b=write
        l = listed(a)
        l.append(b)
        (<M>l[0]).n = 1
    def set_default(self, M a):  # a=write
        d = {}
        (<M>d.setdefault("a", a)).n = 1

    # What is in an attribute of an object that a factory made.
    def filled(self, M a):  # a=write
        p = filled_box(a)
        p.buf.n = 1
    def filled_by_constructor(self, M a):  # a=write
        cdef Box p = Box(a)
        p.buf.n = 1
    def filled_twice(self, M a):  # a=write
        p = filled_box_by(a)
        p.buf.n = 1
    def filled_here(self, M a):  # a=write
        p = empty_box()
        p.buf = a
        p.buf.n = 1
    def filled_in_tuple(self, M a):  # a=write
        p, q = box_pair(a)
        (<Box>p).buf.n = 1
    def filled_with_new(self):  #
        p = box_of_new()
        p.buf.n = 1
    def filled_deep(self, M a):  # a=write
        p = nested_box(a)
        p.inner.buf.n = 1

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

cdef class Box:
    cdef M buf
    cdef Box inner
    def __cinit__(self, M x=None):  #
        self.buf = x

cdef Box empty_box():  #
    return Box()

cdef Box filled_box(M x):  #
    cdef Box p = Box()
    p.buf = x
    return p

cdef Box filled_box_by(M x):  #
    q = filled_box(x)
    return q

cdef box_pair(M x):  #
    return filled_box(x), 1

cdef Box box_of_new():  #
    cdef Box p = Box()
    p.buf = M()
    return p

cdef Box nested_box(M x):  #
    cdef Box p = Box()
    p.inner = filled_box(x)
    return p

cdef fill(l, x):  #
    l.append(x)

cdef fill_by(l, x):  #
    fill(l, x)

cdef fill_plus(l, x):  #
    l += [x]

cdef fill_item(l, x):  #
    l[0] = x

cdef fill_all(l, xs):  #
    for x in xs:
        l.append(x)

cdef listed(x):  #
    l = []
    l.append(x)
    return l

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
