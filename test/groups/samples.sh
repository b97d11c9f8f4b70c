#!/bin/bash
# about: every shipped configuration passes lcs -c without a warning, and lcs fmt --check
# order: 40
# in: quick ci
# build: plain
# sanitizers: asan
# can: names
# packages: openssl
# repair: build/plain/lcs -c -f FILE shows the place
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC" || exit 1
files=()
for f in cfg/lcs.cfg cfg/samples/*.cfg; do
	if [ -f "$f" ]; then files+=("$f"); fi
done
if [ "${1:-}" = --list ]; then
	printf '%s\n' "${files[@]}"
	exit
fi
if [ $# -gt 0 ]; then files=("$@"); fi
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules

# What they name must be there: a certificate for an hour.
export LCS_CERTIFICATE=$LCS_LOG/chain.pem LCS_KEY=$LCS_LOG/key.pem LCS_PEER_CA=$LCS_LOG/chain.pem
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=example.com \
    -addext subjectAltName=DNS:example.com,DNS:hs1.example.com,DNS:fp1.example.com -keyout "$LCS_KEY" -out "$LCS_CERTIFICATE" \
    > "$LCS_LOG/openssl.log" 2>&1

# for_strangers FILE: what --anonymous leaves of it is a configuration, but for files that nobody
# else has.
for_strangers() {
	local copy

	copy=$LCS_LOG/$(basename "$1").anonymous.cfg
	"$LCS_BUILD/lcs" -c "$1" --anonymous=x > "$copy" 2> "$copy.log"
	"$LCS_BUILD/lcs" -c "$copy" > "$copy.log" 2>&1
	if [ -s "$copy" ] && ! grep -qE ': error\[E0([1-6]|70[02-9])' "$copy.log"; then
		ok "$1: can be shown to strangers"
	else
		not_ok "$1: can be shown to strangers" "$copy.log"
	fi
}

# checked NAME WORD...: lcs -c with these words ends without error and warning.
checked() {
	local name=$1 log

	shift
	log=$LCS_LOG/$(basename "$name" | tr ' ' _).log
	if "$LCS_BUILD/lcs" -c --strict "$@" > "$log" 2>&1; then
		ok "$name: $(tail -n 1 "$log")"
	else
		not_ok "$name" "$log"
	fi
}

for f in "${files[@]}"; do
	log=$LCS_LOG/$(basename "$f").fmt.log
	if "$LCS_BUILD/lcs" fmt --check "$f" > "$log" 2>&1; then
		ok "$f: laid out"
	else
		not_ok "$f: laid out (lcs fmt -w $f)" "$log"
	fi
	checked "$f" -f "$f"
	for_strangers "$f"
	for name in $(sed -n 's/^#.*-A \(WITH[A-Z_]*\).*/\1/p' "$f"); do
		checked "$f -A $name" -A "$name" -f "$f"
	done
done
if [ ${#files[@]} = 0 ]; then not_ok "no sample configuration is there"; fi
plan
