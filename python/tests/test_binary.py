"""Where the program is found."""

import os
import shutil
import sys

import pytest
from conftest import run, venv

pytestmark = pytest.mark.kept


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel):
    """An interpreter that has pyxlock and nothing else."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel)


FIND = "import pyxlock._binary; print(pyxlock._binary.find())"
BARE = {"PATH": ""}


def test_on_path(installed):
    """The program is beside the interpreter."""
    program = installed.parent / ("pyxlock.exe" if os.name == "nt" else "pyxlock")
    text = run(program, "version").stdout
    assert text.startswith("pyxlock ")
    assert run(installed, "-m", "pyxlock", "version", env=BARE).stdout == text
    assert run(installed, "-c", FIND, env=BARE).stdout.strip() == str(program)


def test_exit_codes(installed, tmp_path):
    """python -m pyxlock exits as the program does."""
    assert run(installed, "-m", "pyxlock", "nonsense", check=False).returncode == 2
    (tmp_path / "m.pyx").write_text("cimport cython\n@cython.read_lock\nclass C: pass\n")
    done = run(installed, "-m", "pyxlock", "check", tmp_path, check=False)
    assert done.returncode == 1 and "PXL" in done.stdout


def test_target(installed, wheel, tmp_path):
    """pip install --target has it too, for any interpreter."""
    run(installed, "-m", "pip", "install", "-q", "--no-deps", "--target", tmp_path / "t", wheel)
    env = {**BARE, "PYTHONPATH": str(tmp_path / "t")}
    other = venv(tmp_path / "v")
    found = run(other, "-c", FIND, env=env).stdout.strip()
    assert found == str(tmp_path / "t" / "bin" / os.path.basename(found))
    assert run(other, "-m", "pyxlock", "version", env=env).stdout.startswith("pyxlock ")


def test_prefix(installed, wheel, tmp_path):
    """So has a prefix, as pip makes for isolated builds."""
    pip = ["-m", "pip", "install", "-q", "--no-deps", "--ignore-installed", "--prefix"]
    run(installed, *pip, tmp_path / "p", wheel)
    (site,) = (tmp_path / "p").glob("**/site-packages")
    found = run(installed, "-c", FIND, env={**BARE, "PYTHONPATH": str(site)}).stdout.strip()
    assert found.startswith(str(tmp_path / "p"))


def test_environment(installed, tmp_path):
    """PYXLOCK names another."""
    mine = tmp_path / "mine"
    shutil.copy(installed.parent / "pyxlock", mine)
    assert run(installed, "-c", FIND, env={"PYXLOCK": str(mine)}).stdout.strip() == str(mine)
    done = run(installed, "-m", "pyxlock", env={"PYXLOCK": str(tmp_path)}, check=False)
    assert done.returncode == 1
    assert done.stdout.strip() == f"pyxlock: PYXLOCK={tmp_path} is not a program that can be run"


def test_path(installed, tmp_path):
    """Else it is on PATH; where it is not, the message says where it was looked for."""
    package = tmp_path / "lib" / "pyxlock"
    package.mkdir(parents=True)
    site = run(installed, "-c", "import pyxlock; print(pyxlock.__path__[0])").stdout.strip()
    for name in os.listdir(site):
        if name.endswith(".py"):
            shutil.copy(os.path.join(site, name), package)
    env = {**BARE, "PYTHONPATH": str(package.parent)}
    done = run(sys.executable, "-m", "pyxlock", "version", env=env, check=False)
    assert done.returncode == 1
    assert "the program pyxlock was not found at " in done.stdout
    assert str(package.parent / "bin" / "pyxlock") in done.stdout
    env["PATH"] = str(installed.parent)
    done = run(sys.executable, "-m", "pyxlock", "version", env=env)
    assert done.stdout.startswith("pyxlock ")


@pytest.mark.skipif(os.name == "nt", reason="the trap is a shell script")
def test_program_of_the_tree(installed, tmp_path):
    """Nothing in the current directory is taken for the program."""
    trap = tmp_path / "pyxlock"
    trap.write_text(f"#!/bin/sh\n: >'{tmp_path}/mark'\n")
    trap.chmod(0o755)
    info = tmp_path / "pyxlock-9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pyxlock\nVersion: 9\n")
    (info / "RECORD").write_text("pyxlock,,\n")
    # The package without its program and metadata, so that these are looked for.
    package = os.path.dirname(run(installed, "-c", "import pyxlock; print(pyxlock.__file__)").stdout.strip())
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(package, elsewhere / "pyxlock")
    bare = venv(tmp_path / "v")
    tree = {"cwd": tmp_path, "check": False}
    for path in (".", "", "/nowhere:", "v/../."):
        env = {"PATH": path, "PYTHONPATH": str(elsewhere)}
        done = run(bare, "-m", "pyxlock", "version", env=env, **tree)
        assert "was not found at" in done.stdout, path
        done = run(bare, "-m", "pyxlock", "version", env={**env, "PYXLOCK": "pyxlock"}, **tree)
        assert "not a program that can be run" in done.stdout, path
    assert not (tmp_path / "mark").exists()
    # What is named by its path is meant.
    env = {"PATH": "", "PYTHONPATH": str(elsewhere), "PYXLOCK": "./pyxlock"}
    run(bare, "-m", "pyxlock", "version", env=env, **tree)
    assert (tmp_path / "mark").exists()
