# pyxlock_mutant.pxd - the lock calls of pyxlock.pxd, of which one can be taken away or weakened
# while the program runs (mutant.c).
#
# mutants.py puts it in place of pyxlock_check.pxd's calls, or, with MUTANT_PLAIN, of
# pyxlock.pxd's, which get a place for it.

cimport pyxlock
cimport pyxlock_check  # with checks

cdef extern from *:
    """
#include "mutant.h"

#ifdef MUTANT_PLAIN
#define MUTANT_CALL(name) pyxlock_##name
#define MUTANT_PLACE
#else
#define MUTANT_CALL(name) pyxlock_check_##name
#define MUTANT_PLACE , place
#endif

/* How many locks one call takes, at most. */
#define MUTANT_MOST 64

#define MUTANT_ONE(name, write, weaker)                                                        \\
    PYXLOCK_FN int pyxlock_mutant_##name(pyxlock_Guard *guard, PyObject *obj, const char *place) { \\
        int what = mutant_at(place, 0);                                                        \\
        if (what != MUTANT_NO && obj != NULL && obj != Py_None) {                              \\
            mutant_enter(guard, obj);                                                          \\
            if (what == MUTANT_STRIP) obj = Py_None;                                           \\
            else return MUTANT_CALL(weaker)(guard, obj MUTANT_PLACE);                          \\
        }                                                                                      \\
        (void)place;                                                                           \\
        return MUTANT_CALL(name)(guard, obj MUTANT_PLACE);                                     \\
    }
MUTANT_ONE(read, 0, read)
MUTANT_ONE(write, 1, read)
MUTANT_ONE(try_read, 0, try_read)
MUTANT_ONE(try_write, 1, try_read)

/* Changes what guards want. */
PYXLOCK_FN void pyxlock_mutant_change(pyxlock_Guard *guards, int count, const char *place) {
    int i;
    for (i = 0; i < count; i++) {
        int what = mutant_at(place, i);
        PyObject *obj = what == MUTANT_NO ? NULL : guards[i].object;
        if (obj == NULL || obj == Py_None) continue;
        mutant_enter(guards, obj);
        if (what == MUTANT_STRIP) pyxlock_want_read(&guards[i], Py_None);
        else pyxlock_want_read(&guards[i], obj);
    }
}
PYXLOCK_FN int pyxlock_mutant_acquire(pyxlock_Guard *guards, int count, const char *place) {
    pyxlock_mutant_change(guards, count, place);
    return MUTANT_CALL(acquire)(guards, count MUTANT_PLACE);
}
PYXLOCK_FN int pyxlock_mutant_try_acquire(pyxlock_Guard *guards, int count, const char *place) {
    pyxlock_mutant_change(guards, count, place);
    return MUTANT_CALL(try_acquire)(guards, count MUTANT_PLACE);
}

/* Of lists, those that are written come first: number 0, the others are 1. */
PYXLOCK_FN int pyxlock_mutant_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes, const char *place) {
    int k, what, done;
    PyObject *more = NULL;
    for (k = 0; k < 2; k++) {
        PyObject *list = k == 0 ? writes : reads;
        Py_ssize_t i, n = list == Py_None ? 0 : PySequence_Size(list);
        what = mutant_at(place, k);
        if (what == MUTANT_NO || n == 0) continue;
        for (i = 0; i < n; i++) {
            PyObject *obj = PySequence_GetItem(list, i);
            if (obj != Py_None) mutant_enter(guards, obj);
            Py_XDECREF(obj); /* the list has it */
        }
        if (what == MUTANT_WEAKEN) {
            PyObject *a = reads == Py_None ? PyList_New(0) : PySequence_List(reads), *b = PySequence_List(writes);
            if (a == NULL || b == NULL) return -1;
            more = PySequence_Concat(a, b); /* leaked: its objects are borrowed until the release */
            Py_DECREF(a);
            Py_DECREF(b);
            if (more == NULL) return -1;
            reads = more;
            writes = Py_None;
        } else if (k == 0) writes = Py_None;
        else reads = Py_None;
        break;
    }
    done = MUTANT_CALL(acquire_objects)(guards, reads, writes MUTANT_PLACE);
    return done;
}

PYXLOCK_FN void pyxlock_mutant_release(pyxlock_Guard *guard) {
    mutant_leave(guard);
    MUTANT_CALL(release)(guard);
}
PYXLOCK_FN void pyxlock_mutant_release_all(pyxlock_Guard *guards, int count) {
    mutant_leave(guards);
    MUTANT_CALL(release_all)(guards, count);
}
PYXLOCK_FN void pyxlock_mutant_release_objects(pyxlock_Guards *guards) {
    mutant_leave(guards);
    MUTANT_CALL(release_objects)(guards);
}

#ifndef MUTANT_PLAIN
/* After the check, which notes that a second thread has come. */
PYXLOCK_FN void pyxlock_mutant_look(void *obj, void *lock, const char *place) {
    pyxlock_check_state *state = pyxlock_check_here();
    pyxlock_check_set *set;
    pyxlock_check_object *o;
    int shared, held;
    if (!mutant_any() || state == NULL || lock == NULL || !mutant_inside(lock)) return;
    held = pyxlock_check_holds(state, lock);
    set = pyxlock_check_lock_set(state, obj);
    o = pyxlock_check_find(set, obj);
    shared = o != NULL && o->shared;
    pyxlock_check_unlock_set(set);
    mutant_used(place, held == 0 ? 0 : held == PYXLOCK_READ ? 1 : 2, shared);
}
PYXLOCK_FN void *pyxlock_mutant_using_by(PyObject *obj, void *lock, const char *place) {
    void *out = pyxlock_check_using_by(obj, lock, place);
    pyxlock_mutant_look(obj, lock, place);
    return out;
}
PYXLOCK_FN void *pyxlock_mutant_using(PyObject *obj, const char *place) { return pyxlock_mutant_using_by(obj, obj, place); }
PYXLOCK_FN PyObject *pyxlock_mutant_using_new(PyObject *obj, const char *place) {
    PyObject *out = pyxlock_check_using_new(obj, place);
    pyxlock_mutant_look(obj, obj, place);
    return out;
}
PYXLOCK_FN int pyxlock_mutant_use_by(void *obj, void *lock, const char *place) {
    int out = pyxlock_check_use_by(obj, lock, place);
    pyxlock_mutant_look(obj, lock, place);
    return out;
}
PYXLOCK_FN int pyxlock_mutant_use(void *obj, const char *place) { return pyxlock_mutant_use_by(obj, obj, place); }
#else
PYXLOCK_FN void *pyxlock_mutant_using_by(PyObject *obj, void *lock, const char *place) { (void)lock; (void)place; return obj; }
PYXLOCK_FN void *pyxlock_mutant_using(PyObject *obj, const char *place) { (void)place; return obj; }
PYXLOCK_FN PyObject *pyxlock_mutant_using_new(PyObject *obj, const char *place) { (void)place; Py_INCREF(obj); return obj; }
PYXLOCK_FN int pyxlock_mutant_use_by(void *obj, void *lock, const char *place) { (void)obj; (void)lock; (void)place; return 1; }
PYXLOCK_FN int pyxlock_mutant_use(void *obj, const char *place) { (void)obj; (void)place; return 1; }
#endif
    """
    void *using "pyxlock_mutant_using" (object obj, const char *place) except NULL
    void *using_by "pyxlock_mutant_using_by" (object obj, void *lock, const char *place) except NULL
    object using_new "pyxlock_mutant_using_new" (object obj, const char *place)
    int use "pyxlock_mutant_use" (void *obj, const char *place) except 0 nogil
    int use_by "pyxlock_mutant_use_by" (void *obj, void *lock, const char *place) except 0 nogil
    int read "pyxlock_mutant_read" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int write "pyxlock_mutant_write" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int try_read "pyxlock_mutant_try_read" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int try_write "pyxlock_mutant_try_write" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int acquire "pyxlock_mutant_acquire" (pyxlock.Guard *guards, int count, const char *place) except -1 nogil
    int try_acquire "pyxlock_mutant_try_acquire" (pyxlock.Guard *guards, int count, const char *place) except -1 nogil
    int acquire_objects "pyxlock_mutant_objects" (pyxlock.Guards *guards, object reads, object writes, const char *place) except -1
    void release "pyxlock_mutant_release" (pyxlock.Guard *guard) noexcept nogil
    void release_all "pyxlock_mutant_release_all" (pyxlock.Guard *guards, int count) noexcept nogil
    void release_objects "pyxlock_mutant_release_objects" (pyxlock.Guards *guards) noexcept nogil
