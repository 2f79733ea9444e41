"""What the package says of checked builds."""

import io
import sys
import types

import pyxlock


def test_nothing_is_checked():
    assert pyxlock.report() == 0


def test_report(monkeypatch):
    checker = types.ModuleType("_pyxlock_check")
    checker.report = lambda: "m.pyx:1: f reads C.n without the object's lock\nm.pyx:2: g\n"
    monkeypatch.setitem(sys.modules, "_pyxlock_check", checker)
    out = io.StringIO()
    assert pyxlock.report(out) == 2
    assert out.getvalue() == checker.report()


def test_what_is_raised():
    assert issubclass(pyxlock.LockMissing, RuntimeError)
