"""What checked builds (`pyxlock ... --locking=check`) tell Python."""

import sys


class LockMissing(RuntimeError):
    """Guarded state was used without the lock that it needs. Raised with PYXLOCK_CHECK=raise."""


def report(file=None):
    """Print what checked modules have found so far, and return how many places that are.

    One line for each place where a lock was missing, and for each circle in which locks were
    taken; to `file`, or else standard error. Nothing where no checked module was imported.
    """
    checker = sys.modules.get("_pyxlock_check")
    if checker is None:
        return 0
    text = checker.report()
    print(text, end="", file=file or sys.stderr)
    return len(text.splitlines())
