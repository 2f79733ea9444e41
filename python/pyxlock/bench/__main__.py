"""python -m pyxlock.bench."""

import json
import sys
import tempfile

from . import build, measure, table
from .options import parse


def main():
    """Measure, or read what was measured; then print it, and keep and draw what was asked for."""
    options = parse()
    if options.source:
        with open(options.source, encoding="utf-8") as file:
            figures = json.load(file)
    else:
        with tempfile.TemporaryDirectory() as directory:
            built = build.build(directory)
            sys.path.insert(0, directory)
            import pyxlock_bench_locks as locks

            figures = measure.all_of(locks, options)
            figures["build"] = built
    print(table.text(figures), end="")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
            file.write("\n")
    if options.plot:
        from . import plot

        plot.draw(figures, options.plot)


main()
