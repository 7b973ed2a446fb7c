"""``[tool.uv.sources]``: pointing uv to the wrapped archives, and back, with formatting and comments kept.

A source that is replaced is kept in a comment beside the new one: ``# was: `` and the old source.
"""

from __future__ import annotations

import os
import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import Table

from augbackend.errors import AugbackendError
from augbackend.standards.requirements import canonical_name
from augbackend.table import layers

from . import pyproject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping, Sequence
    from pathlib import Path

_WAS = "# was: "


def source(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The one source of a package; empty if it has none, or several."""
    table = layers.at(document, "tool", "uv", "sources", default={})
    for key, value in table.items() if isinstance(table, dict) else ():
        if pyproject.same_project(key, name) and isinstance(value, dict):
            return value
    return {}


def before(text: str, name: str) -> dict[str, Any]:
    """What a package's source was before it led to an archive of ours, as the comment beside it says."""
    return _all_before(text).get(canonical_name(name), {})


@lru_cache(maxsize=1)
def _all_before(text: str) -> dict[str, dict[str, Any]]:
    """The same of all packages, by canonical name: a project asks for each of them."""
    found: dict[str, dict[str, Any]] = {}
    for key, item in _entries(tomlkit.parse(text)) if _WAS in text else ():
        value = _unwrapped(_remembered(item))
        if isinstance(value, dict):
            found.setdefault(canonical_name(key), value)
    return found


def leads_into(document: Mapping[str, Any], name: str, folder: str) -> bool:
    """Whether a package's one source is an archive in ``folder``, relative to the project."""
    found = source(document, name)
    return bool(found) and _leads_into(found, folder)


def pointed(text: str, archives: Mapping[str, Sequence[tuple[str, str]]], folder: str) -> str:
    """The text of ``pyproject.toml`` with each package's source in place.

    :param archives: name → its archives, each a path relative to the project and a marker, empty for everywhere.
    :param folder: of the archives, relative to the project.
    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        table = _sources_table(document) if archives else {}
        for name, places in archives.items():
            key = next((key for key in table if pyproject.same_project(key, name)), name)
            entries = [{"path": path, **({"marker": marker} if marker else {})} for path, marker in places]
            value: Any = entries[0] if len(entries) == 1 else entries
            old = table.get(key)
            if _unwrapped(old) != value:
                _put(document, table, key, value, _note(old, folder))

    return pyproject.edited(text, edit)


def restored(text: str, folder: str, kept: Collection[str] = ()) -> str:
    """The text without the sources that lead into ``folder``; what was there before comes back.

    :param kept: paths in ``folder`` that are not ours.
    """
    remembered = {key: _remembered(item) for key, item in _entries(tomlkit.parse(text))}

    def edit(document: MutableMapping[str, Any]) -> None:
        table = layers.at(document, "tool", "uv", "sources", default={})
        if not isinstance(table, dict):
            return  # uv complains of it
        for key in [key for key, value in table.items() if _leads_into(_unwrapped(value), folder, kept)]:
            old = remembered.get(key)
            if old is not None:
                if hasattr(table[key], "trivia"):
                    table[key].trivia.comment = table[key].trivia.comment_ws = ""
                table[key] = old if isinstance(document, tomlkit.TOMLDocument) else _unwrapped(old)
            else:
                del table[key]
        if not table and "sources" in layers.at(document, "tool", "uv", default={}):
            del document["tool"]["uv"]["sources"]
            if not document["tool"]["uv"]:
                del document["tool"]["uv"]
            if not document["tool"]:
                del document["tool"]

    return pyproject.edited(text, edit)


def relative(path: Path, project: Path) -> str:
    """A path as ``[tool.uv.sources]`` has it: relative to the project, with slashes on every system."""
    return os.path.relpath(path.resolve(), project.resolve()).replace(os.sep, "/")


def _sources_table(document: MutableMapping[str, Any]) -> Any:
    is_toml = isinstance(document, tomlkit.TOMLDocument)
    place: Any = document
    for key in ("tool", "uv", "sources"):
        if not isinstance(place.get(key, {}), dict):
            raise AugbackendError(
                f"found {place[key]!r}, expected a table", where=f"pyproject.toml, {key}", hint="mend it there"
            )
        if key not in place:
            place[key] = (tomlkit.table(is_super_table=key != "sources")) if is_toml else {}
        place = place[key]
    return place


def _put(document: MutableMapping[str, Any], table: Any, key: str, value: Any, note: str) -> None:
    """Set a source, with a comment beside it and none of what was beside the old one."""
    old = table.get(key)
    if hasattr(old, "trivia"):
        old.trivia.comment = old.trivia.comment_ws = ""  # tomlkit would hand it on
    table[key] = _array_of_sources(document, value) if isinstance(value, list) else pyproject.plain(document, value)
    if note and isinstance(document, tomlkit.TOMLDocument):
        table[key].comment(note)


def _array_of_sources(document: MutableMapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Any:
    if not isinstance(document, tomlkit.TOMLDocument):
        return [dict(entry) for entry in entries]
    array = tomlkit.array().multiline(multiline=True)
    for entry in entries:
        array.append(pyproject.plain(document, dict(entry)))
    return array


def _unwrapped(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _note(old: Any, folder: str) -> str:
    """The comment that keeps a replaced source; if that was one of ours already, its comment stays."""
    if old is None or not hasattr(old, "trivia"):
        return ""
    comment = str(old.trivia.comment)
    value = _unwrapped(old)
    if _leads_into(value, folder):
        return comment
    text = "" if isinstance(old, Table) else old.as_string().strip()
    if not text or "\n" in text:
        text = _in_one_line(value)
        comment = "" if isinstance(old, Table) else comment
    return f"{_WAS[2:]}{text}{old.trivia.comment_ws or ' '}{comment}".rstrip()


def _in_one_line(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_in_one_line(item) for item in value)}]"
    table = tomlkit.inline_table()
    table.update(value)
    return f"{{ {table.as_string()[1:-1]} }}"


def _remembered(item: Any) -> Any:
    """The source that a comment remembers, with its own comment; ``None`` if it remembers none."""
    comment = str(item.trivia.comment) if hasattr(item, "trivia") else ""
    if not comment.startswith(_WAS):
        return None
    try:
        return tomlkit.parse(f"was = {comment[len(_WAS) :]}\n")["was"]
    except ValueError:
        return None


def _entries(document: Any) -> list[tuple[str, Any]]:
    table = layers.at(document, "tool", "uv", "sources", default={})
    return [(key, table[key]) for key in table] if isinstance(table, dict) else []


def _leads_into(value: Any, folder: str, kept: Collection[str] = ()) -> bool:
    entries = value if isinstance(value, list) else [value]
    paths = [str(entry.get("path", "")) if isinstance(entry, dict) else "" for entry in entries]
    return all(
        path.endswith(".tar.gz")
        and posixpath.normpath(posixpath.dirname(path)) == posixpath.normpath(folder)
        and posixpath.normpath(path) not in kept
        for path in paths
    )
