"""Files of a source tree as they are before anybody builds in it: a plain tar beside the tree."""

from __future__ import annotations

import stat
import tarfile
from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

from . import decompression

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write(tree: Path, names: Iterable[str], target: Path) -> None:
    """Write a tar of some files and links of a tree.

    Times and owners are left out, so that the same files give the same bytes. Links are not followed.

    :raises AugbackendError: if one cannot be read.
    """
    with target.open("wb") as stream, tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            path = tree / name
            try:
                _add_file(tar, path, name)
            except OSError as error:
                what = f"it cannot be packed: {error.strerror}"
                raise CliError(what, id="cannot-pack-file", where=str(path), hint="mend or remove it") from None


def _add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    status = path.lstat()
    member = plain_member(name, is_executable=bool(status.st_mode & stat.S_IXUSR))
    if stat.S_ISLNK(status.st_mode):
        member.type, member.mode = tarfile.SYMTYPE, 0o777
        member.linkname = str(path.readlink())
        tar.addfile(member)
        return
    with path.open("rb") as content:
        member.size = status.st_size
        tar.addfile(member, content)


def plain_member(name: str, *, is_executable: bool) -> tarfile.TarInfo:
    """The header of a file of nobody, from no time."""
    member = tarfile.TarInfo(name)
    member.mode = 0o755 if is_executable else 0o644
    member.mtime = decompression.FIRST_OF_ZIP
    return member
