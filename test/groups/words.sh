#!/bin/bash
# about: wrong words on a command line: what is wrong is said, and what to do
# order: 43
# in: quick ci
# build: plain
# sanitizers: asan
# packages: python3
# repair: the command that is named, by hand
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_LOG" || exit 1
need_program lcs
need_program lcs-lab
need_program lcsctl
export LCS_MODULE_PATH=$LCS_BUILD/modules
lcs=$LCS_BUILD/lcs

# said STATUS TEXT COMMAND...: it ends so, and what it prints has the text; nothing names the
# folder that the program lies in.
said() {
	local status=$1 text=$2 got=0 name

	shift 2
	name="${1##*/} ${*:2}: $text"
	timeout 20 "$@" > out 2>&1 < /dev/null || got=$?
	if [ "$got" = "$status" ] && grep -qF -- "$text" out && ! grep -qF -- "$1:" out; then
		ok "$name"
	else
		echo "# ends with $got"
		not_ok "$name" out
	fi
}

# ---- lcs --------------------------------------------------------------------------------

# script NAME LINE...: a configuration with these lines in it.
script() {
	local name=$1

	shift
	printf '%s\n' '#!lcs 1' 'server_name = "sip.lcs.test"' "run_dir = \"$LCS_LOG/run\"" \
	    "state_dir = \"$LCS_LOG/state\"" "$@" 'loadmodule "sl"' \
	    'request_route { sl_send_reply(404, "x"); }' > "$name"
}

any="listen = udp:127.0.0.1:$("$LCS_SRC/utils/prove.py" port udp 127.0.0.1 0)"
mkdir -p folder
script ok.cfg "$any"
said 64 "lcs: unrecognized option '--frob'" "$lcs" --frob
said 64 '"lcs --help" shows' "$lcs" --frob
said 64 "lcs: option requires an argument -- 'f'" "$lcs" -f
said 64 'did you mean "test"?' "$lcs" tset
said 64 'a configuration is named with -f FILE' "$lcs" ok.cfg
said 64 '"more" is one word too many' "$lcs" -c ok.cfg more
said 64 'lcs: --format is text or json, not "xml"' "$lcs" -c ok.cfg --format=xml
said 3 'cannot read "nowhere.cfg": no such file or directory' "$lcs" -c nowhere.cfg
said 3 'cannot read "folder": not a regular file' "$lcs" -c folder
full() { "$@" > /dev/full; }
for words in "fmt ok.cfg" "-c ok.cfg --dump" "module list" "test ok.cfg" "--help"; do
	# shellcheck disable=SC2086
	if full "$lcs" $words 2> err; [ $? = 3 ] && grep -q 'could not be written: no space left' err; then
		ok "lcs $words on a full disk"
	else
		not_ok "lcs $words on a full disk" err
	fi
done
said 64 'fmt needs a file' "$lcs" fmt -w
said 64 'fmt has no option --frob' "$lcs" fmt --frob ok.cfg
said 0 'usage: lcs fmt' "$lcs" fmt --help
said 64 '--from kamailio' "$lcs" import ok.cfg
said 64 '--from is kamailio, not "opensips"' "$lcs" import --from opensips ok.cfg
said 64 'import needs a file' "$lcs" import --from=kamailio
said 64 'import has no option --frob' "$lcs" import --frob
said 64 '-o needs the name of a file' "$lcs" import --from kamailio ok.cfg -o
said 3 'cannot write ok.cfg: exists already; -o takes a new name' \
    "$lcs" import --from kamailio ok.cfg -o ok.cfg
said 3 'nowhere.cfg: no such file or directory' "$lcs" import --from kamailio nowhere.cfg
said 64 'module knows list and show, not "frob"' "$lcs" module frob
said 64 'show needs the name of a module' "$lcs" module show
said 64 'show has no option --xml' "$lcs" module show tm --xml
said 64 'list takes no words, and there is "more"' "$lcs" module list more
said 1 'module "nomod": there is no file nomod.so in ' "$lcs" module show nomod
said 1 'there is no message E9999' "$lcs" explain E9999
said 64 'explain needs a configuration (-f FILE), or the code of a message' "$lcs" explain x
said 64 'explain needs a file with a SIP message' "$lcs" explain -f ok.cfg
said 64 "lcs explain: unrecognized option '--frob'" "$lcs" explain --frob
said 64 '"lcs explain --help" shows' "$lcs" explain --frob
said 64 'lcs: --over is udp, tcp or tls, not "sctp"' "$lcs" explain -f ok.cfg --over sctp x
said 3 'cannot read nowhere.sip: no such file or directory' "$lcs" explain -f ok.cfg nowhere.sip
said 3 'cannot read folder: is a directory' "$lcs" explain -f ok.cfg folder
said 0 'lcs explain CODE' "$lcs" explain --help
said 64 'test needs a configuration' "$lcs" test
said 64 'test takes one configuration, and "more" is another' "$lcs" test ok.cfg more

# ---- a server that cannot begin ---------------------------------------------------------

script user.cfg "$any" 'user = "no-such-user"'
said 1 'there is no user "no-such-user": make it' "$lcs" -D -f user.cfg
script group.cfg "$any" 'control_socket_group = "no-such-group"'
said 1 'or set control_socket_group to one that exists' "$lcs" -D -f group.cfg
script state.cfg "$any"
sed -i 's,^state_dir.*,state_dir = "/proc/nowhere/state",' state.cfg
said 1 'or set state_dir to another' "$lcs" -D -f state.cfg
script address.cfg 'listen = udp:192.0.2.77:5060'
said 1 'this machine has no such address' "$lcs" -D -f address.cfg
script long.cfg "$any" "control_socket = \"/$(printf 'x%.0s' {1..120})\""
said 1 'set control_socket or run_dir to a shorter path' "$lcs" -D -f long.cfg
said 1 'there are no modules in folder; option -m or LCS_MODULE_PATH names' "$lcs" -m folder module list
said 64 'options of "test" stand behind that word' "$lcs" -f ok.cfg test

# Somebody else's port: held by a program that says which it got, and ends with its input.
rm -f port
exec {hold}> >(python3 -c '
import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
open("port.new", "w").write(str(s.getsockname()[1]))
os.rename("port.new", "port")
sys.stdin.read()')
until [ -s port ]; do read -r -t 0.05 <> <(:) || true; done
script port.cfg "listen = tcp:127.0.0.1:$(cat port)"
said 1 'address already in use: another program has it; "ss -lntup' "$lcs" -D -f port.cfg
exec {hold}>&-

# ---- lcsctl -----------------------------------------------------------------------------

# A socket's path is short; a log folder's need not be. Everybody is looked for from here.
ctl=run/control.sock
lcsctl=$LCS_BUILD/lcsctl
sed -i "s,^run_dir.*,run_dir = \"run\"\nlog_to = \"file\"\nlog_file = \"$LCS_LOG/server.log\"," ok.cfg
sanitizer_log
if ! "$lcs" -f ok.cfg -P "$LCS_LOG/server.pid" > start.log 2>&1; then
	not_ok "a server to be asked" start.log
	plan
	exit 1
fi
read -r pid < server.pid
said 3 'cannot reach the server at nowhere.sock: No such file or directory; is it running?' \
    "$lcsctl" -s nowhere.sock status
said 3 'that is no socket' "$lcsctl" -s ok.cfg status
said 3 '107 bytes at most' "$lcsctl" -s "/$(printf 'x%.0s' {1..120})" status
said 2 "lcsctl: unrecognized option '--frob'" "$lcsctl" --frob
said 2 '-o is table or json, not "xml"' "$lcsctl" -o xml status
said 2 '-t is a number of seconds, up to 86400, not "soon"' "$lcsctl" -t soon status
said 2 '"lcsctl help" lists what it knows' "$lcsctl" -s $ctl frobnicate
said 2 'did you mean "stats show"?' "$lcsctl" -s $ctl stats shwo
said 2 '"x" is one word too many for "gen list"' "$lcsctl" -s $ctl gen list x
said 2 '"gen list" has no argument --foo' "$lcsctl" -s $ctl gen list --foo=1
said 2 'all is yes or no, not "maybe"' "$lcsctl" -s $ctl stats show --all=maybe
said 2 '--pattern needs a value' "$lcsctl" -s $ctl stats show --pattern
said 2 '--confirm needs a value: undo it by itself unless confirmed' "$lcsctl" -s $ctl config commit --confirm
said 0 'unless: lcsctl config confirm' "$lcsctl" -s $ctl config commit 60s
said 0 'committed' "$lcsctl" -s $ctl config confirm
said 0 'dns.questions' "$lcsctl" -s $ctl stats show 'dns.q*ions'
said 0 '(none)' "$lcsctl" -s $ctl stats show 'dns.q*x'
said 2 '{"error":{"message":"all is yes or no' "$lcsctl" -s $ctl -o json stats show --all=maybe
said 2 'name is missing' "$lcsctl" -s $ctl module show
said 1 '"connections list" shows those there are' "$lcsctl" -s $ctl connections drop ff
said 1 'levels are error, warning, notice, info, debug' "$lcsctl" -s $ctl log level loud
sed "s,^listen.*,listen = udp:127.0.0.1:$("$LCS_SRC/utils/prove.py" port udp 127.0.0.1 0)," ok.cfg > second.cfg
said 1 'a server is running with it; stop that one, or set control_socket' "$lcs" -D -f second.cfg
"$lcsctl" -s $ctl shutdown > shutdown.log 2>&1
if timeout 20 tail --pid="$pid" -f /dev/null; then ok "the server ends"; else not_ok "the server ends"; fi
sanitizer_reports

# ---- demo and check ---------------------------------------------------------------------

demo=$LCS_SRC/utils/demo
said 1 "there is no configuration /no/such.cfg" "$demo" --config /no/such.cfg
said 1 "'--frob' is no verb and no option" "$demo" --frob
said 1 "'-x' is no verb and no option" "$demo" -x
said 1 "--tcp-port needs a value" "$demo" --tcp-port
said 1 "'many' is no number" "$demo" --dir demo --workers many
said 1 "'70000' is no port" "$demo" --dir demo --tls-port 70000
said 1 "--user takes NAME:PASSWORD" "$demo" --user alice
said 1 "--set takes NAME=VALUE" "$demo" --set log_level
said 1 "--role home-lcs, home or carrier" "$demo" --dir demo --role frob
said 1 "nothing was started in nowhere" "$demo" --dir nowhere status
said 64 "there is no option --frob; see ./utils/check --help" "$LCS_SRC/utils/check" --frob
said 64 "soak takes a number of seconds, not 'long'" "$LCS_SRC/utils/check" soak long
plan
