"""Bad input and greedy peers: the answer the RFC asks for or a closed door, and the others
are served meanwhile."""
import random
import socket
import time

from lib import sip
from lib.tap import SLACK, Failed, check, equal, test

STREAMS = ("tcp", "tls")
SOON_S = 1.0 * SLACK        # how long anybody else may have to wait for an answer meanwhile


def options(agent):
    return agent.ask("OPTIONS", f"sip:{agent.user.domain}")


def served(world, transport="udp"):
    """A fresh user is registered and answered, and soon."""
    agent = world.agent(world.user(), transport)
    start = time.monotonic()
    agent.signed_in()
    equal(options(agent).code, 200, "OPTIONS of a bystander")
    took = time.monotonic() - start
    check(took < SOON_S, f"a bystander had to wait {took:.2f} s")


def options_bytes(agent, **how):
    user = agent.user
    lines = [("Via", agent.via()), ("Max-Forwards", "70"), ("From", f"<{user.uri}>;tag=1"),
             ("To", f"<sip:{user.domain}>"), ("Call-ID", sip.token(16)), ("CSeq", "1 OPTIONS")]
    lines += how.pop("headers", [])
    return sip.build(f"OPTIONS sip:{user.domain} SIP/2.0", lines, **how)


# -- streams

@test("a message that comes one byte at a time over {} is answered", each=STREAMS)
def byte_by_byte(world, transport):
    agent = world.agent(world.user(), transport)
    data = options_bytes(agent, body=b"0123456789")
    for i in range(len(data)):
        agent.peer.send(data[i:i + 1])
    equal(agent.final(sip.Message(data)).code, 200, "OPTIONS")


@test("twenty messages in one write over {} get twenty answers", each=STREAMS)
def together(world, transport):
    agent = world.agent(world.user(), transport)
    asked = [options_bytes(agent, body=b"x" * i) for i in range(20)]
    agent.peer.send(b"".join(asked))
    for data in asked:
        equal(agent.final(sip.Message(data)).code, 200, "OPTIONS")
    equal(len(agent.peer.history), 20, "answers")


@test("messages cut at odd places over {} are put together", each=STREAMS)
def odd_cuts(world, transport):
    agent = world.agent(world.user(), transport)
    asked = [options_bytes(agent, body=sip.token(50).encode()) for _ in range(30)]
    stream, cut = b"".join(asked), random.Random(7)
    while stream:
        size = cut.randint(1, 700)
        agent.peer.send(stream[:size])
        stream = stream[size:]
    for data in asked:
        equal(agent.final(sip.Message(data)).code, 200, "OPTIONS")


@test("a double CRLF over {} gets a single one back, as often as it comes", each=STREAMS)
def ping_pong(world, transport):
    agent = world.agent(world.user(), transport)
    for count in (1, 2, 3):
        agent.peer.send(b"\r\n\r\n")
        agent.peer.wait_pong(count)
    equal(options(agent).code, 200, "OPTIONS afterwards")
    equal(agent.peer.framer.pongs, 3, "pongs")


@test("a CRLF before a message over {} is skipped", each=("udp", "tcp", "tls"))
def leading_crlf(world, transport):
    agent = world.agent(world.user(), transport)
    data = options_bytes(agent)
    agent.peer.send(b"\r\n" + data)
    equal(agent.final(sip.Message(data)).code, 200, "OPTIONS")


@test("half a message on {} holds up nobody", each=STREAMS)
def half(world, transport):
    agent = world.agent(world.user(), transport)
    agent.peer.send(options_bytes(agent)[:60])
    served(world, transport)
    served(world, "udp")


GARBAGE = {
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n",
    "binary noise": random.Random(3).randbytes(4000) + b"\r\n\r\n",
    "zeros": bytes(3000) + b"\r\n\r\n",
    "a first line of 100 kB": b"INVITE sip:" + b"a" * 100000,
    "a header of 1 MB": b"OPTIONS sip:example.test SIP/2.0\r\nSubject: " + b"s" * 1000000,
    "ten thousand headers": b"OPTIONS sip:example.test SIP/2.0\r\n" + b"X: y\r\n" * 10000 + b"\r\n",
}


@test("{1} on {0}: an error or a closed connection, others are served",
      each=[(t, g) for t in STREAMS for g in GARBAGE], limit=40)
def garbage(world, transport, name):
    agent = world.agent(world.user(), transport)
    try:
        agent.peer.send(GARBAGE[name])
    except OSError:
        pass                    # closed while we were still sending is an answer
    served(world, transport)
    refused(agent.peer)


def refused(peer):
    """The connection is closed; what came before that, if anything, was an error."""
    peer.wait_closed(5)
    for m in peer.history:
        check(m.code is not None and m.code >= 400, f"the server sent {m.start}")


@test("plain SIP on the TLS port and a TLS hello on the TCP port are dropped")
def wrong_port(world):
    server = world.server()
    with socket.create_connection(server.at("tls"), 15) as s:
        s.sendall(b"OPTIONS sip:example.test SIP/2.0\r\n\r\n")
        s.settimeout(10)
        data = drain(s)
        check(b"SIP/2.0 200" not in data, "plain SIP was answered on the TLS port")
    with socket.create_connection(server.at("tcp"), 15) as s:
        s.sendall(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(154) + b"\r\n\r\n")
        s.settimeout(10)
        drain(s)
    served(world, "tls")
    served(world, "tcp")


def drain(s):
    """All that comes until the other side closes."""
    data = b""
    try:
        while more := s.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    except TimeoutError:
        raise Failed("the connection stays open after nonsense") from None
    return data


@test("Content-Length {1} over {0} gets 400 or 513 and the connection is closed",
      each=[(t, v) for t in STREAMS for v in ("-1", "abc", "99999999999999999999", "50000000")])
def bad_length(world, transport, value):
    agent = world.agent(world.user(), transport)
    data = options_bytes(agent, length=value)
    agent.peer.send(data)
    agent.peer.wait_closed(10)
    codes = [m.code for m in agent.peer.history]
    expected = ([413], [513], []) if value.startswith("5") else ([400], [413], [513], [])
    check(codes in expected, f"answered {codes}")
    served(world, transport)


@test("a message without Content-Length over {} gets 400 or has no body", each=STREAMS)
def no_length(world, transport):
    agent = world.agent(world.user(), transport)
    data = options_bytes(agent).replace(b"Content-Length: 0\r\n", b"")
    agent.peer.send(data)
    reply = agent.final(sip.Message(data))
    check(reply.code in (200, 400), f"answered {reply.start}")


@test("two hundred idle connections and fifty halves hold up nobody", limit=40)
def many_connections(world):
    server = world.server()
    sockets = []
    try:
        for i in range(250):
            s = socket.create_connection(server.at("tcp"), 15)
            sockets.append(s)
            if i % 5 == 0:
                s.sendall(b"INVITE sip:x@example.test SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n")
        served(world, "udp")
        served(world, "tls")
    except OSError:
        served(world, "udp")        # a limit on connections of one address is an answer
    finally:
        for s in sockets:
            s.close()
    served(world, "tcp")


@test("a client that does not read holds up neither the sender nor others", limit=60)
def does_not_read(world):
    lazy_user, sender_user = world.users(2)
    lazy = world.agent(lazy_user, "tcp").signed_in()
    sender = world.agent(sender_user, "udp").signed_in()
    lazy.peer.stop_reading()
    for _ in range(300):
        sender.begin("MESSAGE", lazy_user.uri, [("Content-Type", "text/plain")], b"x" * 20000)
    served(world, "udp")
    served(world, "tcp")
    lazy.peer.close()


# -- datagrams

@test("nonsense by UDP gets 400 or nothing, and the next request its answer")
def nonsense_udp(world):
    agent = world.agent(world.user(), "udp")
    noise = random.Random(5)
    nonsense = [b"", b"\r\n\r\n", b"\0" * 100, b"SIP/2.0", b"SIP/2.0 200 OK\r\n\r\n",
                b"INVITE\r\n\r\n", b"OPTIONS sip:example.test SIP/2.0\r\n\r\n", b"x" * 65000,
                *(noise.randbytes(noise.randint(1, 1500)) for _ in range(200))]
    for i, data in enumerate(nonsense):
        agent.peer.send(data)
        if i % 20 == 19:        # no more than the socket of a server that sleeps holds
            equal(options(agent).code, 200, "OPTIONS meanwhile")
    equal(options(agent).code, 200, "OPTIONS afterwards")
    bad = [m.start for m in agent.peer.history if m.code is not None and m.code not in (200, 400)]
    equal(bad, [], "answers to nonsense other than 400")


BROKEN = {
    "no CSeq": lambda d: d.replace(b"CSeq: 1 OPTIONS\r\n", b""),
    "no Call-ID": lambda d: b"\r\n".join(l for l in d.split(b"\r\n") if not l.startswith(b"Call-ID")),
    "CSeq of another method": lambda d: d.replace(b"CSeq: 1 OPTIONS", b"CSeq: 1 INVITE"),
    "CSeq above 2**31": lambda d: d.replace(b"CSeq: 1 ", b"CSeq: 4294967296 "),
    "a To without end": lambda d: d.replace(b"To: <", b"To: \"<"),
    "two different Content-Lengths": lambda d: d.replace(b"Content-Length: 0",
                                                         b"Content-Length: 0\r\nContent-Length: 5"),
}


@test("OPTIONS with {} by UDP gets 400", each=tuple(BROKEN))
def broken(world, name):
    agent = world.agent(world.user(), "udp")
    data = BROKEN[name](options_bytes(agent))
    agent.peer.send(data)
    reply = agent.peer.expect(range(200, 700))
    equal(reply.code, 400, f"OPTIONS with {name}")


@test("SIP/3.0 gets 505")
def other_version(world):
    agent = world.agent(world.user(), "udp")
    agent.peer.send(options_bytes(agent).replace(b" SIP/2.0\r\nVia", b" SIP/3.0\r\nVia"))
    equal(agent.peer.expect(range(200, 700)).code, 505, "SIP/3.0")


@test("a Request-URI of an unknown scheme gets 416")
def other_scheme(world):
    user = world.user()
    agent = world.agent(user, "udp")
    reply = agent.final(agent.send_request("OPTIONS", "soap.beep://example.test", to=user.uri))
    equal(reply.code, 416, "unknown scheme")


@test("OPTIONS to the server with an unknown Require gets 420 that lists it")
def unknown_extension(world):
    agent = world.agent(world.user(), "udp")
    data = options_bytes(agent, headers=[("Require", "no-such-thing")])
    agent.peer.send(data)
    reply = agent.final(sip.Message(data))
    equal((reply.code, reply.get("Unsupported")), (420, "no-such-thing"),
          "code and Unsupported (RFC 3261 8.2.2.3)")


@test("a request with an unknown Proxy-Require gets 420 that lists it")
def unknown_proxy_extension(world):
    one, two = world.users(2)
    agent = world.agent(one, "udp").signed_in()
    world.agent(two, "udp").signed_in()
    reply = agent.ask("MESSAGE", two.uri, [("Proxy-Require", "no-such-thing")], b"x")
    equal((reply.code, reply.get("Unsupported")), (420, "no-such-thing"),
          "code and Unsupported (RFC 3261 16.3 item 5)")
