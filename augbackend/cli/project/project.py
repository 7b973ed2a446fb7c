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
from augbackend.table.complaints import found_instead

from . import (
    build_constraints,
    build_sources,
    lock_files,
    lock_freshness,
    project_kind,
    project_root,
    runtime_versions,
    stated_requirements,
    target_environments,
    uv_tables,
)
from .lock_files import Lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.model.locked_version import Locked
    from augbackend.cli.model.package_sources import Sources

    from .runtime_versions import RuntimeVersions
    from .target_environments import TargetEnvironments
    from .uv_lock import UvLock
    from .uv_tables import NamedIndex


@dataclass(frozen=True)
class Project:
    """A ``pyproject.toml`` that says what its dependencies' builds need.

    :param packages: by canonical name.
    :param undeclared: why some of them are to be wrapped only if they are named.
    :param graph: what its lock says of which version belongs to which, if it is uv's.
    :param lock_differs: what is written otherwise than when it was locked; empty if nothing is, or nobody knows.
    :param uses_uv: whether ``[tool.uv.sources]`` means something to it.
    :param indexes: of uv's, by name.
    :param environments: that it is for.
    """

    file: Path
    document: dict[str, Any]
    packages: Mapping[str, Declaration]
    undeclared: Mapping[str, str]
    locked: tuple[Locked, ...]
    graph: UvLock | None
    lock_differs: str
    uses_uv: bool
    sources: Sources
    indexes: Mapping[str, NamedIndex]
    environments: TargetEnvironments
    runtime: RuntimeVersions

    @property
    def is_installable(self) -> bool:
        """Whether pip can install it."""
        return project_kind.is_installable(self.file.parent, self.document)

    @property
    def is_recipe(self) -> bool:
        """Whether its file has tables for packages, and is no project's: then there is nothing to point to them."""
        return project_kind.is_recipe(self.file.parent, self.document)

    def uses(self, name: str) -> bool:
        """Whether it has a project at run time, as far as its tables and its lock say."""
        return bool(stated_requirements.of(self.runtime.stated, name)) or any(one.name == name for one in self.locked)

    def names_all(self, targets: Sequence[str]) -> bool:
        """Whether every target is a package that the project has something to say of."""
        for text in targets:
            requirement = requirement_of(text)
            if requirement is None or requirement.url or canonicalize_name(requirement.name) not in self.packages:
                return False
        return True


def read(folder: Path, lock: Path | Lock | None = None) -> Project | None:
    """Read the project in ``folder``; ``None`` if there is none that says anything.

    :param lock: its lock, or the file that has it, if it is not the one in its folder.
    :raises SettingsError: with all mistakes at once.
    """
    file = folder / "pyproject.toml"
    return read_file(file, lock) if file.is_file() else None


def stating(folder: Path, lock: Path | Lock | None, packages: Mapping[str, Declaration]) -> Project:
    """What is known in ``folder`` of the versions of packages that its tables need not name.

    :param lock: its lock, or the file that has it, if it is not the one in the folder.
    :param packages: by canonical name.
    :raises AugbackendError: if its ``pyproject.toml`` or its lock cannot be read.
    """
    file = folder / "pyproject.toml"
    document = layers.read_pyproject(folder) if file.is_file() else {}
    return _project(file, document, uv_settings(file, document), packages, lock)


def read_file(file: Path, lock: Path | Lock | None = None) -> Project | None:
    """The same of a file that may have another name.

    :raises AugbackendError: if it cannot be read, or is no TOML.
    """
    is_usual = file.name == "pyproject.toml"
    document = layers.read_pyproject(file.parent) if is_usual else lock_files.parsed(file, "mend the file there")
    uv = uv_settings(file, document)
    mistakes: list[str] = []
    ours = layers.at(document, "tool", "augbackend", "packages", default={})
    packages = uv_tables.declared(uv, ours, mistakes, file.parent)
    constraints = build_constraints.of_table(uv, mistakes)
    if mistakes:
        raise SettingsError(str(file), mistakes)
    packages = {name: packages.get(name, Declaration()) for name in (*packages, *uv_tables.undeclared(uv, ours))}
    if not packages:
        return None
    constraints += build_constraints.of_environment(os.environ)
    packages = {name: replace(one, build_constraints=constraints) for name, one in packages.items()}
    return _project(file, document, uv, packages, lock)


def uv_settings(file: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """What uv reads as ``[tool.uv]`` beside a ``pyproject.toml``.

    :raises AugbackendError: if it is no table, or stands in a file that cannot be read.
    """
    uv = layers.at(document, "tool", "uv", default={})
    if not isinstance(uv, dict):
        raise SettingsError(str(file), [f"tool.uv: found {found_instead(uv)}, expected a table"])
    if (file.parent / "uv.toml").is_file():  # uv reads it instead of the table, sources aside
        table = lock_files.parsed(file.parent / "uv.toml", "mend the file there")
        uv = {**table, "sources": layers.at(uv, "sources", default={})}
    return uv


def _project(
    file: Path,
    document: dict[str, Any],
    uv: Mapping[str, Any],
    packages: Mapping[str, Declaration],
    lock: Path | Lock | None,
) -> Project:
    read_lock = lock if isinstance(lock, Lock) else _read_lock(lock, file.parent)
    locked, graph = read_lock.packages, read_lock.graph
    stated = stated_requirements.read(document, file.parent)
    uvs = {file.parent: uv}
    for member in project_root.members(file.parent, document):  # the root's tables and lock are theirs
        said = layers.read_pyproject(member)
        stated += stated_requirements.read(said, member)
        uvs[member] = uv_tables.of_member(layers.at(said, "tool", "uv", default={}), uv)
    stated = stated_requirements.overruled(stated, stated_requirements.overrides(uv))
    differs = _difference_to_lock(graph, file, document, uv) if graph else None
    environments = target_environments.read(document, uv)
    among = environments if graph is None else target_environments.of(graph.requires_python, graph.environments)
    overrides, sources = runtime_versions.overrides(os.environ), build_sources.of_workspace(uvs)
    undeclared = uv_tables.undeclared(uv, layers.at(document, "tool", "augbackend", "packages", default={}))
    return Project(
        file,
        document,
        packages,
        undeclared,
        locked,
        graph,
        differs or "",
        uses_uv=project_kind.uses_uv(file.parent, document, uv),
        sources=uv_tables.indexes(uv),
        indexes=uv_tables.named_indexes(*uvs.values()),
        environments=environments,
        runtime=runtime_versions.RuntimeVersions(
            stated,
            locked,
            uv_tables.other_indexes(*uvs.values()),
            overrides,
            sources,
            is_fresh=differs == "",
            environments=among.possible(),
        ),
    )


def _read_lock(file: Path | None, folder: Path) -> Lock:
    return lock_files.read_file(file) if file else lock_files.read(folder)


def _difference_to_lock(graph: UvLock, file: Path, document: Mapping[str, Any], uv: Mapping[str, Any]) -> str | None:
    """What is written otherwise than when it was locked: there where the lock is, which may be the workspace's root."""
    root = graph.file.parent / "pyproject.toml"
    if root.resolve() != file.resolve():
        if not root.is_file():
            return None
        document = layers.read_pyproject(root.parent)
        uv = uv_settings(root, document)
    return lock_freshness.difference(graph, document, uv)
