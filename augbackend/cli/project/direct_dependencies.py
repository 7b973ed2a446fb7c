"""Which packages uv's sources reach: those that a project or a member of its workspace asks for itself.

::

    pyproject.toml of the root and of its members; uv.lock, where dependencies are dynamic -> names

When uv locks, sources also reach what ``[tool.uv]`` constrains or overrides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from augbackend.cli.model.requirement import project_of
from augbackend.table import layers, strings

from . import lock_files, project_root, stated_requirements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .project import Project

_OF_THE_LOCK = ("constraint-dependencies", "override-dependencies")
_TREES = ("editable", "virtual", "directory")  # what uv.lock calls the project's own packages


def names(project: Project) -> frozenset[str]:
    """The packages that the project itself, or a member of its workspace, depends on: canonical names."""
    folder = project.file.parent
    found: set[str] = set()
    is_dynamic = False
    for place in (folder, *project_root.members(folder, project.document)):
        document = project.document if place == folder else layers.read_pyproject(place)
        found |= {canonicalize_name(one.name) for one in stated_requirements.asked_for(document, place)}
        is_dynamic = is_dynamic or "dependencies" in strings(layers.at(document, "project", "dynamic", default=[]))
    lock = folder / "uv.lock"
    if is_dynamic and lock.is_file():
        found |= {*_locked(lock)}
    return frozenset(found)


def names_for_lock(project: Project) -> frozenset[str]:
    """The packages whose sources reach them when uv locks and syncs."""
    table = layers.at(project.document, "tool", "uv", default={})
    texts = (text for key in _OF_THE_LOCK for text in strings(layers.at(table, key, default=[])))
    return names(project) | frozenset(map(project_of, texts))


def _locked(lock: Path) -> Iterator[str]:
    """What the project's own packages depend on, by their lock."""
    packages = lock_files.parsed(lock).get("package")
    for package in packages if isinstance(packages, list) else ():
        if any(layers.at(package, "source", key, default=None) is not None for key in _TREES):
            yield from _names_in(package.get("dependencies"))
            for group in ("optional-dependencies", "dev-dependencies"):
                table = package.get(group)
                for entries in table.values() if isinstance(table, dict) else ():
                    yield from _names_in(entries)


def _names_in(entries: Any) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        name: Any = entry.get("name") if isinstance(entry, dict) else None
        yield from [canonicalize_name(name)] if isinstance(name, str) else []
