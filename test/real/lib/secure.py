"""A TLS connection that one thread may read while another writes.

Python's SSLSocket leaves out the lock that OpenSSL wants around one connection; here it is,
and no call waits inside it.
"""
import select
import socket
import ssl
import threading

from .tap import PATIENCE


class SecureSocket:
    """Looks like a connected socket: recv, sendall, shutdown, close, getsockname."""

    def __init__(self, plain, ca, server_name):
        context = ssl.create_default_context(cafile=ca)
        self.tls = context.wrap_socket(plain, server_hostname=server_name)
        self.tls.setblocking(False)
        self.lock = threading.Lock()

    def fileno(self):
        return self.tls.fileno()

    def getsockname(self):
        return self.tls.getsockname()

    def recv(self, size):
        """Data, or b"" at the end, or None where only TLS's own messages came."""
        with self.lock:
            try:
                return self.tls.recv(size)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return None

    def pending(self):
        with self.lock:
            return self.tls.pending()

    def sendall(self, data):
        view = memoryview(data)
        while view:
            with self.lock:
                try:
                    view = view[self.tls.send(view):]
                    continue
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
            select.select([], [self.tls], [], 5)

    def shutdown(self, how):
        socket.socket.shutdown(self.tls, how)

    def close(self):
        self.tls.close()


def connect(address, ca, server_name, bind=None):
    """A SecureSocket to address, the certificate checked against ca and server_name."""
    plain = socket.create_connection(address, PATIENCE * 5, source_address=bind)
    return SecureSocket(plain, ca, server_name)
