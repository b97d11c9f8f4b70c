#!/bin/bash
# about: each file of the repository is in the release archive
# order: 23
# in: quick ci
# build: plain
# packages: git
# repair: name the file in the Makefile.inc beside it (a _src list, check_PROGRAMS, EXTRA_DIST)
#
# A test that no list names never runs, a source that none names is never compiled.
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC" || exit 1
if ! git rev-parse --git-dir > /dev/null 2>&1; then
	skip "each file is in the archive" "not a clone"
	plan
	exit
fi
if ! make -C "$LCS_BUILD" distdir distdir="$LCS_LOG/archive" > "$LCS_LOG/distdir.log" 2>&1; then
	not_ok "the archive can be made" "$LCS_LOG/distdir.log"
	plan
	exit 1
fi
ok "the archive can be made"
git ls-files | grep -vE '(^|/)\.gitignore$' | LC_ALL=C sort > "$LCS_LOG/tracked"
(cd "$LCS_LOG/archive" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) > "$LCS_LOG/shipped"
LC_ALL=C comm -23 "$LCS_LOG/tracked" "$LCS_LOG/shipped" > "$LCS_LOG/missing"
if [ -s "$LCS_LOG/missing" ]; then
	not_ok "each file is in the archive" "$LCS_LOG/missing"
else
	ok "each file is in the archive"
fi
rm -rf "$LCS_LOG/archive"
plan
