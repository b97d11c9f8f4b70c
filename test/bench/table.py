#!/usr/bin/python3
"""The benchmark's runs as the tables of doc/performance.md.

    test/bench/table.py RUNS.jsonl...

Medians of the valid runs, with their range; the ratio is that of the medians.
"""
import json
import os
import statistics
import sys

SERVERS = ("kamailio", "lcs", "floor")


def server_of(run):
    return os.path.basename(run["label"].partition(":")[0])


def collect(runs, metric):
    """{scenario: {server: [figures]}}, in the order they were measured."""
    out = {}
    for r in runs:
        figures = out.setdefault(r["scenario_label"], {}).setdefault(server_of(r), [])
        if r.get("valid") and r.get(metric) is not None:
            figures.append(r[metric])
    return out


def cell(figures):
    if not figures:
        return "no valid run"
    middle = statistics.median(figures)
    if len(figures) == 1:
        return f"{middle:.4g}"
    return f"{middle:.4g} ({min(figures):.4g}-{max(figures):.4g})"


def ratio(by_server):
    ours, theirs = by_server.get("lcs"), by_server.get("kamailio")
    if not ours or not theirs:
        return "-"
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}"


def print_table(title, metric, runs):
    table = collect(runs, metric)
    table = {s: row for s, row in table.items() if any(row.values())}
    if not table:
        return
    present = [s for s in SERVERS if any(s in row for row in table.values())]
    print(f"| {title} | {' | '.join(present)} | lcs / kamailio |")
    print("|---" * (len(present) + 2) + "|")
    for scenario, row in table.items():
        cells = [cell(row.get(s, [])) for s in present]
        print(f"| {scenario} | {' | '.join(cells)} | {ratio(row)} |")
    print()


def main():
    runs = [json.loads(line) for path in sys.argv[1:] for line in open(path)]
    if not runs:
        sys.exit(__doc__)
    print_table("CPU per transaction, us", "cpu_us_per_txn",
                [r for r in runs if not r["scenario_label"].startswith("memreg")])
    print_table("memory per registration, bytes", "pss_bytes_per_registration", runs)
    print_table("memory per connection, bytes", "pss_bytes_per_connection", runs)
    print_table("start to first answer, ms", "startup_ms", runs)
    bad = [r for r in runs if not r.get("valid")]
    for r in bad:
        print(f"Invalid: {server_of(r)} {r['scenario_label']}: {r.get('error', 'see the run')}")


if __name__ == "__main__":
    main()
