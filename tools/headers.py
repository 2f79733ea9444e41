"""Prints the table of docs/evidence/headers.md: what headers make of the write locks of real packages.

Usage: headers.py PYXLOCK DIR [NAME...]

The source packages are fetched to DIR, with their C and C++, where they are not there yet.
Each is annotated in these ways, and the write locks are counted:

  before    as if there were no header: the headers that its declarations name are called
            something else, and nothing of its C or C++ is there
  not C     as before, but no C function writes (--reads '*'): what is left rests on other things
  now       with the headers
  reads     with the headers, and what docs/evidence/reads.toml says of functions of which no
            header tells, most of them entries that --suggest-reads prints, looked at one by one

A lock that is there before and not there in "not C" rests on C alone, and only such locks
are in the columns behind "on C alone":

  still        those that are there now
  known        of these, those of which a header or body says that the function writes
  with reads   those that are there with the entries of reads.toml
  writes       of these, those of which a header, a body or reads.toml says that it writes
  needless     the others

FLINT_HEADERS has to be a directory with flint/flint.h in it for python-flint, and the headers of
libxml2 and libxslt have to be installed for lxml; where they are not, the package is left out by
name.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib

import corpus

# name, version, hash, arguments; in those, "." is the directory of the package
PACKAGES = """
marisa-trie 1.4.1 44ce3bdbeb7c950d463e460184fc3e18702df9ef0edb826bac672fd789fb1d20 src
datrie 0.8.3 ea021ad4c8a8bf14e08a71c7872a622aa399a510f981296825091c7ca0436e80 src
pyfamsa 0.7.0 5b1f3b60a319d5a5c92911cccec7ad7d506799aecac0926fecba4da370cf9b3d -Iinclude src include
python-flint 0.9.0 686b2907eedaf0c0842caefab29a5775d2e633fd5815b81e13b81ca2c6ad0a36 src
lxml 7.0.0b1 c28385c1834aae143367c1251fbdc17fdf6aefbd5d33521778d31dca06286ebc src
pyhmmer 0.12.3 0a4b2f5d8c6c106fce8eb77603387aff94ad8ff8ff1c8094f30fb18cb7694d6e -Iinclude src include
uharfbuzz 0.57.0 55136df18a9dd09fec36d1ceb77965f3108de6d86c338b3825feedb0730d84b7 src
asyncpg 0.32.0 45e64e56714d888330b884aad1dfb363d0bf43fb343e3d1a8968525f3bade478 asyncpg
"""

CYTHON = (".pyx", ".pxd", ".pxi", ".py", ".toml")
C = (".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".inc")


def needs(name):
    """Return the flags that a package's headers need, or None and why it is left out."""
    if name == "python-flint":
        flint = os.environ.get("FLINT_HEADERS")
        if not flint:
            return None, "FLINT_HEADERS is not set"
        return ["--header-path", flint], ""
    if name == "lxml":
        for package in "libxml-2.0", "libxslt":
            if subprocess.run(["pkg-config", "--exists", package], check=False).returncode != 0:
                return None, f"pkg-config knows no {package}"
        return ["--pkg-config", "libxml-2.0", "--pkg-config", "libxslt"], ""
    return [], ""


def blind(tree, target):
    """Copy the Cython of a tree so that no header of it is found."""
    if os.path.isdir(target):
        shutil.rmtree(target)
    for folder, _, files in os.walk(tree):
        for file in files:
            if not file.endswith(CYTHON):
                continue
            with open(os.path.join(folder, file), "rb") as f:
                text = f.read()
            # What Python and the C library declare is known without a header.
            text = re.sub(rb"""(cdef extern from\s+["'])(?!Python\.h|<)""", rb"\1nowhere/", text)
            out = os.path.join(target, os.path.relpath(folder, tree))
            os.makedirs(out, exist_ok=True)
            with open(os.path.join(out, file), "wb") as f:
                f.write(text)


class Locks(dict):
    """The write locks of a run, by where they are, each with its reason."""

    def __init__(self, pyxlock, tree, args):
        super().__init__()
        run = subprocess.run([pyxlock, "annotate", "--list", *args], cwd=tree, check=False, capture_output=True, text=True)
        if run.returncode > 1:
            raise SystemExit(f"headers: {tree}: {run.stderr}")
        for line in run.stdout.splitlines():
            # foo.pyx:12: C.f: write_lock: passes the state to g, …
            if m := re.match(r"([^ ].*?:\d+: .*?): write_lock: (.*)", line):
                self[m[1]] = m[2]


def measure(pyxlock, root, package, reads):
    """Return the figures of a package, and its reasons for write locks, now and with reads."""
    name, version, _, *args = package
    flags, why = needs(name)
    if flags is None:
        print(f"headers: {name} is left out: {why}", file=sys.stderr)
        return None
    tree = os.path.join(root, f"{name}-{version}")
    without = os.path.join(root, "without", f"{name}-{version}")
    blind(tree, without)
    entries = reads.get(name, [])
    said = [x for entry in entries for read in entry.get("reads", []) for x in ("--reads", read)]
    writers = [pattern for entry in entries for pattern in entry.get("writes", [])]
    before = Locks(pyxlock, without, args)
    not_c = Locks(pyxlock, without, ["--reads", "*", *args])
    now = Locks(pyxlock, tree, flags + args)
    accepted = Locks(pyxlock, tree, flags + said + args) if said else now

    def writes(why):
        if "writes to it (" in why or not why.startswith("passes "):
            return True
        function = re.search(r" to (\w+),", why)
        return bool(function) and any(fnmatch.fnmatchcase(function[1], w) for w in writers)

    on_c = [m for m in before if m not in not_c]
    still = [m for m in on_c if m in now]
    left = [m for m in on_c if m in accepted]
    needless = [m for m in left if not writes(accepted[m])]
    return {
        "package": f"{name} {version}",
        "before": len(before),
        "on C alone": len(on_c),
        "now": len(now),
        "still": len(still),
        "known": len([m for m in still if "writes to it (" in now[m]]),
        "with reads": len(left),
        "writes": len(left) - len(needless),
        "needless": len(needless),
        "locks": (before, now, accepted, on_c, needless),
    }


COLUMNS = ("before", "on C alone", "now", "still", "known", "with reads", "writes", "needless")


def row(cells):
    """Return a row of a table."""
    return "| " + " | ".join(str(c) for c in cells) + " |"


def main():
    """Fetch, measure, and print."""
    pyxlock, root, *names = sys.argv[1:]
    pyxlock, root = os.path.abspath(pyxlock), os.path.abspath(root)
    os.makedirs(root, exist_ok=True)
    packages = [line.split() for line in PACKAGES.strip().splitlines()]
    corpus.fetch_all(root, [p[:3] for p in packages], CYTHON + C)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "docs", "evidence", "reads.toml"), "rb") as f:
        reads = tomllib.load(f)
    print(row(("package", *COLUMNS)))
    print("|---" * (len(COLUMNS) + 1) + "|")
    total = dict.fromkeys(COLUMNS, 0)
    details = []
    for package in packages:
        if names and package[0] not in names:
            continue
        figures = measure(pyxlock, root, package, reads)
        if figures is None:
            continue
        for c in COLUMNS:
            total[c] += figures[c]
        print(row([figures["package"], *(figures[c] for c in COLUMNS)]), flush=True)
        details.append(figures)
    print(row(["together", *(total[c] for c in COLUMNS)]))
    with open(os.path.join(root, "locks.txt"), "w", encoding="utf-8") as f:
        for figures in details:
            before, now, accepted, on_c, needless = figures["locks"]
            for m in sorted(before.keys() | now.keys()):
                kind = "needless" if m in needless else "C" if m in on_c else "other" if m in before else "new"
                f.write("\t".join([figures["package"], kind, m, before.get(m, "-"), now.get(m, "-"), accepted.get(m, "-")]) + "\n")
    print(f"headers: {os.path.join(root, 'locks.txt')} has each lock with its reasons", file=sys.stderr)


if __name__ == "__main__":
    main()
