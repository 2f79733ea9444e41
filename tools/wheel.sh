#!/bin/sh
# Writes the wheels of all platforms and the sdist to dist/. The same sources
# give the same bytes.
# Usage: tools/wheel.sh [GOOS/GOARCH...]      no sdist where platforms are given
set -eu
cd "$(dirname "$0")/.."
tools/venv.sh python "${PYTHON:-python3.11}"
python=.venv/python/bin/python
unset SOURCE_DATE_EPOCH
export GOFLAGS=
mkdir -p dist
if [ $# -eq 0 ]; then
	rm -f dist/pyxlock-*
	$python -m build --sdist --no-isolation --outdir dist . >/dev/null
	set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
fi
for target; do
	PYXLOCK_TARGET=$target $python -m build --wheel --no-isolation --outdir dist . >/dev/null
done
ls dist
