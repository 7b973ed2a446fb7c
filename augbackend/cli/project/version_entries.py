"""``versions`` of ``[tool.augbackend.packages]``: which of several tables is for the version that is wrapped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from augbackend.cli.model.cli_error import CliError

from . import runtime_versions

if TYPE_CHECKING:
    from augbackend.cli.model.declaration import Declaration

    from .project import Project


def for_version(declaration: Declaration, name: str, version: str, project: Project | None) -> Declaration:
    """A declaration with what it says for one version.

    :param project: whose lock and sources say the versions of build requirements.
    :raises AugbackendError: if it has entries, and none is for this version.
    """
    if not declaration.by_version:
        return declaration
    for versions, said in declaration.by_version:
        if _contains(versions, version):
            return _with_entry(declaration, said, project)
    there = "; ".join(versions for versions, _ in declaration.by_version)
    raise CliError(
        f"nothing is declared for {name} {version}: the versions there are {there}",
        id="version-not-declared",
        where=f"{project.file if project else 'pyproject.toml'}, tool.augbackend.packages.{name}",
        hint="add a table for this version, or ask for one of those",
    )


def locked(name: str, project: Project | None) -> str:
    """The one version that a package is locked to; empty if there are more, or none."""
    found = {one.version for one in (project.locked if project else ()) if one.name == name}
    return found.pop() if len(found) == 1 else ""


def expected(declaration: Declaration, name: str, project: Project | None) -> Declaration:
    """The same, for a source tree: its version is known only once its sdist has been made.

    What is locked says it, else the first entry is taken.
    """
    if not declaration.by_version:
        return declaration
    version = locked(name, project)
    fitting = (said for versions, said in declaration.by_version if version and _contains(versions, version))
    return _with_entry(declaration, next(fitting, declaration.by_version[0][1]), project)


def _contains(versions: str, version: str) -> bool:
    return SpecifierSet(versions).contains(version, prereleases=True)


def _with_entry(declaration: Declaration, said: Declaration, project: Project | None) -> Declaration:
    matched = runtime_versions.matched(said, project.runtime) if project is not None else said
    return replace(declaration, by_version=()).plus(matched)
