"""Entries of ``[tool.uv]`` that stand in uv's way once a package's source is an archive.

uv takes an entry of ``dependency-metadata`` with a version, whichever it is, for the archive's own and then misses its
hash; and it refuses ``match-runtime`` where it cannot read what a package depends on. Our table says the same to us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from augbackend.cli.edit import moved_entries, pyproject
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.project import direct_dependencies, uv_tables
from augbackend.cli.project import project as projects
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from augbackend.cli.edit.moved_entries import Key
    from augbackend.cli.project.project import Project


class UvEntry(NamedTuple):
    """What ``[tool.uv]`` says of a package below one key."""

    package: str
    key: Key


def in_the_way(project: Project, packages: Iterable[tuple[str, bool]]) -> list[UvEntry]:
    """The entries that make uv fail.

    :param packages: names, and whether a resolver can read what the archive depends on.
    """
    uv = projects.uv_settings(project.file, project.document) if project.uses_uv else {}
    reached = direct_dependencies.names(project)
    readable: dict[str, bool] = {}
    for name, is_read in packages:
        readable[name] = readable.get(name, True) and is_read
    found = []
    for name, is_read in readable.items():
        if name not in reached:
            continue  # then uv builds upstream's own, by its own tables
        if _has_version(uv, name):
            found.append(UvEntry(name, "dependency-metadata"))
        if not is_read and _is_matched(uv, name):
            found.append(UvEntry(name, "extra-build-dependencies"))
    return found


def can_be_moved(project: Project) -> bool:
    """Whether the tables that uv reads stand in the file that is edited."""
    return not (project.file.parent / "uv.toml").is_file()


def moved(text: str, entries: Sequence[UvEntry]) -> str:
    """The text of ``pyproject.toml`` with these entries in our table, meaning the same.

    :raises AugbackendError: if it cannot be edited without changing what the rest of it means.
    """
    for name, key in entries:
        text = moved_entries.moved(text, name, key)
    return text


def moved_back(text: str) -> str:
    """The text with everything that was moved back in its place.

    :raises AugbackendError: if somebody has changed what was moved, or the file cannot be edited.
    """
    new = moved_entries.restored(text)
    changed = _different(text, new) if new != text else ()
    if changed:
        tables = " and ".join(f"tool.augbackend.packages.{name}" for name in changed)
        raise CliError(
            f"what wrap has moved to {tables} was changed since, and would be lost",
            id="moved-entries-changed",
            where="pyproject.toml",
            hint="make tool.uv say the same by hand, take the comments of augbackend wrap out, then run this again",
        )
    return new


def _different(text: str, other: str) -> list[str]:
    """The packages that two texts do not declare the same for."""
    first, second = (
        {name: (one.as_table(), one.dependencies, one.dependencies_of) for name, one in _declared(it).items()}
        for it in (text, other)
    )
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def _declared(text: str) -> Mapping[str, Any]:
    document = pyproject.parse(text, "pyproject.toml")
    ours = layers.at(document, "tool", "augbackend", "packages", default={})
    return uv_tables.declared(layers.at(document, "tool", "uv", default={}), ours, [])


def _has_version(uv: Mapping[str, Any], name: str) -> bool:
    entries = uv.get("dependency-metadata", [])
    tables = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return any("version" in one and pyproject.same_project(str(one.get("name")), name) for one in tables)


def _is_matched(uv: Mapping[str, Any], name: str) -> bool:
    listed = layers.at(uv, "extra-build-dependencies", default={})
    found = [one for key, value in listed.items() if pyproject.same_project(key, name) for one in value]
    return any(isinstance(one, dict) and one.get("match-runtime") is True for one in found)
