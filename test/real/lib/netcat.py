"""netcat and openssl s_client as SIP peers: exactly the bytes they are given go out."""
import re
import time

from . import sip
from .child import Child
from .kernel import ESTABLISHED, tcp_state
from .ports import free_port
from .tap import PATIENCE, Failed, patient_end, wait_until


class Netcat:
    """nc over UDP or TCP, `openssl s_client` over TLS; `port` is its own port (UDP, TCP).

    A UDP answer goes to the port in Via, which therefore has to be nc's own.
    """

    def __init__(self, log, server, transport):
        self.transport = transport
        host, port = server.at(transport)
        self.port = free_port()
        if transport == "tls":
            argv = ["openssl", "s_client", "-connect", f"{host}:{port}", "-quiet",
                    "-verify_return_error", "-CAfile", server.ca, "-servername", server.domain]
        else:
            argv = ["nc", "-s", "127.0.0.1", "-p", str(self.port)]
            argv += ["-u"] if transport == "udp" else []
            argv += [host, str(port)]
        self.child = Child(argv, log)

    def send(self, data):
        self.child.process.stdin.write(data)
        self.child.process.stdin.flush()

    def responses(self):
        """The responses that came so far."""
        found = re.finditer(r"SIP/2\.0 \d{3} .*?\r\n\r\n", self.child.text, re.S)
        return [sip.Message(m[0].encode()) for m in found]

    def response(self, call_id, seconds=5, final=True):
        """The (final) response with this Call-ID."""
        end = patient_end(seconds)
        with self.child.change:
            while True:
                for m in self.responses():
                    if m.get("Call-ID") == call_id and (m.code >= 200 or not final):
                        return m
                left = end - time.monotonic()
                if left <= 0:
                    raise Failed(f"no response to {call_id} within {PATIENCE * seconds} s over "
                                 f"{self.transport}; printed: {self.child.text[-800:]!r}")
                self.child.change.wait(left)

    def wait_closed(self, seconds):
        """Until the server has closed the connection.

        s_client then ends; nc stays until its input ends too, so the kernel is asked.
        """
        if self.transport == "tcp":
            wait_until(lambda: ESTABLISHED not in tcp_state(self.port), seconds,
                       "the server closes the connection", every=0.2)
            return
        end = patient_end(seconds)
        with self.child.change:
            while not self.child.ended:
                left = end - time.monotonic()
                if left <= 0:
                    raise Failed(f"the connection is still open after {PATIENCE * seconds} s")
                self.child.change.wait(left)

    def close(self):
        self.child.close()
