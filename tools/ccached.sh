#!/bin/sh
# Runs a command, and the compilers that it calls by their names through ccache, where
# that is installed: builds of the tests compile much that is the same, in one run (of
# two ways to build a package, both make the same C) and from run to run (the program
# changed, but not what it makes of these sources). What ccache keeps is in the cache
# of the tests (internal/testcache), and PYXLOCK_TEST_CACHE=off does without.
# Usage: tools/ccached.sh COMMAND...
set -eu
if [ "${PYXLOCK_TEST_CACHE:-}" != off ] && ccache=$(command -v ccache); then
	bin=$(cd "$(dirname "$0")/.." && pwd)/build/ccache
	mkdir -p "$bin"
	for name in cc c++ gcc g++; do
		[ -e "$bin/$name" ] || ln -s "$ccache" "$bin/$name" 2>/dev/null || [ -e "$bin/$name" ]
	done
	export PATH="$bin:$PATH" CCACHE_DIR="${PYXLOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pyxlock-test}/ccache"
	# The folder of a build is in what it compiles only for debuggers.
	export CCACHE_MAXSIZE=500M CCACHE_NOHASHDIR=1
fi
exec "$@"
