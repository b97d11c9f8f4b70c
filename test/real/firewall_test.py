"""S28 between real hosts: the clients' firewalls let nothing in but answers to what went
out, and INVITE and MESSAGE arrive all the same, on the connection each client made."""
import json
import os
import subprocess

from lib.agent import Agent
from lib.demo import Server
from lib.peer import Peer
from lib.sdp import PLAIN
from lib.tap import PATIENCE, Skip, check, equal, test
from lib.world import DOMAIN, make_users, need

# In the client's own host: what is not a reply to the client is counted and dropped.
RULES = """
table inet lcs_real {
    counter refused { }
    chain input {
        type filter hook input priority 0; policy drop;
        iif lo accept
        ct state established,related accept
        ip6 nexthdr icmpv6 accept
        counter name refused drop
    }
}
"""
SERVER_HOST, CLIENT_HOSTS = 1, (2, 3)


class Hosts:
    """Three hosts of hosts.sh: a server on the first, firewalls on the other two."""

    def __init__(self, world):
        if os.geteuid() != 0:
            raise Skip("network namespaces take root")
        need("nft", "nftables")
        need("ip", "iproute2")
        self.service = world.service("hosts", 3, own=False)
        self.net, self.prefix = (self.service.env["LCS_TEST_HOST_NET"],
                                 self.service.env["LCS_TEST_HOST_NS"])
        for host in CLIENT_HOSTS:
            self.nft(host, "-f", "-", input=RULES)
        self.users = make_users(32)
        self.server = Server(world.run.new_directory(), "carrier", DOMAIN,
                             [(u.name, u.password) for u in self.users],
                             options=("--address", self.address(SERVER_HOST)),
                             netns=self.netns(SERVER_HOST))

    def netns(self, host):
        return f"{self.prefix}{host}"

    def address(self, host):
        return f"{self.net}.{host}.2"

    def place(self, host):
        """Where a client is: arguments for the client classes."""
        return {"netns": self.netns(host), "bind": self.address(host)}

    def nft(self, host, *args, input=None):
        argv = ["ip", "netns", "exec", self.netns(host), "nft", *args]
        done = subprocess.run(argv, capture_output=True, text=True, input=input, timeout=PATIENCE * 10)
        if done.returncode != 0:
            raise Skip(f"nft does not work here: {done.stderr.strip()[:200]}")
        return done.stdout

    def refused(self, host):
        """Packets the host's firewall dropped."""
        listing = json.loads(self.nft(host, "-j", "list", "counter", "inet", "lcs_real", "refused"))
        return next(o["counter"]["packets"] for o in listing["nftables"] if "counter" in o)

    def close(self):
        try:
            self.server.stop()
        finally:
            self.service.close()


def hosts(world):
    return world.run.keep("hosts", lambda: Hosts(world))


@test("the firewall of a client's host works: the server's host cannot connect to it")
def firewall_works(world):
    h = hosts(world)
    before = h.refused(2)
    probe = subprocess.run(["ip", "netns", "exec", h.netns(SERVER_HOST), "timeout", "1", "bash",
                            "-c", f"echo >/dev/tcp/{h.address(2)}/5060"], capture_output=True)
    check(probe.returncode != 0, "the server's host could connect")
    check(h.refused(2) > before, "the firewall counted nothing")


@test("behind firewalls, over {}: MESSAGE and INVITE arrive on the client's own connection",
      each=("tcp", "tls", "udp"), limit=40)
def bare(world, transport):
    h = hosts(world)
    one, two = h.users.pop(), h.users.pop()
    caller = agent(world, h, one, transport, 2)
    callee = agent(world, h, two, transport, 3)
    before = [h.refused(host) for host in CLIENT_HOSTS]
    request = caller.begin("MESSAGE", two.uri, [("Content-Type", "text/plain")], b"in")
    callee.answer(callee.peer.expect("MESSAGE"), 200, "OK")
    equal(caller.final(request).code, 200, "MESSAGE")
    call = caller.invite(two.uri, PLAIN)
    callee.answer(callee.peer.expect("INVITE"), 200, "OK",
                  [("Content-Type", "application/sdp")], PLAIN)
    call.accepted()
    callee.peer.expect("ACK")
    bye = call.send("BYE")
    callee.answer(callee.peer.expect("BYE"), 200, "OK")
    equal(caller.final(bye).code, 200, "BYE")
    equal([h.refused(host) for host in CLIENT_HOSTS], before, "packets the firewalls dropped")


def agent(world, h, user, transport, host):
    peer = Peer(transport, h.server.at(transport), ca=h.server.ca, server_name=DOMAIN,
                bind=(h.address(host), 0), netns=h.netns(host),
                log=world.path(f"peer-h{host}-{transport}"))
    return Agent(world.add(peer), user).signed_in()


@test("behind firewalls: baresip over {0} and linphone over {1} message and call each other",
      each=[("tcp", "tls"), ("tls", "tcp")], limit=60)
def clients(world, t1, t2):
    h = hosts(world)
    one, two = h.users.pop(), h.users.pop()
    bare = world.baresip(one, t1, h.server, peers=[two], **h.place(2)).wait_registered()
    lin = world.linphone(two, t2, h.server, **h.place(3)).wait_registered()
    bare.message(two.uri, "through the wall")
    lin.wait_message("through the wall")
    lin.message(one.uri, "and back")
    bare.wait_message(b"and back")
    syn = [h.refused(host) for host in CLIENT_HOSTS]
    for caller, callee in ((bare, lin), (lin, bare)):
        caller.dial(callee.user.uri)
        callee.wait_incoming()
        caller.hangup()
        callee.wait_ended()
        caller.wait_ended()
    equal([h.refused(host) for host in CLIENT_HOSTS], syn, "packets the firewalls dropped")


@test("a client behind a firewall whose connection is gone: the sender is told, nobody connects",
      limit=40)
def gone(world):
    h = hosts(world)
    one, two = h.users.pop(), h.users.pop()
    sender = agent(world, h, one, "tls", 2)
    receiver = agent(world, h, two, "tcp", 3)
    receiver.peer.close()
    before = h.refused(3)
    reply = sender.ask("MESSAGE", two.uri, [("Content-Type", "text/plain")], b"x", seconds=10)
    check(400 <= reply.code < 600, f"answered {reply.start}")
    equal(h.refused(3), before, "packets the firewall dropped")
