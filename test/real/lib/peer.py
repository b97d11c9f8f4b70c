"""A bare SIP socket: sends the bytes it is given, keeps every message that comes.

For what no client can be told to do, and for looking at bytes. Nothing is retransmitted
and nothing answered by itself; what a server retransmits over UDP is counted, not kept.
"""
import ctypes
import os
import select
import socket
import threading
import time

from . import secure, sip
from .tap import PATIENCE, Failed, patient_end

_CLONE_NEWNET = 0x40000000


def in_netns(name, function):
    """Run function in a thread that lives in a network namespace; its sockets stay there."""
    out = []

    def body():
        with open(f"/run/netns/{name}") as ns:
            if ctypes.CDLL(None, use_errno=True).setns(ns.fileno(), _CLONE_NEWNET) != 0:
                out.append(OSError(ctypes.get_errno(), f"setns {name}"))
                return
        try:
            out.append(function())
        except OSError as e:
            out.append(e)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if isinstance(out[0], Exception):
        raise out[0]
    return out[0]


def matcher(what):
    """`what` may be a method, a status code, a range of codes or a predicate."""
    if isinstance(what, str):
        return lambda m: m.is_request and m.method == what
    if isinstance(what, int):
        return lambda m: m.code == what
    if isinstance(what, range):
        return lambda m: m.code is not None and m.code in what
    return what


class Peer:
    """One UDP socket, TCP connection or TLS connection to a server.

    With `listen`, a UDP socket or a listening TCP socket that takes what comes: then
    send() answers on the path the last message came by.
    """

    def __init__(self, transport, server=None, ca=None, server_name=None,
                 bind=("127.0.0.1", 0), log=None, netns=None):
        self.transport, self.server, self.log = transport, server, log
        self.change = threading.Condition()
        self.inbox, self.history = [], []
        self.repeats = 0
        self.responder = None       # called with each new request; the bytes it returns are sent
        self.ended = False
        self.framer = sip.Framer()
        self.connections = 0
        self.listener = None
        make = lambda: self._open(bind, ca, server_name)
        self.sock = in_netns(netns, make) if netns else make()
        self.local = (self.listener or self.sock).getsockname()[:2]
        self._stop, self._wake = os.pipe()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # -- opening

    def _open(self, bind, ca, server_name):
        if self.transport == "udp":
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            s.bind(bind)
            return s
        if self.server is None:
            self.listener = socket.create_server(bind)
            return None
        if self.transport == "tls":
            return secure.connect(self.server, ca, server_name, bind)
        s = socket.create_connection(self.server, PATIENCE * 5, source_address=bind)
        s.settimeout(None)
        return s

    # -- receiving

    def _run(self):
        try:
            if self.listener is None:
                self._read_socket(self.sock)
            else:
                self._accept_loop()
        except OSError:
            pass
        with self.change:
            self.ended = True
            self.change.notify_all()

    def _ready(self, s):
        if isinstance(s, secure.SecureSocket) and s.pending():
            return True
        waiting = select.poll()         # not select(): descriptors may be many
        waiting.register(s, select.POLLIN)
        waiting.register(self._stop, select.POLLIN)
        return self._stop not in [fd for fd, _ in waiting.poll()]

    def _accept_loop(self):
        while self._ready(self.listener):
            conn, _ = self.listener.accept()
            self.connections += 1
            self.sock, self.framer = conn, sip.Framer()
            self._read_socket(conn)

    def _read_socket(self, s):
        while self._ready(s):
            if self.transport == "udp":
                data, source = s.recvfrom(65536)
                self._take(data, source)
                continue
            data = s.recv(65536)
            if data is None:
                continue
            if not data:
                return
            for raw in self._cut(data):
                self._take(raw, None)

    def _cut(self, data):
        with self.change:
            out = self.framer.feed(data)
            self.change.notify_all()
        return out

    def _take(self, raw, source):
        if not raw.strip(b"\r\n\0"):
            return
        self._note("<<<", raw)
        m = sip.Message(raw)
        m.source, m.at = source, time.monotonic()
        with self.change:
            if self.transport == "udp" and any(o.raw == raw for o in self.history):
                self.repeats += 1
                return
            if self.server is None:
                self.last_source = source
            self.history.append(m)
            self.inbox.append(m)
            self.change.notify_all()
        if self.responder and m.is_request:
            answer = self.responder(m)
            if answer is not None:
                self.send(answer)

    def _note(self, arrow, raw):
        if self.log:
            with open(self.log, "ab") as f:
                f.write(f"{arrow} {time.time():.3f} {self.transport}\n".encode() + raw + b"\n")

    def stop_reading(self):
        """Leave what comes in the kernel's buffers from now on."""
        os.write(self._wake, b"x")
        self.thread.join(5)

    # -- what tests use

    def send(self, data):
        """Send these bytes; over UDP as one datagram."""
        self._note(">>>", data)
        if self.transport == "udp":
            self.sock.sendto(data, self.server or self.last_source)
        else:
            self.sock.sendall(data)

    def expect(self, what, seconds=5, meaning=None):
        """The first message, of those not yet taken, that matches; waits for it."""
        match = matcher(what)
        end = patient_end(seconds)
        with self.change:
            while True:
                for m in self.inbox:
                    if match(m):
                        self.inbox.remove(m)
                        return m
                left = end - time.monotonic()
                if left <= 0 or self.ended:
                    why = "connection closed" if self.ended else f"within {PATIENCE * seconds} s"
                    raise Failed(f"{meaning or what} did not come ({why}); "
                                 f"there is {[str(m) for m in self.inbox]}")
                self.change.wait(left)

    def has(self, what):
        """Is such a message here, taken or not? For what must not have come."""
        match = matcher(what)
        with self.change:
            return any(match(m) for m in self.history)

    def wait_pong(self, count, seconds=5):
        """Until `count` bare CRLFs have come from the server."""
        self._wait(lambda: self.framer.pongs >= count, seconds, f"{count} CRLF pong(s)")

    def wait_closed(self, seconds):
        self._wait(lambda: self.ended, seconds, "the server closes the connection")

    def _wait(self, condition, seconds, what):
        end = patient_end(seconds)
        with self.change:
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    raise Failed(f"not within {PATIENCE * seconds} s: {what}")
                self.change.wait(left)

    def close(self):
        if self._wake is None:
            return
        os.write(self._wake, b"x")
        if self.transport != "udp" and self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(5)
        for s in (self.sock, self.listener):
            if s is not None:
                s.close()
        os.close(self._wake)
        os.close(self._stop)
        self._wake = None
