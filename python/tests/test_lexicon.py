"""tools/lexicon.py tells state machines apart; tools/venv.sh has it compare those of each Cython."""

import importlib.util
from types import SimpleNamespace

import pytest
from conftest import ROOT

TOOL = ROOT / "tools" / "lexicon.py"

pytestmark = pytest.mark.kept("tools/lexicon.py")


@pytest.fixture(scope="module")
def tool():
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("lexicon_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def machine(numbers=(0, 1, 2)):
    """Make a lexicon of three states: names, numbers, and where they end."""
    states = [{"number": n, "action": None, "else": None} for n in numbers]
    begin, name, end = states
    begin.update({"a": name, "é": name, "1": end})
    name.update({"a": name, "é": name, "1": name, "": end, "action": "name"})
    end.update({"action": "number"})
    return SimpleNamespace(machine=SimpleNamespace(states=states, initial_states={"": begin}))


def test_same(tool):
    """What the states are called makes no difference, nor in which order they are listed."""
    other = machine((7, 5, 6))
    other.machine.states.reverse()
    assert tool.difference(machine(), other) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda begin, name, end: begin.pop("é"),
        lambda begin, name, end: begin.update({"ü": name}),
        lambda begin, name, end: name.update({"é": end}),
        lambda begin, name, end: name.update({"é": begin}),
        lambda begin, name, end: end.update({"action": "name"}),
        lambda begin, name, end: end.update({"else": end}),
        lambda begin, name, end: begin.update({"é": dict(name)}),
    ],
)
def test_difference(tool, change):
    """A letter too few or too many, one that leads elsewhere, another action, a state that is two."""
    other = machine()
    change(*other.machine.states)
    assert tool.difference(machine(), other)
    assert tool.difference(other, machine())
