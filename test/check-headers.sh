#!/bin/sh
#
# test/check-headers.sh - each header compiles alone, twice over, with gcc and with clang.
set -u
src=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
build=${top_builddir:-$src}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

flags="-std=c17 -D_GNU_SOURCE -pthread -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes"
flags="$flags -Wmissing-prototypes -Wvla -fsyntax-only"
libs="libssl libcrypto sqlite3 libcares jansson libpcre2-8 libmariadb cmocka"
# shellcheck disable=SC2086
flags="$flags $(pkg-config --cflags $libs 2>/dev/null)"

# One header, one compiler: a TAP line in a file of its own.
check_one() {
	n=$1 cc=$2 h=$3
	out=$tmp/$n
	printf '#include "%s"\n#include "%s"\nextern int unused;\n' "$h" "$h" > "$out.c"
	# shellcheck disable=SC2086
	if $cc $flags -I"$src" -I"$build" "$out.c" > "$out.log" 2>&1; then
		echo "ok $n - $h with $cc" > "$out.tap"
	else
		{ sed 's/^/# /' "$out.log"; echo "not ok $n - $h with $cc"; } > "$out.tap"
	fi
}

cd "$src" || exit 1
headers=$(find utils parser cfg core modules test -name '*.h' ! -name '*.gen.h' ! -path cfg/gram.h ! -path cfg/lex.h | LC_ALL=C sort)
n=0
for cc in gcc clang; do
	for h in $headers; do
		n=$((n + 1))
		if command -v "$cc" > /dev/null; then
			check_one "$n" "$cc" "$h" &
		else
			echo "ok $n - $h with $cc # SKIP $cc is not installed" > "$tmp/$n.tap"
		fi
		# a handful at a time
		if [ $((n % 4)) = 0 ]; then wait; fi
	done
done
wait
echo "1..$n"
i=0
while [ "$i" -lt "$n" ]; do
	i=$((i + 1))
	cat "$tmp/$i.tap"
done
