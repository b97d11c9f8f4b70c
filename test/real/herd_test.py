"""All TLS clients of a server come back at the same moment after kill -9 (LCS_HERD of them;
10000 is the size the product is made for)."""
import os
import pathlib
import signal
import time

from lib.crowd import open_files
from lib.herd import Herd, size
from lib.kernel import is_dead
from lib.tap import SLACK, check, equal, test, wait_until

BACK_WITHIN_S = 60 * SLACK

CONFIG = """#!lcs 1
server_name = LCS_DOMAIN
alias = LCS_DOMAIN
listen = LCS_UDP
listen = LCS_TCP
listen = LCS_TLS
max_connections_per_address = 50000
loadmodule "tm"
loadmodule "sl"
loadmodule "rr"
loadmodule "auth"
loadmodule "auth_db"
loadmodule "usrloc"
loadmodule "registrar"
loadmodule "siputils"
module "tls" { certificate = LCS_CERTIFICATE; key = LCS_KEY; }
request_route {
    if (is_method("REGISTER")) {
        save("location");
        exit;
    }
    if (has_totag()) {
        if (loose_route()) t_relay();
        else if (!is_method("ACK")) sl_send_reply(481, "Call/Transaction Does Not Exist");
        exit;
    }
    if (is_method("OPTIONS")) {
        sl_send_reply(200, "OK");
        exit;
    }
    if (!lookup("location")) {
        sl_send_reply(404, "Not Found");
        exit;
    }
    record_route();
    t_relay();
}
"""


def open_server(world):
    """A server that asks nobody for a password."""
    config = pathlib.Path(world.path("herd.cfg"))
    config.write_text(CONFIG)
    server, users = world.own_server(options=["--config", str(config)])
    return server, users


def call_between(world, server, one, two):
    """A call by UDP that is up: the caller's side of it."""
    caller = world.agent(one, "udp", server).signed_in()
    callee = world.agent(two, "udp", server).signed_in()
    callee.peer.responder = lambda m: callee_answer(callee, m)
    call = caller.invite(two.uri)
    call.accepted()
    return call


def callee_answer(callee, m):
    if m.method == "ACK":
        return None
    callee.answer(m, 200, "OK")
    return None


@test("all TLS clients are registered again within a minute of kill -9, and a BYE gets through",
      limit=400)
def herd(world):
    open_files()
    server, users = open_server(world)
    call = call_between(world, server, users[0], users[1])
    crowd = world.add(Herd(server, size()))
    wait_until(lambda: crowd.done(1), 150 * SLACK, "all are registered", every=0.1)
    pid = server.server_pids()[0]
    os.kill(pid, signal.SIGKILL)
    start = time.monotonic()
    wait_until(lambda: is_dead(pid), 5, "the killed process ends", every=0.001)
    wait_until(lambda: sum(n > 1 for n in crowd.registered) > 10, 30, "the first are back", every=0.01)
    call.bye()
    wait_until(lambda: crowd.done(2), BACK_WITHIN_S, "all are registered again", every=0.05)
    took = time.monotonic() - start
    check(took < BACK_WITHIN_S, f"the last was back after {took:.1f} s")
    equal(crowd.refused, 0, "answers other than 200")
    print(f"# {size()} clients were back after {took:.1f} s", flush=True)
