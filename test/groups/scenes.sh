#!/bin/bash
# about: who sends what when, on the virtual clock
# order: 30
# in: quick ci
# build: plain
# sanitizers: asan tsan
# can: names
# repair: build/VARIANT/test/scene/run FILE shows one scene
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC" || exit 1

# A scene's name is its path below test/: scene/tm/invite_unanswered
if [ "${1:-}" = --list ]; then
	find test/scene -name '*.scene' 2> /dev/null | sed 's,^test/,,; s,\.scene$,,' | LC_ALL=C sort
	exit
fi
files=()
if [ $# -gt 0 ]; then
	for name in "$@"; do files+=("test/$name.scene"); done
else
	mapfile -t files < <(find test/scene -name '*.scene' 2> /dev/null | LC_ALL=C sort)
fi
if [ ${#files[@]} = 0 ]; then
	not_ok "no scene is there"
	plan
	exit 1
fi
if ! make -C "$LCS_BUILD" -j"${LCS_JOBS:-2}" test/scene/run > "$LCS_LOG/build.log" 2>&1; then
	not_ok "test/scene/run does not build" "$LCS_LOG/build.log"
	plan
	exit 1
fi
export LCS_MODULE_PATH=$LCS_BUILD/modules
exec "$LCS_BUILD/test/scene/run" "${files[@]}"
