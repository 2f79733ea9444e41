"""The builds of docs/howto/other-tools.md, as their users would start them."""

import re
import shutil
import textwrap
import zipfile

import pytest
from conftest import ROOT, isolated, run, venv

pytestmark = pytest.mark.kept("docs/howto/other-tools.md")

PAGE = (ROOT / "docs" / "howto" / "other-tools.md").read_text()
USE = "from shop.till import Till; t = Till(); t.put(3); print(t.total())"


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory, wheel):
    """An interpreter with what people build with, and IPython."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "setuptools", "ipython")


@pytest.fixture
def page(tmp_path):
    """The files that the page shows."""
    blocks = re.findall(r"^<!-- doctest: file=(\S+) -->\n```\w+\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) >= 8
    for name, text in blocks:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "src/shop/__init__.py").touch()
    return tmp_path


def has_locks(module):
    """Tell whether a compiled module has the lock in it."""
    return b"pyxlock" in module.read_bytes()


@pytest.mark.parametrize("tool", ["cython-cmake", "scikit-build", "hatch"])
def test_wheel(tool, page, interpreter):
    """A wheel's module has its locks."""
    project = page / tool
    shutil.copytree(page / "src", project / "src")
    out = page / "out"
    zipfile.ZipFile(isolated(interpreter, project, out)).extractall(out)
    (module,) = (out / "shop").glob("till.*.so")
    assert has_locks(module)
    assert run(interpreter, "-c", USE, cwd=out).stdout == "3\n"


def test_cythonize(page, interpreter):
    """It builds in place; from within a package it says where to go."""
    command = [interpreter, "-m", "pyxlock.cythonize", "-i", "-q", "-3"]
    run(*command, "src/shop/till.pyx", cwd=page)
    (module,) = (page / "src/shop").glob("till.*.so")
    assert has_locks(module)
    assert run(interpreter, "-c", USE, cwd=page / "src").stdout == "3\n"
    done = run(*command, "till.pyx", cwd=page / "src/shop", check=False)
    assert done.returncode and f"the package begins in {page / 'src'}" in done.stdout


def test_pyximport(page, interpreter):
    """A module is built when it is imported."""
    (page / "pyproject.toml").write_text("[tool.pyxlock]\n")
    code = f"import setuptools, pyximport; pyximport.install(build_dir='b', language_level=3); {USE}; import shop.till as m; print(m.__file__)"
    done = run(interpreter, "-c", code, cwd=page, env={"PYTHONPATH": "src"})
    coins, module = done.stdout.splitlines()[-2:]
    assert coins == "3" and has_locks(page / module)


def test_ipython(page, interpreter):
    """Cells with decorators work, share one lock, and are refused with a reason."""
    (page / "cells.py").write_text(
        textwrap.dedent('''
            from IPython.core.interactiveshell import InteractiveShell

            shell = InteractiveShell.instance()
            shell.run_line_magic("load_ext", "pyxlock")
            cell = open("src/shop/till.pyx").read()
            shell.run_cell_magic("cython", "-3", cell)
            shell.run_cell("t = Till(); t.put(3); print(t.total())")
            shell.run_cell_magic("cython", "-3", "def plain():\\n    return 5\\n")
            shell.run_cell("print(plain())")
            shell.run_cell_magic("cython", "-3", cell.replace("write_lock", "read_lock"))
        ''')
    )
    lines = run(interpreter, "cells.py", cwd=page, env={"IPYTHONDIR": str(page / "ipython")}).stdout.splitlines()
    assert lines[:2] == ["3", "5"]
    assert lines[2].startswith("cell.pyx:8:5: PXL101 Till.put holds self for reading only")


def test_program(page, interpreter):
    """pyxlock-cython is "pyxlock cython"."""
    program = interpreter.parent / "pyxlock-cython"
    assert "Cython version" in run(program, "--version").stdout
    run(program, "-3", "src/shop/till.pyx", "-o", "till.c", cwd=page)
    assert "pyxlock_write" in (page / "till.c").read_text()
