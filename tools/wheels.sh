#!/bin/sh
# Fetches into .venv/wheels what the builds of the tests need, as tools/pins/build.txt
# pins it, once: with it they ask no index, which is slow and takes pip half a second of
# processor time for each build. With a free-threaded interpreter also what the pages of
# docs/howto install for that one (in .venv/guide there is a pip).
# Usage: tools/wheels.sh
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || true)}
pins=tools/pins/build.txt
want=$(cat "$pins" tools/wheels.sh && for one in "$python" $ft; do "$one" -c 'import sys; print(sys.version)'; done)
[ "$(cat .venv/wheels/.made 2>/dev/null || true)" != "$want" ] || exit 0
echo "wheels: fetching into .venv/wheels"
new=$(mktemp -d .venv/wheels.XXXXXX)
trap 'rm -rf "$new"' EXIT
"$python" -m pip download --quiet --disable-pip-version-check --only-binary :all: --no-deps -r "$pins" --dest "$new"
if [ -n "$ft" ]; then
	tools/venv.sh guide "$ft"
	PIP_CONSTRAINT=$PWD/$pins PIP_BUILD_CONSTRAINT=$PWD/$pins .venv/guide/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$new" \
		coverage line_profiler pytest-freethreaded # some have to be built
fi
printf '%s\n' "$want" >"$new/.made"
chmod 755 "$new"
rm -rf .venv/wheels
mv "$new" .venv/wheels
