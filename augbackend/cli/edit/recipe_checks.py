"""What ``recipes verify`` writes into a recipe: its ``checked`` tables; all else stays, comments included."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import tomlkit
from packaging.utils import canonicalize_version

from . import pyproject

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from tomlkit.items import Table

    from augbackend.cli.model.recipe_entry import RecipeCheck

_WIDTH = 110


def with_check(text: str, at: int, check: RecipeCheck) -> str:
    """The text of a recipe with a check in it: in the place of an earlier one of the same version and Python.

    :param at: which entry it is of.
    :raises AugbackendError: if it cannot be edited without changing what the rest of it means.
    """
    said = _as_table(check)

    def edit(document: MutableMapping[str, Any]) -> None:
        entry = document["entries"][at]
        is_plain = not isinstance(document, tomlkit.TOMLDocument)
        if "checked" not in entry:
            entry["checked"] = [] if is_plain else tomlkit.aot()
        known = entry["checked"]
        there = next((one for one in known if _is_of_same(one, check)), None)
        if there is None:
            new = {} if is_plain else _new_table(entry)
            known.append(new)
            there = known[-1]
        for key in [key for key in there if key not in said]:
            del there[key]
        for key, value in said.items():
            if key not in there or there[key] != value:
                there[key] = value if is_plain else _as_item(key, value)
        if not is_plain and at + 1 < len(document["entries"]) and not there.as_string().endswith("\n\n"):
            there.add(tomlkit.nl())  # before the next entry

    return pyproject.edited(text, edit)


def _new_table(entry: Table) -> Table:
    """A table behind all others of an entry, after one blank line."""
    table = tomlkit.table()
    table.trivia.indent = "" if entry.as_string().endswith("\n\n") else "\n"
    return table


def _as_table(check: RecipeCheck) -> dict[str, Any]:
    return {
        "version": check.version,
        "python": check.python,
        "date": date.fromisoformat(check.date),
        "how": check.how,
        "without": check.without,
        "sdist": check.sdist,
        "build-environment": list(check.build_environment),
    }


def _is_of_same(table: Mapping[str, Any], check: RecipeCheck) -> bool:
    """Whether a table is of the same version, on the same minor version of Python or only read."""
    minor = ".".join(str(table.get("python", "")).split(".")[:2])
    is_read = table.get("how") == "read-only"
    is_same = canonicalize_version(str(table.get("version", ""))) == canonicalize_version(check.version)
    return is_same and (is_read or minor == check.python_minor)


def _as_item(key: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    listed = tomlkit.array()
    listed.extend(value)
    return listed.multiline(multiline=len(f"{key} = {listed.as_string()}") > _WIDTH)
