"""The shared service scripts (name server, KDC, domain controller, hosts in network namespaces)."""
import os
import pathlib
import re
import socket
import subprocess

from .demo import ROOT
from .gss import environment
from .tap import PATIENCE, Failed, Skip

LIMITS_S = {"samba-ad": 240, "mariadb": 120}       # the first start makes the domain, or the tables
# where it is kept then: a later start takes two seconds
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lcs"
SHARED = pathlib.Path(os.environ.get("LCS_SHARED", ROOT.parent / "shared"))


def free_slot():
    """A slot whose name server's ports and hosts nobody else has."""
    for slot in "9876543210":
        base = 13000 + 100 * int(slot)
        if ports_free(base + 80, base + 81) and not os.path.exists(f"/run/netns/lcs{slot}-r"):
            return slot
    raise Skip("all ten slots of the service scripts are in use")


def ports_free(*ports):
    for port in ports:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return False
    return True


class Service:
    """services/NAME.sh started in a directory; its variables are in `env`."""

    def __init__(self, name, directory, *args, more=()):
        self.script = SHARED / "services" / f"{name}.sh"
        self.directory = str(directory)
        if not self.script.exists():
            raise Skip(f"no {self.script} (set LCS_SHARED)")
        self.slot = os.environ.get("LCS_SVC_SLOT") or free_slot()
        self.more = dict(more)          # of its environment
        text = self.run("start", *args)
        self.env = dict(re.findall(r"^export (\w+)='(.*)'$", text, re.M))

    def run(self, action, *args):
        CACHE.mkdir(parents=True, exist_ok=True)
        # a domain knows its controller's address, which is another in each slot: of one file for all,
        # runs side by side would make theirs anew each time
        env = {"LCS_AD_CACHE": str(CACHE / f"ad-{self.slot}.tgz"), **os.environ, "LCS_SVC_SLOT": self.slot,
               **self.more}
        done = subprocess.run([str(self.script), action, self.directory, *map(str, args)],
                              capture_output=True, text=True, env=env,
                              timeout=PATIENCE * LIMITS_S.get(self.script.stem, 60))
        if done.returncode != 0 and "apt-get install" in done.stderr:
            raise Skip(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise Failed(f"{self.script.name} {action}: {done.stderr[-800:]}")
        return done.stdout

    def close(self):
        self.run("stop")


def name_server(world):
    """That of the whole run, with five servers in its zone."""
    with environment({"LCS_LDAP_SERVERS": "5"}):
        return world.run.keep("dns", lambda: world.service("dns", own=False))
