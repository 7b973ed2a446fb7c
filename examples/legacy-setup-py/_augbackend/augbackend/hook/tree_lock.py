# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""One build of a source tree at a time, where the wrapped backend writes into the tree.

uv takes such a lock when a backend is called ``setuptools.build_meta``; named ``augbackend``, we do it ourselves.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from augbackend.errors import say

_HELD = "_AUGBACKEND_TREE_LOCK"


def lock_file(tree: Path) -> Path:
    """Where the lock of ``tree`` lies: in the system's temporary folder, never in the tree."""
    from tempfile import gettempdir

    user = os.getuid() if hasattr(os, "getuid") else ""
    # Two trees with the same checksum only wait for each other. hashlib would have to be imported in every build.
    return Path(gettempdir()) / f"augbackend-{user}-{crc32(os.fsencode(tree.resolve())):08x}.lock"


@contextmanager
def locked(tree: Path) -> Iterator[None]:
    """Hold the lock of ``tree``; the system lets go of it if the process dies.

    Where a lock cannot be made (no temporary folder, say), build without one, as any other frontend would.
    """
    file = lock_file(tree)
    if os.environ.get(_HELD) == str(file):
        yield  # a build that the wrapped backend started, of the same tree: waiting for it to end would take for ever
        return
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        yield
        return
    try:
        _acquire(handle, tree)
        os.environ[_HELD] = str(file)
        yield
    finally:
        os.environ.pop(_HELD, None)
        os.close(handle)


def _acquire(handle: int, tree: Path) -> None:
    has_told = False
    while True:
        try:
            return _try_to_lock(handle)
        except (BlockingIOError, PermissionError):  # somebody else has it; the second is what Windows says
            if not has_told:
                say("note", f"waiting for another build of {tree}")
            has_told = True
            time.sleep(0.1)
        except OSError:
            return None  # a file system without locks


def _try_to_lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
