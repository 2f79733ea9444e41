"""Polynomials in one C array, locked by pyxlock's decorators."""
cimport cython
from libc.stdlib cimport free, realloc
from libc.string cimport memmove, memset

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX


cdef class Poly:
    """Poly(coeffs): a polynomial with double coefficients, lowest first."""

    def __cinit__(self):
        self.coeffs = NULL
        self.length = self.allocated = 0

    def __init__(self, coeffs=()):
        values = [float(c) for c in coeffs]
        self.length = 0
        self.fit(len(values))
        for k, c in enumerate(values):
            self.coeffs[k] = c
        self.trim()

    def __dealloc__(self):
        free(self.coeffs)

    # C methods take no lock: their callers hold it, and pyxlock checks that.

    cdef Py_ssize_t limit(self) noexcept:
        """Return how many coefficients there can be."""
        return PY_SSIZE_T_MAX // sizeof(double)

    cdef int fit(self, Py_ssize_t length) except -1:
        """Make length coefficients, at least; new ones are zero."""
        cdef double* coeffs
        if length > self.limit():
            raise IndexError(f"no coefficient of x**{length - 1} in this {type(self).__name__}")
        if length > self.allocated:
            coeffs = <double*>realloc(self.coeffs, length * sizeof(double))
            if coeffs is NULL:
                raise MemoryError
            self.coeffs = coeffs
            self.allocated = length
        if length > self.length:
            memset(self.coeffs + self.length, 0, (length - self.length) * sizeof(double))
            self.length = length
        return 0

    cdef void trim(self) noexcept:
        """Drop zeros at the high end."""
        while self.length > 0 and self.coeffs[self.length - 1] == 0:
            self.length -= 1

    # These two have no decorator: that they only read is plain, and inferred.

    def __len__(self):
        return self.length

    def degree(self):
        """Return the degree; that of zero is -1."""
        return self.length - 1

    @cython.read_lock
    def __getitem__(self, Py_ssize_t k):
        """Return the coefficient of x**k."""
        if k < 0:
            raise IndexError("a polynomial has no negative powers")
        return self.coeffs[k] if k < self.length else 0.0

    @cython.write_lock
    def __setitem__(self, Py_ssize_t k, double value):
        """Set the coefficient of x**k."""
        if not 0 <= k < self.limit():
            raise IndexError(f"no coefficient of x**{k} in this {type(self).__name__}")
        self.fit(k + 1)
        self.coeffs[k] = value
        self.trim()

    @cython.read_lock
    def __call__(self, double x):
        """Return the value at x; other threads go on meanwhile."""
        cdef double value
        with nogil:
            value = horner(self.coeffs, self.length, x)
        return value

    # Both operands are read, or one is written and the other read. pyxlock
    # takes the two locks together, in one order for all threads.

    @cython.read_lock("self", "other")
    def __mul__(self, other):
        """Return the product."""
        cdef Poly right, product
        if not isinstance(other, Poly):
            return NotImplemented
        right = <Poly>other
        product = Poly()
        if self.length and right.length:
            product.fit(self.length + right.length - 1)
            with nogil:
                multiply(self.coeffs, self.length, right.coeffs, right.length,
                         product.coeffs, product.length)
            product.trim()
        return product

    @cython.write_lock("self")
    @cython.read_lock("other")
    def __iadd__(self, Poly other not None):
        cdef Py_ssize_t k
        self.fit(other.length)
        for k in range(other.length):
            self.coeffs[k] += other.coeffs[k]
        self.trim()
        return self

    @cython.write_lock
    def shift(self, Py_ssize_t n):
        """Multiply by x**n in place."""
        cdef Py_ssize_t length = self.length
        if not 0 <= n < self.limit():
            raise ValueError(f"cannot multiply by x**{n} in place")
        if length:
            self.fit(length + n)
            memmove(self.coeffs + n, self.coeffs, length * sizeof(double))
            memset(self.coeffs, 0, n * sizeof(double))

    @cython.write_lock
    def clear(self):
        """Become zero, and give the memory back."""
        free(self.coeffs)
        self.coeffs = NULL
        self.length = self.allocated = 0

    def slice(self, Py_ssize_t start, Py_ssize_t stop):
        """Return a view of the coefficients of x**start up to x**(stop - 1)."""
        if not 0 <= start <= stop:
            raise ValueError(f"no slice from {start} to {stop}")
        cdef Slice view = Slice.__new__(Slice)
        view._poly = self
        view.start = start
        view.stop = stop
        return view

    def __iter__(self):
        """Return an iterator over the terms, as pairs of power and coefficient."""
        cdef Terms terms = Terms.__new__(Terms)
        terms._poly = self
        terms.position = 0
        return terms

    @cython.read_lock
    def __repr__(self):
        return f"{type(self).__name__}({[self.coeffs[k] for k in range(self.length)]})"


cdef class Slice:
    """Some coefficients of a polynomial. It is the polynomial's lock that guards them."""

    def __init__(self):
        raise TypeError("use Poly.slice")

    def __len__(self):
        return self.stop - self.start

    @cython.read_lock
    def __getitem__(self, Py_ssize_t k):
        """Return one coefficient."""
        if not 0 <= k < self.stop - self.start:
            raise IndexError("out of the slice")
        k += self.start
        return self._poly.coeffs[k] if k < self._poly.length else 0.0

    @cython.write_lock
    def fill(self, double value):
        """Set every coefficient of the slice."""
        cdef Py_ssize_t k
        self._poly.fit(self.stop)
        with nogil:
            for k in range(self.start, self.stop):
                self._poly.coeffs[k] = value
        self._poly.trim()

    @cython.write_lock
    def add(self, double value):
        """Add to every coefficient of the slice."""
        cdef Py_ssize_t k
        self._poly.fit(self.stop)
        for k in range(self.start, self.stop):
            self._poly.coeffs[k] += value
        self._poly.trim()


cdef class Terms:
    """An iterator over the terms that are not zero; each step takes the lock."""

    def __init__(self):
        raise TypeError("use iter(poly)")

    def __iter__(self):
        return self

    @cython.write_lock
    def __next__(self):
        cdef Py_ssize_t k
        while self.position < self._poly.length:
            k = self.position
            self.position += 1
            if self._poly.coeffs[k] != 0:
                return k, self._poly.coeffs[k]
        raise StopIteration
