"""The command line of python -m pyxlock.bench."""

import argparse
import os


def parse(arguments=None):
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m pyxlock.bench",
        description="What a lock costs on this machine: builds a module with each kind of lock, and calls it.",
    )
    parser.add_argument("--seconds", type=float, default=0.2, help="for each figure of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="how often each figure is measured (%(default)s)")
    parser.add_argument(
        "--threads", type=int, default=min(64, os.cpu_count() or 1), metavar="N", help="at most this many (%(default)s)"
    )
    parser.add_argument("--json", metavar="FILE", help="where to keep the figures")
    parser.add_argument("--plot", metavar="DIR", help="where to draw them, as SVG; needs matplotlib")
    parser.add_argument("--from", dest="source", metavar="FILE", help="figures that were kept, instead of measuring")
    return parser.parse_args(arguments)
