#!/bin/sh
# Takes locks away from annotated packages, one at a time, and sees whether checked builds
# report it: builds (build.py), runs (run.py) and prints the tables of docs/evidence/checked.md
# (table.py). PLAIN=N also runs N mutants of each package without checks, for their crashes.
# Usage: mutants.sh PYXLOCK DIR [NAME...]      needs a free-threaded python
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
pyxlock=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") dir=$(cd "$2" && pwd) # children run in other directories
shift 2
python=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t)} || {
	echo "mutants: no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t on PATH" >&2
	exit 2
}
venv=$here/../../.venv/cython-3.3/bin/python
[ $# -gt 0 ] || set -- $("$venv" -c "import tomllib; print(*(p['name'] for p in tomllib.load(open('$here/packages.toml', 'rb'))['package']))")
export PYTHONPATH="$here/../../python"
for name; do
	"$venv" "$here/build.py" "$pyxlock" "$dir" "$python" ${PLAIN:+--plain} "$name"
	[ -e "$dir/$name/mutants.json" ] || continue
	"$python" "$here/run.py" "$dir" "$name"
	[ -z "${PLAIN:-}" ] || "$python" "$here/run.py" "$dir" "$name" --kind plain --sample "$PLAIN" --group 1
done
"$venv" "$here/table.py" "$dir"
