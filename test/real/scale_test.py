"""What one home server is made for: thousands of users who watch twenty others each, change their
state and write; views are compared, also around kill -9; all sign in at once by NTLM.

LCS_CROWD users (10,000 in ./utils/check soak) and LCS_CROWD_SECONDS of load."""
import os
import random
import signal

from lib.cgroup import Fence
from lib.kernel import is_dead
from lib.scale import Crowd, Gauge, open_server
from lib.tap import SANITIZED, SLACK, Failed, check, equal, test, wait_until     # SLACK: a slow machine, or a sanitizer's build

CONTACTS = 20
SECONDS = float(os.environ.get("LCS_CROWD_SECONDS", "12"))
LIMIT_KB = 512 * 1024           # of 10,000 users
BASE_KB = 40 * 1024             # of none


def size(default):
    return int(os.environ.get("LCS_CROWD", default))


def mixed(count):
    """How many of each kind. Few by UDP: where a datagram is lost they ask again, all at once."""
    udp, tcp = min(count // 10, 100), count * 4 // 10
    return {"udp": udp, "tcp": tcp, "lcs": count - udp - tcp}


def same_views(said):
    """Every watcher's last view is what the other one published last, as far as answered 200."""
    equal((said["behind"], said["ahead"]), (0, 0), f"views that differ ({said.get('example')})")
    equal(said["contacts_lost"], 0, "lists of contacts that lack one")
    equal(said["messages_lost"], 0, "messages answered 2xx that never came")
    equal((said["bad_signatures"], said["terminated"]), (0, 0), "bad signatures, ended subscriptions")
    check(said["published"] > said["users"], "nothing was published under load")


def is_flat(rows):
    """Memory (kB) of the last quarter beside that of the second: at most 1 % more."""
    quarter = len(rows) // 4
    before, after = (sorted(kb for _, kb, _ in part)[quarter // 2]
                     for part in (rows[quarter:2 * quarter], rows[-quarter:]))
    return before, after, after <= before * 1.01 + 512


@test("sipp's messages beside users with 20 contacts each who change and write: every view is right, "
      "nothing is lost, memory stays", limit=480 + 1.3 * SECONDS)
def load(world):
    count = size(300)
    server, (sender, *_) = open_server(world, count)
    gauge = world.add(Gauge(server, every=max(0.5, SECONDS / 60)))
    crowd = world.add(Crowd(server, world.path("crowd"), **mixed(count)))
    crowd.order("sign-in", seconds=(60 + count / 50) * SLACK)
    crowd.order("settle", 90, seconds=90)
    rate = 100 if count >= 1000 else 20
    to_one = world.sipp("message", [sender], "tcp", server=server, calls=int(SECONDS * rate / 2),
                        rate=rate / 2, keys={"to": f"w{count - 1}"}, limit_s=SECONDS + 60,
                        keeps_messages=False)
    gauge.rows.clear()
    # a tenth changes each minute, and as much as that in the short run that it is seen
    crowd.order("run", SECONDS, max(5, count * 0.1 / 60), rate / 2, 1, count / 1200, 0,
                seconds=SECONDS + 60)
    rows = list(gauge.rows)
    to_one.succeed(int(SECONDS * rate / 2))
    said = crowd.order("settle", 90, seconds=90)
    same_views(said)
    equal(said["strangers_messages"], int(SECONDS * rate / 2), "messages of sipp that came")
    equal((said["timeouts"], said["lost_connections"]), (0, 0), "time-outs and lost connections")
    per_user = (LIMIT_KB - BASE_KB) / 10000
    no_transaction_stays(server)
    check(SANITIZED or rows[-1][1] < BASE_KB + max(count * per_user, 24 * 1024),
          f"{rows[-1][1]} kB for {count} users")
    print(f"# {count} users, {SECONDS:.0f} s: PSS {rows[0][1]} to {rows[-1][1]} kB, "
          f"{rows[-1][2] - rows[0][2]:.1f} s of CPU, changes seen after {said['notice_ms']} ms")
    if SECONDS >= 240:
        before, after, flat = is_flat(rows)
        check(flat, f"memory grew from {before} to {after} kB")


def no_transaction_stays(server):
    """Once nobody asks any more, each has ended by its timers (RFC 3261 17: 32 s; a call rings longer)."""
    equal(server.ctl("transactions", "list", "--older-than", "40s"), [], "transactions older than 40 s")


def kill(server):
    pid, = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_dead(pid), 5, "the killed process ends", every=0.001)
    wait_until(lambda: server.server_pids() not in ([], [pid]), 10, "the next one")


def kill_sometimes(server, crowd, times, seconds):
    """Under load, at random moments; the crowd's report."""
    chance = random.Random()
    crowd.begin("run", seconds, 40, 20, 10, 0, 0)
    for _ in range(times):
        try:
            crowd.wait(chance.uniform(0.3, 0.8 * seconds / times))
            raise Failed("the load was over too early")
        except Failed as e:
            if "too early" in str(e):
                raise
        kill(server)
    return crowd.wait(seconds + 60)


@test("kill -9 at random moments under load: what was answered 200 is there, and all views are right "
      "without subscribing again", limit=200)
def killed(world):
    count = min(size(200), 2000)
    server, _ = open_server(world, count)
    kinds = mixed(count)
    crowd = world.add(Crowd(server, world.path("crowd"), **kinds))
    crowd.order("sign-in", seconds=60 * SLACK)
    first = crowd.order("settle", 90, seconds=90)
    for _ in range(2):
        kill_sometimes(server, crowd, 2, 8)
        crowd.order("settle", 60 * SLACK, seconds=60 * SLACK)
        # what was kept for somebody whose connection broke comes at the latest with a REGISTER
        crowd.order("run", 3, 0, 0, 0, count / 2, 0, seconds=60)
        said = crowd.order("settle", 90, seconds=90)
        same_views(said)
    check(said["lost_connections"] > 0, "no connection was lost: nobody was killed")
    check(said["contacts_added"] > 0, "no list was changed")
    equal(said["subscribed"], first["subscribed"], "subscriptions that standard clients began")
    crowd.order("run", 3, 40, 20, 10, 0, 0, seconds=60)
    same_views(crowd.order("settle", 90, seconds=90))
    print(f"# {count} users: {said['published']} published, {said['contacts_added']} contacts, "
          f"{said['lost_connections']} connections lost, changes seen after {said['notice_ms']} ms")


@test("all sign in at once by NTLM, each with five subscriptions and a state", limit=200)
def storm(world):
    count = size(600)
    server, _ = open_server(world, count)
    gauge = world.add(Gauge(server))
    before = gauge.now()[1]
    crowd = world.add(Crowd(server, world.path("crowd"), lcs=count))
    said = crowd.order("sign-in", seconds=120 * SLACK)
    used = gauge.now()[1] - before
    check(said["seconds"] < 60 * SLACK, f"{count} sign-ins took {said['seconds']} s")
    equal((said["in"], said["bad_signatures"], said["timeouts"]), (count, 0, 0),
          "signed in, bad signatures, time-outs")
    equal(crowd.order("settle", 90, seconds=90)["behind"], 0, "views that lack a state")
    print(f"# {count} sign-ins in {said['seconds']} s, {1000 * used / count:.2f} ms of the server's CPU "
          f"for each")


def within(fence, gauge, count):
    """Nobody was killed for memory, and there is room to spare; a line of figures."""
    used, peak = fence.used(), fence.peak()
    equal(fence.kills(), 0, "processes that the kernel killed for memory")
    check(used["all"] < fence.size, f"{used} of {fence.size}")
    mib = {name: size >> 20 for name, size in used.items()}
    return (f"{count} users by TLS, one CPU, limit {fence.size >> 20} MiB: used {mib['all']} (processes "
            f"{mib['processes']}, kernel {mib['kernel']}, sockets {mib['sockets']}), highest "
            f"{peak >> 20}, PSS {gauge.now()[0] >> 10} MiB, {gauge.now()[1]:.1f} s of CPU")


@test("{} users with 20 contacts each, all by TLS, in a cgroup of 512 MB for 10,000 and on one CPU: every "
      "view is right, nothing is lost, nothing is killed", each=[("standard",), ("LCS",)],
      limit=400 + size(300) / 10 + 1.3 * SECONDS)
def fenced(world, kind):
    count = size(300)
    room = BASE_KB + max(count * (LIMIT_KB - BASE_KB) // 10000, 24 * 1024)
    # a sanitizer's build needs a multiple of the memory: it looks for its own kind of fault
    fence = world.add(Fence("scale", room * 1024, cpus="0")) if not SANITIZED else None
    server, _ = open_server(world, count, fence=fence)
    gauge = world.add(Gauge(server))
    pids = server.server_pids()
    kinds = {"tcp": count} if kind == "standard" else {"lcs": count}
    crowd = world.add(Crowd(server, world.path("crowd"), tls=True, **kinds))
    come = crowd.order("sign-in", seconds=(60 + count / 10) * SLACK)
    crowd.order("settle", 60, seconds=90)
    crowd.order("run", SECONDS, max(5, count * 0.1 / 60), 100 if count >= 1000 else 20, 1,
                count / 1200, 0, seconds=SECONDS + 60)
    said = crowd.order("settle", 60, seconds=90)
    line = within(fence, gauge, count) if fence else "no fence"
    same_views(said)
    equal((said["timeouts"], said["lost_connections"]), (0, 0), "time-outs and lost connections")
    equal(server.server_pids(), pids, "the server's processes")
    print(f"# {kind}: {line}; signed in after {come['seconds']} s, changes seen after "
          f"{said['notice_ms']} ms")
