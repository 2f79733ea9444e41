#!/usr/bin/env bash
# Runs every check of "make test", goes on after a failure, and closes with a
# summary: how long each took, and how much processor time. Exits 1 when a check
# failed. A check that could not run here is skipped, by name and with its reason.
#
# The checks run in lanes, side by side: what one of them waits for (a network,
# a sleep, a program that uses one core) leaves the others the processor. Two of them
# compute, at a lower priority than the others, which have threads that wait for each
# other: beside compilers of the same priority each hand-off between them would
# take as long as a turn of those. Where that is allowed, the others are raised instead:
# beside eight programs that compute, those of a lower priority would get a twentieth
# of the processor. What a check prints is shown when it ends; until then it is in
# build/check/NAME.log.
# Usage: tools/check.sh [NAME...]      runs these alone
set -uo pipefail
cd "$(dirname "$0")/.."

GO=${GO:-go}
# The isolated environments that pip makes for builds live for seconds: compiling
# all of Cython and setuptools to bytecode first is a second of processor time each
# (0.9 of 2.4, measured). Not PIP_NO_COMPILE=1, which pip reads as --compile. What is
# imported is to be kept as bytecode: the Python tests start an interpreter hundreds of
# times, and where an image says PYTHONDONTWRITEBYTECODE each of them would compile
# setuptools and Cython anew, a third of what it takes to build a small package.
export PIP_COMPILE=0
unset PYTHONDONTWRITEBYTECODE
# A program that Go builds has the folder of the checkout in it, and is another one in each
# clone, with all that is kept of it (internal/testcache), unless it leaves that out. It
# also spares compiling everything once more: what is released is built like that.
[[ " ${GOFLAGS:-} " == *" -trimpath "* ]] || export GOFLAGS="${GOFLAGS:+$GOFLAGS }-trimpath"
out=$PWD/build/check
mkdir -p "$out"
wanted=" $* "
TIMEFORMAT='%R %U %S'

# asked NAME: whether a check is one of those to run.
asked() {
	[ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]
}

# check NAME COMMAND...: exit 0 passes, 77 is skipped (the reason is the last
# line of the output), anything else fails.
check() {
	local name=$1
	shift
	asked "$name" || return 0
	echo "== $name begins"
	{ time { "$@" >"$out/$name.log" 2>&1 && echo 0 >"$out/$name.rc" || echo $? >"$out/$name.rc"; }; } 2>"$out/$name.time"
	until mkdir "$out/lock" 2>/dev/null; do sleep 0.1; done
	echo "== $name"
	cat "$out/$name.log"
	rmdir "$out/lock"
}

# summary NAME...: a line for each, and how many passed.
summary() {
	local name rc real user sys line passed=0 failed=0 skipped=0
	echo
	echo "== summary"
	for name; do
		asked "$name" || continue
		rc=$(cat "$out/$name.rc" 2>/dev/null || echo interrupted)
		read -r real user sys < <(tail -n 1 "$out/$name.time" 2>/dev/null || true)
		line=$(LC_ALL=C printf '%-14s %4.0fs %4.0fs processor' "$name" "${real:-0}" "$(awk "BEGIN { print ${user:-0} + ${sys:-0} }")")
		case $rc in
		0) passed=$((passed + 1)); echo "ok    $line" ;;
		77) skipped=$((skipped + 1)); echo "SKIP  $line  $(tail -n 1 "$out/$name.log")" ;;
		*) failed=$((failed + 1)); echo "FAIL  $line" ;;
		esac
	done
	echo
	echo "checks: $passed passed, $failed failed, $skipped skipped, in ${SECONDS}s"
	[ $failed -eq 0 ]
}

# Tests and linters make much that is garbage at once: to look for it less often saves a fifth of
# their processor time. Only of these: pyxlock has a setting of its own, for runs of its kind.
collect=400

# What several lanes use.
build_check() {
	make --no-print-directory build && tools/bytecode.sh && tools/venv.sh python "${PYTHON:-python3.11}" && tools/wheels.sh
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
	GOGC=$collect each_module $GO vet ./...
}

# What it said nothing of it says nothing of again: to find that out by itself, from a
# cache of its own, takes it ten seconds.
staticcheck_check() {
	local key
	$GO build -o build/kept ./tools/kept && key=$(build/kept key staticcheck environment "text=$($GO version)" 'checkout=*.go' 'checkout=*.mod' 'checkout=*.sum' \
		$(git ls-files -co --exclude-standard '*staticcheck.conf' | sed 's/^/checkout=/')) || return 1
	if build/kept has "$key"; then
		echo "unchanged: it was silent about the same files before"
		return
	fi
	GOGC=$collect each_module $GO tool -modfile="$PWD/tools/lint.mod" staticcheck ./... && build/kept put "$key"
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
	$GO tool -modfile=tools/lint.mod govulncheck ./... || rc=$?
	if [ $rc -eq 1 ] && grep -q '^govulncheck: fetching vulnerabilities:' "$out/govulncheck.log"; then
		echo "the vulnerability database cannot be reached; set GOVULNDB to a copy of it"
		return 77
	fi
	return $rc
}

# What these packages test is made by other programs (Cython, compilers, pip,
# interpreters), of which Go knows nothing when it decides whether a result is
# still good.
others='/(runtime|docs|internal/(golden|stress|corpus|compiler))$'

# testsum runs go test and prints packages, failures, and every skipped test. -vet=off:
# "go test" would vet each package once more, by some of the rules of "vet", which is
# a check of its own. What "race" runs as a whole is left to it: the same code, in which the
# detector looks for more.
tests() {
	local all concurrent rc=0
	all=$($GO list ./... | grep -v -E "$others") && concurrent=$(concurrent_packages) || return 1
	if ! asked race; then
		plain_tests -- $all
		return
	fi
	plain_tests -- $(grep -vxF "$concurrent" <<<"$all") || rc=1
	plain_tests -run "^($one_goroutine|$shorter)$" -- $(having "$one_goroutine|$shorter" $concurrent) || rc=1
	return $rc
}

plain_tests() {
	GOGC=$collect $GO run ./tools/testsum -kept -vet=off -timeout 30m "$@"
}

# The limit is for a machine that has much else to do: what hangs has limits of
# its own (internal/steps).
build_tests() {
	$GO run ./tools/testsum -vet=off -count=1 -timeout 150m -p 2 -parallel 4 $($GO list ./... | grep -E "$others" | grep -v -E "$threads")
}

# Those of them that wait for threads most of the time.
threads='/(runtime|internal/stress)$'

thread_tests() {
	$GO run ./tools/testsum -vet=off -count=1 -timeout 150m -p 2 -parallel 4 $($GO list ./... | grep -E "$threads")
}

# The race detector needs cgo. It sees races between goroutines, so it gets what has
# any: the packages that start one or that guard something against another, transform
# and the commands among them, which run all the others. What it would learn nothing
# from are the packages that spend their time in other programs, and some long tests
# that go through many inputs, each in one goroutine that shares no variable with
# others; "test" runs these without it, and what does less when -short is set, once more
# as a whole. tools/testsum holds this to what the tests are (lanes_test.go).
one_goroutine='TestTruncatedInput|TestCheckTruncated|TestCythonNames|TestFilterLeavesOtherTextAlone|TestReportsAreSmall|TestPreviewsOfGoldens|TestModels|TestMutations|TestReference|TestHostile|TestBounds|TestNesting|TestDeep|TestOracle|TestCheckGrowsNoFasterThanTheCode|TestReviewAgreesWithTheRewrite|FuzzCommands|FuzzRewrite'
shorter='TestManyOverridesAreFew|TestOneResultWhateverTheJobs|TestOneReportWhateverTheJobs'

concurrent_packages() {
	local package dir
	$GO list -f '{{.ImportPath}} {{.Dir}}' ./... | while read -r package dir; do
		[[ $package =~ $others ]] ||
			! grep -qE '^[[:space:]]*go [a-zA-Z(.]+\(|\.Go\(|\.Parallel\(\)|"sync(/atomic)?"' "$dir"/*.go || echo "$package"
	done
}

# having NAMES PACKAGE...: those of the packages that have one of these tests.
having() {
	local names=$1 package dir
	shift
	$GO list -f '{{.ImportPath}} {{.Dir}}' "$@" | while read -r package dir; do
		! grep -qsE "^func ($names)\(" "$dir"/*_test.go || echo "$package"
	done
}

# A program built for the detector sleeps for a second before it exits, in case other
# goroutines come to a race yet. The scripts of the commands start hundreds, so that
# they slept for three minutes; the commands wait for what they start before they exit.
race_tests() {
	GOGC=$collect GORACE=atexit_sleep_ms=10 CGO_ENABLED=1 $GO run ./tools/testsum -kept -vet=off -race -short -timeout 60m -skip "^($one_goroutine)$" -- $(concurrent_packages)
}

# Two lanes take from this list what nobody has taken yet: the longest first, so that
# neither ends long before the other. What is in one entry shares a folder.
queue=(builds linters packages race test browser)

take_builds() { check builds build_tests; }
take_race() { check race race_tests; }
take_test() { check test tests; }
take_browser() { check browser tools/browser.sh; }
take_linters() {
	check gofmt gofmt_check
	check mod mod_check
	check vet vet_check
	check staticcheck staticcheck_check
	check actionlint actionlint_check
	check govulncheck vuln_check
}
take_packages() {
	check python tools/python.sh
	check examples tools/examples.sh
	# The figures of the page are measured with -O3, which takes twice as long to compile.
	check guide env SECONDS_EACH=0.05 CFLAGS="-O1 -g0" tools/ccached.sh tools/guide/package.sh
}

# by LEVELS changes the priority of this subshell and of what it starts; fewer is more.
by() {
	renice -n $(($(nice) + $1)) -p "$BASHPID" >/dev/null 2>&1
}

lane() {
	local name
	[ "$raise" = yes ] || by 10
	for name in "${queue[@]}"; do
		! mkdir "$out/$name.taken" 2>/dev/null || "take_$name"
	done
}

rm -rf "$out"/*.rc "$out"/*.time "$out"/*.taken "$out/lock"
check build build_check
raise=$( (by -10 && echo yes) || echo no)
threads_lane() {
	[ "$raise" = no ] || by -10
	check "$@"
}

set -m # each lane is a process group, which an interrupt ends
threads_lane threads thread_tests </dev/null &
lanes=$!
threads_lane python-ft tools/python-ft.sh </dev/null &
lanes="$lanes $!"
lane </dev/null &
lanes="$lanes $!"
lane </dev/null &
lanes="$lanes $!"
set +m
trap 'for lane in $lanes; do kill -TERM -- -$lane; done 2>/dev/null; wait; exit 130' INT TERM
wait
summary build gofmt mod vet staticcheck actionlint govulncheck threads builds test race browser python python-ft examples guide
