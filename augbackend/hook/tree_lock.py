"""One build of a source tree at a time, where the wrapped backend writes into the tree.

uv takes such a lock when a backend is called ``setuptools.build_meta``, since setuptools leaves ``build/`` and
``*.egg-info`` in the tree and concurrent builds tread on each other. Named ``augbackend``, we do it ourselves.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from augbackend.errors import say

_HELD = "_AUGBACKEND_TREE_LOCK"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def lock_file(tree: Path) -> Path:
    """Where the lock of ``tree`` lies: in the system's temporary folder, never in the tree."""
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else ""
    # Two trees of the same sum would only wait for each other; hashlib would cost every build its import.
    return Path(tempfile.gettempdir()) / f"augbackend-{user}-{crc32(os.fsencode(tree.resolve())):08x}.lock"


@contextmanager
def locked(tree: Path) -> Iterator[None]:
    """Hold the lock of ``tree``; the system lets go of it if the process dies.

    Where a lock cannot be made (no temporary folder, say), build without one, as any other frontend would.
    """
    if os.environ.get(_HELD) == str(lock_file(tree)):
        yield  # a build that the wrapped backend started, of the same tree: waiting for it to end would take for ever
        return
    try:
        handle = os.open(lock_file(tree), os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        yield
        return
    try:
        _acquire(handle, tree)
        os.environ[_HELD] = str(lock_file(tree))
        yield
    finally:
        os.environ.pop(_HELD, None)
        os.close(handle)


if sys.platform == "win32":
    import msvcrt
    import time

    def _acquire(handle: int, tree: Path) -> None:
        told = False
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
                return
            except OSError:
                if not told:
                    say("note", f"waiting for another build of {tree}")
                    told = True
                time.sleep(0.1)

else:
    import fcntl

    def _acquire(handle: int, tree: Path) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("note", f"waiting for another build of {tree}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks
