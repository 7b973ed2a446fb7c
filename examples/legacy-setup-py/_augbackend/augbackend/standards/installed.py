# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Which distributions are installed, by the names of their folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Optional

from .requirements import canonical_name, project_of

Seen = dict[str, dict[str, str]]  # folder → canonical name → version


def installed(folders: Optional[Sequence[str]] = None, seen: Optional[Seen] = None) -> dict[str, str]:
    """All that is installed: canonical name → version, the one that an import finds.

    "Recording installed projects": name and version are in the names of ``.dist-info`` folders. importlib.metadata
    knows more places, but costs some 20 ms to import.

    :param folders: where to look; ``sys.path`` if not given.
    :param seen: what was read before, which is not read again; grows by what is read now.
    """
    found: dict[str, str] = {}
    for folder in sys.path if folders is None else folders:
        with suppress(OSError, ValueError):
            found = {**_read({} if seen is None else seen, folder), **found}
    return found


def _read(seen: Seen, folder: str) -> dict[str, str]:
    if folder not in seen:
        found = os.stat(folder or ".")
        real = f"{found.st_dev}/{found.st_ino}"  # a build may reach its environment through links
        if real not in seen:
            seen[real] = {}
            for entry in sorted(name for name in os.listdir(folder or ".") if name.endswith(".dist-info")):
                project, _, version = entry[: -len(".dist-info")].partition("-")
                # pip leaves folders of names that begin with '~', and empty ones, where it was interrupted.
                if version and project[:1].isalnum() and os.path.exists(os.path.join(folder, entry, "METADATA")):
                    seen[real].setdefault(canonical_name(project), version)
        seen[folder] = seen[real]
    return seen[folder]


def installed_version(name: str, folders: Optional[Sequence[str]] = None, seen: Optional[Seen] = None) -> Optional[str]:
    """The version of an installed project, ``None`` if it is not installed; the rest as in :func:`installed`."""
    searched = [folder for folder in (sys.path if folders is None else folders) if "\0" not in str(folder)]
    version = installed(searched, seen).get(canonical_name(name))
    if version is not None or not searched:
        return version
    from importlib import metadata

    for one in metadata.distributions(name=name, path=searched):
        with suppress(Exception):  # what cannot be read is as good as not there
            if one.version:
                return str(one.version)
    return None


def versions_of(texts: Iterable[str], seen: Optional[Seen] = None) -> list[tuple[str, Optional[str]]]:
    """The projects of requirements, each with the version that is installed; texts that name none are left out."""
    present = installed(seen=seen)
    names = sorted({*map(project_of, texts)} - {""})
    return [(name, present.get(name) or installed_version(name, seen=seen)) for name in names]
