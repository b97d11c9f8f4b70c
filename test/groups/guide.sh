#!/bin/bash
# about: right scripts, and those of the guide and the recipes: the check says nothing about them
# order: 32
# in: quick ci
# build: plain
# packages: python3
# repair: the line is shown; lcs -c --strict on the block between ```lcs and ```
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules
python3 "$LCS_SRC/test/check-scripts.py" "$LCS_BUILD/lcs" "$LCS_SRC/test/scripts-good" > "$LCS_LOG/good"
python3 "$LCS_SRC/test/check-doc-scripts.py" "$LCS_BUILD/lcs" "$LCS_SRC/doc/language/guide.md" \
    "$LCS_SRC/doc/recipes/from-kamailio.md" > "$LCS_LOG/guide"
# One plan for both.
grep -hv '^1\.\.' "$LCS_LOG/good" "$LCS_LOG/guide" |
    awk '/^(not )?ok / { n++; sub(/ok [0-9]+/, "ok " n) } { print; failed += /^not ok/ }
	END { print "1.." n; exit failed > 0 }'
