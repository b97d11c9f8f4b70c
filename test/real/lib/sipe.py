"""pidgin-sipe, the LCS client, headless: the program in ../sipe, built when first needed.

Commands are lines with tabs between their words; so are events. README.md names them all.
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

from .child import Child
from .tap import Failed, Skip, wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "sipe/sipe.c"
PLUGIN = pathlib.Path("/usr/lib/purple-2/libsipe.so")
PACKAGES = "pidgin-sipe libpurple-dev libpurple-bin libxml2-dev gcc libc6-dev pkg-config"
WARNINGS = ["-std=gnu17", "-Wall", "-Wextra", "-Werror"]

# Commands that change the list or the rules on the server, which refuses a change that is made
# before the answer to the last one: so would a user who is as quick as a test.
CHANGES = ("add", "remove", "move", "alias", "group-rename", "group-remove", "block", "unblock")

built = {}


def build(directory):
    """The program, made once in a run. Skip if what it needs is not there."""
    if "path" in built:
        return built["path"]
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "purple", "libxml-2.0"],
                           capture_output=True, text=True)
    if not PLUGIN.exists() or flags.returncode != 0 or not shutil.which("gcc"):
        raise Skip(f"no pidgin-sipe: apt-get install --no-install-recommends {PACKAGES}")
    path = pathlib.Path(tempfile.mkdtemp(dir=directory)) / "sipe"
    done = subprocess.run(["gcc", "-g", *WARNINGS, "-o", str(path), str(SOURCE), "-rdynamic",
                           *flags.stdout.replace("-I", "-isystem").split(), "-ldl"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{SOURCE} does not compile:\n{done.stderr}")
    built["path"] = path
    return path


def unescape(text):
    return text.replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\")


def escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


class Sipe:
    """A running client with one account; it signs in at once."""

    def __init__(self, directory, user, server, transport="tcp", auth="ntlm", login=None,
                 password=None, netns=None, env=None, more=(), program=None):
        directory.mkdir(parents=True)
        self.user, self.directory = user, directory
        host, port = server.at(transport)
        argv = [str(program or build(directory.parent.parent)), "--dir", str(directory), "--debug",
                "--user", user.aor, "--password", user.password if password is None else password,
                "--server", f"{host}:{port}", "--transport", transport, "--auth", auth]
        if login:
            argv += ["--login", login]
        # its log goes apart: the messages as they are, and the text of each signature
        self.log = directory / "debug"
        self.child = Child(["sh", "-c", 'exec "$@" 2>"$0"', str(self.log), *argv, *more],
                           directory / "output", netns=netns, env=env, name=f"sipe {user.name}")
        self.child.wait_for(r"^ready$", 10)

    def event(self, word, *patterns, seconds=10):
        """The words of the next event of that kind whose words match (regular expressions,
        from the first one on; those left out match anything). Each kind has its own cursor."""
        line = "^" + "\t".join((word,) + patterns) + r"(?:\t[^\n]*)?$"
        m = self.child.wait_for(line, seconds, cursor=word)
        return [unescape(w) for w in m.group().split("\t")[1:]]

    def command(self, *words, seconds=10):
        """Carried out when this returns; what comes of it are events."""
        if words[0] in CHANGES:
            wait_until(lambda: not self.open_changes(), 10, f"answers to {self.user.name}'s changes")
        self.child.write("\t".join(escape(w) for w in words))
        self.child.wait_for(rf"^done\t{words[0]}$", seconds, cursor="done")

    def open_changes(self):
        """The SERVICE requests that have no final response yet."""
        sent = {True: set(), False: set()}
        for block in self.trace().split("MESSAGE START ")[1:]:
            name = re.search(r"^Call-ID: *(\S+).*?^CSeq: *(\d+) SERVICE$", block, re.S | re.M) or \
                re.search(r"^CSeq: *(\d+) SERVICE$.*?^Call-ID: *(\S+)", block, re.S | re.M)
            if name and "\nSIP/2.0 1" not in block:
                sent[block.startswith(">")].add(frozenset(name.groups()))
        return sent[True] - sent[False]

    # -- shorthand

    def wait_signed_on(self, seconds=15):
        self.event("signed-on", seconds=seconds)
        return self

    def wait_failed(self, seconds=15):
        """The reason that its user is shown."""
        return self.event("failed", seconds=seconds)[1]

    def im(self, uri, text):
        self.command("im", uri, text)

    def wait_im(self, text, sender=r"[^\t\n]*", seconds=10):
        return self.event("im", sender, rf"[^\n]*{text}[^\n]*", seconds=seconds)

    def wait_status(self, uri, status, seconds=10):
        return self.event("status", uri, status, seconds=seconds)

    def trace(self):
        """Everything libpurple and the plugin have logged so far."""
        return self.log.read_text(errors="replace")

    def close(self):
        self.child.close()
