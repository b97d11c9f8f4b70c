"""NTLM of a domain with two controllers, by way of winbind on a member of it: one stops, both stop, and
they come back."""
import contextlib
import os
import re
import signal
import subprocess
import threading
import time

from catalog_test import Controllers, stat
from lib.demo import ROOT, Server
from lib.gss import environment
from lib.lcs import LcsClient
from lib.services import SHARED
from lib.tap import SLACK, Failed, Skip, check, equal, test, wait_until
from lib.world import User

DOMAIN = "lcs.test"
TIMEOUT_S = 5                # auth_ntlm's, as it is preset
FINDS_S = 90                 # winbind looks for another controller, or tries the one again


class Member(Controllers):
    """Two controllers, winbind on a member, and a home server there that asks it."""

    def serve(self, world):
        for number, directory in ((1, self.one.directory), (2, self.two)):
            world.stack.callback(self.member, "unsmb", directory)
            self.member("smb", directory, number)
        self.member("names", self.one.directory)
        self.at = world.run.new_directory()
        world.stack.callback(self.member, "stop", self.at)
        self.member("start", self.at, self.one.directory)
        wait_until(lambda: self.account(self.one.directory) and
                   self.account(self.one.directory) == self.account(self.two), 60,
                   "the second controller has the member's account, too")
        self.inside = [str(SHARED / "services/samba-ad.sh"), "exec", str(self.at)]
        config = world.path("member.cfg")
        config.write_text(f'#!lcs 1\nimport "{ROOT}/cfg/samples/home-lcs.cfg"\n'
                          'modparam("auth_lcs", "targetname", "sip1.lcs.test")\n'
                          'modparam("auth_ntlm", "accounts", "winbind")\n'
                          # a controller asks by whose account an answer came that names another computer
                          'modparam("auth_ntlm", "netbios_name", "MEMBER")\n')
        self.users = [User(f"user{i}", f"Pass.Word-{i}", DOMAIN) for i in range(1, 13)]
        self.here = User("here", "made-here-1", DOMAIN)
        names = [(u.name, "unused-1234") for u in self.users] + [(self.here.name, self.here.password)]
        try:
            with environment(self.env):
                self.server = Server(world.run.new_directory(), "home-lcs", DOMAIN, names, ("tcp", "tls"),
                                     ["--config", str(config), "--set", "log_level=info"], inside=self.inside)
        except Failed as e:
            if "left out of this build" in str(e):
                raise Skip("winbind was left out of the build: libwbclient-dev") from None
            raise
        world.stack.callback(self.server.stop)
        world.own.append(self.server.directory)
        self.world, self.next = world, 0
        self.bystander = world.agent(self.here, "tcp", self.server).signed_in()

    def account(self, directory):
        """The member's, as a controller has it: without one winbind is nobody there."""
        done = subprocess.run(["ldbsearch", "-H", f"{directory}/private/sam.ldb", "(sAMAccountName=MEMBER$)",
                               "pwdLastSet", "servicePrincipalName"], capture_output=True, text=True)
        return sorted(line for line in done.stdout.splitlines() if line and not line.startswith(("#", "ref")))

    def member(self, *words):
        done = subprocess.run([str(ROOT / "test/real/lib/member.sh"), *map(str, words)],
                              env={**os.environ, **self.env}, capture_output=True, text=True)
        equal(done.returncode, 0, f"member.sh {words[0]}: {done.stderr[-800:]}")

    def asked(self):
        """The number of the controller that winbind asks."""
        done = subprocess.run([*self.inside, "wbinfo", "-P"], capture_output=True, text=True,
                              env={**os.environ, **self.env})
        found = re.search(r'"dc(\d)\.', done.stdout + done.stderr, re.I)
        return int(found[1]) if done.returncode == 0 and found else None

    def stop(self, number):
        """The controller's processes end; whoever asks them hears nothing more."""
        self.member("unsmb", self.one.directory if number == 1 else self.two)
        if number == 1:
            with environment(self.env):
                self.one.run("stop")
        else:
            self.script("stop", self.two)

    def start(self, number):
        if number == 1:
            with environment(self.env):
                self.one.run("start")
        else:
            self.script("start", self.two, self.one.directory)
        self.member("smb", self.one.directory if number == 1 else self.two, number)

    @contextlib.contextmanager
    def frozen(self, number):
        """All processes of a controller stand still: what asks them waits."""
        name = f"lcs{self.env['LCS_SVC_SLOT']}-d{number}"
        pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=True).stdout
        try:
            for pid in pids.split():
                os.kill(int(pid), signal.SIGSTOP)
            yield
        finally:
            for pid in pids.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGCONT)

    def try_sign_in(self):
        """Another user each time: code of the last response."""
        user = self.users[self.next % len(self.users)]
        self.next += 1
        client = LcsClient(self.world.peer("tcp", self.server), user, login=f"LCS\\{user.name}")
        begun = time.monotonic()
        code = client.try_sign_in(seconds=30).code
        check(time.monotonic() - begun < (TIMEOUT_S + 3) * SLACK, f"{code}, but late")
        return code

    def served_meanwhile(self, what):
        """What it returns; somebody else is answered at once all the time."""
        result = []

        def body():
            try:
                result.append(what())
            except Exception as e:          # pylint: disable=broad-except
                result.append(e)

        thread = threading.Thread(target=body)
        thread.start()
        while thread.is_alive():
            begun = time.monotonic()
            equal(self.bystander.register().code, 200, "REGISTER of somebody else")
            check(time.monotonic() - begun < 1 * SLACK, "he waits")
            thread.join(0.2)
        if isinstance(result[0], Exception):
            raise result[0]
        return result[0]

    def until_signed_in(self):
        """How long it takes, in seconds, and what was answered before."""
        begun, codes = time.monotonic(), []
        while not codes or codes[-1] != 200:
            check(time.monotonic() - begun < FINDS_S * SLACK, f"nobody is signed in: {codes}")
            codes.append(self.try_sign_in())
        return time.monotonic() - begun, codes


@test("of two controllers that winbind knows one stops, then the other, too, and they return: sign-ins by "
      "NTLM go on with the one that is there", limit=600)
def stops(world):
    d = Member(world)
    alice = world.sipe(d.users[0], "tcp", d.server, login="LCS\\user1").wait_signed_on()
    first = d.asked()
    check(first in (1, 2), "winbind asks one of them")
    d.stop(first)
    took, codes = d.served_meanwhile(d.until_signed_in)
    print(f"# controller {first} of 2 stopped: {took:.1f} s, answers {codes}", flush=True)
    check(set(codes) <= {200, 503}, f"answers: {codes}")
    equal(d.asked(), 3 - first, "which is asked")
    bob = world.sipe(d.users[1], "tls", d.server, login="LCS\\user2").wait_signed_on(30)
    alice.im(d.users[1].uri, "by the other one")
    bob.wait_im("by the other one", d.users[0].uri)

    said = d.server.log_text().count("nobody can be signed in by the domain")
    unreachable = stat(d.server, "auth_ntlm.unreachable")
    d.stop(3 - first)
    equal([d.served_meanwhile(d.try_sign_in) for _ in range(2)], [503] * 2, "without any")
    # one more, or none: when the first one stopped is less than a minute ago
    lines = len(d.server.log_lines("nobody can be signed in by the domain"))
    check(max(said, 1) <= lines <= said + 1, f"lines in the log: {lines}, {said} before")
    wait_until(lambda: stat(d.server, "auth_ntlm.unreachable") >= unreachable + 2, 5, "counted")
    equal(len(d.server.server_pids()), 1, "servers")

    d.start(first)
    took, codes = d.served_meanwhile(d.until_signed_in)
    print(f"# controller {first} came back: {took:.1f} s, answers {codes}", flush=True)
    equal(d.asked(), first, "which is asked")
    check(d.server.log_lines("the domain answers again"), "the log")
    world.sipe(d.users[2], "tcp", d.server, login="LCS\\user3").wait_signed_on(30)


@test("of two controllers the one that winbind asks stands still: who signs in is told in time, nobody else "
      "waits, and when it goes on so do sign-ins", limit=600)
def stands_still(world):
    d = Member(world)
    equal(d.try_sign_in(), 200, "before")
    first = d.asked()
    with d.frozen(first):
        # when winbind gives it up is its affair: half a minute has been seen, and more than one
        codes = [d.served_meanwhile(d.try_sign_in) for _ in range(2)]
    print(f"# controller {first} of 2 stands still: answers {codes}", flush=True)
    check(set(codes) <= {200, 503}, f"answers: {codes}")
    equal(codes[0], 503, "the first answer")
    took, codes = d.served_meanwhile(d.until_signed_in)
    print(f"# it goes on: {took:.1f} s, answers {codes}", flush=True)
