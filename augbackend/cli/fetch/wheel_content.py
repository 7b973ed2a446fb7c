"""What a wheel holds that strangers built, if it can be taken for a wheel at all.

Installers hold its metadata in memory and unpack the rest, so it is looked at before they are called: sizes as they
are, not as the wheel says that they are.
"""

from __future__ import annotations

import copy
import re
import zipfile
from typing import IO, TYPE_CHECKING, NamedTuple

from augbackend.standards.core_metadata import parse

from . import decompression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_MEMBERS, _MOST_AT_ONCE = 200_000, 48 * 2**20  # bytes that are read at once, such as the list of the members
_MOST_BYTES = 64 * 2**30  # of all members; what is for GPUs comes in gigabytes
_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO = 2**28, 200  # beyond this many, nothing honest is compressed this well
MOST_OF_METADATA, _MOST_OF_DIST_INFO = 8 * 2**20, 128 * 2**20  # bytes
_MOST_REQUIREMENTS = 2000
_LOCAL_HEADER = 30  # bytes, without the name
_ENCRYPTED = 1
_IN_DIST_INFO = re.compile(r"[^/]+\.dist-info/[^/]+")
_LEADS_OUT = re.compile(r"[\x00-\x1f\x7f]|^[A-Za-z]:|^[/\\]|(?:^|[/\\])\.\.(?:[/\\]|$)")


class UnsoundWheelError(Exception):
    """A wheel that no installer should be given. The text says why."""


class Content(NamedTuple):
    """The names of its members, and its ``Requires-Dist``."""

    names: tuple[str, ...]
    requires_dist: tuple[str, ...]


def read(wheel: Path) -> Content:
    """Read a wheel.

    :raises UnsoundWheelError: if it is none, or is more than anybody wants.
    """
    names, content = _names_and_metadata(wheel)
    requires = tuple(parse(content).values("requires-dist"))
    if len(requires) > _MOST_REQUIREMENTS:
        raise UnsoundWheelError(f"it requires {len(requires)} other packages")
    return Content(names, requires)


def metadata(wheel: Path) -> bytes:
    """The ``METADATA`` of a wheel.

    :raises UnsoundWheelError: see :func:`read`.
    """
    return _names_and_metadata(wheel)[1]


def _names_and_metadata(wheel: Path) -> tuple[tuple[str, ...], bytes]:
    try:
        with wheel.open("rb") as stream, zipfile.ZipFile(_AtOnce(stream)) as archive:
            names = tuple(entry.orig_filename for entry in _checked_members(archive, wheel.stat().st_size))
            return names, _metadata(archive)
    except (OSError, *decompression.BROKEN) as error:
        raise UnsoundWheelError(f"it cannot be read: {error}") from None


class _AtOnce:
    """A file of which not everything is read at once: the library does not ask how long the list of members is."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1, /) -> bytes:
        found = self._stream.read(_MOST_AT_ONCE + 1 if size < 0 else min(size, _MOST_AT_ONCE + 1))
        if len(found) > _MOST_AT_ONCE:
            raise zipfile.BadZipFile("it has too many members")
        return found


def _checked_members(archive: zipfile.ZipFile, size: int) -> Sequence[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise UnsoundWheelError(f"it has {len(entries)} members, more than {_MOST_MEMBERS}")
    for entry in entries:
        if _LEADS_OUT.search(entry.orig_filename):
            raise UnsoundWheelError(f"{entry.orig_filename!r:.80} is no name for what an installer unpacks")
        if entry.flag_bits & _ENCRYPTED:
            raise UnsoundWheelError(f"{entry.filename:.80} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsoundWheelError(f"{entry.filename:.80} is compressed as in no wheel")
    in_order = sorted(entries, key=lambda entry: entry.header_offset)
    ends = [*(entry.header_offset for entry in in_order[1:]), archive.start_dir]
    if any(entry.header_offset + _LOCAL_HEADER + entry.compress_size > end for entry, end in zip(in_order, ends)):
        raise UnsoundWheelError("its members overlap")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MOST_BYTES or (unpacked > _SUSPICIOUS_BYTES and unpacked > size * _SUSPICIOUS_RATIO):
        raise UnsoundWheelError(f"its {size} bytes unpack to {unpacked}")
    return entries


def _metadata(archive: zipfile.ZipFile) -> bytes:
    """``METADATA``; whatever else lies beside it is read as well, since installers do."""
    found: dict[str, bytes] = {}
    left = _MOST_OF_DIST_INFO
    for entry in archive.infolist():
        if not _IN_DIST_INFO.fullmatch(entry.filename):
            continue
        if entry.filename in found:
            raise UnsoundWheelError(f"it has two members called {entry.filename:.80}")
        is_metadata = entry.filename.endswith("/METADATA")
        content = _whole(archive, entry, min(left, MOST_OF_METADATA) if is_metadata else left)
        left -= len(content)
        found[entry.filename] = content if is_metadata else b""
    return next((content for name, content in found.items() if name.endswith("/METADATA")), b"")


def _whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """A member to the end of its data, which may be behind the end that it states."""
    unbounded = copy.copy(entry)
    unbounded.file_size = 2**62
    with archive.open(unbounded) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise UnsoundWheelError(f"{entry.filename:.80} has more than {most} bytes")
    if len(content) != entry.file_size:
        raise UnsoundWheelError(f"{entry.filename:.80} has {len(content)} bytes, and says {entry.file_size}")
    return content
