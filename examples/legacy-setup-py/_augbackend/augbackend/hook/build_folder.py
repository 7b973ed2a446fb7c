# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""setuptools keeps objects in ``build/`` and uses them again. Here, those of another declaration are kept out.

A stamp in the folder says what it was built with. Where that is something else, or unknown, setuptools is given another
folder inside it, which the next build with the same augmentation finds again. Nothing is deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os.path import exists, expanduser
from pathlib import Path

from augbackend.table import Build, Target
from augbackend.table.layers import at, read_pyproject

_STAMP = ".augbackend"
CONFIG = "DIST_EXTRA_CONFIG"  # one more configuration file for distutils, read last


@contextmanager
def fresh(build: Build, target: Target) -> Iterator[None]:
    """Keep old objects out of a wheel that setuptools builds, for the length of its hook.

    :raises AugbackendError: if this setuptools cannot be told to use another folder.
    """
    stated, name = _names(build.tree) if target == "wheel" and build.wraps_setuptools else ("", "")
    if not name:
        yield
        return
    folder, mark = build.tree / name, _fingerprint(build, target)
    stamp = folder / _STAMP
    if not _is_used(folder):  # nor made here: setuptools may take a folder that is there for a package
        try:
            yield
        finally:
            with suppress(OSError):  # without it, what is there counts as somebody else's
                stamp.write_text(f"{mark}\n", encoding="utf-8")
        return
    if text_of(stamp).strip() == mark:
        yield
        return
    from augbackend.hook import other_build_folder

    with other_build_folder.taken(folder, f"augbackend-{mark}", is_stated=bool(stated)):
        yield


def _is_used(folder: Path) -> bool:
    """Whether setuptools has built in a folder; it may hold sources that ``setup.py`` has written there."""
    try:
        return any(name.startswith(("lib", "temp")) or name == _STAMP for name in os.listdir(folder))
    except OSError:
        return exists(folder)


def _names(tree: Path) -> tuple[str, str]:
    """The folder's name in ``pyproject.toml``, which is read after all else, and the one that holds.

    Empty if it is none, or where a file cannot be read: that is setuptools' to report.
    """
    table = at(read_pyproject(tree), "tool", "distutils", "build", default={})
    stated = (table.get("build-base") or table.get("build_base") or "") if isinstance(table, dict) else ""
    files = (expanduser("~/.pydistutils.cfg"), str(tree / "setup.cfg"), os.environ.get(CONFIG, ""))
    found = "build"
    if any(map(exists, files)):
        from configparser import Error, RawConfigParser

        parser = RawConfigParser()
        try:
            parser.read(files, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            return "", ""
        found = parser.get("build", "build_base", fallback=parser.get("build", "build-base", fallback=found))
    name = str(stated or found)
    return str(stated), "" if "\0" in name else name


def _fingerprint(build: Build, target: Target) -> str:
    """A sum of all that compiled objects depend on; not of the number of jobs, nor of the caller's ``PATH``."""
    import hashlib

    declared = [part for one in build.features if one.fingerprint for part in one.fingerprint(build, target)]
    if build.features:  # without any, setuptools takes its objects whatever is installed
        from augbackend.standards.installed import versions_of

        declared += versions_of(build.requires, build.seen)
    content = repr((declared, build.wrapped_backend, sorted(map(repr, (build.config_settings or {}).items()))))
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def text_of(file: Path) -> str:
    """What a file says; nothing where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
