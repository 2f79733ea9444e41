#!/usr/bin/env bash
# Builds the package with its locks and without, and stresses both on a
# free-threaded interpreter: the first must survive, the second must not. Exits with
# 77 where nothing breaks without locks, as on one processor.
# Usage: demo.sh [SECONDS]    PYTHON, CYTHON_PYTHON and PYXLOCK may be set.
#
# Cython runs on CYTHON_PYTHON; the modules are built for PYTHON.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
PYXLOCK=${PYXLOCK:-$root/bin/pyxlock}
CYTHON_PYTHON=${CYTHON_PYTHON:-$root/.venv/cython-3.3/bin/python}
PYTHON=${PYTHON:-${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t || true)}}
[ -n "$PYTHON" ] || {
	echo "demo: no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH" >&2
	exit 2
}
build=${BUILD:-$root/build/matrix}

# make FORM FLAGS...: rewrite, cython, gcc; $build/FORM can then be imported from.
make_form() {
	local form=$1
	shift
	rm -rf "$build/$form"
	"$PYXLOCK" rewrite src -o "$build/$form" "$@"
	"$CYTHON_PYTHON" -m cython -I "$build/$form" "$build/$form/matrix/_matrix.pyx"
	local suffix include
	suffix=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
	include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')
	gcc -shared -fPIC -O2 -I"$include" -I"$build/$form" -o "$build/$form/matrix/_matrix$suffix" \
		"$build/$form/matrix/_matrix.c"
}

run() {
	PYTHON_GIL=0 PYTHONPATH="$build/$1" timeout -k 5 120 "$PYTHON" -B "${@:2}"
}

make_form locked
make_form unlocked --locking=off
for form in locked unlocked; do
	run $form tests/test_matrix.py
done

echo "with locks:"
run locked stress.py "${1:-2}"
echo "without locks:"
for seconds in "${1:-2}" 4 8 16 none; do
	if [ "$seconds" = none ]; then
		echo "demo: nothing broke without locks either, in half a minute of each stress on this machine" >&2
		exit 77
	fi
	run unlocked stress.py "$seconds" || break
done
echo "demo: with its locks the class survives what breaks it without"
