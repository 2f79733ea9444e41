"""A dense matrix of C doubles that threads may share."""

from ._matrix import Matrix

__all__ = ["Matrix"]
