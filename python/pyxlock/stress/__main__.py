"""python -m pyxlock.stress: see the package."""

import sys

from pyxlock.stress import main

if __name__ == "__main__":
    sys.exit(main())
