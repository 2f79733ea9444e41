"""A package that cimports another one, which is installed: it knows what is locked there."""

import pytest
from conftest import install, uninstall

pytestmark = pytest.mark.kept

PROJECT = """
    [build-system]
    requires = ["setuptools", "Cython", "pyxlock"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "{name}"
    version = "1.0"

    [tool.pyxlock]

    [tool.setuptools]
    packages = ["{name}"]
    ext-modules = [{{name = "{name}.{module}", sources = ["{name}/{module}.pyx"]}}]
    """

TREES = {
    "pyproject.toml": PROJECT.format(name="trees", module="tree"),
    "trees/__init__.py": "",
    "trees/tree.pxd": """
        cdef class Node:
            cdef long n
            cdef long get(self)
        """,
    "trees/tree.pyx": """
        # cython: language_level=3
        cimport cython


        @cython.locked_class(blocking=False)
        cdef class Node:
            cdef long get(self):
                return self.n

            def up(self):
                self.n += 1
                return self.n
        """,
}

LEAVES = {
    "pyproject.toml": PROJECT.format(name="leaves", module="leaf"),
    "leaves/__init__.py": "",
    "leaves/leaf.pyx": """
        # cython: language_level=3
        from trees.tree cimport Node


        cdef class Leaf(Node):
            cdef long m

            def add(self, Node other):
                other.n += 1
                self.m += other.get()
                return self.m


        def outside(Node node):
            node.n += 1
        """,
}


@pytest.fixture
def trees(project, python):
    """The package with the base class, installed beside pyxlock."""
    made = project(TREES)
    install(python, made.dir)
    yield made
    uninstall(python, "trees")


def test_subclass_in_another_package(trees, project):
    """Its subclass and its operands are locked, and its tests see no difference."""
    made = project(LEAVES)
    unpacked = made.wheel("--no-build-isolation", ".")
    (c,) = (made.dir / "build").glob("**/leaves/leaf.c")
    assert "pyxlock_acquire(" in c.read_text(encoding="utf-8")
    code = "from leaves.leaf import Leaf; a, b = Leaf(), Leaf(); assert (a.up(), a.add(b), b.up()) == (1, 1, 2)"
    made.run("-c", code, cwd=unpacked)


def test_desk(trees, project, python):
    """What people run finds it, too, and without it says that there is no lock."""
    made = project(LEAVES)
    out = made.run("-m", "pyxlock", "check", "leaves", check=False).stdout
    assert "PXL105" in out and "outside writes n of node (Node) without its lock" in out, out
    assert "members: 0 read, 1 write" in out, out
    cython = f"--cython={python.parent / 'cython'}"
    copied = made.run("-m", "pyxlock", "cython", cython, "-3", "leaves/leaf.pyx", "-o", "leaf.c").stdout
    assert "PXL105" in copied and "pyxlock_acquire(" in (made.dir / "leaf.c").read_text(encoding="utf-8")
    uninstall(python, "trees")
    assert "PXL504" in made.run("-m", "pyxlock", "check", "leaves", check=False).stdout
