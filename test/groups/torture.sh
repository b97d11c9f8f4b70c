#!/bin/bash
# about: RFC 4475 and RFC 5118 messages (they run in unit, too)
# order: 11
# build: plain
# packages: libcmocka-dev
# repair: test/torture/README.md says where each verdict comes from
set -u
unit=$(dirname "$0")/unit.sh
mapfile -t names < <(bash "$unit" --list | grep torture)
if [ ${#names[@]} = 0 ]; then
	echo "1..1"
	echo "not ok 1 - no unit test has torture in its name"
	exit 1
fi
exec bash "$unit" "${names[@]}"
