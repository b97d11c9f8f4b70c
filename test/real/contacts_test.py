"""pidgin-sipe's contacts, groups, blocks and searches, kept by the server."""
import collections
import os
import re
import signal
import threading
import time

from lib import sip
from lib.demo import ROOT
from lib.tap import check, equal, test, wait_until
from lib.world import User


def kill(server):
    """The server dies; its supervisor starts another one."""
    pid, = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.server_pids() not in ([], [pid]) and
               server.try_ctl("status").returncode == 0, 15, "the server is there again")


def ready(client):
    """It is signed in and has its list: what is added before that is taken away again."""
    client.wait_signed_on()
    wait_until(lambda: "<contactList" in client.trace(), 10, "the contact list")
    wait_until(lambda: "setPresence" in client.trace(), 10, "its first presence")
    return client


def kept(server, user):
    """What the server keeps: {address: (name, names of groups)}, and the number."""
    full = server.ctl("contacts", "export", user.aor)
    names = {str(g["group"]): g["name"] for g in full["groups"]}
    names["1"] = "~"
    return ({c["contact"]: (c["name"], sorted(names[g] for g in c["groups"].split()))
             for c in full["contacts"]}, full["number"])


def keeps(server, user, address, groups, name=None):
    def holds():
        entry = kept(server, user)[0].get(address)
        return entry and entry[1] == sorted(groups) and (name is None or entry[0] == name)
    wait_until(holds, 10, f"{address} in {groups}")


def other_machine(world):
    """A program that runs another one under another host name: SIPE's epid is made of it."""
    path = world.path("other-machine")
    path.write_text("#!/bin/sh\nexec unshare --uts sh -c 'hostname second; exec \"$0\" \"$@\"' "
                    "\"$SIPE\" \"$@\"\n")
    path.chmod(0o755)
    return path


@test("contacts, groups and names roam: added, moved, renamed, removed, and there after kill -9",
      limit=120)
def roam(world):
    server, (alice_user, bob, carol, *_) = world.own_server("home-lcs", users=3)
    alice = ready(world.sipe(alice_user, "tcp", server))
    alice.command("add", bob.uri, "Friends", "Bobby")
    keeps(server, alice_user, bob.aor, ["Friends"], "Bobby")
    alice.command("add", carol.uri, "Work")
    keeps(server, alice_user, carol.aor, ["Work"])
    alice.command("alias", bob.uri, "Bob & Co <x>")
    keeps(server, alice_user, bob.aor, ["Friends"], "Bob & Co <x>")
    alice.command("move", bob.uri, "Work")
    keeps(server, alice_user, bob.aor, ["Work"])
    alice.command("group-rename", "Work", "Büro")
    keeps(server, alice_user, carol.aor, ["Büro"])
    alice.command("remove", carol.uri)
    wait_until(lambda: carol.aor not in kept(server, alice_user)[0], 10, "carol goes")
    before = kept(server, alice_user)
    kill(server)
    equal(kept(server, alice_user), before, "after kill -9")
    again = ready(world.sipe(alice_user, "tls", server))
    again.command("buddies")
    equal(again.event("buddy", bob.uri)[1:], ["Büro", "Bob & Co <x>"], "at the next sign-in")
    check("is invalid" not in again.trace(), "a signature was found invalid")


@test("a second machine and an administrator: each sees at once what another has changed", limit=90)
def second(world):
    from lib import sipe
    one, bob, carol = world.users(3, "home-lcs")
    server = world.server("home-lcs")
    desk = ready(world.sipe(one, "tcp", server))
    laptop = ready(world.sipe(one, "tcp", server, program=other_machine(world),
                              env={"SIPE": str(sipe.build(world.run.directory))}))
    equal(len(server.endpoints(one)), 2, "endpoints")
    desk.command("add", bob.uri, "Friends", "Bobby")
    equal(laptop.event("buddy", bob.uri)[2], "Bobby", "on the second machine")
    laptop.command("add", carol.uri, "Work")
    desk.event("buddy", carol.uri)
    keeps(server, one, carol.aor, ["Work"])
    server.ctl("contacts", "remove", one.aor, carol.aor)
    desk.event("buddy-gone", carol.uri)
    laptop.event("buddy-gone", carol.uri)
    # the numbers of both have kept step: each may change the list again
    for client, group in ((desk, "Desk"), (laptop, "Laptop")):
        client.command("add", carol.uri, group)
        keeps(server, one, carol.aor, [group])
        client.command("remove", carol.uri)
        wait_until(lambda: carol.aor not in kept(server, one)[0], 10, "carol goes")


@test("of two machines the one where the user is gets what is written to him", limit=90)
def place(world):
    from lib import sipe
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    desk = ready(world.sipe(one, "tcp", server))
    laptop = ready(world.sipe(one, "tcp", server, program=other_machine(world),
                              env={"SIPE": str(sipe.build(world.run.directory))}))
    bob = ready(world.sipe(two, "tcp", server))

    laptop.command("status", "away")
    wait_until(lambda: 'aggregate="100"' in str(server.ctl("presence", "show", one.aor)), 10,
               "away is set")
    bob.im(one.uri, "where are you?")
    desk.wait_im("where are you", two.uri)          # the laptop has signed in later
    check("where are you" not in laptop.trace(), "the laptop got it, too")


@test("who is blocked sees offline and cannot write; unblocked, both again", limit=90)
def block(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    alice, bob = ready(world.sipe(one, "tcp", server)), ready(world.sipe(two, "tcp", server))
    alice.command("add", two.uri, "Friends")
    bob.command("add", one.uri, "Friends")
    bob.wait_status(one.uri, "available", seconds=15)
    alice.command("block", two.uri)
    bob.wait_status(one.uri, "offline")
    equal(server.ctl("acl", "ask", one.aor, two.aor)["communication"], "deny", "the list")
    bob.im(one.uri, "hello?")
    bob.event("im-error")
    alice.wait_status(two.uri, "available", seconds=15)       # the other way is free
    alice.command("unblock", two.uri)
    bob.wait_status(one.uri, "available")
    bob.command("close", one.uri)
    bob.im(one.uri, "hello again")
    alice.wait_im("hello again", two.uri)


@test("a user who is renamed keeps lists and blocks, and others see him under the new name", limit=90)
def renamed(world):
    server, (one, two, three) = world.own_server("home-lcs", transports=("tcp", "tls"))
    alice, bob = ready(world.sipe(one, "tcp", server)), ready(world.sipe(two, "tcp", server))
    alice.command("add", two.uri, "Friends", "Bobby")
    keeps(server, one, two.aor, ["Friends"], "Bobby")       # two at once would both make the group
    alice.command("add", three.uri, "Friends")
    keeps(server, one, three.aor, ["Friends"])
    bob.command("add", one.uri, "Work", "Al")
    keeps(server, two, one.aor, ["Work"], "Al")
    alice.wait_status(two.uri, "available", seconds=15)
    bob.command("block", three.uri)
    wait_until(lambda: server.ctl("acl", "show", two.aor), 10, "his block")
    server.ctl("acl", "set", one.aor, two.aor, "AD")
    new = User("robert", "another-1", two.domain)
    refused = server.try_ctl("users", "rename", two.aor, three.aor, "--password-stdin", input="x-12345\n")
    check("exists already" in refused.stdout + refused.stderr, "took the name of somebody else")
    server.ctl("users", "rename", two.aor, new.aor, "--password-stdin", input="another-1\n")
    bob.wait_failed()                               # who he was is signed out
    alice.event("buddy-gone", two.uri)
    equal(alice.event("buddy", new.uri)[1:], ["Friends", "Bobby"], "alice's contact")
    again = ready(world.sipe(new, "tcp", server))
    alice.wait_status(new.uri, "available", seconds=15)
    again.command("status", "busy")
    alice.wait_status(new.uri, "busy")
    equal(kept(server, new)[0], {one.aor: ("Al", ["Work"])}, "his own list")
    equal(kept(server, two)[0], {}, "what is left under the old name")
    equal(server.ctl("acl", "ask", new.aor, three.aor)["by"], f"ACE: user {three.aor} BD", "his block")
    equal(server.ctl("acl", "ask", one.aor, new.aor)["communication"], "deny", "what is said of him")
    check("User does not exist" in world.sipe(two, "tcp", server).wait_failed(), "the old name")
    # both sides' numbers have kept step
    alice.command("move", new.uri, "Work")
    keeps(server, one, new.aor, ["Work"], "Bobby")
    before = kept(server, one), kept(server, new)
    kill(server)
    equal((kept(server, one), kept(server, new)), before, "after kill -9")


@test("baresip and linphone go on watching a user who is renamed, and his messages wait for him",
      limit=120)
def renamed_watched(world):
    server, (one, two, three, four) = world.own_server("home-lcs", users=4, transports=("tcp", "tls"))
    bob = ready(world.sipe(two, "tcp", server))
    phone = world.baresip(one, "tcp", server, watches=[two], more=";pubint=600").wait_registered()
    console = world.linphonec(three, "tls", server, [two])

    def seen(status):
        wait_until(lambda: status in str(phone.command("contacts")), 30, f"baresip sees {status}")
        console.wait_friend(two, status)

    seen("Online")
    bob.command("sign-off")
    bob.event("signed-off")
    bob.close()
    seen("Offline")
    sender = world.agent(four, "tcp", server).signed_in()
    for text in (b"first", b"second"):
        equal(sender.ask("MESSAGE", two.uri, [("Content-Type", "text/plain")], text).code, 202, "MESSAGE")
    new = User("robert", "another-1", two.domain)
    server.ctl("users", "rename", two.aor, new.aor, "--password-stdin", input="another-1\n")
    watchers = lambda user: {row["watcher"] for row in server.ctl("presence", "list", user.aor)}
    wait_until(lambda: {one.aor, three.aor} <= watchers(new), 5, "the watchers have gone over")
    equal(watchers(two), set(), "watchers of the old name")
    robert = world.linphone(new, "tcp", server).wait_registered()
    for text in ("first", "second"):
        check(text in robert.child.wait_for(r'^Content: "(.*?)"\n', 10)[1], f"no message {text}")
    seen("Online")                                          # still the contact of the old name
    kill(server)
    console.wait_registered_again(40)
    check({one.aor, three.aor} <= watchers(new), "who watches after kill -9")
    robert.quit()
    console.wait_friend(two, "Offline", 30)
    equal(message_code(world, four, two, server), 404, "a message to the old name")


@test("refreshes that come while a user is renamed, again and again, are all granted", limit=120)
def renamed_refreshed(world):
    server, (one, two, *_) = world.own_server("home-lcs", users=4, transports=("tcp", "tls"),
                                              options=["--workers", "4"])
    agent = world.agent(one, "tcp", server).signed_in()
    agent.peer.responder = lambda request: sip.response(request, 200, "OK", tag=agent.tag)
    dialogs = []
    for _ in range(4):
        reply = agent.ask("SUBSCRIBE", two.uri, [("Event", "presence"), ("Expires", "600")])
        equal(reply.code, 200, "SUBSCRIBE")
        dialogs.append(Refreshed(agent, reply))
    end, codes, now = threading.Event(), collections.Counter(), two

    def refresh():
        # all of them at once, each of them some times: what is under way is to meet the change
        while not end.is_set():
            sent = [d.send() for d in dialogs for _ in range(8)]
            codes.update(agent.final(request, 10).code for request in sent)

    thread = threading.Thread(target=refresh)
    thread.start()
    try:
        for i in range(12):
            new = User(f"renamed{i}", "another-1", two.domain)
            server.ctl("users", "rename", now.aor, new.aor, "--password-stdin", input="another-1\n")
            now = new
    finally:
        end.set()
        thread.join()
    equal(set(codes), {200}, f"answers: {codes}")
    wait_until(lambda: len(server.ctl("presence", "list", now.aor)) == 4, 5, "all watch the last name")


class Refreshed:
    """A subscription's dialog."""

    def __init__(self, agent, reply):
        self.agent, self.to, self.call_id = agent, reply.get("To"), reply.get("Call-ID")
        self.target = sip.address(reply.get("Contact"))
        self.sequence = reply.cseq()[0]

    def send(self):
        self.sequence += 1
        return self.agent.send_request(
            "SUBSCRIBE", self.target, [("Event", "presence"), ("Expires", "600")], call_id=self.call_id,
            sequence=self.sequence, replace={"To": self.to})


def message_code(world, user, to, server):
    agent = world.agent(user, "tcp", server).signed_in()
    return agent.ask("MESSAGE", to.uri, [("Content-Type", "text/plain")], b"x").code


@test("an administrator's override: the user cannot let in whom it shuts out", limit=60)
def override(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    alice, bob = ready(world.sipe(one, "tcp", server)), ready(world.sipe(two, "tcp", server))
    bob.command("add", one.uri, "Friends")
    bob.wait_status(one.uri, "available", seconds=15)
    server.ctl("acl", "set", one.aor, two.aor, "BD", "--override")
    bob.wait_status(one.uri, "offline")
    alice.command("unblock", two.uri)
    alice.command("block", two.uri)
    equal(server.ctl("acl", "ask", one.aor, two.aor)["by"],
          f"administrator's ACE: user {two.aor} BD", "what decides")


@test("people are found in the directory by the beginnings of their names", limit=60)
def search(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    server.ctl("directory", "set", two.aor, "given_name=Zaphod", "sn=Beeblebrox",
               "display_name=Zaphod B.", "company=Heart of Gold")
    alice = ready(world.sipe(one, "tcp", server))
    alice.command("search", "Zaph", "Bee")
    check(any(two.aor in word for word in alice.event("found")), "the row")
    server.ctl("directory", "set", two.aor, "ou=Hidden")
    server.ctl("directory", "rule", "Hidden", "all", "deny")
    alice.command("search", "Zaph", "Bee")
    wait_until(lambda: alice.trace().count("<m:Array m:id=\"searchArray\"/>") >= 1, 10, "nobody")


@test("messages to who is signed out come at the sign-in, once, in order, also after kill -9",
      limit=90)
def offline_messages(world):
    server, (one, two, *_) = world.own_server("home-lcs", users=2)
    writer = world.agent(two, "tcp", server)
    for text in ("first", "second", "not at all"):
        reply = writer.ask("MESSAGE", one.uri, headers=[("Content-Type", "text/plain")],
                           body=text.encode())
        equal(reply.code, 202, "while nobody is there")
    kill(server)
    kept_ones = server.ctl("messages", "list", one.aor)
    equal(len(kept_ones), 3, "kept")
    table = server.try_ctl("-o", "table", "messages", "list").stdout
    check(len(re.findall(r" 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", table)) == 6, table)
    server.ctl("messages", "delete", one.aor, str(kept_ones[-1]["message"]))
    client = world.sipe(one, "tcp", server).wait_signed_on()
    client.wait_im("first", two.uri)
    client.wait_im("second", two.uri)
    wait_until(lambda: not server.ctl("messages", "list"), 10, "nothing is left")
    client.command("sign-off")
    client.event("signed-off")
    again = world.sipe(one, "tls", server).wait_signed_on()
    again.command("buddies")
    again.event("buddies-end")
    check("Offline message" not in again.trace(), "it came a second time")
    check("not at all" not in client.trace(), "an administrator has deleted it")


@test("who does not want to be disturbed gets what baresip writes when he says otherwise, and no call",
      limit=60)
def undisturbed(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    alice, signed_in = ready(world.sipe(one, "tcp", server)), int(time.time())
    phone = world.baresip(two, "tcp", server, peers=[one]).wait_registered()
    caller = world.agent(two, "tcp", server)
    alice.command("status", "do-not-disturb")
    wait_until(lambda: 'avail="9500"' in str(server.ctl("presence", "show", one.aor)), 10, "it is set")
    # bindings know the second in which they were made: who signs in then gets what is being kept
    wait_until(lambda: time.time() >= signed_in + 1, 5, "another second")
    phone.message(one.uri, "when you have time")
    wait_until(lambda: len(server.ctl("messages", "list", one.aor)) == 1, 10, "it is held")
    equal(caller.ask("INVITE", one.uri).code, 486, "a call")
    check("when you have time" not in alice.trace(), "it came all the same")
    alice.command("status", "available")
    alice.wait_im("when you have time", two.uri)
    wait_until(lambda: not server.ctl("messages", "list", one.aor), 10, "nothing is left")


@test("a file is offered by one pidgin-sipe and taken by another, over the server", limit=60)
def send_file(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    alice, bob = ready(world.sipe(one, "tcp", server)), ready(world.sipe(two, "tls", server))
    sent = world.path("notes.bin")
    sent.write_bytes(os.urandom(100000))
    alice.command("send-file", two.uri, str(sent))
    equal(bob.event("file-offered", one.uri)[1], sent.name, "its name")
    # bob says yes with his keys, alice where the file is to be had; the rest is between them
    wait_until(lambda: "Encryption-Key: " in alice.trace(), 10, "bob takes it")
    wait_until(lambda: "AuthCookie: " in bob.trace(), 10, "alice says where")
    for client in (alice, bob):
        check("is invalid" not in client.trace(), "a signature was found invalid")


@test("no files by policy: what a client offers all the same is refused", limit=60)
def no_files(world):
    config = world.path("no-files.cfg")
    config.write_text(f'#!lcs 1\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n'
                      'modparam("provisioning", "rule", "all deny file-transfer")\n')
    server, (one, two, *_) = world.own_server("home-lcs", users=2,
                                              options=["--config", str(config)])
    alice, bob = ready(world.sipe(one, "tcp", server)), ready(world.sipe(two, "tls", server))
    check('<policy name="DisableFileTransfer" value="1"/>' in alice.trace(), "it was told")
    sent = world.path("notes.bin")
    sent.write_bytes(b"never")
    alice.command("send-file", two.uri, str(sent))
    wait_until(lambda: "606 Not Acceptable" in alice.trace(), 10, "the refusal")
    alice.im(two.uri, "then by mail")
    bob.wait_im("then by mail", one.uri)
    check("file-offered" not in bob.child.text, "bob was offered a file")
