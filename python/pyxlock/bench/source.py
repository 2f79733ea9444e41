"""The module that is measured: one class, written out for each lock.

The decorators are those that users write; pyxlock expands them.
"""

HEAD = """\
# cython: language_level=3, freethreading_compatible=True
# distutils: language=c++
cimport cython
from libc.stdlib cimport calloc, free

cdef enum:
    SIDE = 64


cdef void multiply(const double *a, const double *b, double *c) noexcept nogil:
    cdef int i, j, k
    for i in range(SIDE):
        for j in range(SIDE):
            c[i * SIDE + j] = 0
        for k in range(SIDE):
            for j in range(SIDE):
                c[i * SIDE + j] += a[i * SIDE + k] * b[k * SIDE + j]
"""

CLASS = """

{on_class}
cdef class {name}:
    cdef long value
    cdef dict table
    cdef double *matrix
{fields}
    def __cinit__(self):
        self.value = 1
        self.table = {{str(i): i for i in range(100)}}
        self.matrix = <double *>calloc(SIDE * SIDE, sizeof(double))
        if self.matrix is NULL:
            raise MemoryError()
{cinit}
    def __dealloc__(self):
        free(self.matrix)

    {on_read}
    def get(self):
        {enter_read}
            return self.value
        {leave_read}

    {on_write}
    def put(self):
        {enter_write}
            self.value = (self.value + 1) & 127
        {leave_write}

    {on_read}
    def lookup(self):
        {enter_read}
            return self.table["42"]
        {leave_read}

    {on_read}
    def product(self):
        cdef double[SIDE * SIDE] out
        {enter_read}
            {nogil}
                multiply(self.matrix, self.matrix, out)
        {leave_read}
"""

PLAIN = dict(
    on_class="", on_read="", on_write="", fields="", cinit="", nogil="with nogil:",
    enter_read="if True:", leave_read="", enter_write="if True:", leave_write="",
)
DECORATED = dict(PLAIN, on_class="@cython.locked_class", on_read="@cython.read_lock", on_write="@cython.write_lock")

# The name of a lock, its class, and what is different in it. A critical section cannot be
# held over "with nogil", so it holds the GIL, or what there is in its place.
KINDS = {
    "none": ("Plain", PLAIN),
    "pyxlock": ("Locked", DECORATED),
    "critical_section": (
        "Section", dict(DECORATED, on_class='@cython.locked_class(lock="critical_section")', nogil="if True:"),
    ),
    "mutex": ("Mutex", dict(DECORATED, on_class='@cython.locked_class(lock="mutex")')),
    "lxml's design": (
        "Counted",
        dict(
            PLAIN,
            fields="    cdef CounterLock lock\n",
            cinit="        self.lock = CounterLock()\n",
            enter_read="self.lock.lock_read()\n        try:",
            leave_read="finally:\n            self.lock.unlock_read()",
            enter_write="self.lock.lock_write()\n        try:",
            leave_write="finally:\n            self.lock.unlock_write()",
        ),
    ),
}
# A lock that Python code takes round each call of a Plain.
AROUND = "threading.Lock"
LOCKS = [*KINDS, AROUND]


def whole():
    """Return the module with all kinds."""
    text = HEAD.replace("cdef enum:", 'include "counterlock.pxi"\n\ncdef enum:', 1)
    return text + "".join(CLASS.format(name=name, **parts) for name, parts in KINDS.values())


def one():
    """Return a module with the decorated class alone, to see what its build takes."""
    name, parts = KINDS["pyxlock"]
    return HEAD + CLASS.format(name=name, **parts)
