"""Requests to other domains by DNS (S11): failover along SRV, weights, caching, and a dead
name server that nobody else may feel."""
import itertools
import socket
import statistics
import time

from lib import sip
from lib.agent import TEXT
from lib.demo import Server
from lib.ports import free_port, is_free
from lib.services import name_server
from lib.tap import SLACK, check, equal, patient_end, test, wait_until
from lib.world import DOMAIN, make_users

ZONE = "lcs.test"
_setups = itertools.count(1)
_part = ""                  # of the zone, for the test that runs
LOCAL_LIMIT_S = 0.1         # for local traffic while foreign names hang


def setup(world):
    """A name server, a server that asks it, and a user signed in there. The name server takes no
    record twice, and the server keeps answers: each test, and each try of it, has its own names."""
    global _part
    _part = f"part{next(_setups)}"
    dns = name_server(world)
    users = make_users(20)
    server = world.run.keep("dns-server", lambda: Server(
        world.run.new_directory(), "carrier", DOMAIN, [(u.name, u.password) for u in users],
        options=("--dns", dns.env["LCS_TEST_DNS"])))
    server.free_users = getattr(server, "free_users", users)
    agent = world.agent(server.free_users.pop(), "udp", server).signed_in()
    return dns, server, agent


def record(dns, owner, kind, *data):
    dns.run("set", ZONE, f"{owner}.{_part}", 300, kind, *data)


def zone():
    return f"{_part}.{ZONE}"


def host(dns, name, address):
    record(dns, name, "A", address)


def srv(dns, domain, transport, priority, weight, port, target):
    record(dns, f"_sip._{transport}.{domain}", "SRV", priority, weight, port, f"{target}.{_part}")


def answer(listener, code=200):
    """Take the next MESSAGE at a bare listener and answer it."""
    got = listener.expect("MESSAGE")
    listener.send(sip.response(got, code, "Answer", tag="there"))
    return got


@test("the first SRV target is dead ({}): the next one is used", each=("udp", "tcp"), limit=70)
def failover(world, transport):
    dns, server, agent = setup(world)
    live = world.listener(transport, "127.0.0.52")
    domain = f"fail-{transport}"
    host(dns, f"dead-{transport}", "127.0.0.51")
    host(dns, f"live-{transport}", "127.0.0.52")
    srv(dns, domain, transport, 10, 10, free_port("127.0.0.51"), f"dead-{transport}")
    srv(dns, domain, transport, 20, 10, live.local[1], f"live-{transport}")
    # Before it is asked: where ICMP says that nobody is at the first, this is a matter of 1 ms.
    live.responder = lambda m: sip.response(m, 200, "OK", tag="there")
    uri = f"sip:x@{domain}.{zone()}"
    request = agent.begin("MESSAGE", uri, TEXT, b"hello")
    yield 32 if transport == "udp" else 0       # silence is a failure after timer F
    got = live.expect("MESSAGE", 40)
    equal(got.body, b"hello", "body")
    equal(got.uri, uri, "Request-URI")
    equal(agent.final(request, 10).code, 200, "response")


@test("nobody is at the first SRV target's UDP port: ICMP says so, and sipp at the second "
      "answers MESSAGE and INVITE at once", limit=60)
def failover_icmp(world):
    dns, server, agent = setup(world)
    live, port = world.listener("udp", "127.0.0.60"), free_port("127.0.0.60")
    host(dns, "nobody", "127.0.0.61")
    host(dns, "somebody", "127.0.0.60")
    for domain, second in (("told", live.local[1]), ("called", port)):
        dead = free_port("127.0.0.61")
        srv(dns, domain, "udp", 10, 10, dead, "nobody")
        srv(dns, domain, "udp", 20, 10, second, "somebody")
    uas = world.sipp("answer", (), calls=1, port=port, bind="127.0.0.60")
    wait_until(lambda: not is_free(port, "127.0.0.60"), 10, "sipp listens")
    live.responder = lambda m: sip.response(m, 200, "OK", tag="there")

    before, start = undelivered(server), time.monotonic()
    request = agent.begin("MESSAGE", f"sip:x@told.{zone()}", TEXT, b"hello")
    equal(agent.final(request, 10).code, 200, "response to MESSAGE")
    call = agent.invite(f"sip:x@called.{zone()}")
    call.accepted(10)
    took = time.monotonic() - start
    call.bye()
    uas.succeed(1)
    check(took < 2 * SLACK, f"MESSAGE and call took {took:.2f} s; timers B and F are 32 s")
    equal(undelivered(server) - before, 2, "datagrams that ICMP says did not arrive")


def undelivered(server):
    """Reports of ICMP by now; each is counted before anything is done about it."""
    rows = server.ctl("stats", "show", "net.udp_undelivered", "true")
    return next(int(row["value"]) for row in rows if row["name"] == "net.udp_undelivered")


@test("the first SRV target says 503: the next one is used", limit=60)
def failover_503(world):
    dns, server, agent = setup(world)
    full, live = world.listener("udp", "127.0.0.53"), world.listener("udp", "127.0.0.54")
    host(dns, "full", "127.0.0.53")
    host(dns, "other", "127.0.0.54")
    srv(dns, "busy", "udp", 10, 10, full.local[1], "full")
    srv(dns, "busy", "udp", 20, 10, live.local[1], "other")
    request = agent.begin("MESSAGE", f"sip:x@busy.{zone()}", TEXT, b"hello")
    answer(full, 503)
    answer(live)
    equal(agent.final(request, 10).code, 200, "response (RFC 3263 4.3)")


@test("all SRV targets are dead: the sender gets 503 or 480 soon", limit=60)
def all_dead(world):
    dns, server, agent = setup(world)
    host(dns, "gone", "127.0.0.55")
    for priority in (10, 20):
        srv(dns, "none", "tcp", priority, 10, free_port("127.0.0.55"), "gone")
    reply = agent.ask("MESSAGE", f"sip:x@none.{zone()}", TEXT, b"hello", seconds=15)
    check(reply.code in (480, 503, 500, 408, 504), f"answered {reply.start}")


@test("a domain that does not exist gets an error soon, asked again it is not looked up",
      limit=60)
def negative_cache(world):
    dns, server, agent = setup(world)
    uri = f"sip:x@nonesuch.{zone()}"
    codes = [agent.ask("MESSAGE", uri, TEXT, b"x", seconds=10).code]
    first = questions(dns, "nonesuch")
    check(first > 0, "the name was not asked for")
    codes += [agent.ask("MESSAGE", uri, TEXT, b"x", seconds=10).code for _ in range(5)]
    check(all(c in (404, 478, 480, 500, 503, 604) for c in codes), f"answered {codes}")
    equal(questions(dns, "nonesuch"), first, "questions after five more requests")


def questions(dns, word):
    return len([line for line in dns.run("log").splitlines() if word in line])


@test("a found domain is asked for once while its records live", limit=60)
def positive_cache(world):
    dns, server, agent = setup(world)
    live = world.listener("udp", "127.0.0.56")
    host(dns, "kept", "127.0.0.56")
    srv(dns, "cache", "udp", 10, 10, live.local[1], "kept")
    counts = []
    for _ in range(5):
        request = agent.begin("MESSAGE", f"sip:x@cache.{zone()}", TEXT, b"x")
        answer(live)
        equal(agent.final(request, 10).code, 200, "response")
        counts.append(questions(dns, "cache"))
    equal(counts[-1], counts[0], "questions after the fifth request against the first")


@test("SRV weights 3:1 are kept over 400 requests", limit=60)
def weights(world):
    dns, server, agent = setup(world)
    heavy, light = world.listener("udp", "127.0.0.57"), world.listener("udp", "127.0.0.58")
    host(dns, "heavy", "127.0.0.57")
    host(dns, "light", "127.0.0.58")
    srv(dns, "share", "udp", 10, 30, heavy.local[1], "heavy")
    srv(dns, "share", "udp", 10, 10, light.local[1], "light")
    total = 400
    for i in range(total):
        request = agent.begin("MESSAGE", f"sip:x@share.{zone()}", TEXT, b"%d" % i)
        got = first_of([heavy, light])
        got.peer.send(sip.response(got, 200, "OK", tag="t"))
        equal(agent.final(request, 10).code, 200, "response")
    # 300 expected; 0.001 of fair choosers lie outside four standard deviations (35)
    check(265 <= len(heavy.history) <= 335, f"{len(heavy.history)} of {total} to the heavy one")


def first_of(listeners, seconds=5):
    end = patient_end(seconds)
    while time.monotonic() < end:
        for listener in listeners:
            with listener.change:
                if listener.inbox:
                    m = listener.inbox.pop(0)
                    m.peer = listener
                    return m
                listener.change.wait(0.002)
    check(False, "no target got the request")


@test("a name server that swallows questions delays no local traffic", limit=60)
def black_hole(world):
    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hole.bind(("127.0.0.1", 0))
    world.add(hole)
    server, users = world.own_server(users=3, options=("--dns", "127.0.0.1:%d" % hole.getsockname()[1]))
    stuck, one, two = (world.agent(u, "udp", server).signed_in() for u in users)
    lost = [stuck.begin("MESSAGE", f"sip:x@hole-{i}.example.net", TEXT, b"x") for i in range(40)]
    times = []
    for _ in range(50):
        start = time.monotonic()
        equal(one.ask("OPTIONS", f"sip:{server.domain}").code, 200, "OPTIONS")
        equal(one.register().code, 200, "REGISTER")
        request = one.begin("MESSAGE", users[2].uri, TEXT, b"local")
        two.answer(two.peer.expect("MESSAGE"), 200, "OK")
        equal(one.final(request).code, 200, "MESSAGE between local users")
        times.append(time.monotonic() - start)
    check(hole.recv(1500, socket.MSG_DONTWAIT), "the server never asked the name server")
    yield 7
    wait_until(lambda: "no name server answers" in server.log_text(), 30, "the log names the cause")
    for request in lost:
        check(stuck.final(request, 30).code >= 400, "a message to a name that nobody knows")
    # Forty names, one cause: once a minute is enough, and all forty end within one.
    equal(len(server.log_lines("no name server answers", 1)), 1, "lines that name the cause")
    # What is no name is refused without a server: that says nothing of them.
    check(one.ask("MESSAGE", "sip:x@a..b", TEXT, b"x").code >= 400, "a name with an empty label")
    check("answers again" not in server.log_text(), "the log says that a server answers, and none does")
    # a machine that is busy delays some; a worker that waits for the name server, all
    middle, most = statistics.median(times), max(times)
    check(middle < LOCAL_LIMIT_S * SLACK and most < 1 * SLACK,
          f"OPTIONS, REGISTER and MESSAGE took {middle:.3f} s, up to {most:.3f} s")


@test("answers that are late, lost once or SERVFAIL: the request still gets there or an error",
      limit=60)
def faults(world):
    dns, server, agent = setup(world)
    live = world.listener("udp", "127.0.0.59")
    host(dns, "shaky", "127.0.0.59")
    for name, action in (("late", ("delay", 300)), ("lost", ("drop1",))):
        srv(dns, name, "udp", 10, 10, live.local[1], "shaky")
        dns.run("fault", f"_sip._udp.{name}.{zone()}", "SRV", *action)
        request = agent.begin("MESSAGE", f"sip:x@{name}.{zone()}", TEXT, name.encode())
        equal(live.expect("MESSAGE", 10).body, name.encode(), f"MESSAGE with a {name} answer")
        live.send(sip.response(live.history[-1], 200, "OK", tag="t"))
        equal(agent.final(request, 10).code, 200, "response")
    dns.run("fault", f"*.bad.{zone()}", "*", "servfail")
    dns.run("fault", f"bad.{zone()}", "*", "servfail")
    reply = agent.ask("MESSAGE", f"sip:x@bad.{zone()}", TEXT, b"x", seconds=20)
    check(reply.code in (478, 480, 500, 503), f"SERVFAIL: {reply.start}")
