"""Which project is meant in a folder: its own, the one around it, or the root of its workspace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augbackend.errors import AugbackendError
from augbackend.table import layers, strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DECLARING = (
    ("tool", "augbackend", "packages"),
    ("tool", "uv", "extra-build-dependencies"),
    ("tool", "uv", "extra-build-variables"),
    ("tool", "uv", "config-settings-package"),
    ("tool", "uv", "dependency-metadata"),
)


def project_root(start: Path) -> Path:
    """The folder of the project that ``start`` is in, as seen from the current one; ``start`` if there is none.

    A member of a workspace that declares nothing itself leaves that to the root: so does uv, whose tables count there.
    """
    places = [start, *start.resolve().parents]
    nearest = next((place for place in places if (place / "pyproject.toml").is_file()), start)
    if not any(layers.at(_document(nearest), *path, default=None) for path in _DECLARING):
        here = nearest.resolve()
        above = (place for place in here.parents if (place / "pyproject.toml").is_file())
        nearest = next((place for place in above if here in members(place, _document(place))), nearest)
    return nearest if nearest == start else Path(os.path.relpath(nearest.resolve()))


def members(root: Path, document: Mapping[str, Any]) -> list[Path]:
    """The folders of a workspace's members, the root itself aside."""
    workspace = layers.at(document, "tool", "uv", "workspace", default={})
    found, left_out = (
        {
            folder.resolve()
            for pattern in strings(layers.at(workspace, key, default=[]))
            for folder in _folders_like(root, pattern)
        }
        for key in ("members", "exclude")
    )
    return sorted(folder for folder in found - left_out if (folder / "pyproject.toml").is_file())


def members_of(root: Path) -> list[Path]:
    """The folders of the members of a workspace that ``root`` may be the root of; none if it is not."""
    return members(root, _document(root)) if (root / "pyproject.toml").is_file() else []


def _folders_like(root: Path, pattern: str) -> Iterable[Path]:
    try:
        return list(root.glob(pattern.rstrip("/")))
    except (ValueError, NotImplementedError, OSError):  # no pattern; uv complains of it
        return []


def _document(folder: Path) -> dict[str, Any]:
    """What is said there; nothing if it cannot be read, since it may be nobody's who asks."""
    try:
        return layers.read_pyproject(folder)
    except AugbackendError:
        return {}
