"""``pyproject.toml`` of an sdist that is wrapped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.requirement import project_of
from augbackend.features.metadata import extras

from . import build_backend, merged_requirements, pyproject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping, Sequence

    from augbackend.cli.model.dependencies import Dependencies

_WRAPPED_FILE = "# Written by augbackend wrap: upstream has no pyproject.toml."
_WRAPPED_TABLE = "what a frontend assumes, and what augbackend wrap was told"


@dataclass(frozen=True)
class Change:
    """What is changed in an sdist's ``pyproject.toml``.

    :param folder: of the in-tree backend.
    :param assumed_requires: what a frontend installs where there is no ``[build-system]``.
    :param requires: what is added to ``build-system.requires``.
    :param dropped: what is removed from it.
    :param table: what is added to ``[tool.augbackend]``.
    :param origin: ``[tool.augbackend.origin]``.
    :param version: for a ``[project]`` table that states its version; empty to leave it.
    :param replaced: dependencies in a ``[project]`` table, and what takes the place of each.
    :param added: what is added to its dependencies.
    """

    folder: str
    assumed_requires: Sequence[str]
    requires: Sequence[str]
    dropped: Collection[str]
    table: Mapping[str, Any]
    origin: Mapping[str, Any]
    version: str = ""
    replaced: Mapping[str, list[str]] = field(default_factory=dict)
    added: Sequence[str] = ()


def wrapped(text: str | None, change: Change) -> str:
    """The text of ``pyproject.toml`` in an sdist that is wrapped.

    :param text: upstream's, ``None`` if it has none.
    :raises AugbackendError: if it cannot be extended without changing what the rest of it means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        if pyproject.backend(document) == "augbackend":
            requires = document["build-system"]["requires"]
            for entry in [one for one in requires if project_of(one) == build_backend.INSTALLED_REQUIRES]:
                requires.remove(entry)
            build_backend.point_to(document, change.folder)
        else:
            build_backend.move_in(document, change.assumed_requires, folder=change.folder, created=_WRAPPED_TABLE)
        if change.version and "version" in document.get("project", {}):
            document["project"]["version"] = change.version
        for listed in _lists_of_dependencies(document):
            for at, one in reversed(list(enumerate(map(str, listed)))):
                new = change.replaced.get(one, [one])
                if new != [one]:
                    listed[at] = new[0]
                    for more in reversed(new[1:]):
                        listed.insert(at + 1, more)
        for one in change.added:
            pyproject.append(document["project"], "dependencies", one)
        build_system, table = document["build-system"], build_backend.own_table(document)
        for entry in [entry for entry in build_system["requires"] if entry in change.dropped]:
            build_system["requires"].remove(entry)
        for requirement in change.requires:
            pyproject.append(build_system, "requires", requirement)
        for key, value in change.table.items():
            _merge(document, table, key, value)
        merged_requirements.merge(document)
        origin = pyproject.new_table(document)
        table["origin"] = origin
        for key, value in change.origin.items():
            _merge(document, table["origin"], key, value)

    return pyproject.edited(f"{_WRAPPED_FILE}\n" if text is None else text, edit)


def overridden(text: str, stated: Dependencies) -> str:
    """The text with other dependencies in its ``[project]`` table: a resolver may read them there and nowhere else.

    What is for an extra goes to that extra. Its marker stays, which says the same once more.

    :raises AugbackendError: if it cannot be edited without changing what the rest of it means.
    """
    of = {extra: [one for one in stated.requires_dist if extra in extras([one])] for extra in stated.provides_extra}
    always = [one for one in stated.requires_dist if not extras([one])]

    def edit(document: MutableMapping[str, Any]) -> None:
        project = document["project"]
        project["dependencies"] = always
        project.pop("optional-dependencies", None)
        if of:
            project["optional-dependencies"] = pyproject.plain(document, of)
        if stated.requires_python:
            project["requires-python"] = stated.requires_python

    return pyproject.edited(text, edit)


def dependencies(document: Mapping[str, Any]) -> list[str]:
    """All dependencies in a ``[project]`` table, those of its extras as well."""
    return [str(one) for listed in _lists_of_dependencies(document) for one in listed]


def _lists_of_dependencies(document: Mapping[str, Any]) -> list[Any]:
    project = document.get("project", {})
    extras = project.get("optional-dependencies", {})
    lists = [project.get("dependencies", []), *(extras.values() if isinstance(extras, dict) else ())]
    return [one for one in lists if isinstance(one, list)]


def _merge(document: MutableMapping[str, Any], table: Any, key: str, value: Any) -> None:
    """Lists grow, tables of variables are merged name by name, everything else is replaced."""
    if isinstance(value, list):
        for item in value:
            pyproject.append(table, key, pyproject.plain(document, item))
    elif isinstance(value, dict) and key in table:
        for name, item in value.items():
            table[key][name] = pyproject.plain(document, item)
    else:
        table[key] = pyproject.plain(document, value)
