#!/bin/sh
# Tests the locks of uncompiled code, and pyxlock.stress, without a GIL. Nearly nothing
# is built here, and threads wait for each other most of the time.
# Exits with 77, and the reason, where there is no free-threaded interpreter.
# Usage: tools/python-ft.sh [PYTEST ARGUMENTS]
set -eu
cd "$(dirname "$0")/.."
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t || true)}
if [ -z "$ft" ]; then
	echo "no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH"
	exit 77
fi
tools/venv.sh python-ft "$ft"
PYTHON_GIL=0 exec tools/ccached.sh .venv/python-ft/bin/python -m pytest -p no:cacheprovider -n 4 \
	python/tests/test_locks.py python/tests/test_shadow.py python/tests/test_stress.py "$@"
