"""NTLM sign-in and signatures by a client of our own: versions, what is forged, cut, repeated."""
import struct

from lib import sip
from lib.demo import ROOT
from lib.lcs import LcsClient
from lib.tap import check, equal, test, wait_until

ROLE = "home-lcs"


def client(world, user=None, server=None, transport="tcp", **how):
    server = server or world.server(ROLE)
    return LcsClient(world.peer(transport, server), user or world.user(ROLE), **how)


def closed(c, seconds=5):
    wait_until(lambda: c.peer.ended, seconds, "the server closes the connection")


@test("version {} of the signatures signs in and writes", each=(2, 3, 4))
def versions(world, version):
    one, two = client(world, version=version).sign_in(), client(world).sign_in()
    data = one.make("MESSAGE", two.user.uri, b"hello", more=[("Content-Type", "text/plain")])
    one.peer.send(data)
    got = two.peer.expect("MESSAGE")
    equal(got.body, b"hello", "body")
    two.check(got)
    equal(got.all("Authorization"), [], "the sender's credentials at the receiver")
    two.peer.send(two.sign(sip.response(got, 200, "OK", tag="x")))
    reply = one.peer.expect(200)
    one.check(reply)
    equal(reply.all("Authorization"), [], "the receiver's credentials at the sender")


@test("credentials may come in Proxy-Authorization")
def proxy_authorization(world):
    c = client(world, version=2, header="Proxy-Authorization").sign_in()
    equal(c.ask(c.make("MESSAGE", "sip:nobody@" + c.user.domain)).code, 404, "MESSAGE")


@test("numbers count up from 1 on both sides; responses made anywhere are signed")
def numbers(world):
    c = client(world).sign_in()
    seen = []
    for uri in (f"sip:nobody@{c.user.domain}", "sip:x@elsewhere.example", c.user.uri):
        reply = c.ask(c.make("SUBSCRIBE", uri))         # 489, 404 by sl
        seen.append(c.check(reply))
    bad = c.sign(c.unsigned("MESSAGE", c.user.uri, [
        (n, v) for n, v in c.lines("MESSAGE", c.user.uri) if n != "Max-Forwards"] +
        [("Max-Forwards", "0")]))
    seen.append(c.check(c.ask(bad)))
    equal(seen, [2, 3, 4, 5], "snum")


@test("a wrong password gets no association in version {}; the next try signs in", each=(2, 4))
def wrong_password(world, version):
    c = client(world, version=version, password="wrong")
    reply = c.try_sign_in()
    equal(reply.code, 401, "with a wrong password")
    equal(reply.get("Authentication-Info"), None, "signature")
    c.password = c.user.password
    c.sign_in()


@test("a byte of {} that is flipped closes the connection", each=(
    "the signature", "crand", "the number", "From", "Call-ID", "CSeq"))
def flipped(world, where):
    c = client(world).sign_in()
    data = c.make("MESSAGE", c.user.uri, b"x")
    keys = {"the signature": b'response="01000000', "crand": b'crand="', "the number": b'cnum="',
            "From": b"From: <sip:", "Call-ID": b"Call-ID: ", "CSeq": b"CSeq: "}
    at = data.index(keys[where]) + len(keys[where])
    byte = data[at]
    other = b"2" if byte != ord("2") else b"3"
    c.peer.send(data[:at] + other + data[at + 1:])
    closed(c)
    check(not c.peer.has(401) or c.peer.history[-1].code != 401, "it was challenged")


@test("a message that is {} closes the connection", each=("repeated", "unsigned"))
def repeated(world, how):
    c = client(world).sign_in()
    data = c.make("MESSAGE", f"sip:nobody@{c.user.domain}")
    equal(c.ask(data).code, 404, "first")
    if how == "repeated":
        c.peer.send(data)
    else:
        c.peer.send(c.unsigned("MESSAGE", c.user.uri, c.lines("MESSAGE", c.user.uri)))
    closed(c)


@test("numbers may come out of order within a window of 256")
def window(world):
    c = client(world).sign_in()
    uri = f"sip:nobody@{c.user.domain}"
    for number in (300, 45, 299, 46):
        equal(c.ask(c.make("MESSAGE", uri, cnum=number)).code, 404, f"number {number}")
    c.peer.send(c.make("MESSAGE", uri, cnum=44))
    closed(c)


@test("a REGISTER with a wrong signature is challenged, and the sign-in begins anew")
def register_again(world):
    c = client(world).sign_in()
    data = c.sign(c.register())
    equal(c.ask(data).code, 200, "a refresh")
    bad = c.sign(c.register()).replace(b'response="01', b'response="02')
    equal(c.ask(bad).code, 401, "a wrong one")
    c.sign_in()
    equal(c.ask(c.make("MESSAGE", f"sip:nobody@{c.user.domain}")).code, 404, "afterwards")


@test("a signature by an association that is not there closes the connection")
def unknown_association(world):
    c = client(world).sign_in()
    other = client(world, c.user)
    other.session, other.opaque, other.target, other.cnum = c.session, c.opaque, c.target, 50
    other.peer.send(other.make("MESSAGE", c.user.uri))
    closed(other)


@test("a token serves once: repeated on its connection, or on another one")
def token_twice(world):
    c = client(world, version=2)
    session = c.new_session(c.begin())
    data = c.answer(session.token(), session)
    c.peer.send(data)
    c.peer.expect(200)
    other = client(world, c.user, version=2)
    other.begin()
    other.peer.send(data)
    equal(other.peer.expect(lambda m: m.code and m.cseq()[0] == c.sequence).code, 401,
          "on another connection")
    c.peer.send(data.replace(f"CSeq: {c.sequence} ".encode(), f"CSeq: {c.sequence + 1} ".encode()))
    closed(c)


@test("a clock that is {} minutes {} is {}", each=[
    (20, "slow", "refused with a reason"), (20, "fast", "refused with a reason"),
    (10, "fast", "accepted")])
def clock(world, minutes, how, what):
    reply = client(world, clock=60.0 * (minutes if how == "fast" else -minutes)).try_sign_in()
    equal(reply.code, 200 if what == "accepted" else 403, "last response")
    if what != "accepted":
        check("clock" in reply.get("Warning", ""), "no Warning says why")


def refused_as_weak(c, told):
    reply = c.try_sign_in()
    equal(reply.code, 401, "last response")
    check(told in reply.get("Warning", ""), f"Warning: {reply.get('Warning')}")


@test("without extended session security nobody gets in")
def weak(world):
    refused_as_weak(client(world, version=2, extended=False), "extended session security")


@test("where weak clients are let in they sign with CRC32; NTLM before NTLMv2 stays outside")
def weak_allowed(world):
    config = world.path("weak.cfg")
    config.write_text(f'#!lcs 1\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n'
                      'modparam("auth_ntlm", "allow_weak", yes)\n')
    server, (one, two, _) = world.own_server(ROLE, transports=("tcp", "tls"),
                                             options=["--config", str(config)])
    c = client(world, one, server, version=2, extended=False).sign_in()
    other = client(world, two, server).sign_in()
    c.peer.send(c.make("MESSAGE", two.uri, b"from long ago", more=[("Content-Type", "text/plain")]))
    equal(other.peer.expect("MESSAGE").body, b"from long ago", "body")
    other.peer.send(other.make("MESSAGE", one.uri, b"and back",
                               more=[("Content-Type", "text/plain")]))
    got = c.peer.expect("MESSAGE")
    equal(got.body, b"and back", "body")
    c.check(got)
    data = c.make("MESSAGE", two.uri)
    at = data.index(b"Call-ID: ") + 9
    c.peer.send(data[:at] + (b"x" if data[at:at + 1] != b"x" else b"y") + data[at + 1:])
    closed(c)
    for extended in (True, False):
        refused_as_weak(client(world, one, server, version=2, extended=extended, v1=True), "NTLMv2")


@test("tokens cut at every byte, or with wrong lengths and places, are refused", limit=120)
def bad_tokens(world):
    c = client(world, version=2)
    session = c.new_session(c.begin())
    token = session.token()
    bad = [token[:n] for n in range(len(token))]
    for at in (12, 20, 28, 36, 44, 52):
        for length, place in ((0xffff, 72), (8, 0), (8, len(token) - 4), (8, 0xfffffff0),
                              (0xffff, 0xffffffff)):
            bad.append(token[:at] + struct.pack("<HHI", length, length, place) + token[at + 8:])
    for one in bad:
        if one:
            equal(c.ask(c.answer(one, session)).code, 401, f"answer to {one.hex()}")
    server = world.server(ROLE)
    server.unharmed = None
    equal(c.ask(c.answer(token, session)).code, 200, "the whole token")


@test("a password changed or an account disabled counts at once")
def changed(world):
    user, server = world.user(ROLE), world.server(ROLE)
    client(world, user).sign_in()
    server.ctl("users", "passwd", user.aor, "--password-stdin", input="another-1\n")
    equal(client(world, user).try_sign_in().code, 401, "the old password")
    equal(client(world, user, password="another-1").try_sign_in().code, 200, "the new one")
    c = client(world, user, password="another-1").sign_in()
    server.ctl("users", "disable", user.aor)
    closed(c)


@test("somebody else's name: a {} is refused, signed", each=("REGISTER", "MESSAGE"))
def other_name(world, method):
    user, victim = world.users(2, ROLE)
    c = client(world, user, login=f"EXAMPLE\\{user.name}")
    if method == "REGISTER":
        c.user = victim
        c.password = user.password
        reply = c.try_sign_in()
    else:
        c.sign_in()
        c.user = victim
        reply = c.ask(c.make("MESSAGE", user.uri))
    equal(reply.code, 403, "response")
    who = f"{user.name} {'signs in' if method == 'REGISTER' else 'writes'} as {victim.uri} from"
    check(world.server(ROLE).log_lines(who), f"the log does not say who it was: {who}")


@test("two endpoints over one connection have an association each")
def two_endpoints(world):
    one, two = world.users(2, ROLE)
    a = client(world, one).sign_in()
    b = LcsClient(a.peer, two).sign_in()
    a.peer.send(a.make("MESSAGE", two.uri, b"to b", more=[("Content-Type", "text/plain")]))
    got = a.peer.expect("MESSAGE")
    equal(got.body, b"to b", "body")
    b.peer.send(b.sign(sip.response(got, 200, "OK", tag="y")))
    a.check(a.peer.expect(lambda m: m.code == 200 and m.cseq()[1] == "MESSAGE"))


@test("an endpoint that comes back over a new connection replaces its former one")
def comes_back(world):
    user, server = world.user(ROLE), world.server(ROLE)
    first = client(world, user, epid="0123456789ab").sign_in()
    second = client(world, user, epid="0123456789ab").sign_in()
    sender = client(world).sign_in()
    sender.peer.send(sender.make("MESSAGE", user.uri, b"one", more=[("Content-Type", "text/plain")]))
    equal(second.peer.expect("MESSAGE").body, b"one", "body")
    check(not first.peer.has("MESSAGE"), "the former connection got it, too")
    equal(len(server.endpoints(user)), 1, "endpoints")


@test("what is sent while a client signs in anew waits, and is signed with the new keys")
def waits(world):
    user = world.user(ROLE)
    c, sender = client(world, user).sign_in(), client(world).sign_in()
    first = c.ask(c.register())             # without credentials: a new handshake begins
    equal(first.code, 401, "first leg")
    session = c.new_session(c.begin())
    sender.peer.send(sender.make("MESSAGE", user.uri, b"meanwhile",
                                 more=[("Content-Type", "text/plain")]))
    sender.peer.expect(100)                 # it is on its way
    c.cnum = 0
    data = c.answer(session.token(), session)
    c.peer.send(data)
    c.session = session
    reply = c.peer.expect(lambda m: m.code == 200 and m.cseq() == sip.Message(data).cseq())
    c.check(reply)
    got = c.peer.expect("MESSAGE")
    equal(got.body, b"meanwhile", "body")
    c.check(got)
