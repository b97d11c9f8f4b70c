#!/bin/bash
# about: paced load for LCS_SECONDS (3600), 10,000 users for as long: nothing lost, memory stays
# order: 96
# build: plain
# limit: 90000
# packages: python3 procps gcc make libssl-dev openssl sip-tester
# repair: the runs' figures are in runs.jsonl; repeat one with shared/bench/run
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

# The time is shared out; rates are a fraction of what one core serves.
rates="message-tcp:300 call-udp:60 rereg-udp:300 regauth-tcp:100"
seconds=$((${LCS_SECONDS:-3600} / 4))
for pair in $rates; do
	scenario=${pair%:*} rate=${pair#*:}
	"$bench/run" --server "$LCS_SRC/test/bench/lcs" --scenario "$scenario" --rate "$rate" \
	    --n $((rate * seconds)) --limit $((seconds * 3 / 2 + 240)) --quiet > "$LCS_LOG/$scenario.json" 2> "$LCS_LOG/$scenario.log"
	tail -n 1 "$LCS_LOG/$scenario.json" >> "$LCS_LOG/runs.jsonl"
	if verdict=$(python3 - "$LCS_LOG/$scenario.json" 2>> "$LCS_LOG/$scenario.log" << 'END'
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
	); then
		ok "$scenario at $rate/s for $seconds s: $verdict"
	else
		not_ok "$scenario at $rate/s for $seconds s: $verdict" "$LCS_LOG/$scenario.log"
	fi
done

# LCS_CROWD users (10,000) who watch twenty each, for LCS_SECONDS; around kill -9; all by NTLM at once.
crowd=${LCS_CROWD:-10000}
make -s -C "$LCS_BUILD" test/load/crowd > "$LCS_LOG/make.log" 2>&1
if LCS_CROWD=$crowd LCS_CROWD_SECONDS=${LCS_CROWD_SECONDS:-${LCS_SECONDS:-3600}} python3 "$LCS_SRC/test/real/run.py" \
    -d "$LCS_LOG" scale > "$LCS_LOG/scale.tap" 2> "$LCS_LOG/scale.log"; then
	ok "$(sed -n 's/^# \([0-9]* users, .*\)/\1/p' "$LCS_LOG/scale.tap" | head -n 1)"
else
	not_ok "$crowd users of one server" "$LCS_LOG/scale.tap"
fi

# Ten thousand exchanges of the configuration under a thousand calls a second and REGISTERs.
# LCS_RELOADS and LCS_RELOAD_CALLS: as many as the machine bears.
if [ "${LCS_RELOADS:-10000}" -gt 0 ]; then
	if LCS_RELOADS=${LCS_RELOADS:-10000} LCS_RELOAD_CALLS=${LCS_RELOAD_CALLS:-1000} python3 "$LCS_SRC/test/real/run.py" -d "$LCS_LOG" \
	    "again and again" > "$LCS_LOG/reload.tap" 2> "$LCS_LOG/reload.log"; then
		ok "$(sed -n 's/^# \(.* exchanges.*\)/\1/p' "$LCS_LOG/reload.tap")"
	else
		not_ok "exchanges of the configuration under load" "$LCS_LOG/reload.tap"
	fi
fi
plan
