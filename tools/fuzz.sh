#!/usr/bin/env bash
# Runs every Fuzz function of the module for a short time each (FUZZTIME, 20s). Inputs
# of whole commands would take a minute each to be made small: ten tries are enough.
set -euo pipefail
cd "$(dirname "$0")/.."
GO=${GO:-go}
count=0
for package in $($GO list ./...); do
	dir=$($GO list -f '{{.Dir}}' "$package")
	for name in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u); do
		echo "== $package $name"
		$GO test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-20s}" -fuzzminimizetime 10x -parallel 2
		count=$((count + 1))
	done
done
echo "fuzz: $count functions"
