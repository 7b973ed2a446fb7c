# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Locks that the system lets go of when a process dies, each on one byte of a file that nobody else can open."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

_SECONDS = 0.1  # between two tries
_TRIES_IN_SILENCE = 10


def opened(file: Path) -> int:
    """A handle of the file, which is made if there is none.

    In a folder of all users anybody can put something of that name. Taken is only what nobody else can open: whoever
    can, can hold it up.

    :raises OSError: if there is no such file, and none can be made.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(file, flags, 0o600)
    found = os.fstat(handle)
    if os.name != "nt" and (found.st_uid != os.getuid() or not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077):
        os.close(handle)
        raise PermissionError("it is not ours alone")
    return handle


def is_acquired(handle: int, place: int) -> bool:
    """Lock a byte, which has not to be there, unless somebody else has; whether it is ours now.

    All locks that this process has on a file end where it closes any handle of that file.

    :raises OSError: if this file cannot be locked.
    """
    try:
        _lock(handle, place)
    except (BlockingIOError, PermissionError):  # somebody else has it; the second is what Windows says
        return False
    return True


def acquire(handle: int, place: int, on_waiting: Callable[[], None]) -> None:
    """Lock a byte, however long it takes.

    :param on_waiting: is called once, after a moment.
    :raises OSError: if this file cannot be locked.
    """
    tries = 0
    while not is_acquired(handle, place):
        tries += 1
        if tries == _TRIES_IN_SILENCE:
            on_waiting()
        time.sleep(_SECONDS)


def _lock(handle: int, place: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
