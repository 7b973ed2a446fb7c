"""``[tool.uv.sources]``: pointing uv to the wrapped archives, and back, with every other byte left alone.

A source that is replaced is kept in a comment: beside the new one, ``# was: `` and the old value, or, where that
would not hold all of it, in lines of their own below, each with ``# was: `` before it.
"""

from __future__ import annotations

import copy
import os
import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError
from augbackend.errors import AugbackendError
from augbackend.standards.requirements import canonical_name
from augbackend.table import layers

from . import pyproject, toml_statements, toml_text
from .remembered_text import WAS, WAS_LINE, commented

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from .toml_statements import Statement

_WAS_EMPTY = "# was: an empty table"
_SOURCES = ("tool", "uv", "sources")


def source(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The one source of a package; empty if it has none, or several."""
    value = _source_value(document, name)
    return value if isinstance(value, dict) else {}


def entries(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """All sources of a package."""
    return tables(_source_value(document, name))


def _source_value(document: Mapping[str, Any], name: str) -> Any:
    table = _sources_in(document)
    return next((value for key, value in table.items() if pyproject.same_project(key, name)), None)


def before(text: str, name: str) -> dict[str, Any]:
    """What a package's source was before it led to an archive of ours, as the comment beside it says."""
    value = _all_before(text).get(canonical_name(name))
    return value if isinstance(value, dict) else {}


def entries_before(text: str, name: str) -> list[dict[str, Any]]:
    """All that a package's sources were before."""
    return tables(_all_before(text).get(canonical_name(name)))


@lru_cache(maxsize=1)
def _all_before(text: str) -> dict[str, Any]:
    """The same of all packages, by canonical name: a project asks for each of them."""
    if WAS not in text:
        return {}
    found = _sources_in(layers.toml(_taken_out(text, list(_sources_in(layers.toml(text))))))
    return {canonical_name(key): value for key, value in found.items()}


def leads_into(document: Mapping[str, Any], name: str, folder: str) -> bool:
    """Whether a package's one source is an archive in ``folder``, relative to the project."""
    found = source(document, name)
    return bool(found) and _leads_to_ours(found, folder)


def pointed(text: str, archives: Mapping[str, Sequence[Mapping[str, Any]]], folder: str) -> str:
    """The text of ``pyproject.toml`` with each package's source in place.

    :param archives: name → its sources as uv has them: each a path relative to the project, and what it is for; and
        what of the user's stays beside them.
    :param folder: of the archives, relative to the project.
    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """
    expected = pyproject.parse(text, "pyproject.toml")
    pyproject.check_shape(expected)
    place = expected
    for key in _SOURCES if archives else ():
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            raise CliError(
                f"found {place!r}, expected a table",
                id="wrong-type",
                where=f"pyproject.toml, {key}",
                hint="mend it there",
            )
    new = text
    for name, places in archives.items():
        key = next((key for key in place if pyproject.same_project(key, name)), name)
        entries = [dict(place) for place in places]
        value: Any = entries[0] if len(entries) == 1 else entries
        old = place.get(key)
        if old != value:
            is_ours = old is not None and _leads_to_ours(old, folder, entries_before(text, name))
            new = _put(new, key, value, is_ours=is_ours)
            place[key] = value
    return _checked(new, expected)


def restored(text: str, folder: str, kept: Collection[str] = ()) -> str:
    """The text without the sources that lead into ``folder``; what was there before comes back.

    :param kept: paths in ``folder`` that are not ours.
    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """
    old = pyproject.parse(text, "pyproject.toml")
    keys = [
        key for key, value in _sources_in(old).items() if _leads_to_ours(value, folder, entries_before(text, key), kept)
    ]
    if not keys:
        return text
    new = _taken_out(text, keys)
    # What comes back is what the text remembers; all else has to be as it was.
    expected, came_back = old, _sources_in(pyproject.parse(new, "pyproject.toml"))
    for key in keys:
        expected["tool"]["uv"]["sources"].pop(key)
        if key in came_back:
            expected["tool"]["uv"]["sources"][key] = came_back[key]
    return _checked(new, expected)


def relative(path: Path, project: Path) -> str:
    """A path as ``[tool.uv.sources]`` has it: relative to the project, with slashes on every system."""
    return os.path.relpath(path.resolve(), project.resolve()).replace(os.sep, "/")


def _sources_in(document: Mapping[str, Any]) -> dict[str, Any]:
    found = layers.at(document, *_SOURCES, default={})
    return found if isinstance(found, dict) else {}  # uv complains of anything else


def _checked(text: str, expected: Mapping[str, Any]) -> str:
    """Make sure that a text means what is expected; tables that are left empty may have gone."""
    try:
        found = pyproject.parse(text, "pyproject.toml")
    except AugbackendError as error:
        raise _uneditable(error.what) from None
    if _without_empty(found) != _without_empty(expected):
        raise _uneditable("its layout is one that cannot be edited without changing what it means")
    return text


def _without_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without ``tool.uv.sources`` if that is empty, nor what is empty around it."""
    found = copy.deepcopy(dict(document))
    for depth in (3, 2, 1):
        above = layers.at(found, *_SOURCES[: depth - 1], default=None)
        if isinstance(above, dict) and above.get(_SOURCES[depth - 1]) == {}:
            del above[_SOURCES[depth - 1]]
    return found


def _uneditable(why: str) -> CliError:
    hint = "write tool.uv.sources as a table of its own there; nothing was changed"
    return CliError(f"it cannot be edited safely: {why}", id="cannot-edit-safely", where="pyproject.toml", hint=hint)


def _put(text: str, key: str, value: Any, *, is_ours: bool) -> str:
    """Set a source; what was there goes into a comment, unless it was one of ours."""
    statements = toml_statements.read(text)
    around = _inline_around(statements)
    if around is not None:
        return _inline_put(text, around, statements, key, value)
    mine = [one for one in statements if one.path[:4] == (*_SOURCES, key)]
    if not mine:
        return _with_new(text, statements, key, value)
    first, last = mine[0], mine[-1]
    is_one = len(mine) == 1 and first.kind == "entry" and len(first.path) == len(_SOURCES) + 1
    if is_one and is_ours:
        return text[: first.value] + _source_text(value, toml_text.newline(text)) + text[first.value_end :]
    if is_ours:
        return _put(_taken_out(text, [key]), key, value, is_ours=False)
    new = _source_text(value, toml_text.newline(text))
    if is_one and "\n" not in text[first.start : first.end].rstrip("\n"):
        return f"{text[: first.value]}{new} {WAS}{text[first.value :]}"
    between = statements[statements.index(first) : statements.index(last)]
    if not all(one in mine or one.kind in ("comment", "blank") for one in between):
        raise _uneditable(f"the source of {key} stands in several places")
    if first.kind == "header":
        ours = _tables(key, value, toml_text.newline(text))
    else:
        ours = f"{toml_text.key((*_SOURCES, key)[len(first.table) :])} = {new}{toml_text.newline(text)}"
    return text[: first.start] + ours + commented(text[first.start : last.end]) + text[last.end :]


def _with_new(text: str, statements: Sequence[Statement], key: str, value: Any) -> str:
    """A source where there was none: in the table, among dotted keys, or in a table that is made."""
    newline = toml_text.newline(text)
    new = _source_text(value, newline)
    paths = [one.path if one.kind == "header" else () for one in statements]
    dotted = [
        index for index, one in enumerate(statements) if one.path[:3] == _SOURCES and len(one.table) < len(_SOURCES)
    ]
    if _SOURCES in paths:
        index = paths.index(_SOURCES)
        entries = [one for one in statements if one.kind == "entry" and one.table == _SOURCES]
        indent = re.match(r"[ \t]*", text[entries[-1].start :])[0] if entries else ""  # type: ignore[index]  # always
        note = "" if entries else f" {_WAS_EMPTY}"
        block = f"{indent}{toml_text.key((key,))} = {new}{note}{newline}"
    elif dotted:
        index = dotted[-1]
        block = f"{toml_text.key((*_SOURCES, key)[len(statements[index].table) :])} = {new}{newline}"
    else:
        block = f"[{toml_text.key(_SOURCES)}]{newline}{toml_text.key((key,))} = {new}{newline}"
        said = [index for index, one in enumerate(statements) if one.kind in ("header", "entry")]
        index = next((index for index in reversed(said) if paths[index][:2] == _SOURCES[:2]), said[-1] if said else -1)
        end = _end(text, statements, index)
        # A blank line before it, as people write it; not in a file that has none between its tables.
        is_loose = end == len(statements) or statements[end].kind == "blank"
        block = f"{newline}{block}" if is_loose and end else block
    end = _end(text, statements, index)
    at = statements[end - 1].end if end else 0
    if at and text[at - 1] != "\n":  # the file has no newline at its end, and keeps none
        return text + newline + block[: -len(newline)]
    return text[:at] + block + text[at:]


def _end(text: str, statements: Sequence[Statement], index: int) -> int:
    """How many statements there are up to where a new one can follow the table or entry at ``index``."""
    comments = [place + 1 for place, one in enumerate(statements) if one.kind == "comment"]
    end = toml_statements.body_end(statements, index) if index >= 0 else max(comments, default=0)
    # The lines that remember a source stay below it.
    while end < len(statements) and re.match(WAS_LINE, text[statements[end].start :]):
        end += 1
    return end


def _taken_out(text: str, keys: Sequence[str]) -> str:
    """The text without the sources of these keys, or with what was there before."""
    statements = toml_statements.read(text)
    around = _inline_around(statements)
    if around is not None:
        return _inline_taken_out(text, around, statements, keys)
    stays, is_ours = False, False  # the table
    for key in keys:
        mine = [one for one in statements if one.path[:4] == (*_SOURCES, key)]
        first, last = mine[0], mine[-1]
        end, lines = _remembered_below(text, statements, last)
        beside = re.match(rf"[ \t]*{WAS}", text[last.value_end : last.end]) if first is last else None
        if lines:
            text = text[: first.start] + lines + text[end:]
        elif beside and _is_toml(f"x = {text[last.value_end + beside.end() : last.end]}"):
            text = text[: last.value] + text[last.value_end + beside.end() :]
        else:
            stays = stays or _WAS_EMPTY in text[last.value_end : last.end]
            is_ours = is_ours or first.table == _SOURCES
            text = toml_text.cut(text, first.start, last.end)
        statements = toml_statements.read(text)
    header = next((one for one in statements if one.kind == "header" and one.path == _SOURCES), None)
    has_entries = any(one.table == _SOURCES and one.kind == "entry" for one in statements)
    if header is None or stays or not is_ours or has_entries:
        return text
    index = statements.index(header)
    if toml_statements.body_end(statements, index) > index + 1:
        return text  # somebody's comment is in it
    before = statements[index - 1] if index else header
    return toml_text.cut(text, before.start if before.kind == "blank" else header.start, header.end)


def _remembered_below(text: str, statements: Sequence[Statement], last: Statement) -> tuple[int, str]:
    """The lines below a source that remember another: where they end, and what they say."""
    end, lines = last.end, ""
    for one in statements[statements.index(last) + 1 :]:
        found = re.match(WAS_LINE, text[one.start : one.end])
        if found is None:
            break
        end, lines = one.end, lines + text[one.start + found.end() : one.end]
    return end, lines


def _is_toml(text: str) -> bool:
    try:
        layers.toml(text)
    except (ValueError, RecursionError):
        return False
    return True


def _inline_around(statements: Sequence[Statement]) -> Statement | None:
    """The entry whose value holds the sources, if they are in a table that is written in one value."""
    return next((one for one in statements if one.kind == "entry" and one.path == _SOURCES[: len(one.path)]), None)


def _inline_put(text: str, around: Statement, statements: Sequence[Statement], key: str, value: Any) -> str:
    whole = copy.deepcopy(layers.at(layers.toml(text), *around.path, default={}))
    table = whole
    for name in _SOURCES[len(around.path) :]:
        table = table.setdefault(name, {})
    table[key] = value
    newline = toml_text.newline(text)
    old = text[around.start : around.end]
    _, lines = _remembered_below(text, statements, around)
    kept = "" if lines else commented(old)
    return f"{text[: around.value]}{toml_text.inline(whole)}{newline}{kept}{text[around.end :]}"


def _inline_taken_out(text: str, around: Statement, statements: Sequence[Statement], keys: Sequence[str]) -> str:
    end, lines = _remembered_below(text, statements, around)
    below = _SOURCES[len(around.path) :]
    whole = copy.deepcopy(layers.at(layers.toml(text), *around.path, default={}))
    relative_path = around.path[len(around.table) :]
    was = layers.at(layers.toml(lines), *relative_path, default={}) if lines and _is_toml(lines) else {}
    old = layers.at(was, *below, default={})
    table = layers.at(whole, *below, default={})
    for key in keys:
        del table[key]
        if key in old:
            table[key] = old[key]
    if lines and _without_empty({"tool": {"uv": {"sources": table}}}) == _without_empty(
        {"tool": {"uv": {"sources": old}}}
    ):
        return text[: around.start] + lines + text[end:]
    # Somebody has changed it meanwhile, so that its old text would undo that too.
    rest = text[end:] if lines else text[around.value_end :]
    return text[: around.value] + toml_text.inline(whole) + (toml_text.newline(text) if lines else "") + rest


def _source_text(value: Any, newline: str) -> str:
    """A source as a value: a table in one line, several of them one a line."""
    if isinstance(value, list):
        return "".join(["[", *(f"{newline}    {toml_text.inline(item)}," for item in value), newline, "]"])
    return toml_text.inline(value)


def _tables(key: str, value: Any, newline: str) -> str:
    """A source as tables with headers."""
    header = f"[{toml_text.key((*_SOURCES, key))}]"
    entries = value if isinstance(value, list) else [value]
    parts = [
        newline.join(
            [
                f"[{header}]" if isinstance(value, list) else header,
                *(f"{toml_text.key((k,))} = {toml_text.inline(v)}" for k, v in one.items()),
                "",
            ]
        )
        for one in entries
    ]
    return newline.join(parts)


def tables(value: Any) -> list[dict[str, Any]]:
    """The tables of a source's value, which is one or a list."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _leads_to_ours(value: Any, folder: str, was: Sequence[Mapping[str, Any]] = (), kept: Collection[str] = ()) -> bool:
    """Whether a source leads to archives in a folder, and else only to what stood there before, with any marker."""
    listed = value if isinstance(value, list) else [value]
    others = [one for one in listed if not _leads_into(one, folder, kept)]
    plain = [_without_marker(one) for one in was]
    return len(others) < len(listed) and all(isinstance(one, dict) and _without_marker(one) in plain for one in others)


def _without_marker(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "marker"}


def _leads_into(entry: Any, folder: str, kept: Collection[str]) -> bool:
    path = str(entry.get("path", "")) if isinstance(entry, dict) else ""
    return (
        path.endswith(".tar.gz")
        and posixpath.normpath(posixpath.dirname(path)) == posixpath.normpath(folder)
        and posixpath.normpath(path) not in kept
    )
