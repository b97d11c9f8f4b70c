"""Session descriptions: a plain one, and some that a careless relay would change."""

PLAIN = (b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
         b"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n")

NASTY = [
    PLAIN,
    PLAIN.replace(b"\r\n", b"\n"),                              # bare line feeds
    PLAIN.rstrip(b"\r\n"),                                      # no end of the last line
    PLAIN + b"\r\n\r\n\r\n",                                    # empty lines at the end
    PLAIN.replace(b"s=-", b"s=\xc3\xa9t\xc3\xa9 \xe2\x98\x83"),   # UTF-8
    PLAIN.replace(b"s=-", b"s=caf\xe9 \x01\x7f"),               # Latin-1 and controls
    PLAIN + b"a=x: trailing blanks   \r\na=tab\there\r\n",
    PLAIN + b"a=key:" + bytes(range(128, 256)) + b"\r\n",
    PLAIN + b"INVITE sip:x@example.test SIP/2.0\r\nContent-Length: 0\r\n\r\n",
    PLAIN + b"a=zero:\x00:\r\n",
]
