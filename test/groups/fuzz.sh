#!/bin/bash
# about: each fuzzer for LCS_SECONDS (60), two at a time
# order: 90
# in: ci
# build: asan
# limit: 86400
# repair: build/asan/test/fuzz/NAME_fuzz INPUT shows it again; keep INPUT in test/fuzz/corpus/NAME
set -u
cd "${LCS_BUILD:?}" || exit 1
seconds=${LCS_SECONDS:-60}
at_once=${LCS_JOBS:-2}
found=$LCS_BUILD/fuzz
mkdir -p "$found"

if [ "${1:-}" = --list ]; then
	exit 0
fi
names=()
for f in test/fuzz/*_fuzz; do
	if [ -x "$f" ]; then names+=("$(basename "$f" _fuzz)"); fi
done
if [ ${#names[@]} = 0 ]; then
	echo "1..1"
	echo "not ok 1 - this build has no fuzzers"
	exit 1
fi

# A fuzzer's own words, or those of SIP; DNS messages have none.
dict_of() {
	if [ -f "$LCS_SRC/test/fuzz/$1.dict" ]; then
		echo "$LCS_SRC/test/fuzz/$1.dict"
	elif [ "$1" != dns ]; then
		echo "$LCS_SRC/test/fuzz/dict/sip.dict"
	fi
}

# What is found - new inputs, crashes - stays in the build from run to run; the tree's own
# corpus is only read.
run_one() {
	local name=$1 own=$found/corpus-$1 kept=$LCS_SRC/test/fuzz/corpus/$1 words=() dict

	mkdir -p "$own"
	if [ ! -d "$kept" ]; then kept=; fi
	dict=$(dict_of "$name")
	if [ -n "$dict" ]; then words=("-dict=$dict"); fi
	test/fuzz/"$name"_fuzz -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
	    -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/$name-" "${words[@]}" \
	    "$own" ${kept:+"$kept"} > "$found/$name.log" 2>&1
	echo $? > "$found/$name.status"
}

echo "1..${#names[@]}"
for name in "${names[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do
		wait -n
	done
	run_one "$name" &
done
wait

n=0
for name in "${names[@]}"; do
	n=$((n + 1))
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$name.log")
	if [ "$(cat "$found/$name.status")" = 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok $n - $name ($runs runs in $seconds s)"
	else
		grep -E 'ERROR|SUMMARY|Test unit written|ALARM' "$found/$name.log" | head -n 8 | sed 's/^/# /'
		echo "not ok $n - $name (log: $found/$name.log)"
	fi
done
