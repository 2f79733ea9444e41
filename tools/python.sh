#!/bin/sh
# Builds this machine's wheel and the sdist into dist/, and tests the Python
# package: real builds of small packages by pip, in isolated environments, and the
# locks of uncompiled code and the stress of modules; tools/python-ft.sh runs those
# without a GIL.
# Tests that passed with the same inputs are left out, and counted as unchanged (see
# python/tests/kept.py); PYXLOCK_TEST_CACHE=off runs all.
# Usage: tools/python.sh [PYTEST ARGUMENTS]
set -eu
cd "$(dirname "$0")/.."
tools/venv.sh python "${PYTHON:-python3.11}"
tools/venv.sh linters "${PYTHON:-python3.11}"
tools/wheel.sh sdist "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
tools/venv.sh cython-3.3 "${PYTHON:-python3.11}"
tools/wheels.sh
tools/bytecode.sh # and .venv/guide, which draws the pictures of docs/guide

# What all tests marked "kept" depend on. What each of them reads besides, its mark says
# (python/tests/kept.py).
go build -o build/kept ./tools/kept
PYXLOCK_KEPT_KEY=$(build/kept key "python tests" environment "text=$(go version), $(git --version)" \
	compiler=gcc compiler=g++ \
	$(for dir in .venv/python .venv/linters .venv/guide .venv/cython-*; do [ ! -d $dir ] || echo "python=$dir/bin/python"; done) \
	$(printf 'path=%s ' dist/*.whl) checkout=python/tests/conftest.py checkout=python/tests/kept.py checkout=python/tests/warm.py checkout=pyproject.toml \
	checkout=tools/pins checkout=tools/bytecode.py checkout=tools/bytecode.sh checkout=tools/ccached.sh checkout=tools/python.sh checkout=tools/wheels.sh)
export PYXLOCK_KEPT_KEY PYXLOCK_KEPT="$PWD/build/kept"

tools/ccached.sh .venv/python/bin/python -m pytest -p no:cacheprovider -n 2 --dist loadscope python/tests "$@"
