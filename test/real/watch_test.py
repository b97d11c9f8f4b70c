"""Presence between real clients: who watches sees state come, change and go; kill -9 loses nothing."""
import os
import signal
import time

from lib.kernel import is_dead
from lib.ports import free_port
from lib.tap import SLACK, check, equal, test, wait_until

WITHIN_S = 1.0 * SLACK
PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{uri}"><tuple id="t1"><status><basic>open</basic>\
</status><note>{note}</note></tuple></presence>"""
PIDF_TYPE = "application/pidf+xml"


@test("baresip over {0} sees baresip over {1} come, and go when its connection ends", limit=60,
      each=[("tcp", "tcp"), ("tls", "tcp"), ("tcp", "tls")])
def come_and_go(world, t1, t2):
    one, two = world.users(2, "home")
    server = world.server("home")
    watcher = world.baresip(one, t1, server, watches=[two]).wait_registered()
    note = watcher.wait_trace(lambda d, m: d == "in" and m.method == "NOTIFY" and m.is_request,
                              "a first NOTIFY", 20)
    equal(note.get("Event"), "presence", "Event")
    check(b"closed" in note.body, "the first NOTIFY does not say closed")
    watched = world.baresip(two, t2, server).wait_registered()
    wait_notice(watcher, b"open")
    watched.child.process.kill()
    start = time.monotonic()
    wait_notice(watcher, b"closed", count=2)
    took = time.monotonic() - start
    check(took < WITHIN_S, f"it took {took:.2f} s")


def notices(client):
    return [m for d, m in client.trace() if d == "in" and m.method == "NOTIFY" and m.is_request]


def wait_notice(client, text, count=1, seconds=10):
    wait_until(lambda: sum(text in m.body for m in notices(client)) >= count, seconds,
               f"{count} NOTIFY with {text!r}")


@test("linphone signs in, and baresip over {} sees it", limit=60, each=["tcp", "tls"])
def linphone_comes(world, transport):
    one, two = world.users(2, "home")
    server = world.server("home")
    watcher = world.baresip(one, transport, server, watches=[two]).wait_registered()
    world.linphone(two, "tcp", server).wait_registered()
    wait_notice(watcher, b"open", seconds=20)


def watch(agent, uri, contact, accept=PIDF_TYPE):
    reply = agent.ask("SUBSCRIBE", uri, [("Event", "presence"), ("Expires", "600"),
                                         ("Accept", accept)], replace={"Contact": contact})
    equal(reply.code, 200, "SUBSCRIBE")
    return first_notice(agent)


def first_notice(agent, seconds=5):
    note = agent.peer.expect("NOTIFY", seconds)
    agent.answer(note, 200, "OK")
    return note


@test("SUBSCRIBE with Accept {0} is told {0}", limit=30,
      each=[PIDF_TYPE, "application/cpim-pidf+xml", "application/xpidf+xml", "text/xml+msrtc.pidf"])
def formats(world, accept):
    one, two = world.users(2, "home")
    agent = world.agent(one, "tcp", world.server("home")).signed_in()
    note = watch(agent, two.uri, f"<{agent.contact()}>", accept)
    equal(note.get("Content-Type").split(";")[0], accept, "Content-Type")


def publish(agent, note):
    body = PIDF.format(uri=agent.user.uri, note=note).encode()
    reply = agent.ask("PUBLISH", agent.user.uri, [("Event", "presence"), ("Expires", "600"),
                                                  ("Content-Type", PIDF_TYPE)], body)
    equal(reply.code, 200, "PUBLISH")
    return reply.get("SIP-ETag")


@test("after kill -9 a watcher is told the state without subscribing again", limit=60)
def survives(world):
    server, (one, two, _) = world.own_server("home", transports=("tcp", "tls"))
    contact = f"<sip:{one.name}@127.0.0.1:{free_port()};transport=tcp>"
    watcher = world.agent(one, "tcp", server)
    equal(watcher.register(contact=contact).code, 200, "REGISTER")
    watch(watcher, two.uri, contact)
    watched = world.agent(two, "tcp", server).signed_in()
    first_notice(watcher)
    etag = publish(watched, "here before")
    check(b"here before" in first_notice(watcher).body, "the note is not in the NOTIFY")
    pid = server.server_pids()[0]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_dead(pid), 2, "the killed process ends", every=0.001)
    again = world.agent(one, "tcp", server)
    equal(again.register(contact=contact).code, 200, "REGISTER after the restart")
    note = first_notice(again, 10)
    check(b"here before" in note.body, "the state is not what it was")
    check(int(note.cseq()[0]) > 3, "CSeq went back")
    # the publication, too, goes on by its tag
    back = world.agent(two, "tcp", server).signed_in()
    reply = back.ask("PUBLISH", two.uri, [("Event", "presence"), ("Expires", "0"),
                                          ("SIP-If-Match", etag)])
    equal(reply.code, 200, "PUBLISH with the tag from before")


@test("a watcher that dies between NOTIFY and its 200 is told again when he is back", limit=60)
def dies_unanswering(world):
    one, two = world.users(2, "home")
    server = world.server("home")
    agent = world.agent(one, "tcp", server).signed_in()
    phone = world.listener("tcp", port=free_port())     # it is opened again: nobody is to take it
    contact = "<sip:%s@%s:%d;transport=tcp>" % (one.name, *phone.local)
    edge = "<sip:%s:%d;transport=tcp;lr>" % phone.local
    reply = agent.ask("SUBSCRIBE", two.uri, [("Event", "presence"), ("Expires", "600"),
                      ("Record-Route", edge)], replace={"Contact": contact})
    equal(reply.code, 200, "SUBSCRIBE")
    first = phone.expect("NOTIFY")
    phone.close()
    back = world.listener("tcp", *phone.local)
    note = back.expect("NOTIFY", 10)                # timer F would end after 32 s
    equal(note.get("Call-ID"), first.get("Call-ID"), "the dialog")
    check(int(note.cseq()[0]) > int(first.cseq()[0]), "a copy")
