# cython: language_level=3, freethreading_compatible=True
"""What run.py calls: each lock function of pyxlock around a Python callback,
and loops in C that lose updates or see torn pairs if a lock does not lock.

run.py imports this module several times under different names: with pyxlock.pxd,
with the inline form of it, without PYXLOCK_RELEASES_GIL, with PYXLOCK_STATS and
with PYXLOCK_OFF.
"""
cimport cython

cdef extern from *:
    """
    #include <stdlib.h>
    /* There is no room where the countdown says so: -1 is never, 0 now. */
    static long locktest_room = -1;
    static void *locktest_malloc(size_t size) {
        if (locktest_room == 0) return NULL;
        if (locktest_room > 0) locktest_room--;
        return malloc(size);
    }
    #define malloc(size) locktest_malloc(size)
    """
    long locktest_room

cimport pyxlock
from cpython.ref cimport PyObject

cdef extern from *:
    """
    #include <pthread.h>
    #define locktest_set(flag) __atomic_store_n((flag), 1, __ATOMIC_SEQ_CST)
    #define locktest_is_set(flag) __atomic_load_n((flag), __ATOMIC_SEQ_CST)
    static int locktest_thread(pthread_t *t, void (*f)(void *), void *arg) {
        /* Cython has no way to write a function that returns void* nogil
           without a cast that compilers warn about. */
        return pthread_create(t, NULL, (void *(*)(void *))(void (*)(void))f, arg);
    }
    #ifdef PYXLOCK_OFF
    #define LOCKTEST_OFF 1
    static void locktest_look(long *filters, long *records, long *listed) {
        *filters = *records = *listed = 0;
    }
    #else
    #define LOCKTEST_OFF 0
    static void locktest_look(long *filters, long *records, long *listed) {
        pyxlock_table *table = pyxlock_any_table();
        pyxlock_block *block;
        int i;
        *filters = *records = *listed = 0;
        for (i = 0; i < PYXLOCK_FILTERS; i++) *filters += (long)(PYXLOCK_LOAD(&table->filter[i]) & PYXLOCK_COUNT);
        for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
            *records += block->used;
            for (i = 0; i < PYXLOCK_BITS; i++) *listed += (long)(PYXLOCK_LOAD(&block->listed) >> i & 1);
        }
    }
    #endif
    """
    const bint LOCKTEST_OFF
    void locktest_look(long *filters, long *records, long *listed)
    ctypedef struct pthread_t:
        pass
    ctypedef unsigned int pthread_key_t
    int pthread_key_create(pthread_key_t *key, void (*end)(void *) noexcept nogil) nogil
    int pthread_key_delete(pthread_key_t key) nogil
    int pthread_setspecific(pthread_key_t key, const void *value) nogil
    void locktest_set(int *flag) nogil
    bint locktest_is_set(int *flag) nogil
    int locktest_thread(pthread_t *t, void (*f)(void *) noexcept nogil, void *arg) nogil
    int pthread_join(pthread_t t, void **result) nogil
    # With a pointer for the object: in a thread that has no thread state nothing
    # may count references.
    int raw_write "pyxlock_write" (pyxlock.Guard *guard, PyObject *obj) nogil
    int raw_try_write "pyxlock_try_write" (pyxlock.Guard *guard, PyObject *obj) nogil
    int raw_read "pyxlock_read" (pyxlock.Guard *guard, PyObject *obj) nogil

cdef extern from "unistd.h" nogil:
    int usleep(unsigned int microseconds)


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


def releasing_unlocked(obj, body):
    """Reads obj from the second time on."""
    cdef pyxlock.Guard guard
    for i in range(3):
        guard = pyxlock.unlocked()
        try:
            if i:
                pyxlock.read(&guard, obj)
            body()
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


def holding_objects(reads, writes, body, bint blocking=True):
    """Lists, tuples or None."""
    cdef pyxlock.Guards guards
    if blocking:
        pyxlock.acquire_objects(&guards, reads, writes)
    else:
        pyxlock.try_acquire_objects(&guards, reads, writes)
    try:
        return body()
    finally:
        pyxlock.release_objects(&guards)


def released_twice(reads, writes):
    """Whether a call that failed left its guards empty."""
    cdef pyxlock.Guards guards
    try:
        pyxlock.try_acquire_objects(&guards, reads, writes)
    finally:
        pyxlock.release_objects(&guards)
        pyxlock.release_objects(&guards)


def items(obj):
    """What there is to lock of obj, and what to use in its place."""
    found = pyxlock.items(obj)
    return found, pyxlock.stand_in(obj, found)


def generated(*objects):
    """A generator as Cython makes it."""
    for obj in objects:
        yield obj


def set_room(long allocations):
    """How many rooms for guards there are from now on; -1: as many as you like."""
    global locktest_room
    locktest_room = allocations


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


def holding_each(list wants, list order, body, after):
    """Locks wants one after the other, (object, "r" or "w") pairs, and calls
    body(). Then releases them in the order, a list of their positions, with a
    call of after(position) after each."""
    cdef pyxlock.Guard guards[64]
    cdef int count = <int>len(wants), done = 0, i
    assert count <= 64 and sorted(order) == list(range(count))
    try:
        for i in range(count):
            obj, mode = wants[i]
            if mode == "w":
                pyxlock.write(&guards[i], obj)
            else:
                pyxlock.read(&guards[i], obj)
            done = i + 1
        body()
        for i in order:
            pyxlock.release(&guards[i])
            after(i)
    finally:
        for i in range(done):
            pyxlock.release(&guards[i])


def in_critical_section(obj, body):
    with cython.critical_section(obj):
        return body()


def releases_gil():
    pyxlock.releases_gil()


# ---- looking inside ------------------------------------------------------------

OFF = LOCKTEST_OFF


def snapshot():
    return pyxlock.snapshot()


def stats():
    return pyxlock.stats()


def dump():
    with nogil:
        pyxlock.dump()


def inside():
    """(what the filter words add up to, which is 0 while nobody writes or
    waits; how many records were ever made; how many writers look at)"""
    cdef long filters = 0, records = 0, listed = 0
    locktest_look(&filters, &records, &listed)
    return filters, records, listed


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


# ---- random programs -------------------------------------------------------------

cdef unsigned int random_below(unsigned int *state, unsigned int limit) noexcept nogil:
    state[0] = state[0] * 1664525u + 1013904223u
    return (state[0] >> 8) % limit


cdef class Program:
    """A thread's random program over objects that all threads of a case share.
    It steps a Pair for each write lock and looks at it for each read lock."""
    cdef readonly long steps, torn, refused
    cdef list pairs
    cdef unsigned int state

    def __init__(self, list pairs, unsigned int seed):
        self.pairs = pairs
        self.state = seed * 2654435761u + 1

    cdef void pause(self):
        """Lets others run: with a GIL they would not while one loops."""
        if random_below(&self.state, 16) == 0:
            with nogil:
                usleep(random_below(&self.state, 50))

    def ordered(self, long times):
        """Takes up to 4 objects in the order of the list, each some times
        again, without upgrades, and releases them in any order."""
        cdef pyxlock.Guard guards[12]
        cdef Pair pair
        cdef int held, i, j, again, written
        cdef int count = <int>len(self.pairs)
        for _ in range(times):
            held = 0
            i = random_below(&self.state, count)
            try:
                while i < count and held < 9:
                    pair = <Pair>self.pairs[i]
                    written = 0
                    for again in range(1 + random_below(&self.state, 3)):
                        if (again == 0 or written) and random_below(&self.state, 2):
                            pyxlock.write(&guards[held], pair)
                            held += 1
                            written = 1
                            pair.step()
                            self.steps += 1
                        else:
                            pyxlock.read(&guards[held], pair)
                            held += 1
                            self.torn += pair.torn()
                        self.pause()
                    i += 1 + random_below(&self.state, count)
            except RuntimeError:
                self.refused += 1
            # From some position on, around: the others' order stays.
            j = random_below(&self.state, held + 1)
            for i in range(j, held):
                pyxlock.release(&guards[i])
            for i in range(j):
                pyxlock.release(&guards[i])

    def any_order(self, long times):
        """Takes objects in any order, upgrades, tries, and several at once;
        gives up what it has where that is refused."""
        cdef pyxlock.Guard guards[12]
        cdef Pair pair, other
        cdef int held, i, what
        cdef int count = <int>len(self.pairs)
        for _ in range(times):
            held = 0
            try:
                for _ in range(1 + random_below(&self.state, 5)):
                    pair = <Pair>self.pairs[random_below(&self.state, count)]
                    what = random_below(&self.state, 10)
                    if what < 4:
                        pyxlock.read(&guards[held], pair)
                        held += 1
                        self.torn += pair.torn()
                    elif what < 7:
                        pyxlock.write(&guards[held], pair)
                        held += 1
                        pair.step()
                        self.steps += 1
                    elif what < 8:
                        pyxlock.try_write(&guards[held], pair)
                        held += 1
                        pair.step()
                        self.steps += 1
                    elif what < 9:
                        pyxlock.try_read(&guards[held], pair)
                        held += 1
                        self.torn += pair.torn()
                    else:
                        other = <Pair>self.pairs[random_below(&self.state, count)]
                        pyxlock.want_write(&guards[held], pair)
                        pyxlock.want_write(&guards[held + 1], other)
                        pyxlock.acquire(&guards[held], 2)
                        held += 2
                        pair.step()
                        self.steps += 1
                    self.pause()
            except RuntimeError:
                self.refused += 1
            for i in range(held):
                pyxlock.release(&guards[i])


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


cdef struct Wants:
    PyObject *object[16]
    int mode[16]
    int count
    int failed
    int entered
    int may_end


cdef void foreign_hold(void *arg) noexcept nogil:
    cdef Wants *wants = <Wants *>arg
    cdef pyxlock.Guard guard
    cdef int i
    for i in range(wants.count):
        if wants.mode[i]:
            wants.failed += raw_write(&guard, wants.object[i]) < 0
        else:
            wants.failed += raw_read(&guard, wants.object[i]) < 0
    locktest_set(&wants.entered)
    while not locktest_is_set(&wants.may_end):
        usleep(1000)
    # And ends, with all that it holds.


cdef class Foreign:
    """A thread that Python does not know, that locks (object, "r" or "w") pairs
    and ends without a release."""
    cdef Wants wants
    cdef pthread_t id
    cdef list keep

    def __init__(self, list wants):
        self.keep = wants
        self.wants.count = 0
        for obj, mode in wants:
            self.wants.object[self.wants.count] = <PyObject *>obj
            self.wants.mode[self.wants.count] = mode == "w"
            self.wants.count += 1
        self.wants.failed = self.wants.entered = self.wants.may_end = 0
        locktest_thread(&self.id, foreign_hold, &self.wants)

    def is_in(self):
        return locktest_is_set(&self.wants.entered)

    def end(self):
        """How many of its locks failed."""
        locktest_set(&self.wants.may_end)
        with nogil:
            pthread_join(self.id, NULL)
        return self.wants.failed


cdef struct AtEnd:
    pthread_key_t key
    PyObject *object
    long *count
    int rounds              # how often the destructor wants to be called again
    int keep                # does not release
    int failed


cdef void at_end_destructor(void *arg) noexcept nogil:
    cdef AtEnd *job = <AtEnd *>arg
    cdef pyxlock.Guard guard
    if raw_write(&guard, job.object) < 0:
        job.failed += 1
    else:
        job.count[0] += 1
    if not job.keep:
        pyxlock.release(&guard)
    job.rounds -= 1
    if job.rounds > 0:
        pthread_setspecific(job.key, arg)


cdef void at_end_thread(void *arg) noexcept nogil:
    cdef AtEnd *job = <AtEnd *>arg
    cdef pyxlock.Guard guard
    if raw_write(&guard, job.object) < 0:
        job.failed += 1
    else:
        job.count[0] += 1
    pyxlock.release(&guard)
    pthread_setspecific(job.key, arg)


def locks_at_thread_end(obj, int threads, int rounds, bint keep):
    """Threads that lock obj once, and then in as many rounds of destructors of
    thread-specific data, which run after the lock's own: (locks, failures)."""
    cdef pthread_t ids[8]
    cdef AtEnd jobs[8]
    cdef pthread_key_t key
    cdef long count = 0
    cdef int i, failed = 0
    assert threads <= 8
    assert pthread_key_create(&key, at_end_destructor) == 0
    for i in range(threads):
        jobs[i].key = key
        jobs[i].object = <PyObject *>obj
        jobs[i].count = &count
        jobs[i].rounds = rounds
        jobs[i].keep = keep
        jobs[i].failed = 0
    with nogil:
        for i in range(threads):
            locktest_thread(&ids[i], at_end_thread, &jobs[i])
        for i in range(threads):
            pthread_join(ids[i], NULL)
    pthread_key_delete(key)
    for i in range(threads):
        failed += jobs[i].failed
    return count, failed
