#!/usr/bin/env bash
# Runs every Fuzz function of the module for a short time each (FUZZTIME, 20s).
set -euo pipefail
cd "$(dirname "$0")/.."
GO=${GO:-go}
# Nothing random, but too long for each test run: inputs that end anywhere.
PYXLOCK_CUTS=400 $GO test ./transform -run TestCheckTruncated -count=1 -timeout 120m
count=0
for package in $($GO list ./...); do
	dir=$($GO list -f '{{.Dir}}' "$package")
	for name in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u); do
		echo "== $package $name"
		$GO test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-20s}" -fuzzminimizetime 20x -parallel 2
		count=$((count + 1))
	done
done
echo "fuzz: $count functions"
