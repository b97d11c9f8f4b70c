"""What was answered is on disk: the store is slow, the answer waits for it, and kill -9 right
after the answer loses nothing."""
import json
import os
import pathlib
import signal
import sqlite3
import threading
import time

from contacts_test import kill
from mysql_test import TEXT, publish
from lib import sip
from lib.kernel import sleepers
from lib.lcs import LcsClient
from lib.tap import check, equal, test, wait_until
from lib.world import User
from lib.xcap import LISTS, Xcap

SOAP = [("Content-Type", "application/SOAP+xml")]
ENVELOPE = ('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:m="http://schemas.microsoft.com/winrtc/2002/11/sip"><s:Body><m:{0}>{1}</m:{0}>'
            '</s:Body></s:Envelope>')
PRESENTITY = ('<m:presentity m:uri="{}"><m:availability m:aggregate="300"/>'
              '<m:activity m:aggregate="600"/></m:presentity>')
SLOW_S = 0.4            # from when it waits; the store itself waits for five seconds
KILLS = 4               # in a supervisor's life, which starts a server that dies again later and later


class Doors:
    """One server; each change is asked for while the store cannot be written."""

    def __init__(self, world):
        self.world, self.xcap, self.kills = world, Xcap(), 0
        self.server, self.users = world.own_server("home-lcs", users=4, options=self.xcap.words)
        state = pathlib.Path(self.server.directory) / "state"
        path, = state.glob("lcs.db")
        self.store = sqlite3.connect(path, isolation_level=None, timeout=10)
        world.stack.callback(self.store.close)

    def sleepers(self):
        """Threads of the server that sleep; None where nobody tells."""
        found = [sleepers(pid) for pid in self.server.server_pids()]
        return None if None in found else set().union(*found)

    def always_asleep(self):
        found = self.sleepers()
        for _ in range(3):
            time.sleep(0.03)
            now = self.sleepers()
            found = None if found is None or now is None else found & now
        return found

    def comes_to_the_store(self, what, thread, others):
        """Until the server tries to write, however long it takes to ask it: before that nothing is
        shown by there being no answer. Others sleep anyway (a sanitizer's thread)."""
        def tries():
            now = self.sleepers()
            return not thread.is_alive() or others is None or now is None or now - others
        wait_until(tries, 15, f"{what}: the server tries to write", every=0.01)

    def slowly(self, what, ask):
        """Ask, see that nobody answers while the store cannot be written, kill -9 behind the answer."""
        answers, others = [], self.always_asleep()

        def run():
            try:
                answers.append(ask())
            except Exception as e:
                answers.append(e)
        self.store.execute("begin immediate")
        thread = threading.Thread(target=run)
        thread.start()
        self.comes_to_the_store(what, thread, others)
        thread.join(SLOW_S)
        early = list(answers)
        self.store.execute("rollback")
        thread.join(15)
        self.kill()
        equal(early, [], f"{what}: an answer before the store could be written")
        check(answers and not isinstance(answers[0], Exception), f"{what}: {answers}")
        return answers[0]

    def kill(self):
        self.kills += 1
        if self.kills % KILLS:
            kill(self.server)
            return
        pid, = self.server.server_pids()
        os.kill(pid, signal.SIGKILL)
        self.server.stop()
        self.server.start_again()

    def ctl(self, *words):
        self.slowly(" ".join(words), lambda: self.server.ctl(*words))

    def codes(self, what, code, ask):
        reply = self.slowly(what, ask)
        equal(reply.code, code, what)
        return reply

    def agent(self, user):
        return self.world.agent(user, "tcp", self.server)

    def signed_in(self, user):
        return self.agent(user).signed_in()

    def lcs(self, user):
        return LcsClient(self.world.peer("tcp", self.server), user).sign_in()

    def service(self, user, name, inner):
        client = self.lcs(user)
        data = client.sign(client.unsigned("SERVICE", user.uri, client.lines(
            "SERVICE", user.uri, more=SOAP), ENVELOPE.format(name, inner).encode()))
        self.codes(name, 200, lambda: client.ask(data))


@test("what lcsctl {} confirms was on disk before, however slow that is: kill -9 loses none of it",
      limit=120, each=[("users",), ("contacts and acl",), ("of other things",)])
def administrator(world, what):
    d = Doors(world)
    {"users": of_users, "contacts and acl": of_lists, "of other things": of_the_rest}[what](d)


def of_users(d):
    one, two, three, four = d.users
    new = User("new", "Pass.Word-1")
    d.ctl("users", "add", new.aor, new.password)
    d.signed_in(new)
    d.ctl("users", "passwd", new.aor, "Another.Word-2")
    d.signed_in(User(new.name, "Another.Word-2"))
    d.signed_in(two)
    d.ctl("users", "disable", two.aor)
    equal((d.agent(two).register().code, d.server.endpoints(two)), (403, []), "who is disabled")
    d.ctl("users", "enable", two.aor)
    d.signed_in(two)
    d.server.ctl("contacts", "set", one.aor, three.aor)
    d.server.ctl("contacts", "set", three.aor, four.aor)
    d.ctl("users", "rename", three.aor, "renamed@" + three.domain, "Pass.Word-3")
    names = [u["user"] for u in d.server.ctl("users", "list")]
    check(three.aor not in names and "renamed@" + three.domain in names, f"renamed: {names}")
    equal([c["contact"] for c in d.server.ctl("contacts", "show", one.aor)],
          ["renamed@" + three.domain], "in another's list")
    equal([c["contact"] for c in d.server.ctl("contacts", "show", "renamed@" + three.domain)],
          [four.aor], "his own list")
    d.ctl("users", "delete", two.aor)
    equal((d.agent(two).register().code, d.server.endpoints(two)), (404, []), "who is deleted")


def of_lists(d):
    one, two, three, _ = d.users
    contacts = lambda: [c["contact"] for c in d.server.ctl("contacts", "show", one.aor)]
    rights = lambda: {row["who"]: row["rights"] for row in d.server.ctl("acl", "show", one.aor)}
    d.ctl("contacts", "addgroup", one.aor, "Team")
    equal([g["name"] for g in d.server.ctl("contacts", "groups", one.aor)], ["~", "Team"], "groups")
    d.ctl("contacts", "set", one.aor, two.aor)
    equal(contacts(), [two.aor], "after contacts set")
    exported = d.server.ctl("contacts", "export", one.aor)
    d.ctl("contacts", "remove", one.aor, two.aor)
    equal(contacts(), [], "after contacts remove")
    d.slowly("contacts import", lambda: d.server.ctl("contacts", "import", one.aor,
                                                     json.dumps(exported)))
    equal(contacts(), [two.aor], "after contacts import")
    d.ctl("acl", "set", one.aor, three.aor, "BD")
    equal(rights().get(three.aor), "BD", "after acl set")
    d.ctl("acl", "remove", one.aor, three.aor)
    check(three.aor not in rights(), f"after acl remove: {rights()}")


def of_the_rest(d):
    one, two, three, _ = d.users
    d.signed_in(two)
    d.ctl("endpoints", "drop", two.aor)
    equal(d.server.endpoints(two), [], "after endpoints drop")
    subscribe(d.signed_in(one), two)
    d.ctl("presence", "drop", two.aor)
    equal(d.server.ctl("presence", "list", two.aor), [], "after presence drop")
    equal(d.signed_in(one).ask("MESSAGE", three.uri, TEXT, b"for later").code, 202, "MESSAGE")
    d.ctl("messages", "delete", three.aor, "--all")
    equal(d.server.ctl("messages", "list", three.aor), [], "after messages delete")
    d.ctl("directory", "set", one.aor, "given_name=Zaphod")
    check("Zaphod" in str(d.server.ctl("directory", "show", one.aor)), "after directory set")


def subscribe(watcher, user, expires=600, **how):
    reply = watcher.ask("SUBSCRIBE", how.pop("target", user.uri), [
        ("Event", "presence"), ("Expires", str(expires)), ("Accept", "application/pidf+xml")], **how)
    equal(reply.code, 200, "SUBSCRIBE")
    return reply


@test("what a client that {} reads 200 or 202 to was on disk before, however slow that is: kill -9 loses "
      "none of it", limit=120, each=[("signs in, writes and watches",), ("keeps lists",)])
def client(world, what):
    d = Doors(world)
    (keeps_lists if what == "keeps lists" else signs_in)(d, *d.users)


def signs_in(d, one, two, three, four):
    agent = d.agent(one)
    d.codes("REGISTER", 200, agent.register)
    equal(len(d.server.endpoints(one)), 1, "endpoints after REGISTER")
    agent = d.signed_in(three)
    d.codes("REGISTER with Expires: 0", 200, lambda: agent.register(expires=0))
    equal(d.server.endpoints(three), [], "endpoints of who has signed out")
    agent = d.signed_in(one)
    d.codes("MESSAGE to who is away", 202, lambda: agent.ask("MESSAGE", four.uri, TEXT, b"kept"))
    equal(len(d.server.ctl("messages", "list", four.aor)), 1, "messages that wait")
    agent = d.signed_in(one)
    d.slowly("PUBLISH", lambda: publish(agent, "in a meeting") or True)
    check("in a meeting" in str(d.server.ctl("presence", "show", one.aor)), "what was published")
    d.slowly("SUBSCRIBE", lambda: subscribe(d.signed_in(two), one))
    watchers = lambda: [row["watcher"] for row in d.server.ctl("presence", "list", one.aor)]
    equal(watchers(), [two.aor], "who watches")


def keeps_lists(d, one, two, three, four):
    d.service(two, "setContact", f"<m:displayName>One</m:displayName><m:groups/><m:subscribed>true"
              f"</m:subscribed><m:URI>{one.uri}</m:URI><m:externalURI/><m:deltaNum>1</m:deltaNum>")
    equal([c["contact"] for c in d.server.ctl("contacts", "show", two.aor)], [one.aor], "contacts")
    d.service(two, "setACE", f"<m:type>USER</m:type><m:mask>{three.uri}</m:mask><m:rights>BD"
              f"</m:rights><m:deltaNum>1</m:deltaNum>")
    check("BD" in str(d.server.ctl("acl", "show", two.aor)), "access list")
    d.service(two, "setPresence", PRESENTITY.format(two.uri))
    check("600" in str(d.server.ctl("presence", "show", two.aor)), "what an LCS client has set")
    document = ('<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="Work">'
                f'<entry uri="{four.uri}"/></list></resource-lists>')
    d.codes("PUT", 201, lambda: d.xcap.put(LISTS, three, document))
    equal([c["contact"] for c in d.server.ctl("contacts", "show", three.aor)], [four.aor],
          "contacts after PUT")
    equal(d.xcap.get(LISTS, three).text, document, "the document as it was written")


@test("the end of a subscription, too", limit=60)
def unsubscribed(world):
    d = Doors(world)
    one, two, *_ = d.users
    agent = d.signed_in(two)
    first = subscribe(agent, one, call_id="the-only-one")
    note = agent.peer.expect("NOTIFY", 10)
    agent.answer(note, 200, "OK")
    sequence = first.cseq()[0]

    def end():
        request = agent.send_request(
            "SUBSCRIBE", sip.address(first.get("Contact")), [("Event", "presence"), ("Expires", "0")],
            call_id="the-only-one", sequence=sequence + 1, replace={"To": first.get("To")})
        return agent.final(request)
    d.codes("SUBSCRIBE with Expires: 0", 200, end)
    equal(d.server.ctl("presence", "list", one.aor), [], "who watches")
