#!/bin/bash
# about: the tests of every shipped configuration, by lcs test
# order: 41
# in: quick ci
# build: plain
# sanitizers: asan
# packages: openssl
# repair: build/plain/lcs test FILE shows what was expected, and what the script decided
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC" || exit 1
need_program lcs
need_program lcs-lab
export LCS_MODULE_PATH=$LCS_BUILD/modules

# What they name must be there: a certificate for an hour.
export LCS_CERTIFICATE=$LCS_LOG/chain.pem LCS_KEY=$LCS_LOG/key.pem LCS_PEER_CA=$LCS_LOG/chain.pem
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=example.com \
    -addext subjectAltName=DNS:example.com,DNS:hs1.example.com,DNS:fp1.example.com -keyout "$LCS_KEY" -out "$LCS_CERTIFICATE" \
    > "$LCS_LOG/openssl.log" 2>&1

# tested FILE WORD...: each of its tests becomes one of this group's.
tested() {
	local log line

	log=$LCS_LOG/$(echo "$*" | tr ' /' '__').log
	"$LCS_BUILD/lcs" test "${@:2}" "$1" > "$log" 2>&1
	if ! grep -q '^1\.\.[1-9]' "$log"; then
		not_ok "$*: has no tests that run" "$log"
		return
	fi
	while IFS= read -r line; do
		case $line in
		'not ok '*) not_ok "$*: ${line#not ok [0-9]* - }" "$log" ;;
		'ok '*)     ok "$*: ${line#ok [0-9]* - }" ;;
		esac
	done < "$log"
}

for f in cfg/lcs.cfg cfg/samples/*.cfg; do
	tested "$f"
	for name in $(sed -n 's/^#.*-A \(WITH[A-Z_]*\).*/\1/p' "$f"); do
		tested "$f" -A "$name"
	done
done
plan
