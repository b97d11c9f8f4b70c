"""Many bare TCP connections at once, from many loopback addresses, and what a server's memory is."""
import resource
import socket

PER_ADDRESS = 900               # below the server's limit for one address


def open_files():
    """How many this process may have, once it has raised its own limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def address(index):
    """The source of the connection with this index: 127.1.0.1 and on."""
    n = index // PER_ADDRESS + 1
    return f"127.1.{n // 250}.{n % 250 + 1}"


class Crowd:
    """Connections that do nothing unless told to."""

    def __init__(self, server_address, count):
        open_files()
        self.sockets = []
        try:
            for i in range(count):
                self.sockets.append(socket.create_connection(
                    server_address, 10, source_address=(address(i), 0)))
        except OSError:
            self.close()
            raise

    def send(self, data):
        """The same bytes on each; connections that are gone are passed over. How many took it."""
        taken = 0
        for s in self.sockets:
            try:
                s.sendall(data)
                taken += 1
            except OSError:
                pass
        return taken

    def close(self):
        for s in self.sockets:
            s.close()
        self.sockets = []


def pss_kb(pids):
    """Proportional set size of processes, kB."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total
