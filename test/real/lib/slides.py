"""The sample messages of the talk (rows S20 to S22), as bytes.

Each as its row describes it: the first decade's style, with no tag, no branch and no
Max-Forwards, and with a Content-Length that does not fit, or without Event.
"""
from . import sip

INVITE_BODY = (b"v=0\r\no=alice 53655765 2353687637 IN IP4 127.0.0.1\r\ns=Lunch\r\n"
               b"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 3456 RTP/AVP 0 3 4 5\r\n")
MESSAGE_BODY = b"Watson, come here."
PRESENCE_BODY = (b'<?xml version="1.0" encoding="UTF-8"?>\r\n'
                 b'<presence xmlns="urn:ietf:params:xml:ns:cpim-pidf" entity="pres:a@example.test">\r\n'
                 b'<tuple id="1"><status><basic>open</basic></status></tuple>\r\n</presence>\r\n')
MISSING = 8         # bytes that Content-Length promises and the text does not have
PRESENCE_TYPE = "application/cpim-pidf+xml"


def head(method, sender, receiver, transport, hostport, extra=()):
    """The headers all four samples share, and their Call-ID."""
    call_id = sip.token(12) + "@127.0.0.1"
    lines = [("Via", f"SIP/2.0/{transport.upper()} {hostport}"),
             ("From", f"Alice <{sender.uri}>"), ("To", f"Bob <{receiver.uri}>"),
             ("Call-ID", call_id), ("CSeq", f"1 {method}")] + list(extra)
    return f"{method} {receiver.uri} SIP/2.0", lines, call_id


def invite(sender, receiver, transport, hostport, missing=MISSING):
    start, lines, call_id = head("INVITE", sender, receiver, transport, hostport,
                                 [("Subject", "Lunch"),
                                  ("Contact", f"<sip:{sender.name}@{hostport}>"),
                                  ("Content-Type", "application/sdp")])
    return sip.build(start, lines, INVITE_BODY, len(INVITE_BODY) + missing), call_id


def message(sender, receiver, transport, hostport, missing=MISSING):
    start, lines, call_id = head("MESSAGE", sender, receiver, transport, hostport,
                                 [("Content-Type", "text/plain")])
    return sip.build(start, lines, MESSAGE_BODY, len(MESSAGE_BODY) + missing), call_id


def subscribe(sender, receiver, transport, hostport, extra=()):
    start, lines, call_id = head("SUBSCRIBE", sender, receiver, transport, hostport,
                                 [("Contact", f"<sip:{sender.name}@{hostport}>"),
                                  ("Accept", PRESENCE_TYPE), ("Expires", "600"), *extra])
    return sip.build(start, lines), call_id


def notify(sender, receiver, transport, hostport, extra=()):
    start, lines, call_id = head("NOTIFY", sender, receiver, transport, hostport,
                                 [("Content-Type", PRESENCE_TYPE), *extra])
    return sip.build(start, lines, PRESENCE_BODY), call_id
