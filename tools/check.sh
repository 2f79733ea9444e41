#!/usr/bin/env bash
# Runs every check of "make test", goes on after a failure, and closes with a
# summary. Exits 1 when a check failed. A check that could not run here is
# skipped, by name and with its reason.
set -uo pipefail
cd "$(dirname "$0")/.."

GO=${GO:-go}
passed=0 failed=0 skipped=0
summary=()
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# check NAME COMMAND...: exit 0 passes, 77 is skipped (the reason is the last
# line of the output), anything else fails.
check() {
	local name=$1 start=$SECONDS rc=0
	shift
	echo "== $name"
	"$@" 2>&1 | tee "$out/log"
	rc=${PIPESTATUS[0]}
	local took=$((SECONDS - start))
	case $rc in
	0) passed=$((passed + 1)) summary+=("$(printf 'ok    %-14s %4ds' "$name" "$took")") ;;
	77) skipped=$((skipped + 1)) summary+=("$(printf 'SKIP  %-14s %4ds  %s' "$name" "$took" "$(tail -n 1 "$out/log")")") ;;
	*) failed=$((failed + 1)) summary+=("$(printf 'FAIL  %-14s %4ds' "$name" "$took")") ;;
	esac
}

gofmt_check() {
	local bad
	bad=$(git ls-files -co --exclude-standard '*.go' | while read -r f; do [ -f "$f" ] && echo "$f"; done | xargs gofmt -l) || return 1
	[ -z "$bad" ] || { echo "not formatted:"; echo "$bad"; return 1; }
}

# bench/islands and tools/browser are modules of their own.
each_module() {
	"$@" && (cd bench/islands && "$@") && (cd tools/browser && "$@")
}

# The module files must be what "go mod tidy" writes.
mod_check() {
	each_module $GO mod tidy -diff
}

vet_check() {
	each_module $GO vet ./...
}

staticcheck_check() {
	each_module $GO tool -modfile="$PWD/tools/lint.mod" staticcheck ./...
}

# The workflows that docs/howto/github-actions.md has people copy.
actionlint_check() {
	$GO tool -modfile=tools/lint.mod actionlint docs/examples/*.yml
}

# govulncheck exits 3 when it found a vulnerability, and 1 for anything else
# that went wrong. Only its own word that the database cannot be fetched makes
# this a skip.
vuln_check() {
	local rc=0
	$GO tool -modfile=tools/lint.mod govulncheck ./... >"$out/vuln" 2>&1 || rc=$?
	cat "$out/vuln"
	if [ $rc -eq 1 ] && grep -q '^govulncheck: fetching vulnerabilities:' "$out/vuln"; then
		echo "the vulnerability database cannot be reached; set GOVULNDB to a copy of it"
		return 77
	fi
	return $rc
}

# testsum runs go test and prints packages, failures, and every skipped test.
tests() {
	$GO run ./tools/testsum -timeout 30m ./...
}

# The race detector needs cgo. The packages that build real extension modules
# spend their time in other programs and are left out, the C runtime's among them.
race_tests() {
	CGO_ENABLED=1 $GO run ./tools/testsum -race -short -timeout 20m \
		$($GO list ./... | grep -v -E '/(runtime|docs|internal/(golden|stress|corpus|compiler))$')
}

check build make --no-print-directory build
check gofmt gofmt_check
check mod mod_check
check vet vet_check
check staticcheck staticcheck_check
check actionlint actionlint_check
check govulncheck vuln_check
check test tests
check race race_tests
check browser tools/browser.sh
check python tools/python.sh
check examples tools/examples.sh

echo
echo "== summary"
printf '%s\n' "${summary[@]}"
echo
echo "checks: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
