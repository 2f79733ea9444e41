# cython: language_level=3, freethreading_compatible=True
"""The loops that bench.py times: one small method under each lock."""
cimport cython
cimport pyxlock


cdef class Cell:
    cdef long value
    cdef cython.pymutex mutex

    # Virtual, so that the compiler cannot pull the body into the loop.
    cdef long unlocked(self):
        return self.value

    @cython.critical_section
    cdef long critical_section(self):
        return self.value

    cdef long mutexed(self):
        with self.mutex:
            return self.value

    cdef long read(self) except? -1:
        cdef pyxlock.Guard guard
        try:
            pyxlock.read(&guard, self)
            return self.value
        finally:
            pyxlock.release(&guard)

    cdef long write(self) except? -1:
        cdef pyxlock.Guard guard
        try:
            pyxlock.write(&guard, self)
            self.value += 1
            return self.value
        finally:
            pyxlock.release(&guard)


def unlocked(Cell cell, long times):
    for _ in range(times):
        cell.unlocked()


def critical_section(Cell cell, long times):
    for _ in range(times):
        cell.critical_section()


def mutex(Cell cell, long times):
    for _ in range(times):
        cell.mutexed()


def pyxlock_read(Cell cell, long times):
    for _ in range(times):
        cell.read()


def pyxlock_write(Cell cell, long times):
    for _ in range(times):
        cell.write()


def pyxlock_pair(Cell cell, Cell other, long times):
    cdef pyxlock.Guard guards[2]
    for _ in range(times):
        pyxlock.want_write(&guards[0], cell)
        pyxlock.want_read(&guards[1], other)
        pyxlock.acquire(guards, 2)
        pyxlock.release_all(guards, 2)
