"""Debian's baresip, headless: a directory of its own, told what to do by its ctrl_tcp
module, its SIP messages read from its trace.
"""
import json
import re
import socket
import threading
import time
import urllib.parse
import urllib.request

from . import sip
from .child import Child
from .kernel import CLOSE_WAIT, ESTABLISHED, tcp_state
from .peer import in_netns
from .ports import free_port
from .tap import PATIENCE, Failed, patient_end, wait_until

CONFIG = """\
poll_method             epoll
sip_listen              {bind}:{sip_port}
net_interface           {bind}
sip_cafile              {ca}
call_local_timeout      {ring_seconds}
call_max_calls          {max_calls}
audio_player            aubridge,line
audio_source            aubridge,line
audio_alert             aufile,{dir}/alert.wav
ausrc_format            s16
auplay_format           s16
auenc_format            s16
audec_format            s16
audio_buffer            20-160
jitter_buffer_delay     5-10
module_path             {modules}
module                  g711.so
module                  aubridge.so
module                  aufile.so
module_tmp              uuid.so
module_tmp              account.so
module_app              contact.so
module_app              menu.so
module_app              debug_cmd.so
module_app              ctrl_tcp.so
ctrl_tcp_listen         127.0.0.1:{ctrl_port}
module_app              httpd.so
http_listen             127.0.0.1:{http_port}
ringback_disabled       yes
menu_bell               no
{extra}"""
ACCOUNT = ('<sip:{name}@{domain};transport={transport}>;auth_user={name};auth_pass={password}'
           ';outbound="{server}";regint={expires};answermode={answer}{more}')
MODULES = "/usr/lib/baresip/modules"

# baresip -s prints every message between coloured marks: the transport and the two
# addresses on a line, then the bytes as they are on the wire.
TRACE = re.compile(rb"\x1b\[36;1m#\n(UDP|TCP|TLS) (\S+) -> (\S+)\n(.*?)\x1b\[;m\n", re.S)


class Baresip:
    """A running baresip with one account."""

    def __init__(self, directory, user, server, transport, peers=(), register=True,
                 answer="manual", expires=600, ring_seconds=120, max_calls=4, more="",
                 netns=None, bind="127.0.0.1", watches=()):
        self.user, self.server, self.transport = user, server, transport
        self.netns = netns
        self.directory = directory
        directory.mkdir(parents=True)
        sip_port, ctrl_port, self.http_port = free_port(count=2), free_port(), free_port()
        self.listening = (sip_port, sip_port + 1)
        self._write("config", CONFIG.format(
            bind=bind, sip_port=sip_port, ctrl_port=ctrl_port,
            http_port=self.http_port, dir=directory, ca=server.ca,
            ring_seconds=ring_seconds, max_calls=max_calls, modules=MODULES,
            extra="module_app presence.so\n" if watches and "pubint" not in more else ""))
        self._write("accounts", "")
        self._write("contacts", "".join(
            f'"{p.name}" <{p.uri}>{";presence=p2p" if p in watches else ""}\n'
            for p in [*peers, *watches]))
        self.contact = 0
        self.peers = [p.uri for p in peers]
        self.events, self.change = [], threading.Condition()
        self.child = Child(["baresip", "-f", str(directory), "-s"], directory / "output",
                           netns=netns, name=f"baresip {user.name}")
        self.child.wait_for(r"baresip is ready", 10)
        self._connect(ctrl_port, netns)
        # the account comes last: its events would be missed before the connection is there
        self.account = ACCOUNT.format(
            name=user.name, password=user.password, domain=user.domain, transport=transport,
            server=server.uri(transport), expires=expires if register else 0, answer=answer,
            more=more)
        self.command("uanew", self.account)
        self.will_publish = "pubint" in more

    def _write(self, name, text):
        (self.directory / name).write_text(text)

    # -- the control connection: netstrings of JSON both ways

    def _connect(self, port, netns):
        dial = lambda: socket.create_connection(("127.0.0.1", port), 5)
        self.control = in_netns(netns, dial) if netns else dial()
        self.control.settimeout(None)
        threading.Thread(target=self._read_control, daemon=True).start()

    def _read_control(self):
        data = b""
        while True:
            try:
                more = self.control.recv(65536)
            except OSError:
                return
            if not more:
                return
            data += more
            while b":" in data:
                size, _, rest = data.partition(b":")
                if len(rest) < int(size) + 1:
                    break
                text, data = rest[:int(size)], rest[int(size) + 1:]
                with self.change:
                    self.events.append(json.loads(text))
                    self.change.notify_all()

    def command(self, name, params=""):
        """Run a command of baresip's menu; its answer's text."""
        token = sip.token()
        text = json.dumps({"command": name, "params": params, "token": token},
                          ensure_ascii=False).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))
        reply = self.wait_event(lambda e: e.get("token") == token, f"answer to {name}")
        return reply.get("data", "")

    def wait_event(self, match, what, seconds=10):
        """The first event not yet taken that matches; `match` may be an event's type."""
        if isinstance(match, str):
            kind = match
            match = lambda e: e.get("type") == kind
        end = patient_end(seconds)
        with self.change:
            while True:
                for e in self.events:
                    if match(e):
                        self.events.remove(e)
                        return e
                left = end - time.monotonic()
                if left <= 0:
                    kinds = [e.get("type", e) for e in self.events]
                    raise Failed(f"baresip {self.user.name}: no {what} within {PATIENCE * seconds} s; "
                                 f"there is {kinds}")
                self.change.wait(left)

    # -- what tests tell it

    def wait_registered(self, seconds=10):
        """It publishes for accounts that are there when that module is loaded; one that is still
        to sign in it would publish twice."""
        self.wait_event("REGISTER_OK", "registration", seconds)
        if self.will_publish:
            self.will_publish = False
            self.command("insmod", "presence.so")
        return self

    def register_again(self):
        """Sign in once more, with a second account like the first.

        1.0 has no command to refresh a registration, and crashes on a message after uadel.
        What it writes to a connection before it has seen its end is lost, hence the wait.
        """
        if self.transport != "udp":
            wait_until(lambda: not tcp_state(self.last_port()) & {ESTABLISHED, CLOSE_WAIT}, 5,
                       "baresip sees the end of its connection")
        self.command("uanew", self.account)
        self.wait_registered()

    def last_port(self):
        """The port it sent from last."""
        with open(self.directory / "output", "rb") as f:
            ports = [port_of(source) for _, source, _, _ in TRACE.findall(f.read())]
        return [p for p in ports if p not in self.server.port.values()][-1]

    def dial(self, uri):
        self.command("dial", uri)

    def accept(self):
        self.command("accept")

    def hangup(self):
        self.command("hangup")

    def hold(self):
        self.command("hold")

    def resume(self):
        self.command("resume")

    def wait_incoming(self, seconds=10):
        self.wait_event("CALL_INCOMING", "incoming call", seconds)

    def wait_ringing(self, seconds=10):
        self.wait_event("CALL_RINGING", "180", seconds)

    def wait_established(self, seconds=10):
        self.wait_event("CALL_ESTABLISHED", "established call", seconds)

    def wait_ended(self, seconds=10):
        """The reason baresip gives for the end of a call."""
        return self.wait_event("CALL_CLOSED", "end of the call", seconds).get("param", "")

    def message(self, uri, text):
        """Send an instant message to one of the `peers` it was started with.

        ctrl_tcp takes commands of at most 1 kB, the terminal 4 kB, its web page any.
        """
        while self.peers[self.contact] != uri:
            self.command("contact_next")
            self.contact += 1
        url = f"http://127.0.0.1:{self.http_port}/?" + urllib.parse.quote(f"/message {text}")
        get = lambda: urllib.request.urlopen(url, timeout=PATIENCE * 5).read()
        in_netns(self.netns, get) if self.netns else get()

    # -- what it sent and received

    def trace(self):
        """[(direction, Message)] so far, direction 'in' or 'out'."""
        with open(self.directory / "output", "rb") as f:
            data = f.read()
        served = {p for p in self.server.port.values() if p}
        out = []
        for _, source, target, raw in TRACE.findall(data):
            # from a port of the server, or to one that baresip listens on
            came_in = port_of(source) in served or port_of(target) in self.listening
            out.append(("in" if came_in else "out", sip.Message(raw)))
        return out

    def wait_trace(self, match, what, seconds=10):
        """The first (direction, Message) for which match(direction, message) holds."""
        end = patient_end(seconds)
        with self.child.change:
            while True:
                for direction, m in self.trace():
                    if match(direction, m):
                        return m
                left = end - time.monotonic()
                if left <= 0:
                    raise Failed(f"baresip {self.user.name}: {what} not within {PATIENCE * seconds} s; "
                                 f"its trace: {[(d, m.start) for d, m in self.trace()]}")
                self.child.change.wait(left)

    def wait_message(self, body, seconds=10):
        """Until a MESSAGE with exactly these bytes has come in (1.0 sends no event for it)."""
        return self.wait_trace(lambda d, m: d == "in" and m.method == "MESSAGE" and m.is_request
                               and m.body == body, "the message", seconds)

    def quit(self):
        """Have it end by itself: it unregisters first."""
        self.child.process.terminate()
        self.child.wait(10)

    def close(self):
        self.control.close()
        self.child.close()


def port_of(address):
    """The port in the trace's 127.0.0.1:5060."""
    return int(address.rpartition(b":")[2])
