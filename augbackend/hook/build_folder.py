"""setuptools keeps objects in ``build/`` and takes them again by their times: not those of another augmentation.

A stamp in the folder says what it was built with. Where that is something else, or unknown, setuptools is given another
folder inside it, which the next build with the same augmentation finds again. Nothing is deleted.
"""

from __future__ import annotations

import configparser
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.errors import AugbackendError
from augbackend.table.layers import at, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.table import Build, Target

_STAMP = ".augbackend"
_CONFIG = "DIST_EXTRA_CONFIG"  # one more configuration file for distutils, read last


@contextmanager
def fresh(build: Build, target: Target) -> Iterator[None]:
    """Keep old objects out of a wheel that setuptools builds, for the length of its hook.

    :raises AugbackendError: if this setuptools cannot be told to use another folder.
    """
    if target != "wheel" or not build.wraps_setuptools:
        yield
        return
    folder = _base(build)
    mark = _fingerprint(build, target)
    stamp = folder / _STAMP
    if not folder.exists():
        folder.mkdir(parents=True)
        stamp.write_text(f"{mark}\n", encoding="ascii")
    if _text(stamp).strip() == mark:
        yield
        return
    if _table(build) or not _is_obeyed():
        raise AugbackendError(
            "it has objects of a build with another augmentation, and this setuptools cannot be told to leave them",
            where=str(folder),
            hint=f"delete {folder}; setuptools from 65.4 on, without a build-base in pyproject.toml, can be told",
        )
    with _redirected(folder / f"augbackend-{mark}"):
        yield


def _fingerprint(build: Build, target: Target) -> str:
    """Of all that bears on what is compiled and may change: not the number of jobs, not the caller's ``PATH``."""
    import hashlib

    from augbackend.standards.installed import versions_of

    declared = [part for one in build.features if one.fingerprint for part in one.fingerprint(build, target)]
    settings = sorted((build.config_settings or {}).items())
    content = repr((declared, versions_of(build.requires), build.wrapped_backend, settings))
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _base(build: Build) -> Path:
    """The folder that setuptools builds in."""
    table = _table(build)
    if table:
        return build.tree / table
    parser = configparser.ConfigParser(interpolation=None)
    files = [
        Path("~/.pydistutils.cfg").expanduser(),
        build.tree / "setup.cfg",
        Path(os.environ.get(_CONFIG) or os.devnull),
    ]
    try:
        parser.read(files, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return build.tree / "build"
    base = parser.get("build", "build_base", fallback=parser.get("build", "build-base", fallback="build"))
    return build.tree / base


def _table(build: Build) -> str:
    """What ``[tool.distutils.build]`` says, which is read after everything else."""
    table = at(read_pyproject(build.tree), "tool", "distutils", "build", default={})
    return str(table.get("build-base") or table.get("build_base") or "") if isinstance(table, dict) else ""


@contextmanager
def _redirected(folder: Path) -> Iterator[None]:
    before = os.environ.get(_CONFIG, "")
    parser = configparser.RawConfigParser()
    parser.read([before] if before else [], encoding="utf-8")
    if not parser.has_section("build"):
        parser.add_section("build")
    parser.set("build", "build_base", str(folder).replace("%", "%%"))
    with tempfile.TemporaryDirectory(prefix="augbackend-") as place:
        file = Path(place) / "distutils.cfg"
        with file.open("w", encoding="utf-8") as stream:
            parser.write(stream)
        os.environ[_CONFIG] = str(file)  # put back with the rest of the environment after the hook
        yield


def _is_obeyed() -> bool:
    from importlib import import_module

    file = import_module("distutils.dist").__file__  # setuptools' own, once it is imported
    return _CONFIG in (_text(Path(file)) if file else "")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
