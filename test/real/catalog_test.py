"""Several servers of one directory: one of them stops, stands still or is not who it says, and searches,
synchronisation and sign-ins go on with another; and back."""
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

from directory_test import Directory
from dirsync_test import Followed
from lib.demo import ROOT, Server
from lib.tap import check, equal, test, wait_until
from lib.world import User
from lib.xcap import LISTS, Xcap

NOBODY = "ldaps://127.0.0.1:1"


def replica(service):
    """A second slapd that follows the first; its URI."""
    text = service.run("replica")
    return text.partition("LCS_TEST_LDAPS2_URI='")[2].partition("'")[0]


def signal_first(service, what):
    with open(f"{service.directory}/db/slapd.pid") as f:
        os.kill(int(f.read()), what)


def states(server, word):
    return [r["state"] for r in server.ctl(word, "servers")]


def stat(server, name):
    return {r["name"]: r["value"] for r in server.ctl("stats")}.get(name, 0)


class Pair(Directory):
    """Searches in two servers."""

    def __init__(self, world, first=None, **params):
        slapd = world.service("slapd")
        second = replica(slapd)
        super().__init__(world, slapd=slapd, ldap_uri=" ".join(
            first + [second] if first else [slapd.env["LCS_TEST_LDAPS_URI"], second]), **params)


@test("searches go on with the second server when the first {1}", limit=120, each=[
    (signal.SIGKILL, "is gone"), (signal.SIGSTOP, "stands still")])
def search(world, what, text):
    d = Pair(world)
    wait_until(lambda: d.found({"mail": "user1@"})[0] == ["user1"], 5, "by the first")
    equal((d.stat("ldap_switches") or 0, states(d.server, "directory")), (0, ["in use", "well"]), "before")
    signal_first(d.slapd, what)
    try:
        begun = time.monotonic()
        equal(d.found({"mail": "user1@"})[0], ["user1"], "found")
        check(time.monotonic() - begun < 2, "within ldap_timeout")
        begun = time.monotonic()
        equal(d.found({"mail": "user2@"})[0], ["user2"], "found")
        check(time.monotonic() - begun < 0.5, "at once: the first is passed over")
        equal(states(d.server, "directory"), ["away", "in use"], "servers")
        wait_until(lambda: d.stat("ldap_server") == 2, 5, "which is used")
        log = d.server.log_text()
        check("a server of the directory does not answer" in log, "the log says which is away")
        check("another server of the directory is used" in log, "and which is used")
    finally:
        if what == signal.SIGSTOP:
            signal_first(d.slapd, signal.SIGCONT)
        d.slapd.run("start")
    wait_until(lambda: d.found({"mail": "user1@"})[0] and states(d.server, "directory")[0] == "in use",
               20, "the first again")
    check("again the first server" in d.server.log_text(), "the log says so")


class Stranger:
    """Takes connections in TLS with a certificate that nobody trusts, and notes what it hears."""

    def __init__(self, world):
        key, cert = world.path("key"), world.path("cert")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", cert], check=True, capture_output=True)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(cert, key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.uri = f"ldaps://127.0.0.1:{self.socket.getsockname()[1]}"
        self.asked, self.heard = 0, b""
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.socket.accept()[0]
                self.asked += 1
                with contextlib.suppress(ssl.SSLError, ConnectionError):
                    self.heard += self.tls.wrap_socket(connection, server_side=True).recv(1000)

    def close(self):
        self.socket.close()


@test("a server that {1} is passed over, and the password does not go there", limit=120, each=[
    ("dead", "is not there"), ("strange", "has another certificate")])
def strange(world, kind, text):
    stranger = world.add(Stranger(world))
    d = Pair(world, [NOBODY if kind == "dead" else stranger.uri])
    equal(d.found({"mail": "user1@"})[0], ["user1"], "found")
    equal(states(d.server, "directory"), ["away", "in use"], "servers")
    if kind == "strange":
        check(stranger.asked > 0 and not stranger.heard, f"it heard {stranger.heard!r}")


@test("with a wrong password no second server is tried: each try counts", limit=60)
def refused(world):
    d = Pair(world, ldap_password="wrong")
    equal(d.ask({"mail": "user1@"}).code, 503, "answer")
    equal((d.stat("ldap_refused"), states(d.server, "directory")), (1, ["in use", "well"]), "servers")


@test("users are followed at the replica while the first server is gone, and at the first again", limit=200)
def sync(world):
    f = Followed(world, "openldap", return_after="2s")
    service = f.directory.service
    f.params["uri"] += " " + replica(service)
    f.write()
    f.server.ctl("config", "commit")
    wait_until(lambda: f.state() == "following" and len(f.server.ctl("dirsync", "servers")) == 2, 10, "both")
    agent = f.signed_in(1)
    before = {k: v["state"] for k, v in f.users().items()}
    signal_first(service, signal.SIGKILL)
    wait_until(lambda: f.status()["server"] == 2 and f.state() == "following", 20, "at the second")
    equal(agent.register().code, 200, "REGISTER meanwhile")
    f.server.ctl("dirsync", "resync")
    wait_until(lambda: f.status()["resyncs"] == 2 and f.state() == "following", 20, "compared with the second")
    equal({k: v["state"] for k, v in f.users().items()}, before, "users")
    service.run("start")
    wait_until(lambda: f.status()["server"] == 1 and f.state() == "following", 20, "at the first")
    f.modify(1, userAccountControl="514")
    f.until(1, "disabled")
    check("again the first server" in f.server.log_text(), "the log says so")
    wait_until(lambda: stat(f.server, "dirsync.switches") >= 2, 5, "counted")


class Doors:
    """A server with XCAP whose users' passwords are in a pair of directories; here they have others."""

    def __init__(self, world, tls=True):
        self.slapd = world.service("slapd")
        env = self.slapd.env
        self.xcap = Xcap(tls=tls)
        params = {"uri": f"{env['LCS_TEST_LDAPS_URI']} {replica(self.slapd)}",
                  "base": env["LCS_TEST_LDAP_BASE"], "bind_dn": env["LCS_TEST_LDAP_BIND_DN"],
                  "password": env["LCS_TEST_LDAP_BIND_PW"], "ca": env["LCS_TEST_CA"]}
        config = world.path("home-lcs.cfg")
        config.write_text(
            f'#!lcs 1\n#!define LCS_XCAP "{self.xcap.listen}"\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n'
            'loadmodule "auth_ldap"\nmodparam("xcap_server", "basic", "ldap")\n'
            'modparam("auth_ldap", "timeout", 2s)\n' + "".join(
                f'modparam("auth_ldap", "{k}", "{v}")\n' for k, v in params.items()))
        self.users = [User(f"user{i}", f"here-{i}-here", "lcs.test") for i in range(1, 7)]
        self.server = Server(world.run.new_directory(), "home-lcs", "lcs.test",
                             [(u.name, u.password) for u in self.users], ("tcp", "tls"),
                             ["--config", str(config)])
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)
        self.trust = ["--cacert", self.server.ca] if tls else []

    def ask(self, i, password, name=None, **how):
        """user i's contacts, by Basic."""
        user = self.users[i - 1]
        return self.xcap.ask("GET", self.xcap.document(LISTS, user), words=self.trust + [
            "--basic", "--user", f"{name or user.name}:{password}"], **how)


@test("with a password that only the directory knows a client signs in by Basic over https", limit=120)
def basic(world):
    d = Doors(world)
    equal(d.ask(1, "Pass.Word-1").code, 404, "the right one: there are no contacts yet")
    equal(d.xcap.put(LISTS, d.users[0], '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"/>',
                     words=d.trust).code, 201, "by digest, with the password that is here")
    equal(d.ask(1, "Pass.Word-1").code, 200, "what is there")
    equal(d.ask(1, "Pass.Word-1", "user1@lcs.test").code, 200, "with the whole address")
    equal(d.ask(1, "Pass.Word-2", "user2").code, 403, "what is somebody else's")
    before = stat(d.server, "auth_ldap.wrong")
    refused = d.ask(2, "wrong")
    equal(refused.code, 401, "a wrong one")
    check(any(v.startswith("Basic ") for v in refused.all("WWW-Authenticate")), "Basic is offered")
    equal(d.ask(2, d.users[1].password).code, 401, "the one that is here")
    equal(stat(d.server, "auth_ldap.wrong"), before + 2, "of these the directory was asked")
    # a bind without a password is anonymous, and good
    equal(d.ask(3, "").code, 401, "an empty one")
    equal(d.ask(3, "Pass.Word-20", "user20").code, 401, "who is in the directory and no user here")
    equal(d.ask(3, "x", "*").code, 401, "a name that is a pattern")
    equal(stat(d.server, "auth_ldap.wrong"), before + 2, "of these it was not")
    for junk in ("Basic", "Basic %%%", "Basic " + "QUJD" * 3000, "Basic bm9jb2xvbg=="):
        code = d.xcap.ask("GET", d.xcap.document(LISTS, d.users[3]), words=d.trust,
                          headers=[f"Authorization: {junk}"]).code
        check(code in (400, 401, 431), f"{junk[:20]}: {code}")
    # two entries with one address are nobody
    subprocess.run(["ldapmodify", "-x", "-H", d.slapd.env["LCS_TEST_LDAP_URI"],
                    "-D", d.slapd.env["LCS_TEST_LDAP_ADMIN_DN"], "-w", d.slapd.env["LCS_TEST_LDAP_ADMIN_PW"]],
                   input="dn: CN=user5,OU=People,DC=lcs,DC=test\nchangetype: modify\n"
                   "replace: msRTCSIP-PrimaryUserAddress\nmsRTCSIP-PrimaryUserAddress: sip:user4@lcs.test\n",
                   text=True, check=True, capture_output=True)
    equal(d.ask(4, "Pass.Word-4").code, 401, "an address of two entries")
    check("several entries have one address" in d.server.log_text(), "the log says so")


@test("passwords are judged by the second directory while the first is gone; without any it is 503", limit=120)
def basic_failover(world):
    d = Doors(world)
    equal(d.ask(1, "Pass.Word-1").code, 404, "by the first")
    signal_first(d.slapd, signal.SIGSTOP)
    begun = time.monotonic()
    equal(d.ask(1, "Pass.Word-1").code, 404, "by the second")
    check(time.monotonic() - begun < 2, "within the timeout")
    equal(d.ask(1, "wrong").code, 401, "a wrong one")
    equal(states(d.server, "ldap"), ["away", "in use"], "servers")
    with open(f"{d.slapd.directory}/db2/slapd.pid") as f:
        os.kill(int(f.read()), signal.SIGSTOP)
    try:
        begun = time.monotonic()
        codes = []
        waits = threading.Thread(target=lambda: codes.append(d.ask(1, "Pass.Word-1").code))
        waits.start()
        equal(d.xcap.get(LISTS, d.users[1], words=d.trust).code, 404, "others meanwhile")
        check(time.monotonic() - begun < 1, "at once")
        waits.join()
        equal([*codes, d.ask(1, "Pass.Word-1").code], [503, 503], "without any")
        check(stat(d.server, "auth_ldap.down") + stat(d.server, "auth_ldap.late") >= 2, "counted")
    finally:
        for name in ("db", "db2"):
            with open(f"{d.slapd.directory}/{name}/slapd.pid") as f:
                os.kill(int(f.read()), signal.SIGCONT)
    wait_until(lambda: d.ask(1, "Pass.Word-1").code == 404, 20, "again")


@test("without TLS no password is asked for, and none is taken", limit=60)
def basic_clear(world):
    d = Doors(world, tls=False)
    reply = d.ask(1, "Pass.Word-1")
    equal(reply.code, 401, "answer")
    check(not any(v.startswith("Basic") for v in reply.all("WWW-Authenticate")), "Basic is not offered")
    equal(stat(d.server, "auth_ldap.accepted"), 0, "questions")
