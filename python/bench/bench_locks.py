"""What an uncompiled lock costs, beside a threading.RLock in the same method.

    python python/bench/bench_locks.py

Prints ratios: the time of one call of a locked method over that of a method that
enters an RLock of the object, and over that of one that does not lock. All are
measured in turns, in one run; each number is the median of the turns.
"""

import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))

import cython  # noqa: E402

import pyxlock  # noqa: E402, F401

TURNS = 15
CALLS = 20000


@cython.locked_class
class Subject:
    def __init__(self):
        self.n = 0
        self.rlock = threading.RLock()

    @cython.no_lock("the measure")
    def plain(self):
        self.n += 1

    @cython.no_lock("the measure")
    def by_rlock(self):
        with self.rlock:
            self.n += 1

    @cython.read_lock
    def by_read_lock(self):
        self.n += 1

    @cython.write_lock
    def by_write_lock(self):
        self.n += 1

    @cython.write_lock("self", "other")
    def by_two_locks(self, other):
        self.n += 1


def seconds(function, *args):
    start = time.perf_counter()
    for _ in range(CALLS):
        function(*args)
    return time.perf_counter() - start


def contended(function):
    """Two threads that do nothing but call it."""
    threads = [threading.Thread(target=seconds, args=(function,)) for _ in range(2)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def main():
    one, other = Subject(), Subject()
    measures = {
        "no lock": lambda: seconds(one.plain),
        "RLock": lambda: seconds(one.by_rlock),
        "read_lock": lambda: seconds(one.by_read_lock),
        "write_lock": lambda: seconds(one.by_write_lock),
        "write_lock on two objects": lambda: seconds(one.by_two_locks, other),
        "two threads, RLock": lambda: contended(one.by_rlock),
        "two threads, read_lock": lambda: contended(one.by_read_lock),
        "two threads, write_lock": lambda: contended(one.by_write_lock),
    }
    times = {name: [] for name in measures}
    for _ in range(TURNS):
        for name, measure in measures.items():
            times[name].append(measure())
    medians = {name: statistics.median(each) for name, each in times.items()}
    for name, median in medians.items():
        base = "two threads, RLock" if name.startswith("two threads") else "RLock"
        print(f"{name:28} {median / medians[base]:6.2f} x {base}  ({median / CALLS * 1e6:.2f} us a call)")


if __name__ == "__main__":
    main()
