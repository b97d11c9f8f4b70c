"""Bodies that are too large or not what they seem, through the wire, at every door where XML comes
in: a clear answer, bounded memory, and everybody else is served."""
import time

from lib.crowd import pss_kb
from lib.tap import SANITIZED, SLACK, check, equal, soon, test

HUGE = 10_000_000
PIDF = ("PUBLISH", [("Event", "presence"), ("Expires", "600"),
                    ("Content-Type", "application/pidf+xml")])
LIST = ("SUBSCRIBE", [("Event", "presence"), ("Expires", "600"), ("Supported", "eventlist"),
                      ("Accept", "application/pidf+xml, application/rlmi+xml, multipart/related"),
                      ("Content-Type", "application/resource-lists+xml")])
SOAP = ("SERVICE", [("Content-Type", "application/SOAP+xml")])
DOORS = {"PUBLISH": PIDF, "SUBSCRIBE": LIST, "SERVICE": SOAP}

LAUGHS = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
TEXTS = {
    "entities inside entities": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>',
    "an entity that is a file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a document type elsewhere": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "5,000 elements inside each other": "<a>" * 5000 + "</a>" * 5000,
    "an element with 4,000 attributes": "<a " + " ".join(f'b{i}=""' for i in range(4000)) + "/>",
    "half a document": "<presence><tuple>",
    "bytes that are no UTF-8": "<a>\udcff\udcfe</a>",
}


def client(world):
    user, = world.users(1, "home-lcs")
    return world.agent(user, "tcp", world.server("home-lcs")).signed_in()


def still_served(world):
    agent = client(world)
    reply = soon(lambda: agent.ask("OPTIONS", f"sip:{agent.user.domain}"), 1, "somebody else")
    equal(reply.code, 200, "OPTIONS of somebody else")


@test("10 MB in a {}: refused before they are read, memory stays", limit=90, each=list(DOORS))
def huge(world, method):
    server = world.server("home-lcs")
    _, headers = DOORS[method]
    agents = [client(world) for _ in range(4)]
    before = pss_kb(server.server_pids())
    for agent in agents:
        agent.send_request(method, agent.user.uri, headers, body=b"<" + b"a" * HUGE)
        reply = agent.peer.expect(lambda m: (m.code or 0) >= 200 and m.cseq()[1] == method, 10,
                                  "a refusal")
        check(reply.code in (413, 513), f"answered {reply.start}")
        agent.peer.wait_closed(10)
    grown = pss_kb(server.server_pids()) - before
    check(grown < (3 if SANITIZED else 1) * 4096, f"memory grew by {grown} kB")
    still_served(world)


@test("{0} in a {1}: 4xx at once", limit=60,
      each=[(what, method) for method in DOORS for what in TEXTS])
def crooked(world, what, method):
    agent = client(world)
    _, headers = DOORS[method]
    begun = time.monotonic()
    reply = agent.ask(method, agent.user.uri, headers,
                      TEXTS[what].encode("utf-8", "surrogateescape"))
    took = time.monotonic() - begun
    check(400 <= reply.code < 500 and reply.code not in (401, 404, 407, 408, 489),
          f"answered {reply.start}")
    check(took < 1 * SLACK, f"it took {took:.2f} s")
    check(b"root:" not in reply.raw, "a file was read")
    still_served(world)
