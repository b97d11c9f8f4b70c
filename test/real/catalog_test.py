"""Several servers of one directory: one of them stops, stands still or is not who it says, and searches,
synchronisation and sign-ins go on with another; and back."""
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import threading

from directory_test import Directory
from dirsync_test import Followed
from lib.demo import ROOT, Server
from lib.gss import environment
from lib.lcs import KerberosClient
from lib.services import SHARED, free_slot
from lib.tap import Failed, Skip, check, equal, soon, test, wait_until
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
        equal(d.found({"mail": "user1@"})[0], ["user1"], "found within ldap_timeout")
        names, _ = soon(lambda: d.found({"mail": "user2@"}), 0.5, "the first is passed over")
        equal(names, ["user2"], "found")
        equal(states(d.server, "directory"), ["away", "in use"], "servers")
        wait_until(lambda: d.stat("ldap_server") == 2, 5, "which is used")
        check(d.server.log_lines("a server of the directory does not answer"), "which is away, in the log")
        check(d.server.log_lines("another server of the directory is used"), "and which is used")
    finally:
        if what == signal.SIGSTOP:
            signal_first(d.slapd, signal.SIGCONT)
        d.slapd.run("start")
    yield 9                     # a server that was away is asked again after ten seconds
    wait_until(lambda: d.found({"mail": "user1@"})[0] and states(d.server, "directory")[0] == "in use",
               20, "the first again")
    check(d.server.log_lines("again the first server"), "the log says so")


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


@test("who was deleted at the second server does not come back when the first, which has not heard of it, is "
      "followed again, and by no look-up", limit=200)
def behind(world):
    f = Followed(world, "openldap", return_after="2s", lookup_again="1s")
    service = f.directory.service
    f.params["uri"] = replica(service) + " " + f.params["uri"]
    f.write()
    f.server.ctl("config", "commit")
    wait_until(lambda: f.state() == "following" and f.status()["server"] == 1 and
               len(f.server.ctl("dirsync", "servers")) == 2, 10, "the replica is followed")
    agent = f.signed_in(1)
    with open(f"{service.directory}/db2/slapd.pid") as pid:
        os.kill(int(pid.read()), signal.SIGKILL)
    wait_until(lambda: f.status()["server"] == 2 and f.state() == "following", 20, "at the other")
    f.directory.change("dn: CN=user9,OU=People,DC=lcs,DC=test\nchangetype: delete\n")
    f.modify(8, userAccountControl="514")
    wait_until(lambda: f.user(9) is None, 10, "user9 is deleted")
    f.until(8, "disabled")
    # the replica comes back, and what it is to follow stands still
    signal_first(service, signal.SIGSTOP)
    try:
        replica(service)
        wait_until(lambda: f.status()["server"] == 1 and f.state() == "following", 60, "at the replica")
        equal(agent.ask("MESSAGE", "sip:user9@lcs.test", [("Content-Type", "text/plain")], b"x").code, 404,
              "a look-up")
        equal((f.user(9), f.user(8)["state"]), (None, "disabled"), "users")
        check(any("user9" in p["address"] and "deleted" in p["why"]
                  for p in f.server.ctl("dirsync", "problems")), "it is said why")
        wait_until(lambda: stat(f.server, "dirsync.kept_out") == 2, 5, "counted")
    finally:
        signal_first(service, signal.SIGCONT)
    wait_until(lambda: "user9" not in str(f.server.ctl("dirsync", "problems")), 20, "the replica hears of it")
    f.modify(8, userAccountControl="512")
    f.until(8, "enabled")


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
    yield 9
    wait_until(lambda: f.status()["server"] == 1 and f.state() == "following", 20, "at the first")
    f.modify(1, userAccountControl="514")
    f.until(1, "disabled")
    check(f.server.log_lines("again the first server"), "the log says so")
    wait_until(lambda: stat(f.server, "dirsync.switches") >= 2, 5, "counted")


class Doors:
    """A server with XCAP whose users' passwords are in a pair of directories; here they have others."""

    def __init__(self, world, tls=True, timeout="2s"):
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
            f'modparam("auth_ldap", "timeout", {timeout})\n' + "".join(
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
    check(d.server.log_lines("several entries have one address"), "the log says so")


@test("passwords are judged by the second directory while the first is gone; without any it is 503", limit=120)
def basic_failover(world):
    d = Doors(world)
    equal(d.ask(1, "Pass.Word-1").code, 404, "by the first")
    signal_first(d.slapd, signal.SIGSTOP)
    equal(d.ask(1, "Pass.Word-1").code, 404, "by the second, within the timeout")
    equal(d.ask(1, "wrong").code, 401, "a wrong one")
    equal(states(d.server, "ldap"), ["away", "in use"], "servers")
    with open(f"{d.slapd.directory}/db2/slapd.pid") as f:
        os.kill(int(f.read()), signal.SIGSTOP)
    try:
        codes = []
        waits = threading.Thread(target=lambda: codes.append(d.ask(1, "Pass.Word-1").code))
        waits.start()
        reply = soon(lambda: d.xcap.get(LISTS, d.users[1], words=d.trust), 1, "others meanwhile")
        equal(reply.code, 404, "others meanwhile")
        waits.join()
        equal([*codes, d.ask(1, "Pass.Word-1").code], [503, 503], "without any")
        check(stat(d.server, "auth_ldap.down") + stat(d.server, "auth_ldap.late") >= 2, "counted")
    finally:
        for name in ("db", "db2"):
            with open(f"{d.slapd.directory}/{name}/slapd.pid") as f:
                os.kill(int(f.read()), signal.SIGCONT)
    wait_until(lambda: d.ask(1, "Pass.Word-1").code == 404, 20, "again")


@test("of wrong passwords that come at once no more are tried than one after the other", limit=120)
def basic_at_once(world):
    d = Doors(world, timeout="30s")
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(d.ask(1, "wrong").code)) for i in range(12)]
    signal_first(d.slapd, signal.SIGSTOP)
    try:
        for t in threads:
            t.start()
        wait_until(lambda: len(codes) >= 7, 14, "more than five are refused at once")
    finally:
        signal_first(d.slapd, signal.SIGCONT)
    for t in threads:
        t.join()
    equal(sorted(codes), [401] * 5 + [503] * 7, "answers")
    equal(stat(d.server, "auth_ldap.wrong"), 5, "tried")
    equal(d.ask(1, "Pass.Word-1").code, 403, "afterwards")
    equal(d.ask(2, "Pass.Word-2").code, 404, "somebody else")


@test("without TLS no password is asked for, and none is taken", limit=60)
def basic_clear(world):
    d = Doors(world, tls=False)
    reply = d.ask(1, "Pass.Word-1")
    equal(reply.code, 401, "answer")
    check(not any(v.startswith("Basic") for v in reply.all("WWW-Authenticate")), "Basic is not offered")
    equal(stat(d.server, "auth_ldap.accepted"), 0, "questions")


class Controllers:
    """Two controllers of one domain, and a home server that has its users from them by Kerberos."""

    def __init__(self, world):
        if os.geteuid() != 0:
            raise Skip("a domain controller wants root")
        # it would want the same names; second_dc.sh clears away what a stop that fails leaves
        with contextlib.suppress(Failed):
            world.run.end("ad")
        slot = os.environ.get("LCS_SVC_SLOT") or free_slot()
        site = f"10.{87 + int(slot)}.0"
        self.env = {"LCS_SVC_SLOT": slot, "LCS_SHARED": str(SHARED), "LCS_SVC_NETNS": f"lcs{slot}-d1",
                    "LCS_AD_ADDR": f"{site}.2"}
        self.script("unnet")
        self.script("net")
        world.stack.callback(self.script, "unnet")
        with environment(self.env):
            self.one = world.add(world.service("samba-ad", own=False))
        self.two = world.run.new_directory()
        world.stack.callback(self.script, "stop", self.two)
        self.script("start", self.two, self.one.directory)
        with open(f"{self.one.directory}/etc-hosts", "a") as f:
            f.write(f"{site}.3 dc2.lcs.test dc2\n")
        self.krb5 = world.path("krb5.conf")
        with open(self.one.env["KRB5_CONFIG"]) as f:
            self.krb5.write_text(f.read().replace(f"kdc = {site}.2", f"kdc = {site}.2\n        kdc = {site}.3"))
        self.krb5env = {"KRB5_CONFIG": str(self.krb5), "KRB5RCACHEDIR": self.one.env["KRB5RCACHEDIR"]}
        self.serve(world)

    def script(self, *words):
        done = subprocess.run([str(ROOT / "test/real/lib/second_dc.sh"), *map(str, words)],
                              env={**os.environ, **self.env}, capture_output=True, text=True)
        equal(done.returncode, 0, f"second_dc.sh {words[0]}: {done.stderr[-800:]}")

    def serve(self, world):
        env, both = self.one.env, "ldaps://dc1.lcs.test ldaps://dc2.lcs.test"
        search = {"people": "ldap", "ldap_uri": both, "ldap_base": env["LCS_TEST_LDAP_BASE"],
                  "ldap_bind_dn": env["LCS_TEST_LDAP_BIND_DN"], "ldap_ca": env["LCS_TEST_CA"],
                  "ldap_password": env["LCS_TEST_LDAP_BIND_PW"]}
        follow = {"principal": "svc-lcs@LCS.TEST", "keytab": env["LCS_TEST_KEYTAB"], "ca": env["LCS_TEST_CA"]}
        config = world.path("pair.cfg")
        config.write_text(
            f'#!lcs 1\n#!define WITH_DIRECTORY\n#!define LCS_DIRECTORY "{both}"\n'
            f'#!define LCS_DIRECTORY_BASE "{env["LCS_TEST_LDAP_BASE"]}"\n#!define LCS_DIRECTORY_ACCOUNT ""\n'
            f'#!define LCS_DIRECTORY_PASSWORD ""\n#!define LCS_KEYTAB "{env["LCS_TEST_KEYTAB"]}"\n'
            f'import "{ROOT}/cfg/samples/home-lcs.cfg"\nmodparam("auth_lcs", "targetname", "sip1.lcs.test")\n'
            'modparam("dirsync", "interval", 1s)\nmodparam("dirsync", "timeout", 2s)\n'
            'modparam("dirsync", "return_after", 3s)\nmodparam("dirsync", "retry_max", 2s)\n' +
            "".join(f'modparam("dirsync", "{k}", "{v}")\n' for k, v in follow.items()) +
            "".join(f'modparam("dirsearch", "{k}", "{v}")\n' for k, v in search.items()))
        with environment(self.krb5env):
            self.server = Server(world.run.new_directory(), "home-lcs", "lcs.test", [], ("tcp", "tls"),
                                 ["--config", str(config), "--set", "log_level=info"],
                                 inside=[str(self.one.script), "exec", self.one.directory])
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)

    def follows(self, number):
        status = self.server.ctl("dirsync", "status")
        return (status["state"], status["server"]) == ("following", number)

    def ticket_for(self, world, number):
        """A client that shows a ticket which a KDC that is there has given out."""
        cache = f"FILE:{world.path('cache')}"
        done = subprocess.run(["kinit", "-c", cache, f"user{number}@LCS.TEST"], text=True, capture_output=True,
                              input=f"Pass.Word-{number}\n", env={**os.environ, **self.krb5env})
        equal(done.returncode, 0, f"kinit: {done.stderr}")
        service = "sip/sip1.lcs.test@LCS.TEST"
        done = subprocess.run(["kvno", "-c", cache, service], text=True, capture_output=True,
                              env={**os.environ, **self.krb5env})
        equal(done.returncode, 0, f"kvno: {done.stderr}")
        return KerberosClient(world.peer("tcp", self.server), User(f"user{number}", "", "lcs.test"), cache,
                              str(self.krb5), service)


@test("of two domain controllers one stops: search, users and sign-ins by ticket go on, and return", limit=400)
def controllers(world):
    c = Controllers(world)
    wait_until(lambda: c.follows(1), 30, "the first is followed, by Kerberos")
    status = c.server.ctl("dirsync", "status")
    equal((status["way"], status["users"] > 20), ("ad", True), f"users: {status}")
    asker = User("user1", "Pass.Word-1", "lcs.test")
    c.server.ctl("users", "passwd", asker.aor, "--password-stdin", input=asker.password + "\n")
    d = Directory.__new__(Directory)
    d.asker = world.agent(asker, "tcp", c.server)
    equal(d.found({"mail": "user2@"})[0], ["user2"], "found at the first")
    c.ticket_for(world, 11).sign_in()
    early = c.ticket_for(world, 12)
    with environment(c.env):
        c.one.run("stop")
    equal(d.found({"mail": "user2@"})[0], ["user2"], "found at the second")
    wait_until(lambda: c.follows(2), 30, "the second is followed")
    done = subprocess.run(["ldbmodify", "-H", f"{c.two}/private/sam.ldb"], text=True, capture_output=True,
                          input="dn: CN=user3,OU=People,DC=lcs,DC=test\nchangetype: modify\n"
                          "replace: userAccountControl\nuserAccountControl: 514\n")
    equal(done.returncode, 0, f"ldbmodify: {done.stderr}{done.stdout}")
    wait_until(lambda: c.server.ctl("users", "show", "user3@lcs.test")["state"] == "disabled", 10, "a change there")
    c.ticket_for(world, 14).sign_in()
    # a keytab is enough: to look at a ticket no controller is asked
    c.script("stop", c.two)
    early.sign_in()
    with environment(c.env):
        c.one.run("start")
    wait_until(lambda: c.follows(1), 30, "the first is followed again")
    equal(d.found({"mail": "user2@"})[0], ["user2"], "found at the first again")
