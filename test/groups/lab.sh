#!/bin/bash
# about: lcs test and lcs explain themselves: what they say, and what they refuse
# order: 42
# in: quick ci
# build: plain
# sanitizers: asan
# packages: python3
# repair: cd test/lab && ../../build/plain/lcs test NAME.cfg; NAME.expect has what it says
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC/test/lab" || exit 1
need_program lcs
need_program lcs-lab
export LCS_MODULE_PATH=$LCS_BUILD/modules
lcs=$LCS_BUILD/lcs

# ended NAME STATUS WORD...: lcs with these words ends so.
ended() {
	local name=$1 status=$2 got=0

	"$lcs" "${@:3}" > "$LCS_LOG/out" 2> "$LCS_LOG/err" < /dev/null || got=$?
	cat "$LCS_LOG/err" >> "$LCS_LOG/out"
	if [ "$got" = "$status" ]; then
		ok "$name"
	else
		echo "# ends with $got"
		not_ok "$name" "$LCS_LOG/out"
	fi
}

# said NAME FILE: the last output is that file, but for how long things took.
said() {
	sed 's/ *([0-9.]* ms)$//' "$LCS_LOG/out" > "$LCS_LOG/said"
	if diff "$2" "$LCS_LOG/said" > "$LCS_LOG/diff"; then ok "$1"; else not_ok "$1" "$LCS_LOG/diff"; fi
}

# has NAME TEXT: the last output contains it.
has() {
	if grep -qF -- "$2" "$LCS_LOG/out"; then ok "$1"; else not_ok "$1" "$LCS_LOG/out"; fi
}

# is_so NAME PROGRAM: of the last output, as this Python program sees it.
is_so() {
	if python3 -c "$2" "$LCS_LOG/out"; then ok "$1"; else not_ok "$1" "$LCS_LOG/out"; fi
}

ended "everything that tests can do" 0 test passes.cfg
ended "failures end with 1" 1 test fails.cfg
said "failures say what was decided, and where" fails.expect
ended "a statement that fails" 1 test null.cfg
has "is named with its place by the test that sees its 500" "logged: error script: "
has "and so is why" "null.cfg:7"
ended "a test that would take hours is ended" 1 test --limit 1 endless.cfg
has "and says so" "takes more than 1 s (--limit)"
has "and the next one runs" "ok 2 - the next one runs"
ended "a folder that is not there" 3 test folder.cfg
ended "a script that is not there" 3 test nowhere.cfg
ended "a script that is wrong" 1 test ../scripts-bad/test-advance.cfg
has "says why" "E0304"
ended "no script" 64 test
ended "a format that does not exist" 64 test --format=yaml passes.cfg
ended "a limit that is none" 64 test --limit soon passes.cfg
ended "options before the verb" 64 -A X test passes.cfg

# A module as somebody outside of the tree makes it; its function ends whoever calls it.
if "${CC:-cc}" -std=c17 -D_GNU_SOURCE -fPIC -shared -I"$LCS_SRC" -I"$LCS_BUILD" world.c \
    -o "$LCS_LOG/world.so" > "$LCS_LOG/world.log" 2>&1; then
	LCS_MODULE_PATH=$LCS_LOG:$LCS_MODULE_PATH ended "functions that ask the world" 1 test world.cfg
	has "may be mocked" "ok 1 - mocked"
	has "must be" "world.cfg:8:9: ask_world() would touch the world and is not mocked"
	has "for what they are asked" "not ok 3 - mocked for something else"
else
	not_ok "a module that asks the world" "$LCS_LOG/world.log"
fi

# No module opens a way out by itself without saying so: what relays goes over the lab's wire
# and its names. Code that asks libraries for the world has functions that carry the flag, or asks
# first whether there is a world: workers_are_real().
world=' (socket|connect|getaddrinfo|gethostby.*|res_.*|ares_.*|popen|system|exec[vl].*|posix_spawn.*|ldap_.*|curl_.*|PQ.*|mysql_.*)(@|$)'
apart=' ldap_(bv2dn|dn2str|dnfree|memfree)(@|$)'	# names are cut up and put together, nobody is asked
silent=
for so in "$LCS_BUILD"/modules/*.so; do
	name=$(basename "$so" .so)
	if nm -D --undefined-only "$so" | grep -vE "$apart" | grep -qE "$world" &&
	    ! nm -D --undefined-only "$so" | grep -q ' workers_are_real' &&
	    ! "$lcs" module show "$name" --json | grep -q '"touches_world": true'; then
		silent="$silent $name"
	fi
done
if [ -z "$silent" ]; then ok "no module asks the world in silence"; else not_ok "modules that ask the world in silence:$silent"; fi
if LCS_MODULE_PATH=$LCS_LOG:$LCS_MODULE_PATH "$lcs" module show world --json | grep -q '"touches_world": true'; then
	ok "who does is told so"
else
	not_ok "who does is told so"
fi

# The files of a configuration as a server has read them.
echo '[{"path": "t.cfg", "text": "#!lcs 1\nlisten = udp:10.0.0.1:5060\nrequest_route { drop; }\ntest \"x\" {\n given request \"OPTIONS sip:a\";\n expect not replied;\n}\n"}]' > "$LCS_LOG/texts.json"
ended "files that are on no disk" 0 test --texts "$LCS_LOG/texts.json" t.cfg
has "are the ones that are tested" "ok 1 - x"
ended "one that they do not have" 3 test --texts "$LCS_LOG/texts.json" other.cfg
echo '{"path": "t.cfg"}' > "$LCS_LOG/texts.json"
ended "what are no files" 64 test --texts "$LCS_LOG/texts.json" t.cfg

ended "only some" 0 test -k clock passes.cfg
has "one of them" "1..1"
ended "JSON" 1 test --format=json fails.cfg
is_so "can be read" 'import json,sys; j=json.load(open(sys.argv[1])); sys.exit(j["failed"] != 13)'
ended "JUnit" 1 test --format=junit fails.cfg
is_so "can be read too" 'import sys,xml.etree.ElementTree as t
r=t.parse(sys.argv[1]).getroot(); sys.exit(len(r.findall("testcase/failure")) != 13)'
# A failed test that is missing from the list would be none to who counts them.
ended "names that are no UTF-8, as JSON" 1 test --format=json odd.cfg
is_so "are in the list" 'import json,sys; j=json.load(open(sys.argv[1])); sys.exit([t["passed"] for t in j["tests"]] != [False])'
ended "as JUnit" 1 test --format=junit odd.cfg
is_so "are in the document" 'import sys,xml.etree.ElementTree as t
r=t.parse(sys.argv[1]).getroot(); sys.exit(len(r.findall("testcase/failure")) != 1)'
ended "as TAP" 1 test odd.cfg
has "are no directive" 'n \# SKIP'
ended "options behind the file, for the layout" 0 fmt odd.cfg --check
ended "a name that no test has" 1 test -k "no such name" passes.cfg
has "is said" "no test has"
echo "no message" > "$LCS_LOG/no.sip"
ended "what is no message, explained" 0 explain -f passes.cfg "$LCS_LOG/no.sip"
has "is said to be none, and why" "=> malformed: "
ended "coverage for lcov" 0 test "--coverage=lcov:$LCS_LOG/lcov.info" passes.cfg
if grep -q '^SF:passes.cfg' "$LCS_LOG/lcov.info" && grep -q '^DA:[0-9]*,[1-9]' "$LCS_LOG/lcov.info" &&
    grep -q '^end_of_record' "$LCS_LOG/lcov.info"; then
	ok "names file and lines"
else
	not_ok "names file and lines" "$LCS_LOG/lcov.info"
fi

# What came instead takes the place of what was expected, where that can be said.
cp fails.cfg "$LCS_LOG/update.cfg"
ended "expectations are rewritten" 1 test --update --yes "$LCS_LOG/update.cfg"
ended "and then met" 0 test -k another "$LCS_LOG/update.cfg"
cp fails.cfg "$LCS_LOG/asked.cfg"
ended "not without asking" 1 test --update "$LCS_LOG/asked.cfg"
if cmp -s fails.cfg "$LCS_LOG/asked.cfg"; then ok "nothing was changed"; else not_ok "nothing was changed"; fi

ended "a message explained" 0 explain -f passes.cfg messages/options.sip --from 192.0.2.7 --over udp
said "line by line" explain.expect
ended "with a mock" 0 explain -f passes.cfg messages/options.sip --over udp --mock is_method=false --level decisions
has "goes another way" "(mocked)"
ended "a mock of what is never called" 64 explain -f passes.cfg messages/options.sip --mock nowhere=1
ended "a mock of another type" 64 explain -f passes.cfg messages/options.sip --mock is_method=7
printf '%s\n' '#!lcs 1' 'server_name = "a"' 'server_name = "b"' 'listen = udp:10.0.0.1:5060' \
    'loadmodule "hello"' 'loadmodule "sl"' 'loadmodule "xlog"' \
    'request_route { xinfo(hello()); sl_send_reply(200, "OK"); exit; }' > "$LCS_LOG/text.cfg"
ended "a number as the text of a mock" 0 explain -f "$LCS_LOG/text.cfg" messages/options.sip --mock hello=42
has "is a text" '"42"'
# The file sets one thing twice: a message stands beside the answer.
"$lcs" -c "$LCS_LOG/text.cfg" --format=json --dump > "$LCS_LOG/dump.cfg" 2> "$LCS_LOG/beside.json"
if "$lcs" -c "$LCS_LOG/dump.cfg" > "$LCS_LOG/dump.log" 2>&1; then
	ok "a dump with JSON is still a script"
else
	not_ok "a dump with JSON is still a script" "$LCS_LOG/dump.log"
fi
if grep -q W0408 "$LCS_LOG/beside.json" && python3 -m json.tool "$LCS_LOG/beside.json" > "$LCS_LOG/tool.log" 2>&1; then
	ok "and the messages beside it one document"
else
	not_ok "and the messages beside it one document" "$LCS_LOG/beside.json"
fi
"$lcs" -c "$LCS_LOG/text.cfg" --format=json --diff passes.cfg > "$LCS_LOG/diff.txt" 2> "$LCS_LOG/both.json"
if grep -q W0408 "$LCS_LOG/both.json" && python3 -m json.tool "$LCS_LOG/both.json" > "$LCS_LOG/tool.log" 2>&1; then
	ok "of two files, too"
else
	not_ok "of two files, too" "$LCS_LOG/both.json"
fi
ended "a message that is not there" 3 explain -f passes.cfg nowhere.sip
ended "a transport nobody listens on" 1 explain -f passes.cfg messages/options.sip --over tls
ended "an address that is none" 64 explain -f passes.cfg messages/options.sip --from here
ended "no message" 64 explain -f passes.cfg
plan
