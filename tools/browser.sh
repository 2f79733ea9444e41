#!/usr/bin/env bash
# Looks at pages of `pyxlock preview --format=html` in a real browser: tools/browser.
# CHROMIUM names the browser. Exits with 77, and the reason, where there is none.
# In CI as root it installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

names=${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}
find_browser() {
	local name
	for name in $names; do
		command -v "$name" && return
	done
	return 1
}

CHROMIUM=$(find_browser) || {
	if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
	fi
	CHROMIUM=$(find_browser)
} || {
	echo "no browser: apt-get install chromium, or set CHROMIUM"
	exit 77
}
command -v npm >/dev/null || {
	echo "no npm, which fetches axe-core, the audit of accessibility"
	exit 77
}

dir=$PWD/build/browser
mkdir -p "$dir"
if ! cmp -s tools/browser/package-lock.json "$dir/package-lock.json" || [ ! -f "$dir/node_modules/axe-core/axe.min.js" ]; then
	cp tools/browser/package.json tools/browser/package-lock.json "$dir/"
	npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error
fi
# Without the commit in it, so that it is the same after one that does not change it.
${GO:-go} build -trimpath -buildvcs=false -ldflags=-w -o build/browser/pyxlock ./cmd/pyxlock
export CHROMIUM PYXLOCK=$PWD/build/browser/pyxlock PYXLOCK_ROOT=$PWD AXE=$dir/node_modules/axe-core/axe.min.js

# The pages of the same program in the same browser look the same.
key=
if [ $# -eq 0 ]; then
	${GO:-go} build -o build/kept ./tools/kept
	corpus=build/corpus/python-flint-0.9.0
	key=$(env -u PYXLOCK -u PYXLOCK_ROOT -u AXE build/kept key browser environment \
		"text=$("$CHROMIUM" --version 2>/dev/null), $(${GO:-go} version), $(fc-list 2>/dev/null | sort | cksum)" \
		path=build/browser/pyxlock "path=build/browser/node_modules/axe-core/axe.min.js" checkout=tools/browser checkout=examples/matrix \
		$([ ! -d $corpus ] || echo path=$corpus/src))
	if build/kept has "$key"; then
		echo "unchanged: it has passed with the same program, browser and tests before"
		exit
	fi
fi
(cd tools/browser && ${GO:-go} test -count=1 -timeout 10m "$@" ./...)
[ -z "$key" ] || build/kept put "$key"
