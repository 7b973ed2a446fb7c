"""Lists of other tools in ``pyproject.toml`` that the copy's folder has to stand in.

Flit's own command packs what it is told to, and calls no hook. Setuptools' finder of namespace packages ships what it
is not told to leave.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from augbackend.table import layers

from . import package_discovery, pyproject
from .backend_copy import FOLDER, HIDDEN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping

Path = tuple[str, ...]

CREATED = "added by augbackend adopt"
_FIND: Path = ("tool", "setuptools", "packages", "find", "exclude")
_FLIT: Path = ("tool", "flit", "sdist", "include")
_POETRY: Path = ("tool", "poetry", "include")
_ALL = (_FIND, _FLIT, _POETRY)


def put_in(document: MutableMapping[str, Any], folder: str) -> None:
    """Name the folder where it has to be named.

    :param document: with the wrapped backend in ``[tool.augbackend]``.
    """
    if folder == FOLDER and package_discovery.is_taken_by_table(document):
        _append(document, _FIND, _items(folder)[0])
    backend = str(document["tool"]["augbackend"].get("build-backend", "")).partition(".")[0]
    if backend == "flit_core":
        _append(document, _FLIT, _items(folder)[1])
    if backend == "poetry":
        _append(document, _POETRY, _items(folder)[2])


def can_be_put_in(text: str) -> bool:
    """Whether a ``pyproject.toml`` has room for what :func:`put_in` writes, so that it can be taken out again."""
    document = tomlkit.parse(text)
    find = layers.at(document, *_FIND[:-1], default={})
    has_room = not isinstance(find, InlineTable) or "exclude" in find  # for a comment
    return has_room or not package_discovery.is_taken_by_table(document)


def created_by_us(document: Mapping[str, Any]) -> set[Path]:
    """Tables and lists that were not there before: comments say so.

    :param document: as tomlkit has parsed it.
    """
    found: set[Path] = set()
    for path in _ALL:
        for end in range(len(path), 1, -1):
            item = layers.at(document, *path[:end], default=None)
            is_implied = isinstance(item, Table) and item.is_super_table()  # there is no header of it
            if pyproject.comment_of(item) == CREATED or (is_implied and {(*path[:end], key) for key in item} <= found):
                found.add(path[:end])
            if path[:end] in found and end == len(path) - 1:
                found.add(path)
    return found


def take_out(document: MutableMapping[str, Any], created: Collection[Path]) -> None:
    """Give the lists back as they were.

    :param created: see :func:`created_by_us`.
    """
    for path in _ALL:
        listed = layers.at(document, *path, default=None)
        for item in [item for folder in (FOLDER, HIDDEN) for item in _items(folder)]:
            if isinstance(listed, list) and item in listed:
                listed.remove(item)
        for end in range(len(path), 1, -1):
            if path[:end] in created and not layers.at(document, *path[:end], default=None):
                layers.at(document, *path[: end - 1], default={}).pop(path[end - 1], None)


def without_headers(text: str) -> str:
    """The text without the headers that :func:`put_in` had to add for tables that others are in."""
    return re.sub(rf"(?m)^\[[^]\n]+\] *# {CREATED}\r?\n(?:\r?\n)*(?=\[)", "", text)


def _items(folder: str) -> tuple[Any, ...]:
    """What stands in each of the lists."""
    return f"{folder}*", f"{folder}/", {"path": folder, "format": "sdist"}


def _append(document: MutableMapping[str, Any], path: Path, item: Any) -> None:
    *above, last, key = path
    table: Any = document
    for name in above:
        table = table.setdefault(name, _implied(document))
    says_so = last not in table
    if says_so:
        table[last] = pyproject.new_table(document, CREATED)
    table = table[last]
    is_dotted = any(not isinstance(value, (AoT, Table)) for value in table.values())
    if isinstance(table, Table) and table.is_super_table() and not is_dotted:  # it gets a header now
        table.comment(CREATED)
        says_so = True
    says_so = says_so or key in table
    pyproject.append(table, key, item if item in table.get(key, ()) else pyproject.plain(document, item))
    if not says_so and hasattr(table[key], "comment"):
        table[key].comment(CREATED)


def _implied(document: MutableMapping[str, Any]) -> Any:
    return tomlkit.table(is_super_table=True) if isinstance(document, tomlkit.TOMLDocument) else {}
