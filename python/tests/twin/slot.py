# cython: language_level=3
"""As twin.py: a class whose methods raise where they would have to wait."""

from __future__ import annotations

import cython
import pyxlock


@cython.locked_class(blocking=False)
@cython.cclass
class Slot:
    value: object

    @cython.write_lock
    def put(self, value, body=None):
        self.value = value
        if body is not None:
            body()

    @cython.read_lock
    def get(self, body=None):
        if body is not None:
            body()
        return self.value

    @cython.write_lock("self", "other")
    def swap(self, other: Slot):
        self.value, other.value = other.value, self.value
