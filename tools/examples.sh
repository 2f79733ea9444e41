#!/usr/bin/env bash
# Installs examples as their users would: build isolation on, a fresh environment,
# pyxlock from the wheel built here; by uv, which takes a tenth of pip's time. Then runs each example's tests
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
tools/venv.sh python "${PYTHON:-python3.11}"
tools/wheels.sh
tools/bytecode.sh
uv=$root/.venv/python/bin/uv
export UV_FIND_LINKS=$root/dist,$root/build/bytecode,$root/.venv/wheels UV_BUILD_CONSTRAINT=$root/tools/pins/build.txt
export UV_NO_CONFIG=1 UV_NO_INDEX=1 UV_OFFLINE=1 UV_LINK_MODE=copy UV_CACHE_DIR=$root/build/uv
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || command -v python3.13t || true)}

# install NAME PYTHON DIR LEVEL LOCKING: a copy of the example, optimized at that level and
# with locks ("on") or without ("off"), into a new environment, DIR/venv.
install() {
	local name=$1 python dir=$3 key setting
	python=$(command -v "$2")
	# meson.build has an option, and setuptools reads the variable.
	setting=setup-args=-Dlocking=$5
	set -- "CFLAGS=$4" "PYXLOCK_FLAGS=--locking=$5"
	rm -rf "$dir"
	mkdir -p "$dir/wheel"
	git ls-files -co --exclude-standard -z "examples/$name" |
		xargs -0 -I{} sh -c '[ ! -e "$1" ] || cp --parents "$1" "$2"' - {} "$dir"
	# What is at these paths is hashed below, wherever the checkout lies.
	key=$(env -u UV_BUILD_CONSTRAINT -u UV_FIND_LINKS -u UV_CACHE_DIR "$@" \
		build/kept key "wheel of an example" environment "python=$python" compiler=gcc compiler=g++ \
		"text=$("$uv" --version)" $(printf 'path=%s ' dist/*.whl) path=tools/pins/build.txt \
		checkout=tools/bytecode.py checkout=tools/bytecode.sh checkout=tools/lexicon.py checkout=tools/utilities.py \
		"checkout=examples/$name")
	if build/kept get "$key" "$dir/wheel.zip"; then
		"$python" -m zipfile -e "$dir/wheel.zip" "$dir/wheel"
	else
		env "$@" tools/ccached.sh "$uv" build --quiet --wheel --python "$python" --config-setting "$setting" --out-dir "$dir/wheel" "$dir/examples/$name"
		(cd "$dir/wheel" && "$python" -m zipfile -c ../wheel.zip ./*.whl)
		build/kept put "$key" "$dir/wheel.zip"
	fi
	"$python" -m venv --without-pip "$dir/venv"
	"$uv" pip install --quiet --python "$dir/venv/bin/python" "$dir/wheel/"*.whl
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

for name; do
	dir=$root/build/examples/$name
	echo "== $name: ${PYTHON:-python3.11}"
	install "$name" "${PYTHON:-python3.11}" "$dir/on" "-O0 -g0" on
	tests "$name" "$dir/on"
	echo "== $name: ${ft:-${PYTHON:-python3.11}}, without locks"
	install "$name" "${ft:-${PYTHON:-python3.11}}" "$dir/off" "-O0 -g0" off
	tests "$name" "$dir/off"
	if [ -z "$ft" ]; then
		echo "SKIP $name: no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH"
		continue
	fi
	if survives "$name" "$dir/off"; then
		echo "SKIP $name, without locks: nothing broke in half a minute of each stress on this machine"
	fi
	echo "== $name: $ft"
	install "$name" "$ft" "$dir/ft" "-O1 -g0" on
	tests "$name" "$dir/ft"
	stress "$name" "$dir/ft" "${SECONDS_EACH:-2}"
done
