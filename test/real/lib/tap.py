"""Tests as functions, a time limit on each, and their results as TAP.

A topic is a module with functions marked by @test. A test fails by raising; `check` and
`equal` raise Failed with a text that says what was seen. A test that is a generator waits
for something slow: where it says `yield SECONDS`, others have their turn until that time has
passed, so that minutes of a server's timers go by while the run goes on.
"""
import inspect
import os
import signal
import sys
import time
import traceback


# utils/check says which build it is.
SANITIZED = os.environ.get("LCS_VARIANT", "plain") != "plain"
# Times the server has to keep are multiplied by this. They are meant for a machine that has time for
# it and a disk that is fast: 1 asks for just them. Others have more, and a build with sanitizers most.
SLACK = float(os.environ.get("LCS_REAL_SLACK") or (6 if SANITIZED else 4))
# What is waited for comes or comes not: so much longer than a test says it may take, at no cost where
# all is well. It is below what would take a wait past the timers of SIP (32 s) that some tell from.
PATIENCE = 3


class Failed(AssertionError):
    """The server did not do what the test expects."""


class Skip(Exception):
    """This machine lacks what the test needs; the text says what."""


class TimeUp(Exception):
    """The test's time limit passed."""


class Test:
    """One line of TAP: a function with one set of arguments."""

    def __init__(self, topic, text, function, args, limit):
        self.topic, self.text, self.function = topic, text, function
        self.args, self.limit = args, limit
        self.world = None
        self.begun = None           # the generator of a test that waits
        self.due = 0                # when it may go on, by time.monotonic()
        self.spent = 0              # seconds, without what others had meanwhile

    def waits(self):
        return inspect.isgeneratorfunction(self.function)

    def go_on(self):
        """Up to its end, or its next `yield`; is it over? One that holds what others want goes on."""
        if not self.waits():
            self.function(self.world, *self.args)
            return True
        self.begun = self.begun or self.function(self.world, *self.args)
        for seconds in self.begun:
            if self.world.alone:
                continue
            self.due = time.monotonic() + seconds
            return False
        return True


def test(text, each=None, limit=20):
    """Mark a function as a test; `each` runs it once for every value (or tuple)."""
    def mark(function):
        cases = [()] if each is None else [c if isinstance(c, tuple) else (c,) for c in each]
        function.cases = [(text.format(*c), c, PATIENCE * limit) for c in cases]
        return function
    return mark


def collect(module):
    """The tests of a topic in the order they are written."""
    topic = module.__name__.removesuffix("_test")
    functions = [f for f in vars(module).values() if hasattr(f, "cases")]
    functions.sort(key=lambda f: f.__code__.co_firstlineno)
    return [Test(topic, text, f, args, limit) for f in functions for text, args, limit in f.cases]


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(seen, expected, what):
    if seen != expected:
        raise Failed(f"{what}: expected {expected!r}, saw {seen!r}")


def patient_end(seconds):
    """When a wait of so many seconds ends, by time.monotonic()."""
    return time.monotonic() + PATIENCE * seconds


def wait_until(probe, seconds, what, every=0.05):
    """Ask `probe` until it returns something true, for things that send no event."""
    end = patient_end(seconds)
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {PATIENCE * seconds} s: {what}")
        time.sleep(every)


def soon(ask, seconds, what):
    """What ask() returns, within so many seconds. A machine that is busy may be late once; a server
    that waits for something is late each time."""
    took = []
    for _ in range(5):
        begun = time.monotonic()
        value = ask()
        took.append(time.monotonic() - begun)
        if took[-1] < seconds:
            return value
    raise Failed(f"{what}: not within {seconds} s, but after {took}")


def _on_alarm(_signal, _frame):
    raise TimeUp()


def limited(seconds, function):
    """Run `function`; TimeUp interrupts it, whatever it waits for."""
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Report:
    """Prints TAP and counts."""

    def __init__(self):
        self.number = self.passed = self.failed = self.skipped = 0

    def ok(self, t, seconds):
        self._line("ok", t, f" # {seconds:.1f}s")
        self.passed += 1

    def skip(self, t, why):
        self._line("ok", t, f" # SKIP {why}")
        self.skipped += 1

    def not_ok(self, t, error, logs):
        self._line("not ok", t, "")
        self.failed += 1
        for line in describe(error, t).splitlines() + ([f"logs: {logs}"] if logs else []):
            print(f"#   {line}")
        sys.stdout.flush()

    def _line(self, verdict, t, tail):
        self.number += 1
        print(f"{verdict} {self.number} - {t.topic}: {t.text}{tail}", flush=True)

    def plan(self):
        print(f"1..{self.number}")
        print(f"# {self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)


def describe(error, t):
    """The error and the line of the test it comes from."""
    if isinstance(error, TimeUp):
        text = f"took longer than its {t.limit} s"
    elif isinstance(error, Failed):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/test/real/" in f.filename]
    where = [f"at {f.filename.rsplit('/real/', 1)[1]}:{f.lineno}: {f.line}" for f in frames
             if not f.filename.endswith(("/tap.py", "/run.py"))]
    return "\n".join([text] + where)
