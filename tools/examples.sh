#!/usr/bin/env bash
# Installs examples as their users would: pip, build isolation on, a fresh
# environment, pyxlock from the wheel built here. Then runs each example's tests
# there, and on a free-threaded interpreter its stress.py as well: with the locks it
# must pass, without them it must not. Where nothing breaks without them, as on one
# processor, that is said, since then it shows nothing that it passes with them. An
# example is examples/NAME with tests/ (unittest) and stress.py. The wheels are kept
# (internal/testcache), and built anew where the example, pyxlock, or what builds has
# changed; tests and stress are run each time.
# Usage: tools/examples.sh [NAME...]    SECONDS_EACH, PYTHON, PYXLOCK_FT_PYTHON may be set.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
[ $# -gt 0 ] || set -- matrix poly

tools/wheel.sh "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
go build -o build/kept ./tools/kept
tools/venv.sh cython-3.3 "${PYTHON:-python3.11}"
tools/bytecode.sh
export PIP_FIND_LINKS="$root/dist $root/build/bytecode ${PIP_FIND_LINKS:-}"
export PIP_CONSTRAINT=$root/tools/pins/build.txt PIP_BUILD_CONSTRAINT=$root/tools/pins/build.txt
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t || true)}

# install NAME PYTHON DIR [VARIABLE=VALUE...]: a copy of the example into a new
# environment, DIR/venv.
install() {
	local name=$1 python=$2 dir=$3 key pip own
	shift 3
	rm -rf "$dir"
	mkdir -p "$dir/wheel"
	git ls-files -co --exclude-standard -z "examples/$name" |
		xargs -0 -I{} sh -c '[ ! -e "$1" ] || cp --parents "$1" "$2"' - {} "$dir"
	pip=("$python" -m pip)
	if ! "${pip[@]}" --version >/dev/null 2>&1; then
		own=$root/build/examples/pip-$(basename "$python")
		[ -d "$own" ] || "$python" -m venv "$own"
		pip=("$own/bin/python" -m pip)
	fi
	# What is at these paths is hashed below, wherever the checkout lies.
	key=$(env -u PIP_CONSTRAINT -u PIP_BUILD_CONSTRAINT -u PIP_FIND_LINKS "$@" \
		build/kept key "wheel of an example" environment "python=$(command -v "$python")" compiler=gcc compiler=g++ \
		"text=$("${pip[@]}" --version | cut -d " " -f 1-2)" $(printf 'path=%s ' dist/*.whl) path=tools/pins/build.txt \
		checkout=tools/bytecode.py checkout=tools/bytecode.sh checkout=tools/lexicon.py checkout=tools/utilities.py \
		"checkout=examples/$name")
	if build/kept get "$key" "$dir/wheel.zip"; then
		"$python" -m zipfile -e "$dir/wheel.zip" "$dir/wheel"
	else
		env "$@" tools/ccached.sh "${pip[@]}" wheel --quiet --no-deps --wheel-dir "$dir/wheel" "$dir/examples/$name"
		(cd "$dir/wheel" && "$python" -m zipfile -c ../wheel.zip ./*.whl)
		build/kept put "$key" "$dir/wheel.zip"
	fi
	# The environment is one without pip, which would be most of it.
	"$python" -m venv --without-pip "$dir/venv"
	"${pip[@]}" --python "$dir/venv/bin/python" install --quiet --no-index "$dir/wheel/"*.whl
}

# tests NAME DIR: what the example does, in one thread. Importing a module that does
# not say it can do without the GIL warns.
tests() {
	(cd "$2/examples/$1" && "$2/venv/bin/python" -B -W error::RuntimeWarning -m unittest discover -s tests)
}

# stress NAME DIR SECONDS
stress() {
	(cd "$2/examples/$1" && timeout -k 5 300 "$2/venv/bin/python" -B -W error::RuntimeWarning stress.py "$3")
}

# survives NAME DIR: nothing breaks, however long it is tried.
survives() {
	local seconds
	for seconds in 1 2 4 8 16; do
		stress "$1" "$2" "$seconds" 2>/dev/null || return 1
	done
}

# The option, for setuptools and for meson-python.
off=(PYXLOCK_FLAGS=--locking=off PIP_CONFIG_SETTINGS=setup-args=-Dlocking=off)

rm -rf "$root"/build/examples/pip-* # for interpreters that have none
for name; do
	dir=$root/build/examples/$name
	echo "== $name: ${PYTHON:-python3.11}"
	install "$name" "${PYTHON:-python3.11}" "$dir/on" CFLAGS=-O0
	tests "$name" "$dir/on"
	echo "== $name: ${ft:-${PYTHON:-python3.11}}, without locks"
	install "$name" "${ft:-${PYTHON:-python3.11}}" "$dir/off" CFLAGS=-O0 "${off[@]}"
	tests "$name" "$dir/off"
	if [ -z "$ft" ]; then
		echo "SKIP $name: no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH"
		continue
	fi
	if survives "$name" "$dir/off"; then
		echo "SKIP $name, without locks: nothing broke in half a minute of each stress on this machine"
	fi
	echo "== $name: $ft"
	install "$name" "$ft" "$dir/ft" CFLAGS=-O1
	tests "$name" "$dir/ft"
	stress "$name" "$dir/ft" "${SECONDS_EACH:-2}"
done
