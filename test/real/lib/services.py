"""The shared service scripts (name server, hosts in network namespaces)."""
import os
import pathlib
import re
import subprocess

from .demo import ROOT
from .tap import Failed, Skip

SHARED = pathlib.Path(os.environ.get("LCS_SHARED", ROOT.parent / "shared"))
SLOT = os.environ.get("LCS_SVC_SLOT", "5")


class Service:
    """services/NAME.sh started in a directory; its variables are in `env`."""

    def __init__(self, name, directory, *args):
        self.script = SHARED / "services" / f"{name}.sh"
        self.directory = str(directory)
        if not self.script.exists():
            raise Skip(f"no {self.script} (set LCS_SHARED)")
        text = self.run("start", *args)
        self.env = dict(re.findall(r"^export (\w+)='(.*)'$", text, re.M))

    def run(self, action, *args):
        done = subprocess.run([str(self.script), action, self.directory, *map(str, args)],
                              capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, LCS_SVC_SLOT=SLOT))
        if done.returncode != 0 and "apt-get install" in done.stderr:
            raise Skip(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise Failed(f"{self.script.name} {action}: {done.stderr[-800:]}")
        return done.stdout

    def close(self):
        self.run("stop")
