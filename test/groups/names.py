#!/usr/bin/python3
"""A name server for test/groups/certificates.sh: names.py FILE writes its port there.

here.example.com has an address, _sip._tcp.served.example.com an SRV record; nobody else exists.
"""
import os
import socket
import struct
import sys

A, SRV = 1, 33


def question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack("!H", packet[at + 1:at + 3])[0], packet[12:at + 5]


def answer(packet):
    name, kind, asked = question(packet)
    data = None
    if name == "here.example.com" and kind == A:
        data = bytes([127, 0, 0, 1])
    if name == "_sip._tcp.served.example.com" and kind == SRV:
        data = struct.pack("!HHH", 1, 1, 5060) + b"\4here\7example\3com\0"
    known = name in ("here.example.com", "_sip._tcp.served.example.com")
    head = packet[:2] + struct.pack("!HHHHH", 0x8180 | (0 if known else 3), 1, 1 if data else 0, 0, 0)
    if not data:
        return head + asked
    return head + asked + b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    with open(sys.argv[1] + ".new", "w") as f:
        f.write(str(s.getsockname()[1]))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    while True:
        packet, peer = s.recvfrom(4096)
        s.sendto(answer(packet), peer)


main()
