"""What the command line says."""

import argparse
import fnmatch
import re

EPILOG = """\
exit status: 0 nothing was found; 1 something was, and a script shows it again; 2 the
command line is wrong, the module cannot be imported, or there is nothing to call.

The module is imported, and its members are called with made-up arguments, in processes
of their own that run in a temporary directory. Members whose names say that they end
processes, run programs, remove files or open connections are not called. Do not run it
on a module that talks to what you cannot lose.
"""


class Choice:
    """Which classes and members are called: globs, as the user gave them."""

    def __init__(self, classes=(), exclude=(), members=(), often=()):
        """Keep the globs."""
        self.classes, self.exclude, self.members, self.more = list(classes), list(exclude), list(members), list(often)

    def data(self):
        """Return what makes another of these, to be sent to a child."""
        return {"classes": self.classes, "exclude": self.exclude, "members": self.members, "often": self.more}

    def wanted(self, path, member, named=False):
        """Tell whether a member of a class is called, or, for None, whether any is.

        named: only where it is named in full.
        """
        if self.classes and not any(matches(path, glob) for glob in self.classes):
            return False
        if any(matches(path, glob) for glob in self.exclude):
            return False
        if member is None:
            return True
        whole = f"{path}.{member}"
        if named:
            return any(member == m or whole.endswith("." + m) for m in self.members)
        if self.members and not any(fnmatch.fnmatchcase(member, g) or matches(whole, g) for g in self.members):
            return False
        return not any(matches(whole, g) or fnmatch.fnmatchcase(member, g) for g in self.exclude)

    def often(self, path, member):
        """Tell whether a member of a class is to be called more often than others."""
        return any(fnmatch.fnmatchcase(member, g) or matches(f"{path}.{member}", g) for g in self.more)


def matches(path, glob):
    """Tell whether a dotted path, or a last part of it, is of a glob."""
    parts = path.split(".")
    return any(fnmatch.fnmatchcase(".".join(parts[k:]), glob) for k in range(len(parts)))


def factory(text):
    """Read --factory: [CLASS=]MODULE:FUNCTION."""
    match = re.fullmatch(r"(?:([\w.]+)=)?([\w.]+):(\w+)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not MODULE:FUNCTION or CLASS=MODULE:FUNCTION")
    return [match.group(1), f"{match.group(2)}:{match.group(3)}"]


def call(text):
    """Read --call: CLASS.MEMBER(ARGUMENTS)."""
    match = re.match(r"([\w.]+)(\.\w+\(.*\))$", text, re.DOTALL)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not CLASS.MEMBER(ARGUMENTS)")
    try:
        compile("a" + match.group(2), "<--call>", "eval")
    except SyntaxError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error.msg}") from None
    if "$" in text:
        raise argparse.ArgumentTypeError(f"{text!r} has a $")
    return [match.group(1), "$0" + match.group(2)]


def positive(kind):
    """Return a reader of positive numbers."""

    def read(text):
        number = kind(text)
        if number <= 0:
            raise ValueError(text)
        return number

    read.__name__ = f"positive {kind.__name__}"
    return read


def seconds(text):
    """Read a time, which may be 0."""
    number = float(text)
    if not 0 <= number < 1e6:
        raise ValueError(text)
    return number


def parser():
    """Return the command line's parser."""
    p = argparse.ArgumentParser(
        prog="python -m pyxlock.stress",
        description="Call the extension types of a module from several threads at once, at random; where that crashes, "
        "hangs, breaks a check of a build with --locking=check, or raises what it never raises in one thread, print a "
        "short script that shows it again.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("module", metavar="MODULE", help="a module or package that can be imported; submodules are imported, too")
    p.add_argument("--seconds", type=seconds, default=30, help="how long to run threads (default 30); 0 only says what would be called")
    p.add_argument("--threads", type=positive(int), default=4, help="how many (default 4)")
    p.add_argument("--seed", type=int, default=0, help="seed for the choice of calls (default 0)")
    p.add_argument("--class", dest="classes", action="append", default=[], metavar="GLOB", help="only these classes: Name or module.Name; may be repeated")
    p.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="not these classes or members: Name, Name.member, member; may be repeated")
    p.add_argument("--members", action="append", default=[], metavar="GLOB", help="only these members; may be repeated. One that is named in full is called whatever its name says")
    p.add_argument("--often", action="append", default=[], metavar="GLOB", help="call these members more often than others; may be repeated")
    p.add_argument("--factory", type=factory, action="append", default=[], metavar="[CLASS=]MODULE:FUNCTION", help="make the objects of a class by calling this; may be repeated")
    p.add_argument("--call", type=call, action="append", default=[], metavar="CLASS.MEMBER(ARGUMENTS)", help="call a member with these arguments, too; i in them is a number that varies; may be repeated")
    p.add_argument("--findings", type=positive(int), default=5, metavar="N", help="stop after this many (default 5)")
    p.add_argument("--shrink", type=seconds, default=60, metavar="SECONDS", help="how long to look for a shorter script, for each finding (default 60)")
    p.add_argument("--scripts", metavar="DIR", help="write the scripts there, too")
    p.add_argument("--json", metavar="FILE", help="write what was found there, too")
    p.add_argument("--quiet", action="store_true", help="no progress, and no list of what is left out")
    return p


def parse(arguments):
    """Read the command line; argparse ends the program with 2 where it is wrong."""
    p = parser()
    options = p.parse_args(arguments)
    if options.threads < 2:
        p.error("--threads: at least two")
    if not re.fullmatch(r"\w+(\.\w+)*", options.module):
        p.error(f"{options.module!r} is not the name of a module: give the name that it is imported by")
    return options
