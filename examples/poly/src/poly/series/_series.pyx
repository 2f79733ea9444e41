"""Power series: a locked class that a class of another module is the base of."""
cimport cython
from poly._poly cimport Poly, multiply


cdef class Series(Poly):
    """Series(coeffs, prec): a power series that is known up to O(x**prec).

    A subclass shares its base's lock. It is locked without being decorated,
    because it has state of its own: prec becomes a property that locks.
    """

    cdef readonly Py_ssize_t prec

    def __init__(self, coeffs, Py_ssize_t prec):
        if prec < 0:
            raise ValueError("the precision cannot be negative")
        self.prec = prec
        super().__init__(list(coeffs)[:prec])

    cdef Py_ssize_t limit(self) noexcept:
        return self.prec

    @cython.read_lock("self", "other")
    def __mul__(self, other):
        """Return the product, as far as it is known."""
        cdef Poly right
        cdef Series product
        if not isinstance(other, Poly):
            return NotImplemented
        right = <Poly>other
        product = Series((), self.prec)
        if isinstance(other, Series):
            product.prec = min(self.prec, (<Series>other).prec)
        product.fit(product.prec)
        with nogil:
            multiply(self.coeffs, self.length, right.coeffs, right.length,
                     product.coeffs, product.length)
        product.trim()
        return product

    def __rmul__(self, other):
        return self * other

    @cython.write_lock
    def truncate(self, Py_ssize_t prec):
        """Forget what is beyond O(x**prec)."""
        if not 0 <= prec <= self.prec:
            raise ValueError(f"a series known up to O(x**{self.prec}) cannot be cut at {prec}")
        self.prec = prec
        self.length = min(self.length, prec)
        self.trim()

    @cython.write_lock
    def extend(self, Py_ssize_t prec):
        """Say that all further coefficients up to O(x**prec) are zero."""
        self.prec = max(self.prec, prec)

    @cython.read_lock
    def __repr__(self):
        return f"Series({[self.coeffs[k] for k in range(self.length)]}, {self.prec})"
