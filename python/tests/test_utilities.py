"""tools/utilities.py fills tables of Cython's with what Cython would read and make by itself."""

import subprocess

import pytest
from conftest import ROOT

TOOL = ROOT / "tools" / "utilities.py"
CYTHONS = sorted((ROOT / ".venv").glob("cython-*/bin/python"))

pytestmark = pytest.mark.kept("tools/utilities.py", "tools/venv.sh")

# Whether the table is what a process starts with, and what it reads from the files itself.
COMPARE = """
import gc, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1]).parent))
import Cython
from Cython.Compiler import Builtin, Code
import utilities
filled = dict(Code.UtilityCodeBase._utility_cache)
assert utilities.MARK in Path(Builtin.__file__).read_text("utf-8"), "nothing was added"
assert gc.get_threshold()[0] == 200_000, gc.get_threshold()
assert filled == utilities.read(Path(Cython.__file__).parent / "Utility"), "it differs"
"""

# Whether the texts are those that Cython's own function makes, also of what is not in the table.
COMPARE_TEXTS = """
import ast
import Cython
from Cython.Compiler import Builtin, Code
prepared = Code.sub_tempita
held = dict(zip(prepared.__code__.co_freevars, (cell.cell_contents for cell in prepared.__closure__)))
count = 0
for template, answers in held["texts"].items():
    for question in answers:
        of, _, pairs = question.partition(" ")
        file, _, name = of.partition(":")
        contexts = [dict(ast.literal_eval(pairs)) for _ in range(2)]
        texts = [make(template, c, file, name) for make, c in zip((prepared, held["substitute"]), contexts)]
        assert texts[0] == texts[1], question
        one, other = ({k: v for k, v in c.items() if not k.startswith("__")} for c in contexts)
        assert one == other, question
        count += 1
# 3.3 fills in as many at each start.
assert count > (1000 if tuple(map(int, Cython.__version__.split(".")[:2])) >= (3, 3) else 0), count
template = next(iter(held["texts"]), "{{x}}{{y}}")
for make in prepared, held["substitute"]:
    assert make("{{x}} of {{y}}", {"x": 1, "y": [2]}, "no.c", "Code") == "1 of [2]"
    assert make("\\n{ }\\n", {}, "no.c", "Code") == "\\n{ }\\n"
    assert make("", {}) is make(None, {}) is None
    try:
        make(template, {}, "no.c", "Code")
    except NameError:
        continue
    assert False, "a template without what it names"
"""


@pytest.mark.parametrize("cython", CYTHONS, ids=[p.parts[-3] for p in CYTHONS])
def test_what_it_reads(cython):
    """The table has what is in the files, in each environment."""
    done = subprocess.run([cython, "-B", "-c", COMPARE, TOOL], stderr=subprocess.PIPE, encoding="utf-8")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cython", CYTHONS, ids=[p.parts[-3] for p in CYTHONS])
def test_what_it_makes(cython):
    """The texts of templates are those that Cython makes, in each environment."""
    done = subprocess.run([cython, "-B", "-c", COMPARE_TEXTS], stderr=subprocess.PIPE, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_added_and_taken_away():
    """What was added is taken away as a whole, also with the ends of lines and files in it."""
    script = (
        "import os, sys; sys.path.insert(0, os.path.dirname(sys.argv[1])); import utilities\n"
        "text = '# Builtin\\n\\nfrom itertools import chain\\nfrom .Code import UtilityCode\\n\\x0c\\n'\n"
        "table = {'a.c': {'A': ['\\n\\x0c\\u2028', None, {'requires': {'B'}}]}}\n"
        "texts = {'{{x}}\\n\\x0c': {'a.c:A []': (2, '1\\n\\x0c\\u2028', {})}}\n"
        "once = utilities.added(text, table, texts)\n"
        "assert once != text and utilities.without(once) == text\n"
        "assert once.index('_utility_cache') < once.index('from .Code')\n"
        "compile(once, 'Builtin.py', 'exec')\n"
    )
    done = subprocess.run([CYTHONS[-1], "-B", "-c", script, TOOL], stderr=subprocess.PIPE, encoding="utf-8")
    assert done.returncode == 0, done.stderr
