#!/bin/bash
# about: the scripts of the language guide pass the check
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
exec python3 "$LCS_SRC/test/check-doc-scripts.py" "$LCS_BUILD/lcs" "$LCS_SRC/doc/language/guide.md"
