# pyxlock.pxd - re-entrant reader-writer locks for the objects of Cython code.
#
#     cimport pyxlock
#
#     cdef pyxlock.Guard guard
#     try:
#         pyxlock.read(&guard, self)
#         ...
#     finally:
#         pyxlock.release(&guard)
#
# The lock of an object is kept beside the object, in a table of the process,
# so no class needs a field for it. The C code below is all there is: a module
# that cimports this file needs no library and no other module at run time.
# All modules of an interpreter share one table, found through a capsule.
#
# Macros to set before this file is included in the C code (in a
# `cdef extern from *` block above the cimport, or with -D):
#
#   PYXLOCK_OFF           every function becomes an empty inline function.
#   PYXLOCK_RELEASES_GIL  a locked body of this module releases the GIL. Only
#                         read on builds of Python that have a GIL; see
#                         pyxlock_enabled() below.
#
# Works with Cython 3.0 and later, as C99 and as C++11, with and without
# Py_LIMITED_API.

cdef extern from *:
    """
#ifndef PYXLOCK_H
#define PYXLOCK_H

/* The release of this file, and the layout that modules share. Modules with
   different PYXLOCK_ABI use different tables and do not exclude each other. */
#define PYXLOCK_VERSION "0.1.0"
#define PYXLOCK_ABI 1

#include <Python.h>

#if defined(__GNUC__) || defined(__clang__)
#define PYXLOCK_FN static inline __attribute__((unused))
#define PYXLOCK_SLOW static __attribute__((unused, noinline))
#else
#define PYXLOCK_FN static __inline
#define PYXLOCK_SLOW static __inline
#endif

#ifdef PYXLOCK_OFF

typedef struct pyxlock_Guard { void *object; } pyxlock_Guard;

PYXLOCK_FN int pyxlock_read(pyxlock_Guard *guard, PyObject *obj) {
    (void)guard; (void)obj; return 0;
}
PYXLOCK_FN int pyxlock_write(pyxlock_Guard *guard, PyObject *obj) {
    (void)guard; (void)obj; return 0;
}
PYXLOCK_FN int pyxlock_try_read(pyxlock_Guard *guard, PyObject *obj) {
    (void)guard; (void)obj; return 0;
}
PYXLOCK_FN int pyxlock_try_write(pyxlock_Guard *guard, PyObject *obj) {
    (void)guard; (void)obj; return 0;
}
PYXLOCK_FN void pyxlock_release(pyxlock_Guard *guard) { (void)guard; }
PYXLOCK_FN void pyxlock_want_read(pyxlock_Guard *guard, PyObject *obj) {
    (void)guard; (void)obj;
}
PYXLOCK_FN void pyxlock_want_write(pyxlock_Guard *guard, PyObject *obj) {
    (void)guard; (void)obj;
}
PYXLOCK_FN int pyxlock_acquire(pyxlock_Guard *guards, int count) {
    (void)guards; (void)count; return 0;
}
PYXLOCK_FN int pyxlock_try_acquire(pyxlock_Guard *guards, int count) {
    (void)guards; (void)count; return 0;
}
PYXLOCK_FN void pyxlock_release_all(pyxlock_Guard *guards, int count) {
    (void)guards; (void)count;
}
PYXLOCK_FN int pyxlock_releases_gil(void) { return 0; }

#else /* !PYXLOCK_OFF */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _MSC_VER
#include <intrin.h>
#endif
#ifndef _WIN32
#include <pthread.h>
#endif
#include <pythread.h>

/* ---- what differs between compilers and systems --------------------------

   Only two things are read outside a mutex: the pointer to the table, which
   is set once, and the flag "enabled", which goes from 0 to 1 once. */

#if defined(__GNUC__) || defined(__clang__)
#define PYXLOCK_LOAD_PTR(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define PYXLOCK_STORE_PTR(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define PYXLOCK_LOAD_INT(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define PYXLOCK_STORE_INT(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#else
#define PYXLOCK_LOAD_PTR(p) ((pyxlock_table *)_InterlockedCompareExchangePointer((void *volatile *)(p), NULL, NULL))
#define PYXLOCK_STORE_PTR(p, v) ((void)_InterlockedExchangePointer((void *volatile *)(p), (v)))
#define PYXLOCK_LOAD_INT(p) (*(volatile int *)(p))
#define PYXLOCK_STORE_INT(p, v) (*(volatile int *)(p) = (v))
#endif

/* The mutexes inside the table. They are held for some tens of instructions,
   never while Python code runs, never while a thread attaches or detaches its
   thread state. So it does no harm that a thread blocks on one while it is
   attached: a stop-the-world pause or the GIL waits no longer for it than for
   any other few instructions. They have to be the same in every module of the
   process, which PyMutex is not: it is missing from the limited API. */
#if defined(_WIN32) || defined(PYXLOCK_TEST_PYTHREAD_MUTEX)
typedef PyThread_type_lock pyxlock_mutex;
PYXLOCK_FN int pyxlock_mutex_init(pyxlock_mutex *m) {
    *m = PyThread_allocate_lock();
    return *m == NULL ? -1 : 0;
}
PYXLOCK_FN void pyxlock_mutex_destroy(pyxlock_mutex *m) { PyThread_free_lock(*m); }
PYXLOCK_FN void pyxlock_mutex_lock(pyxlock_mutex *m) { (void)PyThread_acquire_lock(*m, 1); }
PYXLOCK_FN void pyxlock_mutex_unlock(pyxlock_mutex *m) { PyThread_release_lock(*m); }
#else
typedef pthread_mutex_t pyxlock_mutex;
PYXLOCK_FN int pyxlock_mutex_init(pyxlock_mutex *m) {
    return pthread_mutex_init(m, NULL) == 0 ? 0 : -1;
}
PYXLOCK_FN void pyxlock_mutex_destroy(pyxlock_mutex *m) { (void)pthread_mutex_destroy(m); }
PYXLOCK_FN void pyxlock_mutex_lock(pyxlock_mutex *m) { (void)pthread_mutex_lock(m); }
PYXLOCK_FN void pyxlock_mutex_unlock(pyxlock_mutex *m) { (void)pthread_mutex_unlock(m); }
#endif

#if defined(Py_GIL_DISABLED) || defined(Py_TARGET_ABI3T)
#define PYXLOCK_NO_GIL 1
#else
#define PYXLOCK_NO_GIL 0
#endif

/* ---- the table ------------------------------------------------------------

   The table is cut into shards by the object's address. A shard has a mutex,
   a list of holds and a queue of waiters. Objects of one shard share its mutex
   for the length of one list operation, and nothing else: every decision
   compares whole object pointers. */

#define PYXLOCK_NONE 0
#define PYXLOCK_READ 1
#define PYXLOCK_WRITE 2

/* One lock that a function holds or wants: a variable on its stack. Four
   words, so that a later inside needs no other layout. The object is borrowed. */
typedef struct pyxlock_Guard {
    PyObject *object;           /* NULL: nothing to lock */
    struct pyxlock_hold *hold;  /* NULL: not locked (yet) */
    uintptr_t mode;             /* PYXLOCK_NONE, _READ or _WRITE */
    void *reserved;
} pyxlock_Guard;

/* What one thread holds on one object: how many guards of each mode. Holds
   are taken from a free list of their shard and never given back to malloc. */
typedef struct pyxlock_hold {
    struct pyxlock_hold *next;
    PyObject *object;
    unsigned long thread;
    unsigned int readers;
    unsigned int writers;
} pyxlock_hold;

/* One thread that waits for one object, on that thread's stack. */
typedef struct pyxlock_waiter {
    struct pyxlock_waiter *next;    /* in the queue of the shard */
    PyObject *object;
    unsigned long thread;
    int mode;
    int upgrade;                    /* holds the object for reading already */
    int granted;                    /* set by the thread that lets it in */
    pyxlock_hold *hold;             /* made ready, so that granting cannot fail */
    PyThread_type_lock wake;        /* locked while it waits; released to wake it */
    int seen;                       /* scratch of the search for cycles */
    struct pyxlock_waiter *from;
    struct pyxlock_waiter *later;
} pyxlock_waiter;

typedef struct pyxlock_shard {
    pyxlock_mutex mutex;
    pyxlock_hold *holds;
    pyxlock_hold *unused;
    pyxlock_waiter *queue;          /* first come, first served; upgrades in front */
    void *padding[16];              /* two shards share no cache line */
} pyxlock_shard;

#define PYXLOCK_SHARDS 32
#define PYXLOCK_HOLDS_AT_ONCE 32

/* What the capsule points to. The functions are those of the module that made
   the table; every module calls them through here, so that one copy of the
   code works on one table, whatever the others were compiled with. */
typedef struct pyxlock_table {
    int abi;
    int enabled;
    int (*acquire)(struct pyxlock_table *table, pyxlock_Guard *guards, int count, int blocking);
    void (*release)(struct pyxlock_table *table, pyxlock_Guard *guard);
    pyxlock_shard shards[PYXLOCK_SHARDS];
} pyxlock_table;

/* What an attempt to lock comes to. */
#define PYXLOCK_OK 0
#define PYXLOCK_BUSY 1          /* would have to wait */
#define PYXLOCK_UPGRADE 2       /* another reader already waits to become the writer */
#define PYXLOCK_DEADLOCK 3      /* waiting would close a cycle */
#define PYXLOCK_MEMORY 4
#define PYXLOCK_INTERRUPTED 5   /* a signal came; not queued any more */
#define PYXLOCK_RAISED 6        /* a signal handler raised */

PYXLOCK_FN pyxlock_shard *pyxlock_shard_of(pyxlock_table *table, PyObject *object) {
    /* Fibonacci hashing; objects are 16-byte aligned, so the low bits say nothing. */
    uint64_t h = ((uint64_t)(uintptr_t)object >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    return &table->shards[h >> 59];
}

PYXLOCK_FN void pyxlock_lock_all(pyxlock_table *table) {
    int i;
    for (i = 0; i < PYXLOCK_SHARDS; i++) pyxlock_mutex_lock(&table->shards[i].mutex);
}

PYXLOCK_FN void pyxlock_unlock_all(pyxlock_table *table) {
    int i;
    for (i = PYXLOCK_SHARDS - 1; i >= 0; i--) pyxlock_mutex_unlock(&table->shards[i].mutex);
}

/* ---- holds and the queue: the caller has the shard's mutex ---------------- */

PYXLOCK_FN pyxlock_hold *pyxlock_hold_new(pyxlock_shard *shard) {
    pyxlock_hold *hold = shard->unused;
    if (hold == NULL) {
        int i;
        hold = (pyxlock_hold *)calloc(PYXLOCK_HOLDS_AT_ONCE, sizeof(pyxlock_hold));
        if (hold == NULL) return NULL;
        for (i = 0; i + 1 < PYXLOCK_HOLDS_AT_ONCE; i++) hold[i].next = &hold[i + 1];
    }
    shard->unused = hold->next;
    hold->next = NULL;
    return hold;
}

PYXLOCK_FN void pyxlock_hold_free(pyxlock_shard *shard, pyxlock_hold *hold) {
    hold->next = shard->unused;
    shard->unused = hold;
}

PYXLOCK_FN pyxlock_hold *pyxlock_hold_find(pyxlock_shard *shard, PyObject *object, unsigned long thread) {
    pyxlock_hold *hold;
    for (hold = shard->holds; hold != NULL; hold = hold->next) {
        if (hold->object == object && hold->thread == thread) return hold;
    }
    return NULL;
}

/* Does another thread hold the object in a way that excludes this mode? */
PYXLOCK_FN int pyxlock_held_against(pyxlock_shard *shard, PyObject *object, unsigned long thread, int mode) {
    pyxlock_hold *hold;
    for (hold = shard->holds; hold != NULL; hold = hold->next) {
        if (hold->object == object && hold->thread != thread
                && (mode == PYXLOCK_WRITE || hold->writers > 0)) return 1;
    }
    return 0;
}

/* May the thread have the object now? "before" is its place in the queue, NULL
   for the end. "own" is what it holds already. A thread that holds the object
   never queues for what it has, and an upgrade passes the queue: those who wait
   there wait for this very thread. Everybody else keeps behind a queued writer,
   and a writer behind everybody, so that neither kind starves. */
PYXLOCK_FN int pyxlock_may(pyxlock_shard *shard, PyObject *object, unsigned long thread, int mode,
                           pyxlock_hold *own, pyxlock_waiter *before) {
    pyxlock_waiter *other;
    if (own != NULL && (own->writers > 0 || mode == PYXLOCK_READ)) return 1;
    if (pyxlock_held_against(shard, object, thread, mode)) return 0;
    if (own != NULL) return 1;
    for (other = shard->queue; other != before; other = other->next) {
        if (other->object == object
                && (mode == PYXLOCK_WRITE || other->mode == PYXLOCK_WRITE)) return 0;
    }
    return 1;
}

/* Enters one more guard of the mode into "hold", which is linked if it is new. */
PYXLOCK_FN void pyxlock_enter(pyxlock_shard *shard, pyxlock_hold *hold, PyObject *object,
                              unsigned long thread, int mode) {
    if (hold->readers == 0 && hold->writers == 0) {
        hold->object = object;
        hold->thread = thread;
        hold->next = shard->holds;
        shard->holds = hold;
    }
    if (mode == PYXLOCK_WRITE) hold->writers++;
    else hold->readers++;
}

/* One attempt; waits for nothing but the shard's mutex, which the caller has. */
PYXLOCK_FN int pyxlock_attempt(pyxlock_shard *shard, PyObject *object, unsigned long thread, int mode,
                               pyxlock_hold **result) {
    pyxlock_hold *hold = pyxlock_hold_find(shard, object, thread);
    if (!pyxlock_may(shard, object, thread, mode, hold, NULL)) return PYXLOCK_BUSY;
    if (hold == NULL) {
        hold = pyxlock_hold_new(shard);
        if (hold == NULL) return PYXLOCK_MEMORY;
    }
    pyxlock_enter(shard, hold, object, thread, mode);
    *result = hold;
    return PYXLOCK_OK;
}

PYXLOCK_FN void pyxlock_enqueue(pyxlock_shard *shard, pyxlock_waiter *waiter) {
    pyxlock_waiter **link = &shard->queue;
    if (!waiter->upgrade) {
        while (*link != NULL) link = &(*link)->next;
    }
    waiter->next = *link;
    *link = waiter;
}

PYXLOCK_FN void pyxlock_dequeue(pyxlock_shard *shard, pyxlock_waiter *waiter) {
    pyxlock_waiter **link = &shard->queue;
    while (*link != waiter) link = &(*link)->next;
    *link = waiter->next;
}

/* Lets a queued waiter in. Its memory may be gone once the mutex is released. */
PYXLOCK_FN void pyxlock_grant(pyxlock_shard *shard, pyxlock_waiter *waiter) {
    pyxlock_dequeue(shard, waiter);
    pyxlock_enter(shard, waiter->hold, waiter->object, waiter->thread, waiter->mode);
    waiter->granted = 1;
    PyThread_release_lock(waiter->wake);
}

/* Lets in whoever can go now that a hold on the object or a place in its queue
   was given up: in order, up to the first who cannot. */
PYXLOCK_FN void pyxlock_grant_next(pyxlock_shard *shard, PyObject *object) {
    pyxlock_waiter *waiter = shard->queue, *next;
    for (; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->object != object) continue;
        if (!pyxlock_may(shard, object, waiter->thread, waiter->mode,
                         waiter->upgrade ? waiter->hold : NULL, waiter)) return;
        pyxlock_grant(shard, waiter);
    }
}

/* ---- cycles: the caller has the mutexes of all shards ---------------------

   A thread waits for at most one object. It waits for the threads that hold
   the object against it, and for those before it in the queue that exclude it.
   An edge appears only when a thread starts to wait (one that is let in waits
   no longer), and then it starts or ends at that thread; so a search from
   there finds every new cycle, and finds it before anybody sleeps in it. */

PYXLOCK_FN void pyxlock_visit(pyxlock_table *table, pyxlock_waiter *from, unsigned long thread,
                              pyxlock_waiter **tail) {
    int i;
    for (i = 0; i < PYXLOCK_SHARDS; i++) {
        pyxlock_waiter *waiter;
        for (waiter = table->shards[i].queue; waiter != NULL; waiter = waiter->next) {
            if (waiter->thread != thread) continue;
            if (waiter->seen) return;
            waiter->seen = 1;
            waiter->from = from;
            waiter->later = NULL;
            (*tail)->later = waiter;
            *tail = waiter;
            return;
        }
    }
}

/* Breadth-first from "start", which is queued. Returns the last waiter of a
   shortest cycle (follow ->from back to start), or NULL. */
PYXLOCK_FN pyxlock_waiter *pyxlock_find_cycle(pyxlock_table *table, pyxlock_waiter *start) {
    pyxlock_waiter *waiter, *tail = start;
    int i;
    for (i = 0; i < PYXLOCK_SHARDS; i++) {
        for (waiter = table->shards[i].queue; waiter != NULL; waiter = waiter->next) waiter->seen = 0;
    }
    start->seen = 1;
    start->from = NULL;
    start->later = NULL;
    for (waiter = start; waiter != NULL; waiter = waiter->later) {
        pyxlock_shard *shard = pyxlock_shard_of(table, waiter->object);
        pyxlock_hold *hold;
        pyxlock_waiter *ahead;
        for (hold = shard->holds; hold != NULL; hold = hold->next) {
            if (hold->object != waiter->object || hold->thread == waiter->thread) continue;
            if (waiter->mode != PYXLOCK_WRITE && hold->writers == 0) continue;
            if (hold->thread == start->thread) return waiter;
            pyxlock_visit(table, waiter, hold->thread, &tail);
        }
        for (ahead = shard->queue; ahead != waiter; ahead = ahead->next) {
            if (ahead->object != waiter->object) continue;
            if (waiter->mode != PYXLOCK_WRITE && ahead->mode != PYXLOCK_WRITE) continue;
            if (ahead == start) return waiter;
            pyxlock_visit(table, waiter, ahead->thread, &tail);
        }
    }
    return NULL;
}

/* Writes into "text" for whom "start" would wait, for whom that one, and so on:
   all of the cycle but start. The objects are alive: their holders cannot let
   go while the caller has the mutexes. */
PYXLOCK_FN void pyxlock_describe(char *text, size_t size, pyxlock_waiter *last) {
    pyxlock_waiter *waiter, *after = NULL;
    size_t used = 0;
    for (waiter = last; waiter != NULL; waiter = waiter->from) {
        waiter->later = after;
        after = waiter;
    }
    for (waiter = after->later; waiter != NULL && used < size; waiter = waiter->later) {
#if defined(Py_LIMITED_API)
        const char *name = "object";
#else
        const char *name = Py_TYPE(waiter->object)->tp_name;
#endif
        int n = snprintf(text + used, size - used, "a thread that waits to %s a '%.80s', which waits for ",
                         waiter->mode == PYXLOCK_WRITE ? "write" : "read", name);
        if (n < 0) return;
        used += (size_t)n;
    }
}

/* Looks for a cycle through "start", which is queued. A reader that waits only
   because a writer queued before it is let in out of turn when that opens the
   cycle: nothing it reads is held against it, and raising would make an error
   out of mere politeness. */
PYXLOCK_FN int pyxlock_check_cycle(pyxlock_table *table, pyxlock_waiter *start, char *text, size_t size) {
    for (;;) {
        pyxlock_waiter *last = pyxlock_find_cycle(table, start), *waiter;
        if (last == NULL) return PYXLOCK_OK;
        for (waiter = last; waiter != NULL; waiter = waiter->from) {
            pyxlock_shard *shard = pyxlock_shard_of(table, waiter->object);
            if (waiter->mode == PYXLOCK_READ
                    && !pyxlock_held_against(shard, waiter->object, waiter->thread, PYXLOCK_READ)) {
                pyxlock_grant(shard, waiter);
                break;
            }
        }
        if (waiter == start) return PYXLOCK_OK;
        if (waiter == NULL) {
            pyxlock_describe(text, size, last);
            return PYXLOCK_DEADLOCK;
        }
    }
}

/* ---- thread states --------------------------------------------------------

   Callers may be attached (they "hold the GIL") or not. Code that needs to be
   attached goes between pyxlock_attach and pyxlock_unattach. Code that must
   not be attached goes between pyxlock_leave and pyxlock_return, between which
   the waiting happens; pyxlock_prepare comes before the thread queues, since
   what it does can itself wait, or not return when Python shuts down. */

#if defined(Py_LIMITED_API) || defined(PYPY_VERSION)
/* No way to ask whether the thread is attached. PyGILState_Ensure works in both
   cases. */
typedef struct { PyGILState_STATE gil; PyThreadState *state; } pyxlock_state;
PYXLOCK_FN void pyxlock_prepare(pyxlock_state *s) { s->gil = PyGILState_Ensure(); s->state = NULL; }
PYXLOCK_FN void pyxlock_finish(pyxlock_state *s) { PyGILState_Release(s->gil); }
PYXLOCK_FN void pyxlock_leave(pyxlock_state *s) { s->state = PyEval_SaveThread(); }
PYXLOCK_FN void pyxlock_return(pyxlock_state *s) { PyEval_RestoreThread(s->state); }
PYXLOCK_FN int pyxlock_attached(void) { return 0; }
#else
/* Not PyGILState_Check, which says yes in any thread once a subinterpreter
   exists. Before 3.12 the current thread state is that of whichever thread has
   the GIL, so it is compared with this thread's own. (A thread that runs a
   subinterpreter has two there, and is taken for not attached: subinterpreters
   need 3.12.) */
typedef struct { PyThreadState *state; } pyxlock_state;
PYXLOCK_FN int pyxlock_attached(void) {
#if PY_VERSION_HEX >= 0x030D0000
    return PyThreadState_GetUnchecked() != NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    return _PyThreadState_UncheckedGet() != NULL;
#else
    PyThreadState *mine = PyGILState_GetThisThreadState();
    return mine != NULL && mine == _PyThreadState_UncheckedGet();
#endif
}
PYXLOCK_FN void pyxlock_prepare(pyxlock_state *s) { s->state = NULL; }
PYXLOCK_FN void pyxlock_finish(pyxlock_state *s) { (void)s; }
PYXLOCK_FN void pyxlock_leave(pyxlock_state *s) {
    if (pyxlock_attached()) s->state = PyEval_SaveThread();
}
PYXLOCK_FN void pyxlock_return(pyxlock_state *s) {
    if (s->state != NULL) PyEval_RestoreThread(s->state);
}
#endif

typedef struct { int ensured; PyGILState_STATE gil; } pyxlock_ensured;
PYXLOCK_FN void pyxlock_attach(pyxlock_ensured *e) {
    e->ensured = !pyxlock_attached();
    e->gil = e->ensured ? PyGILState_Ensure() : PyGILState_LOCKED;
}
PYXLOCK_FN void pyxlock_unattach(pyxlock_ensured *e) {
    if (e->ensured) PyGILState_Release(e->gil);
}

/* ---- locking one object ---------------------------------------------------- */

PYXLOCK_FN void pyxlock_pause(int times) {
    while (times-- > 0) {
#if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
        __builtin_ia32_pause();
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
        __asm__ __volatile__("yield");
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
        _mm_pause();
#endif
    }
}

/* Waits for the object. PYXLOCK_INTERRUPTED: a signal came, and the thread is
   not queued any more, so that the handler may lock what it likes. */
PYXLOCK_SLOW int pyxlock_wait(pyxlock_table *table, pyxlock_shard *shard, PyObject *object,
                              unsigned long thread, int mode, pyxlock_hold **result,
                              char *text, size_t size) {
    pyxlock_waiter waiter, *other;
    pyxlock_state state;
    int outcome;

    memset(&waiter, 0, sizeof(waiter));
    waiter.object = object;
    waiter.thread = thread;
    waiter.mode = mode;
    waiter.wake = PyThread_allocate_lock();
    if (waiter.wake == NULL) return PYXLOCK_MEMORY;
    (void)PyThread_acquire_lock(waiter.wake, 0);
    pyxlock_prepare(&state);

    pyxlock_lock_all(table);
    outcome = pyxlock_attempt(shard, object, thread, mode, result);
    if (outcome == PYXLOCK_BUSY) {
        outcome = PYXLOCK_OK;
        waiter.hold = pyxlock_hold_find(shard, object, thread);
        if (waiter.hold != NULL) {
            waiter.upgrade = 1;
            for (other = shard->queue; other != NULL; other = other->next) {
                if (other->object == object && other->upgrade) outcome = PYXLOCK_UPGRADE;
            }
        } else {
            waiter.hold = pyxlock_hold_new(shard);
            if (waiter.hold == NULL) outcome = PYXLOCK_MEMORY;
        }
        if (outcome == PYXLOCK_OK) {
            pyxlock_enqueue(shard, &waiter);
            outcome = pyxlock_check_cycle(table, &waiter, text, size);
            if (outcome == PYXLOCK_OK) {
                *result = waiter.hold;
                if (!waiter.granted) outcome = PYXLOCK_BUSY;
            } else {
                pyxlock_dequeue(shard, &waiter);
                if (!waiter.upgrade) pyxlock_hold_free(shard, waiter.hold);
            }
        }
    }
    pyxlock_unlock_all(table);

    if (outcome == PYXLOCK_BUSY) {
        pyxlock_leave(&state);
        while (outcome == PYXLOCK_BUSY) {
            PyLockStatus woken = PyThread_acquire_lock_timed(waiter.wake, -1, 1);
            /* The mutex also keeps waiter.wake alive until the thread that
               released it is done with it. */
            pyxlock_mutex_lock(&shard->mutex);
            if (waiter.granted) {
                outcome = PYXLOCK_OK;
            } else if (woken == PY_LOCK_INTR) {
                outcome = PYXLOCK_INTERRUPTED;
                pyxlock_dequeue(shard, &waiter);
                if (!waiter.upgrade) pyxlock_hold_free(shard, waiter.hold);
                /* Those behind may have waited only for this thread. */
                pyxlock_grant_next(shard, object);
            }
            pyxlock_mutex_unlock(&shard->mutex);
        }
        /* Off the queue: from here on the thread may fail to come back. */
        pyxlock_return(&state);
    }
    pyxlock_finish(&state);
    PyThread_free_lock(waiter.wake);
    return outcome;
}

PYXLOCK_SLOW int pyxlock_lock_slowly(pyxlock_table *table, pyxlock_shard *shard, PyObject *object,
                                     unsigned long thread, int mode, pyxlock_hold **result,
                                     char *text, size_t size) {
    int outcome, i;
    if (PYXLOCK_NO_GIL) {
        /* Bodies are often shorter than putting a thread to sleep. With a GIL
           the holder needs it to go on, so there is nothing to gain. */
        for (i = 0; i < 6; i++) {
            pyxlock_pause(1 << i);
            pyxlock_mutex_lock(&shard->mutex);
            outcome = pyxlock_attempt(shard, object, thread, mode, result);
            pyxlock_mutex_unlock(&shard->mutex);
            if (outcome != PYXLOCK_BUSY) return outcome;
        }
    }
    for (;;) {
        pyxlock_ensured e;
        int raised;
        outcome = pyxlock_wait(table, shard, object, thread, mode, result, text, size);
        if (outcome != PYXLOCK_INTERRUPTED) return outcome;
        pyxlock_attach(&e);
        raised = PyErr_CheckSignals();
        pyxlock_unattach(&e);
        if (raised < 0) return PYXLOCK_RAISED;
    }
}

PYXLOCK_FN void pyxlock_table_release(pyxlock_table *table, pyxlock_Guard *guard) {
    pyxlock_hold *hold = guard->hold;
    PyObject *object = guard->object;
    pyxlock_shard *shard = pyxlock_shard_of(table, object);
    int changed;

    pyxlock_mutex_lock(&shard->mutex);
    if (guard->mode == PYXLOCK_WRITE) changed = --hold->writers == 0;
    else changed = --hold->readers == 0 && hold->writers == 0;
    if (hold->readers == 0 && hold->writers == 0) {
        pyxlock_hold **link = &shard->holds;
        while (*link != hold) link = &(*link)->next;
        *link = hold->next;
        pyxlock_hold_free(shard, hold);
    }
    if (changed && shard->queue != NULL) pyxlock_grant_next(shard, object);
    pyxlock_mutex_unlock(&shard->mutex);
    guard->object = NULL;
    guard->hold = NULL;
    guard->mode = PYXLOCK_NONE;
}

PYXLOCK_SLOW void pyxlock_raise(int outcome, PyObject *object, int mode, const char *text) {
    pyxlock_ensured e;
    const char *verb = mode == PYXLOCK_WRITE ? "write" : "read";
    if (outcome == PYXLOCK_RAISED) return;
    pyxlock_attach(&e);
    switch (outcome) {
    case PYXLOCK_MEMORY:
        (void)PyErr_NoMemory();
        break;
    case PYXLOCK_UPGRADE:
        PyErr_Format(PyExc_RuntimeError,
                     "pyxlock: deadlock: cannot write an object of %R: this thread reads it, and so "
                     "does another thread that waits to write it", (PyObject *)Py_TYPE(object));
        break;
    case PYXLOCK_DEADLOCK:
        PyErr_Format(PyExc_RuntimeError,
                     "pyxlock: deadlock: cannot %s an object of %R: this thread would wait for %s"
                     "this thread", verb, (PyObject *)Py_TYPE(object), text);
        break;
    default:
        PyErr_Format(PyExc_RuntimeError, "pyxlock: cannot %s an object of %R: another thread uses it",
                     verb, (PyObject *)Py_TYPE(object));
        break;
    }
    pyxlock_unattach(&e);
}

/* Puts the guards into the global order (by address), one for each object, the
   others empty. */
PYXLOCK_FN void pyxlock_order(pyxlock_Guard *guards, int count) {
    int i, j;
    for (i = 1; i < count; i++) {
        pyxlock_Guard guard = guards[i];
        for (j = i; j > 0 && (uintptr_t)guards[j - 1].object > (uintptr_t)guard.object; j--) {
            guards[j] = guards[j - 1];
        }
        guards[j] = guard;
    }
    for (i = count - 1; i > 0; i--) {
        if (guards[i].object == NULL || guards[i].object != guards[i - 1].object) continue;
        if (guards[i].mode == PYXLOCK_WRITE) guards[i - 1].mode = PYXLOCK_WRITE;
        guards[i].object = NULL;
        guards[i].mode = PYXLOCK_NONE;
    }
}

/* The entry "acquire" of the table. */
PYXLOCK_FN int pyxlock_table_acquire(pyxlock_table *table, pyxlock_Guard *guards, int count, int blocking) {
    unsigned long thread = PyThread_get_thread_ident();
    int i;
    if (count > 1) pyxlock_order(guards, count);
    for (i = 0; i < count; i++) {
        pyxlock_Guard *guard = &guards[i];
        PyObject *object = guard->object;
        pyxlock_shard *shard;
        int mode = (int)guard->mode, outcome;
        char text[512];
        if (object == NULL) continue;
        shard = pyxlock_shard_of(table, object);
        pyxlock_mutex_lock(&shard->mutex);
        outcome = pyxlock_attempt(shard, object, thread, mode, &guard->hold);
        pyxlock_mutex_unlock(&shard->mutex);
        if (outcome == PYXLOCK_OK) continue;
        text[0] = 0;
        if (outcome == PYXLOCK_BUSY && blocking) {
            outcome = pyxlock_lock_slowly(table, shard, object, thread, mode, &guard->hold,
                                          text, sizeof(text));
            if (outcome == PYXLOCK_OK) continue;
        }
        guard->hold = NULL;
        for (; i >= 0; i--) {
            if (guards[i].hold != NULL) table->release(table, &guards[i]);
        }
        for (i = 0; i < count; i++) {
            guards[i].object = NULL;
            guards[i].mode = PYXLOCK_NONE;
        }
        pyxlock_raise(outcome, object, mode, text);
        return -1;
    }
    return 0;
}

/* ---- finding the table ------------------------------------------------------ */

/* This module's pointer to the shared table; NULL until its first lock call. */
static pyxlock_table *pyxlock_shared = NULL;

#ifndef _WIN32
/* In the child of a fork only the thread that forked is left: what others held
   or waited for is void. The mutexes are taken before the fork, so that the
   child finds whole lists. */
static pyxlock_table *pyxlock_forked = NULL;
PYXLOCK_FN void pyxlock_before_fork(void) { pyxlock_lock_all(pyxlock_forked); }
PYXLOCK_FN void pyxlock_after_fork_parent(void) { pyxlock_unlock_all(pyxlock_forked); }
PYXLOCK_FN void pyxlock_after_fork_child(void) {
    unsigned long thread = PyThread_get_thread_ident();
    int i;
    for (i = 0; i < PYXLOCK_SHARDS; i++) {
        pyxlock_shard *shard = &pyxlock_forked->shards[i];
        pyxlock_hold **link = &shard->holds;
        while (*link != NULL) {
            pyxlock_hold *hold = *link;
            if (hold->thread == thread) {
                link = &hold->next;
            } else {
                *link = hold->next;
                hold->readers = hold->writers = 0;
                pyxlock_hold_free(shard, hold);
            }
        }
        shard->queue = NULL;
    }
    pyxlock_unlock_all(pyxlock_forked);
}
#endif

PYXLOCK_SLOW void pyxlock_table_free(pyxlock_table *table, int shards) {
    while (shards-- > 0) pyxlock_mutex_destroy(&table->shards[shards].mutex);
    free(table);
}

PYXLOCK_SLOW pyxlock_table *pyxlock_table_new(void) {
    pyxlock_table *table = (pyxlock_table *)calloc(1, sizeof(pyxlock_table));
    int i;
    if (table == NULL) return NULL;
    table->abi = PYXLOCK_ABI;
    table->acquire = pyxlock_table_acquire;
    table->release = pyxlock_table_release;
    for (i = 0; i < PYXLOCK_SHARDS; i++) {
        if (pyxlock_mutex_init(&table->shards[i].mutex) < 0) {
            pyxlock_table_free(table, i);
            return NULL;
        }
    }
    return table;
}

#ifdef PYXLOCK_TEST_PYTHREAD_MUTEX
#define PYXLOCK_CAPSULE "_pyxlock_abi1_test"
#else
#define PYXLOCK_CAPSULE "_pyxlock_abi1"
#endif

/* Finds the interpreter's table or makes it; needs an attached thread. The
   capsule is in the dictionary of sys, under its own name: unlike an entry in
   sys.modules nobody clears that, unlike the interpreter's dictionary every
   version of the limited API reaches it. dict.setdefault is atomic, so of
   modules that start at once one wins. The table is never freed: threads may
   hold locks until the process ends. */
PYXLOCK_SLOW pyxlock_table *pyxlock_find_table(void) {
    PyObject *sys = NULL, *mine = NULL, *found = NULL;
    pyxlock_table *table = NULL, *made = pyxlock_table_new();
    if (made == NULL) {
        (void)PyErr_NoMemory();
        return NULL;
    }
    mine = PyCapsule_New(made, PYXLOCK_CAPSULE, NULL);
    sys = PyImport_ImportModule("sys");
    if (mine != NULL && sys != NULL) {
        found = PyObject_CallMethod(PyModule_GetDict(sys), "setdefault", "sO", PYXLOCK_CAPSULE, mine);
    }
    if (found != NULL) table = (pyxlock_table *)PyCapsule_GetPointer(found, PYXLOCK_CAPSULE);
    if (table != made) {
        pyxlock_table_free(made, PYXLOCK_SHARDS);
    } else {
#ifndef _WIN32
        pyxlock_forked = table;
        /* Without the handlers only a fork while other threads hold is worse off. */
        (void)pthread_atfork(pyxlock_before_fork, pyxlock_after_fork_parent, pyxlock_after_fork_child);
#endif
    }
    Py_XDECREF(found);
    Py_XDECREF(mine);
    Py_XDECREF(sys);
    return table;
}

PYXLOCK_SLOW pyxlock_table *pyxlock_start(void) {
    pyxlock_ensured e;
    pyxlock_table *table;
    pyxlock_attach(&e);
    table = pyxlock_find_table();
    pyxlock_unattach(&e);
    if (table == NULL) return NULL;
#if PYXLOCK_NO_GIL || defined(PYXLOCK_RELEASES_GIL)
    PYXLOCK_STORE_INT(&table->enabled, 1);
#endif
    /* Pairs with the acquiring load in pyxlock_enabled. */
    PYXLOCK_STORE_PTR(&pyxlock_shared, table);
    return table;
}

/* The table if locks are to be taken, NULL if not, in which case *failed says
   whether that is an error (-1, exception set).

   On a free-threaded build locks are always taken. On a build with a GIL they
   are needed only against bodies that release the GIL while they hold a lock.
   Modules with such bodies are compiled with PYXLOCK_RELEASES_GIL and switch
   the locks of the whole interpreter on with their first lock call. From then
   on modules without the macro lock too, since their objects may be shared
   with such a module; until then a lock call costs them two loads. A body
   without lock that is under way at that very moment stays without lock. */
PYXLOCK_FN pyxlock_table *pyxlock_enabled(int *failed) {
    pyxlock_table *table = PYXLOCK_LOAD_PTR(&pyxlock_shared);
    *failed = 0;
    if (table == NULL) {
        table = pyxlock_start();
        if (table == NULL) {
            *failed = -1;
            return NULL;
        }
    }
#if !PYXLOCK_NO_GIL && !defined(PYXLOCK_RELEASES_GIL)
    if (!PYXLOCK_LOAD_INT(&table->enabled)) return NULL;
#endif
    return table;
}

/* ---- the functions that Cython code calls ----------------------------------- */

/* Makes the guard want the object in the mode. NULL and None: nothing. */
PYXLOCK_FN void pyxlock_want(pyxlock_Guard *guard, PyObject *obj, int mode) {
    int nothing = obj == NULL || obj == Py_None;
    guard->object = nothing ? NULL : obj;
    guard->hold = NULL;
    guard->mode = (uintptr_t)(nothing ? PYXLOCK_NONE : mode);
    guard->reserved = NULL;
}

PYXLOCK_FN int pyxlock_acquire_as(pyxlock_Guard *guards, int count, int blocking) {
    int failed, i;
    pyxlock_table *table = pyxlock_enabled(&failed);
    if (table != NULL) return table->acquire(table, guards, count, blocking);
    for (i = 0; i < count; i++) guards[i].object = NULL;
    return failed;
}

PYXLOCK_FN int pyxlock_lock(pyxlock_Guard *guard, PyObject *obj, int mode, int blocking) {
    pyxlock_want(guard, obj, mode);
    if (guard->object == NULL) return 0;
    return pyxlock_acquire_as(guard, 1, blocking);
}

/* Locks obj for reading; waits while another thread writes it or queued before
   to write it. 0, or -1 with an exception and an empty guard: RuntimeError if
   waiting would never end, MemoryError, or what a signal handler raised. */
PYXLOCK_FN int pyxlock_read(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_READ, 1);
}

/* Locks obj for writing; waits while another thread holds it. If this thread
   reads it, waits for the other readers (an upgrade). Errors as pyxlock_read. */
PYXLOCK_FN int pyxlock_write(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_WRITE, 1);
}

/* As pyxlock_read, but where that would wait, raises RuntimeError at once. */
PYXLOCK_FN int pyxlock_try_read(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_READ, 0);
}

/* As pyxlock_write, but where that would wait, raises RuntimeError at once. */
PYXLOCK_FN int pyxlock_try_write(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_WRITE, 0);
}

/* Gives up what the guard holds and empties it. Does nothing to an empty guard.
   Cannot fail, leaves the current exception alone, needs no thread state. */
PYXLOCK_FN void pyxlock_release(pyxlock_Guard *guard) {
    if (guard->hold != NULL) {
        pyxlock_table *table = PYXLOCK_LOAD_PTR(&pyxlock_shared);
        table->release(table, guard);
    }
}

/* Prepare a guard for pyxlock_acquire; they lock nothing. */
PYXLOCK_FN void pyxlock_want_read(pyxlock_Guard *guard, PyObject *obj) {
    pyxlock_want(guard, obj, PYXLOCK_READ);
}
PYXLOCK_FN void pyxlock_want_write(pyxlock_Guard *guard, PyObject *obj) {
    pyxlock_want(guard, obj, PYXLOCK_WRITE);
}

/* Locks what the guards want: all of it, or nothing and -1. Objects are taken
   in the order of their addresses, each once, in the stronger of the modes.
   The guards change places. Waits and errors as pyxlock_read and pyxlock_write. */
PYXLOCK_FN int pyxlock_acquire(pyxlock_Guard *guards, int count) {
    return pyxlock_acquire_as(guards, count, 1);
}

/* As pyxlock_acquire, but where that would wait, raises RuntimeError at once. */
PYXLOCK_FN int pyxlock_try_acquire(pyxlock_Guard *guards, int count) {
    return pyxlock_acquire_as(guards, count, 0);
}

/* pyxlock_release for each guard, the last one first. */
PYXLOCK_FN void pyxlock_release_all(pyxlock_Guard *guards, int count) {
    while (count-- > 0) pyxlock_release(&guards[count]);
}

/* What PYXLOCK_RELEASES_GIL says, at run time: a locked body of the calling
   module releases the GIL. On a build with a GIL it switches the locks of the
   whole interpreter on; elsewhere they always are. Needs an attached thread.
   0, or -1 with MemoryError. */
PYXLOCK_FN int pyxlock_releases_gil(void) {
#if !PYXLOCK_NO_GIL
    pyxlock_table *table = PYXLOCK_LOAD_PTR(&pyxlock_shared);
    if (table == NULL) table = pyxlock_start();
    if (table == NULL) return -1;
    PYXLOCK_STORE_INT(&table->enabled, 1);
#endif
    return 0;
}

#endif /* PYXLOCK_OFF */
#endif /* PYXLOCK_H */
    """

    # One lock that a function holds: a variable on its stack, which needs no
    # initialisation. It borrows the object: the caller keeps that alive until
    # the release. A guard belongs to the thread that filled it.
    ctypedef struct Guard "pyxlock_Guard":
        pass

    # Locks obj for reading. Other readers share it; writers are kept out. None
    # locks nothing. A thread that already holds obj, in whichever mode, gets it
    # at once; others wait while a thread writes obj or queued before to write it.
    #
    # Raises RuntimeError if waiting would close a cycle of waiting threads,
    # MemoryError, or what a signal handler raises in the meantime. The guard is
    # then empty, so that release() in a finally clause does no harm.
    #
    # This and all functions below may be called with or without the GIL (an
    # attached thread state); a thread that waits gives it up.
    int read "pyxlock_read" (Guard *guard, object obj) except -1 nogil

    # Locks obj for writing: all other threads are kept out. A thread that
    # already writes obj gets it at once. One that reads obj waits for the other
    # readers, ahead of all who wait; if another reader already waits in the
    # same way, RuntimeError. Otherwise as read().
    int write "pyxlock_write" (Guard *guard, object obj) except -1 nogil

    # As read(), but where that would wait, raises RuntimeError at once.
    int try_read "pyxlock_try_read" (Guard *guard, object obj) except -1 nogil

    # As write(), but where that would wait, raises RuntimeError at once.
    int try_write "pyxlock_try_write" (Guard *guard, object obj) except -1 nogil

    # Gives up what the guard holds, and empties it; nothing on an empty guard.
    # Cannot fail and leaves the current exception alone. Guards may be released
    # in any order.
    void release "pyxlock_release" (Guard *guard) noexcept nogil

    # Make a guard want obj in a mode, for acquire(). They lock nothing.
    void want_read "pyxlock_want_read" (Guard *guard, object obj) noexcept nogil
    void want_write "pyxlock_want_write" (Guard *guard, object obj) noexcept nogil

    # Locks what `count` guards want: all of it, or nothing if it raises. Objects
    # are taken in one order that is the same for all threads, each object once,
    # in the stronger mode that was asked for. The guards change places: release
    # them with release_all(). Waiting and errors as in read() and write().
    int acquire "pyxlock_acquire" (Guard *guards, int count) except -1 nogil

    # As acquire(), but where that would wait, raises RuntimeError at once.
    int try_acquire "pyxlock_try_acquire" (Guard *guards, int count) except -1 nogil

    # release() for each of `count` guards.
    void release_all "pyxlock_release_all" (Guard *guards, int count) noexcept nogil

    # A module calls this when it is imported if one of its locked bodies
    # releases the GIL. Builds of Python that have a GIL then take locks, in all
    # modules of the interpreter; free-threaded builds always do.
    int releases_gil "pyxlock_releases_gil" () except -1
