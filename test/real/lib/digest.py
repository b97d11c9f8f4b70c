"""The client's side of digest authentication (RFC 2617 qop=auth, RFC 8760 algorithms)."""
import hashlib
import re

from .sip import token
from .tap import Failed

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-512-256":
          lambda data: hashlib.new("sha512_256", data)}


class Challenge:
    def __init__(self, header):
        scheme, _, rest = header.partition(" ")
        if scheme.lower() != "digest":
            raise Failed(f"not a digest challenge: {header}")
        pairs = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', rest)
        self.params = {n.lower(): quoted or plain for n, quoted, plain in pairs}
        self.algorithm = self.params.get("algorithm", "MD5").upper()
        self.is_stale = self.params.get("stale", "").lower() == "true"


def challenges(reply):
    """All the challenges of a 401 or 407, in the server's order of preference."""
    name = "WWW-Authenticate" if reply.code == 401 else "Proxy-Authenticate"
    found = [Challenge(v) for v in reply.all(name)]
    if not found:
        raise Failed(f"{reply.code} without {name}")
    return found


def choose(offers, algorithm=None):
    """The offer with this algorithm, or the first one we can compute."""
    for offer in offers:
        if offer.algorithm in HASHES and algorithm in (None, offer.algorithm):
            return offer
    raise Failed(f"no {algorithm or 'known'} challenge among {[o.algorithm for o in offers]}")


def answer(challenge, user, password, method, uri, count=1):
    """The value of Authorization or Proxy-Authorization."""
    def h(text):
        return HASHES[challenge.algorithm](text.encode()).hexdigest()

    realm, nonce = challenge.params["realm"], challenge.params["nonce"]
    a1, a2 = h(f"{user}:{realm}:{password}"), h(f"{method}:{uri}")
    out = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    bare = {"algorithm": challenge.params["algorithm"]} if "algorithm" in challenge.params else {}
    if "auth" in [q.strip() for q in challenge.params.get("qop", "").split(",")]:
        cnonce, nc = token(12), f"{count:08x}"
        out["response"] = h(f"{a1}:{nonce}:{nc}:{cnonce}:auth:{a2}")
        out["cnonce"] = cnonce
        bare.update(qop="auth", nc=nc)
    else:
        out["response"] = h(f"{a1}:{nonce}:{a2}")
    if "opaque" in challenge.params:
        out["opaque"] = challenge.params["opaque"]
    parts = [f'{n}="{v}"' for n, v in out.items()] + [f"{n}={v}" for n, v in bare.items()]
    return "Digest " + ", ".join(parts)
