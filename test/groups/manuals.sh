#!/bin/bash
# about: doc/modules says what the modules' tables say
# order: 41
# in: ci
# build: plain
# repair: build/plain/lcs module show NAME --markdown > doc/modules/NAME.md, and commit it
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules
for so in "$LCS_BUILD"/modules/*.so; do
	name=$(basename "$so" .so)
	page=doc/modules/$name.md
	log=$LCS_LOG/$name.log
	if ! "$LCS_BUILD/lcs" module show "$name" --markdown > "$LCS_LOG/$name.md" 2> "$log"; then
		not_ok "lcs module show $name" "$log"
	elif [ ! -f "$LCS_SRC/$page" ]; then
		not_ok "$page is missing"
	elif diff -u "$LCS_SRC/$page" "$LCS_LOG/$name.md" > "$log"; then
		ok "$page"
	else
		not_ok "$page is not what the module says" "$log"
	fi
done
for page in "$LCS_SRC"/doc/modules/*.md; do
	name=$(basename "$page" .md)
	if [ -f "$page" ] && [ "$name" != core ] && [ ! -f "$LCS_BUILD/modules/$name.so" ]; then
		not_ok "doc/modules/$name.md describes a module that is not built"
	fi
done
plan
