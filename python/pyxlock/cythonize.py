"""python -m pyxlock.cythonize: the command "cythonize", for sources with lock decorators.

    python -m pyxlock.cythonize -i src/shop/till.pyx

takes the place of "cythonize -i src/shop/till.pyx", with the same arguments.
"""

import os


def build(arguments):
    """Build extensions in place, as Cython's command does.

    That goes to the directory above the package for it, where paths into the mirror
    would lead nowhere.
    """
    from setuptools import setup

    base, extensions = arguments
    if base and os.path.relpath(base).startswith(os.pardir):
        raise SystemExit(f"pyxlock: the package begins in {base}: call this there, or in a directory above")
    setup(
        name="cythonized",
        script_name="setup.py",
        script_args=["build_ext", "--inplace"],
        package_dir={"": os.path.relpath(base)} if base else {},
        packages=[],
        py_modules=[],
        ext_modules=extensions,
    )


def main(arguments=None):
    """Run Cython's command with our cythonize."""
    from Cython.Build import Cythonize

    from pyxlock.setuptools import cythonize

    Cythonize.cythonize = cythonize
    Cythonize.run_distutils = build
    return Cythonize.main(arguments)


if __name__ == "__main__":
    main()
