"""Sign-in by Kerberos with a real KDC: pidgin-sipe, and a client of our own for what it cannot be
told to do.
"""
import os
import pathlib
import re
import subprocess
import time

from lib import sip
from lib.child import Child
from lib.demo import ROOT, Server
from lib.gss import environment, set_clock
from lib.lcs import KerberosClient
from lib.ports import free_port
from lib.services import ports_free
from lib.tap import check, equal, test, wait_until
from lib.world import User

DOMAIN = "lcs.test"         # the realm of services/krb5.sh, in small letters
SERVICE = f"sip/sip.{DOMAIN}"
OTHER = f"sip/other.{DOMAIN}"
KEYTAB = "ours.keytab"
ELSEWHERE = "OTHER.TEST"    # a realm that is not the server's; the same KDC has its principals


class Realm:
    """A KDC, and a server with the keys of its service and of another one; it takes tickets for
    the service that is named."""

    def __init__(self, world, service="", settings=""):
        self.world = world
        self.kdc = world.service("krb5")
        self.directory = pathlib.Path(self.kdc.directory)
        keytab = self.directory / KEYTAB
        for principal in (SERVICE, OTHER):
            self.kdc.run("kadmin", f"addprinc -randkey {principal}")
            self.kdc.run("kadmin", f"ktadd -k {keytab} {principal}")
        config = world.path("home-lcs.cfg")
        config.write_text(f'#!lcs 1\n#!define LCS_KEYTAB "{keytab}"\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n'
                          f'modparam("auth_kerberos", "service", "{service}")\n')
        self.env = {k: self.kdc.env[k] for k in ("KRB5_CONFIG", "KRB5RCACHEDIR")}
        self.configure(settings)
        self.users = [User(f"user{i}", f"Pass.Word-{i}", DOMAIN) for i in (1, 2, 3)]
        with environment(self.env):         # the server reads them, too
            self.server = Server(world.run.new_directory(), "home-lcs", DOMAIN,
                                 [(u.name, "unused-1234") for u in self.users], ("tcp", "tls"),
                                 ["--config", str(config), "--set", "log_level=info"])
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)

    def configure(self, settings):
        """The KDC's file, with these lines among the defaults, and the other realm."""
        self.other_port = free_port()
        text = pathlib.Path(self.kdc.env["KRB5_CONFIG"]).read_text()
        text = text.replace("[libdefaults]\n", f"[libdefaults]\n{settings}\n")
        text = text.replace("[realms]\n", f"[realms]\n {ELSEWHERE} = {{\n"
                            f" kdc = 127.0.0.1:{self.other_port}\n }}\n")
        path = self.world.path("krb5.conf")
        path.write_text(text)
        self.env["KRB5_CONFIG"] = str(path)

    def other_realm(self, *principals):
        """Another realm, which the server's own trusts, with these principals (kadmin's words)."""
        profile = self.world.path("kdc.conf")
        stem = profile.with_suffix("")
        profile.write_text(f"""[kdcdefaults]
 kdc_listen = 127.0.0.1:{self.other_port}
 kdc_tcp_listen = 127.0.0.1:{self.other_port}
[realms]
 {ELSEWHERE} = {{
  database_name = {stem}.principal
  key_stash_file = {stem}.stash
  acl_file = {stem}.acl
 }}
""")
        env = {**os.environ, **self.env, "KRB5_KDC_PROFILE": str(profile)}
        run = lambda *words: subprocess.run(words, env=env, check=True, capture_output=True)
        run("kdb5_util", "-r", ELSEWHERE, "create", "-s", "-P", "of no account")
        trust = f"-pw shared krbtgt/LCS.TEST@{ELSEWHERE}"
        for words in (trust, *principals):
            run("kadmin.local", "-r", ELSEWHERE, "-q", f"addprinc {words}")
        self.kdc.run("kadmin", f"addprinc {trust}")
        child = Child(["krb5kdc", "-n", "-r", ELSEWHERE], self.world.path("kdc"), env=env, name="KDC")
        self.world.stack.callback(child.close)
        wait_until(lambda: not ports_free(self.other_port), 10, "the other KDC listens")

    def sipe(self, world, user, transport="tcp", **how):
        return world.sipe(user, transport, self.server, auth=how.pop("auth", "krb5"), env=dict(
            self.env, KRB5CCNAME=f"FILE:{self.kdc.directory}/cc-test-{user.name}"), **how)

    def tickets(self, principal, password, *words):
        """A cache file of these tickets, as kinit makes it."""
        cache = self.world.path("cache")
        done = subprocess.run(["kinit", "-c", f"FILE:{cache}", *words, principal], text=True,
                              input=password + "\n", capture_output=True,
                              env=dict(os.environ, **self.env))
        equal(done.returncode, 0, f"kinit {principal}: {done.stderr}")
        return cache

    def client(self, user=None, cache=None, service=f"{SERVICE}@LCS.TEST", transport="tcp", **how):
        """Our own client, with tickets of its own unless it is given some."""
        user = user or self.users[0]
        cache = cache or self.tickets(f"{user.name}@LCS.TEST", user.password)
        return KerberosClient(self.world.peer(transport, self.server), user, f"FILE:{cache}",
                              self.env["KRB5_CONFIG"], service, **how)

    def count(self, name):
        return {r["name"]: r["value"] for r in self.server.ctl("stats")}.get(name, 0)

    def refuses(self, client, counter, told, logged, code=401):
        """The sign-in fails; the client is told and the log says why, and it is counted."""
        before = self.count(f"auth_kerberos.{counter}")
        reply = client.try_sign_in()
        equal(reply.code, code, "the last response")
        check(told in reply.get("Warning", ""), f"Warning: {reply.get('Warning')}")
        equal(reply.get("Authentication-Info"), None, "signature")
        equal(self.count(f"auth_kerberos.{counter}"), before + 1, counter)
        line = rf"sign-in refused user={client.user.aor} scheme=Kerberos .*{logged}"
        wait_until(lambda: re.search(line, self.server.log_text()), 5, f"in the log: {line}")
        equal(schemes(self.server), [], "associations")


def schemes(server):
    return sorted((r["user"], r["scheme"]) for r in server.ctl("sa", "list"))


@test("pidgin-sipe signs in by Kerberos over TCP and TLS, writes and is written to", limit=120)
def both_ways(world):
    realm = Realm(world)
    one, two = realm.users[:2]
    alice = realm.sipe(world, one, "tcp", login=f"{one.name}@LCS.TEST").wait_signed_on(30)
    bob = realm.sipe(world, two, "tls", login=f"{two.name}@LCS.TEST").wait_signed_on(30)
    equal(schemes(realm.server), [(one.aor, "Kerberos"), (two.aor, "Kerberos")], "associations")
    alice.im(two.uri, "by ticket")
    bob.wait_im("by ticket", one.uri)
    bob.im(one.uri, "and back")
    alice.wait_im("and back", two.uri)
    for client in (alice, bob):
        check("is invalid" not in client.trace(), "a signature was found invalid")


@test("the ticket of one user does not sign in another", limit=120)
def another_name(world):
    realm = Realm(world)
    one, two = realm.users[:2]
    client = realm.sipe(world, User(two.name, one.password, DOMAIN), login=f"{one.name}@LCS.TEST")
    client.wait_failed(30)
    check("403" in client.trace(), "no 403")
    check("200 OK" not in client.trace(), "signed in")


@test("a ticket for another service is refused, a wrong password gets none", limit=120)
def other_service(world):
    realm = Realm(world, OTHER)
    user = realm.users[0]
    realm.sipe(world, user, login=f"{user.name}@LCS.TEST").wait_failed(30)
    rows = {r["name"]: r["value"] for r in realm.server.ctl("stats")}
    check(rows["auth_kerberos.other_service"] > 0, "no ticket was refused for its service")
    realm.sipe(world, user, login=f"{user.name}@LCS.TEST", password="wrong").wait_failed(30)
    equal(schemes(realm.server), [], "associations")


@test("version {} of the signatures signs in by Kerberos, writes and signs in again", each=(2, 3, 4),
      limit=60)
def versions(world, version):
    realm = Realm(world)
    one, two = realm.users[:2]
    alice = realm.client(one, version=version).sign_in()
    bob = realm.client(two, version=version, transport="tls").sign_in()
    equal(schemes(realm.server), [(one.aor, "Kerberos"), (two.aor, "Kerberos")], "associations")
    data = alice.make("MESSAGE", two.uri, b"hello", more=[("Content-Type", "text/plain")])
    alice.peer.send(data)
    got = bob.peer.expect("MESSAGE")
    equal(got.body, b"hello", "body")
    bob.check(got)
    bob.peer.send(bob.sign(sip.response(got, 200, "OK", tag="x")))
    alice.check(alice.peer.expect(200))
    equal(alice.ask(alice.sign(alice.register())).code, 200, "a refresh")
    alice.sign_in()                     # with a new authenticator of the same ticket
    equal(alice.ask(alice.make("MESSAGE", f"sip:nobody@{DOMAIN}")).code, 404, "with the new keys")


@test("a message whose {} closes the connection of who signed in by Kerberos", each=(
    "signature has a flipped byte", "text has a flipped byte", "number was used before"), limit=60)
def forged(world, how):
    realm = Realm(world)
    c = realm.client().sign_in()
    data = c.make("MESSAGE", f"sip:nobody@{DOMAIN}", b"x")
    if "used before" in how:
        equal(c.ask(data).code, 404, "first")
    else:
        key = b'response="' if "signature" in how else b"Call-ID: "
        at = data.index(key) + len(key) + 40 * ("signature" in how)
        data = data[:at] + (b"2" if data[at:at + 1] != b"2" else b"3") + data[at + 1:]
    c.peer.send(data)
    wait_until(lambda: c.peer.ended, 5, "the server closes the connection")
    equal(realm.count("auth_lcs.closed"), 1, "closed connections")


@test("a token that was used is refused, on its connection and on another one", limit=60)
def replayed(world):
    realm = Realm(world)
    cache = realm.tickets("user1@LCS.TEST", "Pass.Word-1")
    first = realm.client(cache=cache, version=2)
    session = first.new_session(first.begin())
    data = first.answer(session.token(), session)
    first.peer.send(data)
    first.peer.expect(200)
    first.peer.close()
    wait_until(lambda: not schemes(realm.server), 5, "its association ends")
    thief = realm.client(cache=cache, version=2)
    thief.new_session = lambda challenge: session
    realm.refuses(thief, "replayed", "used before", "[Rr]eplay|already")


@test("tickets that are not good get nobody in, and log and client are told why", limit=90)
def bad_tickets(world):
    realm = Realm(world)
    realm.kdc.run("kadmin", "addprinc -randkey sip/nokey.lcs.test")
    realm.other_realm(f"-randkey {SERVICE}@{ELSEWHERE}", f"-pw Pass.Word-1 user1@{ELSEWHERE}")
    ours = realm.tickets("user1@LCS.TEST", "Pass.Word-1")
    theirs = realm.tickets(f"user1@{ELSEWHERE}", "Pass.Word-1")
    client = lambda cache, service=f"{SERVICE}@LCS.TEST": realm.client(cache=cache, service=service)
    realm.refuses(client(ours, f"{OTHER}@LCS.TEST"), "other_service", "not for this server", ".")
    realm.refuses(client(ours, "sip/nokey.lcs.test@LCS.TEST"), "other_service",
                  "not for this server", ".")
    realm.refuses(client(theirs, f"{SERVICE}@{ELSEWHERE}"), "other_service",
                  "not for this server", ".")
    # the realms trust each other, and the user is somebody else all the same
    realm.refuses(client(theirs), "unknown", "no user of this server", f"user1@{ELSEWHERE}")
    client(ours).new_session(None)          # the service's ticket is in the cache from here on
    set_clock(ours, 600)
    realm.refuses(client(ours), "clock", "clock", "[Cc]lock", code=403)
    set_clock(ours, 200)
    client(ours).sign_in()


@test("a token that is cut or changed anywhere is refused", limit=60)
def broken(world):
    realm = Realm(world)
    c = realm.client(version=2)
    session = c.new_session(c.begin())
    token = session.token()
    bad = [token[:n] for n in range(1, len(token), 31)]
    # in front of what is encrypted the service is named once more, and nobody looks there
    bad += [token[:n] + bytes([token[n] ^ 1]) + token[n + 1:] for n in range(130, len(token), 37)]
    for one in bad:
        equal(c.ask(c.answer(one, session)).code, 401, f"answer to {one.hex()}")
        realm.server.ctl("htable", "flush", "wrong")        # else it has to wait after five
    equal(c.ask(c.answer(token, session)).code, 200, "the whole token")


@test("a ticket that has expired is refused", limit=60)
def expired(world):
    realm = Realm(world, settings="clockskew = 1")
    cache = realm.tickets("user1@LCS.TEST", "Pass.Word-1", "-l", "4s")
    c = realm.client(cache=cache)
    c.begin()
    session = c.new_session(None)           # its token is made while the ticket is good
    end = time.monotonic() + 6.5            # Kerberos counts in whole seconds
    c.new_session = lambda challenge: session
    yield 6.5
    wait_until(lambda: time.monotonic() > end, 10, "the ticket's end, and the second of grace")
    realm.refuses(c, "expired", "expired", "[Ee]xpired")
