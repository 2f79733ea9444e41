"""What measures by lines names those of the source: Cython.Coverage and line_profiler.

The same module is built without locks and without pyxlock, with a comment in place of each
decorator, and must be measured alike.
"""

import json
import re

import pytest
from conftest import Project, run, venv

pytestmark = pytest.mark.kept

FILES = {
    "src/shop/__init__.py": "",
    "src/shop/till.pyx": '''
        # distutils: define_macros=CYTHON_TRACE=1
        cimport cython

        include "part.pxi"


        @cython.locked_class
        cdef class Till:
            """A till."""
            cdef long coins
            cdef public list names

            def __init__(self):
                self.names = []

            def put(self, long n):
                """Put some in."""
                if n < 0:
                    raise ValueError(n)
                self.coins += n

            @cython.read_lock
            def get(self):
                return self.coins

            @property
            def many(self):
                return self.coins > 10

            @cython.write_lock
            def take(self, long n,
                     also=None):
                cdef long before = self.coins
                if n > before:
                    for i in range(3):
                        before += 1
                    return 0

                self.coins -= n
                with nogil:
                    before = n
                try:
                    self.names.append(also)
                except TypeError:
                    return 5
                finally:
                    self.names.append(1)
                return n  # pragma: no cover
    ''',
    "src/shop/part.pxi": """
        @cython.locked_class
        cdef class Part:
            cdef long n

            def add(self, k):
                self.n += k

            def never(self):
                self.n = 0
                return self.n
    """,
    "use.py": """
        import sys

        sys.path.insert(0, "src")
        from shop.till import Part, Till

        t = Till()
        t.put(5)
        t.get(), t.take(2), t.many, t.names
        Part().add(3)
    """,
    "lines.py": """
        import sys

        sys.path.insert(0, "src")
        from line_profiler import LineProfiler
        from shop.till import Till

        p, t = LineProfiler(Till.put, Till.take), Till()
        p.enable()
        t.put(5), t.put(6), t.take(2)
        p.disable()
        p.print_stats()
    """,
    ".coveragerc": """
        [run]
        plugins = Cython.Coverage
        source = src
    """,
    "setup.py": """
        from setuptools import setup
        FROM import cythonize

        options = {"linetrace": True, "language_level": 3}
        setup(name="shop", package_dir={"": "src"}, packages=["shop"],
              ext_modules=cythonize("src/shop/*.pyx", compiler_directives=options))
    """,
}


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory, wheel):
    """An interpreter with what measures."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "setuptools", "coverage", "line_profiler")


def built(directory, python, cythonize, decorators):
    """Build the package in place."""
    project = Project(directory, python, {**FILES, "setup.py": FILES["setup.py"].replace("FROM", "from " + cythonize)})
    if not decorators:
        for name in "src/shop/till.pyx", "src/shop/part.pxi":
            path = directory / name
            path.write_text(re.sub(r"@cython\.\w*lock\w*", "# no lock", path.read_text()))
    project.run("setup.py", "build_ext", "--inplace")
    return project


@pytest.fixture(scope="module")
def projects(tmp_path_factory, interpreter):
    """The package with locks, and without them and without pyxlock."""
    return (
        built(tmp_path_factory.mktemp("with"), interpreter, "pyxlock.setuptools", True),
        built(tmp_path_factory.mktemp("plain"), interpreter, "Cython.Build", False),
    )


def test_coverage(projects):
    """Lines and percentages are those without locks, also of an included file."""
    reports = []
    for project in projects:
        project.run("-m", "coverage", "run", "use.py")
        project.run("-m", "coverage", "json")
        files = json.loads((project.dir / "coverage.json").read_text())["files"]
        keys = "executed_lines", "missing_lines", "excluded_lines", "summary"
        reports.append({name: {k: found[k] for k in keys} for name, found in files.items()})
    assert reports[0] == reports[1]
    assert reports[0]["src/shop/part.pxi"]["executed_lines"] == [6]
    assert reports[0]["src/shop/till.pyx"]["missing_lines"] == [19, 35, 36, 37, 41, 44, 45]


def test_line_profiler(projects):
    """The profile has the source's lines, hit as often as without locks."""
    hits = []
    for project in projects:
        text = project.run("lines.py").stdout
        hits.append(re.findall(r"^ +(\d+) +(\d+) +[\d.]+ +[\d.]+ +[\d.]+  (.*)$", text, re.M))
    assert [(line, n) for line, n, _ in hits[0]] == [(line, n) for line, n, _ in hits[1]]
    assert ("20", "2", "        self.coins += n") in [(line, n, text[-23:]) for line, n, text in hits[0]]


def test_c_beside_the_source(projects):
    """It is there with linetrace alone, may be compiled by itself, and is nobody else's file."""
    project = projects[0]
    c = project.dir / "src/shop/till.c"
    assert "__Pyx_TraceLine(" in c.read_text()
    # A setup.py that lists the C builds what the mirror's C builds, until the source changes.
    listed = """
        from pyxlock.setuptools import cythonize
        from setuptools import Extension, setup

        cythonize("src/shop/*.pyx", compiler_directives={"linetrace": True, "language_level": 3})
        setup(name="shop", package_dir={"": "src"}, packages=["shop"],
              ext_modules=[Extension("shop.till", ["src/shop/till.c"])])
    """
    project.write("listed.py", listed)
    project.write("pyproject.toml", "[tool.pyxlock]\n")
    project.run("listed.py", "build_ext", "--inplace")
    # What is not Cython's stays, and without linetrace there is none.
    c.write_text("int mine;\n")
    project.run("setup.py", "build_ext", "--inplace")
    assert c.read_text() == "int mine;\n"
    c.unlink()
    project.edit("setup.py", '"linetrace": True, ', "")
    project.edit("src/shop/till.pyx", "A till.", "A drawer.")
    project.run("setup.py", "build_ext", "--inplace")
    assert not c.exists()
