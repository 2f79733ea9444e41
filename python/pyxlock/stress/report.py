"""What is said: progress on a terminal, what is left out, findings."""

import sys
import time


class Report:
    """Writes findings to stdout, and what goes on to stderr where that is a terminal."""

    def __init__(self, quiet):
        """Begin; quiet leaves out all but findings."""
        self.quiet, self.shown, self.last = quiet, 0, 0.0
        self.terminal = sys.stderr.isatty() and not quiet

    def progress(self, text, now=False):
        """Show what goes on, on the line of what was shown last."""
        if not self.terminal or not now and time.monotonic() - self.last < 0.1:
            return
        self.last = time.monotonic()
        sys.stderr.write("\r" + text[:110].ljust(self.shown))
        sys.stderr.flush()
        self.shown = len(text[:110])

    def clear(self):
        """Take away the line of progress."""
        if self.shown:
            sys.stderr.write("\r" + " " * self.shown + "\r")
            sys.stderr.flush()
            self.shown = 0

    def say(self, text, always=False):
        """Write a line."""
        if always or not self.quiet:
            self.clear()
            print(text, flush=True)

    def warn(self, text):
        """Write a warning."""
        self.clear()
        print(f"pyxlock.stress: {text}", file=sys.stderr, flush=True)

    def calm(self, calm):
        """Say what will be called, and what not, and why."""
        by_class = {}
        for call in calm.calls:
            by_class.setdefault(call["cls"], set()).add(call["member"])
        members = sum(map(len, by_class.values()))
        self.say(f"{calm.module}: {plural(len(calm.classes), 'extension type')}, {len(by_class)} with calls: {plural(members, 'member')}, {plural(len(calm.calls), 'call')}")
        for why, names in grouped((why.splitlines()[0][:120], name) for name, why in calm.unimported):
            self.say(f"  not imported: {few(names)}: {why}")
        for path in calm.not_made():
            self.say(f"  not made: {path}: {calm.why_not(path)}; name a function that makes one with --factory")
        for why, names in grouped((why, name) for name, why in calm.left_out.items()):
            self.say(f"  left out: {few(names)}: {why}")
        for path, names in calm.dangerous():
            self.say(f"  not called, for their names: {path}: {', '.join(names)}")
        for path, names in calm.without_calls(by_class):
            self.say(f"  no arguments found: {path}: {', '.join(names)}")

    def finding(self, number, finding):
        """Say what was found, with its script."""
        self.say(f"\nfound {number}: {finding['what']}, after {finding['after']:.1f} s", always=True)
        if finding["again"]:
            self.say(f"  {finding['again']}", always=True)
        if finding.get("file"):
            self.say(f"  in {finding['file']}", always=True)
        self.say("", always=True)
        self.say(finding["script"], always=True)


def plural(number, word):
    """Return a number of things."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def grouped(pairs):
    """Return what has the same reason together."""
    out = {}
    for why, name in pairs:
        out.setdefault(why, []).append(name)
    return out.items()


def few(names, most=6):
    """Return some of many names."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
