"""Files that strangers left in a folder of theirs: opened without following a link or waiting, and taken away."""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BY_FOLDER = os.supports_dir_fd >= {os.open, os.rename}
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Of a wheel or an sdist. Installers read more than a name into other characters, such as "#", ";" and "$".
_NAME_OF_PRODUCT = re.compile(r"\w[\w.+!~\-]{0,199}")


def content(place: Path, name: str, most: int) -> bytes:
    """What is in such a file.

    :param place: the folder, in one that strangers cannot rename or replace.
    :param most: bytes that it may have.
    :raises OSError: if there is no such file.
    :raises ValueError: if it has more.
    """
    with (
        _opened_folder(place) as folder,
        _opened_file(place, name, folder) as opened,
        open(opened, "rb", closefd=False) as stream,
    ):
        found = stream.read(most + 1)
    if len(found) > most:
        raise ValueError(f"it has more than {most} bytes")
    return found


def taken(place: Path, name: str, into: Path) -> Path:
    """Move such a file to a folder of ours.

    :param place: as above.
    :param into: an existing folder that strangers cannot write to, on the same device.
    :raises OSError: if there is no such file.
    :raises ValueError: if its name is none that a file may have everywhere.
    """
    if not _NAME_OF_PRODUCT.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no name for it")
    target = into / name
    with _opened_folder(place) as folder, _opened_file(place, name, folder) as opened:
        found = os.fstat(opened)
        if found.st_nlink > 1:  # it would change with its other name; and a copy may be far larger than it is
            raise OSError(f"{name} has another name as well")
        if folder is not None:
            os.rename(name, target, src_dir_fd=folder)
    if not _BY_FOLDER:  # and what is open cannot be renamed there
        (place / name).rename(target)
    if not os.path.samestat(found, target.lstat()):
        raise OSError(f"{name} was replaced while it was taken")
    return target


@contextmanager
def _opened_folder(place: Path) -> Iterator[int | None]:
    """Its descriptor; ``None`` where there are none of folders."""
    if not _BY_FOLDER:
        yield None
        return
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _opened_file(place: Path, name: str, folder: int | None) -> Iterator[int]:
    if folder is None and (place.is_symlink() or (place / name).is_symlink()):
        raise OSError(f"{name} is a link")
    opened = os.open(place / name if folder is None else name, os.O_RDONLY | _NO_LINK, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(f"{name} is no file")
        yield opened
    finally:
        os.close(opened)
