"""Ending everything that a process started, also what went its own way.

A process group is what a system ends at once. On Linux there are two more ways to know what left it: a mark in its
environment, and whose child it becomes when its parent ends: ours, since the kernel is asked to let us adopt it.
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

MARK = "AUGBACKEND_DIAGNOSIS"
_SWEEPS = 50  # of a process that starts others while it is ended
_SET_CHILD_SUBREAPER = 36  # prctl(2)


class _Process(NamedTuple):
    pid: int
    parent: int
    is_over: bool


@contextmanager
def adopting() -> Iterator[frozenset[int]]:
    """Adopt what is orphaned meanwhile, on Linux.

    :return: the children that there are already, and that are nobody's leftovers.
    """
    before = frozenset(one.pid for one in _processes() if one.parent == os.getpid())
    _adopt(1)
    try:
        yield before
    finally:
        _adopt(0)


def end(process: subprocess.Popen[bytes] | None, mark: str, before: frozenset[int]) -> None:
    """End a process and all that it started.

    :param process: ``None`` if it is not known whether it has started: the user ended it just then.
    :param mark: the value of :data:`MARK` in its environment.
    :param before: our children that are none of it.
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
    return not one.is_over and mark in _environ(one.pid)


def _processes() -> list[_Process]:
    """All processes of this system; none where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            state, parent = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            found.append(_Process(int(folder.name), int(parent), state in (b"Z", b"X")))
    return found


def _environ(pid: int) -> str:
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
