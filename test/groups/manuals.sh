#!/bin/bash
# about: doc/modules and doc/man say what the program's tables say, and man can read them
# order: 41
# in: ci
# build: plain
# packages: man-db openssl python3
# repair: utils/manuals writes them anew; commit what changed
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
if ! "$LCS_SRC/utils/manuals" "$LCS_LOG/made" > "$LCS_LOG/made.log" 2>&1; then
	not_ok "the pages can be made" "$LCS_LOG/made.log"
	plan
	exit 1
fi
cd "$LCS_LOG/made" || exit 1
for page in doc/*/*; do
	if [ ! -f "$LCS_SRC/$page" ]; then
		not_ok "$page is missing"
	elif diff -u "$LCS_SRC/$page" "$page" > "$LCS_LOG/diff"; then
		ok "$page"
	else
		not_ok "$page is not what the program says" "$LCS_LOG/diff"
	fi
done
cd "$LCS_SRC" || exit 1
for page in doc/modules/*.md doc/man/lcs-*.7; do
	if [ -f "$page" ] && [ ! -f "$LCS_LOG/made/$page" ]; then
		not_ok "$page describes a module that is not built"
	fi
done
for page in doc/man/*.[1-8]; do
	if man --warnings -E UTF-8 -l "$page" 2> "$LCS_LOG/man" > /dev/null && [ ! -s "$LCS_LOG/man" ]; then
		ok "man reads $page"
	else
		not_ok "man reads $page" "$LCS_LOG/man"
	fi
done
plan
