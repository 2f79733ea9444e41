# cython: language_level=3
"""A pure-mode module that test_twin.py runs both uncompiled and compiled."""

from __future__ import annotations

import cython
import pyxlock


@cython.locked_class
@cython.cclass
class Counter:
    """Counts."""

    n: cython.long
    name: object

    def __init__(self, n: cython.long = 0):
        self.n = n
        self.name = "counter"

    @cython.write_lock
    def add(self, k: cython.long = 1):
        """Add k."""
        self.n = self._get() + k
        return self.n

    @cython.read_lock
    def get(self):
        return self._get()

    @cython.cfunc
    def _get(self) -> cython.long:
        return self.n

    def set(self, n):
        self.n = n

    @cython.read_lock
    def reading(self, body):
        return body()

    @cython.write_lock
    def writing(self, body):
        return body()

    @property
    @cython.read_lock
    def value(self):
        return self.n

    @value.setter
    @cython.write_lock
    def value(self, n):
        self.n = n

    @cython.read_lock
    def __len__(self):
        return self.n

    @cython.read_lock
    def __bool__(self):
        return True

    @cython.read_lock
    def __getitem__(self, index):
        if index >= self.n:
            raise IndexError(index)
        return index

    @cython.write_lock
    def __call__(self, body):
        return body()

    @cython.read_lock("self", "other")
    def less(self, other: Counter = None):
        return other is not None and self.n < other.n

    @cython.write_lock
    @cython.read_lock("other")
    def take(self, other: Counter = None, body=None):
        if body is not None:
            body()
        if other is not None:
            self.n += other.n
        return self.n

    @cython.write_lock("self", "other")
    def swap(self, other: Counter):
        self.n, other.n = other.n, self.n

    @staticmethod
    @cython.write_lock("a", "b")
    def both(a, b, body):
        return body()

    @classmethod
    @cython.write_lock
    def made(cls, body):
        return body()

    @cython.no_lock("reads one word")
    def glance(self):
        return self.n

    @cython.no_lock("each step goes through a method that locks")
    def steps(self):
        for i in range(self.get()):
            yield i


@cython.cclass
class Doubled(Counter):
    """Shares the lock of its base."""

    last: cython.long

    @cython.write_lock
    def add(self, k: cython.long = 1):
        self.last = k
        return Counter.add(self, 2 * k)

    def once(self):
        return super().add(1)

    @cython.read_lock
    def previous(self):
        return self.last


@cython.locked_class
@cython.cclass
class Document:
    nodes: list

    def __init__(self):
        self.nodes = []

    @cython.write_lock
    def writing(self, body):
        return body()

    @cython.read_lock
    def __len__(self):
        return len(self.nodes)


@cython.locked_class(guard="_doc")
@cython.cclass
class Element:
    _doc: Document

    def __init__(self, doc: Document = None):
        self._doc = doc

    @cython.write_lock
    def append(self, value, body=None):
        if body is not None:
            body()
        if self._doc is not None:
            self._doc.nodes.append(value)

    @cython.read_lock("self", "other")
    def siblings(self, other: Element = None):
        return other is not None and self._doc is other._doc


@cython.cclass
class Cursor:
    """Not locked itself."""

    _doc: Document

    def __init__(self, doc: Document = None):
        self._doc = doc

    @cython.read_lock("self._doc")
    def count(self, body=None):
        if body is not None:
            body()
        return -1 if self._doc is None else len(self._doc.nodes)


@cython.write_lock
def twice(counter, body=None):
    """The first parameter, if it is a locked object."""
    if body is not None:
        body()
    return 2 * (counter.glance() if isinstance(counter, Counter) else counter)


@cython.read_lock("b")
@cython.write_lock("a")
def move(a: Counter = None, b: Counter = None, *, body=None):
    if body is not None:
        body()
    return (0 if a is None else a.n) + (0 if b is None else b.n)


@cython.read_lock("*counters", "**named")
@cython.write_lock("*rows")
def gather(rows, body, *counters, **named):
    body()
    return [list(rows) if isinstance(rows, list) else rows, len(counters), sorted(named)]
