#!/usr/bin/env bash
# Measures pyxlock against its targets: "make bench". Every figure is a ratio of
# things measured in this run, in turns, or a rate over a named corpus.
# The corpus is build/corpus where "make corpus" has fetched it, and otherwise
# the Cython files that Cython itself ships.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python=${PYTHON:-.venv/cython-3.3/bin/python}
corpus=${PYXLOCK_CORPUS:-build/corpus}
if [ ! -d "$corpus" ]; then
	corpus=$("$python" -c 'import Cython; print(Cython.__path__[0])')
fi
go build -trimpath -o "$tmp/pyxlock" ./cmd/pyxlock
go build -trimpath -o "$tmp/empty" ./bench/empty
go run ./bench -corpus "$corpus" -python "$python" -pyxlock "$tmp/pyxlock" -empty "$tmp/empty" "$@"
echo
echo "C headers, with bodies, on one core (PYXLOCK_HEADERS names a directory; Python's own are the default):"
PYXLOCK_HEADERS=${PYXLOCK_HEADERS:-$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')} \
	GOMAXPROCS=1 go test ./parser/c -count=1 -run '^$' -bench Headers -benchtime 5x | grep Benchmark
