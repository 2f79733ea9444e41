# cython: language_level=3, freethreading_compatible=True
"""What run.py calls: each lock function of pyxlock around a Python callback,
and loops in C that lose updates or see torn pairs if a lock does not lock.

run.py imports this module three times under different names: with pyxlock.pxd,
with the inline form of it, and without PYXLOCK_RELEASES_GIL.
"""
cimport cython
cimport pyxlock
from cpython.ref cimport PyObject

cdef extern from *:
    """
    #include <pthread.h>
    static int locktest_thread(pthread_t *t, void (*f)(void *), void *arg) {
        /* Cython has no way to write a function that returns void* nogil
           without a cast that compilers warn about. */
        return pthread_create(t, NULL, (void *(*)(void *))(void (*)(void))f, arg);
    }
    """
    ctypedef struct pthread_t:
        pass
    int locktest_thread(pthread_t *t, void (*f)(void *) noexcept nogil, void *arg) nogil
    int pthread_join(pthread_t t, void **result) nogil
    # With a pointer for the object: in a thread that has no thread state nothing
    # may count references.
    int raw_write "pyxlock_write" (pyxlock.Guard *guard, PyObject *obj) nogil
    int raw_try_write "pyxlock_try_write" (pyxlock.Guard *guard, PyObject *obj) nogil


# ---- around a callback -------------------------------------------------------

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


def try_reading(obj, body):
    cdef pyxlock.Guard guard
    try:
        pyxlock.try_read(&guard, obj)
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


def reading_nogil(obj, body):
    cdef pyxlock.Guard guard
    with nogil:
        try:
            pyxlock.read(&guard, obj)
            with gil:
                return body()
        finally:
            pyxlock.release(&guard)


def writing_nogil(obj, body):
    cdef pyxlock.Guard guard
    with nogil:
        try:
            pyxlock.write(&guard, obj)
            with gil:
                return body()
        finally:
            pyxlock.release(&guard)


def try_writing_nogil(obj, body):
    cdef pyxlock.Guard guard
    with nogil:
        try:
            pyxlock.try_write(&guard, obj)
            with gil:
                return body()
        finally:
            pyxlock.release(&guard)


def holding(list wants, body, bint blocking=True):
    """wants: (object, "r" or "w") pairs."""
    cdef pyxlock.Guard guards[8]
    cdef int count = <int>len(wants), i
    for i in range(count):
        obj, mode = wants[i]
        if mode == "w":
            pyxlock.want_write(&guards[i], obj)
        else:
            pyxlock.want_read(&guards[i], obj)
    try:
        if blocking:
            pyxlock.acquire(guards, count)
        else:
            pyxlock.try_acquire(guards, count)
        return body()
    finally:
        pyxlock.release_all(guards, count)


def read_then_downgrade(obj, body_both, body_read):
    """Reads, writes within, and gives the write up first."""
    cdef pyxlock.Guard outer, inner
    pyxlock.read(&outer, obj)
    try:
        pyxlock.write(&inner, obj)
        try:
            body_both()
        finally:
            pyxlock.release(&inner)
        return body_read()
    finally:
        pyxlock.release(&outer)


def write_released_out_of_order(obj, body):
    """Writes, reads within, gives the outer lock up first."""
    cdef pyxlock.Guard outer, inner
    pyxlock.write(&outer, obj)
    try:
        pyxlock.read(&inner, obj)
        pyxlock.release(&outer)
        return body()
    finally:
        pyxlock.release(&inner)
        pyxlock.release(&inner)
        pyxlock.release(&outer)


def in_critical_section(obj, body):
    with cython.critical_section(obj):
        return body()


def releases_gil():
    pyxlock.releases_gil()


# ---- loops in C ----------------------------------------------------------------

cdef class Pair:
    """Two numbers that are equal whenever nobody writes."""
    cdef readonly long a, b
    cdef object __weakref__

    cdef void step(self) noexcept nogil:
        # volatile: so that the compiler keeps the window open.
        cdef volatile long spin = 0
        cdef long a = self.a
        self.a = a + 1
        while spin < 20:
            spin = spin + 1
        self.b = self.b + 1
        self.a = a + 1

    cdef bint torn(self) noexcept nogil:
        cdef volatile long spin = 0
        cdef long a = self.a
        while spin < 20:
            spin = spin + 1
        return a != self.b

    def add(self, long times):
        cdef pyxlock.Guard guard
        for _ in range(times):
            pyxlock.write(&guard, self)
            self.step()
            pyxlock.release(&guard)

    def add_nogil(self, long times):
        cdef pyxlock.Guard guard
        with nogil:
            for _ in range(times):
                pyxlock.write(&guard, self)
                self.step()
                pyxlock.release(&guard)

    def add_upgrading(self, long times):
        """How often an upgrade was refused."""
        cdef pyxlock.Guard outer, inner
        cdef long refused = 0, done = 0
        while done < times:
            pyxlock.read(&outer, self)
            try:
                pyxlock.write(&inner, self)
                self.step()
                pyxlock.release(&inner)
                done += 1
            except RuntimeError:
                refused += 1
            finally:
                pyxlock.release(&outer)
        return refused

    def count_torn(self, long times):
        cdef pyxlock.Guard guard
        cdef long n = 0
        with nogil:
            for _ in range(times):
                pyxlock.read(&guard, self)
                n += self.torn()
                pyxlock.release(&guard)
        return n


def unlocked(Pair x, long times):
    """Steps without any lock."""
    with nogil:
        for _ in range(times):
            x.step()


def move(Pair x, Pair y, long times):
    """Steps both under both locks."""
    cdef pyxlock.Guard guards[2]
    with nogil:
        for _ in range(times):
            pyxlock.want_write(&guards[0], x)
            pyxlock.want_write(&guards[1], y)
            pyxlock.acquire(guards, 2)
            x.step()
            y.step()
            pyxlock.release_all(guards, 2)


def move_nested(Pair x, Pair y, long times):
    """The same, one lock after the other; how often that was a deadlock."""
    cdef pyxlock.Guard first, second
    cdef long refused = 0, done = 0
    while done < times:
        pyxlock.write(&first, x)
        try:
            pyxlock.write(&second, y)
            x.step()
            y.step()
            pyxlock.release(&second)
            done += 1
        except RuntimeError:
            refused += 1
        finally:
            pyxlock.release(&first)
    return refused


# ---- threads that Python does not know ------------------------------------------

cdef struct Job:
    PyObject *object
    long *count
    long times
    int failed


cdef void foreign_add(void *arg) noexcept nogil:
    cdef Job *job = <Job *>arg
    cdef pyxlock.Guard guard
    cdef long i
    for i in range(job.times):
        if raw_write(&guard, job.object) < 0:
            job.failed += 1
        else:
            job.count[0] += 1
        pyxlock.release(&guard)


def foreign_threads(obj, int threads, long times):
    """(updates, failures) of threads that Python does not know."""
    cdef pthread_t ids[8]
    cdef Job jobs[8]
    cdef int i, failed = 0
    cdef long count = 0
    for i in range(threads):
        jobs[i].object = <PyObject *>obj
        jobs[i].count = &count
        jobs[i].times = times
        jobs[i].failed = 0
    with nogil:
        for i in range(threads):
            locktest_thread(&ids[i], foreign_add, &jobs[i])
        for i in range(threads):
            pthread_join(ids[i], NULL)
    for i in range(threads):
        failed += jobs[i].failed
    return count, failed


cdef void foreign_try(void *arg) noexcept nogil:
    cdef Job *job = <Job *>arg
    cdef pyxlock.Guard guard
    job.failed = raw_try_write(&guard, job.object)
    pyxlock.release(&guard)


def foreign_try_write(obj):
    """Result of try_write in a thread that Python does not know."""
    cdef pthread_t id
    cdef Job job
    job.object = <PyObject *>obj
    with nogil:
        locktest_thread(&id, foreign_try, &job)
        pthread_join(id, NULL)
    return job.failed
