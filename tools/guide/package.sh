#!/usr/bin/env bash
# One real package from start to end, for docs/guide/one-package.md: fetches the sdist of
# borghash, shows that it breaks without a GIL, has its locks proposed, builds it again, shows
# that it holds, and measures what that costs.
# Usage: tools/guide/package.sh [DIRECTORY]      PYXLOCK_FT_PYTHON, SDIST, SECONDS_EACH, SECONDS_RACE
# may be set. "make test" runs it with a small load, and asserts no figure.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || true)}
[ -n "$ft" ] || { echo "no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t on PATH"; exit 77; }
tools/venv.sh guide "$ft"
make --no-print-directory build
dir=${1:-build/guide/borghash}
rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
python=$root/.venv/guide/bin/python
sdist=${SDIST:-}
if [ -z "$sdist" ]; then
	"$python" -m pip download -q --no-deps --no-binary :all: -d "$dir" borghash==0.2.1
	sdist=$dir/borghash-0.2.1.tar.gz
fi
export PYXLOCK=$root/bin/pyxlock PYTHONPATH=$root/python PYTHON_GIL=0

say() { printf '\n== %s\n' "$*"; }

# build WHICH: the modules in place, declared to need no GIL.
build() {
	"$python" -m "$2" -i -q -X freethreading_compatible=True,language_level=3 src/borghash/HashTable.pyx src/borghash/HashTableNT.pyx >"$dir/$1.log" 2>&1 ||
		{ cat "$dir/$1.log"; exit 1; }
}

# race WHICH: whether eight threads break a table, within a while. With the locks they must not,
# nor wait for each other for ever: for that they get much longer than they take on a busy machine.
race() {
	local status=0 seconds=${SECONDS_RACE:-60}
	[ "$1" = before ] || seconds=$((20 * seconds))
	timeout "$seconds" "$python" "$root/tools/guide/race.py" src || status=$?
	case $status in
	0) echo "$1: nothing was lost" ;;
	124) echo "$1: hangs" ;;
	*) echo "$1: exit status $status" ;;
	esac
	[ "$1" = before ] || [ $status -eq 0 ] || exit 1
}

for which in before after; do
	mkdir "$dir/$which"
	tar -xzf "$sdist" -C "$dir/$which" --strip-components=1
	rm -f "$dir/$which"/src/borghash/*.c
done

cd "$dir/before"
say "before: as it is"
build before Cython.Build.Cythonize
race before
"$python" "$root/tools/guide/lookups.py" src before

cd "$dir/after"
say "what pyxlock proposes"
"$PYXLOCK" annotate --in-place --quiet src
"$PYXLOCK" annotate src
"$PYXLOCK" check src
say "after: with the locks"
build after pyxlock.cythonize
race after
"$python" "$root/tools/guide/lookups.py" src after

say "why lookups are writers, and what changes when they are not"
"$PYXLOCK" check --explain HashTable.__getitem__ src | head -n 6
# The decision that is a person's: the statistics are for debugging, and go.
sed -i '/self\.stats_[a-z_]* += 1$/d' src/borghash/HashTable.pyx
git init -q . 2>/dev/null || true
sed -i '/@cython\.\(read\|write\)_lock/d; /@cython\.locked_class/d' src/borghash/HashTable.pyx
"$PYXLOCK" annotate --in-place --quiet src
"$PYXLOCK" annotate src
build without-statistics pyxlock.cythonize
race "without statistics"
"$python" "$root/tools/guide/lookups.py" src "without statistics"
