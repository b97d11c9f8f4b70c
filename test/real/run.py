#!/usr/bin/python3
"""Run the tests with real SIP peers and print TAP.

    python3 test/real/run.py [-l] [-k] [-d DIR] [NAME...]

NAME is a topic (register, call, ...) or a word of a test's text; all when none is given.
-l lists the tests, -k keeps every log, -d says below which directory logs go.
Environment: LCS_DEMO, LCSCTL (the commands under test), LCS_SHARED (service scripts).
"""
import argparse
import collections
import contextlib
import importlib
import pathlib
import re
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from lib.tap import PATIENCE, Report, Skip, Test, collect, limited  # noqa: E402
from lib.world import Run, World  # noqa: E402


def topics():
    return sorted(p.stem for p in HERE.glob("*_test.py"))


def select(words):
    """All tests, or those whose topic is a word or whose line contains it."""
    tests = [t for name in topics() for t in collect(importlib.import_module(name))]
    if not words:
        return tests
    names = {t.topic for t in tests}
    return [t for t in tests
            if any(w == t.topic if w in names else w in f"{t.topic}: {t.text}" for w in words)]


def slug(t):
    return re.sub(r"[^a-z0-9]+", "-", f"{t.topic}-{t.text}".lower())[:80].strip("-")


def second_try(t, run):
    """Real clients have bad moments of their own on a machine that is busy: one more chance,
    and the report says that it was needed. What the server did wrong fails both times, and
    a server that was restarted fails the run."""
    again = Test(t.topic, t.text, t.function, t.args, t.limit)
    try:
        again.world = World(run, slug(t)[:70] + "-again", t.waits())
        while not limited(again.limit, again.go_on):
            time.sleep(max(0, again.due - time.monotonic()))
        return True
    except Exception as e:
        print(f"# the second try of {t.text!r}: {e}".splitlines()[0], flush=True)
        return False
    finally:
        if again.world:
            limited(PATIENCE * 60, lambda: again.world.close(True))


def run_one(t, run, report, keep):
    """A test, or what is left of it; False: it waits, and is to be called again."""
    start = time.monotonic()
    error, over = None, True
    try:
        t.world = t.world or World(run, slug(t), t.waits())
        over = limited(t.limit, t.go_on)
    except Exception as e:
        error = e
    if over:
        conclude(t, error, run, report, keep, start)
    t.spent += time.monotonic() - start
    return over


def conclude(t, error, run, report, keep, start):
    failed = error is not None and not isinstance(error, Skip)
    logs = " ".join(map(str, [t.world.directory] + t.world.own)) if failed and t.world else None
    try:
        if t.world:
            limited(PATIENCE * 60, lambda: t.world.close(keep or failed))
    except Exception as e:
        if error is None:
            error, failed = e, True
    again = failed and t.topic != "run" and second_try(t, run)
    took = t.spent + time.monotonic() - start
    if again:
        report.ok(t, took)
        print(f"# passed at the second try only; the first: {error}".splitlines()[0], flush=True)
    elif failed:
        report.not_ok(t, error, logs)
    elif error is not None:
        report.skip(t, str(error))
    else:
        report.ok(t, took)


def run_all(tests, begun, run, report, keep):
    """In their order; one that waits goes on as soon as it may, between two others."""
    left = collections.deque(tests)
    while left or begun:
        first = min(begun, key=lambda t: t.due, default=None)
        if first and (first.due <= time.monotonic() or not left):
            time.sleep(max(0, first.due - time.monotonic()))
        else:
            first = left.popleft()
            begun.append(first)
        if run_one(first, run, report, keep):
            begun.remove(first)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("-l", "--list", action="store_true")
    parser.add_argument("-k", "--keep", action="store_true")
    parser.add_argument("-d", "--dir")
    options = parser.parse_args()
    tests = select(options.names)
    if options.list:
        print("\n".join(f"{t.topic}: {t.text}" for t in tests))
        return 0
    if not tests:
        sys.exit(f"no test matches; topics: {' '.join(n.removesuffix('_test') for n in topics())}")
    # ended from outside, the servers and services go too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.dir:
        pathlib.Path(options.dir).mkdir(parents=True, exist_ok=True)
    directory = tempfile.mkdtemp(prefix="lcs-real-" if not options.dir else "",
                                 dir=options.dir and pathlib.Path(options.dir).resolve())
    run, report, begun = Run(directory), Report(), []
    try:
        run.build()
        run_all(tests, begun, run, report, options.keep)
        if run.first_pids:
            run_one(Test("run", "no shared server was restarted", lambda world: run.unharmed(),
                         (), 10), run, report, options.keep)
    finally:
        for t in begun:                 # the run was ended from outside
            with contextlib.suppress(Exception):
                t.world.close(True)
        run.close()
    report.plan()
    if report.failed or options.keep:
        print(f"# logs are kept in {directory}")
    else:
        run.remove()
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
