# cython: language_level=3, freethreading_compatible=True
"""What bench.py times: two small methods under each lock, called in a loop."""
cimport cython
cimport pyxlock
from libcpp.shared_mutex cimport shared_mutex


cdef class Cell:
    """An object that is to be locked: one subclass for each lock."""
    cdef readonly long value

    # Virtual, so that the compiler cannot pull the body into the loop.
    cdef long read(self) except? -1:
        return self.value

    cdef long write(self) except? -1:
        self.value += 1
        return self.value


cdef class Unlocked(Cell):
    cdef long read(self) except? -1:
        return self.value

    cdef long write(self) except? -1:
        self.value += 1
        return self.value


cdef class CriticalSection(Cell):
    @cython.critical_section
    cdef long read(self) except? -1:
        return self.value

    @cython.critical_section
    cdef long write(self) except? -1:
        self.value += 1
        return self.value


cdef class Mutex(Cell):
    cdef cython.pymutex mutex

    cdef long read(self) except? -1:
        with self.mutex:
            return self.value

    cdef long write(self) except? -1:
        with self.mutex:
            self.value += 1
            return self.value


cdef class SharedMutex(Cell):
    # It sleeps without giving up the GIL; the bodies need no GIL to get on.
    cdef shared_mutex mutex

    cdef long read(self) except? -1:
        self.mutex.lock_shared()
        try:
            return self.value
        finally:
            self.mutex.unlock_shared()

    cdef long write(self) except? -1:
        self.mutex.lock()
        try:
            self.value += 1
            return self.value
        finally:
            self.mutex.unlock()


include "counterlock.pxi"


cdef class Counted(Cell):
    cdef CounterLock lock

    def __cinit__(self):
        self.lock = CounterLock()

    cdef long read(self) except? -1:
        self.lock.lock_read()
        try:
            return self.value
        finally:
            self.lock.unlock_read()

    cdef long write(self) except? -1:
        self.lock.lock_write()
        try:
            self.value += 1
            return self.value
        finally:
            self.lock.unlock_write()


cdef class Pyxlock(Cell):
    cdef long read(self) except? -1:
        cdef pyxlock.Guard guard
        pyxlock.read(&guard, self)
        try:
            return self.value
        finally:
            pyxlock.release(&guard)

    cdef long write(self) except? -1:
        cdef pyxlock.Guard guard
        pyxlock.write(&guard, self)
        try:
            self.value += 1
            return self.value
        finally:
            pyxlock.release(&guard)


# The loops. A counter that is no C variable would cost more than the locks.

def read(Cell cell, long times):
    """Reads the cell so many times."""
    cdef long i
    for i in range(times):
        cell.read()


def write(Cell cell, long times):
    """Writes the cell so many times."""
    cdef long i
    for i in range(times):
        cell.write()


def mixed(Cell cell, long times):
    """Calls so many times in all: nine reads, then a write."""
    cdef long i
    for i in range(times):
        if i % 10 == 9:
            cell.write()
        else:
            cell.read()


def pair(Pyxlock cell, Pyxlock other, long times):
    """Locks the one for writing and the other for reading, so many times."""
    cdef long i
    cdef pyxlock.Guard guards[2]
    for i in range(times):
        pyxlock.want_write(&guards[0], cell)
        pyxlock.want_read(&guards[1], other)
        pyxlock.acquire(guards, 2)
        pyxlock.release_all(guards, 2)


def during_read(Pyxlock cell, probe):
    """What the probe returns when it is called under the lock."""
    cdef pyxlock.Guard guard
    try:
        pyxlock.read(&guard, cell)
        return probe()
    finally:
        pyxlock.release(&guard)


def during_write(Pyxlock cell, probe):
    """What the probe returns when it is called under the lock."""
    cdef pyxlock.Guard guard
    try:
        pyxlock.write(&guard, cell)
        return probe()
    finally:
        pyxlock.release(&guard)


# What situations.py times.

def read_each(list cells, long times):
    """Reads the cells in turn, so many times in all."""
    cdef long i
    cdef Py_ssize_t n = len(cells)
    for i in range(times):
        (<Cell>cells[i % n]).read()


def write_each(list cells, long times):
    """Writes the cells in turn, so many times in all."""
    cdef long i
    cdef Py_ssize_t n = len(cells)
    for i in range(times):
        (<Cell>cells[i % n]).write()


cdef int calls(Cell cell, bint writes, long times) except -1:
    cdef long i
    for i in range(times):
        if writes:
            cell.write()
        else:
            cell.read()
    return 0


def nested(Cell cell, bint outer, bint inner, long times):
    """Calls so many times under a lock on the same cell; true is for writing. Of the
    locks of this file, those that allow it: pyxlock, and lxml's design inside a write."""
    cdef pyxlock.Guard guard
    cdef Counted counted
    if isinstance(cell, Counted):
        counted = cell
        counted.lock.lock_write()
        try:
            calls(cell, inner, times)
        finally:
            counted.lock.unlock_write()
        return
    try:
        if outer:
            pyxlock.write(&guard, cell)
        else:
            pyxlock.read(&guard, cell)
        calls(cell, inner, times)
    finally:
        pyxlock.release(&guard)


def during_many(list reads, list writes, probe):
    """What the probe returns when it is called while all the cells are locked."""
    cdef pyxlock.Guards guards
    pyxlock.acquire_objects(&guards, reads, writes)
    try:
        return probe()
    finally:
        pyxlock.release_objects(&guards)


def many(list reads, list writes, long times):
    """Locks all the cells at once, and unlocks them, so many times."""
    cdef long i
    cdef pyxlock.Guards guards
    for i in range(times):
        pyxlock.acquire_objects(&guards, reads, writes)
        pyxlock.release_objects(&guards)


def waiting():
    """How many threads wait for a lock of pyxlock now."""
    return sum(1 for line in pyxlock.snapshot() if line[1] == "waits")
