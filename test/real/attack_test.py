"""Who wants the server's memory or time for himself: bounded memory, and everybody else is
served as at any other time."""
import contextlib
import socket
import time

from lib import sip
from lib.agent import TEXT
from lib.crowd import Crowd, open_files, pss_kb
from lib.tap import PATIENCE, SANITIZED, SLACK, Failed, check, equal, test, wait_until

SOON_S = 1.0 * SLACK        # how long anybody else may have to wait for an answer meanwhile
IDLE = 20000                    # or what the limit of open files leaves, which holds for the server, too
IDLE_KB = 6.0                   # of server memory for a connection that has said something


def options_bytes(agent, branch=None, call_id=None):
    user, via = agent.user, agent.via()
    lines = [("Via", via if branch is None else via.replace(sip.param(via, "branch") or "", branch)),
             ("Max-Forwards", "70"), ("From", f"<{user.uri}>;tag=1"),
             ("To", f"<sip:{user.domain}>"), ("Call-ID", call_id or sip.token(16)),
             ("CSeq", "1 OPTIONS")]
    return sip.build(f"OPTIONS sip:{user.domain} SIP/2.0", lines)


def sent_again(ask):
    """What ask(seconds) returns. Where thousands of datagrams come one may be lost: clients send it
    again."""
    for _ in range(2):
        with contextlib.suppress(Failed):
            return ask(1)
    return ask(5)


def served(world, server, user, transport="udp"):
    """A bystander signs in and is answered, and soon."""
    agent = world.agent(user, transport, server)

    def signs_in(seconds):
        start = time.monotonic()
        agent.signed_in(seconds=seconds)
        reply = agent.ask("OPTIONS", f"sip:{server.domain}", seconds=seconds)
        equal(reply.code, 200, "OPTIONS of a bystander")
        return time.monotonic() - start

    took = sent_again(signs_in)
    check(took < SOON_S, f"a bystander had to wait {took:.2f} s")
    agent.peer.close()


def stat(server, name):
    """A statistic's value."""
    rows = server.ctl("stats", "show", name, "true")
    return next(int(r["value"]) for r in rows if r["name"] == name)


def unchanged(server, pids):
    equal(server.server_pids(), pids, "processes of the server: it was restarted")


# -- connections

@test("up to 20,000 idle connections cost little and hold up nobody", limit=170)
def idle(world):
    server, users = world.own_server()
    pids, before = server.server_pids(), pss_kb(server.server_pids())
    count = min(IDLE, open_files() - 1000)
    check(count >= 500, f"only {open_files()} open files are allowed here")
    crowd = world.add(Crowd(server.at("tcp"), count))
    crowd.send(b"\r\n\r\n")
    wait_until(lambda: stat(server, "net.connections_now") >= count, 20, "all are connected")
    for transport in ("udp", "tcp", "tls"):
        served(world, server, users[0], transport)
    each = (pss_kb(pids) - before) / count
    check(SANITIZED or each < IDLE_KB, f"{each:.1f} kB for an idle connection")
    crowd.close()
    wait_until(lambda: stat(server, "net.connections_now") < 10, 20, "all are gone")
    served(world, server, users[1], "tcp")
    unchanged(server, pids)


@test("2,000 clients that send a byte now and then are closed in time, others are served", limit=90)
def slowloris(world):
    server, users = world.own_server(options=["--set", "half_message_timeout=3s"])
    pids = server.server_pids()
    crowd = world.add(Crowd(server.at("tcp"), 2000))
    begun = time.monotonic()
    for b in b"OPTIONS sip:x SIP/2.0\r\nVia: ":
        crowd.send(bytes([b]))
        if time.monotonic() - begun > 1:
            served(world, server, users[0], "tcp")
    served(world, server, users[1], "udp")
    wait_until(lambda: stat(server, "net.half_closed") >= 2000, 20 * SLACK,
               "clients that never finish are closed")
    served(world, server, users[0], "tls")
    unchanged(server, pids)


@test("10,000 connections that come and go leave nothing behind", limit=120)
def churn(world):
    server, users = world.own_server()
    pids = server.server_pids()

    def come_and_go(count):
        for i in range(count):
            with socket.create_connection(server.at("tcp"), PATIENCE * 5) as s:
                if i % 2:
                    s.sendall(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP x")
        wait_until(lambda: stat(server, "net.connections_now") < 10, 10 * SLACK, "all are gone")

    come_and_go(2000)           # first, all that is allocated once
    before = pss_kb(pids)
    come_and_go(8000)
    served(world, server, users[0], "tcp")
    grown = pss_kb(pids) - before
    check(SANITIZED or grown < 1500, f"8,000 connections left {grown} kB behind")
    unchanged(server, pids)


# -- messages

@test("a MESSAGE that comes 3,000 times reaches its user once", limit=60)
def storm(world):
    server, (one, two, three) = world.own_server()
    sender = world.agent(one, "udp", server).signed_in()
    receiver = world.agent(two, "tcp", server).signed_in()
    request = sender.begin("MESSAGE", two.uri, TEXT, b"once")
    receiver.answer(receiver.peer.expect("MESSAGE"), 200, "OK")
    equal(sender.final(request).code, 200, "MESSAGE")
    for i in range(3000):
        sender.peer.send(request.raw)
        if i % 1000 == 500:
            served(world, server, three, "udp")
    served(world, server, three, "tcp")
    reply = sent_again(lambda seconds: sender.ask("OPTIONS", f"sip:{server.domain}", seconds=seconds))
    equal(reply.code, 200, "OPTIONS afterwards")
    arrived = [m for m in receiver.peer.history if m.method == "MESSAGE" and m.is_request]
    equal(len(arrived), 1, "copies that reached the user")


@test("10,000 responses that nobody asked for go nowhere", limit=60)
def spoofed(world):
    server, (one, two, _) = world.own_server()
    pids = server.server_pids()
    victim = world.agent(two, "udp", server).signed_in()
    before = len(victim.peer.history)
    liar = world.agent(one, "udp", server)
    host, port = server.at("udp")
    for i in range(10000):
        lines = [("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{sip.token(20)}"),
                 ("Via", f"SIP/2.0/UDP {victim.hostport()};branch=z9hG4bK{i}"),
                 ("From", f"<{two.uri}>;tag=1"), ("To", f"<{one.uri}>;tag=2"),
                 ("Call-ID", sip.token(12)), ("CSeq", "1 INVITE")]
        liar.peer.send(sip.build("SIP/2.0 200 OK", lines))
    served(world, server, one, "udp")
    reply = sent_again(lambda seconds: victim.ask("OPTIONS", f"sip:{server.domain}", seconds=seconds))
    equal(reply.code, 200, "OPTIONS of the victim")
    forged = [m.start for m in victim.peer.history[before:]
              if not m.is_request and m.cseq()[1] == "INVITE"]
    equal(len(forged), 0, "responses to requests that nobody sent")
    unchanged(server, pids)


@test("a REGISTER with 1,000 contacts is refused, whole, over {}", each=("udp", "tcp"), limit=40)
def many_contacts(world, transport):
    server, (one, two, _) = world.own_server()
    agent = world.agent(one, transport, server)
    many = ", ".join(f"<sip:u{i}@h{i}.test>" for i in range(1000))
    reply = agent.register(contact=many)
    check(reply.code in (400, 403, 413, 503, 513), f"answered {reply.start}")
    equal(server.endpoints(one), [], "bindings afterwards")
    served(world, server, two, transport)


@test("200 INVITEs that their caller forgets hold up nobody and end", limit=120)
def forgotten(world):
    server, (one, two, three) = world.own_server()
    callee = world.agent(two, "udp", server).signed_in()
    caller = world.agent(one, "tcp", server).signed_in()
    for _ in range(200):
        caller.begin("INVITE", two.uri)
    callee.peer.expect("INVITE")
    caller.peer.close()
    served(world, server, three, "udp")
    yield 64    # nobody answers: timer B ends them after 32 s, and nobody sends the ACK: timer H
    wait_until(lambda: stat(server, "tm.active") == 0, 75, "all transactions have ended", every=0.5)


@test("a branch that comes with ever new Call-IDs is one transaction each, no more", limit=40)
def same_branch(world):
    server, (one, two, _) = world.own_server()
    agent = world.agent(one, "udp", server)
    branch = sip.branch()
    for i in range(500):
        agent.peer.send(options_bytes(agent, branch, call_id=f"{i}-{sip.token(8)}"))
    served(world, server, two, "udp")
    wait_until(lambda: len([m for m in agent.peer.history if m.code == 200]) >= 500, 10,
               "each has its own answer")
