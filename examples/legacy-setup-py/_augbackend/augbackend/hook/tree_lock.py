# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""One build of a source tree at a time, where the wrapped backend writes into the tree.

uv takes such a lock when a backend is called ``setuptools.build_meta``; named ``augbackend``, we do it ourselves.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from augbackend.errors import say

_HELD = "_AUGBACKEND_TREE_LOCK"


@contextmanager
def locked(tree: Path) -> Iterator[None]:
    """Hold the lock of ``tree``; the system lets go of it if the process dies.

    Where a lock cannot be made (no temporary folder, a file system without locks), build without one, as any other
    frontend would.
    """
    # Two trees with the same checksum only wait for each other. hashlib would have to be imported in every build.
    place = crc32(os.fsencode(tree.resolve())) >> 1
    if os.environ.get(_HELD) == str(place):
        yield  # a build that the wrapped backend started, of the same tree: waiting for it to end would take for ever
        return
    handle = None
    try:
        with suppress(OSError):
            handle = _opened()
            _acquire(handle, place, tree)
        os.environ[_HELD] = str(place)
        yield
    finally:
        os.environ.pop(_HELD, None)
        if handle is not None:
            os.close(handle)


def _opened() -> int:
    """One file for all trees, each of which has a byte of it, where none has to be: so it need not be deleted.

    In the temporary folder anybody can put something of that name. Taken is only what nobody else can open: whoever
    can, can hold it up.

    :raises OSError: if there is no such file, and none can be made.
    """
    from tempfile import gettempdir

    user = os.getuid() if hasattr(os, "getuid") else ""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(Path(gettempdir()) / f"augbackend-{user}.lock", flags, 0o600)
    found = os.fstat(handle)
    if os.name != "nt" and (found.st_uid != user or not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077):
        os.close(handle)
        raise PermissionError("it is not ours alone")
    return handle


def _acquire(handle: int, place: int, tree: Path) -> None:
    has_told = False
    while True:
        try:
            return _try_to_lock(handle, place)
        except (BlockingIOError, PermissionError):  # somebody else has it; the second is what Windows says
            if not has_told:
                say("note", f"waiting for another build of {tree}")
            has_told = True
            time.sleep(0.1)


def _try_to_lock(handle: int, place: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
