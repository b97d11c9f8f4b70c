"""Users from a directory: OpenLDAP (RFC 4533) and Samba's Active Directory (numbers of changes)."""
import contextlib
import hashlib
import itertools
import json
import os
import signal
import sqlite3
import subprocess
import time

from lib.demo import ROOT, Server
from lib.gss import environment
from lib.lcs import LcsClient
from lib.ntlm import md4, utf16
from lib.tap import SLACK, Skip, check, equal, soon, test, wait_until
from lib.world import User

DOMAIN = "lcs.test"
UNKNOWN, DISABLED = 404, 403
KINDS = ("openldap", "samba")


def number(i):
    return User(f"user{i}", f"Pass.Word-{i}", DOMAIN)


def is_user(i):
    """Of those that services/directory.sh writes."""
    return i % 13 != 0


class OpenLdap:
    people, base, way = "OU=People,DC=lcs,DC=test", "DC=lcs,DC=test", "syncrepl"

    def __init__(self, world, people):
        with environment({"LCS_LDAP_USERS": str(people)}):
            self.service = world.service("slapd")
        self.people_count = people

    def change(self, ldif):
        env = self.service.env
        done = subprocess.run(["ldapmodify", "-x", "-H", env["LCS_TEST_LDAP_URI"],
                               "-D", env["LCS_TEST_LDAP_ADMIN_DN"], "-w", env["LCS_TEST_LDAP_ADMIN_PW"]],
                              input=ldif, text=True, capture_output=True)
        equal(done.returncode, 0, f"ldapmodify: {done.stdout}{done.stderr}")

    def stop(self):
        self.service.run("stop")

    def start(self):
        self.service.run("start")

    def pids(self):
        with open(f"{self.service.directory}/db/slapd.pid") as f:
            return [int(f.read())]


class Samba:
    people, base, way = "OU=People,DC=lcs,DC=test", "DC=lcs,DC=test", "ad"
    people_count = 30

    def __init__(self, world, people):
        if os.geteuid() != 0:
            raise Skip("a domain controller wants root")
        world.run.end("ad")         # two controllers would want the same ports
        self.service = world.add(world.service("samba-ad", own=False))   # its path is short

    def change(self, ldif):
        done = subprocess.run(["ldbmodify", "-H", f"{self.service.directory}/private/sam.ldb"],
                              input=ldif, text=True, capture_output=True)
        equal(done.returncode, 0, f"ldbmodify: {done.stderr}{done.stdout}")

    def stop(self):
        self.service.run("stop")

    def start(self):
        self.service.run("start")


class Followed:
    """A directory, and a home server whose users are there. Users 1 and 2 have a password here, too,
    so that they can sign in without the domain's help."""

    def __init__(self, world, directory, people=100, start=True, **params):
        self.world = world
        self.directory = {"openldap": OpenLdap, "samba": Samba}[directory](world, people)
        env = self.directory.service.env
        self.params = {"uri": env["LCS_TEST_LDAPS_URI"], "base": env["LCS_TEST_LDAP_BASE"],
                       "bind_dn": env["LCS_TEST_LDAP_BIND_DN"], "password": env["LCS_TEST_LDAP_BIND_PW"],
                       "ca": env["LCS_TEST_CA"], "interval": "1s", "timeout": "5s", "retry_max": "2s",
                       **params}
        self.config = world.path("home-lcs.cfg")
        self.write()
        self.here = User("here", "made-here-1", DOMAIN)
        self.server = Server(world.run.new_directory(), "home-lcs", DOMAIN,
                             [(self.here.name, self.here.password)], ("tcp", "tls"),
                             ["--config", str(self.config), "--set", "log_level=info"])
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)
        if start:
            wait_until(lambda: self.state() == "following", 30, "the directory is followed")

    def write(self):
        numbers = ("interval", "timeout", "retry_max", "compare_every", "max_gone", "return_after",
                   "lookup_again")
        names = {"uri": "", "base": "_BASE", "bind_dn": "_ACCOUNT", "password": "_PASSWORD"}
        self.config.write_text(
            "#!lcs 1\n#!define WITH_DIRECTORY\n" + "".join(
                f'#!define LCS_DIRECTORY{end} "{self.params[k]}"\n' for k, end in names.items()) +
            f'import "{ROOT}/cfg/samples/home-lcs.cfg"\n' + "".join(
                f'modparam("dirsync", "{k}", {v if k in numbers else chr(34) + v + chr(34)})\n'
                for k, v in self.params.items() if k not in names))

    def status(self):
        return self.server.ctl("dirsync", "status")

    def state(self):
        return self.status()["state"]

    def user(self, i):
        """As lcsctl shows one; None: there is none."""
        done = self.server.try_ctl("users", "show", f"user{i}@{DOMAIN}")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def until(self, i, state):
        wait_until(lambda: (self.user(i) or {"state": None})["state"] == state, 10,
                   f"user{i} is {state}")

    def users(self):
        return {r["user"]: r for r in self.server.ctl("users", "list") if r["from"] == "directory"}

    def signed_in(self, i):
        user = number(i)
        self.server.ctl("users", "passwd", user.aor, "--password-stdin", input=user.password + "\n")
        agent = self.world.agent(user, "tcp", self.server)
        equal(agent.register().code, 200, f"REGISTER of {user.name}")
        return agent

    def modify(self, i, **values):
        lines = [f"dn: CN=user{i},{self.directory.people}", "changetype: modify"]
        for attribute, value in values.items():
            attribute = attribute.replace("_", "-")
            lines += [f"replace: {attribute}"] + ([f"{attribute}: {value}"] if value else []) + ["-"]
        self.directory.change("\n".join(lines) + "\n")

    def add(self, name, address, **values):
        lines = [f"dn: CN={name},{self.directory.people}", "changetype: add", "objectClass: user",
                 f"cn: {name}", f"sn: {name}", f"sAMAccountName: {name}",
                 "msRTCSIP-UserEnabled: TRUE"]
        lines += [f"msRTCSIP-PrimaryUserAddress: {address}"] if address else []
        self.directory.change("\n".join(lines) + "\n")

    def delete(self, name):
        self.directory.change(f"dn: CN={name},{self.directory.people}\nchangetype: delete\n")

    def problems(self):
        return {r["address"]: r["why"] for r in self.server.ctl("dirsync", "problems")}


@test("all users of {} are here, as they are there", each=KINDS, limit=300)
def load(world, kind):
    f = Followed(world, kind)
    count = f.directory.people_count
    wanted = {f"user{i}@{DOMAIN}": "disabled" if i % 10 == 9 else "enabled"
              for i in range(1, count + 1) if is_user(i)}
    equal({k: v["state"] for k, v in f.users().items()}, wanted, "users")
    row = f.user(1)
    equal((row["from"], row["account"], row["display_name"]), ("directory", "user1", "Boris Adams 1"),
          "what is known of user1")
    equal(row["home"], "sip2.lcs.test", "home of user1, which is an object there")
    status = f.status()
    equal((status["way"], status["users"], status["resyncs"]), (f.directory.way, len(wanted), 1), "status")
    equal(f.user(13), None, "who has no address")
    check(f"partner1@partner.example" in str(f.problems()), "somebody of another domain")
    equal(f.server.ctl("users", "show", f.here.aor)["from"], "here", "who was made here")


@test("who is disabled in {} is signed out and refused, and let in again", each=KINDS, limit=300)
def disable(world, kind):
    f = Followed(world, kind)
    agent = f.signed_in(1)
    equal(len(f.server.endpoints(number(1))), 1, "bindings")
    f.modify(1, userAccountControl="514")
    f.until(1, "disabled")
    equal(agent.register().code, DISABLED, "REGISTER of who is disabled")
    wait_until(lambda: not f.server.endpoints(number(1)), 5, "no binding is left")
    equal(agent.ask("MESSAGE", number(2).uri, body="hello").code, DISABLED, "MESSAGE")
    f.modify(1, userAccountControl="512")
    f.until(1, "enabled")
    equal(agent.register().code, 200, "REGISTER of who is enabled again")
    f.modify(1, msRTCSIP_UserEnabled="FALSE")
    f.until(1, "disabled")
    equal(agent.register().code, DISABLED, "REGISTER of who is no SIP user")
    equal(f.status()["resyncs"], 1, "nothing was loaded again")
    check(f.server.log_lines("by=directory user=user1@lcs.test state=disabled"), "audit")


@test("a home that {} names by an object is its host's name; what has none is told of", each=KINDS,
      limit=300)
def home_objects(world, kind):
    f = Followed(world, kind)
    server = f"CN=LC Services,CN=Microsoft,CN=SIP3,CN=Computers,{f.directory.base}"
    f.modify(1, msRTCSIP_PrimaryHomeServer=server)
    wait_until(lambda: f.user(1)["home"] == "sip3.lcs.test", 10, "the host of a server's object")
    nobody = f"CN=user2,{f.directory.people}"
    for i in (1, 3):
        f.modify(i, msRTCSIP_PrimaryHomeServer=nobody)
    wait_until(lambda: all(f.user(i)["home"].lower() == nobody.lower() for i in (1, 3)), 10,
               "what has no host stays as it is")
    equal(len(f.server.log_lines("where users live cannot be told", 1)), 1, "lines in the log")
    f.modify(1, msRTCSIP_PrimaryHomeServer=None)
    wait_until(lambda: f.user(1)["home"] == "", 10, "no home")


@test("who is added to {}, changed, renamed or deleted there is so here", each=KINDS, limit=300)
def changes(world, kind):
    f = Followed(world, kind)
    f.add("newone", f"sip:newone@{DOMAIN}")
    wait_until(lambda: f"newone@{DOMAIN}" in f.users(), 10, "newone")
    f.modify(2, displayName="Somebody Else", telephoneNumber="1")
    wait_until(lambda: f.user(2)["display_name"] == "Somebody Else", 10, "another name")
    agent = f.signed_in(3)
    f.modify(3, msRTCSIP_PrimaryUserAddress=f"sip:three@{DOMAIN}")
    wait_until(lambda: f"three@{DOMAIN}" in f.users(), 10, "another address")
    equal(f.user(3), None, "the old address")
    equal(agent.register().code, UNKNOWN, "REGISTER with the old address")
    agent = f.signed_in(4)
    f.delete("user4")
    wait_until(lambda: f.user(4) is None, 10, "user4 is gone")
    equal(agent.register().code, UNKNOWN, "REGISTER of who is deleted")
    f.modify(5, msRTCSIP_PrimaryUserAddress=None)
    wait_until(lambda: f.user(5) is None, 10, "without an address")
    equal(f.status()["resyncs"], 1, "nothing was loaded again")
    for words in (("disable", f"user6@{DOMAIN}"), ("rename", f"user6@{DOMAIN}", f"six@{DOMAIN}",
                                                   "--password-stdin")):
        done = f.server.try_ctl("users", *words, input="x\n")
        check(done.returncode and "comes from the directory" in done.stderr + done.stdout,
              f"users {words[0]}: {done.stderr}{done.stdout}")


@test("without {} the service goes on, the lag grows and is told once; it comes back", each=KINDS,
      limit=400)
def cut(world, kind):
    f = Followed(world, kind)
    agent = f.signed_in(1)
    said = f.server.log_text().count("the directory cannot be followed")     # a slow one, at first
    f.directory.stop()
    wait_until(lambda: f.state() == "lost", 20, "it is lost")
    wait_until(lambda: f.status()["failures"] >= 3, 30, "it is tried again")
    equal(agent.register().code, 200, "REGISTER meanwhile")
    equal(agent.ask("MESSAGE", number(2).uri, body="hello").code, 480, "MESSAGE to who is signed out")
    status = f.status()
    check(status["lag"] >= 3 and status["why"], f"status: {status}")
    gauges = {r["name"]: r["value"] for r in f.server.ctl("stats")}
    check(gauges["dirsync.lag"] >= 2 and gauges.get("dirsync.connected", 0) == 0, "statistics")
    equal(len(f.server.log_lines("the directory cannot be followed", said + 1)), said + 1,
          "lines in the log")
    f.directory.start()
    wait_until(lambda: f.state() == "following", 20, "it is followed again")
    f.modify(1, userAccountControl="514")
    f.until(1, "disabled")
    wait_until(lambda: f.status()["lag"] <= 2, 5, "no lag")
    equal(f.status()["resyncs"], 1, "it went on from where it was")


@test("a directory that stands still is missed, and nobody waits for it", limit=200)
def stands_still(world):
    f = Followed(world, "openldap")
    agent = f.signed_in(1)
    pid = f.directory.pids()[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield 8
        wait_until(lambda: f.state() == "lost", 20, "it is lost")
        equal(soon(agent.register, 1, "REGISTER").code, 200, "REGISTER meanwhile")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: f.state() == "following", 20, "it is followed again")


@test("the server goes on from where it was with {} after an end and after a fall", each=KINDS,
      limit=400)
def restart(world, kind):
    f = Followed(world, kind)
    f.server.stop()
    f.modify(2, userAccountControl="514")
    f.delete("user3")
    f.add("newone", f"sip:newone@{DOMAIN}")
    f.server.start_again()
    f.until(2, "disabled")
    wait_until(lambda: f.user(3) is None, 10, "who was deleted meanwhile")
    wait_until(lambda: f"newone@{DOMAIN}" in f.users(), 10, "who was added meanwhile")
    equal(f.status()["resyncs"], 0, "nothing was loaded again")
    for pid in f.server.server_pids():
        os.kill(pid, signal.SIGKILL)
    f.modify(4, userAccountControl="514")
    wait_until(lambda: f.server.try_ctl("dirsync", "status").returncode == 0, 20, "it is there again")
    f.until(4, "disabled")
    equal(f.status()["resyncs"], 0, "nothing was loaded again")


@test("entries that are no users, or want the address of another, are told and harm nobody", limit=200)
def clashes(world):
    f = Followed(world, "openldap")
    agent = world.agent(f.here, "tcp", f.server)
    f.add("a", f"sip:here@{DOMAIN}")
    f.add("b", f"SIP:User1@{DOMAIN}")
    f.add("c", "sip:user1@elsewhere.example")
    f.add("d", "sip:no such@user")
    f.add("e", None)
    f.add("f", f"sip:{'x' * 300}@{DOMAIN}")
    f.add("last", f"sip:last@{DOMAIN}")
    wait_until(lambda: f"last@{DOMAIN}" in f.users(), 10, "who came last")
    equal(agent.register().code, 200, "REGISTER of who was made here")
    equal(f.server.ctl("users", "show", f.here.aor)["from"], "here", "whose he is")
    problems = f.problems()
    check("made here" in problems[f"here@{DOMAIN}"], f"{problems}")
    check("another entry" in problems[f"User1@{DOMAIN}"], f"{problems}")
    check("not of a domain" in problems["sip:user1@elsewhere.example"], f"{problems}")
    check("no SIP address" in problems["sip:no such@user"], f"{problems}")
    check(any("too long" in why for why in problems.values()), f"{problems}")
    equal(f.user(1)["account"], "user1", "who had the address first")
    # it changes to an address that is taken: it cannot sign in with the old one, and gets it back
    f.modify(2, msRTCSIP_PrimaryUserAddress=f"sip:here@{DOMAIN}")
    f.until(2, "disabled")
    f.modify(2, msRTCSIP_PrimaryUserAddress=f"sip:user2@{DOMAIN}")
    f.until(2, "enabled")
    # whoever waited for an address gets it when it is free
    check("note" not in f.server.ctl("users", "delete", f.here.aor), "one who was made here is gone")
    wait_until(lambda: f"here@{DOMAIN}" in f.users(), 10, "the entry has it")
    f.delete("user1")
    wait_until(lambda: f.users().get(f"User1@{DOMAIN}", {}).get("account") == "b", 10, "and the other")
    # who is deleted here alone is still there, as is said, and comes back
    gone = f.server.ctl("users", "delete", f"user3@{DOMAIN}")
    check("the directory still has him" in gone["note"], f"{gone}")
    f.server.ctl("dirsync", "resync")
    f.until(3, "enabled")


@test("an entry that is a unit and a user is one as long as it has an address", limit=200)
def unit_and_user(world):
    f = Followed(world, "openldap")
    name, aor = f"OU=Both,{f.directory.base}", f"both@{DOMAIN}"
    address = f"msRTCSIP-PrimaryUserAddress: sip:{aor}\n"
    f.directory.change(f"dn: {name}\nchangetype: add\nobjectClass: organizationalUnit\n"
                       f"objectClass: extensibleObject\nou: Both\nmsRTCSIP-UserEnabled: TRUE\n{address}")
    wait_until(lambda: aor in f.users(), 10, "it is a user")

    def load_again():
        loads = f.status()["resyncs"]
        f.server.ctl("dirsync", "resync", "force")
        wait_until(lambda: f.status()["resyncs"] > loads and f.state() == "following", 20, "loaded again")

    load_again()
    f.add("last", f"sip:last@{DOMAIN}")
    wait_until(lambda: f"last@{DOMAIN}" in f.users(), 10, "who came after the load")
    check(aor in f.users(), "a load has it, too")
    f.directory.change(f"dn: {name}\nchangetype: modify\ndelete: msRTCSIP-PrimaryUserAddress\n-\n")
    wait_until(lambda: aor not in f.users(), 10, "without its address it is none")
    f.directory.change(f"dn: {name}\nchangetype: modify\nadd: msRTCSIP-PrimaryUserAddress\n"
                       f"{address}-\n")
    wait_until(lambda: aor in f.users(), 10, "with it, it is again")


@test("with a wrong {} nobody is lost", each=("password", "base", "certificate"), limit=200)
def wrong(world, what):
    f = Followed(world, "openldap")
    before = f.users()
    values = {"password": ("password", "wrong"), "base": ("base", "ou=nowhere,dc=lcs,dc=test"),
              "certificate": ("ca", str(world.path("strange.pem")))}
    name, value = values[what]
    if what == "certificate":
        os.system("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=strange "
                  f"-keyout {world.path('key')} -out {value} 2> /dev/null")
    f.params[name] = value
    f.write()
    f.server.ctl("config", "commit")
    wait_until(lambda: f.state() == "lost", 20, "it cannot be followed")
    check(f.status()["why"], "it is said why")
    equal(f.users(), before, "users")


@test("a directory that has lost most of its people loses none of ours unless that is meant", limit=200)
def most_are_gone(world):
    f = Followed(world, "openldap")
    before = f.users()
    f.params["filter"] = "(cn=user1)"
    f.write()
    f.server.ctl("config", "commit")
    wait_until(lambda: f"of {len(before)} users any more" in f.server.log_text(), 20, "it is said")
    equal(f.users(), before, "users")
    f.server.ctl("dirsync", "resync", "force")
    wait_until(lambda: list(f.users()) == [f"user1@{DOMAIN}"], 10, "those who are meant")
    wait_until(lambda: f.state() == "following", 10, "it is followed")


@test("a cookie that {} does not take means a comparison of everything", each=KINDS, limit=400)
def strange_cookie(world, kind):
    f = Followed(world, kind)
    f.server.stop()
    f.delete("user3")
    cookie = {"openldap": "sync:" + b"rid=000,csn=20991231235959.000000Z#000000#000#000000".hex(), "samba": f"usn:{'00' * 16}:1"}[kind]
    with contextlib.closing(sqlite3.connect(f"{f.server.directory}/state/lcs.db")) as store:
        equal(store.execute("update dirsync_state set cookie = ?", (cookie,)).rowcount, 1, "rows")
        store.commit()
    f.server.start_again()
    wait_until(lambda: f.user(3) is None, 20, "who was deleted meanwhile")
    equal(f.status()["resyncs"], 1, "loads")
    check(f.server.log_lines("all users are compared with the directory"), "the log says so")


@test("a directory without LCS's attributes, compared as a whole, gives users too", limit=200)
def plain(world):
    f = Followed(world, "openldap", kind="compare", address="mail", enabled="", control="",
                 account="cn", home="")
    check(len(f.users()) == 100, f"users: {len(f.users())}")    # partners are of another domain
    f.delete("user13")
    wait_until(lambda: f.user(13) is None, 10, "who was deleted")
    f.modify(26, mail=f"twentysix@{DOMAIN}")
    wait_until(lambda: f"twentysix@{DOMAIN}" in f.users(), 10, "another address")


@test("an account that is no member of the group of services follows nothing", limit=100)
def not_a_member(world):
    group = "CN=RTCServices,OU=People,DC=lcs,DC=test"
    f = Followed(world, "openldap", start=False, service_group=group)
    wait_until(lambda: "service_group" in f.status()["why"], 20, "it is said why")
    equal((f.state(), f.users()), ("lost", {}), "state and users")
    f.directory.change(f"dn: {group}\nchangetype: add\nobjectClass: group\ncn: RTCServices\n"
                       f"member: CN=user1,{f.directory.people}\n")
    wait_until(lambda: "is no member" in f.status()["why"], 20, "somebody else is")
    f.directory.change(f"dn: {group}\nchangetype: modify\nadd: member\nmember: {f.params['bind_dn']}\n")
    wait_until(lambda: f.state() == "following", 20, "it is followed")


@test("users sign in with the secrets that the directory has, and without them not", limit=100)
def secrets(world):
    f = Followed(world, "openldap", nt_hash="carLicense", ha1="roomNumber")
    user = number(1)
    ha1 = [h(f"{user.name}:{DOMAIN}:{user.password}".encode()).hexdigest()
           for h in (hashlib.md5, hashlib.sha256)]
    nt = md4(utf16(user.password)).hex().upper()
    agent, changed = world.agent(user, "tcp", f.server), f.signed_in(2)

    def ntlm(code):
        client = LcsClient(world.peer("tcp", f.server), user, login=f"LCS\\{user.name}")
        equal(client.try_sign_in().code, code, "sign-in by NTLM")

    check(agent.register().code != 200, "nobody without a password")
    ntlm(401)
    f.modify(1, carLicense=nt, roomNumber=f"{ha1[0].upper()}\nroomNumber: {ha1[1]}")
    wait_until(lambda: f.user(1)["password"] == "directory", 10, "the directory has it")
    equal(agent.register().code, 200, "REGISTER by digest")
    ntlm(200)
    done = f.server.try_ctl("users", "passwd", user.aor, "--password-stdin", input="another\n")
    check(done.returncode and "kept in the directory" in done.stderr + done.stdout, "users passwd")
    # what was set here does not count beside it, and comes not back
    f.modify(2, roomNumber="0" * 32, carLicense="NO PASSWORD" + 21 * "X")
    wait_until(lambda: f.user(2)["password"] == "directory", 10, "the other one, too")
    check(changed.register().code != 200, "REGISTER with what was set here")
    f.modify(2, roomNumber=None)
    wait_until(lambda: f.user(2)["password"] == "none", 10, "and no more")
    check(changed.register().code != 200, "REGISTER with what was set here")
    f.modify(1, carLicense=None)
    wait_until(lambda: "no hash" in f.server.log_text(), 10, "what is none was told")
    wait_until(lambda: agent.register().code == 200, 10, "by digest as before")
    f.modify(1, roomNumber=None)
    wait_until(lambda: f.user(1)["password"] == "none", 10, "no secret is left")
    ntlm(401)
    told = f.server.log_text() + json.dumps(f.server.ctl("users", "list"))
    check(not any(secret in told.lower() for secret in (*ha1, nt.lower(), "0" * 32)), "a secret was shown")


@test("who was added to the directory a moment ago is reached before the next comparison", limit=100)
def looked_up(world):
    f = Followed(world, "openldap", kind="compare", interval="1h", timeout="5s", lookup_again="1s")
    agent = world.agent(f.here, "tcp", f.server)
    new, count = User("new.one", "", DOMAIN), lambda name: {
        r["name"]: r["value"] for r in f.server.ctl("stats")}.get(f"dirsync.{name}", 0)
    equal(agent.ask("MESSAGE", new.uri, body="hello").code, 404, "MESSAGE to nobody")
    # whom the directory did not have just now it is not asked for again, be it written otherwise
    nobody = itertools.cycle(("nobody", "NoBody"))
    wait_until(lambda: agent.ask("MESSAGE", f"sip:{next(nobody)}@{DOMAIN}", body="hello").code == 404
               and count("lookups_spared") >= 1, 15, "asked for once")
    f.add("newone", new.uri)
    # the directory said lately that he is not there
    wait_until(lambda: agent.ask("MESSAGE", new.uri, body="hello").code != 404, 40, "he is reached")
    row = f.users()[new.aor]
    equal((row["state"], row["account"]), ("enabled", "newone"), "what is known of him")
    f.add("other", f"sip:other@{DOMAIN}")
    check(agent.ask("MESSAGE", f"sip:Other@{DOMAIN}", body="hello").code != 404, "at once")
    for odd in ("a*", "*)(cn=*", "a%00b", "elsewhere", 200 * "x"):
        equal(agent.ask("MESSAGE", f"sip:{odd}@{DOMAIN}", body="hello").code, 404, f"MESSAGE to {odd}")
    wait_until(lambda: count("lookups_found") >= 2, 5, "counted")
    f.directory.stop()
    agent.ask("MESSAGE", f"sip:first@{DOMAIN}", body="hello")
    others = itertools.count()
    reply = soon(lambda: agent.ask("MESSAGE", f"sip:another{next(others)}@{DOMAIN}", body="hello"), 3,
                 "without the directory")
    equal(reply.code, 404, "without the directory")
    check(agent.ask("MESSAGE", new.uri, body="hello").code != 404, "who is in the copy stays")
    wait_until(lambda: count("lookups_failed") >= 1, 5, "counted")


@test("twenty thousand users are loaded while the server serves, though the directory falls meanwhile",
      limit=400)
def many(world):
    f = Followed(world, "openldap", people=20000, start=False, base="ou=nowhere,dc=lcs,dc=test")
    agent = world.agent(f.here, "tcp", f.server)
    wanted = sum(is_user(i) for i in range(1, 20001))
    f.params["base"] = f.directory.base
    f.write()
    f.server.ctl("config", "commit")
    wait_until(lambda: f.status()["users"] > 500, 60, "it has begun")
    os.kill(f.directory.pids()[0], signal.SIGKILL)
    check(f.status()["users"] < wanted, "it was loaded before the directory fell")
    f.directory.stop()
    f.directory.start()
    slowest = 0.0
    begun = time.monotonic()
    while f.status()["users"] < wanted or f.state() != "following":
        asked = time.monotonic()
        equal(agent.register().code, 200, "REGISTER meanwhile")
        slowest = max(slowest, time.monotonic() - asked)
        check(time.monotonic() - begun < 120 * SLACK, f"loaded in time: {f.status()}")
    print(f"# {wanted} users in {time.monotonic() - begun:.1f} s, slowest REGISTER {slowest:.2f} s")
    check(slowest < 2 * SLACK, f"the slowest REGISTER took {slowest:.2f} s")
    equal(f.user(20000)["state"], "enabled", "the last one")
