"""A disk that is full or can no longer be written: 503 and never a false 200, a line in the
log, everything else goes on, and with room again registrations do, without a restart."""
import contextlib
import os
import pathlib
import signal
import sqlite3

from lib.agent import TEXT
from lib.disk import FileDisk, memory_disk
from lib.kernel import is_dead
from lib.tap import Failed, check, equal, test, wait_until

CANNOT = "cannot write"
AGAIN = "writes succeed again"


def server_on(world, make, *args, **how):
    """A server whose state directory is a file system of its own; and that."""
    directory = world.run.new_directory()
    disk = world.add(make(directory / "state", *args, world.path("disk")))
    server, users = world.own_server(directory=directory, inside=disk.inside(), **how)
    return disk, server, users


def lines(server, text):
    return server.log_lines(text)


class Ledger:
    """What was answered to whom: contacts that must be bound, and contacts that must not."""

    def __init__(self, agents):
        self.agents, self.bound, self.refused = agents, {}, set()
        self.count = 0

    def register(self, agent):
        """One REGISTER with a contact that was never used before; its code."""
        self.count += 1
        contact = f"sip:{agent.user.name}@127.0.0.1:{10000 + self.count}"
        reply = agent.register(contact=f"<{contact}>", expires=3000)
        check(reply.code in (200, 503), f"answer to REGISTER: {reply.code}")
        if reply.code == 200:
            check(any(contact in c for c in reply.all("Contact")),
                  "a 200 without the binding it confirms")
            self.bound.setdefault(agent.user.aor, set()).add(contact)
        else:
            check(reply.get("Retry-After"), "503 without Retry-After")
            self.refused.add(contact)
        return reply.code

    def round(self):
        return [self.register(agent) for agent in self.agents]

    def agrees(self, server):
        """The server has every binding that it confirmed and none that it refused."""
        for agent in self.agents:
            have = {row["contact"] for row in server.endpoints(agent.user)}
            equal(have, self.bound.get(agent.user.aor, set()),
                  f"bindings of {agent.user.name}, {len(self.refused)} refused in all")


@test("a full disk under sipp's registrations: 503 with Retry-After, one line in the log; "
      "with room again they are accepted, and after kill -9 what was confirmed is there",
      limit=90)
def full(world):
    disk, server, users = server_on(world, memory_disk, "8m", users=8)
    reader, writer, *rest = users
    ledger = Ledger([world.agent(u, "udp", server) for u in rest[:3]])
    equal(set(ledger.round()), {200}, "with room")
    reachable = world.agent(reader, "tcp", server).signed_in()
    sender = world.agent(writer, "udp", server).signed_in()
    pids = server.server_pids()

    load = world.sipp("register_or_503", rest[3:], server=server, calls=400, rate=50, limit_s=60)
    wait_until(lambda: counts(load) >= 50, 20, "sipp's first registrations")
    disk.fill()
    wait_until(lambda: set(ledger.round()) == {503}, 20, "every REGISTER is refused")
    request = sender.begin("MESSAGE", reader.uri, TEXT, b"the disk is full")
    reachable.answer(reachable.peer.expect("MESSAGE"), 200, "OK")
    equal(sender.final(request).code, 200, "MESSAGE while the disk is full")
    check(server.ctl("status")["store_healthy"] is False, "lcsctl health calls the store healthy")
    equal(len(lines(server, CANNOT)), 1, f"lines \"{CANNOT}\"")
    wait_until(lambda: counts(load) >= 250, 20, "sipp's registrations go on")

    disk.free()
    wait_until(lambda: set(ledger.round()) == {200}, 10, "every REGISTER is accepted again")
    equal(len(lines(server, AGAIN)), 1, f"lines \"{AGAIN}\"")
    load.succeed(400, 40)
    refused = load.text("messages").count("SIP/2.0 503 ")
    check(refused > 50, f"sipp saw {refused} refusals")
    equal(server.server_pids(), pids, "processes of the server")
    ledger.agrees(server)

    os.kill(pids[0], signal.SIGKILL)
    wait_until(lambda: is_dead(pids[0]), 2, "the killed process ends", every=0.001)
    equal(sender.ask("OPTIONS", f"sip:{server.domain}").code, 200, "OPTIONS after the restart")
    ledger.agrees(server)


@test("a file system that turned read-only: 503, one line in the log, who is signed in is "
      "reached; mounted anew it has what was confirmed", limit=60)
def read_only(world):
    disk, server, users = server_on(world, FileDisk, users=5)
    reader, writer, *rest = users
    ledger = Ledger([world.agent(u, "udp", server) for u in rest])
    equal(set(ledger.round()), {200}, "before the error")
    reachable = world.agent(reader, "tcp", server).signed_in()
    sender = world.agent(writer, "udp", server).signed_in()
    pids = server.server_pids()

    disk.break_medium()
    equal(set(ledger.round() + ledger.round()), {503}, "REGISTER on a read-only file system")
    request = sender.begin("MESSAGE", reader.uri, TEXT, b"nothing can be written")
    reachable.answer(reachable.peer.expect("MESSAGE"), 200, "OK")
    equal(sender.final(request).code, 200, "MESSAGE meanwhile")
    equal(len(lines(server, CANNOT)), 1, f"lines \"{CANNOT}\"")
    equal(server.server_pids(), pids, "processes of the server")
    ledger.agrees(server)

    server.stop()
    disk.mount_again()
    server.start_again()
    ledger.agrees(server)
    ledger.agents = [world.agent(u, "udp", server) for u in rest]      # its ports are others
    equal(set(ledger.round()), {200}, "mounted anew")
    ledger.agrees(server)


@test("a store that cannot be written at the start: the server does not run, and says why",
      limit=60)
def read_only_from_the_start(world):
    disk, server, _ = server_on(world, memory_disk, "8m")
    server.stop()
    disk.run("mount", "-o", "remount,ro", str(disk.directory))
    try:
        server.start_again()
    except Failed as e:
        check("read-only" in str(e).lower(), f"what demo says: {e}")
    else:
        raise Failed("the server runs with a store that it cannot write")
    disk.run("mount", "-o", "remount,rw", str(disk.directory))
    server.start_again()


def counts(load):
    try:
        return sum(load.counts())
    except (Failed, FileNotFoundError):
        return 0


@test("a copy that was made while the server ran is brought back: users, lists and rules are as then",
      limit=90)
def brought_back(world):
    server, (one, two, three) = world.own_server("home-lcs")
    store, kept = pathlib.Path(server.directory) / "state/lcs.db", world.path("copy")
    server.ctl("contacts", "set", one.aor, two.aor, "Two")
    server.ctl("acl", "set", one.aor, three.aor, "BD")
    world.agent(two, "tcp", server).signed_in()
    with contextlib.closing(sqlite3.connect(store)) as live, \
         contextlib.closing(sqlite3.connect(kept)) as copy:
        live.backup(copy)           # as "sqlite3 lcs.db .backup" does
    server.ctl("contacts", "remove", one.aor, two.aor)
    server.ctl("acl", "remove", one.aor, three.aor)
    server.ctl("users", "delete", three.aor)
    server.ctl("users", "add", f"late@{server.domain}", "secret")
    server.stop()
    for file in store.parent.glob("lcs.db-*"):
        file.unlink()
    store.write_bytes(kept.read_bytes())
    server.start_again()
    equal([c["contact"] for c in server.ctl("contacts", "show", one.aor)], [two.aor], "contacts")
    equal([(e["who"], e["rights"]) for e in server.ctl("acl", "show", one.aor)],
          [(three.aor, "BD")], "rules")
    names = [u["user"] for u in server.ctl("users", "list")]
    check(three.aor in names and f"late@{server.domain}" not in names, f"users: {names}")
    world.agent(three, "tcp", server).signed_in()
