"""What a lock costs: unlocked, critical_section, cython.pymutex, pyxlock.

    python runtime/bench/bench.py [--seconds S] [--repeat N] [--cc CC]

Builds bench.pyx with the Cython (3.2 or later) of the python that runs this,
for the free-threaded interpreter PYXLOCK_FT_PYTHON, python3.14t or python3.13t,
and runs it there. Without one, for this python itself, with a GIL; then
PYXLOCK_RELEASES_GIL is set so that there is a lock to measure.

Each figure is the median of several runs of one loop, all locks in turn in the
same process: compare figures of one run only.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

CALLS_AT_ONCE = 1000
HERE = os.path.dirname(os.path.abspath(__file__))


def build_and_run(options):
    names = [os.environ.get("PYXLOCK_FT_PYTHON"), "python3.14t", "python3.13t"]
    target = next((found for found in map(shutil.which, filter(None, names)) if found), sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "pyxlock_bench.c")
        subprocess.run([sys.executable, "-m", "cython", "-I", os.path.dirname(HERE), "--module-name", "pyxlock_bench",
                        "-o", source, os.path.join(HERE, "bench.pyx")], check=True)
        include = subprocess.run([target, "-c", "import sysconfig; print(sysconfig.get_path('include'))"],
                                 check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([options.cc, "-O2", "-shared", "-fPIC", "-DPYXLOCK_RELEASES_GIL", "-I" + include, source,
                        "-o", os.path.join(folder, "pyxlock_bench.so")], check=True)
        subprocess.run([target, __file__, "--measure", folder, "--seconds", str(options.seconds),
                        "--repeat", str(options.repeat)], check=True)


def one_run(loops, seconds):
    """Nanoseconds a call, the mean of the threads: one loop a thread, all of
    them for the same stretch of time."""
    barrier = threading.Barrier(len(loops))
    took = []

    def target(function, arguments):
        calls = 0
        barrier.wait()
        start = now = time.perf_counter()
        while now - start < seconds:
            function(*arguments, CALLS_AT_ONCE)
            calls += CALLS_AT_ONCE
            now = time.perf_counter()
        took.append((now - start) / calls)

    threads = [threading.Thread(target=target, args=loop) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(took) / len(took) * 1e9


def measure(options):
    sys.path.insert(0, options.measure)
    import pyxlock_bench as bench

    # Not next to each other, so that two objects share no cache line.
    x, *_, y = [bench.Cell() for _ in range(64)]
    cases = {}
    for name, function in [
        ("unlocked", bench.unlocked),
        ("critical_section", bench.critical_section),
        ("cython.pymutex", bench.mutex),
        ("pyxlock read", bench.pyxlock_read),
        ("pyxlock write", bench.pyxlock_write),
    ]:
        cases[name] = [[(function, (x,))], [(function, (x,))] * 2, [(function, (x,)), (function, (y,))]]
    pair = bench.pyxlock_pair
    cases["pyxlock write+read"] = [[(pair, (x, y))], [(pair, (x, y)), (pair, (y, x))]]
    figures = {name: [[] for _ in runs] for name, runs in cases.items()}
    for _ in range(options.repeat):
        for name, runs in cases.items():
            for i, loops in enumerate(runs):
                figures[name][i].append(one_run(loops, options.seconds))
    medians = {name: [statistics.median(times) for times in columns] for name, columns in figures.items()}

    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}, {'with' if gil else 'without'} GIL, {os.cpu_count()} cores")
    print("ns a call and thread; (x) over unlocked in the same column; [x] over one thread")
    print(f"{'':20}{'1 thread':>20}{'2 threads, 1 object':>30}{'2 threads, 2 objects':>30}")
    base = medians["unlocked"]
    for name, columns in medians.items():
        line = f"{name:20}"
        for i, figure in enumerate(columns):
            line += f"{figure:10.1f} ({figure / base[i]:5.1f})"
            if i:
                line += f" [{figure / columns[0]:6.1f}]"
            line += "  "
        print(line.rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=0.1, help="for each loop")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--cc", default=os.environ.get("CC", "gcc"))
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options)
    else:
        build_and_run(options)


if __name__ == "__main__":
    main()
