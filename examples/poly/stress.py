"""Has threads hammer polynomials and tells whether one was ever seen broken.

Usage: stress.py [SECONDS]

Exit status 0 when nothing was lost or torn, 1 when something was. Without locks
a free-threaded interpreter may also crash here.
"""

import faulthandler
import random
import sys
import threading
import time

from poly import Poly
from poly.series import Series

THREADS = 4
MANY = 20000
faulthandler.enable()


def run(workers, seconds):
    """Run functions of a stop event in threads for some time; return what they saw."""
    stop = threading.Event()
    start = threading.Barrier(len(workers))
    seen = []

    def work(worker):
        start.wait()
        try:
            worker(stop, seen)
        except Exception as error:  # a worker must not end unnoticed
            seen.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=(w,)) for w in workers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return seen


def lost_updates(seconds):
    """Threads add to a polynomial, directly and through a view: all must count."""
    p = Poly()
    one = Poly([1, 1, 1])
    counts = []

    def add(stop, seen):
        q, done = p, 0
        while not stop.is_set():
            for _ in range(200):
                q += one
            done += 200
        counts.append(done)

    def add_to_slice(stop, seen):
        view, done = p.slice(0, 3), 0
        while not stop.is_set():
            for _ in range(200):
                view.add(1)
            done += 200
        counts.append(done)

    seen = run([add, add_to_slice] * (THREADS // 2), seconds)
    if [p[k] for k in range(3)] != [sum(counts)] * 3:
        seen.append(f"lost updates: {sum(counts)} additions, the polynomial is {p!r}")
    return seen


def torn_reads(seconds):
    """One thread fills a view, others evaluate: every value must be of one fill."""
    p = Poly([0])

    def fill(stop, seen):
        view = p.slice(0, MANY)
        while not stop.is_set():
            view.fill(0)
            view.fill(1)

    def evaluate(stop, seen):
        while not stop.is_set():
            value = p(1)
            if value not in (0.0, MANY):
                seen.append(f"torn read: a sum of {value:.0f}, neither 0 nor {MANY}")
                return

    return run([fill] + [evaluate] * (THREADS - 1), seconds)


def freed_memory(seconds):
    """Threads grow and free while others read: a crash, or coefficients of nowhere."""
    p = Poly()
    ones = Poly([1] * 500)

    def grow(stop, seen):
        q = p
        while not stop.is_set():
            q += ones
            for _ in range(10):
                q.shift(random.randrange(1000))
            q.clear()

    def multiply(stop, seen):
        while not stop.is_set():
            value = (p * ones)(1)
            if value not in (0.0, 250000.0):
                seen.append(f"freed memory: a product of {value}")
                return

    def iterate(stop, seen):
        while not stop.is_set():
            for k, c in p:
                if c != 1.0:
                    seen.append(f"freed memory: a term {c}*x**{k}")
                    return

    return run([grow, multiply, iterate, multiply], seconds)


def two_modules(seconds):
    """Threads change the precision of a series while others use it: it must fit."""
    s = Series([1] * 100, 100)
    ones = Poly([1] * 100)

    def change(stop, seen):
        series = s
        while not stop.is_set():
            series.truncate(random.randrange(100))
            series.extend(100)
            series += ones

    def use(stop, seen):
        while not stop.is_set():
            for series in (s, s * s, ones * s):
                length, prec = eval(repr(series), {"Series": lambda c, prec: (len(c), prec)})
                if length > prec:
                    seen.append(f"torn series: {length} coefficients are known up to {prec}")
                    return

    return run([change, use, use, use], seconds)


def main():
    """Run every kind of stress and report."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    bad = False
    for stress in (lost_updates, torn_reads, freed_memory, two_modules):
        seen = stress(seconds)
        print(f"{stress.__name__}: {'; '.join(seen[:3]) if seen else 'ok'}", flush=True)
        bad = bad or bool(seen)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
