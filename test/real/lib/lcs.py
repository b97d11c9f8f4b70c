"""An LCS client on a bare socket: signs in by NTLM or Kerberos, signs what it sends, checks what
it gets.

For what pidgin-sipe cannot be told to do: old versions, wrong signatures, repeated numbers.
"""
import base64
import os
import re

from . import gss, ntlm, sip
from .tap import Failed, check, equal

REALM = "SIP Communications Service"


def between(value):
    """A URI as clients find it."""
    return value.partition("<")[2].partition(">")[0] if "<" in value else value.split(";")[0]


def text_of(message, scheme, rand, num, target, version):
    """What a signature covers."""
    number, method = message.get("CSeq").split(" ")
    tag = lambda name: (re.search(r";tag=([^;]*)", message.get(name)) or ["", ""])[1]
    fields = [scheme, rand, num, REALM, target, message.get("Call-ID"), number, method,
              between(message.get("From")), tag("From")]
    fields += [between(message.get("To"))] if version > 2 else []
    fields += [tag("To")]
    fields += ["", ""] if version > 2 else []
    fields += [message.get("Expires", "")]
    fields += [] if message.is_request else [str(message.code)]
    return "".join(f"<{f}>" for f in fields)


def params(value):
    return {n.lower(): q if q is not None and not b else b or ""
            for n, q, b in re.findall(r'([\w-]+)=(?:"([^"]*)"|([^",\s]+))', value)}


class LcsClient:
    scheme = "NTLM"

    def __init__(self, peer, user, version=4, extended=True, clock=0.0, login=None,
                 password=None, epid=None, header="Authorization", v1=False):
        self.peer, self.user, self.version = peer, user, version
        self.extended, self.clock, self.header, self.v1 = extended, clock, header, v1
        self.login, self.password = login or user.aor, password or user.password
        self.epid = epid or os.urandom(6).hex()
        self.call_id, self.sequence = sip.token(20), 0
        self.session, self.opaque, self.cnum = None, None, 0
        self.target = None

    # -- messages

    def lines(self, method, uri, to=None, call_id=None, sequence=None, more=()):
        self.sequence += 1
        host, port = self.peer.local
        return [("Via", f"SIP/2.0/tcp {host}:{port};branch=z9hG4bK{os.urandom(10).hex()}"),
                ("From", f"<{self.user.uri}>;tag={sip.token()};epid={self.epid}"),
                ("To", f"<{to or uri}>"), ("Max-Forwards", "70"),
                ("CSeq", f"{sequence or self.sequence} {method}"),
                ("User-Agent", "RTC/1.3"), ("Call-ID", call_id or sip.token(20)),
                ("Contact", f"<sip:{host}:{port};transport=tcp;ms-opaque=1>")] + list(more)

    def unsigned(self, method, uri, lines, body=b""):
        return sip.build(f"{method} {uri} SIP/2.0", lines, body)

    def signature(self, data, cnum=None, session=None):
        """The credentials for bytes that are to be sent."""
        if cnum is None:
            self.cnum += 1
            cnum = self.cnum
        rand = os.urandom(4).hex()
        text = text_of(sip.Message(data), self.scheme, rand, str(cnum), self.target, self.version)
        mac = (session or self.session).mac(text).hex()
        return f'crand="{rand}", cnum="{cnum}", response="{mac}"'

    def sign(self, data, cnum=None):
        """The same message with credentials in front of its Content-Length."""
        value = (f'{self.scheme} qop="auth", opaque="{self.opaque}", realm="{REALM}", '
                 f'targetname="{self.target}", {self.signature(data, cnum)}')
        return data.replace(b"\r\nContent-Length:",
                            f"\r\n{self.header}: {value}\r\nContent-Length:".encode(), 1)

    def make(self, method, uri, body=b"", cnum=None, **how):
        """The bytes of a signed request."""
        return self.sign(self.unsigned(method, uri, self.lines(method, uri, **how), body), cnum)

    def ask(self, data, seconds=5):
        """Send bytes of a request; the final response, whose signature is right."""
        request = sip.Message(data)
        self.peer.send(data)
        reply = self.peer.expect(
            lambda m: (m.code or 0) >= 200 and m.get("Call-ID") == request.get("Call-ID") and
            m.cseq() == request.cseq(), seconds, f"a final response to {request.method}")
        if self.session and reply.code != 401:
            self.check(reply)
        return reply

    def check(self, message):
        """The server's signature."""
        p = params(message.get("Authentication-Info") or "")
        if "rspauth" not in p:
            raise Failed(f"unsigned: {message.start}")
        text = text_of(message, self.scheme, p["srand"], p["snum"], self.target, self.version)
        check(self.session.is_right(text, bytes.fromhex(p["rspauth"])), f"signature of\n{text}")
        return int(p["snum"])

    # -- signing in

    def register(self, more=(), credentials=None):
        lines = self.lines("REGISTER", f"sip:{self.user.domain}", to=self.user.uri,
                           call_id=self.call_id, more=more)
        if credentials:
            lines.append((self.header, credentials))
        return self.unsigned("REGISTER", f"sip:{self.user.domain}", lines)

    def offer(self, reply):
        """Our scheme's challenge of a 401."""
        equal(reply.code, 401, "response")
        for value in reply.all("WWW-Authenticate"):
            if value.startswith(self.scheme + " "):
                return params(value)
        raise Failed(f"no {self.scheme} in {reply.all('WWW-Authenticate')}")

    def first_leg(self):
        self.session, self.opaque = None, None
        self.target = self.offer(self.ask(self.register()))["targetname"]
        version = f", version={self.version}" if self.version > 2 else ""
        self.common = f'qop="auth", realm="{REALM}", targetname="{self.target}"{version}'

    def begin(self):
        """The first two legs; the challenge that is to be answered."""
        self.first_leg()
        second = self.offer(self.ask(self.register(
            credentials=f'NTLM {self.common}, gssapi-data=""')))
        self.opaque = second["opaque"]
        return base64.b64decode(second["gssapi-data"])

    def answer(self, token, session, signed=True):
        """The third REGISTER with these bytes as its token."""
        data = self.register()
        opaque = f', opaque="{self.opaque}"' if self.opaque else ""
        value = (f'{self.scheme} {self.common}{opaque}, '
                 f'gssapi-data="{base64.b64encode(token).decode()}"')
        if self.version >= 4 and signed:
            value += ", " + self.signature(data, 1, session)
            self.cnum = 1
        return data.replace(b"\r\nContent-Length:",
                            f"\r\n{self.header}: {value}\r\nContent-Length:".encode(), 1)

    def new_session(self, challenge):
        domain, _, name = self.login.rpartition("\\")
        return ntlm.Session(challenge, name, self.password, domain, self.extended, self.clock,
                            self.v1)

    def try_sign_in(self, seconds=5):
        """The last response of a sign-in; the session counts if it is 200."""
        session = self.new_session(self.begin())
        self.cnum = 0
        data = self.answer(session.token(), session)
        self.peer.send(data)
        request = sip.Message(data)
        reply = self.peer.expect(lambda m: m.code and m.code >= 200 and
                                 m.cseq() == request.cseq(), seconds, "the last response")
        if reply.code == 200:
            self.session = session
            self.check(reply)
            self.opaque = params(reply.get("Authentication-Info"))["opaque"]
        return reply

    def sign_in(self):
        equal(self.try_sign_in().code, 200, "sign-in")
        return self


class KerberosClient(LcsClient):
    """The same by a ticket: cache and config are those of kinit (KRB5CCNAME, KRB5_CONFIG)."""
    scheme = "Kerberos"

    def __init__(self, peer, user, cache, config, service=None, **how):
        super().__init__(peer, user, **how)
        self.cache, self.config, self.service = cache, config, service

    def begin(self):
        self.first_leg()                # the token is the first word

    def new_session(self, challenge):
        return gss.Session(self.service or self.target, self.cache, self.config)
