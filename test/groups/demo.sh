#!/bin/bash
# about: utils/demo proves itself, restarts, stops, and says what is wrong
# order: 55
# in: ci
# build: plain
# packages: python3 openssl gcc libc6-dev pidgin-sipe libpurple-dev libpurple-bin libxml2-dev pkgconf baresip-core
# repair: ./utils/demo --dir DIR; its logs are in DIR
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
need_program lcsctl
export LCS_BUILD
dir=$LCS_LOG/d
demo() { "$LCS_SRC/utils/demo" --dir "$dir" "$@"; }
trap 'demo stop > /dev/null 2>&1' EXIT

# run NAME COMMAND...: ok if it ends with 0; what it prints is in out and err.
run() {
	local name=$1

	shift
	if "$@" > "$LCS_LOG/out" 2> "$LCS_LOG/err"; then ok "$name"; else not_ok "$name" "$LCS_LOG/err"; fi
}

# refused NAME WORDS COMMAND...: ends badly, and says WORDS, a log or not, and a repair.
refused() {
	local name=$1 words=$2

	shift 2
	if "$@" > "$LCS_LOG/out" 2> "$LCS_LOG/err"; then
		not_ok "$name: it went well" "$LCS_LOG/err"
	elif grep -q '^FAILED: ' "$LCS_LOG/err" && grep -q '^repair: ' "$LCS_LOG/err" &&
	    grep -q "$words" "$LCS_LOG/err"; then
		ok "$name"
	else
		not_ok "$name: it does not say what, or the repair" "$LCS_LOG/err"
	fi
}

# Ended, though nobody may have waited for it yet.
gone() { ! grep -qv '^[0-9]* (.*) [ZX]' "/proc/$1/stat" 2> /dev/null; }

fact() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$LCS_LOG/facts" "$1"; }

for role in home-lcs home carrier; do
	run "$role: starts, and two clients write to each other" \
	    demo start --role $role --tcp-port 0 --tls-port 0 --json
	cp "$LCS_LOG/out" "$LCS_LOG/facts"
	if [ "$(grep -c -- '->' "$LCS_LOG/err")" = 2 ]; then
		ok "$role: a message each way"
	else
		not_ok "$role: a message each way" "$LCS_LOG/err"
	fi
	if [ $role = home-lcs ]; then
		for seen in Busy Offline Online offline available; do
			if grep -q "sees $seen (" "$LCS_LOG/err"; then
				ok "$role: pidgin-sipe and baresip see each other: $seen"
			else
				not_ok "$role: pidgin-sipe and baresip see each other: $seen" "$LCS_LOG/err"
			fi
		done
	fi
	first=$(fact pid)
	cp "$dir/users" "$LCS_LOG/users"
	run "$role: starts again" demo start --role $role --json
	cp "$LCS_LOG/out" "$LCS_LOG/facts"
	if [ "$(fact pid)" != "$first" ] && gone "$first" &&
	    cmp -s "$dir/users" "$LCS_LOG/users"; then
		ok "$role: the first one has ended, users are the same"
	else
		not_ok "$role: the first one has ended, users are the same" "$LCS_LOG/err"
	fi
	run "$role: lcsctl reaches it" demo lcsctl users list
	if grep -q alice "$LCS_LOG/out"; then ok "$role: alice is listed"; else not_ok "$role: alice is listed" "$LCS_LOG/out"; fi
	run "$role: tells the facts again" demo status --json
	if cmp -s "$LCS_LOG/out" "$LCS_LOG/facts"; then
		ok "$role: they are the same"
	else
		not_ok "$role: they are the same" "$LCS_LOG/out"
	fi
	pid=$(fact pid)
	run "$role: stops" demo stop
	if gone "$pid"; then ok "$role: it is gone"; else not_ok "$role: it is gone"; fi
	if demo status > "$LCS_LOG/out" 2>&1; then not_ok "$role: status says so" "$LCS_LOG/out"; else ok "$role: status says so"; fi
done

run "IPv6 works as well" demo start --address ::1 --tcp-port 0 --tls-port 0 --json
demo stop

refused "a wrong setting is told with its place" 'lcs.cfg:' demo start --set log_level=loud
refused "a setting that does not exist is told" 'E0401' demo start --set no_such=1
refused "a role that does not exist is told" 'no configuration' demo start --role king
refused "an option that does not exist is told" 'no option' demo start --colour blue

# A port that somebody has.
coproc holder { exec python3 -c 'import signal, socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
signal.pause()'; }
read -r port <&"${holder[0]}"
refused "a port that is taken is told" 'taken' demo start --tcp-port "$port"
# shellcheck disable=SC2154
kill "$holder_PID"

run "clean leaves nothing" demo clean
if [ -e "$dir" ]; then not_ok "the directory is gone"; else ok "the directory is gone"; fi

# What clean removes was the demo's from the beginning.
dir=$LCS_LOG/foreign
mkdir -p "$dir" && echo precious > "$dir/file"
refused "clean of a directory that no demo was in is refused" 'no directory of a demo' demo clean
refused "so is status, which makes nothing there" 'no directory of a demo' demo status
demo start --no-prove --tcp-port 0 --tls-port 0 > "$LCS_LOG/out" 2> "$LCS_LOG/err"
demo stop
refused "clean of a directory that had files before is refused" 'nothing in .* says that utils.demo made it' demo clean
if [ "$(cat "$dir/file")" = precious ]; then ok "the files are there"; else not_ok "the files are there"; fi
plan
