"""The sdist of a source tree that holds the tree as well: a build of it finds all that a build of the tree finds.

::

    files of the tree ─┐
                       ├─> by name, the backend's where they differ -> sorted, of nobody, from no time -> sdist
    build_sdist's own ─┘
"""

from __future__ import annotations

import gzip
import io
import re
import shutil
import tarfile
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

from augbackend.cli import loudness
from augbackend.errors import AugbackendError

from . import decompression, in_repository, sdist, tree_snapshot, work_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_CHUNK = 2**20
_OF_PBR = ("AUTHORS", "ChangeLog")
_NAMED = 5  # files in a note


@dataclass(frozen=True)
class Snapshot:
    """The files of a tree before anybody built in it.

    :param tar: of them.
    :param below: the package's folder in it; empty if that is the tree itself.
    """

    tar: Path
    below: str = ""


class _Entry(NamedTuple):
    """One file or link, and the tar that it is in."""

    tar: tarfile.TarFile
    member: tarfile.TarInfo

    @property
    def is_link(self) -> bool:
        return self.member.issym()

    def stream(self) -> IO[bytes]:
        """Its content; a hard link's is that of the file it leads to.

        :raises ValueError: if it leads nowhere.
        """
        found = self.tar.extractfile(self.member)
        if found is None:
            raise ValueError(self.member.name)
        return found


def packed(path: Path, snapshot: Snapshot, folder: Path) -> Path:
    """The sdist with the tree's files, its members sorted, without owners and times: the same bytes for the same tree.

    :param path: what the backend made.
    :param folder: a new one, for the result.
    """
    target = folder / re.sub(r"(\.zip|\.tgz|\.tar\.(gz|bz2|xz))?$", ".tar.gz", path.name, count=1)
    try:
        with tempfile.TemporaryFile(dir=folder) as plain, tempfile.TemporaryFile(dir=folder) as ordered:
            decompression.write_tar(path, plain)
            plain.seek(0)
            left_out = _write(plain, snapshot, ordered)
            ordered.seek(0)
            with target.open("wb") as stream, gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as compressed:
                shutil.copyfileobj(ordered, compressed)
    except (AugbackendError, OSError, *decompression.BROKEN):
        return path  # whoever opens it says what is wrong with it
    tell_of(left_out, "of it are left out, since no sdist may hold them")
    return target


def tell_of(names: Sequence[str], what: str) -> None:
    """Name some files in a note, if there are any."""
    if names:
        more = ", …" if len(names) > _NAMED else ""
        loudness.note(f"{len(names)} files {what}: {', '.join(map(repr, names[:_NAMED]))}{more}")


def _write(plain: IO[bytes], snapshot: Snapshot, target: IO[bytes]) -> list[str]:
    """Write the tar of both.

    :param plain: the tar that the backend made.
    :return: names of the tree's files that no sdist may hold, and that are left out.
    :raises ValueError: if the backend's is none that can be added to.
    """
    with ExitStack() as opened:
        stream = opened.enter_context(snapshot.tar.open("rb"))
        of_tree = opened.enter_context(tarfile.open(fileobj=stream, mode="r:"))
        of_backend = opened.enter_context(tarfile.open(fileobj=plain, mode="r:"))
        members = [*islice(of_backend, decompression.MOST_MEMBERS + 1)]
        if len(members) > decompression.MOST_MEMBERS or not all(map(_is_sound, members)):
            raise ValueError
        tops = {member.name.removeprefix("./").partition("/")[0] for member in members}
        if len(tops) != 1:
            raise ValueError
        (top,) = tops
        first, below = (f"{in_repository.REPOSITORY}/", f"{snapshot.below}/") if snapshot.below else ("", "")
        entries = {f"{first}{member.name}": _Entry(of_tree, member) for member in of_tree}
        left_out = [name for name, entry in entries.items() if not _is_held(name, entry)]
        for name in left_out:
            del entries[name]
        _add(entries, members, of_backend, f"{first}{below}")
        made = _at_top(entries, f"{first}{below}", snapshot.below) if snapshot.below else {}
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as new:
            _write_all(new, top, entries, made)
    return [name.removeprefix(first) for name in left_out]


def _is_sound(member: tarfile.TarInfo) -> bool:
    is_known = member.isreg() or member.isdir() or member.issym() or member.islnk()
    is_named = member.isdir() or sdist.is_held(member.name)
    return is_known and is_named and not member.issparse() and not member.name.startswith("/")


def _is_held(name: str, entry: _Entry) -> bool:
    return sdist.is_held(name, entry.member.linkname if entry.is_link else None)


def _add(entries: dict[str, _Entry], members: list[tarfile.TarInfo], of_backend: tarfile.TarFile, at: str) -> None:
    """Add what the backend made; what it has of the same name takes the tree's place."""
    of_history = _of_history(entries, members, at)
    for member in members:
        name = f"{at}{sdist.relative(member.name)}"
        # Compiled while it ran: with the time in it, and so never the same.
        is_compiled = "__pycache__" in name.split("/") and name not in entries
        if member.isdir() or is_compiled or name in of_history:
            continue
        if name in entries and _is_alike(entries[name], _Entry(of_backend, member)):
            continue
        parts = name.split("/")
        for depth in range(1, len(parts)):  # a file there, or a link, would be in the way
            entries.pop("/".join(parts[:depth]), None)
        entries[name] = _Entry(of_backend, member)
    files = tuple(f"{name}/" for name in work_tree.folders(entries) & entries.keys())
    for name in [name for name in entries if name.startswith(files)]:
        del entries[name]


def _of_history(entries: Mapping[str, _Entry], members: Iterable[tarfile.TarInfo], at: str) -> set[str]:
    """What pbr writes of git's history when a wheel is half built: there before, setuptools takes it for licences."""
    if not any(member.name.endswith(".egg-info/pbr.json") for member in members):
        return set()
    said = [entries[f"{at}{name}"] for name in ("setup.cfg", "setup.py", "pyproject.toml") if f"{at}{name}" in entries]
    texts = [entry.stream().read() for entry in said if not entry.is_link]
    named = {name for name in _OF_PBR if any(name.encode() in text for text in texts)}
    return {f"{at}{name}" for name in _OF_PBR if name not in named} - entries.keys()


def _is_alike(one: _Entry, other: _Entry) -> bool:
    if one.is_link or other.is_link:
        return one.is_link and other.is_link and one.member.linkname == other.member.linkname
    with one.stream() as first, other.stream() as second:
        while chunk := first.read(_CHUNK):
            if second.read(len(chunk)) != chunk:
                return False
        return not second.read(1)


def _at_top(entries: Mapping[str, _Entry], at: str, below: str) -> dict[str, bytes]:
    """What an sdist has to have at its top, where the package is further below."""
    own = {
        name: entries[f"{at}{name}"]
        for name in (*in_repository.READ_AT_TOP, "pyproject.toml")
        if f"{at}{name}" in entries
    }
    texts = {name: entry.stream().read() for name, entry in own.items() if not entry.is_link}
    return in_repository.at_top(texts, below)


def _write_all(new: tarfile.TarFile, top: str, entries: Mapping[str, _Entry], made: Mapping[str, bytes]) -> None:
    size = 0
    for name, content in _sorted(top, entries, made):
        if isinstance(content, bytes):
            member = tree_snapshot.plain_member(name, is_executable=False)
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
        elif content.is_link:
            member = tree_snapshot.plain_member(name, is_executable=True)
            member.type, member.mode, member.linkname = tarfile.SYMTYPE, 0o777, content.member.linkname
            new.addfile(member)
        else:
            with content.stream() as stream:
                member = tree_snapshot.plain_member(name, is_executable=bool(content.member.mode & 0o100))
                member.size = stream.seek(0, io.SEEK_END)
                size += member.size
                if size > decompression.MOST_BYTES:
                    raise ValueError
                stream.seek(0)
                new.addfile(member, stream)


def _sorted(top: str, entries: Mapping[str, _Entry], made: Mapping[str, bytes]) -> Iterator[tuple[str, _Entry | bytes]]:
    everything: dict[str, _Entry | bytes] = {**entries, **made}
    for name in sorted(everything):
        yield f"{top}/{name}", everything[name]
