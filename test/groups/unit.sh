#!/bin/bash
# about: unit tests and corpora, by make check
# order: 10
# in: quick ci
# build: plain
# sanitizers: asan tsan
# can: names
# limit: 1500
# packages: libcmocka-dev
# repair: run the failing program by itself: make -C build/VARIANT PROGRAM && build/VARIANT/PROGRAM
set -u
cd "${LCS_BUILD:?}" || exit 1

# Its tests have the names of their programs: parser/uri_test, or fuzz/uri_fuzz.
programs() {
	make -s --no-print-directory print-check-programs 2> /dev/null | tr ' ' '\n' | grep .
}

if [ "${1:-}" = --list ]; then
	programs | sed 's,^test/\(unit/\)\?,,'
	exit
fi

tests=$(programs)
if [ $# -gt 0 ]; then
	tests=$(for t in "$@"; do programs | grep -E "^test/(unit/)?$t\$"; done)
fi
if [ -z "$tests" ]; then
	echo "1..1"
	echo "not ok 1 - this build has no unit tests"
	exit 1
fi

# What does not build is not run, not even as it was built before.
declare -A fresh=()
# shellcheck disable=SC2086
if make -k -j"${LCS_JOBS:-2}" $tests > "${LCS_LOG:?}/build.log" 2>&1; then
	for t in $tests; do fresh[$t]=yes; done
else
	grep -E 'error|warning|undefined' "$LCS_LOG/build.log" | head -n 10 | sed 's/^/# /'
	for t in $tests; do
		rm -f "$t.trs"
		if make "$t" > /dev/null 2>&1; then fresh[$t]=yes; fi
	done
fi
# The supervisor's waits for its own pauses, so it begins, and one more than there are cores run.
waiting_first() {
	printf '%s\n' "${!fresh[@]}" | grep /supervisor_test
	printf '%s\n' "${!fresh[@]}" | grep -v /supervisor_test
}

# check_PROGRAMS is emptied: make would insist on building those that cannot be built.
if [ ${#fresh[@]} -gt 0 ]; then
	make -k -j$((${LCS_JOBS:-2} + 1)) check-TESTS TESTS="$(waiting_first)" check_PROGRAMS= \
	    LOG_COMPILER="timeout -k 5 600" > "$LCS_LOG/check.log" 2>&1
fi

# One TAP stream of all their streams. The .trs files are automake's verdicts: a program that
# crashed or kept back tests it had planned has an ERROR line there.
n=0
report() {
	n=$((n + 1))
	echo "$1 $n - $2"
}
for t in $tests; do
	short=${t#test/}
	short=${short#unit/}
	if [ -z "${fresh[$t]:-}" ]; then
		report "not ok" "$short does not build"
		continue
	fi
	if [ ! -f "$t.trs" ]; then
		report "not ok" "$short left no result"
		continue
	fi
	if ! grep -q '^:global-test-result: \(PASS\|SKIP\)' "$t.trs"; then
		cp "$t.log" "$LCS_LOG/" 2> /dev/null
		grep -vE '^(ok|1\.\.)' "$t.log" | tail -n 12 | sed 's/^#* */# /'
	fi
	while read -r verdict rest; do
		case $verdict in
		PASS) report "ok" "$short: $rest" ;;
		SKIP) report "ok" "$short: $rest # SKIP" ;;
		*) report "not ok" "$short: $rest" ;;
		esac
	done < <(sed -n 's/^:test-result: //p' "$t.trs")
done
echo "1..$n"
