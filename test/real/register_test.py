"""Registering: every client over every transport, refusals, refresh, removal, expiry."""
import os
import re
import signal
import time

from lib import digest, sip
from lib.tap import check, equal, test, wait_until
from lib.world import DOMAIN

ALL = ("udp", "tcp", "tls")

# A wrong password is answered with a fresh challenge or an outright refusal, as the
# server's policy is; what counts is that no binding is made.
WRONG_PASSWORD = (401, 403)
UNKNOWN_USER = 404
DISABLED_USER = 403


# -- clients

@test("sipp registers five users over {}", each=ALL)
def sipp_registers(world, transport):
    users = world.users(5)
    world.sipp("register", users, transport, calls=5, rate=50).succeed(5)
    for user in users:
        equal(len(world.server().endpoints(user)), 1, f"bindings of {user.name} in lcsctl")


@test("baresip registers over {}", each=ALL)
def baresip_registers(world, transport):
    user = world.user()
    client = world.baresip(user, transport).wait_registered()
    row = only_binding(world, user)
    contact = [m.get("Contact") for d, m in client.trace() if d == "out"][0]
    equal(row["contact"], sip.address(contact), "contact in lcsctl endpoints list")


@test("linphone registers over {}", each=ALL)
def linphone_registers(world, transport):
    user = world.user()
    world.linphone(user, transport).wait_registered()
    only_binding(world, user)


def only_binding(world, user):
    rows = world.server().endpoints(user)
    equal(len(rows), 1, f"bindings of {user.name} in lcsctl endpoints list")
    return rows[0]


# -- what the 200 says

@test("the 200 over {} has the binding with its expiry, and a To tag", each=ALL)
def answer_lists_binding(world, transport):
    user = world.user()
    agent = world.agent(user, transport)
    reply = agent.register(expires=300)
    equal(reply.code, 200, "REGISTER")
    equal([sip.address(c) for c in reply.all("Contact")], [agent.contact()], "Contact")
    left = int(sip.param(reply.get("Contact"), "expires"))
    check(295 <= left <= 300, f"expires={left} of 300 asked")
    check(reply.tag("To"), "no To tag in the 200")
    row = only_binding(world, user)
    equal(row["contact"], agent.contact(), "contact in lcsctl")
    check(290 <= int(row["expires"]) <= 300, f"lcsctl says expires {row['expires']}")


@test("two contacts of one user are two bindings, each in both 200s")
def two_contacts(world):
    user = world.user()
    one, two = world.agent(user, "udp").signed_in(), world.agent(user, "tcp")
    reply = two.register()
    seen = sorted(sip.address(c) for v in reply.all("Contact") for c in v.split(", "))
    equal(seen, sorted([one.contact(), two.contact()]), "contacts in the second 200")
    equal(len(world.server().endpoints(user)), 2, "bindings in lcsctl")


@test("a REGISTER without Contact over {} fetches the bindings and changes none", each=("udp", "tls"))
def fetch(world, transport):
    user = world.user()
    agent = world.agent(user, transport).signed_in()
    reply = agent.ask("REGISTER", f"sip:{user.domain}", to=user.uri, call_id=sip.token())
    equal(reply.code, 200, "REGISTER without Contact")
    equal([sip.address(c) for c in reply.all("Contact")], [agent.contact()], "Contact")


# -- digest

@test("digest with {0} over {1} is offered and accepted",
      each=[(a, t) for a in ("MD5", "SHA-256") for t in ALL])
def digest_algorithm(world, algorithm, transport):
    agent = world.agent(world.user(), transport, algorithm=algorithm)
    equal(agent.register().code, 200, f"REGISTER with {algorithm}")


@test("linphone, which knows SHA-256, signs in with it")
def linphone_sha256(world):
    client = world.linphone(world.user(), "tls").wait_registered()
    proofs = [m.get("Authorization") for d, m in client.trace() if d == "out"]
    check("algorithm=SHA-256" in (proofs[-1] or ""), f"its credentials: {proofs[-1]}")


@test("a challenge has realm, nonce and qop=auth, SHA-256 before MD5")
def challenge_fields(world):
    offers = digest.challenges(challenged(world.agent(world.user())))
    for offer in offers:
        equal(offer.params.get("realm"), DOMAIN, "realm")
        check("auth" in offer.params.get("qop", ""), f"qop is {offer.params.get('qop')!r}")
        check(len(offer.params.get("nonce", "")) >= 16, "a nonce of less than 16 characters")
    equal([o.algorithm for o in offers], ["SHA-256", "MD5"], "algorithms in order (RFC 8760 2.4)")


def challenged(agent):
    """The 401 to a REGISTER without credentials."""
    user = agent.user
    reply = agent.final(agent.send_request("REGISTER", f"sip:{user.domain}", to=user.uri,
                                           headers=[("Contact", f"<{agent.contact()}>")]))
    equal(reply.code, 401, "REGISTER without credentials")
    return reply


def offered(agent, uri, headers):
    """The challenge that a client would answer."""
    return digest.choose(digest.challenges(agent.final(
        agent.send_request("REGISTER", uri, headers, to=agent.user.uri))))


@test("a nonce answers the next request too when nc counts on")
def nonce_again(world):
    user = world.user()
    agent = world.agent(user)
    uri = f"sip:{user.domain}"
    contact = [("Contact", f"<{agent.contact()}>")]
    offer = offered(agent, uri, contact)
    for count in (1, 2, 3):
        proof = digest.answer(offer, user.name, user.password, "REGISTER", uri, count)
        reply = agent.final(agent.send_request(
            "REGISTER", uri, contact + [("Authorization", proof)], to=user.uri,
            call_id=agent.register_id))
        equal(reply.code, 200, f"REGISTER with nc {count} of one nonce")


@test("credentials seen before are not accepted again (same nc)")
def replay(world):
    user = world.user()
    agent = world.agent(user)
    good = agent.register()
    equal(good.code, 200, "REGISTER")
    proof = ("Authorization", good.request.get("Authorization"))
    thief = world.agent(user)
    reply = thief.final(thief.send_request(
        "REGISTER", f"sip:{user.domain}", [("Contact", f"<{thief.contact()}>"), proof],
        to=user.uri))
    equal(reply.code, 401, "REGISTER with credentials overheard")
    equal(len(world.server().endpoints(user)), 1, "bindings afterwards")


@test("a nonce the server never made is answered with stale or a new challenge")
def invented_nonce(world):
    user = world.user()
    agent = world.agent(user)
    uri = f"sip:{user.domain}"
    contact = [("Contact", f"<{agent.contact()}>")]
    offer = offered(agent, uri, contact)
    offer.params["nonce"] = offer.params["nonce"][::-1]
    proof = digest.answer(offer, user.name, user.password, "REGISTER", uri)
    reply = agent.final(agent.send_request("REGISTER", uri, contact + [("Authorization", proof)],
                                           to=user.uri))
    equal(reply.code, 401, "REGISTER with an invented nonce")
    equal(len(world.server().endpoints(user)), 0, "bindings afterwards")


# -- refusals

@test("a wrong password over {} is refused and binds nothing", each=ALL)
def wrong_password(world, transport):
    user = world.user()
    reply = world.agent(user, transport).register(password="not-" + user.password)
    check(reply.code in WRONG_PASSWORD, f"answered {reply.start}")
    equal(len(world.server().endpoints(user)), 0, "bindings")


@test("a password is not found by trying over {}: after five wrong ones the right one is not "
      "looked at, while the user gets in from another address", each=("tcp", "udp"), limit=40)
def guessing(world, transport):
    server, (user, other, _) = world.own_server("carrier")
    guesser = world.agent(user, transport, server, bind=("127.0.0.61", 0))
    codes = [guesser.register(password=f"guess-{i}").code for i in range(5)]
    equal(codes, [401] * 5, "answers to wrong passwords")
    reply = guesser.register()
    equal(reply.code, 403, "the right password, from there")
    check(1 <= int(reply.get("Retry-After")) <= 900, f"Retry-After {reply.get('Retry-After')}")
    equal(len(server.endpoints(user)), 0, "bindings")
    world.agent(user, transport, server, bind=("127.0.0.62", 0)).signed_in()
    world.agent(other, transport, server, bind=("127.0.0.61", 0)).signed_in()
    equal(len(server.log_lines("too many wrong passwords")), 1, "lines in the log")


@test("baresip and linphone with a wrong password are told so")
def wrong_password_clients(world):
    one, two = world.users(2)
    one.password = two.password = "wrong"
    world.baresip(one, "tcp").wait_event("REGISTER_FAIL", "refusal")
    world.linphone(two, "tcp").wait_registration("LinphoneRegistrationFailed")
    for user in (one, two):
        equal(len(world.server().endpoints(user)), 0, "bindings")


@test("another user's credentials do not register this user")
def wrong_identity(world):
    victim, thief = world.users(2)
    agent = world.agent(thief)
    uri = f"sip:{victim.domain}"
    lines = [("Contact", f"<{agent.contact()}>")]
    first = agent.final(agent.send_request("REGISTER", uri, lines, to=victim.uri,
                                           replace={"From": f"<{victim.uri}>;tag=1"}))
    equal(first.code, 401, "REGISTER without credentials")
    reply = agent.final(agent.send_request(
        "REGISTER", uri, lines + [agent.credentials(first, "REGISTER", uri)], to=victim.uri,
        replace={"From": f"<{victim.uri}>;tag=1"}))
    check(reply.code in (401, 403), f"answered {reply.start}")
    equal(len(world.server().endpoints(victim)), 0, "bindings")


@test("an unknown user over {} gets 404 before any challenge", each=ALL)
def unknown_user(world, transport):
    user = world.user()
    user.name = "nobody-" + sip.token(5)
    agent = world.agent(user, transport)
    reply = agent.final(agent.send_request(
        "REGISTER", f"sip:{user.domain}", [("Contact", f"<{agent.contact()}>")], to=user.uri))
    equal(reply.code, UNKNOWN_USER, "REGISTER of an unknown user")
    equal(reply.all("WWW-Authenticate"), [], "challenges in the refusal (S39)")


@test("a user disabled by lcsctl gets 403 and can neither register nor send")
def disabled_user(world):
    user, other = world.users(2)
    agent = world.agent(user).signed_in()
    world.agent(other).signed_in()
    world.server().ctl("users", "disable", user.aor)
    equal(agent.register().code, DISABLED_USER, "REGISTER of a disabled user")
    fresh = world.agent(user, "tcp")
    reply = fresh.final(fresh.send_request(
        "REGISTER", f"sip:{user.domain}", [("Contact", f"<{fresh.contact()}>")], to=user.uri))
    equal(reply.code, DISABLED_USER, "REGISTER without credentials of a disabled user")
    equal(reply.all("WWW-Authenticate"), [], "challenges in the refusal (S39)")
    equal(agent.ask("MESSAGE", other.uri, body="hello").code, DISABLED_USER, "MESSAGE")


@test("a user deleted by lcsctl is unknown from then on")
def deleted_user(world):
    user = world.user()
    agent = world.agent(user).signed_in()
    world.server().ctl("users", "delete", user.aor)
    equal(agent.register().code, UNKNOWN_USER, "REGISTER of a deleted user")
    wait_until(lambda: not world.server().endpoints(user), 5, "no bindings of a deleted user")


@test("a user added by lcsctl can register at once")
def added_user(world):
    user = world.user()
    user.name, user.password = "new-" + sip.token(5), "s3cret-" + sip.token()
    add_user(world.server(), user)
    equal(world.agent(user).register().code, 200, "REGISTER of a new user")
    listed = str(world.server().ctl("users", "list"))
    check(user.name in listed, "lcsctl users list does not show the new user")


def add_user(server, user):
    """The password goes in on standard input, where no process list shows it."""
    server.ctl("users", "add", user.aor, "--password-stdin", input=user.password + "\n")


# -- refresh and removal

@test("a refresh over {} keeps one binding and renews its time", each=ALL)
def refresh(world, transport):
    user = world.user()
    agent = world.agent(user, transport)
    agent.signed_in(expires=100)
    agent.signed_in(expires=900)
    row = only_binding(world, user)
    check(890 <= int(row["expires"]) <= 900, f"expires {row['expires']} after a refresh to 900")


@test("an older CSeq of the same Call-ID changes nothing")
def old_sequence(world):
    user = world.user()
    agent = world.agent(user)
    agent.sequence = 100
    agent.signed_in(expires=500)
    agent.sequence = 10
    check(agent.register(expires=0).code >= 400, "an older CSeq was accepted")
    only_binding(world, user)


@test("Expires: 0 over {} removes the binding", each=ALL)
def unregister(world, transport):
    user = world.user()
    agent = world.agent(user, transport).signed_in()
    reply = agent.register(expires=0)
    equal(reply.code, 200, "REGISTER with Expires: 0")
    equal(reply.all("Contact"), [], "contacts left in the 200")
    equal(len(world.server().endpoints(user)), 0, "bindings in lcsctl")


@test("Contact: * with Expires: 0 removes all bindings; without it is 400")
def unregister_all(world):
    user = world.user()
    one, two = world.agent(user).signed_in(), world.agent(user, "tcp").signed_in()
    equal(one.register(contact="*", expires=600).code, 400, "Contact: * with Expires: 600")
    equal(len(world.server().endpoints(user)), 2, "bindings after the refused one")
    equal(two.register(contact="*", expires=0).code, 200, "Contact: * with Expires: 0")
    equal(len(world.server().endpoints(user)), 0, "bindings in lcsctl")


@test("baresip and linphone take their bindings back when they end")
def clients_unregister(world):
    one, two = world.users(2)
    bare = world.baresip(one, "udp").wait_registered()
    lin = world.linphone(two, "tls").wait_registered()
    bare.quit()
    lin.quit()
    for user in (one, two):
        wait_until(lambda u=user: not world.server().endpoints(u), 5, f"{user.name} is gone")


# -- expiry

@test("a short binding expires, and its user is then unavailable", limit=100)
def expiry(world):
    user, other = world.users(2)
    agent, caller = world.agent(user), world.agent(other).signed_in()
    asked = 2
    reply = agent.register(expires=asked)
    if reply.code == 423:           # the server has a minimum; take it as the short time
        asked = int(reply.get("Min-Expires", "0"))
        check(2 < asked <= 90, f"423 with Min-Expires {asked}")
        reply = agent.register(expires=asked)
    equal(reply.code, 200, "REGISTER for a short time")
    granted = int(sip.param(reply.get("Contact"), "expires"))
    check(granted <= asked, f"asked for {asked} s, was given {granted}")
    equal(len(world.server().endpoints(user)), 1, "bindings before")
    end = time.monotonic() + granted
    yield granted
    check_expired(world, user, caller, other, end)


def check_expired(world, user, caller, other, end):
    left = max(0, end - time.monotonic())
    wait_until(lambda: not world.server().endpoints(user), left + 5, "the binding expires", 0.2)
    check(time.monotonic() > end - 1.5, "the binding went before its time")
    equal(caller.ask("MESSAGE", user.uri, body="hi").code, 480, "MESSAGE to who has expired")


# -- one device of a user by a name that hides him (RFC 5627)

def register_instance(agent, call_id):
    """REGISTER of a phone that knows GRUUs: its temporary one."""
    contact = f'<{agent.contact()}>;+sip.instance="<urn:uuid:1>";expires=600'
    reply = agent.ask("REGISTER", f"sip:{agent.user.domain}", [
        ("Contact", contact), ("Supported", "gruu")], to=agent.user.uri, call_id=call_id)
    equal(reply.code, 200, "REGISTER")
    return re.search(r';temp-gruu="([^"]+)"', reply.get("Contact"))[1]


def reaches(sender, phone, uri):
    request = sender.begin("MESSAGE", uri, [("Content-Type", "text/plain")], b"hello")
    got = phone.peer.expect("MESSAGE")
    equal(got.body, b"hello", "body")
    phone.answer(got, 200, "OK")
    equal(sender.final(request).code, 200, f"to {uri}")


@test("a temporary GRUU leads to the phone over {}, also after kill -9, until it registers anew",
      each=("udp", "tcp"), limit=60)
def temporary_gruu(world, transport):
    server, (caller, callee, *_) = world.own_server()
    phone, sender = world.agent(callee, transport, server), world.agent(caller, "tcp", server)
    first = register_instance(phone, "one")
    second, made = register_instance(phone, "one"), time.time()
    check(first != second and callee.name not in first, f"{first}, {second}")
    for uri in (first, second):
        reaches(sender, phone, uri)
    equal(server.ctl("gruus", "find", first)["user"], callee.aor, "lcsctl gruus find")
    pid, = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.server_pids() not in ([], [pid]) and
               server.try_ctl("status").returncode == 0, 15, "the server is there again")
    if transport == "udp":              # a connection would be gone
        sender = world.agent(caller, "tcp", server)
        reaches(sender, phone, first)
    else:
        phone, sender = world.agent(callee, "tcp", server), world.agent(caller, "tcp", server)
    yield 2             # bindings know the second in which they were made
    wait_until(lambda: time.time() >= made + 2, 5, "another second")
    third = register_instance(phone, "two")
    reaches(sender, phone, third)
    equal(sender.ask("MESSAGE", first, [("Content-Type", "text/plain")], b"x").code, 404, "the first one")
    equal(server.ctl("gruus", "find", first)["valid"], False, "it is over")
