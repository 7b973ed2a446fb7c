"""One build of a source tree at a time, where the wrapped backend writes into the tree.

uv takes such a lock when a backend is called ``setuptools.build_meta``; named ``augbackend``, we do it ourselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from augbackend.errors import say
from augbackend.standards import file_locks

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
            handle = file_locks.opened(_file())
            file_locks.acquire(handle, place, lambda: say("note", f"waiting for another build of {tree}"))
        os.environ[_HELD] = str(place)
        yield
    finally:
        os.environ.pop(_HELD, None)
        if handle is not None:
            os.close(handle)


def _file() -> Path:
    """One file for all trees, each of which has a byte of it, where none has to be: so it need not be deleted."""
    from tempfile import gettempdir

    return Path(gettempdir()) / f"augbackend-{os.getuid() if hasattr(os, 'getuid') else ''}.lock"
