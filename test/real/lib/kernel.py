"""What the kernel knows of connections and processes, where no program tells."""
import glob

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


def sleepers(pid):
    """The threads of a process that let time pass (nanosleep), as SQLite does between two tries to
    get a lock; None where the kernel does not tell."""
    found, told = set(), False
    for task in glob.glob(f"/proc/{pid}/task/*"):
        try:
            with open(f"{task}/wchan") as f:
                where = f.read()
        except OSError:
            continue
        told = told or where not in ("", "0")
        if "nanosleep" in where:
            found.add(task)
    return found if told else None


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(p) for p in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
