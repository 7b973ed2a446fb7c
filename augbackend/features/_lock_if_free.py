"""The lock of a file or a folder, if nobody else has it; the system lets go of it with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def lock_if_free(path: Path, flags: int) -> int | None:
    """A handle that holds the lock; ``None`` if somebody has it, or what was opened is gone from its place.

    :param flags: by which it is opened. A link is not followed.
    :raises OSError: if it cannot be opened or locked.
    """
    handle = None
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), path.lstat()):
            kept, handle = handle, None
            return kept
    except (BlockingIOError, FileNotFoundError):
        pass
    finally:
        if handle is not None:
            os.close(handle)
    return None
