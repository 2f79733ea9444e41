"""Builds of packages by pip and setuptools, with the locks expanded on the way."""

import json
import os
import re
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT, run, uninstall

pytestmark = pytest.mark.kept

PYPROJECT = """
    [build-system]
    requires = ["setuptools", "Cython", "pyxlock"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "shop"
    version = "1.0"
    """

# What both ways have to cope with: a class in a .pxd, text that is included, a
# header beside the source, a subclass in a subpackage, C++ and pure mode.
SOURCES = {
    "src/shop/__init__.py": "",
    "src/shop/till.pxd": """
        cimport cython


        @cython.locked_class
        cdef class Till:
            cdef public long coins
            cdef long count(self)
        """,
    "src/shop/till.pyx": """
        # cython: language_level=3
        cimport cython
        include "rates.pxi"

        cdef extern from *:
            '''
            #include "add.h"
            '''
            long add(long, long)


        @cython.locked_class
        cdef class Till:
            cdef long count(self):
                return self.coins

            @cython.write_lock
            def put(self, long n):
                '''Put in coins.'''
                cdef long coins = add(self.coins, n * RATE)
                self.coins = coins
                return coins

            @cython.read_lock
            def check(self, long want):
                cdef long coins = self.coins
                if coins != want:
                    raise ValueError(coins)
                return coins
        """,
    "src/shop/rates.pxi": "cdef enum: RATE = 1\n",
    "src/shop/add.h": "static long add(long a, long b) { return a + b; }\n",
    "src/shop/north/__init__.py": "",
    "src/shop/north/branch.pyx": """
        # cython: language_level=3
        # distutils: language = c++
        cimport cython
        from libcpp.vector cimport vector
        from shop.till cimport Till


        @cython.locked_class
        cdef class Branch(Till):
            cdef vector[long] log

            @cython.write_lock
            def note(self, long n):
                self.log.push_back(n + self.count())
                return self.log.back()
        """,
    "src/shop/pure.py": """
        import cython


        @cython.locked_class
        @cython.cclass
        class Counter:
            n: cython.long

            @cython.write_lock
            def up(self):
                self.n += 1
                return self.n
        """,
}

USE = """
import shop.till, shop.north.branch, shop.pure
t = shop.till.Till()
t.coins = 2
assert t.put(3) == 5 and t.coins == 5 and t.put.__doc__ == "Put in coins."
b = shop.north.branch.Branch()
b.put(1)
assert b.note(4) == 5
assert shop.pure.Counter().up() == 1
assert shop.pure.__file__.endswith((".so", ".pyd")), shop.pure.__file__
"""

DROP_IN = {
    "pyproject.toml": PYPROJECT,
    "setup.py": """
        from setuptools import Extension, setup
        from pyxlock.setuptools import cythonize

        setup(
            package_dir={"": "src"},
            packages=["shop", "shop.north"],
            ext_modules=cythonize(
                [
                    Extension("shop.till", ["src/shop/till.pyx"]),
                    "src/shop/**/*.pyx",
                    "src/shop/pure.py",
                ],
                exclude=["src/shop/old*.pyx"],
                include_path=["src"],
                nthreads=2,
                annotate=True,
                compiler_directives={"binding": True},
                build_dir="build/c",
            ),
            package_data={"shop": ["*.pxd"]},
        )
        """,
    **SOURCES,
    "src/shop/old.pyx": "this is excluded: it does not compile = 1\n",
}
# Its C lies where that of the other way does, so that compilers find what they made (tools/ccached.sh).
IN_ONE_PLACE = {**DROP_IN, "setup.py": DROP_IN["setup.py"].replace('build_dir="build/c",', "")}

NO_CODE = {
    "pyproject.toml": PYPROJECT
    + """
    [tool.pyxlock]

    [tool.setuptools]
    package-dir = {"" = "src"}
    ext-modules = [
        {name = "shop.till", sources = ["src/shop/till.pyx"]},
        {name = "shop.north.branch", sources = ["src/shop/north/branch.pyx"], language = "c++"},
        {name = "shop.pure", sources = ["src/shop/pure.py"]},
    ]

    [tool.setuptools.packages.find]
    where = ["src"]
    """,
    **SOURCES,
}


def use(python, path, code=USE):
    """Run code that imports what was built."""
    return run(python, "-c", code, env={"PYTHONPATH": str(path)})


@pytest.fixture(scope="module", params=[DROP_IN, NO_CODE], ids=["drop-in", "no-code"])
def shop(request, project):
    """The package and its wheel, by pip in an isolated environment."""
    made = project(request.param)
    made.unpacked = made.wheel()
    return made


class TestWheel:
    """What pip builds."""

    def test_behaves(self, shop):
        """The modules import and do what their sources say."""
        use(shop.interpreter, shop.unpacked)

    def test_locks(self, shop):
        """What was compiled takes locks."""
        for module, suffix in [("till", "c"), ("north/branch", "cpp"), ("pure", "c")]:
            (c,) = (shop.dir / "build").glob(f"**/shop/{module}.{suffix}")
            assert "pyxlock_write(" in c.read_text(encoding="utf-8")

    def test_traceback(self, shop):
        """A traceback cites the file that people edit, and its line."""
        code = "import shop.till; shop.till.Till().check(1)"
        done = subprocess.run(
            [shop.interpreter, "-c", code],
            env={**os.environ, "PYTHONPATH": str(shop.unpacked)},
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        path, line = re.search(r'File "(.*till\.pyx)", line (\d+)', done.stderr).groups()
        assert path.replace(os.sep, "/") == "src/shop/till.pyx"
        source = (shop.dir / path).read_text(encoding="utf-8").splitlines()
        assert source[int(line) - 1].strip() == "raise ValueError(coins)"

    def test_declarations(self, shop, project):
        """The .pxd in it is one that another package can cimport."""
        assert "@cython.locked_class" not in (shop.unpacked / "shop" / "till.pxd").read_text("utf-8")
        other = project(
            {
                "peek.pyx": """
                    from shop.till cimport Till

                    def peek(Till t not None):
                        return t.count()
                    """,
                "setup.py": """
                    from Cython.Build import cythonize
                    from setuptools import setup

                    setup(name="peek", ext_modules=cythonize("peek.pyx", language_level=3))
                    """,
            }
        )
        env = {"PYTHONPATH": str(shop.unpacked)}
        other.inplace(env=env)
        code = "import peek, shop.till; t = shop.till.Till(); t.put(7); assert peek.peek(t) == 7"
        other.run("-c", code, env=env)

    def test_sdist(self, shop):
        """The sdist holds what people edit and nothing else, and builds."""
        path, names = shop.sdist()
        names = {n for n in names if "egg-info" not in n}
        assert names - set(SOURCES) <= {"PKG-INFO", "pyproject.toml", "setup.cfg", "setup.py"}
        # No setuptools puts a header that is only named in verbatim C into an sdist.
        assert set(SOURCES) - names == {"src/shop/add.h"}

    def test_editable(self, shop, tmp_path):
        """Editable installs build, import, and take up changes when run again."""
        for mode in ("lenient", "strict"):
            flags = ["--no-deps", "--no-build-isolation", "-C", f"editable_mode={mode}"]
            shop.run("-m", "pip", "install", "-q", *flags, "-e", ".")
            try:
                shop.run("-c", USE)
                code = "import shop; print(open(shop.__path__[0] + '/till.pxd').read())"
                declared = shop.run("-c", code, cwd=tmp_path).stdout
                assert ("@cython.locked_class" in declared) == (mode == "lenient")
            finally:
                uninstall(shop.interpreter, "shop")
                for built in (shop.dir / "src").glob("**/*.so"):
                    built.unlink()


class Incremental:
    """What one more run of build_ext makes again."""

    def __init__(self, made, *arguments):
        """Build for the first time."""
        self.made, self.arguments = made, arguments
        made.inplace(*arguments)
        self.seen = self.state()

    def state(self):
        """Return when the C files and the objects were written."""
        build = self.made.dir / "build"
        files = [*build.glob("src.pyxlock/**/*.c"), *build.glob("src.pyxlock/**/*.cpp")]
        files += build.glob("temp*/**/*.o")
        return {f.relative_to(build).as_posix(): f.stat().st_mtime_ns for f in files}

    def again(self):
        """Build again; return which C files and which objects are new."""
        self.made.inplace(*self.arguments)
        before, self.seen = self.seen, self.state()
        new = {f for f, at in self.seen.items() if before.get(f) != at}
        return (
            {os.path.basename(f) for f in new if not f.endswith(".o")},
            {os.path.basename(f) for f in new if f.endswith(".o")},
        )


@pytest.mark.parametrize("way", ["drop-in", "no-code"])
def test_incremental(project, way):
    """Only what an edit concerns is compiled again."""
    if way == "drop-in":
        files = dict(IN_ONE_PLACE)
    else:
        files = {**NO_CODE, "setup.py": "import setuptools; setuptools.setup()\n"}
    files["src/shop/till.pyx"] = files["src/shop/till.pyx"].replace(
        "cdef extern from *:\n            '''\n            #include \"add.h\"\n            '''",
        'cdef extern from "add.h":',
    )
    made = project(files)
    build = Incremental(made)
    assert build.again() == (set(), set())

    made.edit("src/shop/north/branch.pyx", "push_back(n ", "push_back(2 * n ")
    assert build.again() == ({"branch.cpp"}, {"branch.o"})

    made.edit("src/shop/till.pxd", "public long coins", "public long coins, notes")
    assert build.again() == ({"till.c", "branch.cpp"}, {"till.o", "branch.o"})

    made.edit("src/shop/rates.pxi", "= 1", "= 10")
    assert build.again() == ({"till.c"}, {"till.o"})

    made.edit("src/shop/add.h", "a + b", "b + a")
    assert build.again() == (set(), {"till.o"})

    code = "import shop.till; assert shop.till.Till().put(2) == 20"
    made.run("-c", code, env={"PYTHONPATH": "src"})

    # The same sources without locks.
    made.inplace(env={"PYXLOCK_FLAGS": "--locking=off"})
    assert "pyxlock_write(" not in (made.dir / "build/src.pyxlock/src/shop/till.c").read_text("utf-8")

    # A source that is gone leaves nothing that cimport could find.
    (made.dir / "src/shop/rates.pxi").unlink()
    made.edit("src/shop/till.pyx", 'include "rates.pxi"', "cdef enum: RATE = 1")
    made.inplace()
    assert not list((made.dir / "build/src.pyxlock").glob("**/rates.pxi*"))


CYTHONS = sorted((ROOT / ".venv").glob("cython-*/bin/python"))


@pytest.fixture(scope="module")
def target(tmp_path_factory, python, wheel):
    """A directory with pyxlock, to put on the path of any interpreter."""
    path = tmp_path_factory.mktemp("target")
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--target", path, wheel)
    return path


@pytest.mark.parametrize("cython", CYTHONS, ids=[p.parts[-3] for p in CYTHONS])
def test_cythons(project, target, cython):
    """Both ways work with every Cython that is supported."""
    for files in (IN_ONE_PLACE, NO_CODE):
        files = {"setup.py": "import setuptools; setuptools.setup()\n", **files}
        made = project(files)
        made.interpreter = cython
        env = {"PYTHONPATH": str(target)}
        made.inplace(env=env)
        made.run("-c", USE, env={"PYTHONPATH": "src"})
        made.edit("src/shop/till.pyx", "return coins\n\n", "return qty\n\n")
        done = made.inplace(env=env, check=False)
        assert done.returncode != 0
        line = number_of(made, "src/shop/till.pyx", "return qty")
        assert re.search(rf"^src/shop/till\.pyx:{line}:\d+: undeclared name", done.stdout, re.M)
        assert "Traceback" not in done.stdout


def number_of(made, name, text):
    """Return the number of the line that holds a text."""
    lines = (made.dir / name).read_text(encoding="utf-8").splitlines()
    (number,) = [i for i, line in enumerate(lines, 1) if text in line]
    return number


SMALL = {
    "pyproject.toml": PYPROJECT,
    "box.pyx": """
        cimport cython


        @cython.locked_class
        cdef class Box:
            cdef long n

            @cython.write_lock
            def up(self):
                self.n += 1
                return self.n
        """,
}
SMALL_SETUP = {
    "drop-in": """
        from pyxlock.setuptools import cythonize
        from setuptools import setup

        setup(name="shop", py_modules=[], ext_modules=cythonize("*.pyx", language_level=3))
        """,
    "no-code": """
        from setuptools import Extension, setup

        setup(name="shop", py_modules=[], ext_modules=[Extension("box", ["box.pyx"])])
        """,
}


@pytest.mark.parametrize("way", SMALL_SETUP)
class TestErrors:
    """Findings and errors stop a build, and look like a compiler's."""

    def files(self, way):
        """Return a small project."""
        files = {**SMALL, "setup.py": SMALL_SETUP[way]}
        if way == "no-code":
            files["pyproject.toml"] += "\n    [tool.pyxlock]\n"
        return files

    def fails(self, made):
        """Build; return what is printed."""
        done = made.inplace(check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stdout, done.stdout
        assert not list(made.dir.glob("*.so"))
        return done.stdout

    def test_finding(self, project, way):
        """A finding cites the source."""
        made = project(self.files(way))
        made.edit("box.pyx", "@cython.write_lock", '@cython.write_lock("other")')
        text = self.fails(made)
        assert re.search(r"^box\.pyx:\d+:\d+: PXL006 ", text, re.M)
        assert "pyxlock: nothing is built: see the findings above" in text

    def test_syntax(self, project, way):
        """So does a syntax error."""
        made = project(self.files(way))
        made.edit("box.pyx", "self.n += 1", "self.n += = 1")
        line = number_of(made, "box.pyx", "+= =")
        assert re.search(rf"^box\.pyx:{line}:\d+: PXL001 ", self.fails(made), re.M)

    def test_cython(self, project, way):
        """And what Cython finds, once."""
        made = project(self.files(way))
        made.edit("box.pyx", "return self.n", "return qty")
        text = self.fails(made)
        line = number_of(made, "box.pyx", "qty")
        assert len(re.findall(rf"^box\.pyx:{line}:\d+: ", text, re.M)) == 1
        assert "pyxlock: Cython did not compile box.pyx" in text

    def test_configuration(self, project, way):
        """A setting that is none is an error too."""
        made = project(self.files(way))
        made.write("pyproject.toml", self.files(way)["pyproject.toml"].replace("[tool.pyxlock]", "")
                   + "\n    [tool.pyxlock]\n    loc = 1\n")
        text = self.fails(made)
        assert '[tool.pyxlock] has no setting "loc": did you mean "lock"?' in text
        assert "pyxlock: nothing is built: see the error above" in text

    def test_no_program(self, project, way):
        """A program that is not there is named."""
        made = project(self.files(way))
        done = made.inplace(check=False, env={"PYXLOCK": "/nowhere/pyxlock"})
        assert done.returncode == 1
        assert "PYXLOCK=/nowhere/pyxlock is not a program" in done.stdout

    def test_pip(self, project, way):
        """pip shows the finding and fails."""
        made = project(self.files(way))
        made.edit("box.pyx", "@cython.write_lock", '@cython.write_lock("other")')
        pip = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "out", "."]
        done = made.run(*pip, check=False)
        assert done.returncode == 1
        assert "PXL006" in done.stdout and "Traceback" not in done.stdout


DECLARED_SETUP = {
    "drop-in": """
        from pyxlock.setuptools import cythonize
        from setuptools import setup

        setup(name="shop", py_modules=[],
              ext_modules=cythonize("*.pyx", compiler_directives={"freethreading_compatible": True}))
        """,
    "no-code": """
        from Cython.Distutils.extension import Extension
        from setuptools import setup

        setup(name="shop", py_modules=[],
              ext_modules=[Extension("box", ["box.pyx"], cython_directives={"freethreading_compatible": True})])
        """,
}


@pytest.mark.parametrize("way", DECLARED_SETUP)
def test_declared(project, way):
    """What the build tells Cython of the GIL is held against the classes."""
    files = {**SMALL, "setup.py": DECLARED_SETUP[way]}
    files["pyproject.toml"] += "\n    [tool.pyxlock]\n"
    made = project(files)
    assert "PXL501" not in made.inplace().stdout
    made.edit("box.pyx", "@cython.locked_class", "")
    made.edit("box.pyx", "@cython.write_lock", "")
    made.write("lid.pyx", "cimport cython\n@cython.locked_class\ncdef class Lid:\n    cdef int n\n")
    text = made.inplace().stdout
    assert re.search(r"^box\.pyx: PXL501 warning: the build \(--freethreading-compatible\) says ", text, re.M)


def test_not_asked_for(project):
    """A project that does not ask for pyxlock is built as without it."""
    made = project({**SMALL, "setup.py": SMALL_SETUP["no-code"]})
    made.write("box.pyx", "def f():\n    return 1\n")
    made.inplace()
    assert not (made.dir / "build" / "src.pyxlock").exists()
    assert (made.dir / "box.c").exists()


def test_missing_file(project):
    """What matches nothing is Cython's to complain of, by the name it was given."""
    made = project({"setup.py": SMALL_SETUP["drop-in"].replace("*.pyx", "src/*.pyx")})
    done = made.inplace(check=False)
    assert "'src/*.pyx' doesn't match any files" in done.stdout


def test_cythonize_in_a_command(project):
    """A setup.py may call Cython's cythonize late, in a command of its own."""
    made = project(
        {
            **SMALL,
            "pyproject.toml": PYPROJECT + "\n    [tool.pyxlock]\n",
            "setup.py": """
                from setuptools import Extension, setup
                from setuptools.command.build_ext import build_ext

                class Late(build_ext):
                    def run(self):
                        from Cython.Build import cythonize
                        self.extensions = cythonize(self.extensions, language_level=3)
                        for extension in self.extensions:
                            extension._needs_stub = False
                            extension._full_name = extension.name
                            extension._links_to_dynamic = False
                            extension._file_name = self.get_ext_filename(extension.name)
                        super().run()

                setup(
                    name="shop",
                    py_modules=[],
                    ext_modules=[Extension("box", ["box.pyx"])],
                    cmdclass={"build_ext": Late},
                )
                """,
        }
    )
    made.inplace()
    made.run("-c", "import box; assert box.Box().up() == 1")


def test_cythonize_in_finalize_options(project):
    """And as early as when the options of the command are set."""
    made = project(
        {
            **SMALL,
            "pyproject.toml": PYPROJECT + "\n    [tool.pyxlock]\n",
            "setup.py": """
                from setuptools import Extension, setup
                from setuptools.command.build_ext import build_ext

                class Early(build_ext):
                    def finalize_options(self):
                        from Cython.Build import cythonize
                        modules = self.distribution.ext_modules
                        modules[:] = cythonize(modules, language_level=3)
                        super().finalize_options()

                setup(
                    name="shop",
                    py_modules=[],
                    ext_modules=[Extension("box", ["box.pyx"])],
                    cmdclass={"build_ext": Early},
                )
                """,
        }
    )
    made.inplace()
    made.run("-c", "import box; assert box.Box().up() == 1")


def test_flags_set_late(project):
    """Compiler flags that build_ext sets anew do not take away where headers are."""
    made = project(
        {
            "shop/__init__.py": "",
            "shop/one.h": "static long one(void) { return 1; }\n",
            "shop/box.pyx": """
                cdef extern from *:
                    '#include "one.h"'
                    long one()

                def get():
                    return one()
                """,
            "setup.py": """
                from pyxlock.setuptools import cythonize
                from setuptools import setup
                from setuptools.command.build_ext import build_ext

                class Flags(build_ext):
                    def build_extensions(self):
                        for extension in self.extensions:
                            extension.extra_compile_args = ["-O0"]
                        super().build_extensions()

                setup(
                    name="shop",
                    packages=["shop"],
                    ext_modules=cythonize("shop/*.pyx", language_level=3),
                    cmdclass={"build_ext": Flags},
                )
                """,
        }
    )
    made.inplace()
    made.run("-c", "import shop.box; assert shop.box.get() == 1")


def test_errors_of_workers(project):
    """What Cython says in processes of its own cites the sources, too."""
    made = project(
        {
            "one.pyx": "# a comment\ndef f(): return qty\n",
            "two.pyx": "def f(): return 2\n",
            "three.pyx": "def f(): return pcs\n",
            "setup.py": """
                from setuptools import setup

                if __name__ == "__main__":
                    from pyxlock.setuptools import cythonize
                    modules = cythonize("*.pyx", nthreads=2, language_level=3)
                    setup(name="shop", py_modules=[], ext_modules=modules)
                """,
        }
    )
    done = made.inplace(check=False)
    assert done.returncode == 1
    assert len(re.findall(r"^one\.pyx:2:\d+: undeclared name", done.stdout, re.M)) == 1
    assert len(re.findall(r"^three\.pyx:1:\d+: ", done.stdout, re.M)) == 1
    assert "Traceback" not in done.stdout, done.stdout
    assert re.search(r"^pyxlock: Cython did not compile (one|three)\.pyx", done.stdout, re.M)


def test_absolute_paths(project):
    """Sources may be given by absolute paths, and a directory may be spelt with '..'."""
    made = project(
        {
            **SMALL,
            "setup.py": """
                import os
                from pyxlock.setuptools import cythonize
                from setuptools import Extension, setup

                here = os.path.dirname(os.path.abspath(__file__))
                path = os.path.join(here, "..", os.path.basename(here), "box.pyx")
                setup(name="shop", py_modules=[], ext_modules=cythonize([Extension("box", [path])]))
                """,
        }
    )
    made.inplace()
    made.run("-c", "import box; assert box.Box().up() == 1")


@pytest.mark.parametrize("command", ["run(self)", "build_extension(self, ext)"])
def test_sources_written_late(project, command):
    """What a command of the project writes while it runs is what is compiled."""
    made = project(
        {
            "pyproject.toml": PYPROJECT + "\n    [tool.pyxlock]\n",
            "p/__init__.py": "",
            "setup.py": f"""
                import os
                from setuptools import Extension, setup
                from setuptools.command.build_ext import build_ext

                class Write(build_ext):
                    def {command}:
                        with open("p/value.pxi", "w") as file:
                            file.write("cdef enum: VALUE = " + os.environ["VALUE"])
                        with open("p/box.pyx", "w") as file:
                            file.write('include "value.pxi"\\ndef get(): return VALUE, ')
                            file.write(os.environ["VALUE"])
                        super().{command.replace("self, ", "").replace("self", "")}

                setup(
                    name="shop",
                    packages=["p"],
                    ext_modules=[Extension("p.box", ["p/box.pyx"])],
                    cmdclass={{"build_ext": Write}},
                )
                """,
        }
    )
    for value in ("1", "23"):
        made.inplace(env={"VALUE": value})
        made.run("-c", f"import p.box; assert p.box.get() == ({value}, {value}), p.box.get()")


@pytest.mark.parametrize("src", ["", "src/"])
def test_needed_from_elsewhere(project, src):
    """What a module cimports or includes from outside of its package is rewritten, too."""
    made = project(
        {
            "pyproject.toml": PYPROJECT + "\n    [tool.pyxlock]\n",
            f"{src}a/__init__.py": "",
            f"{src}a/box.pyx": """
                include "../my $text#/value.pxi"
                from b.sub.defs cimport BASE

                def get(): return BASE + VALUE
                """,
            f"{src}b/__init__.py": "",
            f"{src}b/sub/__init__.py": "",
            f"{src}b/sub/defs.pxd": "cdef enum: BASE = 100\n",
            f"{src}my $text#/value.pxi": 'include "deeper.pxi"\n',
            f"{src}my $text#/deeper.pxi": "cdef enum: VALUE = 1\n",
            "setup.py": f"""
                from setuptools import Extension, setup

                setup(
                    package_dir={{"": "{src}"}},
                    packages=["a", "b", "b.sub"],
                    ext_modules=[Extension("a.box", ["{src}a/box.pyx"])],
                )
                """,
        }
    )
    for value in ("1", "23"):
        made.edit(f"{src}my $text#/deeper.pxi", "1", value)
        made.inplace()
        code = f"import a.box; assert a.box.get() == 100 + {value}, a.box.get()"
        made.run("-c", code, env={"PYTHONPATH": src})
    assert (made.dir / "build/src.pyxlock" / src / "b/sub/defs.pxd").exists()


def test_left_out_of_checks(project):
    """A build has what git ignores, what is excluded, and what has a usual name."""
    made = project(
        {
            "pyproject.toml": PYPROJECT
            + """
    [tool.pyxlock]
    exclude = ["legacy.pyx", "build", "venv"]
    force-exclude = true
    """,
            ".gitignore": "gen.*\n",
            "p/__init__.py": "",
            "p/gen.pyx": 'include "gen.pxi"\ndef get(): return VALUE\n',
            "p/gen.pxi": "cdef enum: VALUE = 1\n",
            "p/legacy.pyx": "def get(): return 2\n",
            "p/build/box.pyx": "def get(): return 3\n",
            "p/venv/other.pyx": "syntax error (\n",
            "setup.py": """
                from setuptools import Extension, setup

                names = ["p.gen", "p.legacy", "p.build.box"]
                setup(
                    packages=["p"],
                    ext_modules=[Extension(n, [n.replace(".", "/") + ".pyx"]) for n in names],
                )
                """,
        }
    )
    run("git", "init", "--quiet", cwd=made.dir)
    made.inplace()
    code = "from p import gen, legacy; from p.build import box"
    made.run("-c", code + "; assert (gen.get(), legacy.get(), box.get()) == (1, 2, 3)")
    assert not (made.dir / "build/src.pyxlock/p/venv").exists()


def test_found_packages(project):
    """The mirror is no package, for those who take every directory for one."""
    made = project(
        {
            "pyproject.toml": PYPROJECT
            + """
    [tool.pyxlock]

    [tool.setuptools.packages.find]
    """,
            "p/__init__.py": "",
            "p/box.pxd": "cdef enum: VALUE = 1\n",
            "p/box.pyx": "def get(): return VALUE\n",
            "setup.py": """
                from setuptools import Extension, setup

                setup(ext_modules=[Extension("p.box", ["p/box.pyx"])])
                """,
        }
    )
    made.inplace()
    assert list((made.dir / "build").glob("*pyxlock/p/box.c"))
    made.run("setup.py", "build_py", "--build-lib", "out")
    names = {f.relative_to(made.dir / "out").as_posix() for f in (made.dir / "out").glob("**/*.*")}
    assert "p/__init__.py" in names
    assert not [n for n in names if "pyxlock" in n]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
@pytest.mark.parametrize("linked", ["p", "p/sub"])
def test_linked_directory(project, linked):
    """A module may be in a directory that is a link, and that a package holds."""
    made = project(
        {
            "pyproject.toml": PYPROJECT + "\n    [tool.pyxlock]\n",
            "p/__init__.py": "",
            "real/box.pyx": SMALL["box.pyx"],
            "setup.py": f"""
                from setuptools import Extension, setup

                setup(py_modules=[], ext_modules=[Extension("box", ["{linked}/box.pyx"])])
                """,
        }
    )
    if linked == "p":
        (made.dir / "p/__init__.py").unlink()
        (made.dir / "p").rmdir()
    (made.dir / linked).symlink_to(made.dir / "real")
    made.inplace()
    assert list((made.dir / "build").glob(f"*pyxlock/{linked}/box.c"))
    made.run("-c", "import box; assert box.Box().up() == 1")
