#!/bin/bash
# about: Kamailio's own configuration passes lcs -c, up to what lcs does not have
# order: 32
# in: ci
# build: plain
# sanitizers: asan
# packages: kamailio
# repair: build/plain/lcs -c -f /etc/kamailio/kamailio.cfg shows the place
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules
cfg=/etc/kamailio/kamailio.cfg
if [ ! -f "$cfg" ]; then
	skip "the default configuration" "package kamailio is not installed"
	plan
	exit
fi

# errors LOG: each as "CODE NAME", without its place.
errors() {
	sed -n 's/^[^ ]*: error\[\(E[0-9]*\)\]: \(.*\)$/\1 \2/p' "$1"
}

# Everything that is an error is a thing lcs does not have, named once, with its nearest.
only_missing() {
	local log=$1

	if errors "$log" | grep -vE '^(E0403 lcs has no module|E0301 lcs has no function|E0205 lcs has no (variable|event)|E0409 parameter "(key|certificate)" of module "tls")' ; then
		return 1
	fi
	if [ -n "$(errors "$log" | sort | uniq -d)" ]; then return 1; fi
	! grep -A 2 -E ': error\[E0(403|301|205)\]' "$log" | grep -E '^ +\| [[:space:]]*\^' | grep -vE 'nearest: |no counterpart: '
}

run() {
	local name=$1 log

	shift
	log=$LCS_LOG/$name.log
	"$LCS_BUILD/lcs" -c "$@" -f "$cfg" > "$log" 2>&1
	if [ $? -le 1 ] && grep -q 'note\[' "$log" && only_missing "$log" >&2; then
		ok "$name: $(errors "$log" | wc -l) things missing"
	else
		not_ok "$name" "$log"
	fi
}

# A wrong directory of modules is one thing, and not that lcs had none of them.
LCS_MODULE_PATH=$LCS_LOG "$LCS_BUILD/lcs" -c -f "$cfg" > "$LCS_LOG/nowhere.log" 2>&1
if grep -qF "there is no file tm.so in $LCS_LOG" "$LCS_LOG/nowhere.log" &&
    ! grep -qE 'lcs has no module "tm"|lcs has no function t_relay' "$LCS_LOG/nowhere.log"; then
	ok "modules that are not where they should be"
else
	not_ok "modules that are not where they should be" "$LCS_LOG/nowhere.log"
fi

# Who writes a native script with Kamailio's names in mind hears what stands for them, too.
"$LCS_BUILD/lcs" -c -f "$LCS_SRC/test/scripts-bad/kamailio-names-natively.cfg" > "$LCS_LOG/native.log" 2>&1
if grep -qF 'lcs has: journal of module "usrloc"' "$LCS_LOG/native.log" &&
    grep -qF 'nearest: proxy_authenticate() of module "auth_db"' "$LCS_LOG/native.log"; then
	ok "Kamailio's names in a native script"
else
	not_ok "Kamailio's names in a native script" "$LCS_LOG/native.log"
fi

# What lcs import makes of the scene's file is what the other scene plays.
here=$LCS_SRC/test/scene/guest
cd "$LCS_SRC" || exit 1
if "$LCS_BUILD/lcs" import --from kamailio test/scene/guest/kamailio.cfg \
    > "$LCS_LOG/imported.cfg" 2> "$LCS_LOG/import.log" &&
    diff -u "$here/imported.cfg" "$LCS_LOG/imported.cfg" >> "$LCS_LOG/import.log" &&
    "$LCS_BUILD/lcs" -c -f "$LCS_LOG/imported.cfg" >> "$LCS_LOG/import.log" 2>&1; then
	ok "an imported configuration passes the check"
else
	not_ok "an imported configuration passes the check" "$LCS_LOG/import.log"
fi
rm -f "$LCS_LOG/written.cfg"
if "$LCS_BUILD/lcs" import --from kamailio "$here/kamailio.cfg" -o "$LCS_LOG/written.cfg" \
    > "$LCS_LOG/report.log" 2>&1 && cmp -s "$here/imported.cfg" "$LCS_LOG/written.cfg" &&
    grep -q 'settings and parameters without counterpart' "$LCS_LOG/report.log" &&
    ! "$LCS_BUILD/lcs" import --from kamailio "$here/kamailio.cfg" -o "$LCS_LOG/written.cfg" \
    >> "$LCS_LOG/report.log" 2>&1; then
	ok "import writes a report, and over no file"
else
	not_ok "import writes a report, and over no file" "$LCS_LOG/report.log"
fi
if "$LCS_BUILD/lcs" import --from kamailio "$cfg" > "$LCS_LOG/default.cfg" \
    2> "$LCS_LOG/default.log" && "$LCS_BUILD/lcs" -c -f "$LCS_LOG/default.cfg" \
    >> "$LCS_LOG/default.log" 2>&1; then
	ok "the default configuration is imported: $(sed -n 1p "$LCS_LOG/default.log")"
else
	not_ok "the default configuration is imported" "$LCS_LOG/default.log"
fi

# Modules that its calls need are loaded, also where the file loads none.
printf '#!KAMAILIO\nlisten=udp:127.0.0.1:5060\nrequest_route {\n    sl_send_reply("404", "No");\n}\n' \
    > "$LCS_LOG/bare.cfg"
if "$LCS_BUILD/lcs" import --from kamailio "$LCS_LOG/bare.cfg" > "$LCS_LOG/dressed.cfg" 2> "$LCS_LOG/bare.log" &&
    "$LCS_BUILD/lcs" -c -f "$LCS_LOG/dressed.cfg" >> "$LCS_LOG/bare.log" 2>&1; then
	ok "a file that loads no module is imported with those that it needs"
else
	not_ok "a file that loads no module is imported with those that it needs" "$LCS_LOG/bare.log"
fi

run plain
if [ "$(errors "$LCS_LOG/plain.log")" = 'E0403 lcs has no module "acc"' ]; then
	ok "as it is shipped only accounting is missing"
else
	not_ok "as it is shipped only accounting is missing" "$LCS_LOG/plain.log"
fi
for what in ACCDB ALIASDB ANTIFLOOD AUTH BLOCK3XX BLOCK401407 IPAUTH JSONRPC MULTIDOMAIN NAT \
    PRESENCE PSTN SPEEDDIAL TLS USRLOCDB VOICEMAIL XMLRPC; do
	run "WITH_$what" -A "WITH_$what" -A WITH_MYSQL
done
plan
