"""Power series: polynomials that are known up to some power."""

from ._series import Series

__all__ = ["Series"]
