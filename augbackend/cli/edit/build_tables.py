"""What packages need to build, written into a project's tables: uv's own, or ``[tool.augbackend.packages]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.requirement import project_of, requirement_of

from . import pyproject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping, Sequence

    from augbackend.cli.model.declaration import Declaration

_REQUIREMENTS, _VARIABLES, _REMOVED = "extra-build-dependencies", "extra-build-variables", "remove-build-dependencies"
_CONSTRAINED = "constraint-dependencies"
_UV, _OURS = ("tool", "uv"), ("tool", "augbackend", "packages")


def with_declared(text: str, packages: Mapping[str, Declaration], *, of_uv: Collection[str]) -> str:
    """The text of ``pyproject.toml`` with more declared; a requirement of the same project gives way.

    :param packages: what is to be added, by canonical name.
    :param of_uv: the names of those that uv's tables are to say it of.
    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        for name, said in packages.items():
            requirements, variables = [one.as_toml() for one in said.requires], said.variable_values
            if name in of_uv:
                if requirements:
                    table = _made_table(document, (*_UV, _REQUIREMENTS))
                    _require(document, table, _key_of(table, name), requirements)
                if variables:
                    table = _made_table(document, (*_UV, _VARIABLES))
                    _set(document, table, _key_of(table, name), variables)
                continue
            key = _key_of(_made_table(document, _OURS), name)
            table = _made_table(document, (*_OURS, key))
            if requirements:
                _require(document, table, _REQUIREMENTS, requirements)
            if variables:  # ours are templates
                _set(document, table, _VARIABLES, {one: value.replace("$", "$$") for one, value in variables.items()})
            for one in said.removed:
                pyproject.append(table, _REMOVED, one)

    return pyproject.edited(text, edit)


def with_constrained(text: str, names: Sequence[str]) -> str:
    """The text of ``pyproject.toml`` with packages among those that uv constrains, without a bound.

    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        table = _made_table(document, _UV)
        for name in names:
            pyproject.append(table, _CONSTRAINED, name)

    return pyproject.edited(text, edit)


def _made_table(document: MutableMapping[str, Any], path: Sequence[str]) -> Any:
    table: Any = document
    for at, name in enumerate(path):
        if name not in table:
            table[name] = pyproject.new_table(document)
        table = table[name]
        if not hasattr(table, "keys"):
            where = f"pyproject.toml, {'.'.join(path[: at + 1])}"
            hint = "say there what the package needs; nothing was changed"
            raise CliError(
                "it is no single table, so nothing can be added to it", id="not-a-single-table", where=where, hint=hint
            )
    return table


def _key_of(table: Mapping[str, Any], name: str) -> str:
    """The key that a package has in a table, as it is spelled there."""
    return next((key for key in table if pyproject.same_project(key, name)), name)


def _require(document: MutableMapping[str, Any], table: MutableMapping[str, Any], key: str, entries: list[Any]) -> None:
    if key not in table:
        table[key] = pyproject.plain(document, [])
    listed = table[key]
    for entry in entries:
        at = next((at for at, one in enumerate(listed) if _gives_way(one, entry)), None)
        if at is None:
            listed.append(pyproject.plain(document, entry))
        elif isinstance(listed[at], str):
            listed[at] = pyproject.plain(document, entry)
        else:  # what else the user says there stays
            listed[at].update(entry if isinstance(entry, dict) else {"requirement": entry})


def _gives_way(old: Any, new: Any) -> bool:
    """Whether an entry is of the same project, and counts here: one of other platforms is the user's alone."""
    requirement = requirement_of(_text_of(old))
    if requirement is None or not pyproject.same_project(requirement.name, project_of(_text_of(new))):
        return False
    return requirement.marker is None or requirement.marker.evaluate()


def _text_of(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry.get("requirement", ""))


def _set(
    document: MutableMapping[str, Any], table: MutableMapping[str, Any], key: str, values: Mapping[str, str]
) -> None:
    if key not in table:
        table[key] = pyproject.plain(document, dict(values))
    else:
        table[key].update(values)
