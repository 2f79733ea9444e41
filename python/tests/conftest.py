"""Packages that tests write, and build as their users would."""

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
from kept import (  # noqa: F401
    pytest_configure,
    pytest_make_collect_report,
    pytest_report_teststatus,
    pytest_runtest_makereport,
    pytest_runtest_setup,
)
from warm import Builder

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
PINS = ROOT / "tools" / "pins" / "build.txt"
# Cython and setuptools with their bytecode; tools/python.sh makes them (tools/bytecode.py).
BYTECODE = ROOT / "build" / "bytecode"
# What else builds need, as tools/pins/build.txt says; tools/wheels.sh fetches it.
WHEELS = ROOT / ".venv" / "wheels"
# uv makes environments and builds in them as pip does, in a tenth of the processor time:
# what is not about pip itself goes by it.
UV = Path(sys.executable).with_name("uv")


def run(*command, check=True, cwd=None, env=None):
    """Run a command; return it with its output, both streams in one."""
    begun = os.times()
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env={**environment(), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    took = [after - before for before, after in zip(begun, os.times())]
    note(took[2] + took[3], took[4], command)
    return checked(done) if check else done


def checked(done):
    """Fail if a command did; return it."""
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, done.args))}: exit {done.returncode}\n{done.stdout}")
    return done


def note(processor, elapsed, command):
    """Add what a command took, in seconds, to the file PYXLOCK_TEST_STEPS, as internal/steps does."""
    if name := os.environ.get("PYXLOCK_TEST_STEPS"):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        with open(name, "a", encoding="utf-8") as file:
            words = " ".join(map(str, command)).replace("\n", " ")
            file.write(f"{processor:.3f}\t{elapsed:.3f}\t{test}\t{words}\n")


# What runs setup.py, by interpreter.
builders = {}


def pytest_sessionfinish():
    """End what runs setup.py."""
    for one in builders.values():
        one.close()


def environment():
    """Return the environment of builds: pinned, from what is here, and quick to compile."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYXLOCK", "PYTHONPATH", "PIP_FIND_LINKS", "UV_"))}
    links = [str(path) for path in (DIST, BYTECODE, WHEELS) if path.exists()]
    for client, between in ("PIP", " "), ("UV", ","):
        env[f"{client}_CONSTRAINT"] = env[f"{client}_BUILD_CONSTRAINT"] = str(PINS)
        env[f"{client}_FIND_LINKS"] = between.join(links)
        env[f"{client}_NO_INDEX"] = "1"
    env["UV_NO_CONFIG"] = env["UV_OFFLINE"] = "1"
    env["UV_LINK_MODE"] = "copy"  # a test may write to what it got
    env["UV_CACHE_DIR"] = str(ROOT / "build" / "uv")
    env["CFLAGS"] = env["CXXFLAGS"] = "-O0 -g0"
    return env


def venv(path, *requirements):
    """Make a virtual environment with the pip that is here; return its interpreter."""
    run(sys.executable, "-m", "venv", "--without-pip", path)
    python = path / ("Scripts" if os.name == "nt" else "bin") / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    here = Path(sysconfig.get_path("purelib"))
    for part in [here / "pip", *here.glob("pip-*.dist-info")]:
        shutil.copytree(part, Path(site) / part.name)
    if requirements:
        run(UV, "pip", "install", "-q", "--python", python, *requirements)
    return python


def install(interpreter, project, *options, env=None):
    """Have uv install a folder by the backend that the interpreter has."""
    run(UV, "pip", "install", "-q", "--python", interpreter, "--no-build-isolation", "--no-deps", *options, project, env=env)


def uninstall(interpreter, name):
    """Have uv remove what install did."""
    run(UV, "pip", "uninstall", "-q", "--python", interpreter, name)


def isolated(interpreter, project, out, *options):
    """Build a wheel of a folder or an sdist in an isolated environment; return it."""
    run(UV, "build", "-q", "--wheel", "--python", interpreter, "-o", out, *options, project)
    (built,) = out.glob("*.whl")
    return built


def shared(tmp_path_factory, name, make):
    """Have one of pytest's processes fill a directory, for all of them; return it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        path = tmp_path_factory.mktemp(name)
        make(path)
        return path
    # The parent is the run's own.
    path = tmp_path_factory.getbasetemp().parent / f"shared-{name}"
    made, failed = path.with_suffix(".made"), path.with_suffix(".failed")
    try:
        path.mkdir()
    except FileExistsError:
        while not made.exists():
            if failed.exists():
                pytest.fail(f"another process could not make {name}: see there")
            time.sleep(0.05)
        return path
    try:
        make(path)
    except BaseException:
        failed.touch()
        raise
    made.touch()
    return path


@pytest.fixture(scope="session")
def wheel():
    """The wheel of this machine's platform."""
    from packaging.tags import sys_tags
    from packaging.utils import parse_wheel_filename

    usable = set(sys_tags())
    for path in DIST.glob("pyxlock-*.whl"):
        if parse_wheel_filename(path.name)[3] & usable:
            return path
    pytest.fail(f"no wheel for this machine in {DIST}: tools/python.sh makes it")


@pytest.fixture(scope="session")
def python(tmp_path_factory, wheel):
    """An interpreter that has pyxlock, Cython and setuptools."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "setuptools", "build")


class Project:
    """A package in a directory."""

    def __init__(self, directory, python, files):
        """Write its files."""
        self.dir = directory
        self.interpreter = python
        for name, text in files.items():
            self.write(name, text)

    def write(self, name, text):
        """Write a file."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def edit(self, name, old, new):
        """Change a file as a person does."""
        path = self.dir / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *arguments, **options):
        """Run the interpreter here."""
        return run(self.interpreter, *arguments, **{"cwd": self.dir, **options})

    def inplace(self, *arguments, check=True, env=None):
        """Run setup.py build_ext --inplace."""
        arguments = ["setup.py", "build_ext", "--inplace", *arguments]
        if any(name.startswith("PYTHON") for name in env or {}):  # it says what to import, and from where
            return self.run(*arguments, check=check, env=env)
        begun = time.monotonic()
        one = builders.setdefault(self.interpreter, Builder(self.interpreter))
        done, processor = one.run(arguments, self.dir, {**environment(), **(env or {})})
        note(processor, time.monotonic() - begun, done.args)
        return checked(done) if check else done

    def wheel(self, *arguments, **options):
        """Have pip build a wheel in an isolated environment; return it unpacked."""
        out = self.dir / "out"
        pip = ["-m", "pip", "wheel", "-v", "--no-deps", "-w", out, *(arguments or ["."])]
        self.log = self.run(*pip, **options).stdout
        (path,) = out.glob("*.whl")
        unpacked = self.dir / "unpacked"
        zipfile.ZipFile(path).extractall(unpacked)
        path.unlink()
        return unpacked

    def sdist(self):
        """Build a source distribution; return its path and the names in it."""
        import tarfile

        self.run("-m", "build", "--sdist", "--no-isolation", "-o", self.dir / "out")
        (path,) = (self.dir / "out").glob("*.tar.gz")
        with tarfile.open(path) as tar:
            names = {n.name.partition("/")[2] for n in tar.getmembers() if n.isfile()}
        return path, names


@pytest.fixture(scope="module")
def project(tmp_path_factory, python):
    """Make projects."""

    def make(files):
        return Project(tmp_path_factory.mktemp("project"), python, files)

    return make
