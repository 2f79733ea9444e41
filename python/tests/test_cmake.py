"""The package of docs/howto/cmake.md, built by scikit-build-core and by CMake alone."""

import os
import re
import zipfile

import pytest
from conftest import ROOT, isolated, run, venv

pytestmark = pytest.mark.kept("docs/howto/cmake.md")

PAGE = (ROOT / "docs" / "howto" / "cmake.md").read_text()


@pytest.fixture(scope="module")
def python(tmp_path_factory, wheel):
    """An interpreter that has pyxlock, Cython, CMake and Ninja."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "cmake", "ninja")


@pytest.fixture
def ring(tmp_path):
    """The files that the page shows; parts of one file under one title."""
    blocks = re.findall(r"^<!-- doctest: file=(\S+) -->\n```\w+\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) >= 6
    for name, text in blocks:
        path = tmp_path / "ring" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as f:
            f.write(text + "\n")
    return tmp_path / "ring"


def commands(word):
    """Return the one command of the page that has a word, as arguments."""
    (command,) = [c for c in re.findall(r"^\$ (.*)$", PAGE, re.M) if word in c]
    return command.split()


def test_wheel(tmp_path, ring, python):
    """It is built in an isolated environment, and works."""
    out = tmp_path / "out"
    zipfile.ZipFile(isolated(python, ring, out)).extractall(out)
    assert "@cython.locked_class" not in (out / "ring" / "_ring.pxd").read_text()
    code = "from ring import Ring; r = Ring(); r.push(2); print(len(r), r[0]); r[7]"
    done = run(python, "-c", code, env={"PYTHONPATH": str(out)}, check=False)
    assert "1 2.0\n" in done.stdout
    name, line = re.search(r'File "(.*)", line (\d+), in ring\._ring\.Ring\.__getitem__', done.stdout).groups()
    assert name.endswith("ring/_ring.pyx")
    assert (ring / "src/ring/_ring.pyx").read_text().splitlines()[int(line) - 1].strip() == "raise IndexError(i)"


def test_incremental(ring, python):
    """CMake alone: what changed is built, errors cite the source, locks can be turned off."""
    env = {"PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]])}
    build, pyx, pxd = ring / "build", ring / "src/ring/_ring.pyx", ring / "src/ring/_ring.pxd"
    c = build / "ring" / "_ring.c"

    def ninja(check=True):
        return run("ninja", "-v", "-C", build, env=env, check=check).stdout

    def did(out):
        return [bool(re.search(p, out)) for p in (r"pyxlock\S* cython ", r" -c \S*_ring\.c", r" -shared ")]

    run("cmake", "-G", "Ninja", *commands("-DLOCKING=off")[1:], f"-DPython_EXECUTABLE={python}", cwd=ring, env=env)
    assert did(ninja()) == [True, True, True]
    assert "pyxlock_read" not in c.read_text()
    run("cmake", "-DLOCKING=on", build, env=env)
    assert did(ninja()) == [True, True, True]
    assert "pyxlock_read" in c.read_text()
    assert "no work to do" in ninja()

    pyx.write_text(pyx.read_text().replace("raise IndexError(i)", "raise IndexError(i, self.count)"))
    assert did(ninja()) == [True, True, True]
    assert "no work to do" in ninja()
    os.utime(pyx)
    assert did(ninja()) == [True, False, False]
    assert "no work to do" in ninja()
    pxd.write_text(pxd.read_text().replace("double[8]", "double[9]"))
    assert did(ninja()) == [True, True, True]
    assert "no work to do" in ninja()

    text = pyx.read_text()
    line = text[: text.index("@cython.write_lock")].count("\n") + 1
    pyx.write_text(text.replace("@cython.write_lock", "@cython.read_lock"))
    out = ninja(check=False)
    assert re.search(rf"^\S*src/ring/_ring\.pyx:{line}:5: PXL101 Ring\.push holds self for reading only", out, re.M), out
    assert "ninja: build stopped" in out
    pyx.write_text(text.replace("return self.data[i]", "return datum"))
    line = text[: text.index("return self.data[i]")].count("\n") + 1
    assert re.search(rf"^\S*src/ring/_ring\.pyx:{line}:\d+: undeclared name not builtin: datum", ninja(check=False), re.M)
