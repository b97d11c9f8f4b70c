"""Many users of one server, and the crowd of clients (test/load) that plays them."""
import hashlib
import json
import os
import pathlib
import select
import sqlite3
import subprocess
import threading
import time

from . import ntlm
from .crowd import open_files, pss_kb
from .demo import ROOT
from .tap import PATIENCE, Failed, Skip

PASSWORD = "crowd-secret"



def config():
    """cfg/samples/home-lcs.cfg with UDP, which a home server has not."""
    home = (ROOT / "cfg/samples/home.cfg").read_text()
    return home.replace("#!lcs 1", "#!lcs 1\n#!define LCS_CLIENTS\nlisten = LCS_UDP\n"
                        "max_connections_per_address = 2000", 1).replace('profile     = "home"', "")


def program():
    """The built crowd."""
    path = pathlib.Path(os.environ.get("LCS_BUILD", ROOT)) / "test/load/crowd"
    if not path.exists():
        made = subprocess.run(["make", "-C", str(path.parents[2]), "test/load/crowd"],
                              capture_output=True, text=True)
        if made.returncode != 0:
            raise Skip(f"test/load/crowd cannot be built: {made.stderr[-300:]}")
    return str(path)


def hashed(kind, *parts):
    return hashlib.new(kind, ":".join(parts).encode()).hexdigest()


def add_users(state, domain, count):
    """w0, w1, ... into the store of a server that does not run: one by one through lcsctl
    would take minutes."""
    base = sqlite3.connect(state)
    nt_hash = ntlm.md4(PASSWORD.encode("utf-16-le")).hex()
    now = int(time.time())
    accounts, logins = [], []
    for i in range(count):
        name, full = f"w{i}", f"w{i}@{domain}"
        accounts.append((name, domain, 1, hashed("md5", name, domain, PASSWORD),
                         hashed("sha256", name, domain, PASSWORD),
                         hashed("md5", full, domain, PASSWORD),
                         hashed("sha256", full, domain, PASSWORD), now, 1))
        logins.append((name, domain, nt_hash, "", now))
    with base:
        base.executemany("insert into user_account(name, domain, enabled, md5, sha256, md5_full, "
                         "sha256_full, changed, version) "
                         "values (?,?,?,?,?,?,?,?,?)", accounts)
        base.executemany("insert into ntlm_account values (?,?,?,?,?)", logins)
    base.close()


def open_server(world, count, text=None, fence=None):
    """A server with that many users of the crowd, and three more with passwords of their own;
    behind a Fence: all it starts, with one worker."""
    open_files()
    path = pathlib.Path(world.path("scale.cfg"))
    path.write_text(text or config())
    workers = ["--workers", "1"] if fence else []
    server, users = world.own_server(options=["--config", str(path), *workers])
    server.stop()
    if fence:
        server.inside = fence.inside()
    add_users(str(next(pathlib.Path(server.directory, "state").glob("*.db"))), server.domain, count)
    server.start_again()
    return server, users


class Crowd:
    """The program; orders are obeyed one after the other."""

    def __init__(self, server, log, udp=0, tcp=0, lcs=0, contacts=20, window=500, tls=False):
        self.log = open(log, "wb")
        stream = [f"port={server.port['tls']}", f"ca={server.ca}"] if tls else \
            [f"port={server.port['tcp']}"]
        self.process = subprocess.Popen(
            [program(), f"udp-port={server.port['udp']}", *stream,
             f"domain={server.domain}", f"password={PASSWORD}", f"udp={udp}", f"tcp={tcp}",
             f"lcs={lcs}", f"contacts={contacts}", f"window={window}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)

    def begin(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()

    def wait(self, seconds):
        """What it says when it is done."""
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise Failed(f"the crowd said nothing within {seconds} s (its status is "
                         f"{self.process.poll()})")
        return json.loads(line)

    def order(self, *words, seconds=60):
        self.begin(*words)
        return self.wait(PATIENCE * seconds)

    def cpu_s(self):
        return cpu_s(self.process.pid)

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def cpu_s(pid):
    """CPU time of a process so far."""
    with open(f"/proc/{pid}/stat") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Gauge:
    """Memory and CPU time of a server's processes, now and then."""

    def __init__(self, server, every=5):
        self.server, self.every, self.rows = server, every, []
        self.begun, self.ending = time.monotonic(), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def now(self):
        pids = [self.server.supervisor] + self.server.server_pids()
        return pss_kb(pids), sum(map(cpu_s, pids))

    def _run(self):
        while not self.ending.wait(self.every):
            try:
                self.rows.append((round(time.monotonic() - self.begun), *self.now()))
            except (OSError, StopIteration):
                pass            # it is being killed

    def close(self):
        self.ending.set()
        self.thread.join(10)
