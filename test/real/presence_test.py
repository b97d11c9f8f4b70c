"""Presence between real clients: pidgin-sipe on the one side, standard clients on the other."""
import subprocess

from contacts_test import keeps, ready
from lib.tap import check, equal, test, wait_until


def pair(world, t1="tcp", t2="tcp"):
    """Two LCS users of the shared server who are signed in and have each other as contacts."""
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    alice, bob = ready(world.sipe(one, t1, server)), ready(world.sipe(two, t2, server))
    alice.command("add", bob.user.uri, "Friends")
    bob.command("add", alice.user.uri, "Friends")
    return alice, bob


def valid_xml(text):
    """xmllint finds no fault with a document."""
    done = subprocess.run(["xmllint", "--noout", "-"], input=text.encode(), capture_output=True)
    equal(done.returncode, 0, done.stderr.decode() + text)


@test("two pidgin-sipe clients see each other come, go busy, away and offline", limit=90)
def see_each_other(world):
    alice, bob = pair(world)
    alice.wait_status(bob.user.uri, "available", seconds=15)
    bob.wait_status(alice.user.uri, "available", seconds=15)
    for status in ("busy", "away", "be-right-back", "do-not-disturb", "available"):
        bob.command("status", status, f"note {status}")
        alice.wait_status(bob.user.uri, status)
    bob.command("status", "invisible")              # signed in, and not to be seen
    alice.wait_status(bob.user.uri, "offline")
    bob.command("status", "available")
    alice.wait_status(bob.user.uri, "available")
    bob.command("sign-off")
    bob.event("signed-off")
    alice.wait_status(bob.user.uri, "offline")
    bob.close()
    bob = ready(world.sipe(bob.user, "tcp", world.server("home-lcs")))
    alice.wait_status(bob.user.uri, "available", seconds=15)
    bob.child.signal(9)                              # its connection ends without a word
    alice.wait_status(bob.user.uri, "offline")
    check("is invalid" not in alice.trace(), "a signature was found invalid")


def publish(agent, body, headers=()):
    reply = agent.ask("PUBLISH", agent.user.uri, headers=[("Event", "presence"), ("Expires", "600"),
                      ("Content-Type", "application/pidf+xml"), *headers], body=body.encode())
    equal(reply.code, 200, "PUBLISH")
    return reply.get("SIP-ETag")


PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="{uri}">
<tuple id="desk"><status><basic>{basic}</basic></status></tuple>
<dm:person id="p"><rpid:activities>{activity}</rpid:activities><dm:note>{note}</dm:note></dm:person>
</presence>"""


@test("pidgin-sipe sees what a standard client publishes", limit=60)
def standard_to_lcs(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    phone = world.agent(two, "tcp", server)
    phone.register()
    alice = ready(world.sipe(one, "tcp", server))
    alice.command("add", two.uri, "Friends")
    alice.wait_status(two.uri, "available", seconds=15)     # registered, and says nothing
    etag = publish(phone, PIDF.format(uri=two.uri, basic="open", activity="<rpid:busy/>",
                                      note="counting"))
    check("counting" in alice.wait_status(two.uri, "busy")[2], "no note")
    etag = publish(phone, PIDF.format(uri=two.uri, basic="open", activity="<rpid:away/>", note=""),
                   [("SIP-If-Match", etag)])
    alice.wait_status(two.uri, "away")
    publish(phone, PIDF.format(uri=two.uri, basic="closed", activity="", note=""),
            [("SIP-If-Match", etag)])
    alice.wait_status(two.uri, "offline")


FORMATS = ("application/pidf+xml", "application/cpim-pidf+xml", "application/xpidf+xml",
           "text/xml+msrtc.pidf")


@test("a watcher sees an LCS user as {}, and xmllint finds no fault", each=FORMATS, limit=60)
def lcs_to_standard(world, accept):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    bob = ready(world.sipe(two, "tcp", server))
    watcher = world.agent(one, "tcp", server)
    watcher.register()
    bob.command("status", "busy", "Grüße & mehr")

    def look():
        reply = watcher.ask("SUBSCRIBE", two.uri, headers=[("Event", "presence"), ("Expires", "0"),
                            ("Accept", accept)])
        equal(reply.code, 200, "SUBSCRIBE")
        notify = watcher.peer.expect("NOTIFY", seconds=5)
        watcher.answer(notify, 200, "OK")
        equal(notify.get("Content-Type"), accept, "content type")
        return notify.body.decode()

    busy = {"text/xml+msrtc.pidf": 'aggregate="600"', "application/xpidf+xml": 'substatus="busy"',
            "application/pidf+xml": "<rpid:busy/>"}.get(accept, "<note>")
    wait_until(lambda: busy in look(), 10, f"{busy} in the document")
    text = look()
    if accept != "application/xpidf+xml":
        check("Grüße &amp; mehr" in text, f"no note in {text}")
    valid_xml(text)


@test("baresip over {} and pidgin-sipe see each other", each=("tcp", "tls"), limit=90)
def baresip(world, transport):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    bob = ready(world.sipe(two, "tcp", server))
    bob.command("add", one.uri, "Friends")
    phone = world.baresip(one, transport, server, watches=[two],
                          more=";pubint=600").wait_registered()

    def seen(status):
        wait_until(lambda: status in str(phone.command("contacts")), 30, f"contact {status}")

    seen("Online")
    bob.wait_status(one.uri, "available", seconds=15)
    for status, shown in (("busy", "Busy"), ("away", "Offline"), ("available", "Online"),
                          ("invisible", "Offline")):
        bob.command("status", status, "counting")
        seen(shown)
    for command, status in (("presence_offline", "offline"), ("presence_online", "available")):
        phone.command(command)
        bob.wait_status(one.uri, status)
    bob.command("status", "available")
    seen("Online")
    bob.child.signal(9)
    seen("Offline")


@test("linphone over {} and pidgin-sipe see each other", each=("tcp", "tls"), limit=90)
def linphone(world, transport):
    one, two, three = world.users(3, "home-lcs")
    server = world.server("home-lcs")
    bob = ready(world.sipe(two, "tcp", server))
    bob.command("add", one.uri, "Friends")
    phone = world.linphonec(one, transport, server, [two, three])
    phone.wait_friend(two, "Online")
    bob.wait_status(one.uri, "available", seconds=15)
    for status, shown in (("busy", "Busy"), ("away", "Away"), ("be-right-back", "Away"),
                          ("do-not-disturb", "Busy"), ("available", "Online"), ("invisible", "Offline")):
        bob.command("status", status, "counting")
        phone.wait_friend(two, shown)
    phone.quit()
    bob.wait_status(one.uri, "offline")


@test("a standard client watches the contacts that pidgin-sipe keeps, by one subscription", limit=60)
def contacts_as_list(world):
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    alice, bob = ready(world.sipe(one, "tcp", server)), ready(world.sipe(two, "tcp", server))
    alice.command("add", two.uri, "Friends")
    alice.wait_status(two.uri, "available", seconds=15)
    keeps(server, one, two.aor, ["Friends"])        # stored after bob is first seen
    watcher = world.agent(one, "tcp", server)
    watcher.register()
    uri = f"sip:{one.name}-list@{one.domain}"

    def subscribe(agent):
        return agent.ask("SUBSCRIBE", uri, headers=[
            ("Event", "presence"), ("Expires", "600"), ("Supported", "eventlist"),
            ("Accept", "multipart/related, application/rlmi+xml, application/pidf+xml")]).code

    def told(*words):
        notify = watcher.peer.expect("NOTIFY", seconds=10)
        watcher.answer(notify, 200, "OK")
        return all(w in notify.body.decode() for w in words)

    equal(subscribe(watcher), 200, "SUBSCRIBE")
    check(told('fullState="true"', f'uri="{two.uri}"', "<basic>open</basic>"), "the first notice")
    bob.command("status", "busy")
    wait_until(lambda: told('fullState="false"', f'uri="{two.uri}"', "<rpid:busy/>"), 10, "a change")
    stranger = world.agent(two, "tcp", server)
    stranger.register()
    check(subscribe(stranger) in (403, 404), "somebody else's contacts")
