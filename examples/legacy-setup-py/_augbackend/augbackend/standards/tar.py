# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""A ``.tar.gz`` written again with some members added or replaced; all others keep their bytes."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, Literal, NamedTuple

_CHUNK = 1 << 20


class Archive(NamedTuple):
    """An open one: its uncompressed tar, the members, the time in its gzip header."""

    raw: IO[bytes]
    tar: tarfile.TarFile
    members: list[tarfile.TarInfo]
    time: int

    def write(self, file: Path, changes: Mapping[str, bytes], time: int = 0) -> None:
        """Write the archive with other contents of members, or with more members: of nobody, readable by all.

        The gzip header has the old one's time and no name: the same inputs give the same bytes.

        :param time: of new members.
        """
        with file.open("wb") as stream, gzip.GzipFile("", "wb", 9, stream, self.time) as target:
            at = 0
            for member in self.members:
                if member.name in changes:
                    self._carry_over(at, member.offset, target)
                    at = member.offset_data + member.size + -member.size % tarfile.BLOCKSIZE
                    target.write(self._written(member, changes[member.name]))
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


@contextmanager
def opened(path: Path) -> Iterator[Archive | None]:
    """Open an archive; ``None`` if it is none that can be read."""
    with TemporaryFile() as raw:
        try:
            with gzip.open(path) as stream:
                copyfileobj(stream, raw)
                time = stream.mtime or 0
            raw.seek(0)
            tar = tarfile.open(fileobj=raw, mode="r:")  # noqa: SIM115  # it holds nothing open but raw
            members = tar.getmembers()
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, ArithmeticError, RuntimeError) as error:
            if getattr(error, "errno", None) is not None:
                raise
            yield None
            return
        yield Archive(raw, tar, members, time)


def tar_format(stream: Any) -> Literal[1, 2]:
    """The format that new members have to have: uv refuses an archive that mixes GNU's with POSIX's.

    :param stream: the uncompressed tar.
    """
    stream.seek(257)  # POSIX.1-1988, "ustar": the place of the magic number
    return 1 if stream.read(8) == tarfile.GNU_MAGIC else 2  # GNU_FORMAT, PAX_FORMAT


def closing(end: int) -> bytes:
    """The zeros that a tar ends with, behind ``end`` bytes of members."""
    return b"\0" * (2 * tarfile.BLOCKSIZE + -(end + 2 * tarfile.BLOCKSIZE) % tarfile.RECORDSIZE)
