"""Has this environment's Cython read its files of utility code sooner.

Each process of Cython reads the files of C code that it puts into modules, for a module of two
lines ModuleSetupCode.c and some others: 20,000 lines, each of which goes through three regular
expressions. It keeps what came of a file in a table, which what is added to Cython's Builtin.py
here fills from a literal. Whether that is what Cython reads is seen at once; where it is not,
Cython stays as it is, and this fails.
tools/venv.sh runs it in each environment that has Cython; tools/bytecode.py hands the file
on to the environments of builds.
Usage: utilities.py
"""

import ast
import os
import py_compile
import sys
from pathlib import Path

import Cython
from Cython.Compiler.Code import UtilityCodeBase

MARK = "  # added by tools/utilities.py of pyxlock, for its tests\n"
FILL = "from . import Code; Code.UtilityCodeBase._utility_cache.update(%s)" + MARK


def read(folder):
    """Return what Cython reads from its files."""
    table = {}
    for name in sorted(path.name for path in folder.iterdir() if path.suffix in (".c", ".cpp", ".pyx", ".pxd")):
        UtilityCodeBase._utility_cache.clear()
        try:
            UtilityCodeBase.load_utilities_from_file(name)
        except ValueError:
            continue  # nothing but a .pxd for another one
        table.update(UtilityCodeBase._utility_cache)
    return table


def without(text):
    """Return the text of Builtin.py without what was added to it."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.endswith(MARK))


def added(text, table):
    """Return the text of Builtin.py that fills the table before it asks for the first utility."""
    begin, first, rest = text.partition("\nfrom .")
    if not first:
        raise ValueError("Builtin.py imports nothing of Cython's")
    return begin + "\n" + FILL % repr(table) + first[1:] + rest


def write(path, text):
    """Write a file that others may be reading."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)


def main():
    """Fill the table in Builtin.py, once."""
    top = Path(Cython.__file__).parent
    builtin = top / "Compiler" / "Builtin.py"
    table, original = read(top / "Utility"), without(builtin.read_text("utf-8"))
    text = added(original, table)
    (line,) = [line for line in text.splitlines(keepends=True) if line.endswith(MARK)]
    before, after = FILL.split("%s")
    found = ast.literal_eval(line.removeprefix(before).removesuffix(after))
    if found != table or len(table) < 20 or without(text) != original:
        write(builtin, original)
        return "utilities.py: Cython stays as it is: the table is not what it reads"
    write(builtin, text)
    py_compile.compile(str(builtin))  # where programs may not, each would compile the literal
    return 0


if __name__ == "__main__":
    sys.exit(main())
