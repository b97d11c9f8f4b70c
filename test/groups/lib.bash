# shellcheck shell=bash
#
# test/groups/lib.bash - sourced by groups: TAP lines, sanitizer reports of servers.

tap_n=0

ok() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $*"
}

# not_ok NAME [FILE]: the last lines of FILE say why.
not_ok() {
	tap_n=$((tap_n + 1))
	if [ -s "${2:-}" ]; then
		tail -n 12 "$2" | cut -c 1-300 | sed 's/^/# /'
	fi
	echo "not ok $tap_n - $1"
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

plan() {
	echo "1..$tap_n"
}

# The program under test, or the end of the group: what cannot run has not passed.
need_program() {
	if [ ! -x "$LCS_BUILD/$1" ]; then
		not_ok "this build has no program $1"
		plan
		exit 1
	fi
}

# A server runs out of sight of the test: its sanitizer's reports go to files, each of which
# is a failure at the end. The server may have given its privileges up by then.
sanitizer_log() {
	chmod 1777 "$LCS_LOG"
	export ASAN_OPTIONS="${ASAN_OPTIONS:-}:log_path=$LCS_LOG/sanitizer"
	export UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:log_path=$LCS_LOG/sanitizer"
	export TSAN_OPTIONS="${TSAN_OPTIONS:-}:log_path=$LCS_LOG/sanitizer"
}

sanitizer_reports() {
	local f n=0

	for f in "$LCS_LOG"/sanitizer.*; do
		if [ -s "$f" ]; then
			n=$((n + 1))
			grep -E 'ERROR|WARNING|runtime error|SUMMARY|^ *#[0-9] ' "$f" | head -n 12 | sed 's/^/# /'
			not_ok "sanitizer report $f"
		fi
	done
	if [ $n = 0 ]; then ok "no sanitizer report from a server ($LCS_VARIANT)"; fi
}
