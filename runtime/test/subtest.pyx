# cython: language_level=3, freethreading_compatible=True, subinterpreters_compatible=own_gil
"""The little of locktest.pyx that run.py needs in subinterpreters."""
cimport pyxlock


def reading(obj, body):
    cdef pyxlock.Guard guard
    try:
        pyxlock.read(&guard, obj)
        return body()
    finally:
        pyxlock.release(&guard)


def writing(obj, body):
    cdef pyxlock.Guard guard
    try:
        pyxlock.write(&guard, obj)
        return body()
    finally:
        pyxlock.release(&guard)


def try_writing(obj, body):
    cdef pyxlock.Guard guard
    try:
        pyxlock.try_write(&guard, obj)
        return body()
    finally:
        pyxlock.release(&guard)


def try_reading(obj, body):
    cdef pyxlock.Guard guard
    try:
        pyxlock.try_read(&guard, obj)
        return body()
    finally:
        pyxlock.release(&guard)


def snapshot():
    return pyxlock.snapshot()
