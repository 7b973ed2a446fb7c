"""Whether all readers of a compressed tar unpack the same bytes.

``gzip`` of Python reads several members one after the other, other readers stop behind the first; pip before 26.1 asks
whether a file ends like a zip before it looks at its name. What they could read differently is called a doubt.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 2**20
_GZIP, _DEFLATE, _NAMED = b"\x1f\x8b", 8, 8  # the magic number; the only method; the flag FNAME (RFC 1952)
_LONGEST_NAME = 255
_END_OF_ZIP, _TAIL = b"PK\5\6", 65_557  # a zip's last record, and how far from a file's end it may begin


def doubts(path: Path, *, is_wrapped: bool) -> Iterator[str]:
    """Say why one reader could unpack something else than another.

    :param path: a ``.tar.gz``, ``.tar.bz2`` or ``.tar.xz`` that Python's own reader unpacks.
    :param is_wrapped: whether it is one of ours: a gzip with nothing behind it. Elsewhere padding by zeros is common.
    """
    with path.open("rb") as stream:
        yield from _doubts_of_end(stream)
        stream.seek(0)
        head = stream.read(10)
        if head.startswith(_GZIP):
            yield from _doubts_of_header(head, stream)
        elif is_wrapped:
            yield "it is no gzip, though its name ends with .gz"
            return
        stream.seek(0)
        try:
            yield from _doubts_behind(stream, _decompressor(head), is_padded=not is_wrapped)
        except (zlib.error, lzma.LZMAError, OSError) as error:
            yield f"not every reader can unpack it: {error}"


def _doubts_of_end(stream: IO[bytes]) -> Iterator[str]:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _TAIL))
    if _END_OF_ZIP in stream.read():
        yield "it holds the end of a zip, and pip before 26.1 would unpack that instead"


def _doubts_of_header(head: bytes, stream: IO[bytes]) -> Iterator[str]:
    _, method, flags = struct.unpack_from("<2sBB", head)
    if method != _DEFLATE or flags & ~_NAMED:
        yield "its gzip header has more than a time and a name"
    elif flags and b"\0" not in stream.read(_LONGEST_NAME + 1):
        yield f"its gzip header has a name of more than {_LONGEST_NAME} bytes"


def _decompressor(head: bytes) -> Any:
    if head.startswith(_GZIP):
        return _Member()
    return bz2.BZ2Decompressor() if head.startswith(b"BZh") else lzma.LZMADecompressor(lzma.FORMAT_XZ)


class _Member:
    """zlib's reader of one gzip member, used as those of ``bz2`` and ``lzma`` are."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    def decompress(self, data: bytes, most: int) -> bytes:
        found = self._member.decompress(self._waiting + data, most)
        self._waiting = self._member.unconsumed_tail
        return found


def _doubts_behind(stream: IO[bytes], member: Any, *, is_padded: bool) -> Iterator[str]:
    """What follows the first member, which is read with bounded memory."""
    while not member.eof:
        chunk = stream.read(_CHUNK) if member.needs_input else b""
        if not chunk and member.needs_input:
            yield "it is cut short"
            return
        member.decompress(chunk, _CHUNK)
    behind, is_zero, count = member.unused_data, True, 0
    while behind:
        is_zero, count = is_zero and not behind.strip(b"\0"), count + len(behind)
        behind = stream.read(_CHUNK)
    if count and not (is_zero and is_padded):
        yield f"{count} bytes lie behind its compressed content, where some readers look and others do not"
