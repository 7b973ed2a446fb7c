"""``build_sdist``: whatever builds from the sdist must find ``pyproject.toml`` and the in-tree backend in it.

The archive's own members are carried over as they are, byte for byte; ours follow at the end. Nothing depends on the
clock: new members take ``SOURCE_DATE_EPOCH``, or the newest time that the archive holds.
"""

from __future__ import annotations

import os
import re
from os.path import isfile, join
from pathlib import Path

from augbackend.hook import own_copy
from augbackend.hook.wrapped_backend import declared, wrapped_hook
from augbackend.standards import unfinished
from augbackend.table import Build, ConfigSettings


def build_sdist(sdist_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 517: build the sdist and return its name. What is no archive is the frontend's to complain about."""
    with declared(config_settings, sdist_directory) as build:
        with wrapped_hook("build_sdist", build) as (hook, _):
            name = hook(sdist_directory, build.config_settings)
        if isinstance(name, str) and name.endswith(".tar.gz") and isfile(join(sdist_directory, name)):
            return complete(Path(sdist_directory) / name, build).name
        return name


def complete(sdist: Path, build: Build) -> Path:
    """Add to a finished sdist what the wrapped backend left out; returns it, under the name of what it is now.

    Written beside the old one, then renamed: a reader sees the one or the other. If that fails, the old one is deleted,
    since nothing can be built from it.
    """
    unfinished.sweep(sdist.parent)
    beside = unfinished.beside(sdist)
    try:
        for change in (_extended, *(one.pkg_info for one in build.features if one.pkg_info)):
            changed = change(build, sdist, beside)
            if changed:
                beside.replace(changed)
                if changed != sdist:
                    sdist.unlink()
                sdist = changed
        return sdist
    except BaseException:
        sdist.unlink(missing_ok=True)
        raise
    finally:
        beside.unlink(missing_ok=True)


def _extended(build: Build, sdist: Path, beside: Path) -> Path | None:
    """Write an sdist with the files that are missing in it, if there are any. All lie in its first folder."""
    from augbackend.standards import tar

    with tar.opened(sdist) as archive:
        names = [member.name for member in archive.members] if archive else []
        if not archive or not names:
            return None
        files = {"pyproject.toml": build.tree / "pyproject.toml", **own_copy.files(build)}
        inside = {f"{names[0].partition('/')[0]}/{name}": file for name, file in files.items()}
        absent = {name: file for name, file in inside.items() if name not in names}
        if absent:
            epoch = os.environ.get("SOURCE_DATE_EPOCH", "")  # one that is no number is the wrapped backend's to report
            time = int(epoch) if re.fullmatch("[0-9]{1,18}", epoch) else archive.newest
            archive.write(beside, {name: file.read_bytes() for name, file in absent.items()}, time)
    return sdist if absent else None
