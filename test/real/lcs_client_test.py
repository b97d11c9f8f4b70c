"""pidgin-sipe, the LCS client: NTLM sign-in, signed messages both ways, what is refused."""
from lib import sipe
from lib.demo import ROOT
from lib.ports import free_port
from lib.tap import check, equal, test, wait_until
from lib.world import need

REFUSED = "2"               # libpurple's number for a failed authentication


def all_signed(client):
    """Everything the server sent since the sign-in is signed, but for provisional responses and
    challenges; and the client found every signature right."""
    trace = client.trace()
    check("is invalid" not in trace, "a signature was found invalid")
    blocks = trace.split("MESSAGE START <<<<<<<<<<")[1:]
    texts = [b.split("\n", 1)[1].split("MESSAGE END")[0] for b in blocks]
    for text in texts:
        bare = text.startswith("SIP/2.0 1") or text.startswith("SIP/2.0 401")
        equal("rspauth=" in text.split("\n\n")[0], not bare, f"signature of:\n{text[:200]}")
    return len(texts)


def pair(world, t1="tcp", t2="tcp"):
    """Two users of the shared server who are signed in."""
    one, two = world.users(2, "home-lcs")
    server = world.server("home-lcs")
    return (world.sipe(one, t1, server).wait_signed_on(),
            world.sipe(two, t2, server).wait_signed_on())


def signed_in(server, user):
    return [row for row in server.ctl("sa", "list") if row["user"] == user.aor]


@test("pidgin-sipe signs in over {} and off again", each=("tcp", "tls"), limit=40)
def sign_in(world, transport):
    user, server = world.user("home-lcs"), world.server("home-lcs")
    client = world.sipe(user, transport, server).wait_signed_on()
    rows = signed_in(server, user)
    equal([(r["scheme"], r["version"]) for r in rows], [("NTLM", 4)], "associations")
    equal(len(server.endpoints(user)), 1, "endpoints")
    client.command("sign-off")
    client.event("signed-off")
    check(all_signed(client) >= 3, "messages with signatures")
    wait_until(lambda: not signed_in(server, user), 5, "the association ends")


@test("a login written as {} signs in", limit=40, each=(
    "DOMAIN and name", "SIP domain and name", "an address", "a name alone"))
def logins(world, what):
    form = {"DOMAIN and name": "EXAMPLE\\{}", "SIP domain and name": "example.test\\{}",
            "an address": "{}@example.test", "a name alone": "{}"}[what]
    user, server = world.user("home-lcs"), world.server("home-lcs")
    world.sipe(user, "tcp", server, login=form.format(user.name)).wait_signed_on()
    equal(len(signed_in(server, user)), 1, "associations")


@test("an account of another name is the user's, once the administrator says so", limit=60)
def other_account(world):
    user, server = world.user("home-lcs"), world.server("home-lcs")
    login = "EXAMPLE\\x" + user.name
    check(world.sipe(user, "tcp", server, login=login).wait_failed(), "no reason")
    server.ctl("ntlm", "login", user.aor, login)
    world.sipe(user, "tcp", server, login=login).wait_signed_on()


@test("two pidgin-sipe clients over {} and {} write to each other", limit=60,
      each=[("tcp", "tcp"), ("tls", "tcp"), ("tls", "tls")])
def talk(world, t1, t2):
    alice, bob = pair(world, t1, t2)
    alice.im(bob.user.uri, "hello from one")
    bob.wait_im("hello from one", alice.user.uri)
    bob.im(alice.user.uri, "and back: Grüße")
    alice.wait_im("and back: Grüße", bob.user.uri)
    for i in range(5):
        alice.im(bob.user.uri, f"line {i}")
        bob.wait_im(f"line {i}")
    alice.command("typing", bob.user.uri, "on")
    bob.event("typing", alice.user.uri, "on")
    alice.command("close", bob.user.uri)
    for client in (alice, bob):
        check(all_signed(client) > 10, "messages with signatures")


@test("a wrong password is refused and said to be wrong", limit=40)
def wrong_password(world):
    user = world.user("home-lcs")
    client = world.sipe(user, "tcp", world.server("home-lcs"), password="wrong")
    equal(client.event("failed", seconds=15)[0], REFUSED, "libpurple's reason")


@test("a disabled user is told so, and one who is disabled later is out at once", limit=60)
def disabled(world):
    user, server = world.user("home-lcs"), world.server("home-lcs")
    client = world.sipe(user, "tcp", server).wait_signed_on()
    server.ctl("users", "disable", user.aor)
    check("User disabled" in client.wait_failed(), "it does not say why")
    wait_until(lambda: not signed_in(server, user), 5, "the association ends")
    check("User disabled" in world.sipe(user, "tcp", server).wait_failed(), "nor the next time")


@test("who is deleted or signed off by an administrator reads so, and only that endpoint "
      "goes", limit=90)
def signed_off(world):
    server = world.server("home-lcs")
    for words, told in ((("users", "delete"), "does not exist any more"),
                        (("endpoints", "drop"), "Signed off by an administrator")):
        user = world.user("home-lcs")
        client = world.sipe(user, "tcp", server).wait_signed_on()
        wait_until(lambda u=user: server.endpoints(u), 5, "the endpoint")
        server.ctl(*words, user.aor)
        check(told in (said := client.wait_failed()), f"{words}: it reads {said}")
        wait_until(lambda u=user: not signed_in(server, u), 5, "the association ends")
    client = world.sipe(user, "tcp", server).wait_signed_on()
    phone = world.agent(user, "tcp", server).signed_in()
    both = wait_until(lambda: len(e := server.endpoints(user)) == 2 and e, 5, "both endpoints")
    one = next(e for e in both if not e["user_agent"].startswith("Purple"))
    server.ctl("endpoints", "drop", user.aor, one["endpoint"])
    equal([e["user_agent"][:6] for e in server.endpoints(user)], ["Purple"], "who is left")
    phone.signed_in()                   # a standard client's connection is as it was
    check(signed_in(server, user), "the association of the endpoint that stays")


@test("a clock that is {} is told to the user of pidgin-sipe by name", limit=60, each=(
    "20 minutes slow", "20 minutes fast"))
def clock(world, off):
    need("faketime", "faketime")
    program = world.path("elsewhen")
    # what a faketime that was killed has left, when its process id comes round, is in the way
    program.write_text('#!/bin/sh\nexport FAKETIME_DONT_FAKE_MONOTONIC=1\n'
                       'rm -f /dev/shm/sem.faketime_sem_$$ /dev/shm/faketime_shm_$$\n'
                       f'exec faketime -f {"-" if "slow" in off else "+"}20m "$SIPE" "$@"\n')
    program.chmod(0o755)
    client = world.sipe(world.user("home-lcs"), "tcp", world.server("home-lcs"), program=program,
                        env={"SIPE": str(sipe.build(world.run.directory))})
    check("clock of this computer is wrong" in client.wait_failed(), "it does not say why")


@test("an unknown user is refused before a password is asked for", limit=40)
def unknown(world):
    user, server = world.user("home-lcs"), world.server("home-lcs")
    server.ctl("users", "delete", user.aor)
    client = world.sipe(user, "tcp", server)
    check("User does not exist" in client.wait_failed(), "it does not say why")
    check("WWW-Authenticate" not in client.trace(), "a challenge was spent")


TLS_ONLY = """#!lcs 1
#!define WITH_TLS_ONLY
#!define LCS_TLS_AT "sip:127.0.0.1:{port};transport=tls"
import "{root}/cfg/samples/home-lcs.cfg"
"""


@test("who comes by TCP where passwords go by TLS only is sent there", limit=60)
def sent_to_tls(world):
    config, port = world.path("tls.cfg"), free_port()
    config.write_text(TLS_ONLY.format(root=ROOT, port=port))
    server, (user, _, _) = world.own_server("home-lcs", transports=("tcp",), options=[
        "--config", str(config), "--tls-port", str(port)])
    client = world.sipe(user, "tcp", server).wait_signed_on()
    first, signed = client.trace().split("301 ", 1)
    check("uthorization:" not in first, "a password over TCP")
    check("WWW-Authenticate:" not in first and "WWW-Authenticate: NTLM" in signed,
          "no challenge over TLS")
    equal([c["transport"] for c in server.ctl("connections")], ["tls"], "connections")


SHORT = """#!lcs 1
import "{root}/cfg/samples/home-lcs.cfg"
modparam("auth_lcs", "lifetime", 2s)
modparam("registrar", "min_expires", 1s)
modparam("registrar", "default_expires", 3s)
modparam("registrar", "max_expires", 3s)
"""


@test("an association that has ended is made anew on the same connection", limit=60)
def renewed(world):
    config = world.path("short.cfg")
    config.write_text(SHORT.format(root=ROOT))
    server, (user, _, _) = world.own_server("home-lcs", transports=("tcp", "tls"),
                                            options=["--config", str(config)])
    client = world.sipe(user, "tcp", server).wait_signed_on()
    stats = lambda: {r["name"]: r["value"] for r in server.ctl("stats")}
    yield 6
    wait_until(lambda: stats().get("auth_lcs.accepted", 0) >= 3, 20, "it signs in twice more")
    check(stats()["auth_lcs.expired"] >= 2, "no REGISTER was signed with what had ended")
    check("failed\t" not in client.child.text, "the client was signed out")
    all_signed(client)
