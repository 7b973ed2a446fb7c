"""``build_sdist``: whatever builds from the sdist must find ``pyproject.toml`` and the in-tree backend in it.

The archive's own members are carried over as they are, byte for byte; ours follow at the end. Nothing depends on the
clock: new members take ``SOURCE_DATE_EPOCH``, or the newest time that the archive holds.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augbackend.hook import own_copy
from augbackend.hook.wrapped_backend import declared, wrapped_hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.table import Build


def build_of(sdist_directory: str, config_settings: Mapping[str, Any] | None) -> str:
    """The answer to ``build_sdist``; what is no archive is the frontend's to complain about."""
    with declared(config_settings) as build:
        with wrapped_hook("build_sdist", build) as hook:
            name = hook(sdist_directory, build.config_settings)
        if isinstance(name, str):
            complete(Path(sdist_directory) / name, build)
        return name


def complete(sdist: Path, build: Build) -> None:
    """Add to a finished sdist what the wrapped backend left out.

    Written beside the old one, then renamed: a reader sees the one or the other.
    """
    beside = sdist.with_name(f"{sdist.name}.{os.getpid()}.tmp")
    files = {"pyproject.toml": build.tree / "pyproject.toml", **own_copy.files(build)}
    extend = _extend_tar if sdist.name.endswith(".tar.gz") else _extend_zip if sdist.suffix == ".zip" else None
    try:
        if extend is not None and extend(sdist, beside, files):
            beside.replace(sdist)
        for feature in build.features:
            if feature.pkg_info and extend is _extend_tar and feature.pkg_info(build, sdist, beside):
                beside.replace(sdist)
    finally:
        beside.unlink(missing_ok=True)


def _time(newest: float) -> int:
    """The time of new members; a value that is no number is the wrapped backend's to report, or to ignore."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(epoch) if epoch.isascii() and epoch.isdigit() else int(newest)


def _extend_tar(sdist: Path, beside: Path, files: Mapping[str, Path]) -> bool:
    from augbackend.standards import tar

    with tar.opened(sdist) as archive:
        names = [member.name for member in archive.members] if archive else []
        top = (names or [sdist.name[: -len(".tar.gz")]])[0].partition("/")[0]
        missing = {f"{top}/{name}": file for name, file in files.items() if f"{top}/{name}" not in names}
        if archive is None or not missing:
            return False
        time = _time(max((member.mtime for member in archive.members), default=0))
        new = [archive.new_member(name, file.read_bytes(), time) for name, file in sorted(missing.items())]
        archive.write(beside, [(0, archive.end)], b"".join(new))
    return True


def _extend_zip(sdist: Path, beside: Path, files: Mapping[str, Path]) -> bool:
    import shutil
    import time
    import zipfile

    try:
        with zipfile.ZipFile(sdist) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
    except zipfile.BadZipFile:
        return False
    top = next(iter(entries), sdist.stem).partition("/")[0]
    missing = {f"{top}/{name}": file for name, file in files.items() if f"{top}/{name}" not in entries}
    oldest = (1980, 1, 1, 0, 0, 0)  # a zip knows nothing earlier
    newest = max((entry.date_time for entry in entries.values()), default=oldest)
    date = max(time.gmtime(_time(0))[:6], oldest) if _time(-1) >= 0 else newest
    shutil.copyfile(sdist, beside)
    with zipfile.ZipFile(beside, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(missing.items()):
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return bool(missing)
