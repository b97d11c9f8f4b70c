"""Users from a directory: OpenLDAP (RFC 4533) and Samba's Active Directory (numbers of changes)."""
import os
import signal
import subprocess
import time

from lib.demo import ROOT, Server
from lib.gss import environment
from lib.tap import Skip, check, equal, test, wait_until
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

    def __init__(self, world, kind, people=100, start=True, **params):
        self.world = world
        self.directory = {"openldap": OpenLdap, "samba": Samba}[kind](world, people)
        env = self.directory.service.env
        self.params = {"uri": env["LCS_TEST_LDAPS_URI"], "base": env["LCS_TEST_LDAP_BASE"],
                       "bind_dn": env["LCS_TEST_LDAP_BIND_DN"], "password": env["LCS_TEST_LDAP_BIND_PW"],
                       "ca": env["LCS_TEST_CA"], "interval": "1s", "timeout": "2s", "retry_max": "2s",
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
        numbers = ("interval", "timeout", "retry_max", "compare_every", "max_gone")
        self.config.write_text(
            f'#!lcs 1\n#!define WITH_DIRECTORY\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n' + "".join(
                f'modparam("dirsync", "{k}", {v if k in numbers else chr(34) + v + chr(34)})\n'
                for k, v in self.params.items()))

    def status(self):
        return self.server.ctl("dirsync", "status")

    def state(self):
        return self.status()["state"]

    def user(self, i):
        """As lcsctl shows one; None: there is none."""
        done = self.server.try_ctl("users", "show", f"user{i}@{DOMAIN}")
        return self.server.ctl("users", "show", f"user{i}@{DOMAIN}") if done.returncode == 0 else None

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
    check("CN=sip2" in row["home"], f"home of user1: {row['home']}")
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
    begun = time.monotonic()
    f.modify(1, userAccountControl="514")
    f.until(1, "disabled")
    check(time.monotonic() - begun < 4, "within the lag")
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
    check("by=directory user=user1@lcs.test state=disabled" in f.server.log_text(), "audit")


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
