#!/usr/bin/python3
"""The benchmark's runs as the tables of doc/performance.md.

    test/bench/table.py RUNS.jsonl...

Medians of the valid runs, with their range; the ratio is that of the medians.
"""
import json
import os
import statistics
import sys

SERVERS = ("kamailio", "lcs, 1 worker", "lcs, 2 workers", "lcs", "floor")
PAIRS = (("lcs", "kamailio"), ("lcs, 2 workers", "lcs, 1 worker"))     # of which ratios are told


def server_of(run):
    name, _, options = run["label"].partition(":")
    workers = dict(o.split("=", 1) for o in options.split(",") if "=" in o).get("BENCH_CHILDREN")
    name = os.path.basename(name)
    return f"{name}, {workers} worker{'s' * (workers != '1')}" if workers else name


def collect(runs, metric):
    """{scenario: {server: [figures]}}, in the order they were measured."""
    out = {}
    for r in runs:
        figures = out.setdefault(r["scenario_label"], {}).setdefault(server_of(r), [])
        if r.get("valid") and r.get(metric) is not None:
            figures.append(r[metric])
    return out


def text(figure):
    return f"{figure:.0f}" if figure >= 1000 else f"{figure:.4g}"


def cell(figures):
    if not figures:
        return "no valid run"
    middle = statistics.median(figures)
    if len(figures) == 1:
        return text(middle)
    return f"{text(middle)} ({text(min(figures))}-{text(max(figures))})"


def ratio(by_server, pair):
    ours, theirs = (by_server.get(s) for s in pair)
    if not ours or not theirs:
        return "-"
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}"


def print_table(title, metric, runs):
    table = collect(runs, metric)
    table = {s: row for s, row in table.items() if any(row.values())}
    if not table:
        return
    present = [s for s in SERVERS if any(s in row for row in table.values())]
    pairs = [p for p in PAIRS if set(p) <= set(present)] or PAIRS[:1]
    print(f"| {title} | {' | '.join(present)} | {' | '.join(' / '.join(p) for p in pairs)} |")
    print("|---" * (len(present) + 1 + len(pairs)) + "|")
    for scenario, row in table.items():
        cells = [cell(row.get(s, [])) for s in present]
        print(f"| {scenario} | {' | '.join(cells)} | {' | '.join(ratio(row, p) for p in pairs)} |")
    print()


def main():
    runs = [json.loads(line) for path in sys.argv[1:] for line in open(path)]
    if not runs:
        sys.exit(__doc__)
    print_table("CPU per transaction, us", "cpu_us_per_txn",
                [r for r in runs if not r["scenario_label"].startswith("memreg")])
    print_table("transactions per second", "rate",
                [r for r in runs if "worker" in server_of(r)])
    print_table("memory per registration, bytes", "pss_bytes_per_registration", runs)
    print_table("memory per connection, bytes", "pss_bytes_per_connection", runs)
    print_table("start to first answer, ms", "startup_ms", runs)
    bad = [r for r in runs if not r.get("valid")]
    for r in bad:
        print(f"Invalid: {server_of(r)} {r['scenario_label']}: {r.get('error', 'see the run')}")


if __name__ == "__main__":
    main()
