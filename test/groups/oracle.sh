#!/bin/bash
# about: scripts by chance do the same in the machine and in the tree interpreter
# order: 33
# in: ci
# build: plain
# sanitizers: asan
# limit: 300
# repair: the smallest script found stands in the log; the machine is cfg/vm_step.h, its code cfg/emit_*.c
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
if ! make -C "$LCS_BUILD" -j"${LCS_JOBS:-2}" test/oracle/oracle_test > "$LCS_LOG/build.log" 2>&1; then
	grep -E 'error|warning|undefined' "$LCS_LOG/build.log" | head -n 10 | sed 's/^/# /'
	not_ok "the oracle is built" "$LCS_LOG/build.log"
	plan
	exit 1
fi
top_srcdir=$LCS_SRC exec "$LCS_BUILD/test/oracle/oracle_test" "${LCS_SECONDS:-20}" 1000
