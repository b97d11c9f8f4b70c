"""SIP messages as bytes: just enough to send, receive and compare them.

Written apart from the server's own parser on purpose: a mistake there must not hide here.
"""
import random

COMPACT = {"i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length",
           "c": "content-type", "f": "from", "s": "subject", "k": "supported", "t": "to",
           "v": "via", "o": "event", "u": "allow-events"}


def token(size=10):
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))


def branch():
    return "z9hG4bK-" + token()


class Message:
    """A message as received; `raw` and `body` are the very bytes."""

    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").replace("\r\n ", " ").replace("\r\n\t", " ")
        lines = lines.split("\r\n")
        self.start = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.strip(), value.strip()))
        first = self.start.split(" ", 2)
        self.is_request = not self.start.startswith("SIP/2.0 ")
        self.method = first[0] if self.is_request else self.cseq()[1]
        self.uri = first[1] if self.is_request and len(first) > 1 else None
        self.code = None if self.is_request else int(first[1])
        self.reason = "" if self.is_request or len(first) < 3 else first[2]

    def all(self, name):
        want = name.lower()
        return [v for n, v in self.headers if COMPACT.get(n.lower(), n.lower()) == want]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def cseq(self):
        number, _, method = self.get("CSeq", "0 ?").partition(" ")
        return int(number), method.strip()

    def tag(self, name):
        return param(self.get(name, ""), "tag")

    def __str__(self):
        return self.start

    __repr__ = __str__


def param(value, name):
    """A ;name=value parameter after the angle brackets; None when it is not there."""
    for part in value.rpartition(">")[2].split(";")[1:]:
        n, _, v = part.partition("=")
        if n.strip().lower() == name:
            return v.strip().strip('"')
    return None


def address(value):
    """The URI in a name-addr or addr-spec."""
    if "<" in value:
        return value.partition("<")[2].partition(">")[0]
    return value.partition(";")[0].strip()


def build(start, headers, body=b"", length=None):
    """The bytes of a message; Content-Length is added last, right unless `length` says else."""
    if isinstance(body, str):
        body = body.encode()
    lines = [start] + [f"{n}: {v}" for n, v in headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(request, code, reason, headers=(), body=b"", tag=None):
    """The bytes of a response to `request` (RFC 3261 8.2.6.2)."""
    to = request.get("To")
    if tag and not request.tag("To"):
        to += f";tag={tag}"
    out = [("Via", v) for v in request.all("Via")]
    out += [("Record-Route", v) for v in request.all("Record-Route")]
    out += [("From", request.get("From")), ("To", to), ("Call-ID", request.get("Call-ID")),
            ("CSeq", request.get("CSeq"))]
    return build(f"SIP/2.0 {code} {reason}", out + list(headers), body)


class Framer:
    """Cuts a byte stream into messages and counts the CRLF pongs (RFC 3261 18.3, RFC 5626 4.4.1)."""

    def __init__(self):
        self.data = b""
        self.pongs = 0

    def feed(self, data):
        self.data += data
        out = []
        while True:
            while self.data.startswith(b"\r\n"):
                self.data = self.data[2:]
                self.pongs += 1
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return out
            length = int(Message(self.data[:end + 4]).get("Content-Length", "0"))
            if len(self.data) < end + 4 + length:
                return out
            out.append(self.data[:end + 4 + length])
            self.data = self.data[end + 4 + length:]
