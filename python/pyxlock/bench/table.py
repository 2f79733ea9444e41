"""The figures as text."""

from .measure import LOADS, METHODS
from .source import LOCKS


def text(figures):
    """Return all tables."""
    return "\n".join([about(figures), calls(figures), threads(figures), nogil(figures), build(figures)])


def about(figures):
    """Return what the figures are of."""
    m = figures["machine"]
    build = ("free-threaded, " + ("GIL on" if m["gil"] else "no GIL")) if m["free-threaded"] else "with a GIL"
    return (
        f"Python {m['python']}, {build}; {m['processor']}, {m['cores']} cores, {m['system']}\n"
        f"{m['date']}; {m['rounds']} rounds of {m['seconds']:g} s a figure; load of the machine {m['load']}\n"
    )


def rows(title, head, lines):
    """Return a table whose columns are as wide as what is in them."""
    lines = [[title, *head], *lines]
    wide = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "".join(
        "  ".join([line[0].ljust(wide[0]), *(cell.rjust(w) for cell, w in zip(line[1:], wide[1:]))]).rstrip() + "\n"
        for line in lines
    )


def cell(found, digits=0):
    """Return a median with its quartiles."""
    return f"{found['median']:.{digits}f} ({found['low']:.{digits}f}-{found['high']:.{digits}f})" if found else "-"


def calls(figures):
    """Return what a call takes in one thread."""
    found = {(f["lock"], f["method"]): f for f in figures["calls"]}
    lines = [[lock, *(cell(found.get((lock, m))) for m in METHODS)] for lock in LOCKS]
    return rows("a call, ns: median (quartiles)", METHODS, lines)


def threads(figures):
    """Return how many calls some threads make together."""
    found = {(f["load"], f["shared"], f["lock"], f["threads"]): f for f in figures["threads"]}
    counts = sorted({key[3] for key in found})
    out = []
    for shared in True, False:
        for load in LOADS:
            lines = [
                [lock, *(cell(found.get((load, shared, lock, n)), 2) for n in counts)]
                for lock in LOCKS
                if (load, shared, lock, counts[0]) in found
            ]
            title = f"{load}, {'one object' if shared else 'an object each'}: million calls a second"
            out.append(rows(title, [f"{n} thread" + "s" * (n > 1) for n in counts], lines))
    return "\n".join(out)


def nogil(figures):
    """Return how many matrix products are made under a lock that is held over nogil."""
    found = {(f["lock"], f["threads"]): f for f in figures["nogil"]}
    counts = sorted({key[1] for key in found})
    lines = [[lock, *(cell(found[lock, n], 2) for n in counts)] for lock in LOCKS if (lock, counts[0]) in found]
    head = [f"{n} thread" + "s" * (n > 1) for n in counts]
    return rows("products of one matrix, in nogil: thousands a second", head, lines)


def build(figures):
    """Return what the locks make of the build of a module."""
    found = figures["build"]
    lines = [[f"locks {k}", f"{found[k]['seconds']:.1f} s", f"{found[k]['bytes'] / 1024:.0f} KiB"] for k in ("off", "on")]
    return rows("build of a module with one class", ["Cython and compiler", "module"], lines)
