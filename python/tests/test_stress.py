"""python -m pyxlock.stress: what it calls, what it finds, and that its scripts show it again.

What needs threads that run at once is skipped with the GIL, by name; the rest is
tested on every interpreter.
"""

import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import shared

from pyxlock.stress import checked, danger, discover, options, values
from pyxlock.stress.cases import Cases, calls_of, met, trimmed
from pyxlock.stress.parent import End
from pyxlock.stress.script import normal, script
from pyxlock.stress.shrink import Failure, Shrinker

PYTHON = Path(__file__).parents[1]
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
threads = pytest.mark.skipif(not FREE_THREADED, reason="threads do not run at once: this Python has a GIL")

MODULE = """
# cython: language_level=3, binding=True
cimport cython
from libc.stdlib cimport free, malloc, realloc
import threading


cdef class Stack:
    cdef long *items
    cdef Py_ssize_t size, room

    def __cinit__(self):
        self.room = 4
        self.items = <long *>malloc(self.room * sizeof(long))

    def __dealloc__(self):
        free(self.items)

    def push(self, long value):
        if self.size == self.room:
            self.room *= 2
            self.items = <long *>realloc(self.items, self.room * sizeof(long))
        self.items[self.size] = value
        self.size += 1

    def top(self):
        if not self.size:
            raise IndexError("empty")
        return self.items[self.size - 1]

    def __len__(self):
        return self.size


cdef class SafeStack(Stack):
    def push(self, long value):
        with cython.critical_section(self):
            Stack.push(self, value)

    def top(self):
        with cython.critical_section(self):
            return Stack.top(self)

    def __len__(self):
        with cython.critical_section(self):
            return Stack.__len__(self)


cdef class Tally:
    cdef long n
    cdef public object name

    def count(self):
        cdef long before = self.n
        cdef int k
        self.n = before + 1
        for k in range(100):
            str(k)
        if self.n != before + 1:
            raise RuntimeError(f"{before} became {self.n}")
        self.n = before

    def fails(self, int k):
        raise ValueError(k)


cdef class Account:
    cdef object lock

    def __cinit__(self):
        self.lock = threading.RLock()

    def move(self, Account other not None):
        with self.lock:
            with other.lock:
                return 1


cdef class Odd:
    cdef object source

    def __init__(self, SafeStack source not None, *, int how_much):
        if how_much < 1:
            raise ValueError("how_much must be positive")
        self.source = source

    def waits(self):
        threading.Event().wait()

    def crashes(self):
        cdef long *nowhere = NULL
        return nowhere[0]

    def unlink(self, path):
        open(__file__.rpartition("/")[0] + "/called", "w").close()

    def length(self):
        return len(self.source)


class Plain(Stack):
    pass


@cython.internal
cdef class Unnamed:
    cdef long n

    def step(self):
        self.n += 1
        return self.n


cdef class Named(Unnamed):
    pass
"""


@pytest.fixture(scope="session")
def stacks(tmp_path_factory):
    """A directory with a compiled module of that source."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler or os.name == "nt":
        pytest.skip("no C compiler to call")

    def build(folder):
        (folder / "stacks.pyx").write_text(MODULE, "utf-8")
        subprocess.run([sys.executable, "-m", "cython", "-3", folder / "stacks.pyx"], check=True)
        include = sysconfig.get_path("include")
        target = folder / ("stacks" + sysconfig.get_config_var("EXT_SUFFIX"))
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-w", f"-I{include}", folder / "stacks.c", "-o", target], check=True)

    # Tests write files beside the module: each process has a directory of its own.
    folder = tmp_path_factory.mktemp("stacks")
    (built,) = shared(tmp_path_factory, "stacks", build).glob("stacks*" + sysconfig.get_config_var("EXT_SUFFIX"))
    shutil.copy(built, folder)
    return folder


def stress(folder, *arguments, status=None):
    """Run the program; return what it printed, and the data that it wrote."""
    env = {**os.environ, "PYTHONPATH": f"{PYTHON}{os.pathsep}{folder}"}
    data = folder / "data.json"
    if data.exists():
        data.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "pyxlock.stress", *arguments, "--json", str(data)],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=1200,
    )
    if status is not None:
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout.replace("dump_traceback", ""), done.stdout
    return done.stdout, json.loads(data.read_text("utf-8")) if data.exists() else None


# Without threads.


@pytest.mark.parametrize("name", ["exit", "_exit", "system", "unlink", "forkpty", "os_kill", "removeTree", "remove", "execv"])
def test_dangerous(name):
    """Names that promise harm are not called."""
    assert danger.dangerous(name, ["run", name])


@pytest.mark.parametrize("name", ["remove", "delete_key"])
def test_containers_are_not_dangerous(name):
    """What takes something out of a container is."""
    assert not danger.dangerous(name, ["__len__", name])


@pytest.mark.parametrize("name", ["add", "executor", "existing", "kilometres", "set", "forked_tree", "systematic", "move"])
def test_harmless(name):
    """Only whole words count."""
    assert not danger.dangerous(name, [name])


@pytest.mark.parametrize(
    "message, kinds, names, wanted",
    [
        ("Argument 'b' has incorrect type (expected stacks.Stack, got int)", ("str", "int"), ["a", "b"], (1, "own:stacks.Stack")),
        ("Argument 'b' has incorrect type (expected bytes, got str)", ("int", "str"), ["a", "b"], (1, "bytes")),
        ("an integer is required", ("str",), ["n"], (0, "int")),
        ("'str' object cannot be interpreted as an integer", ("int", "str"), ["a", "b"], (1, "int")),
        ("'int' object is not iterable", ("int",), ["x"], (0, "ints")),
        ("expected bytes, str found", ("str",), ["x"], (0, "bytes")),
        ("a bytes-like object is required, not 'int'", ("str", "int"), ["x", "y"], (1, "bytes")),
        ("Cannot convert int to stacks.Stack", ("int",), ["x"], (0, "own:stacks.Stack")),
        ("Expected unicode, got int", ("int",), ["x"], (0, "str")),
        ("must be real number, not str", ("str",), ["x"], (0, "float")),
        ("'int' object has no attribute 'readinto'", ("int",), ["x"], (0, "file")),
        ("'int' object is not callable", ("int",), ["x"], (0, "callable")),
    ],
)
def test_messages_lead(message, kinds, names, wanted):
    """A TypeError says which argument to change, and to what."""
    assert values.next_kinds(message, kinds, names, ["stacks.Stack"])[0] == wanted


@pytest.mark.parametrize(
    "message, wanted",
    [
        ("f() takes exactly 2 positional arguments (0 given)", (2, 2)),
        ("f() takes exactly one argument (0 given)", (1, 1)),
        ("f() takes no arguments (1 given)", (0, 0)),
        ("__cinit__() takes at least 1 positional argument (0 given)", (1, 3)),
        ("f() takes at most 2 positional arguments (3 given)", (0, 2)),
        ("expected 1 argument, got 0", (1, 1)),
        ("f() missing 2 required positional arguments: 'a' and 'b'", (-2, -2)),
        ("unhashable type", None),
    ],
)
def test_messages_count(message, wanted):
    """A TypeError says how many arguments it wants."""
    assert values.expected_count(message) == wanted


def test_expressions_evaluate():
    """All that is passed can be made, at any turn of a loop."""
    import array
    import io

    for expressions in values.KINDS.values():
        for expression in expressions:
            for i in (0, 1, 999):
                eval(expression, {"i": i, "io": io, "array": array})
        # The first is for what is made once, outside of a loop.
        eval(expressions[0], {"io": io, "array": array})


def test_embedded_signatures():
    """What Cython embeds into docstrings is read, with its C types."""
    doc = "C.f(self, unsigned int n, data: bytes = b'a,b', *, str name=None, **more) -> int\n\nMore."
    found = discover.parameters_of_doc(doc, "f")
    assert [(p["name"], p["optional"]) for p in found] == [("self", False), ("n", False), ("data", True), ("name", True)]
    assert [p["annotation"] for p in found] == ["", "unsigned int", "bytes", "str"]
    assert discover.parameters_of_doc("Says something (of use).", "f") is None


def statement(text, label, atomic=True):
    """Make a statement of a case."""
    return {"text": text, "label": label, "atomic": atomic, "cost": 1e-6}


CASE = {
    "module": "m",
    "modules": ["m", "m.sub"],
    "objects": [["a", "m.C('b')"], ["b", "m.sub.D(a)"], ["c", "m.C('b')"]],
    "threads": [
        [statement("a.f(b)", "C.f"), statement("a.g('a%d' % i)", "C.g")],
        [statement("c.f(b)", "C.f"), statement("list(itertools.islice(b, 9))", "D.__iter__", False)],
        [statement("b.h(io.BytesIO(b'x'))", "D.h")],
    ],
    "loops": 10,
}


@pytest.mark.parametrize("kind", ["crash", "hang", "exception", "violation"])
def test_script_stands_alone(kind):
    """A script imports what it names, and nothing else, and does all that the case does."""
    text = script(CASE, "A title.", 3, kind)
    tree = ast.parse(text)
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    assert {"m", "m.sub", "io", "itertools", "threading", "time"} <= names
    assert names <= {"m", "m.sub", "io", "itertools", "threading", "time", "collections", "faulthandler"}
    assert all(s["text"] in text for t in CASE["threads"] for s in t)
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))


def test_equal_threads_share_a_function():
    """What two threads do alike is printed once."""
    text = script({**CASE, "threads": [CASE["threads"][0]] * 3}, "A title.", 3, "crash")
    assert text.count("def ") == 1 and "[first] * 3" in text


def test_unused_objects_go():
    """What no statement names goes, and what only that needed; what others are made of stays."""
    assert [n for n, _ in trimmed({**CASE, "threads": CASE["threads"][2:]})["objects"]] == ["a", "b"]
    text = [statement("c.g('a')", "C.g")]
    assert [n for n, _ in trimmed({**CASE, "threads": [text, text]})["objects"]] == ["c"]


def test_messages_without_values():
    """One exception is the same whatever the values in it."""
    assert normal("C.f", KeyError("a1")) == normal("C.f", KeyError("b22"))
    assert normal("C.f", ValueError("at -3.5 of 0x7f")) == normal("C.f", ValueError("at 2 of 0xff"))
    assert normal("C.f", ValueError("x")) != normal("C.f", TypeError("x")) != normal("C.g", TypeError("x"))


def test_checked_builds(tmp_path):
    """Violations and circles have names that are the same in each run; what is uncertain says so."""
    place = {"file": "m.pyx", "line": 7, "function": "C.f", "class": "C", "attribute": "n", "needs": "write", "held": "read"}
    edges = [{"held": "C", "taken": "D", "file": "m.pyx", "line": 3, "function": "f"}, {"held": "D", "taken": "C", "file": "m.pyx", "line": 9, "function": "g"}]
    data = {
        "violations": [{**place, "count": 4, "kind": "unlocked", "last_write": None}, {**place, "count": 1, "kind": "no_lock"}],
        "order": [{"circle": edges, "kind": "order"}, {"circle": edges, "kind": "init_again"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(data), "utf-8")
    data["violations"][0].update(count=9, thread=3)
    data["order"][0]["circle"].reverse()
    (tmp_path / "b.json").write_text(json.dumps(data), "utf-8")
    first, second = checked.read(tmp_path / "a.json"), checked.read(tmp_path / "b.json")
    assert [v["key"] for v in first] == [v["key"] for v in second]
    assert [v["certain"] for v in first] == [True, False, True, False]
    assert first[0]["what"] == "m.pyx:7: C.f uses C.n, which needs the write lock, with the read lock"
    assert Failure("violation", first[0]["key"], "").shown(End("ok", "", 1.0), second)
    assert checked.read(tmp_path / "nothing.json") == []


def test_words_of_messages():
    """What a message speaks of by name is tried as an argument; a word of the language cannot be one."""
    assert any(k.startswith("size=") for k in values.keywords("missing required argument: size", (), [], []))
    assert values.keywords("the first argument is not a number, or 'None'", (), [], []) == []


RECIPES = [{"cls": "m.C", "text": "m.C()", "needs": []}, {"cls": "m.D", "text": "m.D($0)", "needs": [0]}]


def call(cls, member, text, *needs):
    """Make a call, as the calm run does."""
    return {"cls": cls, "member": member, "label": f"{cls[2:]}.{member}", "text": text, "needs": [cls, *needs], "atomic": True, "cost": 1e-6}


CALLS = [
    call("m.C", "add", "$0.add(i)"),
    call("m.C", "merge", "$0.merge($1)", "m.C"),
    call("m.C", "get", "$0.get(i)"),
    call("m.D", "next", "$0.next()"),
]


def test_cases_follow_from_the_seed():
    """One seed draws one sequence of cases, another another."""
    draw = [[Cases("m", RECIPES, CALLS, 4, seed).draw(k) for k in range(30)] for seed in (0, 0, 1)]
    assert draw[0] == draw[1] != draw[2]


def test_cases_bring_objects_together():
    """Operands change places between threads, and what is made of an object meets it."""
    cases = [Cases("m", RECIPES, CALLS, 4, 0).draw(k) for k in range(200)]
    texts = [{s["text"] for t in c["threads"] for s in t} for c in cases]
    assert any({"a.merge(b)", "b.merge(a)"} <= t for t in texts)
    assert any(t & {"a.add(i)", "a.get(i)"} and t & {"b.next()"} and ["b", "m.D(a)"] in c["objects"] for t, c in zip(texts, cases))
    assert all(len(c["threads"]) == 4 for c in cases)


def test_what_was_found_is_not_run_again():
    """Once two calls are known to fail together they do not meet, but each meets others."""
    cases = Cases("m", RECIPES, CALLS, 4, 0)
    cases.known = [frozenset({"C.add"}), frozenset({"C.merge", "C.get"})]
    drawn = [c for c in (cases.draw(k) for k in range(300)) if c]
    assert not any(met(c, labels) for c in drawn for labels in cases.known)
    assert {"C.add", "C.merge", "C.get", "D.next"} <= {label for c in drawn for label in calls_of(c)}


class FakePlace:
    """Runs scripts by looking at them: fails where all of some texts are in two threads."""

    violations = []

    def __init__(self, needed, chance=1.0):
        """Take the texts, and how often it fails."""
        import random

        self.needed, self.chance, self.random, self.runs = needed, chance, random.Random(1), 0

    def script(self, text, seconds):
        """End as the script would."""
        self.runs += 1
        functions = [ast.unparse(f) if hasattr(ast, "unparse") else text for f in ast.parse(text).body if isinstance(f, ast.FunctionDef)]
        there = all(any(n in f for f in functions) for n in self.needed) and (len(functions) > 1 or "] * " in text)
        fails = there and self.random.random() < self.chance
        return End("crash", "SIGSEGV", 0.1) if fails else End("ok", "", seconds)


@pytest.mark.parametrize("chance", [1.0, 0.6])
@pytest.mark.parametrize("needed", [["a.f(b)"], ["a.g(", "b.h("], ["a.f(b)", "islice(b"]])
def test_shrinks(needed, chance):
    """What is not needed goes, also where it fails only mostly."""
    shrinker = Shrinker(FakePlace(needed, chance), Failure("crash", "crash", "SIGSEGV"), 60, lambda _: None, False)
    case = shrinker.begin([CASE])
    case = shrinker.shrink(case)
    left = [s["text"] for t in case["threads"] for s in t]
    assert all(any(n in text for text in left) for n in needed)
    assert len(left) <= 2 and len(case["threads"]) == 2
    # Less in a turn of the loop, so more turns.
    assert case["loops"] > CASE["loops"]


def test_goes_back_where_luck_misled():
    """Where the smallest case does not fail again, a larger one that does is shown."""
    place = FakePlace(["a.f(b)"])
    shrinker = Shrinker(place, Failure("crash", "crash", "SIGSEGV"), 60, lambda _: None, False)
    small = shrinker.shrink(shrinker.begin([CASE]))
    place.needed = ["a.f(b)", "b.h("]
    case, failed, _ = shrinker.settle(small, 1.0, 60)
    assert failed == 5 and case in shrinker.accepted and any("b.h(" in s["text"] for t in case["threads"] for s in t)


def test_choice():
    """Globs match whole names and their last parts."""
    choice = options.Choice(["St*"], ["Stack.p*"], [])
    assert choice.wanted("m.Stack", None) and choice.wanted("m.Stack", "top")
    assert not choice.wanted("m.Stack", "push") and not choice.wanted("m.Tally", None)
    named = options.Choice([], [], ["kill", "C.exit"])
    assert named.wanted("m.C", "kill", named=True) and named.wanted("m.C", "exit", named=True)
    assert not named.wanted("m.D", "exit", named=True) and not named.wanted("m.C", "top")


@pytest.mark.parametrize(
    "arguments",
    [["m", "--threads", "1"], ["m/x.py"], ["m", "--seconds", "-1"], ["m", "--factory", "x"], ["m", "--call", "C.f(1"], ["m", "--findings", "0"], []],
)
def test_usage(arguments, capsys):
    """A wrong command line ends with 2, and says what is wrong."""
    with pytest.raises(SystemExit) as ended:
        options.parse(arguments)
    assert ended.value.code == 2 and "error: " in capsys.readouterr().err


def test_older_pythons():
    """Each part is of the language of the oldest Python that the package runs on."""
    for path in (PYTHON / "pyxlock" / "stress").glob("*.py"):
        ast.parse(path.read_text("utf-8"), feature_version=(3, 8))
        importlib.import_module(f"pyxlock.stress.{path.stem}") if path.stem != "__main__" else None


# In processes.


def test_what_is_called(stacks):
    """Classes are found and made, what blocks, crashes or is dangerous is left out, by name."""
    wanted = {"stacks.Stack.push", "stacks.Stack.__len__", "stacks.Account.move", "stacks.Tally.name", "stacks.Odd.length", "stacks.Named.step"}
    for _ in range(3):  # what takes too long alone is left out: on a busy machine more than should be
        out, data = stress(stacks, "stacks", "--seconds", "0", status=0)
        if len(data["made"]) == 6 and wanted <= set(data["members"]):
            break
    else:
        pytest.skip("a class or a member was left out in each of 3 runs: " + out)
    assert data["classes"] == 6
    reasons = data["left_out"]
    assert reasons["Odd.waits()"].startswith("does not return") and "crashes in one thread" in reasons["Odd.crashes()"]
    assert not {"stacks.Odd.waits", "stacks.Odd.crashes", "stacks.Odd.unlink"} & set(data["members"])
    assert not (stacks / "called").exists()
    assert "Odd.waits()" in out and "not called, for their names: stacks.Odd: unlink" in out
    assert not list(stacks.glob("*.tmp"))


def test_a_named_member_is_called(stacks):
    """Who names a member in full wants it called; a factory makes the objects."""
    (stacks / "makers.py").write_text("import stacks\n\n\ndef odd():\n    return stacks.Odd(stacks.SafeStack(), how_much=3)\n", "utf-8")
    _, data = stress(
        stacks, "stacks", "--seconds", "0", "--class", "Odd", "--members", "Odd.unlink", "--factory", "makers:odd",
        "--call", "Odd.unlink('x%d' % i)", status=0,
    )
    assert data["members"] == ["stacks.Odd.unlink"]
    assert (stacks / "called").exists()
    (stacks / "called").unlink()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nowhere_at_all"], "ModuleNotFoundError"),
        (["json"], "has no extension type"),
        (["stacks", "--class", "Nothing"], "has no extension type that --class and --exclude leave"),
        (["stacks", "--factory", "Nothing=os:getcwd"], "no extension type of stacks is called Nothing"),
        (["stacks", "--call", "Nothing.f()"], "no extension type of stacks is called Nothing"),
    ],
)
def test_nothing_to_do(stacks, arguments, message):
    """What cannot be stressed is an error that says so."""
    out, _ = stress(stacks, *arguments, status=2)
    assert message in out


def again(folder, name):
    """Run a script that was written, as a reader would."""
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHON_GIL": "0"}
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", name], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1200,
        universal_newlines=True,
    )


def race(folder, *arguments):
    """Run the program until it finds one thing. On a machine that is busy with other things threads may
    not meet: that is a skip."""
    out, data = stress(folder, *arguments, "--findings", "1", "--shrink", "10")
    if not data["findings"]:
        assert "nothing found" in out, out
        pytest.skip("no race was lost: " + out.strip().splitlines()[-1])
    return out, data["findings"][0]


def once(attempts, what):
    """Try until a race is lost."""
    if not any(what() for _ in range(attempts)):
        pytest.skip(f"no race was lost in {attempts} runs of the script")


@threads
def test_finds_a_crash(stacks):
    """Threads that write through one pointer crash; so does the script."""
    out, finding = race(stacks, "stacks", "--class", "Stack", "--seconds", "60", "--scripts", "found")
    assert finding["kind"] in ("crash", "hang") and "Stack.push" in finding["labels"], out
    assert finding["script"] in out
    assert (stacks / finding["file"]).read_text("utf-8") == finding["script"]
    once(20, lambda: again(stacks, finding["file"]).returncode < 0)


@threads
def test_finds_an_exception(stacks):
    """What is raised only where threads meet is found, and what one thread raises is not."""
    out, finding = race(stacks, "stacks", "--class", "Tally", "--members", "count", "--members", "fails", "--seconds", "60", "--scripts", "found")
    # Not its name, which has a race of its own. How far the calls are shrunk hangs on how often the race is lost meanwhile.
    assert finding["kind"] == "exception" and "Tally.count" in finding["labels"], out
    once(20, lambda: "became" in again(stacks, finding["file"]).stdout)


@threads
def test_finds_a_hang(stacks):
    """Two objects that wait for each other are found."""
    out, finding = race(stacks, "stacks", "--class", "Account", "--seconds", "120")
    assert finding["kind"] == "hang" and finding["labels"] == ["Account.move"], out
    assert "a.move(b)" in finding["script"] and "b.move(a)" in finding["script"]


@threads
def test_finds_nothing_where_nothing_is(stacks):
    """Where locks hold, nothing is found."""
    for seconds in ("5", "20", "80"):  # a busy machine makes fewer calls
        out, data = stress(stacks, "stacks", "--class", "SafeStack", "--seconds", seconds, "--members", "push", "--members", "top", "--members", "__len__", status=0)
        assert data["findings"] == [] and "nothing found" in out
        if data["calls"] > 1000:
            break
    assert data["calls"] > 1000


@pytest.mark.skipif(FREE_THREADED, reason="this Python has no GIL")
def test_says_that_a_gil_hides_races(stacks):
    """With the GIL that is said, and it runs."""
    out, data = stress(stacks, "stacks", "--class", "SafeStack", "--seconds", "1")
    assert "has a GIL" in out and data["cases"] > 0
