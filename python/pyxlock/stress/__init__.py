"""Threads that use the objects of an extension module at once, at random, to find races.

    python -m pyxlock.stress MODULE

makes objects of the module's extension types, calls what they expose from several
threads, in a process of its own, and where that crashes, hangs, breaks a check of
a build with `--locking=check`, or raises what it never raises in one thread, prints
a short Python script that shows it again.

The parts, in the order in which they are used:

    options   what the command line says
    danger    what is never called
    values    arguments, and what to try next after a TypeError
    discover  the extension types of a module, and their members
    operators what can be done with an object without naming a member
    make      objects, and calls that work: the calm run, in one thread
    child     the program that makes and calls, in a process that may die
    parent    starts children, and sees how they end
    checked   what a build with --locking=check has written
    calm      the calm run, in as many children as it takes
    cases     random programs for several threads
    script    a case as a Python script
    shrink    the smallest case that fails the same way
    session   all of it in order
    report    what is said
"""

from .session import main

__all__ = ["main"]
