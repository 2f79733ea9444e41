"""Runs pyxlock.stress on what build.py has built: as it is, and with each lock taken away.

Usage: run.py DIR NAME [--kind checked|plain] [--baseline N] [--sample N] [--only TEXT]

It has to run in the interpreter that the modules were compiled for, with the Python package of
pyxlock on its path. DIR/NAME/KIND.jsonl gets a line for the package as it is, and one for each mutant:

  mutant      the mutant, or null
  reached     whether the lock was ever asked for
  used        [held, whose, place]: state that was used meanwhile, what else the thread held of it,
              and whether a second thread had touched it
  reported    violations at lines of "used" that are not there without the mutant
  elsewhere   others
  ends        how children ended that did not live until the last case
"""

import argparse
import json
import os
import random
import sys

import tomllib
from pyxlock.stress.calm import Calm
from pyxlock.stress.cases import Cases, calls_of
from pyxlock.stress.checked import of_place
from pyxlock.stress.options import Choice, parse
from pyxlock.stress.parent import Workplace

HERE = os.path.dirname(os.path.abspath(__file__))
CASE = 0.1
HANGS = 10.0  # seconds in which nothing is heard: of a busy machine they may be many
ROUNDS = (6, 16, 40)  # cases of a mutant, as long as it is not reported
PLAIN = (30,)  # without checks nothing is reported
COMPARES = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}
WRITES = "wWC"


def called(function, labels):
    """Return the labels under which stress calls a function."""
    owner, _, member = function.rpartition(".")
    owner = owner.rpartition(".")[2]
    if member == "__cinit__":
        return {label for label in labels if label.rpartition(".")[2] == owner}
    out = set()
    for label in labels:
        cls, _, name = label.rpartition(".")
        if (name == member or member == "__richcmp__" and name in COMPARES) and (not owner or cls == owner):
            out.add(label)
    if not out and owner:  # a class without a name of its own here, or one that inherits it
        out = {label for label in labels if label.rpartition(".")[2] == member}
    if not out and owner:  # a C method: others of its class call it
        out = {label for label in labels if label.rpartition(".")[0].rpartition(".")[2] == owner}
    return out


class Package:
    """A package, ready to be called."""

    def __init__(self, root, name, kind):
        """Find objects and calls."""
        self.root = os.path.join(root, name)
        with open(os.path.join(self.root, "mutants.json"), encoding="utf-8") as file:
            self.data = json.load(file)
        with open(os.path.join(HERE, "packages.toml"), "rb") as file:
            row = next(r for r in tomllib.load(file)["package"] if r["name"] == name)
        self.place = Workplace()
        paths = [*self.data["paths"][kind], os.path.join(root, "site"), HERE, *(p for p in sys.path if os.path.isdir(os.path.join(p, "pyxlock")))]
        self.place.environment["PYTHONPATH"] = os.pathsep.join(paths)
        self.place.environment["PYTHON_GIL"] = "0"
        self.place.environment["PYXLOCK_MUTANTS"] = os.path.join(self.root, f"libmutant-{kind}.so")
        options = parse([row["import"], *row.get("stress", [])])
        self.calm = Calm(options.module)
        self.calm.run(self.place, options, Choice(options.classes, options.exclude, options.members), lambda text: None)
        if self.calm.error or not self.calm.calls:
            raise SystemExit(f"mutants: {name}: {self.calm.usage or self.calm.error or 'nothing can be called'}")
        self.labels = {c["label"] for c in self.calm.calls}
        self.module = options.module
        self.modules = sorted({"switch", *self.calm.modules, *(f.partition(":")[0] for _, f in options.factory)})
        self.alone, self.jobs = set(), 0

    def cases(self, mutant, count, seed, number=0):
        """Draw cases that call the function of a mutant, or of none, more often."""
        often = called(mutant["function"], self.labels) if mutant else set()
        cases = Cases(self.module, self.calm.recipes, self.calm.calls, 4, seed, often)
        out = []
        for k in range(20 * count):
            case = cases.draw(number + k)
            if case is not None and not self.alone.intersection(calls_of(case)):
                out.append({**case, "modules": self.modules})
            if len(out) == count:
                break
        return out

    def play(self, cases, enough=lambda case: False):
        """Play cases in a child, or in the next ones where one ends early; yield (case, end) of those that end one.

        Then cases are left out of which enough is known.
        """
        while cases:
            self.jobs += 1
            state = {"at": 0, "threads": False}

            def heard(kind, data, state=state):
                if kind == "case":
                    state.update(at=data, threads=False)
                elif kind == "threads":
                    state["threads"] = True

            self.place.environment["PYXLOCK_JITTER"] = str(self.jobs) if self.jobs % 2 else ""
            end = self.place.job({"kind": "storm", "cases": cases, "seconds": CASE, "limit": 1e6}, heard, quiet=HANGS)
            if end.kind == "error":
                raise SystemExit(f"mutants: {self.module}: {end.err[-2000:]}")
            case = cases[state["at"]]
            if end.kind in ("crash", "hang") and not state["threads"] and len(calls_of(case)) == 1:
                self.alone.update(calls_of(case))
            yield case, end
            cases = [c for c in cases[state["at"] + 1 :] if not enough(c)] if end.kind != "ok" else []


class Mutant:
    """A mutant, and what is known of it."""

    def __init__(self, number, data, package):
        """Begin with nothing."""
        self.number, self.data, self.package = number, data, package
        self.notes, self.found = package.place.file("notes"), package.place.file("found")
        self.violations, self.ends, self.played = {}, [], 0

    def cases(self, count, seed):
        """Draw cases that choose it first."""
        spec = f"{self.data['what']} {self.data['k']} {self.data['place']}"
        choose = ["zz", f"switch.to({self.number}, {spec!r}, {self.notes!r}, {self.found!r})"]
        drawn = self.package.cases(self.data, count, seed, 1000 * self.played)
        self.played += len(drawn)
        return [{**c, "objects": [choose, *c["objects"]], "mutant": self.number} for c in drawn]

    def uses(self):
        """Return [held, whose, place] of what was used while the lock was away, each once."""
        return [list(u) for u in dict.fromkeys(tuple(line.split(" ", 3)[1:]) for line in lines(self.notes) if line.startswith("used "))]

    def lacking(self):
        """Return the places where the lock was missing."""
        return {place_of(p) for held, whose, p in self.uses() if whose == "shared" and lacks(self.data, held, p)}

    def reported(self, known):
        """Return the violations where the lock is missing, and the others."""
        for line in lines(self.found):
            try:
                found = json.loads(line)
            except ValueError:  # the child ended while it wrote
                continue
            for v in map(of_place, found):
                self.violations[v["key"]] = v
        there = self.lacking()
        new = [v for v in self.violations.values() if v["key"] not in known]
        return [v for v in new if v.get("place") in there], [v for v in new if v.get("place") not in there]

    def row(self, known):
        """Return the line of the file."""
        reported, elsewhere = self.reported(known)
        return {
            "mutant": self.data,
            "labels": sorted(called(self.data["function"], self.package.labels)),
            "reached": "reached" in lines(self.notes),
            "used": self.uses(),
            "reported": [v["what"] for v in reported],
            "certain": any(v["certain"] for v in reported),
            "elsewhere": [v["what"] for v in elsewhere],
            "ends": self.ends,
            "cases": self.played,
        }


def lines(path):
    """Return the lines of a file that may not be there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def place_of(text):
    """Return file:line of a place."""
    line, _, _, file = text[5:].split(":", 3)
    return f"{file}:{line}"


def lacks(mutant, held, place):
    """Tell whether a use would need the lock that was taken away."""
    if mutant["what"] == "weaken":
        return held == "read" and place[0] in WRITES
    return held == "none" or held == "read" and place[0] in WRITES


def rounds(package, mutants, known, seed, told, group, counts):
    """Play mutants, in groups; those that are not reported again, and longer."""
    for turn, count in enumerate(counts):
        left = [m for m in mutants if not m.reported(known)[0] and (turn < 2 or m.lacking())]
        for k in range(0, len(left), group):
            chosen = left[k : k + group]
            by_number = {m.number: m for m in chosen}
            for case, end in package.play([c for m in chosen for c in m.cases(count, seed + turn)], lambda c, of=by_number: bool(of[c["mutant"]].reported(known)[0])):
                mutant = by_number[case["mutant"]]
                mutant.violations.update({v["key"]: v for v in package.place.violations})  # of the last one
                if end.kind != "ok":
                    mutant.ends.append(end.detail if end.kind == "crash" else end.kind)
            told(turn, k + len(chosen), len(left), sum(bool(m.reported(known)[0]) for m in chosen))


def main():
    """Run one package."""
    p = argparse.ArgumentParser()
    p.add_argument("root")
    p.add_argument("name")
    p.add_argument("--kind", default="checked", choices=["checked", "plain"])
    p.add_argument("--baseline", type=int, default=200, help="cases of the package as it is")
    p.add_argument("--sample", type=int, default=0)
    p.add_argument("--only", default="")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--group", type=int, default=10, help="mutants that share a process")
    o = p.parse_args()
    package = Package(o.root, o.name, o.kind)
    made = {r["cls"] for r in package.calm.recipes}
    violations, ends = {}, []
    for k in range(0, o.baseline, 40):
        for _, end in package.play(package.cases(None, min(40, o.baseline - k), o.seed, k)):
            ends.append(end.detail if end.kind == "crash" else end.kind)
            violations.update({v["key"]: v for v in package.place.violations})
    rows = [{"mutant": None, "violations": list(violations.values()), "ends": ends, "left_out": package.calm.left_out, "made": sorted(made),
             "labels": sorted(package.labels), "not_made": {c["path"]: package.calm.why_not(c["path"]) for c in package.calm.classes if c["path"] not in made}}]
    print(f"{o.name}: as it is: {len(violations)} violations, {ends}", flush=True)
    for v in violations.values():
        print(f"    {v['what']}", flush=True)
    mutants = [m for m in package.data["mutants"] if o.only in f"{m['what']} {m['function']}"]
    if o.sample:
        mutants = random.Random(o.seed).sample(mutants, min(o.sample, len(mutants)))
    mutants = [Mutant(k, m, package) for k, m in enumerate(mutants)]

    def told(turn, done, of, reported):
        print(f"{o.name}: round {turn + 1}: {done} of {of}, {reported} reported in this group", flush=True)

    rounds(package, mutants, set(violations), o.seed, told, o.group, ROUNDS if o.kind == "checked" else PLAIN)
    rows += [m.row(set(violations)) for m in mutants]
    for row in rows[1:]:
        if not row["reported"]:
            m = row["mutant"]
            print(f"    {m['what']} {m['function']}[{m['k']}]: {'SILENT' if row['reached'] else 'not reached'} {row['ends'] or ''}", flush=True)
    if not o.only:
        with open(os.path.join(package.root, f"{o.kind}.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    package.place.close()


if __name__ == "__main__":
    main()
