"""examples/poly as docs/howto/meson.md builds it: what ninja runs when, errors, installs."""

import os
import re
import shutil
import tarfile
import zipfile

import pytest
from conftest import ROOT, install, isolated, run, uninstall, venv

pytestmark = pytest.mark.kept("docs/howto/meson.md", "examples/poly")

POLY = ROOT / "examples" / "poly"
PAGE = ROOT / "docs" / "howto" / "meson.md"

# A module that uses nothing of the others.
ALONE = """
py.extension_module('_alone', pyx.process('_alone.pyx'), subdir: 'poly', install: true)
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory, wheel):
    """An interpreter that has pyxlock, Cython and meson-python."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "meson-python", "ninja", "build")


class Tree:
    """A copy of examples/poly with a build directory."""

    def __init__(self, directory, python):
        self.src, self.build, self.python = directory / "poly", directory / "build", python
        shutil.copytree(POLY, self.src, ignore=shutil.ignore_patterns("__pycache__"))
        # Counts the runs of Cython.
        bin = directory / "bin"
        bin.mkdir()
        self.log = directory / "cython.log"
        cython = bin / "cython"
        cython.write_text(f'#!/bin/sh\necho "$*" >>"{self.log}"\nexec "{python.parent}/cython" "$@"\n')
        cython.chmod(0o755)
        self.env = {"PATH": os.pathsep.join([str(bin), str(python.parent), os.environ["PATH"]])}

    def run(self, *command, check=True, env=None, cwd=None):
        """Run a command with the tools on PATH."""
        return run(*command, cwd=cwd or self.src, check=check, env={**self.env, **(env or {})})

    def setup(self, *options):
        """Configure, with as much optimization as gcc needs for all its warnings."""
        return self.run("meson", "setup", self.build, "-Doptimization=1", "-Ddebug=false", *options)

    def ninja(self):
        """Build; return the modules that pyxlock, Cython and the C compiler each saw."""
        self.log.write_text("")
        out = self.run("ninja", "-v", "-C", self.build).stdout
        assert "pyxlock_guard" not in out, "a warning about what pyxlock writes"
        modules = {
            "pyxlock": re.findall(r"^\[.*pyxlock cython .*?(\w+)\.pyx ", out, re.M),
            "cython": re.findall(r"(\w+)\.pyx\b", self.log.read_text()),
            "cc": re.findall(r"^\[.* -c .*?(\w+)\.c$", out, re.M),
        }
        again = self.run("ninja", "-C", self.build).stdout
        assert "ninja: no work to do." in again
        return {tool: sorted(names) for tool, names in modules.items()}

    def edit(self, name, old, new):
        """Change one place in a file; return its line number."""
        path = self.src / name
        text = path.read_text()
        assert text.count(old) == 1, f"{name}: {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new))
        return text[: text.index(old)].count("\n") + 1

    def targets(self, build=None):
        """Return the files that can be built."""
        out = self.run("ninja", "-C", build or self.build, "-t", "targets", "all").stdout
        return re.findall(r"^(\S+): ", out, re.M)

    def c(self, module):
        """Return the C of a module."""
        (path,) = self.build.rglob(f"{module}.c")
        return path.read_text()

    def site(self):
        """Install; return the directory that modules are imported from."""
        dest = self.build.parent / "dest"
        self.run("meson", "install", "--quiet", "-C", self.build, "--destdir", dest)
        (pxd,) = dest.rglob("_poly.pxd")
        return pxd.parents[1]


@pytest.fixture(scope="module")
def poly(tmp_path_factory, python):
    """examples/poly with a module more, built once."""
    tree = Tree(tmp_path_factory.mktemp("poly"), python)
    with (tree.src / "src/poly/meson.build").open("a") as f:
        f.write(ALONE)
    (tree.src / "src/poly/_alone.pyx").write_text("def one():\n    return 1\n")
    tree.setup()
    both = ["_alone", "_poly", "_series"]
    assert tree.ninja() == {"pyxlock": both, "cython": both, "cc": both}
    return tree


def test_one_source(poly):
    """A change of one source is one run of Cython and one compilation.

    pyxlock looks where a class may have got an override there, too.
    """
    poly.edit("src/poly/series/_series.pyx", "cannot be negative", "must not be negative")
    one = ["_series"]
    assert poly.ninja() == {"pyxlock": ["_poly", "_series"], "cython": one, "cc": one}


def test_base_class(poly):
    """Where a source decides about locks elsewhere, pyxlock looks, and Cython need not."""
    poly.edit("src/poly/_poly.pyx", "no slice from", "there is no slice from")
    one = ["_poly"]
    assert poly.ninja() == {"pyxlock": ["_poly", "_series"], "cython": one, "cc": one}


def test_pxd(poly):
    """A change of a .pxd concerns the modules that read it."""
    poly.edit("src/poly/_poly.pxd", "length, allocated", "allocated, length")
    both = ["_poly", "_series"]
    assert poly.ninja() == {"pyxlock": both, "cython": both, "cc": both}


def test_touched(poly):
    """A new date alone makes pyxlock look, and nothing else."""
    os.utime(poly.src / "src/poly/_alone.pyx")
    assert poly.ninja() == {"pyxlock": ["_alone", "_poly", "_series"], "cython": [], "cc": []}


def test_cython_error(poly):
    """Cython's errors cite the source, and the build stops until it is mended."""
    line = poly.edit("src/poly/_poly.pyx", "self.coeffs[k] = value\n        self.trim()\n\n    @cython.read_lock\n    def __call__",
                     "self.coeffs[k] = vlaue\n        self.trim()\n\n    @cython.read_lock\n    def __call__")
    done = poly.run("ninja", "-C", poly.build, check=False)
    assert done.returncode == 1
    assert re.search(rf"src/poly/_poly\.pyx:{line}:25: undeclared name not builtin: vlaue", done.stdout), done.stdout
    poly.edit("src/poly/_poly.pyx", "vlaue", "value")
    poly.ninja()


def test_finding(poly):
    """What pyxlock refuses looks like a compiler's error, and no C is left behind for it."""
    before = poly.c("_poly")
    old = '    @cython.write_lock\n    def __setitem__'
    line = poly.edit("src/poly/_poly.pyx", old, old.replace("write", "read"))
    done = poly.run("ninja", "-C", poly.build, check=False)
    assert done.returncode == 1
    assert re.search(rf"^\S*src/poly/_poly\.pyx:{line}:5: PXL101 Poly\.__setitem__ holds self for reading only", done.stdout, re.M), done.stdout
    assert "ninja: build stopped" in done.stdout
    assert poly.c("_poly") == before
    poly.edit("src/poly/_poly.pyx", old.replace("write", "read"), old)
    poly.ninja()


def test_traceback(poly):
    """A traceback of the installed module cites the source, and it passes its tests."""
    site = {"PYTHONPATH": str(poly.site())}
    poly.run(poly.python, "-B", "-m", "unittest", "discover", "-s", "tests", env=site)
    done = poly.run(poly.python, "-B", "-c", "from poly import Poly; Poly()[-1]", env=site, check=False)
    name, line = re.findall(r'File "(.*)", line (\d+), in poly\._poly\.Poly\.__getitem__', done.stdout)[-1]
    text = (poly.src / "src" / name).read_text().splitlines()[int(line) - 1]
    assert text.strip() == 'raise IndexError("a polynomial has no negative powers")'


def test_pxd_for_others(poly, tmp_path):
    """Cython alone takes the installed .pxd, and a subclass elsewhere shares the lock."""
    site = poly.site()
    assert "@cython.locked_class" not in (site / "poly" / "_poly.pxd").read_text()
    (tmp_path / "plain.pyx").write_text(
        "from poly._poly cimport Poly, horner\n\n\ndef at_two(Poly p not None):\n    return horner(p.coeffs, p.length, 2)\n"
    )
    poly.run("cython", "-3", "-I", site, "plain.pyx", cwd=tmp_path)
    (tmp_path / "cubic.pyx").write_text(
        "cimport cython\nfrom poly._poly cimport Poly\n\n\n@cython.locked_class\ncdef class Cubic(Poly):\n"
        "    def lead(self):\n        return self.coeffs[self.length - 1]\n"
    )
    poly.run("pyxlock", "cython", "-3", "-I", site, "cubic.pyx", cwd=tmp_path)
    assert "pyxlock_read" in (tmp_path / "cubic.c").read_text()


def test_off(poly):
    """-Dlocking=off takes the locks away, and the class does the same."""
    assert "pyxlock_read" in poly.c("_poly")
    poly.run("meson", "configure", poly.build, "-Dlocking=off")
    assert poly.ninja()["cc"] == ["_poly", "_series"]
    assert "pyxlock_" not in poly.c("_poly") + poly.c("_series")
    poly.run(poly.python, "-B", "-m", "unittest", "discover", "-s", "tests", env={"PYTHONPATH": str(poly.site())})


def test_cross(tmp_path, python):
    """A cross build runs the tools of the machine that builds."""
    tree = Tree(tmp_path, python)
    cross = tmp_path / "cross.ini"
    cross.write_text(
        f"[binaries]\nc = 'cc'\npython = '{python}'\n"
        "[host_machine]\nsystem = 'linux'\ncpu_family = 'aarch64'\ncpu = 'aarch64'\nendian = 'little'\n"
    )
    out = tree.setup("--cross-file", cross).stdout
    assert "Build type: cross build" in out
    tree.run("ninja", "-C", tree.build, *(p for p in tree.targets() if p.endswith(".c")))
    assert "pyxlock_read" in tree.c("_poly")


def test_sdist(tmp_path, python):
    """A source distribution has the sources, and wheels are built from it, locked or not."""
    tree = Tree(tmp_path, python)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        tree.run(*git, *command)
    out = tmp_path / "out"
    tree.run(python, "-m", "build", "--sdist", "--no-isolation", "-o", out)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        names = {n.partition("/")[2] for n in tar.getnames()}
        source = tar.extractfile("poly-0.1.0/src/poly/_poly.pxd").read().decode()
    assert {"meson.options", "src/poly/_poly.pyx", "src/poly/_poly.pxd", "src/poly/series/_series.pyx"} <= names
    assert not [n for n in names if n.endswith((".c", ".so")) or "pyxlock" in n]
    assert "@cython.locked_class" in source
    # With build isolation: pyxlock comes from the wheel.
    with zipfile.ZipFile(isolated(python, sdist, out, "-Csetup-args=-Doptimization=0")) as z:
        names = z.namelist()
        assert "@cython.locked_class" not in z.read("poly/_poly.pxd").decode()
    assert not [n for n in names if n.endswith((".c", ".pyx"))]
    assert len([n for n in names if n.endswith(".so")]) == 2


def test_editable(tmp_path, python):
    """An editable install builds again at import."""
    tree = Tree(tmp_path, python)
    install(python, tree.src, "-Csetup-args=-Doptimization=0", "-e", env=tree.env)
    try:
        code = "from poly import Poly; print(Poly([1, 2]).degree())"
        assert tree.run(python, "-B", "-c", code, cwd=tmp_path).stdout.split()[-1] == "1"
        tree.edit("src/poly/_poly.pyx", "return self.length - 1\n\n", "return self.length + 40\n\n")
        assert tree.run(python, "-B", "-c", code, cwd=tmp_path).stdout.split()[-1] == "42"
    finally:
        uninstall(python, "poly")


def test_without_touching_meson_build(tmp_path, python):
    """CYTHON, or a native file, makes meson's own support use pyxlock."""
    tree = Tree(tmp_path, python)
    (tree.src / "meson.build").write_text(
        "project('poly', 'c', 'cython')\npy = import('python').find_installation(pure: false)\n"
        + re.search(r"`(add_project_arguments\('--locking.*?)`", PAGE.read_text()).group(1)
        + "\npy.extension_module('_poly', 'src/poly/_poly.pyx')\n"
    )
    blocks = {name: text for name, text in titled(PAGE.read_text())}
    (tree.src / "pyxlock.ini").write_text(blocks["pyxlock.ini"])
    setups = [c for c in commands(PAGE.read_text()) if "CYTHON" in c or "native-file" in c]
    assert len(setups) == 2
    for command in setups:
        shutil.rmtree(tree.src / "build", ignore_errors=True)
        tree.run("sh", "-ec", command)
        (c,) = [t for t in tree.targets(tree.src / "build") if t.endswith(".pyx.c")]
        tree.run("ninja", "-C", "build", c)
        assert "pyxlock_read" in (tree.src / "build" / c).read_text()
    assert tree.run("ninja", "-C", "build", c).stdout.endswith("ninja: no work to do.\n")


def test_page_is_the_example():
    """What the page says to paste is what examples/poly has."""
    blocks = [(name, text) for name, text in titled(PAGE.read_text()) if name != "pyxlock.ini"]
    assert len(blocks) >= 5
    for name, text in blocks:
        assert text in (POLY / name).read_text(), f"examples/poly/{name} has not what {PAGE.name} shows"


def titled(page):
    """Return the titles and texts of the code blocks that are files."""
    return re.findall(r"^<!-- doctest: file=(\S+) -->\n```\w+\n(.*?)^```$", page, re.M | re.S)


def commands(page):
    """Return the commands of the console blocks."""
    return [c for block in re.findall(r"^```console.*?\n(.*?)^```$", page, re.M | re.S) for c in re.findall(r"^\$ (.*)$", block, re.M)]
