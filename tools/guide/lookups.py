"""Prints what a lookup in a table of borghash costs: in one thread, and in all at once."""

import os
import statistics
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
from borghash import HashTable  # noqa: E402

SECONDS = float(os.environ.get("SECONDS_EACH", "0.3"))
KEYS = [k.to_bytes(8, "big") for k in range(1000)]


def table():
    """Return a table with all keys."""
    made = HashTable(key_size=8, value_size=8)
    for key in KEYS:
        made[key] = key
    return made


def rate(tables):
    """Return how many lookups a second a thread for each table makes, all together."""
    over, made = [], []
    start = threading.Barrier(len(tables) + 1)

    def work(mine):
        get, count = mine.get, 0
        start.wait()
        while not over:
            for key in KEYS:
                get(key)
            count += len(KEYS)
        made.append(count)

    threads = [threading.Thread(target=work, args=(t,)) for t in tables]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    time.sleep(SECONDS)
    over.append(True)
    for thread in threads:
        thread.join()
    return sum(made) / (time.perf_counter() - begun)


def figure(tables):
    """Return the median of some rounds, and the quartiles, in millions a second."""
    low, middle, high = statistics.quantiles([rate(tables()) / 1e6 for _ in range(5)], n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


cores = os.cpu_count() or 1
shared = [table()] * cores
print(f"{sys.argv[2]}: million lookups a second: 1 thread {figure(lambda: [table()])}, {cores} threads "
      f"on a table each {figure(lambda: [table() for _ in range(cores)])}"
      + ("" if sys.argv[2] == "before" else f", on one table {figure(lambda: shared)}"))
