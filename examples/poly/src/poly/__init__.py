"""Dense polynomials and power series that threads may share."""

from ._poly import Poly, Slice, Terms

__all__ = ["Poly", "Slice", "Terms"]
