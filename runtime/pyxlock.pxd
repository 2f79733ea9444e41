# pyxlock.pxd - re-entrant reader-writer locks for the objects of Cython code.
# SPDX-License-Identifier: MIT
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
# What a thread holds is kept in a record of the thread, so no class needs a
# field for its lock. The C code below is all there is: a module that cimports
# this file needs no library and no other module at run time. All modules of a
# process share one table of records, found through a capsule.
#
# Macros to set before this file is included in the C code (in a
# `cdef extern from *` block above the cimport, or with -D):
#
#   PYXLOCK_OFF           every function becomes an empty inline function.
#   PYXLOCK_STATS         counts reads, writes and upgrades for stats(); costs
#                         every lock call some nanoseconds.
#   PYXLOCK_RELEASES_GIL  a locked body of this module releases the GIL. Only
#                         read on builds of Python that have a GIL; see
#                         pyxlock_enabled() below.
#   PYXLOCK_FENCED        reads have a fence each, and the system is not asked for
#                         barriers (membarrier), if the first module that locks was
#                         compiled so.
#
# Works with Cython 3.0 and later, as C99 and as C++11, with and without
# Py_LIMITED_API.

cdef extern from *:
    """
#ifndef PYXLOCK_H
#define PYXLOCK_H

/* The release of this file, and the layout that modules share. Modules with
   different PYXLOCK_ABI use different tables and do not exclude each other;
   the second kind warns when it starts. */
#define PYXLOCK_VERSION "0.1.0"
#define PYXLOCK_ABI 5

#include <Python.h>

/* PYXLOCK_HOT is for the few instructions that a lock call costs while nobody
   contends: in line, so that a guard need not exist in memory. PYXLOCK_SLOW is
   for the rest: out of line, so that it costs the callers no room. */
#if defined(__GNUC__) || defined(__clang__)
#define PYXLOCK_HOT static inline __attribute__((unused, always_inline))
#define PYXLOCK_FN static inline __attribute__((unused))
#define PYXLOCK_SLOW static __attribute__((unused, noinline))
#define PYXLOCK_LIKELY(x) (__builtin_expect(!!(x), 1) != 0)
#elif defined(_MSC_VER)
#define PYXLOCK_HOT static __forceinline
#define PYXLOCK_FN static __inline
#define PYXLOCK_SLOW static __declspec(noinline)
#define PYXLOCK_LIKELY(x) (x)
#else
#define PYXLOCK_HOT static inline
#define PYXLOCK_FN static inline
#define PYXLOCK_SLOW static inline
#define PYXLOCK_LIKELY(x) (x)
#endif

#ifdef PYXLOCK_OFF

typedef struct pyxlock_Guard { void *object; } pyxlock_Guard;
typedef pyxlock_Guard pyxlock_ScopedGuard;

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
PYXLOCK_FN pyxlock_ScopedGuard pyxlock_unlocked(void) { pyxlock_ScopedGuard guard = { NULL }; return guard; }
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
typedef struct pyxlock_Guards { int count; } pyxlock_Guards;
typedef pyxlock_Guards pyxlock_ScopedGuards;

PYXLOCK_FN int pyxlock_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes) {
    (void)guards; (void)reads; (void)writes; return 0;
}
PYXLOCK_FN int pyxlock_try_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes) {
    (void)guards; (void)reads; (void)writes; return 0;
}
PYXLOCK_FN void pyxlock_release_objects(pyxlock_Guards *guards) { (void)guards; }
PYXLOCK_FN PyObject *pyxlock_items(PyObject *obj) { (void)obj; return PyTuple_New(0); }
PYXLOCK_FN PyObject *pyxlock_stand_in(PyObject *obj, PyObject *items) {
    (void)items; Py_INCREF(obj); return obj;
}
PYXLOCK_FN int pyxlock_releases_gil(void) { return 0; }
PYXLOCK_FN PyObject *pyxlock_snapshot(void) { return PyList_New(0); }
PYXLOCK_FN PyObject *pyxlock_stats(void) { return PyDict_New(); }
PYXLOCK_FN void pyxlock_dump(void) {}

#else /* !PYXLOCK_OFF */

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(_MSC_VER) || defined(PYXLOCK_TEST_MSVC)
#include <intrin.h>
#endif
#ifndef _WIN32
#include <pthread.h>
#include <time.h>
#endif
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if !defined(PYXLOCK_FENCED) && (defined(_WIN32) || (defined(__linux__) && defined(SYS_membarrier)))
#define PYXLOCK_BARRIERS 1          /* the system may make them, see pyxlock_barrier */
#else
#define PYXLOCK_BARRIERS 0
#endif
#include <pythread.h>

#if defined(Py_GIL_DISABLED) || defined(Py_TARGET_ABI3T)
#define PYXLOCK_NO_GIL 1
#else
#define PYXLOCK_NO_GIL 0
#endif

/* ---- what differs between compilers and systems --------------------------- */

/* Everything that threads share outside the table's mutex is a word of the size
   of a pointer. "seq_cst" operations have one total order, in the sense of C11.
   No stand-alone fences: ThreadSanitizer does not understand them. */
typedef uintptr_t pyxlock_word;

#if (defined(__GNUC__) || defined(__clang__)) && !defined(PYXLOCK_TEST_MSVC)
#define PYXLOCK_LOAD_RELAXED(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define PYXLOCK_LOAD_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define PYXLOCK_LOAD(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define PYXLOCK_STORE_RELAXED(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define PYXLOCK_STORE_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define PYXLOCK_EXCHANGE(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define PYXLOCK_ADD(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
/* Fields of any type that one instruction moves: written and used under the mutex, and
   printed without it. */
#define PYXLOCK_SHOW(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define PYXLOCK_SHOWN(p) __atomic_load_n((p), __ATOMIC_RELAXED)
/* What comes before this in the program does so in the machine's code as well. */
#define PYXLOCK_IN_ORDER() __asm__ __volatile__("" ::: "memory")
PYXLOCK_HOT int pyxlock_swap_if(pyxlock_word *p, pyxlock_word from, pyxlock_word to) {
    return __atomic_compare_exchange_n(p, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
#elif defined(_MSC_VER) || defined(PYXLOCK_TEST_MSVC)
/* Interlocked functions are seq_cst. On x86 and x64 plain loads beside them are
   seq_cst and plain stores are releases; on ARM both need barriers. */
#if defined(_M_ARM64) || defined(_M_ARM)
#define PYXLOCK_BARRIER() __dmb(0xB)
#else
#define PYXLOCK_BARRIER() _ReadWriteBarrier()
#endif
PYXLOCK_FN pyxlock_word pyxlock_load(const volatile pyxlock_word *p) {
    pyxlock_word value;
    PYXLOCK_BARRIER();
    value = *p;
    PYXLOCK_BARRIER();
    return value;
}
PYXLOCK_FN void pyxlock_store(volatile pyxlock_word *p, pyxlock_word value) {
    PYXLOCK_BARRIER();
    *p = value;
}
#define PYXLOCK_IN_ORDER() PYXLOCK_BARRIER()
/* Plain: C has no name for the type, and this compiler moves such fields in one piece. */
#define PYXLOCK_SHOW(p, v) (*(p) = (v))
#define PYXLOCK_SHOWN(p) (*(p))
#define PYXLOCK_LOAD_RELAXED(p) (*(const volatile pyxlock_word *)(p))
#define PYXLOCK_LOAD_ACQUIRE(p) pyxlock_load(p)
#define PYXLOCK_LOAD(p) pyxlock_load(p)
#define PYXLOCK_STORE_RELAXED(p, v) (*(volatile pyxlock_word *)(p) = (v))
#define PYXLOCK_STORE_RELEASE(p, v) pyxlock_store((p), (v))
#if UINTPTR_MAX > 0xFFFFFFFFu
#define PYXLOCK_EXCHANGE(p, v) ((pyxlock_word)_InterlockedExchange64((volatile __int64 *)(p), (__int64)(v)))
#define PYXLOCK_ADD(p, v) ((pyxlock_word)_InterlockedExchangeAdd64((volatile __int64 *)(p), (__int64)(v)))
PYXLOCK_HOT int pyxlock_swap_if(pyxlock_word *p, pyxlock_word from, pyxlock_word to) {
    return (pyxlock_word)_InterlockedCompareExchange64((volatile __int64 *)p, (__int64)to, (__int64)from) == from;
}
#else
#define PYXLOCK_EXCHANGE(p, v) ((pyxlock_word)_InterlockedExchange((volatile long *)(p), (long)(v)))
#define PYXLOCK_ADD(p, v) ((pyxlock_word)_InterlockedExchangeAdd((volatile long *)(p), (long)(v)))
PYXLOCK_HOT int pyxlock_swap_if(pyxlock_word *p, pyxlock_word from, pyxlock_word to) {
    return (pyxlock_word)_InterlockedCompareExchange((volatile long *)p, (long)to, (long)from) == from;
}
#endif
#else
#error "pyxlock: no atomic operations for this compiler; compile with -DPYXLOCK_OFF for no locks"
#endif

/* A store that other threads may see late: later than what this one loads next, if no
   barrier comes in between. */
#ifndef PYXLOCK_STORE_UNFENCED
#define PYXLOCK_STORE_UNFENCED(p, v) do { PYXLOCK_STORE_RELEASE((p), (v)); PYXLOCK_IN_ORDER(); } while (0)
#endif

/* A number that no other living thread has. Where there is one, the address of
   the thread's own block, which sits in a register. */
PYXLOCK_HOT uintptr_t pyxlock_self(void) {
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__) && !defined(__ILP32__) && defined(__ELF__)
    uintptr_t self;
    __asm__("movq %%fs:0, %0" : "=r"(self));
    return self;
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__) && defined(__ELF__)
    uintptr_t self;
    __asm__("mrs %0, tpidr_el0" : "=r"(self));
    return self;
#elif defined(_MSC_VER) && defined(_M_X64)
    return (uintptr_t)__readgsqword(0x30);
#elif defined(_MSC_VER) && defined(_M_IX86)
    return (uintptr_t)__readfsdword(0x18);
#elif defined(_MSC_VER) && defined(_M_ARM64)
    return (uintptr_t)__getReg(18);
#elif defined(_WIN32)
    return (uintptr_t)PyThread_get_thread_ident();
#else
    return (uintptr_t)pthread_self();
#endif
}

PYXLOCK_FN void pyxlock_pause(int times) {
    while (times-- > 0) {
#if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
        __builtin_ia32_pause();
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
        __asm__ __volatile__("isb");
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
        _mm_pause();
#elif defined(_MSC_VER)
        __yield();
#endif
    }
}

/* The position of the lowest bit that is set; "bits" is not 0. */
PYXLOCK_FN int pyxlock_lowest(pyxlock_word bits) {
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll((unsigned long long)bits);
#else
    int i = 0;
    while ((bits & 1) == 0) {
        bits >>= 1;
        i++;
    }
    return i;
#endif
}

/* Per-thread storage whose value is given to a function when the thread ends,
   the table's mutex, and a clock. The mutex is held for some tens of
   instructions (for the search for deadlocks, some for each thread), never
   while Python code runs, never while a thread attaches or detaches its thread
   state. So it does no harm that a thread blocks on it while it is attached.
   It has to be the same in every module of the process, which PyMutex is not:
   it is missing from the limited API. */
#ifdef _WIN32
typedef unsigned long pyxlock_key;
#define PYXLOCK_AT_THREAD_END __stdcall
#ifdef __cplusplus
extern "C" {
#endif
/* As in <windows.h>, which is too much to include in everybody's module. */
__declspec(dllimport) unsigned long __stdcall FlsAlloc(void(__stdcall *)(void *));
__declspec(dllimport) void *__stdcall FlsGetValue(unsigned long);
__declspec(dllimport) int __stdcall FlsSetValue(unsigned long, void *);
__declspec(dllimport) unsigned long long __stdcall GetTickCount64(void);
__declspec(dllimport) void __stdcall FlushProcessWriteBuffers(void);
#ifdef __cplusplus
}
#endif
PYXLOCK_FN int pyxlock_key_new(pyxlock_key *key, void(__stdcall *end)(void *)) {
    *key = FlsAlloc(end);
    return *key == 0xFFFFFFFFul ? -1 : 0;
}
PYXLOCK_FN void pyxlock_key_free(pyxlock_key key) { (void)key; }
PYXLOCK_FN void *pyxlock_key_get(pyxlock_key key) { return FlsGetValue(key); }
PYXLOCK_FN int pyxlock_key_set(pyxlock_key key, void *value) { return FlsSetValue(key, value) ? 0 : -1; }
/* Nanoseconds since some moment; on Windows in steps of up to 16 ms. */
PYXLOCK_FN int64_t pyxlock_now(void) { return (int64_t)GetTickCount64() * 1000000; }
#else
typedef pthread_key_t pyxlock_key;
#define PYXLOCK_AT_THREAD_END
PYXLOCK_FN int pyxlock_key_new(pyxlock_key *key, void (*end)(void *)) {
    return pthread_key_create(key, end) == 0 ? 0 : -1;
}
PYXLOCK_FN void pyxlock_key_free(pyxlock_key key) { (void)pthread_key_delete(key); }
PYXLOCK_FN void *pyxlock_key_get(pyxlock_key key) { return pthread_getspecific(key); }
PYXLOCK_FN int pyxlock_key_set(pyxlock_key key, void *value) {
    return pthread_setspecific(key, value) == 0 ? 0 : -1;
}
/* Nanoseconds since some moment. */
PYXLOCK_FN int64_t pyxlock_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + (int64_t)now.tv_nsec;
}
#endif

/* A barrier in all threads of the process: each of them, wherever it is, has all of its
   earlier stores seen by the time this returns, and later loads of it see what was
   stored before this was called. It spares readers a fence, and costs who calls it some hundred
   nanoseconds, or microseconds where many threads run.

   pyxlock_barrier_begin says whether there will be any; also in the child of a fork. */
#if !PYXLOCK_BARRIERS
PYXLOCK_FN int pyxlock_barrier_begin(void) { return 0; }
PYXLOCK_FN void pyxlock_barrier(void) {}
#elif defined(_WIN32)
PYXLOCK_FN int pyxlock_barrier_begin(void) { return 1; }
PYXLOCK_FN void pyxlock_barrier(void) { FlushProcessWriteBuffers(); }
#else
/* From <linux/membarrier.h>, which old systems do not have. */
#define PYXLOCK_MEMBARRIER 8        /* MEMBARRIER_CMD_PRIVATE_EXPEDITED */
#define PYXLOCK_MEMBARRIER_REGISTER 16
PYXLOCK_FN int pyxlock_barrier_begin(void) {
    return syscall(SYS_membarrier, PYXLOCK_MEMBARRIER_REGISTER, 0, 0) == 0
        && syscall(SYS_membarrier, PYXLOCK_MEMBARRIER, 0, 0) == 0;
}
PYXLOCK_SLOW void pyxlock_barrier(void) {
    struct timespec millisecond = {0, 1000000};
    if (syscall(SYS_membarrier, PYXLOCK_MEMBARRIER, 0, 0) == 0) return;
    /* It worked before: the process has forbidden it to itself since (seccomp). No
       processor keeps a store to itself for nearly so long. */
    (void)nanosleep(&millisecond, NULL);
}
#endif

#if defined(_WIN32) || defined(PYXLOCK_TEST_PYTHREAD_MUTEX)
typedef PyThread_type_lock pyxlock_mutex;
PYXLOCK_FN int pyxlock_mutex_init(pyxlock_mutex *m) {
    *m = PyThread_allocate_lock();
    return *m == NULL ? -1 : 0;
}
PYXLOCK_FN void pyxlock_mutex_destroy(pyxlock_mutex *m) { PyThread_free_lock(*m); }
PYXLOCK_FN int pyxlock_mutex_try(pyxlock_mutex *m) { return PyThread_acquire_lock(*m, 0) == 1; }
PYXLOCK_FN void pyxlock_mutex_wait(pyxlock_mutex *m) { (void)PyThread_acquire_lock(*m, 1); }
PYXLOCK_FN void pyxlock_mutex_unlock(pyxlock_mutex *m) { PyThread_release_lock(*m); }
#else
typedef pthread_mutex_t pyxlock_mutex;
PYXLOCK_FN int pyxlock_mutex_init(pyxlock_mutex *m) {
    return pthread_mutex_init(m, NULL) == 0 ? 0 : -1;
}
PYXLOCK_FN void pyxlock_mutex_destroy(pyxlock_mutex *m) { (void)pthread_mutex_destroy(m); }
PYXLOCK_FN int pyxlock_mutex_try(pyxlock_mutex *m) { return pthread_mutex_trylock(m) == 0; }
PYXLOCK_FN void pyxlock_mutex_wait(pyxlock_mutex *m) { (void)pthread_mutex_lock(m); }
PYXLOCK_FN void pyxlock_mutex_unlock(pyxlock_mutex *m) { (void)pthread_mutex_unlock(m); }
#endif
/* Whoever has it lets go within a microsecond, unless the system takes the
   processor away: trying for about that long is cheaper than to sleep. */
PYXLOCK_FN void pyxlock_mutex_lock(pyxlock_mutex *m) {
    int i;
    for (i = 0; i < 40; i++) {
        if (pyxlock_mutex_try(m)) return;
        pyxlock_pause(1);
    }
    pyxlock_mutex_wait(m);
}

/* ---- the table ------------------------------------------------------------

   docs/runtime.md explains the protocol and why it holds. In short: what a
   thread holds stands in slots of the thread's own record. A reader writes its
   slot, then looks whether a filter word, found by hashing the object's
   address, counts nobody: then there is no writer, and it is in. A writer writes
   its slot, counts itself in the filter, then looks whether another thread's
   slot names the object: if not, it is in. So of a reader and a writer that
   come at once at least one sees the other. Between writing and looking both have a
   fence, but that of readers may be left to the writers, who then make a barrier in all
   threads. A filter word may also name an owner,
   the only thread that has used it: that one need not look at slots. Whoever sees
   anything takes the slow path, under the table's one mutex, where whole
   addresses are compared. */

#define PYXLOCK_READ 1
#define PYXLOCK_WRITE 2
#define PYXLOCK_MODES 3             /* objects are aligned: the low bits are free */

/* One lock that a function holds or wants: a variable on its stack. The object
   is borrowed. */
typedef struct pyxlock_Guard {
    PyObject *object;               /* NULL: nothing to lock; want_...() only */
    pyxlock_word *slot;             /* NULL: not locked (yet) */
    uintptr_t mode;                 /* PYXLOCK_READ or PYXLOCK_WRITE */
    pyxlock_word *filter;           /* of the object */
} pyxlock_Guard;

/* A slot is 0, or address + mode of an object that the record's thread holds, or
   is about to find out whether it does. Guards of the same object and mode share
   one slot; how many there are besides the first one, the word PYXLOCK_DEPTH further
   on says, and the one PYXLOCK_WHO further on, which greenlet holds it. Those are the
   thread's own business. Most threads get by with the slots in their record; a thread that
   holds more gets chunks, in chains by the hash of the object. It keeps them, but others
   see a chain only as far as it is used: chunks behind the last one that holds something
   are not linked. Where a chunk has its place in a chain, it has it for good, so who walks
   over the chain meanwhile gets lost nowhere. */
#define PYXLOCK_WRITES 4
#define PYXLOCK_READS 5             /* as pyxlock_read_by_others has it */
#define PYXLOCK_CHUNK 7
#define PYXLOCK_DEPTH 8
#define PYXLOCK_WHO 16
typedef struct pyxlock_chunk {
    pyxlock_word more;              /* the next chunk; 0: none that holds anything */
    pyxlock_word slot[PYXLOCK_CHUNK];
    pyxlock_word made;              /* the next chunk, linked or not, or 0; set once */
    pyxlock_word depth[PYXLOCK_CHUNK];
    pyxlock_word before;            /* the chunk before, or 0; set once */
    pyxlock_word who[PYXLOCK_CHUNK];
} pyxlock_chunk;

/* The topmost bits of the depth of a slot in a chunk: which one it is, from 1. So no
   such slot is released by the fast path. */
#define PYXLOCK_PLACE_BIT ((int)sizeof(pyxlock_word) * 8 - 3)
#define PYXLOCK_GUARDS (((pyxlock_word)1 << PYXLOCK_PLACE_BIT) - 1)

#define PYXLOCK_CHAINS_LOG 6
#define PYXLOCK_CHAINS (1 << PYXLOCK_CHAINS_LOG)
typedef struct pyxlock_chains {
    pyxlock_word chain[PYXLOCK_CHAINS]; /* the first chunk of each; 0: none that holds anything */
    pyxlock_word made[PYXLOCK_CHAINS];  /* the same, linked or not, or 0; set once */
    pyxlock_word linked;            /* how many chunks are */
} pyxlock_chains;

/* Of a thread that waits, but has left the queue for a moment, to look for signals:
   its place there. */
typedef struct pyxlock_away {
    PyObject *object;               /* NULL: it is not away */
    int mode;
    int upgrade;
    uint64_t ticket;
    int64_t until;                  /* so long it keeps its turn */
} pyxlock_away;

/* What one living thread holds and waits for. Records are never freed; that of
   a thread that ended goes to another one that starts. */
typedef struct pyxlock_record {
    /* One cache line: what the fast path uses, and the slots for reading, at
       which other threads look when they write whatever object. */
    pyxlock_word self;              /* of pyxlock_self(), + 1 where there are greenlets; 0 if unused */
    pyxlock_word unlisted;          /* writers do not look at this record */
    pyxlock_word more;              /* its pyxlock_chains; 0: there is nothing in them */
    pyxlock_word reads[PYXLOCK_READS];
    /* Another, of this thread alone. */
    pyxlock_word others;            /* what of a filter word keeps it off the fast path */
    pyxlock_word fenced;            /* ... and off that of a read without a fence */
    pyxlock_word tag;               /* as owner of a filter word; 0: it never is */
    pyxlock_word reads_depth[PYXLOCK_READS];
    pyxlock_word scans;             /* how often it looked at slots */
    pyxlock_word patience;          /* after so many reads with a fence it tries to do without */
    pyxlock_word spare[PYXLOCK_DEPTH - PYXLOCK_READS - 2];
    pyxlock_word reads_who[PYXLOCK_READS];
    /* Another line: the slots for writing, at which others look only if they meet
       somebody. So threads that write objects of their own share nothing. */
    pyxlock_word writes[PYXLOCK_WRITES];
    /* Set when it is made or handed out. */
    struct pyxlock_table *table;
    struct pyxlock_block *block;
    pyxlock_word bit;               /* in block->listed */
    struct pyxlock_record *unused;  /* next in table->unused */
    pyxlock_word writes_depth[PYXLOCK_WRITES]; /* of this thread alone */
    pyxlock_word chains;            /* its pyxlock_chains, whether there is anything in them or not, or 0; set once */
    pyxlock_word more_spare[PYXLOCK_DEPTH - PYXLOCK_WRITES - 1];
    pyxlock_word writes_who[PYXLOCK_WRITES];
    unsigned long thread;           /* Python's identifier; shown */
    /* Under the mutex: a wait for one object. The object and the mode are shown without it. */
    PyThread_type_lock wake;        /* locked; released once to signal */
    struct pyxlock_record *next;    /* in the queue */
    PyObject *object;               /* NULL: not queued */
    pyxlock_word *place;            /* the slot for this hold, 0 until granted */
    int mode;
    int upgrade;                    /* holds the object for reading already */
    int hungry;                     /* waited long enough to be served first */
    int signalled;                  /* wake is or will be released, and not yet taken again */
    int granted;                    /* holds the object */
    int gives_way;                  /* 1: waits until that closes a cycle; 2: it did, and the wait is over */
    uint64_t ticket;                /* the place in the queue */
    int64_t since;                  /* when the wait began */
    pyxlock_away away;
    PyObject *kept;                 /* away, but its filter word counts the thread still; NULL: none */
    pyxlock_word woken;             /* the next record in table->woken */
    uint64_t seen;                  /* scratch of the search for cycles */
    struct pyxlock_record *from;
    struct pyxlock_record *later;
    /* Counters: written by this thread, read by any. */
    struct {
        pyxlock_word reads, writes, upgrades, waits, deadlocks;
        pyxlock_word longest;       /* wait, in microseconds */
    } count;
} pyxlock_record;

/* No two records share a cache line. */
typedef union pyxlock_home {
    pyxlock_record record;
    char size[640];
} pyxlock_home;

#define PYXLOCK_BITS ((int)sizeof(pyxlock_word) * 8)

/* A writer looks at the records whose bit is set. */
typedef struct pyxlock_block {
    pyxlock_word listed;
    pyxlock_word next;              /* the next block, or 0; set once */
    pyxlock_word record[sizeof(pyxlock_word) * 8]; /* pointers; 0: none yet */
    int used;
} pyxlock_block;

/* Under the mutex, or of a record whose bit was seen. */
PYXLOCK_FN pyxlock_record *pyxlock_record_at(const pyxlock_block *block, int i) {
    return (pyxlock_record *)block->record[i];
}

#define PYXLOCK_HOMES_LOG 8
#define PYXLOCK_HOMES (1 << PYXLOCK_HOMES_LOG)
#define PYXLOCK_FILTERS_LOG 11
#define PYXLOCK_FILTERS (1 << PYXLOCK_FILTERS_LOG)
#define PYXLOCK_QUEUES_LOG 6
#define PYXLOCK_QUEUES (1 << PYXLOCK_QUEUES_LOG)

/* What the capsule points to. The functions are those of the module that made
   the table: slow paths and their data are of one make. Fast paths are in every
   module, and agree by PYXLOCK_ABI. */
typedef struct pyxlock_table {
    /* First, for the alignment. A thread's record is where its number hashes
       to. One that finds its home taken has a record elsewhere, and asks the
       system for it: slower. */
    pyxlock_home home[PYXLOCK_HOMES];
    int abi;
    pyxlock_word made;              /* 1 */
    pyxlock_word enabled;
    pyxlock_word barriers;          /* the system makes them */
    pyxlock_record *(*record)(struct pyxlock_table *table);
    pyxlock_word *(*slot)(pyxlock_record *me, PyObject *object, int mode);
    pyxlock_word *(*acquire)(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode, int blocking,
                             int state);
    void (*released)(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode);
    void (*trim)(pyxlock_record *me, pyxlock_word *slot, PyObject *object);
    void (*sweep)(pyxlock_record *me);
    void (*notice)(struct pyxlock_table *table);
    pyxlock_word (*who)(struct pyxlock_table *table);
    PyObject *(*snapshot)(struct pyxlock_table *table);
    PyObject *(*stats)(struct pyxlock_table *table);
    void (*dump)(struct pyxlock_table *table);
    void *memory;                   /* to free it, where it turns out not to be needed */
    pyxlock_key key;                /* of the thread's record */
    pyxlock_word greenlets;         /* there may be some: no fast path */
    pyxlock_word watched;           /* we are told when they are imported */
    pyxlock_word modules;           /* sys.modules, or 0: not yet; if we are not told, we look there */
    pyxlock_word seen;              /* how many there were when we looked */
    pyxlock_word getcurrent;        /* greenlet.getcurrent, or 0: not yet */
    void *padding[16];              /* what changes more often shares no cache line with the above */
    pyxlock_word listed;            /* how many records are */
    pyxlock_block first;
    void *more_padding[16];
    pyxlock_word filter[PYXLOCK_FILTERS];
    /* Of barriers that writers made, in ns of pyxlock_now: until when the word keeps its
       fences for that, and all words; what the last one cost. */
    pyxlock_word until[PYXLOCK_FILTERS];
    pyxlock_word until_any;
    pyxlock_word cost;
    void *last_padding[16];
    pyxlock_word queued[PYXLOCK_QUEUES]; /* how many threads are */
    pyxlock_mutex mutex;            /* guards all that follows */
    pyxlock_record *queue[PYXLOCK_QUEUES]; /* by the hash of the object; upgrades, then by ticket */
    uint64_t tickets;               /* how many were given */
    uint64_t searches;              /* for cycles, so far */
    int aways;                      /* how many threads are away */
    pyxlock_word woken;             /* the first record whose wake is released when the mutex is left */
    pyxlock_word *woken_end;
    unsigned long main_thread;      /* Python's identifier of its own; 0: not known */
    pyxlock_record *unused;         /* records that are nobody's home */
    int records;                    /* how many there are */
    int64_t swept;                  /* when idle records were last looked for */
} pyxlock_table;

/* This module's pointer to the shared table, a pyxlock_table *; 0 until its
   first lock call. */
static pyxlock_word pyxlock_shared = 0;

/* What an attempt to lock comes to. */
#define PYXLOCK_OK 0
#define PYXLOCK_BUSY 1          /* would have to wait */
#define PYXLOCK_UPGRADE 2       /* another reader already waits to become the writer */
#define PYXLOCK_DEADLOCK 3      /* waiting would close a cycle */
#define PYXLOCK_MEMORY 4
#define PYXLOCK_INTERRUPTED 5   /* a signal came; not queued any more */
#define PYXLOCK_RAISED 6        /* a signal handler raised */
#define PYXLOCK_GREENLET 7      /* another greenlet of this thread holds it */
#define PYXLOCK_GAVE_WAY 8      /* waiting for it would close a cycle, or did, and was to end then */

/* What to do where an object is in use: "blocking" of the functions below. */
#define PYXLOCK_TRY 0           /* raise RuntimeError */
#define PYXLOCK_WAIT 1
#define PYXLOCK_ASK 2           /* say so, by PYXLOCK_IN_USE; spins before */
#define PYXLOCK_GIVE_WAY 3      /* wait, but no longer than until that closes a cycle: then say so */
#define PYXLOCK_IN_USE ((pyxlock_word *)1)  /* in the place of a slot */

/* The product with 2^32 / golden ratio, whose topmost bits are a hash (Knuth, The
   Art of Computer Programming 6.4): neighbours fall far apart. */
PYXLOCK_HOT uint32_t pyxlock_product(uintptr_t value) { return (uint32_t)value * UINT32_C(0x9E3779B9); }
PYXLOCK_HOT uint32_t pyxlock_hash(uintptr_t value, int bits) { return pyxlock_product(value) >> (32 - bits); }

PYXLOCK_HOT pyxlock_word *pyxlock_filter(pyxlock_table *table, PyObject *object) {
    return &table->filter[pyxlock_hash((uintptr_t)object, PYXLOCK_FILTERS_LOG)];
}

/* A filter word has
   - a count: of the write holds of the objects that hash to it, and the threads
     that are in the slow path for one of them;
   - a mark: if all whom it counts want the same object, another hash of that; 0:
     they may not. Of a word that counts nobody the mark means nothing;
   - a bit: readers of these objects use fences; if not, whoever is about to look for
     them makes a barrier first, and then sets it;
   - an owner's tag: no thread but this one holds any of these objects; 0: others
     may. Tags are made so that none is a part of another; words of 32 bits have no
     room for them. */
#define PYXLOCK_COUNT ((pyxlock_word)0x7FFFF)
#define PYXLOCK_FENCES ((pyxlock_word)0x80000)
#define PYXLOCK_MARK ((pyxlock_word)0xFFF00000)
#define PYXLOCK_TAG (~(pyxlock_word)0xFFFFFFFF)

/* The bits of the product that follow those of pyxlock_filter: objects of one
   filter word seldom share them. */
PYXLOCK_HOT pyxlock_word pyxlock_mark(PyObject *object) {
    return (pyxlock_word)(((pyxlock_product((uintptr_t)object) << PYXLOCK_FILTERS_LOG) | UINT32_C(0x00100000)) & UINT32_C(0xFFF00000));
}

/* Does the word count anybody who wants or has this object, as far as it tells? */
PYXLOCK_HOT int pyxlock_counts(pyxlock_word word, PyObject *object) {
    pyxlock_word mark = word & PYXLOCK_MARK;
    return (word & PYXLOCK_COUNT) != 0 && (mark == 0 || mark == pyxlock_mark(object));
}

/* What the word becomes if "me" counts itself for the object. */
PYXLOCK_HOT pyxlock_word pyxlock_counted(pyxlock_record *me, pyxlock_word word, PyObject *object) {
    pyxlock_word mark = pyxlock_mark(object), tag = word & PYXLOCK_TAG;
    if ((word & PYXLOCK_COUNT) != 0 && (word & PYXLOCK_MARK) != mark) mark = 0;
    if ((tag & me->others) != 0) tag = 0;
    return tag | mark | (word & PYXLOCK_FENCES) | ((word & PYXLOCK_COUNT) + 1);
}

/* Which of the queues is that of the object. */
PYXLOCK_FN int pyxlock_queue(PyObject *object) { return (int)pyxlock_hash((uintptr_t)object, PYXLOCK_QUEUES_LOG); }

/* How many threads wait for the object, or for others of its queue. */
PYXLOCK_FN pyxlock_word *pyxlock_queued(pyxlock_table *table, PyObject *object) {
    return &table->queued[pyxlock_queue(object)];
}

/* Not &home[...].record: for that gcc computes the address twice. */
PYXLOCK_HOT pyxlock_record *pyxlock_home_of(pyxlock_table *table, uintptr_t self) {
    return &(table->home + pyxlock_hash(self, PYXLOCK_HOMES_LOG))->record;
}

/* ---- what the above relies on without saying so: each is checked by the compiler. */
#define PYXLOCK_ASSERT(name, condition) typedef char pyxlock_assert_##name[(condition) ? 1 : -1]
#define PYXLOCK_FAR(type, from, to) ((offsetof(type, to) - offsetof(type, from)) / sizeof(pyxlock_word))
/* What belongs to a slot is as far from it in a record as in a chunk. */
PYXLOCK_ASSERT(depth_of_reads, PYXLOCK_FAR(pyxlock_record, reads, reads_depth) == PYXLOCK_DEPTH);
PYXLOCK_ASSERT(who_of_reads, PYXLOCK_FAR(pyxlock_record, reads, reads_who) == PYXLOCK_WHO);
PYXLOCK_ASSERT(depth_of_writes, PYXLOCK_FAR(pyxlock_record, writes, writes_depth) == PYXLOCK_DEPTH);
PYXLOCK_ASSERT(who_of_writes, PYXLOCK_FAR(pyxlock_record, writes, writes_who) == PYXLOCK_WHO);
PYXLOCK_ASSERT(depth_in_chunks, PYXLOCK_FAR(pyxlock_chunk, slot, depth) == PYXLOCK_DEPTH);
PYXLOCK_ASSERT(who_in_chunks, PYXLOCK_FAR(pyxlock_chunk, slot, who) == PYXLOCK_WHO);
PYXLOCK_ASSERT(slots_in_depth, PYXLOCK_READS <= PYXLOCK_DEPTH && PYXLOCK_WRITES <= PYXLOCK_DEPTH
               && PYXLOCK_CHUNK <= PYXLOCK_DEPTH && 2 * PYXLOCK_DEPTH <= PYXLOCK_WHO);
/* From a slot in a chunk and its place, the chunk. */
PYXLOCK_ASSERT(place_in_chunk, offsetof(pyxlock_chunk, slot) == sizeof(pyxlock_word) && PYXLOCK_CHUNK < 8);
/* What others look at, and what they change, is not in a line with what is the thread's own. */
PYXLOCK_ASSERT(record_of_reads, offsetof(pyxlock_record, reads) + sizeof(pyxlock_word) * PYXLOCK_READS <= 64);
PYXLOCK_ASSERT(line_of_reads, sizeof(pyxlock_word) < 8 || offsetof(pyxlock_record, others) == 64);
PYXLOCK_ASSERT(line_of_writes, sizeof(pyxlock_word) < 8 || offsetof(pyxlock_record, writes) % 64 == 0);
PYXLOCK_ASSERT(line_of_records, sizeof(pyxlock_home) % 64 == 0);
/* Chains, filter words and marks are parts of one product. */
PYXLOCK_ASSERT(chain_of_filter, PYXLOCK_CHAINS_LOG <= PYXLOCK_FILTERS_LOG);
PYXLOCK_ASSERT(parts_of_filter, (PYXLOCK_COUNT ^ PYXLOCK_FENCES ^ PYXLOCK_MARK) == (pyxlock_word)0xFFFFFFFF
               && (PYXLOCK_COUNT & PYXLOCK_FENCES) == 0 && ((PYXLOCK_COUNT | PYXLOCK_FENCES) & PYXLOCK_MARK) == 0);
PYXLOCK_ASSERT(modes_of_slot, (PYXLOCK_READ | PYXLOCK_WRITE) == PYXLOCK_MODES && PYXLOCK_MODES < sizeof(void *));

/* ---- slots ------------------------------------------------------------------ */

/* Walks over the slots of a record: all, those where an object may be, or of
   these, those that may say READ. The order matters, see pyxlock_reenter. */
typedef struct pyxlock_slots {
    pyxlock_word *next, *end;
    pyxlock_word *reads;            /* still to come, or NULL */
    pyxlock_word *more;             /* the link to the next chunk; NULL: not there yet */
    pyxlock_record *record;
    int chain, last;                /* of the chains */
} pyxlock_slots;

PYXLOCK_FN int pyxlock_chain(PyObject *object) { return (int)pyxlock_hash((uintptr_t)object, PYXLOCK_CHAINS_LOG); }

PYXLOCK_FN void pyxlock_slots_start(pyxlock_slots *slots, pyxlock_record *record, PyObject *object, int modes) {
    int all = modes != PYXLOCK_READ;
    slots->next = all ? record->writes : record->reads;
    slots->end = slots->next + (all ? PYXLOCK_WRITES : PYXLOCK_READS);
    slots->reads = all ? record->reads : NULL;
    slots->more = NULL;
    slots->record = record;
    slots->chain = object != NULL ? pyxlock_chain(object) : 0;
    slots->last = object != NULL ? slots->chain : PYXLOCK_CHAINS - 1;
}

PYXLOCK_FN pyxlock_word *pyxlock_slots_next(pyxlock_slots *slots) {
    while (slots->next == slots->end) {
        pyxlock_chunk *chunk;
        if (slots->reads != NULL) {
            slots->next = slots->reads;
            slots->end = slots->reads + PYXLOCK_READS;
            slots->reads = NULL;
            break;
        }
        /* These pair with the exchanges in pyxlock_link and pyxlock_unlink: a slot that
           counts is in a chunk that can be seen, and 0 brings what holders behind it did. */
        if (slots->more == NULL) {
            pyxlock_chains *chains = (pyxlock_chains *)PYXLOCK_LOAD(&slots->record->more);
            if (chains == NULL) return NULL;
            slots->more = &chains->chain[slots->chain];
        }
        chunk = (pyxlock_chunk *)PYXLOCK_LOAD(slots->more);
        if (chunk != NULL) {
            slots->next = chunk->slot;
            slots->end = chunk->slot + PYXLOCK_CHUNK;
            slots->more = &chunk->more;
        } else if (slots->chain++ < slots->last) {
            slots->more = NULL;
        } else {
            slots->chain = slots->last;
            return NULL;
        }
    }
    return slots->next++;
}

PYXLOCK_HOT int pyxlock_word_names(pyxlock_word word, PyObject *object) {
    return (word & ~(pyxlock_word)PYXLOCK_MODES) == (pyxlock_word)object;
}

/* The object that a slot names. */
PYXLOCK_HOT PyObject *pyxlock_named(pyxlock_word word) {
    return (PyObject *)(word & ~(pyxlock_word)PYXLOCK_MODES);
}

/* In which of the modes does a record name the object? */
PYXLOCK_FN int pyxlock_modes_in(pyxlock_record *record, PyObject *object, int modes) {
    pyxlock_slots slots;
    pyxlock_word *slot;
    int found = 0;
    pyxlock_slots_start(&slots, record, object, modes);
    while ((slot = pyxlock_slots_next(&slots)) != NULL) {
        /* In a writer's look at other threads: after it raised the filter.
           Pairs with the exchanges in pyxlock_enter_reading and
           pyxlock_publish, after which the others look at the filter or at
           slots; and, by the barrier in pyxlock_fence, with the store in
           pyxlock_enter_plainly. The value 0 pairs with the releasing store in pyxlock_clear. */
        pyxlock_word word = PYXLOCK_LOAD(slot);
        if (pyxlock_word_names(word, object)) found |= (int)(word & PYXLOCK_MODES);
    }
    return found & modes;
}

/* What this thread holds of the object, slots apart that are "except": 0, READ or
   WRITE (which comprises READ). */
PYXLOCK_FN int pyxlock_own(pyxlock_record *me, PyObject *object, pyxlock_word *except) {
    pyxlock_slots slots;
    pyxlock_word *slot;
    int found = 0;
    pyxlock_slots_start(&slots, me, object, PYXLOCK_MODES);
    while ((slot = pyxlock_slots_next(&slots)) != NULL && found != PYXLOCK_WRITE) {
        pyxlock_word word = PYXLOCK_LOAD_RELAXED(slot); /* our own */
        if (pyxlock_word_names(word, object) && slot != except) found = (int)(word & PYXLOCK_MODES);
    }
    return found;
}

/* Walks over the listed records. */
typedef struct pyxlock_walk {
    pyxlock_block *block;
    pyxlock_word bits;
} pyxlock_walk;

PYXLOCK_FN void pyxlock_walk_start(pyxlock_walk *walk, pyxlock_table *table) {
    walk->block = &table->first;
    /* In a writer's look: after it raised the filter. Pairs with the addition
       in pyxlock_list, after which the owner looks at the filter. */
    walk->bits = PYXLOCK_LOAD(&table->first.listed);
}

PYXLOCK_FN pyxlock_record *pyxlock_walk_next(pyxlock_walk *walk) {
    int i;
    while (walk->bits == 0) {
        /* Pairs with the exchange in pyxlock_record_new. */
        walk->block = (pyxlock_block *)PYXLOCK_LOAD(&walk->block->next);
        if (walk->block == NULL) return NULL;
        walk->bits = PYXLOCK_LOAD(&walk->block->listed); /* as above */
    }
    i = pyxlock_lowest(walk->bits);
    walk->bits &= walk->bits - 1;
    return pyxlock_record_at(walk->block, i);
}

/* Does another thread name the object in one of the modes? */
PYXLOCK_FN int pyxlock_named_by_others(pyxlock_record *me, PyObject *object, int modes) {
    pyxlock_walk walk;
    pyxlock_record *other;
    pyxlock_walk_start(&walk, me->table);
    while ((other = pyxlock_walk_next(&walk)) != NULL) {
        if (other != me && pyxlock_modes_in(other, object, modes) != 0) return 1;
    }
    return 0;
}

/* Of two modes, does one exclude the other? */
PYXLOCK_FN int pyxlock_conflict(int a, int b) { return ((a | b) & PYXLOCK_WRITE) != 0; }

/* What of another thread excludes a hold in this mode. */
PYXLOCK_FN int pyxlock_against(int mode) {
    return mode == PYXLOCK_WRITE ? PYXLOCK_READ | PYXLOCK_WRITE : PYXLOCK_WRITE;
}

/* Is this a place for a hold in the mode? In chunks there is no difference. */
PYXLOCK_FN int pyxlock_suits(pyxlock_record *me, pyxlock_word *slot, int mode) {
    if (slot >= me->reads && slot < me->reads + PYXLOCK_READS) return mode == PYXLOCK_READ;
    if (slot >= me->writes && slot < me->writes + PYXLOCK_WRITES) return mode == PYXLOCK_WRITE;
    return 1;
}

/* What points to the chunk in its chain. */
PYXLOCK_FN pyxlock_word *pyxlock_link_to(pyxlock_chains *chains, int chain, pyxlock_chunk *before) {
    return before != NULL ? &before->more : &chains->chain[chain];
}

/* Takes chunks off the end of a chain, from this one on to the first, as long as they hold
   nothing. All of them are this thread's own. Who looks at them at this moment goes on in
   the same chain. */
PYXLOCK_FN void pyxlock_unlink(pyxlock_record *me, int chain, pyxlock_chunk *last) {
    pyxlock_chains *chains = (pyxlock_chains *)me->chains;
    while (last != NULL && PYXLOCK_LOAD_RELAXED(&last->more) == 0) {
        pyxlock_chunk *before = (pyxlock_chunk *)last->before;
        int i;
        for (i = 0; i < PYXLOCK_CHUNK; i++) if (PYXLOCK_LOAD_RELAXED(&last->slot[i]) != 0) return;
        /* Pair with the loads in pyxlock_slots_next and pyxlock_read_by_others: who sees 0
           does not see the slots any more, but has to come after what they were for. */
        (void)PYXLOCK_EXCHANGE(pyxlock_link_to(chains, chain, before), 0);
        if (--chains->linked == 0) (void)PYXLOCK_EXCHANGE(&me->more, 0);
        last = before;
    }
}

/* The entry "trim": after a slot was cleared for good, which may be in a chunk. One chunk stays: a thread that holds one
   object too many, again and again, would link and unlink it each time. */
PYXLOCK_SLOW void pyxlock_table_trim(pyxlock_record *me, pyxlock_word *slot, PyObject *object) {
    pyxlock_word place = slot[PYXLOCK_DEPTH] >> PYXLOCK_PLACE_BIT;
    if (place == 0 || ((pyxlock_chains *)me->chains)->linked == 1) return;
    /* The words of a chunk, in order: more, slot[0], ... */
    pyxlock_unlink(me, pyxlock_chain(object), (pyxlock_chunk *)(slot - place));
}

/* Unlinks all that holds nothing. The thread ends, or is gone. */
PYXLOCK_FN void pyxlock_trim_all(pyxlock_record *me) {
    pyxlock_chains *chains = (pyxlock_chains *)me->chains;
    int i;
    for (i = 0; chains != NULL && i < PYXLOCK_CHAINS; i++) {
        pyxlock_chunk *last = NULL;
        pyxlock_word *link = &chains->chain[i];
        while (PYXLOCK_LOAD_RELAXED(link) != 0) {
            last = (pyxlock_chunk *)PYXLOCK_LOAD_RELAXED(link);
            link = &last->more;
        }
        pyxlock_unlink(me, i, last);
    }
}

/* A chunk more in the chain of the object, one from before or a new one: its first slot.
   NULL if memory is out. */
PYXLOCK_FN pyxlock_word *pyxlock_link(pyxlock_record *me, PyObject *object) {
    pyxlock_chains *chains = (pyxlock_chains *)me->chains;
    pyxlock_chunk *before = NULL, *chunk;
    int chain = pyxlock_chain(object), i;
    pyxlock_word *link;
    if (chains == NULL) {
        chains = (pyxlock_chains *)calloc(1, sizeof(pyxlock_chains));
        if (chains == NULL) return NULL;
        me->chains = (pyxlock_word)chains;
    }
    while (PYXLOCK_LOAD_RELAXED(link = pyxlock_link_to(chains, chain, before)) != 0) {
        before = (pyxlock_chunk *)PYXLOCK_LOAD_RELAXED(link);
    }
    chunk = (pyxlock_chunk *)(before != NULL ? before->made : chains->made[chain]);
    if (chunk == NULL) {
        chunk = (pyxlock_chunk *)calloc(1, sizeof(pyxlock_chunk));
        if (chunk == NULL) return NULL;
        chunk->before = (pyxlock_word)before;
        for (i = 0; i < PYXLOCK_CHUNK; i++) chunk->depth[i] = (pyxlock_word)(i + 1) << PYXLOCK_PLACE_BIT;
        if (before != NULL) before->made = (pyxlock_word)chunk;
        else chains->made[chain] = (pyxlock_word)chunk;
    }
    /* Pair with the loads in pyxlock_slots_next and pyxlock_read_by_others. Before the slot is
       written: who misses the chunk has raised the filter before, and this thread sees that. */
    (void)PYXLOCK_EXCHANGE(link, (pyxlock_word)chunk);
    if (chains->linked++ == 0) (void)PYXLOCK_EXCHANGE(&me->more, (pyxlock_word)chains);
    return chunk->slot;
}

/* The entry "slot": a free slot of this thread, NULL if memory is out. */
PYXLOCK_SLOW pyxlock_word *pyxlock_table_slot(pyxlock_record *me, PyObject *object, int mode) {
    pyxlock_slots slots;
    pyxlock_word *slot;
    pyxlock_slots_start(&slots, me, object, PYXLOCK_MODES);
    while ((slot = pyxlock_slots_next(&slots)) != NULL) {
        if (PYXLOCK_LOAD_RELAXED(slot) == 0 && pyxlock_suits(me, slot, mode)) return slot; /* our own */
    }
    return pyxlock_link(me, object);
}

/* Empties a slot: the end of a hold or of an attempt. Everything the thread
   did under the lock happens before a load of the 0. */
PYXLOCK_HOT void pyxlock_clear(pyxlock_word *slot) {
    /* Pairs with the load in pyxlock_modes_in. */
    PYXLOCK_STORE_RELEASE(slot, 0);
}

/* One guard more that shares the slot, or less. Relaxed: others only print it. */
PYXLOCK_HOT void pyxlock_share(pyxlock_word *slot, int change) {
    pyxlock_word *depth = &slot[PYXLOCK_DEPTH];
    PYXLOCK_STORE_RELAXED(depth, PYXLOCK_LOAD_RELAXED(depth) + (pyxlock_word)change);
}

/* What this thread has, it gets again: others cannot take it away, so nothing
   needs to be looked at, nor to be announced by the filter. "mine" is NULL, or a
   slot that says already that we want the object in this mode. Returns the slot;
   NULL if we do not hold the object, or with *failed if memory is out, or another
   greenlet of this thread holds it, which cannot go on while we wait.

   In the same mode, one more guard shares the slot of the first one. A reader
   inside a write gets a slot of its own, a later one than that of the write,
   which may end before it. A thread that walks over our slots in this moment
   finds the one or the other: if the first slot reads 0, then the later one,
   read after it, has been written before. */
PYXLOCK_FN pyxlock_word *pyxlock_reenter(pyxlock_record *me, pyxlock_word *mine, PyObject *object, int mode,
                                         pyxlock_word who, int *failed) {
    pyxlock_slots slots;
    pyxlock_word *slot;
    int inside = 0;
    *failed = 0;
    pyxlock_slots_start(&slots, me, object, PYXLOCK_MODES);
    while ((slot = pyxlock_slots_next(&slots)) != NULL) {
        pyxlock_word word = PYXLOCK_LOAD_RELAXED(slot); /* our own */
        if (inside && (word == 0 || slot == mine) && pyxlock_suits(me, slot, PYXLOCK_READ)) break;
        if (slot == mine || !pyxlock_word_names(word, object)) continue;
        if (slot[PYXLOCK_WHO] != who) {
            if (!pyxlock_conflict((int)(word & PYXLOCK_MODES), mode)) continue;
            if (mine != NULL) pyxlock_clear(mine); /* as below */
            *failed = PYXLOCK_GREENLET;
            return NULL;
        }
        if ((int)(word & PYXLOCK_MODES) == mode) {
            pyxlock_share(slot, 1);
            if (mine != NULL) pyxlock_clear(mine); /* whoever saw it: we do hold the object */
            return slot;
        }
        inside = mode == PYXLOCK_READ;
    }
    if (!inside) return NULL;
    if (slot == NULL) slot = pyxlock_link(me, object);
    if (slot == NULL) {
        *failed = PYXLOCK_MEMORY;
    } else {
        slot[PYXLOCK_WHO] = who;
        if (slot == mine) return mine;
        PYXLOCK_STORE_RELEASE(slot, (pyxlock_word)object | PYXLOCK_READ);
    }
    if (mine != NULL) pyxlock_clear(mine);
    return slot;
}

/* ---- records: the caller has the mutex --------------------------------------

   A writer has to look at every record that could hold something. Most threads
   of a process hold nothing most of the time; so now and then a writer takes
   records with empty slots off the list (pyxlock_table_sweep), and their threads put
   them back when they lock again. */

PYXLOCK_FN void pyxlock_list(pyxlock_record *record) {
    if (!PYXLOCK_LOAD_RELAXED(&record->unlisted)) return;
    /* Pairs with the loads in pyxlock_walk_start and pyxlock_alone: a writer
       that misses them has raised the filter before, and the owner sees that. */
    (void)PYXLOCK_ADD(&record->block->listed, record->bit);
    (void)PYXLOCK_ADD(&record->table->listed, 1);
    /* Pairs with the loads in pyxlock_enter_reading and _writing. */
    (void)PYXLOCK_EXCHANGE(&record->unlisted, 0);
}

/* Names the object in a slot of the record, to look at the others' slots next.
   Listed first: a slot that counts is in a record that writers look at. */
PYXLOCK_FN void pyxlock_publish(pyxlock_record *record, pyxlock_word *slot, PyObject *object, int mode) {
    pyxlock_list(record);
    /* Pairs with the load in pyxlock_modes_in: of two threads that publish and
       look, at least one sees the other. */
    (void)PYXLOCK_EXCHANGE(slot, (pyxlock_word)object | (pyxlock_word)mode);
}

PYXLOCK_FN int pyxlock_is_empty(pyxlock_record *record) {
    pyxlock_slots slots;
    pyxlock_word *slot;
    pyxlock_slots_start(&slots, record, NULL, PYXLOCK_MODES);
    while ((slot = pyxlock_slots_next(&slots)) != NULL) {
        /* Pairs with the exchange in pyxlock_enter_reading, see pyxlock_unlist_begin. */
        if (PYXLOCK_LOAD(slot) != 0) return 0;
    }
    return 1;
}

/* Takes a record off the list, in two steps; between them, a barrier, unless the
   record is the thread's own. */
PYXLOCK_FN void pyxlock_unlist_begin(pyxlock_record *record) {
    /* Pairs with the loads in pyxlock_enter_reading, _plainly and _writing. The owner
       publishes and then looks at this flag, we set the flag and then look at
       the slots: either we see its slot, or it sees the flag and retracts. */
    if (!PYXLOCK_LOAD_RELAXED(&record->unlisted)) (void)PYXLOCK_EXCHANGE(&record->unlisted, 1);
}
PYXLOCK_FN void pyxlock_unlist_end(pyxlock_record *record) {
    if ((PYXLOCK_LOAD_RELAXED(&record->block->listed) & record->bit) == 0) return;
    if (pyxlock_is_empty(record)) {
        (void)PYXLOCK_ADD(&record->table->listed, (pyxlock_word)0 - 1);
        (void)PYXLOCK_ADD(&record->block->listed, (pyxlock_word)0 - record->bit);
    } else {
        (void)PYXLOCK_EXCHANGE(&record->unlisted, 0);
    }
}
PYXLOCK_FN void pyxlock_unlist(pyxlock_record *record) {
    pyxlock_unlist_begin(record);
    pyxlock_unlist_end(record);
}

/* Memory aligned to cache lines, zeroed; NULL if there is none. It is freed, if
   ever, by the pointer that goes to *memory. */
PYXLOCK_FN void *pyxlock_aligned(size_t size, void **memory) {
    *memory = calloc(1, size + 64);
    if (*memory == NULL) return NULL;
    return (char *)*memory + (64 - (uintptr_t)*memory % 64);
}

#define PYXLOCK_PATIENCE 64         /* reads with a fence before a thread tries without, at least */

/* Gives a record its place in the list, once. -1 if memory is out. */
PYXLOCK_FN int pyxlock_record_init(pyxlock_table *table, pyxlock_record *record) {
    pyxlock_block *block = &table->first;
    if (record->table != NULL) return 0;
    while (block->used == PYXLOCK_BITS) {
        if (PYXLOCK_LOAD_RELAXED(&block->next) == 0) {
            pyxlock_block *made = (pyxlock_block *)calloc(1, sizeof(pyxlock_block));
            if (made == NULL) return -1;
            /* Pairs with the load in pyxlock_walk_next: who sees the bit of a
               record in the block sees the block. */
            (void)PYXLOCK_EXCHANGE(&block->next, (pyxlock_word)made);
        }
        block = (pyxlock_block *)PYXLOCK_LOAD_RELAXED(&block->next);
    }
    record->table = table;
    record->others = PYXLOCK_COUNT | PYXLOCK_TAG;
    if (PYXLOCK_TAG != 0 && table->records < 0xFFFF) {
        /* A number and its complement: no tag is a part of another. */
        uint32_t number = (uint32_t)++table->records;
        record->tag = ((pyxlock_word)(number << 16 | (~number & 0xFFFF)) << 16) << 16;
        record->others &= ~record->tag;
    }
    record->fenced = record->others | PYXLOCK_FENCES;
    record->patience = PYXLOCK_PATIENCE;
    record->block = block;
    record->bit = (pyxlock_word)1 << block->used;
    record->unlisted = 1;
    /* Pairs with the load in pyxlock_visit, which looks without the mutex, and at records
       whose bit is not set. */
    PYXLOCK_STORE_RELEASE(&block->record[block->used++], (pyxlock_word)record);
    return 0;
}

/* The thread-specific value of a thread whose record was taken from it because
   it ends. It may still lock, in destructors of other data. */
PYXLOCK_FN pyxlock_record *pyxlock_ends(pyxlock_table *table) { return (pyxlock_record *)((char *)table + 1); }

/* A record for a thread: its home, or one from elsewhere. A thread that ends has
   no home any more: nothing may take its record from it in time, and the next
   thread of the same number would find itself there unannounced. */
PYXLOCK_FN pyxlock_record *pyxlock_record_new(pyxlock_table *table, uintptr_t self, int ends) {
    pyxlock_record *record = pyxlock_home_of(table, self);
    void *memory;
    if (ends || PYXLOCK_LOAD_RELAXED(&record->self) != 0) { /* only one thread compares equal */
        record = table->unused;
        if (record != NULL) table->unused = record->unused;
        else record = (pyxlock_record *)pyxlock_aligned(sizeof(pyxlock_home), &memory);
    }
    if (record == NULL || pyxlock_record_init(table, record) < 0) return NULL;
    return record;
}

/* Makes a record free for another thread. */
PYXLOCK_FN void pyxlock_record_free(pyxlock_record *record) {
    uintptr_t self = PYXLOCK_LOAD_RELAXED(&record->self) & ~(uintptr_t)1;
    pyxlock_unlist(record);
    if (record != pyxlock_home_of(record->table, self)) {
        record->unused = record->table->unused;
        record->table->unused = record;
    }
    PYXLOCK_STORE_RELAXED(&record->self, 0); /* only the thread itself compares equal */
}

/* The entry "record": the calling thread's record, made when it first locks
   something. NULL if memory (or the room for thread-specific data) is out. */
PYXLOCK_SLOW pyxlock_record *pyxlock_table_record(pyxlock_table *table) {
    pyxlock_record *me = (pyxlock_record *)pyxlock_key_get(table->key);
    uintptr_t self = pyxlock_self();
    int ends = me == pyxlock_ends(table);
    PyThread_type_lock wake;
    if (me != NULL && !ends) return me;
    /* Not with the mutex: tracemalloc attaches the thread when it allocates. */
    wake = PyThread_allocate_lock();
    if (wake != NULL) (void)PyThread_acquire_lock(wake, 0);
    pyxlock_mutex_lock(&table->mutex);
    me = pyxlock_record_new(table, self, ends);
    if (me != NULL) {
        /* Only this thread compares equal. */
        PYXLOCK_STORE_RELAXED(&me->self, self | PYXLOCK_LOAD_RELAXED(&table->greenlets));
        PYXLOCK_SHOW(&me->thread, PyThread_get_thread_ident());
        if (me->wake == NULL) {
            me->wake = wake;
            wake = NULL;
        }
        if (me->wake == NULL || pyxlock_key_set(table->key, me) < 0) {
            pyxlock_record_free(me);
            me = NULL;
        } else {
            pyxlock_list(me);
        }
    }
    pyxlock_mutex_unlock(&table->mutex);
    if (wake != NULL) {
        PyThread_release_lock(wake);
        PyThread_free_lock(wake);
    }
    return me;
}

/* The calling thread's record. */
PYXLOCK_FN pyxlock_record *pyxlock_me(pyxlock_table *table) {
    uintptr_t self = pyxlock_self();
    pyxlock_record *home = pyxlock_home_of(table, self);
    /* Relaxed: what equals our own number we wrote ourselves. */
    return PYXLOCK_LOAD_RELAXED(&home->self) == self ? home : table->record(table);
}

/* ---- the filter -------------------------------------------------------------

   While a word counts somebody for an object, nobody gets this object by the fast
   path. While it has an owner, nobody else gets any of its objects without taking
   that away first. All changes are read-modify-writes, so that one may say of any
   two: the later one saw the earlier one. */

/* What a barrier costs in ns, if it seems less or more; what a read gains without a fence;
   and for how many times the cost of a barrier a word keeps its fences, and all words do. */
#define PYXLOCK_LEAST 200
#define PYXLOCK_MOST 20000
#define PYXLOCK_GAIN 4
#define PYXLOCK_KEPT 100
#define PYXLOCK_KEPT_ANY 20

/* "me", whom the word counts, is about to look for readers: in a word without fences it
   makes the barrier that these do without, and only then sets the bit, by which others
   are spared one. As long as the word counts anybody the bit stays. */
PYXLOCK_SLOW void pyxlock_fence(pyxlock_record *me, pyxlock_word *filter) {
    pyxlock_table *table = me->table;
    int64_t begin = pyxlock_now(), end, cost;
    pyxlock_word word;
    pyxlock_barrier();
    end = pyxlock_now();
    cost = end - begin;
    /* The clock may be coarse, and the system may have run another thread meanwhile. */
    if (cost < PYXLOCK_LEAST) cost = PYXLOCK_LEAST;
    if (cost > PYXLOCK_MOST) cost = PYXLOCK_MOST;
    /* Hints for pyxlock_relax; nothing pairs. */
    PYXLOCK_STORE_RELAXED(&table->cost, (pyxlock_word)cost);
    PYXLOCK_STORE_RELAXED(&table->until[filter - table->filter], (pyxlock_word)(end + PYXLOCK_KEPT * cost));
    PYXLOCK_STORE_RELAXED(&table->until_any, (pyxlock_word)(end + PYXLOCK_KEPT_ANY * cost));
    do {
        word = PYXLOCK_LOAD_RELAXED(filter);
        if ((word & PYXLOCK_FENCES) != 0) return; /* somebody did it, after a barrier of its own */
    } while (!pyxlock_swap_if(filter, word, word | PYXLOCK_FENCES));
}

/* Now and then a reader sees to it that the word has no fences any more: where there are
   many reads for each write. That costs the next writer a barrier, so it takes as many
   reads as would have paid for the last one, and some time since: of a thread that
   writes barriers take a small part of the time, whatever others do. */
PYXLOCK_SLOW void pyxlock_relax(pyxlock_record *me, pyxlock_word *filter) {
    pyxlock_table *table = me->table;
    pyxlock_word word = PYXLOCK_LOAD_RELAXED(filter); /* the swap looks again */
    pyxlock_word now = (pyxlock_word)pyxlock_now(), least = PYXLOCK_LOAD_RELAXED(&table->cost) / PYXLOCK_GAIN;
    me->patience = least > PYXLOCK_PATIENCE ? least : PYXLOCK_PATIENCE;
    if (!table->barriers || (word & me->fenced) != PYXLOCK_FENCES) return;
    if ((intptr_t)(now - PYXLOCK_LOAD_RELAXED(&table->until_any)) < 0) return;
    if ((intptr_t)(now - PYXLOCK_LOAD_RELAXED(&table->until[filter - table->filter])) < 0) return;
    /* Who raises the filter after this, and finds no bit, makes a barrier. */
    (void)pyxlock_swap_if(filter, word, word & ~PYXLOCK_FENCES);
}

/* Counts "me" for the object; returns what the word was. */
PYXLOCK_FN pyxlock_word pyxlock_count_in(pyxlock_record *me, PyObject *object) {
    pyxlock_word *filter = pyxlock_filter(me->table, object), word;
    /* Pairs with the loads in pyxlock_enter_reading and _plainly, the swaps in
       pyxlock_enter_writing, pyxlock_admit and pyxlock_claim, and the
       subtraction in pyxlock_lower. */
    do word = PYXLOCK_LOAD_RELAXED(filter);
    while (!pyxlock_swap_if(filter, word, pyxlock_counted(me, word, object)));
    return word;
}

/* The same, to look for others next. */
PYXLOCK_FN void pyxlock_raise_filter(pyxlock_record *me, PyObject *object) {
    if ((pyxlock_count_in(me, object) & PYXLOCK_FENCES) == 0) pyxlock_fence(me, pyxlock_filter(me->table, object));
}

/* Nobody uses any object yet, or any more. */
PYXLOCK_FN void pyxlock_filter_begin(pyxlock_table *table) {
    int i;
    table->barriers = (pyxlock_word)pyxlock_barrier_begin();
    for (i = 0; i < PYXLOCK_FILTERS; i++) {
        PYXLOCK_STORE_RELAXED(&table->filter[i], table->barriers ? 0 : PYXLOCK_FENCES); /* no thread can see it yet */
    }
}

/* What the word counts afterwards. */
PYXLOCK_HOT pyxlock_word pyxlock_lower(pyxlock_word *filter) {
    /* Pairs with the swap in pyxlock_count_in: a thread that raises it
       after this sees the slot that was cleared before this; if it raised it
       before, we see that. Also with the load and the swap in
       pyxlock_enter_...: who finds it 0 sees what was done under the lock. */
    return (PYXLOCK_ADD(filter, (pyxlock_word)0 - 1) - 1) & PYXLOCK_COUNT;
}

PYXLOCK_FN pyxlock_word pyxlock_lower_filter(pyxlock_table *table, PyObject *object) {
    return pyxlock_lower(pyxlock_filter(table, object));
}

/* Does another thread name an object of this filter word? All of them are in one chain: its
   number is a part of that of the word. */
PYXLOCK_FN int pyxlock_used_by_others(pyxlock_record *me, pyxlock_word *filter) {
    pyxlock_walk walk;
    pyxlock_record *other;
    pyxlock_walk_start(&walk, me->table);
    while ((other = pyxlock_walk_next(&walk)) != NULL) {
        pyxlock_slots slots;
        pyxlock_word *slot, word;
        if (other == me) continue;
        pyxlock_slots_start(&slots, other, NULL, PYXLOCK_MODES);
        slots.chain = slots.last = (int)(filter - me->table->filter) >> (PYXLOCK_FILTERS_LOG - PYXLOCK_CHAINS_LOG);
        while ((slot = pyxlock_slots_next(&slots)) != NULL) {
            word = PYXLOCK_LOAD(slot); /* as in pyxlock_modes_in */
            if (word != 0 && pyxlock_filter(me->table, pyxlock_named(word)) == filter) return 1;
        }
    }
    return 0;
}

/* Makes "me", who is the only one whom the word counts, its owner, if nobody else
   uses it. First the tag, then the look: who comes before the tag is seen by the
   look, since the word has fences (it counts "me", who made them), who comes after it takes
   the tag away. */
PYXLOCK_SLOW void pyxlock_claim(pyxlock_record *me, pyxlock_word *filter) {
    pyxlock_word word = PYXLOCK_LOAD_RELAXED(filter); /* the swap looks again */
    if (me->tag == 0 || (word & PYXLOCK_TAG) != 0 || (word & PYXLOCK_COUNT) != 1) return;
    /* Pairs with the exchange in pyxlock_enter_reading, after which others look at
       the word. */
    if (!pyxlock_swap_if(filter, word, word | me->tag)) return;
    if (!pyxlock_used_by_others(me, filter)) return;
    do {
        word = PYXLOCK_LOAD_RELAXED(filter);
        if ((word & PYXLOCK_TAG) == 0) return; /* somebody did it */
    } while (!pyxlock_swap_if(filter, word, word & ~PYXLOCK_TAG));
}

/* ---- the queue: the caller has the mutex -------------------------------------- */

#define PYXLOCK_HUNGRY_AFTER 1000000        /* ns; as long as PyMutex */

/* Which of two comes first in the queue. */
PYXLOCK_FN int pyxlock_precedes(pyxlock_record *a, pyxlock_record *b) {
    return a->upgrade != b->upgrade ? a->upgrade : a->ticket < b->ticket;
}

PYXLOCK_FN void pyxlock_enqueue(pyxlock_record *waiter) {
    pyxlock_record **link = &waiter->table->queue[pyxlock_queue(waiter->object)];
    while (*link != NULL && pyxlock_precedes(*link, waiter)) link = &(*link)->next;
    waiter->next = *link;
    *link = waiter;
    /* Pairs with the loads in pyxlock_table_released and pyxlock_retract: after
       this the waiter looks at the slots once more before it sleeps. */
    (void)PYXLOCK_ADD(pyxlock_queued(waiter->table, waiter->object), 1);
}

PYXLOCK_FN void pyxlock_dequeue(pyxlock_record *waiter) {
    pyxlock_record **link = &waiter->table->queue[pyxlock_queue(waiter->object)];
    while (*link != waiter) link = &(*link)->next;
    *link = waiter->next;
    (void)PYXLOCK_ADD(pyxlock_queued(waiter->table, waiter->object), (pyxlock_word)0 - 1);
    PYXLOCK_SHOW(&waiter->object, (PyObject *)NULL);
}

/* Has a queued thread waited so long that it is served first? Asked of the clock
   rather than left to the thread, which may not get to run for a while. */
PYXLOCK_FN int pyxlock_is_hungry(pyxlock_record *waiter) {
    if (!waiter->hungry) waiter->hungry = pyxlock_now() - waiter->since >= PYXLOCK_HUNGRY_AFTER;
    return waiter->hungry;
}

/* Has a thread that is away for a moment its turn before "me"? */
PYXLOCK_SLOW int pyxlock_away_ahead(pyxlock_record *me, PyObject *object, int mode) {
    pyxlock_block *block;
    int i;
    for (block = &me->table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
        for (i = 0; i < block->used; i++) {
            pyxlock_record *other = pyxlock_record_at(block, i);
            pyxlock_away *away = &other->away;
            if (away->object != object || other == me || !pyxlock_conflict(away->mode, mode)) continue;
            if (away->upgrade == me->upgrade ? away->ticket > me->ticket : me->upgrade) continue;
            if (pyxlock_now() < away->until) return 1;
        }
    }
    return 0;
}

/* Does somebody ahead of "me", which is in the queue or may come back to its place
   there, want the object in a mode that excludes this one, for so long that newcomers
   may not pass any more? */
PYXLOCK_FN int pyxlock_must_queue(pyxlock_record *me, PyObject *object, int mode) {
    pyxlock_record *ahead;
    if (me->table->aways != 0 && pyxlock_away_ahead(me, object, mode)) return 1;
    for (ahead = me->table->queue[pyxlock_queue(object)]; ahead != NULL && ahead != me; ahead = ahead->next) {
        if (!pyxlock_precedes(ahead, me)) return 0;
        if (ahead->object == object && pyxlock_conflict(ahead->mode, mode) && pyxlock_is_hungry(ahead)) return 1;
    }
    return 0;
}

/* One attempt by a thread in the slow path, which has raised the filter; the
   slot is 0. A thread that holds the object passes the queue: those who wait
   there wait for this very thread. */
PYXLOCK_FN int pyxlock_attempt(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode) {
    if (pyxlock_must_queue(me, object, mode) && pyxlock_own(me, object, NULL) == 0) return PYXLOCK_BUSY;
    pyxlock_publish(me, slot, object, mode);
    if (!pyxlock_named_by_others(me, object, pyxlock_against(mode))) return PYXLOCK_OK;
    pyxlock_clear(slot);
    return PYXLOCK_BUSY;
}

/* Ends the wait of "waiter" and its part in the filter, unless that goes on as
   the part of a write hold. */
PYXLOCK_FN void pyxlock_leave_queue(pyxlock_record *waiter, int holds) {
    PyObject *object = waiter->object;
    pyxlock_dequeue(waiter);
    if (!holds || waiter->mode == PYXLOCK_READ) (void)pyxlock_lower_filter(waiter->table, object);
}

PYXLOCK_FN void pyxlock_signal(pyxlock_record *waiter) {
    pyxlock_table *table = waiter->table;
    if (waiter->signalled) return;
    waiter->signalled = 1;
    if (table->woken == 0) table->woken_end = &table->woken;
    PYXLOCK_STORE_RELAXED(table->woken_end, (pyxlock_word)waiter);
    table->woken_end = &waiter->woken;
    PYXLOCK_STORE_RELAXED(&waiter->woken, 0);
}

/* Leaves the mutex, then wakes: that takes the system some microseconds each. A thread
   that is signalled goes nowhere before it is woken, not even to its end. */
PYXLOCK_FN void pyxlock_mutex_leave(pyxlock_table *table) {
    pyxlock_record *waiter = (pyxlock_record *)table->woken, *next;
    table->woken = 0;
    pyxlock_mutex_unlock(&table->mutex);
    for (; waiter != NULL; waiter = next) {
        /* Before it is woken, after which it may be signalled anew: relaxed. */
        next = (pyxlock_record *)PYXLOCK_LOAD_RELAXED(&waiter->woken);
        PyThread_release_lock(waiter->wake);
    }
}

/* Lets a queued waiter in, whose slot names the object already. */
PYXLOCK_FN void pyxlock_grant(pyxlock_record *waiter) {
    pyxlock_leave_queue(waiter, 1);
    waiter->granted = 1;
}

/* Wakes those who can go now that a hold on the object, an attempt or a place
   in its queue was given up: in order, a writer or a run of readers. Who has
   waited long is let in right away; others have to try for themselves when
   they run, and a thread that runs already may be faster: handing every lock
   to a sleeper would make all wait for the sleeper to get up. Each of them has
   the filter raised, so nobody comes in by the fast path after the look; one
   look does for all readers. */
PYXLOCK_FN void pyxlock_wake_next(pyxlock_table *table, PyObject *object) {
    pyxlock_record *waiter, *next;
    int readers = 0, looked = 0;
    for (waiter = table->queue[pyxlock_queue(object)]; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->object != object) continue;
        if (waiter->mode == PYXLOCK_WRITE && (readers || waiter->signalled)) return;
        if (waiter->mode == PYXLOCK_READ) readers = 1;
        if (waiter->signalled) continue;
        if (table->aways != 0 && pyxlock_away_ahead(waiter, object, waiter->mode)) return;
        if (!looked && pyxlock_named_by_others(waiter, object, pyxlock_against(waiter->mode))) return;
        looked = 1;
        if (pyxlock_is_hungry(waiter)) {
            pyxlock_publish(waiter, waiter->place, object, waiter->mode);
            pyxlock_grant(waiter);
        }
        pyxlock_signal(waiter);
        if (waiter->mode == PYXLOCK_WRITE) return;
    }
}

PYXLOCK_FN void pyxlock_wake(pyxlock_table *table, PyObject *object) {
    pyxlock_mutex_lock(&table->mutex);
    pyxlock_wake_next(table, object);
    pyxlock_mutex_leave(table);
}

/* The entry "released": after the slot was cleared while the filter says that
   somebody may want the object. */
PYXLOCK_SLOW void pyxlock_table_released(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode) {
    /* What we hold still excludes all that the other hold did. */
    if (pyxlock_own(me, object, NULL) >= mode) return;
    /* Once more, as an exchange: clear, then look. Pairs, with the load, with
       the addition in pyxlock_enqueue, after which the waiter looks at the slot. */
    (void)PYXLOCK_EXCHANGE(slot, 0);
    if (PYXLOCK_LOAD(pyxlock_queued(me->table, object)) != 0) pyxlock_wake(me->table, object);
}

/* Undoes a failed attempt of the fast path. A thread in the slow path that saw
   the slot may have taken it for a hold, and sleep. */
PYXLOCK_FN void pyxlock_retract(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int raised) {
    /* As in pyxlock_table_released. */
    (void)PYXLOCK_EXCHANGE(slot, 0);
    if (raised) (void)pyxlock_lower_filter(me->table, object);
    if (PYXLOCK_LOAD(pyxlock_queued(me->table, object)) != 0) pyxlock_wake(me->table, object);
}

/* For messages. */
PYXLOCK_FN const char *pyxlock_type_name(PyObject *object) {
#if defined(Py_LIMITED_API)
    (void)object;
    return "object";
#else
    return Py_TYPE(object)->tp_name;
#endif
}

/* ---- deadlocks: the caller has the mutex --------------------------------------

   A thread waits for at most one object. It waits for the threads that hold
   the object against it; a reader that queues behind a writer waits for all
   that this writer waits for, which is all holders. What a queued thread holds
   does not change; other threads' slots may name what they only try for, but
   those threads wait for nobody. So a search that starts at a thread that begins
   to wait finds every cycle, none that is not there, and before anybody sleeps
   in it (breadth first: a shortest one). Whole addresses are compared. */

PYXLOCK_FN int pyxlock_behind_writer(pyxlock_record *waiter) {
    pyxlock_record *ahead;
    for (ahead = waiter->table->queue[pyxlock_queue(waiter->object)]; ahead != waiter; ahead = ahead->next) {
        if (ahead->object == waiter->object && ahead->mode == PYXLOCK_WRITE) return 1;
    }
    return 0;
}

/* The last thread of a cycle from "start" (follow ->from back to it), or NULL. */
PYXLOCK_FN pyxlock_record *pyxlock_find_cycle(pyxlock_record *start) {
    pyxlock_record *waiter, *tail = start;
    uint64_t search = ++start->table->searches;
    start->seen = search;
    start->from = NULL;
    start->later = NULL;
    for (waiter = start; waiter != NULL; waiter = waiter->later) {
        int against = pyxlock_against(pyxlock_behind_writer(waiter) ? PYXLOCK_WRITE : waiter->mode);
        pyxlock_walk walk;
        pyxlock_record *other;
        pyxlock_walk_start(&walk, start->table);
        while ((other = pyxlock_walk_next(&walk)) != NULL) {
            if (other == waiter || pyxlock_modes_in(other, waiter->object, against) == 0) continue;
            if (other == start) return waiter;
            if (other->object == NULL || other->seen == search) continue;
            other->seen = search;
            other->from = waiter;
            other->later = NULL;
            tail->later = other;
            tail = other;
        }
    }
    return NULL;
}

/* Writes into "text" for whom "start" would wait, for whom that one, and so on:
   all of the cycle but start. The objects are alive: those who wait for them
   cannot go on without the mutex. */
PYXLOCK_FN void pyxlock_describe(char *text, size_t size, pyxlock_record *last) {
    pyxlock_record *waiter, *after = NULL;
    size_t used = 0;
    for (waiter = last; waiter != NULL; waiter = waiter->from) {
        waiter->later = after;
        after = waiter;
    }
    for (waiter = after->later; waiter != NULL && used < size; waiter = waiter->later) {
        int n = snprintf(text + used, size - used, "a thread that waits to %s a '%.80s', which waits for ",
                         waiter->mode == PYXLOCK_WRITE ? "write" : "read", pyxlock_type_name(waiter->object));
        if (n < 0) return;
        used += (size_t)n;
    }
}

/* Ends the wait of a queued thread that gives way (PYXLOCK_GIVE_WAY). */
PYXLOCK_FN void pyxlock_give_way(pyxlock_record *waiter) {
    PyObject *object = waiter->object;
    pyxlock_leave_queue(waiter, 0);
    waiter->gives_way = 2;
    pyxlock_signal(waiter);
    pyxlock_wake_next(waiter->table, object); /* those behind may have waited only for it */
}

/* Looks for a cycle through "start", which is queued. A reader that waits for
   its successor only because a writer queued before it is let in out of turn:
   nothing it reads is held against it, and raising would make an error out of
   mere politeness. Its successor is queued, so what that holds is certain; of
   others one could see slots of attempts that fail. While the successor reads,
   nobody writes. Else, if one of the cycle gives way, its wait ends: it will give up
   what it took for the same call, or wait without PYXLOCK_GIVE_WAY, and find out that this is
   not enough. PYXLOCK_OK: there is no cycle (any more); start may have been
   granted. "me" runs, so that it is not signalled. */
PYXLOCK_FN int pyxlock_check_cycle(pyxlock_record *me, pyxlock_record *start, char *text, size_t size) {
    for (;;) {
        pyxlock_record *last = pyxlock_find_cycle(start), *waiter, *successor = start;
        if (last == NULL) return PYXLOCK_OK;
        for (waiter = last; waiter != NULL; waiter = waiter->from) {
            if (waiter->mode == PYXLOCK_READ
                    && pyxlock_modes_in(successor, waiter->object, PYXLOCK_WRITE) == 0) break;
            successor = waiter;
        }
        if (waiter == NULL) {
            if (start->gives_way) return PYXLOCK_GAVE_WAY;
            for (waiter = last; waiter != NULL && !waiter->gives_way; waiter = waiter->from) {}
            if (waiter == NULL) {
                pyxlock_describe(text, size, last);
                return PYXLOCK_DEADLOCK;
            }
            pyxlock_give_way(waiter);
            continue;
        }
        pyxlock_publish(waiter, waiter->place, waiter->object, PYXLOCK_READ);
        pyxlock_grant(waiter);
        if (waiter != me) pyxlock_signal(waiter);
        if (waiter == start) return PYXLOCK_OK;
    }
}

/* After a writer was queued ahead of others: a reader behind it now waits for all
   holders of the object, which may close a cycle that "me" is no part of, and that
   nobody would look for. Such a cycle is one of politeness, and ends here. */
PYXLOCK_FN void pyxlock_check_behind(pyxlock_record *me, char *text, size_t size) {
    PyObject *object = me->object;
    pyxlock_record *waiter, *next;
    if (me->mode != PYXLOCK_WRITE || pyxlock_behind_writer(me)) return;
    for (waiter = me->next; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->object != object) continue;
        if (waiter->mode == PYXLOCK_WRITE) return; /* behind that one they were before */
        if (pyxlock_is_empty(waiter)) continue; /* nobody waits for it */
        (void)pyxlock_check_cycle(me, waiter, text, size);
        if (next != NULL && next->object == NULL) next = me->next; /* the search let that one in */
    }
}

/* ---- thread states --------------------------------------------------------

   Callers may be attached (they "hold the GIL") or not. Code that needs to be
   attached goes between pyxlock_attach and pyxlock_unattach. Code that must
   not be attached goes between pyxlock_leave and pyxlock_return, between which
   the waiting happens; pyxlock_prepare comes before the thread queues, since
   what it does can itself wait, or not return when Python shuts down. */

/* Threads that Python does not know have no state. They run no signal handlers,
   and waiting makes them none: they may be at their very end. */
PYXLOCK_FN int pyxlock_has_state(void) { return PyGILState_GetThisThreadState() != NULL; }

/* Python runs signal handlers in its main thread: that of the process, or another one
   that started Python. Others need not look for signals, where the system can tell. */
PYXLOCK_FN int pyxlock_handles_signals(pyxlock_table *table) {
    if (!pyxlock_has_state()) return 0;
#if defined(__linux__)
    if (syscall(SYS_gettid) == (long)getpid()) return 1;
#elif defined(__APPLE__) || defined(__FreeBSD__)
    if (pthread_main_np()) return 1;
#else
    if (table->main_thread == 0) return 1;
#endif
    return table->main_thread == PyThread_get_thread_ident();
}

#if defined(Py_LIMITED_API) || defined(PYPY_VERSION)
/* No way to ask whether a thread that has a state is attached. PyGILState_Ensure
   works in both cases. */
typedef struct { int has_state; PyGILState_STATE gil; PyThreadState *state; } pyxlock_state;
PYXLOCK_FN void pyxlock_prepare(pyxlock_state *s) {
    s->state = NULL;
    s->has_state = pyxlock_has_state();
    s->gil = s->has_state ? PyGILState_Ensure() : PyGILState_LOCKED;
}
PYXLOCK_FN void pyxlock_finish(pyxlock_state *s) {
    if (s->has_state) PyGILState_Release(s->gil);
}
PYXLOCK_FN void pyxlock_leave(pyxlock_state *s) {
    if (s->has_state) s->state = PyEval_SaveThread();
}
PYXLOCK_FN void pyxlock_return(pyxlock_state *s) {
    if (s->has_state) PyEval_RestoreThread(s->state);
}
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

/* ---- entering -------------------------------------------------------------------- */

/* Writes the slot and looks whether somebody is in the way: returns whether the
   thread is in. For a write, "word" is what the filter said a moment ago, and
   *raised says whether it is raised now. */
PYXLOCK_HOT int pyxlock_enter_reading(pyxlock_record *me, pyxlock_word *slot, pyxlock_word *filter, PyObject *object) {
    /* Pairs with the loads in pyxlock_modes_in and in pyxlock_is_empty: we
       publish, then look at filter and flag; others change these, then look at
       the slots. */
    (void)PYXLOCK_EXCHANGE(slot, (pyxlock_word)object | PYXLOCK_READ);
    /* Pairs with the swap below, pyxlock_count_in and pyxlock_lower; and
       with the exchange in pyxlock_unlist_begin. */
    return PYXLOCK_LIKELY(((PYXLOCK_LOAD(filter) & me->others) | PYXLOCK_LOAD(&me->unlisted)) == 0);
}
/* The same without a fence. A thread that looks for readers makes a barrier in this one
   unless the word says that it has fences. If that comes after the store, the other one
   sees it; if it comes before the loads, this one sees that it is counted. So it is in
   only if the word has none: those that are set are after such a barrier. A release, for the
   sake of what the slot named before. */
PYXLOCK_HOT int pyxlock_enter_plainly(pyxlock_record *me, pyxlock_word *slot, pyxlock_word *filter, PyObject *object) {
    PYXLOCK_STORE_UNFENCED(slot, (pyxlock_word)object | PYXLOCK_READ);
    return PYXLOCK_LIKELY(((PYXLOCK_LOAD(filter) & me->fenced) | PYXLOCK_LOAD(&me->unlisted)) == 0);
}
PYXLOCK_HOT int pyxlock_enter_writing(pyxlock_record *me, pyxlock_word *slot, pyxlock_word *filter, pyxlock_word word,
                                      PyObject *object, int *raised) {
    /* Whoever raises the filter after our swap sees this: relaxed. */
    PYXLOCK_STORE_RELAXED(slot, (pyxlock_word)object | PYXLOCK_WRITE);
    /* Pairs with the load above and with pyxlock_count_in. */
    *raised = pyxlock_swap_if(filter, word, (word & (PYXLOCK_TAG | PYXLOCK_FENCES)) | pyxlock_mark(object) | 1);
    /* Pairs with the exchange in pyxlock_unlist_begin. That the slot is written before
       this load C11 promises for an exchange only; a seq_cst swap and a seq_cst
       load do as well on all machines (on x86 the one is a fence, on ARM a
       release before an acquire, elsewhere the other brings a fence). */
    return PYXLOCK_LIKELY(*raised) && PYXLOCK_LIKELY(PYXLOCK_LOAD(&me->unlisted) == 0);
}

/* The same where the filter word has another owner, or counts others, but none
   for this object, as far as it tells. The slot is written, with a fence. A reader is in,
   a writer has raised the filter, if this returns 1; *mine says whether the thread
   is the owner, so that no slot needs to be looked at. */
PYXLOCK_FN int pyxlock_admit(pyxlock_record *me, pyxlock_word *filter, PyObject *object, int mode, int *mine) {
    for (;;) {
        /* These pair as in pyxlock_enter_reading and _writing. */
        pyxlock_word word = PYXLOCK_LOAD(filter), to;
        if (pyxlock_counts(word, object)) return 0;
        *mine = (word & PYXLOCK_TAG) != 0 && (word & PYXLOCK_TAG & me->others) == 0;
        if (mode == PYXLOCK_WRITE) to = pyxlock_counted(me, word, object);
        else if (*mine) to = word;
        else to = word & ~PYXLOCK_TAG;
        if (to != word && !pyxlock_swap_if(filter, word, to)) continue;
        if (mode == PYXLOCK_WRITE && !*mine && (word & PYXLOCK_FENCES) == 0) pyxlock_fence(me, filter);
        return 1;
    }
}

/* After the above: has nobody else locked anything lately? */
PYXLOCK_HOT int pyxlock_alone(pyxlock_table *table) {
    /* Pairs with the addition in pyxlock_list. */
    return PYXLOCK_LIKELY(PYXLOCK_LOAD(&table->listed) == 1);
}
/* A part of the next: does the record name the object in one of its chunks? As in
   pyxlock_slots_next. */
PYXLOCK_FN int pyxlock_read_in_chunks(pyxlock_record *record, PyObject *object) {
    pyxlock_chains *chains = (pyxlock_chains *)PYXLOCK_LOAD(&record->more);
    pyxlock_word *link = chains != NULL ? &chains->chain[pyxlock_chain(object)] : NULL, chunk;
    int i;
    while (link != NULL && (chunk = PYXLOCK_LOAD(link)) != 0) {
        for (i = 0; i < PYXLOCK_CHUNK; i++) {
            if (PYXLOCK_LOAD(&((pyxlock_chunk *)chunk)->slot[i]) == ((pyxlock_word)object | PYXLOCK_READ)) return 1;
        }
        link = &((pyxlock_chunk *)chunk)->more;
    }
    return 0;
}
/* If not: does another thread name the object for reading? The filter was 0, so
   no other thread writes it; slots may say so for a moment, of attempts that
   fail now. As pyxlock_named_by_others, in fewer instructions: every write goes
   through here while several threads lock. */
PYXLOCK_HOT int pyxlock_read_by_others(pyxlock_record *me, PyObject *object) {
    const pyxlock_word word = (pyxlock_word)object | PYXLOCK_READ;
    pyxlock_walk walk;
    pyxlock_record *other;
    if (!PYXLOCK_LIKELY((++me->scans & 63) != 0)) me->table->sweep(me);
    pyxlock_walk_start(&walk, me->table);
    while ((other = pyxlock_walk_next(&walk)) != NULL) {
        pyxlock_word *slot = other->reads, differs;
        if (other == me) continue;
        /* As in pyxlock_modes_in. */
        differs = PYXLOCK_LOAD(&slot[0]) != word;
        differs &= PYXLOCK_LOAD(&slot[1]) != word;
        differs &= PYXLOCK_LOAD(&slot[2]) != word;
        differs &= PYXLOCK_LOAD(&slot[3]) != word;
        differs &= PYXLOCK_LOAD(&slot[4]) != word;
        if (!differs) return 1;
        if (PYXLOCK_LOAD(&other->more) != 0 && pyxlock_read_in_chunks(other, object)) return 1;
    }
    return 0;
}

/* ---- the slow path -----------------------------------------------------------

   From here on a thread knows that somebody else wants or has the object, or
   another one that the filter cannot tell from it. */

#define PYXLOCK_LONGEST_SLEEP 1000000       /* microseconds */
#define PYXLOCK_SWEEP_EVERY 5000000         /* ns */
#define PYXLOCK_SPINS 5

/* How far the fast path got. */
#define PYXLOCK_PUBLISHED 1         /* the slot names the object */
#define PYXLOCK_RAISED_FILTER 2     /* so the filter is raised */

/* A fast path that passes by those who want other objects of the filter word. */
PYXLOCK_FN int pyxlock_try_fast(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode) {
    pyxlock_word *filter = pyxlock_filter(me->table, object);
    int raised = 0, mine;
    /* A hint only: relaxed. */
    if (pyxlock_counts(PYXLOCK_LOAD_RELAXED(filter), object)) return PYXLOCK_BUSY;
    if (mode == PYXLOCK_READ) {
        /* As in pyxlock_enter_reading. */
        (void)PYXLOCK_EXCHANGE(slot, (pyxlock_word)object | PYXLOCK_READ);
        if (!PYXLOCK_LOAD(&me->unlisted) && pyxlock_admit(me, filter, object, mode, &mine)) return PYXLOCK_OK;
    } else {
        /* As in pyxlock_enter_writing. */
        PYXLOCK_STORE_RELAXED(slot, (pyxlock_word)object | PYXLOCK_WRITE);
        raised = pyxlock_admit(me, filter, object, mode, &mine);
        if (raised && !PYXLOCK_LOAD(&me->unlisted) && (mine || !pyxlock_read_by_others(me, object))) return PYXLOCK_OK;
    }
    pyxlock_retract(me, slot, object, raised);
    return PYXLOCK_BUSY;
}

/* Of one lock call that may have to queue several times. */
typedef struct pyxlock_patience {
    int64_t since;          /* when it queued first; 0: not yet */
    long long timeout;      /* of the next sleep, in microseconds */
    uint64_t ticket;        /* 0: not yet */
    int counted;            /* among the waits */
    int handles_signals;    /* asked before it sleeps: later Python may be gone */
    int interruptible;
    int left;               /* the queue, to look for signals */
    int kept;               /* and the filter is raised still */
    pyxlock_away away;      /* that of the record, before: handlers may wait as well */
} pyxlock_patience;

/* Leaves the queue to look for signals, which takes a moment only, if there are none.
   Nobody passes meanwhile who could not before: the filter stays raised. Should a handler take longer,
   nobody waits for that: those behind look again in time. A handler that itself waits, and
   leaves that queue, lowers that filter: a record keeps account of one. With the mutex. */
PYXLOCK_FN void pyxlock_go_away(pyxlock_record *me, pyxlock_patience *patience) {
    PyObject *object = me->object;
    patience->left = 1;
    patience->away = me->away;
    if (me->away.object == NULL) me->table->aways++;
    me->away.object = object;
    me->away.mode = me->mode;
    me->away.upgrade = me->upgrade;
    me->away.ticket = me->ticket;
    me->away.until = pyxlock_is_hungry(me) ? pyxlock_now() + PYXLOCK_HUNGRY_AFTER : 0;
    patience->kept = me->kept == NULL;
    if (patience->kept) {
        me->kept = object;
        pyxlock_dequeue(me);
    } else {
        pyxlock_leave_queue(me, 0);
    }
    if (me->away.until == 0) pyxlock_wake_next(me->table, object);
}

/* Is back: returns whether it was away. With the mutex. */
PYXLOCK_FN int pyxlock_come_back(pyxlock_record *me, pyxlock_patience *patience) {
    int left = patience->left;
    if (!left) return 0;
    me->away = patience->away;
    if (me->away.object == NULL) me->table->aways--;
    if (patience->kept) me->kept = NULL;
    patience->left = patience->kept = 0;
    return 1;
}

/* A handler waits: its thread is away for longer. With the mutex. */
PYXLOCK_FN void pyxlock_stay_away(pyxlock_record *me) {
    if (me->away.object == NULL || me->away.until == 0) return;
    me->away.until = 0;
    pyxlock_wake_next(me->table, me->away.object);
}

/* Sleeps until the thread, which is queued, has the object, or has to look for
   signals. Comes with the mutex, returns without it, off the queue, and
   attached as before. */
PYXLOCK_SLOW int pyxlock_sleep(pyxlock_record *me, pyxlock_state *state, pyxlock_patience *patience) {
    pyxlock_table *table = me->table;
    PyObject *object = me->object;
    int outcome = PYXLOCK_BUSY, slept = 0;
    int64_t waited;

    pyxlock_mutex_leave(table);
    pyxlock_leave(state);
    while (outcome == PYXLOCK_BUSY) {
        PyLockStatus status = PY_LOCK_FAILURE;
        int late = 0;
        /* The release of a reader has no fence: it may have looked at the
           filter before we raised it, and its slot may read 0 only now. That
           takes a processor some nanoseconds, so we look once more before we
           sleep; and since no standard says how long it takes, we never sleep
           for ever. */
        if (slept++ == 0) {
            pyxlock_pause(50);
        } else {
            status = PyThread_acquire_lock_timed(me->wake, patience->timeout, patience->interruptible);
            late = status == PY_LOCK_FAILURE;
        }
        pyxlock_mutex_lock(&table->mutex);
        if (me->signalled) {
            if (status != PY_LOCK_ACQUIRED) {
                pyxlock_mutex_unlock(&table->mutex);
                (void)PyThread_acquire_lock(me->wake, 1); /* on its way */
                pyxlock_mutex_lock(&table->mutex);
            }
            me->signalled = 0;
        }
        waited = pyxlock_now() - patience->since;
        if (late && patience->timeout < PYXLOCK_LONGEST_SLEEP) patience->timeout *= 10;
        if (me->granted) {
            outcome = PYXLOCK_OK;
        } else if (me->gives_way == 2) {
            outcome = PYXLOCK_GAVE_WAY;
        } else {
            outcome = pyxlock_attempt(me, me->place, object, me->mode);
            if (outcome == PYXLOCK_OK) pyxlock_leave_queue(me, 1);
            /* A signal does not interrupt a sleep that begins after it: so now
               and then, and less and less often, the main thread looks for signals
               without one. */
            else if (late && patience->handles_signals) status = PY_LOCK_INTR;
        }
        if (outcome == PYXLOCK_BUSY && status == PY_LOCK_INTR) {
            outcome = PYXLOCK_INTERRUPTED;
            /* A handler may lock what it likes. */
            pyxlock_go_away(me, patience);
        }
        if (outcome != PYXLOCK_BUSY) {
            pyxlock_word us = (pyxlock_word)(waited / 1000);
            /* Counters; nothing pairs. */
            if (us > PYXLOCK_LOAD_RELAXED(&me->count.longest)) PYXLOCK_STORE_RELAXED(&me->count.longest, us);
        }
        pyxlock_mutex_leave(table);
    }
    /* Off the queue: from here on the thread may fail to come back. */
    pyxlock_return(state);
    return outcome;
}

/* Does another thread wait to upgrade the object? Or does, and is away for a moment. */
PYXLOCK_FN int pyxlock_other_upgrades(pyxlock_record *me, PyObject *object) {
    pyxlock_record *other;
    pyxlock_walk walk;
    for (other = me->table->queue[pyxlock_queue(object)]; other != NULL; other = other->next) {
        if (other->object == object && other->upgrade) return 1;
    }
    pyxlock_walk_start(&walk, me->table);
    while ((other = pyxlock_walk_next(&walk)) != NULL) {
        if (other != me && other->away.object == object && other->away.upgrade) return 1;
    }
    return 0;
}

/* Waits for the object: PYXLOCK_OK, or why not. PYXLOCK_INTERRUPTED: a signal
   may have come, and the thread is not queued any more, so that a handler may
   lock what it likes. */
PYXLOCK_SLOW int pyxlock_wait(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode, int blocking,
                              pyxlock_patience *patience, char *text, size_t size) {
    pyxlock_table *table = me->table;
    pyxlock_state state;
    int outcome, back, queued = 0, waits = blocking == PYXLOCK_WAIT || blocking == PYXLOCK_GIVE_WAY;

    if (waits) pyxlock_prepare(&state);
    if (!patience->kept) pyxlock_raise_filter(me, object);
    pyxlock_mutex_lock(&table->mutex);
    back = pyxlock_come_back(me, patience);
    me->ticket = patience->ticket != 0 ? patience->ticket : (uint64_t)0 - 1;
    me->upgrade = 0;
    outcome = pyxlock_attempt(me, slot, object, mode);
    if (outcome == PYXLOCK_OK) {
        if (mode == PYXLOCK_READ) (void)pyxlock_lower_filter(table, object);
    } else {
        me->upgrade = mode == PYXLOCK_WRITE && pyxlock_own(me, object, NULL) != 0;
        if (me->upgrade && pyxlock_other_upgrades(me, object)) outcome = PYXLOCK_UPGRADE;
        if (outcome == PYXLOCK_BUSY && waits) {
            PYXLOCK_SHOW(&me->mode, mode);
            PYXLOCK_SHOW(&me->object, object);
            me->place = slot;
            me->granted = 0;
            me->gives_way = blocking == PYXLOCK_GIVE_WAY;
            if (patience->ticket == 0) {
                patience->ticket = ++table->tickets;
                patience->since = pyxlock_now();
            }
            me->ticket = patience->ticket;
            me->since = patience->since;
            me->hungry = me->upgrade;
            pyxlock_enqueue(me);
            outcome = pyxlock_check_cycle(me, me, text, size);
            if (outcome == PYXLOCK_OK) {
                queued = !me->granted;
                if (queued) {
                    pyxlock_check_behind(me, text, size);
                    pyxlock_stay_away(me);
                }
            } else {
                pyxlock_leave_queue(me, 0);
                pyxlock_wake_next(table, object);
            }
        } else {
            (void)pyxlock_lower_filter(table, object);
            if (back) pyxlock_wake_next(table, object); /* as who leaves the queue */
        }
    }
    if (queued) {
        if (!patience->counted) {
            patience->counted = 1;
            patience->handles_signals = pyxlock_handles_signals(table);
            /* Where nobody can tell, it does no harm. */
            patience->interruptible = patience->handles_signals || (table->main_thread == 0 && pyxlock_has_state());
            /* Counters; nothing pairs. */
            PYXLOCK_STORE_RELAXED(&me->count.waits, PYXLOCK_LOAD_RELAXED(&me->count.waits) + 1);
        }
        outcome = pyxlock_sleep(me, &state, patience);
    } else {
        pyxlock_mutex_leave(table);
    }
    if (outcome == PYXLOCK_UPGRADE || outcome == PYXLOCK_DEADLOCK) {
        PYXLOCK_STORE_RELAXED(&me->count.deadlocks, PYXLOCK_LOAD_RELAXED(&me->count.deadlocks) + 1);
    }
    if (waits) pyxlock_finish(&state);
    return outcome;
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
    case PYXLOCK_GREENLET:
        PyErr_Format(PyExc_RuntimeError,
                     "pyxlock: cannot %s an object of %R: another greenlet of this thread uses it, which was "
                     "switched from under a lock", verb, (PyObject *)Py_TYPE(object));
        break;
    default:
        PyErr_Format(PyExc_RuntimeError, "pyxlock: cannot %s an object of %R: another thread uses it",
                     verb, (PyObject *)Py_TYPE(object));
        break;
    }
    pyxlock_unattach(&e);
}

/* The entry "acquire": after the fast path failed; "state" says how far it got
   with the slot. Returns the slot that holds the object; PYXLOCK_IN_USE; or NULL
   with an exception set. */
PYXLOCK_SLOW pyxlock_word *pyxlock_table_acquire(pyxlock_record *me, pyxlock_word *slot, PyObject *object, int mode,
                                                 int blocking, int state) {
    int outcome, i;
    char text[512];
    pyxlock_word *filter = pyxlock_filter(me->table, object);
    pyxlock_patience patience;
    text[0] = 0;
    memset(&patience, 0, sizeof(patience));
    patience.timeout = PYXLOCK_HUNGRY_AFTER / 1000;
    if ((state & PYXLOCK_PUBLISHED) != 0) {
        pyxlock_retract(me, slot, object, (state & PYXLOCK_RAISED_FILTER) != 0);
    }
    if (PYXLOCK_LOAD_RELAXED(&me->unlisted)) {
        pyxlock_mutex_lock(&me->table->mutex);
        pyxlock_list(me);
        pyxlock_mutex_unlock(&me->table->mutex);
        if (pyxlock_try_fast(me, slot, object, mode) == PYXLOCK_OK) return slot;
    }
    if (PYXLOCK_NO_GIL && blocking != PYXLOCK_TRY) {
        /* Bodies are often shorter than putting a thread to sleep. With a GIL
           the holder needs it to go on, so there is nothing to gain; nor while
           somebody is queued, who may keep the filter raised (relaxed: a hint), nor
           where nobody has the object: the filter counts others. */
        for (i = 0; i < PYXLOCK_SPINS && PYXLOCK_LOAD_RELAXED(pyxlock_queued(me->table, object)) == 0; i++) {
            if ((PYXLOCK_LOAD_RELAXED(filter) & PYXLOCK_MARK) == 0
                    && !pyxlock_named_by_others(me, object, pyxlock_against(mode))) break;
            /* Not often: each look takes the holder's cache line away. */
            pyxlock_pause(i == 0 ? 64 : 128);
            if (pyxlock_try_fast(me, slot, object, mode) == PYXLOCK_OK) return slot;
        }
    }
    for (;;) {
        pyxlock_ensured e;
        int raises;
        outcome = pyxlock_wait(me, slot, object, mode, blocking, &patience, text, sizeof(text));
        if (outcome == PYXLOCK_OK) return slot;
        if (outcome != PYXLOCK_INTERRUPTED) break;
        pyxlock_attach(&e);
        raises = PyErr_CheckSignals();
        pyxlock_unattach(&e);
        /* The handler may have left something locked. */
        slot = pyxlock_table_slot(me, object, mode);
        outcome = raises < 0 ? PYXLOCK_RAISED : PYXLOCK_MEMORY;
        if (raises >= 0 && slot != NULL) continue;
        pyxlock_mutex_lock(&me->table->mutex);
        if (patience.kept) (void)pyxlock_lower_filter(me->table, object);
        (void)pyxlock_come_back(me, &patience);
        pyxlock_wake_next(me->table, object); /* those behind may have waited only for us */
        pyxlock_mutex_leave(me->table);
        break;
    }
    if (slot != NULL) pyxlock_table_trim(me, slot, object);
    if (outcome == PYXLOCK_GAVE_WAY || (outcome == PYXLOCK_BUSY && blocking == PYXLOCK_ASK)) return PYXLOCK_IN_USE;
    pyxlock_raise(outcome, object, mode, text);
    return NULL;
}

/* The entry "sweep": takes records that hold nothing off the list; called by a
   writer that found others there rather often. */
PYXLOCK_SLOW void pyxlock_table_sweep(pyxlock_record *me) {
    pyxlock_table *table = me->table;
    int64_t now = pyxlock_now();
    pyxlock_mutex_lock(&table->mutex);
    if (now - table->swept >= PYXLOCK_SWEEP_EVERY) {
        pyxlock_walk walk;
        pyxlock_record *record;
        table->swept = now;
        pyxlock_walk_start(&walk, table);
        while ((record = pyxlock_walk_next(&walk)) != NULL) {
            if (record != me) pyxlock_unlist_begin(record);
        }
        pyxlock_barrier();
        pyxlock_walk_start(&walk, table);
        while ((record = pyxlock_walk_next(&walk)) != NULL) {
            if (record != me) pyxlock_unlist_end(record);
        }
    }
    pyxlock_mutex_unlock(&table->mutex);
}

/* ---- greenlets -----------------------------------------------------------------

   Two greenlets of a thread are two owners of locks, but one thread, and one record.
   Once the module greenlet is imported, which comes before there are any, all locks
   take a slow path that asks which one runs, and notes that by the slot. Whatever was
   locked before belongs to the thread's main greenlet: 0. One greenlet cannot wait for
   another one of its thread: that is an error, as no wait would end. */

/* From now on there may be greenlets: no record is found by the fast path any more. */
PYXLOCK_FN void pyxlock_greenlets_come(pyxlock_table *table) {
    pyxlock_block *block;
    int i;
    pyxlock_mutex_lock(&table->mutex);
    PYXLOCK_STORE_RELEASE(&table->greenlets, 1);
    for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
        for (i = 0; i < block->used; i++) {
            pyxlock_word *self = &pyxlock_record_at(block, i)->self, word = PYXLOCK_LOAD_RELAXED(self);
            if (word != 0) PYXLOCK_STORE_RELAXED(self, word | 1);
        }
    }
    pyxlock_mutex_unlock(&table->mutex);
}

/* sys.modules, NULL if the thread that was first with the table has not got so far. */
PYXLOCK_FN PyObject *pyxlock_modules(pyxlock_table *table) {
    /* Pairs with the store in pyxlock_watch. */
    return (PyObject *)PYXLOCK_LOAD_ACQUIRE(&table->modules);
}

/* The entry "notice": looks whether greenlets have come, where nobody tells us. */
PYXLOCK_SLOW void pyxlock_table_notice(pyxlock_table *table) {
    PyObject *modules = pyxlock_modules(table);
    pyxlock_ensured e;
    if (modules == NULL || !pyxlock_has_state()) return;
    pyxlock_attach(&e);
    PYXLOCK_STORE_RELAXED(&table->seen, (pyxlock_word)PyDict_Size(modules));
    if (PyDict_GetItemString(modules, "greenlet") != NULL) pyxlock_greenlets_come(table);
    pyxlock_unattach(&e);
}

/* The entry "who": the greenlet that runs, 0 if it is the main one of its thread. */
PYXLOCK_SLOW pyxlock_word pyxlock_table_who(pyxlock_table *table) {
    PyObject *type, *value, *trace, *getcurrent, *current = NULL, *parent = NULL;
    pyxlock_ensured e;
    pyxlock_word who = 0;
    if (!pyxlock_has_state()) return 0;
    pyxlock_attach(&e);
    PyErr_Fetch(&type, &value, &trace);
    getcurrent = (PyObject *)PYXLOCK_LOAD_ACQUIRE(&table->getcurrent);
    if (getcurrent == NULL) {
        PyObject *modules = pyxlock_modules(table);
        PyObject *module = modules == NULL ? NULL : PyDict_GetItemString(modules, "greenlet");
        Py_XINCREF(module);
        getcurrent = module == NULL ? NULL : PyObject_GetAttrString(module, "getcurrent"); /* never given back */
        Py_XDECREF(module);
        if (getcurrent != NULL) PYXLOCK_STORE_RELEASE(&table->getcurrent, (pyxlock_word)getcurrent);
    }
    /* Without it the module is not there yet, and no greenlet. */
    if (getcurrent != NULL) current = PyObject_CallObject(getcurrent, NULL);
    if (current != NULL) parent = PyObject_GetAttrString(current, "parent");
    if (parent != NULL && parent != Py_None) who = (pyxlock_word)current;
    Py_XDECREF(parent);
    Py_XDECREF(current);
    PyErr_Restore(type, value, trace);
    pyxlock_unattach(&e);
    return who;
}

#if !defined(Py_LIMITED_API) && !defined(PYPY_VERSION) && PY_VERSION_HEX >= 0x030C0000
static pyxlock_table *pyxlock_watching = NULL;
static int pyxlock_modules_change(PyDict_WatchEvent event, PyObject *modules, PyObject *name, PyObject *module) {
    (void)event; (void)modules; (void)module;
    if (name != NULL && PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "greenlet") == 0) {
        pyxlock_greenlets_come(pyxlock_watching);
    }
    return 0;
}
#endif

/* Begins to notice: with a new table, attached. Other threads may have found the table, and
   lock already. */
PYXLOCK_FN void pyxlock_watch(pyxlock_table *table) {
    PyObject *modules = PyImport_GetModuleDict();
    Py_XINCREF(modules); /* for as long as the table */
    /* Pairs with the load in pyxlock_modules, whose callers look into it. */
    PYXLOCK_STORE_RELEASE(&table->modules, (pyxlock_word)modules);
#if !defined(Py_LIMITED_API) && !defined(PYPY_VERSION) && PY_VERSION_HEX >= 0x030C0000
    {
        int watcher, watched;
        pyxlock_watching = table;
        watcher = PyDict_AddWatcher(pyxlock_modules_change);
        watched = watcher >= 0 && PyDict_Watch(watcher, modules) == 0;
        if (!watched) PyErr_Clear(); /* too many of others */
        /* Relaxed: who finds it 0 looks for itself, and the look below comes later. */
        PYXLOCK_STORE_RELAXED(&table->watched, (pyxlock_word)watched);
    }
#endif
    pyxlock_table_notice(table);
}

/* ---- threads that end, processes that fork -------------------------------------- */

/* All guards of a slot, and whose they were. */
PYXLOCK_FN void pyxlock_forget_guards(pyxlock_word *slot) {
    PYXLOCK_STORE_RELAXED(&slot[PYXLOCK_DEPTH], PYXLOCK_LOAD_RELAXED(&slot[PYXLOCK_DEPTH]) & ~PYXLOCK_GUARDS);
    slot[PYXLOCK_WHO] = 0;
}

/* Gives up everything that the record names: its thread is gone. The caller
   has the mutex. */
PYXLOCK_FN void pyxlock_abandon(pyxlock_record *record) {
    pyxlock_slots slots;
    pyxlock_word *slot;
    pyxlock_slots_start(&slots, record, NULL, PYXLOCK_MODES);
    while ((slot = pyxlock_slots_next(&slots)) != NULL) {
        pyxlock_word word = PYXLOCK_LOAD_RELAXED(slot); /* our own */
        PyObject *object = pyxlock_named(word);
        if (word == 0) continue;
        pyxlock_forget_guards(slot);
        pyxlock_clear(slot);
        if ((word & PYXLOCK_WRITE) != 0) (void)pyxlock_lower_filter(record->table, object);
        pyxlock_wake_next(record->table, object);
    }
    pyxlock_trim_all(record);
}

/* The system calls this in a thread that ends and that has a record, and once
   more for pyxlock_ends. Not in every round that it makes: in the last one
   ThreadSanitizer takes leave of the thread. */
static void PYXLOCK_AT_THREAD_END pyxlock_thread_ends(void *value) {
    pyxlock_record *me = (pyxlock_record *)value;
    pyxlock_table *table;
    if (me == NULL || (uintptr_t)value % 2 == 1) return;
    table = me->table;
    (void)pyxlock_key_set(table->key, pyxlock_ends(table));
    pyxlock_mutex_lock(&table->mutex);
    /* It may end while it waits: pthread_cancel. */
    if (me->object != NULL) {
        PyObject *object = me->object;
        pyxlock_leave_queue(me, 0);
        pyxlock_wake_next(table, object);
    }
    if (me->kept != NULL) (void)pyxlock_lower_filter(table, me->kept);
    me->kept = NULL;
    if (me->away.object != NULL) {
        PyObject *object = me->away.object;
        me->away.object = NULL;
        table->aways--;
        pyxlock_wake_next(table, object);
    }
    if (me->signalled) {
        pyxlock_mutex_leave(table);
        (void)PyThread_acquire_lock(me->wake, 1); /* is released, or will be */
        pyxlock_mutex_lock(&table->mutex);
        me->signalled = 0;
    }
    pyxlock_abandon(me);
    pyxlock_record_free(me);
    pyxlock_mutex_leave(table);
}

#ifndef _WIN32
/* In the child of a fork only the thread that forked is left: what others held
   or waited for is void. The mutex is taken before the fork, so that the child
   finds the queue whole; the filter is counted anew, since a thread that is
   gone may have raised it for whatever it was about to do. */
static pyxlock_table *pyxlock_mine = NULL;
PYXLOCK_FN void pyxlock_before_fork(void) { pyxlock_mutex_lock(&pyxlock_mine->mutex); }
PYXLOCK_FN void pyxlock_after_fork_parent(void) { pyxlock_mutex_unlock(&pyxlock_mine->mutex); }
PYXLOCK_FN void pyxlock_after_fork_child(void) {
    pyxlock_table *table = pyxlock_mine;
    pyxlock_record *me = (pyxlock_record *)pyxlock_key_get(table->key);
    pyxlock_block *block;
    pyxlock_slots slots;
    pyxlock_word *slot;
    int i;
    /* A thread that locked in the very last of its destructors is not announced. */
    if (me == NULL || me == pyxlock_ends(table)) me = pyxlock_home_of(table, pyxlock_self());
    if ((PYXLOCK_LOAD_RELAXED(&me->self) & ~(pyxlock_word)1) != pyxlock_self()) me = NULL;
    memset(table->queue, 0, sizeof(table->queue));
    table->woken = 0;
    table->aways = me != NULL && me->away.object != NULL;
    table->main_thread = 1; /* nobody's: the main thread is that of the process */
    /* Nobody else is there yet: relaxed all through. */
    for (i = 0; i < PYXLOCK_QUEUES; i++) PYXLOCK_STORE_RELAXED(&table->queued[i], 0);
    pyxlock_filter_begin(table);
    for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD_RELAXED(&block->next)) {
        for (i = 0; i < block->used; i++) {
            pyxlock_record *record = pyxlock_record_at(block, i);
            if (record == me || PYXLOCK_LOAD_RELAXED(&record->self) == 0) continue;
            pyxlock_slots_start(&slots, record, NULL, PYXLOCK_MODES);
            while ((slot = pyxlock_slots_next(&slots)) != NULL) {
                PYXLOCK_STORE_RELAXED(slot, 0);
                pyxlock_forget_guards(slot);
            }
            pyxlock_trim_all(record);
            PYXLOCK_SHOW(&record->object, (PyObject *)NULL);
            record->away.object = NULL;
            record->kept = NULL;
            record->signalled = 0;
            record->wake = NULL; /* whatever state its sleeper left it in */
            pyxlock_record_free(record);
        }
    }
    if (me != NULL) {
        pyxlock_slots_start(&slots, me, NULL, PYXLOCK_MODES);
        while ((slot = pyxlock_slots_next(&slots)) != NULL) {
            pyxlock_word word = PYXLOCK_LOAD_RELAXED(slot);
            if ((word & PYXLOCK_WRITE) != 0) (void)pyxlock_count_in(me, pyxlock_named(word));
        }
        if (me->kept != NULL) (void)pyxlock_count_in(me, me->kept);
    }
    pyxlock_mutex_unlock(&table->mutex);
}
#endif

/* ---- for people who debug --------------------------------------------------------- */

/* One line of a snapshot: a thread holds an object, or waits for it. */
typedef struct pyxlock_line {
    unsigned long thread;
    PyObject *object;       /* not to be followed: it may be gone by now */
    int mode;
    int waits;
    int64_t since;          /* of the wait; ns */
    char type[64];          /* where somebody waits for it, which keeps it alive; else empty */
} pyxlock_line;

/* Calls "line" for every hold and wait. Holds of threads that run come and go
   meanwhile. Without the mutex ("locked" is 0) waits do so too, an object may be shown with
   the mode of the next wait, nobody says since when, and no object is looked at. */
PYXLOCK_FN void pyxlock_visit(pyxlock_table *table, int locked, void (*line)(void *to, const pyxlock_line *line),
                              void *to) {
    pyxlock_block *block;
    pyxlock_record *waiter;
    pyxlock_line one;
    int waits, i;
    for (waits = 0; waits < 2; waits++) {
        /* As in pyxlock_walk_next; all records, since those who wait may be unlisted. */
        for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
            for (i = 0; i < PYXLOCK_BITS; i++) {
                /* Pairs with the store in pyxlock_record_init. */
                pyxlock_record *record = (pyxlock_record *)PYXLOCK_LOAD_ACQUIRE(&block->record[i]);
                pyxlock_slots slots;
                pyxlock_word *slot;
                if (record == NULL) break;
                memset(&one, 0, sizeof(one));
                one.thread = PYXLOCK_SHOWN(&record->thread);
                if (waits) {
                    one.object = PYXLOCK_SHOWN(&record->object);
                    one.mode = PYXLOCK_SHOWN(&record->mode);
                    one.waits = 1;
                    if (one.object == NULL) continue;
                    if (locked) {
                        one.since = record->since;
                        (void)snprintf(one.type, sizeof(one.type), "%.63s", pyxlock_type_name(one.object));
                    }
                    line(to, &one);
                    continue;
                }
                pyxlock_slots_start(&slots, record, NULL, PYXLOCK_MODES);
                while ((slot = pyxlock_slots_next(&slots)) != NULL) {
                    pyxlock_word word = PYXLOCK_LOAD(slot); /* as in pyxlock_modes_in */
                    pyxlock_word guards = (PYXLOCK_LOAD_RELAXED(&slot[PYXLOCK_DEPTH]) & PYXLOCK_GUARDS) + 1;
                    if (word == 0) continue;
                    one.object = pyxlock_named(word);
                    one.mode = (int)(word & PYXLOCK_MODES);
                    one.type[0] = 0;
                    for (waiter = locked ? table->queue[pyxlock_queue(one.object)] : NULL; waiter != NULL; waiter = waiter->next) {
                        if (waiter->object != one.object) continue;
                        (void)snprintf(one.type, sizeof(one.type), "%.63s", pyxlock_type_name(one.object));
                        break;
                    }
                    while (guards-- > 0) line(to, &one);
                }
            }
        }
    }
}

/* The lines of a snapshot; "room" is of memory that grows. */
typedef struct pyxlock_lines {
    pyxlock_line *line;
    size_t count, room;
    int failed;
} pyxlock_lines;

PYXLOCK_FN void pyxlock_collect(void *to, const pyxlock_line *line) {
    pyxlock_lines *lines = (pyxlock_lines *)to;
    if (lines->count == lines->room) {
        size_t room = lines->room == 0 ? 32 : 2 * lines->room;
        pyxlock_line *more = (pyxlock_line *)realloc(lines->line, room * sizeof(pyxlock_line));
        if (more == NULL) {
            lines->failed = 1;
            return;
        }
        lines->line = more;
        lines->room = room;
    }
    lines->line[lines->count++] = *line;
}

/* The entry "snapshot". */
PYXLOCK_SLOW PyObject *pyxlock_table_snapshot(pyxlock_table *table) {
    pyxlock_lines lines = {NULL, 0, 0, 0};
    PyObject *list;
    int64_t now;
    size_t i;
    pyxlock_mutex_lock(&table->mutex);
    pyxlock_visit(table, 1, pyxlock_collect, &lines);
    now = pyxlock_now();
    pyxlock_mutex_unlock(&table->mutex);
    list = lines.failed ? PyErr_NoMemory() : PyList_New(0);
    for (i = 0; list != NULL && i < lines.count; i++) {
        pyxlock_line *line = &lines.line[i];
        const char *mode = line->mode == PYXLOCK_WRITE ? "write" : "read";
        PyObject *entry = Py_BuildValue("(kssNsd)", line->thread, line->waits ? "waits" : "holds", mode,
                                        PyLong_FromVoidPtr(line->object), line->type,
                                        line->waits ? (double)(now - line->since) * 1e-9 : 0.0);
        if (entry == NULL || PyList_Append(list, entry) < 0) {
            Py_DECREF(list);
            list = NULL;
        }
        Py_XDECREF(entry);
    }
    free(lines.line);
    return list;
}

PYXLOCK_FN void pyxlock_print(void *to, const pyxlock_line *line) {
    (void)fprintf((FILE *)to, "pyxlock: thread %#lx %s %s %p %s%c", line->thread, line->waits ? "waits to" : "holds to",
                  line->mode == PYXLOCK_WRITE ? "write" : "read", (void *)line->object, line->type, 10);
}

/* The entry "dump". Does not wait long for the mutex: in a debugger the thread
   that has it is stopped as well. */
PYXLOCK_SLOW void pyxlock_table_dump(pyxlock_table *table) {
    int locked = 0, tries;
    for (tries = 0; tries < 100000 && !locked; tries++) {
        locked = pyxlock_mutex_try(&table->mutex);
        if (!locked) pyxlock_pause(1);
    }
    pyxlock_visit(table, locked, pyxlock_print, stderr);
    if (locked) pyxlock_mutex_unlock(&table->mutex);
}

/* The entry "stats". */
PYXLOCK_SLOW PyObject *pyxlock_table_stats(pyxlock_table *table) {
    unsigned long long reads = 0, writes = 0, upgrades = 0, waits = 0, deadlocks = 0;
    pyxlock_word longest = 0;
    pyxlock_block *block;
    int i;
    pyxlock_mutex_lock(&table->mutex);
    for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
        for (i = 0; i < block->used; i++) {
            pyxlock_record *record = pyxlock_record_at(block, i);
            pyxlock_word mine = PYXLOCK_LOAD_RELAXED(&record->count.longest);
            reads += PYXLOCK_LOAD_RELAXED(&record->count.reads);
            writes += PYXLOCK_LOAD_RELAXED(&record->count.writes);
            upgrades += PYXLOCK_LOAD_RELAXED(&record->count.upgrades);
            waits += PYXLOCK_LOAD_RELAXED(&record->count.waits);
            deadlocks += PYXLOCK_LOAD_RELAXED(&record->count.deadlocks);
            if (mine > longest) longest = mine;
        }
    }
    pyxlock_mutex_unlock(&table->mutex);
    return Py_BuildValue("{sKsKsKsKsKsd}", "reads", reads, "writes", writes, "upgrades", upgrades, "waits", waits,
                         "deadlocks", deadlocks, "longest_wait", (double)longest * 1e-6);
}

/* ---- finding the table ------------------------------------------------------ */

PYXLOCK_SLOW void pyxlock_table_free(pyxlock_table *table) {
    pyxlock_key_free(table->key);
    pyxlock_mutex_destroy(&table->mutex);
    free(table->memory);
}

PYXLOCK_SLOW pyxlock_table *pyxlock_table_new(void) {
    void *memory;
    pyxlock_table *table = (pyxlock_table *)pyxlock_aligned(sizeof(pyxlock_table), &memory);
    if (table == NULL) return NULL;
    table->memory = memory;
    table->abi = PYXLOCK_ABI;
    pyxlock_filter_begin(table);
    table->record = pyxlock_table_record;
    table->slot = pyxlock_table_slot;
    table->acquire = pyxlock_table_acquire;
    table->released = pyxlock_table_released;
    table->trim = pyxlock_table_trim;
    table->sweep = pyxlock_table_sweep;
    table->notice = pyxlock_table_notice;
    table->who = pyxlock_table_who;
    table->snapshot = pyxlock_table_snapshot;
    table->stats = pyxlock_table_stats;
    table->dump = pyxlock_table_dump;
    if (pyxlock_mutex_init(&table->mutex) < 0) {
        free(memory);
        return NULL;
    }
    if (pyxlock_key_new(&table->key, pyxlock_thread_ends) < 0) {
        pyxlock_mutex_destroy(&table->mutex);
        free(memory);
        return NULL;
    }
    /* Pairs with the load in pyxlock_find_here. The capsule's dictionary orders
       this already, but ThreadSanitizer need not see that. */
    PYXLOCK_STORE_RELEASE(&table->made, 1);
    return table;
}

#ifdef PYXLOCK_TEST_PYTHREAD_MUTEX
#define PYXLOCK_CAPSULE "_pyxlock_abi5_test"
#else
#define PYXLOCK_CAPSULE "_pyxlock_abi5"
#endif

/* Warns if modules of another PYXLOCK_ABI run in this process: their locks and
   ours do not see each other. 0, or -1 if warnings are errors. */
PYXLOCK_SLOW int pyxlock_warn_of_others(PyObject *names) {
    PyObject *keys = PyDict_Keys(names);
    Py_ssize_t i;
    int result = keys == NULL ? -1 : 0;
    for (i = 0; result == 0 && i < PyList_Size(keys); i++) {
        PyObject *key = PyList_GetItem(keys, i); /* borrowed from a list of our own */
        PyObject *name = PyUnicode_Check(key) ? PyUnicode_AsASCIIString(key) : NULL;
        if (name == NULL) {
            PyErr_Clear();
            continue;
        }
        if (strncmp(PyBytes_AsString(name), "_pyxlock_abi", 12) == 0
                && strcmp(PyBytes_AsString(name), PYXLOCK_CAPSULE) != 0) {
            result = PyErr_WarnEx(PyExc_RuntimeWarning,
                                  "pyxlock: extension modules with different versions of the lock are loaded; objects "
                                  "that they share are not protected: rebuild them with one version of pyxlock", 1);
        }
        Py_DECREF(name);
    }
    Py_XDECREF(keys);
    return result;
}

/* Py_Finalize takes the capsule away, but not the modules that use the table: those
   that are loaded after a new start have to find it. One list of the process survives,
   that of frozen modules, which Python leaves to others to add to. Ours is none: it
   has no code, so nobody can import it. The limited API does not have the list.

   Whoever imports anything reads the list, without a lock. So the entry is added at the
   very end of Py_Finalize, when nobody does. */
#if !defined(Py_LIMITED_API) && !defined(PYPY_VERSION)
typedef struct pyxlock_kept {
    char name[24];
    pyxlock_table *table;
} pyxlock_kept;

/* Others have tables of their own, where pyxlock_find_table does not come from there. */
PYXLOCK_FN int pyxlock_is_main(void) { return PyInterpreterState_Get() == PyInterpreterState_Main(); }

PYXLOCK_SLOW pyxlock_table *pyxlock_kept_table(void) {
    const struct _frozen *frozen = PyImport_FrozenModules;
    if (!pyxlock_is_main()) return NULL;
    for (; frozen != NULL && frozen->name != NULL; frozen++) {
        if (strcmp(frozen->name, PYXLOCK_CAPSULE) == 0) return ((const pyxlock_kept *)(const void *)frozen->name)->table;
    }
    return NULL;
}

static pyxlock_table *pyxlock_to_keep = NULL;

/* Adds the entry. Python may be gone. If memory is out, only what is loaded after a new
   start is worse off. */
static void pyxlock_keep_it(void) {
    const struct _frozen *frozen = PyImport_FrozenModules;
    size_t count = 0;
    pyxlock_kept *kept = (pyxlock_kept *)calloc(1, sizeof(pyxlock_kept));
    struct _frozen *all;
    while (frozen != NULL && frozen[count].name != NULL) count++;
    all = (struct _frozen *)calloc(count + 2, sizeof(struct _frozen));
    if (kept == NULL || all == NULL) {
        free(kept);
        free(all);
        return;
    }
    if (count > 0) memcpy(all, frozen, count * sizeof(struct _frozen));
    (void)snprintf(kept->name, sizeof(kept->name), "%s", PYXLOCK_CAPSULE);
    kept->table = pyxlock_to_keep;
    all[count].name = kept->name;
    PyImport_FrozenModules = all;
}

PYXLOCK_SLOW void pyxlock_keep(pyxlock_table *table) {
    if (!pyxlock_is_main()) return;
    pyxlock_to_keep = table;
    /* Python has room for 32 functions. Without it, now: who imports at this moment finds the
       old list or the new one, though C would not say so. */
    if (Py_AtExit(pyxlock_keep_it) < 0) pyxlock_keep_it();
}
#else
PYXLOCK_FN pyxlock_table *pyxlock_kept_table(void) { return NULL; }
PYXLOCK_FN void pyxlock_keep(pyxlock_table *table) { (void)table; }
#endif

/* Makes the table one of this start of Python. Other threads may use it already. */
PYXLOCK_SLOW void pyxlock_settle(pyxlock_table *table) {
    /* From Python 3.13; before, we do not know. */
    PyObject *module = PyImport_ImportModule("_thread");
    PyObject *ident = module == NULL ? NULL : PyObject_CallMethod(module, "_get_main_thread_ident", NULL);
    unsigned long main_thread;
    main_thread = ident == NULL ? 0 : PyLong_AsUnsignedLong(ident);
    if (PyErr_Occurred()) PyErr_Clear();
    pyxlock_mutex_lock(&table->mutex);
    table->main_thread = main_thread;
    pyxlock_mutex_unlock(&table->mutex);
    Py_XDECREF(ident);
    Py_XDECREF(module);
    PYXLOCK_STORE_RELAXED(&table->getcurrent, 0);
    pyxlock_watch(table);
}

/* Finds the interpreter's table or makes it; needs an attached thread. The
   capsule is in the dictionary of sys, under its own name: unlike an entry in
   sys.modules nobody clears that, unlike the interpreter's dictionary every
   version of the limited API reaches it. dict.setdefault is atomic, so of
   modules that start at once one wins. The table is never freed: threads may
   hold locks until the process ends. */
PYXLOCK_SLOW pyxlock_table *pyxlock_find_here(void) {
    PyObject *sys = NULL, *mine = NULL, *found = NULL;
    pyxlock_table *table = NULL, *kept = pyxlock_kept_table(), *made = kept != NULL ? kept : pyxlock_table_new();
    if (made == NULL) {
        (void)PyErr_NoMemory();
        return NULL;
    }
    mine = PyCapsule_New(made, PYXLOCK_CAPSULE, NULL);
    sys = PyImport_ImportModule("sys");
    if (mine != NULL && sys != NULL && pyxlock_warn_of_others(PyModule_GetDict(sys)) == 0) {
        found = PyObject_CallMethod(PyModule_GetDict(sys), "setdefault", "sO", PYXLOCK_CAPSULE, mine);
    }
    if (found != NULL) table = (pyxlock_table *)PyCapsule_GetPointer(found, PYXLOCK_CAPSULE);
    /* Pairs with the store in pyxlock_table_new. */
    if (table != NULL) (void)PYXLOCK_LOAD_ACQUIRE(&table->made);
    if (kept != NULL) {
        if (found == mine && found != NULL) {
            pyxlock_settle(table); /* the first one of this start */
        } else if (table != NULL && table != kept
                   && PyErr_WarnEx(PyExc_RuntimeWarning,
                                   "pyxlock: extension modules that were loaded before Python was started anew use another "
                                   "lock table; objects that they share are not protected", 1) < 0) {
            table = NULL;
        }
    } else if (table != made) {
        pyxlock_table_free(made);
    } else {
        pyxlock_settle(table);
        pyxlock_keep(table);
#ifndef _WIN32
        /* Without the handlers only a fork while other threads hold is worse off;
           so is, in the limited API, the table of a second interpreter. */
        if (pyxlock_mine == NULL) {
            pyxlock_mine = table;
            (void)pthread_atfork(pyxlock_before_fork, pyxlock_after_fork_parent, pyxlock_after_fork_child);
        }
#endif
    }
    Py_XDECREF(found);
    Py_XDECREF(mine);
    Py_XDECREF(sys);
    return table;
}

/* The same for the process: the main interpreter's table serves all, since a
   module may be loaded into several. The limited API cannot name the main
   interpreter; there each interpreter has its own. */
PYXLOCK_SLOW pyxlock_table *pyxlock_find_table(void) {
#if !defined(Py_LIMITED_API) && !defined(PYPY_VERSION) && PY_VERSION_HEX >= 0x030C0000
    PyThreadState *here = PyThreadState_Get();
    if (here->interp != PyInterpreterState_Main()) {
        PyThreadState *there = PyThreadState_New(PyInterpreterState_Main());
        pyxlock_table *table;
        if (there == NULL) {
            (void)PyErr_NoMemory();
            return NULL;
        }
        (void)PyThreadState_Swap(there);
        table = pyxlock_find_here();
        PyThreadState_Clear(there);
        (void)PyThreadState_Swap(here);
        PyThreadState_Delete(there);
        if (table == NULL) (void)PyErr_NoMemory();
        return table;
    }
#endif
    return pyxlock_find_here();
}

PYXLOCK_SLOW pyxlock_table *pyxlock_start(void) {
    pyxlock_ensured e;
    pyxlock_table *table;
    pyxlock_attach(&e);
    table = pyxlock_find_table();
    pyxlock_unattach(&e);
    if (table == NULL) return NULL;
#if PYXLOCK_NO_GIL || defined(PYXLOCK_RELEASES_GIL)
    /* Relaxed: see pyxlock_enabled. */
    PYXLOCK_STORE_RELAXED(&table->enabled, 1);
#endif
    /* Pairs with the acquiring loads of pyxlock_shared. */
    PYXLOCK_STORE_RELEASE(&pyxlock_shared, (pyxlock_word)table);
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
    /* Pairs with the releasing store in pyxlock_start. */
    pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_shared);
    *failed = 0;
    if (!PYXLOCK_LIKELY(table != NULL)) {
        table = pyxlock_start();
        if (table == NULL) {
            *failed = -1;
            return NULL;
        }
    }
#if !PYXLOCK_NO_GIL && !defined(PYXLOCK_RELEASES_GIL)
    /* Relaxed: it goes from 0 to 1 once, and the GIL orders that. */
    if (!PYXLOCK_LOAD_RELAXED(&table->enabled)) return NULL;
#endif
    return table;
}

/* ---- the fast path -------------------------------------------------------------

   What is in line makes no call that returns to it, but for one into the slow
   path, across which little has to be kept: so it needs few registers. */

/* Says that locks are off. */
static pyxlock_word pyxlock_no_slot;

#ifdef PYXLOCK_STATS
/* Counts a lock that was got; the counters are of this thread, read by any. */
PYXLOCK_SLOW void pyxlock_count(pyxlock_word *slot, PyObject *object, int mode) {
    pyxlock_record *me = pyxlock_me((pyxlock_table *)PYXLOCK_LOAD_RELAXED(&pyxlock_shared));
    pyxlock_word *counter = mode == PYXLOCK_WRITE ? &me->count.writes : &me->count.reads;
    PYXLOCK_STORE_RELAXED(counter, PYXLOCK_LOAD_RELAXED(counter) + 1);
    if (mode == PYXLOCK_WRITE && (PYXLOCK_LOAD_RELAXED(&slot[PYXLOCK_DEPTH]) & PYXLOCK_GUARDS) == 0
            && pyxlock_own(me, object, slot) == PYXLOCK_READ) {
        PYXLOCK_STORE_RELAXED(&me->count.upgrades, PYXLOCK_LOAD_RELAXED(&me->count.upgrades) + 1);
    }
}
#endif

/* Everything that the fast path leaves open. "slot" is NULL if it did not get so
   far; "state" says how far it got. Returns the slot that holds the object;
   &pyxlock_no_slot if locks are off; PYXLOCK_IN_USE; NULL with an exception. */
PYXLOCK_SLOW pyxlock_word *pyxlock_take_slowly(pyxlock_word *slot, PyObject *object, int mode, int blocking, int state) {
    int failed, mine;
    pyxlock_table *table;
    pyxlock_record *me;
    pyxlock_word *again, who = 0;
    table = pyxlock_enabled(&failed);
    if (table == NULL) return failed ? NULL : &pyxlock_no_slot;
    /* Hints whether it is worth a look: relaxed. */
    if (!PYXLOCK_LOAD_RELAXED(&table->watched)) {
        PyObject *modules = pyxlock_modules(table);
        pyxlock_word seen = PYXLOCK_LOAD_RELAXED(&table->seen);
        if (modules != NULL && (pyxlock_word)PyDict_Size(modules) != seen) table->notice(table);
    }
    /* Pairs with the store in pyxlock_greenlets_come, which the import orders anyhow. */
    if (!PYXLOCK_LIKELY(!PYXLOCK_LOAD_ACQUIRE(&table->greenlets))) who = table->who(table);
    me = pyxlock_me(table);
    if (me == NULL) {
        failed = PYXLOCK_MEMORY;
    } else if (slot == NULL) {
        again = pyxlock_reenter(me, NULL, object, mode, who, &failed);
        if (again != NULL) return again;
        if (!failed) slot = table->slot(me, object, mode);
        if (slot == NULL && !failed) failed = PYXLOCK_MEMORY;
        if (slot != NULL && pyxlock_try_fast(me, slot, object, mode) == PYXLOCK_OK) {
            if (mode == PYXLOCK_READ && me->patience == 0) pyxlock_relax(me, pyxlock_filter(table, object));
            slot[PYXLOCK_WHO] = who;
            return slot;
        }
    } else if (mode == PYXLOCK_READ) {
        /* As in pyxlock_try_fast; it may have been written without a fence. */
        (void)PYXLOCK_EXCHANGE(slot, (pyxlock_word)object | PYXLOCK_READ);
        if (!PYXLOCK_LOAD(&me->unlisted) && pyxlock_admit(me, pyxlock_filter(table, object), object, mode, &mine)) {
            return slot;
        }
        again = pyxlock_reenter(me, slot, object, mode, who, &failed);
        if (again != NULL) return again;
    }
    if (failed) {
        pyxlock_raise(failed, object, mode, "");
        return NULL;
    }
    slot = table->acquire(me, slot, object, mode, blocking, state);
    if (slot != NULL && slot != PYXLOCK_IN_USE) slot[PYXLOCK_WHO] = who;
    return slot;
}

/* What most often keeps the fast path from going on, and is no contention: the thread
   writes the object already, and is to write it once more; or the word counts others, or has another owner, but nobody is
   counted for this object. Else it takes the slow path. Returns as that does. The slots are those
   of the fast path, which has found the record, so that there are no greenlets, as far as we know. */
PYXLOCK_SLOW pyxlock_word *pyxlock_take_simply(pyxlock_record *me, PyObject *object, int mode, int blocking) {
    /* Relaxed: slots of ours that nobody fills we wrote ourselves. */
    pyxlock_word *slot = mode == PYXLOCK_READ ? me->reads : me->writes;
    /* Who takes the slow path looks whether they have come; relaxed, as there. */
    if (!PYXLOCK_LOAD_RELAXED(&me->table->watched)) goto slowly;
    if (mode == PYXLOCK_WRITE && PYXLOCK_LOAD_RELAXED(slot) == ((pyxlock_word)object | PYXLOCK_WRITE)) {
        pyxlock_share(slot, 1);
        return slot;
    }
    if (PYXLOCK_LOAD_RELAXED(slot) != 0 && PYXLOCK_LOAD_RELAXED(++slot) != 0) goto slowly;
    if (pyxlock_try_fast(me, slot, object, mode) != PYXLOCK_OK) goto slowly;
    if (mode == PYXLOCK_READ && me->patience == 0) pyxlock_relax(me, pyxlock_filter(me->table, object));
    return slot;
slowly:
    return pyxlock_take_slowly(NULL, object, mode, blocking, 0);
}

/* Goes on after the fast path of a write raised the filter, but found that it is
   not alone. Now and then it makes itself the owner of the filter word. Returns as
   pyxlock_take_slowly. */
PYXLOCK_SLOW pyxlock_word *pyxlock_write_beside_others(pyxlock_record *me, pyxlock_word *slot, pyxlock_word *filter,
                                                       PyObject *object, int blocking) {
    if ((PYXLOCK_LOAD_RELAXED(filter) & PYXLOCK_FENCES) == 0) pyxlock_fence(me, filter);
    if (!PYXLOCK_LOAD(&me->unlisted) && !pyxlock_read_by_others(me, object)) {
        if (!PYXLOCK_LIKELY((me->scans & 7) != 0)) pyxlock_claim(me, filter);
        return slot;
    }
    return pyxlock_take_slowly(slot, object, PYXLOCK_WRITE, blocking, PYXLOCK_PUBLISHED | PYXLOCK_RAISED_FILTER);
}

/* Locks an object that is not NULL. 0; 1 if it is asked for and in use; -1 with an
   exception. */
PYXLOCK_HOT int pyxlock_take(pyxlock_Guard *guard, PyObject *object, int mode, int blocking) {
    /* Pairs with the releasing store in pyxlock_start. */
    pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_shared);
    pyxlock_word *slot = NULL, *filter, word;
    pyxlock_record *me;
    uintptr_t self = pyxlock_self();
    int raised = 0, published = 0;
    if (!PYXLOCK_LIKELY(table != NULL)) goto slowly;
#if !PYXLOCK_NO_GIL && !defined(PYXLOCK_RELEASES_GIL)
    if (PYXLOCK_LIKELY(!PYXLOCK_LOAD_RELAXED(&table->enabled))) return 0; /* as in pyxlock_enabled */
#endif
    me = pyxlock_home_of(table, self);
    /* Relaxed: what equals our own number we wrote ourselves. */
    if (!PYXLOCK_LIKELY(PYXLOCK_LOAD_RELAXED(&me->self) == self)) goto slowly;
    filter = pyxlock_filter(table, object);
    /* A hint only, which spares us to write and take back: relaxed. */
    word = PYXLOCK_LOAD_RELAXED(filter);
    if (mode == PYXLOCK_READ) {
        pyxlock_word *free_slot;
        /* Relaxed: slots that are free are written by this thread alone. */
        if (PYXLOCK_LIKELY(PYXLOCK_LOAD_RELAXED(&me->reads[0]) == 0)) free_slot = &me->reads[0];
        else if (PYXLOCK_LOAD_RELAXED(&me->reads[1]) == 0) free_slot = &me->reads[1];
        else goto slowly; /* no slot for pyxlock_take_simply either */
        if (PYXLOCK_LIKELY((word & me->fenced) == 0)) {
            slot = free_slot;
            if (pyxlock_enter_plainly(me, slot, filter, object)) goto in;
        } else if ((word & me->others) != 0) {
            /* Inside a write nothing needs to be looked at (see pyxlock_reenter), unless nobody
               tells us of greenlets. Relaxed: our own, and a hint. */
            if (PYXLOCK_LOAD_RELAXED(&me->writes[0]) != ((pyxlock_word)object | PYXLOCK_WRITE)
                    || !PYXLOCK_LOAD_RELAXED(&table->watched)) goto simply;
            slot = free_slot;
            PYXLOCK_STORE_RELEASE(slot, (pyxlock_word)object | PYXLOCK_READ); /* see pyxlock_reenter */
            goto in;
        } else {
            /* In vain, if patience is at its end; the slow path looks at that as well. */
            if (me->patience == 0) goto simply;
            me->patience--;
            slot = free_slot;
            if (pyxlock_enter_reading(me, slot, filter, object)) goto in;
        }
    } else {
        if (!PYXLOCK_LIKELY((word & me->others) == 0)) goto simply;
        if (PYXLOCK_LIKELY(PYXLOCK_LOAD_RELAXED(&me->writes[0]) == 0)) slot = &me->writes[0]; /* as above */
        else if (PYXLOCK_LOAD_RELAXED(&me->writes[1]) == 0) slot = &me->writes[1];
        else goto slowly;
        if (pyxlock_enter_writing(me, slot, filter, word, object, &raised)) {
            if (PYXLOCK_LIKELY((word & PYXLOCK_TAG) != 0) || pyxlock_alone(table)) goto in;
        }
        if (PYXLOCK_LIKELY(raised)) {
            slot = pyxlock_write_beside_others(me, slot, filter, object, blocking);
            goto taken;
        }
    }
    published = PYXLOCK_PUBLISHED;
    goto slowly;
simply:
    slot = pyxlock_take_simply(me, object, mode, blocking);
    goto taken;
slowly:
    slot = pyxlock_take_slowly(slot, object, mode, blocking, published);
taken:
    if (slot == NULL) return -1;
    if (slot == &pyxlock_no_slot) return 0;
    if (slot == PYXLOCK_IN_USE) return 1;
    filter = pyxlock_filter((pyxlock_table *)PYXLOCK_LOAD_RELAXED(&pyxlock_shared), object);
in:
#ifdef PYXLOCK_STATS
    pyxlock_count(slot, object, mode);
#endif
    guard->object = object;
    guard->mode = (uintptr_t)mode;
    guard->filter = filter;
    guard->slot = slot;
    return 0;
}

PYXLOCK_SLOW void pyxlock_released(pyxlock_word *slot, PyObject *object, int mode) {
    pyxlock_table *table;
    if (mode == PYXLOCK_READ) {
        /* A release inside a write is no end of it: the usual case, out of many. The slot is
           in the first line of our record; one in a chunk was not released here. */
        pyxlock_record *me = (pyxlock_record *)((uintptr_t)slot & ~(uintptr_t)63);
        if (PYXLOCK_LOAD_RELAXED(&me->writes[0]) == ((pyxlock_word)object | PYXLOCK_WRITE)) return; /* our own */
    }
    table = (pyxlock_table *)PYXLOCK_LOAD_RELAXED(&pyxlock_shared);
    /* Those who want the object would have set the mark to its own, or to 0. Relaxed, as
       the look before: it is not earlier than that. */
    if (!pyxlock_counts(PYXLOCK_LOAD_RELAXED(pyxlock_filter(table, object)), object)) return;
    table->released(pyxlock_me(table), slot, object, mode);
}

/* As the end of pyxlock_release. */
PYXLOCK_SLOW void pyxlock_release_in_chunk(pyxlock_word *slot, PyObject *object, int mode) {
    pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_RELAXED(&pyxlock_shared);
    pyxlock_record *me = pyxlock_me(table);
    pyxlock_word counted;
    pyxlock_clear(slot);
    if (mode == PYXLOCK_READ) counted = PYXLOCK_LOAD_RELAXED(pyxlock_filter(table, object)) & PYXLOCK_COUNT;
    else counted = pyxlock_lower_filter(table, object);
    if (counted != 0) table->released(me, slot, object, mode);
    table->trim(me, slot, object);
}

/* ---- the functions that Cython code calls ----------------------------------- */

PYXLOCK_HOT int pyxlock_lock(pyxlock_Guard *guard, PyObject *obj, int mode, int blocking) {
    PyObject *none = Py_None;
    int result = 0;
#if defined(__GNUC__) || defined(__clang__)
    /* Or the compiler follows the path where "self" is None into the caller, and
       warns that None has no such field. */
    __asm__("" : "+r"(none));
#endif
    guard->slot = NULL;
    if (PYXLOCK_LIKELY(obj != NULL) && PYXLOCK_LIKELY(obj != none)) {
        result = pyxlock_take(guard, obj, mode, blocking);
    }
    if (!PYXLOCK_LIKELY(guard->slot != NULL)) {
        /* Of an empty guard nobody reads these. The compiler cannot see that the
           caller's body leaves the slot empty, and would warn. */
        guard->object = NULL;
        guard->mode = 0;
        guard->filter = NULL;
    }
    return result;
}

/* Locks obj for reading; waits while another thread writes it, or queued before
   to write it. 0, or -1 with an exception and an empty guard: RuntimeError if
   waiting would never end, MemoryError, or what a signal handler raised. */
PYXLOCK_HOT int pyxlock_read(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_READ, PYXLOCK_WAIT);
}

/* Locks obj for writing; waits while another thread holds it. If this thread
   reads it, waits for the other readers (an upgrade). Errors as pyxlock_read. */
PYXLOCK_HOT int pyxlock_write(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_WRITE, PYXLOCK_WAIT);
}

/* As pyxlock_read, but where that would wait, raises RuntimeError at once. */
PYXLOCK_HOT int pyxlock_try_read(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_READ, PYXLOCK_TRY);
}

/* As pyxlock_write, but where that would wait, raises RuntimeError at once. */
PYXLOCK_HOT int pyxlock_try_write(pyxlock_Guard *guard, PyObject *obj) {
    return pyxlock_lock(guard, obj, PYXLOCK_WRITE, PYXLOCK_TRY);
}

/* Gives up what the guard holds and empties it. Does nothing to an empty guard.
   Cannot fail, leaves the current exception alone, needs no thread state. */
PYXLOCK_HOT void pyxlock_release(pyxlock_Guard *guard) {
    pyxlock_word *slot = guard->slot;
    if (slot == NULL) return;
    guard->slot = NULL;
    if (!PYXLOCK_LIKELY(PYXLOCK_LOAD_RELAXED(&slot[PYXLOCK_DEPTH]) == 0)) {
        if ((PYXLOCK_LOAD_RELAXED(&slot[PYXLOCK_DEPTH]) & PYXLOCK_GUARDS) != 0) pyxlock_share(slot, -1);
        else pyxlock_release_in_chunk(slot, guard->object, (int)guard->mode);
        return;
    }
    pyxlock_clear(slot);
    if (guard->mode == PYXLOCK_READ) {
        /* Without an order between this load and the clearing, to save a fence:
           we may miss a thread that begins to wait in this moment, and it may
           miss us. See pyxlock_sleep. */
        if (PYXLOCK_LIKELY((PYXLOCK_LOAD_RELAXED(guard->filter) & PYXLOCK_COUNT) == 0)) return;
    } else {
        if (PYXLOCK_LIKELY(pyxlock_lower(guard->filter) == 0)) return;
    }
    pyxlock_released(slot, guard->object, (int)guard->mode);
}

/* Makes the guard want the object in the mode. NULL and None: nothing. */
PYXLOCK_FN void pyxlock_want(pyxlock_Guard *guard, PyObject *obj, int mode) {
    guard->object = obj == Py_None ? NULL : obj;
    guard->mode = (uintptr_t)mode;
    guard->slot = NULL;
    guard->filter = NULL;
}

/* Prepare a guard for pyxlock_acquire; they lock nothing. */
PYXLOCK_FN void pyxlock_want_read(pyxlock_Guard *guard, PyObject *obj) {
    pyxlock_want(guard, obj, PYXLOCK_READ);
}
PYXLOCK_FN void pyxlock_want_write(pyxlock_Guard *guard, PyObject *obj) {
    pyxlock_want(guard, obj, PYXLOCK_WRITE);
}

/* Of guards in order, leaves one for each object, in the stronger mode; the
   others become empty. */
PYXLOCK_FN void pyxlock_merge(pyxlock_Guard *guards, int count) {
    int i;
    for (i = count - 1; i > 0; i--) {
        if (guards[i].object == NULL || guards[i].object != guards[i - 1].object) continue;
        if (guards[i].mode == PYXLOCK_WRITE) guards[i - 1].mode = PYXLOCK_WRITE;
        guards[i].object = NULL;
    }
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
    pyxlock_merge(guards, count);
}

/* pyxlock_release for each guard, the last one first. */
PYXLOCK_FN void pyxlock_release_all(pyxlock_Guard *guards, int count) {
    while (count-- > 0) pyxlock_release(&guards[count]);
}

#define PYXLOCK_ROUNDS 4

/* Goes on where one of the guards, which are in order and hold nothing, wants what is
   in use. Waits for that one, holding none of the others, and asks for these; while
   another is in use, gives all of them up and waits for that. So nobody waits for a
   thread that waits here, unless for what it held before: one that holds some of
   these objects and locks another of them meets no deadlock. (Howard Hinnant, Dining
   Philosophers Rebooted, 2013, "smart"; std::lock of C++ does the same.)

   Where many threads use the objects, one of them is always in use. So after PYXLOCK_ROUNDS
   it holds what it has while it waits for another, as long as nobody waits for it in a
   circle: then it gives all up once more. */
PYXLOCK_SLOW int pyxlock_back_off(pyxlock_Guard *guards, int count, int first) {
    int rounds = PYXLOCK_ROUNDS;
    for (;;) {
        int i, at = first, result = 0;
        for (i = -1; i < count && result == 0; i++) {
            if (i == first) continue;
            at = i < 0 ? first : i;
            if (guards[at].object == NULL) continue;
            result = pyxlock_take(&guards[at], guards[at].object, (int)guards[at].mode,
                                  i < 0 ? PYXLOCK_WAIT : rounds > 0 ? PYXLOCK_ASK : PYXLOCK_GIVE_WAY);
        }
        if (result == 0) return 0;
        pyxlock_release_all(guards, count);
        if (result < 0) return -1;
        if (rounds > 0) rounds--;
        first = at;
    }
}

/* Locks what the guards want, which are in order. Waits as pyxlock_back_off does. */
PYXLOCK_FN int pyxlock_take_all(pyxlock_Guard *guards, int count, int blocking) {
    int i;
    for (i = 0; i < count; i++) {
        int result;
        if (guards[i].object == NULL) continue;
        result = pyxlock_take(&guards[i], guards[i].object, (int)guards[i].mode, blocking);
        if (result != 0) {
            pyxlock_release_all(guards, count);
            return result < 0 ? -1 : pyxlock_back_off(guards, count, i);
        }
        if (blocking == PYXLOCK_WAIT) blocking = PYXLOCK_ASK;
    }
    return 0;
}

PYXLOCK_FN int pyxlock_acquire_as(pyxlock_Guard *guards, int count, int blocking) {
    pyxlock_order(guards, count);
    return pyxlock_take_all(guards, count, blocking);
}

/* Locks what the guards want: all of it, or nothing and -1. Objects are taken
   in the order of their addresses, each once, in the stronger of the modes, and
   none is held while that closes a circle: see pyxlock_back_off. The
   guards change places. Waits and errors as pyxlock_read and pyxlock_write. */
PYXLOCK_FN int pyxlock_acquire(pyxlock_Guard *guards, int count) {
    return pyxlock_acquire_as(guards, count, PYXLOCK_WAIT);
}

/* As pyxlock_acquire, but where that would wait, raises RuntimeError at once. */
PYXLOCK_FN int pyxlock_try_acquire(pyxlock_Guard *guards, int count) {
    return pyxlock_acquire_as(guards, count, PYXLOCK_TRY);
}

/* ---- any number of objects ---------------------------------------------------- */

#define PYXLOCK_FEW 8

/* The locks that a function holds where it cannot know how many they will be: a
   variable on its stack, with room elsewhere for more than a few. */
typedef struct pyxlock_Guards {
    int count;
    pyxlock_Guard *many;            /* from malloc; NULL: they are in "few" */
    pyxlock_Guard few[PYXLOCK_FEW];
} pyxlock_Guards;

PYXLOCK_FN pyxlock_Guard *pyxlock_guards_of(pyxlock_Guards *guards) {
    return guards->many != NULL ? guards->many : guards->few;
}

/* The order of pyxlock_order, for qsort. */
PYXLOCK_FN int pyxlock_compare(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)((const pyxlock_Guard *)a)->object, y = (uintptr_t)((const pyxlock_Guard *)b)->object;
    return (x > y) - (x < y);
}

/* How many objects a list or a tuple has; None has none. -1 with an exception. */
PYXLOCK_FN Py_ssize_t pyxlock_length(PyObject *objects) {
    if (objects == Py_None) return 0;
    return PyList_Check(objects) ? PyList_Size(objects) : PyTuple_Size(objects);
}

/* Makes guards want what is in a list or a tuple. */
PYXLOCK_FN void pyxlock_want_objects(pyxlock_Guard *guards, PyObject *objects, Py_ssize_t count, int mode) {
    Py_ssize_t i;
    for (i = 0; i < count; i++) {
        pyxlock_want(&guards[i], PyList_Check(objects) ? PyList_GetItem(objects, i) : PyTuple_GetItem(objects, i), mode);
    }
}

/* Gives up what the guards hold, and the room that they have. Does nothing to
   guards that are empty. As pyxlock_release otherwise. */
PYXLOCK_SLOW void pyxlock_release_objects(pyxlock_Guards *guards) {
    pyxlock_release_all(pyxlock_guards_of(guards), guards->count);
    guards->count = 0;
    free(guards->many);
    guards->many = NULL;
}

PYXLOCK_SLOW int pyxlock_acquire_objects_as(pyxlock_Guards *guards, PyObject *reads, PyObject *writes, int blocking) {
    Py_ssize_t nreads, nwrites;
    pyxlock_Guard *all;
    guards->count = 0;
    guards->many = NULL;
#if !PYXLOCK_NO_GIL && !defined(PYXLOCK_RELEASES_GIL)
    {
        /* As in pyxlock_enabled: nothing to sort, nothing to allocate. */
        pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_shared);
        if (table != NULL && !PYXLOCK_LOAD_RELAXED(&table->enabled)) return 0;
    }
#endif
    nreads = pyxlock_length(reads);
    nwrites = pyxlock_length(writes);
    if (nreads < 0 || nwrites < 0) return -1;
    if (nreads > INT_MAX / 2 || nwrites > INT_MAX / 2 ||
        (size_t)(nreads + nwrites) > (size_t)-1 / 2 / sizeof(pyxlock_Guard)) {
        PyErr_NoMemory();
        return -1;
    }
    if (nreads + nwrites > PYXLOCK_FEW) {
        guards->many = (pyxlock_Guard *)malloc((size_t)(nreads + nwrites) * sizeof(pyxlock_Guard));
        if (guards->many == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    all = pyxlock_guards_of(guards);
    pyxlock_want_objects(all, reads, nreads, PYXLOCK_READ);
    pyxlock_want_objects(all + nreads, writes, nwrites, PYXLOCK_WRITE);
    guards->count = (int)(nreads + nwrites);
    qsort(all, (size_t)guards->count, sizeof(pyxlock_Guard), pyxlock_compare);
    pyxlock_merge(all, guards->count);
    if (pyxlock_take_all(all, guards->count, blocking) < 0) {
        pyxlock_release_objects(guards);
        return -1;
    }
    return 0;
}

/* Locks each object of one list or tuple for reading and of another for writing:
   all of them, or nothing and -1. None in place of a list and None in it are
   nothing. The objects are borrowed; the lists must not change during the call.
   Order, waits and errors as pyxlock_acquire, and MemoryError where there is no
   room for the guards. Needs an attached thread. */
PYXLOCK_FN int pyxlock_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes) {
    return pyxlock_acquire_objects_as(guards, reads, writes, PYXLOCK_WAIT);
}

/* As pyxlock_acquire_objects, but where that would wait, raises RuntimeError at
   once. */
PYXLOCK_FN int pyxlock_try_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes) {
    return pyxlock_acquire_objects_as(guards, reads, writes, PYXLOCK_TRY);
}

/* ---- variables of Cython code ---------------------------------------------------

   A C++ exception that passes a function of Cython's leaves out its "finally". So as C++
   the variable gives up what it holds when its scope is left. Inside a generator it is no
   variable but a part of an object, and nothing is called. */

#ifdef __cplusplus
/* By value, or the guards of all functions would have to exist in memory. */
PYXLOCK_SLOW void pyxlock_leave(PyObject *object, pyxlock_word *slot, uintptr_t mode, pyxlock_word *filter) {
    pyxlock_Guard guard = { object, slot, mode, filter };
    pyxlock_release(&guard);
}

/* A copy is empty: of two that hold the same both would release it. Cython copies what
   a parallel loop assigns. */
struct pyxlock_ScopedGuard : pyxlock_Guard {
    pyxlock_ScopedGuard() { clear(); }
    pyxlock_ScopedGuard(const pyxlock_ScopedGuard &) : pyxlock_Guard() { clear(); }
    pyxlock_ScopedGuard &operator=(const pyxlock_ScopedGuard &) { clear(); return *this; }
    ~pyxlock_ScopedGuard() { if (!PYXLOCK_LIKELY(slot == NULL)) pyxlock_leave(object, slot, mode, filter); }
private:
    void clear() { object = NULL; slot = NULL; mode = PYXLOCK_READ; filter = NULL; }
};
static_assert(sizeof(pyxlock_ScopedGuard) == sizeof(pyxlock_Guard), "arrays of the one are passed as arrays of the other");

struct pyxlock_ScopedGuards : pyxlock_Guards {
    pyxlock_ScopedGuards() { count = 0; many = NULL; }
    ~pyxlock_ScopedGuards() { if (!PYXLOCK_LIKELY(count == 0 && many == NULL)) pyxlock_release_objects(this); }
private:
    pyxlock_ScopedGuards(const pyxlock_ScopedGuards &);
    pyxlock_ScopedGuards &operator=(const pyxlock_ScopedGuards &);
};

/* An empty guard. */
PYXLOCK_HOT pyxlock_ScopedGuard pyxlock_unlocked(void) { return pyxlock_ScopedGuard(); }
#else
typedef pyxlock_Guard pyxlock_ScopedGuard;
typedef pyxlock_Guards pyxlock_ScopedGuards;

PYXLOCK_HOT pyxlock_ScopedGuard pyxlock_unlocked(void) {
    pyxlock_Guard guard = { NULL, NULL, PYXLOCK_READ, NULL };
    return guard;
}
#endif

/* Whether obj is an iterator of Python's own that can do nothing but yield: one
   over a list stands in for it. Files and objects of other types are iterators
   as well, and can do more. */
PYXLOCK_FN int pyxlock_only_yields(PyObject *obj) {
#ifndef PYPY_VERSION
    PyTypeObject *type = Py_TYPE(obj);
    if (type == &PyMap_Type || type == &PyFilter_Type || type == &PyListIter_Type || type == &PyTupleIter_Type) return 1;
#endif
    /* Generators, those of Cython as well. */
    return PyIter_Check(obj) && PyObject_HasAttrString(obj, "gi_running");
}

/* Whether obj is the values of a dict. */
PYXLOCK_FN int pyxlock_are_values(PyObject *obj) {
#ifndef PYPY_VERSION
    return Py_TYPE(obj) == &PyDictValues_Type;
#else
    (void)obj;
    return 0;
#endif
}

/* The items of obj as they are now, as a new list or as a tuple: of a list, a
   tuple, a set, the values of a dict, a generator and other iterators that can do
   nothing but yield. Of anything else, an empty tuple. NULL with what iterating
   raised. */
PYXLOCK_SLOW PyObject *pyxlock_items(PyObject *obj) {
    if (PyTuple_Check(obj)) return PySequence_Tuple(obj);
    if (PyList_Check(obj) || PyAnySet_Check(obj) || pyxlock_are_values(obj) || pyxlock_only_yields(obj)) {
        return PySequence_List(obj);
    }
    return PyTuple_New(0);
}

/* What a function has to use in the place of obj, so that it uses the items that
   pyxlock_items found and no others: a copy of a list or a set, an iterator over
   a list. What cannot change, and instances of subclasses, are used as they are. */
PYXLOCK_SLOW PyObject *pyxlock_stand_in(PyObject *obj, PyObject *items) {
    if (PyList_Check(items)) {
        if (Py_TYPE(obj) == &PySet_Type) return PySet_New(items);
        if (pyxlock_only_yields(obj)) return PyObject_GetIter(items);
        if (Py_TYPE(obj) == &PyList_Type || pyxlock_are_values(obj)) obj = items;
    }
    Py_INCREF(obj);
    return obj;
}

/* What PYXLOCK_RELEASES_GIL says, at run time: a locked body of the calling
   module releases the GIL. On a build with a GIL it switches the locks of the
   whole interpreter on; elsewhere they always are. Needs an attached thread.
   0, or -1 with MemoryError. */
PYXLOCK_FN int pyxlock_releases_gil(void) {
#if !PYXLOCK_NO_GIL
    pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_shared); /* as in pyxlock_enabled */
    if (table == NULL) table = pyxlock_start();
    if (table == NULL) return -1;
    PYXLOCK_STORE_RELAXED(&table->enabled, 1);
#endif
    return 0;
}

/* The table, also where locks are off. */
PYXLOCK_FN pyxlock_table *pyxlock_any_table(void) {
    pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_shared); /* as in pyxlock_enabled */
    return table != NULL ? table : pyxlock_start();
}

/* Who holds and who waits, in all modules, as a new list of tuples (thread
   identifier, "holds" or "waits", "read" or "write", id of the object, name of
   its type, seconds waited). The name is empty where nobody waits for the
   object: it may be gone. What running threads hold changes meanwhile. Needs
   an attached thread. NULL with MemoryError. */
PYXLOCK_FN PyObject *pyxlock_snapshot(void) {
    pyxlock_table *table = pyxlock_any_table();
    return table == NULL ? NULL : table->snapshot(table);
}

/* What happened so far, in all modules and threads, as a new dict: waits,
   deadlocks (and refused upgrades), longest_wait (in seconds); and reads,
   writes and upgrades, counted by modules that were compiled with
   PYXLOCK_STATS. Needs an attached thread. NULL with MemoryError. */
PYXLOCK_FN PyObject *pyxlock_stats(void) {
    pyxlock_table *table = pyxlock_any_table();
    return table == NULL ? NULL : table->stats(table);
}

/* Prints who holds and who waits to standard error. Needs no thread state: may
   be called from a debugger (call (void)pyxlock_dump()), or as
   ((pyxlock_table *)pyxlock_shared)->dump(...) where it was not compiled in. */
PYXLOCK_FN void pyxlock_dump(void) {
    pyxlock_table *table = (pyxlock_table *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_shared); /* as in pyxlock_enabled */
    if (table != NULL) table->dump(table);
}

#endif /* PYXLOCK_OFF */
#endif /* PYXLOCK_H */
    """

    # One lock that a function holds: a variable on its stack, which needs no
    # initialisation. It borrows the object: the caller keeps that alive until
    # the release. A guard belongs to the thread that filled it. In C++ it releases what
    # it still holds when a C++ exception leaves the function.
    ctypedef struct Guard "pyxlock_ScopedGuard":
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

    # An empty guard, for code that may come to the release before it has locked
    # anything. In a parallel loop, the assignment gives each thread a guard of its own.
    Guard unlocked "pyxlock_unlocked" () noexcept nogil

    # Make a guard want obj in a mode, for acquire(). They lock nothing.
    void want_read "pyxlock_want_read" (Guard *guard, object obj) noexcept nogil
    void want_write "pyxlock_want_write" (Guard *guard, object obj) noexcept nogil

    # Locks what `count` guards want: all of it, or nothing if it raises. Objects
    # are taken in one order that is the same for all threads, each object once,
    # in the stronger mode that was asked for. Where one is in use, those taken before
    # it are given up while the thread waits. The guards change places: release
    # them with release_all(). Errors as in read() and write().
    int acquire "pyxlock_acquire" (Guard *guards, int count) except -1 nogil

    # As acquire(), but where that would wait, raises RuntimeError at once.
    int try_acquire "pyxlock_try_acquire" (Guard *guards, int count) except -1 nogil

    # release() for each of `count` guards.
    void release_all "pyxlock_release_all" (Guard *guards, int count) noexcept nogil

    # The locks of a function that cannot know how many they will be: a variable on
    # its stack. As Guard otherwise.
    ctypedef struct Guards "pyxlock_ScopedGuards":
        pass

    # Locks each object of `reads` for reading and of `writes` for writing: all of
    # it, or nothing if it raises. Both are lists or tuples, or None; None among the
    # objects is nothing. Whoever locks keeps the objects alive until the release:
    # it is enough to keep the lists and leave them as they are. Order, waiting and
    # errors as in acquire(); more than eight objects need room, and MemoryError
    # says that there is none. These need the GIL; release_objects() does not.
    int acquire_objects "pyxlock_acquire_objects" (Guards *guards, object reads, object writes) except -1

    # As acquire_objects(), but where that would wait, raises RuntimeError at once.
    int try_acquire_objects "pyxlock_try_acquire_objects" (Guards *guards, object reads, object writes) except -1

    # Gives up what the guards hold, and their room. Nothing on guards that are empty
    # since an acquire_objects() failed.
    void release_objects "pyxlock_release_objects" (Guards *guards) noexcept nogil

    # The items of obj as they are now, as a list or a tuple that nobody else
    # changes: those of a list, a tuple, a set, the values of a dict, and of
    # iterators that can do nothing but yield, such as generators, which are run to
    # their end. Of anything else, none.
    object items "pyxlock_items" (object obj)

    # What to use in place of obj after items(obj), so that no items but those are
    # used: for a list or the values of a dict the list of the items, for a set
    # another set, for an iterator another one; otherwise obj.
    object stand_in "pyxlock_stand_in" (object obj, object found)

    # A module calls this when it is imported if one of its locked bodies
    # releases the GIL. Builds of Python that have a GIL then take locks, in all
    # modules of the interpreter; free-threaded builds always do.
    int releases_gil "pyxlock_releases_gil" () except -1

    # Who holds and who waits now, in all modules: a list of tuples (thread
    # identifier, "holds" or "waits", "read" or "write", id of the object, name
    # of its type, seconds waited). The name is empty where nobody waits for the
    # object. For tests and for people who debug: what running threads hold
    # changes while it is written down.
    object snapshot "pyxlock_snapshot" ()

    # What happened so far, in all modules and threads: a dict of waits,
    # deadlocks (refused upgrades included) and longest_wait (seconds); and of
    # reads, writes and upgrades, which only modules that were compiled with
    # PYXLOCK_STATS count.
    object stats "pyxlock_stats" ()

    # Prints snapshot() to standard error; needs no GIL.
    void dump "pyxlock_dump" () noexcept nogil
