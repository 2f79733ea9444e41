"""The smallest case that fails the same way: delta debugging of what fails by chance.

A candidate is tried as the script that would be printed, as often as it takes to
believe that it does not fail any more, given how often the last one that failed did.
"""

import math
import re
import time

from .cases import is_change, loops, met, trimmed
from .operators import AGAIN, CHANGES
from .script import normal, script

TITLE = "Shrinking."
LONGEST = 6.0
# Exceptions and violations are told when a script has ended: what shows at once is not waited for.
SHORT = 0.2


class Failure:
    """What is looked for: kind is crash, hang, exception or violation; key says which of them."""

    def __init__(self, kind, key, detail):
        """Keep it; detail is for people."""
        self.kind, self.key, self.detail = kind, key, detail

    def shown(self, end, violations):
        """Tell whether a process that ended showed it."""
        if self.kind == "exception":
            return self.key in {normal(*m.groups()) for m in re.finditer(r"^\d+ ([^:\n]+): (.*)", end.out, re.MULTILINE)}
        if self.kind == "violation":
            return any(v["key"] == self.key for v in violations)
        # What damages memory may crash, or loop for ever.
        return end.kind in ("crash", "hang")


class Shrinker:
    """Shrinks a case within a time."""

    def __init__(self, place, failure, budget, told, gil, known=(), plainer=None):
        """Take where to run, what to look for, and how long; told(text) shows progress.

        known are sets of labels that fail together, which is not looked for again; plainer
        has for sources of objects others that are shorter.
        """
        self.known, self.plainer = list(known), plainer or {}
        self.place, self.failure, self.end, self.told, self.gil = place, failure, time.monotonic() + budget, told, gil
        self.seconds, self.tries, self.bare = 3.0, 4, False
        self.runs, self.accepted = 0, []

    def fails(self, case, bare=None):
        """Run a case once; return the seconds that it took to fail, or None."""
        self.runs += 1
        lasted = 0
        for seconds in [SHORT] * (self.failure.kind in ("exception", "violation")) + [self.seconds]:
            text = script(case, TITLE, seconds, self.failure.kind, self.bare if bare is None else bare, self.gil)
            end = self.place.script(text, seconds)
            lasted += end.seconds
            if self.failure.shown(end, self.place.violations):
                return lasted
        return None

    def rate(self, case, tries):
        """Return how often and how quickly a case fails: (of tries, median of seconds)."""
        took = []
        for _ in range(tries):
            seconds = self.fails(case)
            if seconds is not None:
                took.append(seconds)
            if time.monotonic() > self.end and took:
                break
        return len(took), sorted(took)[len(took) // 2] if took else None

    def believe(self, case):
        """Tell whether a candidate fails, after as many tries as it takes."""
        for _ in range(self.tries):
            if time.monotonic() > self.end:
                return False
            if self.fails(case) is not None:
                return True
        return False

    def begin(self, candidates):
        """Choose among cases the first that fails as a script; set how long a try takes."""
        for case in candidates:
            failed, took = self.rate(case, 3)
            if failed:
                # One that fails in two of three runs, in each of three tries: 1 in 27 is missed.
                share = min(0.9, failed / 3)
                self.tries = min(4, max(1, math.ceil(math.log(0.05) / math.log(1 - share))))
                hangs = took > self.seconds
                self.seconds = 1.5 if hangs or self.failure.kind == "violation" else max(1.0, min(LONGEST, 2.5 * took))
                if self.failure.kind == "exception":
                    self.seconds = 1.5
                self.accepted = [case]
                return case
        return None

    def settle(self, case, seconds, budget):
        """Run the last case five times; go back to larger ones where it hardly ever fails, as luck may have it.

        Returns the case, how often it failed, and the median of the seconds that took.
        """
        self.end, self.seconds = time.monotonic() + budget, seconds
        failed, took = self.rate(case, 5)
        if not failed:
            self.bare = False
            for earlier in self.accepted[-2::-1][:4]:
                failed, took = self.rate(earlier, 5)
                if failed:
                    return earlier, failed, took
        return case, failed, took

    def shrink(self, case):
        """Return the smallest case that was found to fail."""
        for step in (self.pairs, self.fewer_threads, self.fewer_statements, self.fewer_objects, self.same_statement, self.plainer_objects, self.simpler):
            case = step(case)
            if time.monotonic() > self.end:
                break
        return case

    def attempt(self, case):
        """Return a candidate where it can run and fails."""
        case = trimmed({**case, "threads": [t for t in case["threads"] if t]})
        if not case["threads"] or not case["objects"] or any(met(case, labels) for labels in self.known):
            return None
        # Where less is called there is time for more of it.
        case["loops"] = max(case["loops"], loops(case["threads"]))
        count = sum(map(len, case["threads"]))
        self.told(f"shrinking: {len(case['threads'])} threads, {count} calls, run {self.runs + 1}")
        if not self.believe(case):
            return None
        self.accepted.append(case)
        return case

    def pairs(self, case):
        """Jump to two threads with one call each, where there are few such pairs."""
        distinct = list({s["text"]: s for t in case["threads"] for s in t}.values())
        if len(case["threads"]) <= 2 and len(distinct) <= 2 and all(len(t) == 1 for t in case["threads"]):
            return case
        distinct.sort(key=lambda s: not (s["label"].rpartition(".")[2] in CHANGES | AGAIN or is_change(s["label"])))
        pairs = [(a, b) for k, a in enumerate(distinct) for b in distinct[k:]]
        pairs.sort(key=lambda p: distinct.index(p[0]) + distinct.index(p[1]))
        for a, b in pairs[:10]:
            found = self.attempt({**case, "threads": [[a], [b]]})
            if found:
                return found
            if time.monotonic() > self.end:
                break
        return case

    def fewer_threads(self, case):
        """Leave out threads."""
        k = 0
        while k < len(case["threads"]) and len(case["threads"]) > 1:
            threads = case["threads"]
            found = self.attempt({**case, "threads": threads[:k] + threads[k + 1 :]}) if len(threads) > 2 else None
            if found:
                case = found
            else:
                k += 1
        return case

    def fewer_statements(self, case):
        """Leave out statements: halves, quarters, single ones."""
        size = max(1, sum(map(len, case["threads"])) // 2)
        while True:
            places = [(t, k) for t, thread in enumerate(case["threads"]) for k in range(len(thread))]
            if len(places) <= len(case["threads"]):
                return case
            changed = False
            for start in range(0, len(places), size):
                out = set(places[start : start + size])
                threads = [[s for k, s in enumerate(t) if (j, k) not in out] for j, t in enumerate(case["threads"])]
                found = self.attempt({**case, "threads": threads}) if all(threads) else None
                if found:
                    case, changed = found, True
                    break
                if time.monotonic() > self.end:
                    return case
            if not changed:
                if size == 1:
                    return case
                size //= 2

    def fewer_objects(self, case):
        """Let one object stand for another that is made in the same way."""
        by_text = {}
        for name, text in case["objects"]:
            other = by_text.setdefault(text, name)
            if other == name:
                continue
            threads = [[{**s, "text": renamed(s["text"], name, other)} for s in t] for t in case["threads"]]
            found = self.attempt({**case, "threads": threads})
            if found:
                return found
        return case

    def same_statement(self, case):
        """Let all threads do what one of them does."""
        if len({str(t) for t in case["threads"]}) > 1:
            for thread in case["threads"]:
                found = self.attempt({**case, "threads": [thread] * len(case["threads"])})
                if found:
                    return found
        return case

    def plainer_objects(self, case):
        """Make objects in the simplest way that is known."""
        for k, (name, text) in enumerate(case["objects"]):
            if text in self.plainer:
                objects = [*case["objects"][:k], [name, self.plainer[text]], *case["objects"][k + 1 :]]
                case = self.attempt({**case, "objects": objects}) or case
        return case

    def simpler(self, case):
        """Leave out that exceptions are caught, where nothing is raised."""
        if self.failure.kind in ("crash", "violation", "hang"):
            self.told("shrinking: without try")
            if all(self.fails(case, bare=True) is not None for _ in range(2)):
                self.bare = True
        return case


def renamed(text, name, other):
    """Return source with another name for an object."""
    return re.sub(rf"(?<![\w.'\"]){name}\b(?!['\"=])", other, text)
