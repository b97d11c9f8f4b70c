"""Instant messages: both clients, every transport, UTF-8, large bodies, refusals."""
from lib import sip
from lib.tap import check, equal, test

UTF8 = "Grüße ✓ 你好 שלום \U0001f600"
BIG = "Grüße ✓ " + "0123456789" * 820       # 8 kB and a little
TEXT = [("Content-Type", "text/plain;charset=UTF-8")]


@test("baresip over {0} and linphone over {1} send each other messages in UTF-8", limit=40,
      each=[("udp", "udp"), ("udp", "tls"), ("tcp", "udp"), ("tls", "tcp"), ("tls", "tls")])
def both_ways(world, t1, t2):
    bare, lin = pair(world, t1, t2)
    exchange(bare, lin, UTF8)


@test("home role: baresip over {0} and linphone over {1} send each other messages", limit=40,
      each=[("tcp", "tls"), ("tls", "tcp")])
def both_ways_home(world, t1, t2):
    exchange(*pair(world, t1, t2, "home"), UTF8)


@test("8 kB of text goes from baresip over {0} to linphone over {1} and back", limit=40,
      each=[("tcp", "tcp"), ("tls", "tcp"), ("tcp", "tls")])
def big(world, t1, t2):
    exchange(*pair(world, t1, t2), BIG)


def pair(world, t1, t2, role="carrier"):
    one, two = world.users(2, role)
    server = world.server(role)
    return (world.baresip(one, t1, server, peers=[two]).wait_registered(),
            world.linphone(two, t2, server).wait_registered())


def exchange(bare, lin, text):
    bare.message(lin.user.uri, text)
    lin.wait_message(text)
    bare.wait_trace(lambda d, m: d == "in" and m.method == "MESSAGE" and m.code == 200,
                    "200 to its MESSAGE")
    lin.message(bare.user.uri, text)
    bare.wait_message(text.encode())
    lin.wait_message_state("Delivered")


# -- bodies as bytes

@test("bodies of any bytes go unchanged from {0} to {1}, with their type",
      each=[("udp", "tcp"), ("tcp", "tls"), ("tls", "udp")])
def any_bytes(world, t1, t2):
    sender, receiver = agents(world, t1, t2)
    bodies = [b"", bytes(range(256)), b"\r\n\r\n", b"MESSAGE sip:x SIP/2.0\r\n\r\n", b"x" * 1000]
    for body in bodies:
        lines = [("Content-Type", 'application/x-odd;p="a;b"'), ("X-Other", "kept  as is")]
        request = sender.begin("MESSAGE", receiver.user.uri, lines, body)
        got = receiver.peer.expect("MESSAGE")
        equal(got.body, body, "body")
        equal(got.get("Content-Type"), 'application/x-odd;p="a;b"', "Content-Type")
        equal(got.get("X-Other"), "kept  as is", "an unknown header")
        receiver.answer(got, 200, "OK")
        equal(sender.final(request).code, 200, "response")


def agents(world, t1, t2):
    one, two = world.users(2)
    return world.agent(one, t1).signed_in(), world.agent(two, t2).signed_in()


@test("a MESSAGE of {0} bytes from tls to {1} arrives or is refused by size",
      each=[(8192, "tcp"), (60000, "tcp"), (64 * 1024, "tls")])
def sizes(world, size, transport):
    sender, receiver = agents(world, "tls", transport)
    body = sip.token(size).encode()
    request = sender.send_request("MESSAGE", receiver.user.uri, TEXT, body)
    reply = sender.final(request)
    if size > 8192 and reply.code in (413, 513):
        return
    equal(reply.code, 407, "first response")
    proof = sender.credentials(reply, "MESSAGE", receiver.user.uri)
    request = sender.send_request("MESSAGE", receiver.user.uri, TEXT + [proof], body)
    got = receiver.peer.expect("MESSAGE")
    equal(got.body, body, "body")
    receiver.answer(got, 200, "OK")
    equal(sender.final(request).code, 200, "response")


@test("a MESSAGE of {} bytes arrives at a client that has nothing but its UDP socket",
      each=(1200, 1400, 2000, 5000))
def large_to_udp(world, size):
    sender, receiver = agents(world, "tcp", "udp")
    body = sip.token(size).encode()
    request = sender.begin("MESSAGE", receiver.user.uri, TEXT, body)
    got = receiver.peer.expect("MESSAGE", 8)
    equal(got.body, body, "body")
    receiver.answer(got, 200, "OK")
    equal(sender.final(request).code, 200, "response (RFC 3261 18.1.1: back to UDP)")


@test("a hundred messages on one connection arrive in order, each once")
def in_order(world):
    sender, receiver = agents(world, "tcp", "tls")
    first = sender.begin("MESSAGE", receiver.user.uri, TEXT, b"0")
    receiver.answer(receiver.peer.expect("MESSAGE"), 200, "OK")
    equal(sender.final(first).code, 200, "first MESSAGE")
    for i in range(1, 101):
        request = sender.begin("MESSAGE", receiver.user.uri, TEXT, b"%d" % i)
        got = receiver.peer.expect("MESSAGE")
        receiver.answer(got, 200, "OK")
        equal(sender.final(request).code, 200, f"MESSAGE {i}")
    bodies = [int(m.body) for m in receiver.peer.history if m.method == "MESSAGE"]
    equal(bodies, list(range(101)), "bodies in order of arrival")


# -- refusals

@test("MESSAGE to {0} over {1} gets {2}",
      each=[("an unknown user", "udp", 404), ("a user signed out", "tcp", 480),
            ("an unknown user", "tls", 404), ("a user signed out", "udp", 480)])
def unreachable(world, what, transport, code):
    one, two = world.users(2)
    sender = world.agent(one, transport).signed_in()
    uri = two.uri if code == 480 else f"sip:nobody-{sip.token(5)}@{one.domain}"
    equal(sender.ask("MESSAGE", uri, TEXT, b"hi").code, code, "MESSAGE")


@test("the receiver's {} is what the sender gets", each=(415, 488, 603, 202))
def passed_back(world, code):
    sender, receiver = agents(world, "udp", "tcp")
    request = sender.begin("MESSAGE", receiver.user.uri, TEXT, b"hi")
    receiver.answer(receiver.peer.expect("MESSAGE"), code, "Own Words",
                    [("X-Why", "because")])
    reply = sender.final(request)
    equal((reply.code, reply.reason, reply.get("X-Why")), (code, "Own Words", "because"),
          "response at the sender")


@test("a message in another user's name is refused")
def forged(world):
    sender, receiver = agents(world, "tcp", "tcp")
    victim = world.user()
    name = {"From": f"<{victim.uri}>;tag=1"}
    first = sender.final(sender.send_request("MESSAGE", receiver.user.uri, TEXT, b"x", replace=name))
    equal(first.code, 407, "without credentials")
    proof = sender.credentials(first, "MESSAGE", receiver.user.uri)
    reply = sender.final(sender.send_request("MESSAGE", receiver.user.uri, TEXT + [proof], b"x",
                                             replace=name))
    check(reply.code in (403, 407), f"answered {reply.start}")
    check(not receiver.peer.has("MESSAGE"), "the forged message was delivered")


@test("a request that came without credentials is not delivered before they are right")
def not_before(world):
    sender, receiver = agents(world, "udp", "udp")
    reply = sender.ask("MESSAGE", receiver.user.uri, TEXT, b"x", password="wrong")
    check(reply.code in (403, 407), f"answered {reply.start}")
    check(not receiver.peer.has("MESSAGE"), "delivered with a wrong password")


@test("the receiver does not see the sender's credentials")
def no_credentials(world):
    sender, receiver = agents(world, "udp", "tls")
    request = sender.begin("MESSAGE", receiver.user.uri, TEXT, b"x")
    got = receiver.peer.expect("MESSAGE")
    receiver.answer(got, 200, "OK")
    equal(sender.final(request).code, 200, "response")
    equal(got.all("Proxy-Authorization"), [], "Proxy-Authorization at the receiver")
    equal(got.get("Max-Forwards"), "69", "Max-Forwards")
