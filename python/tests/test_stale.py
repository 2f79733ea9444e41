"""C that was made without the locks of its source does not get into a build."""

import os
import time

import pytest
from conftest import run

pytestmark = pytest.mark.kept

PYPROJECT = """
    [build-system]
    requires = ["setuptools", "Cython", "pyxlock"]
    build-backend = "setuptools.build_meta"
    """
TABLE = "\n    [tool.pyxlock]\n"

PLAIN = """
    cdef class Box:
        cdef long n

        def up(self):
            self.n += 1
            return self.n
    """
LOCKED = """
    cimport cython

    @cython.locked_class
    cdef class Box:
        cdef long n

        @cython.write_lock
        def up(self):
            self.n += 1
            return self.n
    """

C_ALONE = """
    from setuptools import Extension, setup

    setup(name="shop", py_modules=[], ext_modules=[Extension("box", ["box.c"])])
    """

# How a build comes to compile C that is there already.
WAYS = {
    "the C is listed": (TABLE, C_ALONE),
    "the C may be missing": (TABLE, C_ALONE.replace('["box.c"]', '["box.c"], optional=True')),
    "what our cythonize returns is thrown away": (
        "",
        """
    from pyxlock.setuptools import cythonize

    cythonize("box.pyx", language_level=3)
    """
        + C_ALONE,
    ),
    "what Cython's cythonize returns is thrown away": (
        TABLE,
        """
    from Cython.Build import cythonize

    cythonize("box.pyx", language_level=3)
    """
        + C_ALONE,
    ),
    "Cython's cythonize finds newer C": (
        TABLE,
        """
        from Cython.Build import cythonize
        from setuptools import setup

        setup(name="shop", py_modules=[], ext_modules=cythonize("box.pyx", language_level=3))
        """,
    ),
    "there is no Cython": (
        TABLE,
        """
        import sys
        from setuptools import Extension, setup

        sys.modules["Cython"] = None
        setup(name="shop", py_modules=[], ext_modules=[Extension("box", ["box.pyx"])])
        """,
    ),
    "a command puts the C in the place of the source": (
        TABLE,
        """
        from setuptools import Extension, setup
        from setuptools.command.build_ext import build_ext

        class Command(build_ext):
            def build_extension(self, ext):
                ext.sources = [s.replace(".pyx", ".c") for s in ext.sources]
                super().build_extension(ext)

        modules = [Extension("box", ["box.pyx"])]
        setup(name="shop", py_modules=[], ext_modules=modules, cmdclass={"build_ext": Command})
        """,
    ),
    "a command calls Cython's compiler, or finds newer C": (
        TABLE,
        """
        import os
        from setuptools import Extension, setup
        from setuptools.command.build_ext import build_ext

        class Command(build_ext):
            def build_extensions(self):
                for extension in self.extensions:
                    if os.path.getmtime("box.c") < os.path.getmtime("box.pyx"):
                        from Cython.Compiler.Main import compile
                        compile("box.pyx")
                    extension.sources = ["box.c"]
                super().build_extensions()

        modules = [Extension("box", ["box.pyx"])]
        setup(name="shop", py_modules=[], ext_modules=modules, cmdclass={"build_ext": Command})
        """,
    ),
}


@pytest.fixture(scope="module")
def old_c(project):
    """C of the module before it got locks."""
    made = project({"box.pyx": PLAIN})
    made.run("-m", "cython", "-3", "box.pyx")
    return (made.dir / "box.c").read_bytes()


def with_c(project, old_c, files, c="box.c"):
    """Make a project that holds C newer than its sources."""
    made = project(files)
    (made.dir / c).parent.mkdir(exist_ok=True)
    (made.dir / c).write_bytes(old_c)
    later = time.time() + 5
    os.utime(made.dir / c, (later, later))
    return made


def refused(made, c="box.c", source="box.pyx"):
    """Build, in vain."""
    done = made.inplace(check=False)
    assert done.returncode == 1, done.stdout
    assert f"\n  {c}: may lack locks of {source}\n" in done.stdout.replace(os.sep, "/")
    assert not [f for f in made.dir.glob("*") if f.suffix in (".so", ".pyd")]


@pytest.mark.parametrize("way", WAYS)
def test_refused(project, old_c, way):
    """The build stops, and says which C it is."""
    table, setup = WAYS[way]
    files = {"pyproject.toml": PYPROJECT + table, "box.pyx": LOCKED, "setup.py": setup}
    made = with_c(project, old_c, files)
    refused(made)


def test_no_locks(project, old_c):
    """The same C is all right for a source that has none."""
    files = {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": PLAIN, "setup.py": C_ALONE}
    made = with_c(project, old_c, files)
    made.inplace()
    made.run("-c", "import box; assert box.Box().up() == 1")


def test_advice(project, old_c):
    """What the message says helps."""
    files = {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": LOCKED, "setup.py": C_ALONE}
    made = with_c(project, old_c, files)
    refused(made)
    made.edit("setup.py", "box.c", "box.pyx")
    made.inplace()
    (c,) = made.dir.glob("build/src.pyxlock/box.c")
    assert "pyxlock_write(" in c.read_text("utf-8")


def test_locks_turned_off(project, old_c):
    """Without locks there are none to miss."""
    files = {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": LOCKED, "setup.py": C_ALONE}
    made = with_c(project, old_c, files)
    made.inplace(env={"PYXLOCK_FLAGS": "--locking=off"})


def test_c_elsewhere(project, old_c):
    """C need not be beside its source: it says what it was made from."""
    setup = C_ALONE.replace("box.c", "made/box.c")
    files = {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": LOCKED, "setup.py": setup}
    made = with_c(project, old_c, files, "made/box.c")
    refused(made, "made/box.c")


@pytest.mark.parametrize(("where", "name"), [(".", "pk.a"), (".", "pk._speedups"), ("pk", "pk.a")])
def test_c_of_another_name(project, where, name):
    """C may have a name of its own, and Cython may have run anywhere."""
    setup = f"""
        from pyxlock.setuptools import cythonize
        from setuptools import Extension, setup

        cythonize([Extension("pk.a", ["pk/a.pyx"])], language_level=3)
        setup(name="shop", packages=["pk"], ext_modules=[Extension("{name}", ["gen/_a.c"])])
        """
    files = {"pyproject.toml": PYPROJECT, "pk/__init__.py": "", "pk/a.pyx": PLAIN, "gen/here": "", "setup.py": setup}
    made = project(files)
    source, c = ("a.pyx", "../gen/_a.c") if where == "pk" else ("pk/a.pyx", "gen/_a.c")
    made.run("-m", "cython", "-3", source, "-o", c, cwd=made.dir / where)
    made.write("pk/a.pyx", LOCKED)
    refused(made, "gen/_a.c", "pk/a.pyx")


def test_c_of_another_module(project, old_c):
    """A module with locks does not make C of others stale."""
    setup = """
        from pyxlock.setuptools import cythonize
        from setuptools import Extension, setup

        modules = [*cythonize("pk/box.pyx", language_level=3), Extension("box", ["gen/_box.c"])]
        setup(name="shop", packages=["pk"], ext_modules=modules)
        """
    files = {"pyproject.toml": PYPROJECT, "pk/__init__.py": "", "pk/box.pyx": LOCKED, "setup.py": setup}
    made = with_c(project, old_c, files, "gen/_box.c")
    made.inplace()


def test_included(project):
    """Locks may be in what a module includes, and in its .pxd."""
    for name, files in {
        "box.pxi": {"box.pyx": 'include "box.pxi"\n', "box.pxi": LOCKED},
        "box.pxd": {
            "box.pyx": PLAIN.replace("cdef long n", "pass"),
            "box.pxd": """
                cimport cython

                @cython.locked_class
                cdef class Box:
                    cdef long n
                """,
        },
    }.items():
        made = project({"pyproject.toml": PYPROJECT + TABLE, "setup.py": C_ALONE, **files})
        locked = (made.dir / name).read_text("utf-8")
        made.write(name, "".join(line for line in locked.splitlines(True) if "@cython" not in line))
        made.run("-m", "cython", "-3", "box.pyx")
        made.write(name, locked)
        refused(made)


def test_what_is_not_stale(project, old_c):
    """C without a source, and C that has the locks, is none of our business."""
    setup = C_ALONE.replace('["box.c"])]', '["box.c"]), Extension("hand", ["hand.c"])]')
    made = project(
        {
            "pyproject.toml": PYPROJECT + TABLE,
            "setup.py": setup,
            "box.pyx": LOCKED,
            # By hand, beside Python that has the same name and locks.
            "hand.py": """
                import cython

                @cython.locked_class
                class Hand:
                    n = 0
                    def up(self):
                        self.n = 1
                """,
            "hand.c": """
                #include <Python.h>

                static struct PyModuleDef hand = {PyModuleDef_HEAD_INIT, "hand"};
                PyMODINIT_FUNC PyInit_hand(void) { return PyModule_Create(&hand); }
                """,
        }
    )
    cython = made.interpreter.with_name("cython" + made.interpreter.suffix)
    made.run("-m", "pyxlock", "cython", f"--cython={cython}", "-3", "box.pyx")
    made.inplace()
    made.run("-c", "import box, hand; assert box.Box().up() == 1")
    # It is no more when somebody else has written it.
    (made.dir / "box.c").write_bytes(old_c)
    for built in made.dir.glob("box.*.so"):
        built.unlink()
    done = made.inplace(check=False)
    assert "box.c: may lack locks of box.pyx" in done.stdout
    assert "hand" not in done.stdout.partition("nothing is built")[2]


def test_pip_shows_it(project, old_c):
    """pip's isolated build ends in the message, too."""
    files = {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": LOCKED, "setup.py": C_ALONE}
    made = with_c(project, old_c, files)
    pip = ["-m", "pip", "wheel", "--no-deps", "-w", made.dir / "out", "."]
    done = run(made.interpreter, *pip, cwd=made.dir, check=False)
    assert done.returncode
    assert "box.c: may lack locks of box.pyx" in done.stdout


def test_old_build_ext(project, old_c):
    """Cython's old command calls the compiler by itself, or takes newer C."""
    setup = """
        from Cython.Distutils.old_build_ext import old_build_ext
        from setuptools import Extension, setup

        modules = [Extension("box", ["box.pyx"])]
        setup(name="shop", py_modules=[], ext_modules=modules, cmdclass={"build_ext": old_build_ext})
        """
    made = with_c(project, old_c, {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": LOCKED, "setup.py": setup})
    if made.run("-c", "from Cython.Distutils import old_build_ext", check=False).returncode:
        pytest.skip("this Cython's old_build_ext cannot be imported here")
    for _ in range(2):
        done = made.inplace(check=False)
        assert done.returncode
        assert "Cython's old_build_ext cannot be given sources with locks:\n  box.pyx\n" in done.stdout
        assert not list(made.dir.glob("box.*.so"))
        (made.dir / "box.c").unlink(missing_ok=True)
    # What the message says works.
    recipe = setup.replace("Cython.Distutils.old_build_ext import old_build_ext", "Cython.Distutils import build_ext")
    made.write("setup.py", recipe.replace("old_build_ext", "build_ext"))
    made.inplace()
    assert list(made.dir.glob("box.*.so"))


def test_old_build_ext_without_locks(project):
    """Modules without locks are the old command's own business."""
    setup = """
        from Cython.Distutils.old_build_ext import old_build_ext
        from setuptools import Extension, setup

        modules = [Extension("box", ["box.pyx"])]
        setup(name="shop", py_modules=[], ext_modules=modules, cmdclass={"build_ext": old_build_ext})
        """
    made = project({"pyproject.toml": PYPROJECT + TABLE, "box.pyx": "def f(): return 1\n", "setup.py": setup})
    if made.run("-c", "from Cython.Distutils import old_build_ext", check=False).returncode:
        pytest.skip("this Cython's old_build_ext cannot be imported here")
    made.inplace()
    assert list(made.dir.glob("box.*.so"))


def test_failed_before(project, old_c):
    """What Cython leaves in the place of its C when it fails is no source either."""
    files = {"pyproject.toml": PYPROJECT + TABLE, "box.pyx": LOCKED, "setup.py": C_ALONE}
    made = with_c(project, old_c, files)
    made.run("-m", "cython", "-3", "box.pyx", check=False)
    assert (made.dir / "box.c").read_text("utf-8").startswith("#error")
    refused(made)
