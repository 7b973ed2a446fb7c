"""setuptools keeps objects in ``build/`` and uses them again. Here, those of another declaration are kept out.

A stamp in the folder says what it was built with. Where that is something else, or unknown, setuptools is given another
folder inside it, which the next build with the same augmentation finds again. Nothing is deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from os.path import exists, expanduser
from pathlib import Path
from typing import Any

from augbackend.errors import AugbackendError
from augbackend.table import Build, Target
from augbackend.table.layers import at, read_pyproject

_STAMP = ".augbackend"
_CONFIG = "DIST_EXTRA_CONFIG"  # one more configuration file for distutils, read last


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
    if not exists(folder):  # nor made here: setuptools may take a folder that is there for a package
        try:
            yield
        finally:
            with suppress(OSError):  # without it, what is there counts as somebody else's
                stamp.write_text(f"{mark}\n", encoding="utf-8")
        return
    if _text(stamp).strip() == mark:
        yield
        return
    if stated or not _is_obeyed():
        raise AugbackendError(
            "it has objects of a build with another augmentation, and this setuptools cannot be told to leave them",
            where=str(folder),
            hint=f"delete {folder}; setuptools from 65.4 on, without a build-base in pyproject.toml, can be told",
        )
    with _redirected(folder / f"augbackend-{mark}"):
        yield


def _names(tree: Path) -> tuple[str, str]:
    """The folder's name in ``pyproject.toml``, which is read after all else, and the one that holds.

    Empty if it is none, or where a file cannot be read: that is setuptools' to report.
    """
    from configparser import Error

    table = at(read_pyproject(tree), "tool", "distutils", "build", default={})
    stated = (table.get("build-base") or table.get("build_base") or "") if isinstance(table, dict) else ""
    try:
        parser = _configuration(expanduser("~/.pydistutils.cfg"), str(tree / "setup.cfg"), os.environ.get(_CONFIG, ""))
    except (Error, UnicodeDecodeError):
        return "", ""
    found = parser.get("build", "build_base", fallback=parser.get("build", "build-base", fallback="build"))
    name = str(stated or found)
    return str(stated), "" if "\0" in name else name


def _configuration(*files: str) -> Any:
    from configparser import RawConfigParser

    parser = RawConfigParser()
    parser.read(files, encoding="utf-8")
    return parser


def _fingerprint(build: Build, target: Target) -> str:
    """A sum of all that compiled objects depend on; not of the number of jobs, nor of the caller's ``PATH``."""
    import hashlib

    declared = [part for one in build.features if one.fingerprint for part in one.fingerprint(build, target)]
    if build.features:  # without any, setuptools takes its objects whatever is installed
        from augbackend.standards.installed import versions_of

        declared += versions_of(build.requires, build.seen)
    content = repr((declared, build.wrapped_backend, sorted(map(repr, (build.config_settings or {}).items()))))
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:12]


@contextmanager
def _redirected(folder: Path) -> Iterator[None]:
    from tempfile import TemporaryDirectory

    parser = _configuration(os.environ.get(_CONFIG, ""))
    parser.read_dict({"build": {"build_base": str(folder).replace("%", "%%")}})
    with TemporaryDirectory(prefix="augbackend-") as place:
        file = Path(place) / "distutils.cfg"
        with file.open("w", encoding="utf-8") as stream:
            parser.write(stream)
        os.environ[_CONFIG] = str(file)  # put back with the rest of the environment after the hook
        yield


def _is_obeyed() -> bool:
    file = import_module("distutils.dist").__file__
    return _CONFIG in (_text(Path(file)) if file else "")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
