"""Has threads hammer matrices and tells whether one was ever seen broken.

Usage: stress.py [SECONDS]

Exit status 0 when nothing was lost or torn, 1 when something was. Without locks
a free-threaded interpreter may also crash here.
"""

import faulthandler
import random
import sys
import threading
import time

from matrix import Matrix

THREADS = 4
SIZES = [(1, 1), (8, 8), (64, 64), (300, 300)]
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
    """Threads add to one entry: every addition must count."""
    m = Matrix(2, 2)
    counts = []

    def add(stop, seen):
        done = 0
        while not stop.is_set():
            for _ in range(200):
                m.add_to((1, 1), 1)
            done += 200
        counts.append(done)

    seen = run([add] * THREADS, seconds)
    if m[1, 1] != sum(counts):
        seen.append(f"lost updates: {sum(counts)} additions, the entry says {m[1, 1]:.0f}")
    return seen


def torn_reads(seconds):
    """One thread fills, others sum: every sum must be of one fill."""
    m = Matrix(300, 300)

    def fill(stop, seen):
        while not stop.is_set():
            m.fill(0)
            m.fill(1)

    def total(stop, seen):
        while not stop.is_set():
            s = m.sum()
            if s not in (0.0, 90000.0):
                seen.append(f"torn read: a sum of {s:.0f}, neither 0 nor 90000")
                return

    return run([fill] + [total] * (THREADS - 1), seconds)


def freed_memory(seconds):
    """Threads resize while others read and write: a crash, or entries of nowhere."""
    m = Matrix(300, 300)

    def resize(stop, seen):
        while not stop.is_set():
            m.resize(*random.choice(SIZES))

    def use(stop, seen):
        while not stop.is_set():
            i, j = random.randrange(300), random.randrange(300)
            try:
                m[i, j] = 1
                value = m[i, j]
            except IndexError:
                continue
            if value not in (0.0, 1.0):
                seen.append(f"freed memory: an entry of {value}")
                return

    def add(stop, seen):
        while not stop.is_set():
            total = (m + m).sum()
            if not (0 <= total <= 180000 and total == int(total)):
                seen.append(f"freed memory: a sum of {total}")
                return

    return run([resize, use, add, use], seconds)


def main():
    """Run every kind of stress and report."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    bad = False
    for stress in (lost_updates, torn_reads, freed_memory):
        seen = stress(seconds)
        print(f"{stress.__name__}: {'; '.join(seen[:3]) if seen else 'ok'}", flush=True)
        bad = bad or bool(seen)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
