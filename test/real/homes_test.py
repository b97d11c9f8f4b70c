"""Users of one domain on two home servers: what one asks of another is asked at the other's home,
straight and by mutual TLS, and whoever is not that server is not let in."""
import os
import signal
import socket
import ssl
import time

from contacts_test import keeps
from lib import homes, sip, sipe
from lib.agent import TEXT
from lib.gss import environment
from lib.kernel import is_dead
from lib.ports import free_port
from lib.tap import SLACK, check, equal, test, wait_until
from lib.wire import Capture, latencies, summary
from lib.world import User

PIDF_TYPE = "application/pidf+xml"
PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{uri}"><tuple id="t1"><status><basic>open</basic>\
</status><note>{note}</note></tuple></presence>"""


def agents(world, pair, t1="tcp", t2="tcp"):
    return (world.agent(pair.one.user(), t1, pair.one).signed_in(),
            world.agent(pair.two.user(), t2, pair.two).signed_in())


# -- messages and calls

@test("a message goes from {} at one home straight to {} at the other, and back", limit=60,
      each=[("tcp", "tls"), ("tls", "tcp")])
def messages(world, t1, t2):
    pair = homes.shared(world)
    alice, bob = agents(world, pair, t1, t2)
    got = alice.deliver(bob, b"there")
    vias = [v.split()[1].split(";")[0] for v in got.all("Via")]
    equal(vias[1], f"{pair.one.name}:{pair.one.peers}", "Via of the sender's home")
    equal(len(vias), 3, "the two homes and the client")
    bob.deliver(alice, b"and back")
    check(pair.two.stat("tls.peers_in") > 0 and pair.one.stat("tls.peers_in") > 0,
          "no connection of a peer was counted")


@test("baresip at one home and baresip at the other send each other messages and call", limit=90,
      each=[("tcp", "tls"), ("tls", "tcp")])
def baresips(world, t1, t2):
    pair = homes.shared(world)
    one, two = pair.one.user(), pair.two.user()
    alice = world.baresip(one, t1, pair.one, peers=[two]).wait_registered()
    bob = world.baresip(two, t2, pair.two, peers=[one]).wait_registered()
    alice.message(two.uri, "over there")
    bob.wait_message(b"over there")
    bob.message(one.uri, "and back")
    alice.wait_message(b"and back")
    for caller, callee, ends in ((alice, bob, bob), (bob, alice, bob)):
        caller.dial(callee.user.uri)
        callee.wait_incoming()
        caller.wait_ringing()
        callee.accept()
        caller.wait_established()
        callee.wait_established()
        ends.hangup()
        alice.wait_ended()
        bob.wait_ended()


@test("300 messages of sipp cross from one home to the other without a loss", limit=90)
def sipps(world):
    pair = homes.shared(world)
    one, two = pair.one.user(), pair.two.user()
    bob = world.agent(two, "tcp", pair.two).signed_in()
    bob.peer.responder = lambda m: sip.response(m, 200, "OK", tag="b") \
        if m.method == "MESSAGE" else None
    world.sipp("message", [one], "tcp", pair.one, keys={"to": two.name}, calls=300,
               rate=100).succeed(300)
    equal(sum(m.method == "MESSAGE" and m.is_request for m in bob.peer.history), 300, "messages")


RATE = int(os.environ.get("LCS_LATENCY_RATE", 200))     # messages a second
BUDGET_MS = {1: 5, 2: 20}


@test("a message takes {} ms through {} home server(s) at most, in the middle", limit=120,
      each=[(limit, homes_passed) for homes_passed, limit in BUDGET_MS.items()])
def latency(world, limit, passed):
    pair = homes.shared(world)
    far = pair.one if passed == 1 else pair.two
    sender, receiver = pair.one.user(), far.user()
    agent = world.agent(receiver, "tcp", far).signed_in()
    agent.peer.responder = lambda m: sip.response(m, 200, "OK", tag="b") \
        if m.method == "MESSAGE" else None
    wire = Capture(world, pair.one.port["tcp"])     # both have the same ports
    count = 5 * RATE
    world.sipp("message", [sender], "tcp", pair.one, keys={"to": receiver.name}, calls=count,
               rate=RATE, keeps_messages=False).succeed(count, 60)
    taken = latencies(wire.packets(), pair.one.at("tcp"), far.at("tcp"))
    check(len(taken) > 0.95 * count, f"{len(taken)} of {count} messages are in the capture")
    middle, late = summary(taken)
    print(f"# {count} messages at {RATE}/s through {passed}: median {middle:.2f} ms, "
          f"99th percentile {late:.2f} ms")
    check(middle < limit * SLACK, f"the median is {middle:.2f} ms")


# -- presence

def watch(watcher, uri, contact):
    reply = watcher.ask("SUBSCRIBE", uri, [("Event", "presence"), ("Expires", "600"),
                                           ("Accept", PIDF_TYPE)], replace={"Contact": contact})
    equal(reply.code, 200, "SUBSCRIBE")
    return notice(watcher)


def notice(watcher, seconds=10):
    note = watcher.peer.expect("NOTIFY", seconds)
    watcher.answer(note, 200, "OK")
    return note


def publish(agent, note):
    body = PIDF.format(uri=agent.user.uri, note=note).encode()
    reply = agent.ask("PUBLISH", agent.user.uri, [("Event", "presence"), ("Expires", "600"),
                                                  ("Content-Type", PIDF_TYPE)], body)
    equal(reply.code, 200, "PUBLISH")


@test("a subscription is kept by the home of whom it is about, and nowhere else", limit=60)
def kept_there(world):
    pair = homes.shared(world)
    for here, there in ((pair.one, pair.two), (pair.two, pair.one)):
        watcher = world.agent(here.user(), "tcp", here).signed_in()
        watched = world.agent(there.user(), "tls", there).signed_in()
        watch(watcher, watched.user.uri, f"<{watcher.contact()}>")
        publish(watched, "on the far side")
        check(b"on the far side" in notice(watcher).body, "the note is not in the NOTIFY")
        rows = there.subscriptions(watched.user)
        equal([r["watcher"] for r in rows], [watcher.user.aor], "watchers at the presentity's home")
        equal(here.subscriptions(watched.user), [], "watchers at the watcher's home")
        equal(here.ctl("presence", "list", "--watcher", watcher.user.aor), [],
              "subscriptions of the watcher at her home")


def lcs_client(world, home, **how):
    client = world.sipe(home.user(), "tcp", home, **how)
    client.wait_signed_on()
    wait_until(lambda: "<contactList" in client.trace(), 10, "the contact list")
    wait_until(lambda: "setPresence" in client.trace(), 10, "its first presence")
    return client


@test("pidgin-sipe users of two homes see each other and talk", limit=120)
def lcs_clients(world):
    pair = homes.shared(world)
    alice, bob = lcs_client(world, pair.one), lcs_client(world, pair.two)
    alice.command("add", bob.user.uri, "Friends")
    bob.command("add", alice.user.uri, "Friends")
    alice.wait_status(bob.user.uri, "available", seconds=20)
    bob.wait_status(alice.user.uri, "available", seconds=20)
    for status in ("busy", "away", "available"):
        bob.command("status", status, "far away")
        alice.wait_status(bob.user.uri, status)
        alice.command("status", status, "far away")
        bob.wait_status(alice.user.uri, status)
    alice.im(bob.user.uri, "over there")
    bob.wait_im("over there")
    bob.im(alice.user.uri, "and back")
    alice.wait_im("and back")
    check("is invalid" not in alice.trace() + bob.trace(), "a signature was found invalid")
    bob.child.signal(9)
    alice.wait_status(bob.user.uri, "offline")


@test("baresip at one home and pidgin-sipe at the other see each other", limit=90)
def mixed(world):
    pair = homes.shared(world)
    one = pair.one.user()
    bob = lcs_client(world, pair.two)
    bob.command("add", one.uri, "Friends")
    phone = world.baresip(one, "tls", pair.one, watches=[bob.user],
                          more=";pubint=600").wait_registered()
    wait_until(lambda: "Online" in str(phone.command("contacts")), 30, "contact Online")
    bob.wait_status(one.uri, "available", seconds=20)
    bob.command("status", "busy", "counting")
    wait_until(lambda: "Busy" in str(phone.command("contacts")), 30, "contact Busy")


# -- the watcher's home goes and comes back

def kill(home):
    pid = home.server_pids()[0]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_dead(pid), 2, "the killed process ends", every=0.001)


def restart(home):
    home.stop()
    home.start_again()


def connections_of(pair):
    """Between the two, as the second knows them by number."""
    return {c["id"] for c in pair.two.ctl("connections") if pair.one.own_address in c["remote"]}


@test("after {} of the watcher's home notifications go on without a new subscription", limit=150,
      each=("a restart", "kill -9"))
def goes_on(world, how):
    pair = homes.own(world, users=2)
    one, two = pair.one.user(), pair.two.user()
    watcher = world.agent(one, "tcp", pair.one)
    contact = f"<sip:{one.name}@127.0.0.1:{free_port()};transport=tcp>"
    equal(watcher.register(contact=contact).code, 200, "REGISTER")
    watched = world.agent(two, "tcp", pair.two).signed_in()
    dialog = watch(watcher, two.uri, contact).get("Call-ID")
    publish(watched, "before")
    check(b"before" in notice(watcher).body, "the note is not in the NOTIFY")
    before = connections_of(pair)
    kill(pair.one) if how == "kill -9" else restart(pair.one)
    # what is written to a connection before its end is noticed may be lost, whoever opened it
    wait_until(lambda: not before & connections_of(pair), 10, "the old connections are gone")
    publish(watched, "meanwhile")
    again = world.agent(one, "tcp", pair.one)
    equal(again.register(contact=contact).code, 200, "REGISTER after the restart")
    note = notice(again, 30)
    check(b"meanwhile" in note.body, "the state is not what it was")
    equal(note.get("Call-ID"), dialog, "the dialog")
    publish(watched, "afterwards")
    check(b"afterwards" in notice(again).body, "the next change")
    equal(len(pair.two.subscriptions(two)), 1, "subscriptions at the presentity's home")


@test("pidgin-sipe sees the other home again when it is back after kill -9 of its own", limit=120)
def lcs_comes_back(world):
    pair = homes.own(world, users=2)
    alice, bob = lcs_client(world, pair.one), lcs_client(world, pair.two)
    alice.command("add", bob.user.uri, "Friends")
    alice.wait_status(bob.user.uri, "available", seconds=20)
    keeps(pair.one, alice.user, bob.user.aor, ["Friends"])      # stored after bob is first seen
    kill(pair.one)
    alice.event("signed-off")
    bob.command("status", "busy", "counting")
    again = world.sipe(alice.user, "tcp", pair.one).wait_signed_on()
    again.wait_status(bob.user.uri, "busy", seconds=20)
    bob.command("status", "away", "gone")
    again.wait_status(bob.user.uri, "away", seconds=20)


@test("while the other home is down who writes there hears 504, and afterwards gets through", limit=90)
def other_is_down(world):
    pair = homes.own(world, users=2)
    alice, bob = agents(world, pair)
    pair.two.stop()
    equal(alice.ask("MESSAGE", bob.user.uri, TEXT, b"anybody?", seconds=40).code, 504, "MESSAGE")
    pair.two.start_again()
    back = world.agent(bob.user, "tcp", pair.two).signed_in()
    alice.deliver(back, b"there you are")


# -- more than two

def mesh(home):
    return {r["home"]: r for r in home.ctl("homes", "mesh")}


def wait_mesh(home, names, state, seconds=10):
    wait_until(lambda: all(mesh(home)[n]["state"] == state for n in names), seconds,
               f"{', '.join(names)} {state} at {home.name}: {mesh(home)}")


@test("five homes: each talks straight to each of the others, and lcsctl homes mesh says so",
      limit=180)
def five(world):
    run = homes.own(world, count=5, users=2, more='modparam("homing", "probe_every", 1s)\n')
    names = [h.name for h in run.all]
    wire = Capture(world, run.one.peers)
    people = [world.agent(h.user(), "tcp", h).signed_in() for h in run.all]
    for i, sender in enumerate(people):
        for j, receiver in enumerate(people):
            if i == j:
                continue
            got = sender.deliver(receiver, f"{i} to {j}".encode())
            vias = [v.split()[1].split(":")[0] for v in got.all("Via")]
            equal(vias[1:2], [names[i]], "Via between the sender's and the receiver's home")
            equal(len(vias), 3, "the two homes and the client")
    for i, watcher in enumerate(people):
        for j, watched in enumerate(people):
            if i != j:
                watch(watcher, watched.user.uri, f"<{watcher.contact()}>")
    for j, watched in enumerate(people):
        publish(watched, f"news of {j}")
        for i, watcher in enumerate(people):
            if i != j:
                check(f"news of {j}".encode() in notice(watcher).body, f"{i} does not see it of {j}")
    addresses = [h.own_address for h in run.all]
    equal(wire.pairs(), {(a, b) for a in addresses for b in addresses if a != b}, "who spoke to whom")
    for h in run.all:
        others = [n for n in names if n != h.name]
        wait_mesh(h, others, "up")
        rows = mesh(h)
        equal(sorted(rows), sorted(others), f"homes known to {h.name}")
        for n, row in rows.items():
            check(row["out"] > 0 and row["in"] > 0, f"connections between {h.name} and {n}: {row}")
            check(0 < row["round_trip_us"] < 5_000_000, f"round trip: {row}")
            check(row["certificate"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                  f"certificate: {row}")
            equal(row["users"], 2, f"users who live on {n}")
            check(row["address"].startswith(addresses[names.index(n)] + ":"), f"address: {row}")
    falls_and_comes_back(run, names)


def falls_and_comes_back(run, names):
    fallen, rest = run.all[4], run.all[:4]
    fallen.stop()
    for h in rest:
        wait_mesh(h, [fallen.name], "down", 20)
        wait_mesh(h, [n for n in names[:4] if n != h.name], "up")
        row = mesh(h)[fallen.name]
        equal((row["out"], row["in"], row["certificate"]), (0, 0, ""), "connections to who is down")
        check(row["why"] != "", "why it is down")
        equal(h.stat("homing.homes_up"), 3, "homes that answer")
        check(h.log_lines(f"home does not answer home={fallen.name}"), "it is not in the log")
    fallen.start_again()
    for h in rest:
        wait_mesh(h, [fallen.name], "up", 20)
        equal(len(h.log_lines(f"home answers home={fallen.name}", 2)), 2, "that it answers, in the log")


# -- who is let in

def knock(home, port, certificate=None, text=None):
    """Speak TLS with a certificate of that name (in the test authority's directory) or without one.
    The first line of the answer to text, or what the connection ends with."""
    context = ssl.create_default_context(cafile=f"{home.pki}/ca.pem")
    if certificate:
        context.load_cert_chain(f"{home.pki}/{certificate}.pem", f"{home.pki}/{certificate}.key")
    with socket.create_connection((home.own_address, port), 5) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=homes.DOMAIN) as tls:
                tls.settimeout(10)
                tls.sendall(text or request("OPTIONS", f"sip:{homes.DOMAIN}", "x", homes.DOMAIN))
                return (tls.recv(4096).split(b"\r\n")[0]).decode() or "closed"
        except (ssl.SSLError, ConnectionError) as e:
            return str(e)


def request(method, uri, user, domain):
    lines = [("Via", f"SIP/2.0/TLS 127.0.0.1:1;branch={sip.branch()}"), ("Max-Forwards", "70"),
             ("From", f"<sip:{user}@{domain}>;tag={sip.token()}"), ("To", f"<{uri}>"),
             ("Call-ID", sip.token(16)), ("CSeq", f"1 {method}")]
    return sip.build(f"{method} {uri} SIP/2.0", lines)


REFUSED = [("no certificate", None, "peer_without_certificate", "shows no certificate"),
           ("a certificate of another authority", "bad/untrusted", "peer_untrusted", "its certificate"),
           ("an expired certificate", "bad/expired", "peer_untrusted", "expired"),
           ("a certificate for servers only", "bad/serveronly", "peer_untrusted", "purpose"),
           ("a certificate with another name", "bad/wrongname", "peer_unknown", "other.example"),
           ("a certificate without a name", "bad/nosan", "peer_unknown", "no server in parameter peer"),
           ("the certificate of a server that is not named", "hosts/sip3", "peer_unknown",
            "sip3.lcs.test")]


@test("where peers come, who has {0} is refused, counted, and told of in the log", limit=60,
      each=[(what,) for what, *_ in REFUSED])
def refused(world, what):
    _, certificate, counter, reason = next(r for r in REFUSED if r[0] == what)
    home = homes.shared(world).one
    before = home.stat(f"tls.{counter}")
    said = len(home.log_text())

    def told():
        answer = knock(home, home.peers, certificate)
        check("SIP/2.0" not in answer, f"it was let in: {answer}")
        return any("peer refused" in line and reason in line
                   for line in home.log_text()[said:].splitlines())

    wait_until(told, 20, f"a log line with {reason!r}", every=1)    # one line a second is written
    home.wait_stat(f"tls.{counter}", before)


@test("where peers come, the other home's certificate is let in", limit=30)
def let_in(world):
    home = homes.shared(world).one
    equal(knock(home, home.peers, "hosts/home2").split()[0], "SIP/2.0", "an answer to OPTIONS")


@test("where clients come, {} is no hindrance", limit=30,
      each=("no certificate", "any certificate"))
def clients(world, what):
    home = homes.shared(world).one
    answer = knock(home, home.port["tls"], None if what == "no certificate" else "bad/untrusted")
    equal(answer, "SIP/2.0 200 OK", "OPTIONS")


@test("a server's certificate where clients come is worth nothing", limit=30)
def not_by_the_other_door(world):
    pair = homes.shared(world)
    text = request("MESSAGE", pair.one.user().uri, pair.two.user().name, homes.DOMAIN)
    answer = knock(pair.one, pair.one.port["tls"], "hosts/home2", text)
    equal(answer, "SIP/2.0 403 Signs in at another server", "MESSAGE of the other home's user")


@test("a peer speaks for its own users and for nobody else", limit=30)
def spoofing(world):
    pair = homes.shared(world)
    own, theirs = pair.one.user(), pair.two.user()
    receiver = world.agent(pair.one.user(), "tcp", pair.one).signed_in()
    before = pair.one.stat("homing.not_spoken_for")
    for name, domain in ((own.name, homes.DOMAIN), ("stranger", homes.DOMAIN),
                         (theirs.name, "elsewhere.example")):
        text = request("MESSAGE", receiver.user.uri, name, domain)
        equal(knock(pair.one, pair.one.peers, "hosts/home2", text),
              "SIP/2.0 403 Not a user of that server", f"From {name}@{domain}")
    check(pair.one.stat("homing.not_spoken_for") >= before + 2, "it is not counted")
    check(pair.one.log_lines(f"speaks for sip:{own.aor}"), "it is not in the log")
    text = request("REGISTER", f"sip:{homes.DOMAIN}", theirs.name, homes.DOMAIN)
    equal(knock(pair.one, pair.one.peers, "hosts/home2", text),
          "SIP/2.0 403 Only at the user's own server", "REGISTER")
    check(not receiver.peer.has("MESSAGE"), "a message got through")


class Single(homes.Home):
    """One of them alone."""

    def close(self):
        self.stop()


@test("a server that asks for no certificate is not talked to", limit=60)
def one_way(world):
    pair = homes.own(world, users=2)
    third = world.add(Third(world, pair))
    alice = world.agent(third.user(), "tcp", third).signed_in()
    equal(alice.ask("MESSAGE", pair.two.user().uri, TEXT, b"secret", seconds=40).code, 504, "MESSAGE")
    third.wait_stat("tls.peer_one_way", 0)
    check(third.log_lines("does not ask for our certificate"), "it is not in the log")


class Third(Single):
    """Takes the place of the first of the two, and looks for peers where clients come."""

    def __init__(self, world, pair):
        pair.one.stop()
        ports = [pair.one.port["tcp"], pair.one.port["tls"], pair.one.peers]
        super().__init__(world, 1, ports, *homes.services(world), users=2,
                         peer_port=pair.two.port["tls"])
        self.learn(pair.two.users, pair.two)


# -- asked once

SOAP = [("Content-Type", "application/SOAP+xml")]
MS = "http://schemas.microsoft.com/winrtc/2002/11/sip"


def soap(operation):
    return (f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="{MS}">'
            f"<s:Body>{operation}</s:Body></s:Envelope>").encode()


def get_presence(user):
    return soap(f'<m:getPresence><presentity uri="{user.uri}"/></m:getPresence>')


@test("getPresence of a user of the other home is answered by his home, as far as he allows it", limit=60)
def asked_once(world):
    pair = homes.shared(world)
    alice, bob = agents(world, pair)
    answer = alice.ask("SERVICE", bob.user.uri, SOAP, get_presence(bob.user))
    equal((answer.code, answer.get("Content-Type")), (200, "text/xml+msrtc.pidf"), "getPresence")
    check(b'<availability aggregate="200"' in answer.body, f"he is not there: {answer.body}")
    nobody = User("nobody-there", "x", homes.DOMAIN)
    pair.one.learn([nobody], pair.two)
    equal(alice.ask("SERVICE", nobody.uri, SOAP, get_presence(nobody)).code, 404, "of nobody")

    def seen():
        answer = alice.ask("SERVICE", bob.user.uri, SOAP, get_presence(bob.user))
        online = b'<availability aggregate="0"' not in answer.body
        return answer.code, answer.code != 200 or ("online" if online else "offline")

    for rights, code in (("BA", 200), ("DA", 403)):
        pair.two.ctl("acl", "set", bob.user.aor, alice.user.aor, rights)
        wait_until(lambda: seen() == (code, code != 200 or "offline"), 10, f"the answer with {rights}")
    # What only the user himself may do is not done for another home's, either.
    change = soap(f'<m:setPresence><m:presentity m:uri="{bob.user.uri}"><m:availability m:aggregate="0"/>'
                  '<m:activity m:aggregate="0"/></m:presentity></m:setPresence>')
    equal(alice.ask("SERVICE", bob.user.uri, SOAP, change).code, 403, "setPresence of another")


@test("getPresence of a user whose home does not answer gets 504", limit=60)
def asked_in_vain(world):
    pair = homes.own(world, users=2)
    alice = world.agent(pair.one.user(), "tcp", pair.one).signed_in()
    bob = pair.two.user()
    pair.two.stop()
    answer = alice.ask("SERVICE", bob.uri, SOAP, get_presence(bob), seconds=40)
    equal((answer.code, answer.reason), (504, "That user's server does not answer"), "getPresence")


# -- who lives elsewhere is sent there

@test("pidgin-sipe that is pointed at the other home ends registered at its own", limit=60)
def redirected(world):
    pair = homes.shared(world)
    user = pair.two.user()
    hosts = world.path("hosts")
    hosts.write_text("127.0.0.1 localhost\n" + "".join(
        f"{h.own_address} {h.name}\n" for h in (pair.one, pair.two)))
    program = world.path("elsewhere")
    program.write_text("#!/bin/sh\nexec unshare -m --propagation private sh -c 'mount --bind \"$HOSTS\" "
                       "/etc/hosts; exec \"$SIPE\" \"$@\"' sh \"$@\"\n")
    program.chmod(0o755)
    client = world.sipe(user, "tcp", pair.one, program=program, env={
        "SIPE": str(sipe.build(world.run.directory)), "HOSTS": str(hosts)}).wait_signed_on()
    first = client.trace().split("301 ", 1)[0]
    check("WWW-Authenticate" not in first, "the wrong home asked for a password")
    equal(len(pair.two.endpoints(user)), 1, "endpoints at the user's home")
    equal(pair.one.endpoints(user), [], "endpoints at the other")


@test("REGISTER by {} is sent to the same transport of the right home; nothing else is redirected",
      limit=30, each=("tcp", "tls"))
def right_contact(world, transport):
    pair = homes.shared(world)
    stray = world.agent(pair.two.user(), transport, pair.one)
    reply = stray.register()
    equal(reply.code, 301, "REGISTER")
    equal(reply.get("Contact"),
          f"<sip:{pair.two.name}:{pair.two.port[transport]};transport={transport}>", "Contact")
    equal(stray.ask("MESSAGE", pair.one.user().uri, TEXT, b"x").code, 403, "MESSAGE")


@test("who lives elsewhere by the directory ({}) is sent there, and by lcsctl brought back", limit=90,
      each=("msRTCSIP-HomeServerString", "msRTCSIP-PrimaryHomeServer"))
def by_directory(world, attribute):
    dns, pki = homes.services(world)
    with environment({"LCS_LDAP_USERS": "10", "LCS_TEST_PKI": pki.env["LCS_TEST_PKI"]}):
        env = world.service("slapd").env
    params = {"uri": env["LCS_TEST_LDAPS_URI"], "base": env["LCS_TEST_LDAP_BASE"], "interval": 1,
              "bind_dn": env["LCS_TEST_LDAP_BIND_DN"], "password": env["LCS_TEST_LDAP_BIND_PW"],
              "ca": env["LCS_TEST_CA"], "home": attribute}
    home = world.add(Single(world, 1, homes.same_ports(["127.0.0.11"]), dns, pki, users=1,
                            before="#!define WITH_DIRECTORY\n", more="".join(
        f'modparam("dirsync", "{k}", {v if k == "interval" else chr(34) + v + chr(34)})\n'
        for k, v in params.items())))

    def homed(words):
        return next((u for u in home.ctl("users", "list") if words in u["home"]), None)

    wait_until(lambda: homed("sip2."), 30, "a user who lives on sip2 by the directory")
    user = User(homed("sip2.")["user"].split("@")[0], "x", homes.DOMAIN)
    stray = world.agent(user, "tcp", home)
    reply = stray.register()
    equal((reply.code, reply.get("Contact").split(":")[1]), (301, "sip2.lcs.test"), "REGISTER")
    local = world.agent(home.user(), "tcp", home).signed_in()
    equal(local.ask("MESSAGE", user.uri, TEXT, b"nobody there", seconds=40).code, 504, "MESSAGE")
    seen = home.ctl("trace", "show", "--user", local.user.aor, "--level", "values")
    rules = [s["value"] for r in seen["runs"] for s in r["steps"] if s["text"] == "next_home($ru)"]
    equal(rules, ['"director"...'], "the rule in the trace, which keeps eight characters of a text")
    home.ctl("homes", "set", user.aor, home.name)
    equal(stray.register(password="wrong").code, 401, "REGISTER when lcsctl says otherwise")
