"""Builds the matrix package: pyxlock first, then Cython.

pyxlock writes a copy of src/ with the decorators expanded below build/, and
Cython compiles that. PYXLOCK names the program where it is not on PATH;
PYXLOCK_FLAGS adds flags for it, as in PYXLOCK_FLAGS=--locking=off.
"""

import os
import subprocess

from Cython.Build import cythonize
from setuptools import Extension, setup

EXPANDED = "build/src"

subprocess.run(
    [os.environ.get("PYXLOCK", "pyxlock"), "rewrite", "src", "-o", EXPANDED]
    + os.environ.get("PYXLOCK_FLAGS", "").split(),
    check=True,
)

# freethreading_compatible came with Cython 3.1: an older one warns and goes on.
setup(
    packages=["matrix"],
    package_dir={"": "src"},
    ext_modules=cythonize(
        [Extension("matrix._matrix", [EXPANDED + "/matrix/_matrix.pyx"])],
        include_path=[EXPANDED],
    ),
)
