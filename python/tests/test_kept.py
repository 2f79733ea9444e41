"""What a test reads of the checkout is noticed, and held against its mark "kept"."""

import sys

import kept
import pytest
from conftest import ROOT


@pytest.mark.parametrize(
    "event, arguments, read",
    [
        ("open", (str(ROOT / "docs/a.md"), "r", 0), {"docs/a.md"}),
        ("os.listdir", (ROOT / "docs",), {"docs"}),
        ("os.listdir", (str(ROOT),), set()),  # Python looks for modules
        ("open", ("/elsewhere/docs/a.md", "r", 0), set()),
        ("open", (3, "r", 0), set()),
        ("subprocess.Popen", ("x", ["x", ROOT / "tools/x.py", f"-f={ROOT}/docs"], None, None), {"tools/x.py", "docs"}),
        ("subprocess.Popen", ("x", ["x"], ROOT, None), {"."}),
        ("subprocess.Popen", ("x", ["x"], None, {"PIP_FIND_LINKS": f"{ROOT}/dist {ROOT}/build"}), {"dist", "build"}),
        ("subprocess.Popen", ("x", ["x"], None, {"UV_FIND_LINKS": f"{ROOT}/dist,{ROOT}/build"}), {"dist", "build"}),
    ],
)
def test_what_is_read_is_noticed(monkeypatch, event, arguments, read):
    """Files, folders, and what a program is given."""
    monkeypatch.setattr(kept, "seen", set())
    kept.notice(event, arguments)
    assert kept.seen == read


def test_what_is_not_named():
    """What the mark names, what is below it and what the key covers may be read, and nothing else."""
    read = {"docs/howto/meson.md", "examples/poly/src/a.pyx", "tools/pins/build.txt", "dist", "dist/pyxlock-1-py3.whl"}
    assert kept.unnamed(read, ("docs/howto/meson.md", "examples/poly")) == []
    assert kept.unnamed(read, ("docs", "examples/pol")) == ["examples/poly/src/a.pyx"]
    assert kept.unnamed({"dist/pyxlock-1.tar.gz", "docs"}, ("docs/howto",)) == ["dist/pyxlock-1.tar.gz", "docs"]
    assert kept.unnamed({"cmd/x.go", "."}, (".",)) == []


@pytest.mark.skipif(not (kept.PROGRAM and kept.KEY), reason="nothing is kept: tools/python.sh says by what key")
def test_python_tells():
    """Python tells of what is opened."""
    kept.seen.clear()
    open(ROOT / "CHANGELOG.md").close()
    assert "CHANGELOG.md" in kept.seen, sys.version
