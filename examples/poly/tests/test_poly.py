"""What polynomials and series do; run with "python -m unittest" where poly can be imported."""

import unittest

from poly import Poly
from poly.series import Series


def coefficients(p):
    """Return the coefficients of a polynomial as a list."""
    return [p[k] for k in range(len(p))]


class PolyTest(unittest.TestCase):
    """The behaviour of one polynomial, in one thread."""

    def test_coefficients(self):
        """A polynomial has the coefficients that it was given, without zeros at the end."""
        p = Poly([1, 2, 0, 3, 0, 0])
        self.assertEqual((len(p), p.degree(), p[3], p[100]), (4, 3, 3.0, 0.0))
        self.assertEqual(repr(p), "Poly([1.0, 2.0, 0.0, 3.0])")
        self.assertEqual((len(Poly()), Poly().degree()), (0, -1))

    def test_set(self):
        """Setting a coefficient may change the degree."""
        p = Poly()
        p[2] = 5
        self.assertEqual(coefficients(p), [0, 0, 5])
        p[2] = 0
        self.assertEqual(len(p), 0)
        with self.assertRaises(IndexError):
            p[-1]
        with self.assertRaises(IndexError):
            p[-1] = 1

    def test_arithmetic(self):
        """Polynomials are evaluated, added and multiplied, also with themselves."""
        p, q = Poly([1, 1]), Poly([0, 0, 2])
        self.assertEqual((p(3), q(3), Poly()(3)), (4.0, 18.0, 0.0))
        self.assertEqual(coefficients(p * q), [0, 0, 2, 2])
        self.assertEqual(coefficients(p * p), [1, 2, 1])
        self.assertEqual(coefficients(p * Poly()), [])
        p += q
        self.assertEqual(coefficients(p), [1, 1, 2])
        p += p
        self.assertEqual(coefficients(p), [2, 2, 4])
        with self.assertRaises(TypeError):
            p * 2

    def test_in_place(self):
        """shift multiplies by a power of x; clear leaves zero."""
        p = Poly([1, 2])
        p.shift(2)
        self.assertEqual(coefficients(p), [0, 0, 1, 2])
        with self.assertRaises(ValueError):
            p.shift(-1)
        p.clear()
        self.assertEqual(len(p), 0)

    def test_slice(self):
        """A slice is a view: what is written there is written to the polynomial."""
        p = Poly([1, 2, 3])
        view = p.slice(1, 5)
        self.assertEqual((len(view), view[0], view[3]), (4, 2.0, 0.0))
        view.add(1)
        self.assertEqual(coefficients(p), [1, 3, 4, 1, 1])
        view.fill(0)
        self.assertEqual(coefficients(p), [1])
        with self.assertRaises(IndexError):
            view[4]
        with self.assertRaises(ValueError):
            p.slice(2, 1)

    def test_terms(self):
        """Iteration gives the terms that are not zero."""
        self.assertEqual(list(Poly([1, 0, 3])), [(0, 1.0), (2, 3.0)])


class SeriesTest(unittest.TestCase):
    """The behaviour of a series, whose base class is in another module."""

    def test_precision(self):
        """A series ends where it is not known any more."""
        s = Series([1, 2, 3], 2)
        self.assertEqual((coefficients(s), s.prec), ([1, 2], 2))
        with self.assertRaises(IndexError):
            s[2] = 1
        with self.assertRaises(IndexError):
            s += Poly([1, 1, 1])
        with self.assertRaises(AttributeError):
            s.prec = 3

    def test_truncate(self):
        """truncate forgets, extend adds zeros."""
        s = Series([1, 2, 3], 5)
        s.truncate(2)
        self.assertEqual(repr(s), "Series([1.0, 2.0], 2)")
        s.extend(4)
        s[3] = 1
        self.assertEqual(repr(s), "Series([1.0, 2.0, 0.0, 1.0], 4)")
        with self.assertRaises(ValueError):
            s.truncate(5)

    def test_product(self):
        """A product is known as far as its less precise factor."""
        s = Series([1, 1], 3)
        self.assertEqual(repr(s * s), "Series([1.0, 2.0, 1.0], 3)")
        self.assertEqual(repr(s * Series([1, 1], 2)), "Series([1.0, 2.0], 2)")
        self.assertEqual(repr(s * Poly([0, 0, 1, 1])), "Series([0.0, 0.0, 1.0], 3)")
        self.assertEqual(repr(Poly([0, 0, 1, 1]) * s), "Series([0.0, 0.0, 1.0], 3)")


if __name__ == "__main__":
    unittest.main()
