"""Upstream's sdist, opened: checked before anything of it is used, read member by member, never unpacked.

::

    archive -> its tar, decompressed into a temporary file -> members, each checked -> Sdist
    Sdist + files of ours -> new archive: upstream's members as the bytes they are, ours in front
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
import os
import posixpath
import stat
import tarfile
import tempfile
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from augbackend import sources
from augbackend.archive import tar_format
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_MEMBERS = 200_000
MOST_BYTES = 4 * 2**30
# Beyond this many bytes, nothing honest is compressed this well: source code stays below 1 : 20.
_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO = 2**28, 200
_CHUNK = 2**20
_MOST_LINKS = 16
_END_OF_TIME = 2**33  # what a tar's header can say; a pax header may say anything, or infinity
_LARGEST_READ = 16 * 2**20
_OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))
_ZIP = b"PK\x03\x04"
_LEVEL = 5  # 8 % larger than 9, in a quarter of the time
FIRST_OF_ZIP = 315_532_800  # 1980-01-01 in seconds since 1970; a zip, and so a wheel, knows no earlier time


@dataclass(frozen=True, eq=False)
class Sdist:
    """An sdist whose members have all been checked; open as long as :func:`opened` lasts.

    :param path: the archive.
    :param tar: its uncompressed tar.
    :param top: the one folder that all members are in.
    """

    path: Path
    tar: tarfile.TarFile
    top: str
    members: tuple[tarfile.TarInfo, ...]

    def read(self, name: str) -> bytes | None:
        """The content of the file ``name`` below the top folder, links followed; ``None`` if there is none.

        :raises AugbackendError: if it is too large for what is read as a whole.
        """
        member = self._behind_links(f"{self.top}/{name}")
        if member is None:
            return None
        if member.size > _LARGEST_READ:
            raise refusal(self.path, f"{name} has {member.size} bytes")
        stream = self.tar.extractfile(member)
        return None if stream is None else stream.read()

    def _behind_links(self, name: str) -> tarfile.TarInfo | None:
        """The regular file that a name leads to; ``None`` if it leads nowhere, or round in a circle."""
        for _ in range(_MOST_LINKS):
            member = self._by_name.get(_parts(posixpath.normpath(name)))
            if member is None or member.isdir():
                return None
            if member.isreg():
                return member
            folder = posixpath.dirname(member.name)
            name = member.linkname if member.islnk() else posixpath.join(folder, member.linkname)
        return None

    @cached_property
    def _by_name(self) -> dict[tuple[str, ...], tarfile.TarInfo]:
        return {_parts(member.name): member for member in self.members}

    @cached_property
    def names(self) -> list[str]:
        """The members' names below the top folder."""
        return [relative(member.name) for member in self.members]

    @cached_property
    def newest(self) -> int:
        """The newest time of a member, in seconds since 1970."""
        return int(max((member.mtime for member in self.members if 0 <= member.mtime < _END_OF_TIME), default=0))


def refusal(path: Path, what: str) -> AugbackendError:
    """The error that refuses an archive."""
    return AugbackendError(f"not a sound sdist: {what}", where=str(path), hint="nothing of it was unpacked or kept")


def relative(name: str) -> str:
    """A member's name without the top folder."""
    return "/".join(_parts(name)[1:])


def origin(path: Path) -> dict[str, Any]:
    """What a wrapped archive says of where it came from; empty if it is none of ours.

    :raises AugbackendError: if it is no sound sdist.
    """
    with opened(path) as archive:
        text = (archive.read("pyproject.toml") or b"").decode("utf-8", "replace")
    try:
        document = sources.toml(text)
    except (ValueError, RecursionError):
        return {}
    found = sources.at(document, "tool", "augbackend", "origin", default={})
    return found if isinstance(found, dict) else {}


def inside(path: str) -> str | None:
    """A folder's name below the top folder as members spell it; ``None`` if it leads out, or is the top itself."""
    parts = _parts(path)
    return "/".join(parts) if parts and ".." not in parts and not path.startswith("/") else None


@contextmanager
def opened(path: Path) -> Iterator[Sdist]:
    """Open an sdist: ``.tar.gz`` or, as older ones are, ``.zip``, ``.tar.bz2`` and ``.tar.xz``.

    :raises AugbackendError: if it is broken, or holds what no sdist may hold.
    """
    with tempfile.TemporaryFile(prefix="augbackend-") as stream:
        try:
            _decompress(path, stream)
            stream.seek(0)
            with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
                members = []
                for member in tar:
                    members.append(member)
                    if len(members) > MOST_MEMBERS:
                        raise refusal(path, f"it has more than {MOST_MEMBERS} members")
                _check_end(path, tar, stream)
                _check(path, members)
                yield Sdist(path, tar, _parts(members[0].name)[0], tuple(members))
        except (
            tarfile.TarError,
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            NotImplementedError,
        ) as error:
            raise refusal(path, f"it is broken or cut short ({error})") from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise refusal(path, f"it is broken ({error})") from None  # gzip's and bz2's complaints


def unpack(archive: Sdist, folder: Path) -> Path:
    """Write all members below ``folder``; returns the top folder there.

    They have all been checked; Python's own filter, where it has one, is a second pair of eyes.
    """
    if hasattr(tarfile, "data_filter"):
        archive.tar.extractall(folder, members=archive.members, filter="data")
    else:
        archive.tar.extractall(folder, members=archive.members)  # noqa: S202  # checked when it was opened
    return folder / archive.top


def _check_end(path: Path, tar: tarfile.TarFile, stream: IO[bytes]) -> None:
    """A tar ends with blocks of zeros; tarfile takes a damaged header for its end as well."""
    stream.seek(tar.offset)
    if stream.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise refusal(path, f"it is broken at byte {tar.offset} of its tar")


def _decompress(path: Path, target: IO[bytes]) -> None:
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
    raise refusal(path, "it is neither a compressed tar nor a zip")


def _copy_limited(source: Any, target: IO[bytes], path: Path) -> None:
    compressed, size = path.stat().st_size, target.tell()
    while chunk := source.read(_CHUNK):
        size += target.write(chunk)
        _check_size(path, compressed, size)


def _check_size(path: Path, compressed: int, size: int) -> None:
    if size > MOST_BYTES or (size > _SUSPICIOUS_BYTES and size > compressed * _SUSPICIOUS_RATIO):
        raise refusal(path, f"{compressed} bytes unpack to more than {size}")


def _from_zip(path: Path, target: IO[bytes]) -> None:
    """Write a zip's entries as a tar: its members' bytes, modes and times."""
    with (
        zipfile.ZipFile(path) as archive,
        tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar,
    ):
        entries = archive.infolist()
        if len(entries) > MOST_MEMBERS:
            raise refusal(path, f"it has more than {MOST_MEMBERS} members")
        _check_size(path, path.stat().st_size, sum(entry.file_size for entry in entries))
        for entry in entries:
            if entry.flag_bits & 1:
                raise refusal(path, f"{entry.filename} is encrypted")
            mode = entry.external_attr >> 16
            member = tarfile.TarInfo(entry.filename.rstrip("/"))
            member.mtime = _zip_time(entry.date_time)
            member.mode = stat.S_IMODE(mode) or (0o755 if entry.is_dir() else 0o644)
            if entry.is_dir():
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            elif stat.S_ISLNK(mode):
                member.type, member.linkname = tarfile.SYMTYPE, archive.read(entry).decode("utf-8", "surrogateescape")
                tar.addfile(member)
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise refusal(path, f"{entry.filename} is neither a file, a folder nor a link")
            else:
                member.size = entry.file_size
                with archive.open(entry) as stream:
                    tar.addfile(member, stream)


def _zip_time(date: tuple[int, ...]) -> int:
    import calendar

    try:
        return calendar.timegm(time.struct_time((*date, 0, 0, 0)))
    except ValueError:
        return FIRST_OF_ZIP


def _check(path: Path, members: list[tarfile.TarInfo]) -> None:
    if not members:
        raise refusal(path, "it is empty")
    end = 0
    tops: set[str] = set()
    links: set[tuple[str, ...]] = set()
    seen: set[tuple[str, ...]] = set()
    for member in members:
        parts = _parts(member.name)
        if member.size < 0 or member.offset < end:
            raise refusal(path, f"{member.name!r} overlaps what is before it")
        end = member.offset_data
        if not math.isfinite(member.mtime):
            raise refusal(path, f"{member.name!r} is of a time that no clock shows")
        if member.name.startswith("/") or _is_of_windows(member.name):
            raise refusal(path, f"{member.name!r} is an absolute name, or one of another system")
        if ".." in parts or not parts:
            raise refusal(path, f"{member.name!r} leads out of the archive")
        if member.issparse() or not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise refusal(path, f"{member.name!r} is neither a file, a folder nor a link")
        if links and any(parts[:depth] in links for depth in range(1, len(parts))):
            raise refusal(path, f"{member.name!r} lies behind a link")
        if member.issym():
            links.add(parts)
            _check_link(path, member, parts)
        elif member.islnk() and _parts(member.linkname) not in seen:
            raise refusal(path, f"{member.name!r} is a hard link to {member.linkname!r}, which is not in the archive")
        seen.add(parts)
        tops.add(parts[0])
    if len(tops) != 1:
        raise refusal(path, f"it has {len(tops)} top folders ({', '.join(sorted(tops)[:3])}), where one belongs")
    if not {"setup.py", "pyproject.toml"} & {parts[1] for parts in seen if len(parts) == 2}:  # noqa: PLR2004  # top/name
        raise refusal(path, "it has neither setup.py nor pyproject.toml")


def _parts(name: str) -> tuple[str, ...]:
    return tuple([part for part in name.split("/") if part not in ("", ".")])


def _is_of_windows(name: str) -> bool:
    """Whether another system's unpacker would see more in a name than a relative path."""
    return "\\" in name or (name[1:2] == ":" and name[0].isalpha())


def _check_link(path: Path, member: tarfile.TarInfo, parts: tuple[str, ...]) -> None:
    target = _parts(member.linkname)
    up = next((at for at, part in enumerate(target) if part != ".."), len(target))
    # Of `a/..` nobody knows where it leads, since `a` may be a link as well.
    leads_out = up > len(parts) - 2 or ".." in target[up:]
    if leads_out or member.linkname.startswith("/") or _is_of_windows(member.linkname):
        raise refusal(path, f"{member.name!r} is a link that leads out of the archive, to {member.linkname!r}")


def content(sdist: Sdist, files: Mapping[str, bytes], dropped: frozenset[str]) -> Iterator[bytes]:
    """The tar that holds ``files`` in front of upstream's members, which follow as the bytes they are.

    :param files: name below the top folder → content.
    :param dropped: names of upstream's that are left out, with everything below them.
    """
    end = 0
    stream: Any = sdist.tar.fileobj
    form = tar_format(stream)
    for name, text in sorted(files.items()):
        member = _member(f"{sdist.top}/{name}", text, sdist.newest, form)
        end += len(member)
        yield member
    for start, stop in _kept(sdist, frozenset(files), dropped):
        end += stop - start
        stream.seek(start)
        while stream.tell() < stop:
            chunk = stream.read(min(stop - stream.tell(), _CHUNK))
            if not chunk:
                raise refusal(sdist.path, "it is cut short")
            yield chunk
    closing = tarfile.BLOCKSIZE * 2
    yield b"\0" * (closing + -(end + closing) % tarfile.RECORDSIZE)


def write(chunks: Iterable[bytes], target: Path) -> None:
    """Compress a tar into ``target``; written beside, then renamed.

    Without a time or a name in the gzip header, the same content gives the same bytes, with the same zlib.
    """
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, 0) as stream:
            for chunk in chunks:
                stream.write(chunk)
        beside.chmod(0o644)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def holds(target: Path, chunks: Iterable[bytes]) -> bool:
    """Whether an archive is there and holds this very tar, by whatever zlib it was compressed."""
    if not target.is_file():
        return False
    try:
        with gzip.open(target, "rb") as stream:
            return all(stream.read(len(chunk)) == chunk for chunk in chunks) and not stream.read(1)
    except (OSError, EOFError, zlib.error):
        return False


def _member(name: str, content: bytes, mtime: int, form: Literal[1, 2]) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(content), mtime, 0o644
    padding = b"\0" * (-len(content) % tarfile.BLOCKSIZE)
    return member.tobuf(form, "utf-8", "surrogateescape") + content + padding


def is_dropped(name: str, ours: frozenset[str], dropped: frozenset[str]) -> bool:
    """Whether upstream's member of this name gives way to ours."""
    return name in ours or name in dropped or any(name.startswith(f"{folder}/") for folder in dropped)


def _kept(sdist: Sdist, ours: frozenset[str], dropped: frozenset[str]) -> list[tuple[int, int]]:
    """The ranges of the tar that are carried over: everything but the headers and contents of dropped members."""
    ranges: list[tuple[int, int]] = []
    position = 0
    for member in sdist.members:
        blocks = member.size if member.isreg() else 0
        stop = member.offset_data + blocks + -blocks % tarfile.BLOCKSIZE
        if is_dropped(relative(member.name), ours, dropped):
            ranges.append((position, member.offset))
        else:
            ranges.append((position, stop))
        position = stop
    joined: list[tuple[int, int]] = []
    for start, stop in ranges:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        elif stop > start:
            joined.append((start, stop))
    return joined
