"""Calls between real clients: every end of a call, hold, and the SDP byte for byte."""
from lib import sip
from lib.agent import Call
from lib.sdp import NASTY, PLAIN
from lib.tap import check, equal, test, wait_until

# caller, its transport, callee, its transport, who hangs up
PAIRS = [
    ("baresip", "udp", "linphone", "udp", "caller"),
    ("linphone", "udp", "baresip", "udp", "callee"),
    ("baresip", "udp", "linphone", "tcp", "callee"),
    ("linphone", "tls", "baresip", "udp", "caller"),
    ("baresip", "tcp", "linphone", "tls", "callee"),
    ("linphone", "tcp", "baresip", "tls", "caller"),
    ("baresip", "tls", "linphone", "tls", "caller"),
    ("linphone", "tcp", "baresip", "tcp", "callee"),
]


def client(world, kind, user, transport, peers=(), role="carrier", **how):
    server = world.server(role)
    if kind == "baresip":
        return world.baresip(user, transport, server, peers=peers, **how).wait_registered()
    return world.linphone(user, transport, server, **how).wait_registered()


def pair(world, caller, t1, callee, t2, role="carrier", **how):
    """Two registered clients, the caller first."""
    one, two = world.users(2, role)
    return (client(world, caller, one, t1, [two], role),
            client(world, callee, two, t2, [one], role, **how))


def ring(caller, callee):
    caller.dial(callee.user.uri)
    callee.wait_incoming()
    caller.wait_ringing()


def establish(caller, callee):
    ring(caller, callee)
    callee.accept()
    caller.wait_established()
    callee.wait_established()


def bodies(client, direction, method, is_request):
    """The SDP bodies of one kind of message in a client's trace, each once."""
    out = []
    for d, m in client.trace():
        if d == direction and m.method == method and m.is_request == is_request and m.body:
            if m.body not in out:
                out.append(m.body)
    return out


def same_sdp(caller, callee):
    """What one sent is what the other received, offers and answers, in the same order."""
    for sender, receiver, is_request in ((caller, callee, True), (callee, caller, False)):
        wait_until(lambda: bodies(sender, "out", "INVITE", is_request), 3,
                   f"SDP in the log of {sender.user.name}, who sent it")
        sent = bodies(sender, "out", "INVITE", is_request)
        wait_until(lambda: len(bodies(receiver, "in", "INVITE", is_request)) >= len(sent), 3,
                   "the other end's log shows the SDP")
        equal(bodies(receiver, "in", "INVITE", is_request), sent,
              "SDP at the receiver against SDP at the sender")


def responses(client, method):
    """Status codes a client received to a method, in order."""
    return [m.code for d, m in client.trace() if d == "in" and not m.is_request
            and m.method == method]


@test("{0} over {1} calls {2} over {3}, the {4} hangs up, SDP is the same at both ends",
      each=PAIRS, limit=40)
def call(world, caller_kind, t1, callee_kind, t2, who):
    caller, callee = pair(world, caller_kind, t1, callee_kind, t2)
    establish(caller, callee)
    same_sdp(caller, callee)
    (caller if who == "caller" else callee).hangup()
    caller.wait_ended()
    callee.wait_ended()
    ender, other = (caller, callee) if who == "caller" else (callee, caller)
    wait_until(lambda: responses(ender, "BYE") == [200], 3, "200 to the BYE")
    wait_until(lambda: any(d == "in" and m.method == "BYE" for d, m in other.trace()), 3,
               "the BYE in the other end's log")


@test("home role: {0} over {1} calls {2} over {3} and hangs up", limit=40,
      each=[("baresip", "tcp", "linphone", "tls"), ("linphone", "tls", "baresip", "tls")])
def call_home(world, caller_kind, t1, callee_kind, t2):
    caller, callee = pair(world, caller_kind, t1, callee_kind, t2, role="home")
    establish(caller, callee)
    same_sdp(caller, callee)
    caller.hangup()
    callee.wait_ended()
    caller.wait_ended()


@test("{0} over {1} puts {2} over {3} on hold and takes it back", limit=40,
      each=[("linphone", "tls", "baresip", "udp"), ("baresip", "tcp", "linphone", "tls")])
def hold(world, caller_kind, t1, callee_kind, t2):
    caller, callee = pair(world, caller_kind, t1, callee_kind, t2)
    establish(caller, callee)
    caller.hold()
    wait_until(lambda: b"a=sendonly" in last_offer(callee), 5, "an offer on hold at the callee")
    caller.resume()
    wait_until(lambda: b"a=sendonly" not in last_offer(callee), 5, "an offer without hold")
    wait_until(lambda: responses(caller, "INVITE").count(200) == 3, 5,
               "200 to INVITE and to both re-INVITEs")
    same_sdp(caller, callee)
    caller.hangup()
    callee.wait_ended()


def last_offer(client):
    offers = [m.body for d, m in client.trace() if d == "in" and m.is_request and m.body
              and m.method == "INVITE"]
    return offers[-1] if offers else b""


@test("the callee puts the caller on hold: {0} over {1} is held by {2} over {3}", limit=40,
      each=[("baresip", "tls", "linphone", "udp")])
def hold_by_callee(world, caller_kind, t1, callee_kind, t2):
    caller, callee = pair(world, caller_kind, t1, callee_kind, t2)
    establish(caller, callee)
    callee.hold()
    caller.wait_trace(lambda d, m: d == "in" and m.is_request and b"a=sendonly" in m.body,
                      "an offer on hold at the caller")
    callee.resume()
    callee.hangup()
    caller.wait_ended()


@test("{0} over {1} gives up while {2} over {3} rings: CANCEL, 487, both quiet", limit=40,
      each=[("baresip", "udp", "linphone", "tls"), ("linphone", "tcp", "baresip", "udp"),
            ("baresip", "tls", "linphone", "tcp")])
def cancel(world, caller_kind, t1, callee_kind, t2):
    caller, callee = pair(world, caller_kind, t1, callee_kind, t2)
    ring(caller, callee)
    caller.hangup()
    callee.wait_ended()
    caller.wait_ended()
    wait_until(lambda: 487 in responses(caller, "INVITE"), 5, "487 to the INVITE at the caller")
    equal(responses(caller, "CANCEL"), [200], "responses to CANCEL")
    wait_until(lambda: any(d == "in" and m.method == "ACK" for d, m in callee.trace()), 5,
               "an ACK for its 487 at the callee")


@test("{0} over {1} calls {2} over {3}, who refuses: the caller gets {4}", limit=40,
      each=[("linphone", "tls", "baresip", "tcp", 486), ("baresip", "udp", "linphone", "tcp", 603)])
def refuse(world, caller_kind, t1, callee_kind, t2, code):
    caller, callee = pair(world, caller_kind, t1, callee_kind, t2)
    ring(caller, callee)
    callee.hangup()
    caller.wait_ended()
    wait_until(lambda: responses(caller, "INVITE")[-1] == code, 5, f"{code} at the caller")


@test("a third party calling {} who is in a call gets 486", each=("linphone", "baresip"), limit=40)
def busy(world, kind):
    third = world.user()
    if kind == "linphone":
        caller, callee = pair(world, "baresip", "tcp", "linphone", "tls", max_calls=1)
    else:
        caller, callee = pair(world, "linphone", "tls", "baresip", "tcp", max_calls=1)
    establish(caller, callee)
    agent = world.agent(third, "udp").signed_in()
    reply = agent.invite(callee.user.uri, PLAIN).final(10)
    equal(reply.code, 486, "INVITE to a busy client")
    caller.hangup()
    callee.wait_ended()


@test("nobody answers: linphone gives up ringing and baresip is told", limit=40)
def no_answer(world):
    caller, callee = pair(world, "baresip", "udp", "linphone", "tls", ring_seconds=2)
    ring(caller, callee)
    caller.wait_ended(10)
    codes = (408, 480, 486, 603)
    wait_until(lambda: responses(caller, "INVITE")[-1] in codes, 5, "a refusal at the caller")
    sent = [m.code for d, m in callee.trace() if d == "out" and m.method == "INVITE"][-1]
    equal(responses(caller, "INVITE")[-1], sent,
          "the caller's final response against the one the callee sent")


# -- bytes no client would write

@test("an SDP with everything odd goes byte for byte from {0} to {1} and back",
      each=[("udp", "udp"), ("udp", "tcp"), ("tcp", "tls"), ("tls", "udp"), ("tls", "tls")])
def odd_sdp(world, t1, t2):
    one, two = world.users(2)
    caller, callee = world.agent(one, t1).signed_in(), world.agent(two, t2).signed_in()
    for offer, answer in zip(NASTY, NASTY[::-1]):
        out = caller.invite(two.uri, offer)
        request = callee.peer.expect("INVITE")
        equal(request.body, offer, "offer")
        callee.answer(request, 200, "OK", [("Content-Type", "application/sdp")], answer)
        equal(out.accepted().body, answer, "answer")
        callee.peer.expect("ACK")
        out.send("BYE")
        callee.answer(callee.peer.expect("BYE"), 200, "OK")
        caller.peer.expect(lambda m: m.code == 200 and m.method == "BYE")


# -- dialogs of the bare kind: what the clients cannot show

@test("BYE from the callee over {1} reaches the caller over {0} along the route set",
      each=[("udp", "udp"), ("tcp", "udp"), ("udp", "tls"), ("tls", "tcp")])
def bye_by_callee(world, t1, t2):
    caller, callee, out, inc = connected(world, t1, t2)
    bye = inc.send("BYE")
    got = caller.peer.expect("BYE")
    equal(got.get("Call-ID"), out.call_id, "Call-ID of the BYE")
    caller.answer(got, 200, "OK")
    equal(callee.final(bye).code, 200, "response to BYE")


def connected(world, t1, t2):
    """Caller, callee and the two halves of their established dialog."""
    one, two = world.users(2)
    caller, callee = world.agent(one, t1).signed_in(), world.agent(two, t2).signed_in()
    out = caller.invite(two.uri, PLAIN)
    request = callee.peer.expect("INVITE")
    reply = callee.answer(request, 200, "OK", [("Content-Type", "application/sdp")], PLAIN)
    out.accepted()
    callee.peer.expect("ACK")
    return caller, callee, out, Call.incoming(callee, request, reply)


@test("re-INVITE, INFO, UPDATE and an unknown method pass inside a dialog both ways")
def in_dialog(world):
    caller, callee, out, inc = connected(world, "tcp", "udp")
    for method in ("INFO", "UPDATE", "PING"):
        for sender, receiver, call in ((caller, callee, out), (callee, caller, inc)):
            sent = call.send(method)
            receiver.answer(receiver.peer.expect(method), 200, "OK")
            equal(sender.final(sent).code, 200, f"response to {method}")
    again = inc.send("INVITE", body=PLAIN)
    got = caller.peer.expect(lambda m: m.is_request and m.method == "INVITE")
    equal(got.body, PLAIN, "re-INVITE's SDP")
    caller.answer(got, 200, "OK", [("Content-Type", "application/sdp")], PLAIN)
    equal(callee.final(again).code, 200, "response to re-INVITE")
    inc.send("ACK", sequence=again.cseq()[0])
    caller.peer.expect("ACK")


@test("a BYE from a strict router (RFC 2543 style) is repaired and reaches the callee")
def strict_route(world):
    caller, callee, out, inc = connected(world, "udp", "tcp")
    # the first route moved to the Request-URI, the target at the end of Route (12.2.1.1)
    first, rest = sip.address(out.routes[0]), out.routes[1:]
    lines = [("Route", r) for r in rest + [f"<{out.target}>"]]
    bye = caller.send_request("BYE", first, lines, call_id=out.call_id,
                              sequence=out.sequence + 1,
                              replace={"From": out.local, "To": out.remote})
    got = callee.peer.expect("BYE")
    equal(got.uri, callee.contact(), "Request-URI at the callee")
    equal(got.all("Route"), [], "Route at the callee")
    callee.answer(got, 200, "OK")
    equal(caller.final(bye).code, 200, "response to BYE")


@test("a request in a dialog the server has no route for gets 481, an ACK nothing")
def no_dialog(world):
    user = world.user()
    agent = world.agent(user).signed_in()
    to = f"<sip:nowhere@{user.domain}>;tag=gone"
    bye = agent.send_request("BYE", f"sip:nowhere@{user.domain}", replace={"To": to})
    equal(agent.final(bye).code, 481, "BYE without a dialog")
    ack = agent.send_request("ACK", f"sip:nowhere@{user.domain}", replace={"To": to})
    equal(agent.ask("OPTIONS", f"sip:{user.domain}").code, 200, "OPTIONS afterwards")
    check(not agent.peer.has(lambda m: m.get("Call-ID") == ack.get("Call-ID")),
          "an ACK was answered")


@test("INVITE to {0} gets {1}", each=[("an unknown user", 404), ("a user signed out", 480)])
def unreachable(world, what, code):
    one, two = world.users(2)
    agent = world.agent(one).signed_in()
    uri = two.uri if code == 480 else f"sip:nobody-{sip.token(5)}@{one.domain}"
    equal(agent.ask("INVITE", uri).code, code, "INVITE")


@test("INVITE without credentials in a local user's name gets 407 and rings nobody")
def stranger(world):
    one, two = world.users(2)
    callee = world.agent(two).signed_in()
    agent = world.agent(one)
    request = agent.send_request("INVITE", two.uri)
    reply = agent.final(request)
    equal(reply.code, 407, "INVITE without credentials")
    agent.ack_refusal(request, reply)
    equal(agent.ask("OPTIONS", f"sip:{one.domain}").code, 200, "OPTIONS afterwards")
    check(not callee.peer.has("INVITE"), "the callee saw the INVITE")


@test("the server answers OPTIONS to itself over {} with Allow and a To tag",
      each=("udp", "tcp", "tls"))
def options(world, transport):
    user = world.user()
    agent = world.agent(user, transport)
    reply = agent.final(agent.send_request("OPTIONS", f"sip:{user.domain}"))
    equal(reply.code, 200, "OPTIONS")
    check("INVITE" in ",".join(reply.all("Allow")), f"Allow is {reply.all('Allow')}")
    check(reply.tag("To"), "no To tag")


@test("{0} to a user is relayed and its answer comes back", each=("OPTIONS", "PING", "INFO"))
def relayed(world, method):
    one, two = world.users(2)
    sender, receiver = world.agent(one, "tcp").signed_in(), world.agent(two, "udp").signed_in()
    request = sender.begin(method, two.uri)
    receiver.answer(receiver.peer.expect(method), 200, "OK", [("X-Mine", "yes")])
    equal(sender.final(request).get("X-Mine"), "yes", "the receiver's own header in the answer")


@test("Max-Forwards 0 ends at the server with 483")
def hops(world):
    one, two = world.users(2)
    agent = world.agent(one).signed_in()
    world.agent(two).signed_in()
    reply = agent.ask("MESSAGE", two.uri, body="hi", replace={"Max-Forwards": "0"})
    equal(reply.code, 483, "MESSAGE with Max-Forwards: 0")
