"""The items of a collection that are there to lock, and what stands in for it.

As pyxlock_items and pyxlock_stand_in of runtime/pyxlock.pxd.
"""

_ITERATORS = (map, filter, type(iter([])), type(iter(())))
_VALUES = type({}.values())


def _only_yields(value):
    """Whether it is an iterator that can do nothing but yield."""
    return type(value) in _ITERATORS or hasattr(type(value), "__next__") and hasattr(value, "gi_running")


def items(value):
    """The items of a collection as they are now, as a list or a tuple; () of others."""
    if isinstance(value, tuple):
        return tuple(value)
    if isinstance(value, (list, set, frozenset, _VALUES)) or _only_yields(value):
        return list(value)
    return ()


def stand_in(value, found):
    """What to use in place of a value, so that no items but those found are used."""
    if type(found) is list:
        if type(value) is set:
            return set(found)
        if type(value) in (list, _VALUES):
            return found
        if _only_yields(value):
            return iter(found)
    return value
