#!/bin/sh
#
# test/check-layers.sh - runs check-layers.awk over the tree, and over a tree made to fail.
#
# A checker that finds nothing looks like a clean tree, so it is first shown violations of
# every kind it knows and must name each.
set -u
src=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
awk=${AWK:-awk}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# one mock file per line: path, included header, what the checker must say ("" for nothing)
planted() {
	cat <<'END'
utils/a.c|utils/a.h|
utils/b.c|parser/msg.h|arrow to the right
utils/c.c|slice.h|write the full path
parser/a.c|utils/a.h|
parser/b.c|core/run/loop.h|arrow to the right
cfg/a.c|core/lcs.h|arrow to the right
cfg/b.c|config.h|
core/net/a.c|core/sip/ctx.h|arrow to the right
core/sip/a.c|core/lcs.h|arrow to the right
core/sip/b.c|modules/tm/tm_api.h|arrow to the right
core/mod/a.c|core/lcs.h|
core/main.c|core/sup/supervisor.h|
core/lcsctl/a.c|utils/a.h|
core/lcsctl/b.c|core/sup/ctl.h|nothing but utils
core/new/a.c|utils/a.h|no place in the line
modules/tm/a.c|core/lcs.h|
modules/tm/b.c|core/sip/ctx.h|sees past core/lcs.h
modules/tm/c.c|cfg/vm.h|sees past cfg/value.h
modules/tm/d.c|modules/rr/rr.h|reaches inside
modules/tm/e.c|modules/rr/rr_api.h|
modules/tm/f.c|test/check.h|cannot see
test/unit/a.c|core/sip/ctx.h|
END
}

echo 1..2

planted | while IFS='|' read -r path inc says; do
	mkdir -p "$tmp/$(dirname "$path")"
	printf '#include "%s"\n' "$inc" > "$tmp/$path"
	got=$(cd "$tmp" && "$awk" -f "$src/test/check-layers.awk" "$path")
	case "$says:$got" in
	:) ;;
	:*) echo "# $path -> $inc: should be silent, says: $got" ;;
	*) case "$got" in
		*"$says"*) ;;
		*) echo "# $path -> $inc: should say '$says', says: '$got'" ;;
		esac ;;
	esac
done > "$tmp/report"
if [ -s "$tmp/report" ]; then cat "$tmp/report"; echo "not ok 1 - planted violations are named"
else echo "ok 1 - planted violations are named"; fi

cd "$src" || exit 1
if found=$(find utils parser cfg core modules test -name '*.[chly]' \
	! -name '*.gen.*' ! -path 'cfg/gram.[ch]' ! -path 'cfg/lex.[ch]' -exec "$awk" -f test/check-layers.awk {} +); then
	echo "ok 2 - every include points to the left"
else
	echo "$found" | sed 's/^/# /'
	echo "not ok 2 - every include points to the left"
fi
