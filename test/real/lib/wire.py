"""What goes over the loopback, from a capture: who speaks to whom, and how long a message takes."""
import os
import re
import signal
import statistics
import struct
import subprocess

from .tap import PATIENCE, Failed, Skip, check
from .world import need

CALL_ID = re.compile(rb"\r\nCall-ID: *([^\r\n]+)\r\n")


class Capture:
    """TCP at these ports, as tcpdump sees it; ended by the first question."""

    def __init__(self, world, *ports):
        if os.geteuid() != 0:
            raise Skip("looking at the wire wants root")
        need("tcpdump", "tcpdump")
        self.file = world.path("wire.pcap")
        rule = " or ".join(f"tcp port {p}" for p in ports)
        self.child = subprocess.Popen(["tcpdump", "-Z", "root", "-i", "lo", "-U", "-B", "32768",
                                       "-w", str(self.file), rule], stderr=subprocess.PIPE, text=True)
        world.stack.callback(self.end)
        line = self.child.stderr.readline()
        while line and "listening on" not in line:
            line = self.child.stderr.readline()
        check(line, "tcpdump does not listen")

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            said = self.child.communicate(timeout=PATIENCE * 10)[1]
            check("\n0 packets dropped by kernel" in said, f"the capture has holes: {said}")

    def packets(self):
        """Time, (address, port) of sender and receiver, payload: those that have any."""
        self.end()
        data = self.file.read_bytes()
        magic, link = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
        if (magic, link) != (0xa1b2c3d4, 1):
            raise Failed(f"no capture of an Ethernet in microseconds: {magic:x} {link}")
        at = 24
        while at + 16 <= len(data):
            seconds, micros, size, _ = struct.unpack_from("<4I", data, at)
            frame = data[at + 16:at + 16 + size]
            at += 16 + size
            if frame[12:14] != b"\x08\x00":
                continue
            ip = frame[14:14 + struct.unpack_from(">H", frame, 16)[0]]
            tcp = ip[(ip[0] & 15) * 4:]
            payload = tcp[(tcp[12] >> 4) * 4:]
            ports = struct.unpack_from(">2H", tcp)
            ends = [(".".join(map(str, ip[i:i + 4])), p) for i, p in zip((12, 16), ports)]
            if payload:
                yield seconds + micros / 1e6, ends[0], ends[1], payload

    def pairs(self):
        """Ordered pairs of addresses of which one sent the other any bytes."""
        return {(a[0], b[0]) for _, a, b, _ in self.packets()}


def latencies(packets, here, there):
    """Milliseconds for each MESSAGE with credentials, from its arrival at one server's address and
    port to its departure from another's (which may be the same)."""
    came, left = {}, {}
    for when, sender, receiver, payload in packets:
        if receiver == here and b"\r\nProxy-Authorization:" in payload:
            came.update((m, when) for m in CALL_ID.findall(payload))
        if sender == there and b"MESSAGE sip:" in payload:
            for call in CALL_ID.findall(payload):
                left.setdefault(call, when)
    return [1000 * (left[c] - came[c]) for c in came if c in left]


def summary(values):
    """Median and 99th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
