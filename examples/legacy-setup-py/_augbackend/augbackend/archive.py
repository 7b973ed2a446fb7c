"""The in-tree backend belongs to the tree: whatever builds from an sdist must find it there, and no wheel ships it.

The archive's own members are carried over as they are, byte for byte; ours follow at the end. Nothing
depends on the clock: new members take ``SOURCE_DATE_EPOCH``, or the newest time that the archive holds.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from .metadata import dynamic_requires

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from gzip import GzipFile
    from tarfile import TarInfo
    from typing import BinaryIO, Literal, Union

    from .reading import Build


def complete_sdist(folder: str, name: str, build: Build) -> None:
    """Add ``pyproject.toml`` and the in-tree backend to a finished sdist, where the wrapped backend left them out.

    With pins of the run-time versions its dependencies are dynamic, and its ``PKG-INFO`` has to say so.

    :param folder: the ``sdist_directory`` of PEP 517.
    :param name: what the wrapped ``build_sdist`` returned.
    """
    if not isinstance(name, str):
        return  # the frontend's to complain about
    sdist = Path(folder) / name
    files = {"pyproject.toml": build.tree / "pyproject.toml", **in_tree_backend(build)}
    is_pinned = build.settings.origin is None and any(width != "none" for width in build.settings.pin_runtime.values())
    change = dynamic_requires if is_pinned else _as_it_is
    if name.endswith(".tar.gz"):
        _rewritten(sdist, files, change, _extend_tar)
    elif name.endswith(".zip"):
        _rewritten(sdist, files, change, _extend_zip)


def _as_it_is(text: str) -> str:
    return text


def in_tree_backend(build: Build) -> dict[str, Path]:
    """The files of this very backend by their names in the tree; none if it is not in-tree but installed."""
    package = Path(__file__).resolve().parent
    for folder in build.backend_path:
        if (build.tree / folder).resolve() == package.parent:
            return {
                (PurePosixPath(folder) / file.relative_to(package.parent).as_posix()).as_posix(): file
                for file in sorted(package.rglob("*"))
                if file.is_file() and "__pycache__" not in file.parts
            }
    return {}


def in_tree_members(members: Iterable[str], build: Build) -> list[str]:
    """The members of a wheel that are the in-tree backend: it belongs to the tree, not to the package.

    Some wrapped backends take every folder that they find, or all that a pattern of the tree's own names.
    """
    prefixes = {name.partition("/augbackend/")[0] for name in in_tree_backend(build) if "/augbackend/" in name}
    return [name for name in members if any(f"/{prefix}/augbackend/" in f"/{name}" for prefix in prefixes)]


def _rewritten(
    sdist: Path,
    files: Mapping[str, Path],
    change: Callable[[str], str],
    extend: Callable[[Path, Path, Mapping[str, Path], Callable[[str], str]], bool],
) -> None:
    """Write the extended archive beside the old one, then rename: a reader sees the one or the other."""
    beside = sdist.with_name(f"{sdist.name}.{os.getpid()}.tmp")
    try:
        if extend(sdist, beside, files, change):
            beside.replace(sdist)
    finally:
        beside.unlink(missing_ok=True)


def _time(newest: float) -> int:
    """The time of new members; a value that is no number is the wrapped backend's to report, or to ignore."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(epoch) if epoch.isascii() and epoch.isdigit() else int(newest)


def _extend_tar(sdist: Path, beside: Path, files: Mapping[str, Path], change: Callable[[str], str]) -> bool:
    import gzip
    import tarfile

    with tarfile.open(sdist, "r:gz") as archive:
        members = archive.getmembers()
        end = archive.offset  # of the last member's last block
        encoding = archive.encoding or "utf-8"
        top = members[0].name.partition("/")[0] if members else sdist.name[: -len(".tar.gz")]
        info = next((member for member in members if member.name == f"{top}/PKG-INFO"), None)
        stream = archive.extractfile(info) if info else None
        old = stream.read() if stream else b""
    names = {member.name for member in members}
    missing = {f"{top}/{name}": file for name, file in files.items() if f"{top}/{name}" not in names}
    new = change(old.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if not missing and new == old:
        return False
    time = _time(max((member.mtime for member in members), default=0))
    with sdist.open("rb") as header:
        gzip_time = int.from_bytes(header.read(8)[4:], "little")  # RFC 1952: MTIME
    # No name in the header, and the wrapped backend's own time: the same inputs give the same bytes.
    with (
        gzip.open(sdist, "rb") as source,
        beside.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, gzip_time) as target,
    ):
        form = tar_format(source)
        source.seek(0)
        rest, growth = 0, 0
        if info is not None and new != old:
            _copy(source, target, info.offset)
            rest = info.offset_data + info.size + -info.size % tarfile.BLOCKSIZE
            info.size = len(new)
            growth = target.write(_member(info, new, form, encoding)) - (rest - info.offset)
            source.seek(rest)
        _copy(source, target, end - rest)
        end += growth
        for name, file in sorted(missing.items()):
            content = file.read_bytes()
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), time, 0o644
            end += target.write(_member(member, content, form, encoding))
        closing = tarfile.BLOCKSIZE * 2
        target.write(b"\0" * (closing + -(end + closing) % tarfile.RECORDSIZE))
    return True


def _member(member: TarInfo, content: bytes, form: Literal[1, 2], encoding: str) -> bytes:
    """A member of a tar: header, content, padding."""
    return member.tobuf(form, encoding) + content + b"\0" * (-len(content) % 512)


def tar_format(stream: Union[BinaryIO, GzipFile]) -> Literal[1, 2]:
    """The format that new members of a tar have to have: uv refuses an archive that mixes GNU's with POSIX's.

    :param stream: the uncompressed tar.
    """
    import tarfile

    stream.seek(257)  # POSIX.1-1988, "ustar": the place of the magic number
    return 1 if stream.read(8) == tarfile.GNU_MAGIC else 2  # GNU_FORMAT, PAX_FORMAT


def _copy(source: GzipFile, target: GzipFile, count: int) -> None:
    while count:
        chunk = source.read(min(count, 1 << 20))
        target.write(chunk)
        count -= len(chunk)


def _extend_zip(sdist: Path, beside: Path, files: Mapping[str, Path], _: Callable[[str], str]) -> bool:
    import shutil
    import time
    import zipfile

    with zipfile.ZipFile(sdist) as archive:
        entries = archive.infolist()
    names = {entry.filename for entry in entries}
    top = entries[0].filename.partition("/")[0] if entries else sdist.name[: -len(".zip")]
    missing = {f"{top}/{name}": file for name, file in files.items() if f"{top}/{name}" not in names}
    if not missing:
        return False
    newest = max((entry.date_time for entry in entries), default=(1980, 1, 1, 0, 0, 0))
    epoch = _time(-1)
    if epoch >= 0:
        newest = max(time.gmtime(epoch)[:6], (1980, 1, 1, 0, 0, 0))  # a zip knows nothing earlier
    shutil.copyfile(sdist, beside)
    with zipfile.ZipFile(beside, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(missing.items()):
            entry = zipfile.ZipInfo(name, newest)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return True
