"""A ``.tar.gz`` written anew with some members more or others, the rest as the bytes that they are."""

from __future__ import annotations

import gzip
import tarfile
import tempfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import IO, Any, Literal

_CHUNK = 1 << 20


class Archive(NamedTuple):
    """An open one: its uncompressed tar, where the last member ends, the time in its gzip header."""

    raw: IO[bytes]
    tar: tarfile.TarFile
    members: list[tarfile.TarInfo]
    end: int
    time: int

    def member(self, info: tarfile.TarInfo, content: bytes) -> bytes:
        """A member with another content: header, content, padding."""
        info.size = len(content)
        header = info.tobuf(tar_format(self.raw), self.tar.encoding or "utf-8", "surrogateescape")
        return header + content + b"\0" * (-len(content) % tarfile.BLOCKSIZE)

    def new_member(self, name: str, content: bytes, time: int) -> bytes:
        """A member of ours: of nobody, readable by all."""
        info = tarfile.TarInfo(name)
        info.mtime, info.mode = time, 0o644
        return self.member(info, content)

    def write(self, file: Path, ranges: Iterable[tuple[int, int]], *more: bytes) -> None:
        """Write ranges of the old tar, after each of them one of ``more``.

        The gzip header has the old one's time and no name: the same inputs give the same bytes.
        """
        with file.open("wb") as stream, gzip.GzipFile("", "wb", 9, stream, self.time) as target:
            written = 0
            for (start, stop), content in zip(ranges, more):
                self.raw.seek(start)
                for left in range(stop - start, 0, -_CHUNK):
                    written += target.write(self.raw.read(min(left, _CHUNK)))
                written += target.write(content)
            target.write(closing(written))


@contextmanager
def opened(path: Path) -> Iterator[Archive | None]:
    """Open an archive; ``None`` if it is none that can be read."""
    with tempfile.TemporaryFile() as raw:
        try:
            with gzip.open(path) as stream:
                while chunk := stream.read(_CHUNK):
                    raw.write(chunk)
            raw.seek(0)
            tar = tarfile.open(fileobj=raw, mode="r:")  # noqa: SIM115  # it holds nothing open but raw
            members = tar.getmembers()
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            if getattr(error, "errno", None) is not None:
                raise
            yield None
            return
        time = int.from_bytes(path.read_bytes()[4:8], "little")  # RFC 1952: MTIME
        yield Archive(raw, tar, members, tar.offset, time)


def tar_format(stream: Any) -> Literal[1, 2]:
    """The format that new members have to have: uv refuses an archive that mixes GNU's with POSIX's.

    :param stream: the uncompressed tar.
    """
    stream.seek(257)  # POSIX.1-1988, "ustar": the place of the magic number
    return 1 if stream.read(8) == tarfile.GNU_MAGIC else 2  # GNU_FORMAT, PAX_FORMAT


def closing(end: int) -> bytes:
    """The zeros that a tar ends with, behind ``end`` bytes of members."""
    return b"\0" * (2 * tarfile.BLOCKSIZE + -(end + 2 * tarfile.BLOCKSIZE) % tarfile.RECORDSIZE)
