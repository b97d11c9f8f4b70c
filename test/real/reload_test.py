"""The configuration of a running server is exchanged: nobody notices but those whom it is
about. Listeners, certificates, scripts; bad files; going back; a crash in between; the end."""
import json
import os
import pathlib
import random
import select
import signal
import socket
import ssl
import subprocess
import time

from lib.kernel import is_dead
from lib.load import answering
from lib.ports import free_port
from lib.tap import PATIENCE, SANITIZED, check, equal, test, wait_until

# How often the configuration is exchanged under load; the long form is `utils/check soak`.
RELOADS = int(os.environ.get("LCS_RELOADS") or (40 if SANITIZED else 200))
CALLS_PER_SECOND = int(os.environ.get("LCS_RELOAD_CALLS") or 20)
HEAD = "#!lcs 1\n"


class Config:
    """The server's lcs.cfg, with lines of ours at its beginning."""

    def __init__(self, server):
        self.path = pathlib.Path(server.facts["config"])
        self.text = self.path.read_text()
        check(self.text.startswith(HEAD), "lcs.cfg begins otherwise than expected")

    def write(self, lines=""):
        new = self.path.with_suffix(".new")
        new.write_text(HEAD + lines + "\n" + self.text[len(HEAD):])
        new.rename(self.path)


class Control:
    """The control socket itself: a process for each of thousands of commits takes too long."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE * 30)
        self.socket.connect(server.facts["ctl"])
        self.lines = self.socket.makefile("r")

    def begin(self, method):
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode()
                            + b"\n")

    def end(self):
        """The answer: it has `result` or `error`."""
        return json.loads(self.lines.readline())

    def ask(self, method):
        self.begin(method)
        return self.end()

    def close(self):
        self.lines.close()
        self.socket.close()


def refused(server, *words):
    done = server.try_ctl(*words)
    check(done.returncode == 1, f"{words}: exit status {done.returncode}, expected 1")
    return done.stdout + done.stderr


def answers(world, server, port, transport="udp"):
    """Does something at that port answer OPTIONS?"""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(PATIENCE * 2)
        try:
            s.connect((server.address, port))
            branch = "z9hG4bK" + str(random.getrandbits(60))
            s.send((f"OPTIONS sip:{server.domain} SIP/2.0\r\n"
                    f"Via: SIP/2.0/{transport.upper()} 127.0.0.1:{s.getsockname()[1]};"
                    f"branch={branch}\r\nFrom: <sip:x@y.test>;tag=1\r\n"
                    f"To: <sip:{server.domain}>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\n"
                    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode())
            return s.recv(4096).startswith(b"SIP/2.0 ")
        except OSError:
            return False


def memory_kb(pid):
    """Proportional set size: what is shared with the supervisor counts half."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError("no Pss")


@test("a bad file changes nothing and is told as lcs -c tells it; SIGHUP logs the same", limit=60)
def bad_file(world):
    server, users = world.own_server()
    config = Config(server)
    config.write("route[NEVER] { }\nroute[OTHER] { nowhere(); }")
    said = refused(server, "config", "commit")
    check("lcs.cfg:3:" in said, f"no place in: {said}")
    checked = server.try_ctl("config", "check")
    check(json.loads(checked.stdout)["ok"] is False, "config check is content with it")
    equal(checked.returncode, 1, "exit status of config check")
    check(answers(world, server, server.port["udp"]), "no answer after a refused commit")
    before = server.log_text().count("configuration refused")
    os.kill(server.supervisor, signal.SIGHUP)
    wait_until(lambda: server.log_text().count("configuration refused") > before, 5,
               "the log says that SIGHUP brought nothing")
    check(server.log_lines("log file opened again"), "the log was not opened again")
    equal([g["generation"] for g in server.ctl("gen", "list")], [1], "generations")
    rows = server.ctl("config", "history")
    equal([r["result"] for r in rows], ["refused", "refused", "committed"], "history")
    check(all("error[E0301]" in r["detail"] for r in rows[:2]), f"not the error: {rows[:2]}")
    config.write()
    equal(server.ctl("config", "commit")["result"], "committed", "result")


FAILING = """
test "nobody is let in" {
    given request "OPTIONS sip:nowhere.example";
    expect reply 299;
}
"""
ENDLESS = """
timer_route[TICK, 10ms] {
    $var(x) = 1;
}
test "a year of ticks" {
    advance 365d;
    expect not replied;
}
"""


@test("with reload_requires_tests a script whose tests fail does not come in, and says which; "
      "others are served meanwhile", limit=120)
def tests_first(world):
    server, users = world.own_server()
    config, strict = Config(server), "reload_requires_tests = yes\n"
    # The first that asks for it is held to it, and so is the one that takes it away.
    config.write(strict + FAILING)
    said = refused(server, "config", "commit")
    check('"nobody is let in": ' in said and "expected reply 299" in said, f"no reason in: {said}")
    config.write(strict)
    equal(server.ctl("config", "commit")["result"], "committed", "with tests that pass")
    config.write(FAILING)
    check("1 of " in refused(server, "config", "commit"), "a failing test came in with the setting gone")
    equal(server.ctl("config", "history")[0]["result"], "refused", "the history's last")
    # Time that is up is no test that passed; and waiting for it holds up nobody.
    config.write(strict + "reload_tests_limit = 3s\n" + ENDLESS)
    control = world.add(Control(server))
    control.begin("config.commit")
    for _ in range(5):
        check(answers(world, server, server.port["udp"]), "no answer while tests run")
    check(not select.select([control.socket], [], [], 0)[0], "all answers came after the tests")
    check("reload_tests_limit" in control.end()["error"]["message"], "an endless test came in")
    # The way back is not barred.
    config.write("max_branches = 6")
    equal(server.ctl("config", "commit")["result"], "committed", "without the setting")
    equal(server.ctl("config", "undo")["result"], "committed", "undo")


@test("a commit that nobody confirms is undone; undo goes back; the history has it all", limit=60)
def confirm_and_undo(world):
    server, users = world.own_server()
    config = Config(server)

    def branches():
        rows = server.ctl("config", "diff")
        return {r["name"]: r["to"] for r in rows}.get("max_branches")

    config.write("max_branches = 5")
    equal(branches(), "5", "config diff")
    equal(server.ctl("config", "commit", "--confirm", "4s")["result"], "unconfirmed", "result")
    equal(branches(), None, "what differs after the commit")
    wait_until(lambda: branches() == "5", 5, "the commit is undone")
    refused(server, "config", "confirm")
    equal(server.ctl("config", "commit", "--confirm", "60s")["result"], "unconfirmed", "result")
    equal(server.ctl("config", "confirm")["result"], "committed", "confirm")
    config.write("max_branches = 6")
    server.ctl("config", "commit")
    config.write("max_branches = 5")
    server.ctl("config", "undo")
    equal(branches(), None, "what differs after undo")
    hows = [r["how"] for r in server.ctl("config", "history")]
    equal(hows, ["undo", "commit", "commit", "timeout", "commit", "start"], "history")
    refused(server, "config", "commit", "--confirm", "soon")


@test("config diff tells what a change means: consts, tables, options, routes; not layout", limit=60)
def diff_by_meaning(world):
    server, _ = world.own_server()
    config = Config(server)
    lines = ('const LIMIT = {};\nmap hops = {{ "1": "{}" }}\nacl inside = {{ 10.0.0.0/{}; }}\n'
             'listen = udp:127.0.0.1:{} name "{}"\nroute[EXTRA] {{ setflag({}); }}')
    port = free_port()
    config.write(lines.format(1, "a", 8, port, "one", 1))
    server.ctl("config", "commit")
    config.write("# only moved\n" + lines.format(1, "a", 8, port, "one", "1 /* a } */") + "\n")
    equal(server.ctl("config", "diff"), [], "what differs by layout alone")
    config.write(lines.format(2, "b", 9, port, "two", 2))
    rows = {(r["what"], r["name"]): r for r in server.ctl("config", "diff")}
    equal(sorted(rows), [("acl", "inside"), ("const", "LIMIT"), ("listener", f"udp:127.0.0.1:{port}"),
                         ("map", "hops"), ("route", "EXTRA")], "what differs")
    const = rows["const", "LIMIT"]
    equal((const["from"], const["to"], const["when"]), ("1", "2", "reload"), "the const's row")
    check(rows["route", "EXTRA"]["to"].endswith("lcs.cfg:6"), f"no place: {rows}")


@test("what happened before a reload is told by the lines of then", limit=60)
def told_after_reload(world):
    server, _ = world.own_server()
    config = Config(server)
    check(answers(world, server, server.port["udp"]), "no answer")

    def steps():
        (run,) = server.ctl("trace", "--source", "127.0.0.1", "--count", "1")["runs"]
        return [(step["line"], step["text"], step["value"]) for step in run["steps"]]

    before = steps()
    check(before, "no steps")
    # Every line lies elsewhere from now on, and a script in between is one that nothing ran under.
    for lines in ("# one\n", "# one\n# two\n"):
        config.write(lines)
        server.ctl("config", "commit")
    equal(steps(), before, "the steps, after two reloads")
    refused(server, "trace", "--source", "127.0.0")
    equal(server.ctl("trace", "--source", "127.0.0.0/30", "--count", "1")["runs"] != [], True, "a network")
    equal(server.ctl("trace", "--source", "127.0.0.10")["runs"], [], "an address that begins alike")


@test("listeners come and go: new ones serve at once, removed ones are free for others", limit=60)
def listeners(world):
    server, (caller, callee, _) = world.own_server()
    config = Config(server)
    udp, tcp = free_port(), free_port()
    lines = f'listen = udp:127.0.0.1:{udp} name "more"\nlisten = tcp:127.0.0.1:{tcp}'
    config.write(lines)
    server.ctl("config", "commit")
    check(answers(world, server, udp), "no answer at the new UDP listener")
    check(answers(world, server, tcp, "tcp"), "no answer at the new TCP listener")
    check(answers(world, server, server.port["udp"]), "no answer at the old UDP listener")
    # a port that somebody has: the whole commit is refused
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        taken = s.getsockname()[1]
        config.write(lines + f"\nlisten = udp:127.0.0.1:{taken}\nmax_branches = 3")
        said = refused(server, "config", "commit")
        check(str(taken) in said, f"the port is not named: {said}")
    # the server that comes back after a crash has the new listeners, too
    pid = server.server_pids()[0]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_dead(pid), 2, "the server ends")
    check(answers(world, server, udp), "no answer at the new listener after a crash")
    config.write()
    server.ctl("config", "commit")
    for port, kind in ((udp, socket.SOCK_DGRAM), (tcp, socket.SOCK_STREAM)):
        wait_until(lambda p=port, k=kind: can_bind(p, k), 10, f"port {port} is free")
    equal(len(server.ctl("listeners", "list")), 3, "listeners that are left")


def can_bind(port, kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


@test("a call that rings through a listener that is removed gets its answer", limit=60)
def ringing(world):
    server, (caller, callee, _) = world.own_server()
    config = Config(server)
    config.write(f"listen = udp:127.0.0.1:{free_port()}")
    server.ctl("config", "commit")
    alice = world.agent(caller, "udp", server).signed_in()
    bob = world.agent(callee, "udp", server).signed_in()
    call = alice.invite(callee.uri)
    invite = bob.peer.expect("INVITE")
    bob.answer(invite, 180, "Ringing")
    call.progress(180)
    config.write()
    server.ctl("config", "commit")
    old = [g for g in server.ctl("gen", "list") if not g["current"]]
    equal([g["call_id"] for g in old], [call.call_id], "calls that hold the old generation")
    bob.answer(invite, 200, "OK")
    call.accepted()
    bob.peer.expect("ACK")


@test("a new certificate is shown to who comes; who is there stays connected", limit=60)
def certificate(world):
    server, (user, _, _) = world.own_server()
    tls = pathlib.Path(server.ca).parent
    agent = world.agent(user, "tls", server).signed_in()
    before = serial(server)
    flows = [c["id"] for c in server.ctl("connections", "list")]
    renew(tls, server)
    equal(serial(server), before, "the certificate before the commit")
    server.ctl("config", "commit")
    check(serial(server) != before, "the certificate is the old one")
    equal(agent.ask("OPTIONS", f"sip:{server.domain}").code, 200, "OPTIONS over the old connection")
    check(set(flows) <= {c["id"] for c in server.ctl("connections", "list")},
          "a connection is gone")
    # one that cannot be read is refused, and the last good one stays
    good = (tls / "server.pem").read_bytes()
    now = serial(server)
    (tls / "server.pem").write_bytes(good[:200])
    check("server.pem" in refused(server, "config", "commit"), "the file is not named")
    equal(serial(server), now, "the certificate after a refused commit")
    (tls / "server.pem").write_bytes(good)


def serial(server):
    context = ssl.create_default_context(cafile=server.ca)
    with socket.create_connection(server.at("tls"), 5) as plain:
        with context.wrap_socket(plain, server_hostname=server.domain) as s:
            return s.getpeercert()["serialNumber"]


def renew(tls, server):
    """Another certificate of the same authority, over the old one."""
    for argv in (["req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN=sip.{server.domain}",
                  "-addext", f"subjectAltName=DNS:{server.domain},IP:127.0.0.1",
                  "-keyout", "server.key", "-out", "server.csr"],
                 ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                  "-set_serial", str(random.getrandbits(60)), "-days", "10",
                  "-copy_extensions", "copy", "-out", "server.crt"]):
        subprocess.run(["openssl"] + argv, cwd=tls, check=True, capture_output=True)
    (tls / "server.pem").write_bytes((tls / "server.crt").read_bytes() +
                                     (tls / "ca.pem").read_bytes())


@test("a listener that speaks sip/2 by ALPN tells a browser so; who offers nothing is let in", limit=60)
def alpn(world):
    server, users = world.own_server()
    check("No ALPN negotiated" in s_client(server, "-alpn", "h2,http/1.1"), "ALPN without being asked for")
    Config(server).write('modparam("tls", "alpn", "sip/2")')
    equal(server.ctl("config", "commit")["result"], "committed", "result")
    check("ALPN protocol: sip/2" in s_client(server, "-alpn", "h2,sip/2"), "sip/2 is not chosen")
    said = s_client(server, "-alpn", "h2,http/1.1")
    check("no application protocol" in said.lower(), f"the alert is not RFC 7301's: {said[:300]}")
    check("No ALPN negotiated" in s_client(server), "a client without ALPN is not let in")


def s_client(server, *options):
    done = subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % server.at("tls"), "-CAfile",
                           server.ca, *options], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=20)
    return done.stdout + done.stderr


@test("after a crash the last committed configuration runs, whatever is on the disk", limit=60)
def crash(world):
    server, users = world.own_server()
    config = Config(server)
    config.write("max_branches = 5")
    server.ctl("config", "commit")
    running = server.ctl("config", "history")[0]["hash"]
    config.write("this is no configuration")
    pid = server.server_pids()[0]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_dead(pid), 2, "the server ends")
    check(answers(world, server, server.port["udp"]), "no answer after the crash")
    rows = server.ctl("config", "history")
    equal((rows[0]["hash"], rows[0]["current"]), (running, True), "what runs")
    wait_until(lambda: "what runs is not what is on the disk" in server.log_text(), 5,
               "the log says that the file is another one")
    refused(server, "config", "commit")
    # not confirmed in time for the crash: the one before is back
    config.write("max_branches = 7")
    server.ctl("config", "commit", "--confirm", "60s")
    pid = server.server_pids()[0]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_dead(pid), 2, "the server ends")
    check(answers(world, server, server.port["udp"]), "no answer after the second crash")
    equal([r["hash"] for r in server.ctl("config", "history") if r["current"]], [running],
          "what runs after a crash before the confirmation")


@test("SIGTERM: a call in set-up gets its answer, new ones 503, then it ends", limit=60)
def soft_stop(world):
    server, (caller, callee, other) = world.own_server()
    alice = world.agent(caller, "udp", server).signed_in()
    bob = world.agent(callee, "udp", server).signed_in()
    carol = world.agent(other, "udp", server)
    call = alice.invite(callee.uri)
    invite = bob.peer.expect("INVITE")
    bob.answer(invite, 180, "Ringing")
    call.progress(180)
    pid = server.server_pids()[0]
    os.kill(server.supervisor, signal.SIGTERM)
    wait_until(lambda: "server waits for transactions" in server.log_text(), 5,
               "the server waits for the call")
    reply = carol.final(carol.send_request("OPTIONS", f"sip:{server.domain}"))
    equal((reply.code, bool(reply.get("Retry-After"))), (503, True), "a new request")
    bob.answer(invite, 200, "OK")
    equal(call.final().code, 200, "final response to INVITE")
    wait_until(lambda: is_dead(pid) and is_dead(server.supervisor), 20, "all is over")
    check("cut off" not in server.log_text(), "transactions were cut off")


@test("the configuration is exchanged again and again under calls and registrations: "
      "none fails, memory stays", limit=360 + RELOADS // 4)
def under_load(world):
    # Changes of one user wait for each other's place on the disk: many come by as many users.
    server, users = world.own_server(users=6 if CALLS_PER_SECOND <= 20 else 102)
    caller, callee, *registering = users
    config, control = Config(server), world.add(Control(server))
    port = answering(server, callee)
    rate, register_rate = CALLS_PER_SECOND, min(2 * CALLS_PER_SECOND, 400)
    limit = 120 + RELOADS // 4
    endless = {"server": server, "calls": 10 ** 9, "limit_s": limit, "keeps_messages": False}
    world.sipp("answer", (), port=port, **endless)
    calls = world.sipp("call", [caller], rate=rate, keys={"to": callee.name}, **endless)
    registers = world.sipp("register_again", registering, rate=register_rate, **endless)
    pid, spare, memory, begun = server.server_pids()[0], free_port(), [], time.monotonic()
    for n in range(RELOADS):
        if n % 10 == 9:
            config.write("max_branches = soon")
            check("lcs.cfg:2:" in control.ask("config.commit")["error"]["message"],
                  "a bad file was taken, or its place not told")
            continue
        extra = f"listen = udp:127.0.0.1:{spare}\n" if n % 4 == 1 else ""
        config.write(f"max_branches = {5 + n % 7}\n{extra}")
        answer = control.ask("config.commit")
        equal(answer.get("result", answer)["result"], "committed", f"commit {n}")
        if (n + 2) % max(1, RELOADS // 10) == 0:
            memory.append(memory_kb(pid))
    took = time.monotonic() - begun
    done = []
    for running in (calls, registers):
        running.stop()
        good, bad = running.finish(90)
        check(bad == 0 and good > 0, f"{bad} of {good + bad} failed:\n{running.errors()}")
        done.append(good)
    equal(server.server_pids(), [pid], "the server's process")
    # what the second half of the exchanges added; caches and threads are warm by then. A
    # sanitizer keeps freed memory on purpose.
    warm, after = memory[4], memory[-1]
    check(SANITIZED or after <= warm * 1.05 + 1024, f"memory grew from {warm} kB to {after} kB")
    wait_until(lambda: len(server.ctl("gen", "list")) <= 2, 60, "old generations go")
    print(f"# {RELOADS} exchanges in {took:.0f} s under {done[0]} calls ({rate} a second) and "
          f"{done[1]} registrations ({register_rate} a second), none of which failed; kB after each "
          f"tenth of the exchanges: {' '.join(map(str, memory))}")
