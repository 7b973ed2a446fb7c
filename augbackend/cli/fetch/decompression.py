"""An archive's tar: decompressed, or made of a zip, with limits on what it may unpack to."""

from __future__ import annotations

import bz2
import calendar
import gzip
import lzma
import stat
import tarfile
import time
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any

from .refusal import refusal

if TYPE_CHECKING:
    from pathlib import Path

MOST_MEMBERS = 200_000
MOST_BYTES = 4 * 2**30
# Beyond this many bytes, nothing honest is compressed this well: source code stays below 1 : 20.
_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO = 2**28, 200
_LONGEST_LINK = 4096  # bytes of its target
_CHUNK = 2**20
_OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))
_ZIP = b"PK\x03\x04"
# What the readers of archives raise, whichever part of one is odd.
BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    MemoryError,
)
FIRST_OF_ZIP = 315_532_800  # 1980-01-01 in seconds since 1970; a zip, and so a wheel, knows no earlier time


def write_tar(path: Path, target: IO[bytes]) -> None:
    """Write the uncompressed tar of an archive.

    :raises AugbackendError: if it is of no kind that an sdist has, or unpacks to too much.
    """
    with path.open("rb") as stream:
        start = stream.read(6)
    if start.startswith(_ZIP):
        _from_zip(path, target)
        return
    for magic, opener in _OPENERS:
        if start.startswith(magic):
            with opener(path, "rb") as source:
                _copy_limited(source, target, path)
            return
    raise refusal(path, "it is neither a compressed tar nor a zip", id="neither-tar-nor-zip")


def _copy_limited(source: Any, target: IO[bytes], path: Path) -> None:
    compressed, size = path.stat().st_size, target.tell()
    while chunk := source.read(_CHUNK):
        size += target.write(chunk)
        _check_size(path, compressed, size)


def _check_size(path: Path, compressed: int, size: int) -> None:
    if size > MOST_BYTES or (size > _SUSPICIOUS_BYTES and size > compressed * _SUSPICIOUS_RATIO):
        raise refusal(path, f"{compressed} bytes unpack to more than {size}", id="unpacks-to-too-much")


def _from_zip(path: Path, target: IO[bytes]) -> None:
    """Write a zip's entries as a tar: its members' bytes, modes and times."""
    with (
        zipfile.ZipFile(path) as archive,
        tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar,
    ):
        entries = archive.infolist()
        if len(entries) > MOST_MEMBERS:
            raise refusal(path, f"it has more than {MOST_MEMBERS} members", id="sdist-has-many-members")
        _check_size(path, path.stat().st_size, sum(entry.file_size for entry in entries))
        for entry in entries:
            if entry.flag_bits & 1:
                raise refusal(path, f"{entry.filename} is encrypted", id="zip-is-encrypted")
            mode = entry.external_attr >> 16
            member = tarfile.TarInfo(entry.filename.rstrip("/"))
            member.mtime = _zip_time(entry.date_time)
            member.mode = stat.S_IMODE(mode) or (0o755 if entry.is_dir() else 0o644)
            if entry.is_dir():
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            elif stat.S_ISLNK(mode):
                if entry.file_size > _LONGEST_LINK:
                    raise refusal(
                        path,
                        f"{entry.filename} is a link to a name of {entry.file_size} bytes",
                        id="link-name-too-long",
                    )
                member.type, member.linkname = tarfile.SYMTYPE, archive.read(entry).decode("utf-8", "surrogateescape")
                tar.addfile(member)
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise refusal(path, f"{entry.filename} is neither a file, a folder nor a link", id="member-of-odd-kind")
            else:
                member.size = entry.file_size
                with archive.open(entry) as stream:
                    tar.addfile(member, stream)


def _zip_time(date: tuple[int, ...]) -> int:
    try:
        return calendar.timegm(time.struct_time((*date, 0, 0, 0)))
    except ValueError:
        return FIRST_OF_ZIP
