#!/bin/sh
# Builds this machine's wheel and the sdist into dist/, and tests the Python
# package: real builds of small packages by pip, in isolated environments, and the
# locks of uncompiled code, those without a GIL as well.
# Usage: tools/python.sh [PYTEST ARGUMENTS]
set -eu
cd "$(dirname "$0")/.."
tools/venv.sh python "${PYTHON:-python3.11}"
tools/wheel.sh sdist "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
.venv/python/bin/python -m pytest -p no:cacheprovider -n 2 --dist loadscope python/tests "$@"

ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t || true)}
if [ -z "$ft" ]; then
	echo "SKIP python, without a GIL: no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH"
	exit 0
fi
tools/venv.sh python-ft "$ft"
PYTHON_GIL=0 .venv/python-ft/bin/python -m pytest -p no:cacheprovider -n 2 python/tests/test_locks.py python/tests/test_shadow.py
