"""runtime/test/locktest.pyx in plain Python, over pyxlock._locks.

So that the cases of runtime/test/run.py, which say what the C runtime promises,
hold the uncompiled locks to the same. What is about C alone is not here.
"""

import random
import threading
import time

from pyxlock import _locks
from pyxlock._locks import READ, WRITE, Guard

MODES = {"r": READ, "w": WRITE}


def locking(guards, body, blocking=True):
    """Calls body() with the guards held, in the way that a decorated function does."""
    if not guards:
        return body()
    try:
        try:
            _locks.acquire(guards, blocking)
            return body()
        finally:
            _locks.release(guards)
    except BaseException:
        _locks.release(guards)
        raise


def reading(obj, body):
    return locking(guards_of([(obj, "r")]), body)


def writing(obj, body):
    return locking(guards_of([(obj, "w")]), body)


def try_reading(obj, body):
    return locking(guards_of([(obj, "r")]), body, False)


def try_writing(obj, body):
    return locking(guards_of([(obj, "w")]), body, False)


# There is no other way to be called here.
reading_nogil, writing_nogil, try_writing_nogil = reading, writing, try_writing


def guards_of(wants):
    """Guards for (object, "r" or "w") pairs: in order, each object once, no None."""
    modes = {}
    for obj, mode in wants:
        if obj is not None:
            modes[id(obj)] = obj, max(MODES[mode], modes.get(id(obj), (obj, 0))[1])
    return [Guard(*modes[key]) for key in sorted(modes)]


def holding(wants, body, blocking=True):
    return locking(guards_of(wants), body, blocking)


def read_then_downgrade(obj, body_both, body_read):
    def inner():
        writing(obj, body_both)
        return body_read()

    return reading(obj, inner)


def write_released_out_of_order(obj, body):
    outer, inner = [Guard(obj, WRITE)], [Guard(obj, READ)]
    try:
        _locks.acquire(outer)
        _locks.acquire(inner)
        _locks.release(outer)
        return body()
    finally:
        for guards in (inner, inner, outer):
            _locks.release(guards)


def holding_each(wants, order, body, after):
    each = [[Guard(obj, MODES[mode])] for obj, mode in wants]
    try:
        for guards in each:
            _locks.acquire(guards)
        body()
        for i in order:
            _locks.release(each[i])
            after(i)
    finally:
        for guards in each:
            _locks.release(guards)


def snapshot():
    """As the C runtime's, which names types only where somebody waits."""
    lines = _locks.snapshot()
    awaited = {line[3] for line in lines if line[1] == "waits"}
    return [
        (*line[:4], line[4].rpartition(".")[2] if line[3] in awaited else "", line[5]) for line in lines
    ]


def inside():
    """(what is left when nobody holds or waits, and twice the number of guards)"""
    count = len(_locks._holds) + len(_locks._queue)
    return count, count, count


class Pair:
    """Two numbers that are equal whenever nobody writes."""

    def __init__(self):
        self.a = self.b = 0

    def step(self):
        a = self.a
        self.a = a + 1
        for _ in range(10):
            pass
        self.b = self.b + 1
        self.a = a + 1

    def torn(self):
        a = self.a
        for _ in range(10):
            pass
        return a != self.b

    def add(self, times):
        for _ in range(times):
            writing(self, self.step)

    add_nogil = add

    def add_upgrading(self, times):
        refused = done = 0
        while done < times:
            try:
                reading(self, lambda: writing(self, self.step))
                done += 1
            except RuntimeError:
                refused += 1
        return refused

    def count_torn(self, times):
        return sum(reading(self, self.torn) for _ in range(times))


def unlocked(pair, times):
    for _ in range(times):
        pair.step()


def move(x, y, times):
    for _ in range(times):
        holding([(x, "w"), (y, "w")], lambda: (x.step(), y.step()))


def move_nested(x, y, times):
    refused = done = 0
    while done < times:
        try:
            writing(x, lambda: writing(y, lambda: (x.step(), y.step())))
            done += 1
        except RuntimeError:
            refused += 1
    return refused


class Program:
    """A thread's random program over objects that all threads of a case share.
    It steps a Pair for each write lock and looks at it for each read lock."""

    def __init__(self, pairs, seed):
        self.pairs = pairs
        self.random = random.Random(seed)
        self.steps = self.torn = self.refused = 0

    def lock(self, held, pair, mode, blocking=True):
        guards = guards_of([(pair, mode)])
        held.append(guards)
        _locks.acquire(guards, blocking)
        self.use(pair, mode)

    def use(self, pair, mode):
        if mode == "w":
            pair.step()
            self.steps += 1
        else:
            self.torn += pair.torn()
        if self.random.randrange(16) == 0:
            time.sleep(self.random.randrange(50) * 1e-6)

    def ordered(self, times):
        """Takes objects in the order of the list, each some times again, without
        upgrades, and releases them in any order."""
        for _ in range(times):
            held = []
            i = self.random.randrange(len(self.pairs))
            try:
                while i < len(self.pairs) and len(held) < 9:
                    written = False
                    for again in range(1 + self.random.randrange(3)):
                        mode = "w" if (again == 0 or written) and self.random.randrange(2) else "r"
                        written = written or mode == "w"
                        self.lock(held, self.pairs[i], mode)
                    i += 1 + self.random.randrange(len(self.pairs))
            except RuntimeError:
                self.refused += 1
            self.random.shuffle(held)
            for guards in held:
                _locks.release(guards)

    def any_order(self, times):
        """Takes objects in any order, upgrades, tries, and several at once; gives
        up what it has where that is refused."""
        for _ in range(times):
            held = []
            try:
                for _ in range(1 + self.random.randrange(5)):
                    pair = self.random.choice(self.pairs)
                    what = self.random.randrange(10)
                    if what < 4:
                        self.lock(held, pair, "r")
                    elif what < 7:
                        self.lock(held, pair, "w")
                    elif what < 8:
                        self.lock(held, pair, "w", False)
                    elif what < 9:
                        self.lock(held, pair, "r", False)
                    else:
                        held.append(guards_of([(pair, "w"), (self.random.choice(self.pairs), "w")]))
                        _locks.acquire(held[-1])
                        self.use(pair, "w")
            except RuntimeError:
                self.refused += 1
            for guards in held:
                _locks.release(guards)


class Foreign:
    """A thread that holds (object, "r" or "w") pairs until it is told to end."""

    def __init__(self, wants):
        self.entered = threading.Event()
        self.may_end = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(wants,))
        self.thread.start()

    def run(self, wants):
        holding_each(wants, range(len(wants)), lambda: (self.entered.set(), self.may_end.wait()), lambda i: None)

    def is_in(self):
        return self.entered.is_set()

    def end(self):
        self.may_end.set()
        self.thread.join()
        return 0
