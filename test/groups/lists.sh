#!/bin/bash
# about: each file of the repository is in the release archive, each library in the package's list
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

# A library that the package is not built with is a module that it does not have.
# shellcheck source=utils/build.sh
(. "$LCS_SRC/utils/build.sh" && echo "$build_packages") | tr -s ' \t\n' '\n' | grep -E '^lib.*-dev$' |
	grep -vx libc6-dev > "$LCS_LOG/libraries"
tr ', ' '\n' < debian/control | grep -E '^lib.*-dev$' | LC_ALL=C sort > "$LCS_LOG/build-depends"
if [ -s "$LCS_LOG/libraries" ] &&
    LC_ALL=C sort "$LCS_LOG/libraries" | LC_ALL=C comm -23 - "$LCS_LOG/build-depends" > "$LCS_LOG/not-in-control" &&
    ! [ -s "$LCS_LOG/not-in-control" ]; then
	ok "the Debian package is built with each library that a build of ours is"
else
	not_ok "the Debian package is built with each library that a build of ours is" "$LCS_LOG/not-in-control"
fi
plan
