"""SIPp (Debian: sip-tester) with the scenarios in sipp/."""
import csv
import pathlib
import select
import signal
import socket
import threading

from . import secure
from .child import Child
from .tap import Failed

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "sipp"


class Sipp:
    """One running sipp. Its injection file has a line for each user: the name and the
    whole [authentication] keyword, which takes no other keyword inside it.
    """

    def __init__(self, directory, scenario, target, transport="udp", calls=1, rate=10,
                 users=(), port=0, keys=None, limit_s=60, bind="127.0.0.1", patience_ms=15000,
                 keeps_messages=True):
        directory.mkdir(parents=True)
        self.directory = directory
        argv = ["sipp", "%s:%d" % target, "-sf", str(SCENARIOS / f"{scenario}.xml"),
                "-i", bind, "-m", str(calls), "-r", str(rate), "-nostdin", "-nd",
                "-t", {"udp": "u1", "tcp": "t1"}[transport],
                "-timeout", f"{limit_s}s", "-timeout_error", "-recv_timeout", str(patience_ms),
                "-trace_stat", "-stf", str(directory / "stat.csv"), "-fd", "1",
                "-trace_err", "-error_file", str(directory / "errors")]
        if keeps_messages:
            argv += ["-trace_msg", "-message_file", str(directory / "messages")]
        argv += ["-p", str(port)] if port else []
        for name, value in (keys or {}).items():
            argv += ["-key", name, str(value)]
        if users:
            lines = ["SEQUENTIAL"] + [
                f"{u.name};[authentication username={u.name} password={u.password}]" for u in users]
            (directory / "users.csv").write_text("\n".join(lines) + "\n")
            argv += ["-inf", str(directory / "users.csv")]
        self.child = Child(argv, directory / "output", cwd=directory)

    def counts(self):
        """(successful, failed) calls, from the last line of its statistics."""
        with open(self.directory / "stat.csv", newline="") as f:
            rows = [r for r in csv.DictReader(f, delimiter=";") if r.get("FailedCall(C)")]
        if not rows:
            raise Failed("sipp wrote no statistics")
        return int(rows[-1]["SuccessfulCall(C)"]), int(rows[-1]["FailedCall(C)"])

    def finish(self, seconds=60):
        """Wait for its end; (successful, failed)."""
        self.child.wait(seconds)
        return self.counts()

    def succeed(self, calls, seconds=60):
        """Wait for its end; every call must have gone by the scenario."""
        good, bad = self.finish(seconds)
        if (good, bad) != (calls, 0):
            raise Failed(f"sipp: {good} good and {bad} failed calls, expected {calls} and 0:\n"
                         + self.errors())

    def stop(self):
        """Begin no more calls; those under way go on to their end."""
        self.child.signal(signal.SIGUSR1)

    def text(self, name):
        """What it wrote into one of its files."""
        return (self.directory / name).read_text(errors="replace")

    def errors(self):
        try:
            return (self.directory / "errors").read_text(errors="replace")[:1500]
        except FileNotFoundError:
            return "(no error file)"

    def close(self):
        self.child.close()


class TlsPipe:
    """Plain TCP on one side, TLS to the server on the other.

    Debian's sipp is built without TLS; with this and a Via that says TLS it is a TLS client.
    """

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.sockets = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            tls = secure.connect(self.server.at("tls"), self.server.ca, self.server.domain)
            self.sockets += [plain, tls]
            for source, sink in ((plain, tls), (tls, plain)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source, sink):
        try:
            while True:
                select.select([source], [], [])
                data = source.recv(65536)
                if data == b"":
                    break
                if data:
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            pass

    def close(self):
        for s in self.sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

