"""Which way requests go to a client: down its own connection, whatever Contact or Via say
(S27, S28, S32), and where responses go by UDP (RFC 3581)."""
import os
import socket
import ssl
import time
import warnings

from lib import sip
from lib.agent import Agent, Call, TEXT
from lib.sdp import PLAIN
from lib.tap import SLACK, check, equal, test

STREAMS = ("tcp", "tls")
SDP = [("Content-Type", "application/sdp")]


def deliver(world, agent, body=b"by your own connection"):
    """A MESSAGE from somebody else; it must arrive at `agent` and be answered."""
    world.agent(world.user(), "udp").signed_in().deliver(agent, body)


@test("a client on {} with a UDP Contact gets requests on its connection, none by UDP",
      each=STREAMS)
def udp_contact(world, transport):
    user = world.user()
    stray = world.listener("udp")
    agent = world.agent(user, transport)
    contact = "<sip:%s@%s:%d>" % (user.name, *stray.local)
    equal(agent.register(contact=contact).code, 200, "REGISTER with a UDP Contact")
    deliver(world, agent)
    equal(stray.history, [], "messages at the UDP port of the Contact")


@test("a client on {} whose Via says UDP gets the responses on its connection", each=STREAMS)
def udp_via(world, transport):
    user = world.user()
    stray = world.listener("udp")
    agent = world.agent(user, transport)
    via = "SIP/2.0/UDP %s:%d;branch=%s" % (*stray.local, sip.branch())
    request = agent.send_request("OPTIONS", f"sip:{user.domain}", replace={"Via": via})
    equal(agent.final(request).code, 200, "OPTIONS")
    equal(stray.history, [], "messages at the UDP port of the Via")


@test("a call from a client on {} with a UDP Contact: the callee's BYE comes on its connection",
      each=STREAMS)
def udp_contact_dialog(world, transport):
    one, two = world.users(2)
    stray = world.listener("udp")
    caller, callee = world.agent(one, transport).signed_in(), world.agent(two, "udp").signed_in()
    contact = "<sip:%s@%s:%d>" % (one.name, *stray.local)
    caller.contact = lambda transport=None: contact.strip("<>")
    call = caller.invite(two.uri, PLAIN)
    request = callee.peer.expect("INVITE")
    reply = callee.answer(request, 200, "OK", SDP, PLAIN)
    call.accepted()
    callee.peer.expect("ACK")
    bye = Call.incoming(callee, request, reply).send("BYE")
    caller.answer(caller.peer.expect("BYE"), 200, "OK")
    equal(callee.final(bye).code, 200, "response to BYE")
    equal(stray.history, [], "messages at the UDP port of the Contact")


def fails_at_once(request, sender, code):
    begun = time.monotonic()
    equal(sender.final(request).code, code, "response at the sender")
    took = time.monotonic() - begun
    check(took < 1.0 * SLACK, f"it took {took:.2f} s")


@test("a client on {} whose connection ends before it has answered: 430 at once", each=STREAMS)
def ends_unanswered(world, transport):
    user = world.user()
    agent = world.agent(user, transport)
    equal(agent.register().code, 200, "REGISTER")
    sender = world.agent(world.user(), "udp").signed_in()
    request = sender.begin("MESSAGE", user.uri, TEXT, b"to nobody")
    agent.peer.expect("MESSAGE")
    agent.peer.close()
    fails_at_once(request, sender, 430)


@test("a next hop that the server has connected to, and that goes before it has answered: 500 at once")
def next_hop_goes(world):
    user = world.user()
    hop = world.listener("tcp")
    agent = world.agent(user, "udp")
    contact = "<sip:%s@%s:%d;transport=tcp>" % (user.name, *hop.local)
    equal(agent.register(contact=contact).code, 200, "REGISTER")
    sender = world.agent(world.user(), "tcp").signed_in()
    request = sender.begin("MESSAGE", user.uri, TEXT, b"to nobody")
    hop.expect("MESSAGE")
    hop.close()
    fails_at_once(request, sender, 500)


@test("while a {} client is connected, nothing is opened to the address in its Contact",
      each=STREAMS)
def no_new_connection(world, transport):
    user = world.user()
    trap = world.listener("tcp")
    agent = world.agent(user, transport)
    contact = "<sip:%s@%s:%d;transport=%s>" % (user.name, *trap.local, transport)
    equal(agent.register(contact=contact).code, 200, "REGISTER")
    for _ in range(3):
        deliver(world, agent)
    equal(trap.connections, 0, "connections to the Contact's address")


@test("a {} client that is gone: the sender gets an error soon", each=STREAMS)
def gone(world, transport):
    user = world.user()
    agent = world.agent(user, transport).signed_in()
    agent.peer.close()
    sender = world.agent(world.user(), "udp").signed_in()
    reply = sender.ask("MESSAGE", user.uri, TEXT, b"too late", seconds=5)
    check(400 <= reply.code < 600, f"MESSAGE to a client that is gone: {reply.start}")


@test("a client that comes back on a new {} connection gets requests there", each=STREAMS)
def new_connection(world, transport):
    user = world.user()
    old = world.agent(user, transport).signed_in()
    new = world.agent(user, transport)
    new.register_id, new.sequence = old.register_id, old.sequence
    contact = f"<{old.contact()}>"
    equal(new.register(contact=contact).code, 200, "REGISTER from the new connection")
    equal(len(world.server().endpoints(user)), 1, "bindings")
    old.peer.close()
    deliver(world, new)


@test("both users on one {} connection each get their own", each=STREAMS)
def shared_connection(world, transport):
    one, two = world.users(2)
    first = world.agent(one, transport).signed_in()
    second = Agent(first.peer, two).signed_in()
    deliver(world, second, b"for two")
    deliver(world, first, b"for one")


# -- UDP

@test("with rport a UDP response goes to the port it came from, received and rport say which")
def rport(world):
    user = world.user()
    stray = world.listener("udp")
    agent = world.agent(user, "udp")
    via = "SIP/2.0/UDP %s:%d;branch=%s;rport" % (*stray.local, sip.branch())
    request = agent.send_request("OPTIONS", f"sip:{user.domain}", replace={"Via": via})
    reply = agent.final(request)
    equal((sip.param(reply.get("Via"), "rport"), sip.param(reply.get("Via"), "received")),
          (str(agent.peer.local[1]), agent.peer.local[0]), "rport and received")
    equal(stray.history, [], "messages at the port in Via")


@test("without rport a UDP response goes to the port in Via")
def no_rport(world):
    user = world.user()
    other = world.listener("udp")
    agent = world.agent(user, "udp")
    via = "SIP/2.0/UDP %s:%d;branch=%s" % (*other.local, sip.branch())
    agent.send_request("OPTIONS", f"sip:{user.domain}", replace={"Via": via})
    equal(other.expect(range(200, 700)).code, 200, "OPTIONS answered at the port in Via")


@test("a UDP client behind an address translator is reached where its REGISTER came from")
def translated(world):
    user = world.user()
    agent = world.agent(user, "udp")
    contact = f"<sip:{user.name}@192.168.254.253:5060>"
    equal(agent.register(contact=contact).code, 200, "REGISTER with a private address")
    deliver(world, agent)


# -- roles

@test("the home role opens no UDP socket (S31)")
def home_has_no_udp(world):
    server = world.server("home")
    equal(server.port["udp"], None, "UDP port of a home server")
    sockets = udp_sockets([server.supervisor] + server.server_pids())
    equal(sockets, [], "UDP sockets bound by the home server")


def udp_sockets(pids):
    """Local addresses of the UDP sockets of these processes that receive from anybody."""
    inodes = set()
    for pid in pids:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except OSError:
                pass
    out = []
    for table in ("udp", "udp6"):
        with open(f"/proc/net/{table}") as f:
            for line in f.readlines()[1:]:
                words = line.split()
                if f"socket:[{words[9]}]" in inodes and words[2].endswith(":0000"):
                    out.append(words[1])
    return out


@test("the home server's certificate carries its domain, TLS 1.2 and 1.3 work, 1.1 does not")
def certificate(world):
    server = world.server("home")
    for version, works in ((ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, True),
                           (ssl.TLSVersion.TLSv1_1, False)):
        equal(handshake(server, version), works, f"handshake with {version.name}")


def handshake(server, version):
    context = ssl.create_default_context(cafile=server.ca)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    try:
        with socket.create_connection(server.at("tls"), 5) as s:
            with context.wrap_socket(s, server_hostname=server.domain):
                return True
    except ssl.SSLCertVerificationError:
        raise
    except (ssl.SSLError, ConnectionResetError):
        return False
