"""python -m pyxlock.bench, and the pages of docs/guide that show what it measures."""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT, run, venv


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory, wheel):
    """An interpreter with what it needs, as people install it."""
    return venv(tmp_path_factory.mktemp("venv") / "v", wheel, "Cython", "setuptools")


def test_measures(tmp_path, interpreter):
    """It prints tables and keeps figures, from which it prints the same."""
    quick = ["--seconds", "0.002", "--rounds", "2", "--threads", "2"]
    done = run(interpreter, "-m", "pyxlock.bench", *quick, "--json", "f.json", cwd=tmp_path)
    for words in "a call, ns", "writes, one object", "reads, an object each", "in nogil", "locks on":
        assert words in done.stdout
    figures = json.loads((tmp_path / "f.json").read_text())
    assert {f["lock"] for f in figures["calls"]} == {
        "none", "pyxlock", "critical_section", "mutex", "lxml's design", "threading.Lock",
    }
    assert all(0 < f["low"] <= f["median"] <= f["high"] for part in ("calls", "threads", "nogil") for f in figures[part])
    assert {f["threads"] for f in figures["threads"]} == {1, 2}
    assert figures["build"]["on"]["bytes"] > figures["build"]["off"]["bytes"] > 0
    again = run(interpreter, "-m", "pyxlock.bench", "--from", "f.json", cwd=tmp_path).stdout
    assert again == done.stdout


    done = run(interpreter, "-m", "pyxlock.bench", "--from", "f.json", "--plot", "p", cwd=tmp_path, check=False)
    assert done.returncode and "--plot needs matplotlib: pip install matplotlib" in done.stdout


def test_no_figure_is_nothing():
    """A thread that gets no turn in time still makes its calls, and what is slow keeps its digits."""
    code = (
        "from pyxlock.bench.measure import rate_of, spread\n"
        "assert rate_of([[int], [int]], 0) > 0\n"
        "assert spread([1.2345e-5] * 2) == dict(median=1.234e-5, low=1.234e-5, high=1.234e-5)\n"
    )
    run(sys.executable, "-c", code, env={"PYTHONPATH": str(ROOT / "python")})


@pytest.mark.kept("docs/guide/figures", "python/pyxlock")
def test_draws(tmp_path):
    """The pictures have two sets of colours, and each colour is in both."""
    python = ROOT / ".venv/guide/bin/python"
    if not python.exists():
        pytest.skip("no free-threaded interpreter, for which matplotlib is pinned: have python3.14t on PATH")
    figures = ROOT / "docs/guide/figures/free-threaded.json"
    command = [python, "-m", "pyxlock.bench", "--from", figures, "--plot", tmp_path / "p"]
    run(*command, env={"PYTHONPATH": str(ROOT / "python")})
    for name in "calls", "threads", "nogil":
        text = (tmp_path / "p" / f"{name}.svg").read_text()
        ElementTree.fromstring(text)
        assert "prefers-color-scheme:dark" in text and text.count("var(--series1)") > 0
        assert not re.search(r"#0([0-9])0\1(?:0\1)", text), "a colour that has no second one"


@pytest.mark.kept
def test_says_what_is_missing(tmp_path, wheel):
    """Without Cython it names it, and does nothing."""
    python = venv(tmp_path / "v", wheel)
    done = run(python, "-m", "pyxlock.bench", check=False)
    assert done.returncode == 1 and done.stdout == "pyxlock.bench: needs Cython 3.1 or later: pip install Cython\n"


@pytest.mark.kept("docs/guide", "python/pyxlock", "tools/guide")
def test_pages_show_the_figures():
    """The tables of docs/guide are those of the figures that are kept there."""
    run(sys.executable, ROOT / "tools/guide/tables.py", "--check")
