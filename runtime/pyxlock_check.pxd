# pyxlock_check.pxd - finds at run time where a lock is missing.
# SPDX-License-Identifier: MIT
#
# What "--locking=check" adds to code calls this: each use of a C attribute asks whether
# the thread holds the lock of the object. Code that is expanded with "--locking=on" has
# nothing of it, and the lock itself, pyxlock.pxd, does not know that it is here.
#
# Environment variables, read when the first checked module is used:
#
#   PYXLOCK_CHECK       report (the default): gathered, and printed when Python ends.
#                       raise: also an exception where the lock is missing, but in code that
#                       cannot raise. abort: also the end of the process.
#   PYXLOCK_JITTER      a number: locks, releases and checks pause now and then, by that seed.
#   PYXLOCK_CHECK_FILE  a file that gets all that was found, as JSON, each time that
#                       something new is; as SARIF where it ends in .sarif. %p in
#                       it stands for the process's number.
#
# The module _pyxlock_check, which is there once a checked module was imported, has
# report(), violations(), order() and clear().
#
# Works with Cython 3.0 and later, as C99 and as C++11, with and without Py_LIMITED_API.

cimport pyxlock

cdef extern from *:
    """
#ifndef PYXLOCK_CHECK_H
#define PYXLOCK_CHECK_H

#ifdef PYXLOCK_OFF

PYXLOCK_FN void *pyxlock_check_using(PyObject *obj, const char *place) { (void)place; return obj; }
PYXLOCK_FN void *pyxlock_check_using_by(PyObject *obj, void *lock, const char *place) {
    (void)lock; (void)place; return obj;
}
PYXLOCK_FN PyObject *pyxlock_check_using_new(PyObject *obj, const char *place) {
    (void)place; Py_INCREF(obj); return obj;
}
PYXLOCK_FN int pyxlock_check_use(void *obj, const char *place) { (void)obj; (void)place; return 1; }
PYXLOCK_FN int pyxlock_check_use_by(void *obj, void *lock, const char *place) {
    (void)obj; (void)lock; (void)place; return 1;
}
PYXLOCK_FN void pyxlock_check_took(void *lock) { (void)lock; }
PYXLOCK_FN void pyxlock_check_gave(void *lock) { (void)lock; }
PYXLOCK_FN int pyxlock_check_read(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    (void)place; return pyxlock_read(guard, obj);
}
PYXLOCK_FN int pyxlock_check_write(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    (void)place; return pyxlock_write(guard, obj);
}
PYXLOCK_FN int pyxlock_check_try_read(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    (void)place; return pyxlock_try_read(guard, obj);
}
PYXLOCK_FN int pyxlock_check_try_write(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    (void)place; return pyxlock_try_write(guard, obj);
}
PYXLOCK_FN int pyxlock_check_acquire(pyxlock_Guard *guards, int count, const char *place) {
    (void)place; return pyxlock_acquire(guards, count);
}
PYXLOCK_FN int pyxlock_check_try_acquire(pyxlock_Guard *guards, int count, const char *place) {
    (void)place; return pyxlock_try_acquire(guards, count);
}
PYXLOCK_FN int pyxlock_check_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes, const char *place) {
    (void)place; return pyxlock_acquire_objects(guards, reads, writes);
}
PYXLOCK_FN int pyxlock_check_try_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes, const char *place) {
    (void)place; return pyxlock_try_acquire_objects(guards, reads, writes);
}
PYXLOCK_FN void pyxlock_check_release(pyxlock_Guard *guard) { pyxlock_release(guard); }
PYXLOCK_FN void pyxlock_check_release_all(pyxlock_Guard *guards, int count) { pyxlock_release_all(guards, count); }
PYXLOCK_FN void pyxlock_check_release_objects(pyxlock_Guards *guards) { pyxlock_release_objects(guards); }
PYXLOCK_FN void pyxlock_check_fresh(void *obj) { (void)obj; }
PYXLOCK_FN int pyxlock_check_begin(void) { return 0; }

#else /* !PYXLOCK_OFF */

#ifndef _WIN32
#include <unistd.h>
#else
#include <process.h>
#ifdef __cplusplus
extern "C"
#endif
__declspec(dllimport) void __stdcall Sleep(unsigned long);
#endif

/* ---- places -----------------------------------------------------------------

   Each use has a place, a text of the form

       w03.:12:Counter.n:Counter.add:src/counter.pyx

   - what is done: r and w, the attribute itself is read or written; R and W, what it
     leads to, or a part of it; M, what it leads to is handed to code that may do either; C,
     the same, and it is C of which nobody knows what it does;
   - which attribute of the object it is, in two hexadecimal digits;
   - "." if the code can raise an exception, "n" if not; in capitals (":" and "N") if it
     stands in a member that no_lock exempts;
   - ":", "s" for a class whose lock is a critical section, "o" where a lock is about that
     people placed;
   - the line, class and attribute, function, file. */

typedef struct pyxlock_check_place {
    char what;
    int slot;
    int raises;
    const char *kind;               /* of a violation */
    int section;
} pyxlock_check_place;

PYXLOCK_FN int pyxlock_check_hex(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

PYXLOCK_FN pyxlock_check_place pyxlock_check_read_place(const char *text) {
    pyxlock_check_place p;
    p.what = text[0];
    p.slot = (pyxlock_check_hex(text[1]) * 16 + pyxlock_check_hex(text[2])) & 63;
    p.raises = text[3] == '.' || text[3] == ':';
    p.kind = text[3] == ':' || text[3] == 'N' ? "no_lock" : text[4] == 'o' ? "other_lock" : "unlocked";
    p.section = text[4] == 's';
    return p;
}

/* The parts behind that, each with its length. The last one is the file, which may have
   colons. */
#define PYXLOCK_CHECK_LINE 0
#define PYXLOCK_CHECK_ATTRIBUTE 1
#define PYXLOCK_CHECK_FUNCTION 2
#define PYXLOCK_CHECK_PATH 3

PYXLOCK_FN const char *pyxlock_check_part(const char *text, int part, int *length) {
    const char *at = text + 5, *end;
    int i;
    for (i = 0; i < part; i++) {
        end = strchr(at, ':');
        if (end == NULL) break;
        at = end + 1;
    }
    end = part == PYXLOCK_CHECK_PATH ? NULL : strchr(at, ':');
    *length = end == NULL ? (int)strlen(at) : (int)(end - at);
    return at;
}

/* Whether a place is in an __init__. */
PYXLOCK_FN int pyxlock_check_in_init(const char *place) {
    static const char name[] = "__init__";
    int n, size = (int)sizeof(name) - 1;
    const char *function = pyxlock_check_part(place, PYXLOCK_CHECK_FUNCTION, &n);
    return n >= size && memcmp(function + n - size, name, (size_t)size) == 0;
}

/* Whether it is in a method whose name is private: "_x", but not "__x__". */
PYXLOCK_FN int pyxlock_check_in_private(const char *place) {
    int n, i;
    const char *function = pyxlock_check_part(place, PYXLOCK_CHECK_FUNCTION, &n);
    for (i = n; i > 0 && function[i - 1] != '.'; i--) { }
    return i < n && function[i] == '_' && (n - i < 5 || function[i + 1] != '_' || function[n - 1] != '_' || function[n - 2] != '_');
}

/* ---- what is known of objects --------------------------------------------------

   As in Eraser (Savage et al., 1997): an object is its first thread's own until
   another one touches it; from then on each use needs the lock. A read is no
   violation as long as nobody changes what it reads: so of each attribute there is a bit
   that says whether it was changed since, and one for what it leads to.

   The table has room for some objects. One that is pushed out is a new one when it is
   met again: something may be missed, nothing is made up. An address that is used again
   was forgotten when the object before it went, or is when the next one is made. To take an
   object's lock is to touch it, too. */

#define PYXLOCK_CHECK_SETS 8192     /* a power of two */
#define PYXLOCK_CHECK_WAYS 6

typedef struct pyxlock_check_object {
    pyxlock_word object;            /* 0: free */
    unsigned long thread;           /* the first one */
    int shared;
    uint64_t written, through;      /* which attributes were changed since it is, and what they lead to */
    uint64_t again;                 /* which an __init__ has changed since */
    uint64_t naked;                 /* which were read without a lock since */
    const char *naked_place;        /* the last such place */
    unsigned long naked_thread;
    const char *write_place;        /* the last change at all */
    unsigned long write_thread;
} pyxlock_check_object;

/* Where a thread came to hold an object. What it has given back stays until another one needs
   the room, so who asks has to know that it is held. */
typedef struct pyxlock_check_hold {
    pyxlock_word object;
    unsigned long thread;
    const char *place;
    int weak;                       /* as of edges, below */
    int making;                     /* by __init__, while nobody else has the object */
} pyxlock_check_hold;

typedef struct pyxlock_check_set {
    pyxlock_word busy;              /* a lock, held for some tens of instructions */
    int next, next_hold;            /* the way that goes next */
    pyxlock_check_object way[PYXLOCK_CHECK_WAYS];
    pyxlock_check_hold hold[PYXLOCK_CHECK_WAYS];
} pyxlock_check_set;

/* What was found at one place. */
typedef struct pyxlock_check_found {
    const char *place;
    const char *kind;
    int needs, held;
    unsigned long count, thread;
    const char *write_place;
    unsigned long write_thread;
} pyxlock_check_found;

#define PYXLOCK_CHECK_MOST 2000

/* A mutex that a thread has. */
#define PYXLOCK_CHECK_TAKEN 1024
typedef struct pyxlock_check_take {
    void *lock;
    unsigned long thread;
} pyxlock_check_take;

/* That one lock was taken while another one was held. Of one class: which objects these were.
   It is weak where something has to be added before two threads wait for each other. */
#define PYXLOCK_CHECK_ALONE 1       /* that others get an object that is one thread's own so far */
#define PYXLOCK_CHECK_AGAIN 2       /* that __init__ is called again, on an object that others have */
#define PYXLOCK_CHECK_PRIVATE 4     /* that somebody calls a private method who does not hold its object */
#define PYXLOCK_CHECK_WEAK 7        /* any of these */
#define PYXLOCK_CHECK_EDGES 1024
#define PYXLOCK_CHECK_WAY 8
#define PYXLOCK_CHECK_CIRCLES 100
typedef struct pyxlock_check_edge {
    char held[96], taken[96];       /* names of types */
    int holds, takes;               /* the modes */
    int weak;
    int one_class;
    PyObject *a, *b;
    const char *held_place;         /* NULL: not known */
    const char *place;
} pyxlock_check_edge;
typedef struct pyxlock_check_circle {
    int length, weak;
    pyxlock_check_edge edge[PYXLOCK_CHECK_WAY];
} pyxlock_check_circle;

/* What the capsule points to. The functions are those of the module that made it. */
#define PYXLOCK_CHECK_CAPSULE "_pyxlock_check.2"
typedef struct pyxlock_check_state {
    pyxlock_check_set set[PYXLOCK_CHECK_SETS];
    pyxlock_table *locks;
    int (*found)(struct pyxlock_check_state *state, const char *place, const char *kind, int needs, int held,
                 const pyxlock_check_object *object);
    int raises, aborts, jitters;
    pyxlock_word jitter;            /* the number of the next pause */
    const char *file;               /* NULL: none */
    pyxlock_mutex mutex;            /* guards what follows */
    pyxlock_word pairs;             /* how many edges are between objects of one class */
    int edges, circles;
    pyxlock_check_edge edge[PYXLOCK_CHECK_EDGES];
    pyxlock_check_circle circle[PYXLOCK_CHECK_CIRCLES];
    pyxlock_word taken, blind;      /* how many mutexes are; there was no room for more */
    pyxlock_check_take take[PYXLOCK_CHECK_TAKEN];
    int count;
    int lost;                       /* there was no room for these */
    pyxlock_check_found list[PYXLOCK_CHECK_MOST];
} pyxlock_check_state;

static pyxlock_word pyxlock_check_shared = 0; /* this module's pointer to it */

/* The name of an object's type. */
#ifndef Py_LIMITED_API
PYXLOCK_FN const char *pyxlock_check_type(PyObject *obj) { return Py_TYPE(obj)->tp_name; }
#else
PYXLOCK_FN const char *pyxlock_check_type(PyObject *obj) { (void)obj; return "object"; }
#endif

/* Lets others run, for some millionths of a second or none. */
PYXLOCK_SLOW void pyxlock_check_sleep(unsigned micros) {
#ifdef _WIN32
    (void)micros;
    Sleep(micros / 1000);
#else
    struct timespec pause;
    pause.tv_sec = 0;
    pause.tv_nsec = (long)micros * 1000;
    (void)nanosleep(&pause, NULL);
#endif
}

/* ---- telling ------------------------------------------------------------------- */

/* The finding of "pyxlock check" that says the same of sources, for "pyxlock explain". */
PYXLOCK_FN const char *pyxlock_check_code(const pyxlock_check_found *f) {
    return strcmp(f->kind, "perhaps_written") == 0 ? "PXL104" : f->held != 0 ? "PXL101" : "PXL103";
}
#define PYXLOCK_CHECK_ORDER_CODE "PXL213"

/* Whether a violation is one, whatever people think of what C does and of calling __init__ again. */
PYXLOCK_FN int pyxlock_check_certain(const char *kind) { return strcmp(kind, "perhaps_written") != 0 && strcmp(kind, "init_again") != 0; }

PYXLOCK_FN const char *pyxlock_check_mode(int mode) {
    return mode == 0 ? "none" : mode == PYXLOCK_WRITE ? "write" : "read";
}

/* A text that grows. If memory is out, it ends early. */
typedef struct pyxlock_check_text {
    char *data;
    size_t size, room;
} pyxlock_check_text;

PYXLOCK_SLOW void pyxlock_check_put(pyxlock_check_text *t, const char *s, size_t n) {
    if (t->size + n + 1 > t->room) {
        size_t room = (t->size + n + 1) * 2;
        char *data = (char *)realloc(t->data, room);
        if (data == NULL) return;
        t->data = data;
        t->room = room;
    }
    memcpy(t->data + t->size, s, n);
    t->size += n;
    t->data[t->size] = 0;
}
PYXLOCK_FN void pyxlock_check_say(pyxlock_check_text *t, const char *s) { pyxlock_check_put(t, s, strlen(s)); }
PYXLOCK_FN void pyxlock_check_say_number(pyxlock_check_text *t, unsigned long n) {
    char text[32];
    (void)snprintf(text, sizeof(text), "%lu", n);
    pyxlock_check_say(t, text);
}
PYXLOCK_FN void pyxlock_check_say_part(pyxlock_check_text *t, const char *place, int part) {
    int n;
    const char *s = pyxlock_check_part(place, part, &n);
    pyxlock_check_put(t, s, (size_t)n);
}
PYXLOCK_FN void pyxlock_check_say_where(pyxlock_check_text *t, const char *place) {
    pyxlock_check_say_part(t, place, PYXLOCK_CHECK_PATH);
    pyxlock_check_say(t, ":");
    pyxlock_check_say_part(t, place, PYXLOCK_CHECK_LINE);
}

PYXLOCK_SLOW void pyxlock_check_sentence(pyxlock_check_text *t, const pyxlock_check_found *f) {
    pyxlock_check_say_where(t, f->place);
    pyxlock_check_say(t, ": ");
    pyxlock_check_say_part(t, f->place, PYXLOCK_CHECK_FUNCTION);
    switch (f->place[0]) {
    case 'w': pyxlock_check_say(t, " writes "); break;
    case 'W': pyxlock_check_say(t, " changes what is in "); break;
    case 'R': pyxlock_check_say(t, " reads what is in "); break;
    case 'M': pyxlock_check_say(t, " hands out what is in "); break;
    case 'C': pyxlock_check_say(t, " passes what is in "); break;
    default: pyxlock_check_say(t, " reads ");
    }
    pyxlock_check_say_part(t, f->place, PYXLOCK_CHECK_ATTRIBUTE);
    if (f->place[0] == 'C') pyxlock_check_say(t, " to C code");
    if (strcmp(f->kind, "perhaps_written") == 0) pyxlock_check_say(t, " that perhaps writes there,");
    pyxlock_check_say(t, f->needs == PYXLOCK_WRITE ? " without the object's write lock" : " without the object's lock");
    if (f->held != 0) pyxlock_check_say(t, ": it holds it for reading");
    if (strcmp(f->kind, "init_again") == 0) pyxlock_check_say(t, " (only where __init__ is called again on an object that others have)");
    if (strcmp(f->kind, "no_lock") == 0) pyxlock_check_say(t, " (exempt by no_lock)");
    if (strcmp(f->kind, "other_lock") == 0) pyxlock_check_say(t, " (perhaps under another one, placed by hand)");
    if (f->write_place != NULL) {
        pyxlock_check_say(t, "; the object was last changed at ");
        pyxlock_check_say_where(t, f->write_place);
        pyxlock_check_say(t, f->write_thread == f->thread ? ", by the same thread" : ", by another thread");
    }
}

/* Of a circle, whether nothing has to be added for it to close, or what. */
PYXLOCK_FN const char *pyxlock_check_circle_kind(const pyxlock_check_circle *circle) {
    return (circle->weak & PYXLOCK_CHECK_AGAIN) != 0 ? "init_again" : (circle->weak & PYXLOCK_CHECK_PRIVATE) != 0 ? "private"
        : circle->weak != 0 ? "one_thread" : "order";
}

/* The name of the function of a place, and where that is. */
PYXLOCK_SLOW void pyxlock_check_say_function(pyxlock_check_text *t, const char *place, int first) {
    if (first) {
        pyxlock_check_say_where(t, place);
        pyxlock_check_say(t, ": ");
    }
    pyxlock_check_say_part(t, place, PYXLOCK_CHECK_FUNCTION);
    if (!first) {
        pyxlock_check_say(t, " (");
        pyxlock_check_say_where(t, place);
        pyxlock_check_say(t, ")");
    }
}

PYXLOCK_SLOW void pyxlock_check_step(pyxlock_check_text *t, const pyxlock_check_edge *e, int first) {
    if (e->held_place != NULL) {
        pyxlock_check_say_function(t, e->held_place, first);
        pyxlock_check_say(t, e->one_class ? " holds one " : " holds ");
        pyxlock_check_say(t, e->held);
        pyxlock_check_say(t, " when ");
    }
    pyxlock_check_say_function(t, e->place, first && e->held_place == NULL);
    pyxlock_check_say(t, e->one_class ? " locks another" : " locks ");
    if (!e->one_class) pyxlock_check_say(t, e->taken);
    if (e->held_place == NULL) {
        pyxlock_check_say(t, " while ");
        pyxlock_check_say(t, e->held);
        pyxlock_check_say(t, " is held");
    }
}

PYXLOCK_FN int pyxlock_check_same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

PYXLOCK_SLOW void pyxlock_check_circle_line(pyxlock_check_text *t, const pyxlock_check_circle *circle) {
    const pyxlock_check_edge *e = circle->edge;
    int i, same = circle->length == 2 && e->one_class && pyxlock_check_same_text(e[0].place, e[1].place)
        && pyxlock_check_same_text(e[0].held_place, e[1].held_place);
    pyxlock_check_step(t, e, 1);
    if (same) pyxlock_check_say(t, ", and the other way round for the same two");
    for (i = 1; i < circle->length && !same; i++) {
        pyxlock_check_say(t, i + 1 < circle->length ? ", " : ", and ");
        pyxlock_check_step(t, &e[i], 0);
    }
    pyxlock_check_say(t, circle->length == 2 ? ": two threads" : ": threads");
    pyxlock_check_say(t, " that do so at once wait for each other, and one gets RuntimeError");
    if ((circle->weak & PYXLOCK_CHECK_AGAIN) != 0) pyxlock_check_say(t, " (only where __init__ is called again on an object that others have)");
    if ((circle->weak & PYXLOCK_CHECK_PRIVATE) != 0) pyxlock_check_say(t, " (only where private methods are called from outside)");
    if ((circle->weak & PYXLOCK_CHECK_ALONE) != 0) pyxlock_check_say(t, " (only where others get an object that one thread alone has used so far)");
}

/* All that was found, one line each. The caller has the mutex. */
PYXLOCK_SLOW void pyxlock_check_lines(pyxlock_check_text *t, pyxlock_check_state *state) {
    int i;
    for (i = 0; i < state->count; i++) {
        pyxlock_check_found *f = &state->list[i];
        pyxlock_check_sentence(t, f);
        if (f->count > 1) {
            pyxlock_check_say(t, " (");
            pyxlock_check_say_number(t, f->count);
            pyxlock_check_say(t, " times)");
        }
        pyxlock_check_say(t, "\\n");
    }
    for (i = 0; i < state->circles; i++) {
        pyxlock_check_circle_line(t, &state->circle[i]);
        pyxlock_check_say(t, "\\n");
    }
    if (state->lost > 0) pyxlock_check_say(t, "and at more places, for which there was no room\\n");
}

/* A string in JSON. */
PYXLOCK_SLOW void pyxlock_check_quote(pyxlock_check_text *t, const char *s, size_t n) {
    size_t i;
    pyxlock_check_say(t, "\\"");
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\\\') {
            pyxlock_check_say(t, "\\\\");
            pyxlock_check_put(t, s + i, 1);
        } else if (c < ' ') {
            char code[8];
            (void)snprintf(code, sizeof(code), "\\\\u%04x", c);
            pyxlock_check_say(t, code);
        } else {
            pyxlock_check_put(t, s + i, 1);
        }
    }
    pyxlock_check_say(t, "\\"");
}
PYXLOCK_FN void pyxlock_check_key(pyxlock_check_text *t, const char *key) {
    pyxlock_check_say(t, t->data != NULL && t->data[t->size - 1] == '{' ? "" : ", ");
    pyxlock_check_quote(t, key, strlen(key));
    pyxlock_check_say(t, ": ");
}
PYXLOCK_FN void pyxlock_check_pair(pyxlock_check_text *t, const char *key, const char *place, int part) {
    int n;
    const char *s = pyxlock_check_part(place, part, &n);
    pyxlock_check_key(t, key);
    if (part == PYXLOCK_CHECK_LINE) pyxlock_check_put(t, s, (size_t)n);
    else pyxlock_check_quote(t, s, (size_t)n);
}

PYXLOCK_SLOW void pyxlock_check_json(pyxlock_check_text *t, pyxlock_check_state *state) {
    int i, n;
    pyxlock_check_say(t, "{\\"violations\\": [");
    for (i = 0; i < state->count; i++) {
        const pyxlock_check_found *f = &state->list[i];
        const char *attribute = pyxlock_check_part(f->place, PYXLOCK_CHECK_ATTRIBUTE, &n), *dot = attribute;
        while (dot < attribute + n && *dot != '.') dot++;
        pyxlock_check_say(t, i > 0 ? ",\\n  {" : "\\n  {");
        pyxlock_check_pair(t, "file", f->place, PYXLOCK_CHECK_PATH);
        pyxlock_check_pair(t, "line", f->place, PYXLOCK_CHECK_LINE);
        pyxlock_check_pair(t, "function", f->place, PYXLOCK_CHECK_FUNCTION);
        pyxlock_check_key(t, "class");
        pyxlock_check_quote(t, attribute, (size_t)(dot - attribute));
        pyxlock_check_key(t, "attribute");
        pyxlock_check_quote(t, dot + (dot < attribute + n), (size_t)(attribute + n - dot) - (dot < attribute + n));
        pyxlock_check_key(t, "needs");
        pyxlock_check_quote(t, pyxlock_check_mode(f->needs), strlen(pyxlock_check_mode(f->needs)));
        pyxlock_check_key(t, "held");
        pyxlock_check_quote(t, pyxlock_check_mode(f->held), strlen(pyxlock_check_mode(f->held)));
        pyxlock_check_key(t, "kind");
        pyxlock_check_quote(t, f->kind, strlen(f->kind));
        pyxlock_check_key(t, "code");
        pyxlock_check_quote(t, pyxlock_check_code(f), strlen(pyxlock_check_code(f)));
        pyxlock_check_key(t, "count");
        pyxlock_check_say_number(t, f->count);
        pyxlock_check_key(t, "thread");
        pyxlock_check_say_number(t, f->thread);
        pyxlock_check_key(t, "last_write");
        if (f->write_place == NULL) {
            pyxlock_check_say(t, "null");
        } else {
            pyxlock_check_say(t, "{");
            pyxlock_check_pair(t, "file", f->write_place, PYXLOCK_CHECK_PATH);
            pyxlock_check_pair(t, "line", f->write_place, PYXLOCK_CHECK_LINE);
            pyxlock_check_key(t, "thread");
            pyxlock_check_say_number(t, f->write_thread);
            pyxlock_check_say(t, "}");
        }
        pyxlock_check_say(t, "}");
    }
    pyxlock_check_say(t, "],\\n\\"order\\": [");
    for (i = 0; i < state->circles; i++) {
        pyxlock_check_say(t, i > 0 ? ",\\n  {" : "\\n  {");
        pyxlock_check_key(t, "code");
        pyxlock_check_quote(t, PYXLOCK_CHECK_ORDER_CODE, strlen(PYXLOCK_CHECK_ORDER_CODE));
        pyxlock_check_key(t, "kind");
        pyxlock_check_quote(t, pyxlock_check_circle_kind(&state->circle[i]), strlen(pyxlock_check_circle_kind(&state->circle[i])));
        pyxlock_check_key(t, "circle");
        pyxlock_check_say(t, "[");
        for (n = 0; n < state->circle[i].length; n++) {
            const pyxlock_check_edge *e = &state->circle[i].edge[n];
            pyxlock_check_say(t, n > 0 ? ", {" : "{");
            pyxlock_check_key(t, "held");
            pyxlock_check_quote(t, e->held, strlen(e->held));
            pyxlock_check_key(t, "taken");
            pyxlock_check_quote(t, e->taken, strlen(e->taken));
            pyxlock_check_pair(t, "file", e->place, PYXLOCK_CHECK_PATH);
            pyxlock_check_pair(t, "line", e->place, PYXLOCK_CHECK_LINE);
            pyxlock_check_pair(t, "function", e->place, PYXLOCK_CHECK_FUNCTION);
            pyxlock_check_key(t, "held_since");
            if (e->held_place == NULL) {
                pyxlock_check_say(t, "null");
            } else {
                pyxlock_check_say(t, "{");
                pyxlock_check_pair(t, "file", e->held_place, PYXLOCK_CHECK_PATH);
                pyxlock_check_pair(t, "line", e->held_place, PYXLOCK_CHECK_LINE);
                pyxlock_check_pair(t, "function", e->held_place, PYXLOCK_CHECK_FUNCTION);
                pyxlock_check_say(t, "}");
            }
            pyxlock_check_say(t, "}");
        }
        pyxlock_check_say(t, "]}");
    }
    pyxlock_check_say(t, "]}\\n");
}

/* The file of a place as a reference of RFC 3986. */
PYXLOCK_SLOW void pyxlock_check_say_uri(pyxlock_check_text *t, const char *place) {
    int i, n;
    const char *s = pyxlock_check_part(place, PYXLOCK_CHECK_PATH, &n);
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c) != NULL) {
            pyxlock_check_put(t, s + i, 1);
        } else {
            char code[4];
            (void)snprintf(code, sizeof(code), "%%%02X", c);
            pyxlock_check_say(t, code);
        }
    }
}

/* The place of a result in SARIF. */
PYXLOCK_SLOW void pyxlock_check_location(pyxlock_check_text *t, const char *place) {
    pyxlock_check_say(t, "{\\"physicalLocation\\": {\\"artifactLocation\\": {\\"uri\\": \\"");
    pyxlock_check_say_uri(t, place);
    pyxlock_check_say(t, "\\"}, \\"region\\": {");
    pyxlock_check_pair(t, "startLine", place, PYXLOCK_CHECK_LINE);
    pyxlock_check_say(t, "}}}");
}

PYXLOCK_SLOW void pyxlock_check_result(pyxlock_check_text *t, const char *rule, const char *level, pyxlock_check_text *message, int first) {
    pyxlock_check_say(t, first ? "\\n  {" : ",\\n  {");
    pyxlock_check_key(t, "ruleId");
    pyxlock_check_quote(t, rule, strlen(rule));
    pyxlock_check_say(t, ", \\"level\\": ");
    pyxlock_check_quote(t, level, strlen(level));
    pyxlock_check_say(t, ", \\"message\\": {");
    pyxlock_check_key(t, "text");
    pyxlock_check_quote(t, message->data == NULL ? "" : message->data, message->size);
    pyxlock_check_say(t, "}, \\"locations\\": [");
    free(message->data);
}

PYXLOCK_SLOW void pyxlock_check_sarif(pyxlock_check_text *t, pyxlock_check_state *state) {
    int i, k;
    pyxlock_check_say(t, "{\\"$schema\\": \\"https://json.schemastore.org/sarif-2.1.0.json\\", \\"version\\": \\"2.1.0\\", \\"runs\\": "
                         "[{\\"tool\\": {\\"driver\\": {\\"name\\": \\"pyxlock\\", \\"version\\": \\"" PYXLOCK_VERSION "\\", \\"rules\\": "
                         "[{\\"id\\": \\"PXL101\\"}, {\\"id\\": \\"PXL103\\"}, {\\"id\\": \\"PXL104\\"}, {\\"id\\": \\"" PYXLOCK_CHECK_ORDER_CODE "\\"}]}}, "
                         "\\"results\\": [");
    for (i = 0; i < state->count; i++) {
        pyxlock_check_text message = { NULL, 0, 0 };
        pyxlock_check_sentence(&message, &state->list[i]);
        pyxlock_check_result(t, pyxlock_check_code(&state->list[i]), pyxlock_check_certain(state->list[i].kind) ? "error" : "warning", &message, i == 0);
        pyxlock_check_location(t, state->list[i].place);
        pyxlock_check_say(t, "]}");
    }
    for (i = 0; i < state->circles; i++) {
        pyxlock_check_text message = { NULL, 0, 0 };
        pyxlock_check_circle_line(&message, &state->circle[i]);
        pyxlock_check_result(t, PYXLOCK_CHECK_ORDER_CODE, state->circle[i].weak != 0 ? "warning" : "error", &message, i + state->count == 0);
        for (k = 0; k < state->circle[i].length; k++) {
            if (k > 0) pyxlock_check_say(t, ", ");
            pyxlock_check_location(t, state->circle[i].edge[k].place);
        }
        pyxlock_check_say(t, "]}");
    }
    pyxlock_check_say(t, "]}]}\\n");
}

PYXLOCK_FN long pyxlock_check_process(void) {
#ifdef _WIN32
    return (long)_getpid();
#else
    return (long)getpid();
#endif
}

/* Writes the file anew, under another name first: who reads it finds all or what was
   there before. The caller has the mutex. */
PYXLOCK_SLOW void pyxlock_check_save(pyxlock_check_state *state) {
    pyxlock_check_text text = { NULL, 0, 0 }, name = { NULL, 0, 0 }, other = { NULL, 0, 0 };
    const char *s;
    FILE *out;
    if (state->file == NULL) return;
    for (s = state->file; *s != 0; s++) {
        if (s[0] == '%' && s[1] == 'p') {
            pyxlock_check_say_number(&name, (unsigned long)pyxlock_check_process());
            s++;
        } else {
            pyxlock_check_put(&name, s, 1);
        }
    }
    if (strlen(state->file) > 6 && strcmp(state->file + strlen(state->file) - 6, ".sarif") == 0) pyxlock_check_sarif(&text, state);
    else pyxlock_check_json(&text, state);
    if (name.data != NULL) pyxlock_check_say(&other, name.data);
    pyxlock_check_say(&other, ".");
    pyxlock_check_say_number(&other, (unsigned long)pyxlock_check_process());
    pyxlock_check_say(&other, ".tmp");
    if (name.data != NULL && other.data != NULL && text.data != NULL && (out = fopen(other.data, "w")) != NULL) {
        size_t done = fwrite(text.data, 1, text.size, out);
        if (fclose(out) == 0 && done == text.size) {
#ifdef _WIN32
            (void)remove(name.data);
#endif
            (void)rename(other.data, name.data);
        } else {
            (void)remove(other.data);
        }
    }
    free(text.data);
    free(name.data);
    free(other.data);
}

/* The entry "found": notes a violation. -1 if it is to be raised. */
PYXLOCK_SLOW int pyxlock_check_note(pyxlock_check_state *state, const char *place, const char *kind, int needs, int held,
                                    const pyxlock_check_object *object) {
    pyxlock_check_found *f;
    pyxlock_check_text text = { NULL, 0, 0 };
    int i;
    pyxlock_mutex_lock(&state->mutex);
    for (i = 0; i < state->count; i++) {
        f = &state->list[i];
        if (f->held == held && strcmp(f->kind, kind) == 0 && (f->place == place || strcmp(f->place, place) == 0)) break;
    }
    f = &state->list[i];
    if (i < state->count) {
        f->count++;
    } else if (state->count == PYXLOCK_CHECK_MOST) {
        state->lost++;
        pyxlock_mutex_unlock(&state->mutex);
        return 0;
    } else {
        f->place = place;
        f->kind = kind;
        f->needs = needs;
        f->held = held;
        f->count = 1;
        f->thread = PyThread_get_thread_ident();
        f->write_place = object->write_place;
        f->write_thread = object->write_thread;
        state->count++;
        pyxlock_check_save(state);
    }
    if ((state->raises || state->aborts) && pyxlock_check_certain(kind)) pyxlock_check_sentence(&text, f);
    pyxlock_mutex_unlock(&state->mutex);
    if (text.data == NULL) return 0;
    if (state->aborts) {
        (void)fprintf(stderr, "pyxlock: %s\\n", text.data);
        (void)fflush(stderr);
        abort();
    }
    if (pyxlock_check_read_place(place).raises) {
        pyxlock_ensured e;
        PyObject *modules, *package = NULL, *error = NULL;
        pyxlock_attach(&e);
        modules = PyImport_GetModuleDict();
        package = modules == NULL ? NULL : PyDict_GetItemString(modules, "pyxlock");
        if (package != NULL) error = PyObject_GetAttrString(package, "LockMissing");
        if (error == NULL) PyErr_Clear();
        PyErr_SetString(error != NULL ? error : PyExc_RuntimeError, text.data);
        Py_XDECREF(error);
        pyxlock_unattach(&e);
        free(text.data);
        return -1;
    }
    free(text.data);
    return 0;
}

/* ---- the module _pyxlock_check -------------------------------------------------- */

PYXLOCK_FN pyxlock_check_state *pyxlock_check_here(void) {
    return (pyxlock_check_state *)PYXLOCK_LOAD_ACQUIRE(&pyxlock_check_shared);
}

PYXLOCK_SLOW PyObject *pyxlock_check_as_text(void (*fill)(pyxlock_check_text *, pyxlock_check_state *)) {
    pyxlock_check_text text = { NULL, 0, 0 };
    pyxlock_check_state *state = pyxlock_check_here();
    PyObject *out;
    pyxlock_mutex_lock(&state->mutex);
    fill(&text, state);
    pyxlock_mutex_unlock(&state->mutex);
    out = PyUnicode_DecodeUTF8(text.data == NULL ? "" : text.data, (Py_ssize_t)text.size, "replace");
    free(text.data);
    return out;
}

PYXLOCK_SLOW PyObject *pyxlock_check_py_report(PyObject *self, PyObject *none) {
    (void)self; (void)none;
    return pyxlock_check_as_text(pyxlock_check_lines);
}

PYXLOCK_SLOW PyObject *pyxlock_check_list(const char *key) {
    PyObject *text = pyxlock_check_as_text(pyxlock_check_json), *json, *all = NULL, *out = NULL;
    json = text == NULL ? NULL : PyImport_ImportModule("json");
    if (json != NULL) all = PyObject_CallMethod(json, "loads", "O", text);
    if (all != NULL) {
        out = PyDict_GetItemString(all, key);
        Py_XINCREF(out);
    }
    Py_XDECREF(all);
    Py_XDECREF(json);
    Py_XDECREF(text);
    return out;
}

PYXLOCK_SLOW PyObject *pyxlock_check_py_violations(PyObject *self, PyObject *none) {
    (void)self; (void)none;
    return pyxlock_check_list("violations");
}

PYXLOCK_SLOW PyObject *pyxlock_check_py_order(PyObject *self, PyObject *none) {
    (void)self; (void)none;
    return pyxlock_check_list("order");
}

PYXLOCK_SLOW PyObject *pyxlock_check_py_clear(PyObject *self, PyObject *none) {
    pyxlock_check_state *state = pyxlock_check_here();
    (void)self; (void)none;
    pyxlock_mutex_lock(&state->mutex);
    state->count = 0;
    state->lost = 0;
    state->circles = 0;
    pyxlock_mutex_unlock(&state->mutex);
    Py_RETURN_NONE;
}

/* Called when Python ends. */
PYXLOCK_SLOW PyObject *pyxlock_check_py_end(PyObject *self, PyObject *none) {
    pyxlock_check_text text = { NULL, 0, 0 };
    pyxlock_check_state *state = pyxlock_check_here();
    (void)self; (void)none;
    pyxlock_mutex_lock(&state->mutex);
    pyxlock_check_lines(&text, state);
    pyxlock_check_save(state);
    pyxlock_mutex_unlock(&state->mutex);
    if (text.data != NULL) (void)fprintf(stderr, "pyxlock: the checked build found:\\n%s", text.data);
    free(text.data);
    Py_RETURN_NONE;
}

static PyMethodDef pyxlock_check_methods[] = {
    { "report", pyxlock_check_py_report, METH_NOARGS, "All places where a lock was missing, one a line." },
    { "violations", pyxlock_check_py_violations, METH_NOARGS, "The same, as a list of dicts." },
    { "order", pyxlock_check_py_order, METH_NOARGS, "The circles in which locks were taken, as a list of dicts." },
    { "clear", pyxlock_check_py_clear, METH_NOARGS, "Forgets them." },
    { NULL, NULL, 0, NULL },
};
static PyMethodDef pyxlock_check_end = { "end", pyxlock_check_py_end, METH_NOARGS, "Prints what was found." };

/* ---- starting ------------------------------------------------------------------- */

PYXLOCK_SLOW pyxlock_check_state *pyxlock_check_new(void) {
    void *memory;
    pyxlock_check_state *state = (pyxlock_check_state *)pyxlock_aligned(sizeof(pyxlock_check_state), &memory);
    const char *mode = getenv("PYXLOCK_CHECK");
    if (state == NULL || pyxlock_mutex_init(&state->mutex) < 0) {
        (void)PyErr_NoMemory();
        return NULL;
    }
    if (mode != NULL && *mode != 0 && strcmp(mode, "report") != 0) {
        state->raises = strcmp(mode, "raise") == 0;
        state->aborts = strcmp(mode, "abort") == 0;
        if (!state->raises && !state->aborts) {
            (void)PyErr_Format(PyExc_ValueError, "PYXLOCK_CHECK is %s: it takes report, raise or abort", mode);
            return NULL;
        }
    }
    mode = getenv("PYXLOCK_JITTER");
    if (mode != NULL && *mode != 0) {
        state->jitters = 1;
        state->jitter = (pyxlock_word)strtoul(mode, NULL, 0) << 20;
    }
    state->file = getenv("PYXLOCK_CHECK_FILE");
    if (state->file != NULL) {
        char *copy = *state->file == 0 ? NULL : (char *)malloc(strlen(state->file) + 1);
        if (copy != NULL) memcpy(copy, state->file, strlen(state->file) + 1);
        state->file = copy;
    }
    state->found = pyxlock_check_note;
    state->locks = pyxlock_any_table();
    return state->locks == NULL ? NULL : state;
}

/* A fork takes no thread along but one, so nobody would give back what others have. */
#ifndef _WIN32
PYXLOCK_SLOW void pyxlock_check_before_fork(void) { pyxlock_mutex_lock(&pyxlock_check_here()->mutex); }
PYXLOCK_SLOW void pyxlock_check_after_fork(void) { pyxlock_mutex_unlock(&pyxlock_check_here()->mutex); }
PYXLOCK_SLOW void pyxlock_check_in_child(void) {
    pyxlock_check_state *state = pyxlock_check_here();
    int i;
    for (i = 0; i < PYXLOCK_CHECK_SETS; i++) PYXLOCK_STORE_RELAXED(&state->set[i].busy, 0);
    PYXLOCK_STORE_RELAXED(&state->taken, 0);
    pyxlock_mutex_unlock(&state->mutex);
}
#endif

/* Puts the functions where Python finds them, and the last one where Python ends. */
PYXLOCK_SLOW int pyxlock_check_publish(void) {
    PyObject *module = PyImport_AddModule("_pyxlock_check"), *atexit = NULL, *end = NULL, *done = NULL;
    PyMethodDef *m;
    if (module == NULL) return -1;
    for (m = pyxlock_check_methods; m->ml_name != NULL; m++) {
        PyObject *f = PyCFunction_NewEx(m, NULL, NULL);
        int failed = f == NULL || PyObject_SetAttrString(module, m->ml_name, f) < 0;
        Py_XDECREF(f);
        if (failed) return -1;
    }
#ifndef _WIN32
    (void)pthread_atfork(pyxlock_check_before_fork, pyxlock_check_after_fork, pyxlock_check_in_child);
#endif
    atexit = PyImport_ImportModule("atexit");
    end = PyCFunction_NewEx(&pyxlock_check_end, NULL, NULL);
    if (atexit != NULL && end != NULL) done = PyObject_CallMethod(atexit, "register", "O", end);
    Py_XDECREF(done);
    Py_XDECREF(end);
    Py_XDECREF(atexit);
    return done == NULL ? -1 : 0;
}

/* Finds the process's state or makes it. Called when a checked module is imported, by an
   attached thread. On a build with a GIL it has the locks taken: without, nobody would
   hold any. */
PYXLOCK_SLOW int pyxlock_check_begin(void) {
    PyObject *sys, *mine = NULL, *found = NULL;
    pyxlock_check_state *state, *made;
    if (pyxlock_check_here() != NULL) return 0;
    if (pyxlock_releases_gil() < 0) return -1;
    sys = PyImport_ImportModule("sys");
    if (sys == NULL) return -1;
    found = PyDict_GetItemString(PyModule_GetDict(sys), PYXLOCK_CHECK_CAPSULE);
    Py_XINCREF(found);
    if (found == NULL) {
        made = pyxlock_check_new();
        if (made != NULL) mine = PyCapsule_New(made, PYXLOCK_CHECK_CAPSULE, NULL);
        if (mine != NULL) found = PyObject_CallMethod(PyModule_GetDict(sys), "setdefault", "sO", PYXLOCK_CHECK_CAPSULE, mine);
    }
    state = found == NULL ? NULL : (pyxlock_check_state *)PyCapsule_GetPointer(found, PYXLOCK_CHECK_CAPSULE);
    if (state != NULL) PYXLOCK_STORE_RELEASE(&pyxlock_check_shared, (pyxlock_word)state);
    if (state != NULL && found == mine && pyxlock_check_publish() < 0) state = NULL;
    Py_XDECREF(found);
    Py_XDECREF(mine);
    Py_DECREF(sys);
    return state == NULL ? -1 : 0;
}

/* ---- other schedules ------------------------------------------------------------------

   With PYXLOCK_JITTER each lock, release and check may pause: one in eight lets another
   thread go first, one in a hundred sleeps. The seed decides, as far as threads let it. */
PYXLOCK_SLOW void pyxlock_check_pause(pyxlock_check_state *state) {
    /* A linear congruential generator (Knuth, The Art of Computer Programming 3.3.4). Two
       threads may get the same number: it is no worse a schedule. */
    uint64_t n = (uint64_t)PYXLOCK_ADD(&state->jitter, 1) * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    unsigned micros;
    n ^= n >> 29;
    n *= UINT64_C(0xBF58476D1CE4E5B9);
    n >>= 40;
    if (n % 8 != 0) return;
    micros = n % 96 == 0 ? (unsigned)(n / 96 % 400) : 0;
#if !PYXLOCK_NO_GIL
    /* Nobody else runs unless the GIL is given up. */
    if (pyxlock_attached()) {
        PyThreadState *thread = PyEval_SaveThread();
        pyxlock_check_sleep(micros);
        PyEval_RestoreThread(thread);
        return;
    }
#endif
    pyxlock_check_sleep(micros);
}
PYXLOCK_FN void pyxlock_check_jitter(void) {
    pyxlock_check_state *state = pyxlock_check_here();
    if (state != NULL && state->jitters) pyxlock_check_pause(state);
}

/* ---- checks ---------------------------------------------------------------------- */

PYXLOCK_FN pyxlock_check_set *pyxlock_check_lock_set(pyxlock_check_state *state, void *obj) {
    pyxlock_check_set *set = &state->set[pyxlock_hash((uintptr_t)obj, 13)];
    while (!pyxlock_swap_if(&set->busy, 0, 1)) pyxlock_pause(1);
    return set;
}
PYXLOCK_FN void pyxlock_check_unlock_set(pyxlock_check_set *set) { PYXLOCK_STORE_RELEASE(&set->busy, 0); }

PYXLOCK_FN pyxlock_check_object *pyxlock_check_find(pyxlock_check_set *set, void *obj) {
    int i;
    for (i = 0; i < PYXLOCK_CHECK_WAYS; i++) {
        if (set->way[i].object == (pyxlock_word)obj) return &set->way[i];
    }
    return NULL;
}

/* Notes that a thread has to do with an object, and returns what is known of it. The caller has
   the set. */
PYXLOCK_SLOW pyxlock_check_object *pyxlock_check_touch(pyxlock_check_set *set, void *obj, unsigned long thread) {
    pyxlock_check_object *o = pyxlock_check_find(set, obj);
    if (o == NULL) {
        o = &set->way[set->next];
        set->next = (set->next + 1) % PYXLOCK_CHECK_WAYS;
        memset(o, 0, sizeof(*o));
        o->object = (pyxlock_word)obj;
        o->thread = thread;
    }
    if (o->thread != thread) o->shared = 1;
    return o;
}

/* Forgets what was known of an object: it is a new one, or goes. */
PYXLOCK_SLOW void pyxlock_check_fresh(void *obj) {
    pyxlock_check_state *state = pyxlock_check_here();
    pyxlock_check_set *set;
    pyxlock_check_object *o;
    int i;
    if (state == NULL || obj == NULL) return;
    set = pyxlock_check_lock_set(state, obj);
    o = pyxlock_check_find(set, obj);
    if (o != NULL) memset(o, 0, sizeof(*o));
    for (i = 0; i < PYXLOCK_CHECK_WAYS; i++) {
        if (set->hold[i].object == (pyxlock_word)obj) set->hold[i].object = 0;
    }
    pyxlock_check_unlock_set(set);
    if (PYXLOCK_LOAD_RELAXED(&state->pairs) > 0) {
        pyxlock_mutex_lock(&state->mutex);
        for (i = state->edges - 1; i >= 0; i--) {
            pyxlock_check_edge *e = &state->edge[i];
            if (!e->one_class || ((void *)e->a != obj && (void *)e->b != obj)) continue;
            *e = state->edge[--state->edges];
            PYXLOCK_STORE_RELAXED(&state->pairs, state->pairs - 1);
        }
        pyxlock_mutex_unlock(&state->mutex);
    }
}

/* A mutex does not know who holds it. */
PYXLOCK_SLOW void pyxlock_check_took(void *lock) {
    pyxlock_check_state *state = pyxlock_check_here();
    if (state == NULL || lock == NULL) return;
    pyxlock_mutex_lock(&state->mutex);
    if (state->taken == PYXLOCK_CHECK_TAKEN) {
        PYXLOCK_STORE_RELAXED(&state->blind, 1);
    } else {
        state->take[state->taken].lock = lock;
        state->take[state->taken].thread = PyThread_get_thread_ident();
        /* Relaxed: who does not see its own has not taken any. */
        PYXLOCK_STORE_RELAXED(&state->taken, state->taken + 1);
    }
    pyxlock_mutex_unlock(&state->mutex);
}

/* Where this thread has it among those that are taken, or -1. The caller has the mutex. */
PYXLOCK_FN int pyxlock_check_taken(pyxlock_check_state *state, void *lock) {
    unsigned long thread = PyThread_get_thread_ident();
    int i = (int)state->taken - 1;
    while (i >= 0 && (state->take[i].lock != lock || state->take[i].thread != thread)) i--;
    return i;
}

PYXLOCK_SLOW void pyxlock_check_gave(void *lock) {
    pyxlock_check_state *state = pyxlock_check_here();
    int i;
    if (state == NULL || lock == NULL) return;
    pyxlock_mutex_lock(&state->mutex);
    i = pyxlock_check_taken(state, lock);
    if (i >= 0) {
        state->take[i] = state->take[state->taken - 1];
        PYXLOCK_STORE_RELAXED(&state->taken, state->taken - 1);
    }
    pyxlock_mutex_unlock(&state->mutex);
}

/* Whether an object is locked by a critical section that is not suspended: the thread's
   newest one, or one round it that stays locked. What the thread knows of them has a place
   in Python's headers, but the meaning of its low bits does not. */
#if PYXLOCK_NO_GIL && !defined(Py_LIMITED_API) && !defined(PYPY_VERSION) && PY_VERSION_HEX >= 0x030D0000
#define PYXLOCK_CHECK_SECTIONS 1
PYXLOCK_SLOW int pyxlock_check_in_section(void *obj) {
    const uintptr_t suspended = 1, two = 2;
    PyThreadState *thread = pyxlock_attached() ? PyThreadState_Get() : NULL;
    uintptr_t at = thread == NULL ? 0 : thread->critical_section;
    while ((at & ~(suspended | two)) != 0) {
        PyCriticalSection *section = (PyCriticalSection *)(at & ~(suspended | two));
        if ((at & suspended) == 0) {
            PyMutex *mutex = &((PyObject *)obj)->ob_mutex;
            if (section->_cs_mutex == mutex) return 1;
            if ((at & two) != 0 && ((PyCriticalSection2 *)section)->_cs_mutex2 == mutex) return 1;
        }
        at = section->_cs_prev;
    }
    return 0;
}
#else
#define PYXLOCK_CHECK_SECTIONS 0
#define pyxlock_check_in_section(obj) 0
#endif

/* What this thread holds of an object, or of a mutex: 0, READ or WRITE. */
PYXLOCK_FN int pyxlock_check_holds(pyxlock_check_state *state, void *lock) {
    pyxlock_record *me = pyxlock_me(state->locks);
    int held = me == NULL ? PYXLOCK_WRITE : pyxlock_own(me, (PyObject *)lock, NULL);
    if (held != PYXLOCK_WRITE && pyxlock_check_in_section(lock)) held = PYXLOCK_WRITE;
    if (held != PYXLOCK_WRITE && (PYXLOCK_LOAD_RELAXED(&state->taken) > 0 || PYXLOCK_LOAD_RELAXED(&state->blind))) {
        pyxlock_mutex_lock(&state->mutex);
        if (state->blind || pyxlock_check_taken(state, lock) >= 0) held = PYXLOCK_WRITE;
        pyxlock_mutex_unlock(&state->mutex);
    }
    return held;
}

/* Notes a use, of an object whose lock is that of "guard". -1 if a violation is to be
   raised. */
PYXLOCK_SLOW int pyxlock_check_look(void *obj, void *guard, const char *text) {
    pyxlock_check_state *state = pyxlock_check_here();
    pyxlock_check_place p = pyxlock_check_read_place(text);
    unsigned long thread = PyThread_get_thread_ident();
    uint64_t bit = (uint64_t)1 << p.slot;
    pyxlock_check_set *set;
    pyxlock_check_object *o, copy;
    const char *earlier = NULL;
    int held, needs, changes, again, bad = 0;
    if (state == NULL || obj == NULL || obj == (void *)Py_None) return 0;
    if (state->jitters) pyxlock_check_pause(state);
    if (p.section && !PYXLOCK_CHECK_SECTIONS) return 0; /* there are none, or none can be seen */
    needs = p.what == 'w' || p.what == 'W' ? PYXLOCK_WRITE : PYXLOCK_READ;
    held = guard == NULL || guard == (void *)Py_None ? PYXLOCK_WRITE : pyxlock_check_holds(state, guard);
    /* Who holds the lock for reading says that nothing changes. */
    changes = needs == PYXLOCK_WRITE || ((p.what == 'M' || p.what == 'C') && held != PYXLOCK_READ);
    again = changes && pyxlock_check_in_init(text);
    set = pyxlock_check_lock_set(state, obj);
    o = pyxlock_check_touch(set, obj, thread);
    copy = *o;
    if (o->shared) {
        uint64_t changed = p.what == 'r' ? o->written : o->written | o->through;
        int reads = p.what == 'r' || p.what == 'R';
        bad = reads ? held == 0 && ((changed | o->again) & bit) != 0 : held < needs;
        if (bad && strcmp(p.kind, "unlocked") == 0 && (reads ? (changed & bit) == 0 : again)) p.kind = "init_again";
        if (p.what == 'C' && held == PYXLOCK_READ) {
            bad = 1;
            needs = PYXLOCK_WRITE;
            p.kind = "perhaps_written";
        }
        if (held == 0 && !changes && !bad) {
            o->naked |= bit;
            o->naked_place = text;
            o->naked_thread = thread;
        }
        if (changes) {
            if (again) o->again |= bit;
            else if (p.what == 'w') o->written |= bit;
            else o->through |= bit;
            /* A read without a lock came before: it was one too few as well. */
            if ((o->naked & bit) != 0 && o->naked_thread != thread && o->naked_place != NULL
                && pyxlock_check_read_place(o->naked_place).slot == p.slot
                && (p.what == 'w' || o->naked_place[0] == 'R')) earlier = o->naked_place;
            o->naked &= ~bit;
        }
    }
    if (changes) {
        o->write_place = text;
        o->write_thread = thread;
        if (earlier != NULL) {
            copy.write_place = text;
            copy.write_thread = thread;
        }
    }
    pyxlock_check_unlock_set(set);
    if (earlier != NULL) {
        const char *kind = pyxlock_check_read_place(earlier).kind;
        (void)state->found(state, earlier, again && strcmp(kind, "unlocked") == 0 ? "init_again" : kind, PYXLOCK_READ, 0, &copy);
    }
    return bad ? state->found(state, text, p.kind, needs, held, &copy) : 0;
}

PYXLOCK_FN void *pyxlock_check_using_by(PyObject *obj, void *lock, const char *place) {
    return pyxlock_check_look(obj, lock, place) < 0 ? NULL : obj;
}
PYXLOCK_FN void *pyxlock_check_using(PyObject *obj, const char *place) { return pyxlock_check_using_by(obj, obj, place); }
PYXLOCK_FN PyObject *pyxlock_check_using_new(PyObject *obj, const char *place) {
    if (pyxlock_check_look(obj, obj, place) < 0) return NULL;
    Py_INCREF(obj);
    return obj;
}
PYXLOCK_FN int pyxlock_check_use_by(void *obj, void *lock, const char *place) {
    return pyxlock_check_look(obj, lock, place) == 0;
}
PYXLOCK_FN int pyxlock_check_use(void *obj, const char *place) { return pyxlock_check_use_by(obj, obj, place); }

/* ---- the order of locks ------------------------------------------------------------------

   As in Linux' lockdep: which lock was taken while which was held is kept by class, and of one
   class by object. A circle is reported though it never closed, but not where all that
   is locked for reading is held for reading: then nobody waits. */

/* Whether who takes an object in one mode waits for who holds it in another. */
PYXLOCK_FN int pyxlock_check_waits(int takes, int holds) { return takes == PYXLOCK_WRITE || holds == PYXLOCK_WRITE; }

/* The fewest edges that lead on from one back to where it begins, with no weakness but "weak": how many,
   or 0. The caller has the mutex. */
PYXLOCK_SLOW int pyxlock_check_leads(pyxlock_check_state *state, const pyxlock_check_edge *first, int weak, int *way) {
    const pyxlock_check_edge *last = first;
    short before[PYXLOCK_CHECK_EDGES], queue[PYXLOCK_CHECK_EDGES]; /* the edge before; -1: the first, -2: not met yet */
    int i, at = -1, next = 0, count = 0, n = 0;
    for (i = 0; i < state->edges; i++) before[i] = -2;
    for (;;) {
        for (i = 0; i < state->edges; i++) {
            const pyxlock_check_edge *e = &state->edge[i];
            if (before[i] != -2 || e->one_class || (e->weak & ~weak) != 0 || strcmp(e->held, last->taken) != 0 || !pyxlock_check_waits(last->takes, e->holds)) continue;
            before[i] = (short)at;
            queue[count++] = (short)i;
            if (strcmp(e->taken, first->held) != 0 || !pyxlock_check_waits(e->takes, first->holds)) continue;
            for (at = i; at >= 0; at = before[at]) n++;
            if (n >= PYXLOCK_CHECK_WAY) return 0;
            for (at = i, count = n; at >= 0; at = before[at]) way[--count] = at;
            return n;
        }
        if (next == count) return 0;
        at = queue[next++];
        last = &state->edge[at];
    }
}

/* The same between two objects of one class. */
PYXLOCK_SLOW int pyxlock_check_leads_back(pyxlock_check_state *state, const pyxlock_check_edge *first, int weak, int *way) {
    int i;
    for (i = 0; i < state->edges; i++) {
        const pyxlock_check_edge *e = &state->edge[i];
        way[0] = i;
        if (e->one_class && e->a == first->b && e->b == first->a && (e->weak & ~weak) == 0 && pyxlock_check_waits(first->takes, e->holds)
            && pyxlock_check_waits(e->takes, first->holds)) return 1;
    }
    return 0;
}

/* Whether two circles go over the same classes; of one class, at the same places. */
PYXLOCK_SLOW int pyxlock_check_same_circle(const pyxlock_check_circle *a, const pyxlock_check_circle *b) {
    int i, k;
    for (i = 0; i < b->length; i++) {
        const pyxlock_check_edge *x = &b->edge[i];
        for (k = 0; k < a->length; k++) {
            const pyxlock_check_edge *y = &a->edge[k];
            if (strcmp(x->held, y->held) == 0 && strcmp(x->taken, y->taken) == 0
                && (!x->one_class || (pyxlock_check_same_text(x->place, y->place) && pyxlock_check_same_text(x->held_place, y->held_place)))) break;
        }
        if (k == a->length) return 0;
    }
    return a->length == b->length;
}

/* Keeps a circle, in place of a weaker one; one that is as strong or stronger is enough. */
PYXLOCK_SLOW void pyxlock_check_keep_circle(pyxlock_check_state *state, const pyxlock_check_circle *circle) {
    int i;
    for (i = 0; i < state->circles; i++) {
        if (!pyxlock_check_same_circle(&state->circle[i], circle)) continue;
        if ((state->circle[i].weak & ~circle->weak) == 0) return;
        if ((circle->weak & ~state->circle[i].weak) == 0) break;
    }
    if (i == PYXLOCK_CHECK_CIRCLES) return;
    state->circle[i] = *circle;
    if (i == state->circles) state->circles++;
    pyxlock_check_save(state);
}

PYXLOCK_SLOW void pyxlock_check_edge_new(pyxlock_check_state *state, pyxlock_check_edge *e) {
    const char *a = pyxlock_check_type(e->a), *b = pyxlock_check_type(e->b);
    int way[PYXLOCK_CHECK_WAY];
    int i, n, weak;
    e->one_class = strcmp(a, b) == 0;
    (void)snprintf(e->held, sizeof(e->held), "%s", a);
    (void)snprintf(e->taken, sizeof(e->taken), "%s", b);
    for (i = 0; i < state->edges; i++) {
        const pyxlock_check_edge *old = &state->edge[i];
        if (old->holds != e->holds || old->takes != e->takes || (old->weak & ~e->weak) != 0) continue;
        if (e->one_class ? old->one_class && old->a == e->a && old->b == e->b : strcmp(old->held, e->held) == 0 && strcmp(old->taken, e->taken) == 0) return;
    }
    if (state->edges == PYXLOCK_CHECK_EDGES) return;
    state->edge[state->edges++] = *e;
    if (e->one_class) PYXLOCK_STORE_RELAXED(&state->pairs, state->pairs + 1);
    for (weak = e->weak, n = 0; n == 0; weak = PYXLOCK_CHECK_WEAK) { /* the strongest one first */
        n = e->one_class ? pyxlock_check_leads_back(state, e, weak, way) : pyxlock_check_leads(state, e, weak, way);
        if (weak == PYXLOCK_CHECK_WEAK) break;
    }
    if (n > 0) {
        pyxlock_check_circle c;
        c.edge[0] = *e;
        c.weak = e->weak;
        for (i = 0; i < n; i++) {
            c.edge[i + 1] = state->edge[way[i]];
            c.weak |= c.edge[i + 1].weak;
        }
        c.length = n + 1;
        pyxlock_check_keep_circle(state, &c);
    }
}

/* Notes that the thread takes an object that it does not have, and where. */
PYXLOCK_SLOW pyxlock_check_hold pyxlock_check_holding(pyxlock_check_state *state, PyObject *obj, const char *place) {
    unsigned long thread = PyThread_get_thread_ident();
    pyxlock_check_set *set = pyxlock_check_lock_set(state, obj);
    int alone = !pyxlock_check_touch(set, obj, thread)->shared, init = pyxlock_check_in_init(place), i;
    pyxlock_check_hold out;
    for (i = 0; i < PYXLOCK_CHECK_WAYS; i++) {
        if (set->hold[i].object == (pyxlock_word)obj && set->hold[i].thread == thread) break;
    }
    if (i == PYXLOCK_CHECK_WAYS) {
        i = set->next_hold;
        set->next_hold = (i + 1) % PYXLOCK_CHECK_WAYS;
    }
    out.object = (pyxlock_word)obj;
    out.thread = thread;
    out.place = place;
    out.weak = alone ? PYXLOCK_CHECK_ALONE : init ? PYXLOCK_CHECK_AGAIN : 0;
    if (pyxlock_check_in_private(place)) out.weak |= PYXLOCK_CHECK_PRIVATE;
    out.making = init && alone;
    set->hold[i] = out;
    pyxlock_check_unlock_set(set);
    return out;
}

/* What is known of an object that the thread holds. */
PYXLOCK_SLOW pyxlock_check_hold pyxlock_check_held(pyxlock_check_state *state, PyObject *obj) {
    unsigned long thread = PyThread_get_thread_ident();
    pyxlock_check_set *set = pyxlock_check_lock_set(state, obj);
    pyxlock_check_object *o = pyxlock_check_find(set, obj);
    pyxlock_check_hold out;
    int i;
    memset(&out, 0, sizeof(out));
    for (i = 0; i < PYXLOCK_CHECK_WAYS; i++) {
        if (set->hold[i].object == (pyxlock_word)obj && set->hold[i].thread == thread) out = set->hold[i];
    }
    out.weak &= ~PYXLOCK_CHECK_ALONE;
    if (o != NULL && !o->shared) out.weak |= PYXLOCK_CHECK_ALONE; /* still */
    pyxlock_check_unlock_set(set);
    return out;
}

/* Whether the thread is about to take an object that it does not have. */
PYXLOCK_FN int pyxlock_check_takes(pyxlock_check_state *state, pyxlock_record *me, PyObject *obj) {
    return state != NULL && obj != NULL && obj != Py_None && me != NULL && pyxlock_own(me, obj, NULL) == 0;
}

/* Notes that it takes an object if that is free. */
PYXLOCK_SLOW void pyxlock_check_try(PyObject *obj, const char *place) {
    pyxlock_check_state *state = pyxlock_check_here();
    if (state != NULL && pyxlock_check_takes(state, pyxlock_me(state->locks), obj)) (void)pyxlock_check_holding(state, obj, place);
}

/* The same where it waits for it, while it holds what it holds. */
PYXLOCK_SLOW void pyxlock_check_order(PyObject *obj, int mode, const char *place) {
    pyxlock_check_state *state = pyxlock_check_here();
    pyxlock_record *me = state == NULL ? NULL : pyxlock_me(state->locks);
    pyxlock_check_hold taken;
    pyxlock_slots slots;
    pyxlock_word *slot;
    if (!pyxlock_check_takes(state, me, obj)) return;
    taken = pyxlock_check_holding(state, obj, place);
    if (taken.making || pyxlock_is_empty(me)) return;
    pyxlock_mutex_lock(&state->mutex);
    pyxlock_slots_start(&slots, me, NULL, PYXLOCK_MODES);
    while ((slot = pyxlock_slots_next(&slots)) != NULL) {
        pyxlock_word word = PYXLOCK_LOAD_RELAXED(slot); /* our own */
        pyxlock_check_hold held;
        pyxlock_check_edge e;
        if (pyxlock_named(word) == NULL) continue;
        held = pyxlock_check_held(state, pyxlock_named(word));
        if (held.making) continue; /* nobody can wait for it */
        memset(&e, 0, sizeof(e));
        e.a = pyxlock_named(word);
        e.b = obj;
        e.holds = (int)(word & PYXLOCK_MODES);
        e.takes = mode;
        e.weak = held.weak | taken.weak;
        e.held_place = held.place;
        e.place = place;
        pyxlock_check_edge_new(state, &e);
    }
    pyxlock_mutex_unlock(&state->mutex);
}

PYXLOCK_FN void pyxlock_check_order_all(pyxlock_Guard *guards, int count, const char *place) {
    int i;
    for (i = 0; i < count; i++) pyxlock_check_order(guards[i].object, (int)guards[i].mode, place);
}

/* The items of a list or tuple; mode 0: if they are free. */
PYXLOCK_FN void pyxlock_check_order_items(PyObject *objects, int mode, const char *place) {
    Py_ssize_t i, n = objects == Py_None ? 0 : pyxlock_length(objects);
    for (i = 0; i < n; i++) {
        PyObject *obj = PyList_Check(objects) ? PyList_GetItem(objects, i) : PyTuple_GetItem(objects, i);
        if (mode == 0) pyxlock_check_try(obj, place);
        else pyxlock_check_order(obj, mode, place);
    }
}

/* The calls of pyxlock.pxd with a place behind. */
PYXLOCK_FN int pyxlock_check_read(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    pyxlock_check_order(obj, PYXLOCK_READ, place);
    pyxlock_check_jitter();
    return pyxlock_read(guard, obj);
}
PYXLOCK_FN int pyxlock_check_write(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    pyxlock_check_order(obj, PYXLOCK_WRITE, place);
    pyxlock_check_jitter();
    return pyxlock_write(guard, obj);
}
PYXLOCK_FN int pyxlock_check_try_read(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    pyxlock_check_try(obj, place);
    pyxlock_check_jitter();
    return pyxlock_try_read(guard, obj);
}
PYXLOCK_FN int pyxlock_check_try_write(pyxlock_Guard *guard, PyObject *obj, const char *place) {
    pyxlock_check_try(obj, place);
    pyxlock_check_jitter();
    return pyxlock_try_write(guard, obj);
}
PYXLOCK_FN int pyxlock_check_acquire(pyxlock_Guard *guards, int count, const char *place) {
    pyxlock_check_order_all(guards, count, place);
    pyxlock_check_jitter();
    return pyxlock_acquire(guards, count);
}
PYXLOCK_FN int pyxlock_check_try_acquire(pyxlock_Guard *guards, int count, const char *place) {
    int i;
    for (i = 0; i < count; i++) pyxlock_check_try(guards[i].object, place);
    pyxlock_check_jitter();
    return pyxlock_try_acquire(guards, count);
}
PYXLOCK_FN int pyxlock_check_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes, const char *place) {
    pyxlock_check_order_items(writes, PYXLOCK_WRITE, place);
    pyxlock_check_order_items(reads, PYXLOCK_READ, place);
    pyxlock_check_jitter();
    return pyxlock_acquire_objects(guards, reads, writes);
}
PYXLOCK_FN int pyxlock_check_try_acquire_objects(pyxlock_Guards *guards, PyObject *reads, PyObject *writes, const char *place) {
    pyxlock_check_order_items(writes, 0, place);
    pyxlock_check_order_items(reads, 0, place);
    pyxlock_check_jitter();
    return pyxlock_try_acquire_objects(guards, reads, writes);
}
PYXLOCK_FN void pyxlock_check_release(pyxlock_Guard *guard) {
    pyxlock_release(guard);
    pyxlock_check_jitter();
}
PYXLOCK_FN void pyxlock_check_release_all(pyxlock_Guard *guards, int count) {
    pyxlock_release_all(guards, count);
    pyxlock_check_jitter();
}
PYXLOCK_FN void pyxlock_check_release_objects(pyxlock_Guards *guards) {
    pyxlock_release_objects(guards);
    pyxlock_check_jitter();
}

#endif /* PYXLOCK_OFF */
#endif /* PYXLOCK_CHECK_H */
    """

    # Notes that the code at a place uses a C attribute of obj, and returns obj: a pointer,
    # since Cython takes what it gets from a function that returns an object for one that may
    # go at once, and refuses pointers that are reached through it. The lock has to be held
    # that the place asks for.
    void *using "pyxlock_check_using" (object obj, const char *place) except NULL

    # The same where the lock is that of another object, or a mutex.
    void *using_by "pyxlock_check_using_by" (object obj, void *lock, const char *place) except NULL

    # The same of an object that nobody else may hold.
    object using_new "pyxlock_check_using_new" (object obj, const char *place)

    # The same without the GIL; the objects are pointers to them. Returns 1.
    int use "pyxlock_check_use" (void *obj, const char *place) except 0 nogil
    int use_by "pyxlock_check_use_by" (void *obj, void *lock, const char *place) except 0 nogil

    # As the functions of pyxlock.pxd that are called so, with the place behind.
    int read "pyxlock_check_read" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int write "pyxlock_check_write" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int try_read "pyxlock_check_try_read" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int try_write "pyxlock_check_try_write" (pyxlock.Guard *guard, object obj, const char *place) except -1 nogil
    int acquire "pyxlock_check_acquire" (pyxlock.Guard *guards, int count, const char *place) except -1 nogil
    int try_acquire "pyxlock_check_try_acquire" (pyxlock.Guard *guards, int count, const char *place) except -1 nogil
    int acquire_objects "pyxlock_check_acquire_objects" (pyxlock.Guards *guards, object reads, object writes, const char *place) except -1
    int try_acquire_objects "pyxlock_check_try_acquire_objects" (pyxlock.Guards *guards, object reads, object writes, const char *place) except -1
    void release "pyxlock_check_release" (pyxlock.Guard *guard) noexcept nogil
    void release_all "pyxlock_check_release_all" (pyxlock.Guard *guards, int count) noexcept nogil
    void release_objects "pyxlock_check_release_objects" (pyxlock.Guards *guards) noexcept nogil

    # A mutex is held by this thread from now on, or not any more. Critical sections and the
    # locks of pyxlock.pxd are known without.
    void took "pyxlock_check_took" (void *lock) noexcept nogil
    void gave "pyxlock_check_gave" (void *lock) noexcept nogil

    # Forgets an object, which is a new one or about to go.
    void fresh "pyxlock_check_fresh" (void *obj) noexcept nogil

    # A checked module calls this when it is imported.
    int begin "pyxlock_check_begin" () except -1
