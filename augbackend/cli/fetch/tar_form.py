"""Whether all readers of a tar see the same members: Python's, GNU's, and those of uv and other Rust programs.

A tar says some things twice: a name in a header, and a longer one in front of it; a size there and there. The headers
are read here a second time, without ``tarfile`` and without leniency. What readers could see differently is a doubt.
"""

from __future__ import annotations

import re
import tarfile
import unicodedata
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .sdist import Sdist

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 2**20
_POSIX, _GNU, _OLDEST = b"ustar\x0000", b"ustar  \0", b"\0" * 8
_FILES, _FOLDER, _HARD_LINK, _LINKS = (b"0", b"\0"), b"5", b"1", (b"1", b"2")
_RECORDS, _RECORDS_FOR_ALL, _LONG_NAME, _LONG_TARGET = b"x", b"g", b"L", b"K"
_LARGEST_RECORDS, _DEEPEST = 2**20, 500
_RECORD = re.compile(rb"([1-9][0-9]{0,7}) ([^=\n\0]+)=")
_DECIDES = re.compile("path|linkpath|size|hdrcharset|GNU\\.sparse\\..*|SCHILY\\.realsize")
_CHARSETS = (b"BINARY", b"ISO-IR 10646 2000 UTF-8")  # that change nothing: a name's bytes are its bytes


class _Raw(NamedTuple):
    """A member as its headers say it."""

    name: bytes
    kind: bytes
    size: int
    target: bytes


class _DoubtError(ValueError):
    """Readers may see this differently."""


def doubts(opened: Sdist) -> Iterator[str]:
    """Say why one reader could see other members than another.

    :param opened: an sdist that ``tarfile`` reads; one that was a zip by the tar that was made of it.
    """
    try:
        stream: IO[bytes] = opened.tar.fileobj  # type: ignore[assignment]  # it is always there
        found = list(_members_of(stream))
        _check_same(found, opened.members)
    except _DoubtError as doubt:
        yield str(doubt)
        return
    yield from _doubts_of_names(found)


def _members_of(stream: IO[bytes]) -> Iterator[_Raw]:
    position = 0
    before: dict[str, bytes] = {}  # what is said in front of a member, by the key of its record
    kinds: set[bytes] = set()  # of the headers in front of it
    while True:
        stream.seek(position)
        header = stream.read(_BLOCK)
        if not header.strip(b"\0"):
            _check_nothing_behind(stream)
            if kinds:
                raise _DoubtError("it ends with a header that belongs to no member")
            return
        size, kind = _size_of(header), header[156:157]
        position += _BLOCK + size + -size % _BLOCK
        if kind in (_RECORDS, _RECORDS_FOR_ALL, _LONG_NAME, _LONG_TARGET):
            said = _said_before(kind, _content(stream, size))
            if kind == _RECORDS_FOR_ALL:
                continue
            if kind in kinds or said.keys() & before.keys():
                raise _DoubtError("a member has two names, or two headers of a kind in front of it")
            kinds.add(kind)
            before.update(said)
            continue
        yield _member(header, kind, size, before)
        before, kinds = {}, set()


def _size_of(header: bytes) -> int:
    """Check a header that every reader has to understand in the same way; returns its size."""
    if len(header) < _BLOCK:
        raise _DoubtError("it is cut short")
    if header[257:265] not in (_POSIX, _GNU, _OLDEST):
        raise _DoubtError("a header is neither POSIX's nor GNU's")
    if header[257:265] != _POSIX and header[345:500].strip(b"\0"):
        raise _DoubtError("a header that is not POSIX's has what only POSIX takes for a part of the name")
    if sum(header[:148]) + 8 * 32 + sum(header[156:]) != _octal(header[148:156]):
        raise _DoubtError("a header has a wrong checksum")
    _octal(header[100:108])
    return _octal(header[124:136])


def _octal(field: bytes) -> int:
    found = re.fullmatch(rb" *([0-7]+)[ \0]*", field)
    if found is None:
        raise _DoubtError("a header has a number that is not plainly octal")
    return int(found[1], 8)


def _content(stream: IO[bytes], size: int) -> bytes:
    if size > _LARGEST_RECORDS:
        raise _DoubtError(f"a header in front of a member has {size} bytes")
    return stream.read(size)


def _said_before(kind: bytes, content: bytes) -> dict[str, bytes]:
    """What a header in front of a member says of it, as far as it decides what is read."""
    if kind in (_LONG_NAME, _LONG_TARGET):
        text = content.removesuffix(b"\0")
        if not text or b"\0" in text:
            raise _DoubtError("a long name is empty, or has a NUL in it")
        return {"path" if kind == _LONG_NAME else "linkpath": text}
    said: dict[str, bytes] = {}
    for key, value in _records(content):
        if key in said or b"\0" in value:
            raise _DoubtError(f"a record {key!r} is there twice, or has a NUL in it")
        said[key] = value
    said = {key: value for key, value in said.items() if _DECIDES.fullmatch(key)}
    if said.pop("hdrcharset", _CHARSETS[0]) not in _CHARSETS:
        raise _DoubtError("a record says that names are in another encoding")
    odd = [key for key, value in said.items() if key not in ("path", "linkpath", "size") or not value]
    if odd or (said and kind == _RECORDS_FOR_ALL):
        raise _DoubtError(f"a record {next(iter(odd or said))!r} is understood by some readers only")
    return said


def _records(content: bytes) -> Iterator[tuple[str, bytes]]:
    position = 0
    while position < len(content):
        found = _RECORD.match(content, position)
        end = position + int(found[1]) if found else 0
        if found is None or not found.end() < end <= len(content) or content[end - 1 : end] != b"\n":
            raise _DoubtError("a record in front of a member is broken")
        yield found[2].decode("utf-8", "replace"), content[found.end() : end - 1]
        position = end


def _member(header: bytes, kind: bytes, size: int, before: Mapping[str, bytes]) -> _Raw:
    name, target, prefix = (_until_nul(header[start:stop]) for start, stop in ((0, 100), (157, 257), (345, 500)))
    if prefix and header[257:265] == _POSIX:
        name = prefix + b"/" + name
    name, target = before.get("path", name), before.get("linkpath", target)
    shown = _name_in_utf8(name)
    if kind not in (*_FILES, _FOLDER, *_LINKS):
        raise _DoubtError(f"{shown!r} is of a kind that not all readers know")
    if "size" in before and before["size"] != str(size).encode():
        raise _DoubtError(f"{shown!r} has two sizes")
    if kind not in _FILES and size:
        raise _DoubtError(f"{shown!r} is no file, and has a size")
    if kind != _FOLDER and name.endswith(b"/"):
        raise _DoubtError(f"{shown!r} is called like a folder, and is none")
    return _Raw(name, b"0" if kind in _FILES else kind, size, target if kind in _LINKS else b"")


def _check_nothing_behind(stream: IO[bytes]) -> None:
    while chunk := stream.read(_CHUNK):
        if chunk.strip(b"\0"):
            raise _DoubtError("there is more behind its end")


def _check_same(found: list[_Raw], members: tuple[tarfile.TarInfo, ...]) -> None:
    """Hold these members against what ``tarfile`` found."""
    if len(found) != len(members):
        raise _DoubtError("it has members that Python does not see")
    for one, other in zip(found, members):
        kind = b"0" if other.isreg() else other.type
        size, target = (other.size if other.isreg() else 0), other.linkname if kind in _LINKS else ""
        if (_name_in_utf8(one.name).rstrip("/"), one.kind, one.size, _name_in_utf8(one.target)) != (
            other.name.rstrip("/"),
            kind,
            size,
            target,
        ):
            raise _DoubtError(f"{other.name!r} is another member to Python than to others")


def _doubts_of_names(found: list[_Raw]) -> Iterator[str]:
    """Names that are one file on some systems, and two on others."""
    seen: dict[tuple[str, ...], str] = {}
    folders: dict[tuple[str, ...], str] = {}
    files: set[str] = set()
    for one in found:
        name = _name_in_utf8(one.name).rstrip("/")
        parts = name.split("/")
        if len(parts) > _DEEPEST or any(part in ("", ".", "..") for part in parts):
            yield f"{name[:100]!r} is spelled in a way that not all readers take for the same place"
            return
        if one.kind == _HARD_LINK and _name_in_utf8(one.target) not in files:
            yield f"{name!r} is a hard link to what is no file before it"
        folded = tuple(map(_folded, parts))
        for depth in range(1, len(parts)):
            folders.setdefault(folded[:depth], name)
        if one.kind == _FOLDER:
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
        files |= {name} if one.kind == b"0" else set()
    yield from (f"{seen[one]!r} is a file or a link, and a folder to {folders[one]!r}" for one in seen.keys() & folders)


def _folded(part: str) -> str:
    """A name as the most forgetful file system keeps it: no case, no accents apart, no stream, no dots at its end."""
    text = unicodedata.normalize("NFC", part).casefold()
    visible = "".join(one for one in text if unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFC", visible.partition(":")[0]).rstrip(" .")


def _until_nul(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _name_in_utf8(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
