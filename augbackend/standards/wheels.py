"""A finished wheel with members replaced, added or left out, and a RECORD that says so.

Only what changes is compressed anew: what lies before the first such member is not touched at all, what lies behind it
is carried over as the bytes it is. ``.dist-info`` comes last in a wheel (binary distribution format, "Archiver
recommendations"), so that a change of metadata costs what ``.dist-info`` weighs.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from pathlib import Path

from . import unfinished
from .requirements import canonical_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Optional

# What reading one raises, whichever part of it is odd.
_OF_LZMA: type[Exception] = getattr(getattr(zipfile, "lzma", None), "LZMAError", zlib.error)  # not every Python has it
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    _OF_LZMA,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,
)
_UNLISTED = ("/", "/RECORD.jws", "/RECORD.p7s")  # folders, and signatures of RECORD itself
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what every Python can write
_CHUNK = 1 << 20
_ROW = re.compile(r'(?:"((?:[^"]|"")*)"|([^,\r\n]*))[^\r\n]*(?:\r?\n|\r|\Z)')  # of RECORD, with its path


def dist_info(wheel: zipfile.ZipFile) -> str:
    """The name of the ``.dist-info`` folder of an open wheel: the one that goes by the wheel's own name.

    :raises ValueError: if it has none.
    """
    found = dict.fromkeys(name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name)
    folders = [folder for folder in found if folder.endswith(".dist-info")]
    own = canonical_name(Path(wheel.filename or "").name.partition("-")[0])
    for folder in sorted(folders, key=lambda one: canonical_name(one.partition("-")[0]) != own):
        return folder
    raise ValueError(f"{Path(wheel.filename or '').name} has no .dist-info folder")


def moved(members: Iterable[str], info: str, renamed: Callable[[str, str], str]) -> dict[str, str]:
    """The members of ``.dist-info`` and ``.data`` that get another name, old → new.

    :param info: the name of the ``.dist-info`` folder.
    :param renamed: the new name of such a folder, by the old one and its ending.
    """
    stem = info[: -len(".dist-info")]
    new = {f"{stem}{ending}/": f"{renamed(stem + ending, ending)}/" for ending in (".dist-info", ".data")}
    heads = [(name, name.partition("/")[0] + "/") for name in members if "/" in name]
    return {name: new[head] + name[len(head) :] for name, head in heads if new.get(head, head) != head}


def edit(
    wheel: Path, changes: Mapping[str, Optional[bytes]], record: str = "", like: Optional[Mapping[str, str]] = None
) -> None:
    """Replace or add members (their new content), or leave them out (``None``); RECORD follows.

    :param record: RECORD's name afterwards, if it moves.
    :param like: new name → the member whose mode, time and compression it takes over.

    While that lasts the wheel has another name, so that a crash leaves none behind that is half-written.
    """
    with zipfile.ZipFile(wheel) as archive:
        old = f"{dist_info(archive)}/RECORD"
        text = archive.read(old).decode("utf-8", "surrogateescape") if old in archive.NameToInfo else ""
    new = record or old
    text = _record(text, {old, new}, changes) + f"{new},,\n"
    changes = {**changes, old: None, new: text.encode("utf-8", "surrogateescape")}
    beside = unfinished.beside(wheel)
    wheel.rename(beside)
    try:
        _rewrite(beside, archive, changes, like or {})
    except BaseException:
        beside.unlink()
        raise
    beside.replace(wheel)


class _Kept(zipfile.ZipInfo):
    """A member whose name stays the bytes that it is: without a flag that says UTF-8, it may be of another encoding."""

    __slots__ = ()

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  # zipfile's
        return self.orig_filename.encode("utf-8" if self.flag_bits & 0x800 else "cp437"), self.flag_bits


def _rewrite(
    file: Path, wheel: zipfile.ZipFile, changes: Mapping[str, Optional[bytes]], like: Mapping[str, str]
) -> None:
    """Change a wheel in place.

    :param wheel: what was read of it.
    """
    entries, end = sorted(wheel.filelist, key=lambda entry: entry.header_offset), wheel.start_dir
    first = next((at for at, entry in enumerate(entries) if entry.filename in changes), len(entries))
    start = entries[first].header_offset if first < len(entries) else end
    stops = [*(entry.header_offset for entry in entries[1:]), end]
    kept = [(entry, stop) for entry, stop in zip(entries, stops) if entry.filename not in changes]
    with tempfile.TemporaryFile() as carried, file.open("r+b") as stream:
        lengths = []
        for entry, stop in kept[first:]:
            stream.seek(entry.header_offset)
            lengths.append(_copy(stream, carried, stop - entry.header_offset))
        stream.truncate(start)
        stream.seek(start)
        carried.seek(0)
        for (entry, _), length in zip(kept[first:], lengths):
            entry.header_offset = stream.tell()
            _copy(carried, stream, length)
        end = stream.tell()
        old = {entry.filename: entry for entry in entries}
        plain = (entry for entry in reversed(entries) if entry.compress_type in _PLAIN and not entry.is_dir())
        last = next(plain, entries[0])
        models = {name: old.get(like.get(name, name), last) for name in changes}
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = wheel.comment
            _finish(archive, [entry for entry, _ in kept], end, models, changes)


def _finish(
    archive: zipfile.ZipFile,
    kept: list[zipfile.ZipInfo],
    end: int,
    models: Mapping[str, zipfile.ZipInfo],
    changes: Mapping[str, Optional[bytes]],
) -> None:
    """Write the new members behind the old ones, and the directory of them all."""
    for entry in kept:
        entry.__class__ = _Kept
    archive.filelist[:] = kept
    archive.NameToInfo.update({entry.filename: entry for entry in kept})
    archive.start_dir = end
    stream: Any = archive.fp
    stream.seek(end)
    for name, content in changes.items():
        if content is not None:
            entry = zipfile.ZipInfo(name, models[name].date_time)
            entry.external_attr, entry.compress_type = models[name].external_attr, models[name].compress_type
            archive.writestr(entry, content)


def _copy(source: Any, target: Any, count: int) -> int:
    for left in range(count, 0, -_CHUNK):
        target.write(source.read(min(left, _CHUNK)))
    return count


def _record(text: str, own: set[str], changes: Mapping[str, Optional[bytes]]) -> str:
    """RECORD without its own line: one for each changed member, in its old place; the others as they are."""
    rest = {name: content for name, content in changes.items() if name not in own and not name.endswith(_UNLISTED)}
    lines = []
    for row in _ROW.finditer(text):
        path = row[2] if row[1] is None else row[1].replace('""', '"')
        if path in rest:
            lines += _row(path, rest.pop(path))
        elif path not in own and row[0]:
            lines.append(row[0] if row[0].endswith(("\n", "\r")) else f"{row[0]}\n")
    return "".join([*lines, *(row for path, content in rest.items() for row in _row(path, content))])


def _row(path: str, content: Optional[bytes]) -> list[str]:
    import base64
    import csv
    import hashlib
    import io

    if content is None:
        return []
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([path, f"sha256={digest}", len(content)])
    return [stream.getvalue()]
