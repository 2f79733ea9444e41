"""Locks for Cython's extension types on free-threaded Python.

The program is on PATH as "pyxlock", and is what "python -m pyxlock" runs.
pyxlock.setuptools puts it into setuptools builds. __init__.pxd beside this file
is the lock itself, for "cimport pyxlock".
"""
