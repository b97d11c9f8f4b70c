#!/bin/bash
# about: the release archive builds, passes its tests, installs, cleans
# order: 80
# in: ci
# build: plain
# limit: 1800
# packages: xz-utils libcmocka-dev
# repair: usually a file that no Makefile.inc names (EXTRA_DIST or the _src list)
set -u
cd "${LCS_BUILD:?}" || exit 1
echo 1..1
if make -j"${LCS_JOBS:-2}" distcheck > "${LCS_LOG:?}/distcheck.log" 2>&1; then
	echo "ok 1 - make distcheck"
else
	grep -nE 'error:|\*\*\*|^(FAIL|ERROR)' "$LCS_LOG/distcheck.log" | head -n 12 | sed 's/^/# /'
	echo "not ok 1 - make distcheck (log: $LCS_LOG/distcheck.log)"
fi
