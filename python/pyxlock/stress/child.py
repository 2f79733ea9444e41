"""The process that imports the module, makes its objects and calls them, and may die.

    python -m pyxlock.stress.child JOB JOURNAL

The job is JSON; what happens is written to the journal at once, a line of JSON each,
so that it is there when the process is no more.
"""

import atexit
import faulthandler
import json
import os
import sys
import time

LONGEST = 1800  # seconds, for any job


def journal(path):
    """Return a function that writes a line."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # Out of the way of members that take small numbers for files of theirs.
        import fcntl

        file = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 700)
    except (ImportError, OSError):
        pass

    def say(kind, data=None):
        os.write(file, (json.dumps([kind, data]) + "\n").encode())

    return say


def limits():
    """Bound what a file can grow to, and write no memory image."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))


def calm(job, say):
    """Find classes, objects, and calls, in one thread."""
    from .discover import discover
    from .make import Maker
    from .options import Choice

    say("importing", None)
    types, described, functions = discover(job["module"], lambda name, why: say("unimported", [name, why]))
    choice = Choice(**job["choice"])
    say("modules", sorted({d["module"] for d in described} | {f["module"] for f in functions}))
    say("classes", [{"path": d["path"], "dangerous": d["dangerous"], "members": [m["name"] for m in d["members"]]} for d in described])
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    say("gil", gil)
    factories, calls = {}, {}
    for cls, factory in job["factories"]:
        if cls is None:
            home, _, name = factory.partition(":")
            made = type(getattr(__import__(home, fromlist=["_"]), name)())
            matching = [p for p, c in types.items() if c is made]
        else:
            matching = [p for p in types if p == cls or p.endswith("." + cls)]
        if not matching:
            say("usage", f"--factory {factory}: no extension type of {job['module']} is called {cls or made.__qualname__}")
            return
        factories[matching[0]] = factory
    for cls, text in job["calls"]:
        matching = [p for p in types if p == cls or p.endswith("." + cls)]
        if not matching:
            say("usage", f"--call {cls}{text[2:]}: no extension type of {job['module']} is called {cls}")
            return
        calls.setdefault(matching[0], []).append(text)
    Maker(described, functions, choice.wanted, factories, calls, job["known"], job["skip"], say).all()


def storm(job, say):
    """Play cases, one after the other, while there is time."""
    from .script import play

    begun = time.monotonic()
    for number, case in enumerate(job["cases"]):
        if time.monotonic() - begun > job["limit"]:
            break
        say("case", number)
        say("played", play(case, job["seconds"], say))


def alone(job, say):
    """Play a case in one thread alone, and say what it raises; where asked, each call before it is made."""
    import random

    from .script import Player

    tell = (lambda statement: say("calling", statement["label"])) if job["tell"] else None
    player = Player(job["case"])
    say("seen", sorted(player.alone(time.monotonic() + job["seconds"], random.Random(job["seed"]), tell)))


def main():
    """Do a job."""
    job_file, journal_file = sys.argv[1:]
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    say = journal(journal_file)
    limits()
    faulthandler.enable(all_threads=True)
    # Should the parent be gone, nobody ends a child that hangs.
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    {"calm": calm, "storm": storm, "alone": alone}[job["kind"]](job, say)
    say("end")
    # Objects that were damaged are not taken apart. What reports at exit does so.
    sys.stdout.flush()
    atexit._run_exitfuncs()
    os._exit(0)


if __name__ == "__main__":
    main()
