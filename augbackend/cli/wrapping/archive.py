"""Writing a wrapped archive: files of ours in front, then upstream's members as the bytes they are."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from augbackend.cli.fetch.refusal import refusal
from augbackend.cli.fetch.sdist import relative
from augbackend.standards.tar import below, tar_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from augbackend.cli.fetch.sdist import Sdist

_CHUNK = 2**20
_LEVEL = 5  # 8 % larger than 9, in a quarter of the time


def content(sdist: Sdist, files: Mapping[str, bytes], dropped: frozenset[str], top: str) -> Iterator[bytes]:
    """The tar that holds ``files`` in front of upstream's members, which follow as the bytes they are.

    :param files: name below the top folder → content.
    :param dropped: names of upstream's that are left out, with everything below them.
    :param top: the name of the top folder. Where a member of upstream's spells it otherwise, as in ``./name-1.0``, its
        header follows: pip takes an archive only if all members begin alike.
    """
    end = 0
    stream: Any = sdist.tar.fileobj
    form = tar_format(stream)
    for name, text in sorted(files.items()):
        member = _tar_member(f"{top}/{name}", text, sdist.newest, form)
        end += len(member)
        yield member
    for piece in _pieces(sdist, frozenset(files), dropped, top):
        if isinstance(piece, bytes):
            end += len(piece)
            yield piece
            continue
        start, stop = piece
        end += stop - start
        stream.seek(start)
        while stream.tell() < stop:
            chunk = stream.read(min(stop - stream.tell(), _CHUNK))
            if not chunk:
                raise refusal(sdist.path, "it is cut short", id="sdist-cut-short")
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


def _tar_member(name: str, content: bytes, mtime: int, form: Literal[1, 2]) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(content), mtime, 0o644
    padding = b"\0" * (-len(content) % tarfile.BLOCKSIZE)
    return member.tobuf(form, "utf-8", "surrogateescape") + content + padding


def _is_dropped(name: str, ours: frozenset[str], dropped: frozenset[str]) -> bool:
    """Whether upstream's member of this name gives way to ours."""
    return name in ours or name in dropped or any(name.startswith(f"{folder}/") for folder in dropped)


def _pieces(sdist: Sdist, ours: frozenset[str], dropped: frozenset[str], top: str) -> list[bytes | tuple[int, int]]:
    """Upstream's tar without the members that are dropped: its ranges, and new headers for another top folder."""
    pieces: list[bytes | tuple[int, int]] = []
    form = tar_format(sdist.tar.fileobj)
    position = 0
    for member in sdist.members:
        blocks = member.size if member.isreg() else 0
        stop = member.offset_data + blocks + -blocks % tarfile.BLOCKSIZE
        if _is_dropped(relative(member.name), ours, dropped):
            pieces.append((position, member.offset))
        elif member.name.partition("/")[0] != top:
            header = below(sdist.tar, member, top).tobuf(form, "utf-8", "surrogateescape")
            pieces += [(position, member.offset), header, (member.offset_data, stop)]
        else:
            pieces.append((position, stop))
        position = stop
    joined: list[bytes | tuple[int, int]] = []
    for piece in pieces:
        last = joined[-1] if joined else b""
        if isinstance(piece, tuple) and isinstance(last, tuple) and last[1] == piece[0]:
            joined[-1] = (last[0], piece[1])
        elif isinstance(piece, bytes) or piece[1] > piece[0]:
            joined.append(piece)
    return joined
