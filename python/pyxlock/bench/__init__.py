"""What a lock costs on this machine, from Python: a call, many threads, nogil, and the build.

    python -m pyxlock.bench

builds a small module with each kind of lock, for the interpreter that runs this, calls it
and prints a table. It needs Cython 3.1 or later, setuptools and a C++ compiler. With --json
it keeps the figures, with --plot it draws them (which needs matplotlib), and with --from it
prints or draws what was kept.

The parts, in the order in which they are used:

    options   what the command line says
    source    the module: the same class, once for each lock
    build     what Cython and the compiler make of it, how long they take, how big it is
    measure   calls, in one thread and in several
    table     the figures as text
    plot      the figures as pictures
"""
