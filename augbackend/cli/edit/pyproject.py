"""Reading and editing ``pyproject.toml``; an edit keeps the user's formatting and comments.

The edits are written once, against the mapping interface that a tomlkit document and a plain dictionary
share. tomlkit keeps the user's formatting and comments; the plain dictionary says what the result has to
mean, and a result that parses to anything else is refused.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from augbackend.cli.model.cli_error import CliError
from augbackend.standards.requirements import canonical_name
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from pathlib import Path

# What pip, build and uv assume where nothing is said (PEP 518: "setuptools"; the bound is pip's and build's).
LEGACY_REQUIRES = "setuptools>=40.8.0"
_BYTE_ORDER_MARK = "\ufeff"


def same_project(name: str, other: str) -> bool:
    """Whether two spellings name one project (PEP 503)."""
    return canonical_name(name) == canonical_name(other)


def plain(document: MutableMapping[str, Any], value: Any) -> Any:
    """A value as the document holds it. Tables are inline: the keys after a table's header would belong to it."""
    if not isinstance(value, dict) or not isinstance(document, tomlkit.TOMLDocument):
        return value
    table = tomlkit.inline_table()
    table.update({name: plain(document, item) for name, item in value.items()})
    return tomlkit.parse(f"spaced = {{ {table.as_string()[1:-1]} }}\n")["spaced"] if value else table


def read(file: Path) -> tuple[str, str]:
    """The text of a file with its line ends, and what is to be written before it: the mark that some editors leave.

    :raises AugbackendError: if it is not UTF-8.
    """
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise CliError(
            "it is not UTF-8", id="not-utf8", where=str(file), hint="save the file as UTF-8, as TOML asks"
        ) from None
    plain_text = text.removeprefix(_BYTE_ORDER_MARK)
    return plain_text, text[: len(text) - len(plain_text)]


def parse(text: str, where: str) -> dict[str, Any]:
    """Parse TOML to plain values.

    :raises AugbackendError: if it is none.
    """
    try:
        return copy.deepcopy(layers.pyproject(text))  # ours to edit
    except (ValueError, RecursionError) as error:
        raise CliError(f"it is not TOML: {error}", id="not-toml", where=where, hint="mend the file there") from None


def backend(document: Mapping[str, Any]) -> str | None:
    """The build backend that a ``pyproject.toml`` of good shape names."""
    found: str | None = document.get("build-system", {}).get("build-backend")
    return found


def edited(text: str, edit: Callable[[MutableMapping[str, Any]], None]) -> str:
    """Edit a TOML text. Make sure that the result parses to what the same edit makes of the plain values.

    :param edit: called with a tomlkit document, and with a plain dictionary.
    :raises AugbackendError: if the result would mean anything else.
    """
    expected = parse(text, "pyproject.toml")
    check_shape(expected)
    edit(expected)
    if expected == layers.toml(text):
        return text  # no need to know where things stand in it
    try:
        document = tomlkit.parse(_up_to_its_end(text)[0])
        edit(document)
        new = _ended_as(text, tomlkit.dumps(document))
    except (TOMLKitError, TypeError, ValueError, LookupError) as error:
        raise _unsafe(str(error)) from None
    try:
        is_faithful = layers.toml(new) == expected
    except ValueError:
        is_faithful = False
    if not is_faithful:
        raise _unsafe("its layout is one that cannot be edited without changing what it means")
    return new


def _up_to_its_end(text: str) -> tuple[str, str]:
    """A text that ends with its last line, and what it ends with: blank lines, or no newline at all."""
    said = text.rstrip()
    end = text[len(said) :]
    return said + end[: end.find("\n") + 1], end


def _ended_as(text: str, new: str) -> str:
    """The new text with the line ends, and the end, of the old one.

    Of a text with line ends of both kinds, what is new gets the usual ones.
    """
    said, end = new.rstrip(), _up_to_its_end(text)[1]
    if not text:
        end = "\n"
    elif not said and end in ("\n", "\r\n"):
        end = ""
    if text.count("\r\n") == text.count("\n"):
        said = said.replace("\r\n", "\n").replace("\n", "\r\n") if "\n" in text else said
    return said + end


def check_shape(document: Mapping[str, Any]) -> None:
    """Make sure that the tables that are edited here are tables, and the lists lists.

    :raises AugbackendError: naming the first that is not.
    """
    tool, build_system = document.get("tool", {}), document.get("build-system", {})
    own = tool.get("augbackend", {}) if isinstance(tool, dict) else {}
    for name, value in (("build-system", build_system), ("tool", tool), ("tool.augbackend", own)):
        if not isinstance(value, dict):
            raise _misshapen(value, "a table", name)
    if "build-system" in document and "requires" not in build_system:
        hint = "add the key (PEP 518 asks for it), then run this again"
        what = "no list of build requirements, so no frontend builds this tree"
        raise CliError(what, id="requires-is-missing", where="pyproject.toml, build-system.requires", hint=hint)
    lists = (("build-system", build_system, ("requires", "backend-path")), ("tool.augbackend", own, ("backend-path",)))
    for name, table, keys in lists:
        for key in keys:
            value = table.get(key, [])
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise _misshapen(value, "a list of strings", f"{name}.{key}")
    if not isinstance(own.get("extra-build-dependencies", []), list):
        raise _misshapen(own["extra-build-dependencies"], "a list", "tool.augbackend.extra-build-dependencies")
    if not isinstance(build_system.get("build-backend", ""), str):
        raise _misshapen(build_system["build-backend"], "a string", "build-system.build-backend")


def check_project(document: Mapping[str, Any]) -> None:
    """Make sure that ``[project]`` is a table, for whoever changes it, and that what is dynamic is a list.

    :raises AugbackendError: if not.
    """
    project = document.get("project", {})
    if not isinstance(project, dict):
        raise _misshapen(project, "a table", "project")
    if not isinstance(project.get("dynamic", []), list):
        raise _misshapen(project["dynamic"], "a list of strings", "project.dynamic")


def _misshapen(value: object, expected: str, key: str) -> CliError:
    hint = "mend it there; nothing was changed"
    return CliError(f"found {value!r}, expected {expected}", id="wrong-type", where=f"pyproject.toml, {key}", hint=hint)


def _unsafe(why: str) -> CliError:
    hint = "write the tables by hand, as in the manual; nothing was changed"
    return CliError(f"it cannot be edited safely: {why}", id="cannot-edit-safely", where="pyproject.toml", hint=hint)


def new_table(document: MutableMapping[str, Any], comment: str = "") -> Any:
    """An empty table, with a comment behind its header."""
    if not isinstance(document, tomlkit.TOMLDocument):
        return {}
    table = tomlkit.table()
    return table.comment(comment) if comment else table


def comment_of(item: Any) -> str:
    """The comment behind a table's header, or a key's value; empty for a plain value."""
    return str(item.trivia.comment).lstrip("# ") if hasattr(item, "trivia") else ""


def new_inline_table(document: MutableMapping[str, Any]) -> Any:
    """An empty table that is written in one line."""
    return tomlkit.inline_table() if isinstance(document, tomlkit.TOMLDocument) else {}


def append(table: MutableMapping[str, Any], key: str, item: Any) -> None:
    """Add an item to a list, unless it is there; the list is made if need be."""
    if key not in table:
        # Of a list that begins with a table, tomlkit would make an array of tables.
        table[key] = tomlkit.array() if isinstance(table, tomlkit.items.Table) else []
    if item not in table[key]:
        table[key].append(item)
