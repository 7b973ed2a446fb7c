"""Entries of ``[tool.uv]`` that move to ``[tool.augbackend.packages]``, and back, with every other byte left alone.

What stood in a place stays there as comments, below a line that says so. What is written bears a mark: so both are
found again, wherever somebody has put the tables meanwhile.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, Literal

from augbackend.cli.model.cli_error import CliError
from augbackend.errors import AugbackendError
from augbackend.table import layers

from . import pyproject, toml_statements, toml_text
from .remembered_text import WAS_LINE, commented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .toml_statements import Statement

    Key = Literal["dependency-metadata", "extra-build-dependencies"]

_MARK = "# written by augbackend wrap"
_MOVED, _CHANGED = "# augbackend wrap moved this to", "# augbackend wrap changed this"
_UV, _OURS = ("tool", "uv"), ("tool", "augbackend", "packages")
_STATED = ("version", "requires-dist", "requires-python", "provides-extra")
_LONGEST = 100  # characters of a list in one line


def moved(text: str, name: str, key: Key) -> str:
    """The text of ``pyproject.toml`` with what ``[tool.uv]`` says of a package below ``key`` in our table instead.

    Of ``dependency-metadata``, that is the entry with a version. Where our table says the same thing, that counts.

    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """
    expected = pyproject.parse(text, "pyproject.toml")
    theirs = expected["tool"]["uv"][key]
    place = _place(theirs, name)
    value = theirs.pop(place)
    new = _without_theirs(text, key, place, theirs, ".".join((*_OURS, name)))
    packages = expected["tool"].setdefault("augbackend", {}).setdefault("packages", {})
    ours = next((one for one in packages if pyproject.same_project(one, name)), name)
    table = packages.get(ours, {})
    if not isinstance(table, dict):
        raise CliError(
            f"what tool.uv.{key} says of {name} has to move there, and it is no single table",
            id="nowhere-to-move-entry",
            where=f"pyproject.toml, {'.'.join((*_OURS, ours))}",
            hint=f"say it there, and take it out of tool.uv.{key}; nothing was changed",
        )
    values = _as_ours(key, value, table)
    packages[ours] = {**table, **values}
    new = _with_ours(new, (*_OURS, ours), values)
    return _meaning_kept(new, expected, _pruned)


def restored(text: str) -> str:
    """The text with everything that was moved back in its place.

    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """
    if _MARK not in text and _MOVED not in text:
        return text
    old = pyproject.parse(text, "pyproject.toml")
    new = _brought_back(_without_marked(text))
    return _meaning_kept(new, old, _others)


def _meaning_kept(text: str, expected: Mapping[str, Any], part: Callable[[Mapping[str, Any]], object]) -> str:
    """Make sure that a text means what is expected, as far as ``part`` of its document goes."""
    try:
        found = pyproject.parse(text, "pyproject.toml")
    except AugbackendError as error:
        raise _unmovable(error.what) from None
    if part(found) != part(expected):
        raise _unmovable("its layout is one that cannot be edited without changing what it means")
    return text


def _place(theirs: Any, name: str) -> Any:
    """Where a table, or a list of them, speaks of a package: a key or an index."""
    if isinstance(theirs, dict):
        return next(one for one in theirs if pyproject.same_project(one, name))
    places = [
        index
        for index, one in enumerate(theirs)
        if "version" in one and pyproject.same_project(str(one.get("name")), name)
    ]
    if len(places) > 1:
        versions = " and ".join(str(theirs[index]["version"]) for index in places)
        raise CliError(
            f"it has entries of {name} for {versions}: uv takes each of them for the archive's own, and fails",
            id="entries-of-several-versions",
            where="pyproject.toml, tool.uv.dependency-metadata",
            hint="keep the one of the version that is used here; nothing was changed",
        )
    return places[0]


def _as_ours(key: Key, value: Any, ours: Mapping[str, Any]) -> dict[str, Any]:
    """What our table says in place of theirs."""
    if key == "extra-build-dependencies":
        return {key: [*value, *ours.get(key, [])]}
    if "requires-dist" in ours:
        return {}
    stated = {"requires-dist": [], **value}
    return {**{one: stated[one] for one in _STATED if one in stated}, "override": True}


def _without_theirs(text: str, key: Key, place: Any, rest: Any, to: str) -> str:
    """The text without one entry of ``[tool.uv]``; what stood there stays as comments."""
    statements = toml_statements.read(text)
    if isinstance(place, str):
        mine = [index for index, one in enumerate(statements) if one.path[:4] == (*_UV, key, place)]
        found = range(mine[0], mine[-1] + 1) if mine else range(0)
        if any(statements[at].kind in ("header", "entry") and at not in mine for at in found):
            raise _unmovable(f"what tool.uv.{key} says of {place} stands in several places")
    else:
        headers = [at for at, one in enumerate(statements) if one.kind == "header" and one.path == (*_UV, key)]
        found = _whole_table(statements, headers[place]) if headers else range(0)
    if found:
        start, end = statements[found[0]].start, statements[found[-1]].end
        return text[:start] + _as_comments(text[start:end], f"{_MOVED} {to}:", text) + text[end:]
    around = next((one for one in statements if one.kind == "entry" and one.path == (*_UV, key)), None)
    if around is None:
        raise _unmovable(f"tool.uv.{key} stands inside of another value")
    if rest or _is_marked(text, around):
        return _with_value(text, around, rest)
    old = text[around.start : around.end]
    return text[: around.start] + _as_comments(old, f"{_MOVED} {to}:", text) + text[around.end :]


def _whole_table(statements: Sequence[Statement], header: int) -> range:
    """A table from its header to its last entry."""
    others = (at for at in range(header + 1, len(statements)) if statements[at].kind == "header")
    behind = next(others, len(statements))
    return range(header, max(at for at in range(header, behind) if statements[at].kind in ("header", "entry")) + 1)


def _with_ours(text: str, table: tuple[str, ...], values: Mapping[str, Any]) -> str:
    """The text with more keys in a table of ours, which is made if need be."""
    statements, newline = toml_statements.read(text), toml_text.newline(text)
    index = next((at for at, one in enumerate(statements) if one.kind == "header" and one.path == table), None)
    if index is None:
        lines = "".join(_key_line(key, value, newline) for key, value in values.items())
        block = f"{newline}[{toml_text.key(table)}]  {_MARK}{newline}{lines}" if values else ""
        return _inserted(text, len(text), block)
    for key, value in values.items():
        there = next((one for one in statements if one.kind == "entry" and one.path == (*table, key)), None)
        if there is not None:
            text = _with_value(text, there, value)
        else:
            entries = [one for one in statements if one.kind == "entry" and one.table == table]
            text = _inserted(text, (entries or [statements[index]])[-1].end, _key_line(key, value, newline))
        statements = toml_statements.read(text)
    return text


def _key_line(key: str, value: Any, newline: str) -> str:
    said = toml_text.inline(value)
    if isinstance(value, list) and len(said) > _LONGEST:
        said = "".join(["[", *(f"{newline}    {toml_text.inline(item)}," for item in value), newline, "]"])
    return f"{toml_text.key((key,))} = {said}  {_MARK}{newline}"


def _inserted(text: str, at: int, lines: str) -> str:
    """The text with more lines; a file without a newline at its end still has none."""
    if at and text[at - 1] != "\n" and lines:
        newline = toml_text.newline(text)
        return text + newline + lines[: -len(newline)]
    return text[:at] + lines + text[at:]


def _with_value(text: str, entry: Statement, value: Any) -> str:
    """The text with another value of an entry; the old one stays as comments below, unless it was ours already."""
    new = toml_text.inline(value)
    if _is_marked(text, entry):
        return text[: entry.value] + new + text[entry.value_end :]
    old = text[entry.start : entry.end]
    head = f"{text[entry.start : entry.value]}{new}  {_MARK}{toml_text.newline(text)}"
    return text[: entry.start] + head + _as_comments(old, f"{_CHANGED}:", text) + text[entry.end :]


def _as_comments(old: str, why: str, text: str) -> str:
    return f"{why}{toml_text.newline(text)}" + commented(old)


def _is_marked(text: str, one: Statement) -> bool:
    return one.kind in ("header", "entry") and text[
        one.value_end if one.kind == "entry" else one.start : one.end
    ].rstrip().endswith(_MARK)


def _without_marked(text: str) -> str:
    """The text without what bears the mark; a table that somebody has added to stays."""
    while True:
        statements = toml_statements.read(text)
        marked = [index for index, one in enumerate(statements) if _is_marked(text, one)]
        if not marked:
            return text
        index = next((at for at in marked if statements[at].kind == "entry"), marked[0])
        one, before = statements[index], statements[max(0, index - 1)]
        if one.kind != "header":
            text = toml_text.cut(text, one.start, one.end)
        elif toml_statements.body_end(statements, index) > index + 1:
            text = text[: one.start] + text[one.start : one.end].replace(f"  {_MARK}", "") + text[one.end :]
        else:
            text = toml_text.cut(text, before.start if before.kind == "blank" else one.start, one.end)


def _brought_back(text: str) -> str:
    """The text with what stays as comments in its place again."""
    pieces, is_below = [], False
    for one in toml_statements.read(text):
        piece = text[one.start : one.end]
        if one.kind == "comment" and piece.startswith((f"{_MOVED} ", f"{_CHANGED}:")):
            is_below = True
            continue
        was = re.match(WAS_LINE, piece) if is_below else None
        is_below = was is not None
        pieces.append(piece[was.end() :] if was else piece)
    return "".join(pieces)


def _others(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what may be moved."""
    found = copy.deepcopy(dict(document))
    for path in ((*_UV, "dependency-metadata"), (*_UV, "extra-build-dependencies"), _OURS):
        above = layers.at(found, *path[:-1], default=None)
        if isinstance(above, dict):
            above.pop(path[-1], None)
    return _pruned(found)


def _pruned(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without tables and lists around an entry that has gone."""
    found = copy.deepcopy(dict(document))
    keys: Sequence[tuple[str, ...]] = ((*_UV, "dependency-metadata"), (*_UV, "extra-build-dependencies"), _OURS)
    for path in (*keys, _UV, _OURS[:2], _UV[:1]):
        above = layers.at(found, *path[:-1], default=None)
        if isinstance(above, dict) and above.get(path[-1]) in ({}, []):
            del above[path[-1]]
    return found


def _unmovable(why: str) -> CliError:
    hint = "write the tables of tool.uv and tool.augbackend.packages with headers of their own; nothing was changed"
    return CliError(f"it cannot be edited safely: {why}", id="cannot-edit-safely", where="pyproject.toml", hint=hint)
