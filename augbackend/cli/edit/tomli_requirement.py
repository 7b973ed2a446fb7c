"""The one requirement of an in-tree backend: ``tomli``, for Pythons whose standard library has no reader of TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.table import layers, strings

if TYPE_CHECKING:
    from collections.abc import Mapping

_WITHOUT_TOMLLIB = ("3.9", "3.10")


def is_needed(document: Mapping[str, Any]) -> bool:
    """Whether a Python that the project allows lacks it, and ``build-system.requires`` does not ask for it there."""
    requires = strings(layers.at(document, "build-system", "requires", default=[]))
    asked = [one for one in map(requirement_of, requires) if one and project_of(str(one)) == "tomli"]
    for version in _WITHOUT_TOMLLIB:
        python = {"python_version": version, "python_full_version": f"{version}.0"}
        has_it = any(one.marker is None or one.marker.evaluate(python) for one in asked)
        if not has_it and _admits(document, version):
            return True
    return False


def _admits(document: Mapping[str, Any], version: str) -> bool:
    of_poetry = layers.at(document, "tool", "poetry", "dependencies", "python", default="")
    text = layers.at(document, "project", "requires-python", default=of_poetry)
    try:
        allowed = SpecifierSet(str(text).replace("^", ">="))  # poetry's; where it ends does not matter here
    except InvalidSpecifier:
        return True
    return any(allowed.contains(f"{version}{patch}") for patch in ("", ".99"))
