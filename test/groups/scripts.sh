#!/bin/bash
# about: wrong scripts, and what lcs -c must say about each
# order: 31
# in: quick ci
# build: plain
# sanitizers: asan
# can: names
# packages: python3
# repair: cd test/scripts-bad && ../../build/plain/lcs -c NAME.cfg, and its README.md
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
dir=$LCS_SRC/test/scripts-bad
if [ "${1:-}" = --list ]; then
	find "$dir" -name '*.expect' -printf 'scripts-bad/%f\n' | sed 's/\.expect$//' | LC_ALL=C sort
	exit
fi
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules
exec python3 "$LCS_SRC/test/check-scripts.py" "$LCS_BUILD/lcs" "$dir" "${@#scripts-bad/}"
