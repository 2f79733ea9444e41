"""Compiles many Cython files in one process, for the golden tests.

Usage: compile.py WORK.json RESULTS.jsonl

WORK.json is a list of units: {"id", "source", "root", "output", "cplus",
"directives", "env", "warnings", "include"}. "root" is the include path, which
the optional list "include" extends; "directives" is written as for "cython -X";
"shared", if it is there, is the module that has Cython's own utility code.
Every warning is an error unless "warnings" is true. RESULTS.jsonl gets one line for each unit,
in order: {"id", "ok", "messages"}. A unit that takes UNIT_SECONDS ends the process,
with a traceback that shows where Cython is.
"""

import faulthandler
import gc
import io
import json
import os
import sys
import tempfile
import traceback

from Cython.Compiler import Errors, Main, Options

UNIT_SECONDS = 600


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


def main():
    """Read the work list, compile, write the results."""
    with open(sys.argv[1], encoding="utf-8") as file:
        units = json.load(file)
    results = os.path.abspath(sys.argv[2])
    # Cython also looks for .pxd files in the current directory: let it be empty.
    with tempfile.TemporaryDirectory() as empty, open(results, "w", encoding="utf-8") as out:
        os.chdir(empty)
        # A compilation makes many objects that live to its end: looking for
        # garbage less often saves a quarter of the time.
        gc.freeze()
        gc.set_threshold(200_000, 20, 100)
        for unit in units:
            faulthandler.dump_traceback_later(UNIT_SECONDS, exit=True)
            ok, messages = compile_unit(unit)
            record = {"id": unit["id"], "ok": ok, "messages": messages}
            out.write(json.dumps(record) + "\n")
            out.flush()
        faulthandler.cancel_dump_traceback_later()
        os.chdir("/")


if __name__ == "__main__":
    main()
