"""Calls in one thread and in several, and how long they take.

Each round takes every figure once, so that what slows the machine down for a while
touches all of them; a figure is the median of its rounds, and its spread are the quartiles.
"""

import datetime
import os
import platform
import statistics
import sys
import sysconfig
import threading
import time

from .source import AROUND, KINDS, LOCKS

METHODS = ["get", "put", "lookup", "product"]
# Writes among ten calls.
LOADS = {"reads": 0, "one write in ten": 1, "half writes": 5, "writes": 10}
BLOCK = 200


def all_of(locks, options):
    """Return all figures, for JSON."""
    rounds = {"calls": {}, "threads": {}, "nogil": {}}
    counts = [2**i for i in range(8) if 2**i < options.threads] + [options.threads]
    for _ in range(options.rounds):
        for name in LOCKS:
            for method in METHODS:
                rounds["calls"].setdefault((name, method), []).append(
                    cost_of(caller(locks, name, new(locks, name), method), options.seconds)
                )
        for load, writes in LOADS.items():
            for shared in True, False:
                for name in LOCKS:
                    if name == "none" and shared and writes:
                        continue  # loses writes, and shows nothing
                    for count in counts:
                        key = load, shared, name, count
                        rate = rate_of(threads_of(locks, name, writes, shared, count), options.seconds)
                        rounds["threads"].setdefault(key, []).append(rate / 1e6)
        for name in "none", "pyxlock", "mutex", "lxml's design":
            for count in counts:
                one = new(locks, name)
                rate = rate_of([[caller(locks, name, one, "product")] for _ in range(count)], options.seconds, 1)
                rounds["nogil"].setdefault((name, count), []).append(rate / 1e3)
    return {
        "machine": machine(options),
        "calls": [dict(lock=n, method=m, **spread(v)) for (n, m), v in rounds["calls"].items()],
        "threads": [
            dict(load=l, shared=s, lock=n, threads=c, **spread(v)) for (l, s, n, c), v in rounds["threads"].items()
        ],
        "nogil": [dict(lock=n, threads=c, **spread(v)) for (n, c), v in rounds["nogil"].items()],
    }


def spread(values):
    """Return the median of some figures and their quartiles, to four digits."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": digits(middle), "low": digits(low), "high": digits(high)}


def digits(value):
    """Return a figure to four digits, so that a small one is not none."""
    return float(f"{value:.4g}")


def new(locks, name):
    """Return a new object with a lock."""
    if name == AROUND:
        return locks.Plain(), threading.Lock()
    return getattr(locks, KINDS[name][0])()


def caller(locks, name, one, method):
    """Return what calls a method of an object once, as a user would."""
    if name != AROUND:
        return getattr(one, method)
    plain, lock = one
    bound = getattr(plain, method)

    def call():
        with lock:
            return bound()

    return call


def threads_of(locks, name, writes, shared, count):
    """Return what each of some threads calls in turn: ten calls, on one object or on its own."""
    one = new(locks, name)
    out = []
    for _ in range(count):
        mine = one if shared else new(locks, name)
        get, put = caller(locks, name, mine, "get"), caller(locks, name, mine, "put")
        out.append([put if (i * writes) % 10 < writes else get for i in range(10)])
    return out


def cost_of(call, seconds):
    """Return the nanoseconds of a call, in processor time: what else runs does not count."""
    begun, until, count, end = time.thread_time(), time.perf_counter() + seconds, 0, 0
    while end < until:
        for _ in range(20):
            call()
        count += 20
        end = time.perf_counter()
    return (time.thread_time() - begun) / count * 1e9


def rate_of(threads, seconds, block=BLOCK):
    """Return how many calls a second some threads make together."""
    barrier = threading.Barrier(len(threads) + 1)
    over = []
    made = [0] * len(threads)

    def work(number, calls):
        repeated = calls * max(1, block // len(calls))
        barrier.wait()
        # Each makes its calls at least once: on a busy machine all may be over before it gets its turn.
        while True:
            for call in repeated:
                call()
            made[number] += len(repeated)
            if over:
                return

    running = [threading.Thread(target=work, args=item) for item in enumerate(threads)]
    for thread in running:
        thread.start()
    barrier.wait()
    begun = time.perf_counter()
    time.sleep(seconds)
    over.append(True)
    for thread in running:
        thread.join()
    return sum(made) / (time.perf_counter() - begun)


def machine(options):
    """Return what the figures are of."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
        "free-threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "date": datetime.date.today().isoformat(),
        "load": load and round(load, 1),
        "seconds": options.seconds,
        "rounds": options.rounds,
    }
