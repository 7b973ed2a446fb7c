"""What a folder with a ``pyproject.toml`` is: a package, a place for uv to sync, or tables and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def is_installable(folder: Path, document: Mapping[str, Any]) -> bool:
    """Whether pip can install what is there."""
    has_file = any((folder / name).is_file() for name in ("setup.py", "setup.cfg"))
    is_poetrys = layers.at(document, "tool", "poetry", "name", default=None) is not None
    return has_file or is_poetrys or "project" in document or "build-system" in document


def is_recipe(folder: Path, document: Mapping[str, Any]) -> bool:
    """Whether nothing can be installed or synced there: it only says how others are built."""
    is_uvs = "dependency-groups" in document or layers.at(document, "tool", "uv", "workspace", default=None) is not None
    has_dependencies = layers.at(document, "tool", "poetry", default=None) is not None
    return not (is_uvs or has_dependencies or is_installable(folder, document))


def uses_uv(folder: Path, document: Mapping[str, Any], uv: Mapping[str, Any]) -> bool:
    """Whether uv's settings mean something there.

    :param uv: the settings.
    """
    return (bool(uv) or (folder / "uv.lock").is_file()) and not is_recipe(folder, document)
