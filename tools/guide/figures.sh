#!/bin/sh
# Measures what a lock costs, without a GIL and with one, and writes docs/guide/figures
# (JSON and pictures) and the tables of the pages there anew. "make guide" calls it.
# Usage: tools/guide/figures.sh [ARGUMENTS OF python -m pyxlock.bench]
set -eu
cd "$(dirname "$0")/../.."
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t || true)}
if [ -z "$ft" ]; then
	echo "no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t on PATH" >&2
	exit 2
fi
tools/venv.sh guide "$ft"
export PYXLOCK="$PWD/bin/pyxlock" PYTHONPATH="$PWD/python" PYTHONDONTWRITEBYTECODE=1
out=docs/guide/figures
mkdir -p $out
.venv/cython-3.3/bin/python -m pyxlock.bench --json $out/gil.json "$@" >/dev/null
.venv/guide/bin/python -m pyxlock.bench --json $out/free-threaded.json --plot $out "$@"
.venv/guide/bin/python tools/guide/tables.py
