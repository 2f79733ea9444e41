"""What other modules may cimport.

The decorators stand here, on the declarations, so that modules that cimport a
class know its lock.
"""
cimport cython


cdef inline double horner(const double* coeffs, Py_ssize_t length, double x) noexcept nogil:
    """Return the value at x of the polynomial with these coefficients, lowest first."""
    cdef double value = 0
    cdef Py_ssize_t k
    for k in range(length - 1, -1, -1):
        value = value * x + coeffs[k]
    return value


cdef inline void multiply(
    const double* a, Py_ssize_t a_length,
    const double* b, Py_ssize_t b_length,
    double* product, Py_ssize_t length,
) noexcept nogil:
    """Add the first coefficients of a product to length ones that are there."""
    cdef Py_ssize_t i, j
    for i in range(min(a_length, length)):
        for j in range(min(b_length, length - i)):
            product[i + j] += a[i] * b[j]


@cython.locked_class
cdef class Poly:
    cdef double* coeffs
    cdef Py_ssize_t length, allocated

    cdef Py_ssize_t limit(self) noexcept
    cdef int fit(self, Py_ssize_t length) except -1
    cdef void trim(self) noexcept


@cython.locked_class(guard="_poly")
cdef class Slice:
    cdef Poly _poly
    cdef Py_ssize_t start, stop


@cython.locked_class(guard="_poly")
cdef class Terms:
    cdef Poly _poly
    cdef Py_ssize_t position
