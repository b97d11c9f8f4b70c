"""The shared service scripts (name server, hosts in network namespaces)."""
import os
import pathlib
import re
import socket
import subprocess

from .demo import ROOT
from .tap import Failed, Skip

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

    def __init__(self, name, directory, *args):
        self.script = SHARED / "services" / f"{name}.sh"
        self.directory = str(directory)
        if not self.script.exists():
            raise Skip(f"no {self.script} (set LCS_SHARED)")
        self.slot = os.environ.get("LCS_SVC_SLOT") or free_slot()
        text = self.run("start", *args)
        self.env = dict(re.findall(r"^export (\w+)='(.*)'$", text, re.M))

    def run(self, action, *args):
        done = subprocess.run([str(self.script), action, self.directory, *map(str, args)],
                              capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, LCS_SVC_SLOT=self.slot))
        if done.returncode != 0 and "apt-get install" in done.stderr:
            raise Skip(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise Failed(f"{self.script.name} {action}: {done.stderr[-800:]}")
        return done.stdout

    def close(self):
        self.run("stop")
