"""A bound on what a server and all it starts may take: memory by a cgroup, CPUs by affinity.

Both versions of the kernel's interface; needs root, or a group that was handed over.
"""
import contextlib
import os
import pathlib
import shutil

from .tap import Skip, wait_until


def mounts(kind):
    """(mount point, options) of the cgroup file systems of this kind."""
    with open("/proc/mounts") as f:
        rows = [line.split() for line in f]
    return [(pathlib.Path(r[1]), r[3].split(",")) for r in rows if r[2] == kind]


def own_group(controller):
    """This process's own group, as a path below the mount; controller "": version 2."""
    with open("/proc/self/cgroup") as f:
        for line in f:
            _, names, path = line.rstrip("\n").split(":", 2)
            if controller in names.split(","):
                return path.lstrip("/")
    return ""


def numbers(path):
    """A file of lines "name number"."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {r[0]: int(r[1]) for r in rows if len(r) == 2}


class Group:
    """What both versions have: a directory, and processes that are put into it."""

    def __init__(self, parent, name):
        self.path = parent / f"lcs-{os.getpid()}-{name}"
        self.path.mkdir()

    def close(self):
        wait_until(lambda: not (self.path / "cgroup.procs").read_text(), 10, "an empty cgroup")
        self.path.rmdir()


class GroupV1(Group):
    """Sockets' buffers are a count of their own here, which only runs once it has a limit."""

    @staticmethod
    def parents():
        for at, options in mounts("cgroup"):
            if "memory" in options:
                yield at / own_group("memory")
                yield at

    def limit(self, size):
        (self.path / "memory.limit_in_bytes").write_text(str(size))
        with contextlib.suppress(OSError):      # swap is not counted everywhere
            (self.path / "memory.memsw.limit_in_bytes").write_text(str(size))
        (self.path / "memory.kmem.tcp.limit_in_bytes").write_text(str(size))

    def number(self, name):
        return int((self.path / f"memory.{name}").read_text())

    def used(self):
        """Bytes: all that counts, files' pages included, and what of it cannot be dropped."""
        tcp = self.number("kmem.tcp.usage_in_bytes")
        return {"all": self.number("usage_in_bytes") + tcp,
                "processes": numbers(self.path / "memory.stat")["rss"],
                "kernel": self.number("kmem.usage_in_bytes"), "sockets": tcp}

    def peak(self):
        """The most that `all` was, or a little more."""
        return self.number("max_usage_in_bytes") + self.number("kmem.tcp.max_usage_in_bytes")

    def kills(self):
        return numbers(self.path / "memory.oom_control").get("oom_kill", 0)


class GroupV2(Group):
    """Below a group that hands the memory controller down, which none with processes does."""

    @staticmethod
    def parents():
        for at, _ in mounts("cgroup2"):
            here = at / own_group("")
            for parent in [here, *here.parents]:
                control = parent / "cgroup.subtree_control"
                if parent.is_relative_to(at) and control.exists() and \
                   "memory" in control.read_text().split():
                    yield parent

    def limit(self, size):
        (self.path / "memory.max").write_text(str(size))
        with contextlib.suppress(OSError):
            (self.path / "memory.swap.max").write_text("0")

    def number(self, name):
        return int((self.path / f"memory.{name}").read_text())

    def used(self):
        stat = numbers(self.path / "memory.stat")
        return {"all": self.number("current"), "processes": stat["anon"],
                "kernel": stat.get("kernel", 0), "sockets": stat["sock"]}

    def peak(self):
        return self.number("peak") if (self.path / "memory.peak").exists() else 0

    def kills(self):
        return numbers(self.path / "memory.events")["oom_kill"]


class Fence:
    """A group of `size` bytes; what runs with the words of inside() before it is in it."""

    def __init__(self, name, size, cpus=None):
        self.group, self.size = self._make(name), size
        self.cpus = cpus
        try:
            self.group.limit(size)
        except OSError as e:
            self.group.close()
            raise Skip(f"no memory limit can be set: {e}") from None

    @staticmethod
    def _make(name):
        refused = ["no memory controller"]
        for version in (GroupV1, GroupV2):
            for parent in version.parents():
                try:
                    return version(parent, name)
                except OSError as e:
                    refused.append(f"{parent}: {e.strerror}")
        raise Skip(f"no cgroup for memory can be made ({refused[-1]})")

    def inside(self):
        words = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(self.group.path)]
        if self.cpus is None:
            return words
        if shutil.which("taskset") is None:
            raise Skip("no taskset: apt-get install --no-install-recommends util-linux")
        return words + ["taskset", "-c", self.cpus]

    def used(self):
        return self.group.used()

    def peak(self):
        return self.group.peak()

    def kills(self):
        return self.group.kills()

    def close(self):
        self.group.close()
