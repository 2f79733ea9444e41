"""The decorators in uncompiled code: what is locked, what is refused, what stays."""

import abc
import asyncio
import contextlib
import copy
import functools
import gc
import importlib
import inspect
import io
import itertools
import linecache
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import threading
import weakref
from pathlib import Path

import cython
import pytest

import pyxlock  # noqa: F401
from pyxlock import _block, _locks, _shadow, _statement


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert _locks.snapshot() == []


def held():
    """What this thread holds: (object, "read" or "write") in the order of taking."""
    me = threading.get_ident()
    return [
        (guard.object, "write" if guard.mode == _locks.WRITE else "read")
        for guard in _locks._holds
        if guard.thread == me
    ]


def modes(*objects):
    """How this thread holds each of the objects."""
    return ["".join(mode[0] for obj, mode in held() if obj is each) for each in objects]


@cython.locked_class
class Box:
    """Tells in every way how it is held."""

    def __init__(self, value=None):
        self.on_init = modes(self)
        self.value = value

    @cython.read_lock
    def reading(self):
        return modes(self)

    @cython.write_lock
    def writing(self):
        return modes(self)

    @cython.read_lock()
    def with_parentheses(self):
        return modes(self)

    def undecorated(self):
        return modes(self)

    @cython.no_lock("shows that it takes none")
    def exempt(self):
        return modes(self)

    @cython.cfunc
    def c_method(self):
        return modes(self)

    @cython.cfunc
    @cython.read_lock
    def locked_c_method(self):
        return modes(self)

    @cython.ccall
    def cpdef_method(self):
        return modes(self)

    @property
    @cython.read_lock
    def decorated(self):
        return modes(self)

    @decorated.setter
    @cython.write_lock
    def decorated(self, seen):
        seen.append(modes(self))

    @decorated.deleter
    def decorated(self):
        self.value = modes(self)

    @property
    def plain(self):
        return modes(self)

    @cython.read_lock
    @property
    def outside(self):
        return modes(self)

    @cython.write_lock
    @outside.setter
    def outside(self, seen):
        seen.append(modes(self))

    @staticmethod
    def static(one):
        return modes(one)

    @staticmethod
    @cython.write_lock("two")
    def locked_static(one, two):
        return modes(one, two)

    @cython.read_lock
    @staticmethod
    def locked_static_outside(one):
        return modes(one)

    @classmethod
    def of_class(cls):
        return modes(cls)

    @classmethod
    @cython.write_lock
    def of_locked_class(cls):
        return modes(cls)

    @cython.read_lock("self", "other")
    def both(self, other):
        return modes(self, other)

    @cython.write_lock
    @cython.read_lock("other")
    def stacked(self, other):
        return modes(self, other)

    @cython.write_lock("a", "a.value")
    def path(self, a):
        return modes(self, a, a.value)

    @cython.read_lock
    def operand(self, other, third=None, *more, **named):
        return modes(self, other, third)

    def __len__(self):
        self.value = modes(self)
        return 3

    @cython.read_lock
    def __eq__(self, other):
        return modes(self, other)

    __hash__ = None

    def __del__(self):
        assert modes(self) == [""]


# ---- what is locked ------------------------------------------------------------------


def test_members():
    box = Box()
    assert box.on_init == ["w"]
    assert box.reading() == box.with_parentheses() == ["r"]
    assert box.writing() == box.undecorated() == box.cpdef_method() == ["w"]
    assert box.exempt() == box.c_method() == [""]
    assert box.locked_c_method() == ["r"]
    assert box.decorated == ["r"]
    assert box.plain == ["w"]
    seen = []
    box.decorated = box.outside = seen
    assert seen == [["w"], ["w"]]
    assert box.outside == ["r"]
    del box.decorated
    assert box.value == ["w"]
    assert len(box) == 3 and box.value == ["w"]
    assert (box == 5) == ["r", ""]


def test_static_and_class_methods():
    one, two = Box(), Box()
    assert Box.static(one) == one.static(one) == [""]
    assert Box.locked_static(one, two) == one.locked_static(one, two) == ["", "w"]
    assert one.locked_static_outside(two) == ["r"]
    assert Box.of_class() == one.of_class() == [""]
    assert Box.of_locked_class() == one.of_locked_class() == ["w"]


def test_parameters_by_position_name_and_default():
    one, two = Box(), Box()
    assert one.both(two) == one.both(other=two) == Box.both(other=two, self=one) == ["r", "r"]
    assert one.both(one) == ["r", "r"] and len(held()) == 0
    assert one.both(None) == one.both(5) == ["r", ""]

    default = Box()

    @cython.write_lock("kw", "a")
    def function(a=default, *rest, kw=two, **more):
        return modes(a, kw)

    assert function() == function(default, 1, 2, x=3) == ["w", "w"]
    assert function(None, kw=one) == ["", "w"]
    assert function(kw=None) == ["w", ""]


def test_each_object_once_in_the_stronger_mode():
    one, two = Box(), Box()
    assert one.stacked(two) == ["w", "r"]
    assert one.stacked(one) == ["w", "w"]

    @cython.read_lock("a", "b")
    @cython.write_lock("c")
    def function(a, b, c):
        return len(held()), modes(a, b, c)

    assert function(one, two, one) == (2, ["w", "r", "w"])
    assert function(one, one, one) == (1, ["w", "w", "w"])


def test_objects_are_taken_in_one_order():
    boxes = sorted((Box() for _ in range(3)), key=id)

    @cython.read_lock("a", "b", "c")
    def function(a, b, c):
        return [id(obj) for obj, _ in held()]

    assert function(*boxes) == function(*reversed(boxes)) == [id(box) for box in boxes]


def test_operands_of_methods_that_name_none_are_held_for_reading():
    one, two, three = Box(), Box(), Box()
    assert one.operand(two) == ["r", "r", ""]
    assert one.operand(two, three) == one.operand(third=three, other=two) == ["r", "r", "r"]
    assert one.operand(None, 5, two) == ["r", "", ""]
    assert one.operand(one) == ["r", "r", ""]
    assert (one == two) == ["r", "r"]


def test_paths_are_followed_once_before_the_lock():
    one, two = Box(), Box(Box())
    assert one.path(two) == ["", "w", "w"]
    two.value = None
    assert one.path(two)[:2] == ["", "w"]
    looks = []

    class Holder:
        @property
        def box(self):
            looks.append(held())
            return one

    @cython.write_lock("holder.box")
    def function(holder):
        return modes(one)

    assert function(Holder()) == ["w"] and looks == [[]]
    # Nothing to lock on the way.
    assert function(None) == [""]
    with pytest.raises(AttributeError):
        function(object())
    with pytest.raises(AttributeError):
        cython.read_lock("a.valeu")(lambda a: None)(one)


def test_a_guard_is_the_lock():
    @cython.locked_class
    class Tree:
        pass

    @cython.locked_class(guard="tree")
    class Branch:
        def __init__(self, tree):
            self.held = modes(self, tree)
            self.tree = tree

        @cython.read_lock
        def reading(self):
            return modes(self, self.tree)

        @cython.write_lock
        @cython.read_lock("other")
        def of_another(self, other):
            return modes(self.tree, other.tree)

    @cython.locked_class(guard="branch")
    class Leaf:
        def __init__(self, branch):
            self.branch = branch

        @cython.write_lock
        def writing(self):
            return modes(self, self.branch, self.branch.tree)

    tree = Tree()
    branch, other = Branch(tree), Branch(tree)
    assert branch.held == ["", "r"]  # it has no guard yet; and the operand
    assert branch.reading() == ["", "r"]
    assert branch.of_another(other) == ["w", "w"]
    assert branch.of_another(Branch(Tree())) == ["w", "r"]
    assert Leaf(branch).writing() == ["", "", "w"]
    assert Branch(None).reading() == ["", ""]


def test_functions_lock_instances_of_locked_classes_only():
    @cython.write_lock
    def function(first, second=None):
        return modes(first, second)

    class Python(Box):
        pass

    assert function(Box()) == function(Python(), Box()) == ["w", ""]
    assert function(5) == function(None) == function([]) == ["", ""]


@pytest.mark.parametrize("kind", ["mutex", "critical_section"])
def test_locks_that_are_not_shared(kind):
    @cython.locked_class(lock=kind)
    class One:
        @cython.read_lock
        def reading(self):
            return modes(self)

    @cython.read_lock
    def function(one):
        return modes(one)

    assert One().reading() == function(One()) == ["w"]


def test_subclasses():
    @cython.cclass
    class Sub(Box):
        def more(self):
            return modes(self)

        @cython.read_lock
        def reading(self):
            return modes(self) + super().writing() + super().reading()

    @cython.locked_class(blocking=False)
    @cython.cclass
    class Again(Box):
        def more(self):
            return modes(self)

    class Python(Box):
        def more(self):
            return modes(self), self.undecorated()

    assert Sub().more() == Again().more() == ["w"]
    assert Sub().reading() == ["r", "rw", "rr"]
    assert Python().more() == ([""], ["w"])


def test_an_exempt_class_takes_no_lock():
    @cython.no_lock("its pool hands it to one thread")
    @cython.cclass
    class Slot:
        def look(self):
            return modes(self)

    @cython.locked_class
    @cython.cclass
    class Shared(Slot):
        def more(self):
            return modes(self)

    assert Slot().look() == [""]
    assert Shared().more() == ["w"]


def test_what_a_locked_subclass_inherits_and_what_it_does_not_give_back():
    tree = Box()

    @cython.locked_class(guard="tree")
    class Base:
        tree = None

        @cython.read_lock
        def get(self):
            return modes(self, tree)

        @property
        @cython.read_lock
        def value(self):
            return modes(self, tree)

    @cython.locked_class(blocking=False)
    @cython.cclass
    class Sub(Base):
        @cython.write_lock
        def set(self):
            return modes(self, tree)

        @Base.value.setter
        @cython.write_lock
        def value(self, seen):
            seen.append(modes(self, tree))

    base, sub = Base(), Sub()
    base.tree = sub.tree = tree
    assert base.get() == base.value == sub.get() == sub.value == ["", "r"]
    assert sub.set() == ["", "w"]
    seen = []
    sub.value = seen
    assert seen == [["", "w"]]
    # Sub's methods do not wait, and those of Base do, whatever they are called on.
    inside, go = threading.Event(), threading.Event()
    holder = cython.write_lock(lambda box: (inside.set(), go.wait(600)))
    thread = threading.Thread(target=holder, args=(tree,))
    thread.start()
    assert inside.wait(600)
    for function in (lambda: sub.set(), lambda: setattr(sub, "value", seen)):
        with pytest.raises(RuntimeError, match="another thread uses it"):
            function()
    waits = threading.Thread(target=lambda: (sub.value, sub.get(), base.value))
    waits.start()
    while waits.is_alive() and not any(line[1] == "waits" for line in _locks.snapshot()):
        pass
    assert waits.is_alive()
    go.set()
    thread.join()
    waits.join()

    @cython.locked_class
    class Waits(Sub):
        def more(self):
            return modes(tree)

    waits = Waits()
    waits.tree = tree
    assert waits.more() == ["w"] and not Waits.__pyxlock__.blocking


def test_a_class_that_does_not_wait():
    @cython.locked_class(blocking=False)
    class Slot:
        @cython.write_lock
        def put(self, body):
            return body()

        @cython.read_lock
        def get(self):
            return "got"

    slot = Slot()

    def elsewhere():
        out = []

        def run():
            try:
                out.append(slot.get())
            except RuntimeError as error:
                out.append(str(error))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return out[0]

    assert slot.put(elsewhere) == f"pyxlock: cannot read an object of {Slot!r}: another thread uses it"
    assert slot.put(slot.get) == elsewhere() == "got"


def test_under_a_foreign_decorator_all_locks_are_taken_together():
    def foreign(function):
        @functools.wraps(function)
        def wrapper(*args):
            return held(), function(*args)

        return wrapper

    one, two = Box(), Box()

    @cython.write_lock("a")
    @foreign
    @cython.read_lock("b")
    def function(a, b):
        return modes(a, b)

    assert function(one, two) == ([], ["w", "r"])


def test_names_are_compared_as_identifiers_are():
    @cython.write_lock("ﬁle")
    def function(ﬁle):
        return modes(ﬁle)

    assert function(Box()) == ["w"]


def test_inside_threads_wait_for_each_other():
    """Two threads do by steps what would lose an update; the lock puts the steps
    of one before those of the other."""

    class Plain:
        def __init__(self):
            self.n = 0

        def add(self, pause):
            n = self.n
            pause()
            self.n = n + 1

    def run(counter):
        inside, go = threading.Event(), threading.Event()
        first = threading.Thread(target=counter.add, args=(lambda: (inside.set(), go.wait(600)),))
        first.start()
        assert inside.wait(600)
        second = threading.Thread(target=counter.add, args=(lambda: None,))
        second.start()
        # Either it is through, or it waits.
        while second.is_alive() and not any(line[1] == "waits" for line in _locks.snapshot()):
            pass
        go.set()
        first.join()
        second.join()
        return counter.n

    assert run(Plain()) == 1

    @cython.locked_class
    class Locked(Plain):
        @cython.write_lock
        def add(self, pause):
            super().add(pause)

    assert run(Locked()) == 2


# ---- blocks ------------------------------------------------------------------------


def test_a_block_holds_objects_while_its_body_runs():
    a, b, c = (Box() for _ in range(3))
    with cython.write_lock(a, b, a), cython.read_lock(c, None, 3, ()):
        assert both_ways(*held()) == both_ways((a, "write"), (b, "write"), (c, "read"))
        with cython.read_lock(a):
            assert modes(a) == ["wr"]
        assert modes(a) == ["w"]
    assert held() == []
    with cython.read_lock(*[a, b]):
        assert held() == both_ways((a, "read"), (b, "read"))
    with pytest.raises(KeyError), cython.write_lock(a):
        raise KeyError
    for _ in range(2):
        with cython.write_lock(None) as nothing:
            assert nothing is None and held() == []
            continue


def test_a_block_holds_guards_and_waits_as_the_class_says():
    @cython.locked_class(guard="doc")
    class Node:
        def __init__(self, doc):
            self.doc = doc

    @cython.locked_class(blocking=False)
    class Hasty:
        def __call__(self):
            return "called"

    doc, hasty = Box(), Hasty()
    with cython.write_lock(Node(doc), Node(None)):
        assert held() == [(doc, "write")]
    seen = []

    def other():
        try:
            with cython.read_lock(hasty):
                seen.append("in")
        except RuntimeError:
            seen.append("busy")

    with cython.write_lock(hasty):  # though it can be called, as a function can
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    other()
    assert seen == ["busy", "in"]


def test_blocks_of_threads_exclude_each_other():
    a, b = Box(0), Box(0)

    def move(x, y):
        for _ in range(300):
            with cython.write_lock(x, y):
                x.value, y.value = x.value + 1, y.value - 1

    threads = [threading.Thread(target=move, args=pair) for pair in ((a, b), (b, a), (a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (a.value, b.value) == (0, 0)


def test_a_source_is_parsed_while_other_threads_parse(monkeypatch):
    parse, failures = _statement.ast.parse, iter([SystemError("recursion depth mismatch")] * 3)

    def interrupted(source):
        for failure in failures:
            raise failure
        return parse(source)

    monkeypatch.setattr(_statement.ast, "parse", interrupted)
    a, b = Box(0), Box(0)
    _statement._known.clear()
    taken = []
    monkeypatch.setattr(_statement, "_has", lambda whole, code: taken.append(code.co_name) or True)
    with cython.write_lock(a), cython.write_lock(b):
        pass
    assert taken == ["test_a_source_is_parsed_while_other_threads_parse"]


STATEMENTS = """
import cython
from cython import write_lock as exclusive

def both(x, y, held):
    with cython.write_lock(x), cython.read_lock(y):
        return held()

def over_lines(x, y, z, held):
    with exclusive(x), \\
            cython.read_lock(
                y), cython.write_lock(z):
        return held()

def nested(x, y, held):
    with cython.write_lock(x):
        with cython.read_lock(y):
            return held()

def later(x, find, held):
    with cython.write_lock(x), cython.read_lock(find(held)):
        return held()

def with_another(x, thing, held):
    with cython.write_lock(x), thing(held) as seen:
        return seen + held()

def shadowed(x, y, held, cython):
    with cython.write_lock(x), cython.read_lock(y):
        return held()

def rounds(x, y, held):
    out = []
    for _ in range(3):
        with cython.write_lock(x), cython.write_lock(y), cython.read_lock(x):
            out.append(held())
            continue
    return out

def move(x, y):
    for _ in range(300):
        with cython.write_lock(x), cython.write_lock(y):
            x.value, y.value = x.value + 1, y.value - 1
"""


@pytest.fixture
def statements(tmp_path, monkeypatch):
    (tmp_path / "statements_of_blocks.py").write_text(STATEMENTS)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("statements_of_blocks")
    del sys.modules["statements_of_blocks"]


def test_the_locks_of_one_statement_are_taken_together(statements):
    a, b, c = sorted((Box() for _ in range(3)), key=id)
    assert statements.both(b, a, held) == [(a, "read"), (b, "write")]
    assert statements.over_lines(c, b, a, held) == [(a, "write"), (b, "read"), (c, "write")]
    assert statements.rounds(b, a, held) == 3 * [[(a, "write"), (b, "write")]]
    assert statements.nested(b, a, held) == [(b, "write"), (a, "read")]


def test_all_is_evaluated_before_anything_is_locked(statements):
    a, b = sorted((Box() for _ in range(2)), key=id)
    seen = []

    def find(held):
        seen.append(held())
        seen.append(statements.both(b, a, held))  # a statement of its own meanwhile
        return a

    assert statements.later(b, find, held) == [(a, "read"), (b, "write")]
    assert seen == [[], [(a, "read"), (b, "write")]]

    def fail(held):
        raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            statements.later(b, fail, held)
        assert held() == []
    assert statements.later(b, find, held) == [(a, "read"), (b, "write")]


def test_a_statement_with_something_else_takes_one_lock_after_the_other(statements):
    a, b = sorted((Box() for _ in range(2)), key=id)

    @contextlib.contextmanager
    def thing(held):
        yield held()

    assert statements.with_another(b, thing, held) == 2 * [(b, "write")]

    class Other:
        @staticmethod
        def write_lock(x):
            return contextlib.nullcontext()

        read_lock = staticmethod(cython.read_lock)

    assert statements.shadowed(b, a, held, Other) == [(a, "read")]
    # Without its source.
    module = {}
    exec(compile(STATEMENTS, "<nowhere>", "exec"), module)
    assert module["both"](b, a, held) == [(b, "write"), (a, "read")]


def test_source_that_is_not_what_runs_is_not_believed(statements, tmp_path):
    edited = STATEMENTS.replace("with cython.write_lock(x):", "with exclusive(x), exclusive(y):")
    (tmp_path / "statements_of_blocks.py").write_text(edited)
    linecache.checkcache()
    a, b = sorted((Box() for _ in range(2)), key=id)
    assert statements.nested(b, a, held) == [(b, "write"), (a, "read")]


def test_an_interrupt_between_the_blocks_of_a_statement_leaves_nothing(statements):
    a, b = sorted((Box() for _ in range(2)), key=id)
    was = _statement.statement
    for raises in range(4):
        calls = itertools.count()

        def interrupted(frame, takers):
            if next(calls) == raises:
                raise KeyboardInterrupt
            return was(frame, takers)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_block, "statement", interrupted)
            with contextlib.suppress(KeyboardInterrupt):
                statements.both(b, a, held)
        assert held() == []
        assert statements.both(b, a, held) == [(a, "read"), (b, "write")]


def test_statements_of_threads_in_opposite_orders(statements):
    a, b = Box(0), Box(0)
    errors = []

    def run(x, y):
        try:
            statements.move(x, y)
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in ((a, b), (b, a), (a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (a.value, b.value) == (0, 0)


# ---- what is refused -----------------------------------------------------------------


def refused(source, message):
    """The source raises TypeError with this message."""
    with pytest.raises(TypeError) as caught:
        exec(textwrap.dedent(source), {"cython": cython, "Box": Box})
    assert str(caught.value) == message


MISUSES = {
    "option": ("cython.locked_class(locks='x')", "locked_class has no argument locks: it takes lock, blocking, guard and undecorated"),
    "lock": ("cython.locked_class(lock='spin')", "lock='spin': lock takes one of: \"rwlock\", \"critical_section\", \"mutex\""),
    "blocking": ("cython.locked_class(blocking=0)", "blocking=0: blocking takes True or False"),
    "guard": ("cython.locked_class(guard='a.b')", "guard='a.b': guard takes the name of one attribute in quotes: guard=\"_doc\""),
    "undecorated": ("cython.locked_class(undecorated=None)", "undecorated=None: undecorated takes one of: \"infer\", \"error\""),
    "positional": (
        "cython.locked_class('rwlock')",
        'locked_class takes keyword arguments only: write lock="rwlock", blocking=True, guard="name" or undecorated="infer"',
    ),
    "on a function": (
        "@cython.locked_class\ndef f(a): pass",
        "locked_class on a function: it goes on a class; a function takes read_lock or write_lock",
    ),
    "on a function, with parentheses": (
        "@cython.locked_class()\ndef f(a): pass",
        "locked_class on a function: it goes on a class; a function takes read_lock or write_lock",
    ),
    "on a class": (
        "@cython.read_lock\nclass A: pass",
        "read_lock on a class: it goes on methods and functions; a class takes @cython.locked_class",
    ),
    "on no function": (
        "cython.write_lock('a')(5)",
        "write_lock on 5: it goes on methods and functions; a class takes @cython.locked_class",
    ),
    "twice": (
        "@cython.locked_class\n@cython.locked_class\nclass A: pass",
        "locked_class given twice for A: keep one of them",
    ),
    "another lock than the base": (
        "@cython.locked_class(lock='mutex')\nclass A(Box): pass",
        'A asks for lock="mutex", but its base Box is locked with "rwlock": a subclass shares its base\'s lock: '
        "leave lock= out here, or change it on the base",
    ),
    "another guard than the base": (
        "@cython.locked_class(guard='doc')\nclass A(Box): pass",
        'A asks for guard="doc", but the state that it inherits from Box is guarded differently: '
        "two locks for the same fields do not exclude each other: put guard= on the base, or leave it out",
    ),
    "a mutex that does not wait": (
        "@cython.locked_class(lock='mutex', blocking=False)\nclass A: pass",
        'blocking=False with lock="mutex", which can only wait: use lock="rwlock", or leave blocking out',
    ),
    "no name": (
        "@cython.read_lock(5)\ndef f(a): pass",
        'read_lock takes names in quotes, not 5: name parameters or dotted paths from them: @cython.read_lock("self", "other")',
    ),
    "unknown parameter": (
        "@cython.read_lock('c')\ndef f(a, *args, b=1): pass",
        'f has no parameter "c": its parameters are: a, b',
    ),
    "unknown parameter of none": (
        "@cython.read_lock('c')\ndef f(): pass",
        'f has no parameter "c": its parameters are: (none)',
    ),
    "collected arguments": (
        "@cython.read_lock('args')\ndef f(*args): pass",
        '"args" is a collection of arguments, which has no lock: "*args" locks its items',
    ),
    "collected keyword arguments": (
        "@cython.read_lock('kw')\ndef f(**kw): pass",
        '"kw" is a collection of arguments, which has no lock: "**kw" locks its items',
    ),
    "attribute of items": (
        "@cython.read_lock('*args.x')\ndef f(*args): pass",
        '"*args.x" names an attribute of the items, and only the items themselves can be locked: write "*args"; '
        "a class whose state another object guards says so itself, with guard=",
    ),
    "too many stars": (
        "@cython.read_lock('***args')\ndef f(*args): pass",
        '"***args" is not a name with one or two stars: write "*args" for the items of a parameter, '
        '"**kwargs" for the values of a collection of keyword arguments',
    ),
    "items of an unknown parameter": (
        "@cython.read_lock('*other')\ndef f(a, *others): pass",
        'f has no parameter "other": its parameters are: a, others',
    ),
    "items of keyword arguments": (
        "@cython.read_lock('*kw')\ndef f(**kw): pass",
        'the items of "kw" are names; the objects are its values: write "**kw"',
    ),
    "values of arguments": (
        "@cython.read_lock('**args')\ndef f(*args): pass",
        '"args" is not a collection of keyword arguments: one star stands for the items of a parameter: "*args"',
    ),
    "no path": (
        "@cython.read_lock('a[0]')\ndef f(a): pass",
        '"a[0]" is not a name or dotted path: write a parameter, or parameter.attribute',
    ),
    "no first parameter": (
        "@cython.read_lock\ndef f(*args): pass",
        "f has no first parameter to lock: give the object a parameter of its own, "
        'lock where it has a name, or say @cython.no_lock("why")',
    ),
    "two for the first": (
        "@cython.read_lock\n@cython.write_lock\ndef f(a): pass",
        "f has two decorators that both lock its first parameter: keep one of them; write_lock excludes readers too",
    ),
    "no reason": (
        "@cython.no_lock\ndef f(a): pass",
        'no_lock needs a reason: write why it is safe: @cython.no_lock("reads only what __cinit__ set")',
    ),
    "empty reason": (
        "cython.no_lock(' ')",
        'no_lock needs a reason: write why it is safe: @cython.no_lock("reads only what __cinit__ set")',
    ),
    "exempt and locked class": (
        "@cython.no_lock('why')\n@cython.locked_class\nclass A: pass",
        "no_lock on A, which is a locked class: keep one of them; "
        "a method of a locked class that needs no lock has its own no_lock",
    ),
    "locked and exempt class": (
        "@cython.locked_class\n@cython.no_lock('why')\nclass A: pass",
        "no_lock on A, which is a locked class: keep one of them; "
        "a method of a locked class that needs no lock has its own no_lock",
    ),
    "exempt below a lock": (
        "@cython.locked_class\nclass A: pass\n@cython.no_lock('why')\n@cython.cclass\nclass B(A): pass",
        "no_lock on B, which shares the lock of its base A: say it on each method that needs no lock",
    ),
    "exempt twice": (
        "@cython.no_lock('why')\n@cython.no_lock('why')\nclass A: pass",
        "no_lock given twice for A: keep one of them",
    ),
    "exempt and locked": (
        "@cython.read_lock\n@cython.no_lock('why')\ndef f(a): pass",
        "read_lock on a function that no_lock exempts: keep one of them",
    ),
    "locked and exempt": (
        "@cython.no_lock('why')\n@cython.write_lock\ndef f(a): pass",
        "write_lock on a function that no_lock exempts: keep one of them",
    ),
    "__dealloc__": (
        "class A:\n @cython.write_lock\n def __dealloc__(self): pass",
        "write_lock on __dealloc__: nobody else holds the object then, so it takes no lock: remove the decorator",
    ),
    "snapshot of no generator": (
        "@cython.read_lock(snapshot=True)\ndef f(a): pass",
        "snapshot=True on f, which yields nothing: it goes on a generator: leave it out",
    ),
    "snapshot said on one of two": (
        "@cython.write_lock\n@cython.read_lock('b', snapshot=True)\ndef f(a, b): yield",
        "of the locks of f, some say snapshot=True and some do not: say it on each: all of them are held while the "
        "body runs",
    ),
    "snapshot with another value": (
        "@cython.read_lock(snapshot=1)\ndef f(a): yield",
        "snapshot=1: snapshot takes True or False",
    ),
    "unknown keyword": (
        "@cython.read_lock(snap=True)\ndef f(a): yield",
        "read_lock takes names in quotes, not snap=True: name parameters or dotted paths from them: "
        '@cython.read_lock("self", "other")',
    ),
    "coroutine": (
        "@cython.write_lock('a')\nasync def f(a): pass",
        "async def f cannot hold a lock: it is suspended between its steps: lock in the plain methods that it calls, "
        'and mark it @cython.no_lock("why")',
    ),
    "asynchronous generator": (
        "@cython.write_lock('a')\nasync def f(a): yield",
        "async def f cannot hold a lock: it is suspended between its steps: lock in the plain methods that it calls, "
        'and mark it @cython.no_lock("why")',
    ),
    "undecorated method": (
        "@cython.locked_class(undecorated='error')\nclass A:\n def __init__(self): pass\n def f(self): pass",
        "A.f has no lock decorator, and the class asks for one: add @cython.read_lock, @cython.write_lock or "
        '@cython.no_lock("why")',
    ),
    "undecorated property": (
        "@cython.locked_class(undecorated='error')\nclass A:\n @property\n def f(self): pass",
        "A.f has no lock decorator, and the class asks for one: add @cython.read_lock, @cython.write_lock or "
        '@cython.no_lock("why")',
    ),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse(name):
    refused(*MISUSES[name])


def test_snapshot_runs_to_its_end_under_the_lock():
    seen = []

    @cython.locked_class
    class Shelf:
        def __init__(self, items):
            self.items = list(items)

        @cython.read_lock(snapshot=True)
        def __iter__(self):
            """Each of them."""
            for item in self.items:
                seen.append(modes(self))
                yield item
            yield from ()

        @cython.write_lock("self", snapshot=True)
        @cython.read_lock("other", snapshot=True)
        def zip(self, other):
            yield modes(self, other)

        @cython.read_lock(snapshot=True)
        def fails(self):
            yield 1
            next(iter(()))

        @cython.read_lock(snapshot=True)
        def returns(self):
            yield 1
            return 2

        @cython.read_lock(snapshot=False)
        def plain(self):
            return modes(self)

    shelf = Shelf("abc")
    one = iter(shelf)
    assert seen == [["r"]] * 3 and held() == []
    shelf.items.append("d")
    assert list(one) == ["a", "b", "c"] and list(shelf) == ["a", "b", "c", "d"]
    assert list(shelf.zip(Shelf("x"))) == [["w", "r"]]
    assert shelf.plain() == ["r"]
    assert Shelf.__iter__.__doc__ == "Each of them." and list(inspect.signature(Shelf.zip).parameters) == ["self", "other"]
    with pytest.raises(RuntimeError, match="generator raised StopIteration"):
        shelf.fails()
    with pytest.raises(TypeError, match="returns a value, and a snapshot gives back only the items"):
        shelf.returns()
    assert held() == []


def test_generators_lock_each_step():
    seen = []

    @cython.locked_class
    class Line:
        def __init__(self):
            self.n = 0

        @cython.read_lock
        def count(self, other=None):
            try:
                while self.n < 3:
                    seen.append(modes(self, other))
                    got = yield self.n
                    self.n += 1 if got is None else got
                return "done"
            except KeyError as error:
                seen.append((modes(self), str(error)))
                yield "caught"
            finally:
                seen.append(modes(self))

        def undecorated(self):
            yield modes(self)

    line = Line()
    count = line.count(line)
    assert seen == [] and inspect.isgenerator(count)
    assert next(count) == 0 and held() == []
    assert count.send(2) == 2 and held() == []
    with pytest.raises(StopIteration) as stopped:
        next(count)
    assert stopped.value.value == "done" and seen == [["r", "r"], ["r", "r"], ["r"]] and held() == []
    seen.clear()
    line.n = 0
    count = line.count()
    next(count)
    assert count.throw(KeyError("x")) == "caught" and held() == []
    count.close()
    assert seen == [["r", ""], (["r"], "'x'"), ["r"]] and held() == []
    assert list(line.undecorated()) == [["w"]]


def test_undecorated_error_accepts_what_needs_no_decorator():
    @cython.locked_class(undecorated="error")
    class A:
        def __new__(cls):
            return super().__new__(cls)

        def __init__(self):
            pass

        def __cinit__(self):
            pass

        def __del__(self):
            pass

        def __init_subclass__(cls):
            pass

        def __class_getitem__(cls, item):
            return item

        @staticmethod
        def static():
            pass

        @classmethod
        def of_class(cls):
            pass

        @cython.cfunc
        def c_method(self):
            pass

        @cython.no_lock("steps through methods that lock")
        def __iter__(self):
            yield 1

        @cython.no_lock("awaits methods that lock")
        async def later(self):
            return 2

    assert list(A()) == [1] and asyncio.run(A().later()) == 2 and A["x"] == "x"


# ---- objects without a name --------------------------------------------------------------


@cython.write_lock("self")
@cython.read_lock("*others", "**named")
def gathers(self, *others, one=None, **named):
    return held()


@cython.read_lock("*rows")
def uses(rows=()):
    return held(), rows


def both_ways(*objects):
    """Objects as held() has them: by their addresses."""
    return sorted(objects, key=lambda pair: id(pair[0]))


def test_items_of_arguments_are_held_with_the_others():
    a, b, c, d = (Box() for _ in range(4))
    assert gathers(a) == [(a, "write")]
    assert gathers(a, b, 3, None, a, b, x=c, one=d) == both_ways((a, "write"), (b, "read"), (c, "read"))
    assert gathers(b, **{"self!": a}) == both_ways((b, "write"), (a, "read"))
    many = [Box() for _ in range(50)]
    assert gathers(a, *many, *many) == both_ways((a, "write"), *((m, "read") for m in many))


def test_items_under_a_guard():
    tree = Box()

    @cython.locked_class(guard="tree")
    class Leaf:
        tree = None

    leaves = [Leaf(), Leaf(), Leaf()]
    leaves[0].tree = leaves[1].tree = tree
    assert gathers(tree, *leaves) == [(tree, "write")]
    assert uses(leaves) == ([(tree, "read")], leaves)


def test_what_others_can_change_is_copied():
    @cython.locked_class
    class Member:  # of sets, too
        pass

    a, b = Member(), Member()
    held_both = both_ways((a, "read"), (b, "read"))
    for rows in ([a, b], {a, b}):
        holds, used = uses(rows)
        assert holds == held_both and used == rows and used is not rows and type(used) is type(rows)
        assert uses(rows=rows)[1] is not rows
    for rows in ((a, b), frozenset((a, b)), type("List", (list,), {})((a, b))):
        assert uses(rows) == (held_both, rows) and uses(rows=rows)[1] is rows
    values = {1: a, 2: b}.values()
    assert uses(values) == (held_both, [a, b])
    for rows in (iter([a, b]), iter((a, b)), (x for x in (a, b)), map(lambda x: x, (a, b)), filter(None, (a, b))):
        holds, used = uses(rows)
        assert holds == held_both and next(used) is a and list(used) == [b]
    for other in (None, 3, "ab", {a: b}, a, range(2), io.BytesIO(b"ab")):
        assert uses(other) == ([], other) and uses(other)[1] is other
    assert uses() == ([], ())


def test_what_iterating_raises_comes_out_and_nothing_is_held():
    def broken():
        yield Box()
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        uses(broken())
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        gathers()


# ---- what stays as it was ------------------------------------------------------------


@cython.locked_class
class Record:
    """A record."""

    def __init__(self, a, b=2):
        self.a, self.b = a, b

    @cython.read_lock
    def sum(self, *more: int, scale: int = 1) -> int:
        """The sum."""
        return (self.a + self.b + sum(more)) * scale

    def __eq__(self, other):
        return isinstance(other, Record) and (self.a, self.b) == (other.a, other.b)

    @property
    def first(self):
        """The first."""
        return self.a


@cython.read_lock
def module_function(record, /, *, times=1):
    """A function."""
    return record.a * times


def test_what_a_function_tells_of_itself():
    assert str(inspect.signature(Record.sum)) == "(self, *more: int, scale: int = 1) -> int"
    assert (Record.sum.__name__, Record.sum.__qualname__) == ("sum", "Record.sum")
    assert (Record.sum.__doc__, Record.first.__doc__, Record.__doc__) == ("The sum.", "The first.", "A record.")
    assert Record.sum.__module__ == Record.__module__ == __name__
    assert inspect.isfunction(Record.sum) and inspect.unwrap(Record.sum) is Record.sum.__wrapped__
    assert "self.a + self.b" in inspect.getsource(Record.sum)
    assert Record.sum.__annotations__ == {"more": int, "scale": int, "return": int}
    assert Record(1).sum(1, 2, scale=2) == 12
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'a'"):
        Record()
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'c'"):
        Record(1, c=2)
    with pytest.raises(TypeError, match=r"positional-only"):
        module_function(record=Record(1))
    assert module_function(Record(2), times=3) == 6


def test_pickles_and_copies():
    record = Record(1, 5)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(record, protocol)) == record
    assert pickle.loads(pickle.dumps(Record.sum)) is Record.sum
    assert pickle.loads(pickle.dumps(record.sum))() == 6
    assert pickle.loads(pickle.dumps(module_function)) is module_function
    assert copy.copy(record) == copy.deepcopy(record) == record
    assert copy.copy(Record.sum) is Record.sum


def test_abstract_methods_stay_abstract():
    class Base(abc.ABC):
        @cython.read_lock
        @abc.abstractmethod
        def method(self):
            """To be written."""

    cython.locked_class(Base)
    with pytest.raises(TypeError, match="abstract"):
        Base()


def test_exceptions_go_through_and_release():
    @cython.write_lock
    def function(box):
        raise KeyError(modes(box))

    with pytest.raises(KeyError) as caught:
        function(Box())
    assert caught.value.args == (["w"],)


# ---- whose objects -------------------------------------------------------------------


def test_objects_of_every_kind():
    """Locks go by identity, and ask nothing of an object."""

    class Unfriendly:
        __slots__ = ("value",)
        __hash__ = None

        def __eq__(self, other):
            raise AssertionError("compared")

        __ne__ = __bool__ = __len__ = __eq__

        def __getattribute__(self, name):
            raise AssertionError(f"asked for {name}")

        def __repr__(self):
            raise AssertionError("represented")

        __class__ = int

    for member in ("__eq__", "__ne__", "__bool__", "__len__", "__getattribute__", "__repr__"):
        cython.no_lock("never called")(getattr(Unfriendly, member))
    cython.locked_class(Unfriendly)

    @cython.write_lock("one", "two")
    def function(one, two):
        return [mode for _, mode in held()]

    one = Unfriendly()
    assert function(one, one) == ["write"]
    assert function(one, Unfriendly()) == ["write", "write"]
    with pytest.raises(TypeError):
        weakref.ref(one)

    class Equal:
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

    cython.no_lock("constant")(Equal.__eq__)
    cython.no_lock("constant")(Equal.__hash__)
    cython.locked_class(Equal)
    assert function(Equal(), Equal()) == ["write", "write"]


def test_locked_objects_live_as_long_as_the_lock_and_no_longer():
    alive = []

    @cython.write_lock
    def function(box):
        gone = weakref.ref(box)
        del box
        alive.append(gone)
        gc.collect()
        return gone() is not None

    class Box2(Box):
        pass

    assert function(Box2())
    gc.collect()
    assert alive[0]() is None


# ---- the cython module ---------------------------------------------------------------

NAMES = ("locked_class", "read_lock", "write_lock", "no_lock")


def python(source, *options):
    """What a new interpreter prints that runs the source."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(
        [os.path.dirname(os.path.dirname(pyxlock.__file__)), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=True,
        env=environment,
    ).stdout.split()


def test_the_names_are_in_cython_in_whatever_order_it_is_imported():
    use = "print(cython.read_lock.__module__)"
    for imports in (
        "import cython; import pyxlock",
        "import pyxlock; import cython",
        "import Cython.Shadow as cython; import pyxlock",
        "import pyxlock; from Cython import Shadow as cython",
    ):
        assert python(f"{imports}\n{use}") == ["pyxlock._shadow"]
    assert python("import pyxlock; from cython import no_lock, cfunc; print(no_lock.__name__)") == ["no_lock"]


@pytest.mark.parametrize("name", ["writelock", "readlock", "nolock", "locked_clas", "write_locks"])
def test_a_misspelt_name_is_no_decorator(name):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(cython, name)


def test_install_again_changes_nothing():
    before = dict(vars(cython))
    _shadow.install()
    assert vars(cython) == before
    assert all(getattr(cython, name) is getattr(_shadow, name) for name in NAMES)


def test_without_cython():
    source = """
        import sys
        sys.modules["cython"] = None
        import pyxlock
        print(sorted(set(sys.modules) & {"Cython", "pyxlock._shadow", "inspect"}))
    """
    assert python(source, "-S") == ["[]"]


def test_directives_of_cython_do_what_they_did():
    with cython.cfunc:
        pass
    assert cython.cclass(5) == 5

    @cython.cclass
    class Plain:
        @cython.cfunc
        def method(self):
            return held()

    assert Plain().method() == [] and not hasattr(Plain, "__pyxlock__")


def test_the_page_about_pure_mode(tmp_path):
    """What docs/howto/pure-mode.md shows is what happens."""
    page = (Path(__file__).parents[2] / "docs" / "howto" / "pure-mode.md").read_text()
    module = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    script, printed = re.search(r"\$ cat hammer.py\n(.*?)    \$ python hammer.py\n(.*?)\n\n", page, re.DOTALL).groups()
    (tmp_path / "tally.py").write_text(module)
    out = python(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + textwrap.dedent(script))
    assert out == printed.split()
    assert MISUSES["coroutine"][1] in page


# ---- interrupts ----------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
def test_signals_that_raise_anywhere_leave_nothing_locked():
    class Alarm(BaseException):
        pass

    def handler(*_):
        raise Alarm

    one, two = Box(), Box()
    other = threading.Thread(target=lambda: [two.both(one) for _ in range(20000)])
    old = signal.signal(signal.SIGALRM, handler)
    count = 0
    try:
        other.start()
        while count < 300:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + 0.0003 * (count % 7) / 7)
                while True:
                    one.writing()
                    one.stacked(two)
                    two.undecorated()
            except Alarm:
                count += 1
            assert held() == [] and not _locks._mutex._is_owned()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
        other.join()
