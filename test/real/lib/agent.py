"""A user agent of our own over a bare socket: registers, asks with digest, holds dialogs."""
from . import digest, sip
from .tap import equal

TEXT = [("Content-Type", "text/plain")]


class Agent:
    """A user at one socket. `user` has name, password, domain and uri."""

    def __init__(self, peer, user, algorithm=None):
        self.peer, self.user, self.algorithm = peer, user, algorithm
        self.tag = sip.token()
        self.register_id = sip.token(16)
        self.sequence = 0
        self.nonce_uses = {}

    # -- addresses

    def hostport(self):
        return "%s:%d" % self.peer.local

    def contact(self, transport=None):
        transport = transport or self.peer.transport
        extra = "" if transport == "udp" else f";transport={transport}"
        return f"sip:{self.user.name}@{self.hostport()}{extra}"

    def via(self, transport=None):
        name = (transport or self.peer.transport).upper()
        return f"SIP/2.0/{name} {self.hostport()};branch={sip.branch()};rport"

    # -- requests outside dialogs

    def send_request(self, method, uri, headers=(), body=b"", to=None, call_id=None,
                     sequence=None, replace=None):
        """Send one request and return it as a Message; `replace` swaps default headers."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        standard = {
            "Via": self.via(), "Max-Forwards": "70",
            "From": f"<{self.user.uri}>;tag={self.tag}", "To": f"<{to or uri}>",
            "Call-ID": call_id or sip.token(16), "CSeq": f"{sequence} {method}",
        }
        if method in ("INVITE", "SUBSCRIBE", "REFER"):
            standard["Contact"] = f"<{self.contact()}>"
        standard.update(replace or {})
        lines = [(n, v) for n, v in standard.items() if v is not None] + list(headers)
        data = sip.build(f"{method} {uri} SIP/2.0", lines, body)
        self.peer.send(data)
        return sip.Message(data)

    def final(self, request, seconds=5):
        """The final response to a request we sent."""
        return self.expect_response(request, range(200, 700), seconds)

    def expect_response(self, request, codes, seconds=5):
        codes = codes if isinstance(codes, range) else range(codes, codes + 1)
        return self.peer.expect(
            lambda m: m.code in codes and m.get("Call-ID") == request.get("Call-ID")
            and m.cseq() == request.cseq(), seconds,
            f"{codes.start}..{codes.stop - 1} to {request.method}")

    def credentials(self, reply, method, uri, password=None):
        """The header that answers a challenge."""
        offer = digest.choose(digest.challenges(reply), self.algorithm)
        nonce = offer.params["nonce"]
        self.nonce_uses[nonce] = self.nonce_uses.get(nonce, 0) + 1
        value = digest.answer(offer, self.user.name, password or self.user.password, method, uri,
                              self.nonce_uses[nonce])
        return ("Authorization" if reply.code == 401 else "Proxy-Authorization", value)

    def ask(self, method, uri, headers=(), body=b"", password=None, seconds=5, **how):
        """A request and its final response, a challenge answered once."""
        call_id = how.pop("call_id", None) or sip.token(16)
        request = self.send_request(method, uri, headers, body, call_id=call_id, **how)
        reply = self.final(request, seconds)
        if reply.code in (401, 407) and self.user.password is not None:
            if method == "INVITE":
                self.ack_refusal(request, reply)
            proof = self.credentials(reply, method, uri, password)
            request = self.send_request(method, uri, list(headers) + [proof], body,
                                        call_id=call_id, **how)
            reply = self.final(request, seconds)
        if method == "INVITE" and reply.code >= 300:
            self.ack_refusal(request, reply)
        reply.request = request
        return reply

    def begin(self, method, uri, headers=(), body=b"", **how):
        """Send a request past the challenge, without waiting for its final response."""
        call_id = sip.token(16)
        request = self.send_request(method, uri, headers, body, call_id=call_id, **how)
        reply = self.expect_response(request, range(401, 408))
        proof = self.credentials(reply, method, uri)
        return self.send_request(method, uri, list(headers) + [proof], body, call_id=call_id, **how)

    def ack_refusal(self, request, reply):
        """The ACK that ends a refused INVITE: same branch, same hop (17.1.1.3)."""
        lines = [("Via", request.get("Via")), ("Max-Forwards", "70"),
                 ("From", request.get("From")), ("To", reply.get("To")),
                 ("Call-ID", request.get("Call-ID")), ("CSeq", f"{request.cseq()[0]} ACK")]
        self.peer.send(sip.build(f"ACK {request.uri} SIP/2.0", lines))

    # -- registering

    def register(self, expires=600, contact=None, password=None, headers=(), **how):
        """REGISTER and its final response; contact None means this socket."""
        contact = contact or f"<{self.contact()}>"
        lines = [("Contact", contact), ("Expires", str(expires))] + list(headers)
        return self.ask("REGISTER", f"sip:{self.user.domain}", lines, password=password,
                        to=self.user.uri, call_id=self.register_id, **how)

    def signed_in(self, **how):
        equal(self.register(**how).code, 200, f"REGISTER of {self.user.name}")
        return self

    # -- answering

    def answer(self, request, code, reason, headers=(), body=b""):
        if request.method == "INVITE" and code < 300:
            headers = [("Contact", f"<{self.contact()}>")] + list(headers)
        data = sip.response(request, code, reason, headers, body,
                            tag=self.tag if code > 100 else None)
        self.peer.send(data)
        return sip.Message(data)

    # -- messages

    def deliver(self, receiver, text):
        """A MESSAGE that comes as it was sent, and is taken: what came."""
        request = self.begin("MESSAGE", receiver.user.uri, TEXT, text)
        got = receiver.peer.expect("MESSAGE")
        equal(got.body, text, "the text")
        receiver.answer(got, 200, "OK")
        equal(self.final(request).code, 200, "MESSAGE")
        return got

    # -- calls

    def invite(self, uri, body=b"", headers=(), seconds=5):
        """Send an INVITE past the challenge; the Call goes on with what comes."""
        return Call.outgoing(self, uri, body, headers, seconds)


class Call:
    """A dialog, from either side."""

    def __init__(self, agent, request):
        self.agent, self.request = agent, request
        self.call_id = request.get("Call-ID")
        self.routes, self.target = [], None
        self.local = self.remote = None
        self.sequence = 0

    @classmethod
    def outgoing(cls, agent, uri, body, headers, seconds):
        lines = list(headers) + ([("Content-Type", "application/sdp")] if body else [])
        call_id = sip.token(16)
        request = agent.send_request("INVITE", uri, lines, body, call_id=call_id)
        first = agent.expect_response(request, range(100, 700), seconds)
        if first.code in (401, 407):
            agent.ack_refusal(request, first)
            proof = agent.credentials(first, "INVITE", uri)
            request = agent.send_request("INVITE", uri, lines + [proof], body, call_id=call_id)
        call = cls(agent, request)
        call.sequence = request.cseq()[0]
        return call

    @classmethod
    def incoming(cls, agent, request, reply):
        """The callee's dialog, after it sent `reply` to `request`."""
        call = cls(agent, request)
        call.local, call.remote = reply.get("To"), request.get("From")
        call.target = sip.address(request.get("Contact"))
        call.routes = split_routes(request.all("Record-Route"))
        return call

    def progress(self, code, seconds=5):
        return self.agent.expect_response(self.request, code, seconds)

    def final(self, seconds=5):
        """The final response; a refusal is acknowledged, an acceptance makes the dialog."""
        reply = self.agent.final(self.request, seconds)
        if reply.code >= 300:
            self.agent.ack_refusal(self.request, reply)
        else:
            self.local, self.remote = reply.get("From"), reply.get("To")
            self.target = sip.address(reply.get("Contact"))
            self.routes = split_routes(reply.all("Record-Route"))[::-1]
        return reply

    def accepted(self, seconds=5):
        reply = self.final(seconds)
        equal(reply.code, 200, "final response to INVITE")
        self.ack()
        return reply

    def ack(self):
        self.send("ACK", sequence=self.sequence)

    def cancel(self):
        """CANCEL of the INVITE and the answer to it."""
        lines = [("Via", self.request.get("Via")), ("Max-Forwards", "70"),
                 ("From", self.request.get("From")), ("To", self.request.get("To")),
                 ("Call-ID", self.call_id), ("CSeq", f"{self.request.cseq()[0]} CANCEL")]
        data = sip.build(f"CANCEL {self.request.uri} SIP/2.0", lines)
        self.agent.peer.send(data)
        return self.agent.final(sip.Message(data))

    def send(self, method, headers=(), body=b"", sequence=None):
        """A request inside the dialog, along its route set."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        lines = [("Route", r) for r in self.routes] + list(headers)
        if body:
            lines.append(("Content-Type", "application/sdp"))
        return self.agent.send_request(
            method, self.target, lines, body, call_id=self.call_id, sequence=sequence,
            replace={"From": self.local, "To": self.remote})

    def ask(self, method, headers=(), body=b"", seconds=5):
        return self.agent.final(self.send(method, headers, body), seconds)

    def bye(self):
        equal(self.ask("BYE").code, 200, "response to BYE")


def split_routes(values):
    """Route values one by one, where a header had several."""
    return [part.strip() for v in values for part in v.split(",")]
