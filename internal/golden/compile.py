"""Compiles many Cython files in one process, for the golden tests.

Usage: compile.py WORK.json RESULTS.jsonl

WORK.json is a list of units: {"id", "source", "root", "output", "cplus",
"directives", "env", "warnings", "include"}. "root" is the include path, which
the optional list "include" extends; "directives" is written as for "cython -X";
"shared", if it is there, is the module that has Cython's own utility code.
Every warning is an error unless "warnings" is true. RESULTS.jsonl gets one line for each unit,
in order: {"id", "ok", "messages"}. A unit that takes UNIT_SECONDS ends the process (the one
that compiles it, and then this one), with a traceback that shows where Cython is.

All units cimport the same pyxlock.pxd, and to parse it would be a quarter of the work: it
is parsed once, and the others get a copy of that tree.
"""

import faulthandler
import gc
import io
import json
import multiprocessing
import os
import pickle
import sys
import tempfile
import traceback
from pathlib import Path

from Cython.Compiler import Errors, Main, Options, PyrexTypes

UNIT_SECONDS = 600
FIRST_UNITS = 5
UNITS_OF_CHILD = 40


class Kept:
    """A tree that was parsed, to be copied: all but its source and Cython's types."""

    def __init__(self, tree, source):
        """Keep a tree."""
        self.types = []
        out = io.BytesIO()
        pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = lambda part: self.name(part, source)
        pickler.dump(tree)
        self.data = out.getvalue()

    def name(self, part, source):
        """Return what stands for a part that is not copied, None for the others."""
        if part is source:
            return "source"
        if isinstance(part, PyrexTypes.PyrexType):
            self.types.append(part)
            return len(self.types) - 1
        return None

    def copy(self, source):
        """Return the tree as it is of that source."""
        unpickler = pickle.Unpickler(io.BytesIO(self.data))
        unpickler.persistent_load = lambda name: source if name == "source" else self.types[name]
        return unpickler.load()


def parse_once(filename):
    """Have Cython parse files of that name and of the same bytes once."""
    parse, kept = Main.Context.parse, {}

    def parse_or_copy(context, source, scope, pxd, full_module_name):
        path = Path(source.filename)
        # Where warnings are no errors, they are to be printed each time.
        if path.name != filename or not Options.warning_errors:
            return parse(context, source, scope, pxd, full_module_name)

        def settings():
            future = tuple(sorted(map(repr, context.future_directives)))
            return context.language_level, future, context.legacy_implicit_noexcept

        before = settings()
        directives = repr(sorted(context.compiler_directives.items()))
        key = path.read_bytes(), pxd, full_module_name, context.cpp, directives, before
        if key in kept:
            scope.cpp = context.cpp
            return kept[key].copy(source)
        tree = parse(context, source, scope, pxd, full_module_name)
        if settings() == before:  # it says nothing that holds for the rest
            kept[key] = Kept(tree, source)
        return tree

    Main.Context.parse = parse_or_copy


def compile_unit(unit):
    """Compile one unit; return whether it worked, and what Cython printed."""
    Options.warning_errors = not unit["warnings"]
    shared = {"shared_utility_qualified_name": unit["shared"]} if unit.get("shared") else {}
    options = Main.CompilationOptions(
        include_path=[unit["root"], *unit.get("include", [])],
        output_file=unit["output"],
        cplus=unit["cplus"],
        language_level=3,
        compiler_directives=Options.parse_directive_list(unit["directives"]),
        compile_time_env=dict(unit["env"] or {}),
        **shared,
    )
    printed = io.StringIO()
    real = sys.stderr
    sys.stderr = printed
    try:
        result = Main.compile(unit["source"], options)
        ok = result.num_errors == 0 and os.path.exists(unit["output"])
    except Errors.CompileError as error:
        printed.write("%s\n" % error)
        ok = False
    except Exception:
        printed.write("Cython crashed:\n" + traceback.format_exc())
        ok = False
    finally:
        sys.stderr = real
    return ok, printed.getvalue()


def compile_units(units, out):
    """Compile units, and write a line for each."""
    for unit in units:
        faulthandler.dump_traceback_later(UNIT_SECONDS, exit=True)
        ok, messages = compile_unit(unit)
        record = {"id": unit["id"], "ok": ok, "messages": messages}
        out.write(json.dumps(record) + "\n")
        out.flush()
    faulthandler.cancel_dump_traceback_later()


def main():
    """Read the work list, compile, write the results."""
    with open(sys.argv[1], encoding="utf-8") as file:
        units = json.load(file)
    results = os.path.abspath(sys.argv[2])
    parse_once("pyxlock.pxd")
    # Cython also looks for .pxd files in the current directory: let it be empty.
    with tempfile.TemporaryDirectory() as empty, open(results, "w", encoding="utf-8") as out:
        os.chdir(empty)
        # A compilation leaves objects that refer to each other. To look for them costs more
        # than to have a child of this process compile some units and end: it begins with what
        # the first units have left, Cython's own tables.
        gc.disable()
        compile_units(units[:FIRST_UNITS], out)
        gc.collect()
        gc.freeze()
        for begin in range(FIRST_UNITS, len(units), UNITS_OF_CHILD):
            some = units[begin : begin + UNITS_OF_CHILD]
            child = multiprocessing.get_context("fork").Process(target=compile_units, args=(some, out))
            child.start()
            child.join()
            if child.exitcode:
                sys.exit(f"the process that compiled units ended with {child.exitcode}")
        os.chdir("/")


if __name__ == "__main__":
    main()
