"""An sdist, opened: checked before anything of it is used, and read member by member.

::

    archive -> its tar, decompressed into a temporary file -> members, each checked -> Sdist
"""

from __future__ import annotations

import posixpath
import re
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from augbackend.errors import AugbackendError
from augbackend.standards.tar import tar_format
from augbackend.table import layers

from . import decompression, flat_tar, tar_headers
from .refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MOST_LINKS = 16
_END_OF_TIME = 2**33  # what a tar's header can say; a pax header may say anything, or infinity
_LARGEST_READ = 16 * 2**20
_LONGEST_NAME, _LONGEST_PART = 4096, 255  # bytes: beyond these, nobody unpacks it
_DEEPEST = 100  # folders in each other
_MOST_PARTS = 10 * decompression.MOST_MEMBERS  # of all names together
_LONGEST_HEADER, _LONG_HEADERS = 2**20, 2**25  # bytes: of one, and of all that are longer than a block
_MOST_DIGITS = 100
# Control characters, what is not UTF-8, a colon, a blank at the end of a name, no name between two slashes.
_ODD_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff:]| (?:/|\Z)|(?<=.)//|^\Z")


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
            raise refusal(self.path, f"{name} has {member.size} bytes", id="sdist-file-too-large")
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
        document = layers.pyproject(text)
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
    with tempfile.TemporaryFile(prefix="augbackend-") as stream, tempfile.TemporaryFile(prefix="augbackend-") as other:
        try:
            decompression.write_tar(path, stream)
            archive = _all_checked(path, stream, other)
        except OSError as error:
            if error.errno is not None:
                raise
            raise refusal(path, f"it is broken ({error})", id="sdist-broken") from None  # gzip's and bz2's complaints
        except decompression.BROKEN as error:
            raise refusal(
                path, f"it is broken or cut short ({error or type(error).__name__})", id="sdist-broken"
            ) from None
        try:
            yield archive
        except tarfile.TarError as error:  # it is unpacked
            raise refusal(path, f"it cannot be unpacked ({error})", id="sdist-not-unpacked") from None


def of_tar(path: Path, stream: IO[bytes]) -> Sdist:
    """An sdist whose uncompressed tar has been written already.

    :param path: that messages name.
    :param stream: open as long as the sdist is used.
    :raises AugbackendError: if it holds what no sdist may hold.
    """
    return _all_checked(path, stream, stream)


def _all_checked(path: Path, stream: IO[bytes], other: IO[bytes]) -> Sdist:
    """Read all headers of a tar, and check them.

    :param other: for a tar that gets the folder which this one has not.
    """
    headers: Any = _Headers(stream)
    headers.seek(0)
    tar = tarfile.open(fileobj=headers, mode="r:", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115  # it holds nothing open but the stream
    members = []
    for member in tar:
        members.append(member)
        if len(members) > decompression.MOST_MEMBERS:
            raise refusal(path, f"it has more than {decompression.MOST_MEMBERS} members", id="sdist-has-many-members")
    tar.fileobj = stream
    _check_end(path, tar, stream)
    if not members:
        raise refusal(path, "it is empty", id="sdist-empty")
    _check_order(path, stream, members)
    is_flat = flat_tar.is_flat(members)
    _check_names(path, members, is_flat=is_flat)
    if is_flat:
        flat_tar.write_with_folder(path, tar, members, other)
        return _all_checked(path, other, other)
    return Sdist(path, tar, _parts(members[0].name)[0], tuple(members))


class _Headers:
    """A tar while its headers are read, none of which may be long.

    tarfile takes a long one into memory, and some of its versions search it for numbers in quadratic time.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left = stream, _LONG_HEADERS
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        """As of any file.

        :raises tarfile.ReadError: if no honest header is like that.
        """
        self._left -= size if size > tarfile.BLOCKSIZE else 0
        if size > _LONGEST_HEADER or self._left < 0:
            raise tarfile.ReadError(f"a header has {size} bytes")
        found = self._stream.read(size)
        if any(len(digits) > _MOST_DIGITS for digits in re.findall(rb"\d+", found)):
            raise tarfile.ReadError(f"a header has a number of more than {_MOST_DIGITS} digits")
        return found


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
        raise refusal(path, f"it is broken at byte {tar.offset} of its tar", id="sdist-broken")


def _check_order(path: Path, stream: IO[bytes], members: Iterable[tarfile.TarInfo]) -> None:
    """Make sure that every reader finds the same members, with the same sizes and names, as tarfile does."""
    at = 0
    form = tar_format(stream)
    for member in members:
        if member.issparse() or not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise refusal(path, f"{member.name!r} is neither a file, a folder nor a link", id="member-of-odd-kind")
        if member.size < 0 or member.offset < at:
            raise refusal(path, f"{member.name!r} overlaps what is before it", id="member-overlaps")
        try:
            tar_headers.check(stream, at, member, form)
        except ValueError as error:
            raise refusal(
                path,
                f"{member.name!r} has headers that not every reader takes ({error})",
                id="member-headers-ambiguous",
            ) from None
        at = member.offset_data + (member.size + -member.size % tarfile.BLOCKSIZE if member.isreg() else 0)


def _check_names(path: Path, members: Iterable[tarfile.TarInfo], *, is_flat: bool) -> None:
    """Make sure that all lie in one folder, whoever unpacks them, and that whoever unpacks them can."""
    members = [member for member in members if not (is_flat and member.isdir() and not _parts(member.name))]
    count = 0
    tops: set[str] = set()
    seen: set[tuple[str, ...]] = set()
    others: dict[tuple[str, ...], tarfile.TarInfo] = {}  # than folders
    for member in members:
        if member.name.startswith("/") or _is_of_windows(member.name):
            raise refusal(
                path, f"{member.name!r} is an absolute name, or would be one on Windows", id="member-name-absolute"
            )
        _check_spelled(path, member.name)
        parts = _parts(member.name)
        count += len(parts)
        if count > _MOST_PARTS:
            raise refusal(path, f"its names have more than {_MOST_PARTS} folders in all", id="sdist-has-many-folders")
        if ".." in parts or not parts:
            raise refusal(path, f"{member.name!r} leads out of the archive", id="member-leads-out")
        if member.issym():
            _check_link(path, ("", *parts) if is_flat else parts, member.linkname)
            _check_spelled(path, member.linkname)
        elif member.islnk() and _parts(member.linkname) not in seen:
            raise refusal(
                path,
                f"{member.name!r} is a hard link to {member.linkname!r}, which is not in the archive",
                id="hard-link-to-nothing",
            )
        if not member.isdir():
            others[parts] = member
            if member.name.endswith("/"):
                raise refusal(
                    path, f"{member.name!r} is the name of a folder, and it is none", id="folder-name-is-file"
                )
        seen.add(parts)
        tops.add(parts[0])
    for member in members:
        parts = _parts(member.name)
        for depth in range(1, len(parts) + member.isdir()):
            if other := others.get(parts[:depth]):
                kind = "a link" if other.issym() else f"{other.name!r}, which is no folder"
                raise refusal(path, f"{member.name!r} lies behind {kind}", id="member-behind-link")
    _check_no_circle(path, others)
    if is_flat:
        return
    if len(tops) != 1:
        raise refusal(
            path,
            f"it has {len(tops)} top folders ({', '.join(sorted(tops)[:3])}), expected one",
            id="several-top-folders",
        )
    if not {"setup.py", "pyproject.toml"} & {parts[1] for parts in seen if len(parts) == 2}:  # noqa: PLR2004  # top/name
        raise refusal(path, "it has neither setup.py nor pyproject.toml", id="neither-setup-nor-pyproject")


def _check_no_circle(path: Path, files: Mapping[tuple[str, ...], tarfile.TarInfo]) -> None:
    """Make sure that no symbolic link leads back to itself."""
    done: set[tuple[str, ...]] = set()
    for start in files:
        at, passed = start, set[tuple[str, ...]]()
        while at not in done and (member := files.get(at)) and member.issym():
            if at in passed:
                raise refusal(path, f"{member.name!r} is a link that leads back to itself", id="link-leads-to-itself")
            passed.add(at)
            at = _parts(posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname)))
        done |= passed


def is_held(name: str, link: str | None = None) -> bool:
    """Whether an sdist may hold a file of this name, or a link to this target.

    :param name: below the top folder.
    """
    parts, here = ("top", *_parts(name)), Path()
    try:
        _check_spelled(here, f"top/{name}")
        if link is not None:
            _check_spelled(here, link)
            _check_link(here, parts, link)
    except AugbackendError:
        return False
    return ".." not in parts and not _is_of_windows(name)


def _check_spelled(path: Path, name: str) -> None:
    """Make sure that a file can have this name, or a link this target, wherever it is unpacked, and by whom."""
    size, parts = len(name.encode("utf-8", "surrogateescape")), name.rstrip("/").split("/")
    longest = max(len(part.encode("utf-8", "surrogateescape")) for part in parts)
    if size > _LONGEST_NAME or longest > _LONGEST_PART or len(parts) > _DEEPEST:
        raise refusal(
            path, f"{name[:50]!r}… is a name of {size} bytes, {len(parts)} folders deep", id="member-name-too-long"
        )
    if _ODD_NAME.search(name):
        raise refusal(
            path, f"{name!r} is a name that not every system or installer takes", id="member-name-not-portable"
        )


def _parts(name: str) -> tuple[str, ...]:
    return tuple([part for part in name.split("/") if part not in ("", ".")])


def _is_of_windows(name: str) -> bool:
    """Whether Windows would take a name for more than a relative path."""
    return "\\" in name or (name[1:2] == ":" and name[0].isalpha())


def _check_link(path: Path, parts: tuple[str, ...], linkname: str) -> None:
    target = _parts(linkname)
    up = next((at for at, part in enumerate(target) if part != ".."), len(target))
    # `a/..` may lead anywhere, since `a` may be a link.
    leads_out = up > len(parts) - 2 or ".." in target[up:]
    if leads_out or linkname.startswith("/") or _is_of_windows(linkname):
        name = "/".join(parts)
        raise refusal(
            path, f"{name!r} is a link that leads out of the archive, to {linkname!r}", id="member-link-leads-out"
        )
