"""Ending everything that a process started, also what left its process group.

Every system can end a process group at once. On Linux, what left the group is found in two ways: by a mark among its
variables, and as a child of ours, since the kernel gives us the children of processes that ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "AUGBACKEND_PROCESS_MARK"
_SWEEPS = 50  # a process may start others while it is being ended
_SET_CHILD_SUBREAPER = 36  # prctl(2)


class _Process(NamedTuple):
    pid: int
    parent: int
    is_over: bool


@contextmanager
def adopting() -> Iterator[frozenset[int]]:
    """On Linux, let processes whose parent ends become children of this one, as long as the context lasts.

    :return: the children that there were before.
    """
    before = frozenset(one.pid for one in _processes() if one.parent == os.getpid())
    _adopt(1)
    try:
        yield before
    finally:
        _adopt(0)


def end(process: subprocess.Popen[bytes] | None, mark: str, before: frozenset[int]) -> None:
    """End a process and all that it started.

    :param process: ``None`` if the user interrupted just when it was being started.
    :param mark: the value of :data:`MARK` in its environment.
    :param before: our other children, which are left alone.
    """
    if os.name == "nt":
        if process is None:
            return
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603,S607  # Windows' own
        process.wait()
        return
    if process is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for _ in range(_SWEEPS):
        left = [one for one in _processes() if _is_left(one, mark, before)]
        for one in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(one.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(one.pid, 0 if one.parent == os.getpid() else os.WNOHANG)
        if not left:
            break


def _is_left(one: _Process, mark: str, before: frozenset[int]) -> bool:
    if one.parent == os.getpid():
        return one.pid not in before
    return not one.is_over and mark in _mark_of(one.pid)


def _processes() -> list[_Process]:
    """All processes of this system; none where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            state, parent = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            found.append(_Process(int(folder.name), int(parent), state in (b"Z", b"X")))
    return found


def _mark_of(pid: int) -> str:
    """The value of the mark in a process's environment."""
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    head = f"{MARK}=".encode()
    return next((line[len(head) :].decode("ascii", "replace") for line in lines if line.startswith(head)), "")


def _adopt(on: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, on, 0, 0, 0)
