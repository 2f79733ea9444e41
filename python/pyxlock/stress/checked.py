"""What a build with --locking=check has written: the file that PYXLOCK_CHECK_FILE names.

    violation: {"key", "what", "class", "certain"}, and of a use "place", file:line

key is the same in each run. certain is false where the checker itself does not know:
what @cython.no_lock exempts, and locks that people placed.
"""

import json


def read(path):
    """Return what a file has, or nothing where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError):
        return []
    return [of_place(v) for v in data.get("violations") or []] + [of_circle(c) for c in data.get("order") or []]


def of_place(found):
    """Describe a use without a lock."""
    place = f"{found.get('file')}:{found.get('line')}"
    state = f"{found.get('class')}.{found.get('attribute')}"
    what = f"{place}: {found.get('function')} uses {state}, which needs the {found.get('needs')} lock"
    kind = found.get("kind") or "unlocked"
    if found.get("held") not in (None, "none"):
        what += f", with the {found['held']} lock"
    if kind != "unlocked":
        what += f" ({kind})"
    return {"key": f"{place} {state} {found.get('needs')} {kind}", "what": what, "class": found.get("class"), "certain": kind == "unlocked", "place": place}


def of_circle(found):
    """Describe locks that are taken in a circle."""
    edges = found.get("circle") or []
    steps = [f"{e.get('file')}:{e.get('line')}: {e.get('function')} takes {e.get('taken')} while it holds {e.get('held')}" for e in edges]
    cls = edges[0].get("held") if edges else None
    return {"key": "order " + " ".join(sorted(steps)), "what": "a circle of locks: " + "; ".join(steps), "class": cls, "certain": True}
