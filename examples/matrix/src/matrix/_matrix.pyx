# cython: language_level=3
# cython: freethreading_compatible=True
"""A matrix in one C array, locked by pyxlock's decorators."""
cimport cython
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memset


@cython.locked_class
cdef class Matrix:
    """Matrix(nrows, ncols): a matrix of doubles, zero at first."""

    cdef double* data
    cdef readonly Py_ssize_t nrows
    cdef readonly Py_ssize_t ncols

    def __cinit__(self, Py_ssize_t nrows, Py_ssize_t ncols):
        if nrows < 0 or ncols < 0:
            raise ValueError("a matrix cannot have a negative size")
        self.data = <double*>calloc(max(nrows * ncols, 1), sizeof(double))
        if self.data is NULL:
            raise MemoryError
        self.nrows = nrows
        self.ncols = ncols

    def __dealloc__(self):
        free(self.data)

    cdef Py_ssize_t _index(self, index) except -1:
        """Return where an entry is; the caller holds the lock."""
        cdef Py_ssize_t i, j
        i, j = index
        if not (0 <= i < self.nrows and 0 <= j < self.ncols):
            raise IndexError(f"no entry {i}, {j} in a {self.nrows} by {self.ncols} matrix")
        return i * self.ncols + j

    @cython.read_lock
    def __getitem__(self, index):
        """Return one entry."""
        cdef Py_ssize_t at = self._index(index)
        return self.data[at]

    @cython.write_lock
    def __setitem__(self, index, double value):
        """Set one entry."""
        self.data[self._index(index)] = value

    @cython.write_lock
    def add_to(self, index, double value):
        """Add to one entry, in one step, and return the new value."""
        cdef Py_ssize_t at = self._index(index)
        self.data[at] += value
        return self.data[at]

    @cython.read_lock("self", "other")
    def __add__(self, other):
        """Return the sum of two matrices of one size."""
        cdef Py_ssize_t k
        cdef Matrix right, result
        if not isinstance(other, Matrix):
            return NotImplemented
        right = <Matrix>other
        if self.nrows != right.nrows or self.ncols != right.ncols:
            raise ValueError("the matrices differ in size")
        result = Matrix(self.nrows, self.ncols)
        for k in range(self.nrows * self.ncols):
            result.data[k] = self.data[k] + right.data[k]
        return result

    @cython.write_lock
    def resize(self, Py_ssize_t nrows, Py_ssize_t ncols):
        """Give the matrix another size; all entries become zero."""
        cdef double* data
        if nrows < 0 or ncols < 0:
            raise ValueError("a matrix cannot have a negative size")
        data = <double*>realloc(self.data, max(nrows * ncols, 1) * sizeof(double))
        if data is NULL:
            raise MemoryError
        self.data = data
        self.nrows = nrows
        self.ncols = ncols
        memset(data, 0, max(nrows * ncols, 1) * sizeof(double))

    @cython.write_lock
    def fill(self, double value):
        """Set every entry."""
        cdef Py_ssize_t k
        with nogil:
            for k in range(self.nrows * self.ncols):
                self.data[k] = value

    @cython.read_lock
    def sum(self):
        """Return the sum of all entries; other threads go on meanwhile."""
        cdef double total = 0
        cdef Py_ssize_t k
        with nogil:
            for k in range(self.nrows * self.ncols):
                total += self.data[k]
        return total

    @cython.read_lock
    def __repr__(self):
        return f"<Matrix {self.nrows} by {self.ncols}>"
