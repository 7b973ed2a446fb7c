"""What no build may do to whoever only wanted to know what it lacks, each on its own line; and a victim to try it on.

Run as ``python attacks.py FACTS``, it tries those that are named and prints what came of each.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import socket
import stat
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Callable
from uuid import uuid4

_SEARCH_KEY, _SESSION_KEYRING = 10, -3  # keyctl(2)
_KEYCTL, _ADD_KEY = (250, 248) if platform.machine() == "x86_64" else (219, 217)


class Victim:
    """A user with secrets, servers and a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "home/.ssh").mkdir(parents=True)
        (folder / "home/.ssh/id").write_text("key", encoding="utf-8")
        (folder / "bin").mkdir()
        for name in ("file", "bin/tool"):
            (folder / name).write_text("as it was", encoding="utf-8")
            (folder / name).chmod(0o640)
            os.utime(folder / name, (1, 1))
        self.abstract = f"augbackend-{uuid4().hex}"
        self._opened = ExitStack()
        for place in (folder, folder / "bin"):
            inside = self._descriptor(os.open(place, os.O_RDONLY))
            self._listen(f"/proc/self/fd/{inside}/socket")  # a path in a socket's address must be short
            os.mkfifo(place / "pipe")
            self._descriptor(os.open(place / "pipe", os.O_RDONLY | os.O_NONBLOCK))
        self._listen(f"\0{self.abstract}")
        self._terminal = [self._descriptor(one) for one in os.openpty()]
        with suppress(OSError):
            _called(
                ctypes.CDLL(None, use_errno=True).syscall(
                    _ADD_KEY, b"user", b"augbackend-test", b"x", 1, _SESSION_KEYRING
                )
            )

    def _listen(self, address: str) -> None:
        server = self._opened.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(address)
        server.listen(50)

    def _descriptor(self, opened: int) -> int:
        self._opened.callback(os.close, opened)
        return opened

    def close(self) -> None:
        """End the servers."""
        self._opened.close()

    def facts(self, names: Iterable[str]) -> str:
        """What an attacker may know, and is to try."""
        known = {
            "folder": str(self.folder),
            "abstract": self.abstract,
            "process": os.getpid(),
            "terminal": os.ttyname(self._terminal[1]),
            "names": sorted(names),
        }
        return json.dumps(known)

    def state(self) -> dict[str, Any]:
        """What is to stay as it was."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            about = path.lstat()
            content = path.read_text(encoding="utf-8") if path.is_file() else ""
            times = 0 if path.is_dir() else about.st_mtime
            attributes = os.listxattr(path, follow_symlinks=False)
            found[str(path)] = (about.st_mode, about.st_uid, about.st_gid, times, content, attributes)
        return found


def attacks(known: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """By name; each raises an error if it does not succeed."""
    victim, process = Path(known["folder"]), known["process"]
    c = ctypes.CDLL(None, use_errno=True)

    def connect(address: str) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(address)
            client.sendall(b"x")

    def connect_in(folder: Path) -> None:
        os.chdir(folder)
        connect("socket")

    def open_to_write(name: object) -> None:
        os.close(os.open(str(name), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY))

    def read(name: object) -> None:
        with Path(str(name)).open("rb") as file:
            if not file.read(9):
                raise OSError("it is empty")

    def device(kind: int) -> None:
        os.mknod(f"node{kind}", kind | 0o600, os.makedev(1, 3))

    def mount(flags: int, target: bytes, kind: bytes | None = None) -> None:
        _called(c.mount(b"none", target, kind, ctypes.c_ulong(flags), None))

    def be_immutable() -> None:
        import fcntl

        with Path("immutable").open("w", encoding="utf-8") as file:
            fcntl.ioctl(file, 0x40086602, (0x10).to_bytes(8, sys.byteorder))  # FS_IOC_SETFLAGS
            fcntl.ioctl(file, 0x40086602, bytes(8))

    def type_for_the_user() -> None:
        import fcntl

        fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), 0x5412, b"x")  # TIOCSTI

    def have_capabilities() -> None:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        if not any(int(line.split()[1], 16) for line in lines if line.startswith(("CapEff", "CapPrm", "CapAmb"))):
            raise OSError("none")

    def see_processes() -> None:
        own = {os.getpid(), os.getppid(), 1}
        if not {int(path.name) for path in Path("/proc").glob("[0-9]*")} - own:
            raise OSError("none")

    home = str(victim / "home")
    return {
        "a socket in a folder": lambda: connect_in(victim),
        "a socket beside programs": lambda: connect_in(victim / "bin"),
        "an abstract socket": lambda: connect(f"\0{known['abstract']}"),
        "a pipe in a folder": lambda: open_to_write(victim / "pipe"),
        "a pipe beside programs": lambda: open_to_write(victim / "bin/pipe"),
        "chmod": lambda: (victim / "file").chmod(0o4777),
        "chmod of a program": lambda: (victim / "bin/tool").chmod(0o4777),
        "chown": lambda: os.chown(victim / "file", -1, os.getgid()),
        "utime": lambda: os.utime(victim / "file", (2, 2)),
        "utime of a program": lambda: os.utime(victim / "bin/tool", (2, 2)),
        "an attribute": lambda: os.setxattr(victim / "file", "user.x", b"x"),
        "writing": lambda: open_to_write(victim / "file"),
        "writing to a program": lambda: open_to_write(victim / "bin/tool"),
        "writing to the home": lambda: Path(home, "new").write_text("x", encoding="utf-8"),
        "reading": lambda: read(victim / "file"),
        "reading the home": lambda: read(Path(home, ".ssh/id")),
        "reading by another process's root": lambda: read(f"/proc/{process}/root/{victim}/file"),
        "the user's terminal": lambda: open_to_write(known["terminal"]),
        "reading the user's terminal": lambda: os.open(known["terminal"], os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY),
        "typing for the user": type_for_the_user,
        "variables of the parent": lambda: read(f"/proc/{process}/environ"),
        "memory of the parent": lambda: read(f"/proc/{process}/maps"),
        "the parent's command line": lambda: read(f"/proc/{process}/cmdline"),
        "other processes": see_processes,
        "a signal": lambda: os.kill(process, 0),
        "a priority": lambda: os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, process)),
        "ptrace": lambda: _called(c.ptrace(0x4206, process, 0, 0)),  # PTRACE_SEIZE
        "capabilities": have_capabilities,
        "a device": lambda: device(stat.S_IFCHR),
        "a disk": lambda: device(stat.S_IFBLK),
        "a mount": lambda: mount(0, b".", b"tmpfs"),
        "a system that may be written": lambda: mount(32 | 4096, b"/usr"),  # MS_REMOUNT, MS_BIND
        "an unmount": lambda: _called(c.umount2(b"/etc", 2)),
        "an unmount of the home": lambda: _called(c.umount2(home.encode(), 2)),
        "a user namespace": lambda: _called(c.unshare(0x10000000)),
        "a file that cannot be removed": be_immutable,
        "a key of the session": lambda: _called(
            c.syscall(_KEYCTL, _SEARCH_KEY, _SESSION_KEYRING, b"user", b"augbackend-test", 0)
        ),
        "the kernel's settings": lambda: open_to_write("/proc/sys/kernel/core_pattern"),
        "the kernel's interrupts": lambda: open_to_write("/proc/irq/default_smp_affinity"),
        "the kernel's devices": lambda: open_to_write("/sys/kernel/uevent_helper"),
        "passwords": lambda: read("/etc/shadow"),
        "the kernel's messages": lambda: _called(c.klogctl(3, ctypes.create_string_buffer(99), 99)),
    }


def _called(answer: int) -> None:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main(facts: str) -> None:
    """Try each in a process of its own, since one may change what the next one can do."""
    sys.stdout.flush()
    known = json.loads(facts)
    found = attacks(known)
    for name, attack in ((name, found[name]) for name in known["names"]):
        child = os.fork()
        if not child:
            try:
                attack()
                said = "reached"
            except (OSError, ValueError) as error:
                said = f"{type(error).__name__}: {error}"
            sys.stdout.write(f"{json.dumps([name, said])}\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1])
