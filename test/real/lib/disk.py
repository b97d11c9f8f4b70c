"""A file system of its own below a server, to be filled up or broken.

It is mounted in a mount namespace that one process holds: nothing outside sees it, and it is
gone with that process and the server, however the test ends. Needs root.
"""
import errno
import os
import pathlib
import shutil
import subprocess

from .child import Child
from .tap import PATIENCE, Failed, Skip

PIECE = b"\0" * 65536
SBIN = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


class Disk:
    """A file system over `directory`, for what runs with the words of inside() before it."""

    def __init__(self, directory, mount, log):
        if os.geteuid() != 0:
            raise Skip("mounting needs root")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        # a tab of its own in the table of mounts, and nothing that leaks back
        self.holder = Child(["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                             mount + "; echo mounted; exec cat", "sh", str(self.directory)],
                            log, name="holder of the disk")
        try:
            self.holder.wait_for("^mounted$", 10)
        except Failed as e:
            self.close()
            raise Skip(f"no file system can be mounted here: {e}") from None

    def inside(self):
        """Words before a command line, for a program that sees the disk."""
        # the root as well, which may be another than the namespace's: in a chroot
        process = f"/proc/{self.holder.process.pid}"
        return ["nsenter", f"--mount={process}/ns/mnt", f"--root={process}/root", "--",
                "sh", "-c", 'cd "$0" && exec "$@"', os.getcwd()]

    def run(self, *argv):
        done = subprocess.run(self.inside() + list(argv), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE * 20)
        if done.returncode != 0:
            raise Failed(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def path(self, name):
        """A file of the disk, from outside."""
        return f"/proc/{self.holder.process.pid}/root{self.directory.resolve()}/{name}"

    def fill(self):
        """Write until nothing more goes in, not even a byte."""
        fd = os.open(self.path("filler"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        size = len(PIECE)
        try:
            while size:
                try:
                    os.write(fd, PIECE[:size])
                except OSError as e:
                    if e.errno != errno.ENOSPC:
                        raise
                    size //= 2
        finally:
            os.close(fd)

    def free(self):
        os.unlink(self.path("filler"))

    def close(self):
        self.holder.close()


def memory_disk(directory, size, log):
    return Disk(directory, f'mount -t tmpfs -o size={size} tmpfs "$1"', log)


class FileDisk(Disk):
    """ext4 on a loop device, which turns read-only at the first error of its medium."""

    def __init__(self, directory, log):
        for tool in ("mkfs.ext4", "losetup"):
            if shutil.which(tool, path=SBIN) is None:
                raise Skip(f"no {tool}")
        self.image = f"{directory}.img"
        super().__init__(directory, f'PATH={SBIN}; truncate -s 16M "{self.image}"; '
                         f'mkfs.ext4 -q -F -O ^has_journal "{self.image}"; '
                         + self._mount("$1"), log)

    def _mount(self, directory):
        return f'mount -o loop,errors=remount-ro "{self.image}" "{directory}"'

    def break_medium(self):
        """Have the kernel find an error; what was written before is on the medium."""
        device = self.run("findmnt", "-no", "SOURCE", str(self.directory)).strip()
        self.run("sync", "-f", str(self.directory))
        trigger = f"/sys/fs/ext4/{device.removeprefix('/dev/')}/trigger_fs_error"
        try:
            with open(trigger, "w") as f:
                f.write("the medium fails")
        except OSError as e:
            raise Skip(f"{trigger}: {e.strerror}") from None

    def mount_again(self):
        """What an operator does: nobody has it open any more."""
        self.run("sh", "-ec", f'PATH={SBIN}; umount "{self.directory}"; '
                 f'fsck.ext4 -fy "{self.image}" || [ $? = 1 ]; ' + self._mount(self.directory))
