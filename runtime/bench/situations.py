"""What a lock costs in situations that benchmarks of locks leave out.

Objects that one thread writes and another one reads afterwards; an object that shares
its word of the filter with one that is held; a thread that waits for some other object;
a lock inside a lock of the same object; a thread that holds a thousand.
"""

import contextlib
import functools
import statistics
import threading
import time

from measure import CORES, DISTURBED, Case, case_of, cells, locks, pin, waited

HANDED = 2000           # objects that go from one thread to another
HANDOFFS = 20           # times, for a figure
MANY = 1000
SOME = 512              # objects to use beside those: so many that some collide
PEERS = ["cython.pymutex", "lxml's design", "pyxlock"]


def filter_word(cell):
    """As pyxlock_filter in pyxlock.pxd."""
    return (id(cell) * 0x9E3779B9 & 0xFFFFFFFF) >> 21


@contextlib.contextmanager
def beside(*functions):
    """Other threads call the functions with a gate that they wait at under a lock; each
    begins when the one before is there."""
    gate = threading.Event()
    threads = []
    for function in functions:
        there = threading.Event()

        def wait(there=there):
            there.set()
            gate.wait()
        threads.append(threading.Thread(target=function, args=(wait,)))
        threads[-1].start()
        there.wait()
    try:
        yield
    finally:
        gate.set()
        for thread in threads:
            thread.join()


def collision(bench, same, function):
    """Calls on a cell whose word of the filter is, or is not, that of another one, which
    is held."""
    locked = cells(bench.Pyxlock, 1)
    cell, = cells(bench.Pyxlock, 1)
    while (filter_word(cell) == filter_word(locked[0])) != same:
        cell, = cells(bench.Pyxlock, 1)
    # The same cell for all figures: its value is not checked.
    return Case(lambda: [(function, (cell,))], 0,
                lambda: beside(lambda wait: bench.during_many([], locked, wait)))


def elsewhere(bench, waits):
    """Two threads at one cell, nine reads to one write, while a third waits, or not, for
    another cell, which a fourth holds."""
    @contextlib.contextmanager
    def around():
        taken, = cells(bench.Pyxlock, 1)
        with beside(lambda wait: bench.during_write(taken, wait)):
            thread = threading.Thread(target=bench.write, args=(taken, 1))
            if waits:
                thread.start()
                while not bench.waiting():
                    time.sleep(0.001)
            # Its release is what ends the wait of the other.
            yield
        if waits:
            thread.join()
    return case_of(bench.Pyxlock, bench.mixed, 1, 2, 1)._replace(around=around)


def other_holds(bench, reads, writes, function):
    """One thread at some cells, while another one holds so many others."""
    def around():
        return beside(lambda wait: bench.during_many(cells(bench.Pyxlock, reads), cells(bench.Pyxlock, writes), wait))
    return Case(lambda: [(function, (cells(bench.Pyxlock, SOME),))], 0, around)


def cases(bench):
    """All but the hand-off, by key."""
    kinds = locks(bench)
    found = {}
    for name in PEERS:
        for threads, objects in [(1, 1), (2, 1), (2, 2)]:
            found["90/10", name, threads, objects] = case_of(kinds[name], bench.mixed, 1, threads, objects)
    for outer, inner in [("read", "read"), ("write", "read"), ("write", "write")]:
        for name in PEERS[1:]:
            if name == "pyxlock" or outer == "write":
                function = functools.partial(call_nested, bench, outer == "write", inner == "write")
                found[f"{inner} inside a {outer}", name] = case_of(
                    kinds[name], function, 10 if inner == "write" else 0, 1, 1)
    for mode, function in [("read", bench.read), ("write", bench.write)]:
        found[mode, "no collision"] = collision(bench, False, function)
        found[mode, "collision"] = collision(bench, True, function)
    for waits in [False, True]:
        found["90/10 on one object", "a waiter elsewhere" if waits else "no waiter"] = elsewhere(bench, waits)
    for mode, function in [("read", bench.read_each), ("write", bench.write_each)]:
        for held, reads, writes in [("no holds", 0, 0), (f"{MANY} read holds of another", MANY, 0),
                                    (f"{MANY} write holds of another", 0, MANY), ("16 write holds of another", 0, 16)]:
            found[mode, held] = other_holds(bench, reads, writes, function)
    for mode in ["read", "write"]:
        found[f"{MANY} at once", mode] = Case(functools.partial(start_many, bench, mode), 0)
    return found


def call_nested(bench, outer, inner, cell, times):
    """bench.nested with its arguments in the order that a Case has them."""
    bench.nested(cell, outer, inner, times)


def start_many(bench, mode):
    """A thousand locks in one call."""
    found = cells(bench.Pyxlock, MANY)
    return [(bench.many, (found, []) if mode == "read" else ([], found))]


def handoff(bench, measurement, name):
    """One thread writes some thousand objects, then another one reads them, then again;
    each on its own core. Adds ns a write and ns a read to the measurement."""
    objects = cells(locks(bench)[name], HANDED)
    barrier = threading.Barrier(2)
    took = {"write": [], "read": []}        # of each turn: seconds, and those without the core

    def turn(mode, function, number):
        if CORES > 1:
            pin(number)
        for _ in range(HANDOFFS):
            if mode == "read":
                barrier.wait()
            before = waited()
            start = time.perf_counter()
            function(objects, HANDED)
            took[mode].append((time.perf_counter() - start, waited() - before))
            barrier.wait()
            if mode == "write":
                barrier.wait()

    threads = [threading.Thread(target=turn, args=("write", bench.write_each, 0)),
               threading.Thread(target=turn, args=("read", bench.read_each, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mode, turns in took.items():
        calm = [seconds for seconds, lost in turns if lost <= DISTURBED * seconds]
        measurement.add(("handed on", mode, name),
                        statistics.median(calm or [seconds for seconds, _ in turns]) / HANDED * 1e9,
                        len(calm) * 3 < len(turns))


def measure(bench, measurement):
    """Measures everything of this file and prints a table."""
    found = cases(bench)
    for number in range(measurement.repeat):
        for key in list(found)[::-1 if number % 2 else 1]:
            measurement.run(key, found[key])
        for name in ["unlocked", *PEERS]:
            handoff(bench, measurement, name)

    print("\nns a call and thread; x over the first row of the group")

    def row(title, key, base, scale=1):
        ratio = f"{measurement.ratio(key, base)}" if base != key else ""
        print(f"  {title:46}{measurement.median(key, scale):>9} {ratio:>8}".rstrip())
    for threads, objects in [(1, 1), (2, 2), (2, 1)]:
        print(f"nine reads to one write, {threads} thread{'s' * (threads > 1)}, {objects} object{'s' * (objects > 1)}")
        for name in PEERS:
            row(name, ("90/10", name, threads, objects), ("90/10", PEERS[0], threads, objects))
    print(f"{HANDED:,} objects handed on: one thread writes them, another one reads them")
    for mode in ["write", "read"]:
        for name in ["unlocked", *PEERS]:
            row(f"{mode}, {name}", ("handed on", mode, name), ("handed on", mode, "unlocked"))
    print("inside a lock on the same object")
    for key in found:
        if " inside a " in key[0]:
            row(", ".join(key), key, ("read inside a read", "pyxlock"))
    print("an object whose word of the filter is that of one that another thread writes")
    for mode in ["read", "write"]:
        for what in ["no collision", "collision"]:
            row(f"{mode}, {what}", (mode, what), (mode, "no collision"))
    print("nine reads to one write, 2 threads, 1 object, while another waits for another object")
    for what in ["no waiter", "a waiter elsewhere"]:
        row(what, ("90/10 on one object", what), ("90/10 on one object", "no waiter"))
    print(f"{SOME} objects in turn, while another thread holds others")
    for mode, held in (key for key in found if "holds" in key[1]):
        row(f"{mode}, {held}", (mode, held), (mode, "no holds"))
    print(f"{MANY} objects at once, ns an object")
    for mode in ["read", "write"]:
        row(mode, (f"{MANY} at once", mode), (f"{MANY} at once", "read"), MANY)


def targets():
    """Targets as bench.report_targets has them."""
    def pair(name, above, below, relation, limit):
        return name, [above, below], relation, limit
    own, one = ("90/10", "pyxlock", 2, 2), ("90/10", "pyxlock", 1, 1)
    return [
        pair("90/10, 2 threads on own objects: x one thread", own, one, "at most", 1.15),
        pair("90/10, 2 threads on one object: x lxml's design", ("90/10", "pyxlock", 2, 1),
             ("90/10", "lxml's design", 2, 1), "at most", 1),
        pair("handed on, write: x cython.pymutex", ("handed on", "write", "pyxlock"),
             ("handed on", "write", "cython.pymutex"), "at most", HANDED_ON),
        pair("handed on, read: x cython.pymutex", ("handed on", "read", "pyxlock"),
             ("handed on", "read", "cython.pymutex"), "at most", HANDED_ON),
        pair("read inside a read: x a read", ("read inside a read", "pyxlock"), ("pyxlock read", (1, 1)), "at most", 1.5),
        pair("read inside a write: x a write", ("read inside a write", "pyxlock"), ("pyxlock write", (1, 1)), "below", 1),
        pair("write inside a write: x a write", ("write inside a write", "pyxlock"), ("pyxlock write", (1, 1)),
             "below", 1),
        pair("read, collision with a held object: x none", ("read", "collision"), ("read", "no collision"), "at most", 10),
        pair("write, collision with a held object: x none", ("write", "collision"), ("write", "no collision"),
             "at most", 10),
        pair("90/10 on one object, a waiter elsewhere: x none", ("90/10 on one object", "a waiter elsewhere"),
             ("90/10 on one object", "no waiter"), "at most", 1.2),
        pair("read beside 16 write holds of another thread: x none", ("read", "16 write holds of another"),
             ("read", "no holds"), "below", 2),
        pair(f"read beside {MANY} read holds of another thread: x none", ("read", f"{MANY} read holds of another"),
             ("read", "no holds"), "below", 2),
        pair(f"write beside {MANY} read holds of another thread: x none", ("write", f"{MANY} read holds of another"),
             ("write", "no holds"), "below", 2),
        pair(f"read beside {MANY} write holds of another thread: x none", ("read", f"{MANY} write holds of another"),
             ("read", "no holds"), "below", 10),
    ]


# Twice what it was before there were owner tags or asymmetric fences: as a PyMutex.
HANDED_ON = 2
