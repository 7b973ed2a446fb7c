"""``[[tool.uv.dependency-metadata]]``: entries that stand in the way of an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject
from augbackend.table import layers

if TYPE_CHECKING:
    from .run import WrapRun


def stated_for_versions(run: WrapRun) -> list[str]:
    """Packages that ``[[tool.uv.dependency-metadata]]`` names with a version: uv takes that entry for the archive's."""
    document = run.project.document if run.project and run.project.uses_uv else {}
    entries = layers.at(document, "tool", "uv", "dependency-metadata", default=[])
    tables = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    names = [str(one.get("name")) for one in tables if "version" in one]
    return [
        package.plan.name
        for package in run.packages
        if any(pyproject.same_project(package.plan.name, name) for name in names)
    ]
