"""The torture messages of RFC 4475 and RFC 5118 sent to a running proxy by UDP and TCP: what
becomes of each is what its verdict allows, and what doc/conformance.md says."""
import pathlib
import re

from lib import sip
from lib.demo import ROOT
from lib.tap import Failed, check, equal, test, wait_until

TORTURE = ROOT / "test/torture"
SOURCE = "127.0.5.1"            # an address where any port may be bound, for Vias that name one

CONFIG = """#!lcs 1
server_name = "torture"
listen = LCS_UDP
listen = LCS_TCP
loadmodule "sl"
loadmodule "maxfwd"
loadmodule "sanity"
loadmodule "siputils"
loadmodule "auth"
loadmodule "auth_db"
request_route {
    if (!mf_process_maxfwd_header(70)) {
        sl_send_reply(483, "Too Many Hops");
        exit;
    }
    if (!sanity_check()) drop;
    if (is_method("OPTIONS") && $rU == null && $rd == LCS_DOMAIN) {
        sl_send_reply(200, "OK");              # the demo asks whether we are up
        exit;
    }
    $du = "sip:127.0.0.1:%d";
    forward();
}
"""


def verdicts():
    """File, the outcomes that are right for a proxy, what a stream makes of it."""
    for line in (TORTURE / "verdicts.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, _, framing, _, treatment, latitude, _ = line.split("\t")
        roles = dict(t.split("=") for t in treatment.split())
        allowed = {roles.get("proxy") or roles["any"]}
        allowed |= set(latitude.removeprefix("lenient-ok: ").split(","))
        yield name, allowed, framing.partition("stream: ")[2]


def said_in_manual():
    """What doc/conformance.md says: file to (by UDP, by TCP)."""
    rows = re.findall(r"^\| `(rfc\d+/\S+\.sip)` \| (\S+) \| (\S+) \|$",
                      (ROOT / "doc/conformance.md").read_text(), re.M)
    return {name: (udp, tcp) for name, udp, tcp in rows}


class Bench:
    """A stateless proxy of one worker, so that what comes after shows what came of before."""

    def __init__(self, world):
        self.sink = world.listener("udp")
        self.sink.responder = lambda m: sip.response(m, 200, "OK") if is_probe(m) else None
        config = pathlib.Path(world.path("torture.cfg"))
        config.write_text(CONFIG % self.sink.local[1])
        self.world = world
        self.server, _ = world.own_server(
            users=0, transports=("udp", "tcp"), options=["--config", str(config), "--workers", "1"])

    def peer(self, transport, data):
        if transport == "tcp":
            return self.world.peer("tcp", self.server)
        port = re.search(rb"(?im)^(?:v|via)\s*:[^;]*?:(\d+)\s*[;,\r]", data)
        port = int(port.group(1)) if port and 1024 < int(port.group(1)) < 65536 else 5060
        return self.world.peer("udp", self.server, bind=(SOURCE, port))

    def outcome(self, transport, data):
        peer, seen = self.peer(transport, data), len(self.sink.history)
        peer.send(data)
        state = self.datagram(peer) if transport == "udp" else self.stream(peer)
        sent = [m for m in self.sink.history[seen:] if not is_probe(m)]
        codes = [str(m.code) for m in peer.history if m.code is not None and not is_probe(m)]
        peer.close()
        return "forward" if sent else codes[0] if codes else state

    def datagram(self, peer):
        """What came before the answer to a probe came because of the message."""
        self.probe(peer)
        return "drop"

    def stream(self, peer):
        """The same; but a stream may be closed, or the server wait for the rest of a message."""
        other = self.world.peer("tcp", self.server)
        self.probe(other)
        try:
            peer.send(b"\r\n\r\n")
            self.probe(other)       # there is one worker: what it answers to comes first
            wait_until(lambda: peer.framer.pongs or peer.ended, 0.2, "a pong or the end")
        except (OSError, Failed):
            return "close" if peer.ended else "wait"
        finally:
            other.close()
        return "close" if peer.ended else "drop"

    def probe(self, peer):
        """An exchange with the sink, through the server."""
        lines = [("Via", "SIP/2.0/%s %s:%d;rport;branch=%s" % (peer.transport.upper(), *peer.local,
                                                               sip.branch())),
                 ("Max-Forwards", "9"), ("From", "<sip:a@a.test>;tag=1"), ("To", "<sip:b@b.test>"),
                 ("Call-ID", "probe-" + sip.token()), ("CSeq", "1 OPTIONS")]
        peer.send(sip.build("OPTIONS sip:b@b.test SIP/2.0", lines))
        peer.expect(lambda m: is_probe(m) and m.code == 200, 5, "the answer to a probe")


def is_probe(m):
    return m.get("Call-ID", "").startswith("probe-")


def fits(outcome, allowed, framing):
    """A stream may have to be closed or waited on where a datagram could be answered; a
    response that answers nothing of ours is nobody's."""
    return (outcome in allowed or outcome == framing or
            (outcome in ("400", "close") and "close" in framing) or
            ("accept" in allowed and outcome in ("forward", "drop")))


@test("every message of RFC 4475 and RFC 5118 gets its due by UDP and TCP", limit=150)
def all_messages(world):
    bench, seen, wrong = Bench(world), {}, []
    for name, allowed, framing in verdicts():
        data = (TORTURE / name).read_bytes()
        seen[name] = tuple(bench.outcome(t, data) for t in ("udp", "tcp"))
        for got, stream in zip(seen[name], ("", framing)):
            if not fits(got, allowed, stream):
                wrong.append(f"{name}: {got}, not {sorted(allowed)}")
    world.path("outcomes.md").write_text(
        "".join(f"| `{n}` | {u} | {t} |\n" for n, (u, t) in seen.items()))
    check(not wrong, "; ".join(wrong))
    said = said_in_manual()
    equal([(n, s, said.get(n)) for n, s in seen.items() if s != said.get(n)], [],
          "where doc/conformance.md says something else")
    equal(set(said), set(seen), "messages in doc/conformance.md")
