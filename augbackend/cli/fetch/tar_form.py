"""Whether all see the same tar, beyond what :mod:`.sdist` refuses: nothing behind its end, no two names for a file."""

from __future__ import annotations

import unicodedata
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from tarfile import TarInfo

    from .sdist import Sdist

_CHUNK = 2**20


def doubts(opened: Sdist) -> Iterator[str]:
    """Say why one reader could see other members than another.

    :param opened: an sdist that ``tarfile`` reads; one that was a zip by the tar that was made of it.
    """
    stream: IO[bytes] = opened.tar.fileobj  # type: ignore[assignment]  # it is always there
    stream.seek(opened.tar.offset)
    while chunk := stream.read(_CHUNK):
        if chunk.strip(b"\0"):
            yield "there is more behind its end"
            return
    yield from _doubts_of_names(opened.members)


def _doubts_of_names(members: Sequence[TarInfo]) -> Iterator[str]:
    """Names that are one file on some systems, and two on others."""
    seen: dict[tuple[str, ...], str] = {}
    folders: dict[tuple[str, ...], str] = {}
    files: set[str] = set()
    for one in members:
        name = one.name.rstrip("/")
        parts = name.split("/")
        if any(part in ("", ".", "..") for part in parts):
            yield f"{name[:100]!r} is spelled in a way that not all readers take for the same place"
            return
        if one.islnk() and one.linkname not in files:
            yield f"{name!r} is a hard link to what is no file before it"
        folded = tuple(map(_folded, parts))
        for depth in range(1, len(parts)):
            folders.setdefault(folded[:depth], name)
        if one.isdir():
            folders.setdefault(folded, name)
            continue
        if folded in seen:
            is_twice = seen[folded] == name
            yield (
                f"{name!r} is there twice"
                if is_twice
                else f"{name!r} and {seen[folded]!r} are one file on some systems"
            )
        seen[folded] = name
        files |= {name} if one.isreg() else set()
    yield from (f"{seen[one]!r} is a file or a link, and a folder to {folders[one]!r}" for one in seen.keys() & folders)


def _folded(part: str) -> str:
    """A name as the most forgetful file system keeps it: no case, no accents apart, no dots at its end."""
    text = unicodedata.normalize("NFC", part).casefold()
    visible = "".join(one for one in text if unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFC", visible).rstrip(" .")
