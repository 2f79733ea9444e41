#!/usr/bin/env bash
# Checks the model of the lock (rwlock.pml) with Spin: each configuration of the
# table below exhaustively, then each mutation, which a configuration must catch.
#
#   check.sh             the default set and the mutations
#   check.sh long        the long set too
#   check.sh NAME...     these configurations or mutations
#   check.sh trail NAME  the steps to the error of one that has one
#
# Exits nonzero if anything comes out otherwise than the tables say. Needs spin and
# a C compiler (CC). Works in a temporary directory and leaves nothing behind.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-$(command -v clang || echo cc)}	# at -O0 clang is twice as fast
spin=${SPIN:-spin}
command -v "$spin" >/dev/null || { echo "check.sh: spin is not installed" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Programs: R1 reads object 1, W2 writes object 2; a>b nested, a,b one after the
# other, axb crossed (take a, take b, leave a, leave b); ?W1 tries; D delists
# somebody. Each thread picks one of its list; one list serves all threads (then
# only sorted picks are explored: threads are alike), or / divides the threads'.
#
# Options: see the head of rwlock.pml; "ends" also looks for cycles of states, "waiter"
# for those in which the first thread waits for ever.
#
# name|set|threads|objects|counters|options|programs
configurations=$(cat <<'END'
one-2|default|2|1|1|TIMED INTR|R1 W1 R1>R1 R1>W1 W1>R1 W1>W1 R1xW1 W1xR1 ?R1 ?W1 R1>?W1 R1,W1 W1,R1 R1,R1 W1,W1
one-2-tso|default|2|1|1|TSO TIMED|R1 W1 R1>R1 R1>W1 W1>R1 W1>W1 R1xW1 W1xR1 ?R1 ?W1
one-2-relaxed|default|2|1|1|TSO RELAXED TIMED INTR|R1 W1 R1>R1 R1>W1 W1>R1 W1>W1 R1xW1 W1xR1 ?R1 ?W1 R1>?W1 R1,W1 W1,R1 R1,R1 W1,W1
again-2|default|2|1|1|TIMED|R1 W1 R1xR1 W1xW1 W1xR1
one-2-ends|default|2|1|1|TIMED INTR ends|R1 W1 R1>W1 W1xR1
one-2-relaxed-ends|default|2|1|1|TSO RELAXED TIMED INTR ends|R1 W1 R1>W1 W1xR1
one-3|default|3|1|1||R1 W1 R1>W1 W1xR1 ?W1
one-3-timed|default|3|1|1|TIMED|R1 W1 R1>W1
one-3-intr|default|3|1|1|INTR|R1 W1 R1>W1/R1 W1/W1
one-3-relaxed|default|3|1|1|TSO RELAXED|R1 W1 R1>W1
waiter-2|default|2|1|1|TIMED FOREVER waiter|R1 W1/R1 W1 R1>R1 R1,W1
waiter-3|default|3|1|1|TIMED FOREVER waiter|W1/R1 W1/R1 W1
waiter-3-reader|default|3|1|1|TIMED FOREVER waiter|R1/W1/R1 W1
kept-2|default|2|1|1|KEPT TIMED INTR|R1 W1 R1>W1 R1,W1 W1,W1
kept-3|default|3|1|1|KEPT INTR|R1 W1/R1 W1/W1
behind-3|default|3|2|2|KEPT TIMED INTR|W1/R1>W2/R2>R1
kept-waiter|default|3|1|1|KEPT TIMED INTR FOREVER waiter|W1/R1 W1/R1 W1
kept-waiter-reader|default|3|1|1|KEPT TIMED INTR FOREVER waiter|R1/W1/R1 W1
two-2|default|2|2|2|TIMED INTR|R1 W1 R1>R2 R1>W2 W1>R2 W1>W2 R2>R1 R2>W1 W2>R1 W2>W1 R1xW2 W2xR1
two-2-bucket|default|2|2|1|TIMED INTR|R1 W1 R1>R2 R1>W2 W1>R2 W1>W2 R2>R1 R2>W1 W2>R1 W2>W1 R1xW2 W2xR1
two-2-relaxed|default|2|2|1|TSO RELAXED TIMED|R1 W1 R1>R2 R1>W2 W1>R2 W1>W2 R2>R1 R2>W1 W2>R1 W2>W1 R1xW2
two-2-ends|default|2|2|1|INTR ends|R1 W1 R1>W2 W1>R2 R2>W1 W2>R1
two-2-flipped|default|2|2|1|FLIPPED TIMED|R1 W1 R1>R2 R1>W2 W1>R2 W1>W2 R2>R1 R2>W1 R1xW2 W2xR1
two-3|default|3|2|2||R1>W2 W1>W2 R2>R1 R2>W1 W1 W2
two-3-bucket|default|3|2|1||W1 W1>W2 R2>W2 R2 R1>W1
strangers|default|3|3|1|STRANGERS|R1 W1 R1>W1 W1>R1/R2 W2 R2>W2 W2>W2/R3 W3
ring-3|default|3|3|1||W1>W2 R1>W2/W2>W3 R2>W3 W2>R3/W3>W1 R3>W1 W3>R1
wake-all-3|default|3|2|2||W1/R1>R2 R1/W2>R1 W1
polite-3|default|3|2|2|TIMED|R1>W2 R1>R2 R1>W1/W1/W2>R1 R2>R1 W2>W1
polite-4|default|4|2|2||R1>W2/W1/W2>R1/?W1
upgrade-3|default|3|2|2|TIMED|R1>W1/R1>W2 R1>R2/W2>R1 R2>R1
interrupt-3|default|3|2|2|TIMED INTR|R1>W2 R1>R2/R2>R1/W1
delist-2|default|2|1|1|DELIST TSO RELAXED TIMED|R1 W1 R1,R1 R1,W1 R1>W1 D,R1 D,W1 D,D
delist-3|default|3|1|1|DELIST|R1 W1/R1 W1/D,W1
delist-3-timed|default|3|1|1|DELIST TIMED|R1/W1/D,W1
tags-2|default|2|1|1|TAGS TSO RELAXED|R1 W1 R1,W1 W1,R1 W1,W1 R1,R1 R1>W1 W1>R1
tags-2-bucket|default|2|2|1|TAGS|R1 W1 R1,W2 W1,W2 W2,W1 W1>R2 W2>W1 R1>W2 W1xR2
tags-3|default|3|1|1|TAGS|R1 W1 W1,W1
tags-3-bucket|default|3|2|1|TAGS|R1 W2/W1,W1/W1 R2
tags-delist|default|2|1|1|TAGS DELIST|R1 W1 W1,W1 D,R1 D,W1
plain-2|default|2|1|1|PLAIN TSO RELAXED|R1 W1 R1,W1 W1,W1 W1,R1 R1,R1 R1>W1 W1>R1 R1>R1
plain-2-timed|default|2|1|1|PLAIN TSO RELAXED TIMED|R1 W1 R1,W1 R1>W1
plain-2-bucket|default|2|2|1|PLAIN TSO RELAXED|R1 W1 R1,W2 W2,R1 W1>R2 R1>W2 W2>W1
plain-3|default|3|1|1|PLAIN TSO|R1/W1/R1 W1
plain-3-bucket|default|3|3|1|PLAIN TSO|R1/W1 W2/W1 ?W1 W3
plain-tags|default|2|1|1|PLAIN TAGS TSO RELAXED|R1 W1 R1,W1 W1,R1 W1,W1 R1,R1
plain-tags-bucket|default|2|2|1|PLAIN TAGS TSO|R1 W1 R1,W2 W2,R1 W1,W2 R2>W1
plain-delist|default|2|1|1|PLAIN DELIST TSO RELAXED|R1 W1 R1,R1 R1,W1 D,R1 D,W1
one-3-long|long|3|1|1|TIMED INTR|R1 W1 R1>R1 R1>W1 W1>R1 W1>W1 R1xW1 W1xR1 ?R1 ?W1
one-3-orders|long|3|1|1|TIMED|R1 W1 R1>W1 ?W1/R1 W1 R1>W1 ?W1/R1 W1 R1>W1 ?W1
one-3-seq|long|3|1|1|TIMED|R1,R1 R1,W1 W1,R1 W1,W1
one-3-relaxed-long|long|3|1|1|TSO RELAXED TIMED INTR|R1 W1 R1>W1 W1xR1 ?W1
one-3-ends|long|3|1|1|TIMED INTR ends|R1 W1 R1>W1 ?W1
one-4|long|4|1|1||R1 W1 R1>W1
two-3-long|long|3|2|2|TIMED|W1 R1>R2 R1>W2 W1>W2 R2>R1 R2>W1 W2>W1
two-3-bucket-long|long|3|2|1|TIMED INTR|R1 W1 W2 R1>W1 R1>W2 W1>R2 R2>W1 R2>W2 W2>R1
two-3-relaxed|long|3|2|1|TSO RELAXED TIMED|R1 W1 R1>W1 R1>W2 W1>R2 R2>W1 W2>R1
polite-4-timed|long|4|2|2|TIMED|R1>W2/W1/W2>R1/?W1
polite-4-twice|long|4|2|2|TIMED|R2>W1/W2/R1>R2/R1>R2
delist-3-long|long|3|1|1|DELIST TIMED INTR|R1 W1 R1>W1 D,R1 D,W1
delist-3-relaxed|long|3|1|1|DELIST TSO RELAXED TIMED|R1 W1 D,W1 D,R1
END
)

# What is broken, and the configurations that notice. "equal": harmless, and why.
#
# name|configurations|caught or equal|what it breaks
mutations=$(cat <<'END'
READ_PLAIN_STORE|one-2-tso|caught|a reader publishes by a plain store, without a fence
READ_IGNORES_FILTER|one-2|caught|a fast reader does not look at the filter
WRITE_NO_SCAN|one-2|caught|a fast writer does not look for readers
WRITE_NO_CAS|one-2|caught|a fast writer loads the filter, then stores 1
REENTRY_KEEPS_FILTER|one-2|caught|a write re-entered does not raise the filter
ATTEMPT_NO_SCAN|one-2|caught|attempt does not look for others
RAISE_LATE|one-2|caught|the slow path raises the filter when the attempt is over
NO_MANNERS|one-3-timed|caught|attempt passes hungry waiters
RETRACT_PLAIN_STORE|one-2-tso|caught|retract clears the slot by a plain store
RETRACT_NO_WAKE|one-2|caught|a failed fast attempt wakes nobody
READ_RELEASE_IGNORES_FILTER|one-2|caught|a reader that leaves does not look at the filter
WRITE_RELEASE_IGNORES_FILTER|one-2|caught|a writer that leaves does not look at the filter
RELEASE_IGNORES_UNMARKED|two-2-bucket two-3-bucket|caught|who leaves takes a word without a mark for one that counts neighbours only
RELEASE_LOADS_FIRST|one-2|caught|a reader that leaves looks at the filter, then clears its slot
RELEASE_LOWERS_FIRST|one-2|caught|a writer that leaves lowers the filter, then clears its slot
NO_TIMEOUT|one-2-relaxed|caught|waiters do not re-check, though a reader's release is a plain store
LATE_QUEUES_ANEW|waiter-3|caught|a sleep that ends by its limit leaves the queue, and queues behind those who came since
PLACE_LOST|kept-waiter|caught|who looks for signals queues behind those who came since
AWAY_LOWERS|kept-waiter|caught|who looks for signals lowers the filter: others pass by the fast path
TURN_LOST|kept-waiter|caught|who looks for signals is passed meanwhile
NOBODY_BEHIND|behind-3|caught|a writer that comes back ahead of readers does not look for cycles through them
NO_SECOND_LOOK|one-2|caught|who queued sleeps without another look
REENTRY_EARLIER_SLOT|again-2|caught|a hold once more takes the slot that looks come to first
INTERRUPT_NO_WAKE|interrupt-3|caught|a waiter that is interrupted does not hand on the wake-up
GIVE_UP_KEEPS_FILTER|one-2|caught|who gives up leaves the filter raised
WAKE_NO_SCAN|one-3-timed|caught|wake_next grants without looking for holders
WAKE_STOPS_EARLY|wake-all-3|caught|wake_next stops after the first reader
WAKE_STOPS_AT_OTHERS|two-3|caught|wake_next stops at a waiter for another object
GRANT_KEEPS_FILTER|one-3-timed|caught|a reader that is granted leaves the filter raised
NO_CYCLE_SEARCH|two-2 two-2-relaxed|caught|no cycle search
NO_POLITE_EDGES|polite-3|caught|the cycle search ignores readers that wait behind a waiting writer
NO_POLITE_GRANT|polite-3|caught|a cycle that only politeness closes is reported as a deadlock
SEARCH_ONCE|polite-4-twice|caught|the search ends once it has granted somebody out of turn
POLITE_ASKS_ALL|polite-4|caught|a fast writer about to fail is taken for one that holds
EDGE_BY_BUCKET|two-3-bucket|caught|edges by filter counter instead of object
UPGRADE_LAST|one-3|caught|upgrades queue behind others
ATTEMPT_UNLISTED|delist-3|caught|attempt publishes to a record that was delisted meanwhile
WAKE_UNLISTED|delist-3-timed|caught|wake_next grants to a waiter whose record was delisted meanwhile
READ_IGNORES_LISTED|delist-2|caught|a fast reader does not look whether it is listed
WRITE_IGNORES_LISTED|delist-2|caught|a fast writer does not look whether it is listed
LISTING_ENTERS|delist-2|caught|who listed himself enters without looking at the filter again
DELIST_NO_RECHECK|delist-2|caught|delisting does not look at the slots
DELIST_FLAG_LAST|delist-2|caught|delisting clears the bit before the record's own flag
READER_LEAVES_TAG|tags-2|caught|a reader does not take the owner's tag away
WRITER_LEAVES_TAG|tags-3|caught|a writer, or who takes the slow path, does not take the owner's tag away
CLAIM_NO_LOOK|tags-2-bucket|caught|who claims a filter word does not look whether others use it
CLAIM_LOOKS_FIRST|tags-2-bucket|caught|who claims a filter word looks, then sets its tag
CLAIM_LOOKS_FOR_ONE|tags-2-bucket|caught|who claims a filter word looks for its own object only
WRITE_NO_BARRIER|plain-2|caught|a fast writer makes no barrier for readers without a fence
RAISE_NO_BARRIER|plain-3-bucket|caught|who takes the slow path makes none
FENCES_FIRST|plain-3-bucket|caught|a writer says that there are fences, then makes the barrier
PLAIN_IGNORES_FENCES|plain-2|caught|a reader without a fence does not mind that there are some now
PLAIN_GOES_ON|plain-2-bucket|caught|a reader that has met a neighbour goes on without a fence
SWEEP_NO_BARRIER|plain-delist|caught|a sweep makes no barrier before it looks at slots
MARK_OF_ANY|two-2-bucket|caught|a word that counts threads for several objects is taken for one that counts none for this one
MARK_STAYS|two-3-bucket tags-3-bucket|caught|the mark of the first one stays when others are counted
SECOND_UPGRADE_QUEUES|one-3-timed delist-3|equal|the second upgrade is not refused: the cycle search does it
GIVE_UP_QUIETLY|one-3-timed delist-3|equal|a try, second upgrade or deadlock victim that gives up wakes nobody: nobody waited for it
SCAN_FIRST|one-3-timed delist-3|equal|attempt and wake_next scan before they publish: the filter is raised, which is fence enough
END
)

# programs LIST: the alternatives in Promela.
programs() {
	local program a b shape
	for program in $1; do
		case $program in
		*'>'*) a=${program%'>'*} b=${program#*'>'} shape=NEST ;;
		*,*) a=${program%,*} b=${program#*,} shape=SEQ ;;
		*x*) a=${program%x*} b=${program#*x} shape=CROSS ;;
		*) a=$program b= shape=NEST ;;
		esac
		printf ' :: p = P(%s, %s, %s)' "$(operation "$a")" "$(operation "$b")" $shape
	done
}

operation() {
	case $1 in
	'') echo 0 ;;
	D) echo SWEEP ;;
	'?'*) echo "(TRY | V(${1:2}, ${1:1:1}))" ;;
	*) echo "V(${1:1}, ${1:0:1})" ;;
	esac
}

# build CONFIGURATION-LINE MUTATION: the verifier, in $work.
build() {
	local name set threads objects counters options lists option
	IFS='|' read -r name set threads objects counters options lists <<<"$1"
	local flags=(-DSAFETY) fair=-DNOFAIR i
	optimize=-O0
	run=(-m20000 -w20)		# depth, and hash table of 2^20 places
	if [ "$set" = long ]; then
		run=(-m20000 -w25) flags+=(-DCOLLAPSE)	# slower, smaller
		[ -n "$2" ] || optimize=-O2
	fi
	{
		echo "#define NT $threads"
		echo "#define NO $objects"
		echo "#define NB $counters"
		for option in $options; do
			case $option in
			waiter) flags=("${flags[@]/-DSAFETY/-DNFAIR=3}") run+=(-a -f -m200000) fair= ;;
			ends) flags=("${flags[@]/-DSAFETY/-DNP}") run+=(-l) ;;
			*) echo "#define $option" ;;
			esac
		done
		case $lists in
		*/*) ;;
		*)
			echo "#define SORTED"
			lists="$lists/$lists/$lists/$lists"
			;;
		esac
		for ((i = 0; i < threads; i++)); do
			echo "#define PICK$i $(programs "${lists%%/*}")"
			lists=${lists#*/}
		done
		[ -z "$2" ] || echo "#define $2"
		echo "#include \"$here/rwlock.pml\""
	} >"$work/config.pml"
	(
		cd "$work"
		rm -f ./*.trail pan*
		"$spin" -a config.pml >spin.log || { cat spin.log >&2; exit 2; }
		"$cc" -w $optimize "${flags[@]}" $fair -o pan pan.c
	)
}

# verify: runs it. Sets outcome (clean, error, incomplete), states, megabytes,
# seconds, message.
verify() {
	local log=$work/pan.log
	(cd "$work" && ./pan "${run[@]}") >"$log" 2>&1 || true
	states=$(awk '/states, stored/ { print $1 }' "$log")
	megabytes=$(awk '/total actual memory usage/ { printf "%d", $1 }' "$log")
	seconds=$(awk '/elapsed time/ { print $4 }' "$log")
	message=$(sed -n 's/^pan:1: //p' "$log" | head -1)
	case $message in
	'invalid end state'*) message='those who remain sleep for good' ;;
	*'w_st[q[i]]&1'*) message='a hungry waiter is passed' ;;
	*'(i/2)==('*) message='conflicting holds' ;;
	*'filter[i]==0'*) message='a filter stays raised' ;;
	*'seen>>me'*) message='a deadlock that does not exist' ;;
	*'tried!=j'*) message='those who remain re-check in vain' ;;
	esac
	if grep -q 'errors: 0$' "$log" && ! grep -qE 'too small|out of memory|incomplete' "$log"; then
		outcome=clean
	elif [ -n "$message" ] && ! grep -q 'too small' "$log"; then
		outcome=error
	else
		outcome=incomplete
	fi
}

line_of() { # TABLE NAME
	printf '%s\n' "$1" | awk -F'|' -v name="$2" '$1 == name { print; exit }'
}

failed=0
total=0

report() { # NAME EXPECTED
	local verdict=ok
	if [ "$outcome" != "$2" ]; then
		verdict=FAILED
		failed=1
	fi
	printf '%-38s %9s states %5s MB %6s s  %-10s %s\n' "$1" "${states:-?}" "${megabytes:-?}" "${seconds:-?}" "$outcome" "$verdict${message:+: $message}"
	total=$((total + ${states:-0}))
}

check_configuration() { # LINE
	build "$1" ''
	verify
	report "${1%%|*}" clean
}

check_mutation() { # LINE
	local name configuration expected what prefix=MUTATE
	IFS='|' read -r name configuration expected what <<<"$1"
	[ "$expected" = caught ] && expected=error
	[ "$expected" = equal ] && expected=clean prefix=EQUAL
	if ! grep -q "${prefix}_$name\b" "$here/rwlock.pml"; then
		echo "check.sh: rwlock.pml does not know ${prefix}_$name" >&2
		exit 2
	fi
	for configuration in $configuration; do
		build "$(line_of "$configurations" "$configuration")" "${prefix}_$name"
		verify
		report "$name in $configuration" "$expected"
	done
}

trail() { # NAME
	local line name configuration expected what
	line=$(line_of "$mutations" "$1")
	if [ -n "$line" ]; then
		IFS='|' read -r name configuration expected what <<<"$line"
		build "$(line_of "$configurations" "${configuration%% *}")" "MUTATE_$name"
	else
		build "$(line_of "$configurations" "$1")" ''
	fi
	# The shortest trail reads best.
	(cd "$work" && "$cc" -w -O1 -DSAFETY -DREACH -DNOFAIR -o pan pan.c && ./pan -i -m2000 -w22 >pan.log 2>&1 || true)
	(cd "$work" && "$spin" -t -p -g config.pml) | sed "s|$here/||g; s|$work/||g"
}

case ${1:-} in
trail)
	trail "$2"
	exit
	;;
'' | long)
	printf '%s\n' "$configurations" | grep '|' >"$work/configurations"
	printf '%s\n' "$mutations" | grep '|' >"$work/mutations"
	while IFS= read -r line <&3; do
		case $line in
		*'|long|'*) [ "${1:-}" = long ] || continue ;;
		esac
		check_configuration "$line"
	done 3<"$work/configurations"
	while IFS= read -r line <&3; do
		check_mutation "$line"
	done 3<"$work/mutations"
	;;
*)
	for name; do
		if line=$(line_of "$mutations" "$name") && [ -n "$line" ]; then
			check_mutation "$line"
		elif line=$(line_of "$configurations" "$name") && [ -n "$line" ]; then
			check_configuration "$line"
		else
			echo "check.sh: no configuration or mutation is called $name" >&2
			exit 2
		fi
	done
	;;
esac
echo "$total states in ${SECONDS} s"
exit $failed
