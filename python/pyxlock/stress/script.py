"""A case as Python: the script that is printed, and the same functions played in the child.

What the child plays and what is printed come from one text, so that the script does
what was done.
"""

import ast
import importlib
import random
import re
import sys
import threading
import time
from collections import Counter

ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
# What says of itself that it is nothing to report: memory or threads have run out, or a
# class that asked for it (blocking=False) refuses where it would wait.
IGNORED = re.compile(r"MemoryError|can't start new thread|pyxlock: cannot \w+ an object of .*: another thread uses it")


def normal(label, error):
    """Name what was raised, the same for all values that may be in the message."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\b0x[0-9a-f]+|-?\d+(\.\d+)?", "_", text.partition("\n")[0])
    return f"{label}: {text[:160]}"


def imports(case):
    """Return the modules that a case's source names, the module under test last."""
    texts = [t for _, t in case["objects"]] + [s["text"] for t in case["threads"] for s in t]
    local = {n for n, _ in case["objects"]} | {"i"}
    found = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            path = dotted(node)
            if path and path.partition(".")[0] not in local:
                found.add(path.rpartition(".")[0])
    names = set()
    for path in found:
        while path:
            if path in sys.stdlib_module_names if hasattr(sys, "stdlib_module_names") else path in STANDARD:
                names.add(path)
                break
            if path == case["module"] or path in case.get("modules", ()):
                names.add(path)
                break
            path = path.rpartition(".")[0]
    return sorted(names)


STANDARD = {"array", "copy", "io", "itertools", "operator", "pickle"}


def dotted(node):
    """Return the source of a dotted name, or None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return left and f"{left}.{node.attr}"
    return None


def function(name, arguments, statements, loops, caught, before="", each=None):
    """Return the source of what a thread does.

    caught(k, statement) is the clause for what a statement raises, each what every turn
    of the loop begins with.
    """
    lines = [f"def {name}({', '.join(arguments)}):"]
    if before:
        lines.append(f"    {before}")
    indent = "    "
    if loops > 1:
        lines.append(f"    for i in range({loops}):")
        indent = "        "
        lines += [indent + e for e in each or []]
    elif any(re.search(r"\bi\b", s["text"]) for s in statements):
        lines.append("    i = 0")
    for k, statement in enumerate(statements):
        clause = caught(k, statement)
        if clause is None:
            lines.append(indent + statement["text"])
            continue
        lines += [indent + "try:", indent + "    " + statement["text"], *(indent + c for c in clause)]
    return "\n".join(lines) + "\n"


def script(case, title, seconds, kind, bare=False, gil=False):
    """Return a case as a script that stands alone and runs for so many seconds.

    kind is crash, hang, exception or violation. bare leaves exceptions to the threads.
    """
    names = [n for n, _ in case["objects"]]
    modules = imports(case)
    standard = {"threading", "time"} | {m for m in modules if m != case["module"] and m not in case.get("modules", ())}
    if kind == "exception":
        standard.add("collections")
    if kind == "hang":
        standard.add("faulthandler")
    if gil:
        standard.add("sys")
    lines = [f'"""{title}"""', ""]
    lines += [f"import {m}" for m in sorted(standard)] + [""]
    lines += [f"import {m}" for m in modules if m not in standard] + [""]
    if kind == "exception":
        lines.append("seen = collections.Counter()")
    lines.append(f"start = threading.Barrier({len(case['threads'])})")
    if kind == "hang":
        lines.append(f"faulthandler.dump_traceback_later({seconds + 20}, exit=True)")
    if gil:
        lines.append("sys.setswitchinterval(1e-5)")

    def caught(k, statement):
        if bare:
            return None
        if kind == "exception":
            label = statement["label"]
            return ["except Exception as error:", f'    seen[f"{label}: {{type(error).__name__}}: {{error}}"] += 1']
        return ["except Exception:", "    pass"]

    functions, targets = {}, []
    for statements in case["threads"]:
        # a.extend(a), again and again, takes longer each time.
        grows = any(s.get("operands") for t in case["threads"] for s in t)
        each = ["if time.monotonic() > end:", "    break"] if grows else []
        body = function("NAME", names, statements, case["loops"], caught, "start.wait()", each)
        if body not in functions:
            functions[body] = ORDINALS[len(functions)] if len(functions) < len(ORDINALS) else f"other{len(functions)}"
        targets.append(functions[body])
    for body, name in functions.items():
        lines += ["", "", body.replace("NAME", name, 1).rstrip()]
    lines += ["", "", f"end = time.monotonic() + {seconds:g}", "while time.monotonic() < end:"]
    lines += [f"    {n} = {t}" for n, t in case["objects"]]
    if len(set(targets)) == 1:
        targets_text = f"[{targets[0]}] * {len(targets)}"
    else:
        targets_text = f"[{', '.join(targets)}]"
    comma = "," if len(names) == 1 else ""
    lines += [
        f"    threads = [threading.Thread(target=f, args=({', '.join(names)}{comma}), daemon=True) for f in {targets_text}]",
        "    for thread in threads:",
        "        thread.start()",
        "    for thread in threads:",
        "        thread.join()",
    ]
    if kind == "exception":
        lines += ["for text, count in seen.most_common():", "    print(count, text)"]
    return "\n".join(lines) + "\n"


# Playing a case in this process.


class Player:
    """A case, ready to run."""

    def __init__(self, case):
        """Compile the case's source."""
        self.case = case
        self.space = {}
        for name in [*STANDARD, case["module"], *case.get("modules", ())]:
            importlib.import_module(name)
            top = name.partition(".")[0]
            self.space[top] = sys.modules[top]
        self.names = [n for n, _ in case["objects"]]
        self.made = [(n, compile(t, "<object>", "eval")) for n, t in case["objects"]]
        self.bodies = []
        for k, statements in enumerate(case["threads"]):
            clause = ["except Exception as _error:", "    _note(_k, _error)"]
            text = function(
                f"_thread{k}", [*self.names, "_note", "_late"], statements, case["loops"],
                lambda k, _: [clause[0], clause[1].replace("_k", str(k))],
                each=["if _late(): break"],
            )
            exec(compile(text, "<thread>", "exec"), self.space)
            self.bodies.append(self.space[f"_thread{k}"])
        self.single = []
        for k, statements in enumerate(case["threads"]):
            for j, statement in enumerate(statements):
                exec(f"def _s({', '.join([*self.names, 'i'])}):\n    {statement['text']}\n", self.space)
                self.single.append((k, j, self.space["_s"]))

    def objects(self):
        """Make the objects anew."""
        made = {}
        for name, code in self.made:
            made[name] = eval(code, {**self.space, **made, "i": 0})
        return [made[n] for n in self.names]

    def alone(self, end, rng, tell=None):
        """Make the same calls in one thread, in the orders that threads may take; return what they raise.

        One of the threads goes on for a while before another does, so that what one of
        them can do to the object alone is seen as well.
        """
        seen = set()
        threads = len(self.bodies)
        by_thread = [[s for s in self.single if s[0] == k] for k in range(threads)]
        first = True
        while first or time.monotonic() < end:
            first = False
            objects = self.objects()
            at = [0] * threads
            left = list(range(threads))
            burst = rng.choice([1, 2, 8, 10**6])
            while left and time.monotonic() < end:
                k = rng.choice(left)
                for _ in range(rng.randint(1, burst)):
                    mine = by_thread[k]
                    i, j = divmod(at[k], len(mine))
                    if i >= self.case["loops"]:
                        left.remove(k)
                        break
                    at[k] += 1
                    if tell:
                        tell(self.statement(k, j))
                    try:
                        mine[j][2](*objects, i)
                    except Exception as error:
                        seen.add(normal(self.statement(k, j)["label"], error))
                    if time.monotonic() > end:
                        break
        return seen

    def statement(self, thread, k):
        """Return a statement of a thread."""
        return self.case["threads"][thread][k]

    def together(self, end):
        """Make the calls in threads, once; return how many there were, and what they raised."""
        objects = self.objects()
        start = threading.Barrier(len(self.bodies))
        seen = [Counter() for _ in self.bodies]
        turns = [0] * len(self.bodies)
        now = time.monotonic

        def run(k):
            def note(statement, error):
                name = normal(self.statement(k, statement)["label"], error)
                if len(seen[k]) < 100 and self.counts(self.statement(k, statement), error):
                    seen[k][name] += 1

            def late():
                turns[k] += 1
                return now() > end

            start.wait()
            self.bodies[k](*objects, note, late)

        threads = [threading.Thread(target=run, args=(k,), daemon=True) for k in range(len(self.bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        calls = sum(n * len(s) for n, s in zip(turns, self.case["threads"]))
        return calls, sum(seen, Counter())

    @staticmethod
    def counts(statement, error):
        """Tell whether an exception says anything: not where the statement makes several calls, except of a damage."""
        text = f"{type(error).__name__}: {error}"
        if IGNORED.search(text):
            return False
        return statement["atomic"] or isinstance(error, SystemError) or "deadlock" in text


def play(case, seconds, say):
    """Play a case in one thread, then in its threads on fresh objects, again and again."""
    player = Player(case)
    rng = random.Random(0)
    usual = player.alone(time.monotonic() + seconds / 5, rng)
    say("threads")
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        sys.setswitchinterval(1e-5)
    end = time.monotonic() + seconds
    calls, odd = 0, Counter()
    while time.monotonic() < end:
        more, seen = player.together(end)
        calls += more
        odd.update(seen)
    return {"calls": calls, "odd": {k: n for k, n in odd.items() if k not in usual}}
