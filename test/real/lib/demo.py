"""Servers under test: started, asked and stopped with the project's own set-up command."""
import contextlib
import json
import os
import pathlib
import subprocess
import time

from . import kernel
from .tap import PATIENCE, Failed, equal, patient_end

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEMO = os.environ.get("LCS_DEMO", str(ROOT / "utils/demo"))
LCSCTL = os.environ.get("LCSCTL")       # else "demo lcsctl" is asked
START_LIMIT_S = 600         # the first start builds


def skip_build():
    """The first server was built; the next ones start what lies there, as it is."""
    built = pathlib.Path(os.environ.get("LCS_BUILD_ROOT", ROOT / "build")) / "plain"
    if (built / "lcs").exists():
        os.environ.setdefault("LCS_BUILD", str(built))


made = {}           # certificates and keys of a run: {(domain, address): {file: its bytes}}


@contextlib.contextmanager
def certified(directory, name):
    """Around a server's first start: it gets the certificate of the run's first one of this name, as to
    make two keys takes most of a start; not where the test has brought another."""
    tls = pathlib.Path(directory) / "tls"
    if tls.exists():
        yield
        return
    if name in made:
        tls.mkdir(0o700, parents=True)
        for file, data in made[name].items():
            (tls / file).touch(0o600)
            (tls / file).write_bytes(data)
    yield
    made.setdefault(name, {f.name: f.read_bytes() for f in tls.iterdir()})


class Server:
    """One server; its ports are in `port`, a transport it does not serve is None there."""

    def __init__(self, directory, role, domain, users, transports=("udp", "tcp", "tls"),
                 options=(), netns=None, inside=()):
        self.directory, self.role, self.netns = str(directory), role, netns
        self.inside = list(inside)      # words before every command, as of Disk.inside()
        argv = ["start", "--dir", self.directory, "--role", role, "--domain", domain,
                "--workers", "2", "--no-prove", "--json"]
        for name, password in users:
            argv += ["--user", f"{name}:{password}"]
        for t in transports:
            argv += [f"--{t}-port", "0"]
        self.start_words = argv + list(options)
        address = self.start_words[self.start_words.index("--address") + 1] if "--address" in options else ""
        with certified(self.directory, (domain, address)):
            self._start(self.start_words)

    def _start(self, words):
        out = self._demo(words, START_LIMIT_S)
        try:
            self.facts = json.loads(out)
        except ValueError:
            raise Failed(f"demo start did not print one JSON object: {out!r}") from None
        skip_build()
        self.port = self.facts["ports"]
        self.address = self.facts["address"]
        self.domain = self.facts["domain"]
        self.ca = self.facts["ca"]
        self.supervisor = self.facts["pid"]

    def start_again(self):
        """After stop(): the same server, with the ports it had unless they are taken now."""
        self._start(self.start_words)

    def _demo(self, argv, seconds):
        argv = self.inside + [DEMO] + argv
        if self.netns:
            argv = ["ip", "netns", "exec", self.netns] + argv
        try:
            done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=seconds)
        except FileNotFoundError:
            raise Failed(f"no {DEMO}") from None
        if done.returncode != 0:
            raise Failed(f"{' '.join(argv[:4])} ... ended with {done.returncode}:\n"
                         f"{(done.stdout + done.stderr)[-2000:]}")
        return done.stdout

    def at(self, transport):
        """Host and port for a transport."""
        if self.port[transport] is None:
            raise Failed(f"the server has no {transport} listener: {self.port}")
        return self.address, self.port[transport]

    def uri(self, transport, host=None):
        """The server as a SIP URI, as a client has it for outbound proxy."""
        address, port = self.at(transport)
        return f"sip:{host or address}:{port};transport={transport}"

    def server_pids(self):
        """The supervisor's children, by the kernel."""
        return kernel.children(self.supervisor)

    def log_text(self):
        with open(self.facts["log"], errors="replace") as f:
            return f.read()

    def log_lines(self, text, least=1):
        """Lines of the log with that text, as soon as there are so many. They are written by a
        thread of their own, a moment after what they tell of; none is an answer, too."""
        found, until = [], patient_end(10)
        while len(found) < least and time.monotonic() < until:
            found = [line for line in self.log_text().splitlines() if text in line]
            time.sleep(0 if len(found) >= least else 0.02)
        return found

    def ctl(self, *words, input=None):
        """Run lcsctl with -o json and return what it printed, parsed."""
        done = self.try_ctl(*words, input=input)
        if done.returncode != 0:
            raise Failed(f"lcsctl {' '.join(words)} ended with {done.returncode}: "
                         f"{(done.stdout + done.stderr)[-800:]}")
        text = done.stdout.strip()
        return json.loads(text) if text else None

    def ctl_words(self):
        """lcsctl for this server, without a verb."""
        return [str(w) for w in ([LCSCTL, "-s", self.facts["ctl"]] if LCSCTL else
                                 [DEMO, "--dir", self.directory, "lcsctl"])]

    def try_ctl(self, *words, input=None):
        argv = [*self.ctl_words(), "-o", "json", *words]
        return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE * 20,
                              input=input or "")

    def endpoints(self, user):
        """The user's bindings: dicts with user, contact, expires (seconds left) and more."""
        rows = self.ctl("endpoints", "list", user.aor)
        for row in rows:
            equal(row["user"], user.aor, "user of a row of lcsctl endpoints list")
        return rows

    def stop(self):
        self._demo(["stop", "--dir", self.directory], PATIENCE * 60)
        if not kernel.is_dead(self.supervisor):
            raise Failed("the supervisor still runs after demo stop")
