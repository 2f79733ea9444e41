"""One figure: threads that call in a loop, each on a core of its own, and the time of a call.

bench.py and situations.py say what is measured; this is how. See bench.py.
"""

import collections
import contextlib
import os
import statistics
import sys
import threading
import time

# The cores that this process may use.
ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
CORES = len(ALLOWED) or os.cpu_count() or 1
# A figure of several threads is taken again, so many times in all, if they did not run
# at the same time for more than this share of the time; that with the smallest stays.
TRIES = 3
DISTURBED = 0.05

# All objects there ever were.
KEPT = []

# One figure to be measured: `start` returns the loops of the threads, on objects
# of its own, `writes` is how many of ten calls write, and `around` a context in which
# other threads do what they do meanwhile.
Case = collections.namedtuple("Case", "start writes around", defaults=[contextlib.nullcontext])


def cells(kind, count):
    """New objects at addresses that were not used before, no two of which share a
    cache line."""
    KEPT.append([kind() for _ in range(8 * count)])
    return KEPT[-1][::8]


def pin(number):
    """Gives the calling thread a core for itself, if the system can."""
    if ALLOWED:
        os.sched_setaffinity(0, {ALLOWED[number % CORES]})


def locks(bench):
    """The class of each lock, by its name."""
    return {
        "unlocked": bench.Unlocked,
        "critical_section": bench.CriticalSection,
        "cython.pymutex": bench.Mutex,
        "std::shared_mutex": bench.SharedMutex,
        "lxml's design": bench.Counted,
        "pyxlock": bench.Pyxlock,
    }


def case_of(kind, function, writes, threads, objects):
    """So many threads that call the function on as many objects in turn."""
    def start():
        found = cells(kind, objects)
        return [(function, (found[i % objects],)) for i in range(threads)]
    return Case(start, writes)


def waited():
    """Seconds that this thread was ready to run while its core ran something else;
    0 where the system does not tell."""
    try:
        with open("/proc/thread-self/schedstat") as file:
            return int(file.read().split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


def one_run(loops, seconds, at_once):
    """Nanoseconds a call and thread, the calls of each thread, and the share of the
    time, 0 to 1, for which the threads did not run at the same time: some had not begun
    or were over already, or other programs had a core. One loop a thread, `at_once`
    calls at a time, all of them for the same `seconds`. Threads are pinned to a core
    each, if there are enough."""
    arrived = []
    over = []
    took = [None] * len(loops)

    def target(number, function, arguments):
        calls = 0
        if len(loops) <= CORES:
            pin(number)
        arrived.append(True)
        # All of them have a core before the first one starts, if there are enough.
        while len(arrived) < len(loops):
            time.sleep(0)
        waited_before = waited()
        start = now = time.perf_counter()
        while not over:
            function(*arguments, at_once)
            calls += at_once
            now = time.perf_counter()
            if now - start >= seconds:
                over.append(True)
        took[number] = (start, now, waited() - waited_before, calls)

    threads = [threading.Thread(target=target, args=(i, *loop)) for i, loop in enumerate(loops)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts, ends, lost, calls = zip(*took)
    elapsed = [end - start for start, end in zip(starts, ends)]
    # More threads than cores wait for each other. Never all of the time: a figure is no
    # 0, and one of which most was lost is disturbed.
    lost = min(sum(lost), 0.9 * sum(elapsed)) if len(loops) <= CORES else 0
    share = 0
    if len(loops) > 1:
        apart = 1 - max(0, min(ends) - max(starts)) / (max(ends) - min(starts))
        share = min(1, apart + lost / sum(elapsed))
    return (sum(elapsed) - lost) / max(1, sum(calls)) * 1e9, calls, share


class Measurement:
    """All cases, by any key, and their figures in ns, one each round."""

    def __init__(self, bench, seconds, repeat):
        """`seconds` are for each figure, of which each case gets `repeat`."""
        self.bench = bench
        self.seconds = seconds
        self.repeat = repeat
        self.at_once = {}
        self.figures = collections.defaultdict(list)
        self.disturbed = collections.defaultdict(list)

    def run(self, key, case):
        """Measures one figure of the case and appends it to those of the key."""
        tries = []
        with case.around():
            if key not in self.at_once:
                # So many that asking for the time does not count; a multiple of ten
                # for the sake of mixed().
                ns, _, _ = one_run(case.start(), self.seconds / 5, 100)
                self.at_once[key] = max(1, int(self.seconds * 1e9 / 100 / max(ns, 0.1) / 10)) * 10
            while len(tries) < TRIES and (not tries or min(tries)[0] > DISTURBED):
                loops = case.start()
                ns, calls, share = one_run(loops, self.seconds, self.at_once[key])
                self.check(key, loops, calls, case.writes)
                tries.append((share, ns))
        share, ns = min(tries)
        self.add(key, ns, share > DISTURBED)

    def add(self, key, ns, disturbed):
        """Appends a figure to those of the key."""
        self.figures[key].append(ns)
        self.disturbed[key].append(disturbed)

    def check(self, key, loops, calls, writes):
        """Ends the program if a write was lost. `writes` are of ten calls."""
        expected = collections.Counter()
        for (_, arguments), count in zip(loops, calls):
            if writes:
                expected[arguments[0]] += count * writes // 10
        for cell, count in expected.items():
            # The cells without a lock may lose some.
            if cell.value != count and not (type(cell) is self.bench.Unlocked and len(loops) > 1):
                sys.exit(f"{key}: {count} writes, but the value is {cell.value}")

    def run_all(self, cases):
        """Measures all cases, by key, in turn, round after round."""
        for number in range(self.repeat):
            # To and fro, so that nobody always comes first.
            for key in list(cases)[::-1 if number % 2 else 1]:
                self.run(key, cases[key])

    def rounds(self, *keys):
        """The numbers of the rounds to go by, and whether to trust them: those in
        which no figure of the keys is disturbed, or all if there are hardly any."""
        calm = [i for i in range(self.repeat) if not any(self.disturbed[key][i] for key in keys)]
        return (calm, True) if len(calm) * 3 >= self.repeat else (range(self.repeat), False)

    def values(self, key):
        """The figures of a key in the rounds to go by."""
        return [self.figures[key][i] for i in self.rounds(key)[0]]

    def ratios(self, above, below):
        """Of the figures of two keys, round by round."""
        return [self.figures[above][i] / self.figures[below][i] for i in self.rounds(above, below)[0]]

    def median(self, key, scale=1):
        """The figure to print for a key, of one of `scale` parts, with a question mark
        if it is doubtful."""
        return f"{statistics.median(self.values(key)) / scale:.1f}{'' if self.rounds(key)[1] else '?'}"

    def ratio(self, above, below):
        """The ratio to print for two keys."""
        return f"{statistics.median(self.ratios(above, below)):.2f}"


def spread(values, digits=2):
    """The median and, in brackets, the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
