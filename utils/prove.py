#!/usr/bin/python3
"""What utils/demo asks of a server, with two SIP clients in plain Python.

    prove.py port udp|tcp ADDRESS WISH      a port that is free: WISH or the next ones; 0: any
    prove.py wait ADDRESS TRANSPORT PORT PID SECONDS [--ca FILE] [--name NAME]
                                            until OPTIONS is answered, or process PID is gone
    prove.py talk ADDRESS DOMAIN --tcp PORT --tls PORT --ca FILE     passwords on standard input
                                            two clients sign in, a message each way

Everything is said on standard error; only `port` prints its answer on standard output.
"""
import argparse
import hashlib
import os
import re
import secrets
import select
import socket
import ssl
import sys
import time

ANSWER_S = 20           # a SIP client would have sent its request again by then
TEST_PORTS = 5800       # the first; each of ten slots has so many:
PORTS_OF_A_SLOT = 200


class Failed(Exception):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- a connection that carries SIP --------------------------------------------------------

def header(text, name):
    """The first header of this name, unfolded; None if there is none."""
    m = re.search(rf"^{name}[ \t]*:[ \t]*(.*(?:\r\n[ \t].*)*)\r$", text, re.I | re.M)
    return re.sub(r"\r\n[ \t]+", " ", m[1]).strip() if m else None


def body_length(head):
    return int(header(head, "(?:Content-Length|l)") or 0)


class Link:
    """One connection (or UDP socket) to the server, cut into messages."""

    def __init__(self, transport, address, port, ca=None, name=None):
        self.transport, self.data = transport, b""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.sock = socket.socket(family, kind)
        self.sock.settimeout(ANSWER_S)
        self.sock.connect((address, port))
        if transport == "tls":
            context = ssl.create_default_context(cafile=ca)
            self.sock = context.wrap_socket(self.sock, server_hostname=name)
        host, number = self.sock.getsockname()[:2]
        self.hostport = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"

    def send(self, text):
        self.sock.sendall(text.encode())

    def _pending(self):
        return self.transport == "tls" and self.sock.pending()

    def receive(self, seconds):
        """The next message as text, or None when the time is over."""
        end = time.monotonic() + seconds
        while True:
            message = self._cut()
            if message:
                return message
            left = end - time.monotonic()
            if left <= 0 or not (self._pending() or select.select([self.sock], [], [], left)[0]):
                return None
            more = self.sock.recv(65536)
            if not more:
                raise Failed(f"the server closed the {self.transport.upper()} connection")
            self.data += more

    def _cut(self):
        self.data = self.data.lstrip(b"\r\n")
        head, mark, rest = self.data.partition(b"\r\n\r\n")
        if not mark:
            return None
        size = body_length(head.decode("utf-8", "replace") + "\r\n")
        if len(rest) < size:
            return None
        self.data = rest[size:]
        return (head + mark + rest[:size]).decode("utf-8", "replace")


# ---- a client -----------------------------------------------------------------------------

def digest(challenge, user, password, method, uri):
    """The value of (Proxy-)Authorization for a Digest challenge, qop=auth."""
    f = {n.lower(): q or t for n, q, t in
         re.findall(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', challenge)}
    name = f.get("algorithm", "MD5").upper()
    if name not in ("MD5", "SHA-256"):
        raise Failed(f"the server wants digest with {name}")

    def h(text):
        return hashlib.new(name.replace("-", ""), text.encode()).hexdigest()

    cnonce = secrets.token_hex(8)
    a1, a2 = h(f"{user}:{f['realm']}:{password}"), h(f"{method}:{uri}")
    proof = h(f"{a1}:{f['nonce']}:00000001:{cnonce}:auth:{a2}")
    out = (f'Digest username="{user}", realm="{f["realm"]}", nonce="{f["nonce"]}", uri="{uri}", '
           f'response="{proof}", algorithm={name}, qop=auth, nc=00000001, cnonce="{cnonce}"')
    return out + (f', opaque="{f["opaque"]}"' if "opaque" in f else "")


class Client:
    """A user at one connection."""

    def __init__(self, link, user, password, domain):
        self.link, self.user, self.password, self.domain = link, user, password, domain
        self.aor, self.tag = f"sip:{user}@{domain}", secrets.token_hex(4)
        self.contact = f"<sip:{user}@{link.hostport};transport={link.transport}>"
        self.register_id, self.sequence = secrets.token_hex(8), 0

    def request(self, method, uri, to, call_id, lines, body):
        self.sequence += 1
        head = [f"{method} {uri} SIP/2.0",
                f"Via: SIP/2.0/{self.link.transport.upper()} {self.link.hostport}"
                f";branch=z9hG4bK{secrets.token_hex(8)};rport",
                "Max-Forwards: 70", f"From: <{self.aor}>;tag={self.tag}", f"To: <{to}>",
                f"Call-ID: {call_id}", f"CSeq: {self.sequence} {method}", *lines,
                f"Content-Length: {len(body.encode())}"]
        self.link.send("\r\n".join(head) + "\r\n\r\n" + body)

    def response(self, method):
        """Status and text of the final response to the last request."""
        end = time.monotonic() + ANSWER_S
        while (left := end - time.monotonic()) > 0:
            message = self.link.receive(left)
            m = re.match(r"SIP/2\.0 (\d{3}) ", message or "")
            if m and int(m[1]) >= 200 and \
                    (header(message, "CSeq") or "").split() == [str(self.sequence), method]:
                return int(m[1]), message
        raise Failed(f"{self.user}: no answer to {method} within {ANSWER_S} s")

    def ask(self, method, uri, to, call_id, lines=(), body=""):
        """A request, again with credentials if they are asked for."""
        self.request(method, uri, to, call_id, list(lines), body)
        code, text = self.response(method)
        if code in (401, 407):
            prefix = "WWW-" if code == 401 else "Proxy-"
            offer = header(text, prefix + "Authenticate")
            if not offer or not offer.lower().startswith("digest"):
                raise Failed(f"{self.user}: {code} without a Digest challenge")
            proof = digest(offer, self.user, self.password, method, uri)
            name = "Authorization" if code == 401 else "Proxy-Authorization"
            self.request(method, uri, to, call_id, [*lines, f"{name}: {proof}"], body)
            code, text = self.response(method)
        return code, text

    def register(self, expires):
        code, text = self.ask("REGISTER", f"sip:{self.domain}", self.aor, self.register_id,
                              [f"Contact: {self.contact}", f"Expires: {expires}"])
        if code != 200:
            raise Failed(f"{self.user}: REGISTER was answered {text.splitlines()[0]}")

    def begin_message(self, to, body):
        """A MESSAGE past the challenge; its answer comes when the receiver has answered."""
        call_id = secrets.token_hex(8)
        lines = ["Content-Type: text/plain;charset=UTF-8"]
        self.request("MESSAGE", to, to, call_id, lines, body)
        code, text = self.response("MESSAGE")
        if code != 407:
            raise Failed(f"{self.user}: MESSAGE without credentials was answered "
                         f"{text.splitlines()[0]}")
        proof = digest(header(text, "Proxy-Authenticate"), self.user, self.password, "MESSAGE", to)
        self.request("MESSAGE", to, to, call_id, [*lines, f"Proxy-Authorization: {proof}"], body)

    def take_message(self):
        """The body of the next MESSAGE, which is answered."""
        end = time.monotonic() + ANSWER_S
        while (left := end - time.monotonic()) > 0:
            message = self.link.receive(left)
            if message and message.startswith("MESSAGE "):
                head, _, body = message.partition("\r\n\r\n")
                keep = re.compile(r"(Via|v|From|f|To|t|Call-ID|i|CSeq)[ \t]*:", re.I)
                lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")[1:]
                lines = [n + (f";tag={self.tag}" if re.match(r"(To|t)[ \t]*:", n, re.I) else "")
                         for n in lines if keep.match(n)]
                self.link.send("\r\n".join(["SIP/2.0 200 OK", *lines, "Content-Length: 0"]) +
                               "\r\n\r\n")
                return body
        raise Failed(f"{self.user}: no message came within {ANSWER_S} s")


# ---- the verbs ----------------------------------------------------------------------------

def is_free(kind, address, port):
    """Nobody listens there. TCP is tried as a server would bind; a port in TIME_WAIT is free."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as s:
        if kind == socket.SOCK_STREAM:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((address, port))
        except OSError:
            return False
    return True


def any_ports():
    """All ports for whom every one is good, from one by chance on. Runs of tests side by side
    (LCS_SVC_SLOT) do not take one from each other between here and the server's bind()."""
    slot = int(os.environ.get("LCS_SVC_SLOT") or 0)
    first = TEST_PORTS + slot * PORTS_OF_A_SLOT
    start = first + secrets.randbelow(PORTS_OF_A_SLOT)
    return [*range(start, first + PORTS_OF_A_SLOT), *range(first, start)]


def port_command(a):
    kind = socket.SOCK_DGRAM if a.kind == "udp" else socket.SOCK_STREAM
    wishes = range(a.wish, min(a.wish + 200, 65536)) if a.wish else any_ports()
    for port in wishes:
        if is_free(kind, a.address, port):
            print(port)
            return
    raise Failed(f"no free {a.kind} port on {a.address} in {wishes[0]}..{wishes[-1]}")


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def options_answered(a):
    link = Link(a.transport, a.address, a.port, a.ca, a.name or a.address)
    try:
        client = Client(link, "demo", "", a.name or a.address)
        client.request("OPTIONS", f"sip:{client.domain}", f"sip:{client.domain}",
                       secrets.token_hex(8), [], "")
        answer = link.receive(1)
        return bool(answer) and answer.startswith("SIP/2.0 ")
    finally:
        link.sock.close()


def wait_command(a):
    """Asked again and again: the sockets are there before the server reads them."""
    end = time.monotonic() + a.seconds
    why = "nothing was tried"
    while time.monotonic() < end:
        if is_gone(a.pid):
            raise Failed("the server ended")
        try:
            if options_answered(a):
                return
            why = "OPTIONS got no answer"
        except (OSError, Failed) as e:
            why = str(e)
        time.sleep(0.02)
    raise Failed(f"no answer within {a.seconds} s: {why}")


def talk_command(a):
    users = [line.rstrip("\n").split(":", 1) for line in sys.stdin][:2]
    if len(users) < 2:
        raise Failed("two users are needed")
    links = [Link("tcp", a.address, a.tcp), Link("tls", a.address, a.tls, a.ca, a.address)]
    clients = [Client(link, *user, a.domain) for link, user in zip(links, users)]
    for c in clients:
        c.register(60)
        say(f"  {c.user} signed in over {c.link.transport.upper()}")
    for sender, receiver in (clients, clients[::-1]):
        text = f"Hello {receiver.user}, {sender.user} here \u2713 {secrets.token_hex(4)}"
        sender.begin_message(receiver.aor, text)
        got = receiver.take_message()
        if got != text:
            raise Failed(f"{receiver.user} received {got!r}, {sender.user} sent {text!r}")
        code, answer = sender.response("MESSAGE")
        if code != 200:
            raise Failed(f"{sender.user}: MESSAGE was answered {answer.splitlines()[0]}")
        say(f"  {sender.user} -> {receiver.user}: {text}")
    for c in clients:
        c.register(0)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="verb", required=True)
    v = sub.add_parser("port")
    v.add_argument("kind", choices=("udp", "tcp"))
    v.add_argument("address")
    v.add_argument("wish", type=int)
    v.set_defaults(run=port_command)
    v = sub.add_parser("wait")
    v.add_argument("address")
    v.add_argument("transport", choices=("udp", "tcp", "tls"))
    v.add_argument("port", type=int)
    v.add_argument("pid", type=int)
    v.add_argument("seconds", type=float)
    v.add_argument("--ca")
    v.add_argument("--name")
    v.set_defaults(run=wait_command)
    v = sub.add_parser("talk")
    v.add_argument("address")
    v.add_argument("domain")
    v.add_argument("--tcp", type=int, required=True)
    v.add_argument("--tls", type=int, required=True)
    v.add_argument("--ca", required=True)
    v.set_defaults(run=talk_command)
    a = p.parse_args()
    try:
        a.run(a)
    except (Failed, OSError) as e:
        say(f"prove.py {a.verb}: {e}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
