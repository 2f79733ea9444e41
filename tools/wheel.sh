#!/bin/sh
# Writes the wheels of all platforms and the sdist to dist/, and dist/sbom.cdx.json, which
# says what the programs are made of. The same sources give the same bytes.
# Usage: tools/wheel.sh [sdist] [GOOS/GOARCH...]      writes these alone
set -eu
cd "$(dirname "$0")/.."
tools/venv.sh python "${PYTHON:-python3.11}"
unset SOURCE_DATE_EPOCH
export GOFLAGS=
mkdir -p dist
if [ $# -eq 0 ]; then
	rm -f dist/pyxlock-*
	set -- sdist linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
fi
for what; do
	kind=--wheel
	[ "$what" != sdist ] || kind=--sdist
	PYXLOCK_TARGET=$what .venv/python/bin/python -m build $kind --no-isolation --outdir dist . >dist/log 2>&1 ||
		{ cat dist/log; exit 1; }
	tail -n 1 dist/log
done
rm dist/log
# What is in the programs that were built here, for who has to say so: CycloneDX.
programs=$(find build/wheel -type f -name 'pyxlock*' | sort)
[ -z "$programs" ] || go run ./tools/sbom "$(sed -n 's/^const version = "\(.*\)"$/\1/p' cmd/pyxlock/version.go)" $programs >dist/sbom.cdx.json
