"""Tests marked "kept" are left out where they passed before with the same inputs.

tools/python.sh says by a key what all of them depend on: the wheel, the interpreters, the
compiler, and what they share. The mark names what else of the checkout a test reads, as
in pytest.mark.kept("docs/howto/meson.md", "examples/poly"); the file that it is in counts
without being named. What a test reads that the mark does not name makes it fail. Without
the key all are run. What runs threads, or depends on time, is not marked: it has to pass
each time.
"""

import functools
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM, KEY = os.environ.get("PYXLOCK_KEPT"), os.environ.get("PYXLOCK_KEPT_KEY")
UNCHANGED = ("unchanged", True)
passed, begun_with = pytest.StashKey(), pytest.StashKey()

ROOT = Path(__file__).resolve().parents[2]
# What the key of tools/python.sh covers, and what follows from that.
COVERED = (".venv", "build/bytecode", "build/uv", "build/ccache", "build/kept", "dist/pyxlock-*.whl", "pyproject.toml", "python/tests/conftest.py",
           "python/tests/kept.py", "python/tests/warm.py", "tools/pins")
# Where programs look for some of that, and Python for modules.
FOLDERS = {"dist", "python", "python/tests", "python/tests/plain"}


@functools.lru_cache(maxsize=None)
def state(names):
    """Return a key of files and folders of the checkout."""
    parts = [("path=" if n.startswith("dist/") else "checkout=") + n for n in names]
    return subprocess.run([PROGRAM, "key", "a test reads", *parts], cwd=ROOT, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout.strip()


def reads(node):
    """Return what a test says that it reads, and where it is."""
    named = {name for mark in node.iter_markers("kept") for name in mark.args}
    return tuple(sorted(named | {node.path.relative_to(ROOT).as_posix()}))


def ask(command, item):
    """Ask the cache of the tests about a test, or tell it that it passed."""
    key = hashlib.sha256(f"{KEY} {state(reads(item))} {item.nodeid}".encode()).hexdigest()
    status = subprocess.run([PROGRAM, command, key]).returncode
    assert status in (0, 1), f"{PROGRAM} {command}: exit {status}"
    return status == 0


def is_kept(item):
    """Tell whether results of a test are kept."""
    return bool(PROGRAM and KEY and item.get_closest_marker("kept"))


# What was read of the checkout since somebody last took it from here.
seen = set()


def notice(event, arguments):
    """Note what is opened, listed, or given to a program."""
    if event in ("open", "os.listdir", "os.scandir"):
        texts = [text for text in arguments[:1] if text != str(ROOT)]
    elif event == "subprocess.Popen":
        _, command, cwd, env = arguments
        given = [v for k, v in (env or {}).items() if os.environ.get(k) != v]
        texts = [*command, cwd, *given] if isinstance(command, (list, tuple)) else [command, cwd, *given]
    else:
        return
    for text in texts:
        if isinstance(text, (str, bytes, os.PathLike)):
            for part in re.split(f"[\\s,={os.pathsep}]", os.fsdecode(text)):
                if part == str(ROOT) or part.startswith(f"{ROOT}{os.sep}"):
                    seen.add(os.path.normpath(part)[len(str(ROOT)) + 1 :].replace(os.sep, "/") or ".")


def unnamed(read, names):
    """Return what was read and is neither below what was named nor covered in any case."""

    def below(path, name):
        parts = name.split("/")
        return name == "." or Path(*Path(path).parts[: len(parts)]).match(name)

    # The package is in the wheel.
    return sorted(p for p in read if not p.startswith("python/pyxlock") and "__pycache__" not in p and p not in FOLDERS
                  and not any(below(p, n) for n in (*COVERED, *names)))


def pytest_configure(config):
    """Make the mark known."""
    config.addinivalue_line("markers", "kept(path, ...): is left out where it passed with the same inputs, these among them")
    if PROGRAM and KEY:
        sys.addaudithook(notice)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Note what a module reads when it is imported."""
    seen.clear()
    report = yield
    collector.stash[begun_with] = set(seen)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Leave a test out, before its fixtures are made."""
    if is_kept(item) and ask("has", item):
        item.user_properties.append(UNCHANGED)
        pytest.skip("unchanged")
    seen.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep that a test passed, with its fixtures."""
    report = yield
    item.stash.setdefault(passed, set())
    if report.passed:
        item.stash[passed].add(report.when)
    if report.when == "teardown" and item.stash[passed] == {"setup", "call", "teardown"} and is_kept(item):
        imported = item.getparent(pytest.Module).stash.get(begun_with, set())
        if missing := unnamed(seen | imported, reads(item)):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} reads what its mark \"kept\" does not name: {', '.join(missing)}"
        else:
            ask("put", item)
    return report


def pytest_report_teststatus(report):
    """Count what was left out apart from what is skipped."""
    if report.when == "setup" and UNCHANGED in map(tuple, report.user_properties):
        return "unchanged", "u", "UNCHANGED"
