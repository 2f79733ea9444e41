"""Chooses the mutant in a child of pyxlock.stress, where a case makes its objects."""

import ctypes
import json
import os
import sys

library = ctypes.CDLL(os.environ["PYXLOCK_MUTANTS"])
current = [None, None]


def to(number, spec, notes, found):
    """Take a lock away, and put back the one before, with what was found by then."""
    if current[0] == number:
        return
    checker = sys.modules.get("_pyxlock_check")
    if current[0] is not None and checker is not None:
        with open(current[1], "a", encoding="utf-8") as file:
            file.write(json.dumps(checker.violations()) + "\n")
    if checker is not None:
        checker.clear()
    current[:] = [number, found]
    library.mutant_choose(spec.encode(), notes.encode())
