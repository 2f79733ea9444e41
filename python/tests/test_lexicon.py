"""What tools/lexicon.py has Cython make is what Cython makes by itself."""

import pytest
from conftest import ROOT, run

TOOL = ROOT / "tools" / "lexicon.py"

pytestmark = pytest.mark.kept("tools/lexicon.py")

# tools/venv.sh has made sure of this for all Cythons.
SAME = """
import sys
sys.path.insert(0, sys.argv[1])
import lexicon as tool
from Cython.Compiler import Lexicon

assert Lexicon.make_lexicon.__code__ != Lexicon.make_lexicon_of_all_letters.__code__
made, whole = Lexicon.make_lexicon(), Lexicon.make_lexicon_of_all_letters()
assert tool.difference(whole, made) is None
assert sum(map(len, made.machine.states)) > 500_000
"""

# A letter that leads elsewhere, one that is missing, and one that nothing should know.
OTHER = """
states = made.machine.states
names = [s for s in states if s.get("\\u00e9")]
assert names
for change in (lambda s: s.update({"\\u00e9": states[0]}), lambda s: s.pop("\\u00e9"), lambda s: s.update({"\\u2014": states[0]})):
    before = dict(names[-1])
    change(names[-1])
    assert tool.difference(whole, made)
    names[-1].clear()
    names[-1].update(before)
assert tool.difference(whole, made) is None
"""


def test_difference():
    """The two state machines are the same, entry by entry; what is not the same is told."""
    run(ROOT / ".venv/cython-3.3/bin/python", "-B", "-c", SAME + OTHER, TOOL.parent)
