"""Prints the tables of docs/evidence/checked.md from what run.py has written.

Usage: table.py DIR [--silent]

A mutant is reported, or one of these is the reason why it does not count; the rules look at
what was used while its lock was away, and at the places of the package that change state:

  not called      no call got as far as the lock
  nothing used    no guarded state was used then, but where other locks held the object as well
  new objects     it was used, but of objects that no second thread had touched
  known line      the package as it is has a violation at the same line
  never changed   what was used was only read, and no mutant of the package has changed that attribute
                  of an object that a second thread had touched

The others are silent.
"""

import collections
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

REASONS = ("not called", "nothing used", "new objects", "known line", "never changed")


def attribute(place, bases):
    """Return which attribute of which class a place uses; of a subclass that of its base."""
    cls, _, name = place[5:].split(":")[1].rpartition(".")
    seen = set()
    while cls in bases and cls not in seen:
        seen.add(cls)
        cls = bases[cls]
    return f"{cls}.{name}"


def place_of(text):
    """Return file:line of a place."""
    line, _, _, file = text[5:].split(":", 3)
    return f"{file}:{line}"


def lacking(row, whose=("shared",)):
    """Return the places that the lock alone would have covered."""
    weak = row["mutant"]["what"] == "weaken"
    return [p for held, of, p in row["used"] if of in whose and (held == "read" and p[0] in "wWC" or held == "none" and not weak)]


def verdict(row, known, changes, bases):
    """Say what became of a mutant."""
    if row["reported"]:
        return "reported"
    if not row["reached"]:
        return "not called"
    places = lacking(row)
    if not places:
        return "new objects" if lacking(row, ("alone",)) else "nothing used"
    if all(place_of(p) in known for p in places):
        return "known line"
    if all(p[0] in "rR" and not any(c in changes.get(attribute(p, bases), "") for c in ("w" if p[0] == "r" else "wWMC")) for p in places):
        return "never changed"
    return "silent"


def read(path):
    """Return the lines of a file, the first apart."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return rows[0], rows[1:]


def cells(values):
    """Return a row of a table."""
    return "| " + " | ".join(str(v) for v in values) + " |"


def main():
    """Print them."""
    root, *flags = sys.argv[1:]
    total, mutants = collections.Counter(), collections.defaultdict(collections.Counter)
    baseline, crashes, listed = [], [], []
    for name in sorted(os.listdir(root)):
        if not os.path.exists(os.path.join(root, name, "checked.jsonl")):
            continue
        with open(os.path.join(root, name, "mutants.json"), encoding="utf-8") as file:
            data = json.load(file)
        first, rows = read(os.path.join(root, name, "checked.jsonl"))
        changes = collections.defaultdict(set)
        for row in rows:
            for _, whose, use in row["used"]:
                if whose == "shared" and use[0] in "wWMC":
                    changes[attribute(use, data["bases"])].add(use[0])
        known = {v["place"] for v in first["violations"] if "place" in v}
        baseline.append((data["name"], len(first["labels"]), first["violations"], first["ends"]))
        count = collections.Counter()
        for row in rows:
            what, said = row["mutant"]["what"], verdict(row, known, changes, data["bases"])
            count[said] += 1
            mutants[what][said] += 1
            count["perhaps"] += bool(row["reported"]) and not row["certain"]
            if said != "reported":
                m = row["mutant"]
                listed.append((data["name"], said, f"{m['what']} {m['function']}" + (f" ({m['k'] + 1})" if m["k"] else "") + f", line {m['line']}", lacking(row)))
        count["mutants"] = len(rows)
        counted = count["reported"] + count["silent"]
        total.update(count)
        print(cells([data["name"], len(rows), counted, count["reported"], count["silent"], *(count[r] for r in REASONS)]))
        plain = os.path.join(root, name, "plain.jsonl")
        if os.path.exists(plain):
            p_first, p_rows = read(plain)
            checked = {(r["mutant"]["what"], r["mutant"]["k"], r["mutant"]["place"]): r for r in rows}
            asked = [r for r in p_rows if verdict(checked[(r["mutant"]["what"], r["mutant"]["k"], r["mutant"]["place"])], known, changes, data["bases"]) in ("reported", "silent")]
            crashes.append((data["name"], len(asked), sum(any(e != "ok" for e in r["ends"]) for r in asked), p_first["ends"]))
    counted = total["reported"] + total["silent"]
    print(cells(["together", total["mutants"], counted, total["reported"], total["silent"], *(total[r] for r in REASONS)]))
    print()
    for what, count in mutants.items():
        print(cells([what, sum(count.values()), count["reported"] + count["silent"], count["reported"], count["silent"], *(count[r] for r in REASONS)]))
    if counted:
        print(f"\n{total['reported']} of {counted} reported: {100 * total['reported'] / counted:.1f} in 100; {total['perhaps']} of them as perhaps")
    print("\nas it is:")
    for name, labels, violations, ends in baseline:
        print(f"  {name}: {labels} members, {len(violations)} violations, {collections.Counter(ends)}")
        for v in violations:
            print(f"    {v['what']}")
    print("\ncrashes of the plain build:")
    for row in crashes:
        print(cells(row))
    for name, said, what, places in listed:
        if said == "silent" or "--all" in flags:
            print(f"  {name}: {said}: {what}" + "".join(f"\n      {p}" for p in places if said == "silent"))


if __name__ == "__main__":
    main()
