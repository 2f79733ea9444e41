"""`with cython.read_lock(a, b):` in code that runs uncompiled."""

import sys
from threading import local

from ._locks import READ, WRITE, acquire, release
from ._plan import guards_of, misuse
from ._statement import statement

# What makes blocks; _shadow adds them.
takers = set()

_here = local()


class _Group:
    """The blocks of one with statement, of which the last to be entered takes all locks."""

    def __init__(self, frame, functions):
        self.frame = frame
        self.functions = functions
        self.at = -1  # the instruction that entered the last one
        self.blocks = []
        self.guards = []

    def take(self):
        self.guards, blocking = guards_of((block._mode, object) for block in self.blocks for object in block._objects)
        if self.guards:
            try:
                acquire(self.guards, blocking)
            except BaseException:
                self.release()
                raise

    def release(self):
        if self.guards:
            try:
                release(self.guards)
            except BaseException:
                release(self.guards)  # once more: a signal's handler may have raised in there
                raise
            finally:
                self.guards = []


class Block:
    """What read_lock and write_lock return for objects: holds them while its body runs."""

    __slots__ = ("_group", "_mode", "_name", "_objects")

    def __init__(self, name, objects):
        self._name = name
        self._mode = WRITE if name == "write_lock" else READ
        self._objects = objects
        self._group = None

    def __enter__(self):
        frame = sys._getframe(1)
        functions = statement(frame, takers)
        if functions is None:
            self._group = _Group(None, None)
            self._group.blocks.append(self)
            self._group.take()
            return
        pending = _here.__dict__.setdefault("pending", [])
        group = next((g for g in reversed(pending) if g.frame is frame and g.functions is functions), None)
        if group is not None and group.at >= frame.f_lasti:  # from an earlier round, which was interrupted
            pending.remove(group)
            group = None
        if group is None:
            group = _Group(frame, functions)
            pending.append(group)
        group.at = frame.f_lasti
        group.blocks.append(self)
        self._group = group
        if len(group.blocks) == len(functions):
            pending.remove(group)
            group.frame = None
            group.take()

    def __exit__(self, *error):
        group = self._group
        if group.frame is not None:  # a later expression of the statement raised
            group.frame = None
            _here.pending.remove(group)
        group.release()

    def __call__(self, function):
        raise misuse(
            f"{self._name} takes names in quotes, not {self._objects[0]!r}",
            f'name parameters or dotted paths from them: @cython.{self._name}("self", "other")',
        )
