"""All of it in order: the calm run, the storm, and for what it finds the shortest script."""

import json
import os
import platform
import signal
import sys
import sysconfig
import time
import traceback

from .calm import Calm
from .cases import Cases, calls_of
from .options import Choice, parse
from .parent import FREE_THREADED, QUIET, Workplace
from .report import Report, plural
from .script import script
from .shrink import Failure, Shrinker

CASE = 0.1  # seconds of a case
SHOWN = 10.0  # seconds that a printed script runs, at most


class Usage(Exception):
    """What the user has to change."""


class Session:
    """A run of the program."""

    def __init__(self, options):
        """Begin with the command line's options."""
        self.options = options
        self.report = Report(options.quiet)
        self.choice = Choice(options.classes, options.exclude, options.members, options.often)
        self.place = Workplace()
        # In a build that checks, every other child pauses at locks and checks, each by a seed of its own.
        self.jitters, self.jitter, self.batches = "PYXLOCK_JITTER" not in os.environ, "", 0
        self.findings, self.suspects, self.notes = [], [], {}
        self.calls = self.cases_played = 0
        self.stormed = 0.0

    def run(self):
        """Do it; return the exit status."""
        try:
            self.calm = self.look()
            self.report.calm(self.calm)
            if not self.calm.calls:
                raise Usage("nothing can be called: see above, and --factory")
            if self.options.seconds:
                self.storm()
        except Usage as error:
            self.report.warn(str(error))
            return 2
        except KeyboardInterrupt:
            self.report.warn("interrupted")
            self.finish()
            return 130 if not self.findings else 1
        finally:
            self.place.close()
        self.finish()
        return 1 if self.findings else 0

    def look(self):
        """Run the calm run."""
        calm = Calm(self.options.module)
        calm.run(self.place, self.options, self.choice, self.report.progress)
        self.report.clear()
        if calm.usage:
            raise Usage(calm.usage)
        if calm.error:
            raise Usage(f"{self.options.module}: {calm.error}")
        for c in calm.classes:
            c["wanted"] = self.choice.wanted(c["path"], None)
        if not any(c["wanted"] for c in calm.classes):
            raise Usage(f"{self.options.module} has no extension type{' that --class and --exclude leave' if calm.classes else ''}")
        if not FREE_THREADED:
            self.report.warn(
                f"{platform.python_implementation()} {platform.python_version()} has a GIL: threads change only between bytecodes, and where "
                "the module releases it, so most races do not show. Use a free-threaded build, such as python3.14t."
            )
        elif calm.gil:
            self.report.warn("the GIL is on (PYTHON_GIL=1): most races do not show")
        return calm

    def storm(self):
        """Play cases until the time is over, or enough was found."""
        options, calm = self.options, self.calm
        often = {c["label"] for c in calm.calls if self.choice.often(c["cls"], c["member"])}
        cases = self.cases = Cases(options.module, calm.recipes, calm.calls, options.threads, options.seed, often)
        factories = [f.partition(":")[0] for _, f in options.factory]
        cases.modules = sorted({*calm.modules, *factories})
        number, alone = 0, set()
        batch = min(100, max(20, int(4 * calm.startup / CASE)))
        while self.stormed < options.seconds and len(self.findings) < options.findings:
            drawn, misses = [], 0
            while len(drawn) < min(batch, 1 + int((options.seconds - self.stormed) / CASE)) and misses < 10 * max(1, len(cases.classes)):
                case = cases.draw(number)
                number += 1
                if case is None or any(label in alone for label in calls_of(case)):
                    misses += 1
                else:
                    drawn.append({**case, "modules": cases.modules})
            if not drawn:
                self.report.say("nothing is left to call that is not known to fail")
                break
            self.batch(drawn, alone)

    def batch(self, drawn, alone):
        """Play some cases in a child, and follow up what goes wrong."""
        state = {"number": -1, "threads": False, "odd": []}
        begun = time.monotonic()
        self.batches += 1
        jitter = str(abs(self.options.seed) * 1000 + self.batches) if self.batches % 2 == 0 else ""
        self.pauses(jitter)

        def heard(kind, data):
            if kind == "case":
                state.update(number=data, threads=False)
            elif kind == "threads":
                state["threads"] = True
            elif kind == "played":
                self.calls += data["calls"]
                self.cases_played += 1
                state["odd"] += [(drawn[state["number"]], key) for key in data["odd"]]
            at = self.stormed + time.monotonic() - begun
            self.report.progress(
                f"{min(at, self.options.seconds):.0f} s of {self.options.seconds:g}: {plural(self.cases_played, 'case')}, "
                f"{self.calls:,} calls, {len(self.findings)} found"
            )

        end = self.place.job({"kind": "storm", "cases": drawn, "seconds": CASE, "limit": self.options.seconds - self.stormed}, heard)
        violations = self.place.violations
        self.pauses("")
        self.jitter = jitter
        # What it took to start is not time in which calls met.
        self.stormed += max(CASE, time.monotonic() - begun - (self.calm.startup if end.kind == "ok" else 0) - (QUIET if end.kind == "hang" else 0))
        at = state["number"]
        if end.kind in ("crash", "hang") and at >= 0:
            if not state["threads"] and not (at and end.kind == "crash"):
                self.blame(drawn[at], end, alone)
                return
            # A damage may show in a later case than the one that did it.
            candidates = [drawn[k] for k in range(at, max(-1, at - 3), -1)]
            detail = end.detail if end.kind == "crash" else "a deadlock, or a loop that does not end"
            self.follow(Failure(end.kind, end.kind, detail), candidates, end, alone)
        elif end.kind == "error" and at < 0:
            raise Usage(f"{self.options.module}: a child ended with {end.detail}: {end.err.strip()[-300:]}")
        for violation in violations:
            key = violation["key"]
            if not violation["certain"]:
                self.notes[key] = violation["what"]
            elif len(self.findings) < self.options.findings and key not in {x["key"] for x in self.findings + self.suspects}:
                self.follow(Failure("violation", key, violation["what"]), self.of_violation(violation, drawn), end, alone)
        for case, key in state["odd"]:
            labels = frozenset(calls_of(case))
            known = {(s["key"], s["labels"]) for s in self.suspects}
            if len(self.findings) >= self.options.findings or (key, labels) in known or any(f["key"] == key for f in self.findings):
                continue
            if self.raises_alone(case, key):
                self.suspects.append({"key": key, "labels": labels})
                continue
            self.follow(Failure("exception", key, key), [case], end, alone)

    def pauses(self, jitter):
        """Have children pause by a seed, or not at all, unless the user said how."""
        if self.jitters:
            self.place.environment["PYXLOCK_JITTER"] = jitter

    def of_violation(self, violation, drawn):
        """Put the cases first that are about the class of a violation."""
        name = str(violation.get("class") or "").rpartition(".")[2]
        return sorted(drawn, key=lambda c: not any(name and label.startswith(name + ".") for label in calls_of(c)))[:6]

    def raises_alone(self, case, key):
        """Tell whether one thread raises the same, in any of many orders."""
        found = []

        def heard(kind, data):
            if kind == "seen":
                found.extend(data)

        for seed in range(2):
            self.place.job({"kind": "alone", "case": case, "seconds": 10 * CASE, "seed": seed, "tell": False}, heard)
        return key in found

    def fails_alone(self, case, kind):
        """Tell whether one thread that makes the calls of a case ends in the same way; return the call that it ended in."""
        last = []

        def heard(what, data):
            if what == "calling":
                last[:] = [data]

        for tell in (False, True):
            end = self.place.job({"kind": "alone", "case": case, "seconds": 1.0, "seed": 1, "tell": tell}, heard)
            if end.kind != kind and not tell:
                return None
        return last[0] if last and end.kind == kind else calls_of(case)[0]

    def blame(self, case, end, alone):
        """Leave out the call that fails in one thread."""
        label = self.fails_alone(case, end.kind) or calls_of(case)[0]
        alone.add(label)
        self.calm.left_out[label] = f"{'crashes' if end.kind == 'crash' else 'hangs'} in one thread alone"
        self.report.say(f"  left out: {label}: {self.calm.left_out[label]} ({end.detail})")

    def follow(self, failure, candidates, end, alone):
        """Find the shortest script that shows a failure, and report it."""
        after = self.stormed
        if failure.kind in ("crash", "hang"):
            label = self.fails_alone(candidates[0], failure.kind)
            if label:
                alone.add(label)
                self.calm.left_out[label] = f"{'crashes' if failure.kind == 'crash' else 'hangs'} in one thread alone"
                self.report.say(f"  left out: {label}: {self.calm.left_out[label]} ({end.detail})")
                return
        shrinker = Shrinker(self.place, failure, self.options.shrink, self.report.progress, self.calm.gil, self.cases.known, self.cases.plainer())
        self.pauses("")
        case = shrinker.begin(candidates)
        if case is None and self.jitters and self.jitter:
            self.pauses(self.jitter)
            case = shrinker.begin(candidates)
        again = None
        if case is None:
            self.suspects.append({"key": failure.key, "labels": frozenset(calls_of(candidates[0]))})
            if failure.kind == "exception":
                return
            case = candidates[0]
            again = "it did not show again: this is all that was run, and damage may have been done before"
        else:
            case = shrinker.shrink(case)
            if failure.kind == "exception" and self.raises_alone(case, failure.key):
                self.suspects.append({"key": failure.key, "labels": frozenset(calls_of(case))})
                return
            case, failed, took = shrinker.settle(case, SHOWN if failure.kind == "crash" else shrinker.seconds, 60)
            if failure.kind == "exception" and not failed:
                self.suspects.append({"key": failure.key, "labels": frozenset(calls_of(case))})
                return
            again = f"shows again in {failed} of 5 runs" + (f", after {took:.1f} s" if took and failure.kind == "crash" else "")
        labels = calls_of(case)
        self.cases.known.append(frozenset(labels) if len(labels) <= 2 else frozenset(labels[:2]))
        what = self.what(failure, case)
        seconds = SHOWN if failure.kind in ("crash", "hang") else 3
        text = script(case, self.title(what, again), seconds, failure.kind, shrinker.bare, self.calm.gil)
        finding = {
            "kind": failure.kind,
            "key": failure.key,
            "what": what,
            "labels": labels,
            "after": after,
            "again": again,
            "script": text,
            "lines": len(text.splitlines()),
            "violation": failure.detail if failure.kind == "violation" else None,
        }
        self.findings.append(finding)
        if self.options.scripts:
            os.makedirs(self.options.scripts, exist_ok=True)
            name = f"{self.options.module.replace('.', '_')}_{len(self.findings)}.py"
            finding["file"] = os.path.join(self.options.scripts, name)
            with open(finding["file"], "w", encoding="utf-8") as file:
                file.write(text)
        self.report.finding(len(self.findings), finding)

    def what(self, failure, case):
        """Say what was found in a line."""
        threads = [" then ".join(dict.fromkeys(s["label"] for s in t)) for t in case["threads"]]
        names = list(dict.fromkeys(threads))
        if len(names) == 1:
            names = [f"{names[0]} in {plural(len(threads), 'thread')}"]
        calls = " beside ".join(names[:3]) + (" and others" if len(names) > 3 else "")
        if failure.kind == "crash":
            return f"{failure.detail} from {calls}"
        if failure.kind == "hang":
            return f"a hang from {calls}"
        if failure.kind == "violation":
            return f"{failure.detail}, from {calls}"
        return f"{failure.detail!r}, never in one thread, from {calls}"

    def title(self, what, again):
        """Return the docstring of a script."""
        gil = "PYTHON_GIL=0 " if FREE_THREADED else ""
        if self.jitters and self.place.environment.get("PYXLOCK_JITTER"):
            gil += f"PYXLOCK_JITTER={self.place.environment['PYXLOCK_JITTER']} "
        version = f"Python {platform.python_version()}{', free-threaded' if FREE_THREADED else ''}"
        return (
            f"{'A' + what[1:] if what.startswith('a ') else what}.\n\nFound by pyxlock.stress, seed {self.options.seed}, on {version}: {again}.\n"
            f"Run it with {gil}python -X faulthandler.\n"
        ).replace("\\", "\\\\").replace('"""', "'''")

    def finish(self):
        """Say how much was done, and write the data."""
        found = len(self.findings)
        for what in self.notes.values():
            self.report.say(f"perhaps: {what}")
        if self.options.seconds and getattr(self, "calm", None):
            self.report.say(
                f"{'' if not found else chr(10)}{plural(self.cases_played, 'case')}, {self.calls:,} calls in {self.options.threads} threads, "
                f"{self.stormed:.0f} s: {f'{found} found' if found else 'nothing found'} (seed {self.options.seed})"
            )
        if self.options.json:
            calm = getattr(self, "calm", None)
            data = {
                "module": self.options.module,
                "seed": self.options.seed,
                "threads": self.options.threads,
                "seconds": round(self.stormed, 2),
                "cases": self.cases_played,
                "calls": self.calls,
                "python": sys.version,
                "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
                "classes": len(calm.classes) if calm else 0,
                "made": sorted({r["cls"] for r in calm.recipes}) if calm else [],
                "members": sorted({f"{c['cls']}.{c['member']}" for c in calm.calls}) if calm else [],
                "left_out": calm.left_out if calm else {},
                "perhaps": list(self.notes.values()),
                "findings": self.findings,
            }
            with open(self.options.json, "w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
                file.write("\n")


def main(arguments=None):
    """Run the program; return its exit status."""
    options = parse(arguments)
    # Whatever ends the program, its children end with it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return Session(options).run()
    except Exception:
        # 1 would say that something was found.
        traceback.print_exc()
        return 2
    finally:
        signal.signal(signal.SIGTERM, before)
