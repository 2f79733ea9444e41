"""Packages that setuptools and meson build with --locking=check, as their users would."""

import json

import pytest
from conftest import Project, run, venv

pytestmark = pytest.mark.kept

TALLY = """
    # cython: language_level=3
    cimport cython


    @cython.locked_class
    cdef class Tally:
        cdef long n

        @cython.write_lock
        def add(self):
            self.n += 1


    def reset(Tally t):
        # A comment
        # that is long.
        t.n = 0
    """

# What the tests of a package with threads may look like.
PROGRAM = """
    import json
    import os
    import sys
    import threading

    import tally
    import pyxlock

    t = tally.Tally()
    t.add()
    caught = []


    def work():
        t.add()
        try:
            tally.reset(t)
        except pyxlock.LockMissing as error:
            caught.append(str(error))


    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    print(json.dumps(caught))
    """

SETUP = {
    "setup.py": """
        from pyxlock.setuptools import cythonize
        from setuptools import setup

        setup(name="tally", version="1", ext_modules=cythonize("src/tally.pyx"))
        """,
    "src/tally.pyx": TALLY,
    "program.py": PROGRAM,
}

MESON = {
    "meson.build": """
        project('tally', 'c', version: '1')
        py = import('python').find_installation(pure: false)
        pyxlock = find_program('pyxlock', native: true)
        cython = find_program('cython', native: true)
        pyx = generator(pyxlock,
          arguments: ['cython', '--cython=' + cython.full_path(), '--locking=' + get_option('locking'),
                      '-3', '-M', '@INPUT@', '-o', '@OUTPUT@'],
          output: '@BASENAME@.c', depfile: '@BASENAME@.c.dep')
        py.extension_module('tally', pyx.process('src/tally.pyx'), install: true)
        """,
    "meson.options": "option('locking', type: 'combo', choices: ['on', 'off', 'check'], value: 'on')\n",
    "pyproject.toml": """
        [build-system]
        requires = ["meson-python", "Cython", "pyxlock"]
        build-backend = "mesonpy"

        [project]
        name = "tally"
        version = "1"
        """,
    "src/tally.pyx": TALLY,
    "program.py": PROGRAM,
}


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory, wheel):
    """An interpreter that has pyxlock, Cython and both build back ends."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "setuptools", "meson-python", "ninja")


def with_setuptools(project):
    """Build in place; return the directory with the module."""
    project.inplace(env={"PYXLOCK_FLAGS": "--locking=check"})
    return project.dir


def with_meson(project):
    """Build a wheel; return it unpacked."""
    scripts = str(project.interpreter.parent)
    import os

    return project.wheel("--no-build-isolation", "-Csetup-args=-Dlocking=check", ".", env={"PATH": scripts + os.pathsep + os.environ["PATH"]})


@pytest.mark.parametrize("files, build", [(SETUP, with_setuptools), (MESON, with_meson)], ids=["setuptools", "meson"])
def test_violation(files, build, tmp_path, interpreter):
    """A lock that is missing is reported at its line in the file that people edit, at exit, in files, and raised."""
    project = Project(tmp_path, interpreter, files)
    path = build(project)
    line = 1 + (project.dir / "src" / "tally.pyx").read_text("utf-8").splitlines().index("    t.n = 0")

    def program(**env):
        return run(interpreter, project.dir / "program.py", cwd=tmp_path, env={"PYTHONPATH": str(path), **env}).stdout

    out = program(PYXLOCK_CHECK_FILE="found.json")
    assert f"src/tally.pyx:{line}: reset writes Tally.n without the object's write lock" in out
    assert json.loads(out.splitlines()[0]) == []
    (found,) = json.loads((tmp_path / "found.json").read_text("utf-8"))["violations"]
    assert (found["line"], found["function"], found["needs"], found["held"], found["code"]) == (line, "reset", "write", "none", "PXL103")
    assert (project.dir / found["file"]).samefile(project.dir / "src" / "tally.pyx")

    program(PYXLOCK_CHECK_FILE="found.sarif")
    (result,) = json.loads((tmp_path / "found.sarif").read_text("utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], place["region"]["startLine"]) == ("PXL103", line)
    assert (project.dir / place["artifactLocation"]["uri"]).samefile(project.dir / "src" / "tally.pyx")

    (text,) = json.loads(program(PYXLOCK_CHECK="raise").splitlines()[0])
    assert f"tally.pyx:{line}: reset writes Tally.n" in text
