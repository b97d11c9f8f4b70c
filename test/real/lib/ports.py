"""Ports nobody uses.

Taken below the kernel's range for outgoing connections, so that no other program is given
the port between the look and the use. Runs at the same time (LCS_SVC_SLOT) have each their own.
"""
import os
import socket

_SLOT_PORTS = 1200
_FIRST = 20000 + int(os.environ.get("LCS_SVC_SLOT") or 0) * _SLOT_PORTS
_LAST = _FIRST + _SLOT_PORTS
_next = _FIRST + (os.getpid() * 97) % (_LAST - _FIRST)


def is_free(port, address):
    """Has nobody bound it, for UDP or TCP?"""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind((address, port))
            except OSError:
                return False
    return True


def free_port(address="127.0.0.1", count=1):
    """The first of `count` ports in a row that are free for UDP and TCP."""
    global _next
    for _ in range(_LAST - _FIRST):
        first = _next
        _next += count
        if _next + 16 > _LAST:
            _next = _FIRST
        if all(is_free(first + i, address) for i in range(count)):
            return first
    raise OSError("no free port")
