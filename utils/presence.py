#!/usr/bin/python3
"""What utils/demo shows with two real clients: pidgin-sipe and baresip see each other's presence.

    presence.py ADDRESS DOMAIN --tcp PORT --ca FILE --dir DIR       two users on standard input

The first user signs in with pidgin-sipe (NTLM, every message signed), the second with baresip
(digest), and each has the other as a contact. Everything is said on standard error. Exit status 0:
seen; 1: not; 3: a client is missing. The clients are driven by the classes of test/real.
"""
import argparse
import contextlib
import pathlib
import re
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test/real"))

from lib import sipe                                                    # noqa: E402
from lib.baresip import Baresip                                         # noqa: E402
from lib.tap import Failed, Skip, wait_until                            # noqa: E402
from lib.world import User, need                                        # noqa: E402

SEEN_S = 20             # baresip may subscribe some seconds after it has signed in
STEPS = (               # pidgin-sipe's status, and what baresip shows: it has no word for away
    ("busy", "Busy"), ("away", "Offline"), ("available", "Online"), ("invisible", "Offline"),
    ("available", "Online"))


def say(text):
    print(text, file=sys.stderr, flush=True)


class Server:
    """The server that runs, as the clients' classes want to have it."""

    def __init__(self, a):
        self.address, self.domain, self.ca = a.address, a.domain, a.ca
        self.port = {"udp": None, "tcp": a.tcp, "tls": None}

    def at(self, transport):
        return self.address, self.port[transport]

    def uri(self, transport, host=None):
        return f"sip:{host or self.address}:{self.port[transport]};transport={transport}"


class Watched:
    """Prints each change with the time until the other one saw it."""

    def __init__(self, who, watcher):
        self.who, self.watcher = who, watcher

    def change(self, what, do, seen, shown):
        start = time.monotonic()
        do()
        seen()
        say(f"  {self.who} is {what}: {self.watcher} sees {shown} ({time.monotonic() - start:.2f} s)")


def sign_in(stack, a, server, users, directory):
    program = sipe.build(directory)
    alice = sipe.Sipe(directory / "pidgin-sipe", users[0], server, program=program)
    stack.callback(alice.close)
    alice.wait_signed_on()
    wait_until(lambda: "<contactList" in alice.trace(), 10, "the contact list")
    wait_until(lambda: "setPresence" in alice.trace(), 10, "its first presence")
    say(f"  {users[0].name} signed in with pidgin-sipe over TCP, by NTLM")
    bob = Baresip(directory / "baresip", users[1], server, "tcp", watches=[users[0]],
                  more=";pubint=60", bind=a.address)
    stack.callback(bob.close)
    bob.wait_registered()
    say(f"  {users[1].name} signed in with baresip over TCP, by digest")
    return alice, bob


def add_contact(alice, bob):
    """True if it was not there."""
    alice.command("buddies")
    alice.event("buddies-end")
    if re.search(rf"^buddy\t{re.escape(bob.uri)}\t", alice.child.text, re.M):
        return False
    alice.command("add", bob.uri, "Demo")
    return True


def shows(bob, status):
    wait_until(lambda: status in str(bob.command("contacts")), SEEN_S, f"baresip shows {status}")


def watch_each_other(alice, bob, users):
    one, two = users
    alice.command("status", "available")    # else it is what it was when she was last here
    shows(bob, "Online")
    forth = Watched(one.name, f"{two.name}'s baresip")
    for status, shown in STEPS:
        forth.change(status, lambda: alice.command("status", status), lambda: shows(bob, shown), shown)
    alice.wait_status(two.uri, "available", seconds=SEEN_S)
    back = Watched(two.name, f"{one.name}'s pidgin-sipe")
    for command, status in (("presence_offline", "offline"), ("presence_online", "available")):
        back.change(command.partition("_")[2], lambda: bob.command(command),
                    lambda: alice.wait_status(two.uri, status), status)
    return forth


def run(a, users, directory):
    with contextlib.ExitStack() as stack:
        alice, bob = sign_in(stack, a, Server(a), users, directory)
        added = add_contact(alice, users[1])
        forth = watch_each_other(alice, bob, users)
        if added:
            alice.command("remove", users[1].uri)
        forth.change("signed out", lambda: alice.command("sign-off"), lambda: shows(bob, "Offline"),
                     "Offline")
        bob.quit()


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("address")
    p.add_argument("domain")
    p.add_argument("--tcp", type=int, required=True)
    p.add_argument("--ca", required=True)
    p.add_argument("--dir", required=True)
    a = p.parse_args()
    lines = [line.rstrip("\n").split(":", 1) for line in sys.stdin][:2]
    users = [User(name, password, a.domain) for name, password in lines]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="presence-", dir=a.dir))
    try:
        need("baresip", "baresip-core")
        run(a, users, directory)
    except Skip as e:
        say(f"  {e}")
        return 3
    except (Failed, OSError) as e:
        say(f"presence.py: {e}")
        say(f"what the clients said: {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
