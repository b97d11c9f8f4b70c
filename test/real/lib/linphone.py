"""Debian's linphone-daemon (package linphone-cli: liblinphone with a command line for
programs): a home of its own, commands on its input, events on its output, no sound card.
"""
import os
import re

from . import sip
from .child import Child
from .tap import Failed, equal, wait_until

CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
bind_address={bind}
guess_hostname=1
use_ipv6=0
default_proxy=0
verify_server_certs=1
verify_server_cn=1
register_only_when_network_is_up=0
media_encryption=none
root_ca={ca}
inc_timeout={ring_seconds}
sip_random_port=0
{sip}[net]
dns_srv_enabled=0
dns_search_enabled=0
[sound]
playback_dev_id=
[rtp]
audio_rtp_port=-1
video_rtp_port=-1
text_rtp_port=-1
[misc]
im_notif_policy=none
max_calls={max_calls}
[proxy_0]
reg_proxy=<{server}>
reg_route=<{server}>
reg_identity=sip:{name}@{domain}
reg_expires={expires}
reg_sendregister={register}
publish={publish}
contact_parameters={features}
quality_reporting_enabled=0
[auth_info_0]
username={name}
passwd={password}
domain={domain}
realm={domain}
"""

# One entry of its log for what it sent, one or more for what it received; the bytes follow.
SENT = re.compile(rb"channel \[(\w+)\]: message sent to \[[^\]]*\], size: \[(\d+)\] bytes\n")
RECEIVED = re.compile(rb"channel \[(\w+)\]: received \[(\d+)\] new bytes from \[[^\]]*\]:\n")


FRIEND = """
[friend_{number}]
url="{name}" <{uri}>
pol=accept
subscribe=1
"""


class Linphone:
    """A running linphone-daemon with one account."""
    program = 'linphone-daemon --config "$0/rc" --log "$0/log" --disable-stats-events'
    prompt = r"daemon-linphone>"

    def __init__(self, directory, user, server, transport, register=True, expires=600,
                 ring_seconds=30, max_calls=4, netns=None, bind="127.0.0.1",
                 features="", publish=False, friends=(), sip=""):
        self.user, self.server, self.transport = user, server, transport
        self.directory = directory
        for sub in (".local/share/linphone", ".config/linphone"):
            (directory / sub).mkdir(parents=True)
        # the certificate is for a name, and its TLS library knows no address in one
        host = server.domain if transport == "tls" else server.address
        (directory / "hosts").write_text(f"127.0.0.1 localhost\n{server.address} {host}\n")
        ports = {t: -1 if t == transport else -2 for t in ("udp", "tcp", "tls")}
        (directory / "rc").write_text(CONFIG.format(
            **ports, bind=bind, ca=server.ca, max_calls=max_calls, name=user.name,
            server=server.uri(transport, host), domain=user.domain, password=user.password,
            expires=expires, register=int(register), ring_seconds=ring_seconds,
            features=features, publish=int(publish), sip=sip) + "".join(
            FRIEND.format(number=i, name=f.name, uri=f.uri) for i, f in enumerate(friends)))
        flags = ["-m"] if os.geteuid() == 0 else ["-rm"]
        self.child = Child(
            ["unshare", *flags, "--propagation", "private", "sh", "-c",
             'mount --bind "$0/hosts" /etc/hosts; '
             "exec " + self.program, str(directory)],
            directory / "output", env={"HOME": str(directory), "TMPDIR": str(directory)}, netns=netns,
            name=f"linphone {user.name}")
        self.child.wait_for(self.prompt, 15)

    # -- commands and events

    def command(self, line):
        """Run a command; the fields of its answer. A refusal is a failure."""
        self.child.write(line)
        status = self.child.wait_for(r"^Status: (\w+)\n(.*?)^daemon-linphone>", 10, "answers")
        if status[1] != "Ok":
            raise Failed(f"linphone: {line!r} answered {status[0]}")
        return fields(status[2].partition("Event-type:")[0])    # an event may come between

    def wait_event(self, event, seconds=10):
        """The next call event of this name (LinphoneCall...), as fields."""
        m = self.child.wait_for(rf"^Event: ({event})\n(.*?)\n\n", seconds)
        return dict(fields(m[2]), Event=m[1])

    def wait_registered(self, seconds=10):
        self.wait_registration("LinphoneRegistrationOk", seconds)
        return self

    def wait_registration(self, state, seconds=10):
        """It tells of no change by itself, hence asked again and again."""
        wait_until(lambda: self.command("register-status 1").get("State") == state, seconds,
                   f"linphone {self.user.name}: {state}")

    def wait_registered_again(self, seconds=10):
        """Until it has signed in a second time, as it does by itself when its connection went.

        It tries once, at once; when that is refused it lets a minute pass.
        """
        wait_until(lambda: self.registrations() > 1, seconds,
                   f"linphone {self.user.name} signs in again")

    def registrations(self):
        return len([m for d, m in self.trace()
                    if d == "in" and m.method == "REGISTER" and m.code == 200])

    # -- what tests tell it

    def dial(self, uri):
        self.call_id = self.command(f"call {uri}")["Id"]

    def wait_incoming(self, seconds=10):
        self.call_id = self.wait_event("LinphoneCallIncomingReceived", seconds)["Id"]

    def accept(self):
        self.command(f"answer {self.call_id}")

    def hangup(self):
        self.command(f"terminate {self.call_id}")

    def hold(self):
        self.command(f"call-pause {self.call_id}")
        self.wait_event("LinphoneCallPaused")

    def resume(self):
        self.command(f"call-resume {self.call_id}")
        self.wait_established()

    def wait_ringing(self, seconds=10):
        self.wait_event("LinphoneCallOutgoingRinging", seconds)

    def wait_established(self, seconds=10):
        self.wait_event("LinphoneCallStreamsRunning", seconds)

    def wait_ended(self, seconds=10):
        self.wait_event("LinphoneCall(?:End|Error)", seconds)

    def message(self, uri, text):
        return self.command(f"message {uri} {text}")["Id"]

    def wait_message(self, text, seconds=10):
        """Until a message with this text has come in."""
        m = self.child.wait_for(r'^Event-type: message-received\n.*?^Content: "(.*?)"\n\n', seconds)
        equal(m[1], text, f"text of the message to linphone {self.user.name}")

    def wait_message_state(self, state, seconds=10):
        """Until a message it sent is in this state (Delivered, NotDelivered...)."""
        self.child.wait_for(rf"^State: LinphoneChatMessageState{state}\n", seconds)

    # -- what it sent and received

    def trace(self):
        """[(direction, Message)] so far, direction 'in' or 'out'."""
        with open(self.directory / "log", "rb") as f:
            data = f.read()
        entries = [("out", m) for m in SENT.finditer(data)]
        entries += [("in", m) for m in RECEIVED.finditer(data)]
        framers, out = {}, []
        for direction, m in sorted(entries, key=lambda e: e[1].start()):
            framer = framers.setdefault((direction, m[1]), sip.Framer())
            raw = data[m.end():m.end() + int(m[2])]
            out += [(direction, sip.Message(r)) for r in framer.feed(raw)]
        return out

    def quit(self):
        """Have it end by itself: it unregisters first."""
        self.child.write("quit")
        self.child.wait(15)

    def close(self):
        self.child.close()


class LinphoneConsole(Linphone):
    """The same library in linphonec, which knows presence: it publishes its own, and says what it
    hears of its friends."""
    program = 'linphonec -d 6 -l "$0/log" -c "$0/rc"'
    prompt = r"linphonec>"

    def __init__(self, directory, user, server, transport, friends, rls_uri=""):
        """rls_uri: one subscription there for all friends, instead of one for each."""
        super().__init__(directory, user, server, transport, publish=True, friends=friends,
                         sip=f"rls_uri={rls_uri}\n" if rls_uri else "")

    def log(self):
        """What it says of itself."""
        return (self.directory / "log").read_text(errors="replace")

    def wait_friend(self, user, status, seconds=15):
        """Until a friend is Online, Busy, Away, Offline..."""
        self.child.wait_for(rf'Friend "{user.name}" <{user.uri}> is {status}$', seconds,
                            cursor=user.name)


def fields(text):
    """The 'Name: value' lines of an answer."""
    return dict(re.findall(r"^([\w-]+): ?(.*)$", text, re.M))
