# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""A ``.tar.gz`` written again with some members added or replaced; all others keep their bytes."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, Literal, NamedTuple, Optional

_CHUNK = 1 << 20


class Archive(NamedTuple):
    """An open one: its uncompressed tar, the members, the time in its gzip header, the newest of its members."""

    raw: IO[bytes]
    tar: tarfile.TarFile
    members: list[tarfile.TarInfo]
    time: int
    newest: int

    def at_top(self, name: str) -> tuple[str, Optional[bytes]]:
        """A file in the first folder: its member's name, and its content if it is there."""
        file = f"{self.members[0].name.partition('/')[0] if self.members else ''}/{name}"
        found = next((member for member in self.members if member.name == file and member.isreg()), None)
        stream = self.tar.extractfile(found) if found else None
        return file, stream.read() if stream else None

    def write(self, file: Path, changes: Mapping[str, bytes], time: int = 0, top: str = "") -> None:
        """Write the archive with other contents of members, or with more members: of nobody, readable by all.

        The gzip header has the old one's time and no name: the same inputs give the same bytes.

        :param time: of new members.
        :param top: another name for the first folder of all members.
        """
        with file.open("wb") as stream, gzip.GzipFile("", "wb", 9, stream, self.time) as target:
            at = 0
            for member in self.members:
                if top or member.name in changes:
                    self._carry_over(at, member.offset, target)
                    size = member.size if member.isreg() else 0
                    at = member.offset_data + size + -size % tarfile.BLOCKSIZE
                    self.raw.seek(member.offset_data)
                    content = changes[member.name] if member.name in changes else self.raw.read(size)
                    target.write(self._written(below(self.tar, member, top) if top else member, content))
            self._carry_over(at, self.tar.offset, target)
            for name in sorted(changes.keys() - {member.name for member in self.members}):
                new = tarfile.TarInfo(name)
                new.mtime, new.mode = time, 0o644
                target.write(self._written(new, changes[name]))
            target.write(closing(target.tell()))

    def _carry_over(self, start: int, stop: int, target: gzip.GzipFile) -> None:
        self.raw.seek(start)
        for left in range(stop - start, 0, -_CHUNK):
            target.write(self.raw.read(min(left, _CHUNK)))

    def _written(self, member: tarfile.TarInfo, content: bytes) -> bytes:
        member.size = len(content)
        header = member.tobuf(tar_format(self.raw), self.tar.encoding or "utf-8", "surrogateescape")
        return header + content + b"\0" * (-len(content) % tarfile.BLOCKSIZE)


def below(tar: tarfile.TarFile, member: tarfile.TarInfo, top: str) -> tarfile.TarInfo:
    """A member's header with another name for its first folder; a hard link leads there as well."""
    moved, own = copy(member), member.pax_headers.items()
    for field in ("name", "linkname") if member.islnk() else ("name",):
        parts = [part for part in getattr(member, field).split("/") if part not in ("", ".")]
        setattr(moved, field, "/".join([top, *parts[1:]]))
    # What these say would go before the new name, and what is said of all members stays where it is said.
    moved.pax_headers = {
        key: one for key, one in own if key not in ("path", "linkpath") and tar.pax_headers.get(key) != one
    }
    return moved


@contextmanager
def opened(path: Path) -> Iterator[Archive | None]:
    """Open an archive; ``None`` if it is none that can be read."""
    with TemporaryFile() as raw:
        yield _read(path, raw)


def _read(path: Path, raw: IO[bytes]) -> Archive | None:
    try:
        with gzip.open(path) as stream:
            copyfileobj(stream, raw)
            time = stream.mtime or 0
    except (gzip.BadGzipFile, zlib.error, EOFError):
        return None
    raw.seek(0)
    try:
        tar = tarfile.open(fileobj=raw, mode="r:")  # noqa: SIM115  # it holds nothing open but raw
        members = tar.getmembers()
        newest = max((int(member.mtime) for member in members), default=0)
        raw.seek(tar.offset)
        is_at_end = not raw.read(tarfile.BLOCKSIZE).strip(b"\0")
    except Exception:  # noqa: BLE001  # tarfile raises many kinds, none of which says more than that it cannot be read
        return None
    return Archive(raw, tar, members, time, newest) if is_at_end else None


def tar_format(stream: Any) -> Literal[1, 2]:
    """The format that new members have to have: uv refuses an archive that mixes GNU's with POSIX's.

    :param stream: the uncompressed tar.
    """
    stream.seek(257)  # POSIX.1-1988, "ustar": the place of the magic number
    return 1 if stream.read(8) == tarfile.GNU_MAGIC else 2  # GNU_FORMAT, PAX_FORMAT


def closing(end: int) -> bytes:
    """The zeros that a tar ends with, behind ``end`` bytes of members."""
    return b"\0" * (2 * tarfile.BLOCKSIZE + -(end + 2 * tarfile.BLOCKSIZE) % tarfile.RECORDSIZE)
