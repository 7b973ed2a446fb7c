"""A project, and what it says of its dependencies' builds: read from its ``pyproject.toml`` and its lock."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.requirement import requirement_of
from augbackend.errors import SettingsError
from augbackend.table import layers
from augbackend.table.convert import found_instead

from . import build_constraints, build_sources, lock_files, runtime_versions, uv_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.model.locked_version import Locked
    from augbackend.cli.model.package_sources import Sources

    from .runtime_versions import RuntimeVersions


@dataclass(frozen=True)
class Project:
    """A ``pyproject.toml`` that says what its dependencies' builds need.

    :param packages: by canonical name.
    :param undeclared: why some of them are to be wrapped only if they are named.
    :param uses_uv: whether ``[tool.uv.sources]`` means something to it.
    """

    file: Path
    document: dict[str, Any]
    packages: Mapping[str, Declaration]
    undeclared: Mapping[str, str]
    locked: tuple[Locked, ...]
    uses_uv: bool
    sources: Sources
    runtime: RuntimeVersions

    def names_all(self, targets: Sequence[str]) -> bool:
        """Whether every target is a package that the project has something to say of."""
        for text in targets:
            requirement = requirement_of(text)
            if requirement is None or requirement.url or canonicalize_name(requirement.name) not in self.packages:
                return False
        return True


def read(folder: Path, lock: Path | None = None) -> Project | None:
    """Read the project in ``folder``; ``None`` if there is none that says anything.

    :param lock: its lock, if it is not the one in its folder.
    :raises SettingsError: with all mistakes at once.
    """
    file = folder / "pyproject.toml"
    return read_file(file, lock) if file.is_file() else None


def read_file(file: Path, lock: Path | None = None) -> Project | None:
    """The same of a file that may have another name.

    :raises AugbackendError: if it cannot be read, or is no TOML.
    """
    folder, is_usual = file.parent, file.name == "pyproject.toml"
    document = layers.read_pyproject(folder) if is_usual else lock_files.parsed(file, "mend the file there")
    uv = layers.at(document, "tool", "uv", default={})
    if not isinstance(uv, dict):
        raise SettingsError(str(file), [f"tool.uv: found {found_instead(uv)}, expected a table"])
    if (folder / "uv.toml").is_file():  # uv reads it instead of the table, sources aside
        table = lock_files.parsed(folder / "uv.toml", "mend the file there")
        uv = {**table, "sources": layers.at(uv, "sources", default={})}
    mistakes: list[str] = []
    ours = layers.at(document, "tool", "augbackend", "packages", default={})
    packages = uv_tables.declared(uv, ours, mistakes)
    constraints = build_constraints.of_table(uv, mistakes)
    if mistakes:
        raise SettingsError(str(file), mistakes)
    undeclared = uv_tables.undeclared(uv, ours)
    packages = {name: packages.get(name, Declaration()) for name in (*packages, *undeclared)}
    if not packages:
        return None
    constraints += build_constraints.of_environment(os.environ)
    packages = {name: replace(one, build_constraints=constraints) for name, one in packages.items()}
    locked = lock_files.read_file(lock) if lock else lock_files.read(folder)
    overrides, sources = runtime_versions.overrides(os.environ), build_sources.read(uv, folder)
    return Project(
        file,
        document,
        packages,
        undeclared,
        locked,
        uses_uv=bool(uv) or (folder / "uv.lock").is_file(),
        sources=uv_tables.indexes(uv),
        runtime=runtime_versions.RuntimeVersions(document, locked, uv_tables.other_indexes(uv), overrides, sources),
    )
