"""Searches for people in a real directory server (OpenLDAP): by pidgin-sipe, and by a client of our
own for what it cannot be told to do."""
import html
import os
import re
import signal
import time

from lib.demo import ROOT, Server
from lib.gss import environment
from lib.tap import SLACK, check, equal, soon, test, wait_until
from lib.world import User

DOMAIN = "lcs.test"         # of the people that services/slapd.sh has
SOAP = ('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="http://schemas.microsoft.com/winrtc/2002/11/sip"><s:Body><m:directorySearch>'
        '<m:filter m:href="#a"/><m:maxResults>{}</m:maxResults></m:directorySearch>'
        '<m:Array m:id="a">{}</m:Array></s:Body></s:Envelope>')


class Directory:
    """slapd with so many users, and a server that searches there."""

    def __init__(self, world, people=100, slapd=None, **params):
        self.world = world
        with environment({"LCS_LDAP_USERS": str(people)}):
            self.slapd = slapd or world.service("slapd")
        env = self.slapd.env
        params = {"people": "ldap", "ldap_uri": env["LCS_TEST_LDAPS_URI"],
                  "ldap_base": env["LCS_TEST_LDAP_BASE"], "ldap_bind_dn": env["LCS_TEST_LDAP_BIND_DN"],
                  "ldap_password": env["LCS_TEST_LDAP_BIND_PW"], "ldap_ca": env["LCS_TEST_CA"],
                  "ldap_timeout": "2s", **params}
        config = world.path("home-lcs.cfg")
        config.write_text(f'#!lcs 1\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n' +
                          'modparam("dirsearch", "max_per_minute", 1000)\n' + "".join(
                              f'modparam("dirsearch", "{k}", {v if k == "ldap_timeout" else chr(34) + v + chr(34)})\n'
                              for k, v in params.items()))
        self.users = [User(f"user{i}", f"Pass.Word-{i}", DOMAIN) for i in (1, 2)]
        self.users.append(User("nobody", "Pass.Word-0", DOMAIN))    # not in the directory
        self.server = Server(world.run.new_directory(), "home-lcs", DOMAIN,
                             [(u.name, u.password) for u in self.users], ("tcp", "tls"),
                             ["--config", str(config)])
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)
        self.asker = self.agent(0)

    def agent(self, index):
        return self.world.agent(self.users[index], "tcp", self.server)

    def ask(self, terms, wanted=100, agent=None, seconds=5):
        rows = "".join(f'<m:row m:attrib="{k}" m:value="{html.escape(v)}"/>' for k, v in terms.items())
        return (agent or self.asker).ask("SERVICE", f"sip:{DOMAIN}", [
            ("Content-Type", "application/SOAP+xml")], SOAP.format(wanted, rows).encode(),
            seconds=seconds)

    def found(self, terms, wanted=100, agent=None):
        """Addresses without their domain, and whether there are more."""
        reply = self.ask(terms, wanted, agent)
        equal(reply.code, 200, f"answer to {terms}")
        text = reply.body.decode()
        return (re.findall(r'm:uri="sip:([^"@]+)@', text), "<m:moreAvailable>true" in text)

    def stat(self, name):
        for row in self.server.ctl("stats", "show", f"dirsearch.{name}"):
            return row["value"]

    def pid(self):
        with open(f"{self.slapd.directory}/db/slapd.pid") as f:
            return int(f.read())


@test("people of an LDAP directory are found over TLS, as pidgin-sipe asks and as anybody may", limit=120)
def search(world):
    d = Directory(world)
    equal(d.found({"givenName": "boris", "sn": "AD"}), (["user1"], False), "user1, any case")
    equal(d.found({"msRTCSIP-PrimaryUserAddress": "sip:user3"})[0],
          ["user3"] + [f"user{n}" for n in range(30, 39)], "David Adams, Elena Bauer, Frank Bauer, ...")
    equal(d.found({"mail": "user13@"}), ([], False), "who has no address for SIP")
    names, more = d.found({"mail": "user"}, wanted=5)
    equal((len(names), more), (5, True), "five, and more")
    equal(len(d.found({"mail": "user"})[0]), 20, "max_results")
    # what is written is looked for, not carried out
    for evil in ("*", "a)(objectClass=*", "boris))(|(cn=*", "\\2a", "\\", "(", "boris\x00x", "ü*"):
        equal(d.ask({"givenName": evil}).code in (200, 400), True, f"answer to {evil!r}")
        if "\x00" not in evil:
            equal(d.found({"givenName": evil}), ([], False), repr(evil))
    client = world.sipe(d.users[0], "tls", d.server).wait_signed_on()
    client.command("search", "Boris", "Ad")
    check(any("user1@lcs.test" in word for word in client.event("found")), "the row")


@test("our rules on units hold in an LDAP directory, too", limit=120)
def rules(world):
    d = Directory(world)
    hidden = {"mail": "user20@"}
    equal(d.found(hidden), (["user20"], False), "the account may read everybody")
    d.server.ctl("directory", "rule", "Hidden", "all", "deny")
    equal(d.found(hidden), ([], False), "below OU=Hidden")
    equal(d.found({"mail": "user2@"}), (["user2"], False), "elsewhere")
    d.server.ctl("directory", "rule", "Hidden", d.users[0].aor, "allow")
    equal(d.found(hidden), (["user20"], False), "a rule for the asker")


@test("with the asker's own rights he finds whom the directory lets him see", limit=120)
def rights(world):
    # of OpenLDAP's accounts only the manager may act for others without being told so
    d = Directory(world, ldap_rights="asker", ldap_bind_dn="cn=manager,DC=lcs,DC=test", ldap_password="manager")
    equal(d.found({"mail": "user2@"}), (["user2"], False), "a colleague")
    equal(d.found({"mail": "user20@"}), ([], False), "hidden by unit")
    equal(d.found({"mail": "user25@"}), ([], False), "hidden one by one")
    reply = d.ask({"mail": "user2@"}, agent=d.agent(2))
    equal((reply.code, reply.reason), (403, "The directory does not know who asks"), "nobody")


@test("a directory that is slow, gone or strange costs searches, and nothing else", limit=150)
def trouble(world):
    d = Directory(world)
    term = {"mail": "user1@"}
    os.kill(d.pid(), signal.SIGSTOP)
    try:
        begun = time.monotonic()
        equal(d.ask(term).code, 504, "while it stands still")
        took = time.monotonic() - begun
        check(1.5 < took < 2 + 2 * SLACK, f"in time: {took:.1f} s")
        other = d.agent(1)
        reply = soon(lambda: other.ask("OPTIONS", f"sip:{DOMAIN}"), 1, "the workers wait for nobody")
        equal(reply.code, 200, "something else meanwhile")
    finally:
        os.kill(d.pid(), signal.SIGCONT)
    equal(d.found(term), (["user1"], False), "it goes on")
    d.slapd.run("stop")
    reply = d.ask(term)
    equal((reply.code, reply.reason), (503, "The directory cannot be reached"), "it is gone")
    check(reply.get("Retry-After"), "Retry-After")
    check(d.server.log_lines("the directory cannot be searched"), "the log says so")
    d.slapd.run("start")
    wait_until(lambda: d.ask(term).code == 200, 10, "it is there again")
    check(d.stat("ldap_late") >= 1 and d.stat("ldap_down") >= 1, "counted")


@test("a wrong password or certificate is no way in", limit=150)
def refused(world):
    d = Directory(world, ldap_password="wrong")
    equal(d.ask({"mail": "user1@"}).reason, "The directory refuses this server", "wrong password")
    strange = world.path("strange.pem")
    key = world.path("strange.key")
    os.system(f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=strange -keyout {key} "
              f"-out {strange} 2> /dev/null")
    other = Directory(world, slapd=d.slapd, ldap_ca=str(strange))
    equal(other.ask({"mail": "user1@"}).reason, "The directory cannot be reached", "strange certificate")


@test("of ten thousand who fit the first page is told, soon", limit=150)
def many(world):
    d = Directory(world, people=10000)
    begun = time.monotonic()
    names, more = d.found({"mail": "user"})
    equal((len(names), more), (20, True), "the first ones")
    check(time.monotonic() - begun < 2 * SLACK, "soon")
    # rules let nobody through: then 5000 are looked at, and no more
    d.server.ctl("directory", "rule", "People", "all", "deny")
    d.server.ctl("directory", "rule", "Hidden", "all", "deny")
    names, more = d.found({"mail": "user"})
    equal((names, more), ([], True), "nobody among those looked at")
