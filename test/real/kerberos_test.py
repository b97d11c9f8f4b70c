"""pidgin-sipe signs in by Kerberos, with a real KDC."""
import os

from lib.demo import ROOT, Server
from lib.tap import check, equal, test
from lib.world import User

DOMAIN = "lcs.test"         # the realm of services/krb5.sh, in small letters
SERVICE = f"sip/sip.{DOMAIN}"
KEYTAB = "ours.keytab"


OTHER = f"sip/other.{DOMAIN}"


class Realm:
    """A KDC, and a server with the keys of its service and of another one; it takes tickets for
    the service that is named."""

    def __init__(self, world, service=SERVICE):
        self.kdc = world.service("krb5")
        keytab = f"{self.kdc.directory}/{KEYTAB}"
        for principal in (SERVICE, OTHER):
            self.kdc.run("kadmin", f"addprinc -randkey {principal}")
            self.kdc.run("kadmin", f"ktadd -k {keytab} {principal}")
        config = world.path("home-lcs.cfg")
        config.write_text(f'#!lcs 1\n#!define LCS_KEYTAB "{keytab}"\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n'
                          f'modparam("auth_kerberos", "service", "{service}")\n')
        self.env = {k: self.kdc.env[k] for k in ("KRB5_CONFIG", "KRB5RCACHEDIR")}
        self.users = [User(f"user{i}", f"Pass.Word-{i}", DOMAIN) for i in (1, 2, 3)]
        os.environ.update(self.env)         # the server reads them, too
        try:
            self.server = Server(world.run.new_directory(), "home-lcs", DOMAIN,
                                 [(u.name, "unused-1234") for u in self.users], ("tcp", "tls"),
                                 ["--config", str(config)])
        finally:
            for name in self.env:
                del os.environ[name]
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)

    def sipe(self, world, user, transport="tcp", **how):
        return world.sipe(user, transport, self.server, auth=how.pop("auth", "krb5"), env=dict(
            self.env, KRB5CCNAME=f"FILE:{self.kdc.directory}/cc-test-{user.name}"), **how)


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
