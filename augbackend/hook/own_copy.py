"""The in-tree backend's own files: they belong to the tree, so every sdist has them, and no wheel ships them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from augbackend.table import Build

_PACKAGE = Path(__file__).resolve().parent.parent


def _folder(build: Build) -> str | None:
    """The ``backend-path`` that we were imported from; ``None`` if we are not in-tree but installed."""
    found = (one for one in build.backend_path if build.folder(one) == _PACKAGE.parent)
    return next((PurePosixPath(one).as_posix() for one in found), None)


def files(build: Build) -> dict[str, Path]:
    """Our files, by their names in the tree."""
    folder = _folder(build)
    if folder is None:
        return {}
    found = {f"/{file.relative_to(_PACKAGE.parent).as_posix()}": file for file in sorted(_PACKAGE.rglob("*"))}
    # Without what Python and linters keep there: `__pycache__`, `.mypy_cache`.
    kept = {name: file for name, file in found.items() if "/." not in name and "/__pycache__/" not in name}
    return {f"{PurePosixPath(folder)}{name}".removeprefix("./"): file for name, file in kept.items() if file.is_file()}


def among(members: Iterable[str], build: Build) -> list[str]:
    """Our files among a wheel's members. Some wrapped backends ship every folder, or all that a pattern names."""
    folder = _folder(build)
    if folder is None or folder == ".":  # the project itself: there it is the package
        return []
    return [name for name in members if f"/{folder}/augbackend/" in f"/{name}"]
