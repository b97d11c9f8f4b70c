#!/bin/bash
# about: CPU per transaction beside Kamailio's, same run (LCS_ROUNDS, 3); instructions
# order: 95
# build: plain
# limit: 7200
# packages: kamailio kamailio-tls-modules kamailio-presence-modules python3 procps gcc libssl-dev valgrind
# repair: shared/bench/README.md says what makes a run invalid; repeat on a quiet machine
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
bench=$LCS_SHARED/bench
if [ ! -x "$bench/matrix" ]; then
	echo "1..0 # SKIP no benchmark in $LCS_SHARED (set LCS_SHARED)"
	exit
fi
export LCS_BIN=$LCS_BUILD/lcs LCS_MODULE_PATH=$LCS_BUILD/modules BENCH_BUILD=$LCS_BUILD/bench
scenarios=${LCS_SCENARIOS:-options-udp,register-udp,rereg-udp,regauth-udp,message-udp,call-udp,options-tcp,register-tcp,message-tcp,call-tcp}
# What is counted is quick, and the same on a busy machine: first.
insn=${LCS_INSN:-options-udp register-udp rereg-udp regauth-udp message-udp call-udp options-tcp message-tcp presence-udp}
# shellcheck disable=SC2086
"$LCS_SRC/test/bench/insn" --tap 1 $insn
counted=$(wc -w <<< "$insn")

"$bench/matrix" --servers "kamailio,$LCS_SRC/test/bench/lcs,floor" --scenarios "$scenarios" \
    --rounds "${LCS_ROUNDS:-3}" --out "$LCS_LOG/runs.jsonl" > "$LCS_LOG/table.md" 2> "$LCS_LOG/matrix.log"
sed 's/^/# /' "$LCS_LOG/table.md"

# One test per scenario: the median at most 0.8 of Kamailio's.
python3 - "$LCS_LOG/runs.jsonl" "$counted" << 'END'
import json, statistics, sys

runs = [json.loads(line) for line in open(sys.argv[1])]
names = list(dict.fromkeys(r["scenario_label"] for r in runs))
before = int(sys.argv[2])

def median(server, scenario):
    good = [r["cpu_us_per_txn"] for r in runs
            if r["scenario_label"] == scenario and r["label"].endswith(server) and r.get("valid")]
    return statistics.median(good) if good else None

print(f"1..{before + len(names)}")
for n, name in enumerate(names, before + 1):
    ours, theirs = median("lcs", name), median("kamailio", name)
    if ours is None:
        why = next((r.get("error") for r in runs if r["scenario_label"] == name
                    and r["label"].endswith("lcs")), None)
        print(f"# {why}")
        print(f"not ok {n} - {name}: no valid run of lcs")
    elif theirs is None:
        print(f"ok {n} - {name}: {ours:.1f} us # SKIP no valid run of kamailio beside it")
    else:
        ratio = ours / theirs
        print(f"{'ok' if ratio <= 0.8 else 'not ok'} {n} - {name}: "
              f"{ours:.1f} us, kamailio {theirs:.1f} us, ratio {ratio:.2f}")
END
