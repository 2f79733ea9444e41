"""Builds the module for this interpreter, and measures what the locks make of a build."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import time

from pyxlock._binary import find

from . import source

SETUP = """\
import sys
from setuptools import Extension, setup
name, file = sys.argv.pop(1), sys.argv.pop(1)
# On a build with a GIL the locks are to be there all the same, so that they can be measured.
setup(name=name, script_args=["-q", "build_ext", "--inplace"], py_modules=[],
      ext_modules=[Extension(name, [file], define_macros=[("PYXLOCK_RELEASES_GIL", "1")], language="c++")])
"""


def need(condition, what):
    """End with what is missing."""
    if not condition:
        sys.exit(f"pyxlock.bench: {what}")


def run(command, directory):
    """Run a command, and end with what it says if it fails."""
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    need(done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")


def build(directory):
    """Build pyxlock_bench_locks in a directory; return what locks cost in time and size."""
    for package, least in ("Cython", (3, 1)), ("setuptools", (1,)):
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            version = "0"
        found = tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])
        need(found >= least, f"needs {package}" + (" 3.1 or later" if package == "Cython" else "") + f": pip install {package}")
    shutil.copy(os.path.join(os.path.dirname(__file__), "counterlock.pxi"), directory)
    make(directory, "pyxlock_bench_locks", source.whole(), "on")
    figures = {}
    for locking in "off", "on":
        seconds, size = make(directory, f"pyxlock_bench_{locking}", source.one(), locking)
        figures[locking] = {"seconds": seconds, "bytes": size}
    return figures


def make(directory, name, text, locking):
    """Build a module; return the seconds that Cython and the compiler took, and its size."""
    inner = os.path.join(directory, "src-" + name)
    os.mkdir(inner)
    pyx, cpp = os.path.join(inner, name + ".pyx"), os.path.join(directory, name + ".cpp")
    with open(pyx, "w", encoding="utf-8") as file:
        file.write(text)
    begun = time.perf_counter()
    run([find(), "cython", "--cython=" + cython(), "--cplus",
         f"--locking={locking}", "-I", directory, pyx, "-o", cpp], directory)
    run([sys.executable, "-c", SETUP, name, name + ".cpp"], directory)
    seconds = time.perf_counter() - begun
    (module,) = [f for f in os.listdir(directory) if f.startswith(name + ".") and f.endswith((".so", ".pyd"))]
    return round(seconds, 2), os.path.getsize(os.path.join(directory, module))


def cython():
    """Return the program cython of this interpreter."""
    name = "cython.exe" if os.name == "nt" else "cython"
    beside = os.path.join(os.path.dirname(sys.executable), name)
    found = beside if os.path.isfile(beside) else shutil.which(name)
    need(found, "needs the program cython, which Cython installs: pip install Cython")
    return found
