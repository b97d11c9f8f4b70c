"""What the kernel knows of connections and processes, where no program tells."""

ESTABLISHED, CLOSE_WAIT = "01", "08"


def tcp_state(port):
    """States (as in /proc/net/tcp) of the IPv4 connections with this local port."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return {r[3] for r in rows if r[1].endswith(f":{port:04X}")}


def is_dead(pid):
    """Has the process run its last instruction? It may wait to be collected."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(p) for p in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
