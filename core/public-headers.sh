#!/bin/sh
#
# core/public-headers.sh - the headers a module is compiled against, and their hash.
#
#	public-headers.sh list SRCDIR	their paths, one a line
#	public-headers.sh hash SRCDIR	a C header that defines LCS_BUILD_HASH
#
# Public are core/lcs.h, utils/*.h, parser/*.h, cfg/value.h, each module's *_api.h, and
# whatever one of these includes from the tree.
set -eu
export LC_ALL=C

roots() {
	for h in core/lcs.h utils/*.h parser/*.h cfg/value.h modules/*/*_api.h; do
		if [ -f "$h" ]; then echo "$h"; fi
	done
}

included_by() {
	sed -n 's,^[ 	]*#[ 	]*include[ 	]*"\([^"]*\)".*,\1,p' "$@"
}

# Follow includes until no new name turns up; generated headers are not in the tree.
public_headers() {
	known=$(roots | sort -u)
	while :; do
		# shellcheck disable=SC2086
		found=$( { echo "$known"; included_by $known | while read -r h; do
			if [ -f "$h" ]; then echo "$h"; fi
		done; } | sort -u)
		if [ "$found" = "$known" ]; then break; fi
		known=$found
	done
	echo "$known"
}

cd "${2:?usage: public-headers.sh list|hash SRCDIR}"
case $1 in
list)
	public_headers
	;;
hash)
	hash=$(public_headers | while read -r h; do
		echo "$h"
		cat "$h"
	done | sha256sum | cut -d ' ' -f 1)
	echo '/* Made by core/public-headers.sh: changes with every header a module sees. */'
	echo "#define LCS_BUILD_HASH \"$hash\""
	;;
*)
	echo "usage: public-headers.sh list|hash SRCDIR" >&2
	exit 2
	;;
esac
