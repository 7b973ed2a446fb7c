"""A finished wheel with members replaced, added or left out, and a RECORD that says so.

Nothing is compressed anew: what lies before the first member that changes is not touched at all, what lies behind it
is carried over as the bytes it is. ``.dist-info`` comes last in a wheel (binary distribution format, "Archiver
recommendations"), so that a change of metadata costs what ``.dist-info`` weighs.
"""

from __future__ import annotations

import os
import tempfile
import zipfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any, Optional

_CHUNK = 1 << 20


def dist_info(wheel: Path) -> str:
    """The name of the wheel's ``.dist-info`` folder.

    :raises ValueError: if it has none.
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            folder, slash, _ = name.partition("/")
            if slash and folder.endswith(".dist-info"):
                return folder
    raise ValueError(f"{wheel.name} has no .dist-info folder")


def read(wheel: Path, name: str) -> str:
    """The text of a member; empty if there is none."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode("utf-8") if name in archive.namelist() else ""


def edit(wheel: Path, changes: Mapping[str, Optional[bytes]]) -> None:
    """Replace or add members (their new content), or leave them out (``None``); RECORD follows.

    While that lasts the wheel has another name, so that a crash leaves none behind that is half-written.
    """
    record = f"{dist_info(wheel)}/RECORD"
    changes = {**changes, record: _record(read(wheel, record), record, changes)}
    beside = wheel.with_name(f".{wheel.name}.{os.getpid()}.tmp")
    wheel.rename(beside)
    try:
        _rewrite(beside, changes)
    except BaseException:
        beside.unlink()
        raise
    beside.replace(wheel)


def _rewrite(file: Path, changes: Mapping[str, Optional[bytes]]) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
        end: int = archive.start_dir
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
        _finish(stream, [entry for entry, _ in kept], end, entries, changes)


def _finish(
    stream: Any,
    kept: list[zipfile.ZipInfo],
    end: int,
    entries: list[zipfile.ZipInfo],
    changes: Mapping[str, Optional[bytes]],
) -> None:
    """Write the new members behind the old ones, and the directory of them all."""
    old = {entry.filename: entry for entry in entries}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.filelist[:] = kept
        archive.NameToInfo.update({entry.filename: entry for entry in kept})
        archive.start_dir = end
        stream.seek(end)
        for name, content in changes.items():
            if content is None:
                continue
            like = old.get(name) or entries[-1]
            entry = zipfile.ZipInfo(name, like.date_time)
            entry.external_attr, entry.compress_type = like.external_attr, like.compress_type
            archive.writestr(entry, content)


def _copy(source: Any, target: Any, count: int) -> int:
    for left in range(count, 0, -_CHUNK):
        target.write(source.read(min(left, _CHUNK)))
    return count


def _record(text: str, name: str, changes: Mapping[str, Optional[bytes]]) -> bytes:
    """RECORD with a line for each changed member, in the place of its old one; the others are left as they are."""
    import csv

    lines, rest = [], dict(changes)
    for line in text.splitlines(keepends=True):
        path = next(csv.reader([line.rstrip("\r\n")]), [""])[0]
        if path not in rest:
            lines.append(line)
        elif path != name:
            lines += _row(path, rest.pop(path))
    own = [line for line in lines if next(csv.reader([line.rstrip("\r\n")]), [""])[0] == name]
    lines = [line for line in lines if line not in own]
    for path, content in rest.items():
        lines += _row(path, content) if path != name else []
    return "".join([*lines, *(own or [f"{name},,\n"])]).encode()


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
