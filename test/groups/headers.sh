#!/bin/bash
# about: each header compiles alone, gcc and clang
# order: 21
# in: ci
# build: plain
# packages: gcc clang libcmocka-dev
# repair: include in the header what it names
export top_srcdir=$LCS_SRC top_builddir=$LCS_BUILD
exec sh "$LCS_SRC/test/check-headers.sh"
