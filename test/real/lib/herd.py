"""Many TLS clients that register, and when their connection ends, come back at once."""
import asyncio
import os
import ssl
import threading

from . import sip
from .tap import Failed

HANDSHAKES_AT_ONCE = 400        # of this process: beyond that, clients wait for their own CPU


class Herd:
    """`count` users h0, h1, ... of a server that asks nobody for a password."""

    def __init__(self, server, count):
        self.server, self.count = server, count
        self.registered = [0] * count       # how often each has been answered 200
        self.refused, self.clients = 0, []
        self.context = ssl.create_default_context(cafile=server.ca)
        self.context.sslsocket_class = ssl.SSLSocket
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # -- the clients' own thread

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.gate = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self.ending = self.loop.create_future()
        self.clients = [self.loop.create_task(self._client(i)) for i in range(self.count)]
        self.loop.run_until_complete(self.ending)
        for c in self.clients:
            c.cancel()
        self.loop.run_until_complete(asyncio.gather(*self.clients, return_exceptions=True))
        self.loop.close()

    async def _client(self, index):
        call_id, sequence = sip.token(20), 0
        while True:
            sequence += 1
            try:
                await self._session(index, call_id, sequence)
            except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
                await asyncio.sleep(0.05)   # refused: the next try, as a client would

    async def _session(self, index, call_id, sequence):
        """Connect, register, stay until the connection ends."""
        host, port = self.server.at("tls")
        async with self.gate:
            reader, writer = await asyncio.open_connection(
                host, port, ssl=self.context, server_hostname=self.server.domain)
        try:
            local = "%s:%d" % writer.get_extra_info("sockname")[:2]
            writer.write(self._register(index, local, call_id, sequence))
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"SIP/2.0 200"):
                self.registered[index] += 1
            else:
                self.refused += 1
            await reader.read()
        finally:
            writer.transport.abort()

    def _register(self, index, local, call_id, sequence):
        uri = f"sip:h{index}@{self.server.domain}"
        return sip.build(f"REGISTER sip:{self.server.domain} SIP/2.0", [
            ("Via", f"SIP/2.0/TLS {local};branch={sip.branch()};rport"), ("Max-Forwards", "70"),
            ("From", f"<{uri}>;tag=h{index}"), ("To", f"<{uri}>"), ("Call-ID", call_id),
            ("CSeq", f"{sequence} REGISTER"),
            ("Contact", f"<sip:h{index}@{local};transport=tls>"), ("Expires", "600")])

    # -- what tests use

    def done(self, times):
        """Have all been registered so many times? A client that fell over says so."""
        for c in self.clients:
            if c.done() and not c.cancelled() and c.exception():
                raise Failed(f"a client ended: {c.exception()!r}")
        return min(self.registered) >= times

    def close(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(
                lambda: self.ending.done() or self.ending.set_result(None))
            self.thread.join(30)


def size():
    """LCS_HERD clients; what a full run of all tests can afford otherwise."""
    return int(os.environ.get("LCS_HERD", "1000"))
