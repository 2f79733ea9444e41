"""What a build with --locking=check has written: the file that PYXLOCK_CHECK_FILE names.

    violation: {"key", "what", "class", "certain"}, and of a use "place", file:line

key is the same in each run. certain is false where the checker itself does not know: what
@cython.no_lock exempts, locks that people placed, where __init__ is called again, circles to
which something has to be added.
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
    edges, kind = found.get("circle") or [], found.get("kind") or "order"
    key = sorted(f"{e.get('file')}:{e.get('line')} {e.get('held')} {e.get('taken')}" for e in edges)
    steps = [f"{e.get('file')}:{e.get('line')}: {e.get('function')} takes {e.get('taken')} while {holder(e)} {e.get('held')}" for e in edges]
    what = "a circle of locks: " + "; ".join(steps) + ("" if kind == "order" else f" ({kind})")
    return {"key": f"order {kind} {' '.join(key)}", "what": what, "class": edges[0].get("held") if edges else None, "certain": kind == "order"}


def holder(edge):
    """Say who holds the first lock of a step."""
    since = edge.get("held_since")
    return f"{since.get('function')} ({since.get('file')}:{since.get('line')}) holds" if since else "it holds"
