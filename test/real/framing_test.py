"""The talk's sample messages, sent with netcat and openssl s_client (S20, S21, S22)."""
from lib import digest, sip, slides
from lib.tap import check, equal, test, wait_until

SAMPLES = {"INVITE": slides.invite, "MESSAGE": slides.message,
           "SUBSCRIBE": slides.subscribe, "NOTIFY": slides.notify}
ALL = ("udp", "tcp", "tls")

# What a sample from a local user gets once it is whole: it brings no credentials.
CHALLENGED = (401, 407)

# Half a message is given up by the server's read timer; this is how long it may take.
READ_TIMER_LIMIT_S = 60


def start(world, transport):
    """netcat at the server, two users, and netcat's address for Via."""
    sender, receiver = world.users(2)
    nc = world.netcat(transport)
    return nc, sender, receiver, f"127.0.0.1:{nc.port}"


@test("the sample {} with too large a Content-Length over udp gets 400 naming the field",
      each=("INVITE", "MESSAGE"))
def too_long_udp(world, method):
    nc, sender, receiver, hostport = start(world, "udp")
    data, call_id = SAMPLES[method](sender, receiver, "udp", hostport)
    nc.send(data)
    reply = nc.response(call_id)
    equal(reply.code, 400, f"{method} with a Content-Length beyond the datagram")
    words = reply.reason + " ".join(reply.all("Warning"))
    check("content-length" in words.lower(), f"the answer does not name the field: {reply.start}")
    equal(reply.get("CSeq"), f"1 {method}", "CSeq of the 400")


@test("the sample {0} over {1} waits for its missing bytes and is answered when they come",
      each=[(m, t) for m in ("INVITE", "MESSAGE") for t in ("tcp", "tls")])
def too_long_stream(world, method, transport):
    nc, sender, receiver, hostport = start(world, transport)
    data, call_id = SAMPLES[method](sender, receiver, transport, hostport)
    nc.send(data)
    barrier(world)
    equal([m.start for m in nc.responses()], [], "responses before the message is whole")
    nc.send(b"a=\r\n" * (slides.MISSING // 4))
    reply = nc.response(call_id)
    check(reply.code in CHALLENGED, f"the whole {method} was answered {reply.start}")
    equal(reply.get("CSeq"), f"1 {method}", "CSeq of the answer")


def barrier(world):
    """One exchange on another connection and one by UDP: the server had its turn."""
    for transport in ("tcp", "udp"):
        user = world.user()
        agent = world.agent(user, transport)
        for _ in range(3):
            equal(agent.ask("OPTIONS", f"sip:{user.domain}").code, 200, "OPTIONS meanwhile")


@test("half a sample {0} over {1} is dropped with its connection by the read timer",
      each=[("INVITE", "tcp"), ("MESSAGE", "tls")], limit=READ_TIMER_LIMIT_S + 20)
def read_timer(world, method, transport):
    nc, sender, receiver, hostport = start(world, transport)
    data, call_id = SAMPLES[method](sender, receiver, transport, hostport)
    nc.send(data)
    yield 30
    nc.wait_closed(READ_TIMER_LIMIT_S)
    check(not any(m.code < 400 for m in nc.responses()), "half a message was accepted")


@test("the sample INVITE with a fitting Content-Length over {}: no tag, branch or Max-Forwards",
      each=ALL)
def old_style(world, transport):
    nc, sender, receiver, hostport = start(world, transport)
    data, call_id = slides.invite(sender, receiver, transport, hostport, missing=0)
    nc.send(data)
    reply = nc.response(call_id)
    check(reply.code in CHALLENGED, f"answered {reply.start}")
    check(reply.get("Via").startswith(f"SIP/2.0/{transport.upper()} {hostport}"),
          f"Via came back as {reply.get('Via')}")
    equal(reply.tag("From"), None, "a From tag the request did not have")


@test("the old-style INVITE with credentials rings the callee over {} and is answered",
      each=("udp", "tcp"))
def old_style_rings(world, transport):
    nc, sender, receiver, hostport = start(world, transport)
    callee = world.agent(receiver, "tls").signed_in()
    data, call_id = slides.invite(sender, receiver, transport, hostport, missing=0)
    nc.send(data)
    reply = nc.response(call_id)
    nc.send(with_proof(data, reply, sender, "INVITE", receiver.uri))
    got = callee.peer.expect("INVITE")
    equal(got.body, slides.INVITE_BODY, "SDP at the callee")
    equal(got.get("Max-Forwards"), "70", "Max-Forwards added where there was none (16.6, item 3)")
    callee.answer(got, 486, "Busy Here")
    callee.peer.expect("ACK")
    wait_until(lambda: any(m.code == 486 for m in nc.responses()), 5, "486 at netcat")


def with_proof(data, reply, user, method, uri):
    """The same message with credentials and the next CSeq number."""
    offer = digest.choose(digest.challenges(reply))
    name = b"Authorization: " if reply.code == 401 else b"Proxy-Authorization: "
    proof = digest.answer(offer, user.name, user.password, method, uri)
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.replace(b"CSeq: 1 ", b"CSeq: 2 ")
    return head + b"\r\n" + name + proof.encode() + b"\r\n\r\n" + body


@test("the sample {0} without Event over {1} gets 489",
      each=[(m, t) for m in ("SUBSCRIBE", "NOTIFY") for t in ALL])
def no_event(world, method, transport):
    nc, sender, receiver, hostport = start(world, transport)
    data, call_id = SAMPLES[method](sender, receiver, transport, hostport)
    nc.send(data)
    reply = nc.response(call_id)
    if reply.code in CHALLENGED:
        nc.send(with_proof(data, reply, sender, method, receiver.uri))
        reply = second(nc, call_id)
    equal(reply.code, 489, f"{method} without Event")


def second(nc, call_id):
    return wait_until(lambda: next((m for m in nc.responses() if m.cseq()[0] == 2
                                    and m.code >= 200), None), 5, "the second answer")


@test("a datagram longer than its Content-Length says is cut there and answered")
def longer_datagram(world):
    sender, receiver = world.users(2)
    agents = world.agent(sender).signed_in(), world.agent(receiver).signed_in()
    data = sip.build(f"OPTIONS sip:{sender.domain} SIP/2.0",
                     [("Via", agents[0].via()), ("Max-Forwards", "70"),
                      ("From", f"<{sender.uri}>;tag=1"), ("To", f"<sip:{sender.domain}>"),
                      ("Call-ID", "longer-" + sip.token()), ("CSeq", "1 OPTIONS")], b"1234", length=2)
    agents[0].peer.send(data + b"trailing octets")
    equal(agents[0].final(sip.Message(data)).code, 200, "OPTIONS with octets after its end (18.3)")
