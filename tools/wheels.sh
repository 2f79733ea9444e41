#!/bin/sh
# Fetches into .venv/wheels what the builds of the tests need, as tools/pins/build.txt
# pins it, once: with it they ask no index, which is slow and takes pip half a second of
# processor time for each build.
# Usage: tools/wheels.sh
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}
pins=tools/pins/build.txt
want=$(cat "$pins" tools/wheels.sh && "$python" -c 'import sys; print(sys.version)')
[ "$(cat .venv/wheels/.made 2>/dev/null || true)" != "$want" ] || exit 0
echo "wheels: fetching into .venv/wheels"
new=$(mktemp -d .venv/wheels.XXXXXX)
trap 'rm -rf "$new"' EXIT
"$python" -m pip download --quiet --disable-pip-version-check --only-binary :all: --no-deps -r "$pins" --dest "$new"
printf '%s\n' "$want" >"$new/.made"
chmod 755 "$new"
rm -rf .venv/wheels
mv "$new" .venv/wheels
