#!/bin/sh
# Builds this machine's wheel and the sdist into dist/, and tests the Python
# package: real builds of small packages by pip, in isolated environments.
# Usage: tools/python.sh [PYTEST ARGUMENTS]
set -eu
cd "$(dirname "$0")/.."
tools/venv.sh python "${PYTHON:-python3.11}"
tools/wheel.sh sdist "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
exec .venv/python/bin/python -m pytest -p no:cacheprovider -n 2 --dist loadscope python/tests "$@"
