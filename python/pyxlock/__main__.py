"""python -m pyxlock: the program, with the arguments as they are."""

import os
import subprocess
import sys

from pyxlock._binary import NotFound, find


def main():
    """Become the program, or run it where a process cannot do that."""
    try:
        command = [find(), *sys.argv[1:]]
    except NotFound as error:
        sys.exit(str(error))
    if os.name == "nt":
        # Windows has no exec: os.execv would return to the shell at once.
        try:
            sys.exit(subprocess.run(command).returncode)
        except KeyboardInterrupt:
            sys.exit(2)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
