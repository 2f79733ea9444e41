"""Pure-mode code with locks, before linters and type checkers: ruff, mypy and pyright."""

import sys

import pytest
from conftest import ROOT, Project, run

pytestmark = pytest.mark.kept("python/cython-stubs", "python/pyxlock")

LINTERS = ROOT / ".venv/linters" / ("Scripts" if sys.platform == "win32" else "bin")

# What the decorators and blocks can look like, for the type checkers.
TALLY = '''
    from __future__ import annotations

    from collections.abc import Iterator

    import cython
    import pyxlock as pyxlock


    @cython.locked_class
    @cython.cclass
    class Tally:
        counts: dict[str, int]
        total: cython.long

        def __init__(self) -> None:
            self.counts = {}
            self.total = 0

        @cython.write_lock
        def add(self, key: str, k: cython.long = 1) -> None:
            self.counts[key] = self.counts.get(key, 0) + k
            self.total += k

        @cython.write_lock
        @cython.read_lock("other")
        def merge(self, other: Tally) -> None:
            for key in other.counts:
                self.add(key, other.counts[key])

        @cython.read_lock(snapshot=True)
        def keys(self) -> Iterator[str]:
            yield from self.counts

        @property
        @cython.read_lock
        def mean(self) -> cython.double:
            return self.total / len(self.counts)

        @cython.no_lock("locks in its body")
        def both(self, other: Tally, n: cython.Py_ssize_t) -> int:
            with cython.write_lock(self), cython.read_lock(other):
                self.total += other.total
            with cython.write_lock(self, other):
                self.total += n
            return self.twice(pyxlock.report())

        @cython.cfunc
        def twice(self, x: cython.int) -> cython.int:
            return 2 * x


    @cython.locked_class(lock="mutex", blocking=True, guard="tally")
    @cython.cclass
    class Guarded:
        tally: Tally

        @cython.ccall
        @cython.write_lock
        def add(self, key: str) -> cython.long:
            self.tally.add(key)
            return len(key)
'''

# Mistakes, each on a line of its own, which the checkers find by the decorators' types.
WRONG = '''
    import cython
    import pyxlock as pyxlock


    @cython.locked_class(lock="spin")
    class A:
        @cython.no_lock
        def f(self) -> int:
            return 1

        @cython.write_lock
        def g(self) -> int:
            return 1

        @cython.read_lock("self")
        def h(self) -> str:
            return self.g()
'''
MISTAKES = {5, 7, 17}

# Code without locks: a name of each kind that annotate writes, with room for long lines.
UNDECORATED = '''
    from __future__ import annotations

    import cython


    @cython.cclass
    class Series:
        _rows: list
        closed: cython.bint

        def __init__(self):
            self._rows = []
            self.closed = False

        def append(self, row):
            self._rows.append(row)

        def __len__(self):
            return len(self._rows)

        def rows_until_somebody_closes(self):
            rows = len(self._rows)
            i = 0
            while i < rows and not self.closed:
                got = yield i
                print(self._rows[i], got)
                i += 1

        async def drain(self):
            while self._rows:
                self._rows.pop()


    def copy_what_the_named_series_have_into_the_first(
        destination: Series,
        the_beginning_of_it: Series,
        what_continues_it: Series,
        its_conclusion_at_the_end: Series,
    ):
        destination._rows.extend(the_beginning_of_it._rows)
        destination._rows.extend(what_continues_it._rows)
        destination._rows.extend(its_conclusion_at_the_end._rows)
'''


@pytest.fixture
def checkers(tmp_path, python):
    """A project, and what mypy and pyright say of a file of it."""
    project = Project(tmp_path, python, {"pyrightconfig.json": '{"typeCheckingMode": "strict"}'})

    def of(name, expect):
        said = {}
        for program, arguments in (
            ("mypy", ["--strict", "--no-incremental", "--python-executable", python]),
            ("basedpyright", ["--level", "error", "--pythonpath", python, "-p", tmp_path]),
        ):
            done = run(LINTERS / program, *arguments, tmp_path / name, cwd=tmp_path, check=False)
            assert (done.returncode == 0) == expect, f"{program}: {done.stdout}"
            said[program] = done.stdout
        return said

    return project, of


def test_types(checkers):
    """The decorators, blocks and C types are known, and decorated functions keep their types."""
    project, of = checkers
    project.write("tally.py", TALLY)
    of("tally.py", True)


def test_types_find_mistakes(checkers):
    """A wrong argument is found, and a wrong result behind a decorator."""
    project, of = checkers
    project.write("wrong.py", WRONG)
    for program, text in of("wrong.py", False).items():
        lines = {int(line.split("wrong.py:")[1].split(":")[0]) for line in text.splitlines() if "wrong.py:" in line and "error" in line}
        # mypy says twice of no_lock that it gets the function for its reason
        assert lines - {8} == MISTAKES, f"{program}: {text}"


def test_annotated_code_stays_as_it_is(tmp_path, python):
    """ruff finds nothing in what annotate writes, and takes nothing from it."""
    project = Project(tmp_path, python, {"series.py": UNDECORATED})
    pyxlock = python.parent / "pyxlock"
    run(pyxlock, "annotate", "--in-place", "series.py", cwd=tmp_path)
    written = (tmp_path / "series.py").read_text("utf-8")
    assert "import pyxlock as pyxlock\n" in written
    assert "@cython.no_lock(" in written and '@cython.read_lock(\n    "the_beginning_of_it"' in written
    ruff = [LINTERS / "ruff", "check", "--no-cache", "--isolated", "--select", "E,F,I,W", "--fix", "series.py"]
    run(*ruff, cwd=tmp_path)
    assert (tmp_path / "series.py").read_text("utf-8") == written
    # and it means what it meant
    again = run(pyxlock, "annotate", "series.py", cwd=tmp_path).stdout
    assert "already locked" in again and "diff" not in again
    compiled = run(pyxlock, "rewrite", "series.py", cwd=tmp_path).stdout
    assert "import pyxlock as" not in compiled and "no_lock" not in compiled


def test_stubs_say_what_there_is():
    """The names that the stubs give to the module cython are those that pyxlock gives it."""
    import re

    from pyxlock import _shadow

    stub = (ROOT / "python/cython-stubs/__init__.pyi").read_text("utf-8")
    locks = stub[stub.index("# ---- locks") : stub.index("# ---- Decorators")]
    names = set(re.findall(r"^def (\w+)", locks, re.M))
    source = (ROOT / "python/pyxlock/_shadow.py").read_text("utf-8")
    installed = re.search(r"for decorator in \((.*?)\):", source).group(1)
    assert names == set(installed.split(", ")) and all(hasattr(_shadow, n) for n in names)
