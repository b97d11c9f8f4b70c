"""Home servers of one domain: sip1, sip2 and so on of the name server's zone, at addresses of their
own and at the same ports, each with users who live there, mutual TLS between them."""
import os
import secrets

from .demo import ROOT, Server
from .ports import is_free, free_port
from .services import name_server
from .tap import Failed, wait_until
from .world import User

DOMAIN = "lcs.test"
CONFIG = """#!lcs 1
{before}#!redef LCS_NAME "sip{number}.{domain}"
#!define WITH_HOMES
#!define LCS_PEERS tls:{address}:{peers}
#!trydef LCS_PEER_PORT {peer_port}
#!define LCS_OTHERS "{others}"
#!define LCS_PEER_CA "{pki}/ca.pem"
import "{root}/cfg/samples/{role}.cfg"
{more}"""


def same_ports(addresses, count=3):
    """So many ports in a row that are free at all of these addresses."""
    for _ in range(1000):
        first = free_port(addresses[0], count)
        if all(is_free(first + i, a) for a in addresses for i in range(count)):
            return [first + i for i in range(count)]
    raise Failed("no ports that are free everywhere")


def name_of(number):
    return f"sip{number}.{DOMAIN}"


def address_of(number):
    return f"127.0.0.{10 + number}"


class Home(Server):
    """One of them. `name` is what the others (their numbers) know it by; `users` live there."""

    def __init__(self, world, number, ports, dns, pki, users=36, role="home-lcs", peer_port=None,
                 before="", more="", others=None):
        tcp, tls, peers = ports
        self.number, self.name, self.peers = number, name_of(number), peers
        self.own_address = address_of(number)
        self.users = [User(f"h{number}u{i:02}", secrets.token_hex(8), DOMAIN) for i in range(users)]
        self.pki = pki.env["LCS_TEST_PKI"]
        directory = world.run.new_directory()
        self._certify(pki, directory)
        config = directory / "home.cfg"
        config.write_text(CONFIG.format(number=number, domain=DOMAIN,
                                        others=",".join(map(name_of, others or [3 - number])),
                                        address=self.own_address, peers=peers, pki=self.pki,
                                        peer_port=peer_port or peers, root=ROOT, role=role,
                                        before=before, more=more))
        super().__init__(directory, role, DOMAIN, [(u.name, u.password) for u in self.users], (),
                         ["--config", str(config), "--address", self.own_address, "--dns",
                          dns.env["LCS_TEST_DNS"], "--tcp-port", str(tcp), "--tls-port", str(tls)])

    def _certify(self, pki, directory):
        """One certificate for both sides, where the set-up command keeps its own."""
        host = f"home{self.number}"
        pki.run("issue", host, f"{self.name},{DOMAIN},{self.own_address}")
        tls = directory / "tls"
        tls.mkdir(parents=True)
        for name, source in (("ca.pem", "ca.pem"), ("server.crt", f"hosts/{host}.pem"),
                             ("server.pem", f"hosts/{host}.full.pem"),
                             ("server.key", f"hosts/{host}.key")):
            os.symlink(f"{self.pki}/{source}", tls / name)
        (tls / "names").write_text(f"{DOMAIN} {self.own_address}\n")

    def user(self):
        return self.users.pop()

    def learn(self, users, home):
        """These live on that server."""
        for u in users:
            self.ctl("homes", "set", u.aor, home.name)

    def stat(self, name):
        return {r["name"]: r["value"] for r in self.ctl("stats")}.get(name, 0)

    def subscriptions(self, user):
        """Who watches this user, as this server keeps it."""
        return self.ctl("presence", "list", user.aor)

    def wait_stat(self, name, above, seconds=5):
        wait_until(lambda: self.stat(name) > above, seconds, f"{name} counts")


class Homes:
    """Two of them or more, and what they need; end with close()."""

    def __init__(self, world, dns, pki, count=2, **how):
        numbers = range(1, count + 1)
        ports = same_ports([address_of(n) for n in numbers])
        self.all = []
        try:
            for n in numbers:
                self.all.append(Home(world, n, ports, dns, pki,
                                     others=[o for o in numbers if o != n], **how))
        except Exception:
            self.close()
            raise
        self.one, self.two = self.all[:2]
        for home in self.all:
            for other in self.all:
                if other is not home:
                    home.learn(other.users, other)

    def close(self):
        for home in self.all:
            home.stop()


def services(world):
    """The name server and the authority of the whole run."""
    dns = name_server(world)
    pki = world.run.keep("pki", lambda: world.service("pki", own=False))
    return dns, pki


def shared(world):
    """The two that tests share."""
    return world.run.keep("homes", lambda: Homes(world, *services(world)))


def own(world, **how):
    """Some for this test alone, two if nothing else is said."""
    return world.add(Homes(world, *services(world), **how))
