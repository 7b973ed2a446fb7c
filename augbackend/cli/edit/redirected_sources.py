"""``[tool.uv.sources]`` that lead to files which were moved: the paths in them, with every other byte left alone.

A ``# was: `` comment, which remembers what stood there before, stays as it is.
"""

from __future__ import annotations

import copy
import posixpath
import re
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError
from augbackend.table import layers

from . import pyproject, toml_statements

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCES = ("tool", "uv", "sources")
_STRING = re.compile(r'"([^"\\\n]*)"|\'([^\'\n]*)\'')


def redirected(text: str, moved: Mapping[str, str]) -> str:
    """The text of ``pyproject.toml`` with the new paths in its sources.

    :param moved: old → new path, each relative to the project.
    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """
    expected = copy.deepcopy(pyproject.parse(text, "pyproject.toml"))
    for source in _source_values(layers.at(expected, *_SOURCES, default={})):
        for entry in source if isinstance(source, list) else [source]:
            if isinstance(entry, dict) and isinstance(entry.get("path"), str):
                entry["path"] = _new(entry["path"], moved)
    new, at = "", 0
    for one in toml_statements.read(text):
        depth = min(len(one.path), len(_SOURCES))
        if one.kind == "entry" and one.path[:depth] == _SOURCES[:depth]:
            value = _STRING.sub(lambda found: _spelled(found, moved), text[one.value : one.value_end])
            new, at = new + text[at : one.value] + value, one.value_end
    new += text[at:]
    if pyproject.parse(new, "pyproject.toml") != expected:
        what = "it cannot be edited safely: the paths in tool.uv.sources are written in a way that is not known here"
        raise CliError(
            what, id="cannot-edit-safely", where="pyproject.toml", hint="change them there by hand; nothing was changed"
        )
    return new


def _source_values(table: Any) -> list[Any]:
    return list(table.values()) if isinstance(table, dict) else []


def _new(path: str, moved: Mapping[str, str]) -> str:
    return moved.get(posixpath.normpath(path), path)


def _spelled(found: re.Match[str], moved: Mapping[str, str]) -> str:
    """A string in its own kind of quotes."""
    quote, path = found[0][0], found[1] or found[2] or ""
    return f"{quote}{_new(path, moved)}{quote}" if path else found[0]
