# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""``build_sdist``: whatever builds from the sdist must find ``pyproject.toml`` and the in-tree backend in it.

The archive's own members are carried over as they are, byte for byte; ours follow at the end. Nothing depends on the
clock: new members take ``SOURCE_DATE_EPOCH``, or the newest time that the archive holds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from augbackend.hook import own_copy
from augbackend.hook.wrapped_backend import declared, wrapped_hook
from augbackend.table import Build, ConfigSettings


def build_sdist(sdist_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 517: build the sdist and return its name. What is no archive is the frontend's to complain about."""
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
    is_tar, is_zip = sdist.name.endswith(".tar.gz"), sdist.suffix == ".zip"
    try:
        if (is_tar and _extend_tar(sdist, beside, files)) or (is_zip and _extend_zip(sdist, beside, files)):
            beside.replace(sdist)
        for feature in build.features if is_tar else ():
            if feature.pkg_info and feature.pkg_info(build, sdist, beside):
                beside.replace(sdist)
    finally:
        beside.unlink(missing_ok=True)


def _missing(names: list[str], sdist: Path, files: Mapping[str, Path]) -> dict[str, bytes]:
    """The files that are not among an archive's members, by their names in it; all lie in the folder of the first."""
    top = (names or [sdist.name[: -len(".tar.gz")]])[0].partition("/")[0]
    absent = {f"{top}/{name}": file for name, file in files.items() if f"{top}/{name}" not in names}
    return {name: file.read_bytes() for name, file in sorted(absent.items())}


def _epoch() -> int | None:
    """``SOURCE_DATE_EPOCH``; a value that is no number is the wrapped backend's to report, or to ignore."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _extend_tar(sdist: Path, beside: Path, files: Mapping[str, Path]) -> bool:
    from augbackend.standards import tar

    with tar.opened(sdist) as archive:
        if archive is None:
            return False
        missing = _missing([member.name for member in archive.members], sdist, files)
        newest, epoch = max((member.mtime for member in archive.members), default=0), _epoch()
        if missing:
            archive.write(beside, missing, int(newest) if epoch is None else epoch)
    return bool(missing)


def _extend_zip(sdist: Path, beside: Path, files: Mapping[str, Path]) -> bool:
    import shutil
    import time
    import zipfile

    try:
        with zipfile.ZipFile(sdist) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        return False
    oldest, epoch = (1980, 1, 1, 0, 0, 0), _epoch()  # a zip knows nothing earlier
    newest = max((member.date_time for member in members), default=oldest)
    missing = _missing([member.filename for member in members], sdist, files)
    shutil.copyfile(sdist, beside)
    with zipfile.ZipFile(beside, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in missing.items():
            new = zipfile.ZipInfo(name, newest if epoch is None else max(time.gmtime(epoch)[:6], oldest))
            new.compress_type, new.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(new, content)
    return bool(missing)
