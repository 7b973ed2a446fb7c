"""What the owner of a tree declares, each thing in one place.

What PEP 518 can say stands in ``build-system.requires``; in ``[tool.augbackend]``, what it cannot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.requirement import project_of
from augbackend.standards.requirements import canonical_name

from . import adopted_requirements, build_backend, pyproject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping

    from augbackend.cli.model.declaration import Declaration

    from .adopted_requirements import Memory

_REQUIRES, _REMOVED, _VARIABLES = "extra-build-dependencies", "remove-build-dependencies", "extra-build-variables"


def in_both_places(document: Mapping[str, Any]) -> list[str]:
    """The requirements that stand in ``build-system.requires`` and, as the same text, in the table."""
    declared = document["tool"]["augbackend"].get(_REQUIRES, ())
    return [str(one) for one in declared if one in document["build-system"]["requires"]]


def declare(
    document: MutableMapping[str, Any], declaration: Declaration, undeclared: Collection[str], memory: Memory
) -> Memory:
    """Declare more in an adopted tree, or less.

    :param undeclared: variables that are not set any more.
    :param memory: what adopt has done to ``build-system.requires`` before.
    :return: the same, after this.
    """
    listed, table = document["build-system"]["requires"], build_backend.own_table(document)
    twice = in_both_places(document)
    _entries_out(table, lambda entry: entry in twice)
    wanted = {one.name for one in declaration.requires}
    for name in declaration.removed:
        memory = _removed(listed, table, memory, name, is_wanted=canonical_name(name) in wanted)
    special = [pyproject.plain(document, one.as_toml()) for one in declaration.requires if not one.is_plain]
    _entries_out(table, lambda entry: _project_of_entry(entry) in wanted and entry not in special)
    for one in declaration.requires:
        if one.is_plain:
            memory = adopted_requirements.required(listed, memory, one.entry.text)
        else:
            memory = adopted_requirements.taken_out(listed, memory, one.name)
    for entry in special:
        pyproject.append(table, _REQUIRES, entry)
    said = declaration.as_table()
    for key in (_VARIABLES, "pin-runtime", "jobs"):
        if key in said and key not in table:
            table[key] = pyproject.new_inline_table(document)
        for name, value in said.get(key, {}).items():
            if table[key].get(name) != value:
                table[key][name] = value
    if "compiler-cache" in said:
        table["compiler-cache"] = said["compiler-cache"]
    for name in undeclared:
        table[_VARIABLES].pop(name)
        if not table[_VARIABLES]:
            table.pop(_VARIABLES)
    return memory


def _removed(listed: Any, table: Any, memory: Memory, name: str, *, is_wanted: bool) -> Memory:
    """What is declared here is taken back; what the package asks for itself is dropped."""
    project = canonical_name(name)
    if not is_wanted:
        memory, was_ours = adopted_requirements.given_up(listed, memory, project)
        if _entries_out(table, lambda entry: _project_of_entry(entry) == project) or was_ours:
            return memory
    ours = memory.places(listed)
    for at, text in reversed([*enumerate(listed)]):
        if project_of(text) == project and at not in ours:
            del listed[at]
    pyproject.append(table, _REMOVED, name)
    return replace(memory, before=tuple(one for one in memory.before if project_of(one.text) != project))


def _entries_out(table: Any, is_meant: Any) -> bool:
    """Take entries out of the table; whether there were any."""
    entries = table.get(_REQUIRES, [])
    places = [at for at, entry in enumerate(entries) if is_meant(entry)]
    for at in reversed(places):
        del entries[at]
    if places and not entries:
        table.pop(_REQUIRES)
    return bool(places)


def _project_of_entry(entry: Any) -> str:
    return project_of(str(entry.get("requirement", "") if isinstance(entry, dict) else entry))
