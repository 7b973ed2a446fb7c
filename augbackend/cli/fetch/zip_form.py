"""Whether all readers of a zip find the same entries.

Some read the directory at its end, others the entries from the start. What they could read differently is a doubt.
"""

from __future__ import annotations

import struct
import zipfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s4H2IH")
_IN_UTF8, _SIZES_FOLLOW = 0x800, 0x8
_UNKNOWN = 0xFFFFFFFF  # the size is in a field for larger ones
_DESCRIPTORS = (12, 16, 20, 24)  # lengths of what follows an entry whose size was not known when it began
_OTHER_NAME = 0x7075  # an extra field with another name in Unicode


def doubts(path: Path) -> Iterator[str]:
    """Say why one reader could find something else than another.

    :param path: a zip that Python's own reader opens.
    """
    with zipfile.ZipFile(path) as archive, path.open("rb") as stream:
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
        starts = [*(entry.header_offset for entry in entries), archive.start_dir]
        if starts[0]:
            yield f"{starts[0]} bytes lie before its first entry"
        for entry, following in zip(entries, starts[1:]):
            yield from _doubts_of_entry(stream, entry, following)
        yield from _doubts_of_directory(stream, archive, path.stat().st_size)


def _doubts_of_entry(stream: IO[bytes], entry: zipfile.ZipInfo, following: int) -> Iterator[str]:
    stream.seek(entry.header_offset)
    head = stream.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        yield f"{entry.filename!r}: it is cut short"
        return
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    name = stream.read(name_length)
    said = entry.orig_filename.encode("utf-8" if entry.flag_bits & _IN_UTF8 else "cp437", "replace")
    has_sizes = not flags & _SIZES_FOLLOW
    is_same = name == said and (flags, method) == (entry.flag_bits, entry.compress_type)
    if has_sizes and is_same:
        is_same = crc == entry.CRC and packed in (entry.compress_size, _UNKNOWN) and size in (entry.file_size, _UNKNOWN)
    if not is_same:
        yield f"{entry.filename!r}: the entry is another than its directory says"
    if entry.orig_filename.rstrip("/") != entry.filename.rstrip("/") or _has_other_name(entry.extra):
        yield f"{entry.filename!r}: it has two names"
    end = entry.header_offset + _LOCAL.size + name_length + extra_length + entry.compress_size
    if following - end not in ((0,) if has_sizes else (0, *_DESCRIPTORS)):
        yield f"{entry.filename!r}: bytes lie behind it that belong to no entry"


def _has_other_name(extra: bytes) -> bool:
    while len(extra) >= 4:  # noqa: PLR2004  # kind and length
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _OTHER_NAME:
            return True
        extra = extra[4 + length :]
    return False


def _doubts_of_directory(stream: IO[bytes], archive: zipfile.ZipFile, size: int) -> Iterator[str]:
    at = size - _END.size - len(archive.comment)
    stream.seek(max(0, at))
    record = stream.read(_END.size)
    magic, _, _, _, count, length, start, _ = _END.unpack(record) if len(record) == _END.size else (b"",) * 8
    is_whole = magic == b"PK\5\6" and start == archive.start_dir and start + length == at
    if not is_whole or count != len(archive.infolist()) or b"PK" in archive.comment:
        yield "its directory is not all that lies behind its entries"
