"""A child process whose output is read as it comes, so that tests can wait for a line."""
import os
import re
import signal
import subprocess
import threading
import time

from .tap import PATIENCE, Failed, patient_end


class Child:
    """A program under the test's control.

    `log` gets everything it prints. wait_for() looks at what has come since the last
    match, so the same line can be waited for twice; kinds of output that mix have a
    cursor each.
    """

    def __init__(self, argv, log, env=None, cwd=None, netns=None, name=None):
        self.name = name or os.path.basename(argv[0])
        if netns:
            argv = ["ip", "netns", "exec", netns] + argv
        self.text = ""
        self.seen = {}
        self.ended = False
        self.change = threading.Condition()
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(os.environ, **(env or {})), cwd=cwd, start_new_session=True)
        self.log = open(log, "wb")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            with self.change:
                if not data:
                    self.ended = True
                else:
                    self.log.write(data)
                    self.log.flush()
                    self.text += data.decode("utf-8", "replace")
                self.change.notify_all()
            if not data:
                return

    def wait_for(self, pattern, seconds=10, cursor=""):
        """The match of `pattern` in output not matched before under this cursor."""
        rx = re.compile(pattern, re.S | re.M)
        end = patient_end(seconds)
        with self.change:
            while True:
                m = rx.search(self.text, self.seen.get(cursor, 0))
                if m:
                    self.seen[cursor] = m.end()
                    return m
                left = end - time.monotonic()
                if self.ended or left <= 0:
                    why = "it ended" if self.ended else f"not within {PATIENCE * seconds} s"
                    raise Failed(f"{self.name} did not print {pattern!r} ({why}); last output:\n"
                                 + self.text[-600:])
                self.change.wait(left)

    def write(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, seconds):
        """The exit code, with all output read."""
        try:
            code = self.process.wait(PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {PATIENCE * seconds} s; last output:\n"
                         + self.text[-600:]) from None
        self.reader.join(5)
        return code

    def signal(self, number):
        self.process.send_signal(number)

    def close(self):
        """End it at once: it was started in a session of its own, which goes with it."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        self.reader.join(5)
        for f in (self.process.stdin, self.process.stdout, self.log):
            try:
                f.close()
            except OSError:
                pass
