"""Sign-in with accounts of an Active Directory domain (Samba): NTLM by way of winbind, and Kerberos
with a key that the domain controller gave out.
"""
import os
import re
import subprocess

from lib.demo import ROOT, Server
from lib.gss import environment
from lib.lcs import KerberosClient, LcsClient
from lib.tap import Failed, Skip, check, equal, test, wait_until
from lib.world import User

DOMAIN, NETBIOS = "lcs.test", "LCS"
USERS = 16
CONFIG = """#!lcs 1
#!define LCS_KEYTAB "{keytab}"
#!define WITH_DIRECTORY
#!define LCS_DIRECTORY "{env[LCS_TEST_LDAPS_URI]}"
#!define LCS_DIRECTORY_BASE "{env[LCS_TEST_LDAP_BASE]}"
#!define LCS_DIRECTORY_ACCOUNT "{env[LCS_TEST_LDAP_BIND_DN]}"
#!define LCS_DIRECTORY_PASSWORD "{env[LCS_TEST_LDAP_BIND_PW]}"
import "{root}/cfg/samples/home-lcs.cfg"
modparam("auth_lcs", "targetname", "sip1.lcs.test")
modparam("auth_ntlm", "accounts", "winbind")
modparam("auth_ntlm", "logins", "LCS\\\\user15=zoe@lcs.test")
modparam("auth_kerberos", "principals", "user15@LCS.TEST=zoe@lcs.test")
modparam("dirsync", "ca", "{env[LCS_TEST_CA]}")
modparam("dirsync", "interval", 1s)
# all others were made here
modparam("dirsync", "filter", "(msRTCSIP-PrimaryUserAddress=sip:kim.hansen@lcs.test)")
"""
ACCOUNT = "CN={},OU=People,DC=lcs,DC=test"


class Domain:
    """A domain controller, and a home server whose users have their accounts there."""

    def __init__(self, world):
        if os.geteuid() != 0:
            raise Skip("a domain controller wants root")
        self.dc = world.service("samba-ad", own=False)
        config = world.run.directory / "ad.cfg"
        config.write_text(CONFIG.format(keytab=self.dc.env["LCS_TEST_KEYTAB"], env=self.dc.env,
                                        root=ROOT))
        self.users = [User(f"user{i}", f"Pass.Word-{i}", DOMAIN) for i in range(1, USERS)]
        self.zoe = User("zoe", "Pass.Word-15", DOMAIN)
        self.kim = User("kim.hansen", "Pass.Word-14", DOMAIN)
        self.env = {k: self.dc.env[k] for k in ("KRB5_CONFIG", "KRB5RCACHEDIR")}
        names = [(u.name, "unused-1234") for u in [*self.users, self.zoe]]
        try:
            with environment(self.env):
                self.server = Server(world.run.new_directory(), "home-lcs", DOMAIN, names,
                                     ("tcp", "tls"), ["--config", str(config), "--set", "log_level=info"],
                                     inside=[str(self.dc.script), "exec", self.dc.directory])
        except Failed as e:
            self.dc.close()
            if "left out of this build" in str(e):
                raise Skip("winbind was left out of the build: libwbclient-dev") from None
            raise

    def close(self):
        self.server.stop()
        self.dc.close()

    def user(self, number):
        return self.users[number - 1]

    def change(self, name, **values):
        """Attributes of an account, or of the domain."""
        dn = ACCOUNT.format(name) if name else "DC=lcs,DC=test"
        lines = [f"dn: {dn}", "changetype: modify"]
        for attribute, value in values.items():
            lines += [f"replace: {attribute}", f"{attribute}: {value}", "-"]
        done = subprocess.run(["ldbmodify", "-H", f"{self.dc.directory}/private/sam.ldb"], text=True,
                              input="\n".join(lines) + "\n", capture_output=True)
        equal(done.returncode, 0, f"ldbmodify: {done.stderr}{done.stdout}")

    def ticket(self, world, number):
        """Where the ticket of an account is."""
        cache = f"FILE:{world.path(f'cache{number}')}"
        done = subprocess.run(["kinit", "-c", cache, f"user{number}@LCS.TEST"], text=True,
                              input=f"Pass.Word-{number}\n", capture_output=True, env=dict(os.environ, **self.env))
        equal(done.returncode, 0, f"kinit: {done.stderr}")
        return cache

    def client(self, world, user, **how):
        return LcsClient(world.peer("tcp", self.server), user, **how)

    def sipe(self, world, user, transport="tcp", **how):
        return world.sipe(user, transport, self.server, **how)

    def schemes(self, user):
        return [r["scheme"] for r in self.server.ctl("sa", "list") if r["user"] == user.aor]

    def count(self, name):
        return {r["name"]: r["value"] for r in self.server.ctl("stats")}.get(name, 0)

    def logged(self, user, text):
        line = rf"sign-in refused user={user.aor} scheme=NTLM .*{text}"
        wait_until(lambda: re.search(line, self.server.log_text()), 5, f"in the log: {line}")


def domain(world):
    return world.run.keep("ad", lambda: Domain(world))


@test("accounts of a domain sign in by NTLM through winbind, over TCP and TLS, and write", limit=300)
def talk(world):
    ad = domain(world)
    one, two = ad.user(1), ad.user(2)
    alice = ad.sipe(world, one, "tcp", login="LCS\\user1").wait_signed_on()
    bob = ad.sipe(world, two, "tls", login="LCS\\user2").wait_signed_on()
    equal((ad.schemes(one), ad.schemes(two)), (["NTLM"], ["NTLM"]), "associations")
    check(ad.count("auth_ntlm.asked") >= 2, "winbind was not asked")
    alice.im(two.uri, "by the domain")
    bob.wait_im("by the domain", one.uri)
    bob.im(one.uri, "and back")
    alice.wait_im("and back", two.uri)
    for client in (alice, bob):
        check("is invalid" not in client.trace(), "a signature was found invalid")


@test("an account of the domain written as {} signs in", limit=40, each=(
    "LCS\\user3", "lcs.test\\user3", "user3@lcs.test", "user3", "LCS\\USER3"))
def logins(world, login):
    ad = domain(world)
    ad.sipe(world, ad.user(3), login=login).wait_signed_on()


@test("version {} of the signatures with keys that winbind gave", each=(2, 3, 4), limit=40)
def versions(world, version):
    ad = domain(world)
    c = ad.client(world, ad.user(4), version=version, login="LCS\\user4").sign_in()
    equal(c.ask(c.make("MESSAGE", f"sip:nobody@{DOMAIN}")).code, 404, "MESSAGE")


@test("a wrong password and an account that is not there are refused alike, the log tells them apart",
      limit=40)
def wrong(world):
    ad = domain(world)
    ad.server.ctl("htable", "flush", "wrong")       # of a first try that failed
    one = ad.user(5)
    replies = [ad.client(world, one, login="LCS\\user5", password="wrong").try_sign_in(),
               ad.client(world, one, login="LCS\\nobody").try_sign_in()]
    equal([(r.code, r.get("Warning")) for r in replies], [(401, None)] * 2, "what is seen of it")
    ad.logged(one, "wrong password")
    ad.client(world, one, login="NOWHERE\\user5").try_sign_in()
    ad.logged(one, "no such account")
    client = ad.sipe(world, one, login="LCS\\user5", password="wrong")
    equal(client.event("failed", seconds=15)[0], "2", "libpurple's reason")


@test("an account that {1} is told so", limit=60, each=[
    (6, "is disabled", "This account is disabled", "userAccountControl", 514, 512),
    (7, "has expired", "This account has expired", "accountExpires", 130000000000000000, 0),
    (8, "has to change its password", "The password must be changed", "pwdLastSet", 0, -1)])
def barred(world, number, what, told, attribute, value, before):
    ad = domain(world)
    user = ad.user(number)
    login = f"LCS\\{user.name}"
    ad.change(user.name, **{attribute: before})
    ad.client(world, user, login=login).sign_in()
    ad.change(user.name, **{attribute: value})
    reply = ad.client(world, user, login=login).try_sign_in()
    equal(reply.code, 403, "last response")
    check(told in reply.get("Warning", ""), f"Warning: {reply.get('Warning')}")
    check(ad.count("auth_ntlm.disabled") > 0, "it is not counted")
    ad.logged(user, told)
    check(told in ad.sipe(world, user, login=login).wait_failed(), "pidgin-sipe is not told why")
    if attribute == "userAccountControl":
        reply = ad.client(world, user, login=login, password="wrong").try_sign_in()
        equal((reply.code, reply.get("Warning")), (401, None), "with a wrong password")


@test("an account that the domain locks after wrong passwords is told so", limit=60)
def locked(world):
    ad = domain(world)
    user = ad.user(10)
    ad.change(None, lockoutThreshold=2)
    try:
        for _ in range(3):
            reply = ad.client(world, user, login="LCS\\user10", password="wrong").try_sign_in()
        reply = ad.client(world, user, login="LCS\\user10").try_sign_in()
        equal(reply.code, 403, "with the right password")
        check("locked" in reply.get("Warning", ""), f"Warning: {reply.get('Warning')}")
        ad.logged(user, "This account is locked")
    finally:
        ad.change(None, lockoutThreshold=0)


@test("an account whose SIP address is another one signs in as that and as nobody else", limit=60)
def another_name(world):
    ad = domain(world)
    ad.sipe(world, ad.zoe, login="LCS\\user15").wait_signed_on()
    equal(ad.schemes(ad.zoe), ["NTLM"], "associations")
    own = ad.client(world, ad.user(15), login="LCS\\user15").try_sign_in()
    equal(own.code, 403, "as the address of its name")
    other = ad.client(world, ad.zoe, login="LCS\\user11", password="Pass.Word-11").try_sign_in()
    equal(other.code, 403, "another account under that address")


@test("an account that the directory gives another address signs in as that, by NTLM and by ticket",
      limit=120)
def directory_name(world):
    ad = domain(world)
    if ad.server.try_ctl("users", "show", ad.kim.aor).returncode != 0:      # not after a first try that failed
        equal(ad.server.try_ctl("users", "whose", "LCS\\user14").returncode != 0, True, "before")
    ad.change("user14", **{"msRTCSIP-PrimaryUserAddress": ad.kim.uri, "msRTCSIP-UserEnabled": "TRUE"})
    wait_until(lambda: ad.server.try_ctl("users", "show", ad.kim.aor).returncode == 0, 20, "kim is a user")
    row = ad.server.ctl("users", "show", ad.kim.aor)
    equal((row["account"], row["account_domain"]), ("user14", f"{DOMAIN} LCS"), "account")
    for login in ("LCS\\user14", "lcs.test\\USER14", "user14@LCS.TEST", "user14"):
        equal(ad.server.try_ctl("users", "whose", login).returncode, 0, f"users whose {login}")
        ad.client(world, ad.kim, login=login).sign_in()
    ad.sipe(world, ad.kim, login="LCS\\user14").wait_signed_on()
    check("NTLM" in ad.schemes(ad.kim), "associations")
    # nobody else becomes kim, and kim's account does not become the user of its name
    for user, login, password in ((ad.kim, "LCS\\user11", "Pass.Word-11"),
                                  (User("user14", "", DOMAIN), "LCS\\user14", "Pass.Word-14")):
        reply = ad.client(world, user, login=login, password=password).try_sign_in()
        equal(reply.code, 403, f"{login} as {user.aor}")
    for number, code in ((14, 200), (12, 403)):
        reply = KerberosClient(world.peer("tcp", ad.server), ad.kim, ad.ticket(world, number),
                               ad.env["KRB5_CONFIG"], "sip/sip1.lcs.test@LCS.TEST").try_sign_in()
        equal(reply.code, code, f"ticket of user{number} as kim")


@test("pidgin-sipe signs in by a ticket of the domain, with password and with single sign-on",
      limit=60)
def kerberos(world):
    ad = domain(world)
    one, two = ad.user(11), ad.user(12)
    cache = ad.ticket(world, 12)
    alice = ad.sipe(world, one, "tcp", auth="krb5", login="user11@LCS.TEST", env=dict(
        ad.env, KRB5CCNAME=f"FILE:{world.path('cache')}")).wait_signed_on(30)
    bob = ad.sipe(world, two, "tls", auth="krb5", more=["--sso"],
                  env=dict(ad.env, KRB5CCNAME=cache)).wait_signed_on(30)
    equal((ad.schemes(one), ad.schemes(two)), (["Kerberos"], ["Kerberos"]), "associations")
    alice.im(two.uri, "by ticket")
    bob.wait_im("by ticket", one.uri)
    # the ticket stands for zoe, not for the address of its name
    zoe = KerberosClient(world.peer("tcp", ad.server), ad.zoe, cache, ad.env["KRB5_CONFIG"],
                         "sip/sip1.lcs.test@LCS.TEST")
    equal(zoe.try_sign_in().code, 403, "user12 as zoe")


@test("when the domain does not answer nobody is said to have a wrong password", limit=120)
def gone(world):
    ad = domain(world)
    user = ad.user(13)
    ad.client(world, user, login="LCS\\user13").sign_in()
    ad.dc.close()
    try:
        reply = ad.client(world, user, login="LCS\\user13").try_sign_in(seconds=20)
        equal(reply.code, 503, "last response")
        check(ad.count("auth_ntlm.unreachable") > 0, "it is not counted")
    finally:
        ad.dc.run("start")
    ad.sipe(world, user, login="LCS\\user13").wait_signed_on(30)
