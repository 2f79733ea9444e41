"""python -m pyxlock: the program, with the arguments as they are."""

import os
import subprocess
import sys

from pyxlock._binary import NotFound, find


def main(*first):
    """Become the program, or run it where a process cannot do that.

    What is given comes before the arguments.
    """
    try:
        command = [find(), *first, *sys.argv[1:]]
    except NotFound as error:
        sys.exit(str(error))
    if os.name == "nt":
        # Windows has no exec: os.execv would return to the shell at once.
        try:
            sys.exit(subprocess.run(command).returncode)
        except KeyboardInterrupt:
            sys.exit(2)
    os.execv(command[0], command)


def cython():
    """Be "pyxlock cython": pyxlock-cython, for who asks for a program that is like "cython".

    The Cython that it runs is the one that is installed beside it, if there is one.
    """
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "cython.exe" if os.name == "nt" else "cython")
    main("cython", *(["--cython=" + beside] if os.path.isfile(beside) else []))


if __name__ == "__main__":
    main()
