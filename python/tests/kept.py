"""Tests marked "kept" are left out where they passed before with the same inputs.

tools/python.sh says by a key what these are: the wheel, the tests, the
interpreter, the compiler. Without it all are run. What runs threads, or depends on
time, is not marked: it has to pass each time.
"""

import hashlib
import os
import subprocess

import pytest

PROGRAM, KEY = os.environ.get("PYXLOCK_KEPT"), os.environ.get("PYXLOCK_KEPT_KEY")
UNCHANGED = ("unchanged", True)
passed = pytest.StashKey()


def ask(command, item):
    """Ask the cache of the tests about a test, or tell it that it passed."""
    key = hashlib.sha256(f"{KEY} {item.nodeid}".encode()).hexdigest()
    status = subprocess.run([PROGRAM, command, key]).returncode
    assert status in (0, 1), f"{PROGRAM} {command}: exit {status}"
    return status == 0


def is_kept(item):
    """Tell whether results of a test are kept."""
    return bool(PROGRAM and KEY and item.get_closest_marker("kept"))


def pytest_configure(config):
    """Make the mark known."""
    config.addinivalue_line("markers", "kept: is left out where it passed with the same inputs")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Leave a test out, before its fixtures are made."""
    if is_kept(item) and ask("has", item):
        item.user_properties.append(UNCHANGED)
        pytest.skip("unchanged")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep that a test passed, with its fixtures."""
    report = yield
    item.stash.setdefault(passed, set())
    if report.passed:
        item.stash[passed].add(report.when)
    if report.when == "teardown" and item.stash[passed] == {"setup", "call", "teardown"} and is_kept(item):
        ask("put", item)
    return report


def pytest_report_teststatus(report):
    """Count what was left out apart from what is skipped."""
    if report.when == "setup" and UNCHANGED in map(tuple, report.user_properties):
        return "unchanged", "u", "UNCHANGED"
