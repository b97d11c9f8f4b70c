"""lcsctl from a user's seat: what it says when something is wrong, exit statuses, completion."""
import json
import os
import pathlib
import pty
import select
import shlex
import signal
import stat
import subprocess
import termios

from lib.demo import ROOT
from lib.tap import PATIENCE, check, equal, test, wait_until


def run(server, *words, input=None):
    done = server.try_ctl(*words, input=input)
    return done.returncode, done.stdout, done.stderr


@test("a verb that does not exist: exit status 2, and the nearest one is named")
def unknown_verb(world):
    server = world.server()
    for words, near in ((("stauts",), "status"), (("config", "comit"), "config commit")):
        code, out, err = run(server, *words)
        equal(code, 2, f"exit status of {words}")
        check(f'did you mean "{near}"?' in err, f"{words}: {err}")
        check(near in json.loads(out)["error"]["message"], f"{words}: {out}")
    code, out, err = run(server, "users", "frobnicate")
    equal(code, 2, "exit status of a wrong second word")
    check("users add" in err and "users list" in err, f"the verbs of the group are listed: {err}")
    equal(run(server, "users", "list", "frobnicate")[0], 0, "exit status where it is an argument")
    equal(run(server, "users", "@nowhere.example")[0], 0, "exit status of what is like no verb")
    code, out, err = run(server, "entirely", "different")
    equal(code, 2, "exit status")
    check("did you mean" not in err, err)


@test("what the server refuses: exit status 1, and the reason as JSON on standard output")
def refused(world):
    code, out, err = run(world.server(), "config", "confirm")
    equal(code, 1, "exit status")
    check("nothing waits to be confirmed" in err, err)
    error = json.loads(out)["error"]
    check("nothing waits" in error["message"] and error["data"]["errno"] > 0, out)


@test("arguments that are missing, unknown or of the wrong kind: exit status 2, no traceback")
def arguments(world):
    server = world.server()
    for words in (("connections", "drop"), ("status", "now"), ("config", "show", "--number", "x"),
                  ("config", "commit", "--later", "1s")):
        code, out, err = run(server, *words)
        equal(code, 2, f"exit status of {words}")
        check(err.startswith("lcsctl: "), f"{words}: {err}")


@test("a second word that is left out, a yes by its name, help behind a verb, a verb of no module")
def short_ways(world):
    server = world.server()
    code, out, err = run(server, "stats", "net.", "all")
    equal(code, 0, f"stats net. all: {err}")
    check(all("net." in row["name"] for row in json.loads(out)), out)
    equal(run(server, "stats", "net.", "--all")[1], out, "the same by --all")
    code, out, err = run(server, "stats", "net.", "perhaps")
    equal(code, 2, "exit status")
    check('all is yes or no, not "perhaps"' in err, err)
    code, out, err = run(server, "users", "lst")
    equal(code, 2, "exit status")
    check('did you mean "users list"?' in err, err)
    code, out, err = run(server, "users", "add", "--help")
    equal(code, 0, "exit status")
    equal([m["method"] for m in json.loads(out)], ["users.add"], "help behind a verb")
    code, out, err = run(server, "dispatcher", "list")
    equal(code, 2, "exit status")
    check("verbs come with the modules" in err, err)
    code, out, err = run(server, "help", "usrs")
    equal(code, 2, "exit status")
    check('did you mean "users"?' in err, err)


@test("output that cannot be written: exit status 4, on a full disk and where it is closed")
def full_disk(world):
    words = shlex.join([*world.server().ctl_words(), "users", "list"])
    for where in (">/dev/full", ">&-"):
        done = subprocess.run(["sh", "-c", f"{words} {where}"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE * 20)
        equal(done.returncode, 4, f"exit status of {where}: {done.stderr}")
        check("could not be written" in done.stderr, done.stderr)


@test("a request longer than the server takes, no password, a line with half a quote")
def wrong_input(world):
    server = world.server()
    code, _, err = run(server, "users", "add", "long@example.com", "-", input="p" * 2_000_000)
    equal(code, 1, "exit status of a long one")
    check("a request may have" in err, err)
    code, out, err = run(server, "users", "add", "short@example.com")
    equal(code, 2, "exit status where no password comes")
    check("no password was given" in json.loads(out)["error"]["message"], out)
    code, _, err = run(server, input='users list "half\n')
    equal(code, 2, "exit status of half a quote")
    check("quote in this line is not closed" in err and "line 1" in err, err)


@test("a password that is not UTF-8 is refused, and so is such a word")
def no_utf8(world):
    server, _ = world.own_server()
    for word, given in (("latin@example.com", b"p\xe4ss\n"), (b"l\xe4tin@example.com", b"secret\n")):
        done = subprocess.run([*server.ctl_words(), "users", "add", word, "-"], input=given,
                              capture_output=True, timeout=PATIENCE * 20)
        equal(done.returncode, 2, f"exit status: {done.stderr}")
        check(b"is not UTF-8" in done.stderr, done.stderr)
    equal([u for u in server.ctl("users", "list") if "tin@" in u["user"]], [], "users")


class Asked:
    """lcsctl users passwd at a terminal, in a process group of its own as a shell would have it."""

    def __init__(self, server, aor, before=()):
        self.master, self.slave = pty.openpty()
        self.process = subprocess.Popen(
            [*before, *server.ctl_words(), "users", "passwd", aor], stdin=self.slave,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0)
        self.said = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.master)
        os.close(self.slave)

    def is_shown(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def reads(self, text):
        """Until it says this; the terminal is ready for an answer then."""
        while text not in self.said:
            ready = select.select([self.process.stderr], [], [], PATIENCE * 10)[0]
            more = os.read(self.process.stderr.fileno(), 4096) if ready else b""
            check(more, f"{text} does not come: {self.said}")
            self.said += more
        self.said = self.said.partition(text)[2]

    def types(self, line):
        os.write(self.master, line)

    def stopped(self):
        return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG)


@test("who breaks off where a password is asked for sees again what is typed, {0}",
      each=[("at once", b""), ("also behind a part of a line that Ctrl-D has sent", b"abc\x04")])
def broken_off(world, _, typed):
    server, users = world.own_server()
    with Asked(server, users[0].aor) as asked:
        asked.reads(b"password: ")
        check(not asked.is_shown(), "the password is shown")
        asked.types(typed)
        asked.process.send_signal(signal.SIGINT)
        equal(asked.process.wait(PATIENCE * 10), -signal.SIGINT, "how it ended")
        check(asked.is_shown(), "the terminal was left without an echo")


@test("stopped where a password is asked for, lcsctl leaves the terminal as it was, and asks anew later")
def stopped(world):
    server, users = world.own_server()
    with Asked(server, users[0].aor) as asked:
        asked.reads(b"password: ")
        asked.process.send_signal(signal.SIGTSTP)
        wait_until(asked.stopped, 10, "lcsctl stops")
        check(asked.is_shown(), "the shell has a terminal without an echo")
        asked.process.send_signal(signal.SIGCONT)
        asked.reads(b"password: ")
        check(not asked.is_shown(), "the password is shown")
        asked.types(b"new and long\n")
        asked.reads(b"once more: ")
        asked.types(b"new and long\n")
        equal(asked.process.wait(PATIENCE * 10), 0, "how it ended")
        check(asked.is_shown(), "the terminal was left without an echo")


@test("a signal that was ignored when lcsctl began is ignored where a password is asked for")
def ignored(world):
    server, users = world.own_server()
    with Asked(server, users[0].aor, ("sh", "-c", 'trap "" INT; exec "$@"', "sh")) as asked:
        asked.reads(b"password: ")
        asked.process.send_signal(signal.SIGINT)
        asked.types(b"one and long\n")
        asked.reads(b"once more: ")
        asked.process.send_signal(signal.SIGINT)
        asked.types(b"one and long\n")
        equal(asked.process.wait(PATIENCE * 10), 0, "how it ended")


@test("a trace without anything in it says so; one that is followed comes at once, as JSON, too")
def trace(world):
    server = world.server()
    words = [*server.ctl_words(), "trace", "--user", "nobody@nowhere.invalid"]
    equal(subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE * 20).stdout,
          "(none)\n", "nothing")
    follow = subprocess.Popen([*server.ctl_words(), "-o", "json", *words[-3:], "--follow"],
                              stdout=subprocess.PIPE, text=True)
    try:
        ready = select.select([follow.stdout], [], [], PATIENCE * 10)[0]
        check(ready, "nothing comes of what is followed")
        equal(json.loads(follow.stdout.readline())["runs"], [], "the first answer")
    finally:
        follow.kill()
        follow.wait()
        follow.stdout.close()


@test("what clients call themselves does not steer the administrator's terminal")
def terminal(world):
    server, user = world.server(), world.user("carrier")
    agent = world.agent(user, "tcp")
    evil = "Phone\x1b]0;owned\x07\x1b[2J\u009b31m\u202eend"
    equal(agent.register(headers=[("User-Agent", evil)]).code, 200, "a REGISTER")
    agent.send_request("OPTIONS", user.uri, call_id="one\u009b31m")
    for words, shown in ((("endpoints", "list", user.aor), r"Phone\x1b]0;owned\x07\x1b[2J"
                          r"\xc2\x9b31m\xe2\x80\xaeend"), (("trace", user.aor), r"one\xc2\x9b31m")):
        out = wait_until(lambda: shown in (text := plain(server, *words)) and text, 5, str(words))
        bad = [c for c in out if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e")]
        equal(bad, [], f"characters that steer, of {words}")


def plain(server, *words):
    """As people get it."""
    return subprocess.run([*server.ctl_words(), "-o", "table", *words], capture_output=True,
                          text=True, timeout=PATIENCE * 20).stdout


@test("every verb that only looks gives valid JSON")
def valid_json(world):
    server = world.server()
    methods = server.ctl("rpc", "describe")
    check(len(methods) > 20, f"only {len(methods)} methods")
    for m in methods:
        if m["right"] == "read" and not any(a["required"] for a in m["args"]):
            code, out, err = run(server, *m["method"].split("."))
            equal(code, 0, f"exit status of {m['method']}: {err}")
            json.loads(out)


@test("no server: exit status 3 and what to look at; without the right the group is named")
def no_server(world):
    server, _ = world.own_server()
    ctl = server.facts["ctl"]
    away = ctl + ".away"
    os.rename(ctl, away)
    code, out, err = run(server, "status")
    os.rename(away, ctl)
    equal(code, 3, "exit status")
    check("is it running?" in err and ctl in err, err)
    check("is it running?" in json.loads(out)["error"]["message"], out)
    equal(stat.S_IMODE(pathlib.Path(ctl).stat().st_mode), 0o660, "mode of the socket")


def in_bash(*words):
    """What bash is offered behind "lcsctl" and these."""
    script = (f'. "{ROOT}/core/lcsctl/completion.bash"; COMP_WORDS=(lcsctl "$@"); COMP_CWORD=$#; '
              "_lcsctl; printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True)
    return done.stdout.split()


@test("completion offers the server's verbs and their arguments")
def completion(world):
    server = world.server()

    def offered(*words):
        code, out, _ = run(server, "--complete", "--", *words)
        equal(code, 0, "exit status")
        return out.split()

    check({"config", "connections", "help"} <= set(offered("")), "first words")
    equal(offered("config", "co"), ["commit", "confirm"], "config co")
    equal(offered("config", "commit", "--"), ["--confirm"], "arguments")
    equal(offered("trace", "--us"), ["--user"], "arguments of a verb whose second word is left out")
    equal(offered("help", "shutd"), ["shutdown"], "help")
    equal(offered("nonsense", ""), [], "behind a word that is none")
    path = world.path("some.cfg")
    path.write_text("")
    start = str(path)[:-2]
    equal(in_bash("config", "check", start), [str(path)], "a file's name")
    equal(in_bash("config", "commit", start), [], "where none is wanted")
