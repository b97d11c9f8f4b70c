#!/bin/bash
# about: paced loads and 10,000 users side by side for LCS_SECONDS (3600): nothing lost, memory stays
# order: 96
# build: plain
# limit: 90000
# packages: python3 procps gcc make libssl-dev openssl sip-tester
# repair: the loads' figures are in runs.jsonl; repeat one with shared/bench/run
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
bench=$LCS_SHARED/bench
if [ ! -x "$bench/run" ]; then
	echo "1..0 # SKIP no benchmark in $LCS_SHARED (set LCS_SHARED)"
	exit
fi
export LCS_BIN=$LCS_BUILD/lcs LCS_MODULE_PATH=$LCS_BUILD/modules BENCH_BUILD=$LCS_BUILD/bench
seconds=${LCS_SECONDS:-3600}

# Each at a fraction of what one core serves, on a server of its own; all at once.
loads="message-tcp:300 message-tls:100 call-udp:60 regauth-tcp:100"
# The clients of a load register once, for an hour; what warms the server up comes out of it, too.
warm_seconds=20
load_seconds=$((seconds > 3500 ? 3500 : seconds))

paced_load() {
	local scenario=$1 rate=$2

	"$bench/run" --server "$LCS_SRC/test/bench/lcs" --scenario "$scenario" --rate "$rate" \
	    --warm $((rate * warm_seconds)) --n $((rate * load_seconds)) --limit $((load_seconds * 3 / 2 + 240)) --quiet \
	    > "$LCS_LOG/$scenario.json" 2> "$LCS_LOG/$scenario.log"
	tail -n 1 "$LCS_LOG/$scenario.json" >> "$LCS_LOG/runs.jsonl"
}

judge_load() {
	python3 - "$1" << 'END'
import json, sys

run = json.loads(open(sys.argv[1]).read().strip().splitlines()[-1])
ready, after = run["pss_ready_kb"], run["pss_after_kb"]
print(f"memory {ready} kB before, {after} kB after")
if not run.get("valid"):
    sys.exit(f"the run is not valid: {run.get('error')}")
# New registrations stay; everything else must be given back, but for caches that fill once.
if not run["scenario"].startswith("regauth") and after > ready * 1.2 + 8192:
    sys.exit("memory grew")
END
}

verdict_of_load() {
	local scenario=$1 rate=$2 line verdict

	line="$scenario at $rate/s for $load_seconds s"
	if verdict=$(judge_load "$LCS_LOG/$scenario.json" 2>> "$LCS_LOG/$scenario.log"); then
		ok "$line: $verdict"
	else
		not_ok "$line: $verdict" "$LCS_LOG/$scenario.log"
	fi
}

# real NAME WHAT WORDS...: tests with real clients; their own figures are the line.
real() {
	local name=$1 what=$2

	shift 2
	if python3 "$LCS_SRC/test/real/run.py" -d "$LCS_LOG/$name" "$@" \
	    > "$LCS_LOG/$name.tap" 2> "$LCS_LOG/$name.log"; then
		ok "$what: $(sed -n 's/^# \(.*[0-9] .*[a-z].*\)/\1/p' "$LCS_LOG/$name.tap" | paste -s -d ';')"
	else
		not_ok "$what" "$LCS_LOG/$name.tap"
	fi
}

rm -f "$LCS_LOG/runs.jsonl"
export LCS_CROWD=${LCS_CROWD:-10000}
make -s -C "$LCS_BUILD" test/load/crowd > "$LCS_LOG/make.log" 2>&1
make -s -C "$bench/client" OUT="$BENCH_BUILD" >> "$LCS_LOG/make.log" 2>&1
for pair in $loads; do
	paced_load "${pair%:*}" "${pair#*:}" &
done
LCS_CROWD_SECONDS=$seconds real hour "$LCS_CROWD users for $seconds s" "sipp's messages beside users"
wait
for pair in $loads; do
	verdict_of_load "${pair%:*}" "${pair#*:}"
done

# What needs no hour: around kill -9, all by NTLM at once, all by TLS on one CPU in 512 MB.
real crowd "$LCS_CROWD users" "kill -9 at random" "all sign in at once" "on one CPU"

# Ten thousand exchanges of the configuration under a thousand calls a second and REGISTERs.
# LCS_RELOADS and LCS_RELOAD_CALLS: as many as the machine bears.
export LCS_RELOADS=${LCS_RELOADS:-10000} LCS_RELOAD_CALLS=${LCS_RELOAD_CALLS:-1000}
if [ "$LCS_RELOADS" -gt 0 ]; then
	real reload "exchanges of the configuration under load" "again and again"
fi
plan
