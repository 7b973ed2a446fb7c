"""Removing a folder that strangers wrote: no link is followed, and nothing above the folder is changed.

Each step goes by the descriptor of a folder that was opened as one. Folders in folders are renamed up to the top, so
that a tree of any depth takes a few descriptors and no recursion.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_DESCRIPTOR = os.supports_dir_fd >= {os.open, os.stat, os.unlink, os.rmdir, os.rename}
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_AS_FOLDER = getattr(os, "O_DIRECTORY", 0) | _NO_LINK
_AS_PATH = getattr(os, "O_PATH", 0)  # Linux opens so what this user may not read
_MINE = 0o700
_GET_FLAGS, _SET_FLAGS, _UNCHANGEABLE = 0x80086601, 0x40086602, 0x30  # ioctl_iflags(2): immutable, append only


def remove(folder: Path) -> bool:
    """Remove a folder and what is in it.

    :return: whether it is gone. What cannot be removed is left where it is, or is moved up.
    """
    if not _BY_DESCRIPTOR:
        shutil.rmtree(folder, onerror=_made_writable)
        return not os.path.lexists(folder)
    with suppress(OSError):
        above = os.open(folder.parent, _AS_PATH)
        try:
            with _opened(folder.name, above) as top:
                _emptied(top, top)
            os.rmdir(folder.name, dir_fd=above)
        finally:
            os.close(above)
    return not os.path.lexists(folder)


def _emptied(folder: int, top: int) -> bool:
    """Remove what is in an open folder, but move its folders to the top if it is another; whether nothing is left."""
    left: set[str] = set()
    is_over = False
    while not is_over:
        is_over = True
        with os.scandir(folder) as entries:
            for name in (entry.name for entry in entries if entry.name not in left):
                is_over = False
                if not _is_taken_away(name, folder, top):
                    left.add(name)
    return not left


def _is_taken_away(name: str, folder: int, top: int) -> bool:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            _remove_file(name, folder, found)
            return True
        with _opened(name, folder) as inner:
            if folder != top:
                os.rename(name, uuid4().hex, src_dir_fd=folder, dst_dir_fd=top)
                return True
            is_empty = _emptied(inner, top)
        if is_empty:
            os.rmdir(name, dir_fd=folder)
    except OSError:
        return False
    return is_empty


def _remove_file(name: str, folder: int, found: os.stat_result) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except PermissionError:
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:  # another name of it may be anybody's
            raise
        opened = os.open(name, _NO_LINK, dir_fd=folder)
        try:
            _make_changeable(opened)
        finally:
            os.close(opened)
        os.unlink(name, dir_fd=folder)


@contextmanager
def _opened(name: str, above: int) -> Iterator[int]:
    """Open a folder in an open folder, so that everything in it can be listed and removed."""
    if os.stat(name, dir_fd=above, follow_symlinks=False).st_mode & _MINE != _MINE:
        with suppress(OSError):
            _make_mine(name, above)
    opened = os.open(name, _AS_FOLDER, dir_fd=above)
    try:
        with suppress(OSError):
            _make_changeable(opened)
        yield opened
    finally:
        os.close(opened)


def _make_mine(name: str, above: int) -> None:
    if os.chmod in os.supports_follow_symlinks:
        os.chmod(name, _MINE, dir_fd=above, follow_symlinks=False)
    elif _AS_PATH:
        opened = os.open(name, _AS_PATH | _AS_FOLDER, dir_fd=above)
        try:
            Path(f"/proc/self/fd/{opened}").chmod(_MINE)  # of what is open, whatever has its name by now
        finally:
            os.close(opened)


def _make_changeable(opened: int) -> None:
    """Take the flags from a file that keep even root from removing it."""
    if sys.platform != "linux":
        return
    import fcntl

    (flags,) = struct.unpack("l", fcntl.ioctl(opened, _GET_FLAGS, bytes(struct.calcsize("l"))))
    if flags & _UNCHANGEABLE:
        fcntl.ioctl(opened, _SET_FLAGS, struct.pack("l", flags & ~_UNCHANGEABLE))
    if flags & _UNCHANGEABLE and stat.S_ISDIR(os.fstat(opened).st_mode):
        os.fchmod(opened, _MINE)


def _made_writable(again: object, path: str, _error: object) -> None:
    """Where there are no descriptors: a read-only file is made writable, never what a link leads to."""
    with suppress(OSError):
        if not Path(path).is_symlink() and callable(again):
            Path(path).chmod(_MINE)
            again(path)
