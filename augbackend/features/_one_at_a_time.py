"""One compiling build at a time, of those of this user's on this machine that want it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path

from augbackend.errors import say
from augbackend.standards import file_locks

from ._user_cache import user_cache

_HELD = "_AUGBACKEND_EXCLUSIVE"
_PLACE = 2**30  # far behind what is written: Windows lets nobody read a byte that is locked


@contextmanager
def turn(environ: MutableMapping[str, str]) -> Iterator[None]:
    """Wait until no other such build is under way; the system lets the next one go on if the process dies.

    Where no lock can be had (a home folder that is read-only, a file system without locks), that is said, and the build
    goes on.

    :param environ: tells the builds that this one starts.
    """
    if _HELD in environ:
        yield  # of a build that waits for this one: waiting for it would take for ever
        return
    handle = None
    try:
        try:
            handle = _waited(environ)
        except (OSError, RuntimeError) as error:  # the second: there is no home
            say("note", f"jobs.exclusive has no effect: {error}")
        environ[_HELD] = "1"
        yield
    finally:
        environ.pop(_HELD, None)
        if handle is not None:
            os.close(handle)


def _waited(environ: MutableMapping[str, str]) -> int:
    folder = user_cache(environ)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Several machines may share a home folder.
    handle = file_locks.opened(folder / f"exclusive-{platform.node()}.lock")
    try:
        if not file_locks.is_acquired(handle, _PLACE):
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() if hasattr(os, "pread") else ""
            if holder in _above():  # its variables were taken from this build on the way
                return handle
            who = f"process {holder}" if holder else "another process"
            file_locks.acquire(
                handle, _PLACE, lambda: say("note", f"waiting for an exclusive build to end ({who}, jobs.exclusive)")
            )
        with suppress(OSError):  # the disk is full: nobody is told who has it
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, str(os.getpid()).encode())
    except OSError:
        os.close(handle)
        raise
    return handle


def _above() -> Iterator[str]:
    """The processes that this one was started by, where the system shows them."""
    process = str(os.getppid())
    while process != "0":
        yield process
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return
        process = state.rpartition(")")[2].split()[1]  # proc(5): behind the command's name, which may hold anything
