"""Locks for the extension types of Cython, on free-threaded Python.

Importing this package gives the module `cython` the decorators `locked_class`,
`read_lock`, `write_lock` and `no_lock`, so that pure-mode code which is decorated
with them runs uncompiled:

    import cython
    import pyxlock

    @cython.locked_class
    @cython.cclass
    class Counter:
        @cython.write_lock
        def add(self, k): ...

When such a module is compiled, `pyxlock rewrite` expands the decorators and removes
this import.

The program is on PATH as "pyxlock", and is what "python -m pyxlock" runs.
report() says what checked builds (--locking=check) have found, and LockMissing is what
they raise if they are told to. pyxlock.setuptools puts it into setuptools builds. __init__.pxd beside this file is
the lock itself, for "cimport pyxlock".
"""

from ._checked import LockMissing, report  # noqa: F401



def load_ipython_extension(shell):
    """Have %%cython know the decorators: %load_ext pyxlock."""
    from ._ipython import load

    load(shell)


try:
    import cython as _cython  # noqa: F401
except ImportError:
    pass  # then there is no code that could use the names
else:
    from ._shadow import install as _install

    _install()
    del _cython, _install
