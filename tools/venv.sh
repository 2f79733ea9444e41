#!/bin/sh
# Makes one virtual environment under .venv from its pin file, once: a later call
# with the same pins and the same interpreter does nothing. A checkout that was moved
# makes it anew: its programs name their interpreter by its whole path. Its Cython, if it
# has one, is made to start sooner (tools/lexicon.py, tools/utilities.py).
# Usage: tools/venv.sh NAME PYTHON      (NAME: tools/pins/NAME.txt, .venv/NAME)
set -eu
cd "$(dirname "$0")/.."
name=$1
python=$2
pins=tools/pins/$name.txt
mkdir -p .venv
dir=$(cd .venv && pwd -P)/$name
command -v "$python" >/dev/null || {
	echo "venv: $python not found: set PYTHON to a Python 3.11 interpreter" >&2
	exit 2
}
want="$(cat "$pins"; "$python" -c 'import sys; print(sys.version, sys.base_prefix)'; echo "$dir")"
if [ ! -x "$dir/bin/python" ] || [ "$(cat "$dir/.pins" 2>/dev/null || true)" != "$want" ]; then
	echo "venv: making .venv/$name"
	rm -rf "$dir"
	"$python" -m venv "$dir"
	"$dir/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps -r "$pins"
	printf '%s\n' "$want" >"$dir/.pins"
fi
if grep -q '^Cython==' "$pins" && ! cat tools/lexicon.py tools/utilities.py | cmp -s - "$dir/.sooner"; then
	"$dir/bin/python" tools/lexicon.py
	"$dir/bin/python" tools/utilities.py
	cat tools/lexicon.py tools/utilities.py >"$dir/.sooner"
fi
