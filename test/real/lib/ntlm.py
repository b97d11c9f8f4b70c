"""NTLMv2 from the client's side, with what it needs of old cryptography.

Written apart from the server's own, so that one mistake does not hide another.
"""
import hashlib
import hmac
import os
import struct
import time
import zlib

SIGNATURE = b"NTLMSSP\0"
EXTENDED, KEY_EXCH, WITH_128 = 0x00080000, 0x40000000, 0x20000000
SEQUENCE = struct.pack("<I", 100)


def md4(data):
    """RFC 1320; Python's OpenSSL has none."""
    def left(x, n):
        x &= 0xffffffff
        return (x << n | x >> (32 - n)) & 0xffffffff

    rounds = [
        (lambda x, y, z: x & y | ~x & z, 0, list(range(16)), (3, 7, 11, 19)),
        (lambda x, y, z: x & y | x & z | y & z, 0x5a827999,
         [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], (3, 5, 9, 13)),
        (lambda x, y, z: x ^ y ^ z, 0x6ed9eba1,
         [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15))]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
    for at in range(0, len(padded), 64):
        x = struct.unpack("<16I", padded[at:at + 64])
        a, b, c, d = state
        for mix, constant, order, shifts in rounds:
            for i, k in enumerate(order):
                a, b, c, d = d, left(a + mix(b, c, d) + x[k] + constant, shifts[i % 4]), b, c
        state = [(s + n) & 0xffffffff for s, n in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def rc4(key, data):
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def hmac_md5(key, data):
    return hmac.new(key, data, hashlib.md5).digest()


def utf16(text):
    return text.encode("utf-16-le")


class Session:
    """The answer to a challenge (type 2), and the keys that come of it."""

    def __init__(self, challenge, user, password, domain="", extended=True, clock=0.0, v1=False):
        flags, = struct.unpack_from("<I", challenge, 20)
        self.nonce = challenge[24:32]
        info_len, _, info_at = struct.unpack_from("<HHI", challenge, 40)
        info = challenge[info_at:info_at + info_len]
        self.flags = flags & ~0x80010000
        if not extended:
            self.flags &= ~EXTENDED
        key = hmac_md5(md4(utf16(password)), utf16(user.upper() + domain))
        ticks = int((time.time() + clock + 11644473600) * 10_000_000)
        temp = (b"\1\1" + bytes(6) + struct.pack("<Q", ticks) + os.urandom(8) + bytes(4) + info +
                bytes(4))
        proof = hmac_md5(key, self.nonce + temp)
        self.exported = os.urandom(16)
        if v1:                  # as short as DES makes it; nobody looks whether it is right
            temp = bytes(8)
        self.fields = [bytes(24), proof + temp, utf16(domain), utf16(user), utf16("RIG"),
                       rc4(hmac_md5(key, proof), self.exported)]

    def token(self):
        """Type 3."""
        head, payload, at = b"", b"", 72
        for field in self.fields:
            head += struct.pack("<HHI", len(field), len(field), at + len(payload))
            payload += field
        return (SIGNATURE + struct.pack("<I", 3) + head + struct.pack("<I", self.flags) +
                b"\5\1\x28\x0a\0\0\0\x0f" + payload)

    def is_right(self, text, mac):
        """Is this the server's signature of that text?"""
        return mac == self.mac(text, False)

    def mac(self, text, by_client=True):
        data = text.encode()
        if not self.flags & EXTENDED:
            stream = rc4(self.exported, bytes(12))
            words = bytes(4) + struct.pack("<I", zlib.crc32(data)) + SEQUENCE
            return b"\1\0\0\0" + bytes(4) + bytes(a ^ b for a, b in zip(words[4:], stream[4:]))
        way = b"client-to-server" if by_client else b"server-to-client"
        make = lambda what: hashlib.md5(self.exported + b"session key to " + way + b" " + what +
                                        b"ing key magic constant\0").digest()
        check = hmac_md5(make(b"sign"), SEQUENCE + data)[:8]
        return b"\1\0\0\0" + rc4(hashlib.md5(make(b"seal") + SEQUENCE).digest(), check) + SEQUENCE
