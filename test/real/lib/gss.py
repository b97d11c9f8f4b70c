"""A Kerberos client's side by MIT's libgssapi: tickets are in a cache file, as kinit leaves them."""
import contextlib
import ctypes
import os
import struct

from .tap import Failed, Skip

CONF, INTEG = 0x10, 0x20
MECHANISM = 2                       # display_status: a minor status
ROUTINE = 0xffff0000                # errors of a call, in its major status


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]

    @classmethod
    def of(cls, data):
        self = cls(len(data), ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p))
        self.kept = data
        return self

    def take(self):
        data = ctypes.string_at(self.value, self.length) if self.length else b""
        lib().gss_release_buffer(ctypes.byref(ctypes.c_uint32()), ctypes.byref(self))
        return data


class Element(ctypes.Structure):
    _fields_ = [("key", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class Store(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint32), ("elements", ctypes.POINTER(Element))]


def lib(loaded=[]):
    if not loaded:
        try:
            loaded.append(ctypes.CDLL("libgssapi_krb5.so.2"))
        except OSError:
            raise Skip("no libgssapi: apt-get install --no-install-recommends krb5-user") from None
    return loaded[0]


def oid(name):
    return ctypes.c_void_p.in_dll(lib(), name)


def call(name, *args):
    """Call gss_NAME(minor, args...); a failure is an exception with the library's text."""
    minor = ctypes.c_uint32()
    major = getattr(lib(), "gss_" + name)(ctypes.byref(minor), *args) & 0xffffffff
    if major & ROUTINE:
        text, more = Buffer(), ctypes.c_uint32()
        lib().gss_display_status(ctypes.byref(ctypes.c_uint32()), minor, MECHANISM, oid("gss_mech_krb5"),
                                 ctypes.byref(more), ctypes.byref(text))
        raise Failed(f"gss_{name}: {major:#x}: {text.take().decode()}")
    return major


@contextlib.contextmanager
def environment(env):
    """The library looks at the process's variables, each time anew."""
    before = {k: os.environ.get(k) for k in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Session:
    """What a ticket for a service gives: the token that shows it, and signatures."""

    def __init__(self, service, cache, config):
        store = Store(1, (Element * 1)(Element(b"ccache", cache.encode())))
        name, cred = ctypes.c_void_p(), ctypes.c_void_p()
        self.context, token = ctypes.c_void_p(), Buffer()
        with environment({"KRB5_CONFIG": config}):
            call("import_name", ctypes.byref(Buffer.of(service.encode())),
                 oid("GSS_KRB5_NT_PRINCIPAL_NAME"), ctypes.byref(name))
            call("acquire_cred_from", None, ctypes.c_uint32(0xffffffff), None, 1,
                 ctypes.byref(store), ctypes.byref(cred), None, None)
            call("init_sec_context", cred, ctypes.byref(self.context), name, oid("gss_mech_krb5"),
                 ctypes.c_uint32(CONF | INTEG), ctypes.c_uint32(0), None, None, None,
                 ctypes.byref(token), None, None)
        self.shown = token.take()

    def token(self):
        return self.shown

    def mac(self, text, by_client=True):
        mic = Buffer()
        call("get_mic", self.context, ctypes.c_uint32(0), ctypes.byref(Buffer.of(text.encode())),
             ctypes.byref(mic))
        return mic.take()

    def is_right(self, text, mac):
        """Is this the server's signature of that text?"""
        try:
            call("verify_mic", self.context, ctypes.byref(Buffer.of(text.encode())),
                 ctypes.byref(Buffer.of(mac)), None)
        except Failed:
            return False
        return True


def set_clock(path, seconds):
    """Whoever uses the tickets in this file takes the time to be that much later: a cache holds
    the difference to the clock of the KDC it is from (version 4, tag 1)."""
    data = path.read_bytes()
    version, length = struct.unpack(">HH", data[:4])
    if version != 0x0504:
        raise Failed(f"{path} is a cache of version {version:#x}")
    tag = struct.pack(">HHii", 1, 8, seconds, 0)
    path.write_bytes(struct.pack(">HH", version, len(tag)) + tag + data[4 + length:])
