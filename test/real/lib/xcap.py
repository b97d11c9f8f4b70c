"""XCAP by curl: a server that speaks it, and requests of its users."""
import subprocess

from .ports import free_port
from .tap import PATIENCE, Failed
from .world import need

LISTS, RULES, SERVICES = "resource-lists", "pres-rules", "rls-services"
TYPES = {LISTS: "application/resource-lists+xml", RULES: "application/auth-policy+xml",
         SERVICES: "application/rls-services+xml", "el": "application/xcap-el+xml",
         "att": "application/xcap-att+xml"}


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.code = int(lines[0].split(" ")[1])
        self.headers = [(n.lower(), v.strip()) for n, _, v in
                        (line.partition(":") for line in lines[1:] if line)]
        self.body = body

    def get(self, name):
        return next((v for n, v in self.headers if n == name.lower()), None)

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    @property
    def text(self):
        return self.body.decode()

    @property
    def error(self):
        """The element in an xcap-error document."""
        if self.get("Content-Type") != "application/xcap-error+xml":
            return None
        return self.text.partition("xcap-error\">")[2].partition("<")[2].split(" ")[0].rstrip("/>")


class Xcap:
    """The HTTP side of a server; `words` are for World.own_server(options=...)."""

    def __init__(self, tls=False):
        need("curl", "curl")
        self.port, self.tls = free_port(), tls
        self.listen = f"http{'s' if tls else ''}:127.0.0.1:{self.port}"
        self.words = ["--lcs-args", f'-A LCS_XCAP="{self.listen}"']

    @property
    def root(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/xcap-root"

    def ask(self, method, path, user=None, body=None, headers=(), words=(), kind=None):
        """One request; path begins with a slash, or with an application's name."""
        url = (self.root + "/" + path if not path.startswith("/") else
               self.root.rpartition("/")[0] + path)
        argv = ["curl", "--silent", "--show-error", "--globoff", "--path-as-is", "--include",
                "--max-time", "20", "--request", method, *words]
        if method == "HEAD":
            argv.append("--head")
        if user:
            argv += ["--digest", "--user", f"{user.name}:{user.password}"]
        if kind:
            argv += ["--header", f"Content-Type: {TYPES.get(kind, kind)}"]
        for line in headers:
            argv += ["--header", line]
        if body is not None:
            argv += ["--data-binary", "@-"]
        done = subprocess.run(argv + [url], capture_output=True, timeout=PATIENCE * 30,
                              input=body.encode() if isinstance(body, str) else body or b"")
        if done.returncode != 0:
            raise Failed(f"curl {method} {url} ended with {done.returncode}: {done.stderr[-300:]}")
        return last(done.stdout)

    def document(self, application, user, node=None):
        path = f"{application}/users/sip:{user.aor}/index"
        return path + "/~~/" + node if node else path

    def get(self, application, user, node=None, **how):
        return self.ask("GET", self.document(application, user, node), user, **how)

    def put(self, application, user, body, node=None, kind=None, **how):
        kind = kind or (application if not node else "att" if "/@" in node else "el")
        return self.ask("PUT", self.document(application, user, node), user, body, kind=kind,
                        **how)

    def delete(self, application, user, node=None, **how):
        return self.ask("DELETE", self.document(application, user, node), user, **how)


def last(output):
    """The final answer of those that curl shows: challenges and 100 come before it."""
    while True:
        head, _, rest = output.partition(b"\r\n\r\n")
        if b"\r\n\r\nHTTP/1.1 " not in b"\r\n\r\n" + rest and b"HTTP/1.1 " not in rest:
            return Answer(head, rest)
        output = rest[rest.index(b"HTTP/1.1 "):]
