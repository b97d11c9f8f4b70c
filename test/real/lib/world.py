"""What a test is given: servers, users that nobody else uses, clients; all ended with it."""
import contextlib
import itertools
import dataclasses
import pathlib
import secrets
import shutil

from .agent import Agent
from .baresip import Baresip
from .demo import Server
from .linphone import Linphone, LinphoneConsole
from .netcat import Netcat
from .peer import Peer
from .services import Service
from .sipe import Sipe
from .sipp import Sipp, TlsPipe
from .tap import Failed, Skip, equal

DOMAIN = "example.test"
# users of the shared servers; a test takes two or three and keeps them
POOL = {"carrier": 600, "home": 120, "home-lcs": 300}
# where services of tests that wait listen, beside those of others; the services' certificate has them
APART = ("127.0.0.2", "127.0.0.3")
# those would make an authority of their own each time
CERTIFIED = ("slapd", "samba-ad")


@dataclasses.dataclass
class User:
    name: str
    password: str
    domain: str = DOMAIN

    @property
    def aor(self):
        """As lcsctl wants it."""
        return f"{self.name}@{self.domain}"

    @property
    def uri(self):
        return f"sip:{self.aor}"


class Run:
    """Everything of one run of the suite: its directory and the servers tests share."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.servers, self.pools = {}, {}
        self.directories = 0
        self.stack, self.kept = contextlib.ExitStack(), {}
        self.first_pids = {}
        self.apart = list(APART)

    def new_directory(self):
        """For a server: its path is short, as that of a Unix socket has to be."""
        self.directories += 1
        return self.directory / f"s{self.directories}"

    def shared(self, role):
        """The server of this role that all tests use; carrier serves UDP too, home does not."""
        if role not in self.servers:
            users = make_users(POOL[role])
            self.pools[role] = users[:]
            transports = ("udp", "tcp", "tls") if role == "carrier" else ("tcp", "tls")
            try:
                server = Server(self.new_directory(), role, DOMAIN,
                                [(u.name, u.password) for u in users], transports)
                self.first_pids[role] = server.server_pids()
                self.servers[role] = server
            except Exception as e:
                self.servers[role] = e
        if isinstance(self.servers[role], Exception):
            raise self.servers[role]
        return self.servers[role]

    def build(self):
        """Start the first shared server before any test's time runs: that may build."""
        with contextlib.suppress(Exception):    # the tests that want it report the reason
            self.shared("carrier")

    def keep(self, key, make):
        """What make() returns, made once and ended (by stop or close) with the run."""
        if key not in self.kept:
            self.kept[key] = make()
            self.stack.callback(self.end, key)
        return self.kept[key]

    def authority(self):
        """The directory of the services' certificates."""
        return self.keep("pki", lambda: Service("pki", self.new_directory())).env["LCS_TEST_PKI"]

    def end(self, key):
        """End what is kept under key, if it is; whoever wants it again makes it anew."""
        thing = self.kept.pop(key, None)
        if thing:
            (getattr(thing, "stop", None) or thing.close)()

    def unharmed(self):
        """No shared server went down and was restarted while the tests ran."""
        for role, pids in self.first_pids.items():
            equal(self.servers[role].server_pids(), pids, f"processes of the {role} server")

    def close(self):
        self.stack.close()
        for server in self.servers.values():
            if isinstance(server, Server):
                server.stop()

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def make_users(count):
    return [User(f"u{i:03}", secrets.token_hex(8)) for i in range(count)]


def make_directory(path):
    """Tests with long lines may begin alike for as long as a name is."""
    for tried in itertools.chain([path], (path.with_name(f"{path.name}-{n}") for n in itertools.count(2))):
        try:
            tried.mkdir(parents=True)
            return tried
        except FileExistsError:
            pass


class World:
    """One test's view."""

    def __init__(self, run, name, waits=False):
        self.run, self.waits = run, waits
        self.apart, self.alone = None, False        # alone: others would want the same ports
        self.directory = make_directory(run.directory / name)
        self.stack = contextlib.ExitStack()
        self.count = 0
        self.own = []               # directories of servers of this test

    def close(self, keep):
        self.stack.close()
        if not keep:
            for directory in [self.directory] + self.own:
                shutil.rmtree(directory, ignore_errors=True)

    def add(self, thing):
        """Have thing.close() called when the test is over."""
        self.stack.callback(thing.close)
        return thing

    def path(self, name):
        self.count += 1
        return self.directory / f"{self.count:02}-{name}"

    # -- servers and users

    def server(self, role="carrier"):
        return self.run.shared(role)

    def own_server(self, role="carrier", users=3, directory=None, **how):
        """A server for this test alone, with its users."""
        made = make_users(users)
        server = Server(directory or self.run.new_directory(), role, DOMAIN,
                        [(u.name, u.password) for u in made], **how)
        self.stack.callback(server.stop)
        self.own.append(server.directory)
        return server, made

    def user(self, role="carrier"):
        """A user of the shared server that no other test has or had."""
        self.run.shared(role)
        if not self.run.pools[role]:
            raise Failed("the shared server's users are used up: POOL is to be larger")
        return self.run.pools[role].pop()

    def users(self, count, role="carrier"):
        return [self.user(role) for _ in range(count)]

    # -- clients

    def peer(self, transport, server=None, **how):
        """A bare socket to the server."""
        server = server or self.server()
        return self.add(Peer(transport, server.at(transport), ca=server.ca,
                             server_name=server.domain, log=self.path(f"peer-{transport}"), **how))

    def agent(self, user, transport="udp", server=None, algorithm=None, **how):
        return Agent(self.peer(transport, server, **how), user, algorithm)

    def listener(self, transport, address="127.0.0.1", port=0):
        """A bare socket that waits for the server to come to it."""
        return self.add(Peer(transport, bind=(address, port), log=self.path(f"listen-{transport}")))

    def baresip(self, user, transport, server=None, **how):
        need("baresip", "baresip-core")
        return self.add(Baresip(self.path(f"baresip-{user.name}"), user,
                                server or self.server(), transport, **how))

    def linphone(self, user, transport, server=None, **how):
        need("linphone-daemon", "linphone-cli")
        return self.add(Linphone(self.path(f"linphone-{user.name}"), user,
                                 server or self.server(), transport, **how))

    def linphonec(self, user, transport, server, friends, **how):
        need("linphonec", "linphone-cli")
        return self.add(LinphoneConsole(self.path(f"linphonec-{user.name}"), user, server, transport,
                                        friends, **how))

    def sipe(self, user, transport="tcp", server=None, **how):
        """pidgin-sipe; skipped where it is not installed."""
        return self.add(Sipe(self.path(f"sipe-{user.name}"), user, server or self.server("home"),
                             transport, **how))

    def sipp(self, scenario, users, transport="udp", server=None, target=None, keys=None, **how):
        """A running sipp scenario; over TLS by way of a pipe."""
        need("sipp", "sip-tester")
        server = server or self.server()
        keys = dict(keys or {}, domain=server.domain, via=transport.upper())
        if target is None and transport == "tls":
            target = self.add(TlsPipe(server)).address
        return self.add(Sipp(self.path(f"sipp-{scenario}"), scenario,
                             target or server.at(transport), "tcp" if transport == "tls" else
                             transport, users=users, keys=keys, **how))

    def netcat(self, transport, server=None):
        need("nc", "netcat-openbsd")
        need("openssl", "openssl")
        return self.add(Netcat(self.path(f"netcat-{transport}"), server or self.server(),
                               transport))

    def service(self, name, *args, own=True):
        """A shared service script's component; ended with the test, unless not its own."""
        more = {"LCS_TEST_PKI": self.run.authority()} if name in CERTIFIED else {}
        if not own:
            return Service(name, self.run.new_directory(), *args, more=more)
        if self.waits and not self.apart:
            self.go_apart()
        if self.apart:
            more["LCS_SVC_ADDR"] = self.apart
        return self.add(Service(name, self.path(name), *args, more=more))

    def go_apart(self):
        """To an address that no other test's services have, if there is one left."""
        self.alone = not self.run.apart
        if not self.alone:
            self.apart = self.run.apart.pop()
            self.stack.callback(self.run.apart.append, self.apart)


def need(command, package):
    if shutil.which(command) is None:
        raise Skip(f"no {command}: apt-get install --no-install-recommends {package}")
