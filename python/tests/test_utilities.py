"""tools/utilities.py fills a table of Cython's with what Cython would read into it."""

import subprocess

import pytest
from conftest import ROOT

TOOL = ROOT / "tools" / "utilities.py"
CYTHONS = sorted((ROOT / ".venv").glob("cython-*/bin/python"))

pytestmark = pytest.mark.kept("tools/utilities.py", "tools/venv.sh")

# Whether the table is what a process starts with, and what it reads from the files itself.
COMPARE = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1]).parent))
import Cython
from Cython.Compiler import Builtin, Code
import utilities
filled = dict(Code.UtilityCodeBase._utility_cache)
assert utilities.MARK in Path(Builtin.__file__).read_text("utf-8"), "nothing was added"
assert filled == utilities.read(Path(Cython.__file__).parent / "Utility"), "it differs"
"""


@pytest.mark.parametrize("cython", CYTHONS, ids=[p.parts[-3] for p in CYTHONS])
def test_what_it_reads(cython):
    """The table has what is in the files, in each environment."""
    done = subprocess.run([cython, "-B", "-c", COMPARE, TOOL], stderr=subprocess.PIPE, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_added_and_taken_away():
    """What was added is taken away as a whole, also with the ends of lines and files in it."""
    script = (
        "import os, sys; sys.path.insert(0, os.path.dirname(sys.argv[1])); import utilities\n"
        "text = '# Builtin\\n\\nfrom itertools import chain\\nfrom .Code import UtilityCode\\n\\x0c\\n'\n"
        "table = {'a.c': {'A': ['\\n\\x0c\\u2028', None, {'requires': {'B'}}]}}\n"
        "once = utilities.added(text, table)\n"
        "assert once != text and utilities.without(once) == text\n"
        "assert once.index('_utility_cache') < once.index('from .Code')\n"
        "compile(once, 'Builtin.py', 'exec')\n"
    )
    done = subprocess.run([CYTHONS[-1], "-B", "-c", script, TOOL], stderr=subprocess.PIPE, encoding="utf-8")
    assert done.returncode == 0, done.stderr
