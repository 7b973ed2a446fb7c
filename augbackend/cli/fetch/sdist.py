"""An sdist, opened: checked before anything of it is used, and read member by member.

::

    archive -> its tar, decompressed into a temporary file -> members, each checked -> Sdist
"""

from __future__ import annotations

import lzma
import math
import posixpath
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from augbackend.table import layers

from . import decompression
from .refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_LINKS = 16
_END_OF_TIME = 2**33  # what a tar's header can say; a pax header may say anything, or infinity
_LARGEST_READ = 16 * 2**20


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
        document = layers.toml(text)
    except (ValueError, RecursionError):
        return {}
    found = layers.at(document, "tool", "augbackend", "origin", default={})
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
            decompression.write_tar(path, stream)
            stream.seek(0)
            with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
                members = []
                for member in tar:
                    members.append(member)
                    if len(members) > decompression.MOST_MEMBERS:
                        raise refusal(path, f"it has more than {decompression.MOST_MEMBERS} members")
                _check_end(path, tar, stream)
                _check_members(path, members)
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

    They have all been checked. Python's own filter, if there is one, checks them again.
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


def _check_members(path: Path, members: list[tarfile.TarInfo]) -> None:
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
            raise refusal(path, f"{member.name!r} has a time that is not a number")
        if member.name.startswith("/") or _is_of_windows(member.name):
            raise refusal(path, f"{member.name!r} is an absolute name, or would be one on Windows")
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
        raise refusal(path, f"it has {len(tops)} top folders ({', '.join(sorted(tops)[:3])}), expected one")
    if not {"setup.py", "pyproject.toml"} & {parts[1] for parts in seen if len(parts) == 2}:  # noqa: PLR2004  # top/name
        raise refusal(path, "it has neither setup.py nor pyproject.toml")


def _parts(name: str) -> tuple[str, ...]:
    return tuple([part for part in name.split("/") if part not in ("", ".")])


def _is_of_windows(name: str) -> bool:
    """Whether Windows would take a name for more than a relative path."""
    return "\\" in name or (name[1:2] == ":" and name[0].isalpha())


def _check_link(path: Path, member: tarfile.TarInfo, parts: tuple[str, ...]) -> None:
    target = _parts(member.linkname)
    up = next((at for at, part in enumerate(target) if part != ".."), len(target))
    # `a/..` may lead anywhere, since `a` may be a link.
    leads_out = up > len(parts) - 2 or ".." in target[up:]
    if leads_out or member.linkname.startswith("/") or _is_of_windows(member.linkname):
        raise refusal(path, f"{member.name!r} is a link that leads out of the archive, to {member.linkname!r}")
