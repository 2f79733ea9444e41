"""A pure-mode module does the same uncompiled and compiled.

twin/twin.py goes through `pyxlock rewrite`, cython and the C compiler, and
twin/scenarios.py tells what happens to it in threads, on a free-threaded Python,
since compiled locks do nothing elsewhere.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TWIN = Path(__file__).parent / "twin"

# What a build makes known about its interpreter.
CONFIGURATION = """
import json, sysconfig
print(json.dumps({
    "include": sysconfig.get_path("include"),
    "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


def free_threaded_python():
    for name in (os.environ.get("PYXLOCK_FT_PYTHON"), "python3.14t", "python3.13t"):
        path = name and shutil.which(name)
        if path:
            return path
    pytest.skip("no free-threaded Python: set PYXLOCK_FT_PYTHON")


def run(*command, **environment):
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        env={**os.environ, **environment},
        timeout=600,
    )
    assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def pyxlock_program(tmp_path_factory):
    if "PYXLOCK" in os.environ:
        return os.environ["PYXLOCK"]
    if shutil.which("go") is None:
        pytest.skip("no Go to build pyxlock with, and PYXLOCK does not name one")
    program = tmp_path_factory.mktemp("bin") / "pyxlock"
    run("go", "build", "-C", ROOT, "-o", program, "./cmd/pyxlock", CGO_ENABLED="0")
    return program


@pytest.fixture(scope="module")
def cython_alone(tmp_path_factory):
    """A directory with Cython and nothing else, for interpreters that are not ours."""
    import cython

    directory = tmp_path_factory.mktemp("cython")
    package = Path(sys.modules["Cython"].__file__).parent
    (directory / "Cython").symlink_to(package)
    (directory / "cython.py").symlink_to(cython.__file__)
    return directory


@pytest.fixture(scope="module")
def compiled(pyxlock_program, tmp_path_factory):
    """A directory with twin, slot and probe as extension modules, and no pyxlock."""
    import json

    python = free_threaded_python()
    configuration = json.loads(run(python, "-c", CONFIGURATION))
    assert configuration["free_threaded"]
    tree = tmp_path_factory.mktemp("compiled")
    sources = [TWIN / name for name in ("twin.py", "slot.py", "probe.pyx")]
    run(pyxlock_program, "rewrite", *sources, "-o", tree)
    for source in (tree / source.name for source in sources):
        c = source.with_suffix(".c")
        run(sys.executable, "-m", "cython", "-3", "-Werror", "-X", "freethreading_compatible=True", source, "-o", c)
        run(
            *(os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O0", "-I", configuration["include"], c),
            *("-o", tree / (source.stem + configuration["suffix"])),
        )
        source.unlink()
    shutil.copy(TWIN / "scenarios.py", tree)
    return tree


def transcript(directory, *path):
    out = run(
        free_threaded_python(),
        directory / "scenarios.py",
        PYTHON_GIL="0",
        PYTHONPATH=os.pathsep.join(map(str, path)),
    )
    scenarios = {}
    for line in out.splitlines():
        if line.startswith("== "):
            scenarios[line] = []
        else:
            scenarios[list(scenarios)[-1]].append(line)
    return scenarios


def test_uncompiled_and_compiled_do_the_same(compiled, cython_alone):
    want = transcript(compiled)  # needs nothing
    got = transcript(TWIN, ROOT / "python", cython_alone)
    assert want.pop("== compiled") == got.pop("== uncompiled") == []
    assert list(got) == list(want)
    assert got == want
    assert len(got) > 10 and sum(map(len, got.values())) > 300
