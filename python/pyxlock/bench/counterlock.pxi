# A lock of lxml's design, beside which pyxlock is measured; with atomics of C++.
from cpython.pythread cimport PyThread_get_thread_ident
from libcpp.atomic cimport atomic, memory_order_relaxed


# More than there are ever readers.
cdef enum:
    ANNOUNCED = 1 << 30


@cython.final
cdef class CounterLock:
    """A lock of lxml's design, which is that of Go's sync.RWMutex.

    `readers` counts who reads or wants to; a writer takes ANNOUNCED off it, so
    that those who come later see it negative and sleep. The writer sleeps until
    the readers of that moment have left; when it is done, it lets in the readers
    that have come since. A mutex keeps other writers out. Write in write and
    read in write are re-entrant, nothing else is.
    """
    cdef atomic[int] readers
    cdef atomic[int] departing          # readers that the writer has yet to see off
    cdef atomic[unsigned long] writer   # its thread, or 0
    cdef int depth                      # writes inside its write
    cdef cython.pymutex writers
    cdef cython.pymutex readers_left    # unlocked once for a writer that waits for readers
    # A counting semaphore: `gate` is unlocked while there are tokens.
    cdef cython.pymutex gate
    cdef cython.pymutex gate_guard
    cdef int tokens

    def __cinit__(self):
        self.readers.store(0)
        self.departing.store(0)
        self.writer.store(0)
        self.readers_left.acquire()
        self.gate.acquire()

    cdef bint mine(self) noexcept:
        return self.writer.load(memory_order_relaxed) == PyThread_get_thread_ident()

    cdef void lock_read(self) noexcept:
        if self.readers.fetch_add(1) < 0:
            self.wait_to_read()

    cdef void wait_to_read(self) noexcept:
        if self.mine():
            self.readers.fetch_sub(1)
            return
        self.gate.acquire()
        self.gate_guard.acquire()
        self.tokens -= 1
        if self.tokens > 0:
            self.gate.release()
        self.gate_guard.release()

    cdef void unlock_read(self) noexcept:
        if self.readers.fetch_sub(1) < 0:
            self.depart()

    cdef void depart(self) noexcept:
        if self.mine():
            self.readers.fetch_add(1)
        elif self.departing.fetch_sub(1) == 1:
            self.readers_left.release()

    cdef void lock_write(self) noexcept:
        cdef int readers
        if self.mine():
            self.depth += 1
            return
        self.writers.acquire()
        readers = self.readers.fetch_sub(ANNOUNCED)
        # Some of them may have departed by now, and made `departing` negative.
        if readers != 0 and self.departing.fetch_add(readers) + readers != 0:
            self.readers_left.acquire()
        self.writer.store(PyThread_get_thread_ident(), memory_order_relaxed)

    cdef void unlock_write(self) noexcept:
        cdef int waiting
        if self.depth > 0:
            self.depth -= 1
            return
        self.writer.store(0, memory_order_relaxed)
        waiting = self.readers.fetch_add(ANNOUNCED) + ANNOUNCED
        if waiting > 0:
            self.let_in(waiting)
        self.writers.release()

    cdef void let_in(self, int waiting) noexcept:
        self.gate_guard.acquire()
        if self.tokens == 0:
            self.gate.release()
        self.tokens += waiting
        self.gate_guard.release()
