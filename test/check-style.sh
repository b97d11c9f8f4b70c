#!/bin/sh
#
# test/check-style.sh - check-style.awk over the tree, and over a file made to fail.
set -u
src=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
awk=${AWK:-awk}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

echo 1..2

# ---- the checker itself: every rule broken once -----------------------------------------
mkdir -p "$tmp/modules/bad"
{
	echo '#include "core/lcs.h"'
	printf 'int blank; \n'
	printf '        int spaces;\n'
	printf '/* TO%s: later */\n' DO
	printf '/* strcpy() in a comment is fine */\n'
	printf 'char *ok = "sprintf(";\n'
	printf 'void long_one(void)\n{\n'
	i=0
	while [ $i -lt 61 ]; do echo '	step();'; i=$((i + 1)); done
	printf '}\nvoid short_one(char *a)\n{\n	strcpy(a, ok);\n}\n'
	printf '	PARAM_BOOL(struct conf, on, "yes",\n	    NULL),\n'
	printf '	PARAM_BOOL(struct conf, off, NULL, "fine"),\n'
	i=0
	while [ $i -lt 900 ]; do echo '/* */'; i=$((i + 1)); done
} > "$tmp/modules/bad/bad.c"
(cd "$tmp" && "$awk" -f "$src/test/check-style.awk" modules/bad/bad.c) > "$tmp/got"
said=$(sed 's/^[^:]*:[0-9]*: //; s/[0-9][0-9]* lines.*//; s/: .*//' "$tmp/got" | tr '\n' '|')
want='trailing blank|indented with spaces, not tabs|a word of unfinished work|function of |ruled out|parameter without a sentence for the manual|file of |share of functions over |'
if [ "$said" = "$want" ]; then
	echo "ok 1 - each planted fault is named once"
else
	echo "# wanted: $want"
	echo "# got:    $said"
	echo "not ok 1 - each planted fault is named once"
fi

# ---- the tree ---------------------------------------------------------------------------
cd "$src" || exit 1
if found=$(find utils parser cfg core modules test debian .ci -type f \
	\( -name '*.[chly]' -o -name '*.sh' -o -name '*.awk' -o -name '*.py' -o -name Makefile.inc \
	-o -path utils/check -o -path utils/demo -o -path .ci/run \) \
	! -name '*.gen.*' ! -path 'cfg/gram.[ch]' ! -path 'cfg/lex.[ch]' -exec "$awk" -f test/check-style.awk {} +); then
	echo "ok 2 - the tree keeps the rules that a program can check"
else
	echo "$found" | sed 's/^/# /'
	echo "not ok 2 - the tree keeps the rules that a program can check"
fi
