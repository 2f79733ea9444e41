/* The lock without Cython: POSIX threads, half of which have no thread state,
   over plain C memory. Meant for every compiler, every way to wait, and the
   sanitizers; no free-threaded build is needed.

       threads [-s SEED] [-r ROUNDS] [-t SECONDS] [-p SECONDS] [-j] [-e] [long] [SCENARIO...]

   -r multiplies what the random scenarios do, -t repeats everything with new
   seeds for that long, "long" is -t 600, -j adds pauses before the lock's atomic
   operations (with -DTHREADS_JITTER), -e is for emulators, in which the child of a
   process with threads can start none. Prints "ok: ..." and returns 0; else says
   what went wrong, who holds and who waits, and returns 1; 3 for a hang: a
   scenario, of which none takes seconds, was not over after those of -p, 300.
   Nothing else depends on how long anything takes.

   runtime_test.go extracts pyxlock.h from pyxlock.pxd and links this with the
   interpreter's library; mutation_test.go does the same with a broken lock. */

#define PYXLOCK_RELEASES_GIL 1
#include <Python.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef THREADS_JITTER
/* A pause now and then between any two atomic operations of the lock: most of
   what can go wrong between them takes two processors within nanoseconds. */
static void jitter(void);
static void do_before_exchange(void);
static void do_before_unfenced(void);
#include "delay.h"
#define PYXLOCK_STORE_UNFENCED(p, v) (do_before_unfenced(), delay_store((p), (v)))
#define __atomic_load_n(p, o) (jitter(), settle_if(p), __atomic_load_n((p), (o)))
#define __atomic_store_n(p, v, o) (jitter(), settle(), __atomic_store_n((p), (v), (o)))
#define __atomic_exchange_n(p, v, o) (jitter(), settle(), do_before_exchange(), __atomic_exchange_n((p), (v), (o)))
#define __atomic_fetch_add(p, v, o) (jitter(), settle(), __atomic_fetch_add((p), (v), (o)))
#define __atomic_compare_exchange_n(p, e, d, w, s, f) \
    (jitter(), settle(), __atomic_compare_exchange_n((p), (e), (d), (w), (s), (f)))
#endif
static long call_system(long number, ...);
static int let_time_pass(const struct timespec *asked, struct timespec *left);
#define syscall call_system
#define nanosleep let_time_pass
static PyLockStatus sleep_while(PyThread_type_lock lock, PY_TIMEOUT_T microseconds, int interruptible);
static void release_once(PyThread_type_lock lock);
#define PyThread_acquire_lock_timed sleep_while
#define PyThread_release_lock release_once
static int check_signals(void);
#define PyErr_CheckSignals check_signals
static PyObject *import_module(const char *name);
static PyObject *capsule_new(void *table, const char *name, PyCapsule_Destructor destructor);
static void *capsule_pointer(PyObject *capsule, const char *name);
#define PyImport_ImportModule import_module
#define PyCapsule_New capsule_new
#define PyCapsule_GetPointer capsule_pointer
#include "pyxlock.h"
#undef PyThread_acquire_lock_timed
#undef PyThread_release_lock
#undef PyErr_CheckSignals
#undef PyImport_ImportModule
#undef PyCapsule_New
#undef PyCapsule_GetPointer
#undef syscall
#undef nanosleep
#ifdef THREADS_JITTER
#undef __atomic_load_n
#undef __atomic_store_n
#undef __atomic_exchange_n
#undef __atomic_fetch_add
#undef __atomic_compare_exchange_n
#endif

#if defined(__SANITIZE_THREAD__)
#define SANITIZER "thread"
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZER "address"
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZER "thread"
#elif __has_feature(address_sanitizer)
#define SANITIZER "address"
#endif
#endif
#ifndef SANITIZER
#define SANITIZER ""
#endif
#define UNDER_TSAN (SANITIZER[0] == 't')

#define READ PYXLOCK_READ
#define WRITE PYXLOCK_WRITE
#define MS 1000000LL
#define GET(p) __atomic_load_n((p), __ATOMIC_RELAXED)

static unsigned seed = 1;
static unsigned chance;         /* random numbers of the main thread */
static int rounds = 1;
static int jitter_on = 0;
static int emulated = 0;
static const char *scenario = "start";
static pyxlock_table *table;

static unsigned next_random(unsigned *state) {
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

#ifdef THREADS_JITTER
/* In the middle of a lock call other threads do something. They may need the GIL. */
static void meanwhile(void (*what)(void)) {
    PyThreadState *state = pyxlock_attached() ? PyEval_SaveThread() : NULL;
    what();
    if (state != NULL) PyEval_RestoreThread(state);
}

/* What a thread does just before its next exchange: once. */
static __thread void (*before_exchange)(void);
static void do_before_exchange(void) {
    void (*what)(void) = before_exchange;
    before_exchange = NULL;
    if (what != NULL) meanwhile(what);
}

/* And just before it says that it reads, without a fence. */
static __thread void (*before_unfenced)(void);
static void do_before_unfenced(void) {
    void (*what)(void) = before_unfenced;
    before_unfenced = NULL;
    if (what != NULL) meanwhile(what);
}

static __thread unsigned jitter_state;
static void jitter(void) {
    unsigned r;
    if (!jitter_on) return;
    if (jitter_state == 0) jitter_state = (unsigned)((uintptr_t)&jitter_state >> 4) ^ seed;
    r = next_random(&jitter_state);
    if ((r & 31) != 0) return;
    if ((r & 0xE0) == 0) {
        (void)sched_yield();
    } else {
        volatile int i;
        for (i = (int)(r >> 8) * 4; i > 0; i--) {}
    }
}
#endif

static void nap(long long ns) {
    struct timespec t;
    t.tv_sec = (time_t)(ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    while (nanosleep(&t, &t) != 0) {}
}

/* The lock's barriers, which the system may refuse; then it waits for a moment, in which
   all stores are seen. */
static int refuse_barriers, moments;
#ifdef THREADS_JITTER
static __thread void (*before_barrier)(void);
#endif

static long call_system(long number, ...) {
#ifdef SYS_membarrier
    va_list args;
    int command;
    if (number != SYS_membarrier) return syscall(number);
    va_start(args, number);
    command = va_arg(args, int);
    va_end(args);
    if (GET(&refuse_barriers)) return -1;
#ifdef THREADS_JITTER
    jitter();
    if (before_barrier != NULL) {
        void (*what)(void) = before_barrier;
        before_barrier = NULL;
        meanwhile(what);
    }
    settle_all();
#endif
    return syscall(number, command, 0, 0);
#else
    return syscall(number);
#endif
}

static int let_time_pass(const struct timespec *asked, struct timespec *left) {
    int result = nanosleep(asked, left);
#ifdef THREADS_JITTER
    settle_all();
#endif
    (void)__atomic_add_fetch(&moments, 1, __ATOMIC_RELAXED);
    return result;
}

/* The lock's sleep. A waiter that has slept in vain a few times looks once a
   second whether it is free: none should depend on that. While "endless" is set
   those sleeps have no end, so that one who is not woken hangs. */
static int endless, asleep;

static PyLockStatus sleep_while(PyThread_type_lock lock, PY_TIMEOUT_T microseconds, int interruptible) {
    PyLockStatus status;
    if (microseconds < PYXLOCK_LONGEST_SLEEP || !GET(&endless)) {
        return PyThread_acquire_lock_timed(lock, microseconds, interruptible);
    }
    (void)__atomic_add_fetch(&asleep, 1, __ATOMIC_RELAXED);
    status = PyThread_acquire_lock_timed(lock, -1, interruptible);
    (void)__atomic_sub_fetch(&asleep, 1, __ATOMIC_RELAXED);
    return status;
}

/* A look for signals, which takes as long as "keep_away" is set; then a handler does
   "handle", once. */
static int keep_away;
static void (*handle)(void);
static int check_signals(void) {
    int result = PyErr_CheckSignals();
    void (*what)(void);
    if (GET(&keep_away)) { /* without the GIL, which others need to raise */
        PyThreadState *state = PyEval_SaveThread();
        while (GET(&keep_away)) nap(MS / 10);
        PyEval_RestoreThread(state);
    }
    what = __atomic_exchange_n(&handle, NULL, __ATOMIC_RELAXED);
    if (what != NULL) what();
    return result;
}

/* Waits until that many threads sleep until they are woken. */
static void until_asleep(int count) {
    while (GET(&asleep) < count) nap(MS / 5);
}

/* ---- failure ------------------------------------------------------------------- */

static void stop(int code) {
    (void)alarm(5); /* if even this hangs */
    if (table != NULL) table->dump(table);
    fflush(stdout);
    _exit(code);
}

static void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "FAIL: %s (seed %u): ", scenario, seed);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    stop(1);
}

#define CHECK(condition) do { if (!(condition)) fail("line %d: %s", __LINE__, #condition); } while (0)

/* Gives a lock back that is taken: Python promises nothing for another one, though a
   semaphore may take it for a second signal. */
static int nobody_has_the_mutex; /* when the next thread is woken; 0: somebody may */
static void release_once(PyThread_type_lock lock) {
#ifdef PYXLOCK_TEST_PYTHREAD_MUTEX
    if (table != NULL && lock == table->mutex) {
        PyThread_release_lock(lock);
        return;
    }
#endif
    if (__atomic_exchange_n(&nobody_has_the_mutex, 0, __ATOMIC_RELAXED)) {
        if (!pyxlock_mutex_try(&table->mutex)) fail("a thread is woken by one that has the mutex");
        pyxlock_mutex_unlock(&table->mutex);
    }
    if (PyThread_acquire_lock(lock, 0) == 1) fail("a lock of Python's is given back that nobody has");
    PyThread_release_lock(lock);
}

/* Ends the process if a scenario takes too long. */
static long long deadline;
static long long patience = 300000 * MS;
static int waiting_line; /* where the main thread waits for somebody to be woken; 0: it does not */

static void hang(void) {
    fprintf(stderr, "HANG: %s (seed %u)", __atomic_load_n(&scenario, __ATOMIC_RELAXED), seed);
    if (GET(&waiting_line) != 0) fprintf(stderr, ": line %d: nobody wakes the thread that waits", GET(&waiting_line));
    fprintf(stderr, "\n");
    stop(3);
}

static void *watch(void *unused) {
    (void)unused;
    for (;;) {
        nap(50 * MS);
        if (pyxlock_now() >= __atomic_load_n(&deadline, __ATOMIC_RELAXED)) hang();
    }
    return NULL;
}

/* The child of a fork, which has no such thread, sets an alarm. On a busy machine it is as
   slow as everything else: it has as long as a scenario, a little less, lest the parent
   lose patience first. */
static void child_alarm(void) {
    (void)alarm((unsigned)(patience / (1000 * MS) * 9 / 10) + 1);
}

static void check_child(int status) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) hang();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail("a child ended with status %#x", status);
}

/* ---- objects, and who should hold them ------------------------------------------- */

/* Only messages look at the type, so any aligned memory will do for an object. */
typedef struct cell {
    PyObject object;
    int number;
    /* What a lock must see to, kept apart from it: relaxed, lest it order
       anything for the lock. */
    long readers;       /* threads that read, also those that write as well */
    long writer;        /* the thread that writes, or 0 */
    long writes;        /* how often it was written */
    /* What the lock protects. */
    long a;
    char apart[64];
    long b;
} cell;

enum { CELLS = 8192, PLAIN = 40 };
static char *cells;
enum { CELL_SIZE = (sizeof(cell) + 63) / 64 * 64 };

static cell *at(int i) { return (cell *)(void *)(cells + (size_t)i * CELL_SIZE); }

/* cell(i): PLAIN cells no two of which share a filter word; twin(i): another
   cell that shares the word of cell(i). */
static cell *plain[PLAIN], *twins[PLAIN];

static void make_cells(void) {
    int i, j, n = 0;
    char *memory = (char *)calloc(CELLS + 1, CELL_SIZE);
    if (memory == NULL) exit(2);
    cells = memory + (64 - (uintptr_t)memory % 64);
    for (i = 0; i < CELLS; i++) {
        memset(at(i), 0, sizeof(cell));
        Py_SET_TYPE(&at(i)->object, &PyBaseObject_Type);
        at(i)->number = -1;
    }
    for (i = 0; i < CELLS && n < PLAIN; i++) {
        if (at(i)->number >= 0) continue;
        for (j = 0; j < n; j++) {
            if (pyxlock_filter(table, &plain[j]->object) == pyxlock_filter(table, &at(i)->object)) break;
        }
        if (j < n) continue;
        for (j = i + 1; j < CELLS; j++) {
            if (pyxlock_filter(table, &at(j)->object) == pyxlock_filter(table, &at(i)->object)) break;
        }
        if (j == CELLS) continue;
        at(i)->number = n;
        plain[n] = at(i);
        at(j)->number = PLAIN + n;
        twins[n++] = at(j);
    }
    if (n < PLAIN) exit(2);
}

/* What one thread believes to hold. */
typedef struct holds {
    long id;
    unsigned chance;
    int reads[2 * PLAIN], writes[2 * PLAIN];
    long seen[2 * PLAIN];       /* of cell.a: must not change while we hold */
} holds;


/* Looks at a cell that this thread holds. */
static void look(holds *h, cell *c) {
    long a = c->a, writer = GET(&c->writer);
    if (a != c->b) fail("cell %d is torn", c->number);
    if (a != h->seen[c->number]) fail("cell %d changed under a lock", c->number);
    if (writer != (h->writes[c->number] > 0 ? h->id : 0)) fail("cell %d: a writer among others", c->number);
}

static void change(holds *h, cell *c) {
    int spin = (int)(next_random(&h->chance) & 15);
    look(h, c);
    c->a++;
    while (spin-- > 0) pyxlock_pause(1);
    c->b++;
    h->seen[c->number]++;
    (void)__atomic_fetch_add(&c->writes, 1, __ATOMIC_RELAXED);
}

/* After a lock was got. */
static void got(holds *h, cell *c, int mode) {
    int i = c->number;
    if (h->reads[i] + h->writes[i] == 0) {
        h->seen[i] = c->a;
        if (__atomic_fetch_add(&c->readers, 1, __ATOMIC_RELAXED) != 0 && mode == WRITE) {
            fail("cell %d: a writer got in, %ld hold it", i, GET(&c->readers));
        }
    }
    if (mode == WRITE && h->writes[i] == 0) {
        if (__atomic_exchange_n(&c->writer, h->id, __ATOMIC_RELAXED) != 0) fail("cell %d: two writers", i);
        if (GET(&c->readers) != 1) fail("cell %d: a writer got in, %ld hold it", i, GET(&c->readers));
    }
    if (mode == WRITE) h->writes[i]++;
    else h->reads[i]++;
    look(h, c);
}

/* Before a lock is given up. */
static void give(holds *h, cell *c, int mode) {
    int i = c->number;
    look(h, c);
    if (mode == WRITE) h->writes[i]--;
    else h->reads[i]--;
    if (mode == WRITE && h->writes[i] == 0) {
        if (GET(&c->readers) != 1) fail("cell %d: others got in with a writer", i);
        __atomic_store_n(&c->writer, 0, __ATOMIC_RELAXED);
    }
    if (h->reads[i] + h->writes[i] == 0) (void)__atomic_fetch_add(&c->readers, -1, __ATOMIC_RELAXED);
}

static pyxlock_word all_queued(void) {
    pyxlock_word all = 0;
    int i;
    for (i = 0; i < PYXLOCK_QUEUES; i++) all += PYXLOCK_LOAD(&table->queued[i]);
    return all;
}

/* How many chunks of the record others look at. Of the rest none may hold anything. */
static pyxlock_word linked_chunks(pyxlock_record *record) {
    pyxlock_chains *chains = (pyxlock_chains *)record->chains;
    pyxlock_word linked = 0;
    int i, j;
    if (chains == NULL) {
        if (PYXLOCK_LOAD(&record->more) != 0) fail("chains that were never made");
        return 0;
    }
    for (i = 0; i < PYXLOCK_CHAINS; i++) {
        pyxlock_word *link = &chains->chain[i], made = chains->made[i], before = 0;
        int on = 1;
        for (; made != 0; before = made, made = ((pyxlock_chunk *)made)->made) {
            pyxlock_chunk *chunk = (pyxlock_chunk *)made;
            pyxlock_word next = PYXLOCK_LOAD(link);
            if (next != 0 && (!on || next != made)) fail("a chunk is linked behind one that is not");
            on = next != 0;
            linked += (pyxlock_word)on;
            for (j = 0; j < PYXLOCK_CHUNK; j++) {
                if (!on && PYXLOCK_LOAD(&chunk->slot[j]) != 0) fail("nobody sees a hold");
                if (GET(&chunk->depth[j]) >> PYXLOCK_PLACE_BIT != (pyxlock_word)j + 1) fail("a slot has lost its place");
            }
            if (chunk->before != before) fail("a chunk follows another one than it did");
            link = &chunk->more;
        }
        if (PYXLOCK_LOAD(link) != 0) fail("a chunk is linked that was never made");
    }
    if (chains->linked != linked) fail("%ld chunks, counted as %ld", (long)linked, (long)chains->linked);
    if ((PYXLOCK_LOAD(&record->more) != 0) != (linked != 0)) fail("%ld chunks, and others look there or not", (long)linked);
    return linked;
}

/* How many filter words count somebody. */
static int raised_filters(void) {
    int i, raised = 0;
    for (i = 0; i < PYXLOCK_FILTERS; i++) raised += (PYXLOCK_LOAD(&table->filter[i]) & PYXLOCK_COUNT) != 0;
    return raised;
}

/* Nothing is left behind by threads that are idle or gone. */
static void check_empty(int threads) {
    pyxlock_block *block;
    int i, alive = 0, filters;
    pyxlock_word listed = 0;
    pyxlock_mutex_lock(&table->mutex);
    filters = raised_filters();
    if (table->aways != 0) fail("%d threads are away", table->aways);
    if (filters != 0) fail("%d filter words are left raised", filters);
    for (i = 0; i < PYXLOCK_QUEUES; i++) if (table->queue[i] != NULL) fail("a queue is not empty");
    if (table->woken != 0) fail("somebody is to be woken");
    if (all_queued() != 0) fail("the queues count %ld", (long)all_queued());
    for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
        for (i = 0; i < PYXLOCK_BITS; i++) {
            pyxlock_word bit = (pyxlock_word)1 << i;
            pyxlock_record *record = pyxlock_record_at(block, i);
            int on = (PYXLOCK_LOAD(&block->listed) & bit) != 0;
            if (i >= block->used) {
                if (on) fail("a bit without a record");
                continue;
            }
            if (record->bit != bit || record->block != block) fail("a record has another's place");
            if (on != (PYXLOCK_LOAD(&record->unlisted) == 0)) fail("bit and flag of a record differ");
            if (!pyxlock_is_empty(record)) fail("a hold is left");
            if (record->signalled || record->object != NULL) fail("a wait is left");
            alive += PYXLOCK_LOAD(&record->self) != 0;
            listed += (pyxlock_word)on;
            if (on && PYXLOCK_LOAD(&record->self) == 0) fail("the record of a thread that ended is listed");
            if (linked_chunks(record) > (PYXLOCK_LOAD(&record->self) != 0)) fail("others look at chunks that hold nothing");
        }
    }
    if (PYXLOCK_LOAD(&table->listed) != listed) fail("%ld listed, counted as %ld", (long)listed, (long)PYXLOCK_LOAD(&table->listed));
    if (threads >= 0 && alive > threads) fail("%d records for %d threads", alive, threads);
    pyxlock_mutex_unlock(&table->mutex);
    for (i = 0; i < 2 * PLAIN; i++) {
        cell *c = i < PLAIN ? plain[i] : twins[i - PLAIN];
        if (c->a != c->b || c->a != GET(&c->writes)) fail("cell %d: %ld, %ld of %ld writes", i, c->a, c->b, c->writes);
        if (GET(&c->readers) != 0 || GET(&c->writer) != 0) fail("cell %d is held", i);
    }
}

/* Ends the exception of a lock call that failed; *deadlock (or NULL) says
   whether it named one. A thread without thread state never sees it. */
static void refused(int attached, int *deadlock) {
    PyObject *type, *value, *trace, *text;
    const char *message;
    if (deadlock != NULL) *deadlock = -1;
    if (!attached) return;
    PyErr_Fetch(&type, &value, &trace);
    if (type != PyExc_RuntimeError) fail("not a RuntimeError");
    text = PyObject_Str(value);
    message = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    if (message == NULL || strncmp(message, "pyxlock: ", 9) != 0) fail("message: %s", message);
    if (deadlock != NULL) *deadlock = strstr(message, "deadlock") != NULL;
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

/* ---- actors: threads that do what they are told ------------------------------------ */

enum { OP_READ, OP_WRITE, OP_TRY_READ, OP_TRY_WRITE, OP_RELEASE, OP_ACQUIRE, OP_TRY_ACQUIRE, OP_RELEASE_ALL,
       OP_READ_LATE, OP_READ_AMID, OP_READ_AFTER, OP_WRITE_AMID, OP_WRITE_AGAIN, OP_FORGET, OP_SWEEP, OP_EXIT };

enum { ACTORS = 96, GUARDS = 48 };

typedef struct actor {
    pthread_t thread;
    int attached;
    pyxlock_record *record;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under the mutex. */
    int busy, op, index;
    cell *object;
    int result, deadlock;
    /* Of the actor while it is busy, else of the one who tells it. */
    pyxlock_Guard guard[GUARDS];
    cell *held[GUARDS];
    int mode[GUARDS];
    int count;                  /* of guards in OP_ACQUIRE */
    holds holds;
} actor;

static actor actors[ACTORS];
static int started;

#ifdef THREADS_JITTER
static void first_owns(void);
static void second_takes(void);
static void (*in_between)(void);
#endif

static int do_one(actor *a, int op, int i, cell *c) {
    int mode = op == OP_WRITE || op == OP_TRY_WRITE || op == OP_WRITE_AMID ? WRITE : READ, result = 0, n;
    pyxlock_Guard *g = &a->guard[i];
    switch (op) {
    case OP_READ: result = pyxlock_read(g, &c->object); break;
    case OP_WRITE: result = pyxlock_write(g, &c->object); break;
#ifdef THREADS_JITTER
    case OP_READ_LATE:
        before_exchange = first_owns;
        result = pyxlock_read(g, &c->object);
        break;
    case OP_READ_AMID:
        before_exchange = second_takes;
        result = pyxlock_try_read(g, &c->object);
        break;
    case OP_READ_AFTER:
        before_unfenced = in_between;
        result = pyxlock_read(g, &c->object);
        break;
    case OP_WRITE_AMID:
        before_barrier = in_between;
        result = pyxlock_try_write(g, &c->object);
        break;
#endif
    case OP_TRY_READ: result = pyxlock_try_read(g, &c->object); break;
    case OP_TRY_WRITE: result = pyxlock_try_write(g, &c->object); break;
    case OP_RELEASE:
        give(&a->holds, a->held[i], a->mode[i]);
        pyxlock_release(g);
        return 0;
    case OP_ACQUIRE: result = pyxlock_acquire(g, a->count); break;
    case OP_TRY_ACQUIRE: result = pyxlock_try_acquire(g, a->count); break;
    case OP_RELEASE_ALL:
        for (n = 0; n < a->count; n++) {
            if (g[n].slot != NULL) give(&a->holds, (cell *)(void *)g[n].object, (int)g[n].mode);
        }
        pyxlock_release_all(g, a->count);
        return 0;
    case OP_WRITE_AGAIN: /* gives it up and takes it again before whom that wakes can run, or not at all */
        give(&a->holds, a->held[i], a->mode[i]);
        pyxlock_release(g);
        mode = WRITE;
        result = pyxlock_try_write(g, &c->object);
        break;
    case OP_FORGET: /* the thread is about to end: its holds end with it */
        give(&a->holds, a->held[i], a->mode[i]);
        return 0;
    case OP_SWEEP:
        pyxlock_mutex_lock(&table->mutex);
        table->swept = 0;
        pyxlock_mutex_unlock(&table->mutex);
        table->sweep(a->record);
        return 0;
    default: break;
    }
#ifdef THREADS_JITTER
    CHECK(before_exchange == NULL && before_unfenced == NULL && before_barrier == NULL); /* that moment came */
#endif
    if (result < 0) {
        refused(a->attached, &a->deadlock);
        for (n = 0; (op == OP_ACQUIRE || op == OP_TRY_ACQUIRE) && n < a->count; n++) CHECK(g[n].slot == NULL);
        CHECK(g->slot == NULL);
        return -1;
    }
    if (op == OP_ACQUIRE || op == OP_TRY_ACQUIRE) {
        for (n = 0; n < a->count; n++) {
            if (g[n].slot != NULL) got(&a->holds, (cell *)(void *)g[n].object, (int)g[n].mode);
        }
    } else {
        CHECK(g->slot != NULL);
        a->held[i] = c;
        a->mode[i] = mode;
        got(&a->holds, c, mode);
        if (mode == WRITE) change(&a->holds, c);
    }
    return 0;
}

static void *act(void *arg) {
    actor *a = (actor *)arg;
    PyGILState_STATE gil = PyGILState_UNLOCKED;
    PyThreadState *state = NULL;
    int op, result;
    if (a->attached) {
        gil = PyGILState_Ensure();
        state = PyEval_SaveThread();
    }
    a->record = pyxlock_me(table);
    do {
        pthread_mutex_lock(&a->mutex);
        a->busy = 0;
        pthread_cond_signal(&a->changed);
        while (!a->busy) pthread_cond_wait(&a->changed, &a->mutex);
        op = a->op;
        pthread_mutex_unlock(&a->mutex);
        if (a->attached) PyEval_RestoreThread(state);
        result = op == OP_EXIT ? 0 : do_one(a, op, a->index, a->object);
        if (a->attached) state = PyEval_SaveThread();
        a->result = result;
    } while (op != OP_EXIT);
    if (a->attached) {
        PyEval_RestoreThread(state);
        PyGILState_Release(gil);
    }
    return NULL;
}

/* Waits until the actor is done with what it was told; its result. */
static int result(actor *a) {
    int r;
    pthread_mutex_lock(&a->mutex);
    while (a->busy) pthread_cond_wait(&a->changed, &a->mutex);
    r = a->result;
    pthread_mutex_unlock(&a->mutex);
    return r;
}

static int is_busy(actor *a) {
    int r;
    pthread_mutex_lock(&a->mutex);
    r = a->busy;
    pthread_mutex_unlock(&a->mutex);
    return r;
}

static void tell(actor *a, int op, int index, cell *c) {
    pthread_mutex_lock(&a->mutex);
    a->op = op;
    a->index = index;
    a->object = c;
    a->busy = 1;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->mutex);
}

static int ask(actor *a, int op, int index, cell *c) {
    tell(a, op, index, c);
    return result(a);
}

static void start_actor(actor *a, int attached) {
    size_t stack = (size_t)(256 + 16 * (next_random(&chance) % 8)) * 1024;
    pthread_attr_t attr;
    memset(a, 0, sizeof(*a));
    a->attached = attached;
    a->holds.id = (long)(a - actors) + 1;
    a->busy = 1;
    pthread_mutex_init(&a->mutex, NULL);
    pthread_cond_init(&a->changed, NULL);
    pthread_attr_init(&attr);
    if (UNDER_TSAN || SANITIZER[0] != 0) stack *= 4;
    pthread_attr_setstacksize(&attr, stack); /* so that threads' numbers, addresses, vary */
    if (pthread_create(&a->thread, &attr, act, a) != 0) fail("no thread");
    pthread_attr_destroy(&attr);
    (void)result(a);
}

/* n actors; every other one is attached. */
static void start(int n) {
    for (started = 0; started < n; started++) start_actor(&actors[started], started % 2);
}

static void end(actor *a) {
    tell(a, OP_EXIT, 0, NULL);
    pthread_join(a->thread, NULL);
    pthread_mutex_destroy(&a->mutex);
    pthread_cond_destroy(&a->changed);
}

static void finish(void) {
    while (started > 0) end(&actors[--started]);
    check_empty(1);
}

/* Waits until the actor queues for the cell. */
static void queues(actor *a, cell *c) {
    for (;;) {
        int there;
        pyxlock_mutex_lock(&table->mutex);
        there = a->record->object == &c->object;
        pyxlock_mutex_unlock(&table->mutex);
        if (there) return;
        if (!is_busy(a)) fail("thread %ld does not wait for cell %d but got %d", a->holds.id, c->number, a->result);
        nap(MS / 20);
    }
}

/* Tells and waits until it queues. */
static void blocks(actor *a, int op, int index, cell *c) {
    tell(a, op, index, c);
    queues(a, c);
}

/* Waits until the thread, which queues, is served before newcomers. */
static void gets_hungry(pyxlock_record *record) {
    int there = 0;
    while (!there) {
        nap(MS / 5);
        pyxlock_mutex_lock(&table->mutex);
        there = pyxlock_is_hungry(record);
        pyxlock_mutex_unlock(&table->mutex);
    }
}

/* The actor, which waited, is woken now and gets on. */
static void woken(actor *a, int line) {
    __atomic_store_n(&waiting_line, line, __ATOMIC_RELAXED);
    if (result(a) != 0) fail("line %d: thread %ld was refused", line, a->holds.id);
    __atomic_store_n(&waiting_line, 0, __ATOMIC_RELAXED);
}
#define WOKEN(a) woken((a), __LINE__)

/* ---- what each thread may do: one at a time ------------------------------------------ */

static pyxlock_word owner(cell *c);
static void owns(actor *a, cell *c);

/* Another thread tries; what it may do follows from what "a" holds. */
static void expect(actor *other, cell *c, int reads, int writes) {
    int r = ask(other, OP_TRY_READ, GUARDS - 1, c), w;
    if ((r == 0) != (writes == 0)) fail("try_read gave %d of an object that one thread reads %d and writes %d times", r, reads, writes);
    if (r == 0) ask(other, OP_RELEASE, GUARDS - 1, NULL);
    w = ask(other, OP_TRY_WRITE, GUARDS - 1, c);
    if ((w == 0) != (writes + reads == 0)) fail("try_write gave %d of an object that one thread reads %d and writes %d times", w, reads, writes);
    if (w == 0) ask(other, OP_RELEASE, GUARDS - 1, NULL);
}

/* Three locks of one object in all modes, released in all orders. */
static void nesting(void) {
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const int fillers[] = {0, 1, 2, 4, 6, 13};
    actor *a = &actors[0], *b = &actors[1], *other = &actors[2];
    int crowded, f, modes, o, i;
    start(3);
    for (crowded = 0; crowded < 2; crowded++) {
        /* With a neighbour in the filter word everything takes the slow path. */
        if (crowded) CHECK(ask(other, OP_WRITE, 1, twins[0]) == 0);
        for (f = 0; f < 6; f++) {
            for (i = 0; i < fillers[f]; i++) CHECK(ask(a, i % 3 == 2 ? OP_WRITE : OP_READ, 10 + i, plain[1 + i]) == 0);
            for (modes = 0; modes < 8; modes++) {
                o = (int)(next_random(&chance) % 6);
                for (; o < 6; o += f == 0 || rounds > 1 ? 1 : 3) {
                    int count[3] = {0, 0, 0};
                    for (i = 0; i < 3; i++) {
                        int mode = modes >> i & 1 ? WRITE : READ;
                        CHECK(ask(a, mode == WRITE ? OP_WRITE : OP_READ, i, plain[0]) == 0);
                        count[mode]++;
                        expect(b, plain[0], count[READ], count[WRITE]);
                    }
                    for (i = 0; i < 3; i++) {
                        count[a->mode[orders[o][i]]]--;
                        CHECK(ask(a, OP_RELEASE, orders[o][i], NULL) == 0);
                        expect(b, plain[0], count[READ], count[WRITE]);
                    }
                }
            }
            for (i = 0; i < fillers[f]; i++) {
                expect(b, plain[1 + i], i % 3 != 2, i % 3 == 2);
                CHECK(ask(a, OP_RELEASE, 10 + i, NULL) == 0);
            }
        }
        if (crowded) CHECK(ask(other, OP_RELEASE, 1, NULL) == 0);
    }
    finish();
}

/* More holds than slots, and more threads than a block has bits. */
static void many(void) {
    enum { N = 70 };
    int i, j, mode;
    start(N + 1);
    for (mode = OP_READ; mode <= OP_WRITE; mode++) {
        for (i = 0; i < 30; i++) CHECK(ask(&actors[0], mode, i, plain[i]) == 0);
        for (i = 0; i < 30; i++) expect(&actors[1 + i % 2], plain[i], mode == OP_READ, mode == OP_WRITE);
        for (i = 0; i < 30; i++) {
            j = i * 7 % 30;
            CHECK(ask(&actors[0], OP_RELEASE, j, NULL) == 0);
            expect(&actors[1], plain[j], 0, 0);
        }
    }
    for (i = 0; i < N; i++) {
        CHECK(ask(&actors[i], OP_READ, 0, plain[0]) == 0);
        expect(&actors[N], plain[0], 1, 0);
    }
    /* Whichever is the last one, a writer sees it. */
    for (i = 0; i < N; i++) {
        CHECK(ask(&actors[N], OP_TRY_WRITE, 0, plain[0]) < 0);
        CHECK(ask(&actors[i * 3 % N], OP_RELEASE, 0, NULL) == 0);
    }
    expect(&actors[N], plain[0], 0, 0);
    for (i = 0; i < N; i++) {
        CHECK(ask(&actors[i], OP_READ, 0, plain[0]) == 0);
        CHECK(ask(&actors[N], OP_TRY_WRITE, 0, plain[0]) < 0);
        CHECK(ask(&actors[i], OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(&actors[i], OP_WRITE, 0, plain[0]) == 0);
        CHECK(ask(&actors[N], OP_TRY_READ, 0, plain[0]) < 0);
        CHECK(ask(&actors[i], OP_RELEASE, 0, NULL) == 0);
    }
    finish();
}

/* A thread holds some thousand objects, and then less and less: others see what it holds,
   and look at no more chunks than that takes. */
static void chunks(void) {
    enum { N = 2000 };
    static pyxlock_Guard guards[N];
    static pyxlock_word seen[2 * N];
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2];
    pyxlock_record *me, *ended;
    int i, j, k, n, most, base = CELLS - N;
    size_t made = 0;
    start(3);
    me = pyxlock_me(table);
    for (n = 0; n < 4; n++) {
        size_t count = 0;
        for (i = 0; i < N; i++) {
            CHECK((i % 3 ? pyxlock_read(&guards[i], &at(base + i)->object) : pyxlock_write(&guards[i], &at(base + i)->object)) == 0);
        }
        for (i = 0; i < PYXLOCK_CHAINS; i++) {
            pyxlock_word chunk = ((pyxlock_chains *)me->chains)->made[i];
            for (; chunk != 0; chunk = ((pyxlock_chunk *)chunk)->made) {
                CHECK(count < 2 * N);
                if (made != 0 && seen[count] != chunk) fail("a chunk that was there is made anew");
                seen[count++] = chunk;
            }
        }
        if (made == 0) made = count;
        if (count != made || count < N / PYXLOCK_CHUNK) fail("%zu chunks, %zu before", count, made); /* they are used again */
        most = (int)linked_chunks(me);
        CHECK(most > N / PYXLOCK_CHUNK - PYXLOCK_CHAINS && most <= (int)made);
        for (k = 0; k < N; k++) {
            /* The last one first, as calls end; the first one first; in no order; each twice. */
            i = n == 0 ? N - 1 - k : n == 1 ? k : k * 7 % N;
            if (n == 3) { /* shared: it ends with the second release */
                pyxlock_Guard more;
                CHECK(pyxlock_read(&more, &at(base + i)->object) == 0);
                pyxlock_release(&more);
                CHECK(pyxlock_modes_in(me, &at(base + i)->object, PYXLOCK_MODES) == (i % 3 ? READ : WRITE));
            }
            pyxlock_release(&guards[i]);
            CHECK(pyxlock_modes_in(me, &at(base + i)->object, PYXLOCK_MODES) == 0);
            if (k % 50 != 0) continue;
            (void)linked_chunks(me);
            for (j = 0; j < N; j += 13) {
                if (guards[j].slot == NULL) continue;
                CHECK(pyxlock_modes_in(me, &at(base + j)->object, PYXLOCK_MODES) == (j % 3 ? READ : WRITE));
                if (j % 3) CHECK(pyxlock_read_by_others(b->record, &at(base + j)->object));
            }
        }
        CHECK(linked_chunks(me) <= 1);
    }
    /* What a chunk holds is waited for, claimed around and given up as what a slot of the record holds. */
    for (n = 0; n < 2; n++) {
        for (i = 0; i < 10; i++) CHECK(ask(a, n ? OP_WRITE : OP_READ, 1 + i, plain[1 + i]) == 0);
        CHECK(ask(a, n ? OP_WRITE : OP_READ, 0, twins[0]) == 0);
        CHECK(a->guard[0].slot[PYXLOCK_DEPTH] >> PYXLOCK_PLACE_BIT != 0);
        owns(b, plain[0]);
        CHECK(owner(plain[0]) == 0);
        expect(c, twins[0], !n, n);
        __atomic_store_n(&endless, 1, __ATOMIC_RELAXED);
        blocks(b, OP_WRITE, 0, twins[0]);
        until_asleep(1);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        WOKEN(b);
        __atomic_store_n(&endless, 0, __ATOMIC_RELAXED);
        /* Who tries in vain leaves nothing linked. */
        most = (int)linked_chunks(a->record);
        for (i = 0; i < 20; i++) CHECK(ask(a, OP_TRY_READ, 0, twins[0]) < 0);
        CHECK((int)linked_chunks(a->record) == most);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        for (i = 0; i < 10; i++) CHECK(ask(a, OP_RELEASE, 1 + i, NULL) == 0);
        CHECK(linked_chunks(a->record) <= 1);
    }
    /* The same when the thread ends. */
    for (i = 0; i < 30; i++) CHECK(ask(a, i % 2 ? OP_WRITE : OP_READ, i, plain[i]) == 0);
    CHECK(linked_chunks(a->record) > 1);
    ended = a->record;
    for (i = 0; i < 30; i++) CHECK(ask(a, OP_FORGET, i, NULL) == 0);
    end(a);
    CHECK(linked_chunks(ended) == 0);
    for (i = 0; i < 30; i++) expect(c, plain[i], 0, 0);
    start_actor(a, 0);
    finish();
}

static void upgrades(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2], *d = &actors[3];
    cell *x = plain[0];
    start(4);
    /* The second one is refused at once, the first one gets in. */
    CHECK(ask(a, OP_READ, 0, x) == 0);
    CHECK(ask(b, OP_READ, 0, x) == 0);
    blocks(a, OP_WRITE, 1, x);
    CHECK(ask(b, OP_WRITE, 1, x) < 0);
    CHECK(b->deadlock != 0);
    CHECK(ask(b, OP_TRY_WRITE, 1, x) < 0);
    blocks(c, OP_READ, 0, x);                   /* behind the writer */
    CHECK(ask(b, OP_READ, 1, x) == 0);          /* a reader still gets what it has */
    CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
    CHECK(is_busy(a) && is_busy(c));
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(a) == 0);
    CHECK(is_busy(c));
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);    /* reads on */
    CHECK(result(c) == 0);
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
    /* It passes a writer that waits. */
    CHECK(ask(a, OP_READ, 0, x) == 0);
    CHECK(ask(b, OP_READ, 0, x) == 0);
    blocks(d, OP_WRITE, 0, x);
    nap(3 * MS);
    blocks(a, OP_WRITE, 1, x);
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(a) == 0);
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
    CHECK(is_busy(d));
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(d) == 0);
    CHECK(ask(d, OP_RELEASE, 0, NULL) == 0);
    /* So does an attempt of the only reader, for whom the writer waits. */
    CHECK(ask(a, OP_READ, 0, x) == 0);
    blocks(d, OP_WRITE, 0, x);
    gets_hungry(d->record);
    CHECK(ask(a, OP_TRY_WRITE, 1, x) == 0);
    CHECK(is_busy(d));
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    WOKEN(d);
    CHECK(ask(d, OP_RELEASE, 0, NULL) == 0);
    finish();
}

/* ---- owners of filter words, and neighbours in them ------------------------------------- */

static pyxlock_word owner(cell *c) { return PYXLOCK_LOAD(pyxlock_filter(table, &c->object)) & PYXLOCK_TAG; }

/* The actor writes the cell so often that it becomes its owner, if it may. */
static void owns(actor *a, cell *c) {
    int i;
    for (i = 0; i < 70; i++) {
        CHECK(ask(a, OP_WRITE, GUARDS - 2, c) == 0);
        CHECK(ask(a, OP_RELEASE, GUARDS - 2, NULL) == 0);
    }
}

#ifdef THREADS_JITTER
static void first_owns(void) { owns(&actors[0], plain[0]); }
#endif

static void owners(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2];
    cell *x = plain[0], *y = twins[0];
    pyxlock_word mine;
    int n;
    if (PYXLOCK_TAG == 0) return;
    start(4);
    mine = a->record->tag;
    CHECK(mine != 0 && mine != b->record->tag);
    for (n = 0; n < 2 * rounds; n++) {
        CHECK(ask(b, OP_READ, 0, x) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        owns(a, x);
        CHECK(owner(x) == mine);
#ifdef THREADS_JITTER
        /* A reader sees no owner; then there is one; then it says that it reads. */
        CHECK(ask(b, OP_READ, 0, x) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(owner(x) == 0);
        CHECK(ask(b, OP_READ_LATE, 0, x) == 0);
        CHECK(owner(x) == 0);
        expect(a, x, 1, 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        owns(a, x);
#endif
        /* A reader takes it away, and is seen. */
        CHECK(ask(a, OP_READ, 0, x) == 0);
        CHECK(owner(x) == mine);
        CHECK(ask(b, OP_READ, 0, x) == 0);
        CHECK(owner(x) == 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        expect(a, x, 1, 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        /* So does a writer. */
        owns(a, x);
        CHECK(owner(x) == mine);
        CHECK(ask(b, OP_WRITE, 0, x) == 0);
        CHECK(owner(x) != mine);
        expect(a, x, 0, 1);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        /* Under a reader that holds it does not, nor under one who holds a neighbour. */
        owns(a, x);
        CHECK(owner(x) == mine);
        CHECK(ask(a, OP_READ, 0, x) == 0);
        CHECK(ask(b, OP_TRY_WRITE, 0, x) < 0);
        expect(c, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        owns(a, x);
        CHECK(owner(x) == mine);
        CHECK(ask(b, OP_READ, 0, y) == 0);
        owns(a, x);
        CHECK(owner(x) == 0);
        expect(a, y, 1, 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(b, OP_WRITE, 0, y) == 0);
        owns(a, x);
        CHECK(owner(x) == 0);
        expect(a, y, 0, 1);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        /* Nor under those who got in by the slow path. */
        CHECK(ask(b, OP_WRITE, 0, x) == 0);
        blocks(c, OP_READ, 0, x);
        if (n % 2) gets_hungry(c->record);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(result(c) == 0);
        owns(a, y);
        CHECK(owner(y) == 0);
        expect(a, x, 1, 0);
        CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
        /* A thread that is off the list. */
        owns(a, x);
        CHECK(owner(x) == mine);
        CHECK(ask(b, OP_SWEEP, 0, NULL) == 0);
        CHECK(PYXLOCK_LOAD(&a->record->unlisted) == 1);
        CHECK(ask(a, OP_READ, 0, x) == 0);
        expect(b, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        owns(a, x);
        CHECK(owner(x) == mine);
        CHECK(ask(b, OP_SWEEP, 0, NULL) == 0);
        CHECK(ask(a, OP_WRITE, 0, x) == 0);
        expect(b, x, 0, 1);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        /* A thread that has ended, and the next one that gets its record. */
        owns(a, x);
        CHECK(ask(a, OP_READ, 0, x) == 0);
        CHECK(ask(a, OP_FORGET, 0, NULL) == 0);
        end(a);
        start_actor(a, n % 2);
        expect(b, x, 0, 0);
        owns(a, x);
        mine = a->record->tag;
        CHECK(owner(x) == mine);
    }
    finish();
}

/* ---- reads without a fence ------------------------------------------------------------------ */

static int fences(cell *c) { return (PYXLOCK_LOAD(pyxlock_filter(table, &c->object)) & PYXLOCK_FENCES) != 0; }
static pyxlock_word *until(cell *c) { return &table->until[pyxlock_filter(table, &c->object) - table->filter]; }

/* The actor reads the cell once more, and has no patience with fences. */
static void reads_impatiently(actor *a, cell *c) {
    a->record->patience = 0;
    CHECK(ask(a, OP_READ, GUARDS - 2, c) == 0);
    CHECK(ask(a, OP_RELEASE, GUARDS - 2, NULL) == 0);
}

/* It reads until there are none. */
static void relaxes(actor *a, cell *c) {
    while (fences(c)) {
        reads_impatiently(a, c);
        nap(MS / 50);
    }
}

#ifdef THREADS_JITTER
static cell *third_twin; /* of the word of plain[0] */
static void third_writes(void) {
    CHECK(ask(&actors[2], OP_WRITE, 0, plain[0]) == 0);
    CHECK(ask(&actors[2], OP_RELEASE, 0, NULL) == 0);
}
static void third_writes_twin(void) { CHECK(ask(&actors[2], OP_WRITE, 0, twins[0]) == 0); }
static void third_owns(void) {
    owns(&actors[2], plain[0]);
    relaxes(&actors[2], plain[0]);
    CHECK(owner(plain[0]) == actors[2].record->tag && !fences(plain[0]));
}
static void third_tries(void) { CHECK(ask(&actors[2], OP_TRY_WRITE, 0, plain[0]) < 0); }
static void fourth_tries(void) {
    in_between = third_tries;
    CHECK(ask(&actors[3], OP_WRITE_AMID, 0, third_twin) == 0);
    CHECK(ask(&actors[3], OP_RELEASE, 0, NULL) == 0);
}
#endif

static void unfenced(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2];
    cell *x = plain[0];
    int n, i;
    start(4);
    for (i = 0; i < 4; i++) owns(&actors[i], plain[5 + i]); /* all are on the list */
    if (!table->barriers) { /* then all have, for ever */
        for (i = 0; i < 3; i++) reads_impatiently(a, x);
        CHECK(fences(x));
        finish();
        return;
    }
    for (n = 0; n < 2 * rounds; n++) {
        /* Of a word that nobody owns: whoever writes makes them, and sees who reads. */
        relaxes(a, x);
        CHECK(ask(a, OP_READ, 0, x) == 0 && !fences(x));
        CHECK(ask(b, OP_TRY_WRITE, 0, x) < 0);
        CHECK(fences(x));
        expect(c, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        relaxes(a, x);
        CHECK(ask(a, OP_READ, 0, x) == 0 && !fences(x));
        blocks(b, OP_WRITE, 0, x);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        WOKEN(b);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        if (PYXLOCK_TAG != 0) {
            /* Of one that the reader owns, who does not lose them by writing. */
            owns(a, x);
            CHECK(fences(x));
            relaxes(a, x);
            CHECK(owner(x) == a->record->tag);
            CHECK(ask(a, OP_READ, 0, x) == 0 && !fences(x));
            CHECK(ask(b, OP_TRY_WRITE, 0, x) < 0);
            CHECK(owner(x) == 0 && fences(x));
            expect(c, x, 1, 0);
            CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
            /* Another reader takes it away, which alone makes no fences. */
            owns(a, x);
            relaxes(a, x);
            CHECK(ask(a, OP_READ, 0, x) == 0);
            CHECK(ask(b, OP_READ, 0, x) == 0);
            CHECK(owner(x) == 0 && !fences(x));
            expect(c, x, 2, 0);
            CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
            expect(c, x, 1, 0);
            CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        }
        /* A sweep takes nobody off the list who reads. */
        relaxes(a, x);
        CHECK(ask(a, OP_READ, 0, x) == 0);
        CHECK(ask(b, OP_SWEEP, 0, NULL) == 0);
        expect(b, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        /* Who was taken off lists itself. */
        relaxes(a, x);
        CHECK(ask(b, OP_SWEEP, 0, NULL) == 0);
        CHECK(PYXLOCK_LOAD(&a->record->unlisted) == 1 && !fences(x));
        CHECK(ask(a, OP_READ, 0, x) == 0);
        expect(b, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        for (i = 0; i < 4; i++) owns(&actors[i], plain[5 + i]);
        /* They stay for a while, for a word and for all; then as many reads do without them as would pay. */
        CHECK(ask(b, OP_READ, 0, x) == 0 && ask(b, OP_RELEASE, 0, NULL) == 0);
        relaxes(a, x);
        *until(x) = 0;
        CHECK(ask(b, OP_WRITE, 0, x) == 0 && ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(fences(x) && *until(x) != 0 && table->until_any != 0 && table->cost != 0);
        *until(x) = (pyxlock_word)pyxlock_now() + (pyxlock_word)INTPTR_MAX; /* as late as can be */
        table->until_any = 0;
        reads_impatiently(a, x);
        CHECK(fences(x) && a->record->patience >= PYXLOCK_PATIENCE);
        table->until_any = *until(x);
        *until(x) = (pyxlock_word)pyxlock_now();
        reads_impatiently(a, x);
        CHECK(fences(x));
        table->until_any = *until(x);
        a->record->patience = 3;
        for (i = 0; i < 3; i++) {
            CHECK(ask(a, OP_READ, 0, x) == 0 && ask(a, OP_RELEASE, 0, NULL) == 0);
            CHECK(fences(x));
        }
        CHECK(ask(a, OP_READ, 0, x) == 0 && ask(a, OP_RELEASE, 0, NULL) == 0);
        CHECK(!fences(x));
        /* The system refuses all of a sudden. */
        CHECK(ask(a, OP_READ, 0, x) == 0 && !fences(x));
        __atomic_store_n(&refuse_barriers, 1, __ATOMIC_RELAXED);
        b->record->scans = 0; /* lest it sweeps, too, which takes another moment */
        i = GET(&moments);
        CHECK(ask(b, OP_TRY_WRITE, 0, x) < 0);
        if (PYXLOCK_BARRIERS) CHECK(GET(&moments) == i + 1);
        __atomic_store_n(&refuse_barriers, 0, __ATOMIC_RELAXED);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
#ifdef THREADS_JITTER
        /* A reader finds no fences; then somebody makes some, and leaves; then it says that it reads. */
        relaxes(a, x);
        in_between = third_writes;
        CHECK(ask(a, OP_READ_AFTER, 0, x) == 0);
        CHECK(fences(x));
        expect(b, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        /* The same, and holds a neighbour, which the reader passes by. */
        relaxes(a, x);
        in_between = third_writes_twin;
        CHECK(ask(a, OP_READ_AFTER, 0, x) == 0);
        expect(b, x, 1, 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
        if (PYXLOCK_TAG != 0) {
            /* It finds no owner either; then somebody becomes that, who will not look. */
            owns(b, x);
            CHECK(ask(a, OP_READ, 0, x) == 0 && ask(a, OP_RELEASE, 0, NULL) == 0);
            relaxes(a, x);
            CHECK(owner(x) == 0);
            in_between = third_owns;
            CHECK(ask(a, OP_READ_AFTER, 0, x) == 0);
            expect(c, x, 1, 0);
            CHECK(owner(x) == 0);
            CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        }
        /* Somebody who is about to make a barrier spares nobody else one. */
        relaxes(a, x);
        CHECK(ask(a, OP_READ, 0, x) == 0 && !fences(x));
        in_between = third_tries;
        CHECK(ask(b, OP_WRITE_AMID, 0, twins[0]) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        /* Nor do two, because of whom the third one takes the slow path. */
        for (i = 0; i < CELLS && (at(i) == x || at(i) == twins[0]
                 || pyxlock_filter(table, &at(i)->object) != pyxlock_filter(table, &x->object)); i++) {}
        if (i < CELLS) {
            third_twin = at(i);
            third_twin->number = 1; /* nobody uses that cell here */
            relaxes(a, x);
            CHECK(ask(a, OP_READ, 0, x) == 0 && !fences(x));
            in_between = fourth_tries;
            CHECK(ask(b, OP_WRITE_AMID, 0, twins[0]) == 0);
            CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
            CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        }
#endif
    }
    finish();
}

/* Neighbours in a filter word do without the mutex, which somebody has. */
static void neighbours(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2];
    cell *x = plain[0], *y = twins[0];
    int i, n;
    CHECK(pyxlock_mark(&x->object) != pyxlock_mark(&y->object));
    start(3);
    for (n = 0; n < 2; n++) {
        CHECK(ask(a, OP_WRITE, 0, y) == 0);
        if (n) CHECK(ask(a, OP_WRITE, 1, y) == 0);
        pyxlock_mutex_lock(&table->mutex);
        CHECK(ask(b, OP_READ, 0, x) == 0);
        CHECK(ask(c, OP_READ, 0, x) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(b, OP_WRITE, 0, x) == 0);
        CHECK(ask(b, OP_READ, 1, x) == 0);
        pyxlock_mutex_unlock(&table->mutex);
        expect(c, x, 1, 1);
        expect(c, y, 0, 1);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        if (n) CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
        expect(c, x, 1, 1);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        expect(c, x, 1, 0);
        CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
    }
    /* Guards that overlap without end take no more room than those there are at once. */
    for (n = 0; n < 2; n++) {
        int first = n == 1 ? OP_WRITE : OP_READ;
        CHECK(ask(a, first, 0, x) == 0);
        blocks(b, OP_WRITE, 0, x);
        for (i = 0; i < 100; i++) {
            CHECK(ask(a, first, 1 - i % 2, x) == 0);
            CHECK(ask(a, OP_RELEASE, i % 2, NULL) == 0);
        }
        CHECK(is_busy(b));
        CHECK(ask(a, OP_RELEASE, i % 2, NULL) == 0);
        CHECK(result(b) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    }
    CHECK(PYXLOCK_LOAD(&a->record->more) == 0);
    finish();
}

/* A ring of n threads, each of which holds one object and wants the next. */
static void ring(int n, int second) {
    int i, refusals = 0;
    for (i = 0; i < n; i++) CHECK(ask(&actors[i], OP_WRITE, 0, plain[i]) == 0);
    for (i = 0; i < n - 1; i++) blocks(&actors[i], second, 1, plain[i + 1]);
    nap(MS);
    tell(&actors[n - 1], second, 1, plain[0]);
    CHECK(result(&actors[n - 1]) < 0);
    CHECK(actors[n - 1].deadlock != 0);
    refusals++;
    for (i = n - 1; i >= 0; i--) {
        CHECK(ask(&actors[i], OP_RELEASE, 0, NULL) == 0);
        if (i < n - 1) CHECK(ask(&actors[i], OP_RELEASE, 1, NULL) == 0);
        if (i > 0) CHECK(result(&actors[i - 1]) == 0);
    }
    CHECK(refusals == 1);
}

static void deadlocks(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2], *d = &actors[3];
    cell *x = plain[0], *y = plain[1];
    int n;
    start(8);
    for (n = 2; n <= 8; n++) ring(n, n % 2 ? OP_READ : OP_WRITE);
    ring(2, OP_READ);
    /* Two readers that want to write what the other one reads. */
    CHECK(ask(a, OP_READ, 0, x) == 0);
    CHECK(ask(b, OP_READ, 0, y) == 0);
    blocks(a, OP_WRITE, 1, y);
    CHECK(ask(b, OP_WRITE, 1, x) < 0);
    CHECK(b->deadlock == 1);
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(a) == 0);
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
    /* An upgrade: b reads x, and wants what a writes. */
    CHECK(ask(a, OP_READ, 0, x) == 0);
    CHECK(ask(a, OP_WRITE, 1, y) == 0);
    CHECK(ask(b, OP_READ, 0, x) == 0);
    blocks(b, OP_READ, 1, y);
    CHECK(ask(a, OP_WRITE, 2, x) < 0);
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
    CHECK(result(b) == 0);
    CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    /* c waits for another object than the one a writes, of the same filter
       word: there is no cycle, and all get on. */
    CHECK(ask(a, OP_WRITE, 0, x) == 0);
    CHECK(ask(b, OP_WRITE, 0, y) == 0);
    CHECK(ask(c, OP_WRITE, 0, twins[0]) == 0);
    CHECK(ask(d, OP_READ, 0, twins[1]) == 0);
    blocks(b, OP_WRITE, 1, twins[0]);
    blocks(a, OP_WRITE, 1, twins[1]);
    nap(MS);
    CHECK(is_busy(a) && is_busy(b));
    CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(b) == 0);
    CHECK(ask(d, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(a) == 0);
    for (n = 0; n < 2; n++) {
        CHECK(ask(a, OP_RELEASE, n, NULL) == 0);
        CHECK(ask(b, OP_RELEASE, n, NULL) == 0);
    }
    /* A cycle that goes on: another waits for one of it. */
    CHECK(ask(a, OP_WRITE, 0, x) == 0);
    CHECK(ask(b, OP_WRITE, 0, y) == 0);
    blocks(c, OP_READ, 0, x);
    blocks(d, OP_WRITE, 0, y);
    gets_hungry(d->record); /* or a might overtake it */
    blocks(a, OP_WRITE, 1, y);
    CHECK(ask(b, OP_WRITE, 1, x) < 0);
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(d) == 0);
    CHECK(ask(d, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(a) == 0);
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(c) == 0);
    CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
    finish();
}

/* A thread that tries to write one object, again and again. */
static int hammering;
static void *hammer(void *arg) {
    cell *c = (cell *)arg;
    holds *h = (holds *)calloc(1, sizeof(holds));
    pyxlock_Guard guard;
    h->id = 1000;
    while (GET(&hammering)) {
        if (pyxlock_try_write(&guard, &c->object) < 0) continue;
        got(h, c, WRITE);
        give(h, c, WRITE);
        pyxlock_release(&guard);
    }
    free(h);
    return NULL;
}

/* A reader that waits only because a writer waits makes no deadlock. */
static void politeness(void) {
    actor *a = &actors[0], *b = &actors[1], *w = &actors[2];
    cell *x = plain[0], *y = plain[1];
    pthread_t thread;
    int last, i, all = 6 * rounds + (jitter_on ? 60 : 0);
    start(3);
    for (i = 0; i < all; i++) {
        int noisy = i % 6 >= 2;
        for (last = 0; last < 3; last++) {
            if (last == 2 && noisy) continue;
            CHECK(ask(a, OP_READ, 0, x) == 0);
            CHECK(ask(b, OP_WRITE, 0, y) == 0);
            if (last == 2) {
                /* the upgrade of a reader is what closes it: c below */
                blocks(a, OP_WRITE, 1, y);
                blocks(w, OP_WRITE, 0, x);
                gets_hungry(w->record);
                tell(b, OP_READ, 1, x);
            } else {
                blocks(w, OP_WRITE, 0, x);
                gets_hungry(w->record);
                if (noisy) {
                    __atomic_store_n(&hammering, 1, __ATOMIC_RELAXED);
                    if (pthread_create(&thread, NULL, hammer, x) != 0) fail("no thread");
                }
                if (last == 0) {
                    blocks(b, OP_READ, 1, x);       /* behind w */
                    tell(a, OP_WRITE, 1, y);        /* waits for b */
                } else {
                    blocks(a, OP_WRITE, 1, y);      /* waits for b */
                    tell(b, OP_READ, 1, x);         /* is behind w, which waits for a */
                }
            }
            CHECK(result(b) == 0);
            CHECK(is_busy(w));
            CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
            CHECK(result(a) == 0);
            CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
            if (noisy) {
                __atomic_store_n(&hammering, 0, __ATOMIC_RELAXED);
                pthread_join(thread, NULL);
            }
            CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
            CHECK(is_busy(w));
            CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
            CHECK(result(w) == 0);
            CHECK(ask(w, OP_RELEASE, 0, NULL) == 0);
        }
    }
    /* The reader is let in before an upgrade that queues after it. */
    CHECK(ask(a, OP_READ, 0, x) == 0);
    CHECK(ask(w, OP_READ, 0, x) == 0);
    CHECK(ask(b, OP_WRITE, 0, y) == 0);
    blocks(w, OP_WRITE, 1, x);
    blocks(b, OP_READ, 1, x);
    tell(a, OP_READ, 1, y);
    CHECK(result(b) == 0);
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(result(a) == 0);
    CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
    CHECK(result(w) == 0);
    CHECK(ask(w, OP_RELEASE, 1, NULL) == 0);
    CHECK(ask(w, OP_RELEASE, 0, NULL) == 0);
    finish();
}

static void several(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2];
    int i, n, attempt;
    start(3);
    /* All or nothing, also for those that come later in the order. */
    for (i = 0; i < 4; i++) {
        CHECK(ask(b, OP_WRITE, 0, plain[i]) == 0);
        for (n = 0; n < 4; n++) pyxlock_want(&a->guard[n], &plain[3 - n]->object, n % 2 ? READ : WRITE);
        a->count = 4;
        CHECK(ask(a, OP_TRY_ACQUIRE, 0, NULL) < 0);
        for (n = 0; n < 4; n++) expect(c, plain[n], 0, n == i);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    }
    /* Nothing is left of a call that a deadlock ended. */
    CHECK(ask(b, OP_WRITE, 0, plain[1]) == 0);
    CHECK(ask(a, OP_WRITE, 10, plain[2]) == 0);
    blocks(b, OP_WRITE, 1, plain[2]);
    for (n = 0; n < 2; n++) pyxlock_want(&a->guard[n], &plain[n]->object, WRITE);
    a->count = 2;
    CHECK(ask(a, OP_ACQUIRE, 0, NULL) < 0);
    expect(c, plain[0], 0, 0);
    CHECK(ask(a, OP_RELEASE, 10, NULL) == 0);
    CHECK(result(b) == 0);
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
    /* In the order of the addresses, however they are given. */
    CHECK(ask(b, OP_WRITE, 0, plain[0]) == 0);
    for (attempt = 0; attempt < 2; attempt++) {
        for (n = 0; n < 3; n++) pyxlock_want(&a->guard[n], &plain[attempt ? n : 2 - n]->object, WRITE);
        a->count = 3;
        blocks(a, OP_ACQUIRE, 0, plain[0]);
        expect(c, plain[1], 0, 0);
        expect(c, plain[2], 0, 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(result(a) == 0);
        for (n = 0; n < 3; n++) expect(c, plain[n], 0, 1);
        CHECK(ask(a, OP_RELEASE_ALL, 0, NULL) == 0);
        for (n = 0; n < 3; n++) expect(c, plain[n], 0, 0);
        CHECK(ask(b, OP_WRITE, 0, plain[0]) == 0);
    }
    CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    /* b has one of them and takes the other: whichever comes first in the order, who
       waits holds nothing, there is no deadlock, and it gets both in the end. */
    for (i = 0; i < 4; i++) {
        cell *outer = plain[i & 1], *inner = plain[1 - (i & 1)];
        int mode = i & 2 ? READ : WRITE;
        for (n = 0; n < 3; n++) pyxlock_want(&a->guard[n], &plain[n]->object, n == 2 ? READ : mode);
        a->count = 3;
        CHECK(ask(b, OP_WRITE, 0, outer) == 0);
        blocks(a, OP_ACQUIRE, 0, outer);
        expect(c, inner, 0, 0);
        expect(c, plain[2], 0, 0);
        CHECK(ask(b, OP_WRITE, 1, inner) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        queues(a, inner);
        expect(c, outer, 0, 0);
        CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
        CHECK(result(a) == 0);
        for (n = 0; n < 3; n++) expect(c, plain[n], n == 2 || mode == READ, n != 2 && mode == WRITE);
        CHECK(ask(a, OP_RELEASE_ALL, 0, NULL) == 0);
        for (n = 0; n < 3; n++) expect(c, plain[n], 0, 0);
    }
    /* b always has one of them: after so many rounds, who wants both keeps what it has
       while it waits for the other, until somebody waits for it in a circle. */
    for (i = 0; i < 3; i++) {
        int has = 0; /* which of them b has, and a waits for */
        if (i == 2) CHECK(ask(a, OP_WRITE, 10, plain[2]) == 0);
        for (n = 0; n < 2; n++) pyxlock_want(&a->guard[n], &plain[n]->object, WRITE);
        a->count = 2;
        CHECK(ask(b, OP_WRITE, 0, plain[0]) == 0);
        blocks(a, OP_ACQUIRE, 0, plain[0]);
        for (n = 0; n <= PYXLOCK_ROUNDS; n++, has = 1 - has) {
            CHECK(ask(b, OP_WRITE, 1 - has, plain[1 - has]) == 0);
            CHECK(ask(b, OP_RELEASE, has, NULL) == 0);
            queues(a, plain[1 - has]);
            expect(c, plain[has], 0, 0);
        }
        gets_hungry(a->record);
        CHECK(ask(i == 1 ? c : b, OP_WRITE, 1 - has, plain[1 - has]) == 0);
        /* a closes the circle. */
        if (i == 1) blocks(c, OP_WRITE, has, plain[has]);
        CHECK(ask(b, OP_RELEASE, has, NULL) == 0);
        if (i != 1) {
            queues(a, plain[1 - has]);
            expect(c, plain[has], 0, 1);
        }
        if (i == 0) {
            /* b does, and gets what a has. */
            CHECK(ask(b, OP_WRITE, has, plain[has]) == 0);
            queues(a, plain[1 - has]);
            CHECK(ask(b, OP_RELEASE, 1 - has, NULL) == 0);
            CHECK(ask(b, OP_RELEASE, has, NULL) == 0);
            CHECK(result(a) == 0);
        } else if (i == 1) {
            CHECK(result(c) == 0);
            queues(a, plain[1 - has]);
            CHECK(ask(c, OP_RELEASE, has, NULL) == 0);
            CHECK(ask(c, OP_RELEASE, 1 - has, NULL) == 0);
            CHECK(result(a) == 0);
        } else {
            /* b does, by what a had before, and does not give up. */
            tell(b, OP_WRITE, 2, plain[2]);
            CHECK(result(a) < 0 && a->deadlock != 0);
            for (n = 0; n < 3; n++) expect(c, plain[n], 0, n != has);
            CHECK(ask(a, OP_RELEASE, 10, NULL) == 0);
            CHECK(result(b) == 0);
            CHECK(ask(b, OP_RELEASE, 2, NULL) == 0);
            CHECK(ask(b, OP_RELEASE, 1 - has, NULL) == 0);
        }
        for (n = 0; n < 2; n++) expect(c, plain[n], 0, i != 2);
        CHECK(i == 2 || ask(a, OP_RELEASE_ALL, 0, NULL) == 0);
        for (n = 0; n < 3; n++) expect(c, plain[n], 0, 0);
    }
    /* Each object once, in the stronger mode. Two readers that would have to
       become writers exclude each other. */
    for (i = 0; i < 8; i++) {
        int locked = 0;
        for (n = 0; n < 3; n++) pyxlock_want(&a->guard[2 * n], &plain[0]->object, i >> n & 1 ? WRITE : READ);
        pyxlock_want(&a->guard[1], NULL, WRITE);
        pyxlock_want(&a->guard[3], &plain[1]->object, READ);
        pyxlock_want(&a->guard[5], Py_None, WRITE);
        a->count = 6;
        CHECK(ask(a, OP_ACQUIRE, 0, NULL) == 0);
        for (n = 0; n < 6; n++) locked += a->guard[n].slot != NULL;
        CHECK(locked == 2);
        expect(b, plain[0], i == 0, i != 0);
        expect(b, plain[1], 1, 0);
        CHECK(ask(a, OP_RELEASE_ALL, 0, NULL) == 0);
        expect(b, plain[0], 0, 0);
        expect(b, plain[1], 0, 0);
    }
    finish();
}

/* A reference that is stolen, and another that nobody gives back: cells are no
   objects that could be freed. */
static PyObject *reference(cell *x) {
    Py_INCREF(&x->object);
    Py_INCREF(&x->object);
    return &x->object;
}

/* As many objects as there are in lists. */
static void listed(void) {
    actor *b = &actors[1], *c = &actors[2];
    PyGILState_STATE gil;
    PyThreadState *state;
    PyObject *reads, *writes, *last;
    pyxlock_Guards g;
    pyxlock_Guard *all;
    int i, count, locked;
    start(3);
    gil = PyGILState_Ensure();
    for (count = 3; count <= 30; count += 27) { /* in the guards themselves, and with room elsewhere */
        reads = PyList_New(count);
        writes = PyTuple_New(4);
        if (reads == NULL || writes == NULL) fail("no memory");
        for (i = 0; i < count; i++) PyList_SetItem(reads, i, reference(plain[count - 1 - i]));
        PyTuple_SetItem(writes, 0, reference(plain[1]));
        Py_INCREF(Py_None);
        PyTuple_SetItem(writes, 1, Py_None);
        PyTuple_SetItem(writes, 2, reference(plain[1]));
        PyTuple_SetItem(writes, 3, reference(plain[0]));
        CHECK(pyxlock_acquire_objects(&g, reads, writes) == 0);
        CHECK((g.many != NULL) == (count > 8));
        all = pyxlock_guards_of(&g);
        last = NULL;
        for (i = locked = 0; i < g.count; i++) {
            if (all[i].slot == NULL) continue;
            CHECK((uintptr_t)all[i].object > (uintptr_t)last);
            last = all[i].object;
            locked++;
        }
        CHECK(locked == count);
        state = PyEval_SaveThread();
        for (i = 0; i < count; i++) expect(c, plain[i], i >= 2, i < 2);
        PyEval_RestoreThread(state);
        pyxlock_release_objects(&g);
        pyxlock_release_objects(&g);
        /* All or nothing. */
        state = PyEval_SaveThread();
        for (i = 0; i < count; i++) expect(c, plain[i], 0, 0);
        CHECK(ask(b, OP_WRITE, 0, plain[count - 1]) == 0);
        PyEval_RestoreThread(state);
        CHECK(pyxlock_try_acquire_objects(&g, reads, writes) < 0);
        PyErr_Clear();
        pyxlock_release_objects(&g);
        state = PyEval_SaveThread();
        for (i = 0; i < count - 1; i++) expect(c, plain[i], 0, 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        PyEval_RestoreThread(state);
        Py_DECREF(reads);
        Py_DECREF(writes);
    }
    PyGILState_Release(gil);
    finish();
}

/* ---- wakes ------------------------------------------------------------------------------ */

static void ignore(int number) { (void)number; }

/* As where Python cannot tell which thread handles signals. */
static unsigned long anybody_is_interrupted(void) {
    unsigned long before = table->main_thread;
    table->main_thread = 0;
    return before;
}

/* Everybody who waits is woken by what it waits for, not by its own timeout:
   what could get lost is tried after all who wait went to sleep without one. */
static void wakes(void) {
    unsigned long main_thread = anybody_is_interrupted();
    actor *a = &actors[0], *r = &actors[30];
    int i, round;
    __atomic_store_n(&endless, 1, __ATOMIC_RELAXED);
    for (round = 0; round < (rounds > 4 ? 4 : rounds); round++) {
        start(38);
        /* 0: a writer after a writer, and one after that */
        CHECK(ask(&a[0], OP_WRITE, 0, plain[0]) == 0);
        blocks(&a[1], OP_WRITE, 0, plain[0]);
        blocks(&a[2], OP_WRITE, 0, plain[0]);
        /* 1: readers after a writer: all of them; then a writer, after all of them */
        CHECK(ask(&a[3], OP_WRITE, 0, plain[1]) == 0);
        blocks(&a[4], OP_READ, 0, plain[1]);
        blocks(&a[5], OP_READ, 0, plain[1]);
        blocks(&a[6], OP_READ, 0, plain[1]);
        blocks(&a[7], OP_WRITE, 0, plain[1]);
        blocks(&a[8], OP_READ, 0, plain[1]);
        /* 2: a writer after a reader */
        CHECK(ask(&a[9], OP_READ, 0, plain[2]) == 0);
        blocks(&a[10], OP_WRITE, 0, plain[2]);
        /* 3: a reader after a writer that reads on, with an inner hold more */
        CHECK(ask(&a[11], OP_READ, 0, plain[3]) == 0);
        CHECK(ask(&a[11], OP_WRITE, 1, plain[3]) == 0);
        CHECK(ask(&a[11], OP_WRITE, 2, plain[3]) == 0);
        CHECK(ask(&a[11], OP_READ, 3, plain[3]) == 0);
        blocks(&a[12], OP_READ, 0, plain[3]);
        /* 4: after a thread that ends, reading, writing, a lot */
        CHECK(ask(&a[13], OP_READ, 0, plain[4]) == 0);
        CHECK(ask(&a[13], OP_WRITE, 1, plain[5]) == 0);
        for (i = 0; i < 16; i++) CHECK(ask(&a[13], i % 2 ? OP_READ : OP_WRITE, 2 + i, plain[20 + i]) == 0);
        blocks(&a[14], OP_WRITE, 0, plain[4]);
        blocks(&a[15], OP_READ, 0, plain[5]);
        blocks(&a[16], OP_WRITE, 0, plain[35]);
        /* 6: an upgrade after the other reader, ahead of a writer */
        CHECK(ask(&a[17], OP_READ, 0, plain[6]) == 0);
        CHECK(ask(&a[18], OP_READ, 0, plain[6]) == 0);
        blocks(&a[19], OP_WRITE, 0, plain[6]);
        blocks(&a[17], OP_WRITE, 1, plain[6]);
        /* 7: a writer that a signal takes off the queue for a moment, and a reader behind it */
        CHECK(ask(&a[20], OP_READ, 0, plain[7]) == 0);
        blocks(&a[21], OP_WRITE, 0, plain[7]);
        gets_hungry(a[21].record);
        blocks(&a[22], OP_READ, 0, plain[7]);
        /* 8: a writer that was woken, but too late */
        CHECK(ask(&a[23], OP_WRITE, 0, plain[8]) == 0);
        for (i = 0; i < 20; i++) {
            blocks(&a[24], OP_WRITE, 0, plain[8]);
            if (ask(&a[23], OP_WRITE_AGAIN, 0, plain[8]) == 0) break;
            CHECK(result(&a[24]) == 0);
            CHECK(ask(&a[24], OP_RELEASE, 0, NULL) == 0);
            CHECK(ask(&a[23], OP_WRITE, 0, plain[8]) == 0);
        }
        if (i == 20) blocks(&a[24], OP_WRITE, 0, plain[8]);
        /* 9: a reader after a deadlock that a writer ahead of it, which reads, could not see */
        CHECK(ask(&r[0], OP_READ, 0, plain[9]) == 0);
        CHECK(ask(&r[1], OP_WRITE, 0, twins[9]) == 0);
        blocks(&r[2], OP_WRITE, 0, plain[9]);
        gets_hungry(r[2].record);
        blocks(&r[3], OP_READ, 0, plain[9]);

        until_asleep(19);

        ask(&a[0], OP_RELEASE, 0, NULL);
        WOKEN(&a[1]);
        ask(&a[3], OP_RELEASE, 0, NULL);
        WOKEN(&a[4]);
        WOKEN(&a[5]);
        WOKEN(&a[6]);
        CHECK(is_busy(&a[7]) && is_busy(&a[8]));
        ask(&a[9], OP_RELEASE, 0, NULL);
        WOKEN(&a[10]);
        ask(&a[11], OP_RELEASE, 2, NULL);
        CHECK(is_busy(&a[12]));
        ask(&a[11], OP_RELEASE, 1, NULL);
        WOKEN(&a[12]);
        for (i = 0; i < 18; i++) ask(&a[13], OP_FORGET, i, NULL);
        end(&a[13]);
        WOKEN(&a[14]);
        WOKEN(&a[15]);
        WOKEN(&a[16]);
        ask(&a[18], OP_RELEASE, 0, NULL);
        WOKEN(&a[17]);
        CHECK(is_busy(&a[19]));
        for (i = 0; i < 20; i++) {
            pthread_kill(a[21].thread, SIGUSR1);
            nap(MS / 10);
        }
        queues(&a[21], plain[7]);
        CHECK(is_busy(&a[22]));
        ask(&a[23], OP_RELEASE, 0, NULL);
        WOKEN(&a[24]);
        ask(&r[0], OP_RELEASE, 0, NULL);
        WOKEN(&r[2]);
        CHECK(is_busy(&r[3]));

        /* Those who still wait. */
        ask(&a[1], OP_RELEASE, 0, NULL);
        WOKEN(&a[2]);
        ask(&a[2], OP_RELEASE, 0, NULL);
        ask(&a[4], OP_RELEASE, 0, NULL);
        ask(&a[5], OP_RELEASE, 0, NULL);
        CHECK(is_busy(&a[7]));
        ask(&a[6], OP_RELEASE, 0, NULL);
        WOKEN(&a[7]);
        ask(&a[7], OP_RELEASE, 0, NULL);
        WOKEN(&a[8]);
        ask(&a[8], OP_RELEASE, 0, NULL);
        ask(&a[10], OP_RELEASE, 0, NULL);
        ask(&a[11], OP_RELEASE, 0, NULL);
        ask(&a[11], OP_RELEASE, 3, NULL);
        ask(&a[12], OP_RELEASE, 0, NULL);
        ask(&a[14], OP_RELEASE, 0, NULL);
        ask(&a[15], OP_RELEASE, 0, NULL);
        ask(&a[16], OP_RELEASE, 0, NULL);
        ask(&a[17], OP_RELEASE, 1, NULL);
        CHECK(is_busy(&a[19]));
        ask(&a[17], OP_RELEASE, 0, NULL);
        WOKEN(&a[19]);
        ask(&a[19], OP_RELEASE, 0, NULL);
        ask(&a[20], OP_RELEASE, 0, NULL);
        WOKEN(&a[21]);
        CHECK(is_busy(&a[22]));
        ask(&a[21], OP_RELEASE, 0, NULL);
        WOKEN(&a[22]);
        ask(&a[22], OP_RELEASE, 0, NULL);
        ask(&a[24], OP_RELEASE, 0, NULL);
        ask(&r[2], OP_RELEASE, 0, NULL);
        WOKEN(&r[3]);
        ask(&r[3], OP_RELEASE, 0, NULL);
        ask(&r[1], OP_RELEASE, 0, NULL);
        start_actor(&a[13], 1);
        finish();
    }
    __atomic_store_n(&endless, 0, __ATOMIC_RELAXED);
    table->main_thread = main_thread;
}

/* A thread that reads objects in turn, or tries to. */
typedef struct turns {
    int first, count, id, tries;
} turns;
static void *try_in_turn(void *arg) {
    turns *t = (turns *)arg;
    holds *h = (holds *)calloc(1, sizeof(holds));
    pyxlock_Guard guard;
    int i;
    h->id = t->id;
    while (GET(&hammering)) {
        for (i = t->first; i < t->first + t->count; i++) {
            if ((t->tries ? pyxlock_try_read(&guard, &plain[i]->object) : pyxlock_try_write(&guard, &plain[i]->object)) < 0) continue;
            got(h, plain[i], t->tries ? READ : WRITE);
            give(h, plain[i], t->tries ? READ : WRITE);
            pyxlock_release(&guard);
        }
    }
    free(h);
    return NULL;
}

#ifdef THREADS_JITTER
/* A reader has found nobody; now somebody writes, and another one waits for that; the
   reader names the object; the writer ends, and takes the reader for one that holds. So
   the reader, who takes its slot back, has to wake. */
static void second_leaves(void) { CHECK(ask(&actors[1], OP_RELEASE, 0, NULL) == 0); }
static void second_takes(void) {
    CHECK(ask(&actors[1], OP_WRITE, 0, plain[0]) == 0);
    blocks(&actors[2], OP_WRITE, 0, plain[0]);
    until_asleep(1);
    before_exchange = second_leaves;
}
static void retracts(void) {
    int i;
    start(3);
    /* The reader has a fence: it must not find an owner, nor be out of patience. */
    for (i = 0; i < 3; i++) owns(&actors[i], plain[5 + i]);
    owns(&actors[1], plain[0]);
    actors[0].record->patience = 3;
    CHECK(ask(&actors[0], OP_READ, 0, plain[0]) == 0 && ask(&actors[0], OP_RELEASE, 0, NULL) == 0);
    CHECK(owner(plain[0]) == 0 && fences(plain[0]));
    __atomic_store_n(&endless, 1, __ATOMIC_RELAXED);
    if (ask(&actors[0], OP_READ_AMID, 0, plain[0]) == 0) CHECK(ask(&actors[0], OP_RELEASE, 0, NULL) == 0);
    WOKEN(&actors[2]);
    CHECK(ask(&actors[2], OP_RELEASE, 0, NULL) == 0);
    __atomic_store_n(&endless, 0, __ATOMIC_RELAXED);
    finish();
}
#endif

/* A hold ends while others try and fail: their attempts look like holds to the
   one who would wake the waiter, so they have to wake it. */
static void transients(void) {
    enum { PAIRS = 12 };
    pthread_t threads[2];
    turns t[2] = {{0, PAIRS, 1000, 1}, {0, PAIRS, 1001, 0}};
    int i, round, all = rounds * (jitter_on ? 6 : 2);
    start(2 * PAIRS);
    __atomic_store_n(&endless, 1, __ATOMIC_RELAXED);
    for (round = 0; round < all; round++) {
        for (i = 0; i < PAIRS; i++) CHECK(ask(&actors[i], i % 2 ? OP_READ : OP_WRITE, 0, plain[i]) == 0);
        for (i = 0; i < PAIRS; i++) blocks(&actors[PAIRS + i], i % 4 < 2 ? OP_WRITE : i % 2 ? OP_WRITE : OP_READ, 0, plain[i]);
        until_asleep(PAIRS);
        __atomic_store_n(&hammering, 1, __ATOMIC_RELAXED);
        for (i = 0; i < 2; i++) {
            if (pthread_create(&threads[i], NULL, try_in_turn, &t[i]) != 0) fail("no thread");
        }
        nap(MS);
        for (i = 0; i < PAIRS; i++) CHECK(ask(&actors[i], OP_RELEASE, 0, NULL) == 0);
        nap(5 * MS);
        __atomic_store_n(&hammering, 0, __ATOMIC_RELAXED);
        for (i = 0; i < PAIRS; i++) WOKEN(&actors[PAIRS + i]);
        for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
        for (i = 0; i < PAIRS; i++) CHECK(ask(&actors[PAIRS + i], OP_RELEASE, 0, NULL) == 0);
    }
    __atomic_store_n(&endless, 0, __ATOMIC_RELAXED);
    finish();
}

/* ---- fairness ------------------------------------------------------------------------------ */

/* Two readers between whom the object is never free, unless one of them waits:
   each keeps it until the other one has it, or for 20 ms. */
static int relay_on[2], relay_stop, relay_mode, relay_entries;
static void *relay(void *arg) {
    int me = (int)(intptr_t)arg, other = 1 - me;
    pyxlock_Guard guard;
    while (!GET(&relay_stop)) {
        long long until;
        if ((relay_mode == READ ? pyxlock_read(&guard, &plain[0]->object) : pyxlock_write(&guard, &plain[0]->object)) < 0) fail("refused");
        (void)__atomic_add_fetch(&relay_entries, 1, __ATOMIC_RELAXED);
        __atomic_store_n(&relay_on[me], 1, __ATOMIC_RELAXED);
        until = pyxlock_now() + (relay_mode == READ ? 20 * MS : MS / 10);
        while (!(relay_mode == READ && GET(&relay_on[other])) && pyxlock_now() < until && !GET(&relay_stop)) sched_yield();
        if (relay_mode == READ) nap(MS / 5);
        __atomic_store_n(&relay_on[me], 0, __ATOMIC_RELAXED);
        pyxlock_release(&guard);
    }
    return NULL;
}

/* Once a thread is hungry, nobody who comes after it gets in before it. What may
   still be counted of each of the two: that it got in a moment ago, and that it
   was ahead in the queue. */
static void fairness(void) {
    int i, turn;
    start(1);
    for (relay_mode = READ; relay_mode <= WRITE; relay_mode++) {
        pthread_t threads[2];
        relay_stop = 0;
        for (i = 0; i < 2; i++) {
            if (pthread_create(&threads[i], NULL, relay, (void *)(intptr_t)i) != 0) fail("no thread");
        }
        nap(5 * MS);
        for (turn = 0; turn < 5; turn++) {
            int hungry = 0, passed;
            tell(&actors[0], relay_mode == READ ? OP_WRITE : OP_READ, 0, plain[0]);
            while (is_busy(&actors[0]) && !hungry) {
                nap(MS / 5);
                pyxlock_mutex_lock(&table->mutex);
                hungry = actors[0].record->object == &plain[0]->object && pyxlock_is_hungry(actors[0].record);
                pyxlock_mutex_unlock(&table->mutex);
            }
            passed = GET(&relay_entries);
            CHECK(result(&actors[0]) == 0);
            passed = GET(&relay_entries) - passed;
            if (hungry && passed > 4) fail("%d times somebody passed a hungry %s", passed, relay_mode == READ ? "writer" : "reader");
            CHECK(ask(&actors[0], OP_RELEASE, 0, NULL) == 0);
        }
        __atomic_store_n(&relay_stop, 1, __ATOMIC_RELAXED);
        for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    }
    finish();
}

/* Many readers are let in by one release, which wakes them after it has left the mutex: that
   takes the system some microseconds each. */
static void crowds(void) {
    enum { N = 60 };
    unsigned long main_thread = anybody_is_interrupted();
    int i;
    start(N + 1);
    __atomic_store_n(&endless, 1, __ATOMIC_RELAXED);
    CHECK(ask(&actors[0], OP_WRITE, 0, plain[0]) == 0);
    for (i = 1; i <= N; i++) blocks(&actors[i], OP_READ, 0, plain[0]);
    until_asleep(N);
    __atomic_store_n(&nobody_has_the_mutex, 1, __ATOMIC_RELAXED);
    CHECK(ask(&actors[0], OP_RELEASE, 0, NULL) == 0);
    CHECK(!GET(&nobody_has_the_mutex));
    for (i = 1; i <= N; i++) WOKEN(&actors[i]);
    __atomic_store_n(&endless, 0, __ATOMIC_RELAXED);
    for (i = 1; i <= N; i++) CHECK(ask(&actors[i], OP_RELEASE, 0, NULL) == 0);
    finish();
    table->main_thread = main_thread;
}

/* ---- threads that come and go, fork, sweep ---------------------------------------------------- */

static void exits(void) {
    int i, n;
    start(4);
    for (n = 0; n < 25 * rounds; n++) {
        actor *a = &actors[4];
        pyxlock_record *home;
        start_actor(a, n % 2);
        /* Nothing but a living thread may keep a thread from its home: an actor, or this one. */
        home = pyxlock_home_of(table, PYXLOCK_LOAD(&a->record->self));
        if (a->record != home && home != pyxlock_home_of(table, pyxlock_self())) {
            for (i = 0; i < 4 && actors[i].record != home; i++) {}
            if (i == 4) fail("thread %d was kept from its home by one that has ended", n);
        }
        for (i = 0; i < n % 12; i++) CHECK(ask(a, (i + n) % 3 ? OP_READ : OP_WRITE, i, plain[i]) == 0);
        for (i = 0; i < n % 12; i++) CHECK(ask(a, OP_FORGET, i, NULL) == 0);
        end(a);
        for (i = 0; i < n % 12; i++) expect(&actors[i % 4], plain[i], 0, 0);
        check_empty(5);
    }
    finish();
}

static void sweeps(void) {
    actor *a = &actors[0], *b = &actors[1], *c = &actors[2], *d = &actors[3];
    cell *x = plain[0], *y = plain[1];
    int n;
    start(6);
    for (n = 0; n < 2; n++) {
        /* Who holds nothing goes off the list, and comes back. */
        CHECK(ask(a, OP_SWEEP, 0, NULL) == 0);
        CHECK(PYXLOCK_LOAD(&b->record->unlisted) == 1 && PYXLOCK_LOAD(&c->record->unlisted) == 1);
        CHECK(ask(b, OP_READ, 0, x) == 0);
        expect(a, x, 1, 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(a, OP_SWEEP, 0, NULL) == 0);
        CHECK(ask(b, OP_WRITE, 0, x) == 0);
        expect(a, x, 0, 1);
        /* Who holds stays. */
        CHECK(ask(a, OP_SWEEP, 0, NULL) == 0);
        expect(a, x, 0, 1);
        CHECK(ask(b, OP_READ, 1, x) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(a, OP_SWEEP, 0, NULL) == 0);
        expect(a, x, 1, 0);
        CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
        /* Who waits meanwhile is seen when it was let in. */
        CHECK(ask(b, OP_WRITE, 0, x) == 0);
        blocks(c, OP_READ, 0, x);
        if (n) nap(3 * MS); /* is handed the lock */
        CHECK(ask(a, OP_SWEEP, 0, NULL) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(result(c) == 0);
        expect(a, x, 1, 0);
        CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
        /* The same, let in for the sake of politeness. */
        CHECK(ask(a, OP_READ, 0, x) == 0);
        CHECK(ask(b, OP_WRITE, 0, y) == 0);
        blocks(c, OP_WRITE, 0, x);
        gets_hungry(c->record);
        blocks(b, OP_READ, 1, x);
        CHECK(ask(d, OP_SWEEP, 0, NULL) == 0);
        tell(a, OP_WRITE, 1, y);
        CHECK(result(b) == 0);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(result(a) == 0);
        CHECK(ask(a, OP_RELEASE, 1, NULL) == 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        CHECK(is_busy(c));
        CHECK(ask(b, OP_RELEASE, 1, NULL) == 0);
        CHECK(result(c) == 0);
        CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
        /* Sweeping happens by itself. */
        CHECK(ask(d, OP_READ, 0, y) == 0);
        CHECK(ask(d, OP_RELEASE, 0, NULL) == 0);
        CHECK(PYXLOCK_LOAD(&d->record->unlisted) == 0);
        nap(6 * MS);
        {
            int i;
            for (i = 0; i < 70; i++) {
                CHECK(ask(c, OP_READ, 0, x) == 0);      /* or a owned it, and would not look at anybody */
                CHECK(ask(c, OP_RELEASE, 0, NULL) == 0);
                CHECK(ask(a, OP_WRITE, 0, x) == 0);
                CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
            }
        }
        CHECK(PYXLOCK_LOAD(&d->record->unlisted) == 1);
    }
    finish();
}

/* A thread that has the table's mutex for a while. */
static int inside;
static void *be_inside(void *unused) {
    pyxlock_mutex_lock(&table->mutex);
    __atomic_store_n(&inside, 1, __ATOMIC_RELAXED);
    nap(20 * MS);
    __atomic_store_n(&inside, 0, __ATOMIC_RELAXED);
    pyxlock_mutex_unlock(&table->mutex);
    return unused;
}

static void *write_once(void *arg) {
    pyxlock_Guard guard;
    if (pyxlock_write(&guard, &((cell *)arg)->object) < 0) _exit(16);
    pyxlock_release(&guard);
    return NULL;
}

/* Threads of the child wait for each other. They get the records of those that are
   gone, some of whom queued when the process forked. */
static void wait_in_child(cell *c) {
    enum { N = 10 };
    pthread_t threads[N];
    pyxlock_Guard guard;
    int i, raised = raised_filters();
    if (emulated || SANITIZER[0] != 0) return; /* that of threads has none after a fork, others their memory locked */
    if (pyxlock_write(&guard, &c->object) < 0) _exit(17);
    for (i = 0; i < N; i++) {
        if (pthread_create(&threads[i], NULL, write_once, c) != 0) _exit(18);
        while (all_queued() < (pyxlock_word)i + 1) nap(MS / 20);
    }
    pyxlock_release(&guard);
    for (i = 0; i < N; i++) pthread_join(threads[i], NULL);
    for (i = 0; i < PYXLOCK_QUEUES; i++) if (table->queue[i] != NULL) _exit(19);
    if (raised_filters() != raised) _exit(24);
}

/* In the child of a fork: what others held is free, what this thread holds is not. */
static void in_child(actor *forker) {
    int i, bad;
    pyxlock_Guard guard[2 * PLAIN];
    child_alarm();
    if (GET(&inside)) _exit(20);
    if (table->aways != 0) _exit(23);
    table->dump(table);
    /* The system may not make barriers there. */
    if (GET(&refuse_barriers) != (table->barriers == 0) && PYXLOCK_BARRIERS) _exit(21);
    for (i = 0; i < PYXLOCK_FILTERS; i++) {
        if (((PYXLOCK_LOAD(&table->filter[i]) & PYXLOCK_FENCES) == 0) != (table->barriers != 0)) _exit(22);
    }
    for (i = 0; i < 2 * PLAIN; i++) {
        cell *c = i < PLAIN ? plain[i] : twins[i - PLAIN];
        if (pyxlock_write(&guard[i], &c->object) < 0) _exit(10);
    }
    for (i = 0; i < 2 * PLAIN; i++) pyxlock_release(&guard[i]);
    bad = raised_filters();
    /* The forking thread holds plain[0] for writing, and reads plain[1]. */
    if (forker == NULL && bad != 0) _exit(11);
    if (forker == NULL) {
        wait_in_child(plain[0]);
        _exit(0);
    }
    if (bad != 1 || all_queued() != 0 || PYXLOCK_LOAD(&table->listed) != 1) _exit(12);
    if (pyxlock_own(pyxlock_me(table), &plain[0]->object, NULL) != WRITE) _exit(13);
    if (pyxlock_own(pyxlock_me(table), &plain[1]->object, NULL) != READ) _exit(14);
    wait_in_child(plain[3]);
    _exit(0);
}

static void forks(void) {
    actor *a = &actors[0];
    pyxlock_Guard mine[2] = {{NULL, NULL, 0, NULL}, {NULL, NULL, 0, NULL}};
    holds *h = (holds *)calloc(1, sizeof(holds));
    pthread_t thread, insider;
    int i, n, status;
    h->id = 999;
    start(10);
    for (n = 0; n < 4 * rounds; n++) {
        pid_t child;
        for (i = 0; i < 4; i++) CHECK(ask(&a[i], i % 2 ? OP_READ : OP_WRITE, 0, plain[2 + i]) == 0);
        for (i = 4; i < 8; i++) blocks(&a[i], OP_WRITE, 0, plain[2 + i - 4]);
        for (i = 0; i < 12; i++) CHECK(ask(&a[8], i % 2 ? OP_READ : OP_WRITE, i, plain[10 + i]) == 0);
        __atomic_store_n(&hammering, 1, __ATOMIC_RELAXED);
        if (pthread_create(&thread, NULL, hammer, plain[30]) != 0) fail("no thread");
        if (n % 2) {
            CHECK(pyxlock_write(&mine[0], &plain[0]->object) == 0);
            CHECK(pyxlock_read(&mine[1], &plain[1]->object) == 0);
        }
        nap(MS * (n % 4));
        fflush(stdout);
        if (n % 2 && pthread_create(&insider, NULL, be_inside, NULL) != 0) fail("no thread");
        while (n % 2 && !GET(&inside)) nap(MS / 20);
        __atomic_store_n(&refuse_barriers, n % 4 > 1, __ATOMIC_RELAXED);
        child = fork();
        if (child != 0) __atomic_store_n(&refuse_barriers, 0, __ATOMIC_RELAXED);
        if (child == 0) {
            if (freopen("/dev/null", "w", stderr) == NULL) _exit(15);
            in_child(n % 2 ? a : NULL);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) fail("fork");
        check_child(status);
        __atomic_store_n(&hammering, 0, __ATOMIC_RELAXED);
        pthread_join(thread, NULL);
        if (n % 2) {
            pthread_join(insider, NULL);
            expect(&a[9], plain[0], 0, 1);
            expect(&a[9], plain[1], 1, 0);
            pyxlock_release(&mine[1]);
            pyxlock_release(&mine[0]);
        }
        for (i = 0; i < 4; i++) CHECK(ask(&a[i], OP_RELEASE, 0, NULL) == 0);
        for (i = 4; i < 8; i++) CHECK(result(&a[i]) == 0);
        for (i = 4; i < 8; i++) CHECK(ask(&a[i], OP_RELEASE, 0, NULL) == 0);
        for (i = 0; i < 12; i++) CHECK(ask(&a[8], OP_RELEASE, i, NULL) == 0);
    }
    free(h);
    finish();
}

static void python(const char *script) {
    PyGILState_STATE gil = PyGILState_Ensure();
    if (PyRun_SimpleString(script) != 0) fail("Python raised");
    PyGILState_Release(gil);
}

/* ---- what is seen without the mutex --------------------------------------------------------------- */

/* Somebody who looks again and again, and finds the mutex taken: nothing orders for him what
   he sees. */
static int look_on, looks, seen_holds, seen_waits;
static void see(void *unused, const pyxlock_line *line) {
    (void)unused;
    if (line->object != &plain[0]->object) return;
    if (line->type[0] != 0 || line->since != 0) fail("an object is looked at without the mutex");
    if (!line->waits && line->mode != WRITE) fail("%d is no mode of this hold", line->mode);
    (void)__atomic_add_fetch(line->waits ? &seen_waits : &seen_holds, 1, __ATOMIC_RELAXED);
}
static void *look_on_and_on(void *unused) {
    while (GET(&look_on)) {
        pyxlock_visit(table, 0, see, NULL);
        (void)__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
    }
    return unused;
}
static void await_looks(void) {
    int from = GET(&looks);
    while (GET(&looks) < from + 2) nap(MS / 20);
}

/* Who holds and who waits can be printed while records are made, threads queue and leave;
   and while a thread has the mutex for good, as in a debugger. */
static void unlocked(void) {
    actor *a = &actors[0], *b = &actors[1];
    pyxlock_record *unused, *record;
    pthread_t looker;
    int n, out, null;
    start(2);
    seen_holds = seen_waits = 0;
    __atomic_store_n(&look_on, 1, __ATOMIC_RELAXED);
    if (pthread_create(&looker, NULL, look_on_and_on, NULL) != 0) fail("no thread");
    await_looks();
    pyxlock_mutex_lock(&table->mutex);
    unused = table->unused;
    table->unused = NULL; /* or it would be one of those */
    record = pyxlock_record_new(table, pyxlock_self(), 1);
    table->unused = unused;
    if (record == NULL) fail("no record");
    pyxlock_record_free(record);
    pyxlock_mutex_unlock(&table->mutex);
    start_actor(&actors[started++], 0);
    for (n = 0; n < 4; n++) {
        await_looks();
        CHECK(ask(a, OP_WRITE, 0, plain[0]) == 0);
        blocks(b, OP_WRITE, 0, plain[0]);
        await_looks();
        CHECK(GET(&seen_holds) > 0 && GET(&seen_waits) > 0);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        WOKEN(b);
        CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
    }
    __atomic_store_n(&look_on, 0, __ATOMIC_RELAXED);
    pthread_join(looker, NULL);
    pyxlock_mutex_lock(&table->mutex);
    null = open("/dev/null", O_WRONLY);
    out = dup(2);
    CHECK(null >= 0 && out >= 0);
    (void)dup2(null, 2);
    table->dump(table);
    (void)dup2(out, 2);
    (void)close(out);
    (void)close(null);
    pyxlock_mutex_unlock(&table->mutex);
    finish();
}

/* Several threads lock as the first of all. Each finds the same table, whether there was
   one or not; and may lock while the first of them still prepares it: here when that has
   done so, but nothing has told the others. */
enum { FIRSTS = 4 };
typedef struct first { pthread_t thread; int number; pyxlock_table *found; } first;
static int firsts_may, firsts_look;
static __thread PyObject *first_capsule;
static int are_done(void) { return GET(&pyxlock_shared) != 0; }
static int all_look(void) { return GET(&firsts_look) >= FIRSTS; }
static void until_so(int (*condition)(void)) {
    PyThreadState *state = PyEval_SaveThread();
    while (!condition()) (void)sched_yield();
    PyEval_RestoreThread(state);
}
static PyObject *capsule_new(void *pointer, const char *name, PyCapsule_Destructor destructor) {
    return first_capsule = PyCapsule_New(pointer, name, destructor);
}
static PyObject *import_module(const char *name) {
    if (GET(&firsts_may) && strcmp(name, "sys") == 0) {
        (void)__atomic_add_fetch(&firsts_look, 1, __ATOMIC_RELAXED);
        until_so(all_look);
    }
    return PyImport_ImportModule(name);
}
static void *capsule_pointer(PyObject *capsule, const char *name) {
    if (GET(&firsts_may) && capsule != first_capsule) until_so(are_done); /* this one was not first */
    return PyCapsule_GetPointer(capsule, name);
}

static void *lock_first(void *arg) {
    first *f = (first *)arg;
    pyxlock_Guard guard;
    while (!GET(&firsts_may)) {}
    if (pyxlock_read(&guard, &plain[2 * f->number]->object) < 0) fail("refused");
    pyxlock_release(&guard);
    if (pyxlock_write(&guard, &plain[2 * f->number + 1]->object) < 0) fail("refused");
    pyxlock_release(&guard);
    f->found = pyxlock_any_table();
    return NULL;
}

/* As if no module had locked anything since Python started. */
static void forget_table(void) {
    python("import sys; del sys." PYXLOCK_CAPSULE);
    PYXLOCK_STORE_RELEASE(&pyxlock_shared, 0);
}

/* Takes the room that Python has for watchers, so that nobody is told of modules; the first
   of them. */
static int take_watchers(void) {
    int from = -1;
#if PY_VERSION_HEX >= 0x030C0000
    PyGILState_STATE gil = PyGILState_Ensure();
    int id;
    while ((id = PyDict_AddWatcher(pyxlock_modules_change)) >= 0) if (from < 0) from = id;
    PyErr_Clear();
    PyGILState_Release(gil);
#endif
    return from;
}
static void give_watchers(int from) {
#if PY_VERSION_HEX >= 0x030C0000
    PyGILState_STATE gil = PyGILState_Ensure();
    while (from >= 0 && PyDict_ClearWatcher(from) == 0) from++;
    PyErr_Clear();
    PyGILState_Release(gil);
#endif
    (void)from;
}

static void firsts(void) {
    static int anew = 1; /* the first time without a table: they are for good */
    const struct _frozen *frozen = PyImport_FrozenModules;
    first all[FIRSTS];
    int i, n;
    for (n = 0; n < 2 * rounds; n++) {
        int from = take_watchers(), told = n % 2;
        if (told) give_watchers(from);
        forget_table();
        if (anew) PyImport_FrozenModules = NULL;
        firsts_look = 0;
        for (i = 0; i < FIRSTS; i++) {
            all[i].number = i;
            if (pthread_create(&all[i].thread, NULL, lock_first, &all[i]) != 0) fail("no thread");
        }
        __atomic_store_n(&firsts_may, 1, __ATOMIC_RELAXED);
        for (i = 0; i < FIRSTS; i++) pthread_join(all[i].thread, NULL);
        __atomic_store_n(&firsts_may, 0, __ATOMIC_RELAXED);
        for (i = 0; i < FIRSTS; i++) CHECK(all[i].found == all[0].found && (all[i].found == table) == !anew);
        CHECK(from < 0 || (all[0].found->watched != 0) == told);
        give_watchers(from);
        PyImport_FrozenModules = frozen;
        anew = 0;
    }
    check_empty(1);
}

/* Signals take waiters off the queue again and again; they all get there. */
static void signals(void) {
    unsigned long main_thread = anybody_is_interrupted();
    int i, n;
    start(6);
    for (n = 0; n < 3 * rounds; n++) {
        int got_it = 0;
        CHECK(ask(&actors[0], n % 2 ? OP_READ : OP_WRITE, 0, plain[0]) == 0);
        for (i = 1; i < 6; i++) tell(&actors[i], i % 2 ? OP_WRITE : OP_READ, 0, plain[0]);
        for (i = 0; i < 100; i++) {
            pthread_kill(actors[1 + next_random(&chance) % 5].thread, SIGUSR1);
            if (i % 4 == 0) nap(MS / 5);
        }
        CHECK(ask(&actors[0], OP_RELEASE, 0, NULL) == 0);
        for (;;) {
            int left = 0;
            for (i = 1; i < 6; i++) {
                if (got_it & 1 << i) continue;
                left++;
                if (is_busy(&actors[i])) {
                    pthread_kill(actors[i].thread, SIGUSR1);
                    continue;
                }
                CHECK(result(&actors[i]) == 0);
                CHECK(ask(&actors[i], OP_RELEASE, 0, NULL) == 0);
                got_it |= 1 << i;
            }
            if (left == 0) break;
        }
    }
    finish();
    table->main_thread = main_thread;
}

/* A writer that looks for signals leaves the queue, and comes back to its old place,
   where a reader behind it waits out of politeness again. Who began to wait for that
   reader meanwhile saw no cycle in it: the writer looks for it. */
static void absence(void) {
    unsigned long main_thread = anybody_is_interrupted();
    actor *h = &actors[0], *w = &actors[1], *r = &actors[2];
    cell *x = plain[0], *y = plain[1];
    int n;
    start(3);
    for (n = 0; n < 3; n++) {
        int away;
        CHECK(ask(h, OP_READ, 0, x) == 0);
        CHECK(ask(r, OP_WRITE, 0, y) == 0);
        /* Nobody passes by the fast path while it is away: the filter counts it. */
        blocks(w, OP_WRITE, 0, x);
        if (n) gets_hungry(w->record);
        __atomic_store_n(&keep_away, 1, __ATOMIC_RELAXED);
        do {
            pthread_kill(w->thread, SIGUSR1);
            nap(MS / 10);
        } while (all_queued() != 0);
        CHECK((PYXLOCK_LOAD(pyxlock_filter(table, &x->object)) & PYXLOCK_COUNT) == 1);
        __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
        queues(w, x);
        CHECK((PYXLOCK_LOAD(pyxlock_filter(table, &x->object)) & PYXLOCK_COUNT) == 1);
        CHECK(ask(h, OP_RELEASE, 0, NULL) == 0);
        CHECK(result(w) == 0);
        CHECK((PYXLOCK_LOAD(pyxlock_filter(table, &x->object)) & PYXLOCK_COUNT) == 1);
        CHECK(ask(w, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(h, OP_READ, 0, x) == 0);
        blocks(w, OP_WRITE, 0, x);
        gets_hungry(w->record);
        blocks(r, OP_READ, 1, x);
        __atomic_store_n(&keep_away, 1, __ATOMIC_RELAXED);
        do {
            pthread_kill(w->thread, SIGUSR1);
            nap(MS / 10);
            pyxlock_mutex_lock(&table->mutex);
            away = w->record->object == NULL;
            pyxlock_mutex_unlock(&table->mutex);
        } while (!away);
        if (is_busy(r)) blocks(h, OP_WRITE, 1, y);  /* waits for r */
        else tell(h, OP_WRITE, 1, y);
        __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
        CHECK(result(r) == 0);                  /* lest it wait for w, which waits for h */
        CHECK(ask(r, OP_RELEASE, 0, NULL) == 0);
        CHECK(result(h) == 0);
        CHECK(ask(h, OP_RELEASE, 1, NULL) == 0);
        CHECK(ask(h, OP_RELEASE, 0, NULL) == 0);
        CHECK(is_busy(w));
        CHECK(ask(r, OP_RELEASE, 1, NULL) == 0);
        CHECK(result(w) == 0);
        CHECK(ask(w, OP_RELEASE, 0, NULL) == 0);
    }
    finish();
    table->main_thread = main_thread;
}

/* A thread that waits for plain[0], and what its handlers do. */
static pyxlock_record *leaver;
static pid_t forked;

static void end_here(void) {
    (void)PyEval_SaveThread();
    pthread_exit(NULL);
}

static void wait_here(void) {
    pyxlock_Guard guard;
    if (pyxlock_write(&guard, &plain[1]->object) < 0) fail("refused");
    pyxlock_release(&guard);
}

static void fork_here(void) {
    pid_t child;
    PyOS_BeforeFork();
    child = fork();
    if (child == 0) {
        child_alarm();
        PyOS_AfterFork_Child();
        if (leaver->kept != &plain[0]->object || raised_filters() != 1) _exit(11);
        if (table->aways != 1 || all_queued() != 0) _exit(12);
    } else {
        PyOS_AfterFork_Parent();
    }
    __atomic_store_n(&forked, child, __ATOMIC_RELAXED);
}

static void *wait_and_look(void *unused) {
    PyGILState_STATE gil = PyGILState_Ensure();
    pyxlock_Guard guard;
    pyxlock_record *me = pyxlock_me(table);
    __atomic_store_n(&leaver, me, __ATOMIC_RELEASE);
    if (pyxlock_write(&guard, &plain[0]->object) < 0) fail("refused");
    if (GET(&forked) == 0) { /* as all others are gone */
        if (raised_filters() != 1 || me->kept != NULL || table->aways != 0) _exit(13);
        pyxlock_release(&guard);
        _exit(raised_filters() != 0 ? 14 : 0);
    }
    pyxlock_release(&guard);
    PyGILState_Release(gil);
    return unused;
}

/* Waits until the leaver queues for the cell, or is away from its queue. */
static void until_leaver(pthread_t thread, cell *c, int away) {
    for (;;) {
        int there;
        if (away) pthread_kill(thread, SIGUSR1);
        nap(MS / 10);
        if (__atomic_load_n(&leaver, __ATOMIC_ACQUIRE) == NULL) continue;
        pyxlock_mutex_lock(&table->mutex);
        there = (away ? leaver->away.object : leaver->object) == &c->object;
        pyxlock_mutex_unlock(&table->mutex);
        if (there) return;
    }
}

/* Starts it, and has it away: for plain[0], or for what a handler waits for. */
static pthread_t leave(actor *behind, int op, int nested) {
    pthread_t thread;
    leaver = NULL;
    if (pthread_create(&thread, NULL, wait_and_look, NULL) != 0) fail("no thread");
    until_leaver(thread, plain[0], 0);
    if (behind != NULL) {
        /* Till both sleep until they are woken. */
        if (op == OP_READ) gets_hungry(leaver);
        blocks(behind, op, 0, plain[0]);
        until_asleep(2);
    }
    __atomic_store_n(&keep_away, 1, __ATOMIC_RELAXED);
    until_leaver(thread, plain[0], 1);
    if (nested) {
        __atomic_store_n(&handle, wait_here, __ATOMIC_RELAXED);
        __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
        until_leaver(thread, plain[1], 0);
        __atomic_store_n(&keep_away, 1, __ATOMIC_RELAXED);
        until_leaver(thread, plain[1], 1);
    }
    pyxlock_mutex_lock(&table->mutex);
    CHECK(leaver->kept == &plain[0]->object);
    pyxlock_mutex_unlock(&table->mutex);
    return thread;
}

/* Threads that end while they look for signals leave nothing behind, and those who
   waited for them are woken; so it is with those that are away when the process
   forks, but for the one that forks itself, which goes on to wait in the child. */
static void leavers(void) {
    unsigned long main_thread = anybody_is_interrupted();
    actor *h = &actors[0], *b = &actors[2];
    pthread_t thread;
    int n;
    __atomic_store_n(&endless, 1, __ATOMIC_RELAXED);
    for (n = 0; n < 6; n++) {
        int nested = n % 2, op = n < 4 ? OP_WRITE : OP_READ;
        start(3);
        CHECK(ask(h, OP_READ, 0, plain[0]) == 0);
        CHECK(ask(h, OP_WRITE, 1, plain[1]) == 0);
        thread = leave(n < 2 ? NULL : b, op, nested);
        __atomic_store_n(&handle, end_here, __ATOMIC_RELAXED);
        __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
        pthread_join(thread, NULL);
        if (n >= 4) WOKEN(b); /* which reads, as h does, and was polite */
        CHECK(ask(h, OP_RELEASE, 0, NULL) == 0);
        if (n == 2 || n == 3) WOKEN(b);
        if (n >= 2) CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        CHECK(ask(h, OP_RELEASE, 1, NULL) == 0);
        expect(b, plain[0], 0, 0);
        expect(b, plain[1], 0, 0);
        finish();
    }
    __atomic_store_n(&endless, 0, __ATOMIC_RELAXED);
    for (n = 0; n < 4; n++) {
        int nested = n % 2, itself = n / 2, status;
        pid_t child;
        start(3);
        CHECK(ask(h, OP_READ, 0, plain[0]) == 0);
        CHECK(ask(h, OP_WRITE, 1, plain[1]) == 0);
        __atomic_store_n(&forked, -1, __ATOMIC_RELAXED);
        thread = leave(NULL, OP_READ, nested);
        fflush(stdout);
        if (itself) {
            __atomic_store_n(&handle, fork_here, __ATOMIC_RELAXED);
            __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
            while ((child = GET(&forked)) == -1) nap(MS / 10);
        } else {
            child = fork();
            if (child == 0) in_child(NULL);
            __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) fail("fork");
        check_child(status);
        CHECK(ask(h, OP_RELEASE, 1, NULL) == 0);
        CHECK(ask(h, OP_RELEASE, 0, NULL) == 0);
        pthread_join(thread, NULL);
        finish();
    }
    table->main_thread = main_thread;
}

/* What the main thread waits for, which looks for signals now and then. */
static int place_mode, place_got, place_left;
static pyxlock_record *place_record;
static pthread_t place_thread;

/* Waits until the main thread is in the queue. */
static void place_queued(void) {
    for (;;) {
        int there;
        pyxlock_mutex_lock(&table->mutex);
        there = place_record->object == &plain[0]->object;
        pyxlock_mutex_unlock(&table->mutex);
        if (there) return;
        nap(MS / 20);
    }
}

static void *place_drive(void *unused) {
    actor *h = &actors[0], *r = &actors[5];
    int i, round;
    CHECK(ask(h, place_mode == READ ? OP_WRITE : OP_READ, 0, plain[0]) == 0);
    __atomic_store_n(&place_left, 1, __ATOMIC_RELAXED);
    place_queued();
    nap(3 * MS);
    for (i = 1; i < 5; i++) blocks(&actors[i], i % 2 == (place_mode == WRITE) ? OP_READ : OP_WRITE, 0, plain[0]);
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 20; i++) {
            pthread_kill(place_thread, SIGUSR1);
            nap(MS / 10);
        }
        nap(12 * MS);           /* it looks by itself after 1, 10, 100 ms */
        for (i = 1; i < 5; i++) {
            if (!is_busy(&actors[i])) fail("thread %d passed the main thread, which looked for signals", i);
        }
        /* Others come and go, as far as they may. */
        if (round == 1 && place_mode == WRITE) CHECK(ask(r, OP_TRY_READ, 0, plain[0]) < 0);
    }
    place_queued();
    CHECK(!GET(&place_got));
    CHECK(ask(h, OP_RELEASE, 0, NULL) == 0);
    while (!GET(&place_got)) nap(MS / 20);
    for (i = 1; i < 5; i++) {
        if (place_mode == WRITE && !is_busy(&actors[i])) fail("thread %d passed the main thread", i);
    }
    __atomic_store_n(&place_left, 2, __ATOMIC_RELAXED);
    return unused;
}

/* Whoever waits keeps its place, though the main thread looks for signals, and gets
   some. Other threads are not even interrupted. */
static void places(void) {
    pthread_t driver;
    pyxlock_Guard guard, outer;
    int i, n;
    place_thread = pthread_self();
    place_record = pyxlock_me(table);
    for (n = 0; n < 3; n++) { /* to read, to write, an upgrade */
        start(6);
        place_mode = n == 0 ? READ : WRITE;
        place_got = place_left = 0;
        outer = pyxlock_unlocked();
        if (n == 2 && pyxlock_read(&outer, &plain[0]->object) < 0) fail("refused");
        if (pthread_create(&driver, NULL, place_drive, NULL) != 0) fail("no thread");
        while (!GET(&place_left)) nap(MS / 20);
        if ((place_mode == READ ? pyxlock_read(&guard, &plain[0]->object) : pyxlock_write(&guard, &plain[0]->object)) < 0) fail("refused");
        __atomic_store_n(&place_got, 1, __ATOMIC_RELAXED);
        while (GET(&place_left) != 2) nap(MS / 20);
        pyxlock_release(&guard);
        if (n == 2) pyxlock_release(&outer);
        pthread_join(driver, NULL);
        for (i = 1; i < 5; i++) {
            int k, left = 0;
            while (!left) { /* whoever has it by now gives it up */
                for (k = 1; k < 5; k++) {
                    if (is_busy(&actors[k]) || actors[k].held[0] == NULL) continue;
                    actors[k].held[0] = NULL;
                    left = k;
                    break;
                }
                if (!left) nap(MS / 20);
            }
            actors[left].held[0] = plain[0];
            CHECK(ask(&actors[left], OP_RELEASE, 0, NULL) == 0);
            actors[left].held[0] = NULL;
        }
        finish();
    }
    /* A signal does not take another thread off the queue, where Python tells us (3.13)
       which one handles signals. */
    if (table->main_thread == 0) return;
    start(2);
    CHECK(ask(&actors[0], OP_WRITE, 0, plain[0]) == 0);
    blocks(&actors[1], OP_WRITE, 0, plain[0]);
    __atomic_store_n(&keep_away, 1, __ATOMIC_RELAXED);
    for (i = 0; i < 40; i++) {
        uint64_t ticket = actors[1].record->ticket;
        pthread_kill(actors[1].thread, SIGUSR1);
        nap(MS / 20);
        pyxlock_mutex_lock(&table->mutex);
        CHECK(actors[1].record->object != NULL && actors[1].record->away.object == NULL);
        CHECK(actors[1].record->ticket == ticket);
        pyxlock_mutex_unlock(&table->mutex);
    }
    __atomic_store_n(&keep_away, 0, __ATOMIC_RELAXED);
    CHECK(ask(&actors[0], OP_RELEASE, 0, NULL) == 0);
    WOKEN(&actors[1]);
    CHECK(ask(&actors[1], OP_RELEASE, 0, NULL) == 0);
    finish();
}

/* Threads that end while they wait. */
static void *wait_and_end(void *arg) {
    pyxlock_Guard guard;
    (void)pyxlock_write(&guard, &((cell *)arg)->object);
    nap(1000 * MS); /* holds it, if it comes so far; nap ends with the thread */
    return NULL;
}

static void cancels(void) {
    actor *a = &actors[0], *b = &actors[1];
    pthread_t thread;
    int n;
    if (SANITIZER[0] != 0) return; /* which do not like threads that are cancelled */
    start(3);
    for (n = 0; n < 4; n++) {
        CHECK(ask(a, OP_READ, 0, plain[0]) == 0);
        if (pthread_create(&thread, NULL, wait_and_end, plain[0]) != 0) fail("no thread");
        while (all_queued() != 1) nap(MS / 20);
        nap((n % 2 ? 3 : 1) * MS);
        if (n >= 2) tell(b, OP_WRITE, 0, plain[0]); /* behind it */
        if (n >= 2) queues(b, plain[0]);
        if (n == 3) {
            gets_hungry(b->record);
            tell(&actors[2], OP_READ, 0, plain[0]);
        }
        (void)pthread_cancel(thread);
        pthread_join(thread, NULL);
        CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
        if (n >= 2) {
            WOKEN(b);
            CHECK(ask(b, OP_RELEASE, 0, NULL) == 0);
        }
        if (n == 3) {
            WOKEN(&actors[2]);
            CHECK(ask(&actors[2], OP_RELEASE, 0, NULL) == 0);
        }
        expect(b, plain[0], 0, 0);
        /* It is let in, and ends before it knows. */
        CHECK(ask(a, OP_WRITE, 0, plain[1]) == 0);
        if (pthread_create(&thread, NULL, wait_and_end, plain[1]) != 0) fail("no thread");
        while (all_queued() != 1) nap(MS / 20);
        nap(3 * MS);
        tell(a, OP_RELEASE, 0, NULL);
        (void)pthread_cancel(thread);
        pthread_join(thread, NULL);
        CHECK(result(a) == 0);
        expect(b, plain[1], 0, 0);
    }
    finish();
}

/* ---- greenlets -------------------------------------------------------------------------------- */

/* The module greenlet as the lock sees it, with two greenlets. They are switched by
   saying so: what a thread does after that another one has done. */
static const char greenlet_module[] =
    "import sys, types\n"
    "class Greenlet:\n"
    "    def __init__(self, parent): self.parent = parent\n"
    "module = types.ModuleType('greenlet')\n"
    "module.all = [Greenlet(None)]\n"
    "module.all += [Greenlet(module.all[0]), Greenlet(module.all[0])]\n"
    "module.current = 0\n"
    "module.getcurrent = lambda: module.all[module.current]\n"
    "sys.modules['greenlet'] = module\n";

/* Whether the greenlet that runs may have the cell, which this thread holds. */
static int may(cell *c, int mode) {
    pyxlock_Guard guard;
    int denied = (mode == READ ? pyxlock_try_read(&guard, &c->object) : pyxlock_try_write(&guard, &c->object)) < 0;
    if (denied) {
        PyGILState_STATE gil = PyGILState_Ensure();
        CHECK(PyErr_ExceptionMatches(PyExc_RuntimeError));
        PyErr_Clear();
        PyGILState_Release(gil);
        return 0;
    }
    pyxlock_release(&guard);
    return 1;
}

/* Greenlets of a thread exclude each other; those of a thread that began before the
   module came are its main one, and so are threads that have no others. */
static void greenlets(void) {
    actor *a = &actors[0];
    pyxlock_record *me;
    pyxlock_block *block;
    pyxlock_Guard guards[8], other;
    int i, n;
    start(2);
    me = pyxlock_me(table);
    CHECK(ask(a, OP_WRITE, 0, plain[3]) == 0);
    CHECK(pyxlock_write(&guards[0], &plain[0]->object) == 0);
    CHECK(pyxlock_read(&guards[1], &plain[1]->object) == 0);
    python(greenlet_module);
    /* Where nobody tells us (before Python 3.12), who takes a slow path looks. */
    CHECK(may(plain[0], READ) && may(plain[0], WRITE) && may(plain[1], READ) && may(plain[1], WRITE));
    CHECK(table->greenlets && (PYXLOCK_LOAD(&me->self) & 1) && (PYXLOCK_LOAD(&a->record->self) & 1));
    start_actor(&actors[started++], 0);
    CHECK(PYXLOCK_LOAD(&actors[started - 1].record->self) & 1);
    CHECK(may(plain[0], READ) && may(plain[0], WRITE) && may(plain[1], READ) && may(plain[1], WRITE));
    python("module.current = 1");
    CHECK(!may(plain[0], READ) && !may(plain[0], WRITE) && may(plain[1], READ) && !may(plain[1], WRITE));
    /* In the slots of the record, and in chunks. */
    for (n = 2; n < 8; n++) {
        CHECK((n % 2 ? pyxlock_read(&guards[n], &plain[n + 2]->object) : pyxlock_write(&guards[n], &plain[n + 2]->object)) == 0);
        for (i = 0; i < 3; i++) {
            python(i == 0 ? "module.current = 0" : i == 1 ? "module.current = 2" : "module.current = 1");
            CHECK(may(plain[n + 2], READ) == (i == 2 || n % 2));
            CHECK(may(plain[n + 2], WRITE) == (i == 2));
        }
        expect(a, plain[n + 2], n % 2, n % 2 == 0);
    }
    /* What one gave up the next one has, also in the same slot. */
    pyxlock_release(&guards[2]);
    python("module.current = 2");
    CHECK(pyxlock_write(&other, &plain[4]->object) == 0);
    python("module.current = 1");
    CHECK(!may(plain[4], READ));
    pyxlock_release(&other);
    CHECK(may(plain[4], WRITE));
    /* A thread is kept out by another one as ever. */
    CHECK(!may(plain[3], READ));
    CHECK(ask(a, OP_RELEASE, 0, NULL) == 0);
    CHECK(may(plain[3], WRITE));
    for (n = 0; n < 8; n++) pyxlock_release(&guards[n]);
    /* As if there had been none, for what comes next: nothing else undoes it. */
    python("module.current = 0; del sys.modules['greenlet']");
    pyxlock_mutex_lock(&table->mutex);
    table->greenlets = table->getcurrent = 0;
    for (block = &table->first; block != NULL; block = (pyxlock_block *)PYXLOCK_LOAD(&block->next)) {
        for (i = 0; i < block->used; i++) pyxlock_record_at(block, i)->self &= ~(pyxlock_word)1;
    }
    pyxlock_mutex_unlock(&table->mutex);
    finish();
}

/* ---- at random -------------------------------------------------------------------------------- */

/* One reader and one writer on two processors, with nothing in between that
   would order their memory accesses for them: a reader that publishes without a
   fence gets in together with the writer. */
static int tight_stop;
typedef struct tight_work {
    int writes, again, seldom;
    long count;
    char apart[64];
} tight_work;

/* Lines that all of them write: who has just written some has a queue of stores in
   its processor, and what it stores next becomes visible late. */
static struct { long value; char apart[120]; } tight_noise[16];

static void tight_delay(long n) {
    int i;
    for (i = 0; i < 16; i++) __atomic_store_n(&tight_noise[i].value, n, __ATOMIC_RELAXED);
}

static void *tight_run(void *arg) {
    tight_work *w = (tight_work *)arg;
    cell *c = plain[w->again ? 3 : 2];
    pyxlock_Guard guard, next;
    long n = 0;
    int i;
    while (!GET(&tight_stop)) {
        n++;
        if (w->seldom) pyxlock_pause((int)(n * 37 & 511));
        if (w->writes) {
            if (pyxlock_write(&guard, &c->object) < 0) fail("refused");
            if (n % 4 == 0) tight_delay(n);
            i = (int)(n & 7);
            c->a++;
            while (i-- > 0) pyxlock_pause(1);
            c->b++;
            pyxlock_release(&guard);
            for (i = (int)(n * 7 & 63); i > 0; i--) pyxlock_pause(1);
        } else {
            long a;
            tight_delay(n);
            if (pyxlock_read(&guard, &c->object) < 0) fail("refused");
            a = c->a;
            if (c->b != a) fail("torn");
            for (i = 0; w->again && i < 5; i++) {
                /* Hand over hand: the object is held all the time. */
                if (pyxlock_read(&next, &c->object) < 0) fail("refused");
                pyxlock_release(&guard);
                guard = next;
                if (c->a != a) fail("changed under a lock");
            }
            for (i = (int)(n & 7); i > 0; i--) {
                pyxlock_pause(1);
                if (__atomic_load_n(&c->a, __ATOMIC_RELAXED) != a) fail("changed under a lock");
            }
            pyxlock_release(&guard);
            for (i = (int)(n * 5 & 31); i > 0; i--) pyxlock_pause(1);
        }
    }
    w->count = n;
    return NULL;
}

static void tight_for(int again, int seldom, int readers, int writers, long long ns) {
    pthread_t threads[8];
    tight_work work[8];
    int i, n = readers + writers;
    long writes = 0;
    cell *c = plain[again ? 3 : 2];
    long before = c->a;
    memset(work, 0, sizeof(work));
    tight_stop = 0;
    for (i = 0; i < n; i++) {
        work[i].writes = i >= readers;
        work[i].again = again;
        work[i].seldom = seldom && i == 0;
        if (pthread_create(&threads[i], NULL, tight_run, &work[i]) != 0) fail("no thread");
    }
    nap(ns);
    __atomic_store_n(&tight_stop, 1, __ATOMIC_RELAXED);
    for (i = 0; i < n; i++) pthread_join(threads[i], NULL);
    for (i = readers; i < n; i++) writes += work[i].count;
    if (c->a - before != writes || c->b != c->a) fail("%ld writes gave %ld and %ld", writes, c->a - before, c->b);
    c->writes += writes;
}

static void tight(void) {
    tight_for(0, 0, 1, 1, 150 * MS * rounds);
    tight_for(0, 0, 0, 2, 50 * MS * rounds);
    tight_for(0, 0, 2, 2, 50 * MS * rounds);
    /* The one makes itself the owner of the filter word, the other one takes it away. */
    tight_for(0, 1, 1, 1, 150 * MS * rounds);
    tight_for(0, 1, 0, 2, 50 * MS * rounds);
    check_empty(1);
}

static void again(void) {
    tight_for(1, 0, 1, 1, 100 * MS * rounds);
    tight_for(1, 0, 2, 2, 100 * MS * rounds);
    check_empty(1);
}

/* Everything at once. */
enum { STRESS_CELLS = 5 };
static int stress_stop, stress_idle;
static cell *stress_cell(unsigned i) {
    /* two of them share a filter word */
    return i % STRESS_CELLS == STRESS_CELLS - 1 ? twins[0] : plain[i % STRESS_CELLS];
}

typedef struct stress_work {
    int number, count;
    unsigned seed;
    long refusals, locks;
    holds holds;
} stress_work;

static int stress_refused(stress_work *w, int attached) {
    refused(attached, NULL);
    w->refusals++;
    return 0;
}

static int stress_take(stress_work *w, pyxlock_Guard *g, cell *c, int mode, int tries, int attached) {
    int r = mode == WRITE ? (tries ? pyxlock_try_write(g, &c->object) : pyxlock_write(g, &c->object))
                          : (tries ? pyxlock_try_read(g, &c->object) : pyxlock_read(g, &c->object));
    if (r < 0) return stress_refused(w, attached);
    got(&w->holds, c, mode);
    w->locks++;
    return 1;
}

static void stress_drop(stress_work *w, pyxlock_Guard *g) {
    give(&w->holds, (cell *)(void *)g->object, (int)g->mode);
    pyxlock_release(g);
}

static void *stress_run(void *arg) {
    stress_work *w = (stress_work *)arg;
    PyGILState_STATE gil = PyGILState_UNLOCKED;
    int attached = w->number % 2, n, i;
    if (attached) gil = PyGILState_Ensure();
    for (n = 0; n < w->count; n++) {
        unsigned r = next_random(&w->seed), s = next_random(&w->seed);
        cell *x = stress_cell(r >> 8), *y = stress_cell(s >> 8);
        pyxlock_Guard g[24];
        PyThreadState *state = NULL;
        switch (r % 16) {
        case 0: case 1: case 2: case 3:
            if (stress_take(w, &g[0], x, READ, 0, attached)) {
                for (i = (int)(s & 7); i > 0; i--) look(&w->holds, x);
                stress_drop(w, &g[0]);
            }
            break;
        case 4: case 5:
            if (stress_take(w, &g[0], x, WRITE, 0, attached)) {
                change(&w->holds, x);
                if ((s & 15) == 0 && attached) {
                    state = PyEval_SaveThread(); /* what the locked body of a Cython method may do */
                    change(&w->holds, x);
                    PyEval_RestoreThread(state);
                }
                stress_drop(w, &g[0]);
            }
            break;
        case 6: /* several, in order, with one twice */
            pyxlock_want_write(&g[0], &x->object);
            pyxlock_want_read(&g[1], &y->object);
            pyxlock_want_read(&g[2], &x->object);
            if (((s & 1) ? pyxlock_acquire(g, 3) : pyxlock_try_acquire(g, 3)) < 0) {
                (void)stress_refused(w, attached);
            } else {
                for (i = 0; i < 3; i++) if (g[i].slot != NULL) got(&w->holds, (cell *)(void *)g[i].object, (int)g[i].mode);
                change(&w->holds, x);
                for (i = 0; i < 3; i++) if (g[i].slot != NULL) give(&w->holds, (cell *)(void *)g[i].object, (int)g[i].mode);
                pyxlock_release_all(g, 3);
            }
            break;
        case 7: case 8: /* an upgrade; what it began with may end first */
            if (!stress_take(w, &g[0], x, READ, 0, attached)) break;
            i = stress_take(w, &g[1], x, WRITE, (s & 3) == 0, attached);
            if (i) change(&w->holds, x);
            if (s & 4) {
                stress_drop(w, &g[0]);
                if (i) stress_drop(w, &g[1]);
            } else {
                if (i) stress_drop(w, &g[1]);
                stress_drop(w, &g[0]);
            }
            break;
        case 9: /* a downgrade */
            if (!stress_take(w, &g[0], x, WRITE, 0, attached)) break;
            change(&w->holds, x);
            if (stress_take(w, &g[1], x, READ, s & 1, attached)) {
                stress_drop(w, &g[0]);
                look(&w->holds, x);
                stress_drop(w, &g[1]);
            } else {
                fail("a writer may read");
            }
            break;
        case 10: case 11: /* two in any order: may deadlock */
            if (!stress_take(w, &g[0], x, s & 1 ? WRITE : READ, 0, attached)) break;
            if (stress_take(w, &g[1], y, s & 2 ? WRITE : READ, 0, attached)) stress_drop(w, &g[1]);
            stress_drop(w, &g[0]);
            break;
        case 12: /* try */
            if (stress_take(w, &g[0], x, s & 1 ? WRITE : READ, 1, attached)) stress_drop(w, &g[0]);
            break;
        case 13: /* hand over hand */
            if (!stress_take(w, &g[0], x, READ, 0, attached)) break;
            for (i = 0; i < 4; i++) {
                if (!stress_take(w, &g[1 + i], x, READ, 0, attached)) fail("a reader may read");
                stress_drop(w, &g[i]);
            }
            stress_drop(w, &g[4]);
            break;
        case 14: /* more than there are slots */
            if ((s & 7) != 0) break;
            for (i = 0; i < 20; i++) {
                if (!stress_take(w, &g[i], plain[10 + i], READ, 0, attached)) break;
            }
            if (stress_take(w, &g[i], x, WRITE, 0, attached)) {
                change(&w->holds, x);
                stress_drop(w, &g[i]);
            }
            while (i-- > 0) stress_drop(w, &g[i]);
            break;
        default:
            if ((s & 63) == 0) nap(MS / 2); /* so that others take us off the list, or wait long */
            else if ((s & 63) == 1 && stress_take(w, &g[0], x, s & 64 ? WRITE : READ, 0, attached)) {
                if (attached) state = PyEval_SaveThread();
                nap(3 * MS / 2);
                if (attached) PyEval_RestoreThread(state);
                stress_drop(w, &g[0]);
            }
            break;
        }
        if (attached && n % 64 == 63) { /* let others have the GIL */
            state = PyEval_SaveThread();
            PyEval_RestoreThread(state);
        }
    }
    if (attached) PyGILState_Release(gil);
    /* Some end while they hold. */
    if (w->number % 4 == 2) {
        pyxlock_Guard g;
        if (pyxlock_read(&g, &stress_cell((unsigned)n)->object) < 0) fail("refused");
    }
    return NULL;
}

/* Sweeps, looks, and asks for snapshots meanwhile. */
static void *stress_meanwhile(void *unused) {
    pyxlock_record *me = pyxlock_me(table);
    int n = 0;
    (void)unused;
    while (!GET(&stress_stop)) {
        pyxlock_mutex_lock(&table->mutex);
        table->swept = 0;
        pyxlock_mutex_unlock(&table->mutex);
        table->sweep(me);
        if (++n % 16 == 0) {
            PyGILState_STATE gil = PyGILState_Ensure();
            PyObject *list = pyxlock_snapshot(), *stats = pyxlock_stats();
            if (list == NULL || stats == NULL) fail("no snapshot");
            Py_XDECREF(list);
            Py_XDECREF(stats);
            PyGILState_Release(gil);
        }
        if (GET(&stress_idle)) nap(MS / 10);
        else (void)sched_yield();
    }
    return NULL;
}

static void stress(void) {
    enum { N = 6 };
    pthread_t threads[N], meanwhile;
    static stress_work work[N];
    int i, batch, count = (UNDER_TSAN ? 400 : 1500) * (jitter_on ? 1 : 2);
    stress_stop = 0;
    for (batch = 0; batch < 4 * rounds; batch++) {
        stress_idle = batch % 2;
        __atomic_store_n(&stress_stop, 0, __ATOMIC_RELAXED);
        if (pthread_create(&meanwhile, NULL, stress_meanwhile, NULL) != 0) fail("no thread");
        for (i = 0; i < N; i++) {
            memset(&work[i], 0, sizeof(work[i]));
            work[i].number = i;
            work[i].count = count;
            work[i].seed = next_random(&chance) * 65536u + (unsigned)i;
            work[i].holds.id = i + 1;
            if (pthread_create(&threads[i], NULL, stress_run, &work[i]) != 0) fail("no thread");
        }
        if (batch % 2) {
            for (i = 0; i < 20; i++) {
                nap(MS / 2);
                pthread_kill(threads[i % N], SIGUSR1);
            }
        }
        for (i = 0; i < N; i++) pthread_join(threads[i], NULL);
        __atomic_store_n(&stress_stop, 1, __ATOMIC_RELAXED);
        pthread_join(meanwhile, NULL);
        check_empty(1);
    }
}

/* Readers that go off the list and come back, against writers. */
static void *delisted_run(void *arg) {
    stress_work *w = (stress_work *)arg;
    pyxlock_Guard g, g2;
    int n, i;
    for (n = 0; n < w->count; n++) {
        cell *c = plain[next_random(&w->seed) % 2];
        if (!stress_take(w, &g, c, w->number % 3 == 2 ? WRITE : READ, 0, 0)) continue;
        if (g.mode == WRITE) change(&w->holds, c);
        else if (n % 4 == 0) { /* in another slot */
            if (!stress_take(w, &g2, c, READ, 0, 0)) fail("a reader may read");
            stress_drop(w, &g);
            g = g2;
        }
        for (i = (int)(next_random(&w->seed) & 7); i > 0; i--) look(&w->holds, c);
        stress_drop(w, &g);
        for (i = (int)(next_random(&w->seed) & 63); i > 0; i--) pyxlock_pause(1);
    }
    return NULL;
}

static void delisted(void) {
    enum { N = 3 };
    pthread_t threads[N], meanwhile;
    static stress_work work[N];
    int i, count = (UNDER_TSAN ? 2000 : 20000) * rounds;
    stress_idle = 0;
    __atomic_store_n(&stress_stop, 0, __ATOMIC_RELAXED);
    if (pthread_create(&meanwhile, NULL, stress_meanwhile, NULL) != 0) fail("no thread");
    for (i = 0; i < N; i++) {
        memset(&work[i], 0, sizeof(work[i]));
        work[i].number = i;
        work[i].count = count;
        work[i].seed = next_random(&chance) * 65536u + (unsigned)i;
        work[i].holds.id = i + 1;
        if (pthread_create(&threads[i], NULL, delisted_run, &work[i]) != 0) fail("no thread");
    }
    for (i = 0; i < N; i++) pthread_join(threads[i], NULL);
    __atomic_store_n(&stress_stop, 1, __ATOMIC_RELAXED);
    pthread_join(meanwhile, NULL);
    check_empty(1);
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"nesting", nesting}, {"owners", owners}, {"unfenced", unfenced}, {"neighbours", neighbours}, {"many", many}, {"chunks", chunks}, {"upgrades", upgrades}, {"deadlocks", deadlocks},
    {"politeness", politeness}, {"several", several}, {"listed", listed}, {"wakes", wakes}, {"crowds", crowds}, {"transients", transients},
#ifdef THREADS_JITTER
    {"retracts", retracts},
#endif
    {"unlocked", unlocked}, {"firsts", firsts},
    {"fairness", fairness}, {"exits", exits}, {"sweeps", sweeps}, {"forks", forks}, {"signals", signals}, {"absence", absence},
    {"leavers", leavers},
    {"places", places}, {"cancels", cancels}, {"greenlets", greenlets},
    {"tight", tight}, {"again", again}, {"stress", stress}, {"delisted", delisted},
};

/* Ends Python and starts it anew, where the lock was not used yet; its table. */
static pyxlock_table *start_anew(void) {
    Py_FinalizeEx();
    Py_InitializeEx(0);
    pyxlock_shared = 0;
    return pyxlock_any_table();
}

/* A module that is first used after Python has ended and started anew finds the table that
   others use, also where Python has no room for what is to be done at its end. */
static void nothing(void) {}
static void starts(void) {
    const struct _frozen *kept;
    pyxlock_table *other;
    if (start_anew() != table) fail("another table after a new start");
    kept = PyImport_FrozenModules;
    PyImport_FrozenModules = NULL;
    (void)PyRun_SimpleString("import sys; del sys." PYXLOCK_CAPSULE);
    while (Py_AtExit(nothing) == 0) {}
    pyxlock_shared = 0;
    other = pyxlock_any_table();
    if (other == NULL || other == table) fail("a table that is gone");
    if (start_anew() != other) fail("another table after a new start without room");
    PyImport_FrozenModules = kept;
    if (start_anew() != table) fail("another table after a third start");
    /* If others use another one nevertheless, that is said. */
    PyDict_SetItemString(PyModule_GetDict(PyImport_AddModule("sys")), PYXLOCK_CAPSULE, PyCapsule_New(other, PYXLOCK_CAPSULE, NULL));
    (void)PyRun_SimpleString("import warnings; warnings.simplefilter('error')");
    pyxlock_shared = 0;
    if (pyxlock_any_table() != NULL || !PyErr_ExceptionMatches(PyExc_RuntimeWarning)) fail("another table, and no warning");
    PyErr_Clear();
    if (start_anew() != table) fail("another table after a fourth start");
}

int main(int argc, char **argv) {
    PyThreadState *state;
    pthread_t watchdog;
    struct sigaction action;
    long long until = 0;
    int i, n, ran = 0, chosen = 0, verbose = 0;
    unsigned first_seed;

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-s") == 0 && i + 1 < argc) seed = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "-r") == 0 && i + 1 < argc) rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "-t") == 0 && i + 1 < argc) until = atoi(argv[++i]) * 1000 * MS;
        else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc) patience = atoi(argv[++i]) * 1000 * MS;
        else if (strcmp(argv[i], "-j") == 0) jitter_on = 1;
        else if (strcmp(argv[i], "-e") == 0) emulated = 1;
        else if (strcmp(argv[i], "-v") == 0) verbose = 1;
        else if (strcmp(argv[i], "long") == 0) until = 600 * 1000 * MS;
        else chosen = chosen == 0 ? i : chosen;
    }
    first_seed = seed;
    Py_InitializeEx(0);
    table = pyxlock_any_table();
    if (table == NULL) return 2;
    starts();
    memset(&action, 0, sizeof(action));
    action.sa_handler = ignore;
    sigaction(SIGUSR1, &action, NULL); /* without SA_RESTART */
    make_cells();
    (void)let_time_pass; /* without barriers nobody waits so */
    state = PyEval_SaveThread();
    deadline = pyxlock_now() + patience;
    if (pthread_create(&watchdog, NULL, watch, NULL) != 0) return 2;
    if (until != 0) until += pyxlock_now();
    do {
        for (n = 0; n < (int)(sizeof(scenarios) / sizeof(scenarios[0])); n++) {
            long long before = pyxlock_now();
            int wanted = chosen == 0;
            for (i = chosen; chosen != 0 && i < argc; i++) wanted |= strcmp(argv[i], scenarios[n].name) == 0;
            if (!wanted) continue;
            __atomic_store_n(&scenario, scenarios[n].name, __ATOMIC_RELAXED);
            __atomic_store_n(&deadline, before + patience, __ATOMIC_RELAXED);
            chance = seed * 2654435761u;
            scenarios[n].run();
            ran++;
            if (verbose) printf("%s: %lld ms\n", scenario, (pyxlock_now() - before) / MS);
        }
        seed++;
    } while (until != 0 && pyxlock_now() < until);
    PyEval_RestoreThread(state);
    if (ran == 0) return 2;
    printf("ok: %d scenarios from seed %u\n", ran, first_seed);
    fflush(stdout);
    _exit(0); /* the watchdog still runs */
}
