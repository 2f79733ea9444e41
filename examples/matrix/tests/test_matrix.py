"""What a matrix does; run with "python -m unittest" where matrix can be imported."""

import unittest

from matrix import Matrix


class MatrixTest(unittest.TestCase):
    """The behaviour of one matrix, in one thread."""

    def test_entries(self):
        """Entries are zero at first and can be set."""
        m = Matrix(2, 3)
        self.assertEqual((m.nrows, m.ncols, m[1, 2]), (2, 3, 0.0))
        m[1, 2] = 5
        self.assertEqual(m[1, 2], 5.0)
        self.assertEqual(m.add_to((1, 2), 0.5), 5.5)

    def test_bad_index(self):
        """An index outside the matrix, or of another shape, is refused."""
        m = Matrix(2, 3)
        for index in [(2, 0), (0, 3), (-1, 0)]:
            with self.assertRaises(IndexError):
                m[index]
            with self.assertRaises(IndexError):
                m[index] = 1
        with self.assertRaises(TypeError):
            m[1]
        with self.assertRaises(ValueError):
            m[1, 2, 3]

    def test_sum_and_fill(self):
        """sum adds what fill set."""
        m = Matrix(10, 10)
        m.fill(0.5)
        self.assertEqual(m.sum(), 50.0)
        self.assertEqual(Matrix(0, 0).sum(), 0.0)

    def test_add(self):
        """Matrices of one size add, also to themselves."""
        a, b = Matrix(2, 2), Matrix(2, 2)
        a.fill(1)
        b.fill(2)
        self.assertEqual((a + b).sum(), 12.0)
        self.assertEqual((a + a).sum(), 8.0)
        with self.assertRaises(ValueError):
            a + Matrix(1, 1)
        with self.assertRaises(TypeError):
            a + 1

    def test_resize(self):
        """resize gives another size, and zeros."""
        m = Matrix(1, 1)
        m.fill(1)
        m.resize(3, 4)
        self.assertEqual((m.nrows, m.ncols, m.sum(), repr(m)), (3, 4, 0.0, "<Matrix 3 by 4>"))
        with self.assertRaises(ValueError):
            m.resize(-1, 1)

    def test_sizes_are_readonly(self):
        """Only resize changes the size."""
        with self.assertRaises(AttributeError):
            Matrix(1, 1).nrows = 2


if __name__ == "__main__":
    unittest.main()
