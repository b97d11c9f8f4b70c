"""Rules of what users may do, by the units (OU) of their entries in OpenLDAP and Samba's Active
Directory."""
import contextlib
import sqlite3
from base64 import b64encode

from contacts_test import ready
from dirsync_test import DOMAIN, KINDS, Followed, number
from lib.tap import check, equal, test, wait_until

FILE = "Invitation-Command: INVITE\r\nApplication-Name: File Transfer\r\n"
KEPT = 202              # for who is signed out
DENIED = '<policy name="DisableFileTransfer" value="1"/>'


class Units(Followed):
    """A directory with units, in which users are moved about, and rules for some of them."""

    def __init__(self, world, directory, rules=(), **params):
        self.rules = rules
        super().__init__(world, directory, **params)

    def write(self):
        super().write()
        with self.config.open("a") as f:
            f.writelines(f'modparam("provisioning", "rule", "{r}")\n' for r in self.rules)

    def name(self, path):
        """"East/Sales" as the directory has it."""
        return "".join(f"OU={part}," for part in path.split("/")) + self.directory.base

    def make(self, *paths):
        for path in paths:
            self.directory.change(f"dn: {self.name(path)}\nchangetype: add\n"
                                  f"objectClass: organizationalUnit\nou: {path.split('/')[0]}\n")

    def rename(self, dn, to, new_parent=None):
        more = f"newsuperior: {new_parent}\n" if new_parent else ""
        self.directory.change(f"dn: {dn}\nchangetype: modrdn\nnewrdn: {to}\ndeleteoldrdn: 1\n{more}")

    def move(self, i, path, where=None):
        """A user, from where he is."""
        self.rename(f"CN=user{i},{where or self.directory.people}", f"CN=user{i}", self.name(path))
        self.until_in(i, path)

    def until_in(self, i, path):
        wanted = f"CN=user{i},{self.name(path)}".lower()
        wait_until(lambda: (self.user(i) or {"dn": ""})["dn"].lower() == wanted, 30,
                   f"user{i} is in {path}")

    def policy(self, i, feature="file-transfer"):
        """Whether he may, and what kind of rule says so."""
        rows = self.server.ctl("policy", "show", f"user{i}@{DOMAIN}")
        return next((r["allowed"], r["level"]) for r in rows if r["feature"] == feature)


def subscribe(agent):
    """To what the agent's user may do; the first document."""
    reply = agent.ask("SUBSCRIBE", agent.user.uri, headers=[
        ("Event", "vnd-microsoft-provisioning"), ("Expires", "600"),
        ("Accept", "application/vnd-microsoft-roaming-provisioning+xml")])
    equal(reply.code, 200, "SUBSCRIBE")
    return told(agent)


def told(agent):
    notify = agent.peer.expect("NOTIFY", seconds=15)
    agent.answer(notify, 200, "OK")
    return notify.body.decode()


def offer_file(agent, i):
    return agent.ask("MESSAGE", number(i).uri, body=FILE,
                     headers=[("Content-Type", "text/x-msmsgsinvite")]).code


@test("policy by unit of {}: who is moved has that of the new one, is told so and held to it",
      each=KINDS, limit=300)
def moved(world, kind):
    base = "DC=lcs,DC=test"
    f = Units(world, kind, rules=[f"OU=Sales, {base} deny file-transfer,video",
                                  f"ou=east,OU=SALES,{base} allow file-transfer",
                                  f"user4@{DOMAIN} allow file-transfer", f"{DOMAIN} deny audio",
                                  "OU=Sales,DC=elsewhere deny im"])
    f.make("Sales", "East/Sales", "Support")
    agent = f.signed_in(1)
    check(DENIED not in subscribe(agent), "nothing is denied at first")
    equal(offer_file(agent, 2), KEPT, "a file to who is signed out")
    f.move(1, "Sales")
    check(DENIED in told(agent), "the client is told")
    equal(offer_file(agent, 2), 606, "a file")
    equal((f.policy(1), f.policy(1, "audio")), ((False, "unit"), (False, "domain")), "of user1")
    # whichever side may not
    equal(offer_file(f.signed_in(2), 1), 606, "a file to somebody in the unit")
    f.move(4, "Sales")
    equal(f.policy(4), (True, "user"), "who has a rule of his own")
    f.move(1, "East/Sales", f.name("Sales"))
    check(DENIED not in told(agent), "the nearest unit decides")
    equal((offer_file(agent, 3), f.policy(1)), (KEPT, (True, "unit")), "in the east")
    f.move(1, "Sales", f.name("East/Sales"))
    check(DENIED in told(agent), "back again")
    f.move(1, "Support", f.name("Sales"))
    check(DENIED not in told(agent), "in another unit")
    equal((offer_file(agent, 3), f.policy(1)), (KEPT, (True, "none")), "there")
    rows = {r["who"]: r["users"] for r in f.server.ctl("policy", "list")}
    equal((rows[f"OU=Sales,{base}"], rows["OU=Sales,DC=elsewhere"]), (1, 0), "users of rules")
    equal(f.status()["resyncs"], 1, "nothing was loaded again")
    wait_until(lambda: any("user changed by=directory user=user1@lcs.test" in line and
                           f'dn="cn=user1,{f.name("Support")}"'.lower() in line.lower()
                           for line in f.server.log_text().splitlines()), 10, "audit")


@test("policy by unit of {}: a unit that is renamed or moved takes all along who are in it",
      each=KINDS, limit=300)
def renamed_unit(world, kind):
    base = "DC=lcs,DC=test"
    f = Units(world, kind, rules=[f"OU=Verkauf,{base} deny file-transfer"])
    f.make("Sales", "Support", "East/Sales", "Verkauf")
    f.move(1, "Sales")
    f.move(2, "East/Sales")
    equal((f.policy(1), f.policy(2)), ((True, "none"), (True, "none")), "before")
    f.rename(f.name("Verkauf"), "OU=Old")
    f.rename(f.name("Sales"), "OU=Verkauf")
    f.until_in(1, "Verkauf")
    f.until_in(2, "East/Verkauf")
    equal((f.policy(1), f.policy(2)), ((False, "unit"), (False, "unit")), "of those in it")
    f.rename(f.name("East/Verkauf"), "OU=East", f.name("Support"))
    f.until_in(2, "East/Support")
    equal((f.policy(1), f.policy(2)), ((False, "unit"), (True, "none")), "of who was moved with his")
    # and while nobody looks
    f.server.stop()
    f.rename(f.name("Verkauf"), "OU=Sales")
    f.server.start_again()
    f.until_in(1, "Sales")
    equal(f.policy(1), (True, "none"), "after a restart")
    equal(f.status()["resyncs"], 0, "nothing was loaded again")


@test("policy by unit of {}: a unit is known whatever stands in its name", each=KINDS, limit=300)
def odd_names(world, kind):
    base = "DC=lcs,DC=test"
    f = Units(world, kind, rules=[rf"ou=ÄRZTE\\2C Pfleger,{base} deny file-transfer",
                                  rf"OU=a\\+b \\\"c\\\" \\<d\\>\\;e\\=f,{base} deny file-transfer",
                                  rf"OU=Gebäude 7,{base} deny file-transfer", f"OU=b,{base} deny file-transfer"])
    names = (r"Ärzte\, Pfleger", r"a\+b \"c\" \<d\>\;e\=f", "GEBÄUDE 7", r"x\,OU\=b")
    code = lambda text: b64encode(text.encode()).decode()
    for i, name in enumerate(names, 1):
        dn, plain = f"OU={name},{base}", name.replace("\\", "")
        f.directory.change(f"dn:: {code(dn)}\nchangetype: add\nobjectClass: organizationalUnit\n"
                           f"ou:: {code(plain)}\n")
        f.directory.change(f"dn: CN=user{i},{f.directory.people}\nchangetype: modrdn\n"
                           f"newrdn: CN=user{i}\ndeleteoldrdn: 1\nnewsuperior:: {code(dn)}\n")
        wait_until(lambda: "people" not in f.user(i)["dn"].lower(), 30, f"user{i} is in {name}")
    equal([f.policy(i) for i in (1, 2, 3, 4)], 3 * [(False, "unit")] + [(True, "none")], "of each")
    equal([r["users"] for r in f.server.ctl("policy", "list")], [1, 1, 1, 0], "users of rules")


@test("policy by unit: a store of the version before learns where its users are, quietly", limit=100)
def learnt(world):
    f = Units(world, "openldap")
    before = f.users()
    f.server.stop()
    with contextlib.closing(sqlite3.connect(f"{f.server.directory}/state/lcs.db")) as store:
        # as the step that adds the column leaves it, and what was asked for then
        store.execute("update user_account set dir_dn = ''")
        store.execute("update dirsync_state set scope = substr(scope, 1, length(scope) - 3)")
        store.commit()
    f.server.start_again()
    f.until_in(1, "People")
    wait_until(lambda: f.users() == before, 10, "all users are as they were")
    equal((f.status()["resyncs"], f.status()["changed"]), (1, 0), "loads and changes")
    check(f.server.log_text().count("user changed by=directory") == 0, "nothing was said of each")


@test("policy by unit: who was looked up in the directory is in his unit", limit=100)
def looked_up(world):
    f = Units(world, "openldap", rules=["OU=People,DC=lcs,DC=test deny file-transfer"], kind="compare",
              interval="1h", timeout="5s", lookup_again="1s")
    f.add("newone", f"sip:newone@{DOMAIN}")
    reply = world.agent(f.here, "tcp", f.server).ask(
        "MESSAGE", f"sip:newone@{DOMAIN}", body=FILE, headers=[("Content-Type", "text/x-msmsgsinvite")])
    equal(reply.code, 606, "a file to him")
    dn = f.server.ctl("users", "show", f"newone@{DOMAIN}")["dn"]
    equal(dn.lower(), "cn=newone,ou=people,dc=lcs,dc=test", "his name")


@test("policy by unit: pidgin-sipe is told when it signs in, and its file is refused", limit=100)
def sipe(world):
    f = Units(world, "openldap", rules=["OU=People,DC=lcs,DC=test deny file-transfer"])
    for i in (1, 2):
        user = number(i)
        f.server.ctl("users", "passwd", user.aor, "--password-stdin", input=user.password + "\n")
    one, two = (ready(world.sipe(number(i), "tcp", f.server)) for i in (1, 2))
    check(DENIED in one.trace(), "it was told")
    sent = world.path("notes.bin")
    sent.write_bytes(b"never")
    one.command("send-file", number(2).uri, str(sent))
    wait_until(lambda: "606 Not Acceptable" in one.trace(), 10, "the refusal")
    check("file-offered" not in two.child.text, "user2 was offered a file")
