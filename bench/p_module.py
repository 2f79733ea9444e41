"""Times Cython's own parser: p_module over a list of files.

Usage: p_module.py LIST ROUNDS

LIST names one file a line. Prints one JSON object: the files that were parsed
without an error, and the seconds of processor time that one pass over those
files took, for each round. Reading and decoding the files is not timed.
"""

import io
import json
import sys
import time

from Cython.Compiler import Errors, Parsing, Scanning
from Cython.Compiler.Main import CompilationOptions, Context


def prepare(path, context):
    """Return a function that parses one file, text already in memory."""
    descriptor = Scanning.FileSourceDescriptor(path, path)
    with Scanning.Utils.open_source_file(path) as file:
        encoding, text = file.encoding, file.read()
    scope = context.find_submodule("module")

    def parse():
        scanner = Scanning.PyrexScanner(
            io.StringIO(text), descriptor, source_encoding=encoding, scope=scope, context=context
        )
        return Parsing.p_module(scanner, 0, "module")

    return parse


def accepts(parse):
    """Tell whether a file parses."""
    Errors.init_thread()
    try:
        parse()
    except Exception:
        return False
    return Errors.get_errors_count() == 0


def main():
    """Parse, time, print."""
    with open(sys.argv[1], encoding="utf-8") as file:
        paths = file.read().splitlines()
    sys.stderr = io.StringIO()
    context = Context.from_options(CompilationOptions())
    good = []
    for path in paths:
        try:
            parse = prepare(path, context)
        except Exception:
            continue
        if accepts(parse):
            good.append((path, parse))
    seconds = []
    for _ in range(int(sys.argv[2])):
        Errors.init_thread()
        start = time.process_time()
        for _, parse in good:
            parse()
        seconds.append(time.process_time() - start)
    compiled = not Parsing.__file__.endswith(".py")
    print(json.dumps({"files": [path for path, _ in good], "seconds": seconds, "compiled": compiled}))


if __name__ == "__main__":
    main()
