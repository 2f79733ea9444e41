/* The lock without Cython: POSIX threads, half of which have no thread state,
   over plain C data. Meant for -fsanitize=thread and -fsanitize=address.

   runtime_test.go extracts pyxlock.h from pyxlock.pxd and links this with the
   interpreter's library. Prints "ok" and returns 0 if nothing was lost. */

#define PYXLOCK_RELEASES_GIL 1
#include "pyxlock.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, OBJECTS = 3 };

static int rounds = 5000;

static struct {
    PyObject *object;
    long a, b;
} cells[OBJECTS];

struct work {
    int number;
    long steps[OBJECTS];
    long refused;
    long torn;
};

static unsigned next_random(unsigned *seed) {
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

static void step(struct work *w, int i) {
    cells[i].a++;
    w->steps[i]++;
    cells[i].b++;
}

static void look(struct work *w, int i) {
    if (cells[i].a != cells[i].b) w->torn++;
}

static void refuse(struct work *w) {
    PyGILState_STATE gil = PyGILState_Ensure();
    PyErr_Clear();
    PyGILState_Release(gil);
    w->refused++;
}

static void *run(void *arg) {
    struct work *w = (struct work *)arg;
    unsigned seed = (unsigned)w->number + 1u;
    PyGILState_STATE gil = PyGILState_UNLOCKED;
    int attached = w->number % 2, n;
    if (attached) gil = PyGILState_Ensure();
    for (n = 0; n < rounds; n++) {
        int i = (int)(next_random(&seed) % OBJECTS), j = (int)(next_random(&seed) % OBJECTS);
        pyxlock_Guard one, two, both[2];
        PyThreadState *state = NULL;
        switch (next_random(&seed) % 7) {
        case 0:
        case 1:
            if (pyxlock_read(&one, cells[i].object) < 0) refuse(w);
            else look(w, i);
            pyxlock_release(&one);
            break;
        case 2: /* write, without the GIL inside */
            if (pyxlock_write(&one, cells[i].object) < 0) {
                refuse(w);
            } else {
                if (attached) state = PyEval_SaveThread();
                step(w, i);
                if (attached) PyEval_RestoreThread(state);
            }
            pyxlock_release(&one);
            break;
        case 3: /* two in order */
            pyxlock_want_write(&both[0], cells[i].object);
            pyxlock_want_read(&both[1], cells[j].object);
            if (pyxlock_acquire(both, 2) < 0) {
                refuse(w);
            } else {
                step(w, i);
                look(w, j);
            }
            pyxlock_release_all(both, 2);
            break;
        case 4: /* upgrade; also a write inside a write */
            if (pyxlock_read(&one, cells[i].object) < 0) {
                refuse(w);
            } else {
                look(w, i);
                if (pyxlock_write(&two, cells[i].object) < 0) refuse(w);
                else step(w, i);
                pyxlock_release(&two);
                look(w, i);
            }
            pyxlock_release(&one);
            break;
        case 5: /* two in any order: may deadlock */
            if (pyxlock_write(&one, cells[i].object) < 0) {
                refuse(w);
            } else {
                if (pyxlock_write(&two, cells[j].object) < 0) refuse(w);
                else step(w, j);
                pyxlock_release(&two);
                step(w, i);
            }
            pyxlock_release(&one);
            break;
        default:
            if (pyxlock_try_write(&one, cells[i].object) < 0) refuse(w);
            else step(w, i);
            pyxlock_release(&one);
            break;
        }
    }
    if (attached) PyGILState_Release(gil);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    struct work work[THREADS] = {{0, {0}, 0, 0}};
    PyThreadState *state;
    pyxlock_table *table;
    pyxlock_block *block;
    long torn = 0, refused = 0;
    int i, j, bad = 0;

    if (argc > 1) rounds = atoi(argv[1]);
    Py_InitializeEx(0);
    for (i = 0; i < OBJECTS; i++) cells[i].object = PyList_New(0);
    state = PyEval_SaveThread();
    for (i = 0; i < THREADS; i++) {
        work[i].number = i;
        if (pthread_create(&threads[i], NULL, run, &work[i]) != 0) return 2;
    }
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (j = 0; j < OBJECTS; j++) {
        long steps = 0;
        for (i = 0; i < THREADS; i++) steps += work[i].steps[j];
        if (cells[j].a != steps || cells[j].b != steps) bad = 1;
    }
    for (i = 0; i < THREADS; i++) {
        torn += work[i].torn;
        refused += work[i].refused;
    }
    /* Nothing is left behind. */
    table = (pyxlock_table *)pyxlock_shared;
    for (i = 0; i < PYXLOCK_FILTERS; i++) {
        if (table->filter[i] != 0) bad = 1;
    }
    for (block = &table->first; block != NULL; block = (pyxlock_block *)block->next) {
        for (i = 0; i < block->used; i++) {
            if (!pyxlock_is_empty(block->record[i])) bad = 1;
        }
    }
    if (table->queue != NULL) bad = 1;
    PyEval_RestoreThread(state);
    printf("%s: torn %ld, refused %ld\n", bad || torn ? "FAIL" : "ok", torn, refused);
    return bad || torn ? 1 : 0;
}
