"""`with cython.read_lock(a, b):` in code that runs uncompiled."""

from ._locks import READ, WRITE, acquire, release
from ._plan import guards_of, misuse


class Block:
    """What read_lock and write_lock return for objects: holds them while its body runs."""

    __slots__ = ("_guards", "_mode", "_name", "_objects")

    def __init__(self, name, objects):
        self._name = name
        self._mode = WRITE if name == "write_lock" else READ
        self._objects = objects
        self._guards = []

    def __enter__(self):
        self._guards, blocking = guards_of((self._mode, object) for object in self._objects)
        if self._guards:
            try:
                acquire(self._guards, blocking)
            except BaseException:
                release(self._guards)
                raise

    def __exit__(self, *error):
        if self._guards:
            try:
                release(self._guards)
            except BaseException:
                release(self._guards)  # once more: a signal's handler may have raised in there
                raise

    def __call__(self, function):
        raise misuse(
            f"{self._name} takes names in quotes, not {self._objects[0]!r}",
            f'name parameters or dotted paths from them: @cython.{self._name}("self", "other")',
        )
