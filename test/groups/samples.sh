#!/bin/bash
# about: every shipped configuration passes lcs -c
# order: 40
# in: quick ci
# build: plain
# sanitizers: asan
# can: names
# repair: build/plain/lcs -c -f FILE shows the place
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC" || exit 1
files=()
for f in cfg/lcs.cfg cfg/samples/*.cfg; do
	if [ -f "$f" ]; then files+=("$f"); fi
done
if [ "${1:-}" = --list ]; then
	printf '%s\n' "${files[@]}"
	exit
fi
if [ $# -gt 0 ]; then files=("$@"); fi
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules
for f in "${files[@]}"; do
	log=$LCS_LOG/$(basename "$f").log
	if "$LCS_BUILD/lcs" -c -f "$f" > "$log" 2>&1; then
		ok "$f: $(tail -n 1 "$log")"
	else
		not_ok "$f" "$log"
	fi
done
if [ ${#files[@]} = 0 ]; then not_ok "no sample configuration is there"; fi
plan
